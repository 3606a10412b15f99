// Every string of a request that the gateway did not write, with the tokens of chat templates broken. Left as they are: stop
// sequences and token weights, which are compared with the answer and never shown; what is embedded, where there are no turns;
// a raw prompt, whose template is the caller's own, unless rules of the service are put in front of it.
import { isObject, type Json, type JsonObject, type Message, type ModelRequest, type Part } from '../../core/index.ts'
import { opensJson } from '../json-text.ts'
import { readable } from '../opaque.ts'
import { type Place, stringBytes, visitRequest } from '../request.ts'
import { breakTokens, findTokens, mayHoldToken } from './template.ts'

export interface EscapedRequest {
  readonly request: ModelRequest
  /** Tokens that were broken. */
  readonly count: number
  /** Bytes that it has more than before. */
  readonly change: number
}

const KEPT: ReadonlySet<string> = new Set(['params.stop', 'params.logitBias'])
const RAW: ReadonlySet<string> = new Set(['inputs', 'params.suffix'])

/** `raw`: raw prompts too. */
export function escapeRequest(request: ModelRequest, raw: boolean): EscapedRequest {
  let count = 0
  let change = 0

  const broken = (text: string, { origin, field }: Place, json: boolean): string => {
    if (!mayHoldToken(text) || KEPT.has(field) || (RAW.has(field) && !(raw && request.action === 'complete')))
      return text
    // Descriptions of tools come from whoever makes the tools, and stand in the system's turn.
    const within = origin === 'tool' || origin === 'document' || field.startsWith('params.tools.')
    const now = breakTokens(text, within, json)
    count += now.count
    return now.text
  }
  const changed = <T extends string>(old: T, now: T): T => {
    if (now !== old) change += Buffer.byteLength(now) - Buffer.byteLength(old)
    return now
  }

  const visited = visitRequest(request, {
    text: (text, place, how) => changed(text, broken(text, place, how === 'json' || opensJson(text))),
    object(value, place) {
      const now = each(value, (text) => broken(text, place, false)) as JsonObject
      change += stringBytes(now) - stringBytes(value)
      return now
    },
    opaque(data, place) {
      const read = readable(data)
      if (read === undefined) return data
      const now = broken(read.text, place, opensJson(read.text))
      return now === read.text ? data : changed(data, read.print(now))
    },
    fixed() {},
  })
  const messages = visited.messages.map((message) => {
    const joined = acrossParts(message)
    if (joined === undefined) return message
    count += joined.count
    change += joined.count
    return { ...message, parts: joined.parts }
  })
  return {
    request: messages.every((message, i) => message === visited.messages[i]) ? visited : { ...visited, messages },
    count,
    change,
  }
}

/** Free JSON with every key and string changed; the same value if none was. */
function each(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) {
    const now = value.map((item) => each(item, change))
    return now.every((item, i) => item === value[i]) ? value : now
  }
  if (!isObject(value)) return value
  let same = true
  const entries = Object.entries(value).map(([key, item]): [string, Json] => {
    const entry: [string, Json] = [change(key), item === undefined ? item : each(item, change)]
    if (entry[0] !== key || entry[1] !== item) same = false
    return entry
  })
  return same ? value : (Object.fromEntries(entries) as JsonObject)
}

/** Parts that are put together to one text, some of them with the blanks at their ends taken off. */
const TOGETHER: readonly (readonly Part['type'][])[] = [['text', 'document'], ['reasoning'], ['refusal']]

/**
 * A token that begins in one part and ends in another. It is broken by a backslash behind its first sign: a blank at the end of
 * a part may be taken off.
 */
function acrossParts(message: Message): { parts: Part[]; count: number } | undefined {
  if (message.parts.length < 2) return undefined
  let parts: Part[] | undefined
  let count = 0
  for (const types of TOGETHER) {
    const texts: { index: number; text: string; from: number; blank: number }[] = []
    let joined = ''
    for (const [index, part] of message.parts.entries()) {
      if (!types.includes(part.type) || !('text' in part) || part.text === undefined) continue
      const { text, blank } = bare(part.text)
      texts.push({ index, text: part.text, from: joined.length, blank })
      joined += text
    }
    if (texts.length < 2 || !mayHoldToken(joined)) continue
    const within = message.role === 'tool' || message.parts.some(({ type }) => type === 'document')
    // From the last to the first, so that places stay what they are.
    let last = texts.length - 1
    for (const { at } of findTokens(joined, within).reverse()) {
      while (last > 0 && (texts[last]?.from ?? 0) > at) last--
      const one = texts[last]
      if (one === undefined) continue
      const cut = at - one.from + one.blank + 1
      one.text = `${one.text.slice(0, cut)}\\${one.text.slice(cut)}`
      count++
      parts ??= [...message.parts]
      parts[one.index] = { ...message.parts[one.index], text: one.text } as Part
    }
  }
  return parts === undefined ? undefined : { parts, count }
}

/** The text without blanks at its ends, and how many stood in front. */
function bare(text: string): { text: string; blank: number } {
  let from = 0
  let to = text.length
  while (from < to && isBlank(text.charCodeAt(from))) from++
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  return { text: text.slice(from, to), blank: from }
}
const isBlank = (c: number) =>
  c <= 32 || c === 0x7f || (c >= 0x80 && /[\s\x85\u200b\u2060]/.test(String.fromCharCode(c)))
