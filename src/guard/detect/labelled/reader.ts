// What those who look for a value in the text ahead share: the text at hand, what of it has to wait, and kinds of characters.
import { CLASS, DIGIT as DIGIT_CLASS, LETTER as LETTER_CLASS } from '../chars.ts'
import type { Arrived } from '../scan.ts'
import { UNSPACED_HEADS } from './labels.ts'

export interface Reader extends Arrived {
  /** Nothing is found before this while something waits. */
  hold: number
  /** Between a label and its value: the first word that may be the value of another label; -1 for none. */
  gap: number
  /** What was read up to here is not read again. */
  skip(to: number): void
  /** A finding at local offsets. */
  add(dataClass: string, start: number, end: number, confidence: number): void
}

export const NOTHING = 0
export const LETTER = 1
export const DIGIT = 2
/** `@` and the sign of degrees. */
export const SIGN = 3
export const UNSPACED = 4
export const KIND = new Uint8Array(65_536)
for (let code = 0; code < 65_536; code++) {
  const kind = CLASS[code] ?? 0
  if (kind === LETTER_CLASS) KIND[code] = LETTER
  else if (kind === DIGIT_CLASS) KIND[code] = DIGIT
}
KIND[64] = SIGN
KIND[0xb0] = SIGN
for (const head of UNSPACED_HEADS) KIND[head] = UNSPACED

export const isBlank = (code: number) => code === 32 || code === 9 || code === 0xa0
