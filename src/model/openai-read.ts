// Answers in OpenAI's format as deltas: one chunk of a stream, one whole completion, one set of embeddings. An upstream is
// no more trusted than a caller: wrong types, unasked choices and absurd numbers end the answer.
import {
  type Delta,
  type FinishReason,
  isObject,
  type Json,
  type JsonObject,
  type ModelRequest,
  type TokenLogprob,
  type Usage,
} from '../core/index.ts'
import { errorInAnswer, unusable } from './upstream-fault.ts'

/** Most tool calls of one choice. */
const MOST_TOOL_CALLS = 256

export interface Asked {
  /** Choices that may come: prompts × n. */
  readonly choices: number
  /** For servers that give a tool call no id. */
  readonly newToolCallId: () => string
  /** Stop sequences that were asked for. */
  readonly stops?: readonly string[] | undefined
  /** Log probabilities that were asked for. */
  readonly logprobs?: WantedLogprobs | undefined
}

/** What is known of one answer while it is read. */
export interface OpenaiReading extends Asked {
  /** By choice. */
  readonly toolCalls: Map<number, Calls>
}

/** Servers number calls as they like: some from 1, some all of them 0, some not at all. Ours are in their order. */
interface Calls {
  size: number
  /** The newest call of each of their numbers. */
  readonly newest: Map<number, Call>
  readonly ids: Set<string>
}
interface Call {
  readonly number: number
  /** The id that stood beside the name. */
  readonly opened: string | undefined
  id: string | undefined
  /** Undefined until it is told. */
  name: string | undefined
}

export const readingOf = (request: ModelRequest, newToolCallId: () => string): Asked => ({
  choices: Math.max(1, request.inputs.length) * (request.params.n ?? 1),
  newToolCallId,
  stops: request.params.stop,
  logprobs: wantedLogprobs(request),
})

/** The pieces of one chunk or completion: `choices[].delta`, `.message` or `.text`. */
export function readChunk(value: unknown, reading: OpenaiReading, out: Delta[]): void {
  if (!isObject(value)) throw unusable('The model server sent something that is not an object.')
  // vLLM writes its errors as {"object":"error"}.
  if (value.error || value.object === 'error') throw errorInAnswer(value.error || value)
  const choices = value.choices
  if (choices !== undefined && choices !== null) {
    if (!Array.isArray(choices)) throw unusable('"choices" is not a list.')
    for (const entry of choices) readChoice(entry, reading, out)
  }
  const usage = readUsage(value.usage)
  if (usage) out.push({ type: 'usage', usage })
}

function readChoice(entry: Json, reading: OpenaiReading, out: Delta[]): void {
  if (!isObject(entry)) throw unusable('A choice is not an object.')
  const choice = count(entry.index ?? 0, reading.choices)
  if (choice === undefined) throw unusable('The model server sent a choice that was not asked for.')
  const said = entry.delta ?? entry.message
  if (isObject(said)) readSaid(said, choice, entry.logprobs, reading, out)
  else if (typeof entry.text === 'string') {
    // llama.cpp's server writes them as in a chat.
    const logprobs = completionLogprobs(entry.logprobs) ?? chatLogprobs(entry.logprobs)
    if (entry.text !== '' || logprobs) pushText(out, choice, entry.text, logprobs)
  }
  const finish = entry.finish_reason
  if (typeof finish !== 'string' || finish === '') return
  checkNamed(choice, reading)
  const told = finishReason(finish)
  // Whoever is told of calls waits for them.
  const reason = told === 'tool_calls' && !reading.toolCalls.has(choice) ? 'stop' : told
  // vLLM says which one it was.
  const stopped = reason === 'stop' ? reading.stops?.find((stop) => stop === entry.stop_reason) : undefined
  out.push({ type: 'finish', choice, reason, ...(stopped === undefined ? {} : { stopSequence: stopped }) })
}

function readSaid(said: JsonObject, choice: number, logprobs: Json | undefined, reading: OpenaiReading, out: Delta[]) {
  const reasoning = said.reasoning_content ?? said.reasoning
  if (typeof reasoning === 'string' && reasoning !== '') out.push({ type: 'reasoning', choice, text: reasoning })
  const content = said.content
  if (typeof content === 'string') {
    const tokens = chatLogprobs(logprobs)
    if (content !== '' || tokens) pushText(out, choice, content, tokens)
  } else if (content !== undefined && content !== null) throw unusable('"content" is not a string.')
  if (typeof said.refusal === 'string' && said.refusal !== '') out.push({ type: 'refusal', choice, text: said.refusal })
  for (const field of UNASKED)
    if ((said[field] ?? null) !== null)
      throw unusable(`The model server answered with "${field}", which was not asked for.`)
  const calls = said.tool_calls
  if (calls === undefined || calls === null) return
  if (!Array.isArray(calls)) throw unusable('"tool_calls" is not a list.')
  calls.forEach((call, position) => {
    readToolCall(call, position, choice, reading, out)
  })
}

function readToolCall(entry: Json, position: number, choice: number, reading: OpenaiReading, out: Delta[]): void {
  if (!isObject(entry)) throw unusable('A tool call is not an object.')
  const given = count(entry.index ?? position, MOST_TOOL_CALLS)
  if (given === undefined) throw unusable('A tool call has no usable index.')
  const called = isObject(entry.function) ? entry.function : {}
  const name = toolName(called.name)
  const id = toolCallId(entry.id)
  const pieces = called.arguments ?? ''
  const text = typeof pieces === 'string' ? pieces : JSON.stringify(pieces)
  const calls = callsOf(choice, reading)
  const call = callOf(calls, given, name === undefined ? undefined : id)
  const delta = { type: 'tool' as const, choice, index: call.number, arguments: text }
  if (call.name !== undefined) {
    if (name !== undefined && name !== call.name) throw unusable('A tool call has two names.')
    // Some servers say id and name again with each piece: client libraries would put the names together.
    out.push(delta)
    return
  }
  call.id ??= id
  if (name === undefined) {
    if (text.trim() !== '') throw nameless()
    return
  }
  call.name = name
  // Results are told apart by it.
  const own = call.id === undefined || calls.ids.has(call.id) ? reading.newToolCallId() : call.id
  calls.ids.add(own)
  out.push({ ...delta, id: own, name })
}

/** What a caller cannot send back as a name is none. */
const isName = (value: string): boolean => value.length <= 512 && !/[\u0000-\u001f\u007f]/.test(value)

/** @throws Fault `upstream_invalid` */
export function toolName(value: Json | undefined): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined
  if (!isName(value)) throw unusable('A tool call has a name that is none.')
  return value
}

/** Undefined where the gateway has to make one. */
export const toolCallId = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' && isName(value) ? value : undefined

/** Whoever is asked about a call is asked by its name. */
const nameless = () => unusable('A tool call has no name.')

/** At the end of a choice. */
export function checkNamed(choice: number, { toolCalls }: OpenaiReading): void {
  for (const { name } of toolCalls.get(choice)?.newest.values() ?? []) if (name === undefined) throw nameless()
}

function callsOf(choice: number, { toolCalls }: OpenaiReading): Calls {
  const calls = toolCalls.get(choice) ?? { size: 0, newest: new Map(), ids: new Set() }
  toolCalls.set(choice, calls)
  return calls
}

/** `opens`: the id beside a name. With another one than before it is another call, whatever its number. */
function callOf(calls: Calls, given: number, opens: string | undefined): Call {
  const known = calls.newest.get(given)
  if (known && (opens === undefined || known.name === undefined || (known.opened ?? opens) === opens)) return known
  if (calls.size >= MOST_TOOL_CALLS) throw unusable('There are too many tool calls.')
  const call: Call = { number: calls.size++, opened: opens, id: undefined, name: undefined }
  calls.newest.set(given, call)
  return call
}

const pushText = (out: Delta[], choice: number, text: string, logprobs: TokenLogprob[] | undefined) =>
  out.push(logprobs ? { type: 'text', choice, text, logprobs } : { type: 'text', choice, text })

/** What an answer can also consist of. Without it, it would not be whole. */
const UNASKED = ['function_call', 'audio'] as const

const FINISH: Record<string, FinishReason> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
  // vLLM
  abort: 'interrupted',
}
/** A word not known here must not pass for a good end. */
const finishReason = (word: string): FinishReason => FINISH[word] ?? (word === 'eos' ? 'stop' : 'interrupted')

/** What is asked of the tokens of an answer. */
export interface WantedLogprobs {
  readonly alternatives: boolean
}
export const wantedLogprobs = ({ params: { logprobs, topLogprobs = 0 } }: ModelRequest): WantedLogprobs | undefined =>
  logprobs ? { alternatives: topLogprobs > 0 } : undefined

/** Servers that know no log probabilities pass over the wish for them: an answer in words alone is not what was asked for. */
export function createLogprobsCheck(wanted: WantedLogprobs | undefined): {
  see(delta: Delta): void
  end(): void
} {
  let said = false
  let told = false
  let alternatives = false
  return {
    see(delta) {
      if (wanted === undefined || delta.type !== 'text') return
      said ||= delta.text !== ''
      told ||= (delta.logprobs?.length ?? 0) > 0
      alternatives ||= delta.logprobs?.some(({ top = [] }) => top.length > 0) ?? false
    },
    end() {
      if (said && !told) throw unusable('The model server told no log probabilities, which were asked for.')
      if (said && wanted?.alternatives && !alternatives)
        throw unusable('The model server told log probabilities without the alternatives that were asked for.')
    },
  }
}

export function chatLogprobs(value: Json | undefined): TokenLogprob[] | undefined {
  if (!isObject(value) || !Array.isArray(value.content)) return undefined
  return value.content.flatMap((entry) => {
    const token = tokenLogprob(entry)
    if (!token) return []
    const top = isObject(entry) ? entry.top_logprobs : undefined
    return [{ ...token, ...(Array.isArray(top) ? { top: top.flatMap((other) => tokenLogprob(other) ?? []) } : {}) }]
  })
}

function tokenLogprob(value: Json): TokenLogprob | undefined {
  if (!isObject(value) || typeof value.token !== 'string' || typeof value.logprob !== 'number') return undefined
  const bytes = value.bytes
  const whole = Array.isArray(bytes) && bytes.every((byte) => typeof byte === 'number')
  return { token: value.token, logprob: value.logprob, ...(whole ? { bytes: bytes as number[] } : {}) }
}

/** The completions route: parallel lists of tokens and their values. */
function completionLogprobs(value: Json | undefined): TokenLogprob[] | undefined {
  if (!isObject(value)) return undefined
  const { tokens, token_logprobs: values, top_logprobs: tops } = value
  if (!Array.isArray(tokens) || !Array.isArray(values)) return undefined
  return tokens.flatMap((token, index) => {
    if (typeof token !== 'string') return []
    const logprob = values[index]
    const top = Array.isArray(tops) ? tops[index] : undefined
    return [
      {
        token,
        logprob: typeof logprob === 'number' ? logprob : Number.NaN,
        ...(isObject(top)
          ? {
              top: Object.entries(top).flatMap(([other, its]) =>
                typeof its === 'number' ? [{ token: other, logprob: its }] : [],
              ),
            }
          : {}),
      },
    ]
  })
}

/** Token counts, or undefined if there are none that make sense: then the gateway counts by itself. */
export function readUsage(value: Json | undefined): Usage | undefined {
  if (!isObject(value)) return undefined
  const inputTokens = count(value.prompt_tokens ?? 0)
  const outputTokens = count(value.completion_tokens ?? 0)
  if (inputTokens === undefined || outputTokens === undefined) return undefined
  const cached = isObject(value.prompt_tokens_details) ? count(value.prompt_tokens_details.cached_tokens) : undefined
  const details = value.completion_tokens_details
  const reasoning = isObject(details) ? count(details.reasoning_tokens) : undefined
  return {
    inputTokens,
    outputTokens,
    ...(cached === undefined ? {} : { cachedTokens: cached }),
    ...(reasoning === undefined ? {} : { reasoningTokens: reasoning }),
  }
}

/** A whole number from 0 to below `end`. */
export const count = (value: Json | undefined, end = 1e12): number | undefined =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < end ? (value as number) : undefined

/** What is asked of vectors: one for each input, of this length if one was named. */
export interface Wanted {
  readonly inputs: number
  readonly dimensions: number | undefined
}
export const wantedOf = ({ inputs, params }: ModelRequest): Wanted => ({
  inputs: inputs.length,
  dimensions: params.dimensions,
})

export function readEmbeddings(value: unknown, wanted: Wanted, out: Delta[]): void {
  const { inputs } = wanted
  if (!isObject(value)) throw unusable('The model server sent something that is not an object.')
  if (value.error || value.object === 'error') throw errorInAnswer()
  const data = value.data
  if (!Array.isArray(data) || data.length !== inputs) throw unusable('There is not one vector for each input.')
  const seen = new Set<number>()
  for (const entry of data) {
    const index = isObject(entry) ? count(entry.index, inputs) : undefined
    const vector = isObject(entry) ? entry.embedding : undefined
    if (index === undefined || seen.has(index) || !isVector(vector, wanted)) throw unusable('A vector is not usable.')
    seen.add(index)
    out.push({ type: 'embedding', index, vector })
  }
  const usage = readUsage(value.usage)
  if (usage) out.push({ type: 'usage', usage })
}

/** Servers that know no `dimensions` pass over it: a vector of another length is not what was asked for. */
export const isVector = (value: unknown, { dimensions }: Wanted): value is number[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  (dimensions === undefined || value.length === dimensions) &&
  value.every((entry) => typeof entry === 'number' && Number.isFinite(entry))
