// Codes in short lines: base64 and its kin wrapped at a few characters, each line behind the same indent or quote, and uuencode.
// A line is looked at from its beginning, and prose is let go at its first blank. Wrapped lines are put together and shown to
// the readers of codes alone; lines of uuencode are decoded and shown to all detectors.
import type { DetectorStream } from '../detector.ts'
import { inRun, isIndent, textOf } from './alphabets.ts'
import { CodeStream, classesIn, type Layer, UNREAD } from './layer.ts'

/** Widths of wrapped lines; wider ones are read as one run, see `runs.ts`. */
const NARROWEST = 6
const WIDEST = 39
/** Fewer lines, or characters in them, spell nothing worth hiding. */
const LEAST_LINES = 3
const LEAST = 16
const LONGEST_PREFIX = 16
/** A line of uuencode says how many bytes it holds. */
const MOST_BYTES = 45
/** A longer block is read in pieces of so many characters, with an overlap of whole lines. */
const LONGEST = 2048
const OVERLAP = 512
const BEHIND = WIDEST + 2

type Line = readonly [start: number, end: number, body: string]
/** More of the line must be there to tell. */
const OPEN = 'open'

class LineStream extends CodeStream {
  readonly #wrapped: Layer
  readonly #coded: Layer
  /** Where the next line begins; inside one that is none, where its end is looked for. */
  #at = 0
  #fresh = true
  #kind: 'wrapped' | 'uu' = 'wrapped'
  #lines: Line[] = []
  #size = 0
  #prefix: string | undefined

  constructor(wrapped: Layer, coded: Layer) {
    super(BEHIND)
    this.#wrapped = wrapped
    this.#coded = coded
  }

  protected moved(count: number): void {
    this.#at -= count
    this.#lines = this.#lines.map(([start, end, body]) => [start - count, end - count, body])
  }

  protected override needed(open: number): number {
    return Math.min(open, this.#at)
  }

  protected read(ended: boolean): number {
    const { text } = this
    const size = text.length
    let open = size
    while (this.#at < size || (ended && this.#lines.length > 0)) {
      if (this.#fresh) {
        const line = this.#line(ended)
        if (line === OPEN) {
          open = this.#at
          break
        }
        if (line) continue
        this.#fresh = false
      }
      const end = text.indexOf('\n', this.#at)
      if (end < 0) {
        open = tailOf(text, size)
        this.#at = size
        break
      }
      this.#next(end)
    }
    if (this.#lines.length > 0) open = Math.min(open, this.#lines[0]![0])
    return this.unreadTo(open, open, ended)
  }

  /** A line ends at the line break at `end`: what it ends with may be the first line of a code. */
  #next(end: number): void {
    const { text } = this
    const stop = end > 0 && text.charCodeAt(end - 1) === 13 ? end - 1 : end
    const start = stop >= NARROWEST && inRun(text.charCodeAt(stop - NARROWEST)) ? tailOf(text, stop) : stop
    if (stop - start >= NARROWEST && this.#mayGoOn(end + 1, stop - start)) {
      this.#kind = 'wrapped'
      this.#prefix = undefined
      this.#add(start, stop)
    }
    this.#at = end + 1
    this.#fresh = true
  }

  /** Is the line at `at` as wide? That is plain of most, and saves them the room of a block. True while it is not known. */
  #mayGoOn(at: number, width: number): boolean {
    const { text } = this
    let i = at
    while (i - at < LONGEST_PREFIX && isIndent(text.charCodeAt(i))) i++
    const end = i + width
    if (end >= text.length) return true
    const after = text.charCodeAt(end)
    return (after === 10 || after === 13) && inRun(text.charCodeAt(i)) && inRun(text.charCodeAt(end - 1))
  }

  #add(start: number, end: number, body = this.text.slice(start, end)): void {
    this.#lines.push([start, end, body])
    this.#size += body.length
    if (this.#size < LONGEST) return
    this.#judge()
    let from = this.#lines.length
    this.#size = 0
    while (this.#size < OVERLAP) this.#size += this.#lines[--from]![2].length
    this.#lines = this.#lines.slice(from)
  }

  /** Takes the line that begins at `#at` if it belongs to a code. False if it does not: a block before it is over. */
  #line(ended: boolean): boolean | typeof OPEN {
    const uu = this.#uuLine(ended)
    if (uu === OPEN) return OPEN
    if (uu) return true
    if (this.#lines.length === 0) return false
    const wrapped = this.#kind === 'wrapped' ? this.#wrappedLine(ended) : false
    if (wrapped === false) this.#end()
    return wrapped
  }

  #end(): void {
    this.#judge()
    this.#lines = []
    this.#size = 0
  }

  /** A line as wide as those before it goes on; a narrower one, or one with something behind it, is the last. */
  #wrappedLine(ended: boolean): boolean | typeof OPEN {
    const { text } = this
    const size = text.length
    const last = this.#lines.at(-1)!
    const width = last[1] - last[0]
    let i = this.#at
    while (i < size && i - this.#at < LONGEST_PREFIX && isIndent(text.charCodeAt(i))) i++
    const start = i
    while (i < size && i - start <= width && inRun(text.charCodeAt(i))) i++
    if (i >= size && i - start <= width && !ended) return OPEN
    const length = i - start
    const prefix = text.slice(this.#at, start)
    if (length > width || length === 0 || (this.#prefix !== undefined && prefix !== this.#prefix)) return false
    let stop = i
    while (stop < i + 2 && text.charCodeAt(stop) === 61) stop++
    if (stop >= size && !ended) return OPEN
    let end = stop
    if (text.charCodeAt(end) === 13) end++
    if (end >= size && !ended) return OPEN
    this.#prefix = prefix
    const whole = length === width && stop === i && text.charCodeAt(end) === 10
    this.#add(start, stop)
    if (whole) this.#at = end + 1
    else {
      this.#end()
      this.#fresh = false
      this.#at = stop
      return true
    }
    return true
  }

  /** A sign that counts the bytes, and as many groups of four signs as they need. */
  #uuLine(ended: boolean): boolean | typeof OPEN {
    const { text } = this
    const start = this.#at
    if (start >= text.length) return ended ? false : OPEN
    const bytes = text.charCodeAt(start) - 32
    if (bytes < 1 || bytes > MOST_BYTES) return false
    const end = start + 1 + Math.ceil(bytes / 3) * 4
    for (let i = start + 1; i < end; i++) {
      if (i >= text.length) return ended ? false : OPEN
      const c = text.charCodeAt(i)
      if (c < 32 || c > 96) return false
    }
    if (end >= text.length && !ended) return OPEN
    const after = text.charCodeAt(end)
    if (end < text.length && after !== 10 && after !== 13) return false
    if (after === 13 && end + 1 >= text.length && !ended) return OPEN
    const body = fromUu(text, start + 1, bytes)
    if (textOf(Buffer.from(body, 'latin1')) === undefined) return false
    // A last word of the line before is none of it.
    if (this.#kind !== 'uu') {
      this.#end()
      this.#kind = 'uu'
    }
    this.#add(start, end, body)
    this.#at = Math.min(text.length, end + (after === 13 ? 2 : 1))
    return true
  }

  #judge(): void {
    const wrapped = this.#kind === 'wrapped'
    if (this.#size < (wrapped ? LEAST : 8) || (wrapped && this.#lines.length < LEAST_LINES)) return
    const [start] = this.#lines[0]!
    const end = this.#lines.at(-1)![1]
    const body = this.#lines.map(([, , one]) => one).join('')
    const text = wrapped ? body : Buffer.from(body, 'latin1').toString('utf8')
    const classes = classesIn(wrapped ? this.#wrapped : this.#coded, text)
    for (const [name, confidence] of classes)
      if (name === UNREAD) this.leave(start, end)
      else this.add(name, start, end, confidence)
  }
}

/** Where the characters of a code that end at `end` begin; `end` if they are too many for a short line. */
function tailOf(text: string, end: number): number {
  let start = end
  while (start > 0 && end - start <= WIDEST && inRun(text.charCodeAt(start - 1))) start--
  return end - start > WIDEST ? end : start
}

/** The bytes as characters. */
function fromUu(text: string, from: number, count: number): string {
  let out = ''
  for (let i = from; out.length < count; i += 4) {
    let value = 0
    for (let k = 0; k < 4; k++) value = (value << 6) | ((text.charCodeAt(i + k) - 32) & 63)
    out += String.fromCharCode(value >> 16, (value >> 8) & 255, value & 255)
  }
  return out.slice(0, count)
}

/** `wrapped`: readers of codes alone, for lines put together; `coded`: all detectors, for what uuencode spells. */
export function openLines(wrapped: Layer, coded: Layer): DetectorStream {
  return new LineStream(wrapped, coded)
}
