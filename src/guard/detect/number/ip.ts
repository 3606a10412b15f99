// Addresses of machines in four numbers, free-standing or with letters hanging on them.
import { NEAR_VERSION } from '../lexicon.ts'
import type { Scan } from '../scan.ts'
import {
  amountOf,
  count,
  digits,
  endOf,
  firsts,
  isWhole,
  jointOf,
  nearGroup,
  POINT,
  sizeOf,
  startOf,
} from './phrase.ts'

export function address(scan: Scan, g: number, glued: boolean, gluedEnd: boolean): number {
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

/** Networks of nobody in particular, or numbers of three digits that no version counts up to. */
const isPlainlyAddress = (a: number, b: number): boolean =>
  a === 10 || (a === 192 && b === 168) || (a === 172 && b >= 16 && b < 32) || (a >= 100 && b >= 100)
