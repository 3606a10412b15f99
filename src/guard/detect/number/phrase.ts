// A phrase is a row of digit groups with short separators (`4111 1111 1111 1111`, `+44 (0)20 7946 0958`, `12/03/1980`), read
// whole, at most SPAN characters. There is one phrase at a time, and everything that judges numbers asks it by group.
import { isAlphanumeric, isDigit, isLetter } from '../chars.ts'
import { NEED, peek, type Scan } from '../scan.ts'

/** Most groups of a phrase: twice as many as a telephone number has that is read digit by digit. */
export const GROUPS = 32
/** Longest phrase in characters. A longer row is read in overlapping pieces. */
export const SPAN = 96
export const LONGEST_GROUP = 24

export const SPACE = 32
export const DASH = 45
export const POINT = 46
export const SLASH = 47
export const COMMA = 44
export const UNDERSCORE = 95
/** A bracket, or a dash or slash between blanks, between groups. */
export const MIXED = 1
/** Two or three blanks: a card may be written so, but columns of a table stand so too. */
export const WIDE = 2

/** Filled anew for every phrase, so that a number costs no allocation. */
export class Phrase {
  /** Groups of the phrase. */
  count = 0
  /** A bracket opens right before it. */
  bracket = false
  /** Letters or digits hang on its last group. */
  gluedEnd = false
  /** Values of the digits of all groups, one after the other. */
  readonly digits = new Uint8Array(GROUPS * LONGEST_GROUP)
  private readonly starts = new Int32Array(GROUPS)
  private readonly ends = new Int32Array(GROUPS)
  private readonly firsts = new Int32Array(GROUPS + 1)
  private readonly joints = new Int32Array(GROUPS)

  /** Where group `g` begins and ends in the text. */
  start(g: number): number {
    return this.starts[g] ?? 0
  }

  end(g: number): number {
    return this.ends[g] ?? 0
  }

  /** Digits of group `g`, and where in `digits` they begin. */
  size(g: number): number {
    return (this.firsts[g + 1] ?? 0) - (this.firsts[g] ?? 0)
  }

  first(g: number): number {
    return this.firsts[g] ?? 0
  }

  /** What stands before group `g`: the separator itself, MIXED, WIDE, or 0 if no group stands before it. */
  joint(g: number): number {
    return this.joints[g] ?? 0
  }

  /** Group `g` as a number. */
  amount(g: number): number {
    let value = 0
    for (let i = this.firsts[g] ?? 0; i < (this.firsts[g + 1] ?? 0); i++) value = value * 10 + (this.digits[i] ?? 0)
    return value
  }

  /** False if letters hang on the end of group `g`. */
  isWhole(g: number): boolean {
    return !(this.gluedEnd && g === this.count - 1)
  }

  /** Reads groups from the digit at `at`. Returns where the phrase ends, or NEED. */
  read(scan: Scan, at: number): number {
    const { text } = scan
    let count = 0
    let total = 0
    let i = at
    let joint = jointBefore(text, at)
    this.bracket = text.charCodeAt(at - 1) === 40
    for (;;) {
      const start = i
      while (i < text.length && i - start < LONGEST_GROUP && isDigit(text.charCodeAt(i)))
        this.digits[total++] = text.charCodeAt(i++) - 48
      const c = peek(scan, i)
      if (c === NEED) return NEED
      this.starts[count] = start
      this.ends[count] = i
      this.joints[count] = joint
      this.firsts[count] = total - (i - start)
      count++
      this.firsts[count] = total
      this.count = count
      this.gluedEnd = isAlphanumeric(c)
      if (count === GROUPS || i - at > SPAN || isDigit(c)) return i
      // A separator is one of ` -./,_`, or up to three characters of blanks, dashes and brackets as in `) ` and ` (`.
      let stop = i
      let wide = false
      while (stop - i < 3) {
        const s = peek(scan, stop)
        if (s === NEED) return NEED
        if (s === 40 || s === 41) wide = true
        else if (!isSeparator(s)) break
        stop++
      }
      if (stop === i) return i
      const next = peek(scan, stop)
      if (next === NEED) return NEED
      if (!isDigit(next)) return i
      const single = text.charCodeAt(i)
      if (stop - i === 1 && !wide) joint = single
      else if (wide || (stop - i === 3 && (text.charCodeAt(i + 1) === DASH || text.charCodeAt(i + 1) === SLASH)))
        joint = MIXED
      else if (single === SPACE && text.charCodeAt(i + 1) === SPACE && text.charCodeAt(stop - 1) === SPACE) joint = WIDE
      else return i
      i = stop
    }
  }
}

const isSeparator = (c: number) =>
  c === SPACE || c === DASH || c === POINT || c === SLASH || c === COMMA || c === UNDERSCORE

/** The separator right before `at` if a group of digits stands before it, as where a long row is read on; else 0. */
function jointBefore(text: string, at: number): number {
  const c = text.charCodeAt(at - 1)
  let i = at - 2
  if (!isSeparator(c) || !isDigit(text.charCodeAt(i))) return 0
  while (i >= 0 && at - i <= LONGEST_GROUP && isDigit(text.charCodeAt(i))) i--
  return isLetter(text.charCodeAt(i)) ? 0 : c
}

export const nearGroup = (scan: Scan, phrase: Phrase, g: number, bits: number) =>
  scan.context.near(bits, phrase.start(g))
