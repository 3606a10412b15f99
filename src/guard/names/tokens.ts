// Cuts text into words, numbers, signs and line ends, and gives each a handful of integers (hashes of the word, its ends,
// its shape, what the lexicon knows of it). No strings are built: everything is computed from character codes, which is
// what makes tagging at megabytes a second possible. Training and running use this same code.
import { unitsOf } from '../units.ts'
import type { Lexicon } from './weights.ts'

const TABLE = 0x3000
const LETTER = 1
const UPPER = 2
const DIGIT = 4
const SPACE = 8

/** Per character below U+3000: kind, and the small letter without its marks. */
const KIND = new Uint8Array(TABLE)
const FOLD = new Uint16Array(TABLE)
for (let code = 0; code < TABLE; code++) {
  const char = String.fromCharCode(code)
  const lower = char.toLowerCase()
  if (/[\p{L}\p{M}]/u.test(char)) KIND[code] = LETTER | (char !== lower && lower.length === 1 ? UPPER : 0)
  else if ((code >= 48 && code <= 57) || code === 95)
    // `user_id` is one word, and as little a name as `x2`.
    KIND[code] = DIGIT
  else if (/\s/.test(char) || code < 32) KIND[code] = SPACE
  const bare = lower.normalize('NFD').charCodeAt(0)
  FOLD[code] = lower === 'ł' ? 108 : lower === 'ø' ? 111 : lower === 'đ' ? 100 : lower === 'ı' ? 105 : bare
}

/** Beyond the table: letters of scripts without capitals; halves of pairs (emoji) and private signs are signs. */
const kindOf = (code: number): number =>
  code < TABLE ? KIND[code]! : code < 0xd800 || (code >= 0xf900 && code < 0xfe00) ? LETTER : 0
const fold = (code: number): number => (code < TABLE ? FOLD[code]! : code)

/** Of scripts without capitals, in which nothing but a label tells a name: that is not for the tagger. */
const isCaseless = (code: number): boolean => (code >= 0x590 && code < 0x1e00) || code >= 0x2c00

/** Hash of the last `count` letters from that of the last `count - 1` and the one before them, at `at`. */
const tailOf = (tail: number, code: number, count: number): number => (Math.imul(tail ^ fold(code), PRIME) + count) | 0

/** Kinds of token, most telling first; signs are `sign` plus a few bits of their code. */
export const SHAPE = {
  lower: 0,
  capital: 1,
  capitals: 2,
  mixed: 3,
  initial: 4,
  digits1: 5,
  digits2: 6,
  digits3: 7,
  digits4: 8,
  digits5: 9,
  digitsMany: 10,
  alnum: 11,
  newline: 12,
  year: 13,
  decimal: 14,
  /** `oldName`: as programs write what they name. */
  camel: 15,
  sign: 16,
} as const

/** What the lexicon may know of a word. */
export const KNOWN = {
  common: 1,
  given: 2,
  family: 4,
  place: 8,
  country: 16,
  firm: 32,
  street: 64,
  title: 128,
  people: 256,
  calendar: 512,
  particle: 1024,
  product: 2048,
  /** A word that somebody is called as well. */
  word: 4096,
} as const

/** Columns of a token in `Tokens.data`. */
export const COLUMN = {
  start: 0,
  end: 1,
  word: 2,
  shape: 3,
  known: 4,
  head2: 5,
  head3: 6,
  tail2: 7,
  tail3: 8,
  tail4: 9,
  flags: 10,
} as const
export const COLUMNS = 12
/**
 * `label`: one or two small letters and a number, as things are counted and named: `w18`, `v2`, `x_1`; `caseless`: of a script
 * without capitals. The model sees neither.
 */
export const FLAG = { lineStart: 1, sentenceStart: 2, afterSpace: 4, candidate: 8, label: 16, caseless: 32 } as const

/** A word, alone or with figures in it, or a whole number. */
export const isWord = (shape: number): boolean => shape < SHAPE.newline || shape === SHAPE.camel

const LONGEST_WORD = 64
/** More figures behind a comma are a number of their own: `Hauptstr. 12,10115`. */
const DECIMALS = 3
const isFigure = (c: number): boolean => c >= 48 && c <= 57
const PRIME = 0x01000193
const SEED = 0x811c9dc5 | 0

/** Tables of finished streams, for the next ones: making one costs more than reading a short text into it. */
const spare: Int32Array[] = []
const FIRST_ROOM = 96 * COLUMNS
const MOST_SPARE = 64
const NONE = new Int32Array(0)

/** Tokens found so far over a text that grows at its end and is dropped at its beginning. */
export class Tokens {
  data = spare.pop() ?? new Int32Array(FIRST_ROOM)
  count = 0
  readonly #lexicon: Lexicon
  #sentence = true
  #line = true
  #spaced = false
  #newline = false

  constructor(lexicon: Lexicon) {
    this.#lexicon = lexicon
  }

  /** The text is over: the table goes to the next one, without what it held. */
  release(): void {
    if (this.data.length === FIRST_ROOM && spare.length < MOST_SPARE) spare.push(this.data.fill(0))
    this.data = NONE
    this.count = 0
  }

  /** Forgets the first `count` tokens. */
  drop(count: number): void {
    this.data.copyWithin(0, count * COLUMNS, this.count * COLUMNS)
    this.count -= count
  }

  /**
   * Reads tokens of `text` from `at` on; offsets get `base` added. A word that touches the end is left for later unless
   * the text is complete. Stops when there are `most`. Returns where reading stopped.
   */
  read(text: string, at: number, base: number, last: boolean, most = Number.POSITIVE_INFINITY): number {
    const size = text.length
    const units = unitsOf(text, at)
    let i = at
    while (i < size && this.count < most) {
      const code = units[i]!
      const kind = code < 128 ? KIND[code]! : kindOf(code)
      if ((kind & (LETTER | DIGIT)) === 0) {
        if (code === 32) this.#spaced = true
        else if (code === 10) {
          // Several line ends are one token; the first one stands for them.
          if (!this.#newline) this.#sign(base + i, 10, SHAPE.newline)
          this.#newline = true
          this.#line = true
          this.#sentence = true
          this.#spaced = true
        } else if (kind === SPACE) this.#spaced = true
        else {
          this.#sign(base + i, code, SHAPE.sign + (code & 63))
          if (code === 46 || code === 33 || code === 63 || code === 58) this.#sentence = true
        }
        i++
        continue
      }
      const end = this.#word(units, size, i, base, last)
      if (end < 0) return i
      i = end
    }
    return i
  }

  #word(units: Uint16Array, size: number, start: number, base: number, last: boolean): number {
    const limit = Math.min(size, start + LONGEST_WORD)
    let i = start
    let letters = 0
    let capitals = 0
    let digits = 0
    let first = false
    let hash = SEED
    let head2 = 0
    let head3 = 0
    // Most words are small ASCII letters and nothing else: those need no tables.
    for (; i < limit; i++) {
      const c = units[i]!
      if (c < 97 || c > 122) break
      hash = Math.imul(hash ^ c, PRIME)
      if (i === start + 1) head2 = hash
      else if (i === start + 2) head3 = hash
    }
    letters = i - start
    const small = letters
    for (; i < limit; i++) {
      const c = units[i]!
      const k = kindOf(c)
      if ((k & LETTER) !== 0) {
        letters++
        if ((k & UPPER) !== 0) {
          capitals++
          if (i === start) first = true
        }
      } else if (k === DIGIT) digits++
      else if ((c === 39 || c === 0x2019) && i > start && i - start <= 2 && capitals > 0) {
        // O'Brien, D'Angelo: one capital more behind the apostrophe, which must be there to be seen.
        if (i + 1 >= size && !last) return -1
        if (i + 1 >= size || (kindOf(units[i + 1]!) & UPPER) === 0) break
        continue
      } else break
      hash = Math.imul(hash ^ fold(c), PRIME)
      if (i === start + 1) head2 = hash
      else if (i === start + 2) head3 = hash
    }
    if (i >= size && !last && i < start + LONGEST_WORD) return -1
    // `4.812,33`, `124.0.6`, `12.03.2019`: one number, and none of a house.
    let decimal = false
    while (letters === 0 && i < limit && (units[i] === 46 || units[i] === 44) && isFigure(units[start]!)) {
      const most = Math.min(limit, units[i] === 44 ? i + 2 + DECIMALS : limit)
      let k = i + 1
      while (k < most && isFigure(units[k]!)) k++
      if (k >= size && !last && k < start + LONGEST_WORD) return -1
      if (k === i + 1 || (units[i] === 44 && k > i + 1 + DECIMALS)) break
      decimal = true
      i = k
    }
    const length = i - start
    const tail1 = tailOf(0, units[i - 1]!, 1)
    const tail2 = length > 1 ? tailOf(tail1, units[i - 2]!, 2) : 0
    const tail3 = length > 2 ? tailOf(tail2, units[i - 3]!, 3) : 0
    const tail4 = length > 3 ? tailOf(tail3, units[i - 4]!, 4) : 0
    let shape: number
    if (letters === 0) {
      const lead = units[start]!
      if (decimal) shape = SHAPE.decimal
      else shape = length === 4 && (lead === 49 || lead === 50) ? SHAPE.year : SHAPE.digits1 + Math.min(length, 6) - 1
    } else if (digits > 0) shape = SHAPE.alnum
    else if (capitals === 0) shape = SHAPE.lower
    else if (letters === 1) shape = SHAPE.initial
    else if (capitals === letters) shape = SHAPE.capitals
    else if (!first) shape = SHAPE.camel
    else shape = capitals === 1 ? SHAPE.capital : SHAPE.mixed
    const known = letters > 0 && digits === 0 ? this.#lexicon.get(hash) : 0
    let flags = this.#spaced ? FLAG.afterSpace : 0
    if (this.#line) flags |= FLAG.lineStart
    if (this.#sentence) flags |= FLAG.sentenceStart
    // A small word that everybody uses begins nothing, nor does one at the beginning of a sentence; anything else may.
    const everyday =
      (known & KNOWN.common) !== 0 &&
      (shape === SHAPE.lower ||
        (shape === SHAPE.capital &&
          (flags & FLAG.sentenceStart) !== 0 &&
          (known & ~(KNOWN.common | KNOWN.particle)) === 0))
    const caseless = isCaseless(units[start]!)
    if (caseless) flags |= FLAG.caseless
    if (
      !everyday &&
      !decimal &&
      !caseless &&
      !(shape === SHAPE.lower && known === 0 && length >= 7 && ENDINGS.has(tail3))
    )
      flags |= FLAG.candidate
    if (small > 0 && small <= 2 && digits > 0 && small + digits === length) flags |= FLAG.label
    const at = this.#room()
    const data = this.data
    data[at] = base + start
    data[at + 1] = base + i
    data[at + 2] = letters === 0 ? 7 : hash
    data[at + 3] = shape
    data[at + 4] = known
    data[at + 5] = head2
    data[at + 6] = head3
    data[at + 7] = tail2
    data[at + 8] = tail3
    data[at + 9] = tail4
    data[at + 10] = flags
    this.#spaced = false
    this.#line = false
    this.#sentence = false
    this.#newline = false
    return i
  }

  #sign(start: number, word: number, shape: number): void {
    const at = this.#room()
    const data = this.data
    data[at] = start
    data[at + 1] = start + 1
    data[at + 2] = word
    data[at + 3] = shape
    for (let k = 4; k < 10; k++) data[at + k] = 0
    data[at + 10] = this.#spaced ? FLAG.afterSpace : 0
    this.#spaced = false
    this.#newline = false
  }

  #room(): number {
    const at = this.count * COLUMNS
    if (at + COLUMNS > this.data.length) {
      const grown = new Int32Array(Math.max(FIRST_ROOM, this.data.length * 2))
      grown.set(this.data)
      this.data = grown
    }
    this.count++
    return at
  }
}

/** Endings of English words that no name in small letters shares with them often enough to matter. */
const ENDINGS: ReadonlySet<number> = new Set(
  'ing ied ted ded sed ned red ged led ion ons ess ent nts ble ous ive ful ies ism ist ity ize ise ary ate ical ally'
    .split(' ')
    .map((ending) => {
      let tail = 0
      for (let k = 1; k <= 3; k++) tail = tailOf(tail, ending.charCodeAt(ending.length - k), k)
      return tail
    }),
)

/** Hash of a word as tokens carry it; for building the lexicon. */
export function hashWord(word: string): number {
  let hash = SEED
  for (let i = 0; i < word.length; i++) {
    const code = word.charCodeAt(i)
    if ((code === 39 || code === 0x2019) && i > 0) continue
    hash = Math.imul(hash ^ fold(code), PRIME)
  }
  return hash
}
