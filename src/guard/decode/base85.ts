// Text written as Ascii85 and its kin (Python's and Git's alphabet, Z85): five signs for four bytes. Every place where a word may
// begin is followed in all three alphabets while it spells printable characters, which almost nothing does for more than one
// group: words of prose are let go at their first letter or their fifth.
import type { DetectorStream } from '../detector.ts'
import { unitsOf } from '../units.ts'
import { CodeStream, classesIn, type Layer, UNREAD } from './layer.ts'

/** Signs that spell anything worth hiding. */
const LEAST = 14
/** A longer code is read in pieces of this size, with an overlap of whole groups; so much may be held back. */
const LONGEST = 2000
const OVERLAP = 400
/** Where a place was followed no further than this, others inside it are looked at as well. */
const SHORT = 12
const BEHIND = 2
const NO = 255

const ALPHABETS = [
  Array.from({ length: 85 }, (_, k) => String.fromCharCode(33 + k)).join(''),
  '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~',
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#',
]
const VALUES = ALPHABETS.map((alphabet) => {
  const table = new Uint8Array(128).fill(NO)
  for (let value = 0; value < 85; value++) table[alphabet.charCodeAt(value)] = value
  return table
})
/** By any unit: in which alphabets a group of printable characters may begin with it, as bits. */
const BEGINS = new Uint8Array(65_536)
for (const [k, table] of VALUES.entries())
  for (let c = 33; c < 128; c++) if (table[c]! >= 10 && table[c]! <= 41) BEGINS[c]! |= 1 << k
/** By any unit: a code may begin behind it. */
const OPENS = new Uint8Array(65_536)
for (let c = 0; c <= 32; c++) OPENS[c] = 1
for (const c of '"\'`~=:([{,>') OPENS[c.charCodeAt(0)] = 1

/** A sign of one of the alphabets, or what may stand for one: no blank and no letter of other scripts. */
const isSign = (unit: number) => unit > 32 && unit < 128

const isPrintable = (byte: number) => (byte >= 32 && byte < 127) || byte === 10 || byte === 9 || byte === 13

interface Track {
  alive: boolean
  /** Signs of the group that is being read, and what they count. */
  signs: number
  value: number
  /** Whole groups so far. */
  groups: number
}
const track = (): Track => ({ alive: false, signs: 0, value: 0, groups: 0 })
const NO_TRACKS: Track[] = []

class Base85Stream extends CodeStream {
  readonly #layer: Layer
  #at = 0
  /** Local offset of the place that is being followed, -1 for none. */
  #start = -1
  #tracks = NO_TRACKS

  constructor(layer: Layer) {
    super(BEHIND)
    this.#layer = layer
  }

  protected moved(count: number): void {
    this.#at -= count
    if (this.#start >= 0) this.#start -= count
  }

  protected read(ended: boolean): number {
    const { text } = this
    const size = text.length
    let i = this.#at
    while (i < size || (ended && this.#start >= 0)) {
      if (this.#start < 0) {
        let alphabets = 0
        // Anew: what reads a code has taken the room of this text.
        const units = unitsOf(text, Math.max(0, i - 1))
        for (; i < size; i++) {
          const begins = BEGINS[units[i]!]!
          if (begins === 0 || (i > 0 && OPENS[units[i - 1]!] === 0)) continue
          // Ordinary words are over long before a code could be.
          let stop = i + 1
          while (stop < i + LEAST && stop < size && isSign(units[stop]!)) stop++
          if (stop < i + LEAST && (stop < size || ended)) {
            i = stop
            continue
          }
          alphabets = firstGroup(units, i, size, begins, ended)
          if (alphabets !== 0) break
        }
        if (i >= size || alphabets < 0) break
        this.#begin(i, alphabets)
      }
      const c = i < size ? text.charCodeAt(i) : 0
      let alive = false
      for (let k = 0; k < 3; k++) {
        const one = this.#tracks[k]!
        if (!one.alive) continue
        if (this.#follow(one, VALUES[k]!, c)) alive = true
        else {
          one.alive = false
          this.#judge(one, VALUES[k]!)
        }
      }
      if (!alive) {
        // Nothing that was followed is over before the sign that ended it.
        i = i - this.#start <= SHORT ? this.#start + 1 : Math.max(i, this.#start + 1)
        this.#start = -1
        if (i > size) break
        continue
      }
      i++
      if (i - this.#start >= LONGEST) {
        for (const [k, one] of this.#tracks.entries()) if (one.alive) this.#judge(one, VALUES[k]!)
        const next = this.#start + LONGEST - OVERLAP
        this.#begin(next, BEGINS[text.charCodeAt(next)]!)
        i = next
      }
    }
    this.#at = i
    const open = this.#start >= 0 ? this.#start : i
    return this.unreadTo(open, open, ended)
  }

  protected override needed(open: number): number {
    return Math.min(open, this.#at)
  }

  #begin(at: number, alphabets: number): void {
    if (this.#tracks === NO_TRACKS) this.#tracks = [track(), track(), track()]
    this.#start = at
    for (const [k, one] of this.#tracks.entries()) {
      one.alive = (alphabets & (1 << k)) !== 0
      one.signs = 0
      one.value = 0
      one.groups = 0
    }
  }

  /** One more sign. False if with it nothing is spelt. */
  #follow(one: Track, values: Uint8Array, c: number): boolean {
    const value = c < 128 ? values[c]! : NO
    if (value === NO) return false
    if (one.signs === 0) one.value = value
    else one.value = one.value * 85 + value
    if (++one.signs < 5) return true
    if (!isPrintableGroup(one.value)) return false
    one.groups++
    one.signs = 0
    return true
  }

  /** What was followed is over: with its whole groups, and as many signs of another as a mark or a blank stands behind. */
  #judge(one: Track, values: Uint8Array): void {
    const { text } = this
    const whole = this.#start + one.groups * 5
    if (one.groups * 5 + 4 < LEAST) return
    let end = whole
    // A blank ends a code for sure, a mark may be one of its signs.
    for (const ends of [isBlank, isMark])
      for (let signs = 4; signs > 1 && end === whole; signs--)
        if (
          whole + signs <= text.length &&
          ends(text.charCodeAt(whole + signs)) &&
          tail(text, whole, signs, values) !== undefined
        )
          end = whole + signs
    if (end - this.#start < LEAST) return
    for (const [name, confidence] of classesIn(this.#layer, decoded(text, this.#start, end, values), true))
      if (name === UNREAD) this.leave(this.#start, end)
      else this.add(name, this.#start, end, confidence)
  }
}

/** In which of these alphabets five signs from `i` on spell something; -1 if they have not all arrived. */
function firstGroup(units: Uint16Array, i: number, size: number, alphabets: number, ended: boolean): number {
  let left = 0
  let open = false
  for (let k = 0; k < 3; k++) {
    if ((alphabets & (1 << k)) === 0) continue
    const table = VALUES[k]!
    let value = 0
    let at = i
    for (; at < size && at < i + 5; at++) {
      const c = units[at]!
      const digit = c < 128 ? table[c]! : NO
      if (digit === NO) break
      value = value * 85 + digit
    }
    if (at === i + 5) {
      if (isPrintableGroup(value)) left |= 1 << k
    } else if (at === size) open = true
  }
  return open && !ended ? -1 : left
}

const isPrintableGroup = (bytes: number): boolean =>
  bytes <= 0xffffffff &&
  isPrintable(bytes >>> 24) &&
  isPrintable((bytes >>> 16) & 255) &&
  isPrintable((bytes >>> 8) & 255) &&
  isPrintable(bytes & 255)

const isBlank = (c: number) => !(c > 32)
/** Behind the end of a code, or the end of the text. */
const isMark = (c: number) =>
  !(c > 32 && c < 128) ||
  (OPENS[c] ?? 0) === 1 ||
  c === 46 ||
  c === 59 ||
  c === 41 ||
  c === 93 ||
  c === 125 ||
  c === 60 ||
  c === 33 ||
  c === 63

/** What two to four signs at `at` spell; undefined if that is not printable. */
function tail(text: string, at: number, signs: number, values: Uint8Array): string | undefined {
  let value = 0
  for (let k = 0; k < 5; k++) {
    const c = k < signs ? text.charCodeAt(at + k) : 0
    const digit = k < signs ? (c < 128 ? values[c]! : NO) : 84
    if (digit === NO) return undefined
    value = value * 85 + digit
  }
  let out = ''
  for (let k = 0; k < signs - 1; k++) {
    const byte = Math.floor(value / 256 ** (3 - k)) % 256
    if (value > 0xffffffff || !isPrintable(byte)) return undefined
    out += String.fromCharCode(byte)
  }
  return out
}

function decoded(text: string, from: number, to: number, values: Uint8Array): string {
  let out = ''
  let i = from
  for (; i + 5 <= to; i += 5) {
    let value = 0
    for (let k = 0; k < 5; k++) value = value * 85 + values[text.charCodeAt(i + k)]!
    out += String.fromCharCode(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)
  }
  return i < to ? out + (tail(text, i, to - i, values) ?? '') : out
}

export function openBase85(layer: Layer): DetectorStream {
  return new Base85Stream(layer)
}
