// Names of people on social platforms that no label stands before: `@name on telegram`, `linkedin.com/in/name`.
import { isDigit } from '../chars.ts'
import { NEED, peek } from '../scan.ts'
import { KIND, LETTER, type Reader } from './reader.ts'

/** `@name on telegram` */
export function handle(reader: Reader, from: number): number {
  reader.hold = from
  let i = from + 1
  let c = peek(reader, i)
  while (isHandleUnit(c) && i - from < 34) c = peek(reader, ++i)
  if (c === NEED) return NEED
  let end = i
  while (end > from + 1 && reader.text.charCodeAt(end - 1) === 46) end--
  if (end - from < 4 || end - from > 33 || c !== 32) return 0
  const word = (): string | undefined => {
    const start = i + 1
    let k = start
    let unit = peek(reader, k)
    while (KIND[unit] === LETTER && k - start < 12) unit = peek(reader, ++k)
    if (unit === NEED) return undefined
    i = k
    return reader.text.slice(start, k).toLowerCase()
  }
  const link = word()
  if (link === undefined) return NEED
  if (!/^(?:on|auf|sur|en|su|no|op|på|via|at|bei|в)$/.test(link)) return 0
  const platform = word()
  if (platform === undefined) return NEED
  if (!PLATFORM.test(platform)) return 0
  reader.add('personal/handle', from, end, 80)
  return end
}

const PLATFORM =
  /^(?:twitter|x|instagram|insta|ig|telegram|discord|snapchat|tiktok|wechat|reddit|mastodon|threads|twitch|linkedin|facebook|fb|github|gitlab|youtube|signal|bluesky|vk|steam|medium|телеграм)$/

const isHandleUnit = (c: number) => c < 128 && (isDigit(c) || KIND[c] === LETTER || c === 95 || c === 46)

/** `linkedin.com/in/name` */
export function profile(reader: Reader, at: number): number {
  const { text } = reader
  reader.hold = at
  const window = 56
  if (text.length - at < window && !reader.ended) {
    // Enough when the segment has ended.
    const so = /^\.(?:com|me|org|net|tv)\/[\w./@-]*[^\w./@-]/.test(text.slice(at, at + window))
    if (!so && /^(?:\.|\.[a-z]{1,3}|\.[a-z]{2,3}\/[\w./@-]*)$/i.test(text.slice(at, at + window))) return NEED
  }
  const match = /^\.(?:com|me|tv)\/(?:in\/|@|user\/|u\/|profile\/)?([\w.-]{3,40})/.exec(text.slice(at, at + window))
  const name = match?.[1]
  if (match === null || name === undefined) return 0
  const named = /\/(?:in\/|@|user\/|u\/|profile\/)/.test(match[0]) || /\d|[._-]/.test(name)
  if (!named || /^(?:status|share|intent|sharer|watch|home|explore|company|groups|pages|hashtag)$/.test(name)) return 0
  const end = at + match[0].length
  reader.add('personal/handle', end - name.length, end, 75)
  return end
}
