// Every string of a request, by name. The tables below must list every field of the request types: a new field does not
// compile until it says what it is, and a field that turns up at run time without being listed fails the call.
import {
  Fault,
  isObject,
  type Json,
  type JsonObject,
  type Message,
  type ModelRequest,
  type Origin,
  type Params,
  type Part,
  type ResponseFormat,
  type Tool,
  type ToolCall,
} from '../core/index.ts'
import type { Source } from './vault.ts'

/**
 * text: prose. id: a name or number of the protocol. json: JSON text. object: JSON already parsed, keys included.
 * media: a data: or web URL. bytes: base64. fixed: one of a closed set, or resolved by the gateway itself.
 * scalar: a number or a switch.
 */
export type How =
  | 'text'
  | 'texts'
  | 'id'
  | 'json'
  | 'object'
  | 'media'
  | 'bytes'
  | 'fixed'
  | 'scalar'
  | 'choice'
  | Nested
export interface Nested {
  readonly of: (value: JsonObject) => Fields
  readonly many: boolean
}
export type Fields = Readonly<Record<string, How>>

const one = (fields: Fields): Nested => ({ of: () => fields, many: false })
const many = (fields: Fields): Nested => ({ of: () => fields, many: true })

type Listing<T> = Readonly<Record<keyof Required<T>, How>>
type PartOf<K extends Part['type']> = Extract<Part, { type: K }>

export const PARTS: { readonly [K in Part['type']]: Listing<PartOf<K>> } = {
  text: { type: 'fixed', text: 'text' },
  image: { type: 'fixed', url: 'media', detail: 'text', name: 'text' },
  audio: { type: 'fixed', data: 'bytes', format: 'text' },
  document: { type: 'fixed', text: 'text', data: 'bytes', mime: 'text', name: 'text', title: 'text' },
  reasoning: { type: 'fixed', text: 'text', signature: 'id' },
  refusal: { type: 'fixed', text: 'text' },
}
const partFields = (value: JsonObject): Fields => {
  const fields = (PARTS as Record<string, Fields>)[String(value.type)]
  if (fields === undefined) throw uncovered('messages.parts')
  return fields
}
const TOOL_CALL: Listing<ToolCall> = { id: 'id', name: 'id', arguments: 'json' }
const MESSAGE: Listing<Message> = {
  role: 'fixed',
  parts: { of: partFields, many: true },
  name: 'text',
  toolCalls: many(TOOL_CALL),
  toolCallId: 'id',
  toolName: 'id',
  toolError: 'scalar',
}
const TOOL: Listing<Tool> = { name: 'id', namespace: 'id', description: 'text', parameters: 'object', strict: 'scalar' }
const RESPONSE_FORMAT: Listing<Extract<ResponseFormat, { type: 'schema' }>> = {
  type: 'fixed',
  name: 'id',
  schema: 'object',
  strict: 'scalar',
  description: 'text',
}
const PARAMS: Listing<Params> = {
  maxTokens: 'scalar',
  temperature: 'scalar',
  topP: 'scalar',
  topK: 'scalar',
  minP: 'scalar',
  n: 'scalar',
  stop: 'texts',
  seed: 'scalar',
  logitBias: 'object',
  frequencyPenalty: 'scalar',
  presencePenalty: 'scalar',
  repeatPenalty: 'scalar',
  logprobs: 'scalar',
  topLogprobs: 'scalar',
  responseFormat: one(RESPONSE_FORMAT),
  tools: many(TOOL),
  toolChoice: 'choice',
  parallelTools: 'scalar',
  reasoningEffort: 'text',
  reasoningTokens: 'scalar',
  user: 'text',
  metadata: 'object',
  keepAliveSeconds: 'scalar',
  contextTokens: 'scalar',
  dimensions: 'scalar',
  encodingFormat: 'fixed',
  truncate: 'scalar',
  suffix: 'text',
  echo: 'scalar',
  bestOf: 'scalar',
  serviceTier: 'text',
  verbosity: 'text',
}
export const REQUEST: Listing<ModelRequest> = {
  action: 'fixed',
  model: 'fixed',
  messages: many(MESSAGE),
  inputs: 'texts',
  params: one(PARAMS),
  stream: 'scalar',
  streamUsage: 'scalar',
  previousResponseId: 'fixed',
  store: 'scalar',
  windowBound: 'scalar',
  ownInstructions: 'scalar',
}

const uncovered = (field: string) =>
  new Fault('guard_unavailable', { detail: 'A field of the request is not covered by the guard', data: { field } })

/** Where a string stands. */
export interface Place {
  readonly origin: Origin
  readonly source: Source
  /** Names without positions: `messages.parts.text`. */
  readonly field: string
}

export interface Visitor {
  text(text: string, place: Place, how: 'text' | 'id' | 'json'): string
  object(value: JsonObject, place: Place): JsonObject
  /** A picture, sound or file; undefined drops its content. */
  opaque(data: string, place: Place, kind: 'image' | 'audio' | 'document'): string | undefined
  /** Counted, not read. */
  fixed(text: string): void
}

/** Places by source and field; a request of a kind seen before makes none. */
const PLACES = new Map<Source, Map<string, Place>>()
function place(origin: Origin, source: Source, field: string): Place {
  let fields = PLACES.get(source)
  if (fields === undefined) {
    fields = new Map()
    // Tool names are the client's words, so this must not grow with them.
    if (PLACES.size < 64) PLACES.set(source, fields)
  }
  let known = fields.get(field)
  if (known === undefined || known.origin !== origin) {
    known = { origin, source, field }
    fields.set(field, known)
  }
  return known
}

/** Names of fields inside others, each joined once: both halves are from the tables above. */
const PATHS = new Map<string, Map<string, string>>()
function under(path: string, key: string): string {
  if (path === '') return key
  let keys = PATHS.get(path)
  if (keys === undefined) {
    keys = new Map()
    PATHS.set(path, keys)
  }
  let joined = keys.get(key)
  if (joined === undefined) {
    joined = `${path}.${key}`
    keys.set(key, joined)
  }
  return joined
}

/** Visits every string once, in a fixed order; returns the request itself if nothing changed, else a copy. */
export function visitRequest(request: ModelRequest, visitor: Visitor): ModelRequest {
  return record(
    request as unknown as JsonObject,
    REQUEST as Fields,
    '',
    'caller',
    'caller',
    visitor,
  ) as unknown as ModelRequest
}

function record(
  value: JsonObject,
  fields: Fields,
  path: string,
  origin: Origin,
  source: Source,
  visitor: Visitor,
): JsonObject {
  let copy = value
  let [whose, from] = [origin, source]
  if (fields === (MESSAGE as Fields)) [whose, from] = speaker(value as unknown as Message)
  else if (fields === (PARTS.document as Fields)) [whose, from] = ['document', 'document']
  // What a model said to a tool, as that tool was given it: turned back toward the tool, it is not the caller's for that.
  else if (fields === (TOOL_CALL as Fields)) [whose, from] = ['model', `tool:${String(value.name)}`]
  for (const key in value) {
    const how = Object.hasOwn(fields, key) ? fields[key] : undefined
    if (how === undefined) throw uncovered(path === '' ? key : `${path}.${key}`)
    const old = value[key]
    if (old === undefined || old === null) continue
    const next = field(old, how, under(path, key), whose, from, visitor, value)
    if (next !== old) {
      if (copy === value) copy = { ...value }
      if (next === undefined) delete copy[key]
      else copy[key] = next
    }
  }
  return copy
}

function speaker(message: Message): [Origin, Source] {
  if (message.role === 'system') return ['system', 'system']
  if (message.role === 'tool') return ['tool', message.toolName === undefined ? 'tool' : `tool:${message.toolName}`]
  return message.role === 'assistant' ? ['model', 'model'] : ['caller', 'caller']
}

function field(
  value: Json,
  how: How,
  path: string,
  origin: Origin,
  source: Source,
  visitor: Visitor,
  parent: JsonObject,
): Json | undefined {
  if (typeof how === 'object') {
    if (!how.many) {
      if (!isObject(value)) throw uncovered(path)
      return record(value, how.of(value), path, origin, source, visitor)
    }
    if (!Array.isArray(value)) throw uncovered(path)
    return each(value, (item) => {
      if (!isObject(item)) throw uncovered(path)
      return record(item, how.of(item), path, origin, source, visitor)
    })
  }
  if (how === 'scalar') {
    if (typeof value !== 'number' && typeof value !== 'boolean') throw uncovered(path)
    return value
  }
  if (how === 'texts') {
    if (!Array.isArray(value)) throw uncovered(path)
    return each(value, (item) => {
      if (typeof item !== 'string') throw uncovered(path)
      return visitor.text(item, place(origin, source, path), 'text')
    })
  }
  if (how === 'object') {
    if (!isObject(value)) throw uncovered(path)
    return visitor.object(value, place(origin, source, path))
  }
  if (how === 'choice' && isObject(value)) {
    if (typeof value.name !== 'string' || Object.keys(value).length !== 1) throw uncovered(path)
    const name = visitor.text(value.name, place(origin, source, path), 'id')
    return name === value.name ? value : { name }
  }
  if (typeof value !== 'string') throw uncovered(path)
  switch (how) {
    case 'choice':
    case 'fixed':
      visitor.fixed(value)
      return value
    case 'media':
      if (!/^data:/i.test(value)) return visitor.text(value, place(origin, source, path), 'text')
      return visitor.opaque(value, place(origin, source, path), 'image') ?? ''
    case 'bytes':
      return visitor.opaque(value, place(origin, source, path), parent.type === 'audio' ? 'audio' : 'document')
    default:
      return visitor.text(value, place(origin, source, path), how)
  }
}

function each(list: Json[], change: (item: Json) => Json): Json[] {
  let copy = list
  for (let i = 0; i < list.length; i++) {
    const old = list[i] as Json
    const next = change(old)
    if (next !== old) {
      if (copy === list) copy = [...list]
      copy[i] = next
    }
  }
  return copy
}

/** Bytes of all strings in a value, object keys inside free JSON included: counted without the tables above. */
export function stringBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (typeof value !== 'object' || value === null) return 0
  let total = 0
  if (Array.isArray(value)) for (const item of value) total += stringBytes(item)
  else for (const key in value) total += stringBytes((value as Record<string, unknown>)[key])
  return total
}
