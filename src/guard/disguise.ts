// Whether letters that look like Latin ones are a Latin word in disguise, or a word of their own language. Nobody writes one word in
// several alphabets but to be misread.
import { LOOKALIKES } from '../core/index.ts'

/** Alphabets that are told apart, by where each begins; Cyrillic for Russian is another than what no Russian word has. */
const ALPHABETS = [0x300, 0x400, 0x500, 0x530, 0x590, 0x2000, 0xa000, 0x110000]

/** Whether letters are of several alphabets, or of Cyrillic ones that next to nobody writes: then they are a Latin word in disguise. */
export function disguised(codes: readonly number[]): boolean {
  let first = -1
  for (const code of codes) {
    if (!LOOKALIKES.has(code)) continue
    const alphabet = ALPHABETS.findIndex((from) => code < from)
    if (alphabet === 3 || (first >= 0 && alphabet !== first)) return true
    first = alphabet
  }
  return false
}
