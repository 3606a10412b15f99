// Finds any of many patterns in a text that arrives piece by piece (Aho-Corasick): one step per character, however many
// patterns there are.

export interface Automaton {
  /** The state after a character; `undefined` when a pattern has just been completed. */
  step(state: number, char: string): number | undefined
  /** The state before any text. */
  readonly start: number
}

/** Patterns must not be empty. Characters are code points. */
export function createAutomaton(patterns: Iterable<string>): Automaton {
  const next: Map<string, number>[] = [new Map()]
  const final: boolean[] = [false]
  for (const pattern of patterns) {
    let state = 0
    for (const char of pattern) {
      let to = next[state]!.get(char)
      if (to === undefined) {
        to = next.length
        next.push(new Map())
        final.push(false)
        next[state]!.set(char, to)
      }
      state = to
    }
    final[state] = true
  }
  // Where to go on when a character does not fit: the longest end of what was read that begins a pattern.
  const back = new Int32Array(next.length)
  const order = [...next[0]!.values()]
  for (let i = 0; i < order.length; i++) {
    const state = order[i]!
    for (const [char, to] of next[state]!) {
      let other = back[state]!
      while (other !== 0 && !next[other]!.has(char)) other = back[other]!
      back[to] = next[other]!.get(char) ?? 0
      if (final[back[to]!]) final[to] = true
      order.push(to)
    }
  }
  return {
    start: 0,
    step(from, char) {
      let state = from
      while (state !== 0 && !next[state]!.has(char)) state = back[state]!
      state = next[state]!.get(char) ?? 0
      return final[state] ? undefined : state
    },
  }
}
