// A detector that is fed piece by piece, as from a stream, for tests.
import { expect } from 'vitest'
import type { Finding } from '../../src/core/index.ts'
import { type Detector, detect } from '../../src/guard/detector.ts'

/**
 * Expects the same findings as of the whole text, none of which reaches back before what was settled; returns them.
 * `sizes`: characters of each piece.
 */
export function foundInPieces(detector: Detector, text: string, sizes: Iterator<number>): Finding[] {
  const stream = detector.open()
  const found: Finding[] = []
  let settled = 0
  const take = (fresh: readonly Finding[]) => {
    for (const finding of fresh) expect(finding.start).toBeGreaterThanOrEqual(settled)
    found.push(...fresh)
  }
  for (let at = 0; at < text.length; ) {
    const size = sizes.next().value as number
    take(stream.push(text.slice(at, at + size)))
    expect(stream.openFrom).toBeGreaterThanOrEqual(settled)
    settled = stream.openFrom
    at += size
  }
  take(stream.end())
  found.sort((a, b) => a.start - b.start || b.end - a.end)
  expect(found).toEqual(detect(detector, text))
  return found
}
