// One loaded model and the answers it is working on, on one thread. Turns go round the principals, one token each, so that
// nobody's long answer delays everybody else's. A session's state belongs to that session; it is erased on `forget`, when
// it has not been used for long, and with the runtime.
import { createHash } from 'node:crypto'
import { type Delta, Fault } from '../../core/index.ts'
import { allOf } from './constraint.ts'
import type { GenerateRequest, Turn } from './engine-contract.ts'
import { createGeneration } from './generation.ts'
import { broken, type Gguf, type GgufValue, readGguf } from './gguf.ts'
import { BATCH, createLlama, type State, wipe } from './llama.ts'
import type { About, StartInput } from './protocol.ts'
import { constraintsOf } from './request-rules.ts'
import { createTemplate } from './template.ts'
import { createTokenizer, TOKEN_TYPE, type Tokenizer } from './tokenizer.ts'
import { createByteVoice } from './utf8.ts'

export type Progress = { id: number; deltas: Delta[]; done: boolean } | { id: number; fault: Fault }

export interface Runtime {
  readonly about: About
  start(id: number, input: StartInput): void
  /** One `embedding` delta per input, then `usage`. */
  embed(id: number, principal: string, inputs: readonly string[]): void
  /** Ends a job; nothing more is reported for it. */
  abort(id: number): void
  /** Works on the next job in turn; undefined when there is nothing to do. */
  turn(): Progress | undefined
  readonly busy: boolean
  count(input: string | readonly Turn[]): number
  forget(session: string): void
}

/** An answer or an embedding that is being worked on. */
interface Job {
  id: number
  principal: string
  session: string | undefined
  state: State
  /** Does a small piece; the last deltas are followed by `usage`. */
  step(): Delta[] | undefined
  /** What the state has seen, if it may be kept for the session. */
  seen: readonly number[] | undefined
}

interface Kept {
  state: State
  seen: readonly number[]
}

/** Token types that are no text. */
const FRAME: ReadonlySet<number> = new Set([TOKEN_TYPE.control, TOKEN_TYPE.unused, TOKEN_TYPE.unknown])
/** Sessions whose state is kept between calls; the one unused for longest goes first. */
const KEPT_SESSIONS = 16
/** Characters that are turned into tokens without taking turns; about a tenth of a second. */
const LONGEST_TEXT = 200_000

export function createRuntime(bytes: Uint8Array): Runtime {
  const file = readGguf(bytes)
  const tokenizer = readTokenizer(file)
  const llama = createLlama(file, tokenizer.size)
  const template = createTemplate(file, tokenizer)
  const jobs = new Map<number, Job>()
  const kept = new Map<string, Kept>()
  /** Principals in the order of their next turn. */
  const round: string[] = []

  const name = file.metadata.get('general.name')
  const license = file.metadata.get('general.license')
  let parameters = 0
  for (const tensor of file.tensors.values()) parameters += tensor.elements
  const about: About = {
    digest: createHash('sha256').update(bytes).digest('hex'),
    contextTokens: llama.context,
    name: typeof name === 'string' ? name : 'unnamed',
    ...(typeof license === 'string' && { license }),
    parameters,
    fileBytes: bytes.length,
  }

  const tooLong = (what: string, promptTokens: number) =>
    new Fault('context_length_exceeded', {
      detail: `${what} has ${promptTokens} tokens; this model takes ${llama.context} for prompt and answer together`,
      data: { promptTokens, contextTokens: llama.context },
    })
  /** Text so long that only reading it would hold up everybody is refused by a figure it certainly exceeds. */
  function guardLength(characters: number): void {
    if (characters <= LONGEST_TEXT) return
    const least = Math.ceil(characters / tokenizer.longest)
    throw new Fault('context_length_exceeded', {
      detail: `The text has ${characters} characters, at least ${least} tokens; this model takes ${llama.context}`,
      data: { promptTokens: least, contextTokens: llama.context },
    })
  }
  function encodeText(text: string): number[] {
    guardLength(text.length)
    return tokenizer.encode(text)
  }
  function encodeTurns(turns: readonly Turn[]): number[] {
    guardLength(turns.reduce((sum, { text }) => sum + text.length, 0))
    return template.encode(turns)
  }
  function encodePrompt({ messages, prompt }: GenerateRequest): number[] {
    if ((messages === undefined) === (prompt === undefined))
      throw new Fault('malformed_request', { detail: 'Either messages or a prompt is needed' })
    const tokens = messages ? encodeTurns(messages) : encodeText(prompt ?? '')
    if (tokens.length === 0) throw new Fault('malformed_request', { detail: 'The prompt is empty' })
    if (tokens.length >= llama.context) throw tooLong('The prompt', tokens.length)
    return tokens
  }

  /** The session's state as far as it says the same as the new prompt, or an empty one. */
  function takeState(session: string | undefined, prompt: readonly number[]): State {
    const old = session === undefined ? undefined : kept.get(session)
    if (session === undefined || !old) return llama.state()
    kept.delete(session)
    let same = 0
    while (same < old.seen.length && same < prompt.length - 1 && old.seen[same] === prompt[same]) same++
    cut(old.state, same)
    return old.state
  }

  function keep(job: Job): void {
    if (job.session === undefined || job.seen === undefined) {
      wipe(job.state)
      return
    }
    const other = kept.get(job.session)
    if (other) wipe(other.state)
    kept.delete(job.session)
    kept.set(job.session, { state: job.state, seen: job.seen })
    for (const [session, { state }] of kept) {
      if (kept.size <= KEPT_SESSIONS) break
      wipe(state)
      kept.delete(session)
    }
  }

  /** A placeholder token that the prompt does not contain. */
  const strange = (token: number, allowed: ReadonlySet<number>) =>
    tokenizer.typeOf(token) === TOKEN_TYPE.userDefined && !allowed.has(token)

  function start(id: number, { principal, session, request, rules, seed }: StartInput): void {
    const prompt = encodePrompt(request)
    const room = llama.context - prompt.length
    const maxTokens = Math.min(request.maxTokens ?? room, room)
    if (!Number.isInteger(maxTokens) || maxTokens < 1)
      throw new Fault('malformed_request', {
        detail: 'The number of tokens must be a whole number from 1',
        data: { param: 'max_tokens' },
      })
    const allowed = rules.placeholdersOfPrompt ? userDefinedIn(prompt, tokenizer) : undefined
    const constraints = constraintsOf(request, rules)
    const state = takeState(session, prompt)
    const generation = createGeneration({
      llama,
      state,
      prompt,
      voice: createByteVoice(tokenizer),
      isEnd: (token) => template.ends.has(token),
      isFrame: (token) => FRAME.has(tokenizer.typeOf(token)) || (allowed !== undefined && strange(token, allowed)),
      maxTokens,
      sampling: {
        temperature: request.temperature ?? 0,
        topK: request.topK ?? 0,
        topP: request.topP ?? 1,
        minP: request.minP ?? 0,
      },
      penalties: {
        repeat: request.repeatPenalty ?? 1,
        frequency: request.frequencyPenalty ?? 0,
        presence: request.presencePenalty ?? 0,
      },
      seed: request.seed ?? seed,
      stop: request.stop ?? [],
      ...(constraints.length > 0 && { constraint: allOf(constraints) }),
    })
    add({ id, principal, session, state, step: generation.step, seen: generation.seen })
  }

  function add(job: Job): void {
    jobs.set(job.id, job)
    if (!round.includes(job.principal)) round.push(job.principal)
  }

  function embed(id: number, principal: string, inputs: readonly string[]): void {
    const lists = inputs.map((input) => {
      const tokens = encodeText(input)
      if (tokens.length === 0)
        throw new Fault('malformed_request', { detail: 'An input is empty', data: { param: 'input' } })
      if (tokens.length > llama.context) throw tooLong('An input', tokens.length)
      return tokens
    })
    const state = llama.state()
    const sum = new Float64Array(llama.width)
    let index = 0
    const step = (): Delta[] => {
      const tokens = lists[index]
      if (!tokens)
        return [
          { type: 'usage', usage: { inputTokens: lists.reduce((n, list) => n + list.length, 0), outputTokens: 0 } },
        ]
      llama.addHidden(state, tokens.slice(state.length, state.length + BATCH), sum)
      if (state.length < tokens.length) return []
      const length = Math.hypot(...sum) || 1
      const vector = Array.from(sum, (value) => value / length)
      wipe(state)
      sum.fill(0)
      return [{ type: 'embedding', index: index++, vector }]
    }
    add({ id, principal, session: undefined, state, step, seen: undefined })
  }

  /** The principal whose turn it is, and of its jobs the one that waited longest. */
  function nextJob(): Job | undefined {
    while (round.length > 0) {
      const principal = round.shift() as string
      for (const job of jobs.values())
        if (job.principal === principal) {
          round.push(principal)
          jobs.delete(job.id)
          jobs.set(job.id, job)
          return job
        }
    }
    return undefined
  }

  return {
    about,
    start,
    embed,
    abort(id) {
      const job = jobs.get(id)
      if (!job) return
      jobs.delete(id)
      keep(job)
    },
    turn() {
      const job = nextJob()
      if (!job) return undefined
      try {
        const deltas = job.step() ?? []
        const done = deltas.some((delta) => delta.type === 'usage')
        if (done) {
          jobs.delete(job.id)
          keep(job)
        }
        return { id: job.id, deltas, done }
      } catch (error) {
        jobs.delete(job.id)
        wipe(job.state)
        return { id: job.id, fault: Fault.from(error) }
      }
    },
    get busy() {
      return jobs.size > 0
    },
    count: (input) => (typeof input === 'string' ? encodeText(input) : encodeTurns(input)).length,
    forget(session) {
      const old = kept.get(session)
      if (old) wipe(old.state)
      kept.delete(session)
      for (const job of [...jobs.values()])
        if (job.session === session) {
          jobs.delete(job.id)
          wipe(job.state)
        }
    },
  }
}

/** Forgets all positions from `length` on. */
function cut(state: State, length: number): void {
  const width = state.capacity === 0 ? 0 : (state.keys[0]?.length ?? 0) / state.capacity
  for (const part of [...state.keys, ...state.values]) part.fill(0, width * length)
  state.length = length
}

function userDefinedIn(prompt: readonly number[], tokenizer: Tokenizer): Set<number> {
  const known = new Set(tokenizer.userDefined.map((token) => token.id))
  return new Set(prompt.filter((token) => known.has(token)))
}

function readTokenizer(file: Gguf): Tokenizer {
  const list = (key: string, fits: (item: GgufValue) => boolean) => {
    const value = file.metadata.get(key)
    if (!Array.isArray(value) || !value.every(fits)) throw broken(`${key} is missing or has items of the wrong type`)
    return value
  }
  const isText = (item: GgufValue) => typeof item === 'string'
  if (file.metadata.get('tokenizer.ggml.model') !== 'gpt2') throw broken('its tokenizer is not byte-level BPE')
  if (!['gpt-2', 'gpt2'].includes(String(file.metadata.get('tokenizer.ggml.pre'))))
    throw broken('its text is split in a way this engine does not know (tokenizer.ggml.pre is not gpt-2)')
  const tokens = list('tokenizer.ggml.tokens', isText) as string[]
  const types = list('tokenizer.ggml.token_type', (item) => typeof item === 'number') as number[]
  const merges = list('tokenizer.ggml.merges', isText) as string[]
  if (types.length !== tokens.length) throw broken('it has token types for another number of tokens')
  return createTokenizer({ tokens, types, merges })
}
