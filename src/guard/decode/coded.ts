// The detector of values in code: base64 and its kin, hexadecimal, uuencode, escapes of several kinds and text spelt character by character are
// opened and shown to all other detectors. It says what they say, about the code.
import type { Finding } from '../../core/index.ts'
import type { Detector, DetectorStream } from '../detector.ts'
import { NO_FINDINGS } from '../text-stream.ts'
import { openBase45 } from './base45.ts'
import { openBase85 } from './base85.ts'
import { openEscapes } from './escapes.ts'
import { createLayer, UNREAD } from './layer.ts'
import { openLines } from './lines.ts'
import { openPacked } from './packed.ts'
import { openRuns } from './runs.ts'
import { openSpelled } from './spelled.ts'
import { openWhole } from './whole.ts'

/** Codes inside codes: base64 of base64 of percent-encoding is opened, a fourth code is not. */
const DEEPEST = 3
/** Base64 is held back longest: 2,048 characters of it, or a character less than a private key in escapes. */
const LONGEST = 16_384

/** Decoded characters of one text that are scanned. Spelt text takes so much room that it needs no bound. */
const MOST_IN_RUNS = 200_000
const MOST_IN_ESCAPES = 100_000

/** `inner`: the detectors that look for what a code may hold. */
export function createCodedDetector(inner: readonly Detector[]): Detector {
  return {
    name: 'coded',
    classes: [...new Set([...inner.flatMap((detector) => detector.classes), UNREAD])],
    longest: LONGEST,
    open: () => openCoded(inner, DEEPEST),
  }
}

function openCoded(inner: readonly Detector[], depth: number): DetectorStream {
  const deeper = depth > 1 ? () => openCoded(inner, depth - 1) : undefined
  // What is inside a decoded text is bounded by it.
  const layer = (most: number, detectors = inner) =>
    createLayer(detectors, deeper, depth === DEEPEST ? most : Number.POSITIVE_INFINITY)
  const streams = [
    openRuns(layer(MOST_IN_RUNS)),
    openEscapes(layer(MOST_IN_ESCAPES)),
    openSpelled(layer(Number.POSITIVE_INFINITY)),
    openBase85(layer(MOST_IN_RUNS)),
    openWhole(layer(MOST_IN_RUNS)),
    openBase45(layer(MOST_IN_RUNS)),
    openPacked(layer(MOST_IN_RUNS)),
    openLines(layer(MOST_IN_RUNS, []), layer(MOST_IN_RUNS)),
  ] as const
  const each = (read: (stream: DetectorStream) => readonly Finding[]): readonly Finding[] => {
    let found = NO_FINDINGS
    let openFrom = Number.POSITIVE_INFINITY
    for (const one of streams) {
      const more = read(one)
      if (more.length > 0) found = found.length === 0 ? more : [...found, ...more]
      if (one.openFrom < openFrom) openFrom = one.openFrom
    }
    stream.openFrom = openFrom
    return found
  }
  const stream = {
    openFrom: 0,
    push: (text: string) => each((one) => one.push(text)),
    end: () => each((one) => one.end()),
  }
  return stream
}
