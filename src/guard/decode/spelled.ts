// Text spelt one character at a time: letters set apart by the same sign (`j a n e`, `4-1-1-1`), and lists of character numbers,
// hexadecimal, decimal, octal or binary (`6a 61 6e 65`, `106, 97`, `0x6a,0x61`). A row of the same kind of unit with the same
// gap is read as a whole, so ordinary text is let go at its first word.
import { CLASS, createWordTable, DIGIT, isAlphanumeric, isDigit, isHex, LETTER as LETTERS } from '../detect/chars.ts'
import type { DetectorStream } from '../detector.ts'
import { TextStream } from '../text-stream.ts'
import { unitsOf } from '../units.ts'
import { classesIn, type Layer } from './layer.ts'

/** Units that a row has at least; fewer spell nothing worth hiding. */
const LEAST = 8
/** A longer row is read in pieces of so many units; so much may be held back. */
const MOST = 480
const OVERLAP = 60
const LONGEST_UNIT = 8
const LONGEST_GAP = 5
/** A word before what is read may have begun before that. */
const BEHIND = 16

/** Digits in words: English, German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Polish, Czech, Russian, Ukrainian, Turkish. */
const SPOKEN_DIGITS = [
  'zero oh null zéro cero nul noll nula ноль нуль sıfır',
  'one eins un uno um een ett jeden jedna один bir',
  'two zwei deux dos due dois twee två dwa dva два iki',
  'three drei trois tres tre três drie trzy tři три üç',
  'four vier quatre cuatro quattro quatro fyra cztery čtyři четыре чотири dört',
  'five fünf cinq cinco cinque vijf fem pięć pět пять beş',
  'six sechs seis sei zes sex sześć šest шесть шість altı',
  'seven sieben sept siete sette sete zeven sju siedem sedm семь сім yedi',
  'eight acht huit ocho otto oito åtta osiem osm восемь вісім sekiz',
  'nine neun neuf nueve nove negen nio dziewięć devět девять dokuz',
].flatMap((words, digit) => words.split(' ').map((word) => [word, digit + 1] as const))
const DIGIT_WORDS = createWordTable(new Map(SPOKEN_DIGITS))
const LONGEST_DIGIT_WORD = Math.max(...SPOKEN_DIGITS.map(([word]) => word.length))
/** By first letter, as a small one: the lengths of such words as bits. Most words are none of them by this alone. */
const DIGIT_LENGTHS = new Uint16Array(0x500)
for (const [word] of SPOKEN_DIGITS) DIGIT_LENGTHS[word.charCodeAt(0) | 32]! |= 1 << word.length
/** The digit that [from, to) spells, -1 for none. */
function digitOf(text: string, from: number, to: number): number {
  const size = to - from
  if (size < 2 || size > LONGEST_DIGIT_WORD) return -1
  const first = text.charCodeAt(from) | 32
  return ((DIGIT_LENGTHS[first] ?? 0) >> size) & 1 ? DIGIT_WORDS.get(text, from, to) - 1 : -1
}
const unitOf = (text: string, from: number, to: number): string => {
  const digit = digitOf(text, from, to)
  return digit < 0 ? text.slice(from, to) : String(digit)
}

/** What the units of a row are. */
const LETTER = 1
const HEX = 2
const DECIMAL = 4
const MARKED_HEX = 8
const BINARY = 16
const OCTAL = 32
/** Pairs of hexadecimal digits in fours and eights, as dumps write them. */
const HEX_WORD = 64
/** Fewer of these spell as much. */
const LEAST_WORDS = 5
type Kinds = number

const inWord = (c: number) => ((CLASS[c] ?? 0) & (LETTERS | DIGIT)) !== 0

/** May stand between units; the brackets and quotes of a list end it. */
const isGap = (c: number) =>
  c === 32 ||
  c === 34 ||
  c === 39 ||
  c === 9 ||
  c === 10 ||
  c === 13 ||
  (c >= 42 && c <= 47) ||
  c === 58 ||
  c === 59 ||
  c === 92 ||
  c === 95 ||
  c === 124 ||
  c === 126 ||
  c === 0xb7 ||
  // Signs, arrows, pictures: `j🙂a🙂n🙂e`.
  (c >= 0x2010 && c < 0x2c00) ||
  (c >= 0x3000 && c < 0x3040) ||
  (c >= 0xd800 && c < 0xe000) ||
  c === 0xfe0f
/** A sign that stands for itself in a row of letters: `j a n e @ x . d e`. */
const isSign = (c: number) => c > 32 && c < 127

const NONE: number[] = []

class SpelledStream extends TextStream {
  readonly #layer: Layer
  /** Local offset of the first unit of the row, and up to where it has been read: the next gap or unit begins there. */
  #start = 0
  #at = 0
  #kinds: Kinds = 0
  #gap = ''
  /** Where each unit begins and ends, local. Nothing until the first one: most texts have none. */
  #starts = NONE
  #ends = NONE
  #like: Map<string, number> | undefined

  constructor(layer: Layer) {
    super(BEHIND)
    this.#layer = layer
  }

  protected read(ended: boolean): number {
    const size = this.text.length
    while (this.#at < size) {
      if (this.#starts.length === 0 ? !this.#first(ended) : !this.#next(ended)) break
    }
    if (ended) this.#close()
    return this.#starts.length > 0 ? this.#start : this.#at
  }

  protected moved(count: number): void {
    this.#start -= count
    this.#at -= count
    for (let k = 0; k < this.#starts.length; k++) {
      this.#starts[k] = (this.#starts[k] ?? 0) - count
      this.#ends[k] = (this.#ends[k] ?? 0) - count
    }
  }

  #unit(start: number, end: number): void {
    if (this.#starts === NONE) {
      this.#starts = []
      this.#ends = []
    }
    this.#starts.push(start)
    this.#ends.push(end)
  }

  /** Looks for the first unit of a row. False while more text is needed. */
  #first(ended: boolean): boolean {
    const { text } = this
    const size = text.length
    let i = this.#at
    const units = unitsOf(text, Math.max(0, i - 1))
    if (i > 0 && inWord(units[i - 1] ?? 0)) while (i < size && inWord(units[i] ?? 0)) i++
    while (i < size) {
      if (!inWord(units[i] ?? 0)) {
        i++
        continue
      }
      let end = i + 1
      while (end < size && inWord(units[end] ?? 0)) end++
      if (end >= size && end - i <= LONGEST_UNIT && !ended) break
      const kinds = end - i > LONGEST_UNIT ? 0 : kindsOf(text, i, end)
      if (kinds === 0) {
        i = end
        continue
      }
      this.#start = i
      this.#kinds = kinds
      this.#gap = ''
      this.#like = undefined
      this.#unit(i, end)
      this.#at = end
      return true
    }
    this.#at = i
    return false
  }

  /** Reads the gap and the unit after it. False while more text is needed. */
  #next(ended: boolean): boolean {
    const { text } = this
    const size = text.length
    const from = this.#at
    let i = from
    // From the second gap on it is known.
    if (this.#gap !== '') {
      for (let k = 0; k < this.#gap.length; k++, i++) {
        if (i >= size) return ended ? this.#close() : false
        if (text.charCodeAt(i) !== this.#gap.charCodeAt(k)) {
          // `four one one one, one one …`
          if (this.#gap !== ' ' || this.#kinds !== LETTER || text.charCodeAt(i) !== 44 || !this.#inDigitWords())
            return this.#close()
          if (i + 1 >= size) return ended ? this.#close() : false
          if (text.charCodeAt(i + 1) !== 32) return this.#close()
          i++
        }
      }
    } else {
      while (i < size && i - from < LONGEST_GAP && isGap(text.charCodeAt(i))) i++
      if (i >= size && i - from < LONGEST_GAP) return ended ? this.#close() : false
      if (i === from) return this.#close()
    }
    if (i >= size) return ended ? this.#close() : false
    const c = text.charCodeAt(i)
    let end: number
    let kinds: Kinds
    if (isAlphanumeric(c)) {
      end = unitEnd(text, i)
      // A row of single letters ends at any longer word, however it goes on.
      if (this.#kinds === LETTER && end - i > LONGEST_DIGIT_WORD) return this.#close()
      if (end >= size && end - i <= LONGEST_UNIT && !ended) return false
      kinds = end - i > LONGEST_UNIT ? 0 : kindsOf(text, i, end)
    } else if ((this.#kinds & LETTER) !== 0 && this.#gap !== '' && isSign(c)) {
      end = i + 1
      kinds = LETTER
    } else if ((this.#kinds & LETTER) !== 0 && this.#gap !== '' && c === 32) {
      // A wider gap parts words: `J a n e   D o e`, and with two blanks as well.
      end = i + 1
      kinds = LETTER
      if (this.#gap === ' ') {
        if (end >= size && !ended) return false
        if (isAlphanumeric(text.charCodeAt(end))) {
          this.#unit(i, end)
          this.#at = i
          return true
        }
      }
    } else return this.#close()
    if ((kinds & this.#kinds) === 0) {
      // The last word of a dump is a shorter one.
      if (this.#kinds === HEX_WORD && (end - i === 2 || end - i === 6) && isPairs(text, i, end)) {
        this.#unit(i, end)
        this.#at = end
      }
      return this.#close()
    }
    if (this.#gap === '') this.#gap = text.slice(from, i)
    this.#kinds &= kinds
    this.#unit(i, end)
    this.#at = end
    if (this.#starts.length >= MOST) this.#piece(end)
    return true
  }

  /** Was the last unit a digit in words? */
  #inDigitWords(): boolean {
    const k = this.#starts.length - 1
    return digitOf(this.text, this.#starts[k] ?? 0, this.#ends[k] ?? 0) >= 0
  }

  /** The row ends with its last unit. Returns true: reading goes on behind it. */
  #close(): boolean {
    const count = this.#starts.length
    if (count === 0) return true
    if (this.#like !== undefined) this.#tell(this.#like, this.#start, this.#at)
    else if (count >= LEAST || ((this.#kinds & HEX_WORD) !== 0 && count >= LEAST_WORDS))
      this.#tell(this.#classes(), this.#start, this.#at)
    // The last unit may begin a row with another gap.
    else if (count > 1) this.#at = this.#starts[count - 1] ?? this.#at
    this.#starts.length = 0
    this.#ends.length = 0
    return true
  }

  #piece(end: number): void {
    const classes = this.#like ?? this.#classes()
    this.#tell(classes, this.#start, end)
    const keep = classes.size > 0 ? 1 : OVERLAP
    if (classes.size > 0) this.#like = classes
    this.#starts = this.#starts.slice(-keep)
    this.#ends = this.#ends.slice(-keep)
    this.#start = this.#starts[0] ?? end
  }

  #classes(): Map<string, number> {
    const units = this.#starts.map((start, k) => unitOf(this.text, start, this.#ends[k] ?? start))
    const all = new Map<string, number>()
    const read = (spelt: string | undefined) => {
      if (spelt === undefined) return
      for (const [name, confidence] of classesIn(this.#layer, spelt))
        all.set(name, Math.max(all.get(name) ?? 0, confidence))
    }
    const kinds = this.#kinds
    if ((kinds & LETTER) !== 0) read(units.join(''))
    if ((kinds & (HEX | MARKED_HEX)) !== 0) read(bytes(units, 16))
    if ((kinds & HEX_WORD) !== 0) read(wordBytes(units))
    if ((kinds & DECIMAL) !== 0) read(bytes(units, 10))
    if ((kinds & OCTAL) !== 0) read(bytes(units, 8))
    if ((kinds & BINARY) !== 0) read(bytes(units, 2))
    return all
  }

  #tell(classes: Map<string, number>, start: number, end: number): void {
    for (const [name, confidence] of classes) this.add(name, start, end, confidence)
  }
}

/** Where the unit at `i` ends: the end of its word, or further than any unit may be. */
function unitEnd(text: string, i: number): number {
  let end = i
  while (end < text.length && end - i <= LONGEST_UNIT && isAlphanumeric(text.charCodeAt(end))) end++
  return end
}

/** What the word [from, to), no longer than a unit, may be a unit of. */
function kindsOf(text: string, from: number, to: number): Kinds {
  const size = to - from
  if (size === 1 || digitOf(text, from, to) >= 0) return LETTER
  const first = text.charCodeAt(from)
  if (!isDigit(first)) {
    if (!isHex(first)) return 0
    if (size === 2) return isHex(text.charCodeAt(from + 1)) ? HEX : 0
    return isHexWord(text, from, to) ? HEX_WORD : 0
  }
  // `0o152`
  if ((size === 4 || size === 5) && first === 48 && (text.charCodeAt(from + 1) | 32) === 111)
    return /^[0-7]{2,3}$/.test(text.slice(from + 2, to)) ? OCTAL : 0
  const marked = size === 4 && first === 48 && (text.charCodeAt(from + 1) | 32) === 120
  let ten = true
  let eight = true
  let two = true
  let sixteen = true
  for (let i = marked ? from + 2 : from; i < to; i++) {
    const c = text.charCodeAt(i)
    if (!isDigit(c)) {
      ten = false
      if (!isHex(c)) sixteen = false
    }
    if (c < 48 || c > 55) eight = false
    if (c !== 48 && c !== 49) two = false
  }
  if (marked) return sixteen ? MARKED_HEX : 0
  let kinds = 0
  if (sixteen && size === 2) kinds |= HEX
  if (ten && (size === 2 || size === 3)) kinds |= DECIMAL
  if (eight && size === 3) kinds |= OCTAL
  if (two && (size === 8 || size === 7)) kinds |= BINARY
  if (sixteen && !two && isHexWord(text, from, to)) kinds |= HEX_WORD
  return kinds
}

/** Four or eight hexadecimal digits that spell printable characters: begins with 2 to 7, as do all. */
function isHexWord(text: string, from: number, to: number): boolean {
  return (to - from === 4 || to - from === 8) && isPairs(text, from, to)
}

function isPairs(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i)
    if (!isHex(c) || ((i - from) % 2 === 0 && (c < 50 || c > 55))) return false
  }
  return true
}

/** The text that words of hexadecimal pairs spell; undefined if they spell none. */
function wordBytes(units: readonly string[]): string | undefined {
  return bytes(units.join('').match(/../g) ?? [], 16)
}

/** The text that numbers spell; undefined if they spell none. */
function bytes(units: readonly string[], base: number): string | undefined {
  const values = units.map((unit) => Number.parseInt(unit.replace(/^0[xo]/i, ''), base))
  for (const value of values)
    if (!(value === 9 || value === 10 || value === 13 || (value >= 32 && value < 256 && value !== 127)))
      return undefined
  return Buffer.from(values).toString('utf8')
}

export function openSpelled(layer: Layer): DetectorStream {
  return new SpelledStream(layer)
}
