// What may follow in an answer. The generation asks every constraint before it takes a token; a token that one of them
// refuses is never produced, and the next likeliest is asked about.

export interface Constraint {
  /** May the answer go on with this text? `partial`: bytes of an unfinished character come after it. */
  accepts(text: string, partial: boolean): boolean
  /** The text was produced. */
  advance(text: string): void
  /** May the answer end here? */
  mayEnd(): boolean
  /** Nothing can follow any more. */
  finished(): boolean
}

export function allOf(constraints: readonly Constraint[]): Constraint {
  return {
    accepts: (text, partial) => constraints.every((constraint) => constraint.accepts(text, partial)),
    advance: (text) => {
      for (const constraint of constraints) constraint.advance(text)
    },
    mayEnd: () => constraints.every((constraint) => constraint.mayEnd()),
    finished: () => constraints.some((constraint) => constraint.finished()),
  }
}

/** Length of the unfinished UTF-8 character at the end of `bytes`: 0 to 3. */
export function unfinishedBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
  }
  return 0
}
