// Numbers: a phrase of digit groups is read whole, and its groups are then taken from the left by the first kind that fits: IP,
// number of a person, date, card, telephone, account and other ids by the words before them.
import { isAlphanumeric, isLetter } from '../chars.ts'
import { NEED, peek, type Scan } from '../scan.ts'
import { age } from './age.ts'
import { card } from './card.ts'
import { date } from './date.ts'
import { hanging, reversed } from './disguised.ts'
import { identifier } from './id.ts'
import { address } from './ip.ts'
import { amount } from './money.ts'
import { person, socialSecurity } from './person.ts'
import { phone } from './phone.ts'
import { count, endOf, GROUPS, isWhole, LONGEST_GROUP, read, SPAN, sizeOf, startOf } from './phrase.ts'

/**
 * Looks at the number whose first digit is at `at`. Returns where to go on (past what was read), or NEED.
 * `joined` says that letters stand in the same run, as in `build-2024-01` or a UUID.
 */
export function number(scan: Scan, at: number, joined: boolean): number {
  const { text, context } = scan
  const before = at > 0 ? text.charCodeAt(at - 1) : 0
  const end = read(scan, at)
  if (end === NEED) return NEED
  if (count === 1 && sizeOf(0) >= LONGEST_GROUP) return end
  context.readTo(text, at)
  const glued = isLetter(before)
  let g = 0
  // A row that was cut short is finished by the next piece: only groups of its first half are decided here.
  const cut = count === GROUPS || end - at > SPAN
  while (g < count) {
    if (cut && g > 0 && startOf(g) - at > SPAN / 2 - 16) return startOf(g)
    const used = one(scan, g, glued && g === 0, joined)
    if (used === NEED) return NEED
    g = used > 0 ? g + used : g + 1
  }
  return end
}

/** Decides what starts at group `g`; returns how many groups it takes, 0 for none, or NEED. */
function one(scan: Scan, g: number, glued: boolean, joined: boolean): number {
  const last = count - 1
  const tail = peek(scan, endOf(last))
  if (tail === NEED) return NEED
  const gluedEnd = isAlphanumeric(tail)

  const taken = address(scan, g, glued, gluedEnd)
  if (taken > 0) return taken
  const proved = glued || joined ? 0 : person(scan, g, gluedEnd)
  if (proved > 0) return proved
  const day = date(scan, g)
  if (day !== 0) return day
  const cardGroups = card(scan, g, glued, gluedEnd)
  if (cardGroups > 0) return cardGroups
  const backwards = reversed(scan, g)
  if (backwards > 0) return backwards
  const hung = hanging(scan, g, glued, gluedEnd)
  if (hung > 0) return hung
  if (!glued && isWhole(Math.min(g + 2, last), gluedEnd)) {
    const ssn = socialSecurity(scan, g, joined)
    if (ssn > 0) return ssn
  }
  if (!glued) {
    const money = amount(scan, g)
    if (money !== 0) return money
    const phoneGroups = phone(scan, g, joined, gluedEnd)
    if (phoneGroups !== 0) return phoneGroups
    if (isWhole(g, gluedEnd)) {
      const years = age(scan, g)
      if (years !== 0) return years
      return identifier(scan, g, joined)
    }
    return age(scan, g)
  }
  return 0
}
