// Numbers of persons: those that prove themselves by date, check digits and grouping, and social security numbers, which have
// no check digit and are told by their grouping and the words before them.
import {
  NEAR_ACCOUNT,
  NEAR_CARD,
  NEAR_NATIONAL_ID,
  NEAR_PHONE,
  NEAR_REFERENCE,
  NEAR_SSN,
  NEAR_TICKET,
} from '../lexicon.ts'
import { provesPerson } from '../national.ts'
import type { Scan } from '../scan.ts'
import {
  amountOf,
  count,
  DASH,
  digits,
  endOf,
  firsts,
  isWhole,
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

/** Most groups that an office writes a person's number in. */
const MOST_GROUPS = 7
const SIGNS: Readonly<Record<number, string>> = { [SPACE]: ' ', [DASH]: '-', [POINT]: '.', [SLASH]: '/' }

/** `3.3.3-2`: sizes of groups [g, h] and the separators between them. */
function shapeOf(g: number, h: number): string {
  let shape = String(sizeOf(g))
  for (let k = g + 1; k <= h; k++) shape += `${SIGNS[jointOf(k)]}${sizeOf(k)}`
  return shape
}

/** A person's number that proves itself by date, check digits and grouping. */
export function person(scan: Scan, g: number, gluedEnd: boolean): number {
  const before = g > 0 ? jointOf(g) : 0
  if (before === DASH || before === POINT || before === SLASH || before === UNDERSCORE) return 0
  const sign = scan.text.charCodeAt(startOf(g) - 1)
  if (sign === 43 || sign === POINT || sign === UNDERSCORE || sign === SLASH) return 0
  let best = 0
  let confidence = 0
  for (let h = g; h < count && h - g < MOST_GROUPS; h++) {
    const total = (firsts[h + 1] ?? 0) - (firsts[g] ?? 0)
    if (total > 18) break
    if (h > g && SIGNS[jointOf(h)] === undefined) break
    if (total < 9 || !isWhole(h, gluedEnd)) continue
    const after = h + 1 < count ? jointOf(h + 1) : 0
    if (after === DASH || after === POINT || after === SLASH || after === UNDERSCORE) continue
    // Twelve digits of a card's sixteen are none.
    if (h > g && after === SPACE && jointOf(h) === SPACE) continue
    if (h > g && before === SPACE && jointOf(g + 1) === SPACE) continue
    const sure = provesPerson({ digits, from: firsts[g] ?? 0, length: total, shape: shapeOf(g, h) })
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

export function socialSecurity(scan: Scan, g: number, joined: boolean): number {
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
