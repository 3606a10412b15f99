// Numbers that were changed so that nobody sees them, and yet anybody can read: letters hung on either end, or written from the
// last digit to the first.
import { cardPrefix, luhn } from '../bank.ts'
import { isUpper } from '../chars.ts'
import { NEAR_CARD, NEAR_SSN } from '../lexicon.ts'
import type { Scan } from '../scan.ts'
import { isNanp } from './phone.ts'
import {
  amountOf,
  COMMA,
  count,
  DASH,
  digits,
  endOf,
  firsts,
  GROUPS,
  jointOf,
  LONGEST_GROUP,
  nearGroup,
  POINT,
  sizeOf,
  startOf,
} from './phrase.ts'

/** Forms that stay what they are with letters hanging on either end: `x123-45-6789`, `555-234-5678x`. */
export function hanging(scan: Scan, g: number, glued: boolean, gluedEnd: boolean): number {
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
export function reversed(scan: Scan, g: number): number {
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
