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
import { DASH, MIXED, nearGroup, type Phrase, POINT, SLASH, SPACE, UNDERSCORE, WIDE } from './phrase.ts'

/** Most groups that an office writes a person's number in. */
const MOST_GROUPS = 7
const SIGNS: Readonly<Record<number, string>> = { [SPACE]: ' ', [DASH]: '-', [POINT]: '.', [SLASH]: '/' }

/** `3.3.3-2`: sizes of groups [g, h] and the separators between them. */
function shapeOf(phrase: Phrase, g: number, h: number): string {
  let shape = String(phrase.size(g))
  for (let k = g + 1; k <= h; k++) shape += `${SIGNS[phrase.joint(k)]}${phrase.size(k)}`
  return shape
}

/** A person's number that proves itself by date, check digits and grouping. */
export function person(scan: Scan, phrase: Phrase, g: number): number {
  const before = phrase.joint(g)
  if (before === DASH || before === POINT || before === SLASH || before === UNDERSCORE) return 0
  const sign = scan.text.charCodeAt(phrase.start(g) - 1)
  if (sign === 43 || sign === POINT || sign === UNDERSCORE || sign === SLASH) return 0
  let best = 0
  let confidence = 0
  for (let h = g; h < phrase.count && h - g < MOST_GROUPS; h++) {
    const total = phrase.first(h + 1) - phrase.first(g)
    if (total > 18) break
    if (h > g && SIGNS[phrase.joint(h)] === undefined) break
    if (total < 9 || !phrase.isWhole(h)) continue
    const after = h + 1 < phrase.count ? phrase.joint(h + 1) : 0
    if (after === DASH || after === POINT || after === SLASH || after === UNDERSCORE) continue
    // Twelve digits of a card's sixteen are none.
    if (h > g && after === SPACE && phrase.joint(h) === SPACE) continue
    if (h > g && before === SPACE && phrase.joint(g + 1) === SPACE) continue
    const sure = provesPerson({
      digits: phrase.digits,
      from: phrase.first(g),
      length: total,
      shape: shapeOf(phrase, g, h),
    })
    if (sure >= confidence && sure > 0) {
      best = h - g + 1
      confidence = sure
    }
  }
  if (best === 0) return 0
  const begin = phrase.start(g)
  // A number that another word names is that: only what could be nothing else is taken from it.
  const other = scan.context.near(NEAR_PHONE | NEAR_CARD | NEAR_REFERENCE | NEAR_TICKET | NEAR_ACCOUNT, begin)
  const named = scan.context.near(NEAR_NATIONAL_ID, begin)
  if (confidence < 80 && other && !named) return 0
  scan.emit('personal/national-id', begin, phrase.end(g + best - 1), named ? Math.max(confidence, 85) : confidence)
  return best
}

export function socialSecurity(scan: Scan, phrase: Phrase, g: number, joined: boolean): number {
  if (!phrase.isWhole(Math.min(g + 2, phrase.count - 1))) return 0
  const context = nearGroup(scan, phrase, g, NEAR_SSN)
  if (g + 2 < phrase.count && phrase.size(g) === 3 && phrase.size(g + 1) === 2 && phrase.size(g + 2) === 4) {
    const joint = phrase.joint(g + 1)
    const same =
      joint === phrase.joint(g + 2) &&
      (joint === DASH || joint === SPACE || joint === POINT || (context && (joint === MIXED || joint === WIDE)))
    const longer =
      (g + 3 < phrase.count && phrase.joint(g + 3) === joint) || (phrase.joint(g) === joint && joint === DASH)
    const issued =
      phrase.amount(g) !== 0 && phrase.amount(g) !== 666 && phrase.amount(g + 1) !== 0 && phrase.amount(g + 2) !== 0
    if (same && !longer && (context || (issued && joint === DASH && !joined))) {
      scan.emit(
        'personal/national-id/us-ssn',
        phrase.start(g),
        phrase.end(g + 2),
        context ? 97 : phrase.amount(g) < 900 ? 85 : 70,
      )
      return 3
    }
  }
  if (context && phrase.size(g) === 9 && !joined && phrase.joint(g) !== POINT) {
    scan.emit('personal/national-id/us-ssn', phrase.start(g), phrase.end(g), 85)
    return 1
  }
  return 0
}
