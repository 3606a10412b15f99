// Fills templates with generated values and keeps where they stand. Names are drawn from lists of many cultures and, for
// a share, made of syllables, so that a name need not be known to be seen.
import type { Random } from '../../test/generators/random.ts'
import { DIGITS } from '../../test/generators/random.ts'
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
    let out = random.chance(0.25) ? `${random.int(1, 9999)} ${foreign().replace('#', number())}` : street()
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
  if (kind < 0.06 && text.toLowerCase().length === text.length) return { text: text.toLowerCase(), spans, group }
  if (kind < 0.09 && text.toUpperCase().length === text.length) return { text: text.toUpperCase(), spans, group }
  if (kind < 0.15) {
    const lead = random.pick(['User: ', '"', 'Re: ', '- ', '> ', 'FYI ', 'Please note: ', 'Customer: '])
    return {
      text: lead + text,
      spans: spans.map((s) => ({ ...s, start: s.start + lead.length, end: s.end + lead.length })),
      group,
    }
  }
  if (kind < 0.19 && text.endsWith('.'))
    return { text: text.slice(0, -1), spans: spans.filter((s) => s.end < text.length), group }
  return sentence
}
