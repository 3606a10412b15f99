// POST /api/chat and /api/generate, reading.
import {
  Fault,
  type Json,
  type JsonObject,
  type Message,
  type ModelRequest,
  type Part,
  parseJson,
  type Tool,
  type ToolCall,
} from '../../core/index.ts'
import type { Wire } from '../ports.ts'
import {
  boolean,
  list,
  malformed,
  name,
  object,
  oneOf,
  onlyFields,
  refuseFields,
  root,
  text,
  unsupported,
  unsupportedTool,
} from './field.ts'
import { refuseOllama } from './ollama-fault.ts'
import { readImages, readOllamaParams, refuseMisplaced, SHARED_FIELDS } from './ollama-params.ts'
import { createOllamaChatWriter, createOllamaGenerateWriter } from './ollama-writer.ts'
import { readFunction } from './openai-chat.ts'

const WORDS = { reasoning_effort: 'think', response_format: 'format' }

export const ollamaChat: Wire = {
  name: 'ollama-chat',
  words: WORDS,
  read: readChat,
  writer: createOllamaChatWriter,
  refuse: refuseOllama,
}
export const ollamaGenerate: Wire = {
  name: 'ollama-generate',
  words: WORDS,
  read: readGenerate,
  writer: createOllamaGenerateWriter,
  refuse: refuseOllama,
}

/** No field of Ollama's; the listed value asks for what is had anyway. */
const CHAT_REFUSED = { tool_choice: ['auto'] } as const
export const CHAT_FIELDS = new Set([
  'model',
  'messages',
  'tools',
  'stream',
  'truncate',
  'shift',
  ...SHARED_FIELDS,
  ...Object.keys(CHAT_REFUSED),
])

function readChat(bytes: Uint8Array): ModelRequest {
  const body = root(parseJson(bytes))
  refuseMisplaced(body)
  onlyFields(body, CHAT_FIELDS)
  refuseFields(body, CHAT_REFUSED)
  refuseTruncation(body)
  const messages = readMessages(list(body.messages, 'messages'))
  if (messages.length === 0) throw noVerb('messages')
  const params = readOllamaParams(body)
  const tools = body.tools ?? undefined
  if (tools !== undefined) params.tools = readTools(tools)
  return {
    action: 'chat',
    model: name(body.model, 'model'),
    messages,
    inputs: [],
    params,
    stream: boolean(body.stream ?? true, 'stream'),
  }
}

export const GENERATE_FIELDS = new Set([
  'model',
  'prompt',
  'suffix',
  'system',
  'images',
  'raw',
  'stream',
  'context',
  'template',
  'truncate',
  'shift',
  ...SHARED_FIELDS,
])

function readGenerate(bytes: Uint8Array): ModelRequest {
  const body = root(parseJson(bytes))
  refuseMisplaced(body)
  onlyFields(body, GENERATE_FIELDS)
  refuseTruncation(body)
  // Token numbers of an earlier answer: text that nobody here can read.
  const context = body.context ?? undefined
  if (context !== undefined && list(context, 'context').length > 0) throw unsupported('context')
  if ((body.template ?? '') !== '') throw unsupported('template')
  const prompt = text(body.prompt ?? '', 'prompt')
  const suffix = text(body.suffix ?? '', 'suffix')
  const system = text(body.system ?? '', 'system')
  const images = readImages(body.images, 'images')
  if (prompt === '' && suffix === '' && images.length === 0) throw noVerb('prompt')
  const asItIs = boolean(body.raw ?? false, 'raw') || suffix !== ''
  if (asItIs && (system !== '' || images.length > 0))
    throw unsupported(system === '' ? 'images' : 'system', 'cannot go with raw or suffix')
  const params = readOllamaParams(body)
  if (suffix !== '') params.suffix = suffix
  const messages: Message[] = []
  if (system !== '') messages.push({ role: 'system', parts: [{ type: 'text', text: system }] })
  messages.push({ role: 'user', parts: [{ type: 'text', text: prompt }, ...images] })
  return {
    action: 'complete',
    model: name(body.model, 'model'),
    // Without `raw` the prompt goes into the model's chat template.
    messages: asItIs ? [] : messages,
    inputs: asItIs ? [prompt] : [],
    params,
    stream: boolean(body.stream ?? true, 'stream'),
  }
}

/** Ollama takes an empty call as the verb "load" or "unload", which is another permission with a route of its own. */
const noVerb = (param: string): Fault =>
  new Fault('malformed_request', {
    detail: `${param} must not be empty. Loading and unloading a model are no calls of it.`,
    data: { param },
  })

/** What to do with a prompt that is too long: the default is honoured, another choice is not. */
function refuseTruncation(body: JsonObject): void {
  if ((body.truncate ?? true) !== true) throw unsupported('truncate')
  if ((body.shift ?? true) !== true) throw unsupported('shift')
}

const ROLES = ['system', 'user', 'assistant', 'tool'] as const
const MESSAGE_FIELDS = new Set(['role', 'content', 'thinking', 'images', 'tool_calls', 'tool_name', 'tool_call_id'])
/** `name` is what examples called `tool_name` before there was one. */
const TOOL_MESSAGE_FIELDS = new Set([...MESSAGE_FIELDS, 'name'])

function readMessages(entries: readonly Json[]): Message[] {
  // Calls that are not answered yet, for tool messages that name only the tool, or nothing.
  let open: ToolCall[] = []
  return entries.map((entry, index) => {
    const where = `messages[${index}]`
    const given = object(entry, where)
    onlyFields(given, given.role === 'tool' ? TOOL_MESSAGE_FIELDS : MESSAGE_FIELDS, where)
    const message: Message = { role: oneOf(given.role, `${where}.role`, ROLES), parts: readParts(given, where) }
    const calls = given.tool_calls ?? undefined
    if (calls !== undefined) {
      if (message.role !== 'assistant') throw malformed(`${where}.tool_calls`, 'belongs to an assistant message')
      message.toolCalls = list(calls, `${where}.tool_calls`).map((call, position) =>
        readToolCall(call, `${where}.tool_calls[${position}]`, `call_${index}_${position}`),
      )
      open = [...message.toolCalls]
    }
    for (const field of ['tool_name', 'tool_call_id'])
      if (message.role !== 'tool' && (given[field] ?? '') !== '')
        throw malformed(`${where}.${field}`, 'belongs to a tool message')
    if (message.role === 'tool') {
      const answered = answeredCall(given, where, open, `call_${index}`)
      open = open.filter((call) => call !== answered)
      message.toolCallId = answered.id
      if (answered.name !== '') message.toolName = answered.name
    }
    return message
  })
}

function readParts(given: JsonObject, where: string): Part[] {
  const parts: Part[] = []
  const thinking = text(given.thinking ?? '', `${where}.thinking`)
  const content = text(given.content ?? '', `${where}.content`)
  if (thinking !== '') parts.push({ type: 'reasoning', text: thinking })
  if (content !== '' || given.role !== 'assistant') parts.push({ type: 'text', text: content })
  return [...parts, ...readImages(given.images, `${where}.images`)]
}

/** Libraries leave out what was called, as Ollama has no need of it: then it is an answer to a call that nobody shows. */
function answeredCall(given: JsonObject, where: string, open: readonly ToolCall[], made: string): ToolCall {
  const id = given.tool_call_id ?? undefined
  const tool = given.tool_name ?? given.name ?? ''
  const called = tool === '' ? '' : name(tool, `${where}.tool_name`)
  if (id !== undefined) {
    const known = open.find((call) => call.id === id)
    return known ?? { id: name(id, `${where}.tool_call_id`), name: called, arguments: '' }
  }
  const call = called === '' ? open[0] : open.find((one) => one.name === called)
  return call ?? { id: made, name: called, arguments: '' }
}

const CALL_FIELDS = new Set(['id', 'type', 'function'])
const FUNCTION_CALL_FIELDS = new Set(['name', 'arguments', 'index'])

function readToolCall(value: Json, where: string, made: string): ToolCall {
  const given = object(value, where)
  onlyFields(given, CALL_FIELDS, where)
  if ((given.type ?? 'function') !== 'function') throw unsupported(`${where}.type`)
  const called = object(given.function, `${where}.function`)
  onlyFields(called, FUNCTION_CALL_FIELDS, `${where}.function`)
  const id = given.id ?? undefined
  return {
    id: id === undefined || id === '' ? made : name(id, `${where}.id`),
    name: name(called.name, `${where}.function.name`),
    arguments: JSON.stringify(object(called.arguments ?? {}, `${where}.function.arguments`)),
  }
}

const TOOL_FIELDS = new Set(['type', 'function'])
const TOOL_FUNCTION_FIELDS = new Set(['name', 'description', 'parameters', 'strict'])

function readTools(value: Json): Tool[] {
  return list(value, 'tools').map((entry, index) => {
    const where = `tools[${index}]`
    const given = object(entry, where)
    onlyFields(given, TOOL_FIELDS, where)
    if ((given.type ?? 'function') !== 'function') throw unsupportedTool(where, given.type)
    return readFunction(object(given.function, `${where}.function`), `${where}.function`, TOOL_FUNCTION_FIELDS)
  })
}
