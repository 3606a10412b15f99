// Byte-level BPE as in GPT-2, with the vocabulary of the model file. Control tokens (`<|im_end|>`) are never made from
// text: only the chat template places them, so a message cannot end its own turn. Placeholders (`<EMAIL_1>`) are
// user-defined tokens and are matched in text, longest first.
import { Fault } from '../../core/index.ts'
import { CHAR_BYTES, toByteChars, WORD_PATTERN } from './bytes.ts'

/** GGUF `tokenizer.ggml.token_type`. */
export const TOKEN_TYPE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const

export interface Vocabulary {
  readonly tokens: readonly string[]
  readonly types: ArrayLike<number>
  /** `left right`, best first. */
  readonly merges: readonly string[]
}

export interface Tokenizer {
  readonly size: number
  /** Bytes of the longest token. */
  readonly longest: number
  encode(text: string): number[]
  /** The bytes a token stands for; nothing for control tokens. */
  bytes(token: number): Uint8Array
  typeOf(token: number): number
  idOf(text: string): number | undefined
  /** User-defined tokens with their text. */
  readonly userDefined: readonly { readonly id: number; readonly text: string }[]
}

/** Words seen lately keep their tokens: ordinary text is mostly repeated words. Bounded, and holds no more than words. */
const CACHED_WORDS = 4096
const LONGEST_CACHED = 32

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

export function createTokenizer({ tokens, types, merges }: Vocabulary): Tokenizer {
  const ids = new Map<string, number>()
  const bytes: Uint8Array[] = []
  const userDefined: { id: number; text: string }[] = []
  const encoder = new TextEncoder()
  for (const [id, text] of tokens.entries()) {
    const type = types[id]
    if (type === TOKEN_TYPE.control || type === TOKEN_TYPE.unused || type === TOKEN_TYPE.unknown)
      bytes.push(new Uint8Array(0))
    else if (type === TOKEN_TYPE.userDefined) {
      userDefined.push({ id, text })
      bytes.push(encoder.encode(text))
    } else bytes.push(bytesOf(text))
    if (!ids.has(text)) ids.set(text, id)
  }
  const ranks = new Map(merges.map((merge, rank) => [merge, rank]))
  const special = userDefined.length > 0 ? splitter(userDefined.map((token) => token.text)) : undefined
  const specials = new Map(userDefined.map((token) => [token.text, token.id]))
  const cache = new Map<string, readonly number[]>()

  function word(text: string): readonly number[] {
    const known = cache.get(text)
    if (known) return known
    const result = mergeWord(toByteChars(text), ranks).map((piece) => {
      const id = ids.get(piece)
      if (id === undefined)
        throw new Fault('upstream_invalid', { detail: 'the model file has no token for a byte of the text' })
      return id
    })
    if (text.length <= LONGEST_CACHED) {
      if (cache.size >= CACHED_WORDS) cache.clear()
      cache.set(text, result)
    }
    return result
  }

  return {
    size: tokens.length,
    longest: bytes.reduce((most, { length }) => Math.max(most, length), 1),
    encode(text) {
      const result: number[] = []
      for (const part of special ? text.split(special) : [text]) {
        const id = specials.get(part)
        if (id !== undefined) result.push(id)
        else for (const match of part.matchAll(WORD_PATTERN)) for (const token of word(match[0])) result.push(token)
      }
      return result
    },
    bytes: (token) => bytes[token] ?? new Uint8Array(0),
    typeOf: (token) => types[token] ?? TOKEN_TYPE.unknown,
    idOf: (text) => ids.get(text),
    userDefined,
  }
}

function splitter(texts: readonly string[]): RegExp {
  const longestFirst = [...texts].sort((a, b) => b.length - a.length)
  return new RegExp(`(${longestFirst.map(escaped).join('|')})`)
}

function bytesOf(text: string): Uint8Array {
  const result: number[] = []
  for (const char of text) {
    const byte = CHAR_BYTES.get(char)
    // A token that is no byte string can still be shown as what it says.
    if (byte === undefined) return new TextEncoder().encode(text)
    result.push(byte)
  }
  return Uint8Array.from(result)
}

/** Applies the best-ranked merge until none is left. Quadratic in the word, so very long words are merged in pieces. */
const LONGEST_MERGED = 512
function mergeWord(chars: string[], ranks: ReadonlyMap<string, number>): string[] {
  if (chars.length > LONGEST_MERGED) {
    const result: string[] = []
    for (let i = 0; i < chars.length; i += LONGEST_MERGED)
      for (const piece of mergeWord(chars.slice(i, i + LONGEST_MERGED), ranks)) result.push(piece)
    return result
  }
  const pieces = chars
  for (;;) {
    let best = -1
    let bestRank = Number.POSITIVE_INFINITY
    for (let i = 0; i + 1 < pieces.length; i++) {
      const rank = ranks.get(`${pieces[i]} ${pieces[i + 1]}`)
      if (rank !== undefined && rank < bestRank) {
        bestRank = rank
        best = i
      }
    }
    if (best < 0) return pieces
    pieces.splice(best, 2, `${pieces[best]}${pieces[best + 1]}`)
  }
}
