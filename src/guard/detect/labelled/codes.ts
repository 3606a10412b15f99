// Codes for one use and the words of a wallet: lists whose end has to be found.
import { type Answer, isEnd, one, type Place, type Verdict } from './place.ts'

const CODE = /^(?:\d{4,10}|[A-Za-z\d]{3,10}(?:-[A-Za-z\d]{3,10}){1,5}|[A-Za-z\d]{6,16})$/

/** One code or a list of them, each by itself or in groups. */
export function codes(place: Place): Answer {
  const { text, limit } = place
  const verdicts: Verdict[] = []
  let i = place.start
  for (let count = 0; count < 24; count++) {
    // `1. ` before a code
    const ahead = text.slice(i, i + 4)
    if (ahead.length < 4 && !place.ended) return 'need'
    i += /^\d{1,2}[.)] /.exec(ahead)?.[0].length ?? 0
    let end = i
    while (end < text.length && end < limit && !isEnd(text.charCodeAt(end))) end++
    if (end >= text.length && !place.ended && end < limit) return 'need'
    const raw = text.slice(i, end).replace(/[.:?!]{1,2}$/, '')
    const isCode =
      CODE.test(raw) &&
      /\d/.test(raw) &&
      (/^\d+$/.test(raw) || raw.includes('-') || raw.length >= 6) &&
      !/^(?:19|20)\d\d-\d\d/.test(raw) &&
      !(place.link === 'bare' && /^(?:19|20)\d\d$/.test(raw))
    let stop = i + raw.length
    if (!isCode) {
      // `338 194`: two halves of the same length.
      const halves = /^(\d{3,4}) (\d{3,4})(?!\d)/.exec(text.slice(i, i + 10))
      if (text.length < i + 10 && !place.ended && /^\d{3,4}(?: \d*)?$/.test(text.slice(i))) return 'need'
      if (halves === null || halves[1]!.length !== halves[2]!.length) break
      stop = i + halves[0].length
    } else if (/^\d{3,4}$/.test(raw)) {
      if (text.length < stop + 6 && !place.ended) return 'need'
      const half = /^ (\d{3,4})(?![\d-])/.exec(text.slice(stop, stop + 6))
      if (half !== null && half[1]!.length === raw.length) stop += half[0].length
    }
    if (place.link === 'bare' && place.words > 1 && verdicts.length === 0) break
    verdicts.push({ class: 'secret/recovery-code', start: i, end: stop, confidence: place.link === 'bare' ? 65 : 80 })
    // A list goes on behind commas, blanks, dashes and new lines.
    let next = stop
    while (next < text.length && next - stop < 6 && /[\s,;|"'`*•.)\]-]/.test(text.charAt(next))) next++
    if (next >= text.length && !place.ended) return 'need'
    if (next === stop || next >= limit) break
    if (!/[A-Za-z\d]/.test(text.charAt(next))) break
    i = next
  }
  return verdicts.length === 0 ? undefined : verdicts
}

/** Common words of prose that stand in no list of seed words. */
const PROSE = new Set(
  'the and for are not has was must should never been were they them from into which their there these those your would could have stored written kept lost made used given shown only also more most than then words phrase phrases seed backup wallet contains consists called known generated'.split(
    ' ',
  ),
)

/** Twelve to twenty-four words of three to eight small letters. */
export function seed(place: Place): Answer {
  const { text, start, limit } = place
  let count = 0
  let end = start
  let i = start
  while (count < 25) {
    // `1. abandon 2. ability`
    const item = /^\d{1,2}[.):]? ?/.exec(text.slice(i, i + 5))
    let from = i + (item?.[0].length ?? 0)
    let stop = from
    while (stop < text.length && stop - from < 9) {
      const code = text.charCodeAt(stop)
      if (code < 97 || code > 122) break
      stop++
    }
    if (stop >= text.length && !place.ended) return 'need'
    if (stop - from < 3 || stop - from > 8 || PROSE.has(text.slice(from, stop))) break
    count++
    end = stop
    let next = stop
    while (next < text.length && next - stop < 3 && /[\s,|-]/.test(text.charAt(next))) next++
    if (next >= text.length && !place.ended) return 'need'
    if (next === stop) break
    i = next
    if (i > limit) break
    from = i
  }
  return count >= 12 ? one(place, 'secret/seed-phrase', end, 90) : undefined
}
