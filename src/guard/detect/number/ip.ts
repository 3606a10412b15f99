// Addresses of machines in four numbers, free-standing or with letters hanging on them.
import { NEAR_VERSION } from '../lexicon.ts'
import type { Scan } from '../scan.ts'
import { type Phrase, POINT } from './phrase.ts'

export function address(scan: Scan, phrase: Phrase, g: number, glued: boolean): number {
  if (!isAddress(phrase, g)) return 0
  const free = !glued && phrase.isWhole(g + 3)
  // Letters that hang on four numbers make them a version as often as they hide an address.
  if (
    !free &&
    !(
      (scan.text.charCodeAt(phrase.start(g) - 1) | 32) !== 118 &&
      isPlainlyAddress(phrase.amount(g), phrase.amount(g + 1))
    )
  )
    return 0
  // `Chrome/124.0.0.0`
  if (
    phrase.amount(g + 2) === 0 &&
    phrase.amount(g + 3) === 0 &&
    /[A-Za-z]\/$/.test(scan.text.slice(Math.max(0, phrase.start(g) - 2), phrase.start(g)))
  )
    return 0
  if (scan.context.distance(NEAR_VERSION, phrase.start(g)) < 12) return 0
  scan.emit('network/ip', phrase.start(g), phrase.end(g + 3), free ? 92 : 75)
  return 4
}

/** Four numbers of eight bits with points between them, and none before or behind. */
export function isAddress(phrase: Phrase, g: number): boolean {
  if (g + 3 >= phrase.count || phrase.joint(g) === POINT) return false
  for (let k = g; k < g + 4; k++) {
    if (phrase.size(k) > 3 || phrase.amount(k) > 255 || (k > g && phrase.joint(k) !== POINT)) return false
    if (phrase.size(k) > 1 && phrase.digits[phrase.first(k)] === 0) return false
  }
  return g + 4 === phrase.count || phrase.joint(g + 4) !== POINT
}

/** Networks of nobody in particular, or numbers of three digits that no version counts up to. */
const isPlainlyAddress = (a: number, b: number): boolean =>
  a === 10 || (a === 192 && b === 168) || (a === 172 && b >= 16 && b < 32) || (a >= 100 && b >= 100)
