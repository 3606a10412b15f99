// POST /v1/messages and /v1/messages/count_tokens, reading. Blocks that hold what nobody here can read (encrypted thinking,
// files at the provider, results of its own tools) are refused by name.
import {
  type Json,
  type JsonObject,
  type Message,
  type ModelRequest,
  type Params,
  type Part,
  parseJson,
  type Tool,
  type ToolChoice,
} from '../../core/index.ts'
import type { Wire } from '../ports.ts'
import { refuseAnthropic } from './anthropic-fault.ts'
import { createAnthropicWriter } from './anthropic-writer.ts'
import {
  base64,
  boolean,
  integer,
  list,
  malformed,
  name,
  number,
  object,
  oneOf,
  onlyFields,
  optional,
  refuseFields,
  root,
  stops,
  TOOL_REFUSED,
  text,
  unsupported,
  unsupportedTool,
} from './field.ts'

export const anthropicMessages: Wire = {
  name: 'anthropic-messages',
  words: {
    reasoning_effort: 'thinking',
    response_format: 'output_config.format',
    parallel_tool_calls: 'tool_choice.disable_parallel_tool_use',
  },
  read: (bytes) => read(bytes, true),
  writer: createAnthropicWriter,
  refuse: refuseAnthropic,
}

/** Counts what the same request would use; `maxTokens` may be missing. */
export const anthropicCount = {
  ...anthropicMessages,
  name: 'anthropic-count',
  read: (bytes: Uint8Array): ModelRequest => read(bytes, false),
  /** The body of the answer. */
  count: (inputTokens: number): string => JSON.stringify({ input_tokens: inputTokens }),
}

const REFUSED = {
  container: [],
  diagnostics: [],
  inference_geo: [],
  mcp_servers: [],
  speed: ['standard'],
  thread: [],
} as const

/** Advice about caching at Anthropic: an answer is the same without it. */
export const HINTS = ['cache_control']

const READERS = {
  maxTokens: ['max_tokens', (value, where) => integer(value, where, 1)],
  temperature: ['temperature', (value, where) => number(value, where, 0, 1)],
  topP: ['top_p', (value, where) => number(value, where, 0, 1)],
  topK: ['top_k', (value, where) => integer(value, where, 0, 1_000_000)],
  stop: ['stop_sequences', stops],
  tools: ['tools', readTools],
  serviceTier: ['service_tier', readTier],
} as const satisfies Record<string, readonly [string, (value: Json, where: string) => unknown]>

export const FIELDS = new Set([
  'model',
  'messages',
  'system',
  'stream',
  'metadata',
  'thinking',
  'output_config',
  'output_format',
  'tool_choice',
  'context_management',
  ...Object.values(READERS).map(([theirs]) => theirs),
  ...Object.keys(REFUSED),
  ...HINTS,
])

function read(bytes: Uint8Array, answered: boolean): ModelRequest {
  const body = root(parseJson(bytes))
  onlyFields(body, FIELDS)
  refuseFields(body, REFUSED)
  const params: Params = { ...optional(body, READERS), ...readThinking(body.thinking ?? undefined) }
  if (answered && params.maxTokens === undefined) throw malformed('max_tokens', 'is missing')
  Object.assign(params, readOutput(body, params))
  Object.assign(params, readToolChoice(body.tool_choice ?? undefined))
  const user = readMetadata(body.metadata ?? undefined)
  if (user !== undefined) params.user = user
  const messages = forgetThoughts(readMessages(body), readEdits(body.context_management ?? undefined))
  if (answered && messages.at(-1)?.role === 'assistant')
    throw unsupported('messages', 'must end with a message of the user: an answer cannot be begun for the model')
  return {
    action: 'chat',
    model: name(body.model, 'model'),
    messages,
    inputs: [],
    params,
    stream: boolean(body.stream ?? false, 'stream'),
  }
}

function readTier(value: Json, where: string): string {
  return oneOf(value, where, ['auto', 'standard_only']) === 'auto' ? 'auto' : 'default'
}

const THINKING_FIELDS = new Set(['type', 'budget_tokens', 'display'])

function readThinking(value: Json | undefined): Params {
  if (value === undefined) return {}
  const given = object(value, 'thinking')
  onlyFields(given, THINKING_FIELDS, 'thinking')
  const type = oneOf(given.type, 'thinking.type', ['enabled', 'disabled', 'adaptive'])
  // Thoughts are shown as the model server shows them.
  oneOf(given.display ?? 'summarized', 'thinking.display', ['summarized', 'omitted'])
  if (type === 'adaptive') return {}
  if (type === 'disabled') return { reasoningEffort: 'none' }
  return { reasoningEffort: 'on', reasoningTokens: integer(given.budget_tokens, 'thinking.budget_tokens', 1) }
}

const OUTPUT_FIELDS = new Set(['effort', 'format'])
const FORMAT_FIELDS = new Set(['type', 'schema'])

/** The format under its place, or under the name that it had first. */
function readOutput(body: JsonObject, params: Params): Params {
  const earlier = body.output_format ?? undefined
  const given = object(body.output_config ?? {}, 'output_config')
  onlyFields(given, OUTPUT_FIELDS, 'output_config')
  const out: Params = {}
  const { effort } = optional(given, { effort: ['effort', name] }, 'output_config')
  if (effort !== undefined && params.reasoningEffort !== 'none') out.reasoningEffort = effort
  const format = given.format ?? earlier
  if (format === undefined || format === null) return out
  if (format !== earlier && earlier !== undefined) throw malformed('output_format', 'is beside output_config.format')
  const where = format === earlier ? 'output_format' : 'output_config.format'
  const wanted = object(format, where)
  onlyFields(wanted, FORMAT_FIELDS, where)
  if (wanted.type !== 'json_schema') throw unsupported(`${where}.type`)
  return {
    ...out,
    responseFormat: {
      type: 'schema',
      name: 'answer',
      schema: object(wanted.schema, `${where}.schema`),
    },
  }
}

const MANAGEMENT_FIELDS = new Set(['edits'])
const EDIT_FIELDS = new Set(['type', 'keep'])
const ALL_FIELDS = new Set(['type'])
const KEEP_FIELDS = new Set(['type', 'value'])

/** Of how many turns the thoughts are to be kept. Edits of anything else would change what the client believes the model has read. */
function readEdits(value: Json | undefined): number {
  let kept = Number.POSITIVE_INFINITY
  if (value === undefined) return kept
  const given = object(value, 'context_management')
  onlyFields(given, MANAGEMENT_FIELDS, 'context_management')
  for (const [index, entry] of list(given.edits ?? [], 'context_management.edits').entries()) {
    const at = `context_management.edits[${index}]`
    const edit = object(entry, at)
    const type = text(edit.type, `${at}.type`)
    if (type !== 'clear_thinking_20251015')
      throw unsupported(
        `${at}.type`,
        `cannot be ${JSON.stringify(type.slice(0, 64))} here: only thoughts can be cleared`,
      )
    onlyFields(edit, EDIT_FIELDS, at)
    kept = Math.min(kept, readKept(edit.keep ?? { type: 'thinking_turns', value: 1 }, `${at}.keep`))
  }
  return kept
}

function readKept(value: Json, where: string): number {
  if (value === 'all') return Number.POSITIVE_INFINITY
  const given = object(value, where)
  const all = oneOf(given.type, `${where}.type`, ['all', 'thinking_turns']) === 'all'
  onlyFields(given, all ? ALL_FIELDS : KEEP_FIELDS, where)
  return all ? Number.POSITIVE_INFINITY : integer(given.value, `${where}.value`, 1)
}

/** A turn goes on while tools answer, and ends where the user speaks. */
function forgetThoughts(messages: Message[], kept: number): Message[] {
  let turns = 0
  let speaking = false
  for (const message of messages.toReversed()) {
    if (message.role === 'user') speaking = false
    if (message.role !== 'assistant') continue
    if (!speaking) turns++
    speaking = true
    if (turns > kept) message.parts = message.parts.filter(({ type }) => type !== 'reasoning')
  }
  return messages
}

const METADATA_FIELDS = new Set(['user_id'])

function readMetadata(value: Json | undefined): string | undefined {
  if (value === undefined) return undefined
  const given = object(value, 'metadata')
  onlyFields(given, METADATA_FIELDS, 'metadata')
  const user = given.user_id ?? undefined
  return user === undefined ? undefined : text(user, 'metadata.user_id')
}

const CHOICE_FIELDS = new Set(['type', 'name', 'disable_parallel_tool_use'])

function readToolChoice(value: Json | undefined): Params {
  if (value === undefined) return {}
  const given = object(value, 'tool_choice')
  onlyFields(given, CHOICE_FIELDS, 'tool_choice')
  const type = oneOf(given.type, 'tool_choice.type', ['auto', 'any', 'none', 'tool'])
  const toolChoice: ToolChoice =
    type === 'tool' ? { name: name(given.name, 'tool_choice.name') } : type === 'any' ? 'required' : type
  const single = boolean(given.disable_parallel_tool_use ?? false, 'tool_choice.disable_parallel_tool_use')
  return { toolChoice, ...(single ? { parallelTools: false } : {}) }
}

const TOOL_FIELDS = new Set([
  'type',
  'name',
  'description',
  'input_schema',
  'strict',
  'cache_control',
  'eager_input_streaming',
  ...Object.keys(TOOL_REFUSED),
])

function readTools(value: Json, where: string): Tool[] {
  return list(value, where).map((entry, index) => {
    const at = `${where}[${index}]`
    const given = object(entry, at)
    // A tool that the provider runs itself would act unseen.
    if ((given.type ?? 'custom') !== 'custom') throw unsupportedTool(at, given.type)
    onlyFields(given, TOOL_FIELDS, at)
    refuseFields(given, TOOL_REFUSED, at)
    return {
      name: name(given.name, `${at}.name`),
      parameters: object(given.input_schema, `${at}.input_schema`),
      ...optional(given, { description: ['description', text], strict: ['strict', boolean] }, at),
    }
  })
}

const MESSAGE_FIELDS = new Set(['role', 'content'])

function readMessages(body: JsonObject): Message[] {
  const messages: Message[] = []
  const system = body.system ?? undefined
  if (system !== undefined) {
    const parts = readParts(system, 'system', TEXT_BLOCKS)
    if (parts.length > 0) messages.push({ role: 'system', parts })
  }
  const entries = list(body.messages, 'messages')
  if (entries.length === 0) throw malformed('messages', 'must not be empty')
  const tools = new Map<string, string>()
  for (const [index, entry] of entries.entries()) {
    const where = `messages[${index}]`
    const given = object(entry, where)
    onlyFields(given, MESSAGE_FIELDS, where)
    const role = oneOf(given.role, `${where}.role`, ['user', 'assistant', 'system'])
    const content = given.content as Json
    if (role === 'system') messages.push({ role, parts: readParts(content, `${where}.content`, TEXT_BLOCKS) })
    else if (role === 'user') messages.push(...readUser(content, `${where}.content`, tools))
    else messages.push(readAssistant(content, `${where}.content`, tools))
  }
  return messages
}

/** Results of tools stand beside the user's own words here; elsewhere each is a message of its own, before them. */
function readUser(content: Json, where: string, tools: ReadonlyMap<string, string>): Message[] {
  const results: Message[] = []
  const parts: Part[] = []
  for (const [block, at] of blocksOf(content, where)) {
    if (block.type === 'tool_result') results.push(readToolResult(block, at, tools))
    else parts.push(readBlock(block, at, USER_BLOCKS))
  }
  return parts.length > 0 || results.length === 0 ? [...results, { role: 'user', parts }] : results
}

const RESULT_FIELDS = new Set(['type', 'tool_use_id', 'content', 'is_error', 'cache_control'])

function readToolResult(block: JsonObject, where: string, tools: ReadonlyMap<string, string>): Message {
  onlyFields(block, RESULT_FIELDS, where)
  const toolCallId = name(block.tool_use_id, `${where}.tool_use_id`)
  const toolName = tools.get(toolCallId)
  return {
    role: 'tool',
    toolCallId,
    ...(toolName === undefined ? {} : { toolName }),
    ...(boolean(block.is_error ?? false, `${where}.is_error`) ? { toolError: true } : {}),
    parts: readParts(block.content ?? '', `${where}.content`, USER_BLOCKS),
  }
}

const TOOL_USE_FIELDS = new Set(['type', 'id', 'name', 'input', 'cache_control', 'caller'])
/** Called by the model, not by a program that runs at the provider. */
const TOOL_USE_REFUSED = { caller: [{ type: 'direct' }] } as const

function readAssistant(content: Json, where: string, tools: Map<string, string>): Message {
  const message: Message = { role: 'assistant', parts: [] }
  for (const [block, at] of blocksOf(content, where)) {
    if (block.type !== 'tool_use') {
      message.parts.push(readBlock(block, at, ASSISTANT_BLOCKS))
      continue
    }
    onlyFields(block, TOOL_USE_FIELDS, at)
    refuseFields(block, TOOL_USE_REFUSED, at)
    const id = name(block.id, `${at}.id`)
    const called = name(block.name, `${at}.name`)
    tools.set(id, called)
    message.toolCalls ??= []
    message.toolCalls.push({
      id,
      name: called,
      arguments: JSON.stringify(object(block.input ?? {}, `${at}.input`)),
    })
  }
  return message
}

function* blocksOf(content: Json, where: string): Generator<[JsonObject, string]> {
  if (typeof content === 'string') yield [{ type: 'text', text: content }, where]
  else
    for (const [index, entry] of list(content, where).entries())
      yield [object(entry, `${where}[${index}]`), `${where}[${index}]`]
}

const readParts = (content: Json, where: string, allowed: ReadonlySet<string>): Part[] =>
  content === '' ? [] : Array.from(blocksOf(content, where), ([block, at]) => readBlock(block, at, allowed))

const TEXT_BLOCKS = new Set(['text'])
const USER_BLOCKS = new Set(['text', 'image', 'document'])
const ASSISTANT_BLOCKS = new Set(['text', 'thinking'])

const TEXT_FIELDS = new Set(['type', 'text', 'cache_control', 'citations'])
const IMAGE_FIELDS = new Set(['type', 'source', 'cache_control'])
const DOCUMENT_FIELDS = new Set(['type', 'source', 'title', 'context', 'citations', 'cache_control'])
const BLOCK_THINKING_FIELDS = new Set(['type', 'thinking', 'signature'])

function readBlock(block: JsonObject, where: string, allowed: ReadonlySet<string>): Part {
  const type = text(block.type, `${where}.type`)
  if (!allowed.has(type)) throw unsupported(`${where}.type`, `cannot be ${JSON.stringify(type.slice(0, 64))} here`)
  if (type === 'text') {
    onlyFields(block, TEXT_FIELDS, where)
    return { type, text: text(block.text, `${where}.text`) }
  }
  if (type === 'thinking') {
    onlyFields(block, BLOCK_THINKING_FIELDS, where)
    const signature = text(block.signature ?? '', `${where}.signature`)
    const thought = text(block.thinking, `${where}.thinking`)
    return { type: 'reasoning', text: thought, ...(signature === '' ? {} : { signature }) }
  }
  if (type === 'image') {
    onlyFields(block, IMAGE_FIELDS, where)
    return { type, url: readImageSource(block.source, `${where}.source`) }
  }
  return readDocument(block, where)
}

const SOURCE_FIELDS = new Set(['type', 'media_type', 'data'])
const URL_FIELDS = new Set(['type', 'url'])

function readImageSource(value: Json | undefined, where: string): string {
  const source = object(value, where)
  onlyFields(source, source.type === 'url' ? URL_FIELDS : SOURCE_FIELDS, where)
  if (source.type === 'url') {
    const url = text(source.url, `${where}.url`)
    if (!url.startsWith('https://')) throw malformed(`${where}.url`, 'must be an https: URL')
    return url
  }
  if (source.type !== 'base64') throw unsupported(`${where}.type`)
  const kind = oneOf(source.media_type, `${where}.media_type`, ['image/jpeg', 'image/png', 'image/gif', 'image/webp'])
  return `data:${kind};base64,${base64(source.data, `${where}.data`)}`
}

function readDocument(block: JsonObject, where: string): Part {
  onlyFields(block, DOCUMENT_FIELDS, where)
  const citations = block.citations ?? undefined
  if (citations !== undefined && object(citations, `${where}.citations`).enabled !== false)
    throw unsupported(`${where}.citations`)
  if ((block.context ?? '') !== '') throw unsupported(`${where}.context`)
  const source = object(block.source, `${where}.source`)
  onlyFields(source, SOURCE_FIELDS, `${where}.source`)
  const title = text(block.title ?? '', `${where}.title`)
  const titled = title === '' ? {} : { title }
  if (source.type === 'text') {
    oneOf(source.media_type, `${where}.source.media_type`, ['text/plain'])
    return { type: 'document', text: text(source.data, `${where}.source.data`), mime: 'text/plain', ...titled }
  }
  if (source.type !== 'base64') throw unsupported(`${where}.source.type`)
  const mime = name(source.media_type, `${where}.source.media_type`)
  return { type: 'document', data: base64(source.data, `${where}.source.data`), mime, ...titled }
}
