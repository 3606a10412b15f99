// Answers in Ollama's format as deltas: one line of a stream or one whole answer, which differ in nothing; and embeddings.
import {
  type Delta,
  type Durations,
  isObject,
  type Json,
  type JsonObject,
  type TokenLogprob,
  type Usage,
} from '../core/index.ts'
import { createNdjsonReader } from './ndjson.ts'
import {
  chatLogprobs,
  count,
  createLogprobsCheck,
  isVector,
  toolCallId,
  toolName,
  type Wanted,
  type WantedLogprobs,
} from './openai-read.ts'
import { createWholeReader } from './openai-stream.ts'
import { type AnswerReader, parseAnswer } from './upstream.ts'
import { brokenOff, errorInAnswer, unusable } from './upstream-fault.ts'

interface State {
  tools: number
  done: boolean
  readonly ids: Set<string>
  readonly newToolCallId: () => string
  readonly logprobs: ReturnType<typeof createLogprobsCheck>
}

const begin = (newToolCallId: () => string, wanted: WantedLogprobs | undefined): State => ({
  tools: 0,
  done: false,
  ids: new Set(),
  newToolCallId,
  logprobs: createLogprobsCheck(wanted),
})

export function createOllamaStreamReader(newToolCallId: () => string, wanted?: WantedLogprobs): AnswerReader {
  const state = begin(newToolCallId, wanted)
  let out: Delta[] = []
  const lines = createNdjsonReader((line) => {
    if (!state.done) readLine(parseAnswer(line), state, out)
  })
  const take = (): Delta[] => {
    const deltas = out
    out = []
    return deltas
  }
  return {
    push(text) {
      lines.push(text)
      return take()
    },
    over: () => state.done,
    end() {
      lines.end()
      if (!state.done) throw brokenOff()
      return take()
    },
  }
}

export const createOllamaWholeReader = (newToolCallId: () => string, wanted?: WantedLogprobs): AnswerReader =>
  createWholeReader((value, out) => {
    const state = begin(newToolCallId, wanted)
    readLine(value, state, out)
    if (!state.done) throw unusable('The model server answered without an end.')
  })

function readLine(value: unknown, state: State, out: Delta[]): void {
  if (!isObject(value)) throw unusable('The model server sent something that is not an object.')
  if ((value.error ?? null) !== null) throw errorInAnswer()
  const said = isObject(value.message) ? value.message : value
  const thinking = said.thinking
  if (typeof thinking === 'string' && thinking !== '') out.push({ type: 'reasoning', choice: 0, text: thinking })
  const text = said === value ? value.response : said.content
  if (text !== undefined && text !== null && typeof text !== 'string') throw unusable('The text is not a string.')
  const logprobs = lineLogprobs(value.logprobs)
  if (typeof text === 'string' && (text !== '' || logprobs)) {
    const delta: Delta = logprobs ? { type: 'text', choice: 0, text, logprobs } : { type: 'text', choice: 0, text }
    state.logprobs.see(delta)
    out.push(delta)
  }
  const calls = said.tool_calls
  if (Array.isArray(calls)) for (const call of calls) readToolCall(call, state, out)
  if (value.done !== true) return
  state.done = true
  state.logprobs.end()
  const reason = value.done_reason ?? 'stop'
  out.push({
    type: 'finish',
    choice: 0,
    reason:
      reason === 'length' ? 'length' : reason !== 'stop' ? 'interrupted' : state.tools > 0 ? 'tool_calls' : 'stop',
  })
  const usage = readUsage(value)
  if (usage) out.push({ type: 'usage', usage, ...readDurations(value) })
}

/** Most tool calls of one answer. */
const MOST_TOOL_CALLS = 256

function readToolCall(call: Json, state: State, out: Delta[]): void {
  const called = isObject(call) ? call.function : undefined
  const name = isObject(called) ? toolName(called.name) : undefined
  if (!isObject(call) || !isObject(called) || name === undefined) throw unusable('A tool call has no name.')
  if (state.tools >= MOST_TOOL_CALLS) throw unusable('There are too many tool calls.')
  const told = toolCallId(call.id)
  const id = told === undefined || state.ids.has(told) ? state.newToolCallId() : told
  state.ids.add(id)
  const given = called.arguments ?? {}
  out.push({
    type: 'tool',
    choice: 0,
    index: state.tools++,
    id,
    name,
    arguments: typeof given === 'string' ? given : JSON.stringify(given),
  })
}

const lineLogprobs = (value: Json | undefined): TokenLogprob[] | undefined =>
  Array.isArray(value) ? chatLogprobs({ content: value }) : undefined

function readUsage(value: JsonObject): Usage | undefined {
  // A prompt that was wholly in the cache has no count.
  const inputTokens = count(value.prompt_eval_count ?? 0)
  const outputTokens = count(value.eval_count)
  return inputTokens === undefined || outputTokens === undefined ? undefined : { inputTokens, outputTokens }
}

const DURATIONS: readonly (readonly [keyof Durations, string])[] = [
  ['total', 'total_duration'],
  ['load', 'load_duration'],
  ['promptEval', 'prompt_eval_duration'],
  ['eval', 'eval_duration'],
]
/** A year. */
const LONGEST_NS = 31_536_000e9

function readDurations(value: JsonObject): { durations?: Durations } {
  const durations: Durations = {}
  for (const [ours, theirs] of DURATIONS) {
    const took = count(value[theirs], LONGEST_NS)
    if (took !== undefined) durations[ours] = took
  }
  return Object.keys(durations).length === 0 ? {} : { durations }
}

export const createOllamaEmbeddingReader = (wanted: Wanted): AnswerReader =>
  createWholeReader((value, out) => {
    if (!isObject(value)) throw unusable('The model server sent something that is not an object.')
    if ((value.error ?? null) !== null) throw errorInAnswer()
    const vectors = value.embeddings
    if (!Array.isArray(vectors) || vectors.length !== wanted.inputs)
      throw unusable('There is not one vector for each input.')
    vectors.forEach((vector, index) => {
      if (!isVector(vector, wanted)) throw unusable('A vector is not usable.')
      out.push({ type: 'embedding', index, vector })
    })
    const inputTokens = count(value.prompt_eval_count)
    if (inputTokens !== undefined)
      out.push({ type: 'usage', usage: { inputTokens, outputTokens: 0 }, ...readDurations(value) })
  })
