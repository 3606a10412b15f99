// Ids that mix letters and digits: national ids with a shape and a check character of their own, postcodes, and the
// customer, order and passport numbers that only the word before them gives away.
import { createWordTable, isAlphanumeric, isAsciiLetter, isDigit, isLetter, isUpper } from './chars.ts'
import {
  NEAR_ACCOUNT,
  NEAR_CUSTOMER,
  NEAR_HOLDER,
  NEAR_NATIONAL_ID,
  NEAR_POSTCODE,
  NEAR_SSN,
  NEAR_TICKET,
  speaksOf,
} from './lexicon.ts'
import { provesPersonLettered } from './national.ts'
import { NEED, peek, type Scan } from './scan.ts'
import { provesVat } from './vat.ts'

const CUSTOMER = 1
const TICKET = 2
/** What a business puts in front of its numbers. */
const prefixes = createWordTable(
  new Map([
    ...'cust cus customer client cli clt kd kdnr kunde kun crm mem member sub subscriber pat patient emp employee pol policyholder acct uid usr'
      .split(' ')
      .map((word) => [word, CUSTOMER] as const),
    ...'ord order inv invoice tkt ticket inc incident case req chg change prb problem rma bkg booking res po so cs sr ritm task claim clm shp ship ref'
      .split(' ')
      .map((word) => [word, TICKET] as const),
  ]),
)

/** Before a number these name a document or a licence that everybody knows. */
const standards = createWordTable(
  new Map(
    'iso iec en din rfc cve cwe kb erc eip bip nist pep jsr ansi ieee fips gdpr dsgvo mit apache gpl lgpl agpl mpl bsd cc epl eupl cddl isc zlib osl artistic ofl'
      .split(' ')
      .map((word) => [word, 1]),
  ),
)

/** What goes by a UUID, and is none of the business. */
const OF_A_CALL =
  /(?:request|correlation|trace|span|message|client|session|instance|resource)[-_ ]?id["']?\s*[:=]?\s*["']?$/i

/** Looks at the run [from, to), which has a digit. Returns the end of what it reported, 0, or NEED. */
export function identifierRun(scan: Scan, from: number, to: number, lettered: boolean): number {
  const { text, context } = scan
  let end = to
  while (end > from && !isAlphanumeric(text.charCodeAt(end - 1))) end--
  let start = from
  while (start < end && !isAlphanumeric(text.charCodeAt(start))) start++
  const length = end - start
  if (length < 2 || length > 40 || !lettered) return 0
  let figures = 0
  let capitals = 0
  let small = 0
  let joints = 0
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i)
    if (isDigit(c)) figures++
    else if (isUpper(c)) capitals++
    else if (isLetter(c)) small++
    else if (c === 45 || c === 95 || c === 46 || c === 47) joints++
    else return 0
  }
  if (small === 0 && joints === 0) {
    const code = postcode(scan, start, end)
    if (code !== 0) return code
    if (length === 9 && nino(text, start)) {
      scan.emit('personal/national-id', start, end, 80)
      return end
    }
    if (length === 16 && codiceFiscale(text, start)) {
      scan.emit('personal/national-id', start, end, 90)
      return end
    }
    if (length === 9 && spanish(text, start)) {
      scan.emit('personal/national-id', start, end, 80)
      return end
    }
  }
  if (length >= 8 && length <= 18 && (small === 0 || figures === 17 || length === 11) && joints <= 1 && figures >= 4) {
    const value = text.slice(start, end)
    const sure = provesPersonLettered(value) || provesVat(value)
    if (sure > 0) {
      scan.emit('personal/national-id', start, end, sure)
      return end
    }
  }
  // `CUST-00123`, `ORD_2024-5567`: a prefix of the trade, a joint, and a number.
  let word = start
  while (word < end && isLetter(text.charCodeAt(word))) word++
  if (word < end && word - start >= 2 && (figures >= 3 || randomTail(text, word, end))) {
    const bits = prefixes.get(text, start, word)
    const joint = text.charCodeAt(word)
    const separated = joint === 45 || joint === 95
    if (
      bits !== 0 &&
      (separated || (isDigit(joint) && capitals === word - start && figures >= 5)) &&
      (tailIsCode(text, word, end) || randomTail(text, word, end)) &&
      !OF_A_CALL.test(text.slice(Math.max(0, start - 40), start))
    ) {
      scan.emit(bits & CUSTOMER ? 'business/customer-id' : 'business/ticket-id', start, end, separated ? 85 : 75)
      return end
    }
  }
  // Numbers of programs, versions.
  const second = text.charCodeAt(start + 1) | 32
  if (
    (text.charCodeAt(start) === 48 && second === 120) ||
    (text.charCodeAt(start) === 118 && isDigit(text.charCodeAt(start + 1)))
  )
    return 0
  // `X-Request-Id: …`, `client_id: …`: what tells calls and programs apart.
  if (length === 36 && joints === 4 && OF_A_CALL.test(text.slice(Math.max(0, start - 40), start))) return 0
  context.readTo(text, start)
  const away = (bits: number) => context.distance(bits, start)
  // Beside its word an id may be letters with a few digits among them, else digits must prevail.
  const mixed =
    length >= 8 &&
    figures >= 1 &&
    capitals >= 2 &&
    small >= 1 &&
    away(NEAR_CUSTOMER | NEAR_TICKET) <= 16 &&
    // `LanguageModelV3Source`
    !(figures < 3 && /[a-z]{4}/.test(text.slice(start, end)))
  const code = capitals >= 2 && small === 0 && joints === 1 && figures >= 2
  // `booking JKXLZ9`
  const locator = small === 0 && joints === 0 && capitals >= 2 && length >= 6 && length <= 8 && away(NEAR_TICKET) <= 10
  if (!mixed && !code && !locator && (figures < 3 || figures < small)) return 0
  const customer = away(NEAR_CUSTOMER)
  const ticket = away(NEAR_TICKET)
  const person = Math.min(away(NEAR_NATIONAL_ID), away(NEAR_SSN))
  const nearest = Math.min(customer, ticket, person, away(NEAR_ACCOUNT))
  const holder = away(NEAR_HOLDER)
  if (
    holder <= 24 &&
    holder < nearest &&
    small === 0 &&
    figures >= 5 &&
    length <= 20 &&
    standards.get(text, start, word) === 0
  ) {
    scan.emit('business/customer-id', start, end, 65)
    return end
  }
  if (length < 5 || nearest > 28 || !speaksOf(text, nearest, start) || isNoId(text, start, end)) return 0
  // `OPS-93` is a ticket beside a word for tickets, and nothing else beside other words.
  if (code && figures < 3 && nearest !== ticket) return 0
  if (nearest === person && small === 0 && length >= 6 && length <= 20 && standards.get(text, start, word) === 0)
    scan.emit('personal/national-id', start, end, 70)
  else if (nearest === customer) scan.emit('business/customer-id', start, end, 75)
  else if (nearest === ticket) scan.emit('business/ticket-id', start, end, 70)
  else if (nearest === away(NEAR_ACCOUNT) && small === 0 && figures >= 6) scan.emit('finance/account', start, end, 60)
  else return 0
  return end
}

/** Versions before a release, years, hashes of changes, and what pictures of a page say. */
const NO_ID =
  /^(?:\d+\.\d+\.\d+-(?:alpha|beta|rc|next|canary|dev|pre|preview|snapshot|experimental)\b|(?:19|20)\d\d-[A-Za-z]+$|(?:utf|sha|md|aes|rsa|[hrep]s|crc|base|cve)[-/]?\d+(?:-\d+)*$|cve\/|[\da-f]{40}$)|\.(?:svg|png|gif|jpe?g)$/i
/** `case "gpt-4-0613":` of a program. */
const OF_A_SWITCH = /\bcase\s+["'`]$/
const OF_A_BADGE = /badge(?:\/|\.svg\?)[^\s"')\]]{0,48}$/
const isNoId = (text: string, start: number, end: number): boolean =>
  NO_ID.test(text.slice(start, end)) ||
  OF_A_SWITCH.test(text.slice(Math.max(0, start - 8), start)) ||
  // A change, as lists of changes name it.
  (end - start === 7 && '`/[('.includes(text.charAt(start - 1)) && /^[\da-f]+$/.test(text.slice(start, end))) ||
  OF_A_BADGE.test(text.slice(Math.max(0, start - 64), start))

/** One joint and at least eight letters and digits thrown together: `cus_Mqv6mpGOmyUaNP`. */
function randomTail(text: string, from: number, end: number): boolean {
  if (end - from < 9) return false
  let changes = 0
  for (let i = from + 1; i < end; i++) {
    const c = text.charCodeAt(i)
    if (!isDigit(c) && !isAsciiLetter(c)) return false
    const before = text.charCodeAt(i - 1)
    if (i > from + 1 && (isDigit(c) !== isDigit(before) || isUpper(c) !== isUpper(before))) changes++
  }
  return changes >= 3
}

/** After the prefix: groups of digits or capitals and digits, no words. */
function tailIsCode(text: string, from: number, end: number): boolean {
  let digits = 0
  for (let i = from; i < end; i++) {
    const c = text.charCodeAt(i)
    if (isDigit(c)) digits++
    else if (
      c >= 97 &&
      c <= 122 &&
      i > from + 1 &&
      isLetter(text.charCodeAt(i - 1)) &&
      isLetter(text.charCodeAt(i + 1))
    )
      return false
  }
  return digits >= 3
}

/** British `SW1A 1AA` and Canadian `B0J 2H0`, both in two parts. */
function postcode(scan: Scan, start: number, end: number): number {
  const { text } = scan
  const length = end - start
  if (length < 2 || length > 4 || !isUpper(text.charCodeAt(start))) return 0
  const canadian = length === 3 && isDigit(text.charCodeAt(start + 1)) && isUpper(text.charCodeAt(start + 2))
  const outward =
    isDigit(text.charCodeAt(end - 1)) || (isUpper(text.charCodeAt(end - 1)) && isDigit(text.charCodeAt(end - 2)))
  if (!canadian && !outward) return 0
  for (let k = 0; k < 5; k++) {
    const c = peek(scan, end + k)
    if (c === NEED) return NEED
    const fits =
      k === 0
        ? c === 32
        : k === 1
          ? isDigit(c)
          : k === 2
            ? isUpper(c)
            : k === 3
              ? canadian
                ? isDigit(c)
                : isUpper(c)
              : !isAlphanumeric(c)
    if (!fits) return 0
  }
  scan.emit('personal/postcode', start, end + 4, scan.context.near(NEAR_POSTCODE, start) ? 90 : 72)
  return end + 4
}

/** UK national insurance number: two letters, six digits, A to D. */
function nino(text: string, at: number): boolean {
  const c = (i: number) => text.charCodeAt(at + i)
  if (!isUpper(c(0)) || !isUpper(c(1)) || c(8) < 65 || c(8) > 68) return false
  for (let i = 2; i < 8; i++) if (!isDigit(c(i))) return false
  return !'DFIQUV'.includes(text.charAt(at)) && !'DFIOQUV'.includes(text.charAt(at + 1))
}

/** Italian tax code: LLLLLLDDLDDLDDDL. */
function codiceFiscale(text: string, at: number): boolean {
  for (let i = 0; i < 16; i++) {
    const letter = i < 6 || i === 8 || i === 11 || i === 15
    if (letter ? !isAsciiLetter(text.charCodeAt(at + i)) : !isDigit(text.charCodeAt(at + i))) return false
  }
  return true
}

/** Spanish DNI and NIE: eight figures (or X, Y, Z and seven) and a letter that is their remainder by 23. */
function spanish(text: string, at: number): boolean {
  let value = 'XYZ'.indexOf(text.charAt(at))
  if (value < 0) value = isDigit(text.charCodeAt(at)) ? text.charCodeAt(at) - 48 : -1
  if (value < 0) return false
  for (let i = 1; i < 8; i++) {
    if (!isDigit(text.charCodeAt(at + i))) return false
    value = value * 10 + text.charCodeAt(at + i) - 48
  }
  return 'TRWAGMYFPDXBNJZSQVHLCKE'.charAt(value % 23) === text.charAt(at + 8)
}
