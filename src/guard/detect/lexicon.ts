// Words that say what the number beside them is. Left context only, at most CONTEXT_REACH characters back: waiting for
// words to the right would hold a stream back. English plus the commonest words of the larger European languages.
import { createWordTable, isLetter, isUpper } from './chars.ts'

export const NEAR_PHONE = 1
export const NEAR_CARD = 2
export const NEAR_SSN = 4
export const NEAR_BIRTH = 8
export const NEAR_ACCOUNT = 16
export const NEAR_NATIONAL_ID = 32
export const NEAR_AGE = 64
/** Order, invoice, version and the like: the number is somebody's reference, not a telephone. */
export const NEAR_REFERENCE = 128
export const NEAR_VERSION = 256
export const NEAR_POSTCODE = 512
export const NEAR_MONEY = 1024
export const NEAR_CUSTOMER = 2048
export const NEAR_TICKET = 4096
/** Contracts, students, suppliers, meters: beside these only what looks like an id by itself is one. */
export const NEAR_HOLDER = 8192
const CATEGORIES = 14
/** Longer words are none of these. */
const LONGEST_WORD = 20

export const CONTEXT_REACH = 64

const LISTS: readonly (readonly [bits: number, words: string])[] = [
  [
    NEAR_PHONE,
    'phone phones telephone tel tél call calls called calling dial mobile cell cellphone cellular fax whatsapp sms landline voicemail hotline callback contact contactable ' +
      'telefon telefonnummer handy handynummer rufnummer mobil anrufen téléphone portable appeler teléfono telefono móvil movil llamar cellulare chiamare telefone celular telefoon bellen gsm puhelin numer dzwonić reach telefonnr tfn tlf mobilnummer phonenumber phoneno telno mobileno ring faxnummer telefonu telefonszám fono fone cel zap телефон Телефон тел Тел моб Моб τηλέφωνο Τηλέφωνο τηλ Τηλ ' +
      'teléf tfno tlfno telf móviles llame llámame llámeme llámenos telemóvel telemóveis ligue ligar telefonar contacto komórka komórkowy komórkowego zadzwoń zadzwonić telefonować mobilní volejte zavolejte zavolat telefonní hívjon hívja telefonszámom telefonszáma telefonja mobilom mobilja ' +
      'cepten arayin arayabilirsiniz telefonum telefonumu telefonunuz telefonunu telefonnummer telefonnumret mobiltelefon puhelimeni telefono chiami chiamami chiamatemi bereikbaar telefonisch erreichbar rückruf rufen joindre joignable rappeler rappelez rappelle appelez appelle',
  ],
  [
    NEAR_CARD,
    'card cards credit debit visa mastercard amex maestro discover diners jcb pan cc ccn cardnumber creditcard kreditkarte kartennummer karte carte bancaire tarjeta crédito credito carta kreditkort cartão kaart',
  ],
  [NEAR_SSN, 'ssn social ssns socialsecurity itin tin taxpayer'],
  [
    NEAR_BIRTH,
    'birth born dob birthday birthdate dateofbirth bday geboren geburtsdatum geb geburtstag né née naissance nacido nacida nacimiento nato nata nascita nascido nascimento geboortedatum född ' +
      'nacidos nascida nati geboorte födelsedatum født fødselsdato fødselsdag syntynyt syntymäaika narozen narozena narozený narození urodz urodzony urodzona urodzenia született születési doğum doğumlu născut născută nașterii rođen rođena родился родилась рожд рождения народився народження ' +
      'nací nació nasci nasceu nacque nasc naciste nacimos rozená rodem szülött doğdum doğdu',
  ],
  [
    NEAR_ACCOUNT,
    'account acct accounts accountnumber konto kontonummer compte cuenta conto conta rekening routing aba sort sortcode bsb bic swift iban bank blz wire kto ktonr kontonr bankleitzahl clabe cbu',
  ],
  [
    NEAR_NATIONAL_ID,
    'passport licence license driver drivers national nationalid nino nin insurance ni nhs tax vat personnummer cpf cnpj dni nie nif nir insee aadhaar pan bsn pesel codice fiscale steuer steuernummer identification idnumber ausweis personalausweis reisepass sin tfn medicare curp rfc cnp egn hetu oib amka peselu npi mrn',
  ],
  [NEAR_AGE, 'age aged turn turned turns turning ages alter âge edad età idade'],
  [
    NEAR_REFERENCE,
    'order orders invoice ticket case reference ref tracking serial sku part model build error code line port ports portrange range ranges puerto puertos pid issue pr commit item product isbn issn doi hash uuid checksum id timestamp epoch bytes size offset row page bestellung rechnung commande factura pedido',
  ],
  [NEAR_VERSION, 'version ver release v firmware driver section chapter figure'],
  [NEAR_POSTCODE, 'zip zipcode postal postcode plz cap cp'],
  [
    NEAR_MONEY,
    'amount price cost costs total balance salary pay paid payment fee paying transfer transferred charge charged refund deposit withdraw withdrew withdrawal owes owe debt invoice spent earn earns income bonus wage betrag gehalt montant salaire importe salario',
  ],
  [
    NEAR_CUSTOMER,
    'customer client member membership policyholder patient subscriber employee kunde kundennummer customerid clientid memberid client_id loyalty crm tenant ' +
      'cust custno custid customerno clientno kundennr kdnr kundenkonto mitgliedsnummer cliente klant klantnummer kund kundnummer klient abonnent matricule mitarbeiternummer mitarbeiternr personalnummer badge ' +
      'zákaznické zákaznického zákazníka klientské klienta ügyfélszám ügyfélszáma ügyfélszámom ügyfélazonosító ügyfélkód müşteri üye asiakasnumero kundenummer medlemsnummer abonado socio afiliado utente abbonato paziente pacjenta pacjent pacient pacienta klientnummer lidnummer medarbejdernummer klientem ' +
      'vertragsnummer vertragsnr versicherungsnummer versicherungsnr policennummer policennr matrikelnummer matrikelnr zählernummer zählernr lieferantennummer lieferantennr kontraktnummer contractnummer polisnummer versicherungsschein versicherungsscheinnr',
  ],
  [
    NEAR_HOLDER,
    'contract policy policen student staff emp supplier vendor meter guest donor vertrag mitarbeiter lieferant zähler police contrat fournisseur étudiant contrato póliza poliza proveedor estudiante contratto polizza fornitore',
  ],
  [
    NEAR_TICKET,
    'order ticket case incident booking reservation invoice shipment claim jira bug request issue task change problem orderid ticketid bestellnummer ' +
      'orders ordernumber orderno invoiceno bestellung bestellnr auftrag auftragsnummer rechnung rechnungsnummer rechnungsnr vorgang sendung buchung buchungsnummer reservierung commande facture pedido factura ordine fattura bestelling tracking parcel dossier zamówienie zamówienia objednávka objednávky objednávku rendelés rendelésszám rendelésszáma sipariş siparişim beställning beställningsnummer ordernummer encomenda bestelnummer prenotazione reserva rezervace foglalás rezervasyon bokning',
  ],
]

const context = createWordTable(toMap(LISTS))

function toMap(lists: readonly (readonly [number, string])[]): Map<string, number> {
  const map = new Map<string, number>()
  for (const [bits, words] of lists) for (const word of words.split(' ')) map.set(word, (map.get(word) ?? 0) | bits)
  return map
}

export const MONTH = 1
export const CURRENCY = 2
export const YEARS = 4
export const SCALE = 8
/** A month whose name is also another word, or that few texts name: only a year behind it makes it one. */
export const MONTH_OF_YEAR = 16
/** What is counted, and in what. */
export const COUNTED = 32

/** Names of programs and what they are shipped in: numbers with points behind them are versions. */
export const software = createWordTable(
  toMap([
    [
      1,
      'react vue angular svelte node nodejs npm yarn pnpm python pip pandas numpy django flask java jdk kotlin scala ruby rails php laravel symfony perl golang go rust cargo swift dotnet typescript eslint webpack vite ' +
        'babel lodash express spring hibernate maven gradle kernel linux ubuntu debian fedora centos alpine windows macos ios android chrome chromium firefox safari edge nginx apache tomcat docker kubernetes helm chart ' +
        'terraform ansible jenkins gitlab grafana prometheus postgres postgresql mysql mariadb redis mongodb sqlite elasticsearch kafka rabbitmq openssl openssh curl glibc musl gcc clang llvm cmake cuda pytorch tensorflow ' +
        'wordpress drupal joomla magento plugin package library sdk api cli app image container base requires upgrade upgraded bump bumped os bios fw hotfix changelog semver',
    ],
  ]),
)

/** Words that belong to the number before or after them. */
export const glue = createWordTable(
  toMap([
    [
      MONTH,
      'january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec ' +
        'januar februar märz mai juni juli oktober dezember janvier février mars avril juin juillet août septembre octobre novembre décembre ' +
        'enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre',
    ],
    [
      MONTH_OF_YEAR,
      'gennaio febbraio marzo aprile maggio giugno luglio settembre ottobre novembre dicembre janeiro fevereiro março marco maio junho julho agosto setembro outubro novembro dezembro gener febrer març abril ' +
        'januari februari maart mei augustus augusti maj marts desember stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia ' +
        'ledna února března dubna května června července srpna září října listopadu prosince januára februára marca apríla mája júna júla augusta septembra októbra novembra decembra ' +
        'tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta január február március április május június július augusztus szeptember október ' +
        'ocak şubat Şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık ianuarie februarie martie aprilie iunie iulie septembrie octombrie noiembrie decembrie ' +
        'января февраля марта апреля мая июня июля августа сентября октября ноября декабря січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня',
    ],
    [
      COUNTED,
      'items rows words users requests pages lines points times people persons tokens records files entries messages calls units pieces steps points euros metres meters miles feet inches pixels px mg ml kg km cm mm ms ns hz khz mhz ghz ' +
        'kb mb gb tb kib mib gib bytes bits seconds minutes hours days weeks months iterations epochs samples characters chars customers employees students signups visitors views votes nodes servers rpm kwh watts volts mah kcal calories sqft ' +
        'stück zeilen seiten wörter nutzer tage stunden punkte schritte euro artículos palabras páginas usuarios días articles mots pages jours lignes utilisateurs per pro por par x usd',
    ],
    [
      CURRENCY,
      'usd eur gbp chf jpy cad aud nzd sek nok dkk pln czk huf inr cny brl mxn zar sgd hkd krw try rub ils aed dollars dollar euros euro pounds sterling francs yen rupees pesos',
    ],
    [YEARS, 'year years yr yrs yo jahre jahr jaar'],
    [SCALE, 'thousand million billion mn bn k m'],
  ]),
)

/** First on its line, or behind a word for a number. */
const LEADS = /^[\s"'>|*`#]{0,24}(?:(?:id|no|nr|num|number|nummer|numéro|número|numero|value)["']?\W{0,5})?$/i
const LISTED = /^[\s>]{0,16}(?:[-*•]|\d{1,2}[.)])\s{1,4}["'`#]?$/

/**
 * Does a word that stands `distance` characters before `at` speak of what stands there? Not of what another line has somewhere
 * behind words of its own: a list of changes, the next line of a log.
 */
export function speaksOf(text: string, distance: number, at: number): boolean {
  const from = Math.max(0, at - Math.min(distance, CONTEXT_REACH))
  let line = at - 1
  while (line >= from && text.charCodeAt(line) !== 10) line--
  // `case 40:{h=o&65535;`
  for (let i = at - 1; i > line && i >= from; i--) if (text.charCodeAt(i) === 59) return false
  if (line < from) return true
  const lead = text.slice(line + 1, at)
  let end = line
  while (end > from && text.charCodeAt(end) <= 32) end--
  // Behind an empty line, or in a list, only what a colon announces.
  const apart = /\n[ \t\r]*\n/.test(text.slice(end, line + 1))
  return (!apart && LEADS.test(lead)) || ((LISTED.test(lead) || LEADS.test(lead)) && text.charCodeAt(end) === 58)
}

/**
 * Remembers where each kind of context word was last seen. Words are read once, lazily, when a number asks for them:
 * prose without numbers costs nothing, text of nothing but numbers stays linear.
 */
export class Context {
  /** By category; nothing until the first word: most strings of a request have none. */
  #last: number[] | undefined
  #saved: number[] | undefined
  #read = 0
  #savedRead = 0
  /** Nothing was noted since `save`: what would be saved is what is there. */
  #untouched = false

  /** Reads the words of `text` up to `to`; both are offsets into the current buffer. */
  readTo(text: string, to: number): void {
    // Words further back than the reach can no longer matter.
    let i = Math.max(this.#read, to - CONTEXT_REACH - 16)
    while (i < to) {
      if (!isLetter(text.charCodeAt(i))) {
        i++
        continue
      }
      const start = i
      i++
      // A camelCase boundary separates words: `phoneNumber`, `customerSSN`.
      while (i < to && isLetter(text.charCodeAt(i))) {
        if (isUpper(text.charCodeAt(i)) && !isUpper(text.charCodeAt(i - 1))) break
        i++
      }
      if (i - start < 2 || i - start > LONGEST_WORD) continue
      const bits = context.get(text, start, i)
      if (bits !== 0) this.#note(bits, i)
    }
    if (to > this.#read) this.#read = to
  }

  /** Distance in characters back to the last such word before `at`, or a million. Any of the bits will do. */
  distance(bits: number, at: number): number {
    const last = this.#last
    if (last === undefined) return FAR
    if ((bits & (bits - 1)) === 0) return Math.min(FAR, at - (last[31 - Math.clz32(bits)] ?? 0))
    let best = FAR
    for (let k = 0; k < CATEGORIES; k++) if (bits & (1 << k)) best = Math.min(best, at - (last[k] ?? 0))
    return best
  }

  near(bits: number, at: number): boolean {
    return this.distance(bits, at) <= CONTEXT_REACH
  }

  /** Remembers the state, and goes back to it when a decision had to wait. */
  save(): void {
    this.#untouched = true
    this.#savedRead = this.#read
  }

  restore(): void {
    if (!this.#untouched && this.#last !== undefined)
      for (let k = 0; k < CATEGORIES; k++) this.#last[k] = this.#saved?.[k] ?? -FAR
    this.#untouched = true
    this.#read = this.#savedRead
  }

  /** The buffer lost `count` characters at its front. */
  shift(count: number): void {
    this.#untouched = false
    this.#read = Math.max(0, this.#read - count)
    if (this.#last !== undefined) for (let k = 0; k < CATEGORIES; k++) this.#last[k] = (this.#last[k] ?? 0) - count
  }

  #note(bits: number, at: number): void {
    this.#last ??= new Array<number>(CATEGORIES).fill(-FAR)
    if (this.#untouched) {
      this.#saved ??= new Array<number>(CATEGORIES).fill(-FAR)
      for (let k = 0; k < CATEGORIES; k++) this.#saved[k] = this.#last[k] ?? 0
      this.#untouched = false
    }
    for (let k = 0; k < CATEGORIES; k++) if (bits & (1 << k)) this.#last[k] = at
  }
}

const FAR = 1_000_000
