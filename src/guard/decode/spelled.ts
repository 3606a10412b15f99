// Text spelt one character at a time: letters set apart by the same sign (`j a n e`, `4-1-1-1`) or said in words (`juliett alfa`),
// Morse, and lists of character numbers, hexadecimal, decimal, octal or binary (`6a 61`, `106, 97`, `0x6a,0x61`, `chr(106)+chr(97)`,
// `U+006A U+0061`). A row of the same kind of unit with the same gap is read as a whole, so ordinary text is let go at its first word.
import { CLASS, DIGIT, isAlphanumeric, isDigit, isHex, LETTER as LETTERS } from '../detect/chars.ts'
import type { DetectorStream } from '../detector.ts'
import { TextStream } from '../text-stream.ts'
import { unitsOf } from '../units.ts'
import { classesIn, type Layer } from './layer.ts'
import { LONGEST_WORD, spokenAt, spokenText, WORD_LENGTHS } from './spoken.ts'

/** Units that a row has at least; fewer spell nothing worth hiding. */
const LEAST = 8
/** A longer row is read in pieces of so many units; so much may be held back. */
const MOST = 480
const OVERLAP = 60
const LONGEST_UNIT = 10
const LONGEST_GAP = 5
/** A word before what is read may have begun before that. */
const BEHIND = 16

/** ITU-R M.1677-1. */
const MORSE: ReadonlyMap<string, string> = new Map(
  (
    'a.- b-... c-.-. d-.. e. f..-. g--. h.... i.. j.--- k-.- l.-.. m-- n-. o--- p.--. q--.- r.-. s... t- u..- v...- w.-- x-..- ' +
    'y-.-- z--.. 0----- 1.---- 2..--- 3...-- 4....- 5..... 6-.... 7--... 8---.. 9----. ..-.-.- @.--.-. --....- _..--.- +.-.-. ' +
    '/-..-. :---... ,--..--'
  )
    .split(' ')
    .map((letter) => [letter.slice(1), letter.charAt(0)]),
)
const LONGEST_MORSE = 6
const isMark = (c: number) => c === 45 || c === 46
/** Morse may begin behind it. */
const isBefore = (c: number) => c <= 32 || (c < 128 && '"\'`(:='.includes(String.fromCharCode(c)))
/** Where the marks at `i` end, or further than any letter has of them. */
function marksEnd(text: string, i: number): number {
  let end = i
  while (end - i <= LONGEST_MORSE && isMark(text.charCodeAt(end))) end++
  return end
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
const DOTS_AND_DASHES = 128
/** `U+0041` */
const CODE_POINT = 256
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
      const c = units[i] ?? 0
      if (isMark(c)) {
        // A point behind a word is the end of a sentence.
        if (i > 0 && !isBefore(units[i - 1] ?? 0)) {
          i++
          continue
        }
        const end = marksEnd(text, i)
        if (end + 1 >= size && end - i <= LONGEST_MORSE && !ended) break
        if (units[end] !== 32 || !isMark(units[end + 1] ?? 0) || !MORSE.has(text.slice(i, end))) {
          i = end
          continue
        }
        this.#begin(i, end, DOTS_AND_DASHES)
        this.#gap = ' '
        return true
      }
      if (!inWord(c)) {
        i++
        continue
      }
      let end = i + 1
      while (end < size && inWord(units[end] ?? 0)) end++
      if (end >= size && end - i <= LONGEST_UNIT && !ended) break
      const kinds = (UNIT_SIZES[c]! >> Math.min(end - i, LONGEST_UNIT + 1)) & 1 ? kindsOf(text, i, end) : 0
      if (kinds === 0) {
        i = end
        continue
      }
      this.#begin(i, end, kinds)
      return true
    }
    this.#at = i
    return false
  }

  /** A row may begin with the unit [start, end). */
  #begin(start: number, end: number, kinds: Kinds): void {
    this.#start = start
    this.#kinds = kinds
    this.#gap = ''
    this.#like = undefined
    this.#unit(start, end)
    this.#at = end
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
          // Morse may have a word a line.
          if (this.#kinds === DOTS_AND_DASHES && text.charCodeAt(i) === 10) continue
          // `four one one one, one one …`
          if (this.#gap !== ' ' || this.#kinds !== LETTER || text.charCodeAt(i) !== 44 || !this.#inWords())
            return this.#close()
          if (i + 1 >= size) return ended ? this.#close() : false
          if (text.charCodeAt(i + 1) !== 32) return this.#close()
          i++
        }
      }
    } else if (text.charCodeAt(from) === 41) {
      // `chr(52) + chr(53)`
      CALL.lastIndex = from
      if (!CALL.test(text)) {
        CALL_BEGINS.lastIndex = from
        return ended || !CALL_BEGINS.test(text) ? this.#close() : false
      }
      i = CALL.lastIndex
    } else {
      while (i < size && i - from < LONGEST_GAP && isGap(text.charCodeAt(i))) i++
      const needed = this.#kinds === CODE_POINT ? i + 2 : i
      if (needed >= size && i - from < LONGEST_GAP) return ended ? this.#close() : false
      if (this.#kinds === CODE_POINT && isCodePoint(text, needed)) i = needed
      if (i === from) return this.#close()
    }
    if (i >= size) return ended ? this.#close() : false
    const c = text.charCodeAt(i)
    let end: number
    let kinds: Kinds
    if (isAlphanumeric(c)) {
      end = unitEnd(text, i)
      // A row of single letters ends at any longer word, however it goes on.
      if (this.#kinds === LETTER && end - i > LONGEST_WORD) return this.#close()
      if (end >= size && end - i <= LONGEST_UNIT && !ended) return false
      kinds = end - i > LONGEST_UNIT ? 0 : kindsOf(text, i, end)
    } else if (this.#kinds === DOTS_AND_DASHES) {
      end = isMark(c) ? marksEnd(text, i) : c === 47 ? i + 1 : i
      if (end >= size && end - i <= LONGEST_MORSE && !ended) return false
      kinds = c === 47 || MORSE.has(text.slice(i, end)) ? DOTS_AND_DASHES : 0
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

  /** Was the last unit said in words? */
  #inWords(): boolean {
    const k = this.#starts.length - 1
    return spokenAt(this.text, this.#starts[k] ?? 0, this.#ends[k] ?? 0) !== undefined
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
    const units = this.#starts.map((start, k) => this.text.slice(start, this.#ends[k]))
    const all = new Map<string, number>()
    const read = (spelt: string | undefined) => {
      if (spelt === undefined) return
      for (const [name, confidence] of classesIn(this.#layer, spelt))
        all.set(name, Math.max(all.get(name) ?? 0, confidence))
    }
    const kinds = this.#kinds
    if ((kinds & LETTER) !== 0) for (const spelt of new Set(this.#spelt(units))) read(spelt)
    // Whether a letter is a capital is not told.
    if ((kinds & DOTS_AND_DASHES) !== 0) {
      const spelt = units.map((unit) => MORSE.get(unit) ?? ' ').join('')
      read(spelt)
      read(spelt.toUpperCase())
    }
    if ((kinds & CODE_POINT) !== 0) read(bytes(units, 16))
    if ((kinds & (HEX | MARKED_HEX)) !== 0) read(bytes(units, 16))
    if ((kinds & HEX_WORD) !== 0) read(wordBytes(units))
    if ((kinds & DECIMAL) !== 0) read(bytes(units, 10))
    if ((kinds & OCTAL) !== 0) read(bytes(units, 8))
    if ((kinds & BINARY) !== 0) read(bytes(units, 2))
    return all
  }

  /** What letters and words spell; of words, which seldom tell it, in small letters and in capitals as well. */
  #spelt(units: readonly string[]): string[] {
    // `+ 4 9 1 5 1 …`: a row begins with no sign, this one belongs to it.
    const sign = `+${this.#gap}`
    const before = this.text.startsWith(sign, this.#start - sign.length) ? '+' : ''
    const said = units.map((unit) => {
      const text = spokenAt(unit, 0, unit.length)
      return text === undefined || unit.charAt(0) === unit.charAt(0).toLowerCase() ? text : text.toUpperCase()
    })
    const written = before + spokenText(units.map((unit, k) => said[k] ?? unit).join(''))
    return said.every((text) => text === undefined)
      ? [written]
      : [written, written.toLowerCase(), written.toUpperCase()]
  }

  #tell(classes: Map<string, number>, start: number, end: number): void {
    for (const [name, confidence] of classes) this.add(name, start, end, confidence)
  }
}

/** `) + chr(`, `), Chr (`: what stands between numbers that are each turned into a character. */
const CALL = /\)\s{0,2}[+.&|,;]{1,2}\s{0,2}[A-Za-z_$][\w$.]{1,19}\s?\(/y
/** All that there is may be the beginning of one. */
const CALL_BEGINS = /\)\s{0,2}(?:[+.&|,;]{1,2}\s{0,2}(?:[A-Za-z_$][\w$.]{0,19}\s?)?)?$/y

/** Does `U+` stand before the figures at `i`? */
const isCodePoint = (text: string, i: number): boolean =>
  text.charCodeAt(i - 1) === 43 &&
  (text.charCodeAt(i - 2) | 32) === 117 &&
  !isAlphanumeric(text.charCodeAt(i - 3)) &&
  isHex(text.charCodeAt(i))

/** Where the unit at `i` ends: the end of its word, or further than any unit may be. */
function unitEnd(text: string, i: number): number {
  let end = i
  while (end < text.length && end - i <= LONGEST_UNIT && isAlphanumeric(text.charCodeAt(end))) end++
  return end
}

/** By the first character of a word: of which lengths it may be a unit, as bits. Most words are none by this alone. */
const UNIT_SIZES = Uint16Array.from({ length: 65_536 }, (_, c) => {
  const words = WORD_LENGTHS[c | 32] ?? 0
  return isDigit(c) ? (1 << (LONGEST_UNIT + 1)) - 1 : isHex(c) ? words | 0b1_0111_0110 : words | 2
})

/** What the word [from, to), no longer than a unit, may be a unit of. */
function kindsOf(text: string, from: number, to: number): Kinds {
  const size = to - from
  if (size === 1 || spokenAt(text, from, to) !== undefined) return LETTER
  const first = text.charCodeAt(from)
  if (size >= 4 && size <= 6 && isCodePoint(text, from)) return CODE_POINT
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
