// What one line of a text may be to a document, as document-setting.ts and document-row.ts read it. A line that is still
// arriving is read too: it is let go or waited for by its first words.

/** What a line is; `longer` while too little of it is there: a finding in it starts at `from` or later. */
export type Line =
  | { kind: 'none' | 'blank' | 'neutral' }
  | { kind: 'longer'; from: number }
  | { kind: 'setting'; from: number; to: number; telling: boolean; argument: Argument }
  | { kind: 'row'; from: number; to: number }

/** Whether the line is an argument of a call, `name=value,`, and one by which something is connected to. */
type Argument = 'no' | 'any' | 'connecting'

export const NONE: Line = { kind: 'none' }
export const BLANK: Line = { kind: 'blank' }
export const NEUTRAL: Line = { kind: 'neutral' }
/** Undecided, and nothing that is there so far would be reported: only what follows. */
export const LONGER: Line = { kind: 'longer', from: Number.POSITIVE_INFINITY }
export const longer = (from: number): Line => ({ kind: 'longer', from })

export const isBlank = (c: number) => c === 32 || c === 9 || c === 13

/** Between the words of a name. */
export const isKeyJoint = (c: number) => c === 95 || c === 45 || c === 46
