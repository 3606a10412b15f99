// One answer, token by token. A step is one small piece of work (a few prompt tokens, or one answer token), so that many
// answers share one thread and every one of them can be ended between two tokens.
import type { Delta } from '../../core/index.ts'
import { type Constraint, unfinishedBytes } from './constraint.ts'
import { BATCH, type Llama, type State } from './llama.ts'
import { choose, createRandom, type Penalties, penalise, type Sampling } from './sampler.ts'
import { createTextOut } from './text-out.ts'
import { TOKEN_TYPE, type Tokenizer } from './tokenizer.ts'

export interface GenerationInput {
  llama: Llama
  tokenizer: Tokenizer
  /** The prompt's last token must not be in the state yet. */
  state: State
  prompt: readonly number[]
  /** Tokens that end the answer. */
  ends: ReadonlySet<number>
  maxTokens: number
  sampling: Sampling
  penalties: Penalties
  seed: number
  stop: readonly string[]
  constraint?: Constraint
  /** User-defined tokens (placeholders) that may be produced; undefined: all. */
  userDefined?: ReadonlySet<number>
}

export interface Generation {
  /** Does the next piece of work. Returns what it produced, and `undefined` once everything has been returned. */
  step(): Delta[] | undefined
  /** Everything that is in the state: prompt and answer. */
  readonly seen: readonly number[]
}

export function createGeneration(input: GenerationInput): Generation {
  const { llama, tokenizer, state, prompt, constraint } = input
  const reused = state.length
  const seen: number[] = prompt.slice(0, reused)
  const random = createRandom(input.seed)
  const out = createTextOut(input.stop)
  const produced = new Map<number, number>()
  const candidate = new TextDecoder('utf-8', { ignoreBOM: true })
  let pending: Uint8Array = new Uint8Array(0)
  let count = 0
  let logits: Float32Array | undefined
  let done = false

  function feed(tokens: readonly number[], wanted: boolean): void {
    const result = llama.run(state, tokens, wanted)
    // Not a spread: a long list of arguments would not fit the stack.
    for (const token of tokens) seen.push(token)
    // A copy: refused tokens are struck out in it, and the next answer's step reuses the original.
    logits = wanted ? result.slice() : undefined
  }

  function refused(token: number): boolean {
    if (input.ends.has(token)) return constraint ? !constraint.mayEnd() : false
    const type = tokenizer.typeOf(token)
    if (type === TOKEN_TYPE.control || type === TOKEN_TYPE.unused || type === TOKEN_TYPE.unknown) return true
    if (type === TOKEN_TYPE.userDefined && input.userDefined && !input.userDefined.has(token)) return true
    if (!constraint) return false
    const bytes = tokenizer.bytes(token)
    const all = joined(pending, bytes)
    const open = unfinishedBytes(all)
    const text = candidate.decode(all.subarray(0, all.length - open))
    return !constraint.accepts(text, open > 0)
  }

  /** The next token, or undefined when no token is allowed at all. */
  function next(scores: Float32Array): number | undefined {
    penalise(scores, produced, input.penalties)
    for (;;) {
      const token = choose(scores, input.sampling, random)
      if (token < 0) return undefined
      if (!refused(token)) return token
      scores[token] = Number.NEGATIVE_INFINITY
    }
  }

  function finish(reason: 'stop' | 'length' | 'content_filter', text: string): Delta[] {
    done = true
    const deltas: Delta[] = []
    const rest = text + out.flush()
    if (rest) deltas.push({ type: 'text', choice: 0, text: rest })
    const stopSequence = out.stopped
    deltas.push({
      type: 'finish',
      choice: 0,
      reason: stopSequence === undefined ? reason : 'stop',
      ...(stopSequence !== undefined && { stopSequence }),
    })
    deltas.push({ type: 'usage', usage: { inputTokens: prompt.length, outputTokens: count, cachedTokens: reused } })
    return deltas
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
      if (count >= input.maxTokens || !logits) return finish('length', '')
      const token = next(logits)
      // Rules that leave nothing to say end the answer, and it says so.
      if (token === undefined) return finish('content_filter', '')
      if (input.ends.has(token)) return finish('stop', '')
      count++
      produced.set(token, (produced.get(token) ?? 0) + 1)
      const bytes = tokenizer.bytes(token)
      if (constraint) {
        const all = joined(pending, bytes)
        const open = unfinishedBytes(all)
        constraint.advance(candidate.decode(all.subarray(0, all.length - open)))
        pending = all.slice(all.length - open)
      }
      const text = out.push(bytes)
      if (out.stopped !== undefined || constraint?.finished()) return finish('stop', text)
      if (count >= input.maxTokens || state.length >= state.capacity) return finish('length', text)
      feed([token], true)
      return text ? [{ type: 'text', choice: 0, text }] : []
    },
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b
  const all = new Uint8Array(a.length + b.length)
  all.set(a)
  all.set(b, a.length)
  return all
}
