// Words of a canonical text as integers, and the features of the linear model over them: single words, word beginnings,
// neighbours, and the figures of speech of rules.ts. Training and scoring use this same code.
import { unitsOf } from '../units.ts'
import { FIGURES, figureOf } from './rules.ts'

export const WINDOW_WORDS = 70
export const FEATURE_BITS = 17
const MASK = (1 << FEATURE_BITS) - 1
const PRIME = 0x01000193

export interface Words {
  readonly count: number
  readonly hash: Int32Array
  readonly stem: Int32Array
  /** Bits of the concepts a word stands for, see rules.ts. */
  readonly concept: Int32Array
  readonly at: Int32Array
}

const TABLE = new Uint16Array(0x250)
for (let code = 0; code < TABLE.length; code++) {
  const char = String.fromCharCode(code)
  if (/[\p{L}]/u.test(char)) TABLE[code] = char.toLowerCase().normalize('NFD').charCodeAt(0)
  else if (code >= 48 && code <= 57) TABLE[code] = 48
}

/** Signs that are words of their own: chat templates are made of them. */
const SIGNS = new Uint8Array(128)
for (const char of '<>[]#') SIGNS[char.charCodeAt(0)] = 1

/** Where scoring writes the words of one text after the other: four arrays for each short text would cost more than it. */
const scratch = { hash: new Int32Array(0), stem: new Int32Array(0), concept: new Int32Array(0), at: new Int32Array(0) }

/** Up to `limit` words of a text. With `lent` what is returned holds until the next call. */
export function wordsOf(text: string, limit: number, lent = false): Words {
  const room = Math.min(limit, (text.length >> 1) + 2)
  const make = (): Omit<Words, 'count'> => ({
    hash: new Int32Array(room),
    stem: new Int32Array(room),
    concept: new Int32Array(room),
    at: new Int32Array(room),
  })
  if (lent && scratch.hash.length < room) Object.assign(scratch, make())
  const { hash, stem, concept, at } = lent ? scratch : make()
  const size = text.length
  const units = unitsOf(text, 0)
  let count = 0
  let i = 0
  while (i < size && count < room) {
    const code = units[i]!
    let folded = code < TABLE.length ? TABLE[code]! : code >= 0x2e80 ? code : /\p{L}/u.test(text[i]!) ? code : 0
    if (folded === 0) {
      if (code < 128 && SIGNS[code] === 1) {
        hash[count] = code
        stem[count] = code
        concept[count] = 0
        at[count++] = i
      }
      i++
      continue
    }
    const start = i
    let h = 0x811c9dc5 | 0
    let s = h
    // Scripts without blanks are read letter by letter.
    const single = code >= 0x2e80 && code < 0xac00
    while (folded !== 0) {
      h = Math.imul(h ^ folded, PRIME)
      if (i - start === 4) s = h
      i++
      if (i >= size || i - start > 40 || single) break
      const next = units[i]!
      folded = next < TABLE.length ? TABLE[next]! : next >= 0x2e80 ? 0 : /\p{L}/u.test(text[i]!) ? next : 0
      // don't, can't: the apostrophe neither ends the word nor belongs to it.
      if ((next === 39 || next === 0x2019) && i + 1 < size && (TABLE[units[i + 1]!] ?? 0) > 48) {
        i++
        folded = TABLE[units[i]!]!
      }
    }
    hash[count] = h
    stem[count] = i - start >= 5 ? s : h
    concept[count] = figureOf(h)
    at[count++] = start
  }
  return { count, hash, stem, concept, at }
}

const mix = (kind: number, a: number, b: number, c: number): number => {
  let h = Math.imul(a ^ Math.imul(kind, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(b, 0xc2b2ae35) ^ Math.imul(c, 0x27d4eb2f)
  h ^= h >>> 15
  h = Math.imul(h, 0x2c1b3c6d)
  // Feature 0 is the one that says nothing.
  return (h ^ (h >>> 12)) & MASK || 1
}

export const FEATURES_PER_WORD = 5

/** A short text has few features; each of them counts more, or no short text could ever look like an attack. */
export const weightOfWindow = (words: number): number =>
  Math.sqrt(WINDOW_WORDS / Math.max(6, Math.min(WINDOW_WORDS, words)))

/** Features that end at word `i`. */
export function featuresAt(words: Words, i: number, out: Int32Array): void {
  const { hash, stem } = words
  const w = hash[i]!
  const p = i > 0 ? hash[i - 1]! : 1
  const pp = i > 1 ? hash[i - 2]! : 2
  if (w === p || w === pp) {
    // Rows of the same word or number say nothing more than one of them.
    for (let f = 0; f < FEATURES_PER_WORD; f++) out[f] = 0
    return
  }
  out[0] = mix(1, w, 0, 0)
  out[1] = mix(2, stem[i]!, 0, 0)
  out[2] = mix(3, p, w, 0)
  out[3] = mix(4, pp, p, w)
  out[4] = mix(5, pp, w, 0)
}

/** Feature of figure number `figure` of FIGURES being used. */
export const figureFeature = (figure: number): number => mix(6, figure + 1, FIGURES.length, 0)
