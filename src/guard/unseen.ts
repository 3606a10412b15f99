// Characters that nobody sees. Some have an honest use, one at a time: joiners in scripts and emoji, a selector behind the sign
// whose form it chooses. The rest hides text: tags spell ASCII (Unicode 17, 23.9), and selectors of which there are 256 spell
// bytes, any number of them behind one sign.

/** Hidden, and spells nothing by itself. */
export const SILENT = -1

const isSelector = (code: number): boolean => (code >= 0xfe00 && code <= 0xfe0f) || (code >= 0xe0100 && code <= 0xe01ef)
const isJoiner = (code: number): boolean => code === 0x200c || code === 0x200d
const IDEOGRAPH = /^\p{Unified_Ideograph}$/u
/** A key of a telephone, whose emoji begins with the plain sign. */
const isKey = (code: number): boolean => (code >= 48 && code <= 57) || code === 35 || code === 42

/** Whether a selector chooses a form of the character before it, as there is one of that has forms. */
function selects(code: number, before: number): boolean {
  if (isSelector(before)) return false
  if (code >= 0xe0100) return IDEOGRAPH.test(String.fromCodePoint(before))
  return before >= 128 || isKey(before) || before === 0
}

const MAY_HIDE = /[\ufe00-\ufe0f\udb40]/
/** All that a text says in characters that nobody sees. */
export function unseenText(text: string): string {
  if (!MAY_HIDE.test(text)) return ''
  const bytes: number[] = []
  let before = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    const said = unseen(code, before)
    if (said !== undefined && said !== SILENT) bytes.push(said)
    before = code
  }
  return Buffer.from(bytes).toString()
}

/**
 * What a character that nobody sees says behind the character `before` (0: it is the first): a byte of hidden text, or `SILENT`;
 * undefined if it is seen or has an honest use there.
 */
export function unseen(code: number, before: number): number | undefined {
  if (code < 0x180e) return undefined
  if (code >= 0xe0000) {
    if (code >= 0xe0020 && code <= 0xe007e) return code - 0xe0000
    if (code <= 0xe007f) return SILENT
    return isSelector(code) && !selects(code, before) ? code - 0xe0100 + 16 : undefined
  }
  if (isSelector(code)) return selects(code, before) ? undefined : code - 0xfe00
  if (isJoiner(code)) return isJoiner(before) ? SILENT : undefined
  return (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x2069) ||
    code === 0x200b ||
    code === 0xfeff ||
    code === 0x180e ||
    (code >= 0xfff9 && code <= 0xfffb)
    ? SILENT
    : undefined
}
