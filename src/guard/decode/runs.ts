// Text written as base64, base32 or hexadecimal, in UTF-8 or UTF-16: unbroken runs of their letters, line breaks of
// wrapped codes included. Every run is followed at each place a code may begin (base32 where its letters begin), group by group, so
// it is known at once where it can still be text and where it is not: identifiers and binary data are let go after a few
// characters, and a run is read once however long it is. A finding covers the whole stretch of code that spells text.
import { Fault } from '../../core/index.ts'
import type { DetectorStream } from '../detector.ts'
import { FIVE, FOUR, isIndent, NONE, nextRun, SHORTEST, SIX, STEP } from './alphabets.ts'
import { CodeStream, classesIn, type Layer, UNREAD } from './layer.ts'

type Code = 'base64' | 'base32' | 'hex'
/**
 * The least length of a stretch of code: a run that is text from its first character to its last; the end of a longer run;
 * among characters that are no text. Chance spells short ones.
 */
const LEAST = {
  whole: { base64: 10, base32: 16, hex: 16 },
  last: { base64: 16, base32: 18, hex: 24 },
  among: { base64: 28, base32: 32, hex: 24 },
} as const
type Place = keyof typeof LEAST
/** Inside a longer run a stretch of this length is text beyond doubt. */
const SURELY = 64
/**
 * A longer stretch is read in pieces of this size, with an overlap; so much may be held back. Behind a piece with a finding the
 * rest of the stretch is treated like it.
 */
const LONGEST = 2048
const OVERLAP = 512
/** Padding and what precedes a run. */
const BEHIND = 16
/** A line this long may be wrapped base64. */
const WRAPPED = 40
/** What stands before each of them. */
const LONGEST_INDENT = 16

interface Track {
  /** Local offset where what may be text begins, and the bytes its last character still wants. */
  start: number
  wanted: number
  /** Findings of the piece before: the rest of the stretch is like it. */
  like: Map<string, number> | undefined
}
const track = (): Track => ({ start: 0, wanted: 0, like: undefined })
const NO_TRACKS: Track[] = []
const NO_TRACK = track()

const missing = (): never => {
  throw new Fault('guard_unavailable')
}

class RunStream extends CodeStream {
  readonly #layer: Layer
  #at = 0
  /** Local offset of the run being read, -1 for none, and how many of its characters have been read. */
  #run = -1
  #count = 0
  #line = 0
  #bits = 0
  /** Local offsets of the last three characters: line breaks may lie between them. */
  #one = 0
  #two = 0
  #three = 0
  /** A code of four characters may begin at each of four places, one of two at each of two. */
  #tracks: Track[] = NO_TRACKS
  #hex: Track[] = NO_TRACKS
  #hexRun = 0
  /** Base32 from where its letters began, -1 while they spell no text; letters are of one case. */
  #fives: Track = NO_TRACK
  #fiveBits = 0
  #fiveCount = 0
  #fiveCase = 0
  #five = false

  constructor(layer: Layer) {
    super(BEHIND)
    this.#layer = layer
  }

  protected read(ended: boolean): number {
    const { text } = this
    const size = text.length
    let i = this.#at
    let hold = size
    while (i < size) {
      if (this.#run < 0) {
        const start = nextRun(text, i, ended)
        i = start
        if (start >= size) break
        if (size - start < SHORTEST) {
          hold = start
          break
        }
        this.#begin(start)
      }
      const c = text.charCodeAt(i)
      const six = c < 128 ? (SIX[c] ?? NONE) : 255
      if (six < 64) {
        this.#read(six, c, i)
        i++
        continue
      }
      const next = this.#breakAt(i, ended)
      if (next < 0) break
      if (next > i) {
        this.#endHex(i)
        this.#restHex(next)
        i = next
        this.#line = 0
        continue
      }
      let stop = i
      while (stop < i + 2 && text.charCodeAt(stop) === 61) stop++
      if (stop >= size && stop < i + 2 && !ended) break
      this.#close(i, stop)
      i = stop
    }
    if (ended && this.#run >= 0) this.#close(size, size)
    this.#at = i
    if (this.#run >= 0) {
      hold = i
      for (const one of this.#tracks) if (one.start < hold) hold = one.start
      for (const one of this.#hex) if (one.start < hold) hold = one.start
      if (this.#five && this.#fives.start < hold) hold = this.#fives.start
    }
    return this.unreadTo(hold, hold, ended)
  }

  protected override needed(open: number): number {
    return Math.min(this.#at, open)
  }

  protected moved(count: number): void {
    this.#at -= count
    if (this.#run >= 0) this.#run = Math.max(0, this.#run - count)
    this.#one -= count
    this.#two -= count
    this.#three -= count
    this.#hexRun -= count
    for (const one of this.#tracks) one.start -= count
    for (const one of this.#hex) one.start -= count
    if (this.#fives !== NO_TRACK) this.#fives.start -= count
  }

  #begin(at: number): void {
    if (this.#tracks === NO_TRACKS) {
      this.#tracks = [track(), track(), track(), track()]
      this.#hex = [track(), track()]
      this.#fives = track()
    }
    this.#run = at
    this.#count = 0
    this.#line = 0
    this.#bits = 0
    for (const one of this.#tracks) {
      one.start = at
      one.wanted = 0
      one.like = undefined
    }
    this.#restHex(at)
    this.#restFives(at)
  }

  /** Where the run goes on behind a line break at `i`; `i` if it does not; -1 while that is not known. */
  #breakAt(i: number, ended: boolean): number {
    const { text } = this
    const c = text.charCodeAt(i)
    if ((c !== 10 && c !== 13) || this.#line < WRAPPED) return i
    let next = i + 1
    if (c === 13) {
      if (next >= text.length) return ended ? i : -1
      if (text.charCodeAt(next) !== 10) return i
      next++
    }
    // Lines may be indented, as in YAML, or quoted, as in mail.
    const line = next
    while (next < text.length && next - line < LONGEST_INDENT && isIndent(text.charCodeAt(next))) next++
    if (next >= text.length) return ended ? i : -1
    const code = text.charCodeAt(next)
    return code < 128 && (SIX[code] ?? NONE) < 64 ? next : i
  }

  #read(six: number, c: number, i: number): void {
    const count = this.#count++
    this.#line++
    this.#bits = ((this.#bits << 6) | six) & 0xffffff
    // Every character ends a group of one of the four places.
    const one = this.#tracks[(count + 1) & 3] ?? missing()
    if (count >= 3) {
      const bits = this.#bits
      let wanted = STEP[(one.wanted << 8) | (bits >> 16)] ?? 9
      if (wanted !== 9) wanted = STEP[(wanted << 8) | ((bits >> 8) & 255)] ?? 9
      if (wanted !== 9) wanted = STEP[(wanted << 8) | (bits & 255)] ?? 9
      if (wanted !== 9) {
        one.wanted = wanted
        if (i - one.start >= LONGEST) this.#piece(one, i + 1, 'base64')
      } else {
        // Up to two bytes of this group may still be text.
        this.#judge(one, i + 1, 'among', 'base64')
        one.wanted = 0
        one.like = undefined
        // Text may begin inside this group.
        one.start = STEP[bits & 255] === 0 ? this.#three : i + 1
      }
    } else one.start = i + 1
    this.#three = this.#two
    this.#two = this.#one
    this.#one = i
    this.#readFive(c, i)
    const four = FOUR[c] ?? NONE
    if (four > 15) {
      if (i > this.#hexRun) this.#endHex(i)
      this.#restHex(i + 1)
      return
    }
    const nth = i - this.#hexRun
    if (nth === 0) {
      let k = i
      for (const hex of this.#hex) hex.start = k++
      return
    }
    const hex = this.#hex[(nth + 1) & 1] ?? missing()
    const high = FOUR[this.text.charCodeAt(i - 1)] ?? 0
    const wanted = STEP[(hex.wanted << 8) | (high << 4) | four] ?? 9
    if (wanted !== 9) {
      hex.wanted = wanted
      if (i - hex.start >= LONGEST) this.#piece(hex, i + 1, 'hex')
    } else {
      this.#judge(hex, i - 1, 'among', 'hex')
      hex.wanted = 0
      hex.like = undefined
      hex.start = i + 1
    }
  }

  /** The run of hexadecimal digits ends at `to`. */
  #endHex(to: number): void {
    const whole = to - this.#hexRun
    if (whole >= LEAST.whole.hex)
      for (const hex of this.#hex) {
        const pairs = hex.start + ((to - hex.start) & ~1)
        this.#judge(hex, pairs, hex.start === this.#hexRun ? 'whole' : 'last', 'hex')
      }
  }

  #restHex(at: number): void {
    this.#hexRun = at
    for (const hex of this.#hex) {
      hex.start = at
      hex.wanted = 0
      hex.like = undefined
    }
  }

  /** One more character for base32. */
  #readFive(c: number, i: number): void {
    const five = FIVE[c] ?? NONE
    const which = c < 65 ? 0 : c < 97 ? 1 : 2
    if (five > 31 || (which !== 0 && this.#fiveCase !== 0 && which !== this.#fiveCase)) {
      this.#endFives(i, 'last')
      this.#restFives(five > 31 ? i + 1 : i)
      if (five > 31) return
    }
    if (which !== 0) this.#fiveCase = which
    if (!this.#five) return
    const one = this.#fives
    this.#fiveBits = ((this.#fiveBits << 5) | five) & 0xfff
    const left = (++this.#fiveCount * 5) & 7
    if (left >= 5) return
    const wanted = STEP[(one.wanted << 8) | ((this.#fiveBits >> left) & 255)] ?? 9
    if (wanted === 9) {
      this.#judge(one, i, 'among', 'base32')
      this.#five = false
    } else {
      one.wanted = wanted
      if (left === 0 && i - one.start >= LONGEST) this.#piece(one, i + 1, 'base32')
    }
  }

  /** The letters of base32 end at `to`. */
  #endFives(to: number, place: Place): void {
    if (this.#five) this.#judge(this.#fives, to, place, 'base32')
  }

  #restFives(at: number): void {
    const one = this.#fives
    one.start = at
    one.wanted = 0
    one.like = undefined
    this.#five = true
    this.#fiveBits = 0
    this.#fiveCount = 0
    this.#fiveCase = 0
  }

  /** The run ends at `end`, its padding at `stop`. */
  #close(end: number, stop: number): void {
    this.#endHex(end)
    this.#endFives(stop, this.#fives.start === this.#run ? 'whole' : 'last')
    for (const one of this.#tracks) this.#judge(one, stop, one.start === this.#run ? 'whole' : 'last', 'base64')
    this.#run = -1
  }

  /** A stretch that is text as far as it goes. */
  #judge(one: Track, end: number, place: Place, code: Code): void {
    const length = end - one.start
    if (one.like !== undefined) this.#tell(one.like, one.start, end)
    else if (length >= LEAST[place][code])
      this.#tell(this.#classes(one.start, end, code, place !== 'whole' && length < SURELY), one.start, end)
  }

  /** A stretch that has become too long to wait for its end. */
  #piece(one: Track, end: number, code: Code): void {
    const classes = one.like ?? this.#classes(one.start, end, code, false)
    this.#tell(classes, one.start, end)
    if (classes.size > 0) {
      one.like = classes
      one.start = end
    } else one.start = code === 'hex' ? end - OVERLAP : this.#before(end)
  }

  /** OVERLAP characters of base64 before `end`, whole groups whatever line breaks lie between. */
  #before(end: number): number {
    let i = end
    for (let left = OVERLAP; left > 0; ) {
      i--
      const c = this.text.charCodeAt(i)
      if (c !== 10 && c !== 13 && !isIndent(c)) left--
    }
    return i
  }

  #classes(start: number, end: number, code: Code, doubtful: boolean): Map<string, number> {
    const run = this.text.slice(start, end)
    const bytes = code === 'base32' ? fromBase32(run) : Buffer.from(run, code)
    const text = bytes.includes(0) ? bytes.toString('latin1').replaceAll('\0', '') : bytes.toString('utf8')
    return classesIn(this.#layer, text, doubtful)
  }

  #tell(classes: Map<string, number>, start: number, end: number): void {
    if (end <= start) return
    for (const [name, confidence] of classes)
      if (name === UNREAD) this.leave(start, end)
      else this.add(name, start, end, confidence)
  }
}

/** Line breaks and padding are passed over. */
function fromBase32(run: string): Buffer {
  const bytes = Buffer.alloc((run.length * 5) >> 3)
  let count = 0
  let bits = 0
  let value = 0
  for (let i = 0; i < run.length; i++) {
    const five = FIVE[run.charCodeAt(i)] ?? NONE
    if (five > 31) continue
    value = ((value << 5) | five) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes[count++] = (value >> bits) & 255
  }
  return bytes.subarray(0, count)
}

export function openRuns(layer: Layer): DetectorStream {
  return new RunStream(layer)
}
