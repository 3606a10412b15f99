// What the readers of base64 and its kin share: what each character counts, which bytes are text, and where a run of them begins.
import { unitsOf } from '../units.ts'

/** No character of this alphabet. */
export const NONE = 255

/** By character code below 128: what it counts in an alphabet, NONE for others. `anyCase`: capitals count like small letters. */
function valuesOf(alphabet: string, anyCase = false): Uint8Array {
  const values = new Uint8Array(128).fill(NONE)
  for (const [value, c] of [...alphabet].entries()) {
    values[c.charCodeAt(0)] = value
    if (anyCase) values[c.toUpperCase().charCodeAt(0)] = value
  }
  return values
}

/** Six bits of a character of base64 or base64url. */
export const SIX = valuesOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
SIX[45] = 62
SIX[95] = 63
/** Five bits of a character of base32, in either case. */
export const FIVE = valuesOf('abcdefghijklmnopqrstuvwxyz234567', true)
export const FOUR = valuesOf('0123456789abcdef', true)
export const FIFTY_EIGHT = valuesOf('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz')

export const inRun = (c: number): boolean => c < 128 && (SIX[c] ?? NONE) < 64
/** By any unit: 1 for a character of base64. */
const IN_RUN = Uint8Array.from({ length: 65_536 }, (_, c) => (inRun(c) ? 1 : 0))

/** What stands before each line of a code: indents, as in YAML, and quotes, as in mail. */
export const isIndent = (c: number): boolean => c === 32 || c === 9 || c === 62

export const isPrintable = (byte: number): boolean =>
  (byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13

/**
 * UTF-8 without control characters as a machine: bytes still wanted (0 to 3) and the next byte, to the bytes then wanted; 9 for
 * no. A zero begins UTF-16 of Latin letters, either end first: from there on (4, 5) zeros and characters take turns.
 */
export const STEP = new Uint8Array(6 * 256).fill(9)
for (let byte = 0; byte < 256; byte++) {
  if (isPrintable(byte)) STEP[byte] = 0
  else if (byte >= 0xc2 && byte < 0xe0) STEP[byte] = 1
  else if (byte >= 0xe0 && byte < 0xf0) STEP[byte] = 2
  else if (byte >= 0xf0 && byte < 0xf5) STEP[byte] = 3
  if (isPrintable(byte) || byte >= 0xa0) STEP[5 * 256 + byte] = 4
  if (byte >= 0x80 && byte < 0xc0) for (let left = 1; left < 4; left++) STEP[left * 256 + byte] = left - 1
}
STEP[0] = 5
STEP[4 * 256] = 5

/** The text that bytes spell in UTF-8, undefined if they are none. */
export function textOf(bytes: Uint8Array): string | undefined {
  let wanted = 0
  for (const byte of bytes) {
    wanted = byte === 0 ? 9 : (STEP[(wanted << 8) | byte] ?? 9)
    if (wanted === 9) return undefined
  }
  return wanted === 0 ? Buffer.from(bytes).toString('utf8') : undefined
}

/** Shorter runs spell nothing worth hiding. */
export const SHORTEST = 10

/**
 * Where the next run of at least `least` characters begins; nearer the end of the text than that, where one may begin. `table`: by
 * any unit, 0 for what is in no run.
 */
export function nextRun(text: string, from: number, ended: boolean, least = SHORTEST, table = IN_RUN): number {
  let i = from
  const units = unitsOf(text, from)
  for (;;) {
    // Whatever run holds so many characters from here on also holds the last of them.
    let k = Math.min(text.length, i + least) - 1
    while (k >= i) {
      if (table[units[k] ?? 0] === 0) break
      k--
    }
    if (k >= i) {
      i = k + 1
      continue
    }
    return ended && text.length - i < least ? text.length : i
  }
}
