// Characters written as escapes inside a text (escape.ts): from the first one on the text is read a second time with its escapes
// undone, until it has been without one for a while. Findings map back to the characters as written, so only the value is
// treated and the text around it stays.
import { CLASS, isDigit } from '../detect/chars.ts'
import { NEED } from '../detect/scan.ts'
import type { DetectorStream } from '../detector.ts'
import { escapeAt, nextIntroducer, seen } from './escape.ts'
import { CodeStream, type Layer, openReading, type Reading } from './layer.ts'

/** Characters without an escape after which the second reading ends. */
const QUIET = 64
/** The same inside a block such as a private key. */
const QUIET_IN_BLOCK = 16_384
/** Text before the first escape that the value may begin in, and that is read for its words. */
const REACH = 64
const BEFORE = 64
/** A value begins with no more dashes than a block; more of them are a line drawn across the page. */
const MOST_DASHES = 5

class EscapeStream extends CodeStream {
  readonly #layer: Layer
  /** How far the text has been read, local. */
  #at = 0
  #reading: Reading | undefined
  /** Local offset up to which the reading has been fed, and where its last escape ends. */
  #fed = 0
  #last = 0
  /** Where the reading before this one ended: what it covered is not read again. */
  #floor = 0

  constructor(layer: Layer) {
    super(2 * (REACH + BEFORE))
    this.#layer = layer
  }

  protected read(ended: boolean): number {
    const { text } = this
    const size = text.length
    let hold = size
    while (this.#at < size) {
      if (this.#reading === undefined) {
        const next = nextIntroducer(text, this.#at)
        if (next >= size) {
          this.#at = size
          break
        }
        this.#at = next
        const width = escapeAt(text, next, ended)
        if (width === NEED) {
          hold = next
          break
        }
        if (width === 0) {
          this.#at = next + 1
          continue
        }
        if (this.#layer.used()) {
          this.leave(next, next + width)
          this.#at = next + width
        } else this.#begin(next)
        continue
      }
      const quiet = this.#last + (this.#reading.block ? QUIET_IN_BLOCK : QUIET)
      const stop = Math.min(size, quiet)
      const next = nextIntroducer(text, this.#at)
      if (next >= stop) {
        this.#feed(stop)
        this.#at = stop
        // What was fed just now may have begun a block.
        if (stop === quiet && (!this.#reading.block || quiet === this.#last + QUIET_IN_BLOCK)) this.#close()
        continue
      }
      const width = escapeAt(text, next, ended)
      if (width === NEED) {
        this.#at = next
        break
      }
      if (width === 0) {
        this.#at = next + 1
        continue
      }
      this.#feed(next)
      this.#at = next
      // Decided at codes alone, so that it depends on the text and not on its pieces.
      if (this.#layer.used()) {
        this.#close()
        continue
      }
      this.#at = next + width
      this.#reading.coded(seen.text, width)
      this.#fed = next + width
      this.#last = next + width
    }
    if (this.#reading !== undefined) {
      this.#feed(this.#at)
      if (!ended) {
        for (const finding of this.#reading.take(false)) this.tell(finding)
        return this.#reading.openFrom - this.base
      }
      this.#close()
    }
    return this.unreadTo(this.#at, Math.max(this.#floor, valueStart(text, hold)), ended)
  }

  protected override needed(): number {
    return this.#at
  }

  protected moved(count: number): void {
    this.#at -= count
    this.#fed -= count
    this.#last -= count
    this.#floor = Math.max(0, this.#floor - count)
  }

  #begin(at: number): void {
    const start = Math.max(this.#floor, valueStart(this.text, at))
    const before = this.text.slice(Math.max(0, start - BEFORE), start)
    // Half a word reads like another word.
    const words = start > BEFORE ? before.slice(before.search(/\s|$/)) : before
    this.#reading = openReading(this.#layer, words, this.base + start)
    this.#fed = start
    this.#last = at
  }

  #feed(to: number): void {
    if (to > this.#fed) this.#reading?.plain(this.text.slice(this.#fed, to))
    this.#fed = Math.max(this.#fed, to)
  }

  #close(): void {
    for (const finding of this.#reading?.take(true) ?? []) this.tell(finding)
    this.#reading = undefined
    this.#floor = this.#fed
  }
}

/** Where a value that goes on at `at` may have begun: back over what values are made of, and over groups of digits. */
function valueStart(text: string, at: number): number {
  const limit = Math.max(0, at - REACH)
  let i = at
  let dashes = 0
  while (i > limit && (CLASS[text.charCodeAt(i - 1)] ?? 0) !== 0) {
    dashes = text.charCodeAt(i - 1) === 45 ? dashes + 1 : 0
    if (dashes > MOST_DASHES) return i
    i--
  }
  for (;;) {
    const blank = text.charCodeAt(i - 1)
    if (i <= limit || (blank !== 32 && blank !== 40 && blank !== 41) || !isDigit(text.charCodeAt(i - 2))) return i
    let k = i - 1
    while (k > limit && (CLASS[text.charCodeAt(k - 1)] ?? 0) !== 0) k--
    i = k
  }
}

export function openEscapes(layer: Layer): DetectorStream {
  return new EscapeStream(layer)
}
