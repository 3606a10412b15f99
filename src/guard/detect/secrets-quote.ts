// Whether a quote opens a password: what stands in it is then one value, blanks and all.
import { isPasswordArgument, isPasswordPlace, opensGlued } from './secrets-call.ts'
import { isCurlUser } from './secrets-login.ts'
import { isAlnum } from './secrets-pattern.ts'
import { NAME_REACH, nameBefore, namesPassword } from './secrets-value.ts'

const never = () => false

/** Signs that part a name from its value, or quote the name: `=` `:` `>` `,` `(` `\` `"` `'`. */
const isSign = (code: number) =>
  code === 61 || code === 58 || code === 62 || code === 44 || code === 40 || code === 92 || code === 34 || code === 39

/** Does the quote at `at` open one? */
export function opensSecret(text: string, at: number): boolean {
  // Most quotes do not follow an assignment; look at the two characters before them first.
  const before = text.charCodeAt(at - 1)
  const further = text.charCodeAt(at - 2)
  if (!isSign(before) && !(before === 32 && (isSign(further) || isAlnum(further))))
    return before <= 32 ? isPasswordArgument(text, at) : opensGlued(text, at)
  const name = nameBefore(text, at, Math.max(0, at - NAME_REACH))
  return (
    (name !== undefined && namesPassword(name)) ||
    isPasswordArgument(text, at) ||
    isPasswordPlace(text, at + 1, never) ||
    (before === 32 && isCurlUser(text, at))
  )
}
