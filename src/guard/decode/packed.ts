// Text that was compressed before it was written in base64 or hexadecimal: gzip and zlib, which say so in their first bytes. A run is
// waited for, unpacked as far as it is there, and shown to all detectors. What unpacks to more than a bound is read up to it.
import { constants, gunzipSync, inflateSync } from 'node:zlib'
import { NEED } from '../detect/scan.ts'
import type { DetectorStream } from '../detector.ts'
import { FOUR, inRun, isIndent, NONE } from './alphabets.ts'
import { CodeStream, classesIn, type Layer } from './layer.ts'

/** Characters of code that are waited for; what stands behind them is not read. */
const LONGEST = 12_288
const LEAST = 24
/** A line this long may be wrapped. */
const WRAPPED = 40
const LONGEST_INDENT = 16
const MOST_UNPACKED = 200_000
/** What trying is worth, in characters that may be read. */
const TRY = 256

/** Beginnings in base64 and in hexadecimal: gzip with deflate, and zlib of any strength. */
const HEADS: readonly (readonly [head: string, hex: boolean, gzip: boolean])[] = [
  ['H4sI', false, true],
  ...'eAE eAF eAG eAH eF4 eF5 eF6 eF7 eJw eJx eJy eJz eNo eNp eNq eNr'
    .split(' ')
    .map((head) => [head, false, false] as const),
  ['1f8b08', true, true],
  ...'7801 785e 789c 78da'.split(' ').map((head) => [head, true, false] as const),
]
const LONGEST_HEAD = Math.max(...HEADS.map(([head]) => head.length))
const FIRST = new Set(HEADS.map(([head]) => head.charCodeAt(0)))
type Head = (typeof HEADS)[number]

class PackedStream extends CodeStream {
  readonly #layer: Layer
  #at = 0
  /** Where the run at hand begins, -1 for none, and what it began with. */
  #run = -1
  #head: Head | undefined
  #line = 0

  constructor(layer: Layer) {
    super(1)
    this.#layer = layer
  }

  protected override needed(open: number): number {
    return Math.min(open, this.#at, this.#run < 0 ? open : this.#run)
  }

  protected moved(count: number): void {
    this.#at -= count
    if (this.#run >= 0) this.#run -= count
  }

  protected read(ended: boolean): number {
    const { text } = this
    const size = text.length
    for (;;) {
      if (this.#run < 0 && !this.#search(ended)) break
      const stop = this.#end(ended)
      if (stop === NEED) break
      this.#close(this.#run, stop)
      this.#run = -1
      this.#at = stop
    }
    const open = this.#run >= 0 ? this.#run : Math.min(this.#at, size)
    return this.unreadTo(open, open, ended)
  }

  /** Looks for the beginning of a run. */
  #search(ended: boolean): boolean {
    const { text } = this
    const size = text.length
    for (let i = this.#at; i < size; i++) {
      if (!FIRST.has(text.charCodeAt(i)) || (i > 0 && inRun(text.charCodeAt(i - 1)))) continue
      if (size - i < LONGEST_HEAD && !ended && HEADS.some(([head]) => head.startsWith(text.slice(i)))) {
        this.#at = i
        return false
      }
      const head = HEADS.find(([one, hex]) =>
        hex ? text.slice(i, i + one.length).toLowerCase() === one : text.startsWith(one, i),
      )
      if (head === undefined) continue
      this.#run = i
      this.#head = head
      this.#at = i + head[0].length
      this.#line = head[0].length
      return true
    }
    this.#at = size
    return false
  }

  /** Where the run ends, or NEED. */
  #end(ended: boolean): number {
    const { text } = this
    const size = text.length
    const limit = this.#run + LONGEST
    const fits = this.#head?.[1] === true ? (c: number) => (FOUR[c] ?? NONE) < 16 : inRun
    let i = this.#at
    while (i < size && i < limit) {
      if (fits(text.charCodeAt(i))) {
        i++
        this.#line++
        continue
      }
      const next = this.#breakAt(i, ended, fits)
      if (next === NEED) {
        this.#at = i
        return NEED
      }
      if (next === i) return i
      i = next
      this.#line = 0
    }
    this.#at = i
    return i < size || i >= limit || ended ? i : NEED
  }

  /** Where the run goes on behind a line break at `i`; `i` if it does not. */
  #breakAt(i: number, ended: boolean, fits: (c: number) => boolean): number {
    const { text } = this
    if (this.#line < WRAPPED) return i
    let k = i
    if (text.charCodeAt(k) === 13) k++
    if (k >= text.length) return ended ? i : NEED
    if (text.charCodeAt(k) !== 10) return i
    const line = ++k
    while (k < text.length && k - line < LONGEST_INDENT && isIndent(text.charCodeAt(k))) k++
    if (k >= text.length) return ended ? i : NEED
    return fits(text.charCodeAt(k)) ? k : i
  }

  #unpacked(code: string, head: Head): ReturnType<typeof unpacked> {
    this.#layer.spend(TRY)
    return unpacked(code, head)
  }

  #close(start: number, end: number): void {
    const head = this.#head
    if (head === undefined || end - start < LEAST) return
    if (this.#layer.used()) {
      this.leave(start, end)
      return
    }
    const code = this.text.slice(start, end)
    let said = this.#unpacked(code, head)
    // The first word of a line behind it may look like more of it.
    const last = code.lastIndexOf('\n')
    if (said === undefined && last >= LEAST) said = this.#unpacked(code.slice(0, last), head)
    if (said === undefined) return
    if (said === TOO_MUCH) {
      this.leave(start, end)
      return
    }
    for (const [name, confidence] of classesIn(this.#layer, said)) this.add(name, start, end, confidence)
  }
}

const TOO_MUCH = Symbol('more than is read')

/** What `code` says, as far as it can be unpacked; undefined if that is no text. */
function unpacked(code: string, [, hex, gzip]: Head): string | typeof TOO_MUCH | undefined {
  const bytes = Buffer.from(code.replace(/[\s>]+/g, ''), hex ? 'hex' : 'base64')
  const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST_UNPACKED }
  try {
    const plain = gzip ? gunzipSync(bytes, options) : inflateSync(bytes, options)
    const text = plain.toString('utf8')
    return text.length >= 8 && !text.slice(0, 64).includes('\ufffd') ? text : undefined
  } catch (fault) {
    return fault instanceof RangeError ? TOO_MUCH : undefined
  }
}

export const openPacked = (layer: Layer): DetectorStream => new PackedStream(layer)
