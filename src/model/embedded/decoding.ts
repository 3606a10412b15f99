// From scores to an answer, whatever computes the scores: chooses the next token within the rules, turns tokens into text,
// ends at an end token, a stop sequence, the token limit or when the rules leave nothing.
import type { Delta, FinishReason } from '../../core/index.ts'
import type { Constraint } from './constraint.ts'
import { candidates, createRandom, type Penalties, penalise, type Sampling } from './sampler.ts'
import { createTextOut } from './text-out.ts'

/** What tokens say. A token may end within a character; the rest of it is then still to come. */
export interface Voice {
  /** The text that would follow, without saying it. */
  preview(token: number): { text: string; partial: boolean }
  say(token: number): string
  /** An unfinished character at the end of the answer, as U+FFFD. */
  rest(): string
}

export interface DecodingInput {
  voice: Voice
  isEnd(token: number): boolean
  /** Tokens that are no text: never produced. */
  isFrame(token: number): boolean
  maxTokens: number
  sampling: Sampling
  penalties: Penalties
  seed: number
  stop: readonly string[]
  constraint?: Constraint
}

export interface Decoding {
  /**
   * Takes the scores of every token after what has been said, and may overwrite them. Returns what may be sent, and the
   * token that was chosen; without one the answer is over and `finish` was the last delta. `undefined`: every token with a
   * score was refused.
   */
  next(scores: Float32Array): { deltas: Delta[]; token?: number } | undefined
  /** Ends an answer that cannot go on: the rules leave nothing, or the context is full. */
  end(reason: 'content_filter' | 'length'): Delta[]
  /** Tokens produced, the end token not counted. */
  readonly count: number
}

export function createDecoding(input: DecodingInput): Decoding {
  const { voice, constraint } = input
  const random = createRandom(input.seed)
  const out = createTextOut(input.stop)
  const produced = new Map<number, number>()
  let count = 0

  function refused(token: number): boolean {
    if (input.isEnd(token)) return constraint ? !constraint.mayEnd() : false
    if (input.isFrame(token)) return true
    if (!constraint) return false
    const { text, partial } = voice.preview(token)
    return !constraint.accepts(text, partial)
  }

  function finish(reason: FinishReason, text: string): Delta[] {
    const rest = text + out.push(voice.rest()) + out.flush()
    const stopSequence = out.stopped
    const deltas: Delta[] = rest ? [{ type: 'text', choice: 0, text: rest }] : []
    if (stopSequence !== undefined) deltas.push({ type: 'finish', choice: 0, reason: 'stop', stopSequence })
    else deltas.push({ type: 'finish', choice: 0, reason })
    return deltas
  }

  return {
    next(scores) {
      penalise(scores, produced, input.penalties)
      for (const token of candidates(scores, input.sampling, random)) {
        if (refused(token)) continue
        if (input.isEnd(token)) return { deltas: finish('stop', '') }
        count++
        produced.set(token, (produced.get(token) ?? 0) + 1)
        const said = voice.say(token)
        constraint?.advance(said)
        const text = out.push(said)
        if (out.stopped !== undefined || constraint?.finished()) return { deltas: finish('stop', text) }
        if (count >= input.maxTokens) return { deltas: finish('length', text) }
        return { deltas: text ? [{ type: 'text', choice: 0, text }] : [], token }
      }
      return undefined
    },
    end: (reason) => finish(reason, ''),
    get count() {
      return count
    },
  }
}
