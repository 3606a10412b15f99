// POST /v1/responses, writing: numbered events over output items, or one response. Both come from the same items, so that the
// last event of a stream and a whole answer cannot differ. A thought is over where something else begins; every other item stays
// open until the end: the guard may still hold the last words of one when another begins.
import {
  type Delta,
  Fault,
  type FinishReason,
  type Message,
  type Part,
  type TokenLogprob,
  type Usage,
} from '../../core/index.ts'
import type { WireWriter, WriterContext } from '../ports.ts'
import { isCall } from './answer.ts'
import { openaiError } from './openai-fault.ts'
import { JSON_HEADERS, SSE_HEADERS } from './refusal-headers.ts'

interface Spoken {
  readonly kind: 'text' | 'refusal' | 'reasoning'
  readonly id: string
  readonly index: number
  text: string
  logprobs: TokenLogprob[]
}
interface Called {
  readonly kind: 'call'
  readonly id: string
  readonly index: number
  callId: string
  name: string
  namespace?: string
  arguments: string
}
type Item = Spoken | Called

/** What the model, rules and the log call a tool of a namespace. */
export const inNamespace = (namespace: string, tool: string): string => `${namespace}${jointOf(namespace)}${tool}`
const withoutNamespace = (namespace: string, called: string): string =>
  called.slice(namespace.length + jointOf(namespace).length)
const jointOf = (namespace: string): string => (namespace.endsWith('__') ? '' : '__')

/** The name of a stored answer is that of its call. */
export const responseId = (callId: string): string => `resp_${callId}`
export const responseCall = (id: string): string => id.slice('resp_'.length)

export function createResponsesWriter(context: WriterContext): WireWriter {
  const { callId, request } = context
  /** A tool by the names that the client gave it. */
  const offered = (called: string): { name: string; namespace?: string } => {
    const namespace = request.params.tools?.find((tool) => tool.name === called)?.namespace
    return namespace === undefined ? { name: called } : { name: withoutNamespace(namespace, called), namespace }
  }
  const items: Item[] = []
  const calls = new Map<number, Called>()
  const spoken = new Map<Spoken['kind'], Spoken>()
  const over = new Set<Item>()
  let started = false
  let finish: FinishReason | undefined
  let usage: Usage | undefined
  let sequence = 0

  const event = (type: string, facts: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...facts })}\n\n`

  const start = (): string => {
    if (started) return ''
    started = true
    const response = responseBody(context, [], 'in_progress', undefined, undefined)
    return event('response.created', { response }) + event('response.in_progress', { response })
  }

  const close = (item: Item, status: string): string => {
    const at = { item_id: item.id, output_index: item.index }
    const last = () => event('response.output_item.done', { output_index: item.index, item: itemBody(item, status) })
    if (item.kind === 'call') {
      const facts = { ...at, name: item.name, arguments: item.arguments }
      return event('response.function_call_arguments.done', facts) + last()
    }
    const [type, fact] = DONE[item.kind]
    const facts = {
      ...at,
      content_index: 0,
      [fact]: item.text,
      ...(item.kind === 'text' ? { logprobs: logprobsBody(item.logprobs) } : {}),
    }
    const words = event(type, facts)
    return words + event('response.content_part.done', { ...at, content_index: 0, part: partBody(item) }) + last()
  }

  /** A thought is over where an answer or a call begins. */
  const thought = (): string => {
    const item = spoken.get('reasoning')
    if (!item) return ''
    spoken.delete('reasoning')
    over.add(item)
    return close(item, 'completed')
  }

  const added = (item: Item): string =>
    event('response.output_item.added', { output_index: item.index, item: itemBody(item, 'in_progress') })

  /** The item for this kind of words, and the events that open it if it is new. */
  const into = (kind: Spoken['kind']): [Spoken, string] => {
    const known = spoken.get(kind)
    if (known) return [known, '']
    const before = thought()
    const index = items.length
    const id = `${kind === 'reasoning' ? 'rs' : 'msg'}_${callId}_${index}`
    const item: Spoken = { kind, id, index, text: '', logprobs: [] }
    const facts = { item_id: id, output_index: index, content_index: 0, part: partBody(item) }
    const opening = before + added(item) + event('response.content_part.added', facts)
    items.push(item)
    spoken.set(kind, item)
    return [item, opening]
  }

  const speak = (kind: Spoken['kind'], text: string, logprobs: TokenLogprob[] | undefined): string => {
    const [item, opening] = into(kind)
    item.text += text
    for (const token of logprobs ?? []) item.logprobs.push(token)
    const type = DELTAS[kind]
    const more = kind === 'text' ? `,"logprobs":${logprobs ? JSON.stringify(logprobsBody(logprobs)) : '[]'}` : ''
    return `${opening}event: ${type}\ndata: {"type":"${type}","sequence_number":${sequence++},"item_id":${JSON.stringify(item.id)},"output_index":${item.index},"content_index":0,"delta":${JSON.stringify(text)}${more}}\n\n`
  }

  const call = (delta: Delta & { type: 'tool' }): string => {
    let out = ''
    let item = calls.get(delta.index)
    if (!item) {
      const before = thought()
      const index = items.length
      item = {
        kind: 'call',
        id: `fc_${callId}_${index}`,
        index,
        callId: delta.id ?? '',
        ...offered(delta.name ?? ''),
        arguments: '',
      }
      out = before + added(item)
      calls.set(delta.index, item)
      items.push(item)
    }
    if (delta.arguments === '') return out
    item.arguments += delta.arguments
    const facts = { item_id: item.id, output_index: item.index, delta: delta.arguments }
    return out + event('response.function_call_arguments.delta', facts)
  }

  const write = (delta: Delta): string => {
    switch (delta.type) {
      case 'text':
        return speak('text', delta.text, delta.logprobs)
      case 'refusal':
      case 'reasoning':
        return speak(delta.type, delta.text, undefined)
      case 'tool':
        return call(delta)
      case 'finish':
        finish = delta.reason
        return ''
      case 'usage':
        usage = delta.usage
        return ''
      case 'embedding':
        return ''
    }
  }

  const batch = (deltas: readonly Delta[]): string => {
    let out = deltas.length === 0 ? '' : start()
    for (const delta of deltas) out += write(delta)
    return out
  }

  return {
    streamHeaders: SSE_HEADERS,
    wholeHeaders: JSON_HEADERS,
    needsUsage: true, // clients take an answer without it for one that is not over
    batch,
    end() {
      let out = start()
      for (const item of items)
        if (!over.has(item) && isOne(item, finish)) out += close(item, endOf(item, items, finish))
      const status = statusOf(finish)
      const response = responseBody(context, items, status, finish, usage)
      return out + event(`response.${status}`, { response })
    },
    whole(deltas) {
      batch(deltas)
      return JSON.stringify(responseBody(context, items, statusOf(finish), finish, usage))
    },
    // Some clients know only the one event, some only the other; whoever knows both reads the words of the second. One reader of
    // `error` looks at the flat fields, as the specification says, another at the nested object.
    cut(fault, shown) {
      const error = openaiError(fault, shown.decisionId)
      const failed = { ...responseBody(context, [], 'in_progress', undefined, usage), status: 'failed' }
      const response = { ...failed, error: { code: failureCode(fault), message: error.message } }
      return (
        event('response.failed', { response }) +
        event('error', { code: error.code, message: error.message, param: error.param, error })
      )
    },
  }
}

const DELTAS = {
  text: 'response.output_text.delta',
  refusal: 'response.refusal.delta',
  reasoning: 'response.reasoning_text.delta',
} as const
const DONE = {
  text: ['response.output_text.done', 'text'],
  refusal: ['response.refusal.done', 'refusal'],
  reasoning: ['response.reasoning_text.done', 'text'],
} as const

/**
 * This field has words of its own, by which clients decide whether to ask again: after an outage and a busy server, and not
 * where a rule has ended the call. The name of the fault stands in `error`.
 */
function failureCode({ code, status }: Fault): string {
  if (code === 'insufficient_quota' || code === 'rate_limit_exceeded') return code
  return status >= 500 ? 'server_error' : 'invalid_prompt'
}

/** An answer that was broken off must not look finished. */
const statusOf = (finish: FinishReason | undefined): 'completed' | 'incomplete' =>
  finish === 'stop' || finish === 'tool_calls' ? 'completed' : 'incomplete'

/** Some clients run every call that is done, whatever its status: half a call is never done, and none in the answer. */
const isOne = (item: Item, finish: FinishReason | undefined): boolean =>
  item.kind !== 'call' || isCall(item.arguments, finish)

/** The one that an answer broke off in is the last that was begun: a call with half its arguments is not to be taken for whole. */
const endOf = (item: Item, items: readonly Item[], finish: FinishReason | undefined) =>
  item === items.at(-1) ? statusOf(finish) : 'completed'

function partBody(item: Spoken): Record<string, unknown> {
  if (item.kind === 'refusal') return { type: 'refusal', refusal: item.text }
  if (item.kind === 'reasoning') return { type: 'reasoning_text', text: item.text }
  return { type: 'output_text', text: item.text, annotations: [], logprobs: logprobsBody(item.logprobs) }
}

function itemBody(item: Item, status: string): Record<string, unknown> {
  if (item.kind === 'call')
    return {
      id: item.id,
      type: 'function_call',
      status,
      call_id: item.callId,
      name: item.name,
      ...(item.namespace === undefined ? {} : { namespace: item.namespace }),
      arguments: item.arguments,
    }
  const content = item.text === '' && status === 'in_progress' ? [] : [partBody(item)]
  if (item.kind === 'reasoning') return { id: item.id, type: 'reasoning', summary: [], content, status }
  return { id: item.id, type: 'message', status, role: 'assistant', content }
}

const logprobsBody = (logprobs: readonly TokenLogprob[]) =>
  logprobs.map(({ token, logprob, bytes, top }) => ({
    token,
    logprob,
    bytes: bytes ?? [],
    top_logprobs: (top ?? []).map((other) => ({ ...other, bytes: other.bytes ?? [] })),
  }))

function responseBody(
  { request, model, callId, created }: WriterContext,
  items: readonly Item[],
  status: 'in_progress' | 'completed' | 'incomplete',
  finish: FinishReason | undefined,
  usage: Usage | undefined,
): Record<string, unknown> {
  const { params } = request
  return {
    id: responseId(callId),
    object: 'response',
    created_at: created,
    status,
    error: null,
    incomplete_details:
      status === 'incomplete' ? { reason: finish === 'content_filter' ? finish : 'max_output_tokens' } : null,
    instructions: null,
    max_output_tokens: params.maxTokens ?? null,
    model,
    output: items
      .filter((item) => status === 'in_progress' || isOne(item, finish))
      .map((item) => itemBody(item, status === 'in_progress' ? status : endOf(item, items, finish))),
    parallel_tool_calls: params.parallelTools ?? true,
    previous_response_id: request.previousResponseId ?? null,
    reasoning: { effort: params.reasoningEffort ?? null, summary: null },
    store: request.store ?? false,
    temperature: params.temperature ?? null,
    text: { format: formatBody(params.responseFormat) },
    tool_choice:
      typeof params.toolChoice === 'object'
        ? { type: 'function', ...params.toolChoice }
        : (params.toolChoice ?? 'auto'),
    tools: (params.tools ?? []).map(({ namespace: _, ...tool }) => ({ type: 'function', ...tool })),
    top_p: params.topP ?? null,
    truncation: 'disabled',
    usage: usage ? usageBody(usage) : null,
    user: params.user ?? null,
    metadata: params.metadata ?? {},
  }
}

function formatBody(format: WriterContext['request']['params']['responseFormat']): Record<string, unknown> {
  if (format?.type === 'schema') return { ...format, type: 'json_schema' }
  return { type: format?.type === 'json' ? 'json_object' : 'text' }
}

const usageBody = (usage: Usage) => ({
  input_tokens: usage.inputTokens,
  input_tokens_details: { cached_tokens: usage.cachedTokens ?? 0, cache_write_tokens: 0 },
  output_tokens: usage.outputTokens,
  output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
  total_tokens: usage.inputTokens + usage.outputTokens,
})

export type InputItem = { readonly id: string } & Readonly<Record<string, unknown>>

/** What was said before an answer, as items, oldest first. */
export function inputItems(messages: readonly Message[], callId: string): InputItem[] {
  return messages.flatMap((message, index): InputItem[] => {
    const id = `${callId}_${index}`
    const content = message.parts.flatMap((part) => contentBody(part, message.role))
    if (message.role === 'tool')
      return [
        {
          id: `fco_${id}`,
          type: 'function_call_output',
          status: 'completed',
          call_id: message.toolCallId ?? '',
          output: content.map((one) => ('text' in one ? one.text : '')).join(''),
        },
      ]
    const said =
      content.length > 0 ? [{ id: `msg_${id}`, type: 'message', status: 'completed', role: message.role, content }] : []
    const calls = (message.toolCalls ?? []).map((call, at) => ({
      id: `fc_${id}_${at}`,
      type: 'function_call',
      status: 'completed',
      call_id: call.id,
      name: call.name,
      arguments: call.arguments,
    }))
    return [...said, ...calls]
  })
}

export interface ItemPage {
  readonly order: 'asc' | 'desc'
  readonly limit: number
  readonly after: string | undefined
}

/**
 * GET /v1/responses/{id}/input_items: one page of them.
 * @throws Fault `validation_failed` if the list has no item `after`
 */
export function inputItemList(items: readonly InputItem[], { order, limit, after }: ItemPage): string {
  const ordered = order === 'asc' ? items : items.toReversed()
  const from = after === undefined ? 0 : ordered.findIndex(({ id }) => id === after) + 1
  if (after !== undefined && from === 0)
    throw new Fault('validation_failed', { detail: 'There is no such item in this list.', data: { param: 'after' } })
  const data = ordered.slice(from, from + limit)
  return JSON.stringify({
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: from + limit < ordered.length,
  })
}

/** Pictures, sound and files are named, not given back: the guard cannot look into them. Reasoning is no input. */
function contentBody(part: Part, role: Message['role']): Record<string, unknown>[] {
  switch (part.type) {
    case 'text':
      return [
        role === 'assistant'
          ? { type: 'output_text', text: part.text, annotations: [] }
          : { type: 'input_text', text: part.text },
      ]
    case 'refusal':
      return [{ type: 'refusal', refusal: part.text }]
    case 'image':
      return [{ type: 'input_image', detail: part.detail ?? 'auto', image_url: null, file_id: null }]
    case 'document':
      return [{ type: 'input_file', filename: part.name ?? null }]
    case 'audio':
    case 'reasoning':
      return []
  }
}
