// POST /v1/responses, reading. An answer is stored only when the client says so; left out, `store` is false here. What refers
// to something kept at a provider (a conversation, an item, a file, encrypted reasoning) is refused by name, because no guard
// here has seen it.
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
  boolean,
  derived,
  fileData,
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
  TOOL_REFUSED,
  text,
  textMap,
  unsupported,
  unsupportedTool,
} from './field.ts'
import { imageUrl, PART_HINT, readFunction, readSchema, SCHEMA_FIELDS } from './openai-chat.ts'
import { refuseOpenai } from './openai-fault.ts'
import { keepAllowed, readAllowedMode, readEndUser, readStreamOptions } from './openai-params.ts'
import { createResponsesWriter, inNamespace } from './openai-responses-writer.ts'

export const openaiResponses: Wire = {
  name: 'openai-responses',
  words: { reasoning_effort: 'reasoning.effort', response_format: 'text.format', verbosity: 'text.verbosity' },
  read,
  writer: createResponsesWriter,
  refuse: refuseOpenai,
}

const REFUSED = {
  access_programs: [],
  background: [false],
  context_management: [],
  conversation: [],
  image: [],
  max_tool_calls: [],
  moderation: [],
  prompt: [],
  truncation: ['disabled'],
} as const

/** Advice about caching at OpenAI, padding of frames, notes of a program about itself: an answer is the same without them. */
export const HINTS = [
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'stream_options',
  'client_metadata',
]

const READERS = {
  maxTokens: ['max_output_tokens', (value, where) => integer(value, where, 1)],
  temperature: ['temperature', (value, where) => number(value, where, 0, 2)],
  topP: ['top_p', (value, where) => number(value, where, 0, 1)],
  topLogprobs: ['top_logprobs', (value, where) => integer(value, where, 0, 20)],
  tools: ['tools', readTools],
  toolChoice: ['tool_choice', readToolChoice],
  parallelTools: ['parallel_tool_calls', boolean],
  metadata: ['metadata', textMap],
  serviceTier: ['service_tier', name],
  user: ['user', text],
} as const satisfies Record<string, readonly [string, (value: Json, where: string) => unknown]>

export const FIELDS = new Set([
  'model',
  'input',
  'instructions',
  'include',
  'reasoning',
  'text',
  'stream',
  'safety_identifier',
  'previous_response_id',
  'store',
  ...Object.values(READERS).map(([theirs]) => theirs),
  ...Object.keys(REFUSED),
  ...HINTS,
])

function read(bytes: Uint8Array): ModelRequest {
  const body = root(parseJson(bytes))
  onlyFields(body, FIELDS)
  refuseFields(body, REFUSED)
  const params: Params = {
    ...optional(body, READERS),
    ...readReasoning(body.reasoning ?? undefined),
    ...readText(body.text ?? undefined),
    ...readInclude(body.include ?? undefined),
  }
  readEndUser(body, params)
  readStreamOptions(body) // of padding alone: an answer tells its tokens in any case
  const choice = body.tool_choice ?? undefined
  if (isObject(choice) && choice.type === 'allowed_tools')
    keepAllowed(params, choice, 'tool_choice', (entry, at) => {
      onlyFields(entry, CHOICE_FIELDS, at)
      return entry.name
    })
  // Asking for no alternatives asks for no probabilities either.
  if (params.topLogprobs === 0) delete params.topLogprobs
  else if (params.topLogprobs !== undefined) params.logprobs = true
  const messages = readInput(body.input, 'input')
  if (messages.length === 0) throw malformed('input', 'must not be empty')
  const instructions = body.instructions ?? undefined
  if (instructions !== undefined)
    messages.unshift({ role: 'system', parts: [{ type: 'text', text: text(instructions, 'instructions') }] })
  const previous = body.previous_response_id ?? undefined
  return {
    action: 'chat',
    model: name(body.model, 'model'),
    messages,
    inputs: [],
    params,
    stream: boolean(body.stream ?? false, 'stream'),
    ...(previous === undefined ? {} : { previousResponseId: name(previous, 'previous_response_id') }),
    ...(boolean(body.store ?? false, 'store') ? { store: true } : {}),
    ...(instructions === undefined ? {} : { ownInstructions: true }),
  }
}

const REASONING_FIELDS = new Set(['effort', 'summary', 'generate_summary'])

/** A summary is a service of OpenAI's; here reasoning is passed as it is, so asking for one costs nothing. */
function readReasoning(value: Json | undefined): Params {
  if (value === undefined) return {}
  const given = object(value, 'reasoning')
  onlyFields(given, REASONING_FIELDS, 'reasoning')
  const effort = given.effort ?? undefined
  return effort === undefined ? {} : { reasoningEffort: name(effort, 'reasoning.effort') }
}

const TEXT_FIELDS = new Set(['format', 'verbosity'])
const FORMAT_FIELDS = new Set(['type', ...SCHEMA_FIELDS])

function readText(value: Json | undefined): Params {
  if (value === undefined) return {}
  const given = object(value, 'text')
  onlyFields(given, TEXT_FIELDS, 'text')
  const verbosity = given.verbosity ?? undefined
  const format = given.format ?? undefined
  return {
    ...(verbosity === undefined ? {} : { verbosity: name(verbosity, 'text.verbosity') }),
    ...(format === undefined ? {} : { responseFormat: readFormat(format) }),
  }
}

function readFormat(value: Json): ResponseFormat {
  const given = object(value, 'text.format')
  onlyFields(given, FORMAT_FIELDS, 'text.format')
  const type = oneOf(given.type, 'text.format.type', ['text', 'json_object', 'json_schema'])
  if (type === 'text') return { type: 'text' }
  return type === 'json_object' ? { type: 'json' } : readSchema(given, 'text.format')
}

function readInclude(value: Json | undefined): Params {
  if (value === undefined) return {}
  let logprobs = false
  for (const [index, entry] of list(value, 'include').entries()) {
    if (entry === 'message.output_text.logprobs') logprobs = true
    // Asks for more fields where there are any; reasoning is never encrypted here.
    else if (entry !== 'reasoning.encrypted_content') throw unsupported(`include[${index}]`)
  }
  return logprobs ? { logprobs } : {}
}

const FUNCTION_FIELDS = new Set(['type', 'name', 'description', 'parameters', 'strict'])
const TOOL_FIELDS = new Set([...FUNCTION_FIELDS, ...Object.keys(TOOL_REFUSED)])

function readTools(value: Json, where: string): Tool[] {
  const tools = list(value, where).flatMap((entry, index) => {
    const at = `${where}[${index}]`
    const given = object(entry, at)
    return given.type === 'namespace' ? readNamespace(given, at) : [readTool(given, at)]
  })
  const names = new Set<string>()
  for (const { name: one } of tools) {
    if (names.has(one) && tools.some((tool) => tool.name === one && tool.namespace !== undefined))
      throw malformed(where, `has two tools that are called ${JSON.stringify(one)}`)
    names.add(one)
  }
  return tools
}

function readTool(given: JsonObject, at: string): Tool {
  // Every other type is a tool that the provider runs by itself, unseen.
  if (given.type !== 'function') throw unsupportedTool(at, given.type)
  refuseFields(given, TOOL_REFUSED, at)
  return readFunction(given, at, TOOL_FIELDS)
}

const NAMESPACE_FIELDS = new Set(['type', 'name', 'description', 'tools'])

/** No other format has groups of tools: each stands for itself, under both names; what is said of all of them is said once. */
function readNamespace(given: JsonObject, at: string): Tool[] {
  onlyFields(given, NAMESPACE_FIELDS, at)
  const namespace = name(given.name, `${at}.name`)
  const { description: ofAll } = optional(given, { description: ['description', text] }, at)
  return list(given.tools, `${at}.tools`).map((entry, index) => {
    const where = `${at}.tools[${index}]`
    const tool = readTool(object(entry, where), where)
    const said = [index === 0 ? ofAll : undefined, tool.description].filter((one) => (one ?? '') !== '')
    return {
      ...tool,
      name: inNamespace(namespace, tool.name),
      namespace,
      ...(said.length === 0 ? {} : { description: said.join('\n\n') }),
    }
  })
}

const CHOICE_FIELDS = new Set(['type', 'name'])

function readToolChoice(value: Json, where: string): ToolChoice {
  if (typeof value === 'string') return oneOf(value, where, ['auto', 'none', 'required'])
  const given = object(value, where)
  if (given.type === 'allowed_tools') return readAllowedMode(given, where)
  if (given.type !== 'function') throw unsupported(`${where}.type`)
  onlyFields(given, CHOICE_FIELDS, where)
  return { name: name(given.name, `${where}.name`) }
}

/** Who refers to items without having been told that they are kept is the AI SDK. */
const SEND_ITEM =
  'cannot be "item_reference": items are not kept here, but sent again (the AI SDK does so with store: false among its OpenAI options)'

/** Items one by one. Calls and reasoning are items of their own here; elsewhere they belong to one assistant message. */
function readInput(value: Json | undefined, where: string): Message[] {
  if (typeof value === 'string') return [{ role: 'user', parts: [{ type: 'text', text: value }] }]
  const messages: Message[] = []
  const tools = new Map<string, string>()
  const assistant = (): Message => {
    const last = messages.at(-1)
    if (last?.role === 'assistant') return last
    const fresh: Message = { role: 'assistant', parts: [] }
    messages.push(fresh)
    return fresh
  }
  for (const [index, entry] of list(value, where).entries()) {
    const at = `${where}[${index}]`
    const item = object(entry, at)
    const type = item.type ?? 'message'
    if (type === 'message') {
      const message = readMessage(item, at)
      if (message.role === 'assistant') assistant().parts.push(...message.parts)
      else messages.push(message)
    } else if (type === 'function_call') {
      const call = readCall(item, at)
      tools.set(call.id, call.name)
      const message = assistant()
      message.toolCalls = [...(message.toolCalls ?? []), call]
    } else if (type === 'function_call_output') messages.push(readCallOutput(item, at, tools))
    else if (type === 'reasoning') assistant().parts.push(...readReasoningItem(item, at))
    else if (type === 'item_reference') throw unsupported(`${at}.type`, SEND_ITEM)
    else throw unsupported(`${at}.type`, `cannot be ${JSON.stringify(String(type).slice(0, 64))} here`)
  }
  return messages
}

const MESSAGE_FIELDS = new Set(['type', 'role', 'content', 'id', 'status', 'phase'])

function readMessage(item: JsonObject, where: string): Message {
  onlyFields(item, MESSAGE_FIELDS, where)
  const role = oneOf(item.role, `${where}.role`, ['system', 'developer', 'user', 'assistant'])
  return { role: role === 'developer' ? 'system' : role, parts: readContent(item.content, `${where}.content`) }
}

const CALL_FIELDS = new Set(['type', 'call_id', 'name', 'namespace', 'arguments', 'parsed_arguments', 'id', 'status'])

function readCall(item: JsonObject, where: string): ToolCall {
  onlyFields(item, CALL_FIELDS, where)
  const written = text(item.arguments, `${where}.arguments`)
  derived(item.parsed_arguments, written, `${where}.parsed_arguments`)
  const called = name(item.name, `${where}.name`)
  const { namespace } = optional(item, { namespace: ['namespace', name] }, where)
  return {
    id: name(item.call_id, `${where}.call_id`),
    name: namespace === undefined ? called : inNamespace(namespace, called),
    arguments: written,
  }
}

const OUTPUT_FIELDS = new Set(['type', 'call_id', 'output', 'id', 'status'])

function readCallOutput(item: JsonObject, where: string, tools: ReadonlyMap<string, string>): Message {
  onlyFields(item, OUTPUT_FIELDS, where)
  const toolCallId = name(item.call_id, `${where}.call_id`)
  const toolName = tools.get(toolCallId)
  return {
    role: 'tool',
    toolCallId,
    ...(toolName === undefined ? {} : { toolName }),
    parts: readContent(item.output, `${where}.output`),
  }
}

const REASONING_ITEM_FIELDS = new Set(['type', 'id', 'summary', 'content', 'encrypted_content', 'status'])
const THOUGHT_FIELDS = new Set(['type', 'text'])

function readReasoningItem(item: JsonObject, where: string): Part[] {
  onlyFields(item, REASONING_ITEM_FIELDS, where)
  if ((item.encrypted_content ?? '') !== '') throw unsupported(`${where}.encrypted_content`)
  return (['content', 'summary'] as const).flatMap((field) =>
    list(item[field] ?? [], `${where}.${field}`).map((entry, index): Part => {
      const at = `${where}.${field}[${index}]`
      const thought = object(entry, at)
      onlyFields(thought, THOUGHT_FIELDS, at)
      oneOf(thought.type, `${at}.type`, [field === 'content' ? 'reasoning_text' : 'summary_text'])
      return { type: 'reasoning', text: text(thought.text, `${at}.text`) }
    }),
  )
}

const PARTS = {
  input_text: new Set(['type', 'text', PART_HINT]),
  output_text: new Set(['type', 'text', 'annotations', 'logprobs', 'parsed']),
  refusal: new Set(['type', 'refusal']),
  input_image: new Set(['type', 'image_url', 'detail', 'file_id', PART_HINT]),
  input_file: new Set(['type', 'file_data', 'filename', 'file_id', 'file_url', 'detail', PART_HINT]),
} as const
const PART_TYPES = ['input_text', 'output_text', 'refusal', 'input_image', 'input_file'] as const

function readContent(value: Json | undefined, where: string): Part[] {
  if (typeof value === 'string') return [{ type: 'text', text: value }]
  return list(value, where).map((entry, index) => {
    const at = `${where}[${index}]`
    const given = object(entry, at)
    const type = oneOf(given.type, `${at}.type`, PART_TYPES)
    onlyFields(given, PARTS[type], at)
    if (type === 'input_text' || type === 'output_text') {
      const said = text(given.text, `${at}.text`)
      derived(given.parsed, said, `${at}.parsed`)
      return { type: 'text', text: said }
    }
    if (type === 'refusal') return { type, text: text(given.refusal, `${at}.refusal`) }
    return type === 'input_image' ? readImage(given, at) : readFile(given, at)
  })
}

function readImage(given: JsonObject, where: string): Part {
  if (given.file_id ?? false) throw unsupported(`${where}.file_id`)
  const detail = given.detail ?? undefined
  const url = imageUrl(given.image_url, `${where}.image_url`)
  return { type: 'image', url, ...(detail === undefined ? {} : { detail: name(detail, `${where}.detail`) }) }
}

function readFile(given: JsonObject, where: string): Part {
  for (const field of ['file_id', 'file_url', 'detail'])
    if (given[field] ?? false) throw unsupported(`${where}.${field}`)
  const title = given.filename ?? undefined
  return {
    type: 'document',
    ...fileData(given.file_data, `${where}.file_data`),
    ...(title === undefined ? {} : { name: name(title, `${where}.filename`) }),
  }
}
