// The words beside a number.
import { isAlphanumeric, isLetter, isUpper } from '../chars.ts'
import { NEED, peek, type Scan } from '../scan.ts'

/** True if the text before `end` ends with `word` (lower case) as a word of its own. */
export function endsWithWord(text: string, end: number, word: string): boolean {
  const from = end - word.length
  if (from < 0 || (from > 0 && isAlphanumeric(text.charCodeAt(from - 1)))) return false
  for (let i = 0; i < word.length; i++) {
    const c = text.charCodeAt(from + i)
    if ((isUpper(c) ? c + 32 : c) !== word.charCodeAt(i)) return false
  }
  return true
}

/** End of the letters at `i`, at most 12 of them; NEED if they are not all there. */
export function wordEnd(scan: Scan, i: number): number {
  let end = i
  while (end < i + 13) {
    const c = peek(scan, end)
    if (c === NEED) return NEED
    if (!isLetter(c)) return end
    end++
  }
  return end
}
