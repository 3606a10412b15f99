// The copy of a text that detectors read: compatibility forms unfolded (NFKC by character), look-alike letters of other
// alphabets read as the Latin letters they imitate inside Latin words, invisible characters gone. Every offset maps back:
// what is rewritten is always the original. ASCII text is passed on as it is, without copying.
import { LOOKALIKES } from '../core/index.ts'
import { disguised } from './disguise.ts'
import { unseen } from './unseen.ts'

/** Letters with a stroke too, which NFKC leaves whole: a mask of `łodz@` must not begin behind its first letter. */
const READ_AS: ReadonlyMap<number, string> = new Map([...LOOKALIKES, [0x142, 'l'], [0xf8, 'o'], [0x111, 'd']])

const FORMAT = /^\p{Cf}$/u
/** Default-ignorable code points outside the format category: fillers and variation selectors. */
const isIgnorable = (c: number) =>
  c === 0x34f ||
  c === 0x115f ||
  c === 0x1160 ||
  c === 0x17b4 ||
  c === 0x17b5 ||
  (c >= 0x180b && c <= 0x180f) ||
  c === 0x3164 ||
  (c >= 0xfe00 && c <= 0xfe0f) ||
  c === 0xffa0 ||
  (c >= 0xe0100 && c <= 0xe01ef)
/** Marks put over, under or round the character before, keycaps included; those of Latin letters and of none in particular. */
const isMark = (c: number) =>
  (c >= 0x300 && c <= 0x36f) ||
  (c >= 0x1ab0 && c <= 0x1aff) ||
  (c >= 0x1dc0 && c <= 0x1dff) ||
  (c >= 0x20d0 && c <= 0x20ff) ||
  (c >= 0xfe20 && c <= 0xfe2f)

const DASHES = new Set([0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0xfe58, 0xfe63, 0xff0d])
const APOSTROPHES = new Set([0x2018, 0x2019, 0x201b, 0x02bc, 0xff07])

/** What one character is read as: '' if it is invisible. Cached: a text uses few different characters. */
const cache = new Map<number, string>()

function fold(code: number): string {
  const known = cache.get(code)
  if (known !== undefined) return known
  const character = String.fromCodePoint(code)
  let read = character
  if (code >= 0xd800 && code <= 0xdfff) read = character
  else if (isMark(code)) read = ''
  else if (code === 0x3002 || code === 0xff61) read = '.'
  else if (FORMAT.test(character) || isIgnorable(code)) read = ''
  else if (DASHES.has(code)) read = '-'
  else if (APOSTROPHES.has(code)) read = "'"
  else if (code === 0x2028 || code === 0x2029 || code === 0x85) read = '\n'
  else if (/^\p{Nd}$/u.test(character)) read = decimal(code)
  else if (/^\s$/u.test(character)) read = ' '
  else {
    const plain = character.normalize('NFKC')
    // Letters with marks stay as they are written; a spacing mark is not a blank and a mark.
    if (plain.length <= 4 && !/\s|\p{Mn}/u.test(plain)) read = plain
  }
  if (cache.size < 20_000) cache.set(code, read)
  return read
}

/** Decimal digits of every script come in rows of ten whose zero NFKC or the Unicode tables give. */
function decimal(code: number): string {
  const plain = String.fromCodePoint(code).normalize('NFKC')
  if (plain.length === 1 && plain >= '0' && plain <= '9') return plain
  let value = 0
  while (value < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(code - value - 1))) value++
  return String(value)
}

const LOOKALIKE_RUN = 8
const isPlain = (c: number) => (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122)
const ASCII_ONLY = /^[\x00-\x7f]*$/

/**
 * Pieces of text in step with their original. While both are the same, as ASCII is, nothing is written down. A class, as
 * several are opened for every string of every call.
 */
export class OffsetMap {
  /** Characters of the copy and of the original so far. */
  copied = 0
  consumed = 0
  // Parallel arrays: where a stretch starts in the copy and the original, and its lengths in both.
  #copyAt: number[] | undefined
  #originalAt: number[] = NO_NUMBERS
  #copyLength: number[] = NO_NUMBERS
  #originalLength: number[] = NO_NUMBERS

  add(copy: number, original: number): void {
    if (this.#copyAt === undefined) {
      if (copy === original) {
        this.copied += copy
        this.consumed += original
        return
      }
      const before = this.copied > 0
      this.#copyAt = before ? [0] : []
      this.#originalAt = before ? [0] : []
      this.#copyLength = before ? [this.copied] : []
      this.#originalLength = before ? [this.consumed] : []
    }
    const last = this.#copyAt.length - 1
    const contiguous =
      last >= 0 &&
      this.#copyLength[last] === this.#originalLength[last] &&
      (this.#originalAt[last] ?? 0) + (this.#originalLength[last] ?? 0) === this.consumed &&
      copy === original
    if (contiguous) {
      this.#copyLength[last] = (this.#copyLength[last] ?? 0) + copy
      this.#originalLength[last] = (this.#originalLength[last] ?? 0) + original
    } else if (copy > 0) {
      this.#copyAt.push(this.copied)
      this.#originalAt.push(this.consumed)
      this.#copyLength.push(copy)
      this.#originalLength.push(original)
    }
    this.copied += copy
    this.consumed += original
  }

  /** Offset in the original of the copy's character at `at`. */
  start(at: number): number {
    if (at >= this.copied) return this.consumed
    if (this.#copyAt === undefined) return at
    const k = this.#stretchOf(at)
    const offset = at - (this.#copyAt[k] ?? 0)
    return (this.#originalAt[k] ?? 0) + (this.#copyLength[k] === this.#originalLength[k] ? offset : 0)
  }

  /** Offset in the original where the copy's characters before `at` end. */
  end(at: number): number {
    if (this.#copyAt === undefined) return Math.max(0, Math.min(at, this.copied))
    if (at <= 0 || this.#copyAt.length === 0) return 0
    const k = this.#stretchOf(at - 1)
    const offset = at - (this.#copyAt[k] ?? 0)
    return (
      (this.#originalAt[k] ?? 0) +
      (this.#copyLength[k] === this.#originalLength[k] ? offset : (this.#originalLength[k] ?? 0))
    )
  }

  /**
   * Offset in the original up to which nothing belongs to the copy's character at `at` or a later one: a unit that the copy has
   * several characters for (`⅐`) is only passed with the last of them.
   */
  settled(at: number): number {
    if (this.#copyAt === undefined || at <= 0 || this.#copyAt.length === 0) return this.end(at)
    const k = this.#stretchOf(at - 1)
    const length = this.#copyLength[k] ?? 0
    return at < (this.#copyAt[k] ?? 0) + length && length !== this.#originalLength[k]
      ? (this.#originalAt[k] ?? 0)
      : this.end(at)
  }

  /** Offsets before `before` are not asked for any more. */
  forget(before: number): void {
    if (this.#copyAt === undefined || this.#copyAt.length < 64) return
    const k = this.#stretchOf(Math.max(0, before - 1))
    if (k < 32) return
    this.#copyAt = this.#copyAt.slice(k)
    this.#originalAt = this.#originalAt.slice(k)
    this.#copyLength = this.#copyLength.slice(k)
    this.#originalLength = this.#originalLength.slice(k)
  }

  #stretchOf(at: number): number {
    const starts = this.#copyAt ?? NO_NUMBERS
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= at) low = middle
      else high = middle - 1
    }
    return low
  }
}

const NO_NUMBERS: number[] = []

/**
 * Reads one unit after another; `width` is how many units of the original each one stands for (more than one for an
 * escape in JSON). Shared by plain text and JSON.
 */
export class Folder {
  invisible = 0
  readonly #offsets: OffsetMap
  readonly #onHidden: ((start: number, end: number, said: number) => void) | undefined
  #out = ''
  /** The last unit of the copy, and the last character of the original. */
  #previous = 0
  #before = 0
  /** A Latin word in disguise came by, and no letter since that is none: the next ones are in disguise too. */
  #disguised = false
  // Look-alikes after no Latin letter wait for what follows them (at most LOOKALIKE_RUN), a high surrogate for its half.
  #waiting: number[] = NO_NUMBERS
  #widths: number[] = NO_NUMBERS

  /** `onHidden` is told of characters that nobody sees and that have no honest use, and what each says (see `unseen`). */
  constructor(offsets: OffsetMap, onHidden?: (start: number, end: number, said: number) => void) {
    this.#offsets = offsets
    this.#onHidden = onHidden
  }

  unit(c: number, width: number): void {
    const last = this.#waiting[this.#waiting.length - 1] ?? 0
    if (last >= 0xd800 && last <= 0xdbff) {
      if (c >= 0xdc00 && c <= 0xdfff) {
        this.#waiting.pop()
        this.#one(0x10000 + ((last - 0xd800) << 10) + (c - 0xdc00), (this.#widths.pop() ?? 1) + width)
        return
      }
      this.#settle(0)
    }
    if (c >= 0xd800 && c <= 0xdbff) this.#wait(c, width)
    else if (c >= 128) this.#one(c, width)
    else {
      if (this.#waiting.length > 0) this.#settle(c)
      this.#offsets.add(1, width)
      this.#out += String.fromCharCode(c)
      this.#previous = c
      this.#before = c
    }
  }

  /** A stretch that needs no reading: ASCII, one to one. */
  plain(text: string): void {
    if (text.length === 0) return
    if (this.#waiting.length > 0) this.#settle(text.charCodeAt(0))
    this.#offsets.add(text.length, text.length)
    this.#out = this.#out.length === 0 ? text : this.#out + text
    this.#previous = text.charCodeAt(text.length - 1)
    this.#before = this.#previous
  }

  flush(): void {
    if (this.#waiting.length > 0) this.#settle(0)
  }

  /** The copy since the last call. */
  take(): string {
    const text = this.#out
    this.#out = ''
    return text
  }

  #put(text: string, width: number): void {
    this.#offsets.add(text.length, width)
    this.#out += text
    if (text.length > 0) this.#previous = text.charCodeAt(text.length - 1)
  }

  #wait(code: number, width: number): void {
    if (this.#waiting === NO_NUMBERS) {
      this.#waiting = []
      this.#widths = []
    }
    this.#waiting.push(code)
    this.#widths.push(width)
  }

  #settle(next: number): void {
    if (!this.#disguised && disguised(this.#waiting)) this.#disguised = true
    const latin = this.#disguised || isPlain(next)
    for (let k = 0; k < this.#waiting.length; k++) {
      const code = this.#waiting[k] ?? 0
      const look = latin ? READ_AS.get(code) : undefined
      // Half a pair is itself, and so is a look-alike; what is unseen among them is read as nothing.
      this.#put(look ?? fold(code), this.#widths[k] ?? 0)
    }
    this.#waiting = NO_NUMBERS
    this.#widths = NO_NUMBERS
  }

  #one(code: number, width: number): void {
    const look = READ_AS.get(code)
    if (look === undefined) {
      const read = fold(code)
      const said = unseen(code, this.#before)
      this.#before = code
      if (said !== undefined) {
        this.invisible++
        let start = this.#offsets.consumed
        for (const waiting of this.#widths) start += waiting
        this.#onHidden?.(start, start + width, said)
      }
      if (read === '' && this.#waiting.length > 0) {
        this.#waitFor(code, width)
        return
      }
      if (this.#waiting.length > 0) this.#settle(read.charCodeAt(0))
      this.#put(this.#disguised ? this.#inDisguise(read) : read, width)
      return
    }
    this.#before = code
    const previous = this.#previous
    if (
      this.#waiting.length === 0 &&
      (isPlain(previous) || previous === 64 || previous === 46 || previous === 95 || previous === 45)
    ) {
      this.#put(look, width)
      return
    }
    this.#waitFor(code, width)
  }

  /** A letter after a word in disguise: without its mark, if it is a Latin one; any other ends the disguise. */
  #inDisguise(read: string): string {
    if (!/\p{L}/u.test(read) || isPlain(read.charCodeAt(0))) return read
    const bare = read.normalize('NFD').charAt(0)
    if (isPlain(bare.charCodeAt(0))) return bare
    this.#disguised = false
    return read
  }

  #waitFor(code: number, width: number): void {
    this.#wait(code, width)
    if (this.#waiting.length >= LOOKALIKE_RUN) this.#settle(0)
  }
}

/** Feeds a piece of plain text: stretches of ASCII in one go, the rest by character. */
export function foldText(folder: Folder, piece: string): void {
  if (ASCII_ONLY.test(piece)) {
    folder.plain(piece)
    return
  }
  let from = 0
  for (let i = 0; i < piece.length; i++) {
    const c = piece.charCodeAt(i)
    if (c < 128) continue
    if (i > from) folder.plain(piece.slice(from, i))
    folder.unit(c, 1)
    from = i + 1
  }
  if (from < piece.length) folder.plain(piece.slice(from))
}

/** The whole text at once; for tests and for scoring, where offsets do not matter. */
export function normalise(text: string): string {
  if (ASCII_ONLY.test(text)) return text
  const folder = new Folder(new OffsetMap())
  foldText(folder, text)
  folder.flush()
  return folder.take()
}
