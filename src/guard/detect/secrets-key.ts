// Keys of providers, known by how they begin (secrets-table.ts), also where they are written from their last character to
// their first. Offsets are those of the text; every look stays inside one run.
import type { Finding } from '../../core/index.ts'
import { plausible } from './secrets-form.ts'
import { indexPatterns, isAlnum, matchAt, type Pattern, parsePattern } from './secrets-pattern.ts'
import { PREFIXED } from './secrets-table.ts'

/** Characters of a key that is looked for backwards. */
const LONGEST_REVERSED = 256

const PATTERNS = indexPatterns(
  Object.entries(PREFIXED).flatMap(([name, rows]) => rows.map((row) => parsePattern(`secret/${name}`, row))),
)

export const KEY_CLASSES: readonly string[] = Object.keys(PREFIXED).map((name) => `secret/${name}`)

/** The first key of the run [start, end) at `at` or behind it. `seeLoose`: also those that begin with no sign of their own. */
export function nextKey(text: string, at: number, start: number, end: number, seeLoose: boolean): Finding | undefined {
  const { slots, buckets, loose } = PATTERNS
  for (let i = at; i + 12 < end; i++) {
    const code = text.charCodeAt(i)
    if (code > 127) continue
    const slot = slots[(code << 7) | (text.charCodeAt(i + 1) & 127)]!
    if (slot === 0 && !seeLoose) continue
    // Inside a word only beginnings that nothing else has are looked for: glueing a letter to a key hides nothing.
    const inner = i > start && isAlnum(text.charCodeAt(i - 1))
    const key =
      keyAt(buckets[slot]!, text, i, start, end, inner) ??
      (seeLoose && !inner ? keyAt(loose, text, i, start, end, false) : undefined)
    if (key !== undefined) return key
  }
  return undefined
}

/** Does a key begin with what stands at [at, end), and is there too little of it? */
export function beginsKey(text: string, at: number, end: number): boolean {
  const slot = PATTERNS.slots[((text.charCodeAt(at) & 127) << 7) | (text.charCodeAt(at + 1) & 127)]!
  if (slot === 0) return false
  for (const { parts, strict } of PATTERNS.buckets[slot]!) {
    const head = parts[0]
    if (typeof head !== 'string' || head.length < 3 || end - at < head.length + 3) continue
    const begun = text.slice(at, at + head.length)
    if (strict ? begun === head : begun.toLowerCase() === head) return true
  }
  return false
}

function keyAt(
  patterns: readonly Pattern[],
  text: string,
  at: number,
  start: number,
  end: number,
  inner: boolean,
): Finding | undefined {
  for (const pattern of patterns) {
    if (inner && pattern.strict) continue
    const stop = matchAt(pattern, text, at, end)
    if (stop < 0 || (pattern.strict && !plausible(text, at, stop))) continue
    let from = at
    if (pattern.whole) while (from > start && text.charCodeAt(from - 1) !== 61) from--
    return { class: pattern.name, start: from, end: stop, confidence: 98 }
  }
  return undefined
}

/** Letters thirteen further on. */
const rotated = (text: string): string =>
  text.replace(/[A-Za-z]/g, (letter) => {
    const code = letter.charCodeAt(0)
    return String.fromCharCode((code & 31) > 13 ? code - 13 : code + 13)
  })
const ROTATED = new Uint16Array(128 * 128)
for (let slot = 0; slot < ROTATED.length; slot++) {
  const other = rotated(String.fromCharCode(slot >> 7, slot & 127))
  ROTATED[slot] = PATTERNS.slots[(other.charCodeAt(0) << 7) | other.charCodeAt(1)]!
}

/** A key in ROT13 at the start of the run. */
export function rotatedKey(text: string, start: number, end: number): Finding | undefined {
  const slot = ROTATED[((text.charCodeAt(start) & 127) << 7) | (text.charCodeAt(start + 1) & 127)]!
  if (slot === 0 || text.charCodeAt(start) > 127) return undefined
  let turned: string | undefined
  for (const pattern of PATTERNS.buckets[slot]!) {
    const [head] = pattern.parts
    if (typeof head !== 'string' || head.length < 4) continue
    turned ??= rotated(text.slice(start, Math.min(end, start + LONGEST_REVERSED)))
    const size = matchAt(pattern, turned, 0, turned.length)
    if (size >= 16 && plausible(turned, 0, size))
      return { class: pattern.name, start, end: start + size, confidence: 85 }
  }
  return undefined
}

/** A key written backwards ends where it would begin. */
export function reversedKey(text: string, start: number, end: number): Finding | undefined {
  let stop = end
  // A beginning may itself end with a sign: `_phg`, but not `_phg_`.
  while (stop > start && !isAlnum(text.charCodeAt(stop - 1)) && end - stop < 4) stop--
  const slot = PATTERNS.slots[((text.charCodeAt(stop - 1) & 127) << 7) | (text.charCodeAt(stop - 2) & 127)]!
  if (slot === 0) return undefined
  const turned = [...text.slice(Math.max(start, stop - LONGEST_REVERSED), stop)].reverse().join('')
  for (const pattern of PATTERNS.buckets[slot]!) {
    const [head] = pattern.parts
    if (typeof head !== 'string' || head.length < 4) continue
    const size = matchAt(pattern, turned, 0, turned.length)
    if (size >= 16 && plausible(turned, 0, size))
      return { class: pattern.name, start: stop - size, end: stop, confidence: 85 }
  }
  return undefined
}
