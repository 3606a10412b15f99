// Reading fields of a request object: every field is known and of its type, or the request is refused by the field's name.
// `null` counts as absent, as the formats' own servers treat it.
import { isDeepStrictEqual } from 'node:util'
import { Fault, isObject, type Json, type JsonObject } from '../../core/index.ts'

/** `messages[2]` + `content` → `messages[2].content` */
export const under = (where: string, key: string): string => (where === '' ? key : `${where}.${key}`)

export const malformed = (param: string, detail: string): Fault =>
  new Fault('malformed_request', { detail: `${param}: ${detail}`, data: { param } })

export const unsupported = (param: string, detail = 'is not supported'): Fault =>
  new Fault('unsupported_parameter', { detail: `${param} ${detail}`, data: { param } })

/** Tools that a provider knows or runs itself would act unseen; which one was asked for stands in no other place that people read. */
export const unsupportedTool = (where: string, type: Json | undefined): Fault =>
  unsupported(
    `${where}.type`,
    `${typeof type === 'string' ? `cannot be ${JSON.stringify(shown(type))}` : 'is missing'}: a tool must be a function that the request itself describes`,
  )

/** Refuses the first field that is not in `known`, so that nothing passes unread. */
export function onlyFields(object: JsonObject, known: ReadonlySet<string>, where = ''): void {
  for (const key in object) {
    if (!known.has(key) && object[key] !== null) throw unsupported(under(where, shown(key)))
  }
}

/** A field name is the caller's text: shown, but not at any length. */
const shown = (key: string): string => (key.length > 64 ? `${key.slice(0, 64)}…` : key)

/** Fields of a format that cannot be honoured here; `neutral` values, which ask for nothing, may stand. */
export function refuseFields(
  object: JsonObject,
  names: Readonly<Record<string, readonly unknown[]>>,
  where = '',
): void {
  for (const name in names) {
    const value = object[name]
    if (value !== undefined && value !== null && !names[name]?.some((neutral) => same(neutral, value)))
      throw unsupported(under(where, name))
  }
}

const same = (one: unknown, other: Json): boolean =>
  one === other || (typeof one === 'object' && JSON.stringify(one) === JSON.stringify(other))

/** What a tool of OpenAI's or Anthropic's may say of who calls it and when: that it is like every tool here. */
export const TOOL_REFUSED = { allowed_callers: [['direct']], async: [false], defer_loading: [false] } as const

export function root(value: Json): JsonObject {
  if (!isObject(value)) throw new Fault('malformed_request', { detail: 'the body must be a JSON object' })
  return value
}

export function object(value: Json | undefined, where: string): JsonObject {
  if (!isObject(value)) throw malformed(where, mustBe(value, 'an object'))
  return value
}

export function list(value: Json | undefined, where: string): Json[] {
  if (!Array.isArray(value)) throw malformed(where, mustBe(value, 'an array'))
  return value
}

export function text(value: Json | undefined, where: string): string {
  if (typeof value !== 'string') throw malformed(where, mustBe(value, 'a string'))
  return value
}

const mustBe = (value: Json | undefined, kind: string): string =>
  value === undefined || value === null ? 'is missing' : `must be ${kind}`

/** What a client library adds to an answer that is sent back: what it read in a text. It must say nothing else than the text. */
export function derived(value: Json | undefined, from: string, where: string): void {
  if (value === undefined || value === null) return
  try {
    if (isDeepStrictEqual(value, JSON.parse(from))) return
  } catch {
    // said below
  }
  throw unsupported(where, 'is not what the text beside it says')
}

/** A name: a string with something in it and no control characters. */
export function name(value: Json | undefined, where: string): string {
  const given = text(value, where)
  if (given === '' || given.length > 512 || /[\u0000-\u001f\u007f]/.test(given)) throw malformed(where, 'is not a name')
  return given
}

/**
 * Base64 in the one form that everybody reads alike. Servers skip what is no base64, each something else: what the guard took for
 * text they would open as a picture.
 */
export function base64(value: Json | undefined, where: string): string {
  const given = text(value, where).replace(/[\t\n\f\r ]+/g, '')
  if (!/^[\w+/-]*={0,2}$/.test(given)) throw malformed(where, 'must be base64')
  return Buffer.from(given, 'base64').toString('base64')
}

/** A file as a `data:` URL or as plain base64. */
export function fileData(value: Json | undefined, where: string): { data: string; mime?: string } {
  const given = text(value, where)
  const [head, mime] = /^data:([a-z]{1,16}\/[a-z0-9.+-]{1,96});base64,/i.exec(given) ?? ['', undefined]
  if (mime === undefined && /^data:/i.test(given)) throw malformed(where, 'must be a data: URL with base64, or base64')
  return { data: base64(given.slice(head.length), where), ...(mime === undefined ? {} : { mime: mime.toLowerCase() }) }
}

export function number(value: Json | undefined, where: string, least: number, most: number): number {
  if (typeof value !== 'number' || !(value >= least && value <= most))
    throw malformed(where, `must be a number from ${least} to ${most}`)
  return value
}

export function integer(
  value: Json | undefined,
  where: string,
  least = Number.MIN_SAFE_INTEGER,
  most = Number.MAX_SAFE_INTEGER,
): number {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
    const range = least === Number.MIN_SAFE_INTEGER ? ` from -${SAFE} to ${SAFE}` : ` of at least ${least}`
    throw malformed(
      where,
      `must be an integer${most === Number.MAX_SAFE_INTEGER ? range : ` from ${least} to ${most}`}`,
    )
  }
  return value as number
}

const SAFE = Number.MAX_SAFE_INTEGER

export function boolean(value: Json | undefined, where: string): boolean {
  if (typeof value !== 'boolean') throw malformed(where, 'must be true or false')
  return value
}

export function oneOf<const T extends string>(value: Json | undefined, where: string, allowed: readonly T[]): T {
  if (typeof value === 'string' && (allowed as readonly string[]).includes(value)) return value as T
  throw malformed(where, `must be one of ${allowed.map((word) => `"${word}"`).join(', ')}`)
}

/** A string or an array of strings, as an array. */
export function texts(value: Json | undefined, where: string, most: number): string[] {
  if (typeof value === 'string') return [value]
  const items = list(value, where)
  if (items.length > most) throw malformed(where, `has more than ${most} entries`)
  return items.map((item, index) => text(item, `${where}[${index}]`))
}

/** Sequences that end an answer. An empty one is in every text and ends none: servers differ in what they make of it. */
export function stops(value: Json | undefined, where: string): string[] {
  const given = texts(value, where, MOST_STOPS)
  if (given.includes('')) throw malformed(where, 'must not be empty or have an empty entry')
  return given
}
const MOST_STOPS = 16

/** Prompts or inputs. Token numbers are named for what they are: no rule and no guard can read them. `instead`: what to do about it. */
export function prompts(value: Json | undefined, where: string, most: number, instead = ''): string[] {
  const [first] = Array.isArray(value) ? value : []
  if (typeof first === 'number' || Array.isArray(first))
    throw unsupported(where, `takes text only: token numbers cannot be read here${instead}`)
  return texts(value, where, most)
}

/** An object of strings. */
export function textMap(value: Json | undefined, where: string): Record<string, string> {
  const given = object(value, where)
  return Object.fromEntries(Object.entries(given).map(([key, entry]) => [key, text(entry, under(where, shown(key)))]))
}

/**
 * Reads the optional fields of `object` into a new object under our names: `{ours: ['theirs', reader]}`.
 * Absent and null fields stay absent.
 */
export function optional<T extends Record<string, readonly [string, (value: Json, where: string) => unknown]>>(
  from: JsonObject,
  readers: T,
  where = '',
): { [K in keyof T]?: ReturnType<T[K][1]> } {
  const out: Record<string, unknown> = {}
  for (const ours in readers) {
    const [theirs, read] = readers[ours] as readonly [string, (value: Json, where: string) => unknown]
    const value = from[theirs]
    if (value !== undefined && value !== null) out[ours] = read(value, under(where, theirs))
  }
  return out as { [K in keyof T]?: ReturnType<T[K][1]> }
}
