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
  push(text: string): readonly Finding[]
  /** The text is complete: everything still open is decided. */
  end(): readonly Finding[]
  /**
   * Offset from which text may still become, extend or change a finding: every later finding starts here or after it.
   * Text before it is settled. Never moves back.
   */
  readonly openFrom: number
}

/** Characters that detectors are fed at once: what they keep of a text at a time stays small. */
export const WINDOW = 16_384

/** Findings of a whole text, in the order they start. */
export function detect(detector: Detector, text: string): Finding[] {
  const stream = detector.open()
  const findings: Finding[] = []
  for (let at = 0; at < text.length; at += WINDOW)
    for (const finding of stream.push(text.length <= WINDOW ? text : text.slice(at, at + WINDOW)))
      findings.push(finding)
  for (const finding of stream.end()) findings.push(finding)
  return findings.sort((a, b) => a.start - b.start || b.end - a.end)
}
