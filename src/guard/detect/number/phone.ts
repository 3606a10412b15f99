// Telephone numbers: how far one goes, whether it is one, and its extension.
import { isAlphanumeric, isDigit, isUpper } from '../chars.ts'
import {
  CONTEXT_REACH,
  NEAR_ACCOUNT,
  NEAR_CARD,
  NEAR_CUSTOMER,
  NEAR_NATIONAL_ID,
  NEAR_PHONE,
  NEAR_REFERENCE,
  speaksOf,
} from '../lexicon.ts'
import { NEED, peek, type Scan } from '../scan.ts'
import { callingCodeFits } from './calling-code.ts'
import { cardGroups } from './card.ts'
import { isAddress } from './ip.ts'
import { COMMA, DASH, MIXED, type Phrase, POINT, SLASH, SPACE, UNDERSCORE, WIDE } from './phrase.ts'
import { isCounted, isRange, isSizes, unitBehind } from './range.ts'

/** Telephone numbers: by `+` and calling code, by the words before, or by a shape only telephones have. */
export function phone(scan: Scan, phrase: Phrase, g: number, joined: boolean): number {
  const { text, context } = scan
  const begin = phrase.start(g)
  // `-0.00555 0.276686`: what stands behind a decimal point.
  if (g > 0 && phrase.joint(g) === POINT && phrase.size(g - 1) === 1) return 0
  const plus =
    text.charCodeAt(begin - 1) === 43 || (text.charCodeAt(begin - 1) === 40 && text.charCodeAt(begin - 2) === 43)
  if (!plus && isSingles(phrase, g) && context.distance(NEAR_PHONE, begin) > 48 && !behindTrunkZero(phrase, g)) return 0
  // `9E+999999999`
  if (plus && (text.charCodeAt(begin - 2) | 32) === 101 && isDigit(text.charCodeAt(begin - 3))) return 0
  let h = g
  let total = phrase.size(g)
  // Groups that belong together: dashes, points, blanks and brackets; a comma or a slash ends them.
  while (h + 1 < phrase.count) {
    const joint = phrase.joint(h + 1)
    if (
      joint === COMMA ||
      joint === UNDERSCORE ||
      joint === WIDE ||
      (joint === SLASH && !(h === g ? phrase.size(g) >= 3 : isTrunk(phrase, g, total))) ||
      total + phrase.size(h + 1) > 15
    )
      break
    // After enough digits another kind of separator starts another number: `541-714-1388 2`.
    if (
      h > g &&
      total >= 9 &&
      joint !== phrase.joint(h) &&
      phrase.joint(h) !== MIXED &&
      // `+49 (0) 89 332172-47`: the extension behind the number of an office.
      !(plus && joint === DASH && phrase.size(h + 1) <= 5) &&
      !(plus && !callingCodeFits(phrase.digits, phrase.first(g), total))
    )
      break
    if (isNanp(phrase, h - 2, g) && total >= 10) break
    h++
    total += phrase.size(h)
  }
  if (plus) {
    let fit = h
    let sum = total
    while (fit > g && !callingCodeFits(phrase.digits, phrase.first(g), sum)) sum -= phrase.size(fit--)
    if (callingCodeFits(phrase.digits, phrase.first(g), sum)) {
      h = fit
      total = sum
    }
  }
  // Words glued to the end (`16GB`) are no telephone, an extension (`x123`) is.
  let end = phrase.end(h)
  if (!phrase.isWhole(h) && !isExtension(text.charCodeAt(end))) {
    total -= phrase.size(h)
    h--
    if (h < g) return 0
    end = phrase.end(h)
  }
  // Five or six digits are one right behind its word.
  const short = total < 7 && total >= 5 && h === g && context.distance(NEAR_PHONE, begin) <= 16
  if (!short && (total < 7 || total > 15)) return 0
  const start = plus
    ? text.charCodeAt(begin - 1) === 43
      ? begin - 1
      : begin - 2
    : phrase.bracket && g === 0
      ? begin - 1
      : begin
  const score = phoneScore(scan, phrase, g, h, total, plus, joined)
  if (score === 0) return 0
  // `0 4111 1111 1111 1111`, `0 10.20.30.40`: what stands behind a figure of a table is no part of a telephone number.
  if (!plus)
    for (let k = g + 1; k <= h; k++) if (cardGroups(scan, phrase, k, false) > 0 || isAddress(phrase, k)) return 0
  if (h === phrase.count - 1) {
    const more = extension(scan, end)
    if (more === NEED) return NEED
    if (more > 0) end = more
    else if (isAlphanumeric(peek(scan, end))) return 0
    if (score < 60 && peek(scan, end) === SPACE) {
      // `467 3395 Main Street` is a house number.
      const next = peek(scan, end + 1)
      if (next === NEED) return NEED
      if (isUpper(next)) return 0
      const unit = unitBehind(scan, end)
      if (unit === NEED) return NEED
      if (unit > 0) return 0
    }
  }
  scan.emit('personal/phone', start, end, score)
  return h - g + 1
}

/** `06-20/844-1762`: what goes before the slash is a prefix. */
const isTrunk = (phrase: Phrase, g: number, total: number) =>
  total >= 3 && total <= 5 && phrase.digits[phrase.first(g)] === 0 && phrase.digits[phrase.first(g) + 1] !== 0

/** `llama a Jimena al 605176592`: the word alone is an animal, and a model. */
const CALLS = /(?:^|[^\p{L}])llam(?:a|ad|ar|ó|en) (?:a )?[^.\n\d]{0,28} al $/iu

const BEHIND_STATE = /,[ \t\n]{1,2}[A-Z]{2}[ \t]{1,2}$/

const isSingles = (phrase: Phrase, g: number) =>
  phrase.size(g) === 1 && g + 1 < phrase.count && phrase.size(g + 1) === 1

/** `0 2 0 7 9 4 6 0 9 5 8`: without a word before it a row of single digits may as well be one of a matrix. */
function behindTrunkZero(phrase: Phrase, g: number): boolean {
  const first = phrase.first(g)
  if (phrase.joint(g) !== 0 || phrase.digits[first] !== 0 || phrase.digits[first + 1] === 0) return false
  let kinds = 0
  for (let k = g; k < phrase.count && phrase.size(k) === 1; k++) kinds |= 1 << phrase.amount(k)
  let different = 0
  for (; kinds !== 0; kinds &= kinds - 1) different++
  return different >= 5
}

/** 3-3-4 digits from group `k`, not before `g`, both parts starting with 2 to 9: the North American plan. */
export function isNanp(phrase: Phrase, k: number, g: number): boolean {
  return (
    k >= g &&
    phrase.size(k) === 3 &&
    phrase.size(k + 1) === 3 &&
    phrase.size(k + 2) === 4 &&
    (phrase.digits[phrase.first(k)] ?? 0) >= 2 &&
    (phrase.digits[phrase.first(k + 1)] ?? 0) >= 2
  )
}

function phoneScore(
  scan: Scan,
  phrase: Phrase,
  g: number,
  h: number,
  total: number,
  plus: boolean,
  joined: boolean,
): number {
  const { context } = scan
  const begin = phrase.start(g)
  if (plus) return callingCodeFits(phrase.digits, phrase.first(g), total) ? 95 : total >= 9 ? 70 : 0
  if (isYears(phrase, g, h) || isZeros(phrase, g, h) || hasDate(phrase, g, h) || hasDecimal(phrase, g, h)) return 0
  let away = context.distance(NEAR_PHONE, begin)
  if (away <= 48 && !speaksOf(scan.text, away, begin)) away = 1000
  const reference = Math.min(
    context.distance(NEAR_REFERENCE | NEAR_NATIONAL_ID | NEAR_CARD | NEAR_CUSTOMER, begin),
    context.distance(NEAR_ACCOUNT, begin),
  )
  const groups = h - g + 1
  if (groups === 1 && total === 9 && CALLS.test(scan.text.slice(Math.max(0, begin - CONTEXT_REACH), begin))) return 75
  const dotted = groups === 4 && phrase.joint(g + 1) === POINT && phrase.joint(g + 3) === POINT
  if (dotted && total < 10) return 0
  if (away <= 48 && away < reference && !(joined && total < 9)) return away <= 24 || groups > 1 ? 88 : 75
  if (joined || isCount(phrase, g, h)) return 0
  const opens = phrase.digits[phrase.first(g)] ?? 0
  if (reference <= 24 && groups < 3) return 0
  if (isSizes(phrase, g, h) || inRow(phrase, g, h)) return 0
  if (groups === 3 && total === 10 && isNanp(phrase, g, g) && !(phrase.joint(g + 1) === SPACE && reference <= 24))
    return phrase.joint(g + 1) === SPACE && reference <= 40 ? 55 : 82
  if (groups === 4 && total === 11 && opens === 1 && phrase.size(g) === 1 && isNanp(phrase, g + 1, g)) return 82
  // Russia: `8 (912) 345-67-89`
  if (
    groups === 5 &&
    total === 11 &&
    phrase.size(g) === 1 &&
    (opens === 8 || opens === 7) &&
    phrase.size(g + 1) === 3 &&
    phrase.size(g + 2) === 3 &&
    phrase.size(g + 3) === 2
  )
    return 80
  if (groups === 4 && total === 13 && phrase.size(g) === 3 && phrase.amount(g) === 1 && isNanp(phrase, g + 1, g))
    return 82
  if (groups >= 3 && phrase.size(g) >= 2 && opens === 0 && phrase.digits[phrase.first(g) + 1] === 0 && total >= 10)
    return 75
  if (phrase.bracket && g === 0 && groups >= 2 && phrase.joint(1) === MIXED && phrase.size(0) <= 5 && total >= 7)
    return 78
  // `Boston, MA 02110-1301`
  if (
    groups === 2 &&
    phrase.size(g) === 5 &&
    phrase.size(h) === 4 &&
    BEHIND_STATE.test(scan.text.slice(Math.max(0, begin - 6), begin))
  )
    return 0
  // National formats with the trunk prefix 0: `020 7946 0958`, `0688 872 49 99`, `06 12 34 56 78`.
  if (opens === 0 && groups >= 2 && total >= 9 && total <= 11 && phrase.joint(g + 1) !== POINT && phrase.size(g) <= 5)
    return groups === 2 && phrase.size(g + 1) < 5 ? 55 : 72
  // `0151-23456789`
  if (
    opens === 0 &&
    groups === 2 &&
    total === 12 &&
    phrase.size(g) >= 3 &&
    phrase.size(g) <= 5 &&
    phrase.digits[phrase.first(g) + 1] !== 0 &&
    phrase.joint(h) !== POINT
  )
    return 62
  // Mobiles of China, `138-1234-5678`, and of Indonesia, `0812-3456-7890`
  if (
    groups === 3 &&
    phrase.joint(g + 1) === DASH &&
    phrase.joint(h) === DASH &&
    phrase.size(g + 1) === 4 &&
    phrase.size(h) === 4 &&
    (phrase.size(g) === 3
      ? opens === 1 && (phrase.digits[phrase.first(g) + 1] ?? 0) >= 3
      : phrase.size(g) === 4 && opens === 0 && phrase.digits[phrase.first(g) + 1] === 8)
  )
    return 75
  // `0.153 (0.112-0.199)`
  const decimal = phrase.size(g) === 1 && phrase.joint(g + 1) === POINT
  if (opens === 0 && groups >= 4 && total >= 9 && total <= 11 && !decimal) return 70
  if (reference <= 40) return 0
  if (phrase.amount(h) === 0 || isRange(phrase, g) || isCounted(scan.text, begin)) return 0
  // Local formats without any prefix: by their grouping alone, so with little confidence.
  if (
    groups === 2 &&
    phrase.size(g) === 3 &&
    phrase.size(h) === 4 &&
    (phrase.joint(h) === SPACE ? phrase.joint(g) !== SPACE : phrase.joint(h) === DASH) &&
    opens >= 2 &&
    // `"GET / HTTP/1.1" 200 2326`
    !(scan.text.charCodeAt(begin - 1) === SPACE && scan.text.charCodeAt(begin - 2) === 34)
  )
    return 52
  if (
    groups === 4 &&
    total === 8 &&
    evenPairs(phrase, g, h) &&
    phrase.joint(h) === phrase.joint(g + 1) &&
    phrase.joint(h) !== POINT &&
    // `<Buffer 88 13 70 17>`, `a0 8b 88 13 70 17`: bytes.
    !/(?:Buffer|\b[\da-f]{2}) $/i.test(scan.text.slice(Math.max(0, begin - 7), begin)) &&
    // `98 76 54 32 10 99`: a row of numbers.
    !(g > 0 && phrase.joint(g) === phrase.joint(h)) &&
    !(h + 1 < phrase.count && phrase.joint(h + 1) === phrase.joint(h))
  )
    return phrase.joint(h) === DASH ? 60 : 52
  if (
    groups === 3 &&
    total === 9 &&
    opens >= 2 &&
    phrase.size(g) === 3 &&
    phrase.size(g + 1) === 3 &&
    phrase.joint(h) === SPACE
  )
    return 52
  if (
    groups === 4 &&
    total >= 11 &&
    phrase.size(g) <= 3 &&
    phrase.size(h) >= 3 &&
    phrase.joint(h) === SPACE &&
    phrase.joint(g + 1) === SPACE
  )
    return 52
  return 0
}

/** `2015-2019` */
const isYears = (phrase: Phrase, g: number, h: number): boolean =>
  h === g + 1 && isYear(phrase, g) && isYear(phrase, h) && phrase.joint(h) === DASH
/** `0 383.8 0 482.3`: coordinates of a drawing have points between blanks. */
function hasDecimal(phrase: Phrase, g: number, h: number): boolean {
  const isPoint = (k: number) => k < phrase.count && phrase.joint(k) === POINT
  let points = 0
  let blanks = 0
  for (let k = g + 1; k <= h; k++) {
    if (isPoint(k)) points++
    else if (phrase.joint(k) === SPACE) blanks++
    // `482.3.1` is no decimal.
    if (isPoint(k) && isPoint(k + 1)) return false
  }
  return blanks > 0 && (isPoint(h + 1) ? phrase.joint(h) === SPACE : points > 1)
}
/** `15.0 (2024-09-09`, `1.12.30 / 01.12.2025`: a version and its day. */
function hasDate(phrase: Phrase, g: number, h: number): boolean {
  for (let k = g; k + 2 <= h; k++) {
    const joint = phrase.joint(k + 1)
    if (joint !== phrase.joint(k + 2) || (joint !== DASH && joint !== POINT && joint !== SLASH)) continue
    const [first, middle, last] = [phrase.amount(k), phrase.amount(k + 1), phrase.amount(k + 2)]
    if (middle < 1 || middle > 12 || phrase.size(k + 1) !== 2) continue
    if (isYear(phrase, k) && phrase.size(k + 2) === 2 && last >= 1 && last <= 31) return true
    if (isYear(phrase, k + 2) && phrase.size(k) === 2 && first >= 1 && first <= 31 && k > g) return true
  }
  return false
}
const isYear = (phrase: Phrase, k: number): boolean =>
  phrase.size(k) === 4 && (Math.trunc(phrase.amount(k) / 100) === 19 || Math.trunc(phrase.amount(k) / 100) === 20)

/** `0000 0100 0000`, `0000 0000`: of memory, not of telephones. */
function isZeros(phrase: Phrase, g: number, h: number): boolean {
  const total = phrase.first(h + 1) - phrase.first(g)
  let zeros = 0
  for (let k = phrase.first(g); k < phrase.first(h + 1); k++) if (phrase.digits[k] === 0) zeros++
  return total >= 7 && zeros >= total - 1
}

/** `640 480 1024 768`: other numbers stand beside it as its groups beside each other, and are no telephone. */
const inRow = (phrase: Phrase, g: number, h: number): boolean =>
  h > g &&
  phrase.joint(h) === SPACE &&
  phrase.joint(g + 1) === SPACE &&
  isNanp(phrase, g, g) &&
  h + 1 < phrase.count &&
  phrase.joint(h + 1) === SPACE &&
  !isNanp(phrase, h + 1, g)

/** `27 28 29 30`: the days of a week in a calendar. */
function isCount(phrase: Phrase, g: number, h: number): boolean {
  for (let k = g + 1; k <= h; k++) if (phrase.amount(k) !== phrase.amount(k - 1) + 1) return false
  return h - g >= 2
}

function evenPairs(phrase: Phrase, g: number, h: number): boolean {
  for (let k = g; k <= h; k++) if (phrase.size(k) !== 2) return false
  return true
}

/** `x12`, `ext 12` */
export const isExtension = (c: number) => (c | 32) === 120 || (c | 32) === 101
const EXTENSION = 'extension'
/** End of `x123`, ` ext. 123`, ` x 123` at `i`; 0 for none; NEED. */
function extension(scan: Scan, i: number): number {
  let at = i
  let c = peek(scan, at)
  if (c === NEED) return NEED
  if (c === COMMA) {
    // `, ext. 9`: no more than a comma and a blank.
    const next = peek(scan, at + 1)
    if (next === NEED) return NEED
    if (next !== SPACE) return 0
    const letter = peek(scan, at + 2)
    if (letter === NEED) return NEED
    if ((letter | 32) !== 101) return 0
    c = peek(scan, ++at)
  }
  if (c === SPACE) {
    c = peek(scan, ++at)
    if (c === NEED) return NEED
  }
  if ((c | 32) === 101) {
    for (let k = 0; k < EXTENSION.length; k++) {
      c = peek(scan, at)
      if (c === NEED) return NEED
      if ((c | 32) !== EXTENSION.charCodeAt(k)) {
        // `ext` or the whole word.
        if (k < 3) return 0
        break
      }
      at++
    }
  } else if ((c | 32) === 120) at++
  else return 0
  for (let k = 0; k < 2; k++) {
    c = peek(scan, at)
    if (c === NEED) return NEED
    if (c === POINT || c === SPACE) at++
  }
  const start = at
  c = peek(scan, at)
  while (isDigit(c) && at < start + 6) c = peek(scan, ++at)
  if (c === NEED) return NEED
  return at > start && !isAlphanumeric(c) ? at : 0
}
