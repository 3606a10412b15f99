// Payment cards in their groups: by prefix and check digit, or less of these beside a word for cards.
import { cardPrefix, luhn } from '../bank.ts'
import { NEAR_ACCOUNT, NEAR_CARD, NEAR_REFERENCE } from '../lexicon.ts'
import type { Scan } from '../scan.ts'
import { COMMA, count, digits, endOf, firsts, isWhole, jointOf, nearGroup, sizeOf, startOf } from './phrase.ts'

export function card(scan: Scan, g: number, glued: boolean, gluedEnd: boolean): number {
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
