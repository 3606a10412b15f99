// Numbers that were changed so that nobody sees them, and yet anybody can read: letters hung on either end, or written from the
// last digit to the first.
import { cardPrefix, luhn } from '../bank.ts'
import { isUpper } from '../chars.ts'
import { NEAR_CARD, NEAR_SSN } from '../lexicon.ts'
import type { Scan } from '../scan.ts'
import { isExtension, isNanp } from './phone.ts'
import { COMMA, DASH, GROUPS, LONGEST_GROUP, nearGroup, type Phrase, POINT } from './phrase.ts'

/** Forms that stay what they are with letters hanging on either end: `x123-45-6789`, `555-234-5678x`. */
export function hanging(scan: Scan, phrase: Phrase, g: number, glued: boolean): number {
  const last = g + 2
  if (last >= phrase.count || !(glued || !phrase.isWhole(last))) return 0
  if (
    phrase.joint(g + 1) !== DASH ||
    phrase.joint(last) !== DASH ||
    (last + 1 < phrase.count && phrase.joint(last + 1) === DASH)
  )
    return 0
  if (phrase.joint(g) === DASH) return 0
  const first = phrase.amount(g)
  if (phrase.size(g) !== 3) return 0
  if (phrase.size(g + 1) === 2 && phrase.size(last) === 4) {
    if (first === 0 || first === 666 || first >= 900 || phrase.amount(g + 1) === 0 || phrase.amount(last) === 0)
      return 0
    scan.emit('personal/national-id/us-ssn', phrase.start(g), phrase.end(last), 65)
    return 3
  }
  // Capitals before it make it a part's number.
  const before = scan.text.charCodeAt(phrase.start(g) - 1)
  const part = isUpper(before) && isUpper(scan.text.charCodeAt(phrase.start(g) - 2))
  if (!isNanp(phrase, g, g) || part || isExtension(scan.text.charCodeAt(phrase.end(last)))) return 0
  scan.emit('personal/phone', phrase.start(g), phrase.end(last), 60)
  return 3
}

const turned = new Uint8Array(GROUPS * LONGEST_GROUP)
/** Copies the digits of groups [g, h] into `turned`, last one first; returns how many. */
function turn(phrase: Phrase, g: number, h: number): number {
  const first = phrase.first(g)
  const end = phrase.first(h + 1)
  for (let i = first; i < end; i++) turned[i - first] = phrase.digits[end - 1 - (i - first)] ?? 0
  return end - first
}

/** Numbers written from the last digit to the first: cards in fours or beside their word, social security numbers, private addresses. */
export function reversed(scan: Scan, phrase: Phrase, g: number): number {
  const size = phrase.size(g)
  if ((size === 15 || size === 16) && nearGroup(scan, phrase, g, NEAR_CARD) && checks(phrase, g, g)) {
    scan.emit('finance/card', phrase.start(g), phrase.end(g), 75)
    return 1
  }
  const joint = g + 2 < phrase.count ? phrase.joint(g + 1) : 0
  if (joint === 0 || joint !== phrase.joint(g + 2) || phrase.joint(g) === joint) return 0
  const fourth = g + 3 < phrase.count && phrase.joint(g + 3) === joint
  if (!fourth) {
    if (joint !== DASH || size !== 4 || phrase.size(g + 1) !== 2 || phrase.size(g + 2) !== 3) return 0
    turn(phrase, g, g + 2)
    const [a = 0, b = 0, c = 0] = turned
    const area = a * 100 + b * 10 + c
    if (area === 0 || area === 666 || area >= 900 || phrase.amount(g + 1) === 0 || phrase.amount(g) === 0) return 0
    // `2024-10-123` begins with a year.
    if (!nearGroup(scan, phrase, g, NEAR_SSN) && phrase.amount(g) >= 1900 && phrase.amount(g) < 2100) return 0
    scan.emit('personal/national-id/us-ssn', phrase.start(g), phrase.end(g + 2), 60)
    return 3
  }
  if (g + 4 < phrase.count && phrase.joint(g + 4) === joint) return 0
  if (
    size === 4 &&
    phrase.size(g + 1) === 4 &&
    phrase.size(g + 2) === 4 &&
    phrase.size(g + 3) === 4 &&
    joint !== COMMA &&
    checks(phrase, g, g + 3)
  ) {
    scan.emit('finance/card', phrase.start(g), phrase.end(g + 3), nearGroup(scan, phrase, g, NEAR_CARD) ? 80 : 60)
    return 4
  }
  if (
    joint === POINT &&
    reversedOctet(phrase, g + 3) === 192 &&
    reversedOctet(phrase, g + 2) === 168 &&
    reversedOctet(phrase, g + 1) < 256 &&
    reversedOctet(phrase, g) < 256
  ) {
    scan.emit('network/ip', phrase.start(g), phrase.end(g + 3), 60)
    return 4
  }
  return 0
}

function reversedOctet(phrase: Phrase, g: number): number {
  const size = phrase.size(g)
  if (size > 3) return 1000
  let value = 0
  for (let i = phrase.first(g + 1) - 1; i >= phrase.first(g); i--) value = value * 10 + (phrase.digits[i] ?? 0)
  return value
}

/** Groups [g, h] are a card's number from its end. */
function checks(phrase: Phrase, g: number, h: number): boolean {
  const length = turn(phrase, g, h)
  return cardPrefix(turned, 0, length) && luhn(turned, 0, length)
}
