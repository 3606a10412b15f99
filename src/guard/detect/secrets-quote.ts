// Whether a quote opens a password: what stands in it is then one value, blanks and all; or a key, which has none.
import { argumentAt, openingOf } from './secrets-argument.ts'
import { isPasswordPlace, opensGlued } from './secrets-call.ts'
import { isCurlUser } from './secrets-login.ts'
import { isAlnum } from './secrets-pattern.ts'
import { NAME_REACH, nameBefore, namesPassword } from './secrets-value.ts'

const never = () => false

/** Signs that part a name from its value, or quote the name: `=` `:` `>` `,` `(` `\` `"` `'`. */
const isSign = (code: number) =>
  code === 61 || code === 58 || code === 62 || code === 44 || code === 40 || code === 92 || code === 34 || code === 39

/** What the quote at `at` opens: a password, the value of something named a key, or neither. */
export function opens(text: string, at: number): 'password' | 'key' | undefined {
  // Most quotes do not follow an assignment; look at the characters before them first.
  const opening = openingOf(text, at)
  const before = text.charCodeAt(opening - 1)
  const further = text.charCodeAt(opening - 2)
  if (
    !isSign(before) &&
    !(before === 32 && (isSign(further) || isAlnum(further) || isSign(behindBlanks(text, opening - 2))))
  )
    return (before <= 32 ? argumentAt(text, at) !== undefined : opensGlued(text, at)) ? 'password' : undefined
  const name = nameBefore(text, at + 1, Math.max(0, at - NAME_REACH))
  if (
    (name !== undefined && namesPassword(name)) ||
    argumentAt(text, at) !== undefined ||
    isPasswordPlace(text, at + 1, never) ||
    (before === 32 && isCurlUser(text, at))
  )
    return 'password'
  return name?.assigned === true &&
    !(before === 32 && isAlnum(further)) &&
    (name.words.has('generic') || name.words.has('key')) &&
    !name.words.has('harmless')
    ? 'key'
    : undefined
}

/** Blanks between a sign and its value, so that values stand in a column. */
const MOST_BLANKS = 16

function behindBlanks(text: string, blank: number): number {
  let i = blank
  while (i > 0 && blank - i < MOST_BLANKS && text.charCodeAt(i) === 32) i--
  return text.charCodeAt(i)
}
