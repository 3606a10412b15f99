// Numbers: a phrase is a row of digit groups with short separators (`4111 1111 1111 1111`, `+44 (0)20 7946 0958`,
// `12/03/1980`). It is read whole, at most SPAN characters, and its groups are then taken from the left by the first kind
// that fits: IP, date, card, social security number, telephone, account and other ids by the words before them.
import { cardPrefix, luhn } from './bank.ts'
import { isAlphanumeric, isAsciiLetter, isDigit, isLetter, isUpper } from './chars.ts'
import {
  CURRENCY,
  glue,
  MONTH,
  NEAR_ACCOUNT,
  NEAR_AGE,
  NEAR_BIRTH,
  NEAR_CARD,
  NEAR_CUSTOMER,
  NEAR_MONEY,
  NEAR_NATIONAL_ID,
  NEAR_PHONE,
  NEAR_POSTCODE,
  NEAR_REFERENCE,
  NEAR_SSN,
  NEAR_TICKET,
  NEAR_VERSION,
  SCALE,
  YEARS,
} from './lexicon.ts'
import { provesPerson } from './national.ts'
import { callingCodeFits } from './phone.ts'
import { NEED, peek, type Scan } from './scan.ts'

const GROUPS = 16
/** Longest phrase in characters. A longer row is read in overlapping pieces. */
export const SPAN = 96
const LONGEST_GROUP = 24

const SPACE = 32
const DASH = 45
const POINT = 46
const SLASH = 47
const COMMA = 44
const UNDERSCORE = 95
/** A bracket, or a dash or slash between blanks, between groups. */
const MIXED = 1
/** Two or three blanks: a card may be written so, but columns of a table stand so too. */
const WIDE = 2

// One phrase at a time, so its parts live in arrays that are filled anew: no allocation per number.
const starts = new Int32Array(GROUPS)
const ends = new Int32Array(GROUPS)
const firsts = new Int32Array(GROUPS + 1)
const joints = new Int32Array(GROUPS)
const digits = new Uint8Array(GROUPS * LONGEST_GROUP)
let count = 0
let bracket = false

const sizeOf = (g: number) => (firsts[g + 1] ?? 0) - (firsts[g] ?? 0)
const startOf = (g: number) => starts[g] ?? 0
const endOf = (g: number) => ends[g] ?? 0
const jointOf = (g: number) => joints[g] ?? 0
function amountOf(g: number): number {
  let value = 0
  for (let i = firsts[g] ?? 0; i < (firsts[g + 1] ?? 0); i++) value = value * 10 + (digits[i] ?? 0)
  return value
}

/** Reads groups from the digit at `at`. Returns where the phrase ends, or NEED. */
function read(scan: Scan, at: number): number {
  const { text } = scan
  count = 0
  bracket = text.charCodeAt(at - 1) === 40
  let total = 0
  let i = at
  let joint = 0
  for (;;) {
    const start = i
    while (i < text.length && i - start < LONGEST_GROUP && isDigit(text.charCodeAt(i)))
      digits[total++] = text.charCodeAt(i++) - 48
    const c = peek(scan, i)
    if (c === NEED) return NEED
    starts[count] = start
    ends[count] = i
    joints[count] = joint
    firsts[count] = total - (i - start)
    count++
    firsts[count] = total
    if (count === GROUPS || i - at > SPAN || isDigit(c)) return i
    // A separator is one of ` -./,_`, or up to three characters of blanks, dashes and brackets as in `) ` and ` (`.
    let stop = i
    let wide = false
    while (stop - i < 3) {
      const s = peek(scan, stop)
      if (s === NEED) return NEED
      if (s === 40 || s === 41) wide = true
      else if (s !== SPACE && s !== DASH && s !== POINT && s !== SLASH && s !== COMMA && s !== UNDERSCORE) break
      stop++
    }
    if (stop === i) return i
    const next = peek(scan, stop)
    if (next === NEED) return NEED
    if (!isDigit(next)) return i
    const single = text.charCodeAt(i)
    if (stop - i === 1 && !wide) joint = single
    else if (wide || (stop - i === 3 && (text.charCodeAt(i + 1) === DASH || text.charCodeAt(i + 1) === SLASH)))
      joint = MIXED
    else if (single === SPACE && text.charCodeAt(i + 1) === SPACE && text.charCodeAt(stop - 1) === SPACE) joint = WIDE
    else return i
    i = stop
  }
}

const MONTH_DAYS = 31

/**
 * Looks at the number whose first digit is at `at`. Returns where to go on (past what was read), or NEED.
 * `joined` says that letters stand in the same run, as in `build-2024-01` or a UUID.
 */
export function number(scan: Scan, at: number, joined: boolean): number {
  const { text, context } = scan
  const before = at > 0 ? text.charCodeAt(at - 1) : 0
  const end = read(scan, at)
  if (end === NEED) return NEED
  if (count === 1 && sizeOf(0) >= LONGEST_GROUP) return end
  context.readTo(text, at)
  const glued = isLetter(before)
  let g = 0
  // A row that was cut short is finished by the next piece: only groups of its first half are decided here.
  const cut = count === GROUPS || end - at > SPAN
  while (g < count) {
    if (cut && g > 0 && startOf(g) - at > SPAN / 2 - 16) return startOf(g)
    const used = one(scan, g, glued && g === 0, joined)
    if (used === NEED) return NEED
    g = used > 0 ? g + used : g + 1
  }
  return end
}

/** Decides what starts at group `g`; returns how many groups it takes, 0 for none, or NEED. */
function one(scan: Scan, g: number, glued: boolean, joined: boolean): number {
  const last = count - 1
  const tail = peek(scan, endOf(last))
  if (tail === NEED) return NEED
  const gluedEnd = isAlphanumeric(tail)

  const taken = address(scan, g, glued, gluedEnd)
  if (taken > 0) return taken
  const proved = glued || joined ? 0 : person(scan, g, gluedEnd)
  if (proved > 0) return proved
  const day = date(scan, g)
  if (day !== 0) return day
  const cardGroups = card(scan, g, glued, gluedEnd)
  if (cardGroups > 0) return cardGroups
  const backwards = reversed(scan, g)
  if (backwards > 0) return backwards
  const hung = hanging(scan, g, glued, gluedEnd)
  if (hung > 0) return hung
  if (!glued && isWhole(Math.min(g + 2, last), gluedEnd)) {
    const ssn = socialSecurity(scan, g, joined)
    if (ssn > 0) return ssn
  }
  if (!glued) {
    const money = amount(scan, g)
    if (money !== 0) return money
    const phoneGroups = phone(scan, g, joined, gluedEnd)
    if (phoneGroups !== 0) return phoneGroups
    if (isWhole(g, gluedEnd)) {
      const years = age(scan, g)
      if (years !== 0) return years
      return identifier(scan, g, joined)
    }
    return age(scan, g)
  }
  return 0
}

/** False if letters hang on the end of group `h`, the last one of the phrase. */
const isWhole = (h: number, gluedEnd: boolean) => !(h === count - 1 && gluedEnd)

const nearGroup = (scan: Scan, g: number, bits: number) => scan.context.near(bits, startOf(g))
const isBirth = (scan: Scan, g: number) => nearGroup(scan, g, NEAR_BIRTH)

function address(scan: Scan, g: number, glued: boolean, gluedEnd: boolean): number {
  if (g + 3 >= count) return 0
  const free = !glued && isWhole(g + 3, gluedEnd)
  for (let k = g; k < g + 4; k++) {
    if (sizeOf(k) > 3 || amountOf(k) > 255 || (k > g && jointOf(k) !== POINT)) return 0
    if (sizeOf(k) > 1 && digits[firsts[k] ?? 0] === 0) return 0
  }
  if (g + 4 < count && jointOf(g + 4) === POINT) return 0
  if (g > 0 && jointOf(g) === POINT) return 0
  // Letters that hang on four numbers make them a version as often as they hide an address.
  if (!free && !((scan.text.charCodeAt(startOf(g) - 1) | 32) !== 118 && isPlainlyAddress(amountOf(g), amountOf(g + 1))))
    return 0
  if (nearGroup(scan, g, NEAR_VERSION) && scan.context.distance(NEAR_VERSION, startOf(g)) < 12) return 0
  scan.emit('network/ip', startOf(g), endOf(g + 3), free ? 92 : 75)
  return 4
}

/** Most groups that an office writes a person's number in. */
const MOST_GROUPS = 7
const SIGNS: Readonly<Record<number, string>> = { [SPACE]: ' ', [DASH]: '-', [POINT]: '.', [SLASH]: '/' }

/** A person's number that proves itself by date, check digits and grouping. */
function person(scan: Scan, g: number, gluedEnd: boolean): number {
  const before = g > 0 ? jointOf(g) : 0
  if (before === DASH || before === POINT || before === SLASH || before === UNDERSCORE) return 0
  const sign = scan.text.charCodeAt(startOf(g) - 1)
  if (sign === 43 || sign === POINT || sign === UNDERSCORE || sign === SLASH) return 0
  let shape = ''
  let best = 0
  let confidence = 0
  for (let h = g; h < count && h - g < MOST_GROUPS; h++) {
    const total = (firsts[h + 1] ?? 0) - (firsts[g] ?? 0)
    if (total > 18) break
    if (h > g) {
      const joint = SIGNS[jointOf(h)]
      if (joint === undefined) break
      shape += joint
    }
    shape += sizeOf(h)
    if (total < 9 || !isWhole(h, gluedEnd)) continue
    const after = h + 1 < count ? jointOf(h + 1) : 0
    if (after === DASH || after === POINT || after === SLASH || after === UNDERSCORE) continue
    // Twelve digits of a card's sixteen are none.
    if (h > g && after === SPACE && jointOf(h) === SPACE) continue
    if (h > g && before === SPACE && jointOf(g + 1) === SPACE) continue
    const sure = provesPerson({ digits, from: firsts[g] ?? 0, length: total, shape })
    if (sure >= confidence && sure > 0) {
      best = h - g + 1
      confidence = sure
    }
  }
  if (best === 0) return 0
  const begin = startOf(g)
  // A number that another word names is that: only what could be nothing else is taken from it.
  const other = scan.context.near(NEAR_PHONE | NEAR_CARD | NEAR_REFERENCE | NEAR_TICKET | NEAR_ACCOUNT, begin)
  const named = scan.context.near(NEAR_NATIONAL_ID, begin)
  if (confidence < 80 && other && !named) return 0
  scan.emit('personal/national-id', begin, endOf(g + best - 1), named ? Math.max(confidence, 85) : confidence)
  return best
}

/** Networks of nobody in particular, or numbers of three digits that no version counts up to. */
const isPlainlyAddress = (a: number, b: number): boolean =>
  a === 10 || (a === 192 && b === 168) || (a === 172 && b >= 16 && b < 32) || (a >= 100 && b >= 100)

/** Forms that stay what they are with letters hanging on either end: `x123-45-6789`, `555-234-5678x`. */
function hanging(scan: Scan, g: number, glued: boolean, gluedEnd: boolean): number {
  const last = g + 2
  if (last >= count || !(glued || (gluedEnd && last === count - 1))) return 0
  if (jointOf(g + 1) !== DASH || jointOf(last) !== DASH || (last + 1 < count && jointOf(last + 1) === DASH)) return 0
  if (g > 0 && jointOf(g) === DASH) return 0
  const first = amountOf(g)
  if (sizeOf(g) !== 3) return 0
  if (sizeOf(g + 1) === 2 && sizeOf(last) === 4) {
    if (first === 0 || first === 666 || first >= 900 || amountOf(g + 1) === 0 || amountOf(last) === 0) return 0
    scan.emit('personal/national-id/us-ssn', startOf(g), endOf(last), 65)
    return 3
  }
  // Capitals before it make it a part's number.
  const before = scan.text.charCodeAt(startOf(g) - 1)
  const part = isUpper(before) && isUpper(scan.text.charCodeAt(startOf(g) - 2))
  if (!isNanp(g, g) || part || isExtension(scan.text.charCodeAt(endOf(last)))) return 0
  scan.emit('personal/phone', startOf(g), endOf(last), 60)
  return 3
}

const isExtension = (c: number) => (c | 32) === 120 || (c | 32) === 101

const turned = new Uint8Array(GROUPS * LONGEST_GROUP)
/** Copies the digits of groups [g, h] into `turned`, last one first; returns how many. */
function turn(g: number, h: number): number {
  const first = firsts[g] ?? 0
  const end = firsts[h + 1] ?? 0
  for (let i = first; i < end; i++) turned[i - first] = digits[end - 1 - (i - first)] ?? 0
  return end - first
}

/** Numbers written from the last digit to the first: cards in fours or beside their word, social security numbers, private addresses. */
function reversed(scan: Scan, g: number): number {
  const size = sizeOf(g)
  if ((size === 15 || size === 16) && nearGroup(scan, g, NEAR_CARD) && checks(g, g)) {
    scan.emit('finance/card', startOf(g), endOf(g), 75)
    return 1
  }
  const joint = g + 2 < count ? jointOf(g + 1) : 0
  if (joint === 0 || joint !== jointOf(g + 2) || (g > 0 && jointOf(g) === joint)) return 0
  const fourth = g + 3 < count && jointOf(g + 3) === joint
  if (!fourth) {
    if (joint !== DASH || size !== 4 || sizeOf(g + 1) !== 2 || sizeOf(g + 2) !== 3) return 0
    turn(g, g + 2)
    const [a = 0, b = 0, c = 0] = turned
    const area = a * 100 + b * 10 + c
    if (area === 0 || area === 666 || area >= 900 || amountOf(g + 1) === 0 || amountOf(g) === 0) return 0
    // `2024-10-123` begins with a year.
    if (!nearGroup(scan, g, NEAR_SSN) && amountOf(g) >= 1900 && amountOf(g) < 2100) return 0
    scan.emit('personal/national-id/us-ssn', startOf(g), endOf(g + 2), 60)
    return 3
  }
  if (g + 4 < count && jointOf(g + 4) === joint) return 0
  if (
    size === 4 &&
    sizeOf(g + 1) === 4 &&
    sizeOf(g + 2) === 4 &&
    sizeOf(g + 3) === 4 &&
    joint !== COMMA &&
    checks(g, g + 3)
  ) {
    scan.emit('finance/card', startOf(g), endOf(g + 3), nearGroup(scan, g, NEAR_CARD) ? 80 : 60)
    return 4
  }
  if (
    joint === POINT &&
    reversedOctet(g + 3) === 192 &&
    reversedOctet(g + 2) === 168 &&
    reversedOctet(g + 1) < 256 &&
    reversedOctet(g) < 256
  ) {
    scan.emit('network/ip', startOf(g), endOf(g + 3), 60)
    return 4
  }
  return 0
}

function reversedOctet(g: number): number {
  const size = sizeOf(g)
  if (size > 3) return 1000
  let value = 0
  for (let i = (firsts[g + 1] ?? 0) - 1; i >= (firsts[g] ?? 0); i--) value = value * 10 + (digits[i] ?? 0)
  return value
}

/** Groups [g, h] are a card's number from its end. */
function checks(g: number, h: number): boolean {
  const length = turn(g, h)
  return cardPrefix(turned, 0, length) && luhn(turned, 0, length)
}

/** `1980-03-12`, `12/03/1980`, `3.12.80`, `12 March 1980`, `March 12, 1980`, `12th of March`. */
function date(scan: Scan, g: number): number {
  const { text } = scan
  if (g + 2 < count && jointOf(g + 1) === jointOf(g + 2) && isDateJoint(jointOf(g + 1))) {
    const [a, b, c] = [amountOf(g), amountOf(g + 1), amountOf(g + 2)]
    const sizes = sizeOf(g) * 100 + sizeOf(g + 1) * 10 + sizeOf(g + 2)
    const yearFirst = sizes === 422 || ((sizes === 411 || sizes === 412 || sizes === 421) && a >= 1800)
    const yearLast =
      (sizeOf(g + 2) === 4 || (sizeOf(g + 2) === 2 && jointOf(g + 1) !== DASH) || sizes === 222) &&
      sizeOf(g) <= 2 &&
      sizeOf(g + 1) <= 2
    const continued = g + 3 < count && jointOf(g + 3) === jointOf(g + 1)
    const fits =
      !continued &&
      ((yearFirst && a >= 1800 && a <= 2200 && isMonthDay(b, c)) ||
        (yearLast && (sizeOf(g + 2) === 2 || (c >= 1800 && c <= 2200)) && (isMonthDay(a, b) || isMonthDay(b, a))))
    if (fits && !(g > 0 && jointOf(g) === jointOf(g + 1))) {
      const sure = sizeOf(g + 2) === 4 || yearFirst
      scan.emit(
        isBirth(scan, g) ? 'personal/birth-date' : 'personal/date',
        startOf(g),
        endOf(g + 2),
        sure ? 85 : isBirth(scan, g) ? 75 : 55,
      )
      return 3
    }
  }
  if (sizeOf(g) !== 4 && sizeOf(g) > 2) return 0
  const value = amountOf(g)
  const isDay = sizeOf(g) <= 2 && value >= 1 && value <= MONTH_DAYS
  // A month before the number.
  const month = monthBefore(text, startOf(g))
  if (
    month < 0 &&
    sizeOf(g) === 4 &&
    value >= 1900 &&
    value < 2100 &&
    yearWord(text, startOf(g)) &&
    peek(scan, endOf(g)) !== POINT &&
    g === count - 1
  ) {
    scan.emit(isBirth(scan, g) ? 'personal/birth-date' : 'personal/date', startOf(g), endOf(g), 50)
    return 1
  }
  if (month >= 0) {
    if (sizeOf(g) === 4 && value >= 1800 && value <= 2200) {
      scan.emit(isBirth(scan, g) ? 'personal/birth-date' : 'personal/date', month, endOf(g), 70)
      return 1
    }
    if (!isDay) return 0
    let after = endOf(g)
    const suffix = ordinal(scan, after)
    if (suffix === NEED) return NEED
    after += suffix
    const year = yearAfter(scan, after)
    if (year === NEED) return NEED
    if (suffix === 0 && isAlphanumeric(peek(scan, after))) return 0
    scan.emit(
      isBirth(scan, g) ? 'personal/birth-date' : 'personal/date',
      month,
      year > 0 ? year : after,
      year > 0 ? 85 : 60,
    )
    return year > 0 && g + 1 < count && endOf(g + 1) === year ? 2 : 1
  }
  // A month after it. The phrase ended at this group, so the month's letters come next.
  if (!isDay || g !== count - 1) return 0
  let i = endOf(g)
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
    isBirth(scan, g) ? 'personal/birth-date' : 'personal/date',
    startOf(g),
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

/** True if the text before `end` ends with `word` (lower case) as a word of its own. */
function endsWithWord(text: string, end: number, word: string): boolean {
  const from = end - word.length
  if (from < 0 || (from > 0 && isAlphanumeric(text.charCodeAt(from - 1)))) return false
  for (let i = 0; i < word.length; i++) {
    const c = text.charCodeAt(from + i)
    if ((isUpper(c) ? c + 32 : c) !== word.charCodeAt(i)) return false
  }
  return true
}

const isDateJoint = (joint: number) => joint === SLASH || joint === DASH || joint === POINT
const isMonthDay = (month: number, day: number) => month >= 1 && month <= 12 && day >= 1 && day <= MONTH_DAYS

/** End of the letters at `i`, at most 12 of them; NEED if they are not all there. */
function wordEnd(scan: Scan, i: number): number {
  let end = i
  while (end < i + 13) {
    const c = peek(scan, end)
    if (c === NEED) return NEED
    if (!isLetter(c)) return end
    end++
  }
  return end
}

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

function card(scan: Scan, g: number, glued: boolean, gluedEnd: boolean): number {
  const first = firsts[g] ?? 0
  const opensRow = sizeOf(g) === 4 || sizeOf(g) === 6 || sizeOf(g) === 8
  let best = 0
  let confidence = 0
  for (let h = g; h < count; h++) {
    if (h > g && (!opensRow || jointOf(h) !== jointOf(g + 1) || jointOf(h) === COMMA)) break
    const length = (firsts[h + 1] ?? 0) - first
    if (length > 19) break
    // Letters glued to a number of exactly a card's length do not make it another one.
    if (length < 12 || !(isWhole(h, gluedEnd) || (h === g && (length === 15 || length === 16)))) continue
    if (h > g && !cardShape(g, h)) continue
    const context = nearGroup(scan, g, NEAR_CARD)
    const known = cardPrefix(digits, first, length)
    const checks = luhn(digits, first, first + length)
    const other = !context && nearGroup(scan, g, NEAR_REFERENCE | NEAR_ACCOUNT)
    let score = 0
    if (known && checks)
      score =
        length >= 14 || context ? (context ? 99 : other && length !== 16 && length !== 15 ? 60 : 92) : h > g ? 60 : 0
    else if (context && length >= 13 && (known || checks)) score = 75
    else if (context && length === 16) score = 65
    else if (h > g && length === 16 && sizeOf(g) === 4 && known) score = 60
    if ((glued || !isWhole(h, gluedEnd)) && score < 92) score = 0
    if (score > confidence || (score > 0 && score === confidence)) {
      best = h - g + 1
      confidence = score
    }
  }
  if (best === 0 && g === 0 && evenRow() && isWhole(count - 1, gluedEnd)) {
    const length = firsts[count] ?? 0
    if (length >= 13 && length <= 19 && cardPrefix(digits, 0, length) && luhn(digits, 0, length)) {
      best = count
      confidence = 70
    }
  }
  if (best > 0) scan.emit('finance/card', startOf(g), endOf(g + best - 1), confidence)
  return best
}

/** The whole phrase in pairs, in threes or in fives, the last group the rest: `41 11 11 …`. */
function evenRow(): boolean {
  const size = sizeOf(0)
  if (size < 2 || size > 5 || count < 3 || sizeOf(count - 1) > size) return false
  for (let k = 1; k < count; k++) if (jointOf(k) !== jointOf(1) || (k < count - 1 && sizeOf(k) !== size)) return false
  return true
}

/** 4-4-4-4, 4-4-4-4-3, 4-6-5, 4-6-4 and other rows whose groups have three to seven digits. */
function cardShape(g: number, h: number): boolean {
  if (h - g > 5) return false
  for (let k = g; k <= h; k++) if (sizeOf(k) > 8 || sizeOf(k) < 1 || (k < h && sizeOf(k) < 3)) return false
  return true
}

function socialSecurity(scan: Scan, g: number, joined: boolean): number {
  const context = nearGroup(scan, g, NEAR_SSN)
  if (g + 2 < count && sizeOf(g) === 3 && sizeOf(g + 1) === 2 && sizeOf(g + 2) === 4) {
    const joint = jointOf(g + 1)
    const same =
      joint === jointOf(g + 2) &&
      (joint === DASH || joint === SPACE || joint === POINT || (context && (joint === MIXED || joint === WIDE)))
    const longer = (g + 3 < count && jointOf(g + 3) === joint) || (g > 0 && jointOf(g) === joint && joint === DASH)
    const issued = amountOf(g) !== 0 && amountOf(g) !== 666 && amountOf(g + 1) !== 0 && amountOf(g + 2) !== 0
    if (same && !longer && (context || (issued && joint === DASH && !joined))) {
      scan.emit('personal/national-id/us-ssn', startOf(g), endOf(g + 2), context ? 97 : amountOf(g) < 900 ? 85 : 70)
      return 3
    }
  }
  if (context && sizeOf(g) === 9 && !joined && (g === 0 || jointOf(g) !== POINT)) {
    scan.emit('personal/national-id/us-ssn', startOf(g), endOf(g), 85)
    return 1
  }
  return 0
}

const isCurrencySign = (c: number) => c === 36 || (c >= 0xa2 && c <= 0xa5) || (c >= 0x20a0 && c <= 0x20c0)

/** A sum of money: a currency sign or code before or after it. */
function amount(scan: Scan, g: number): number {
  const { text } = scan
  if (sizeOf(g) > 12) return 0
  // `1,234,567.89`, `1.234,56`, `1 234.50`, `12.50`
  let h = g
  while (
    h + 1 < count &&
    sizeOf(h + 1) === 3 &&
    (jointOf(h + 1) === COMMA || jointOf(h + 1) === POINT || jointOf(h + 1) === SPACE) &&
    sizeOf(g) <= 3
  )
    h++
  let decimals = false
  if (h + 1 < count && sizeOf(h + 1) <= 2 && (jointOf(h + 1) === POINT || jointOf(h + 1) === COMMA)) {
    h++
    decimals = true
  }
  let start = startOf(g)
  let sign = text.charCodeAt(start - 1)
  let at = start - 1
  if (sign === SPACE) sign = text.charCodeAt(--at)
  let currency = false
  if (isCurrencySign(sign)) {
    currency = true
    start = at
    if (start > 0 && isUpper(text.charCodeAt(start - 1)))
      while (start > at - 3 && start > 0 && isUpper(text.charCodeAt(start - 1))) start--
  } else if (at === startOf(g) - 2 && isLetter(sign)) {
    let word = at + 1
    while (word > 0 && at + 1 - word < 8 && isLetter(text.charCodeAt(word - 1))) word--
    if (at + 1 - word === 3 && isUpper(sign) && glue.get(text, word, at + 1) & CURRENCY) {
      currency = true
      start = word
    }
  }
  let end = endOf(h)
  // Only the last group of a phrase is followed by words.
  if (h === count - 1) {
    let c = peek(scan, end)
    if (c === NEED) return NEED
    let i = end
    if (c === SPACE) {
      c = peek(scan, ++i)
      if (c === NEED) return NEED
    }
    // `$2^n$` is a formula.
    if (c === 94 || c === 125 || (c === 36 && currency)) return 0
    if (isCurrencySign(c)) {
      currency = true
      end = i + 1
    } else if (isLetter(c)) {
      let word = wordEnd(scan, i)
      if (word === NEED) return NEED
      let bits = glue.get(text, i, word)
      if (bits & SCALE && peek(scan, word) === SPACE) {
        const next = wordEnd(scan, word + 1)
        if (next === NEED) return NEED
        if (glue.get(text, word + 1, next) & CURRENCY || currency) {
          bits = CURRENCY
          word = glue.get(text, word + 1, next) & CURRENCY ? next : word
        }
      } else if (bits & SCALE && peek(scan, word) === NEED) return NEED
      if (bits & CURRENCY) {
        currency = true
        end = word
      }
    }
  }
  if (!currency && !(decimals && nearGroup(scan, g, NEAR_MONEY) && h - g <= 2)) return 0
  scan.emit('finance/amount', start, end, currency ? 80 : 50)
  return h - g + 1
}

/** Telephone numbers: by `+` and calling code, by the words before, or by a shape only telephones have. */
function phone(scan: Scan, g: number, joined: boolean, gluedEnd: boolean): number {
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
function isNanp(k: number, g: number): boolean {
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

/** `79 years old`, `aged 61`, `turns 23`, `34yo`, `52-year-old`. */
function age(scan: Scan, g: number): number {
  const { text, context } = scan
  if (sizeOf(g) > 3 || (g > 0 && jointOf(g) !== SPACE)) return 0
  const value = amountOf(g)
  if (value < 1 || value > 120) return 0
  if (g === count - 1) {
    let i = endOf(g)
    let c = peek(scan, i)
    if (c === NEED) return NEED
    if (c === SPACE || c === DASH) {
      c = peek(scan, ++i)
      if (c === NEED) return NEED
    }
    if (isLetter(c)) {
      const word = wordEnd(scan, i)
      if (word === NEED) return NEED
      if (glue.get(text, i, word) & YEARS) {
        if (word - i === 2 && text.startsWith('yo', i)) {
          scan.emit('personal/age', startOf(g), endOf(g), 85)
          return 1
        }
        const gap = peek(scan, word)
        if (gap === NEED) return NEED
        if (gap === SPACE || gap === DASH) {
          const next = wordEnd(scan, word + 1)
          if (next === NEED) return NEED
          if (next - word === 4 && text.startsWith('old', word + 1)) {
            scan.emit('personal/age', startOf(g), endOf(g), 90)
            return 1
          }
        }
        return 0
      }
    }
    if (isAlphanumeric(text.charCodeAt(endOf(g)))) return 0
    if (c === 37) return 0
  } else if (jointOf(g + 1) !== SPACE) return 0
  if (
    g === 0 &&
    value >= 10 &&
    ages.some((words) => endsWithWord(text, startOf(g) - 1, words)) &&
    endsSentence(scan, endOf(g))
  ) {
    scan.emit('personal/age', startOf(g), endOf(g), 60)
    return 1
  }
  if (value >= 3 && context.distance(NEAR_AGE, startOf(g)) <= 8 && g === 0) {
    scan.emit('personal/age', startOf(g), endOf(g), 78)
    return 1
  }
  return 0
}

const ages = ['he was', 'she was', 'he is', 'she is', 'i am', 'i was', "i'm", "he's", "she's"]

function endsSentence(scan: Scan, i: number): boolean {
  const c = peek(scan, i)
  return c === 0 || c === POINT || c === COMMA || c === 33 || c === 63 || c === 10
}

/** The words that say what a bare number is, and how far before it they are looked for. */
const NAMING = NEAR_POSTCODE | NEAR_ACCOUNT | NEAR_CUSTOMER | NEAR_TICKET | NEAR_NATIONAL_ID
const NAMING_REACH = 32

/** Accounts, passports, licences, customer and order numbers: only beside the word that says so. */
function identifier(scan: Scan, g: number, joined: boolean): number {
  if (joined) return 0
  const { context } = scan
  const begin = startOf(g)
  if (context.distance(NAMING, begin) > NAMING_REACH) return 0
  const size = sizeOf(g)
  let h = g
  while (
    h + 1 < count &&
    (jointOf(h + 1) === DASH || (jointOf(h + 1) === SPACE && sizeOf(h + 1) >= 3) || jointOf(h + 1) === POINT)
  )
    h++
  const total = (firsts[h + 1] ?? 0) - (firsts[g] ?? 0)
  const close = (bits: number, reach: number) => context.distance(bits, begin) <= reach
  const last = peek(scan, endOf(h))
  if (last === NEED) return NEED
  if (isAlphanumeric(last)) return 0
  if (close(NEAR_POSTCODE, 16) && (size === 5 || size === 4 || size === 6)) {
    const long = h > g && sizeOf(g) === 5 && sizeOf(g + 1) === 4 && jointOf(g + 1) === DASH
    scan.emit('personal/postcode', begin, long ? endOf(g + 1) : endOf(g), 80)
    return long ? 2 : 1
  }
  if (total >= 6 && total <= 18 && close(NEAR_ACCOUNT, 32)) {
    scan.emit('finance/account', begin, endOf(h), close(NEAR_ACCOUNT, 20) ? 80 : 60)
    return h - g + 1
  }
  const person = context.distance(NEAR_CUSTOMER, begin)
  const ticket = context.distance(NEAR_TICKET, begin)
  if (total >= 4 && total <= 16 && person <= 24 && person <= ticket) {
    scan.emit('business/customer-id', begin, endOf(h), 75)
    return h - g + 1
  }
  if (total >= 5 && total <= 18 && ticket <= 20) {
    scan.emit('business/ticket-id', begin, endOf(h), 70)
    return h - g + 1
  }
  if (total >= 6 && total <= 16 && close(NEAR_NATIONAL_ID, 28)) {
    scan.emit('personal/national-id', begin, endOf(h), 65)
    return h - g + 1
  }
  return 0
}
