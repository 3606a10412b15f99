// Days and years: in figures, or with the name of a month before or behind them.
import { isAlphanumeric, isAsciiLetter, isDigit, isLetter, isUpper } from '../chars.ts'
import { CONTEXT_REACH, glue, MONTH, MONTH_OF_YEAR, NEAR_BIRTH, NEAR_VERSION, software } from '../lexicon.ts'
import { NEED, peek, type Scan } from '../scan.ts'
import { COMMA, DASH, nearGroup, type Phrase, POINT, SLASH, SPACE } from './phrase.ts'
import { isCounted, unitBehind } from './range.ts'
import { endsWithWord, wordEnd } from './words.ts'

const MONTH_DAYS = 31

/** `1980-03-12`, `12/03/1980`, `3.12.80`, `12 March 1980`, `March 12, 1980`, `12th of March`. */
export function date(scan: Scan, phrase: Phrase, g: number): number {
  const figures = inFigures(scan, phrase, g)
  if (figures !== 0) return figures
  if (phrase.size(g) !== 4 && phrase.size(g) > 2) return 0
  const month = monthBefore(scan.text, phrase.start(g))
  if (month >= 0) return behindMonth(scan, phrase, g, month)
  if (g === phrase.count - 1 && phrase.size(g) === 4) {
    const written = yearFirstInSigns(scan, phrase, g)
    if (written !== 0) return written
  }
  return yearAlone(scan, phrase, g) || beforeMonth(scan, phrase, g)
}

function tell(scan: Scan, phrase: Phrase, g: number, start: number, end: number, confidence: number): void {
  scan.emit(isBirth(scan, phrase, g) ? 'personal/birth-date' : 'personal/date', start, end, confidence)
}

const isBirth = (scan: Scan, phrase: Phrase, g: number) =>
  nearGroup(scan, phrase, g, NEAR_BIRTH) ||
  BORN_THERE.test(scan.text.slice(Math.max(0, phrase.start(g) - 20), phrase.start(g))) ||
  BORN.test(scan.text.slice(Math.max(0, phrase.start(g) - 8), phrase.start(g)))
/** Words too short to be looked for everywhere. */
const BORN = /(?:^|[\s(,;])(?:ur\.|nar\.|szül\.|d\.o\.b\.?:?|р\.) ?$/i
const isDay = (phrase: Phrase, g: number) =>
  phrase.size(g) <= 2 && phrase.amount(g) >= 1 && phrase.amount(g) <= MONTH_DAYS

/** Three groups with the same sign between them, and that sign neither before nor behind. */
function inFigures(scan: Scan, phrase: Phrase, g: number): number {
  if (g + 2 >= phrase.count) return 0
  const joint = phrase.joint(g + 1)
  if (joint !== phrase.joint(g + 2) || !(joint === SLASH || joint === DASH || joint === POINT)) return 0
  if (phrase.joint(g) === joint || (g + 3 < phrase.count && phrase.joint(g + 3) === joint)) return 0
  const [a, b, c] = [phrase.amount(g), phrase.amount(g + 1), phrase.amount(g + 2)]
  const sizes = phrase.size(g) * 100 + phrase.size(g + 1) * 10 + phrase.size(g + 2)
  const yearFirst = sizes === 422 || sizes === 411 || sizes === 412 || sizes === 421
  if (yearFirst && isYear(a) && isMonthDay(b, c)) {
    tell(scan, phrase, g, phrase.start(g), phrase.end(g + 2), 85)
    return 3
  }
  if (phrase.size(g) > 2 || phrase.size(g + 1) > 2 || !(isMonthDay(a, b) || isMonthDay(b, a))) return 0
  if (phrase.size(g + 2) === 4 && isYear(c)) {
    tell(scan, phrase, g, phrase.start(g), phrase.end(g + 2), 85)
    return 3
  }
  const birth = isBirth(scan, phrase, g)
  if (phrase.size(g + 2) !== 2 || (joint === DASH && sizes !== 222 && !birth)) return 0
  const other = isVersion(scan, phrase, g, sizes, birth)
  if (other === NEED) return NEED
  if (other > 0) return 0
  tell(scan, phrase, g, phrase.start(g), phrase.end(g + 2), birth ? 75 : 55)
  return 3
}

/** Words right before a day. */
const BEFORE_DAY = [
  'am',
  'vom',
  'bis',
  'zum',
  'den',
  'dem',
  'datum',
  'termin',
  'on',
  'date',
  'dated',
  'due',
  'le',
  'du',
  'au',
  'el',
  'al',
  'del',
  'fecha',
  'il',
  'dal',
  'data',
  'em',
  'op',
  'van',
  'dnia',
]

/**
 * `v1.12.20`, `foo@1.2.10`, `version 3.11.12`, and `1.22.10`: with points the day stands before the month. Without a word for a day
 * before it a number with points and less than two figures in a group is a version as well, but for years far back. 1, 0 or NEED.
 */
function isVersion(scan: Scan, phrase: Phrase, g: number, sizes: number, birth: boolean): number {
  const { text } = scan
  const start = phrase.start(g)
  const before = text.charCodeAt(start - 1)
  if (phrase.joint(g + 1) !== POINT) {
    if (birth) return 0
    return isCounted(text, start) ? 1 : unitBehind(scan, phrase.end(g + 2))
  }
  if (isLetter(before) || before === 64 || !isMonthDay(phrase.amount(g + 1), phrase.amount(g))) return 1
  if (scan.context.distance(NEAR_VERSION, start) < 12) return 1
  if (birth) return 0
  // `foo==1.2.10`, `~> 1.2.10`, `image:16.3.10`
  if (before === 94 || before === 126 || before === 61 || (before === 58 && isAlphanumeric(text.charCodeAt(start - 2))))
    return 1
  if (isBehindSoftware(text, start)) return 1
  // `16.3.10-alpine`
  const end = phrase.end(g + 2)
  const sign = peek(scan, end)
  if (sign === NEED) return NEED
  if (sign === DASH) {
    const next = peek(scan, end + 1)
    if (next === NEED) return NEED
    if (isLetter(next)) return 1
  }
  if (sizes === 222 || phrase.amount(g + 2) >= 50) return 0
  let at = start
  if (text.charCodeAt(at - 1) === SPACE) at--
  if (text.charCodeAt(at - 1) === 58 || text.charCodeAt(at - 1) === POINT) at--
  return BEFORE_DAY.some((word) => endsWithWord(text, at, word)) ? 0 : 1
}

/** How far before a version the name of what has it is looked for. */
const SOFTWARE_REACH = 28

function isBehindSoftware(text: string, at: number): boolean {
  const floor = Math.max(0, at - SOFTWARE_REACH)
  for (let end = at; end > floor; end--) {
    if (!isLetter(text.charCodeAt(end - 1)) || isLetter(text.charCodeAt(end))) continue
    let from = end - 1
    while (from > floor && isLetter(text.charCodeAt(from - 1))) from--
    if (software.get(text, from, end) !== 0) return true
  }
  return false
}

/** The number behind a month that begins at `month`: a year, or a day with a year or none. */
function behindMonth(scan: Scan, phrase: Phrase, g: number, month: number): number {
  if (phrase.size(g) === 4 && isYear(phrase.amount(g))) {
    tell(scan, phrase, g, month, phrase.end(g), 70)
    return 1
  }
  if (!isDay(phrase, g)) return 0
  let after = phrase.end(g)
  const suffix = ordinal(scan, after)
  if (suffix === NEED) return NEED
  after += suffix
  const year = yearAfter(scan, after)
  if (year === NEED) return NEED
  if (suffix === 0 && isAlphanumeric(peek(scan, after))) return 0
  tell(scan, phrase, g, month, year > 0 ? year : after, year > 0 ? 85 : 60)
  return year > 0 && g + 1 < phrase.count && phrase.end(g + 1) === year ? 2 : 1
}

function yearAlone(scan: Scan, phrase: Phrase, g: number): number {
  const value = phrase.amount(g)
  if (phrase.size(g) !== 4 || value < 1900 || value > 2099 || g !== phrase.count - 1 || !phrase.isWhole(g)) return 0
  if (!yearWord(scan.text, phrase.start(g))) return 0
  // `Seconds since 1970.` dates nobody.
  if (scan.text.charCodeAt(phrase.end(g)) === POINT && !isBirth(scan, phrase, g)) return 0
  const left = scan.text.slice(Math.max(0, phrase.start(g) - CONTEXT_REACH), phrase.start(g))
  if (OF_A_THING.test(left)) scan.emit('personal/date', phrase.start(g), phrase.end(g), 50)
  else tell(scan, phrase, g, phrase.start(g), phrase.end(g), 50)
  return 1
}

/** `born out of a merger in 1990`, `born … and sold since 1990` */
const OF_A_THING = /\bborn (?:out|from|of|as|again|when)\b[^.!?;\n]*$|\b(?:since|until|during) $/i

/** The phrase ended at this group, so the month's letters come next. */
function beforeMonth(scan: Scan, phrase: Phrase, g: number): number {
  const { text } = scan
  if (!isDay(phrase, g) || g !== phrase.count - 1) return 0
  let i = phrase.end(g)
  const suffix = ordinal(scan, i)
  if (suffix === NEED) return NEED
  i += suffix
  if (suffix === 0 && peek(scan, i) === POINT) i++
  let c = peek(scan, i)
  if (c === NEED) return NEED
  if (c !== SPACE && c !== DASH) return 0
  c = peek(scan, ++i)
  if (c === NEED) return NEED
  if (isDigit(c)) return text.charCodeAt(i - 2) === POINT ? spacedDate(scan, phrase, g, i) : 0
  if (!isLetter(c)) return 0
  let word = wordEnd(scan, i)
  if (word === NEED) return NEED
  if (word - i === 2 && (text.startsWith('of', i) || text.startsWith('de', i)) && peek(scan, word) === SPACE) {
    i = word + 1
    word = wordEnd(scan, i)
    if (word === NEED) return NEED
  }
  const bits = word - i < 3 ? 0 : glue.get(text, i, word) & (MONTH | MONTH_OF_YEAR)
  if (bits === 0 || (word - i === 3 && text.startsWith('may', i))) return 0
  const from = peek(scan, word) === POINT || peek(scan, word) === COMMA ? word + 1 : word
  let year = yearAfter(scan, from)
  if (year === 0) year = shortYearAfter(scan, phrase, g, from)
  if (year === NEED) return NEED
  if (year === 0 && (bits & MONTH) === 0) return 0
  tell(scan, phrase, g, phrase.start(g), year > 0 ? year : word, year > 0 ? 85 : 60)
  return 1
}

/** `3. 4. 1985`, from its month on. */
function spacedDate(scan: Scan, phrase: Phrase, g: number, month: number): number {
  let i = month
  let c = peek(scan, i)
  let value = 0
  while (isDigit(c) && i - month < 3) {
    value = value * 10 + c - 48
    c = peek(scan, ++i)
  }
  if (c === NEED) return NEED
  if (i - month > 2 || c !== POINT || !isMonthDay(value, phrase.amount(g))) return 0
  const year = yearAfter(scan, i + 1)
  if (year <= 0) return year
  tell(scan, phrase, g, phrase.start(g), year, 85)
  return 1
}

/** `3 Apr 85`, of a birth alone: end of the two figures behind a blank at `i`; 0 for none; NEED. */
function shortYearAfter(scan: Scan, phrase: Phrase, g: number, i: number): number {
  if (!isBirth(scan, phrase, g)) return 0
  for (let k = 0; k < 4; k++) {
    const c = peek(scan, i + k)
    if (c === NEED) return NEED
    if (k === 0 ? c !== SPACE && c !== DASH : k < 3 ? !isDigit(c) : isAlphanumeric(c)) return 0
  }
  return i + 3
}

/** What stands behind year, month and day in China and Japan, in Korea, and in Hungary, where the month is a word. */
const SIGNS = [
  [0x5e74, 0x6708, 0x65e5],
  [0xb144, 0xc6d4, 0xc77c],
] as const
const BORN_THERE =
  /(?:生年月日|出生日期|出生年月|出生|生日|誕生日|생년월일|생일|출생|تاريخ الميلاد|تاريخ الولادة|תאריך לידה|วันเกิด|जन्म तिथि|जन्मतिथि)[^\p{L}\d]{0,4}$/u

/** `1985年4月3日`, `1985년 4월 3일`, `1985. április 3.` */
function yearFirstInSigns(scan: Scan, phrase: Phrase, g: number): number {
  const start = phrase.start(g)
  const end = phrase.end(g)
  if (!isYear(phrase.amount(g))) return 0
  const first = peek(scan, end)
  if (first === NEED) return NEED
  const signs = SIGNS.find(([year]) => year === first)
  if (signs === undefined) return first === POINT ? monthInWords(scan, phrase, g, end + 1) : 0
  let i = end + 1
  for (let k = 1; k < 3; k++) {
    let c = peek(scan, i)
    if (c === SPACE) c = peek(scan, ++i)
    const from = i
    while (isDigit(c) && i - from < 3) c = peek(scan, ++i)
    if (c === NEED) return NEED
    if (i === from || i - from > 2 || c !== signs[k]) return 0
    i++
  }
  const birth = isBirth(scan, phrase, g)
  scan.emit(birth ? 'personal/birth-date' : 'personal/date', start, i, 85)
  return 1
}

function monthInWords(scan: Scan, phrase: Phrase, g: number, at: number): number {
  let c = peek(scan, at)
  if (c === NEED) return NEED
  if (c !== SPACE) return 0
  const word = wordEnd(scan, at + 1)
  if (word === NEED) return NEED
  if ((glue.get(scan.text, at + 1, word) & (MONTH | MONTH_OF_YEAR)) === 0) return 0
  let i = word
  c = peek(scan, i)
  if (c === NEED) return NEED
  if (c !== SPACE) return 0
  c = peek(scan, ++i)
  const from = i
  while (isDigit(c) && i - from < 3) c = peek(scan, ++i)
  if (c === NEED) return NEED
  if (i === from || i - from > 2 || isAlphanumeric(c)) return 0
  tell(scan, phrase, g, phrase.start(g), i, 85)
  return 1
}

const isYear = (value: number) => value >= 1800 && value <= 2200
/** `in 1971`, `during 1971`, `since 1971`. */
function yearWord(text: string, at: number): boolean {
  if (text.charCodeAt(at - 1) !== SPACE) return false
  for (const word of ['in', 'during', 'since', 'until', 'geboren', 'born'])
    if (endsWithWord(text, at - 1, word)) return true
  return false
}

const isMonthDay = (month: number, day: number) => month >= 1 && month <= 12 && day >= 1 && day <= MONTH_DAYS

/** Start of a month name that ends one blank before `at`, or -1. */
function monthBefore(text: string, at: number): number {
  let end = at - 1
  if (end < 3 || text.charCodeAt(end) !== SPACE) return -1
  if (text.charCodeAt(end - 1) === POINT) end--
  let start = end
  while (start > 0 && end - start < 12 && isLetter(text.charCodeAt(start - 1))) start--
  if (end - start < 3 || end - start > 10 || (glue.get(text, start, end) & MONTH) === 0) return -1
  return isUpper(text.charCodeAt(start)) || end - start > 3 ? start : -1
}

/** Length of `st`, `nd`, `rd`, `th` at `i`: 2 or 0. */
function ordinal(scan: Scan, i: number): number {
  const a = peek(scan, i)
  if (a === NEED) return NEED
  // `1º`, whose sign is the letter once a text is normalised
  if (a === 0xba || a === 0xb0) return 1
  if (!isAsciiLetter(a)) return 0
  const b = peek(scan, i + 1)
  if (a === 111 && b === SPACE) return 1
  const c = b === NEED ? NEED : peek(scan, i + 2)
  if (b === NEED || c === NEED) return NEED
  const pair = String.fromCharCode(a | 32, b | 32)
  return !isAlphanumeric(c) && (pair === 'st' || pair === 'nd' || pair === 'rd' || pair === 'th' || pair === 'er')
    ? 2
    : 0
}

/** End of a four-digit year after `, ` or a blank at `i`; 0 for none; NEED. */
function yearAfter(scan: Scan, i: number): number {
  let at = i
  let c = peek(scan, at)
  if (c === NEED) return NEED
  if (c === COMMA) c = peek(scan, ++at)
  if (c === NEED) return NEED
  if (c !== SPACE && c !== DASH) return 0
  at++
  // `3 de abril de 1985`
  const of = peek(scan, at)
  if (of === NEED) return NEED
  if ((of | 32) === 100) {
    const word = wordEnd(scan, at)
    if (word === NEED) return NEED
    if (!/^(?:de|del|do)$/i.test(scan.text.slice(at, word)) || peek(scan, word) !== SPACE) return 0
    at = word + 1
  }
  let value = 0
  for (let k = 0; k < 4; k++) {
    c = peek(scan, at + k)
    if (c === NEED) return NEED
    if (!isDigit(c)) return 0
    value = value * 10 + c - 48
  }
  c = peek(scan, at + 4)
  if (c === NEED) return NEED
  return !isAlphanumeric(c) && isYear(value) ? at + 4 : 0
}
