// Runs that are known as a code only from their first character to their last: base58, base64 written backwards, and binary
// digits without gaps. What may still be one of them is held back; that is over after a few characters of anything else.
import type { DetectorStream } from '../detector.ts'
import { FIFTY_EIGHT, isPrintable, NONE, nextRun, SIX, textOf } from './alphabets.ts'
import { CodeStream, classesIn, type Layer, UNREAD } from './layer.ts'

/** It is one large number: a longer one takes a time that grows with its square. */
const LONGEST_58 = 180
/** The shortest run that spells anything worth hiding, and the shortest of binary digits. */
const LEAST = 14
const LEAST_BINARY = 56
/**
 * A longer run is read in pieces of this size, with an overlap; so much may be held back. Both are whole groups of all codes: 4
 * of base64, 7 and 8 of binary digits. Behind a piece with a finding the rest of the run is treated like it.
 */
const LONGEST = 2240
const OVERLAP = 560
/** Padding, which a code written backwards begins with, and the sign before it. */
const BEHIND = 4

/** Ways to read a run, as bits. Base64 ends in a whole group, so backwards it begins in one of four places. */
const BASE58 = 1
const BACKWARDS = [2, 4, 8, 16] as const
const BINARY = { 7: 32, 8: 64 } as const
const ALL = 127

class WholeStream extends CodeStream {
  readonly #layer: Layer
  #at = 0
  /** Local offset of the run or of the piece of it that is being read, -1 for none. */
  #start = -1
  #count = 0
  /** What it may still be. */
  #ways = 0
  /** Figures (1), capitals (2) and small letters (4) in it. */
  #kinds = 0
  /** The last four characters, the last one first. */
  #bits = 0
  /** Binary digits of the character that is being read, for each of the two sizes. */
  #seven = 0
  #eight = 0
  /** Signs of padding before the run. */
  #padding = 0
  #like: Map<string, number> | undefined

  constructor(layer: Layer) {
    super(BEHIND)
    this.#layer = layer
  }

  protected moved(count: number): void {
    this.#at -= count
    if (this.#start >= 0) this.#start = Math.max(0, this.#start - count)
  }

  protected override needed(open: number): number {
    return Math.min(this.#at, open)
  }

  protected read(ended: boolean): number {
    const { text } = this
    const size = text.length
    let i = this.#at
    let open = size
    while (i < size) {
      if (this.#start < 0) {
        const start = nextRun(text, i, ended, LEAST)
        i = start
        if (start >= size) break
        if (size - start < LEAST) break
        this.#begin(start)
      }
      const c = text.charCodeAt(i)
      const six = c < 128 ? (SIX[c] ?? NONE) : NONE
      if (six === NONE) {
        this.#close(i)
        continue
      }
      if (this.#ways !== 0) this.#follow(six, c, i)
      i++
    }
    if (ended && this.#start >= 0) this.#close(size)
    this.#at = i
    open = i
    if (this.#start >= 0) {
      if (this.#ways !== 0) open = this.#start - this.#padding
    } else while (open > 0 && i - open < 2 && text.charCodeAt(open - 1) === 61) open--
    return this.unreadTo(open, open, ended)
  }

  #begin(at: number): void {
    this.#start = at
    this.#count = 0
    this.#ways = ALL
    this.#kinds = 0
    this.#like = undefined
    this.#padding = 0
    while (this.#padding < 2 && this.text.charCodeAt(at - this.#padding - 1) === 61) this.#padding++
  }

  /** One more character, with these six bits. */
  #follow(six: number, c: number, i: number): void {
    const count = ++this.#count
    let ways = this.#ways
    if (FIFTY_EIGHT[c] === NONE || count > LONGEST_58) ways &= ~BASE58
    this.#bits = (this.#bits >>> 6) | (six << 18)
    if (count >= 4) {
      const way = BACKWARDS[count & 3]!
      const bits = this.#bits
      if ((ways & way) !== 0 && !(isPrintable(bits >> 16) && isPrintable((bits >> 8) & 255) && isPrintable(bits & 255)))
        ways &= ~way
    }
    this.#kinds |= c < 65 ? 1 : c < 97 ? 2 : 4
    const digit = c - 48
    if (digit !== 0 && digit !== 1) ways &= ~(BINARY[7] | BINARY[8])
    else {
      this.#seven = count % 7 === 1 ? digit : (this.#seven << 1) | digit
      this.#eight = count % 8 === 1 ? digit : (this.#eight << 1) | digit
      if (count % 7 === 0 && !isPrintable(this.#seven)) ways &= ~BINARY[7]
      if (count % 8 === 0 && !isPrintable(this.#eight) && this.#eight < 0x80) ways &= ~BINARY[8]
    }
    this.#ways = ways
    if (ways === 0) this.#over(i)
    if (count < LONGEST || ways === 0) return
    // A piece of it: what follows is of the same groups.
    const classes = this.#like ?? this.#classes(i + 1)
    this.#tell(classes, i + 1)
    const kept = classes.size > 0 ? 0 : OVERLAP
    if (classes.size > 0) this.#like = classes
    this.#start = i + 1 - kept
    this.#count = kept
    this.#padding = 0
  }

  /** The run ends at `end`. */
  #close(end: number): void {
    if (this.#ways !== 0) this.#tell(this.#like ?? this.#classes(end), end)
    this.#start = -1
    this.#at = end
  }

  /** What went on up to `end` is no code any more. */
  #over(end: number): void {
    if (this.#like !== undefined) this.#tell(this.#like, end)
    this.#like = undefined
  }

  #classes(end: number): Map<string, number> {
    const all = new Map<string, number>()
    const count = end - this.#start
    const run = () => this.text.slice(this.#start, end)
    const read = (text: string | undefined) => {
      if (text === undefined) return
      for (const [name, confidence] of classesIn(this.#layer, text))
        all.set(name, Math.max(all.get(name) ?? 0, confidence))
    }
    const ways = this.#ways
    // Names have no figures, numbers no letters.
    if ((ways & BASE58) !== 0 && count >= LEAST && this.#kinds === 7) read(fromBase58(run()))
    if (count >= LEAST && (ways & BACKWARDS[count & 3]!) !== 0) read(fromBackwards(run(), this.#padding))
    if (count >= LEAST_BINARY)
      for (const size of [7, 8] as const)
        if ((ways & BINARY[size]) !== 0 && count % size === 0) read(fromBinary(run(), size))
    return all
  }

  #tell(classes: Map<string, number>, end: number): void {
    const start = this.#start - this.#padding
    if (end <= start) return
    for (const [name, confidence] of classes)
      if (name === UNREAD) this.leave(start, end)
      else this.add(name, start, end, confidence)
  }
}

/** Of identifiers one in millions spells any text. */
function fromBase58(run: string): string | undefined {
  const bytes: number[] = []
  for (let i = 0; i < run.length; i++) {
    let carry = FIFTY_EIGHT[run.charCodeAt(i)]!
    for (let k = 0; k < bytes.length; k++) {
      carry += bytes[k]! * 58
      bytes[k] = carry & 255
      carry >>= 8
    }
    if (carry > 0) bytes.push(carry)
  }
  return textOf(Uint8Array.from(bytes.reverse()))
}

/** `padding`: how many signs of it stand before the run; then they tell how much of the last group there is. */
function fromBackwards(run: string, padding: number): string | undefined {
  const rest = run.length & 3
  if (rest === 1 || (padding > 0 && rest + padding !== 4)) return undefined
  return textOf(Buffer.from([...run].reverse().join(''), 'base64'))
}

function fromBinary(run: string, size: 7 | 8): string | undefined {
  const bytes = new Uint8Array(run.length / size)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(run.slice(i * size, (i + 1) * size), 2)
  return textOf(bytes)
}

export function openWhole(layer: Layer): DetectorStream {
  return new WholeStream(layer)
}
