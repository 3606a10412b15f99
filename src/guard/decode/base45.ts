// Text written as Base45 (RFC 9285): three signs for two bytes, capitals, figures, a blank and `$%*+-./:`. The third sign of
// printable characters is one of twelve, so words and numbers in capitals are let go at once.
import type { DetectorStream } from '../detector.ts'
import { unitsOf } from '../units.ts'
import { isPrintable, NONE, nextRun } from './alphabets.ts'
import { CodeStream, classesIn, type Layer, UNREAD } from './layer.ts'

/** Signs that spell anything worth hiding. */
const LEAST = 17
/** A longer code is read in pieces of this size, with an overlap of whole groups; so much may be held back. */
const LONGEST = 1800
const OVERLAP = 300
const BEHIND = 1

const VALUES = new Uint8Array(65_536).fill(NONE)
/** By any unit: 1 for a sign. */
const SIGNS = new Uint8Array(65_536)
for (const [value, c] of [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:'].entries()) {
  VALUES[c.charCodeAt(0)] = value
  SIGNS[c.charCodeAt(0)] = 1
}
/** The third sign of two printable bytes. */
const THIRD = new Uint8Array(65_536)
for (const c of '456789ABCDEF') THIRD[c.charCodeAt(0)] = 1
/** By any unit: a code may begin behind it. */
const OPENS = new Uint8Array(65_536)
for (let c = 0; c <= 32; c++) OPENS[c] = 1
for (const c of '"\'`~=:([{,>') OPENS[c.charCodeAt(0)] = 1

/** May a code begin at `i`? */
const opens = (units: Uint16Array, i: number): boolean => units[i] !== 32 && (i === 0 || OPENS[units[i - 1]!] !== 0)

/** The two bytes of three signs at `i`, -1 if one of them is not printable. */
function pair(units: Uint16Array, i: number): number {
  const a = VALUES[units[i]!]!
  const b = VALUES[units[i + 1]!]!
  const c = VALUES[units[i + 2]!]!
  if (a === NONE || b === NONE || c === NONE) return -1
  const bytes = a + 45 * b + 2025 * c
  return isPrintable(bytes >> 8) && isPrintable(bytes & 255) ? bytes : -1
}

class Base45Stream extends CodeStream {
  readonly #layer: Layer
  #at = 0
  /** Local offset of the code that is being read, -1 for none; `#at` is behind its last whole group. */
  #start = -1
  /** Local offset up to which there are only signs from `#at` on, as far as known: a long row of them is looked through once. */
  #run = 0

  constructor(layer: Layer) {
    super(BEHIND)
    this.#layer = layer
  }

  protected moved(count: number): void {
    this.#at -= count
    this.#run -= count
    if (this.#start >= 0) this.#start -= count
  }

  protected override needed(open: number): number {
    return Math.min(open, this.#at)
  }

  protected read(ended: boolean): number {
    const size = this.text.length
    let units = this.#units()
    for (;;) {
      if (this.#start < 0) {
        const start = this.#first(units, ended)
        if (start < 0) break
        this.#start = start
        this.#at = start + 3
      }
      while (this.#at + 2 < size && this.#at - this.#start < LONGEST && pair(units, this.#at) >= 0) this.#at += 3
      if (this.#at - this.#start >= LONGEST) {
        this.#judge(this.#at)
        this.#start = this.#at - OVERLAP
        units = this.#units()
        continue
      }
      if (this.#at + 2 >= size && !ended) break
      if (this.#close(units, size)) units = this.#units()
    }
    const open = this.#start >= 0 ? this.#start : this.#at
    return this.unreadTo(open, open, ended)
  }

  /** Where a code may begin, -1 if that is not known or not in this text. */
  #first(units: Uint16Array, ended: boolean): number {
    const size = this.text.length
    let i = this.#at
    if (this.#run > i) this.#runOn(units, this.#run)
    for (; ; i++) {
      if (i >= this.#run) {
        // Only what is among enough signs in a row is looked at.
        i = nextRun(this.text, i, ended, LEAST, SIGNS)
        this.#runOn(units, i)
        if (size - i < LEAST) {
          while (i < size && !opens(units, i)) i++
          break
        }
      }
      if (this.#run - i < LEAST && this.#run < size) {
        i = this.#run - 1
        continue
      }
      if (!opens(units, i)) continue
      if (i + 2 >= size) break
      if (THIRD[units[i + 2]!] !== 0 && pair(units, i) >= 0) {
        this.#at = i
        return i
      }
    }
    this.#at = i
    return -1
  }

  #runOn(units: Uint16Array, from: number): void {
    const size = this.text.length
    let run = from
    while (run < size && SIGNS[units[run]!] !== 0) run++
    this.#run = run
  }

  /** Anew when a code was read: that has taken the room of this text. */
  #units(): Uint16Array {
    return unitsOf(this.text, Math.max(0, (this.#start < 0 ? this.#at : this.#start) - 1))
  }

  /** The last whole group is read: two signs more may spell one character. True if it was looked at. */
  #close(units: Uint16Array, size: number): boolean {
    const end = this.#at
    const one =
      end + 1 < size && VALUES[units[end]!] !== NONE && VALUES[units[end + 1]!] !== NONE
        ? VALUES[units[end]!]! + 45 * VALUES[units[end + 1]!]!
        : 0
    const found = isPrintable(one) && one < 128 && this.#judge(end + 2)
    if (!found) this.#judge(end)
    // A code that was none may hold the beginning of one.
    const read = end + 2 - this.#start >= LEAST
    this.#at = read ? end : this.#start + 1
    this.#start = -1
    return read
  }

  #judge(end: number): boolean {
    if (end - this.#start < LEAST) return false
    const classes = classesIn(this.#layer, decoded(this.text, this.#start, end), true)
    for (const [name, confidence] of classes)
      if (name === UNREAD) this.leave(this.#start, end)
      else this.add(name, this.#start, end, confidence)
    return classes.size > 0
  }
}

function decoded(text: string, from: number, to: number): string {
  let out = ''
  for (let i = from; i < to; i += 3) {
    let value = 0
    for (let k = Math.min(3, to - i) - 1; k >= 0; k--) value = value * 45 + VALUES[text.charCodeAt(i + k)]!
    out += i + 3 <= to ? String.fromCharCode(value >> 8, value & 255) : String.fromCharCode(value)
  }
  return out
}

export function openBase45(layer: Layer): DetectorStream {
  return new Base45Stream(layer)
}
