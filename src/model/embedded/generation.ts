// One answer of the embedded model, step by step. A step is one small piece of work (a few prompt tokens, or one answer
// token), so that many answers share one thread and every one of them can be ended between two tokens.
import type { Delta } from '../../core/index.ts'
import { createDecoding, type DecodingInput } from './decoding.ts'
import { BATCH, type Llama, type State } from './llama.ts'

export interface GenerationInput extends DecodingInput {
  llama: Llama
  /** May hold the beginning of the prompt already, but not all of it. */
  state: State
  prompt: readonly number[]
}

export interface Generation {
  /** Does the next piece of work. The last deltas are `finish` and `usage`; `undefined` after that. */
  step(): Delta[] | undefined
  /** Everything that is in the state: prompt and answer. */
  readonly seen: readonly number[]
}

export function createGeneration(input: GenerationInput): Generation {
  const { llama, state, prompt } = input
  const reused = state.length
  const seen: number[] = prompt.slice(0, reused)
  const decoding = createDecoding(input)
  let scores: Float32Array | undefined
  let done = false

  function feed(tokens: readonly number[], wanted: boolean): void {
    const result = llama.run(state, tokens, wanted)
    // Not a spread: a long list of arguments would not fit the stack.
    for (const token of tokens) seen.push(token)
    // A copy: refused tokens are struck out in it, and another answer's step reuses the original.
    scores = wanted ? result.slice() : undefined
  }
  function last(deltas: Delta[]): Delta[] {
    done = true
    const usage = { inputTokens: prompt.length, outputTokens: decoding.count, cachedTokens: reused }
    return [...deltas, { type: 'usage', usage }]
  }

  return {
    seen,
    step() {
      if (done) return undefined
      if (seen.length < prompt.length) {
        const part = prompt.slice(seen.length, seen.length + BATCH)
        feed(part, seen.length + part.length === prompt.length)
        return []
      }
      const next = scores && decoding.next(scores)
      if (!next) return last(decoding.end('content_filter'))
      if (next.token === undefined) return last(next.deltas)
      feed([next.token], true)
      return next.deltas
    },
  }
}
