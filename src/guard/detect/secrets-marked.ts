// Tokens that say what they are without a provider being known: a word for a key among the words they begin with, and
// random characters behind it: `tool_sk_…`, `acme-pat-…`, `xy_live_apikey_…`. New providers mark their tokens this way.
import type { Finding } from '../../core/index.ts'
import { isAlnum } from './secrets-pattern.ts'

/** Words, then what has to be random. */
const MARKED = /(?<words>(?:[A-Za-z]{1,10}\d{0,2}[_-]){1,4})(?<rest>[A-Za-z0-9][\w-]{19,})/y
const MARK = /(?:^|[_-])(?:sk|csk|pcsk|rk|secret|token|pat|key|apikey|live|oauth|sdk|priv|private|credential)[_-]/i
/** What makes another thing of a key: something shown, a name of something, a sum of its content. */
const SHOWN =
  /(?:^|[_-])(?:public|pub|pk|cache|id|idempotency|csrf|primary|foreign|sort|object|hash|md5|sha\d*|sum|sri|test|row|react|chunk|file|image|img|asset)[_-]/i
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i
/** Least length of a token, and the most that is looked at. */
const LEAST = 24
const MOST = 512

/** The first such token in the run [start, end). */
export function markedToken(text: string, start: number, end: number): Finding | undefined {
  for (let i = start; i + LEAST < end; i++) {
    const code = text.charCodeAt(i)
    if (code !== 95 && code !== 45) continue
    // The words begin at most ten characters and two digits before their first joint.
    let from = i
    while (from > start && i - from < 12 && isAlnum(text.charCodeAt(from - 1))) from--
    if (from > start && isAlnum(text.charCodeAt(from - 1))) continue
    let stop = i
    while (stop < end && stop - from < MOST && isToken(text.charCodeAt(stop))) stop++
    const found = tokenIn(text.slice(from, stop))
    if (found !== undefined) return { class: 'secret/api-key', start: from, end: stop, confidence: 80 }
    i = stop
  }
  return undefined
}

const isToken = (code: number) => isAlnum(code) || code === 95 || code === 45

function tokenIn(token: string): true | undefined {
  MARKED.lastIndex = 0
  const { words = '', rest = '' } = MARKED.exec(token)?.groups ?? {}
  return rest !== '' && MARK.test(words) && !SHOWN.test(words) && isRandom(rest) ? true : undefined
}

/** Hexadecimal or a UUID; otherwise letters and digits that take turns as no words do. */
export function isRandom(value: string): boolean {
  if (UUID.test(value)) return true
  let digits = 0
  let capitals = 0
  let small = 0
  let joints = 0
  let turns = 0
  let before = 0
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    const kind = code < 48 ? 4 : code < 58 ? 1 : code < 91 ? 2 : code === 95 ? 4 : 3
    if (kind === 1) digits++
    else if (kind === 2) capitals++
    else if (kind === 3) small++
    else joints++
    if (kind !== before && before !== 0) turns++
    before = kind
  }
  if (digits < 3 || new Set(value).size < 10 || joints > value.length / 8) return false
  return capitals > 2 && small > 2 ? turns / value.length >= 0.3 : digits >= 5 && turns / value.length >= 0.2
}
