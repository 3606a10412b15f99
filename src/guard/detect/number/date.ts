// Days and years: in figures, or with the name of a month before or behind them.
import { isAlphanumeric, isAsciiLetter, isDigit, isLetter, isUpper } from '../chars.ts'
import { glue, MONTH, NEAR_BIRTH, NEAR_VERSION } from '../lexicon.ts'
import { NEED, peek, type Scan } from '../scan.ts'
import { COMMA, DASH, nearGroup, type Phrase, POINT, SLASH, SPACE } from './phrase.ts'
import { endsWithWord, wordEnd } from './words.ts'

const MONTH_DAYS = 31

/** `1980-03-12`, `12/03/1980`, `3.12.80`, `12 March 1980`, `March 12, 1980`, `12th of March`. */
export function date(scan: Scan, phrase: Phrase, g: number): number {
  if (inFigures(scan, phrase, g)) return 3
  if (phrase.size(g) !== 4 && phrase.size(g) > 2) return 0
  const month = monthBefore(scan.text, phrase.start(g))
  return month >= 0 ? behindMonth(scan, phrase, g, month) : yearAlone(scan, phrase, g) || beforeMonth(scan, phrase, g)
}

function tell(scan: Scan, phrase: Phrase, g: number, start: number, end: number, confidence: number): void {
  scan.emit(isBirth(scan, phrase, g) ? 'personal/birth-date' : 'personal/date', start, end, confidence)
}

const isBirth = (scan: Scan, phrase: Phrase, g: number) => nearGroup(scan, phrase, g, NEAR_BIRTH)
const isDay = (phrase: Phrase, g: number) =>
  phrase.size(g) <= 2 && phrase.amount(g) >= 1 && phrase.amount(g) <= MONTH_DAYS

/** Three groups with the same sign between them, and that sign neither before nor behind. */
function inFigures(scan: Scan, phrase: Phrase, g: number): boolean {
  if (g + 2 >= phrase.count) return false
  const joint = phrase.joint(g + 1)
  if (joint !== phrase.joint(g + 2) || !(joint === SLASH || joint === DASH || joint === POINT)) return false
  if (phrase.joint(g) === joint || (g + 3 < phrase.count && phrase.joint(g + 3) === joint)) return false
  const [a, b, c] = [phrase.amount(g), phrase.amount(g + 1), phrase.amount(g + 2)]
  const sizes = phrase.size(g) * 100 + phrase.size(g + 1) * 10 + phrase.size(g + 2)
  const yearFirst = sizes === 422 || sizes === 411 || sizes === 412 || sizes === 421
  if (yearFirst && isYear(a) && isMonthDay(b, c)) {
    tell(scan, phrase, g, phrase.start(g), phrase.end(g + 2), 85)
    return true
  }
  if (phrase.size(g) > 2 || phrase.size(g + 1) > 2 || !(isMonthDay(a, b) || isMonthDay(b, a))) return false
  const long = phrase.size(g + 2) === 4 && isYear(c)
  const birth = isBirth(scan, phrase, g)
  const short = phrase.size(g + 2) === 2 && (joint !== DASH || sizes === 222 || birth) && !isVersion(scan, phrase, g)
  if (!long && !short) return false
  tell(scan, phrase, g, phrase.start(g), phrase.end(g + 2), long ? 85 : birth ? 75 : 55)
  return true
}

/** `v1.12.20`, `foo@1.2.10`, `version 3.11.12`, and `1.22.10`: with points the day stands before the month. */
function isVersion(scan: Scan, phrase: Phrase, g: number): boolean {
  if (phrase.joint(g + 1) !== POINT) return false
  const before = scan.text.charCodeAt(phrase.start(g) - 1)
  return (
    isLetter(before) ||
    before === 64 ||
    !isMonthDay(phrase.amount(g + 1), phrase.amount(g)) ||
    scan.context.distance(NEAR_VERSION, phrase.start(g)) < 12
  )
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
  tell(scan, phrase, g, phrase.start(g), phrase.end(g), 50)
  return 1
}

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
  if (!isLetter(c)) return 0
  let word = wordEnd(scan, i)
  if (word === NEED) return NEED
  if (word - i === 2 && text.startsWith('of', i) && peek(scan, word) === SPACE) {
    i = word + 1
    word = wordEnd(scan, i)
    if (word === NEED) return NEED
  }
  if (word - i < 3 || (glue.get(text, i, word) & MONTH) === 0) return 0
  if (word - i === 3 && text.startsWith('may', i)) return 0
  const year = yearAfter(scan, peek(scan, word) === POINT ? word + 1 : word)
  if (year === NEED) return NEED
  tell(scan, phrase, g, phrase.start(g), year > 0 ? year : word, year > 0 ? 85 : 60)
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
  if (!isAsciiLetter(a)) return 0
  const b = peek(scan, i + 1)
  const c = b === NEED ? NEED : peek(scan, i + 2)
  if (b === NEED || c === NEED) return NEED
  const pair = String.fromCharCode(a | 32, b | 32)
  return !isAlphanumeric(c) && (pair === 'st' || pair === 'nd' || pair === 'rd' || pair === 'th') ? 2 : 0
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
