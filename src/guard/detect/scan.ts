// What detectors share that read on from a place: the characters at hand, whether more may come, and where findings go.
import type { Context } from './lexicon.ts'

/** The answer needs characters that have not arrived. */
export const NEED = -1

export interface Arrived {
  /** Normalised text at hand; offsets into it are local. */
  text: string
  /** True once no more text will come: the end of `text` is the end of everything. */
  ended: boolean
}

export interface Scan extends Arrived {
  readonly context: Context
  /** Local offsets between which no character ends a web address: read once, however many addresses stand in each other. */
  linkFrom: number
  linkTo: number
  /** Where the run before this one began, local: what lies before it is decided. */
  before: number
  /** Start of the finding emitted last, local. */
  last(): number
  emit(dataClass: string, start: number, end: number, confidence: number): void
}

/** Unit at `i`; 0 past the end of the whole text, NEED (-1) if it has not arrived. */
export function peek(arrived: Arrived, i: number): number {
  if (i < arrived.text.length) return arrived.text.charCodeAt(i)
  return arrived.ended ? 0 : NEED
}
