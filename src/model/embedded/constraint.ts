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
