// Parameters that OpenAI's chat and completions routes share, with the sampling names of vLLM and llama.cpp beside them.
import { isObject, type Json, type JsonObject, type Params } from '../../core/index.ts'
import {
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
  stops,
  text,
  textMap,
  under,
  unsupported,
} from './field.ts'

const READERS = {
  temperature: ['temperature', (value, where) => number(value, where, 0, 2)],
  topP: ['top_p', (value, where) => number(value, where, 0, 1)],
  topK: ['top_k', (value, where) => integer(value, where, -1, 1_000_000)],
  minP: ['min_p', (value, where) => number(value, where, 0, 1)],
  n: ['n', (value, where) => integer(value, where, 1, 128)],
  stop: ['stop', stops],
  seed: ['seed', (value, where) => integer(value, where)],
  logitBias: ['logit_bias', logitBias],
  frequencyPenalty: ['frequency_penalty', (value, where) => number(value, where, -2, 2)],
  presencePenalty: ['presence_penalty', (value, where) => number(value, where, -2, 2)],
  user: ['user', text],
  metadata: ['metadata', textMap],
} as const satisfies Record<string, readonly [string, (value: Json, where: string) => unknown]>

export const SHARED_FIELDS = [
  ...Object.values(READERS).map(([theirs]) => theirs),
  'repeat_penalty',
  'repetition_penalty',
]

export function readSharedParams(body: JsonObject): Params {
  const params: Params = optional(body, READERS)
  // llama.cpp's and vLLM's names for the same factor.
  const { repeat_penalty: one, repetition_penalty: other } = body
  if ((one ?? other ?? null) === null) return params
  if ((one ?? other) !== (other ?? one)) throw malformed('repetition_penalty', 'contradicts repeat_penalty')
  params.repeatPenalty = number(one ?? other, (one ?? null) === null ? 'repetition_penalty' : 'repeat_penalty', 0, 10)
  return params
}

function logitBias(value: Json, where: string): Record<string, number> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(where, 'must be an object')
  const entries = Object.entries(value)
  for (const [token] of entries) if (!/^\d{1,9}$/.test(token)) throw malformed(where, 'keys must be token numbers')
  return Object.fromEntries(entries.map(([token, bias]) => [token, number(bias, under(where, token), -100, 100)]))
}

const STREAM_OPTION_FIELDS = new Set(['include_usage', 'include_obfuscation'])

/** `{include_usage}`; obfuscation pads frames against length watching and is the gateway's own matter. */
export function readStreamOptions(body: JsonObject): { streamUsage?: boolean } {
  const given = body.stream_options ?? undefined
  if (given === undefined) return {}
  const options = object(given, 'stream_options')
  onlyFields(options, STREAM_OPTION_FIELDS, 'stream_options')
  boolean(options.include_obfuscation ?? false, 'stream_options.include_obfuscation')
  return boolean(options.include_usage ?? false, 'stream_options.include_usage') ? { streamUsage: true } : {}
}

/** `user`, or the newer name of the same. */
export function readEndUser(body: JsonObject, params: Params): void {
  const newer = body.safety_identifier ?? undefined
  if (newer !== undefined) params.user ??= text(newer, 'safety_identifier')
}

/** `{mode, tools}` of a choice among some of the tools. */
export function readAllowedMode(given: JsonObject, where: string): 'auto' | 'required' {
  onlyFields(given, ALLOWED_FIELDS, where)
  if ((given.type ?? 'allowed_tools') !== 'allowed_tools') throw unsupported(`${where}.type`)
  return oneOf(given.mode, `${where}.mode`, ['auto', 'required'])
}
const ALLOWED_FIELDS = new Set(['type', 'mode', 'tools'])

/** Tools that are not among the allowed ones are left out: the model cannot choose what it is not told of. */
export function keepAllowed(
  params: Params,
  allowed: Json | undefined,
  where: string,
  nameOf: (entry: JsonObject, at: string) => Json | undefined,
): void {
  if (!isObject(allowed)) return
  const offered = new Set(params.tools?.map((tool) => tool.name))
  const names = list(allowed.tools, `${where}.tools`).map((entry, index) => {
    const at = `${where}.tools[${index}]`
    const given = object(entry, at)
    if (given.type !== 'function') throw unsupported(`${at}.type`)
    const one = name(nameOf(given, at), `${at}.name`)
    if (!offered.has(one)) throw malformed(at, 'is not among the tools')
    return one
  })
  const kept = new Set(names)
  params.tools = params.tools?.filter((tool) => kept.has(tool.name)) ?? []
}
