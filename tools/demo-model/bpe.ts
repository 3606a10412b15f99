// Trains the byte-level BPE vocabulary: control tokens, placeholders, the 256 bytes, then the best merges. Digits are never
// merged, so that a number is copied digit by digit.
import { BYTE_CHARS, toByteChars, WORD_PATTERN } from '../../src/model/embedded/bytes.ts'
import type { Vocabulary } from '../../src/model/embedded/tokenizer.ts'
import { TOKEN_TYPE } from '../../src/model/embedded/tokenizer.ts'
import { PLACEHOLDERS } from './words.ts'

export const CONTROL = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'] as const

export function trainVocabulary(texts: Iterable<string>, size: number): Vocabulary {
  const counts = new Map<string, number>()
  const placeholder = new RegExp(PLACEHOLDERS.join('|'), 'g')
  for (const text of texts)
    for (const part of text.split(placeholder))
      for (const [word] of part.matchAll(WORD_PATTERN)) counts.set(word, (counts.get(word) ?? 0) + 1)
  const words = [...counts].map(([word, count]) => ({ pieces: toByteChars(word), count }))

  const tokens: string[] = [...CONTROL, ...PLACEHOLDERS, ...BYTE_CHARS]
  const types = [
    ...CONTROL.map(() => TOKEN_TYPE.control),
    ...PLACEHOLDERS.map(() => TOKEN_TYPE.userDefined),
  ] as number[]
  const merges: string[] = []
  while (types.length < tokens.length) types.push(TOKEN_TYPE.normal)

  // Pair counts are kept up to date; each merge touches only the words that contain the pair.
  const pairs = new Map<string, { count: number; words: Set<number> }>()
  const tally = (index: number, sign: 1 | -1) => {
    const { pieces, count } = words[index]!
    for (let i = 0; i + 1 < pieces.length; i++) {
      const key = `${pieces[i]} ${pieces[i + 1]}`
      if (/[0-9]/.test(key)) continue
      let pair = pairs.get(key)
      if (!pair) {
        pair = { count: 0, words: new Set() }
        pairs.set(key, pair)
      }
      pair.count += sign * count
      if (sign > 0) pair.words.add(index)
    }
  }
  for (let i = 0; i < words.length; i++) tally(i, 1)
  while (tokens.length < size) {
    let best = ''
    let most = 1
    for (const [key, { count }] of pairs)
      if (count > most || (count === most && key < best)) {
        best = key
        most = count
      }
    if (best === '') break
    const [left, right] = best.split(' ') as [string, string]
    merges.push(best)
    tokens.push(left + right)
    types.push(TOKEN_TYPE.normal)
    for (const index of pairs.get(best)?.words ?? []) {
      tally(index, -1)
      const { pieces } = words[index]!
      for (let i = 0; i + 1 < pieces.length; i++)
        if (pieces[i] === left && pieces[i + 1] === right) pieces.splice(i, 2, left + right)
      tally(index, 1)
    }
    pairs.delete(best)
  }
  return { tokens, types, merges }
}
