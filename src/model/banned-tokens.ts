// Banned phrases for servers that choose tokens themselves: a bias against the tokens of their own vocabulary that are such a
// phrase. Only where the phrase is one token: the tokens of a longer one are innocent words. What this misses, the guard on
// the stream finds.
import { isObject } from '../core/index.ts'

/** Asks a server how it cuts a text; undefined if it does not say. */
export type Tokenize = (model: string, text: string, signal: AbortSignal) => Promise<unknown>

/** Phrases of one model that are remembered; rules name few. */
const MOST_KNOWN = 4096
/** The lowest bias there is in OpenAI's format. */
const NEVER = -100

/** `{"1234": -100}` for phrases of policy; never throws but for the signal. */
export function createBannedTokens(tokenize: Tokenize) {
  const known = new Map<string, readonly number[]>()

  const tokensOf = async (model: string, phrase: string, signal: AbortSignal): Promise<readonly number[]> => {
    const key = `${model}\n${phrase}`
    const before = known.get(key)
    if (before) return before
    const ids = new Set<number>()
    for (const text of spellings(phrase)) {
      const value = await tokenize(model, text, signal).catch(() => undefined)
      signal.throwIfAborted()
      // A server that cannot say is asked again with the next call.
      if (value === undefined) return []
      const tokens = isObject(value) ? value.tokens : undefined
      const [only] = Array.isArray(tokens) && tokens.length === 1 ? tokens : []
      if (typeof only === 'number' && Number.isInteger(only) && only >= 0) ids.add(only)
    }
    if (known.size >= MOST_KNOWN) known.clear()
    known.set(key, [...ids])
    return [...ids]
  }

  return async (model: string, phrases: readonly string[], signal: AbortSignal): Promise<Record<string, number>> => {
    const lists = await Promise.all(phrases.map((phrase) => tokensOf(model, phrase, signal)))
    return Object.fromEntries(lists.flat().map((id) => [String(id), NEVER]))
  }
}

/** As it may stand in a text: with and without the blank in front, small, with a capital, in capitals. */
function spellings(phrase: string): Set<string> {
  const text = phrase.trim()
  const lower = text.toLowerCase()
  const cases = [text, lower, lower.charAt(0).toUpperCase() + lower.slice(1), text.toUpperCase()]
  return new Set(text === '' ? [] : cases.flatMap((one) => [one, ` ${one}`]))
}
