// The detectors a guard has unless told otherwise.
import { createCodedDetector } from './decode/coded.ts'
import { createColumnDetector } from './detect/columns.ts'
import { createDocumentDetector } from './detect/document.ts'
import { createHealthDetector } from './detect/health.ts'
import { createLabelledDetector } from './detect/labelled/labelled.ts'
import { createPiecesDetector } from './detect/pieces.ts'
import { createSecretDetector } from './detect/secrets.ts'
import { createStructuredDetector, type StructuredOptions } from './detect/structured.ts'
import type { Detector } from './detector.ts'
import { createNameDetector } from './names/tagger.ts'

export interface DetectorOptions extends StructuredOptions {
  /** Names of people, places and organisations, and addresses. Default true; needs the shipped weights. */
  readonly names?: boolean
  /** Detectors of a deployment's own: lists, own classes, an adapter. */
  readonly own?: readonly Detector[]
}

export function createDetectors(options: DetectorOptions = {}): Detector[] {
  const open = [
    createStructuredDetector(options),
    createSecretDetector(),
    createLabelledDetector(),
    createDocumentDetector(),
    createColumnDetector(),
    createHealthDetector(),
    createPiecesDetector(),
    ...(options.names === false ? [] : [createNameDetector()]),
    ...(options.own ?? []),
  ]
  return [...open, createCodedDetector(open)]
}
