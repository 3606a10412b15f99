// Where a value behind a label stands, and how far it goes.

/** `bare`: nothing but blanks or small words between; `spoken`: `is` and its like; `assigned`: a colon, a sign of equality. */
export type Link = 'bare' | 'spoken' | 'assigned'

export interface Place {
  readonly text: string
  /** Where the value begins, behind its quote if it has one. */
  readonly start: number
  /** The sign that closes it; 0 if it is not quoted. */
  readonly quote: number
  readonly link: Link
  /** What links them may as well begin a place: only what looks like a value by itself is one. */
  readonly weak: boolean
  /** Words between label and value. */
  readonly words: number
  readonly limit: number
  /** The end of `text` is the end of everything. */
  readonly ended: boolean
  /** The label and what stands before it. */
  readonly left: string
}

export interface Verdict {
  readonly class: string
  readonly start: number
  readonly end: number
  readonly confidence: number
}

export type Answer = Verdict[] | undefined | 'need'

export const one = (place: Place, dataClass: string, end: number, confidence: number): Verdict[] => [
  { class: dataClass, start: place.start, end, confidence },
]

/** Ends a value that is not quoted. */
const ENDS = new Uint8Array(128)
for (let code = 0; code <= 32; code++) ENDS[code] = 1
for (const char of '<>(){}[],;|\\"\'`') ENDS[char.charCodeAt(0)] = 1
export const isEnd = (code: number) =>
  code < 128 ? ENDS[code] === 1 : code >= 0x2e80 || code === 0xa0 || code === 0x201d || code === 0xbb

/** End of the value: its quote, or what ends a word; 'need' if that has not arrived, -1 if it is too far. */
export function endOf(place: Place, most: number): number | 'need' {
  const { text, start, quote } = place
  const limit = Math.min(start + most, place.limit)
  for (let i = start; i < limit; i++) {
    if (i >= text.length) return place.ended ? (quote === 0 ? i : -1) : 'need'
    const code = text.charCodeAt(i)
    if (quote !== 0 ? code === quote : isEnd(code)) return i
    if (code === 10) return -1
  }
  return -1
}

/** The word at `start` without the marks of a sentence behind it. */
export function word(place: Place, most = 128): { value: string; end: number } | undefined | 'need' {
  const end = endOf(place, most)
  if (end === 'need') return 'need'
  if (end < 0) return undefined
  const value = place.text.slice(place.start, end)
  if (place.quote !== 0) return { value, end }
  const bare = value.replace(/[.:?]{1,3}$/, '')
  return { value: bare, end: place.start + bare.length }
}

/** The character behind `end`, or 'need'. */
export function following(place: Place, end: number): number | 'need' {
  if (end + 3 < place.text.length || place.ended) return place.text.charCodeAt(end)
  return 'need'
}
