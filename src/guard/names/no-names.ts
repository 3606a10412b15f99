// Words that the tagger takes for names now and then and that are none: abbreviations of technology and of offices, tools and
// files of the command line, words that head a field. A rule over its findings, not a part of the model.
import { hashWord } from './tokens.ts'

const hashes = (words: string): ReadonlySet<number> => new Set(words.split(' ').map(hashWord))

/** Nothing in capitals or in small letters; with one capital they may be names (`Mac`, `Pin`). */
const ABBREVIATIONS = hashes(
  'ssn sin nin nino nhs dni nie nif nir cpf cnpj curp rfc pesel bsn tfn ein itin tin pan mrn dob doe pin puk otp mfa totp tan cvv cvc cvv2 cvc2 vin imei imsi iccid iban bic swift vat bsb aba plz zip dl id ids uid gid pid sid ref attn tel fax gsm sms ' +
    'tcp udp ip ipv4 ipv6 icmp mac lan wan vlan vpn wifi wlan dns dhcp nat ntp snmp ldap ssh ssl tls http https ftp sftp smtp imap pop3 url uri urn uuid guid api rest soap rpc grpc sdk ide cli gui ui ux os cpu gpu ram rom ssd hdd usb hdmi pcie led lcd iot ' +
    'json xml yaml yml toml csv tsv html css sql nosql pdf png jpg svg md5 sha sha1 sha256 aes rsa hmac jwt oauth saml sso rbac acl cors csrf xss ddos cve gdpr hipaa pci kpi roi sla faq fyi asap etc tba tbd llm nlp ocr isbn issn doi utc gmt iso utf ascii npm git svn cron env cfg conf ini',
)
/** Nothing in any case. */
const WORDS = hashes(
  'vendor supplier sender recipient customer username usernames password passwords passwort passwd passphrase passcode kennwort wachtwoord contraseña contrasena lösenord adgangskode passord hasło heslo jelszó parola şifre пароль apikey api_key token tokens credential credentials login logins ' +
    'bash zsh sh npmrc bashrc zshrc chpasswd sshpass sudo curl wget grep awk sed chmod chown mkdir kubectl docker dockerfile kubernetes helm terraform ansible nginx postgres postgresql mysql redis mongodb sqlite elasticsearch kafka rabbitmq webhook webhooks localhost hostname stdin stdout stderr changeme foobar lorem ipsum undefined null boolean ' +
    'jenkins telegram whatsapp instagram discord tiktok snapchat wechat metamask usdt usdc cnic kreditkarte kreditkarten ausweis handy mobil tel mob fon fono mot s/n seconds minutes hours milliseconds kilobytes megabytes bytes timestamp datetime dataset datasets metadata config configs readme changelog decimal coroutine popen iterator generator tuple integer doctype xhtml varchar tkinter ratio telefon téléphone teléfono telefono telefone e-mail email',
)
/** What people are told to do, in languages the tagger knows little of: nothing in any case, and no name begins with one. */
const ORDERS = hashes(
  'changez changer ouvrez fermez envoyez entrez choisissez cliquez vérifiez confirmez enregistrez supprimez créez ajoutez sélectionnez saisissez téléchargez connectez cambia cambie cierre envíe introduzca elija haga compruebe confirme guarde elimine añada seleccione descargue ' +
    'apri chiudi invia inserisci scegli clicca verifica conferma elimina crea aggiungi seleziona scarica almeno mude altere feche envie insira escolha clique verifique exclua adicione selecione baixe wijzig verander sluit verstuur kies klik controleer bevestig bewaar verwijder voeg selecteer ' +
    'zmień zmien zmieniono otwórz zamknij wyślij wprowadź wybierz kliknij sprawdź potwierdź zapisz usuń utwórz dodaj zaznacz pobierz haslo hasla musi zostało zostalo stronie glównej změňte změň otevřete zavřete odešlete zadejte vyberte klikněte zkontrolujte potvrďte uložte smažte vytvořte přidejte stáhněte ' +
    'ändra öppna stäng skicka välj klicka kontrollera bekräfta radera lösenordet skift åbn indtast vælg bekræft slet opret åpne lukk klikk lagre adgangskoden passordet değiştirin açın açin kapatın kapatin gönderin girin seçin tıklayın tiklayin onaylayın onaylayin kaydedin silin oluşturun ekleyin şifreniz şifrenizi gerekli doğru ' +
    'változtassa nyissa küldje válassza kattintson ellenőrizze erősítse mentse törölje vaihda avaa sulje lähetä valitse napsauta tarkista vahvista tallenna poista schimbați deschideți închideți trimiteți introduceți alegeți apăsați verificați confirmați salvați ștergeți ' +
    'αλλάξτε ανοίξτε κλείστε στείλτε εισάγετε επιλέξτε κάντε ελέγξτε επιβεβαιώστε αποθηκεύστε διαγράψτε смени смените измени измените откройте закройте отправьте введите выберите нажмите проверьте подтвердите сохраните удалите создайте добавьте скачайте должен должна должны зміни змініть відкрийте введіть виберіть натисніть ' +
    'primaria primária primario primário obligatoria obligatorio obligatoire obbligatoria obrigatória verplicht wymagane povinné обязателен caratteri',
)
/** What letters begin and end with, and what heads a line of a form, in those languages. */
const LETTERS = hashes(
  'kérem kérjük kérlek köszönöm köszönjük üdvözlettel tisztelettel tisztelt ügyfélszolgálat címem lakcímem nevem számlám telefonszámom pozdrawiam pozdrowienia pozdrawiamy dziękuję dziękujemy proszę prosimy szanowni szanowny szanowna dotyczy uprzejmie prosím prosíme děkuji děkujeme zdravím zdravíme vážení vážený vážená dobrý hezký ' +
    'dúvidas dúvida obrigado obrigada cumprimentos atenciosamente prezados prezado prezada exmo exma caros atentamente saludos cordialmente estimados estimado estimada gracias asunto recibo distinti cordiali saluti gentile gentili egregio egregi spettabile grazie oggetto buongiorno buonasera ' +
    'hälsningar hälsning vänligen vänliga tack ärende saygılarımla saygilarimla saygılarımızla saygilarimizla saygılar saygilar teşekkürler teşekkür merhaba merhabalar sayın sayin lütfen adresim telefonum numaram kimliğim tarihim bilginize hoogachtend groeten groet bedankt geachte betreft bijlage vriendelijke cordialement salutations veuillez bonjour bonsoir madame messieurs objet ' +
    'grüße grüßen grüßt hochachtungsvoll betreff anlage anlagen anschrift rufnummer kfz wi fi i',
)
/** Headings of manuals. */
const HEADINGS = hashes(
  'haftung gewährleistung garantie garanti garancia garanzia garantía záruka záruky gwarancja ansvar szerzői jog leírás upphovsman upphovsrätt autor autoři autore autores auteur auteurs författare szerző szerzők yazar copyright beschreibung beskrivning popis opis description descripción descrizione descrição açıklama ' +
    'volby opciók flaggor seçenekler opcje opzioni opciones opções optionen siehe auch keine véase vedi viz lásd zobacz rückgabewert fehler chyby hibák fel błędy errori errores umgebung dateien soubory fájlok filer pliki dosyalar beispiele příklady példák exempel przykłady esempi ejemplos örnekler',
)
/** Words of programs: reserved ones, functions and types that come with a language, tags of pages. In small letters no name. */
const PROGRAM = hashes(
  'elif endif esac def del lambda nonlocal yield async await pass raise assert import isinstance issubclass hasattr getattr setattr delattr repr frozenset bytearray memoryview enumerate zip iter ord chr isdigit isalpha isspace rstrip lstrip strip startswith endswith splitlines kwargs args self init lineno filename dirname basename argparse argv argc stdout stdin stderr ' +
    'typeof instanceof sizeof typedef struct enum extern inline volatile goto decltype constexpr nullptr auto unsigned signed const constructor prototype callback promise mutex malloc calloc realloc memcpy memset strlen strcmp strcpy printf sprintf fprintf scanf println echo print puts substr substring concat concatenate append prepend prefix suffix regex regexp parser lexer tokenizer robotparser ' +
    'href src srcset onclick iframe div span thead tbody tfoot colspan rowspan varchar nvarchar bigint smallint boolean float double numeric timestamp datetime autoincrement foreign primary ' +
    'var let func fn impl trait pub mut mod crate usize isize fmt vec hashmap println dyn unwrap expect defer goroutine interface package throws extends implements abstract synchronized transient rawdata metadata daemon startup shutdown mandatory deprecated',
)
/** Small words of which `vault` is a tool and `Vault` may be a surname. */
const SMALL = hashes(
  'vault clave senha key pin pass stripe twilio slack auth cookie session consul nomad node react vue rust go java',
)
/** What begins with them names a field: `numéro de`, `mot de passe oublié`. */
const HEADS = hashes(
  'numéro numero número nummer numer mot codice código código_postal carte tarjeta пароль heslo hasło chave klucz',
)

export const CASE = { small: 0, first: 1, other: 2 } as const

/** True if a word of a finding says nothing of a person, a place or an organisation. */
export function isNoName(hash: number, letters: (typeof CASE)[keyof typeof CASE]): boolean {
  if (WORDS.has(hash) || ORDERS.has(hash) || LETTERS.has(hash) || HEADINGS.has(hash)) return true
  if (letters === CASE.first) return false
  return ABBREVIATIONS.has(hash) || (letters === CASE.small && (SMALL.has(hash) || PROGRAM.has(hash)))
}

/** True if a finding that begins with this small word is the name of a field, or an order to somebody. */
export const headsField = (hash: number): boolean => HEADS.has(hash) || ORDERS.has(hash)
