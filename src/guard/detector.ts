// What a detector is to the rest of the guard. There is one way to scan: open a stream, push pieces, end it. A whole text
// is one piece, so a stream and a whole text give the same findings by construction.
import type { Finding } from '../core/index.ts'

export interface Detector {
  readonly name: string
  /** Every data class it can report; anything else it reports is an error. */
  readonly classes: readonly string[]
  /** Longest finding in characters; what a stream may have to hold back. */
  readonly longest: number
  open(): DetectorStream
}

/** State over one text. What it reports may depend on the text alone, never on where the pieces were cut. */
export interface DetectorStream {
  /** Feeds the next piece of normalised text; returns findings now certain, offsets into the whole text fed so far. */
  push(text: string): Finding[]
  /** The text is complete: everything still open is decided. */
  end(): Finding[]
  /**
   * Offset from which text may still become, extend or change a finding: every later finding starts here or after it.
   * Text before it is settled. Never moves back.
   */
  readonly openFrom: number
}

/** Findings of a whole text, in the order they start. */
export function detect(detector: Detector, text: string): Finding[] {
  const stream = detector.open()
  const findings = stream.push(text)
  findings.push(...stream.end())
  return findings.sort((a, b) => a.start - b.start || b.end - a.end)
}
