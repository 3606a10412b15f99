// Payment cards in their groups: by prefix and check digit, or less of these beside a word for cards.
import { cardPrefix, luhn } from '../bank.ts'
import { NEAR_ACCOUNT, NEAR_CARD, NEAR_REFERENCE } from '../lexicon.ts'
import type { Scan } from '../scan.ts'
import { COMMA, nearGroup, type Phrase } from './phrase.ts'

export function card(scan: Scan, phrase: Phrase, g: number, glued: boolean): number {
  const groups = cardGroups(scan, phrase, g, glued)
  if (groups > 0) scan.emit('finance/card', phrase.start(g), phrase.end(g + groups - 1), confidence)
  return groups
}

/** How sure the last answer of `cardGroups` was. */
let confidence = 0

/** How many groups from `g` on are a card's number; 0 if none begins there. */
export function cardGroups(scan: Scan, phrase: Phrase, g: number, glued: boolean): number {
  const first = phrase.first(g)
  const opensRow = phrase.size(g) === 4 || phrase.size(g) === 6 || phrase.size(g) === 8
  let best = 0
  confidence = 0
  for (let h = g; h < phrase.count; h++) {
    if (h > g && (!opensRow || phrase.joint(h) !== phrase.joint(g + 1) || phrase.joint(h) === COMMA)) break
    const length = phrase.first(h + 1) - first
    if (length > 19) break
    // Letters glued to a number of exactly a card's length do not make it another one.
    if (length < 12 || !(phrase.isWhole(h) || (h === g && (length === 15 || length === 16)))) continue
    if (h > g && !cardShape(phrase, g, h)) continue
    const context = nearGroup(scan, phrase, g, NEAR_CARD)
    const known = cardPrefix(phrase.digits, first, length)
    const checks = luhn(phrase.digits, first, first + length)
    const other = !context && nearGroup(scan, phrase, g, NEAR_REFERENCE | NEAR_ACCOUNT)
    let score = 0
    if (known && checks)
      score =
        length >= 14 || context ? (context ? 99 : other && length !== 16 && length !== 15 ? 60 : 92) : h > g ? 60 : 0
    else if (context && length >= 13 && (known || checks)) score = 75
    else if (context && length === 16) score = 65
    else if (h > g && length === 16 && phrase.size(g) === 4 && known) score = 60
    if ((glued || !phrase.isWhole(h)) && (score < 92 || inHash(scan, phrase.start(g), phrase.end(h)))) score = 0
    if (score > 0 && score >= confidence) {
      best = h - g + 1
      confidence = score
    }
  }
  if (best === 0 && g === 0 && evenRow(phrase) && phrase.isWhole(phrase.count - 1)) {
    const length = phrase.first(phrase.count)
    if (length >= 13 && length <= 19 && cardPrefix(phrase.digits, 0, length) && luhn(phrase.digits, 0, length)) {
      best = phrase.count
      confidence = 70
    }
  }
  return best
}

/** Is it the middle of a hash, as changes and files go by: 40 or 64 hexadecimal digits in small letters? */
function inHash(scan: Scan, from: number, to: number): boolean {
  const { text } = scan
  let start = from
  while (from - start < 64 && isSmallHex(text.charCodeAt(start - 1))) start--
  let end = to
  while (end - to < 64 && isSmallHex(text.charCodeAt(end))) end++
  return end - start === 40 || end - start === 64
}
const isSmallHex = (c: number) => (c >= 48 && c <= 57) || (c >= 97 && c <= 102)

/** The whole phrase in pairs, in threes or in fives, the last group the rest: `41 11 11 …`. */
function evenRow(phrase: Phrase): boolean {
  const size = phrase.size(0)
  if (size < 2 || size > 5 || phrase.count < 3 || phrase.size(phrase.count - 1) > size) return false
  for (let k = 1; k < phrase.count; k++)
    if (phrase.joint(k) !== phrase.joint(1) || (k < phrase.count - 1 && phrase.size(k) !== size)) return false
  return true
}

/** 4-4-4-4, 4-4-4-4-3, 4-6-5, 4-6-4 and other rows whose groups have three to seven digits. */
function cardShape(phrase: Phrase, g: number, h: number): boolean {
  if (h - g > 5) return false
  for (let k = g; k <= h; k++)
    if (phrase.size(k) > 8 || phrase.size(k) < 1 || (k < h && phrase.size(k) < 3)) return false
  return true
}
