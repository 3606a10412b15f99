// Character classes of the structured scanner: one table look-up per UTF-16 unit, no allocation, no regular expressions.

export const LETTER = 1
export const DIGIT = 2
export const AT = 4
export const DOT = 8
export const COLON = 16
/** `-`, `_`, `+`, `%` and `/`: may stand inside an address, a number or a path. */
export const JOIN = 32

/** Class of every UTF-16 unit; 0 ends a run. CJK, Hangul and surrogates end a run: no structured value contains them. */
export const CLASS: Uint8Array = (() => {
  const table = new Uint8Array(65_536)
  for (let c = 0xc0; c < 0x3000; c++) if (c < 0x2000 || c >= 0x2c00) table[c] = LETTER
  table[0xd7] = 0
  table[0xf7] = 0
  for (let c = 48; c <= 57; c++) table[c] = DIGIT
  for (let c = 65; c <= 90; c++) {
    table[c] = LETTER
    table[c + 32] = LETTER
  }
  table[64] = AT
  table[46] = DOT
  table[58] = COLON
  for (const c of '-_+%/') table[c.charCodeAt(0)] = JOIN
  return table
})()

export const isDigit = (c: number): boolean => c >= 48 && c <= 57
export const isUpper = (c: number): boolean => c >= 65 && c <= 90
export const isAsciiLetter = (c: number): boolean => (c >= 65 && c <= 90) || (c >= 97 && c <= 122)
export const isLetter = (c: number): boolean => (CLASS[c] ?? 0) === LETTER
export const isAlphanumeric = (c: number): boolean => ((CLASS[c] ?? 0) & (LETTER | DIGIT)) !== 0
export const isHex = (c: number): boolean => isDigit(c) || (c >= 97 && c <= 102) || (c >= 65 && c <= 70)

/** Lower case for ASCII and Latin-1 letters, by unit. */
export const lower = (c: number): number => ((c >= 65 && c <= 90) || (c >= 0xc0 && c <= 0xde) ? c + 32 : c)

/** FNV-1a over folded units: the key of every word table here. */
export function hashWord(text: string, from: number, to: number): number {
  let hash = 0x811c9dc5
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ lower(text.charCodeAt(i)), 0x01000193)
  return hash | 0
}

/** A closed set of words, asked by span without making a string. */
export interface WordTable {
  /** The bits stored for the word, 0 if it is not in the table. */
  get(text: string, from: number, to: number): number
}

export function createWordTable(words: ReadonlyMap<string, number>): WordTable {
  let longest = 0
  const size = 1 << Math.ceil(Math.log2(Math.max(8, words.size * 4)))
  const keys = new Int32Array(size)
  const bits = new Int32Array(size)
  for (const [word, bit] of words) {
    longest = Math.max(longest, word.length)
    const key = hashWord(word, 0, word.length)
    let slot = key & (size - 1)
    while (bits[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & (size - 1)
    keys[slot] = key
    bits[slot] = (bits[slot] ?? 0) | bit
  }
  return {
    get(text, from, to) {
      if (to - from > longest) return 0
      const key = hashWord(text, from, to)
      for (let slot = key & (size - 1); bits[slot] !== 0; slot = (slot + 1) & (size - 1))
        if (keys[slot] === key) return bits[slot] ?? 0
      return 0
    },
  }
}
