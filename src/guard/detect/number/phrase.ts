// A phrase is a row of digit groups with short separators (`4111 1111 1111 1111`, `+44 (0)20 7946 0958`, `12/03/1980`), read
// whole, at most SPAN characters. There is one phrase at a time, and everything that judges numbers asks it by group.
import { isDigit } from '../chars.ts'
import { NEED, peek, type Scan } from '../scan.ts'

export const GROUPS = 16
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

// One phrase at a time, so its parts live in arrays that are filled anew: no allocation per number.
const starts = new Int32Array(GROUPS)
const ends = new Int32Array(GROUPS)
export const firsts = new Int32Array(GROUPS + 1)
const joints = new Int32Array(GROUPS)
export const digits = new Uint8Array(GROUPS * LONGEST_GROUP)
/** Groups of the phrase. */
export let count = 0
/** A bracket opens right before it. */
export let bracket = false

export const sizeOf = (g: number) => (firsts[g + 1] ?? 0) - (firsts[g] ?? 0)
export const startOf = (g: number) => starts[g] ?? 0
export const endOf = (g: number) => ends[g] ?? 0
export const jointOf = (g: number) => joints[g] ?? 0
export function amountOf(g: number): number {
  let value = 0
  for (let i = firsts[g] ?? 0; i < (firsts[g + 1] ?? 0); i++) value = value * 10 + (digits[i] ?? 0)
  return value
}

/** Reads groups from the digit at `at`. Returns where the phrase ends, or NEED. */
export function read(scan: Scan, at: number): number {
  const { text } = scan
  count = 0
  bracket = text.charCodeAt(at - 1) === 40
  let total = 0
  let i = at
  let joint = 0
  for (;;) {
    const start = i
    while (i < text.length && i - start < LONGEST_GROUP && isDigit(text.charCodeAt(i)))
      digits[total++] = text.charCodeAt(i++) - 48
    const c = peek(scan, i)
    if (c === NEED) return NEED
    starts[count] = start
    ends[count] = i
    joints[count] = joint
    firsts[count] = total - (i - start)
    count++
    firsts[count] = total
    if (count === GROUPS || i - at > SPAN || isDigit(c)) return i
    // A separator is one of ` -./,_`, or up to three characters of blanks, dashes and brackets as in `) ` and ` (`.
    let stop = i
    let wide = false
    while (stop - i < 3) {
      const s = peek(scan, stop)
      if (s === NEED) return NEED
      if (s === 40 || s === 41) wide = true
      else if (s !== SPACE && s !== DASH && s !== POINT && s !== SLASH && s !== COMMA && s !== UNDERSCORE) break
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

/** False if letters hang on the end of group `h`, the last one of the phrase. */
export const isWhole = (h: number, gluedEnd: boolean) => !(h === count - 1 && gluedEnd)

export const nearGroup = (scan: Scan, g: number, bits: number) => scan.context.near(bits, startOf(g))
