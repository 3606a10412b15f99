// What becomes of a region: findings that hang together are sorted out, each asked about, and the strictest answer covers
// everything that overlaps. Outside the spans that are treated nothing changes.
import { type Finding, TREATMENTS, type Treatment } from '../core/index.ts'
import { firstEndingAfter, sortOut } from './findings.ts'
import { type JsonValue, valuesBetween } from './json-text.ts'
import { PSEUDONYM } from './pseudonym.ts'
import type { Region } from './regions.ts'

export const strictness = (treatment: Treatment): number => TREATMENTS.indexOf(treatment)

export interface Treater {
  /** The answer for one finding. Throws to block. */
  treatment(finding: Finding): Treatment
  /** What stands for `value`, decoded if it was in JSON. Never called for `pass`. */
  replace(dataClass: string, treatment: Treatment, value: string): string
  /** What becomes of text shaped like a pseudonym, decoded if it was in JSON; undefined leaves it. */
  pseudonym(text: string): string | undefined
}

interface Span {
  start: number
  end: number
  class: string
  treatment: Treatment
  /** Length of the finding that gave the class. */
  size: number
}

/** The region's text after treatment. */
export function treatRegion(region: Region, treater: Treater): string {
  const findings = sortOut(region.findings)
  const spans: Span[] = []
  const marks: Finding[] = []
  for (const finding of findings) {
    if (finding.class === PSEUDONYM) {
      marks.push(finding)
      continue
    }
    const treatment = treater.treatment(finding)
    if (treatment === 'pass') continue
    const size = finding.end - finding.start
    const last = spans[spans.length - 1]
    // Findings come in order of their start.
    if (last !== undefined && finding.start < last.end) {
      const stricter = strictness(treatment) - strictness(last.treatment)
      if (stricter > 0 || (stricter === 0 && size > last.size)) {
        last.class = finding.class
        last.size = size
        if (stricter > 0) last.treatment = treatment
      }
      last.end = Math.max(last.end, finding.end)
    } else spans.push({ start: finding.start, end: finding.end, class: finding.class, treatment, size })
  }
  const text = (from: number, to: number) => region.text.slice(from - region.start, to - region.start)
  const edits: { start: number; end: number; with: string }[] = []
  for (const span of spans)
    for (const piece of pieces(span, region.values)) {
      const original = text(piece.start, piece.end)
      if (piece.kind === 'number') edits.push({ start: piece.start, end: piece.end, with: '0' })
      else if (piece.kind === undefined || piece.kind === 'text')
        edits.push({ start: piece.start, end: piece.end, with: treater.replace(span.class, span.treatment, original) })
      else
        edits.push({
          start: piece.start,
          end: piece.end,
          with: quote(treater.replace(span.class, span.treatment, unquote(original))),
        })
    }
  for (const mark of marks) {
    const over = firstEndingAfter(spans, mark.start)
    if (over !== undefined && over.start < mark.end) continue
    const inJson = region.values?.some(
      (v) => v.kind !== 'text' && v.start <= mark.start && (v.end < 0 || v.end >= mark.end),
    )
    const original = text(mark.start, mark.end)
    const value = treater.pseudonym(inJson ? unquote(original) : original)
    if (value === undefined) continue
    edits.push({ start: mark.start, end: mark.end, with: inJson ? quote(value) : value })
  }
  if (edits.length === 0) return region.text
  edits.sort((a, b) => a.start - b.start)
  let out = ''
  let at = region.start
  for (const edit of edits) {
    out += text(at, edit.start) + edit.with
    at = edit.end
  }
  return out + region.text.slice(at - region.start)
}

interface Piece {
  start: number
  end: number
  kind: JsonValue['kind'] | undefined
}

/** What a finding covers, as it reads without the escapes of JSON. */
export function valuesUnder(region: Region, { start, end }: Pick<Finding, 'start' | 'end'>): string[] {
  return pieces({ start, end }, region.values).map((piece) => {
    const text = region.text.slice(piece.start - region.start, piece.end - region.start)
    return piece.kind === undefined || piece.kind === 'text' ? text : unquote(text)
  })
}

/** In JSON only the inside of values changes: quotes, commas and brackets under a span stay. */
function pieces(span: Pick<Span, 'start' | 'end'>, values: readonly JsonValue[] | undefined): Piece[] {
  if (values === undefined) return [{ start: span.start, end: span.end, kind: undefined }]
  const found: Piece[] = []
  for (const value of valuesBetween(values, span.start, span.end)) {
    const end = value.end < 0 ? span.end : value.end
    if (value.kind === 'word' || value.start >= span.end || end <= span.start) continue
    if (value.kind === 'number') found.push({ start: value.start, end, kind: 'number' })
    else found.push({ start: Math.max(span.start, value.start), end: Math.min(span.end, end), kind: value.kind })
  }
  return found
}

const quote = (text: string) => JSON.stringify(text).slice(1, -1)

function unquote(raw: string): string {
  if (!raw.includes('\\')) return raw
  try {
    return JSON.parse(`"${raw}"`) as string
  } catch {
    return raw
  }
}

export type MaskStyle = 'label' | 'last4' | 'shape'

/** `[email]`, `************1111`, or every letter and digit as `x` and `0`. */
export function mask(dataClass: string, value: string, style: MaskStyle): string {
  // What nobody sees, or is ours, leaves nothing behind.
  if (dataClass === 'leak/invisible' || dataClass === 'leak/mark') return ''
  if (style === 'label') return `[${dataClass.slice(dataClass.lastIndexOf('/') + 1)}]`
  let digits = 0
  for (const c of value) if (c >= '0' && c <= '9') digits++
  let seen = 0
  let out = ''
  for (const c of value) {
    const digit = c >= '0' && c <= '9'
    if (digit) seen++
    if (style === 'last4') out += digit ? (digits >= 12 && seen > digits - 4 ? c : '*') : /\p{L}/u.test(c) ? '*' : c
    else out += digit ? '0' : /\p{L}/u.test(c) ? 'x' : c
  }
  return out
}
