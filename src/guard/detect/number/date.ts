// Days and years: in figures, or with the name of a month before or behind them.
import { isAlphanumeric, isAsciiLetter, isDigit, isLetter, isUpper } from '../chars.ts'
import { glue, MONTH, NEAR_BIRTH } from '../lexicon.ts'
import { NEED, peek, type Scan } from '../scan.ts'
import { COMMA, DASH, nearGroup, type Phrase, POINT, SLASH, SPACE } from './phrase.ts'
import { endsWithWord, wordEnd } from './words.ts'

const MONTH_DAYS = 31

const isBirth = (scan: Scan, phrase: Phrase, g: number) => nearGroup(scan, phrase, g, NEAR_BIRTH)

/** `1980-03-12`, `12/03/1980`, `3.12.80`, `12 March 1980`, `March 12, 1980`, `12th of March`. */
export function date(scan: Scan, phrase: Phrase, g: number): number {
  const { text } = scan
  if (g + 2 < phrase.count && phrase.joint(g + 1) === phrase.joint(g + 2) && isDateJoint(phrase.joint(g + 1))) {
    const [a, b, c] = [phrase.amount(g), phrase.amount(g + 1), phrase.amount(g + 2)]
    const sizes = phrase.size(g) * 100 + phrase.size(g + 1) * 10 + phrase.size(g + 2)
    const yearFirst = sizes === 422 || ((sizes === 411 || sizes === 412 || sizes === 421) && a >= 1800)
    const yearLast =
      (phrase.size(g + 2) === 4 || (phrase.size(g + 2) === 2 && phrase.joint(g + 1) !== DASH) || sizes === 222) &&
      phrase.size(g) <= 2 &&
      phrase.size(g + 1) <= 2
    const continued = g + 3 < phrase.count && phrase.joint(g + 3) === phrase.joint(g + 1)
    const fits =
      !continued &&
      ((yearFirst && a >= 1800 && a <= 2200 && isMonthDay(b, c)) ||
        (yearLast && (phrase.size(g + 2) === 2 || (c >= 1800 && c <= 2200)) && (isMonthDay(a, b) || isMonthDay(b, a))))
    if (fits && !(g > 0 && phrase.joint(g) === phrase.joint(g + 1))) {
      const sure = phrase.size(g + 2) === 4 || yearFirst
      scan.emit(
        isBirth(scan, phrase, g) ? 'personal/birth-date' : 'personal/date',
        phrase.start(g),
        phrase.end(g + 2),
        sure ? 85 : isBirth(scan, phrase, g) ? 75 : 55,
      )
      return 3
    }
  }
  if (phrase.size(g) !== 4 && phrase.size(g) > 2) return 0
  const value = phrase.amount(g)
  const isDay = phrase.size(g) <= 2 && value >= 1 && value <= MONTH_DAYS
  // A month before the number.
  const month = monthBefore(text, phrase.start(g))
  if (
    month < 0 &&
    phrase.size(g) === 4 &&
    value >= 1900 &&
    value < 2100 &&
    yearWord(text, phrase.start(g)) &&
    peek(scan, phrase.end(g)) !== POINT &&
    g === phrase.count - 1
  ) {
    scan.emit(isBirth(scan, phrase, g) ? 'personal/birth-date' : 'personal/date', phrase.start(g), phrase.end(g), 50)
    return 1
  }
  if (month >= 0) {
    if (phrase.size(g) === 4 && value >= 1800 && value <= 2200) {
      scan.emit(isBirth(scan, phrase, g) ? 'personal/birth-date' : 'personal/date', month, phrase.end(g), 70)
      return 1
    }
    if (!isDay) return 0
    let after = phrase.end(g)
    const suffix = ordinal(scan, after)
    if (suffix === NEED) return NEED
    after += suffix
    const year = yearAfter(scan, after)
    if (year === NEED) return NEED
    if (suffix === 0 && isAlphanumeric(peek(scan, after))) return 0
    scan.emit(
      isBirth(scan, phrase, g) ? 'personal/birth-date' : 'personal/date',
      month,
      year > 0 ? year : after,
      year > 0 ? 85 : 60,
    )
    return year > 0 && g + 1 < phrase.count && phrase.end(g + 1) === year ? 2 : 1
  }
  // A month after it. The phrase ended at this group, so the month's letters come next.
  if (!isDay || g !== phrase.count - 1) return 0
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
  scan.emit(
    isBirth(scan, phrase, g) ? 'personal/birth-date' : 'personal/date',
    phrase.start(g),
    year > 0 ? year : word,
    year > 0 ? 85 : 60,
  )
  return 1
}

/** `in 1971`, `during 1971`, `since 1971`. */
function yearWord(text: string, at: number): boolean {
  if (text.charCodeAt(at - 1) !== SPACE) return false
  for (const word of ['in', 'during', 'since', 'until', 'geboren', 'born'])
    if (endsWithWord(text, at - 1, word)) return true
  return false
}

const isDateJoint = (joint: number) => joint === SLASH || joint === DASH || joint === POINT
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
  return !isAlphanumeric(c) && value >= 1800 && value <= 2200 ? at + 4 : 0
}
