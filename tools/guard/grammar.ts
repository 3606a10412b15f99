// Fills templates with generated values and keeps where they stand. Names are drawn from lists of many cultures and, for
// a share, made of syllables, so that a name need not be known to be seen.
import type { Random } from '../../test/generators/random.ts'
import { DIGITS } from '../../test/generators/random.ts'
import { VOCABULARY, wordOf, wordSlots } from './technical.ts'
import {
  COUNTRIES,
  CULTURES,
  FIRM_FORMS,
  FIRM_STEMS,
  FIRM_TAILS,
  FIRMS,
  JOBS,
  PEOPLES,
  PLACES,
  STREET_ROOTS,
  STREET_STEMS,
  STREET_TAILS,
  STREETS,
  TITLES,
} from './words.ts'

export interface Span {
  readonly start: number
  readonly end: number
  readonly type: string
}
export interface Sentence {
  readonly text: string
  readonly spans: readonly Span[]
  /** Template or source, for splitting. */
  readonly group: string
}

/** Values seen in corpora, added to the lists. */
export interface Seen {
  readonly given: readonly string[]
  readonly family: readonly string[]
  readonly places: readonly string[]
  readonly firms: readonly string[]
}

const CULTURE_NAMES = Object.keys(CULTURES)
// English is written most, so English names are drawn more often than any other.
const WEIGHTED = [...CULTURE_NAMES, 'english', 'english', 'english', 'english', 'spanish', 'german', 'french']
const ONSETS = 'b c d f g h j k l m n p r s t v w z br ch cl dr fr gr kr pl sh sk st th tr vl zh ts kh mb ng'.split(' ')
const NUCLEI = 'a e i o u a e i o u aa ai ei ia io ou ö ü é á y'.split(' ')
const CODAS = ['', '', '', 'n', 'r', 's', 'l', 'k', 'm', 'nd', 'rt', 'sk', 'th', 'x', 'v']
const NAME_ENDS = [
  '',
  '',
  'a',
  'o',
  'i',
  'sson',
  'sen',
  'ski',
  'ová',
  'ev',
  'ez',
  'dottir',
  'nen',
  'escu',
  'ian',
  'man',
  'berg',
  'ton',
  'ley',
  'sdóttir',
  'wicz',
  'akis',
  'oglu',
]

/** What is numbered, priced and measured. */
const NOUNS =
  'chapter page table figure step level grade class group part item batch track phase stage round heat match game week day cycle trial sample case option choice question exercise problem lesson module episode season volume issue edition article clause schedule annex appendix miete kaution betrag position menge preis stufe klasse gruppe teil schraube dichtung ventil pumpe filter lager motor kapitel seite zeile abbildung tabelle anlage gewicht kosten summe rate loyer caution montant prix pièce vis joint étape classe précio pieza tornillo paso clase prezzo pezzo vite fase peça parafuso preço bedrag prijs schroef cena kwota część śruba espresso cappuccino latte pizza pasta risotto gnocchi lasagne tiramisu panna insalata burger soup salad steak curry ramen sushi tea coffee juice chrome firefox safari windows android ubuntu debian fedora linux java python ruby kotlin scala excel word outlook jira slack docker jenkins redis kafka nginx apache'.split(
    ' ',
  )
/** German nouns: a capital, and often a number behind it. */
const COMPOUND_HEADS =
  'grund arbeits lauf kündigungs zähl vertrags rechnungs liefer zahlungs miet neben strom gas heiz wasser abwasser netz mess anzugs dreh schutz ober unter werk kunst roh bau fach lager umsatz gewinn steuer brutto netto gesamt einzel mindest höchst durchschnitts jahres monats wochen tages stunden lebens nahrungs genuss haus kinder bildungs urlaubs kranken renten unfall reise fahr flug zug schul prüfungs haupt bei zusatz sonder rest teil zwischen end anfangs daten speicher rechen bild ton text sprach'.split(
    ' ',
  )
const COMPOUND_TAILS =
  'preis zeit frist punkt wert maß stoff kosten zahl menge dauer laufzeit betrag summe fläche mittel moment klasse grad satz quote anteil rate höhe länge breite tiefe stärke gewicht druck nummer stand bedarf verbrauch leistung spannung gebühr pauschale abschlag zuschlag rabatt versicherung ordnung prüfung arbeit aufgabe stunde woche monat jahr karte liste tabelle seite zeile spalte datei system gerät teil stück paket größe'.split(
    ' ',
  )
const UNITS =
  'kJ kcal g mg kg ml l mm cm m km Hz kHz MHz GHz bpm V A W kW kWh Ah mAh bar Pa kPa °C K dB lx lm N Nm rpm ppm px pt em rem ms s min h d KB MB GB TB Mbit/s EUR USD GBP CHF PLN € $ % ‰ mmol/l mg/dl g/dL U/l bpm'.split(
    ' ',
  )

/** What identifiers of programs are made of. */
const TECH =
  'user order item index cache parser token buffer node query schema client server handler logger config event queue worker thread stream socket session request response result value key map list tree graph frame pixel shader vector matrix tensor layer batch epoch loss metric model train test build deploy cluster pod proxy route filter sort merge split hash cipher codec render widget button panel view store action state hook effect context ref prop style theme font color margin padding glibc openssl numpy pandas flask django spring kernel driver module import export async await lambda yield class object string integer float double boolean char byte array struct enum union void const static final public private abstract optional nullable iterator generator callback promise future observable subject mapper reducer factory builder adapter visitor repository service controller gateway'.split(
    ' ',
  )

const capital = (word: string) => word[0]!.toUpperCase() + word.slice(1)

export function createGrammar(random: Random, seen: Seen) {
  const made = (least: number, most: number) => {
    let word = ''
    const syllables = random.int(least, most)
    for (let i = 0; i < syllables; i++)
      word +=
        random.pick(ONSETS) +
        random.pick(NUCLEI) +
        (i === syllables - 1 || random.chance(0.3) ? random.pick(CODAS) : '')
    return capital(word)
  }
  const given = (culture: string) =>
    random.chance(0.12)
      ? made(1, 3)
      : random.chance(0.12) && seen.given.length > 0
        ? random.pick(seen.given)
        : random.pick(CULTURES[culture]![0])
  const family = (culture: string): string => {
    if (random.chance(0.12)) return made(1, 2) + random.pick(NAME_ENDS)
    if (random.chance(0.05))
      return `${random.pick(["O'", "O'", 'Mc', 'Mac', "D'", 'Fitz', 'Van den ', 'Van ', 'De ', 'Von ', 'Di '])}${random.chance(0.5) ? made(1, 3) : random.pick(CULTURES[culture]![1])}`
    if (random.chance(0.12) && seen.family.length > 0) return random.pick(seen.family)
    const name = random.pick(CULTURES[culture]![1])
    if ((culture === 'spanish' || culture === 'portuguese') && random.chance(0.35))
      return `${name} ${random.pick(CULTURES[culture]![1])}`
    if (random.chance(0.03)) return `${name}-${random.pick(CULTURES[culture]![1])}`
    return name
  }
  const culture = () => random.pick(WEIGHTED)
  const letter = () => String.fromCharCode(65 + random.int(0, 25))
  const full = () => {
    const c = culture()
    const first = given(c)
    const last = family(random.chance(0.9) ? c : culture())
    const kind = random.next()
    if (kind < 0.68) return `${first} ${last}`
    if (kind < 0.8) return `${first} ${letter()}${random.chance(0.6) ? '.' : ''} ${last}`
    if (kind < 0.87) return `${first} ${given(c)} ${last}`
    if (kind < 0.9) return `${letter()}. ${last}`
    if (kind < 0.92) return `${letter()}.${letter()}. ${last}`
    if (kind < 0.94 && /chinese|japanese|korean|hungarian|vietnamese/.test(c)) return `${last} ${first}`
    if (kind < 0.96) return `${first} ${random.pick(['de', 'van', 'von', 'al', 'da', 'bin', 'Mc', 'St.'])} ${last}`
    return `${first} ${last}`
  }
  const first = () => given(culture())
  const last = () => family(culture())
  const place = () =>
    random.chance(0.15) && seen.places.length > 0
      ? random.pick(seen.places)
      : random.chance(0.08)
        ? made(2, 3)
        : random.pick(PLACES)
  const cityTails = [
    '',
    '',
    '',
    '',
    '',
    ' Village',
    ' Town',
    '-sur-Mer',
    ' am See',
    ' Bay',
    'ville',
    'burg',
    'ton',
    ' N',
    ' V',
    ' S',
  ]
  const city = () => {
    const base = random.chance(0.25) ? made(1, 3) + random.pick(cityTails) : place()
    return random.chance(0.1) ? base.toUpperCase() : base
  }
  const country = () => random.pick(COUNTRIES)
  const org = () => {
    const kind = random.next()
    if (kind < 0.35) return random.pick(FIRMS)
    if (kind < 0.45 && seen.firms.length > 0) return random.pick(seen.firms)
    const stem = random.chance(0.3) ? made(1, 2) : random.pick(FIRM_STEMS)
    if (kind < 0.55) return `${last()}${random.pick([', ', '-', ' & ', ' and '])}${last()}`
    if (kind < 0.62) return `${last()}, ${last()} and ${last()}`
    if (kind < 0.72) return `${last()} ${random.pick(FIRM_FORMS)}`
    if (kind < 0.82) return `${stem} ${random.pick(FIRM_TAILS)}`
    if (kind < 0.88) return `${stem} ${random.pick(FIRM_TAILS)} ${random.pick(FIRM_FORMS)}`
    if (kind < 0.92) return `${stem}${random.pick(FIRM_TAILS).toLowerCase().replaceAll(' ', '')}`
    if (kind < 0.95) return `${random.pick(FIRM_TAILS)} of ${place()}`
    return `${stem}${random.pick(['ly', 'ify', 'io', 'hub', 'base', 'ware', 'tech', 'soft'])}${random.chance(0.3) ? ` ${random.pick(FIRM_FORMS)}` : ''}`
  }
  const number = () =>
    (random.chance(0.6) ? `${random.int(1, 199)}` : `${random.int(200, 9999)}`) +
    (random.chance(0.08) ? random.pick(['a', 'b', 'A', 'B']) : '')
  const streetName = () =>
    `${random.chance(0.6) ? random.pick(STREET_STEMS) : random.chance(0.5) ? last() : made(1, 2)} ${random.pick(STREET_TAILS)}`
  const foreign = () =>
    random
      .pick(STREETS)
      .replace('%', random.chance(0.6) ? random.pick(STREET_ROOTS) : random.chance(0.5) ? last() : made(1, 2))
  const street = () => {
    const kind = random.next()
    if (kind < 0.4) return `${number()} ${streetName()}`
    if (kind < 0.5) return streetName()
    if (kind < 0.55) return `${streetName()} ${number()}`
    return foreign().replace('#', number())
  }
  const zip = () =>
    random.pick([
      () => random.text(DIGITS, 5),
      () => random.text(DIGITS, 4),
      () => `${random.text(DIGITS, 3)} ${random.text(DIGITS, 2)}`,
      () => `${random.text(DIGITS, 2)}-${random.text(DIGITS, 3)}`,
      () => `${random.text(DIGITS, 5)}-${random.text(DIGITS, 4)}`,
      () => `${letter()}${letter()}${random.int(1, 20)} ${random.int(1, 9)}${letter()}${letter()}`,
      () => `${letter()}${random.int(0, 9)}${letter()} ${random.int(0, 9)}${letter()}${random.int(0, 9)}`,
      () => `${random.text(DIGITS, 4)} ${letter()}${letter()}`,
    ])()
  const unit = () =>
    `${random.pick(['Apt.', 'Apt', 'Suite', 'Unit', 'Flat', 'Floor', '#', 'Room', 'apt.', 'Building', 'Block'])} ${random.chance(0.85) ? random.int(1, 999) : letter()}`
  const address = () => {
    const gap = random.pick([', ', ', ', ', ', ' ', '\n', '\n ', '\n, '])
    const kind = random.next()
    if (kind < 0.04) return `P.O. Box ${random.int(1, 9999)}${random.chance(0.5) ? `, ${place()}` : ''}`
    if (kind < 0.06)
      return `${random.pick(['PSC', 'Unit', 'CMR'])} ${random.int(100, 9999)}, Box ${random.int(100, 9999)}\n${random.pick(['APO', 'FPO', 'DPO'])} ${random.pick(['AA', 'AE', 'AP'])} ${random.text(DIGITS, 5)}`
    let out = random.chance(0.33) ? `${random.int(1, 9999)} ${foreign().replace('#', number())}` : street()
    if (random.chance(0.35)) out += `${random.pick([' ', ', ', '\n', '\n '])}${unit()}`
    if (kind < 0.25) return out
    if (random.chance(0.2)) out += gap + zip()
    out += gap + city()
    if (random.chance(0.35))
      out += `${random.pick([', ', ' ', '\n, '])}${random.chance(0.6) ? letter() + letter() : place()}`
    if (random.chance(0.5)) out += gap + country()
    if (random.chance(0.4)) out += ` ${zip()}`
    return out
  }
  const root = () => (random.chance(0.5) ? random.pick(STREET_ROOTS) : random.chance(0.5) ? last() : made(1, 3))
  const digits = (count: number) => random.text(DIGITS, count)
  const town = () => (random.chance(0.3) ? made(2, 3) : place())
  /** As people write it in their own country. */
  const local = () => {
    const n = number()
    const gap = random.pick([', ', ', ', ', ', ' ', '\n'])
    const maybe = (share: number, text: string) => (random.chance(share) ? text : '')
    return random.pick([
      () =>
        `${root()}${random.pick(['straße', 'strasse', 'str.', 'weg', 'platz', 'allee', 'gasse', 'ring', 'damm', 'ufer'])} ${n}${gap}${maybe(0.15, 'D-')}${digits(random.chance(0.8) ? 5 : 4)} ${town()}`,
      () =>
        `${n}${maybe(0.1, ' bis')}${maybe(0.2, ',')} ${random.pick(['rue', 'avenue', 'boulevard', 'place', 'chemin', 'impasse', 'allée', 'quai', 'cours'])} ${random.pick(['de la ', 'du ', 'des ', 'de ', "de l'", '', ''])}${root()}${gap}${digits(5)} ${town()}`,
      () =>
        `${random.pick(['Calle', 'calle', 'C/', 'Avda.', 'Avenida', 'Plaza', 'Paseo', 'Camino'])} ${random.pick(['de ', 'del ', 'de la ', '', '', ''])}${root()}${random.pick([' ', ', ', ' nº '])}${n}${maybe(0.4, `, ${random.int(1, 9)}º ${random.pick(['A', 'B', 'C', 'izq.', 'dcha.'])}`)}${gap}${digits(5)} ${town()}`,
      () =>
        `${random.pick(['Via', 'via', 'Viale', 'Corso', 'Piazza', 'Largo', 'Vicolo'])} ${random.pick(['', '', '', 'dei ', 'della '])}${root()}${random.pick([' ', ', '])}${n}${gap}${digits(5)} ${town()}${maybe(0.3, ` (${letter()}${letter()})`)}`,
      () =>
        `${random.pick(['Rua', 'rua', 'R.', 'Av.', 'Avenida', 'Travessa', 'Praça', 'Estrada', 'Alameda'])} ${random.pick(['', '', 'da ', 'de ', 'do ', 'das '])}${root()}${random.pick([', ', ' ', ', nº '])}${n}${maybe(0.3, random.pick([`, ${random.int(1, 9)}º Esq.`, ` - Apto ${random.int(1, 99)}`, `, ap ${random.int(1, 99)}`]))}${maybe(0.3, `, ${made(2, 3)}`)}${gap}${random.pick([() => `${digits(4)}-${digits(3)} ${town()}`, () => `${town()} - ${letter()}${letter()}, ${digits(5)}-${digits(3)}`, () => `${digits(5)}-${digits(3)} ${town()}`])()}`,
      () =>
        `${random.pick(['ul.', 'ul.', 'al.', 'pl.', 'os.', 'ulica'])} ${root()}${random.pick(['a', 'ska', 'owa', 'iego', ''])} ${n}${maybe(0.45, random.pick([`/${random.int(1, 99)}`, ` m. ${random.int(1, 99)}`]))}${gap}${digits(2)}-${digits(3)} ${town()}`,
      () =>
        `${random.pick(['ul.', 'al.', 'aleja', 'os.', 'plac'])} ${random.pick([...CULTURES.polish![0]])}a ${root()}${random.pick(['ego', 'a', ' II', ''])} ${n}${maybe(0.4, `/${random.int(1, 99)}`)}${gap}${digits(2)}-${digits(3)} ${town()}`,
      () =>
        `${root()}${random.pick(['', '', ` ${root()}`])} ${random.pick(['Cad.', 'Caddesi', 'Sok.', 'Sokak', 'Sokağı', 'Bulvarı', 'Mah.'])} ${random.pick(['No:', 'No: ', 'No ', ''])}${n}${maybe(0.4, ` D:${random.int(1, 40)}`)}${gap}${digits(5)} ${town()}`,
      () =>
        `${maybe(0.5, `${digits(4)} ${town()}, `)}${root()}${random.pick(['', ` ${root()}`])} ${random.pick(['utca', 'u.', 'út', 'tér', 'körút', 'köz', 'sétány'])} ${n}.${maybe(0.3, ` ${random.int(1, 9)}. em. ${random.int(1, 40)}.`)}`,
      () =>
        `${maybe(0.3, random.pick(['ulice ', 'ul. ', 'nám. ', 'třída ']))}${root()}${random.pick(['ova', 'ská', 'ní', 'ého'])} ${n}${maybe(0.6, `/${random.int(1, 40)}`)}${gap}${digits(3)} ${digits(2)} ${town()}`,
      () =>
        `${root()}${random.pick(['gatan', 'vägen', 'gränd', 'stigen', 'gade', 'vej', 'veien', 'gata'])} ${n}${maybe(0.3, ` ${random.pick(['A', 'B', 'C'])}`)}${gap}${digits(random.pick([4, 5])).replace(/^(\d{3})(\d\d)$/, '$1 $2')} ${town()}`,
      () =>
        `${root()}${random.pick(['straat', 'laan', 'gracht', 'weg', 'plein', 'kade', 'dijk', 'singel'])} ${n}${maybe(0.2, random.pick(['-hs', ' bis', ' II']))}${gap}${digits(4)} ${letter()}${letter()} ${town()}`,
      () =>
        `${random.pick(['Flat', 'Unit', 'Apt', 'Apartment'])} ${random.int(1, 40)}${random.pick(['', 'A', 'B'])}, ${n} ${streetName()}${gap}${town()}${random.pick([' ', ', '])}${letter()}${letter()}${random.int(1, 20)} ${random.int(1, 9)}${letter()}${letter()}`,
      () =>
        `${n} ${streetName()}${gap}Dublin ${random.int(1, 24)}, ${letter()}${digits(2)} ${letter()}${random.int(1, 9)}${letter()}${random.int(1, 9)}`,
      () =>
        `${random.int(1, 900)}-${n} ${streetName()}${gap}${town()} ${random.pick(['BC', 'ON', 'QC', 'AB'])} ${letter()}${random.int(1, 9)}${letter()} ${random.int(1, 9)}${letter()}${random.int(1, 9)}`,
      () =>
        `${random.pick(['Flat', 'House No.', 'Plot', 'Door No.'])} ${random.int(1, 900)}, ${root()} ${random.pick(['Apartments', 'Towers', 'Residency', 'Nagar', 'Colony'])}, ${root()} ${random.pick(['Road', 'Marg', 'Street'])}, ${town()} ${digits(6)}`,
      () =>
        `${random.int(1, 9)}-${random.int(1, 30)}-${random.int(1, 20)} ${made(2, 3)}, ${made(2, 3)}-ku, ${town()} ${digits(3)}-${digits(4)}`,
    ])()
  }
  const HEX = '0123456789abcdef'
  const rows = (least: number, most: number, gap: string, make: () => string) =>
    Array.from({ length: random.int(least, most) }, make).join(gap)
  const version = () => rows(2, 4, '.', () => `${random.int(0, 40)}`)
  const norm = () =>
    `${random.pick(['ISO', 'IEC', 'EN', 'DIN', 'IEEE', 'RFC', 'ASTM', 'ANSI', 'ECMA', 'ITU-T', 'BS', 'JIS', 'UL', 'NIST SP', 'ISO/IEC', 'DIN EN', 'VDE', 'SAE', 'MIL-STD', 'FIPS', 'CE', 'AS/NZS', 'GB/T', 'UN', 'USP'])}${random.pick([' ', ' ', ' ', '-'])}${random.pick(['', '', 'D', 'J', 'P', 'X.'])}${random.int(1, 70_000)}${random.pick(['', '', '', `-${random.int(1, 12)}`, `:${random.int(1990, 2026)}`, `-${letter()}`])}`
  const cipher = () =>
    random.pick([
      () =>
        `${random.pick(['AES', 'SHA', 'RSA', 'ECDSA', 'HMAC', 'ECDH', 'DSA', 'PBKDF', 'BLAKE', 'SHAKE', 'MD', 'DES', 'RC', 'ML-KEM', 'SLH-DSA'])}-?${random.pick(['128', '256', '512', '2048', '4096', '2', '5', '3'])}`.replace(
          '-?',
          random.pick(['-', '', ' ']),
        ),
      () =>
        `${random.pick(['X', 'Ed', 'P-', 'ChaCha', 'Poly', 'Curve', 'secp'])}${random.pick(['25519', '448', '256', '384', '20', '1305', '256k1'])}`,
      () =>
        `${random.pick(['AES', 'RSA', 'SHA'])}-${random.pick(['128', '256', '2048'])}-${random.pick(['GCM', 'CBC', 'OAEP', 'CTR', 'PSS', 'SIV'])}`,
    ])()
  const snake = () => rows(1, 3, '_', () => random.pick(TECH)).toUpperCase()
  const camel = () => {
    const words = Array.from({ length: random.int(1, 3) }, () =>
      random.chance(0.5) ? random.pick(TECH) : wordOf(VOCABULARY.en!, random.next()),
    )
    return words.map((word, i) => (i === 0 && random.chance(0.6) ? word : capital(word))).join('')
  }
  const date = () =>
    random.pick([
      () => `${random.int(1, 12)}/${random.int(1, 28)}/${random.int(1930, 2024)}`,
      () => `${random.int(1, 28)}.${random.int(1, 12)}.${random.int(1930, 2024)}`,
      () => `${random.int(1930, 2024)}-0${random.int(1, 9)}-${random.int(10, 28)}`,
      () =>
        `${random.pick(['January', 'March', 'May', 'July', 'October'])} ${random.int(1, 28)}, ${random.int(1930, 2024)}`,
      () =>
        `${random.int(1, 28)} ${random.pick(['February', 'April', 'June', 'August', 'September', 'November', 'December'])} ${random.int(1930, 2024)}`,
    ])()
  const job = () => {
    const base = random.pick(JOBS)
    const styled = random.chance(0.25) ? capital(base) : base
    return random.chance(0.12)
      ? `${styled}, ${random.pick(['retail', 'senior', 'chartered', 'clinical', 'junior'])}`
      : random.chance(0.1)
        ? `${random.pick(['senior', 'junior', 'chief', 'assistant', 'Senior', 'Lead'])} ${styled}`
        : styled
  }

  const SLOTS: Readonly<Record<string, readonly [type: string, make: () => string]>> = {
    person: ['person', () => (random.chance(0.65) ? full() : random.chance(0.7) ? first() : last())],
    full: ['person', full],
    first: ['person', first],
    last: ['person', last],
    initial: ['', () => `${letter()}.`],
    lowername: ['person', () => (random.chance(0.6) ? first() : `${first()} ${last()}`).toLowerCase()],
    lowerlast: ['person', () => last().toLowerCase()],
    upname: ['person', () => full().toUpperCase()],
    handle: ['', () => made(2, 3).toLowerCase()],
    place: ['place', () => (random.chance(0.3) ? country() : place())],
    city: ['place', city],
    upcity: ['place', () => place().toUpperCase()],
    lowercity: ['place', () => place().toLowerCase()],
    country: ['place', country],
    org: ['organisation', org],
    street: ['address', street],
    upstreet: ['address', () => street().toUpperCase()],
    lowerstreet: ['address', () => street().toLowerCase()],
    address: ['address', address],
    local: ['address', local],
    zip: ['address', zip],
    mr: ['title', () => random.pick(TITLES.slice(0, 12))],
    job: ['title', job],
    people: ['people', () => random.pick(PEOPLES)],
    age: ['age', () => `${random.int(16, 95)}`],
    year: ['date', () => `${random.int(1890, 2024)}`],
    date: ['', date],
    weekday: ['', () => random.pick(['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'])],
    num: ['', () => `${random.int(10, 99_999)}`],
    phone: [
      '',
      () =>
        random.pick([
          () => `+${random.int(1, 99)} ${random.text(DIGITS, 3)} ${random.text(DIGITS, 6)}`,
          () => `${random.text(DIGITS, 3)}-${random.text(DIGITS, 3)}-${random.text(DIGITS, 4)}`,
          () => `0${random.text(DIGITS, 3)} ${random.text(DIGITS, 3)} ${random.text(DIGITS, 3)}`,
        ])(),
    ],
    email: ['', () => `${first()}${last()}@${made(2, 2).toLowerCase()}.com`.replaceAll(' ', '')],
    url: ['', () => `https://www.${made(1, 2)}${made(1, 2)}.${random.pick(['com', 'de', 'se', 'org'])}/`],
    iban: ['', () => `GB${random.text(DIGITS, 2)}${random.text('ABCDEFGH', 4)}${random.text(DIGITS, 14)}`],
    card: ['', () => random.text(DIGITS, 16)],
    small: ['', () => `${random.int(0, 99)}`],
    dec: ['', () => `${random.int(0, 400)}.${random.text(DIGITS, random.int(1, 5))}`],
    big: ['', () => `${random.int(1, 999)}${random.pick([',', '.', ' ', "'"])}${random.text(DIGITS, 3)}`],
    hex: ['', () => random.text(HEX, random.pick([2, 4, 6, 8, 8, 12, 16, 40, 64]))],
    bytes: ['', () => rows(4, 16, ' ', () => random.text(HEX, 2))],
    words: ['', () => rows(2, 8, ' ', () => random.text(random.chance(0.4) ? '0000000f1' : HEX, 4))],
    table: ['', () => rows(2, 5, random.pick([' | ', ' ', ',', '\t']), () => `${random.int(0, 9999)}`)],
    version: ['', version],
    lib: [
      '',
      () => (random.chance(0.5) ? random.pick(TECH) + random.pick(['lib', 'js', 'kit', 'd', '', '']) : camel()),
    ],
    norm: ['', norm],
    cipher: ['', cipher],
    CONST: ['', snake],
    camel: ['', camel],
    code: [
      '',
      () =>
        `${random.text('ABCDEFGHJKLMNPRSTUVWX', random.int(1, 4))}${random.pick(['-', '', ' ', '/'])}${random.text(DIGITS, random.int(2, 9))}${random.pick(['', '', letter()])}`,
    ],
    ...wordSlots(() => random.next()),
    made: ['', () => made(2, 3)],
    little: ['', () => made(1, 3).toLowerCase()],
    letter: ['', () => letter().toLowerCase()],
    noun: ['', () => capital(random.pick(NOUNS))],
    unit: ['', () => random.pick(UNITS)],
    compound: ['', () => capital(random.pick(COMPOUND_HEADS)) + random.pick(COMPOUND_TAILS)],
    isin: [
      '',
      () =>
        `${random.pick(['US', 'DE', 'FR', 'GB', 'LU', 'IE', 'CH'])}${random.text(`${DIGITS}ABC`, 3)}${random.text(DIGITS, 7)}`,
    ],
  }

  const fill = (template: string, group: string): Sentence => {
    let text = ''
    const spans: Span[] = []
    let at = 0
    for (const match of template.matchAll(/\{(\w+)\}/g)) {
      const slot = SLOTS[match[1]!]
      if (slot === undefined) continue
      text += template.slice(at, match.index)
      at = match.index + match[0].length
      const value = slot[1]()
      if (slot[0] !== '') spans.push({ start: text.length, end: text.length + value.length, type: slot[0] })
      text += value
    }
    return { text: text + template.slice(at), spans, group }
  }
  return { fill, slots: SLOTS }
}

/** Random changes that must not change what is found: case of the whole, what stands before and behind. */
export function vary(sentence: Sentence, random: Random): Sentence {
  const { text, spans, group } = sentence
  const kind = random.next()
  if (kind < 0.11 && text.toLowerCase().length === text.length) return { text: text.toLowerCase(), spans, group }
  if (kind < 0.14 && text.toUpperCase().length === text.length) return { text: text.toUpperCase(), spans, group }
  if (kind < 0.2) {
    const lead = random.pick(['User: ', '"', 'Re: ', '- ', '> ', 'FYI ', 'Please note: ', 'Customer: '])
    return {
      text: lead + text,
      spans: spans.map((s) => ({ ...s, start: s.start + lead.length, end: s.end + lead.length })),
      group,
    }
  }
  if (kind < 0.24 && text.endsWith('.'))
    return { text: text.slice(0, -1), spans: spans.filter((s) => s.end < text.length), group }
  return sentence
}
