// Names are identifiers: rules, audit rows and people compare them. So a name has one spelling (NFC), nothing invisible,
// one script, and no two names of a kind look alike: `dana`, `Dana` and `dаna` with a Cyrillic а cannot all exist.
// After UTS 39 (single script, skeleton), with the confusables of the scripts that imitate Latin.
import { Fault } from '../core/index.ts'

const MAX_LENGTH = 64
/** Starts with a letter or digit (so never `.` or `..` in a path); `/` is kept for subjects such as `user/dana`. */
const SHAPE = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._@+:-]*$/u

/** Scripts with letters that look like those of another. Of those that nobody writes any more, some look like Latin throughout. */
const SCRIPTS = [
  ...['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Cherokee', 'Hebrew', 'Arabic', 'Georgian', 'Ethiopic', 'Tifinagh'],
  ...['Canadian_Aboriginal', 'Coptic', 'Deseret', 'Gothic', 'Lisu', 'Lycian', 'Lydian', 'Carian', 'Old_Italic'],
  ...['Elbasan', 'Osage', 'Runic', 'Vai', 'Warang_Citi'],
].map((script) => new RegExp(`\\p{Script=${script}}`, 'u'))

/** Letters of other scripts, in lower case, and Latin ones of phoneticians, to the plain Latin letter they look like. */
const LOOKALIKES: Record<string, string> = {
  ...{ а: 'a', ь: 'b', с: 'c', ԁ: 'd', е: 'e', ё: 'e', һ: 'h', і: 'i', ї: 'i', ј: 'j', к: 'k', ӏ: 'l', м: 'm', н: 'h' },
  ...{ о: 'o', р: 'p', ԛ: 'q', г: 'r', ѕ: 's', т: 't', у: 'y', ѵ: 'v', ԝ: 'w', х: 'x', в: 'b' },
  ...{ α: 'a', β: 'b', ϲ: 'c', ε: 'e', η: 'n', ι: 'i', κ: 'k', μ: 'm', ν: 'v', ο: 'o', ρ: 'p', σ: 'o', τ: 't', υ: 'u' },
  ...{ ɑ: 'a', ᴀ: 'a', ʙ: 'b', ᴄ: 'c', ᴅ: 'd', ᴇ: 'e', ꜰ: 'f', ɡ: 'g', ɢ: 'g', ʜ: 'h', ɩ: 'i', ɪ: 'i', ᴊ: 'j', ᴋ: 'k' },
  ...{
    ʟ: 'l',
    ᴍ: 'm',
    ɴ: 'n',
    ᴏ: 'o',
    ᴑ: 'o',
    ᴘ: 'p',
    ʀ: 'r',
    ꜱ: 's',
    ᴛ: 't',
    ᴜ: 'u',
    ʋ: 'u',
    ᴠ: 'v',
    ᴡ: 'w',
    ʏ: 'y',
    ᴢ: 'z',
  },
  ...{ χ: 'x', ϳ: 'j', ω: 'w', γ: 'y', հ: 'h', օ: 'o', ս: 'u', ո: 'n', ց: 'g', զ: 'q', յ: 'j', ԍ: 'g', ı: 'i', ℓ: 'l' },
}

/** What a name looks like: compatibility forms unified, case folded, marks dropped from no letter, lookalikes to Latin. */
export function skeleton(name: string): string {
  let text = ''
  for (const letter of name.normalize('NFKC').toLowerCase()) text += LOOKALIKES[letter] ?? letter
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
