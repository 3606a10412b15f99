// Which findings of a region count: sure enough of themselves, not by chance in an id, and not part of another.
import type { Finding } from '../core/index.ts'
import { PSEUDONYM } from './pseudonym.ts'
import type { Region } from './regions.ts'

/** Findings below this confidence are not findings. */
export const LEAST_CONFIDENCE = 50

/** Classes that an id of the protocol can hold by chance: their look says nothing there. */
const LOOSE_IN_IDS = [
  'personal/person',
  'personal/place',
  'personal/organisation',
  'personal/title',
  'personal/people',
  'network/',
  'business/',
  'finance/amount',
  'personal/date',
  'secret/generic',
  'secret/high-entropy',
  'document/',
]

/** The region with what counts of it; undefined if nothing does. */
export function keep(region: Region): Region | undefined {
  const findings = region.findings.filter((finding) => finding.confidence >= LEAST_CONFIDENCE)
  if (findings.length === region.findings.length) return region
  return findings.length === 0 ? undefined : { ...region, findings }
}

/** What counts in an id of the protocol. */
export function keepInId(region: Region): Region | undefined {
  const findings = region.findings.filter((finding) => !LOOSE_IN_IDS.some((loose) => finding.class.startsWith(loose)))
  return findings.length === 0 ? undefined : keep({ ...region, findings })
}

/** Found by how words look, not by form: gives way to a value with a form around it. */
const LOOSE = new Set([
  'personal/person',
  'personal/place',
  'personal/organisation',
  'personal/title',
  'personal/people',
])

/**
 * Findings that count, in order: a name inside an e-mail address is part of the address, one inside a pseudonym is
 * nothing, and of the same class the wider one stands. One sweep: a region may hold as many findings as a client likes.
 */
export function sortOut(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length < 2) return findings
  const rank = (finding: Finding) => (finding.class === PSEUDONYM ? 0 : LOOSE.has(finding.class) ? 2 : 1)
  const sorted = [...findings].sort(
    (a, b) =>
      a.start - b.start ||
      b.end - a.end ||
      rank(a) - rank(b) ||
      (a.class < b.class ? -1 : a.class > b.class ? 1 : b.confidence - a.confidence),
  )
  const pseudonyms = sorted.filter((finding) => finding.class === PSEUDONYM)
  const widest = new Map<string, number>()
  let firm = -1
  return sorted.filter((finding) => {
    const loose = LOOSE.has(finding.class)
    if ((widest.get(finding.class) ?? -1) >= finding.end) return false
    if (finding.class !== PSEUDONYM) {
      if (loose && firm >= finding.end) return false
      const inner = firstEndingAfter(pseudonyms, finding.start)
      if (
        inner !== undefined &&
        inner.start < finding.end &&
        (loose || (inner.start <= finding.start && finding.end <= inner.end))
      )
        return false
      if (!loose) firm = Math.max(firm, finding.end)
    }
    widest.set(finding.class, Math.max(widest.get(finding.class) ?? -1, finding.end))
    return true
  })
}

/** Of spans in order and apart, the first that ends after `at`. */
export function firstEndingAfter<T extends { readonly end: number }>(spans: readonly T[], at: number): T | undefined {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((spans[middle]?.end ?? 0) > at) high = middle
    else low = middle + 1
  }
  return spans[low]
}
