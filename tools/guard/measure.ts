// Measures of span finding, as a masker is judged: per class, without regard to class, and how many are covered whole.
import type { Span } from './grammar.ts'

export interface Tally {
  hit: number
  found: number
  wanted: number
}
export const tally = (): Tally => ({ hit: 0, found: 0, wanted: 0 })
export const precision = (t: Tally): number => (t.found === 0 ? 1 : t.hit / t.found)
export const recall = (t: Tally): number => (t.wanted === 0 ? 1 : t.hit / t.wanted)
export function fScore(t: Tally, beta: number): number {
  const p = precision(t)
  const r = recall(t)
  const b = beta * beta
  return p + r === 0 ? 0 : ((1 + b) * p * r) / (b * p + r)
}
export const show = (t: Tally): string =>
  `P ${precision(t).toFixed(3)} R ${recall(t).toFixed(3)} F1 ${fScore(t, 1).toFixed(3)} F2 ${fScore(t, 2).toFixed(3)} (n ${t.wanted})`

const overlap = (a: Span, b: Span): number => {
  const inner = Math.min(a.end, b.end) - Math.max(a.start, b.start)
  return inner <= 0 ? 0 : inner / (Math.max(a.end, b.end) - Math.min(a.start, b.start))
}

/** Adds one text: a wanted span is hit by a found one of at least `least` intersection over union. */
export function match(into: Tally, wanted: readonly Span[], found: readonly Span[], least: number): void {
  const used = new Set<Span>()
  for (const want of wanted) {
    const hit = found.find((f) => !used.has(f) && overlap(want, f) >= least)
    if (hit !== undefined) {
      used.add(hit)
      into.hit++
    }
  }
  into.wanted += wanted.length
  into.found += found.length
}

/** How many wanted spans are covered in every letter and digit. */
export function covered(text: string, wanted: readonly Span[], found: readonly Span[]): number {
  return wanted.filter((want) => {
    for (let i = want.start; i < want.end; i++)
      if (/[\p{L}\p{N}]/u.test(text[i]!) && !found.some((f) => f.start <= i && i < f.end)) return false
    return true
  }).length
}
