// What Ollama's routes share: `options`, `format`, `think`, `keep_alive`, images without a type.
import type { Json, JsonObject, Params, Part, ResponseFormat } from '../../core/index.ts'
import {
  base64,
  boolean,
  integer,
  list,
  malformed,
  number,
  object,
  onlyFields,
  optional,
  refuseFields,
  stops,
  text,
  unsupported,
} from './field.ts'

type Reader = (value: Json, where: string) => unknown

const OPTIONS = {
  temperature: ['temperature', (value, where) => number(value, where, 0, 2)],
  topP: ['top_p', (value, where) => number(value, where, 0, 1)],
  topK: ['top_k', (value, where) => integer(value, where, 0, 1_000_000)],
  minP: ['min_p', (value, where) => number(value, where, 0, 1)],
  seed: ['seed', (value, where) => integer(value, where)],
  stop: ['stop', stops],
  frequencyPenalty: ['frequency_penalty', (value, where) => number(value, where, -2, 2)],
  presencePenalty: ['presence_penalty', (value, where) => number(value, where, -2, 2)],
  repeatPenalty: ['repeat_penalty', (value, where) => number(value, where, 0, 10)],
  contextTokens: ['num_ctx', (value, where) => integer(value, where, 1, 10_000_000)],
} as const satisfies Record<string, readonly [string, Reader]>
export const OPTION_FIELDS = new Set(['num_predict', ...Object.values(OPTIONS).map(([theirs]) => theirs)])
/** Another way to choose words, which is off. */
const OPTIONS_REFUSED = { mirostat: [0] } as const
const KNOWN = new Set([...OPTION_FIELDS, ...Object.keys(OPTIONS_REFUSED)])

const READERS = {
  responseFormat: ['format', readFormat],
  reasoningEffort: ['think', readThink],
  keepAliveSeconds: ['keep_alive', readKeepAlive],
  logprobs: ['logprobs', boolean],
  topLogprobs: ['top_logprobs', (value, where) => integer(value, where, 0, 20)],
} as const satisfies Record<string, readonly [string, Reader]>

export const SHARED_FIELDS = ['options', ...Object.values(READERS).map(([theirs]) => theirs)]

/** `options` and what stands beside it. */
export function readOllamaParams(body: JsonObject): Params {
  const { responseFormat, ...params } = optional(body, READERS)
  if (params.topLogprobs !== undefined && params.logprobs !== true)
    throw malformed('top_logprobs', 'needs logprobs to be true')
  // An empty `format` is what Ollama's own clients send for none.
  return { ...readOptions(body), ...params, ...(responseFormat === undefined ? {} : { responseFormat }) }
}

export function readOptions(body: JsonObject): Params {
  const given = body.options ?? undefined
  if (given === undefined) return {}
  const options = object(given, 'options')
  onlyFields(options, KNOWN, 'options')
  refuseFields(options, OPTIONS_REFUSED, 'options')
  const params: Params = optional(options, OPTIONS, 'options')
  const predict = options.num_predict ?? undefined
  // -1 means without a bound, which is what no value means everywhere else.
  if (predict !== undefined && predict !== -1) params.maxTokens = integer(predict, 'options.num_predict', 1)
  return params
}

/** What belongs into `options` and stands beside them, where Ollama itself does not read it. */
export function refuseMisplaced(body: JsonObject): void {
  for (const field of OPTION_FIELDS)
    if ((body[field] ?? undefined) !== undefined) throw unsupported(field, `is not read here, but as options.${field}`)
}

function readFormat(value: Json, where: string): ResponseFormat | undefined {
  if (value === '') return undefined
  if (value === 'json') return { type: 'json' }
  if (typeof value === 'string') throw malformed(where, 'must be "json" or a JSON schema')
  return { type: 'schema', name: 'answer', schema: object(value, where) }
}

/** true, false or a level, as one word. */
function readThink(value: Json, where: string): string {
  if (typeof value === 'boolean') return value ? 'on' : 'none'
  if (value === 'low' || value === 'medium' || value === 'high') return value
  throw malformed(where, 'must be true, false, "low", "medium" or "high"')
}

const UNITS: Record<string, number> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 }

/**
 * Seconds as a number, or a duration of Go: `5m`, `1h30m`, `-1s`. Anything negative means for ever. Rules count whole seconds:
 * a part of one is rounded up, for nothing would mean to unload at once.
 */
export function readKeepAlive(value: Json, where: string): number {
  const seconds = Math.ceil(durationOf(value, where))
  if (!Number.isSafeInteger(seconds)) throw malformed(where, 'is too long')
  return seconds
}

function durationOf(value: Json, where: string): number {
  if (typeof value === 'number') return value < 0 ? -1 : value
  const given = text(value, where)
  const bare = /^-?\d{1,12}$/.test(given)
  const match = /^(-?)((?:\d{1,12}(?:\.\d{1,9})?(?:ns|us|µs|ms|s|m|h))+)$/.exec(given)
  if (bare) return Number(given) < 0 ? -1 : Number(given)
  if (!match) throw malformed(where, 'must be seconds or a duration such as "5m"')
  let seconds = 0
  for (const [, amount, unit] of (match[2] as string).matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g))
    seconds += Number(amount) * (UNITS[unit as string] as number)
  return match[1] === '-' ? -1 : seconds
}

/** Base64 of the first bytes of each kind of image. */
const KINDS: readonly (readonly [string, string])[] = [
  ['iVBORw0KGgo', 'png'],
  ['/9j/', 'jpeg'],
  ['R0lGOD', 'gif'],
  ['UklGR', 'webp'],
]

export function readImages(value: Json | undefined, where: string): Part[] {
  if (value === undefined || value === null) return []
  return list(value, where).map((entry, index) => {
    const data = base64(entry, `${where}[${index}]`)
    const kind = KINDS.find(([start]) => data.startsWith(start))
    if (!kind) throw malformed(`${where}[${index}]`, 'must be base64 of a PNG, JPEG, GIF or WebP image')
    return { type: 'image', url: `data:image/${kind[1]};base64,${data}` }
  })
}
