// JSON as a type, and the one parser for text from outside: rejects what two parsers could read differently.
import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { Fault } from './fault.ts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Levels of nesting a text from outside may have. Deeper trees would overflow whoever walks them recursively. */
const MAX_DEPTH = 64

/**
 * Fields and items a text from outside may have. Each costs whoever reads, screens and prints them some microseconds, in one
 * go: a few hundred kilobytes of the smallest ones would keep every other call waiting for seconds. A long conversation has
 * a few thousand.
 */
const MOST_VALUES = 20_000

/**
 * Parses bytes from outside. Refuses invalid UTF-8, a byte order mark, unpaired surrogates, duplicate keys, `__proto__`,
 * numbers beyond the range of a double, and more than 64 levels: of each of them another parser may think something else
 * than we do (RFC 8259, sections 4, 6, 8.2 and 9).
 * @throws Fault `malformed_request`, never quoting the text; `body_too_large` for more than 20,000 fields and items
 */
export function parseJson(bytes: Uint8Array): Json {
  if (!isUtf8(bytes)) throw malformed('the body is not valid UTF-8')
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  let value: Json
  try {
    value = parseText(text)
  } catch {
    throw malformed('the body is not valid JSON')
  }
  // JSON.parse keeps the last of two equal keys, so a duplicate shows as fewer keys in the tree than in the text.
  let keys = 0
  eachKey(text, () => {
    keys++
  })
  if (countKeys(value, 0, { left: MOST_VALUES }) !== keys) throw malformed('an object has the same key twice')
  // In valid UTF-8 only an escape can make one.
  if (SURROGATE.test(text) && !isWellFormed(value))
    throw malformed('a text has half a character: an unpaired surrogate')
  return value
}

const SURROGATE = /\\u[dD][89a-fA-F]/

const isWellFormed = (value: Json): boolean => {
  if (typeof value === 'string') return value.isWellFormed()
  if (Array.isArray(value)) return value.every(isWellFormed)
  return !isObject(value) || Object.entries(value).every(([key, item]) => key.isWellFormed() && isWellFormed(item))
}

/** Whether a value that was parsed elsewhere has no more levels than that: deeper ones cannot even be printed again. */
export function isShallow(value: unknown, levels = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (levels === 0) return false
  if (Array.isArray(value)) return value.every((item) => isShallow(item, levels - 1))
  for (const key in value) if (!isShallow((value as JsonObject)[key], levels - 1)) return false
  return true
}

const malformed = (detail: string) => new Fault('malformed_request', { detail })

function countKeys(value: Json, depth: number, room: { left: number }): number {
  if (typeof value === 'number' && !Number.isFinite(value)) throw malformed('a number is out of range')
  if (typeof value !== 'object' || value === null) return 0
  if (depth >= MAX_DEPTH) throw malformed(`the body is nested deeper than ${MAX_DEPTH} levels`)
  let keys = 0
  if (Array.isArray(value)) {
    take(room, value.length)
    for (const item of value) keys += countKeys(item, depth + 1, room)
    return keys
  }
  for (const key in value) {
    if (key === '__proto__') throw malformed('the key "__proto__" is not allowed')
    take(room, 1)
    keys += 1 + countKeys(value[key] as Json, depth + 1, room)
  }
  return keys
}

function take(room: { left: number }, values: number): void {
  room.left -= values
  if (room.left < 0)
    throw new Fault('body_too_large', { detail: `The body has more than ${MOST_VALUES} fields and items.` })
}

/**
 * JSON.parse with the right keys. V8 since 13.6 (Node 24 and 26) takes a key that is written with an escape for another one, if
 * some text before had that at the same place, and it is as long and begins as the key is written: once `{"\\u007":1}` was read,
 * `{"\u0074ools":1}` has no `tools`. Keys without an escape are read right: those with one are given such names while it parses.
 * @throws SyntaxError
 */
export function parseText(text: string): Json {
  const value = JSON.parse(text) as Json
  if (!text.includes('\\')) return value
  let mark = ''
  const written = new Map<string, string>()
  let plain = ''
  let from = 0
  eachKey(text, (start, end) => {
    const quoted = text.slice(start, end)
    if (!quoted.includes('\\')) return
    mark ||= `${randomUUID()} ` // a name that no text can have guessed
    const key = mark + written.size
    written.set(key, JSON.parse(quoted) as string)
    plain += text.slice(from, start) + JSON.stringify(key)
    from = end
  })
  return written.size === 0 ? value : renamed(JSON.parse(plain + text.slice(from)) as Json, written)
}

function renamed(value: Json, names: ReadonlyMap<string, string>): Json {
  if (Array.isArray(value)) return value.map((item) => renamed(item, names))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [names.get(key) ?? key, renamed(item, names)]))
}

/** Strings followed by a colon, in text that is known to be valid JSON, from quote to quote; jumps over strings without looking inside. */
function eachKey(text: string, see: (start: number, end: number) => void): void {
  for (let open = text.indexOf('"'); open !== -1; ) {
    let close = text.indexOf('"', open + 1)
    while (isEscaped(text, close)) close = text.indexOf('"', close + 1)
    let next = close + 1
    while (isSpace(text.charCodeAt(next))) next++
    if (text.charCodeAt(next) === 58) see(open, close + 1)
    open = text.indexOf('"', next)
  }
}

/** Whether an odd number of backslashes stands before the quote. */
function isEscaped(text: string, quote: number): boolean {
  let slashes = 0
  while (text.charCodeAt(quote - 1 - slashes) === 92) slashes++
  return slashes % 2 === 1
}

const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9
