// POST /v1/completions: text continued. Prompts as token numbers are refused: no rule and no guard can read them.
import {
  type Delta,
  type Json,
  type ModelRequest,
  type Params,
  parseJson,
  type TokenLogprob,
  type Usage,
} from '../../core/index.ts'
import type { Wire, WireWriter, WriterContext } from '../ports.ts'
import { collect } from './answer.ts'
import { boolean, integer, malformed, name, onlyFields, optional, prompts, root, text } from './field.ts'
import { finishWord, openaiUsage } from './openai-chat-writer.ts'
import { openaiError, refuseOpenai } from './openai-fault.ts'
import { readSharedParams, readStreamOptions, SHARED_FIELDS } from './openai-params.ts'
import { JSON_HEADERS, SSE_HEADERS } from './refusal-headers.ts'

export const openaiCompletions: Wire = {
  name: 'openai-completions',
  read: readCompletion,
  writer: createCompletionWriter,
  refuse: refuseOpenai,
}

const READERS = {
  maxTokens: ['max_tokens', (value, where) => integer(value, where, 1)],
  suffix: ['suffix', text],
  echo: ['echo', boolean],
  bestOf: ['best_of', (value, where) => integer(value, where, 1, 20)],
  topLogprobs: ['logprobs', (value, where) => integer(value, where, 0, 20)],
} as const satisfies Record<string, readonly [string, (value: Json, where: string) => unknown]>

export const FIELDS = new Set([
  'model',
  'prompt',
  'stream',
  'stream_options',
  ...SHARED_FIELDS,
  ...Object.values(READERS).map(([theirs]) => theirs),
])

/** Most prompts of one call. */
const MOST_PROMPTS = 64

function readCompletion(bytes: Uint8Array): ModelRequest {
  const body = root(parseJson(bytes))
  onlyFields(body, FIELDS)
  const inputs = prompts(body.prompt, 'prompt', MOST_PROMPTS)
  if (inputs.length === 0) throw malformed('prompt', 'must not be empty')
  const own = optional(body, READERS)
  // First, so that a refusal names the field that was written.
  const logprobs = own.topLogprobs === undefined ? {} : { logprobs: true }
  const params: Params = { ...logprobs, ...readSharedParams(body), ...own }
  return {
    action: 'complete',
    model: name(body.model, 'model'),
    messages: [],
    inputs,
    params,
    stream: boolean(body.stream ?? false, 'stream'),
    ...readStreamOptions(body),
  }
}

function createCompletionWriter({ request, model, callId, created }: WriterContext): WireWriter {
  const id = `cmpl-${callId}`
  const head = `data: {"id":${JSON.stringify(id)},"object":"text_completion","created":${created},"model":${JSON.stringify(model)},"choices":[`
  let usage: Usage | undefined
  const placed = new Map<number, Placing>()

  const frame = (choice: number, said: string, logprobs: object | undefined, finish: string) =>
    `${head}{"index":${choice},"text":${JSON.stringify(said)},"logprobs":${logprobs ? JSON.stringify(logprobs) : 'null'},"finish_reason":${finish}}]}\n\n`

  const columnsOf = ({ choice, text, logprobs }: Delta & { type: 'text' }): object | undefined => {
    if (!request.params.logprobs) return undefined
    const place = placed.get(choice) ?? createPlacing()
    placed.set(choice, place)
    const offsets = place(text, logprobs ?? [])
    return logprobs && columns(logprobs, offsets)
  }

  const write = (delta: Delta): string => {
    switch (delta.type) {
      case 'text':
        return frame(delta.choice, delta.text, columnsOf(delta), 'null')
      case 'refusal':
        return frame(delta.choice, delta.text, undefined, 'null')
      case 'finish':
        return frame(delta.choice, '', undefined, JSON.stringify(finishWord(delta.reason)))
      case 'usage':
        usage = delta.usage
        return ''
      // The format has no place for them, and a completion was not asked to reason or to call tools.
      case 'reasoning':
      case 'tool':
      case 'embedding':
        return ''
    }
  }

  return {
    streamHeaders: SSE_HEADERS,
    refusalIsText: true,
    ...(request.streamUsage && { needsUsage: true }),
    wholeHeaders: JSON_HEADERS,
    batch(deltas) {
      let out = ''
      for (const delta of deltas) out += write(delta)
      return out
    },
    end() {
      const last = request.streamUsage && usage ? `${head}],"usage":${JSON.stringify(openaiUsage(usage))}}\n\n` : ''
      return `${last}data: [DONE]\n\n`
    },
    whole(deltas) {
      const answer = collect(deltas)
      return JSON.stringify({
        id,
        object: 'text_completion',
        created,
        model,
        choices: answer.choices.map((choice, index) => ({
          index,
          text: choice.text + choice.refusal,
          logprobs:
            choice.logprobs.length === 0
              ? null
              : columns(choice.logprobs, createPlacing()(choice.text, choice.logprobs)),
          finish_reason: finishWord(choice.finish ?? 'interrupted'),
        })),
        ...(answer.usage ? { usage: openaiUsage(answer.usage) } : {}),
      })
    },
    cut: (fault, context) => `data: ${JSON.stringify({ error: openaiError(fault, context.decisionId) })}\n\n`,
  }
}

/** This route's log probabilities stand in columns. */
const columns = (logprobs: readonly TokenLogprob[], offsets: readonly number[]) => ({
  tokens: logprobs.map((one) => one.token),
  token_logprobs: logprobs.map((one) => one.logprob),
  top_logprobs: logprobs.map((one) => Object.fromEntries((one.top ?? []).map((top) => [top.token, top.logprob]))),
  text_offset: offsets,
})

/** Where in the text of its choice each token begins, in characters as Python counts them. */
type Placing = (text: string, logprobs: readonly TokenLogprob[]) => number[]

/** Characters in which a token is looked for: those of what the guard changed are gone, and one may come after its text has begun. */
const MOST_BETWEEN = 1024

function createPlacing(): Placing {
  let ahead = ''
  let offset = 0
  const pass = (length: number) => {
    offset += Array.from(ahead.slice(0, length)).length
    ahead = ahead.slice(length)
  }
  return (text, logprobs) => {
    ahead += text
    return logprobs.map(({ token }) => {
      pass(Math.max(0, ahead.slice(0, MOST_BETWEEN).indexOf(token)))
      const at = offset
      pass(token.length)
      return at
    })
  }
}
