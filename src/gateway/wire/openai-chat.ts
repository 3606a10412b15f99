// POST /v1/chat/completions, reading. Every documented field is read, honoured as a hint, or refused by its name.
import {
  isObject,
  type Json,
  type JsonObject,
  type Message,
  type ModelRequest,
  type Params,
  type Part,
  parseJson,
  type ResponseFormat,
  type Tool,
  type ToolCall,
  type ToolChoice,
} from '../../core/index.ts'
import type { Wire } from '../ports.ts'
import {
  base64,
  boolean,
  derived,
  fileData,
  integer,
  list,
  malformed,
  name,
  object,
  oneOf,
  onlyFields,
  optional,
  refuseFields,
  root,
  text,
  unsupported,
  unsupportedTool,
} from './field.ts'
import { createChatWriter } from './openai-chat-writer.ts'
import { refuseOpenai } from './openai-fault.ts'
import {
  keepAllowed,
  readAllowedMode,
  readEndUser,
  readSharedParams,
  readStreamOptions,
  SHARED_FIELDS,
} from './openai-params.ts'

export const openaiChat: Wire = {
  name: 'openai-chat',
  read: readChat,
  writer: createChatWriter,
  refuse: refuseOpenai,
}

/** What asks for something that no target here can give; the listed values ask for nothing. */
const REFUSED = {
  audio: [],
  function_call: [],
  functions: [],
  modalities: [['text']],
  prediction: [],
  store: [false],
  web_search_options: [],
} as const

/** Advice about caching at OpenAI: an answer is the same without it. */
export const HINTS = ['prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention']
/** The same within a message: up to this part. */
export const PART_HINT = 'prompt_cache_breakpoint'

const READERS = {
  logprobs: ['logprobs', boolean],
  topLogprobs: ['top_logprobs', (value, where) => integer(value, where, 0, 20)],
  responseFormat: ['response_format', readResponseFormat],
  tools: ['tools', readTools],
  toolChoice: ['tool_choice', readToolChoice],
  parallelTools: ['parallel_tool_calls', boolean],
  reasoningEffort: ['reasoning_effort', name],
  serviceTier: ['service_tier', name],
  verbosity: ['verbosity', name],
} as const satisfies Record<string, readonly [string, (value: Json, where: string) => unknown]>

export const FIELDS = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'safety_identifier',
  ...SHARED_FIELDS,
  ...Object.values(READERS).map(([theirs]) => theirs),
  ...Object.keys(REFUSED),
  ...HINTS,
])

function readChat(bytes: Uint8Array): ModelRequest {
  const body = root(parseJson(bytes))
  onlyFields(body, FIELDS)
  refuseFields(body, REFUSED)
  const tools = new Map<string, string>()
  const messages = list(body.messages, 'messages').map((entry, index) =>
    readMessage(entry, `messages[${index}]`, tools),
  )
  if (messages.length === 0) throw malformed('messages', 'must not be empty')
  const params: Params = { ...readSharedParams(body), ...optional(body, READERS) }
  const most = readMaxTokens(body)
  if (most !== undefined) params.maxTokens = most
  readEndUser(body, params)
  const among = isObject(body.tool_choice) ? body.tool_choice.allowed_tools : undefined
  keepAllowed(params, among, 'tool_choice.allowed_tools', readChosen)
  if (params.topLogprobs !== undefined && params.logprobs !== true)
    throw malformed('top_logprobs', 'needs logprobs to be true')
  return {
    action: 'chat',
    model: name(body.model, 'model'),
    messages,
    inputs: [],
    params,
    stream: boolean(body.stream ?? false, 'stream'),
    ...readStreamOptions(body),
  }
}

/** The newer name and the older one; two different values would be two opinions about what was asked. */
function readMaxTokens(body: JsonObject): number | undefined {
  const newer = body.max_completion_tokens ?? undefined
  const older = body.max_tokens ?? undefined
  if (newer !== undefined && older !== undefined && newer !== older)
    throw malformed('max_tokens', 'contradicts max_completion_tokens')
  if (newer !== undefined) return integer(newer, 'max_completion_tokens', 1)
  return older === undefined ? undefined : integer(older, 'max_tokens', 1)
}

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool'] as const
const MESSAGE_FIELDS = new Set([
  'role',
  'content',
  'name',
  'refusal',
  'reasoning_content',
  'reasoning',
  'tool_calls',
  'tool_call_id',
  'audio',
  'function_call',
  'annotations',
  'parsed',
])
const MESSAGE_REFUSED = { audio: [], function_call: [] } as const

function readMessage(value: Json, where: string, tools: Map<string, string>): Message {
  const given = object(value, where)
  onlyFields(given, MESSAGE_FIELDS, where)
  refuseFields(given, MESSAGE_REFUSED, where)
  const role = oneOf(given.role, `${where}.role`, ROLES)
  const message: Message = { role: role === 'developer' ? 'system' : role, parts: [] }
  if (given.name !== undefined && given.name !== null) message.name = name(given.name, `${where}.name`)
  if (role === 'assistant') {
    readAssistant(given, where, message)
    for (const call of message.toolCalls ?? []) tools.set(call.id, call.name)
  } else if (
    given.tool_calls ??
    given.refusal ??
    given.reasoning_content ??
    given.reasoning ??
    given.parsed ??
    given.annotations
  )
    throw malformed(where, `a ${role} message has fields of an assistant message`)
  const content = given.content ?? undefined
  derived(given.parsed, typeof content === 'string' ? content : '', `${where}.parsed`)
  if (content !== undefined) message.parts.push(...readContent(content, `${where}.content`, role))
  else if (role !== 'assistant') throw malformed(`${where}.content`, 'is missing')
  if (role === 'tool') {
    message.toolCallId = name(given.tool_call_id, `${where}.tool_call_id`)
    const tool = message.name ?? tools.get(message.toolCallId)
    if (tool !== undefined) message.toolName = tool
  } else if (given.tool_call_id ?? false) throw malformed(`${where}.tool_call_id`, 'belongs to a tool message')
  return message
}

function readAssistant(given: JsonObject, where: string, message: Message): void {
  message.parts.push(...readReasoning(given, where))
  if (given.refusal !== undefined && given.refusal !== null)
    message.parts.push({ type: 'refusal', text: text(given.refusal, `${where}.refusal`) })
  if (given.tool_calls !== undefined && given.tool_calls !== null)
    message.toolCalls = list(given.tool_calls, `${where}.tool_calls`).map((entry, index) =>
      readToolCall(entry, `${where}.tool_calls[${index}]`),
    )
}

/** Two names for the same: llama.cpp and older vLLM, newer vLLM and OpenRouter. */
function readReasoning(given: JsonObject, where: string): Part[] {
  const reasoning = given.reasoning_content ?? given.reasoning ?? undefined
  return reasoning === undefined ? [] : [{ type: 'reasoning', text: text(reasoning, `${where}.reasoning_content`) }]
}

const TOOL_CALL_FIELDS = new Set(['id', 'type', 'function', 'index'])
const FUNCTION_CALL_FIELDS = new Set(['name', 'arguments', 'parsed_arguments'])

function readToolCall(value: Json, where: string): ToolCall {
  const given = object(value, where)
  onlyFields(given, TOOL_CALL_FIELDS, where)
  if ((given.type ?? 'function') !== 'function') throw unsupported(`${where}.type`)
  const called = object(given.function, `${where}.function`)
  onlyFields(called, FUNCTION_CALL_FIELDS, `${where}.function`)
  const written = text(called.arguments ?? '', `${where}.function.arguments`)
  derived(called.parsed_arguments, written, `${where}.function.parsed_arguments`)
  return {
    id: name(given.id, `${where}.id`),
    name: name(called.name, `${where}.function.name`),
    arguments: written,
  }
}

type Role = (typeof ROLES)[number]

function readContent(value: Json, where: string, role: Role): Part[] {
  if (typeof value === 'string') return [{ type: 'text', text: value }]
  return list(value, where).flatMap((entry, index) => readPart(entry, `${where}[${index}]`, role))
}

const PART_FIELDS = {
  text: new Set(['type', 'text', PART_HINT]),
  refusal: new Set(['type', 'refusal']),
  image_url: new Set(['type', 'image_url', PART_HINT]),
  input_audio: new Set(['type', 'input_audio', PART_HINT]),
  file: new Set(['type', 'file', PART_HINT]),
} as const
const PART_TYPES = ['text', 'refusal', 'image_url', 'input_audio', 'file'] as const
/** A library that sends an answer back as parts writes into the text what else stood in its message. */
const ANSWER_FIELDS = new Set([...PART_FIELDS.text, 'role', 'reasoning_content', 'reasoning'])

function readPart(value: Json, where: string, role: Role): Part[] {
  const given = object(value, where)
  const type = oneOf(given.type, `${where}.type`, PART_TYPES)
  const answered = type === 'text' && role === 'assistant'
  onlyFields(given, answered ? ANSWER_FIELDS : PART_FIELDS[type], where)
  if ((given.role ?? role) !== role) throw unsupported(`${where}.role`, 'is not the role of the message')
  if (type === 'text') return [...readReasoning(given, where), { type, text: text(given.text, `${where}.text`) }]
  if (type === 'refusal') return [{ type, text: text(given.refusal, `${where}.refusal`) }]
  if (role !== 'user') throw malformed(`${where}.type`, `"${type}" belongs to a user message`)
  if (type === 'image_url') return [readImage(given.image_url, `${where}.image_url`)]
  if (type === 'input_audio') return [readAudio(given.input_audio, `${where}.input_audio`)]
  return [readFile(given.file, `${where}.file`)]
}

const IMAGE_FIELDS = new Set(['url', 'detail'])

function readImage(value: Json | undefined, where: string): Part {
  const given = object(value, where)
  onlyFields(given, IMAGE_FIELDS, where)
  const url = imageUrl(given.url, `${where}.url`)
  const detail = given.detail ?? undefined
  return { type: 'image', url, ...(detail === undefined ? {} : { detail: name(detail, `${where}.detail`) }) }
}

/** data: or https:. Any other scheme would have the model server open what the caller names, on its own network or disk. */
export function imageUrl(value: Json | undefined, where: string): string {
  const url = text(value, where)
  if (url.startsWith('https://')) return url
  const [head] = /^data:image\/[a-z0-9.+-]{1,32};base64,/.exec(url) ?? []
  if (head !== undefined) return head + base64(url.slice(head.length), where)
  throw malformed(where, 'must be a data: URL with base64 or an https: URL')
}

const AUDIO_FIELDS = new Set(['data', 'format'])

function readAudio(value: Json | undefined, where: string): Part {
  const given = object(value, where)
  onlyFields(given, AUDIO_FIELDS, where)
  return { type: 'audio', data: base64(given.data, `${where}.data`), format: name(given.format, `${where}.format`) }
}

const FILE_FIELDS = new Set(['file_data', 'filename', 'file_id'])

function readFile(value: Json | undefined, where: string): Part {
  const given = object(value, where)
  onlyFields(given, FILE_FIELDS, where)
  // A file id names something that lies at the upstream, unseen by any rule here.
  if (given.file_id ?? false) throw unsupported(`${where}.file_id`)
  const title = given.filename ?? undefined
  return {
    type: 'document',
    ...fileData(given.file_data, `${where}.file_data`),
    ...(title === undefined ? {} : { name: name(title, `${where}.filename`) }),
  }
}

const TOOL_FIELDS = new Set(['type', 'function'])
const FUNCTION_FIELDS = new Set(['name', 'description', 'parameters', 'strict'])

function readTools(value: Json, where: string): Tool[] {
  return list(value, where).map((entry, index) => {
    const at = `${where}[${index}]`
    const given = object(entry, at)
    if (given.type !== 'function') throw unsupportedTool(at, given.type)
    onlyFields(given, TOOL_FIELDS, at)
    return readFunction(object(given.function, `${at}.function`), `${at}.function`, FUNCTION_FIELDS)
  })
}

/** A function's name, description, parameters and strictness; also used where they lie flat in the tool itself. */
export function readFunction(given: JsonObject, where: string, known: ReadonlySet<string>): Tool {
  onlyFields(given, known, where)
  return {
    name: name(given.name, `${where}.name`),
    ...optional(
      given,
      { description: ['description', text], parameters: ['parameters', object], strict: ['strict', boolean] },
      where,
    ),
  }
}

const CHOICE_FIELDS = new Set(['type', 'function'])
const CHOSEN_FIELDS = new Set(['name'])
const AMONG_FIELDS = new Set(['type', 'allowed_tools'])

function readToolChoice(value: Json, where: string): ToolChoice {
  if (typeof value === 'string') return oneOf(value, where, ['auto', 'none', 'required'])
  const given = object(value, where)
  if (given.type === 'allowed_tools') {
    onlyFields(given, AMONG_FIELDS, where)
    return readAllowedMode(object(given.allowed_tools, `${where}.allowed_tools`), `${where}.allowed_tools`)
  }
  if (given.type !== 'function') throw unsupported(`${where}.type`)
  return { name: name(readChosen(given, where), `${where}.function.name`) }
}

function readChosen(given: JsonObject, where: string): Json | undefined {
  onlyFields(given, CHOICE_FIELDS, where)
  const chosen = object(given.function, `${where}.function`)
  onlyFields(chosen, CHOSEN_FIELDS, `${where}.function`)
  return chosen.name
}

const FORMAT_FIELDS = {
  text: new Set(['type']),
  json_object: new Set(['type', 'schema', 'value']),
  json_schema: new Set(['type', 'json_schema']),
} as const
export const SCHEMA_FIELDS = new Set(['name', 'schema', 'strict', 'description'])

function readResponseFormat(value: Json, where: string): ResponseFormat {
  const given = object(value, where)
  const type = oneOf(given.type, `${where}.type`, ['text', 'json_object', 'json_schema'])
  onlyFields(given, FORMAT_FIELDS[type], where)
  if (type === 'text') return { type: 'text' }
  if (type === 'json_object') return readJsonFormat(given, where)
  const schema = object(given.json_schema, `${where}.json_schema`)
  onlyFields(schema, SCHEMA_FIELDS, `${where}.json_schema`)
  return readSchema(schema, `${where}.json_schema`)
}

/** With a schema beside it, as llama.cpp's server reads it, or under the name that Hugging Face's libraries write. */
function readJsonFormat(given: JsonObject, where: string): ResponseFormat {
  const { schema, value } = optional(given, { schema: ['schema', object], value: ['value', object] }, where)
  if (schema !== undefined && value !== undefined) throw malformed(`${where}.value`, 'is beside schema')
  const wanted = schema ?? value
  return wanted === undefined ? { type: 'json' } : { type: 'schema', name: 'answer', schema: wanted }
}

export function readSchema(given: JsonObject, where: string): ResponseFormat {
  return {
    type: 'schema',
    name: name(given.name, `${where}.name`),
    schema: object(given.schema, `${where}.schema`),
    ...optional(given, { strict: ['strict', boolean], description: ['description', text] }, where),
  }
}
