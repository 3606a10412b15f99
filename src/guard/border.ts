// A value cut in two: its first half ends one text of a request, its second half begins the next text of the same speaker,
// another part of the message or another message. Each half alone is nothing; the model reads them one after the other. So the
// end of the one and the beginning of the other are read together, where they may spell something at all.
import type { Finding } from '../core/index.ts'
import { AT, CLASS, DIGIT } from './detect/chars.ts'
import { createPiecesDetector } from './detect/pieces.ts'
import { detect } from './detector.ts'
import { LEAST_CONFIDENCE } from './findings.ts'
import type { Region } from './regions.ts'
import type { Screen } from './screen.ts'

/** Characters that are read on either side: longer than any number or address, and as much as most keys have. */
const REACH = 96
/** So many characters without a blank may be a key. */
const KEY_LENGTH = 16

/** Classes told by how words look or by what stands around: the last word of one text and the first of another are neither. */
const LOOSE =
  /^(?:personal\/(?:person|place|organisation|title|people|address|date|age|postcode)|document\/|business\/|finance\/(?:amount|transaction|account)|network\/url|leak\/)/

/** One value and the places of its halves. */
export interface Halves {
  readonly before: Finding
  readonly after: Finding
}

/** What the end of `before` and the beginning of `after` spell together. */
export function acrossBorder(before: string, after: string, screen: Screen): Halves[] {
  const end = before.trimEnd().length
  const start = after.length - after.trimStart().length
  const left = before.slice(Math.max(0, end - REACH), end)
  const right = after.slice(start, start + REACH)
  const found: Halves[] = []
  if (ENDS_IN_PIECE.test(left) && HAS_PIECE.test(right) && ASCII.test(left) && ASCII.test(right))
    found.push(...inPieces(left, right, end, start))
  if (found.length > 0 || !maySpell(left, right)) return found
  const border = left.length
  const stream = screen.open('plain')
  const sink = {
    clear() {},
    region: (region: Region) => {
      for (const { class: dataClass, confidence, start: from, end: to } of region.findings)
        if (from < border && to > border && confidence >= LEAST_CONFIDENCE && !LOOSE.test(dataClass))
          found.push({
            before: { class: dataClass, start: end - border + from, end, confidence },
            after: { class: dataClass, start, end: start + to - border, confidence },
          })
    },
  }
  stream.push(left + right, sink)
  stream.end(sink)
  return found
}

/** Two pieces with other words between: `… the card is 4111 1111` and `the other half: 1111 1111`. */
function inPieces(left: string, right: string, end: number, start: number): Halves[] {
  const border = left.length
  const findings = detect(pieces, `${left}\n${right}`)
  const before = findings.filter(({ end: to }) => to <= border)
  const found: Halves[] = []
  for (const after of findings) {
    const half = after.start > border ? before.findLast((one) => one.class === after.class) : undefined
    if (half === undefined) continue
    found.push({
      before: { ...half, start: end - border + half.start, end: end - border + half.end },
      after: { ...after, start: start + after.start - border - 1, end: start + after.end - border - 1 },
    })
  }
  return found
}

const pieces = createPiecesDetector()
/** Text whose characters are read one for one. */
const ASCII = /^[\x00-\x7f]*$/
const ENDS_IN_PIECE = /(?:\d{3}|[A-Za-z\d_-]{8})[^A-Za-z\d]{0,4}$/
const HAS_PIECE = /\d{3}|\d[A-Za-z]|[A-Za-z]\d/

/** Most borders are the end of a sentence and the beginning of another: looked at in a moment and let go. */
function maySpell(left: string, right: string): boolean {
  if (left === '' || right === '') return false
  if (CLASS[left.charCodeAt(left.length - 1)] === 0 || CLASS[right.charCodeAt(0)] === 0) return false
  let flags = 0
  let length = 0
  let [digitsLeft, digitsRight] = [false, false]
  for (let i = left.length - 1; i >= 0 && left.charCodeAt(i) > 32; i--, length++) {
    const kind = CLASS[left.charCodeAt(i)] ?? 0
    flags |= kind
    digitsLeft ||= kind === DIGIT
  }
  for (let i = 0; i < right.length && right.charCodeAt(i) > 32; i++, length++) {
    const kind = CLASS[right.charCodeAt(i)] ?? 0
    flags |= kind
    digitsRight ||= kind === DIGIT
  }
  return (flags & AT) !== 0 || (digitsLeft && digitsRight) || ((digitsLeft || digitsRight) && length >= KEY_LENGTH)
}
