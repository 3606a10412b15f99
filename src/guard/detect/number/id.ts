// Numbers that only the word before them names: accounts, passports, licences, customers, orders, postcodes.
import {
  NEAR_ACCOUNT,
  NEAR_CUSTOMER,
  NEAR_HOLDER,
  NEAR_NATIONAL_ID,
  NEAR_POSTCODE,
  NEAR_TICKET,
  speaksOf,
} from '../lexicon.ts'
import type { Scan } from '../scan.ts'
import { DASH, type Phrase, POINT, SPACE } from './phrase.ts'
import { isRange } from './range.ts'

/** The words that say what a bare number is, and how far before it they are looked for. */
const NAMING = NEAR_POSTCODE | NEAR_ACCOUNT | NEAR_CUSTOMER | NEAR_TICKET | NEAR_NATIONAL_ID | NEAR_HOLDER
const NAMING_REACH = 32
/** `n.º`, `no.`, `number`, `#` and a colon right before the number. */
const NUMBERED = /(?:#|:|\b(?:n(?:o|r|um|úm|umber|ummer|umero|úmero|uméro)?[.º°o]{0,2}|id))[ \t:]*$/i

/** Windows' Latin, Greek, Cyrillic and others. */
const CODE_PAGE = /\bcp\W*125[0-8]$/i

/** Accounts, passports, licences, customer and order numbers: only beside the word that says so. */
export function identifier(scan: Scan, phrase: Phrase, g: number, joined: boolean): number {
  if (joined) return 0
  const { context } = scan
  const begin = phrase.start(g)
  if (context.distance(NAMING, begin) > NAMING_REACH) return 0
  const size = phrase.size(g)
  let h = g
  while (
    h + 1 < phrase.count &&
    (phrase.joint(h + 1) === DASH ||
      (phrase.joint(h + 1) === SPACE && (phrase.size(h + 1) >= 3 || endsBankCode(phrase, g, h + 1))) ||
      phrase.joint(h + 1) === POINT)
  )
    h++
  if (isRange(phrase, g) || (g > 0 && isRange(phrase, g - 1))) return 0
  const total = phrase.first(h + 1) - phrase.first(g)
  const close = (bits: number, reach: number) => context.distance(bits, begin) <= reach
  if (!phrase.isWhole(h)) return 0
  // `CAP_MS = 60000`
  const named = scan.text.slice(Math.max(0, begin - 16), begin).includes('_')
  const page = size === 4 && CODE_PAGE.test(scan.text.slice(Math.max(0, begin - 4), begin + 4))
  if (close(NEAR_POSTCODE, 16) && !named && !page && (size === 5 || size === 4 || size === 6)) {
    const long = h > g && phrase.size(g) === 5 && phrase.size(g + 1) === 4 && phrase.joint(g + 1) === DASH
    scan.emit('personal/postcode', begin, long ? phrase.end(g + 1) : phrase.end(g), 80)
    return long ? 2 : 1
  }
  if (total >= 6 && total <= 18 && close(NEAR_ACCOUNT, 32)) {
    scan.emit('finance/account', begin, phrase.end(h), close(NEAR_ACCOUNT, 20) ? 80 : 60)
    return h - g + 1
  }
  if (isVersion(phrase, g, h) || !speaksOf(scan.text, context.distance(NAMING, begin), begin)) return 0
  const person = context.distance(NEAR_CUSTOMER, begin)
  const ticket = context.distance(NEAR_TICKET, begin)
  if (total >= 4 && total <= 16 && person <= 24 && person <= ticket) {
    scan.emit('business/customer-id', begin, phrase.end(h), 75)
    return h - g + 1
  }
  if (total >= 5 && total <= 18 && ticket <= 20) {
    scan.emit('business/ticket-id', begin, phrase.end(h), 70)
    return h - g + 1
  }
  if (
    total >= 6 &&
    total <= 16 &&
    close(NEAR_HOLDER, 20) &&
    NUMBERED.test(scan.text.slice(Math.max(0, begin - 12), begin))
  ) {
    scan.emit('business/customer-id', begin, phrase.end(h), 65)
    return h - g + 1
  }
  if (total >= 6 && total <= 16 && close(NEAR_NATIONAL_ID, 28) && !isDecimal(phrase, g, h)) {
    scan.emit('personal/national-id', begin, phrase.end(h), 65)
    return h - g + 1
  }
  return 0
}

/** Germany writes bank codes in threes and twos: `370 400 44`. */
const endsBankCode = (phrase: Phrase, g: number, h: number): boolean =>
  h === g + 2 && phrase.size(h) === 2 && phrase.size(h - 1) === 3 && phrase.size(g) === 3

/** `sin 45.123456789` */
const isDecimal = (phrase: Phrase, g: number, h: number): boolean =>
  (h === g + 1 && phrase.joint(h) === POINT && phrase.size(g) <= 3 && phrase.size(h) > 3) ||
  (h === g && g === 1 && phrase.joint(g) === POINT && phrase.size(0) <= 3)

/** `535.104.12.01`: points between groups, and none of thousands. */
function isVersion(phrase: Phrase, g: number, h: number): boolean {
  let short = false
  for (let k = g; k <= h; k++) {
    if (phrase.size(k) > 3 || (k > g && phrase.joint(k) !== POINT)) return false
    if (k > g && phrase.size(k) < 3) short = true
  }
  return short && h > g
}
