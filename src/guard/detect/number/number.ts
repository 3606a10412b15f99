// Numbers: a phrase of digit groups is read whole, and its groups are then taken from the left by the first kind that fits: IP,
// number of a person, date, card, telephone, account and other ids by the words before them.
import { isLetter } from '../chars.ts'
import { NEED, type Scan } from '../scan.ts'
import { age } from './age.ts'
import { card } from './card.ts'
import { date } from './date.ts'
import { hanging, reversed } from './disguised.ts'
import { identifier } from './id.ts'
import { address } from './ip.ts'
import { amount } from './money.ts'
import { person, socialSecurity } from './person.ts'
import { phone } from './phone.ts'
import { GROUPS, LONGEST_GROUP, Phrase, SPAN } from './phrase.ts'

const phrase = new Phrase()

/**
 * Looks at the number whose first digit is at `at`. Returns where to go on (past what was read), or NEED.
 * `joined` says that letters stand in the same run, as in `build-2024-01` or a UUID.
 */
export function number(scan: Scan, at: number, joined: boolean): number {
  const { text, context } = scan
  const before = at > 0 ? text.charCodeAt(at - 1) : 0
  const end = phrase.read(scan, at)
  if (end === NEED) return NEED
  if (phrase.count === 1 && phrase.size(0) >= LONGEST_GROUP) return end
  context.readTo(text, at)
  const glued = isLetter(before)
  let g = 0
  // A row that was cut short is read on from its middle: only groups of its first half are decided here.
  const cut = phrase.count === GROUPS || end - at > SPAN
  while (g < phrase.count) {
    if (cut && phrase.start(g) - at > SPAN / 3) return phrase.start(g)
    const used = one(scan, g, glued && g === 0, joined)
    if (used === NEED) return NEED
    g = used > 0 ? g + used : g + 1
  }
  return end
}

/** Decides what starts at group `g`; returns how many groups it takes, 0 for none, or NEED. */
function one(scan: Scan, g: number, glued: boolean, joined: boolean): number {
  return (
    address(scan, phrase, g, glued) ||
    (glued || joined ? 0 : person(scan, phrase, g)) ||
    date(scan, phrase, g) ||
    card(scan, phrase, g, glued) ||
    reversed(scan, phrase, g) ||
    hanging(scan, phrase, g, glued) ||
    (glued ? 0 : free(scan, g, joined))
  )
}

/** The kinds that no letters hang in front of. */
function free(scan: Scan, g: number, joined: boolean): number {
  return (
    socialSecurity(scan, phrase, g, joined) ||
    amount(scan, phrase, g) ||
    phone(scan, phrase, g, joined) ||
    age(scan, phrase, g) ||
    (phrase.isWhole(g) ? identifier(scan, phrase, g, joined) : 0)
  )
}
