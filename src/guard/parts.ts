// A text that was scanned, cut up: clear stretches and regions, in order.
import type { Finding } from '../core/index.ts'
import { valuesBetween } from './json-text.ts'
import type { KnownRegion, Region } from './regions.ts'

export type Parts = (string | Region)[]

/** The text cut up as it was when it was looked at. */
export function partsOf(text: string, known: readonly KnownRegion[]): Parts {
  const parts: Parts = []
  let at = 0
  for (const { start, end, findings } of known) {
    if (start > at) parts.push(text.slice(at, start))
    parts.push({ text: text.slice(start, end), start, findings, values: undefined })
    at = end
  }
  if (at < text.length) parts.push(text.slice(at))
  return parts
}

/** The parts of `text` with one more finding, which joins the regions that it touches. */
export function withFinding(parts: Parts | undefined, text: string, finding: Finding): Parts {
  let { start, end } = finding
  const findings = [finding]
  const apart: KnownRegion[] = []
  for (const part of parts ?? []) {
    if (typeof part === 'string') continue
    const to = part.start + part.text.length
    if (to <= start || part.start >= end) apart.push({ start: part.start, end: to, findings: part.findings })
    else {
      start = Math.min(start, part.start)
      end = Math.max(end, to)
      findings.push(...part.findings)
    }
  }
  const regions = [...apart, { start, end, findings }]
  return partsOf(
    text,
    regions.sort((a, b) => a.start - b.start),
  )
}

/** True if a finding of the same class covers all of `finding`, or JSON does not let it be changed by itself. */
export function covers(parts: Parts | undefined, finding: Finding): boolean {
  return (parts ?? []).some(
    (part) =>
      typeof part !== 'string' &&
      (part.values !== undefined ||
        part.findings.some(
          (other) => other.class === finding.class && other.start <= finding.start && other.end >= finding.end,
        )),
  )
}

/** The path of the value at `at` in JSON content, where it has one. */
export function fieldOf(region: Region, at: number, otherwise: string): string {
  const value = region.values === undefined ? undefined : valuesBetween(region.values, at, at + 1)[0]
  return value === undefined || value.path === '' ? otherwise : value.path
}
