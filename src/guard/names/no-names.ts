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
    'jenkins telegram whatsapp instagram discord tiktok snapchat wechat metamask usdt usdc cnic kreditkarte kreditkarten ausweis handy mobil tel mob fon fono mot s/n seconds minutes hours milliseconds kilobytes megabytes bytes timestamp datetime dataset datasets metadata config configs readme changelog ratio telefon téléphone teléfono telefono telefone e-mail email',
)
/** Small words of which `vault` is a tool and `Vault` may be a surname. */
const SMALL = hashes(
  'vault clave senha key pin pass stripe twilio slack auth cookie session consul nomad node react vue rust go java',
)
/** What begins with them names a field: `numéro de`, `mot de passe oublié`. */
const HEADS = hashes('numéro numero número nummer numer mot codice código código_postal carte tarjeta')

export const CASE = { small: 0, first: 1, other: 2 } as const

/** True if a word of a finding says nothing of a person, a place or an organisation. */
export function isNoName(hash: number, letters: (typeof CASE)[keyof typeof CASE]): boolean {
  if (WORDS.has(hash)) return true
  return letters === CASE.first ? false : ABBREVIATIONS.has(hash) || (letters === CASE.small && SMALL.has(hash))
}

/** True if a finding that begins with this small word is the name of a field. */
export const headsField = (hash: number): boolean => HEADS.has(hash)
