// Telephone numbers: how far one goes, whether it is one, and its extension.
import { isAlphanumeric, isDigit, isUpper } from '../chars.ts'
import { NEAR_ACCOUNT, NEAR_CARD, NEAR_CUSTOMER, NEAR_NATIONAL_ID, NEAR_PHONE, NEAR_REFERENCE } from '../lexicon.ts'
import { NEED, peek, type Scan } from '../scan.ts'
import { callingCodeFits } from './calling-code.ts'
import {
  amountOf,
  bracket,
  COMMA,
  count,
  DASH,
  digits,
  endOf,
  firsts,
  jointOf,
  MIXED,
  nearGroup,
  POINT,
  SLASH,
  SPACE,
  sizeOf,
  startOf,
  UNDERSCORE,
  WIDE,
} from './phrase.ts'

/** Telephone numbers: by `+` and calling code, by the words before, or by a shape only telephones have. */
export function phone(scan: Scan, g: number, joined: boolean, gluedEnd: boolean): number {
  const { text, context } = scan
  const begin = startOf(g)
  const plus =
    text.charCodeAt(begin - 1) === 43 || (text.charCodeAt(begin - 1) === 40 && text.charCodeAt(begin - 2) === 43)
  // A row of single digits is a telephone number beside its word, or behind a trunk zero.
  if (
    sizeOf(g) === 1 &&
    g + 1 < count &&
    sizeOf(g + 1) === 1 &&
    digits[firsts[g] ?? 0] !== 0 &&
    !plus &&
    context.distance(NEAR_PHONE, begin) > 48
  )
    return 0
  let h = g
  let total = sizeOf(g)
  // Groups that belong together: dashes, points, blanks and brackets; a comma or a slash ends them.
  while (h + 1 < count) {
    const joint = jointOf(h + 1)
    if (
      joint === COMMA ||
      joint === UNDERSCORE ||
      joint === WIDE ||
      (joint === SLASH && !(h === g && sizeOf(g) >= 3)) ||
      total + sizeOf(h + 1) > 15
    )
      break
    // After enough digits another kind of separator starts another number: `541-714-1388 2`.
    if (
      h > g &&
      total >= 9 &&
      joint !== jointOf(h) &&
      jointOf(h) !== MIXED &&
      !(plus && !callingCodeFits(digits, firsts[g] ?? 0, total))
    )
      break
    if (isNanp(h - 2, g) && total >= 10) break
    h++
    total += sizeOf(h)
  }
  if (plus) {
    let fit = h
    let sum = total
    while (fit > g && !callingCodeFits(digits, firsts[g] ?? 0, sum)) sum -= sizeOf(fit--)
    if (callingCodeFits(digits, firsts[g] ?? 0, sum)) {
      h = fit
      total = sum
    }
  }
  // Words glued to the end (`16GB`) are no telephone, an extension (`x123`) is.
  let end = endOf(h)
  if (h === count - 1) {
    const c = peek(scan, end)
    if (c === NEED) return NEED
    if (gluedEnd && !(c === 120 || c === 88 || c === 101 || c === 69)) {
      total -= sizeOf(h)
      h--
      if (h < g) return 0
      end = endOf(h)
    }
  }
  if (total < 7 || total > 15) {
    if (
      !(
        total >= 5 &&
        nearGroup(scan, g, NEAR_PHONE) &&
        context.distance(NEAR_PHONE, begin) <= 16 &&
        h === g &&
        total <= 6
      )
    )
      return 0
  }
  const start = plus
    ? text.charCodeAt(begin - 1) === 43
      ? begin - 1
      : begin - 2
    : bracket && g === 0
      ? begin - 1
      : begin
  const score = phoneScore(scan, g, h, total, plus, joined)
  if (score === 0) return 0
  if (h === count - 1) {
    const more = extension(scan, end)
    if (more === NEED) return NEED
    if (more > 0) end = more
    else if (isAlphanumeric(peek(scan, end))) return 0
    if (score < 60 && peek(scan, end) === SPACE) {
      // `467 3395 Main Street` is a house number.
      const next = peek(scan, end + 1)
      if (next === NEED) return NEED
      if (isUpper(next)) return 0
    }
  }
  scan.emit('personal/phone', start, end, score)
  return h - g + 1
}

/** 3-3-4 digits from group `k`, not before `g`, both parts starting with 2 to 9: the North American plan. */
export function isNanp(k: number, g: number): boolean {
  return (
    k >= g &&
    sizeOf(k) === 3 &&
    sizeOf(k + 1) === 3 &&
    sizeOf(k + 2) === 4 &&
    (digits[firsts[k] ?? 0] ?? 0) >= 2 &&
    (digits[firsts[k + 1] ?? 0] ?? 0) >= 2
  )
}

function phoneScore(scan: Scan, g: number, h: number, total: number, plus: boolean, joined: boolean): number {
  const { context } = scan
  const begin = startOf(g)
  if (plus) return callingCodeFits(digits, firsts[g] ?? 0, total) ? 95 : total >= 9 ? 70 : 0
  const away = context.distance(NEAR_PHONE, begin)
  const reference = Math.min(
    context.distance(NEAR_REFERENCE | NEAR_NATIONAL_ID | NEAR_CARD | NEAR_CUSTOMER, begin),
    context.distance(NEAR_ACCOUNT, begin),
  )
  const groups = h - g + 1
  const dotted = groups === 4 && jointOf(g + 1) === POINT && jointOf(g + 3) === POINT
  if (dotted && total < 10) return 0
  if (away <= 48 && away < reference && !(joined && total < 9)) return away <= 24 || groups > 1 ? 88 : 75
  if (joined) return 0
  const opens = digits[firsts[g] ?? 0] ?? 0
  const dashed = (joint: number) =>
    joint === DASH || joint === POINT || joint === MIXED || joint === SPACE || joint === SLASH
  let uniform = true
  for (let k = g + 1; k <= h; k++) if (!dashed(jointOf(k))) uniform = false
  if (!uniform) return 0
  if (reference <= 24 && groups < 3) return 0
  if (groups === 3 && total === 10 && isNanp(g, g) && !(jointOf(g + 1) === SPACE && reference <= 24))
    return jointOf(g + 1) === SPACE && reference <= 40 ? 55 : 82
  if (groups === 4 && total === 11 && opens === 1 && sizeOf(g) === 1 && isNanp(g + 1, g)) return 82
  // Russia: `8 (912) 345-67-89`
  if (
    groups === 5 &&
    total === 11 &&
    sizeOf(g) === 1 &&
    (opens === 8 || opens === 7) &&
    sizeOf(g + 1) === 3 &&
    sizeOf(g + 2) === 3 &&
    sizeOf(g + 3) === 2
  )
    return 80
  if (groups === 4 && total === 13 && sizeOf(g) === 3 && amountOf(g) === 1 && isNanp(g + 1, g)) return 82
  if (groups >= 3 && sizeOf(g) >= 2 && opens === 0 && digits[(firsts[g] ?? 0) + 1] === 0 && total >= 10) return 75
  if (bracket && g === 0 && groups >= 2 && jointOf(1) === MIXED && sizeOf(0) <= 5 && total >= 7) return 78
  // National formats with the trunk prefix 0: `020 7946 0958`, `0688 872 49 99`, `06 12 34 56 78`.
  if (opens === 0 && groups >= 2 && total >= 9 && total <= 11 && jointOf(g + 1) !== POINT && sizeOf(g) <= 5)
    return groups === 2 && sizeOf(g + 1) < 5 ? 55 : 72
  // `0151-23456789`
  if (
    opens === 0 &&
    groups === 2 &&
    total === 12 &&
    sizeOf(g) >= 3 &&
    sizeOf(g) <= 5 &&
    digits[(firsts[g] ?? 0) + 1] !== 0 &&
    jointOf(h) !== POINT
  )
    return 62
  if (opens === 0 && groups >= 4 && total >= 9 && total <= 11) return 70
  if (reference <= 40) return 0
  const round = amountOf(h) === 0
  if (round) return 0
  // Local formats without any prefix: by their grouping alone, so with little confidence.
  if (groups === 2 && sizeOf(g) === 3 && sizeOf(h) === 4 && (jointOf(h) === SPACE || jointOf(h) === DASH) && opens >= 2)
    return 52
  if (groups === 4 && total === 8 && evenPairs(g, h) && jointOf(h) === jointOf(g + 1) && jointOf(h) !== POINT)
    return jointOf(h) === DASH ? 60 : 52
  if (groups === 3 && total === 9 && opens >= 2 && sizeOf(g) === 3 && sizeOf(g + 1) === 3 && jointOf(h) === SPACE)
    return 52
  if (
    groups === 4 &&
    total >= 11 &&
    sizeOf(g) <= 3 &&
    sizeOf(h) >= 3 &&
    jointOf(h) === SPACE &&
    jointOf(g + 1) === SPACE
  )
    return 52
  return 0
}

function evenPairs(g: number, h: number): boolean {
  for (let k = g; k <= h; k++) if (sizeOf(k) !== 2) return false
  return true
}

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
  while (at < start + 6) {
    c = peek(scan, at)
    if (c === NEED) return NEED
    if (!isDigit(c)) break
    at++
  }
  return at > start && !isAlphanumeric(c) ? at : 0
}
