// Names are identifiers: rules, audit rows and people compare them. So a name has one spelling (NFC), nothing invisible,
// one script, and no two names of a kind look alike: `dana`, `Dana` and `dаna` with a Cyrillic а cannot all exist.
// After UTS 39 (single script, skeleton), with the confusables of the scripts that imitate Latin.
import { Fault, LOOKALIKES } from '../core/index.ts'

const MAX_LENGTH = 64
/** Starts with a letter or digit (so never `.` or `..` in a path); `/` is kept for subjects such as `user/dana`. */
const SHAPE = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._@+:-]*$/u

/** Scripts with letters that look like those of another. Of those that nobody writes any more, some look like Latin throughout. */
const SCRIPTS = [
  ...['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Cherokee', 'Hebrew', 'Arabic', 'Georgian', 'Ethiopic', 'Tifinagh'],
  ...['Canadian_Aboriginal', 'Coptic', 'Deseret', 'Gothic', 'Lisu', 'Lycian', 'Lydian', 'Carian', 'Old_Italic'],
  ...['Elbasan', 'Osage', 'Runic', 'Vai', 'Warang_Citi'],
].map((script) => new RegExp(`\\p{Script=${script}}`, 'u'))

/** Letters beside those of core/lookalikes.ts, in lower case: a name is looked at, so what is nearly alike is alike. */
const NEARLY: Record<string, string> = {
  ё: 'e',
  ї: 'i',
  ԍ: 'g',
  μ: 'm',
  σ: 'o',
  ϲ: 'c',
  ϳ: 'j',
  յ: 'j',
  ℓ: 'l',
  ᴑ: 'o',
  ʋ: 'u',
}

/** What a name looks like: compatibility forms unified, case folded, marks dropped from no letter, lookalikes to Latin. */
export function skeleton(name: string): string {
  let text = ''
  for (const letter of name.normalize('NFKC').toLowerCase())
    text += NEARLY[letter] ?? LOOKALIKES.get(letter.codePointAt(0) ?? 0)?.toLowerCase() ?? letter
  return text.normalize('NFC')
}

/**
 * The name if it can be one.
 * @throws Fault `validation_failed` naming `param`
 */
export function checkName(name: string, param = 'name'): string {
  const refuse = (detail: string): never => {
    throw new Fault('validation_failed', { detail, data: { param } })
  }
  if (name.length === 0) refuse('A name is needed.')
  if ([...name].length > MAX_LENGTH) refuse(`A name has at most ${MAX_LENGTH} characters.`)
  if (!name.isWellFormed() || name !== name.normalize('NFC')) refuse('The name is not in Unicode normal form NFC.')
  if (!SHAPE.test(name) || name.endsWith(' '))
    refuse('A name starts with a letter or digit and has letters, digits, spaces inside, and . _ @ + : - only.')
  if (SCRIPTS.filter((script) => script.test(name)).length > 1)
    refuse('The name mixes alphabets whose letters look alike.')
  return name
}
