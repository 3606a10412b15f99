// What has come from a model server in one go, in shares that are screened in one go. Others have their turn between two of
// them: a long answer that comes whole, or tokens with all their alternatives, would keep every other call waiting for seconds,
// and a cut would find nobody to tell. The guard finds the same however an answer is cut.
import type { Delta, TokenLogprob } from '../core/index.ts'

/** Characters that are screened in one go: some milliseconds. */
const SHARE = 4096
/** What a token or an alternative to one costs, in characters of plain text. */
const TOKEN = 64

export function* sharesOf(batch: readonly Delta[]): Generator<readonly Delta[]> {
  if (weightOf(batch) <= SHARE) {
    yield batch
    return
  }
  let share: Delta[] = []
  let weight = 0
  for (const delta of batch)
    for (const piece of piecesOf(delta)) {
      share.push(piece)
      weight += weightOf([piece])
      if (weight < SHARE) continue
      yield share
      share = []
      weight = 0
    }
  if (share.length > 0) yield share
}

function weightOf(deltas: readonly Delta[]): number {
  let weight = 0
  for (const delta of deltas) {
    if (delta.type === 'tool') weight += delta.arguments.length
    else if ('text' in delta) weight += delta.text.length
    if (delta.type === 'text') for (const token of delta.logprobs ?? []) weight += tokenWeight(token)
  }
  return weight
}
const tokenWeight = ({ top = [] }: TokenLogprob): number => TOKEN * (1 + top.length)

function* piecesOf(delta: Delta): Generator<Delta> {
  if (delta.type === 'tool') {
    const { id: _, name: __, ...more } = delta
    for (const [text, first] of cut(delta.arguments)) yield { ...(first ? delta : more), arguments: text }
  } else if (delta.type === 'text' && delta.logprobs !== undefined) yield* withTokens(delta, delta.logprobs)
  else if (delta.type === 'reasoning') {
    const { signature: _, ...more } = delta
    for (const [text, , last] of cut(delta.text)) yield { ...(last ? delta : more), text }
  } else if ('text' in delta) for (const [text] of cut(delta.text)) yield { ...delta, text }
  else yield delta
}

/** Each token with its text, as far as the two are in step; what is left goes together. */
function* withTokens(delta: Delta & { type: 'text' }, logprobs: readonly TokenLogprob[]): Generator<Delta> {
  let from = 0
  let at = 0
  let weight = 0
  let held: TokenLogprob[] = []
  for (const [index, token] of logprobs.entries()) {
    if (!delta.text.startsWith(token.token, at)) {
      yield { ...delta, text: delta.text.slice(from), logprobs: [...held, ...logprobs.slice(index)] }
      return
    }
    held.push(token)
    at += token.token.length
    weight += token.token.length + tokenWeight(token)
    if (weight < SHARE || index === logprobs.length - 1) continue
    yield { ...delta, text: delta.text.slice(from, at), logprobs: held }
    from = at
    weight = 0
    held = []
  }
  yield { ...delta, text: delta.text.slice(from), logprobs: held }
}

/** Pieces of a text, none of which ends in the middle of a character; and whether each is the first, and the last. */
function* cut(text: string): Generator<readonly [piece: string, first: boolean, last: boolean]> {
  let from = 0
  while (text.length - from > SHARE) {
    const code = text.charCodeAt(from + SHARE - 1)
    const to = from + SHARE - (code >= 0xd800 && code <= 0xdbff ? 1 : 0)
    yield [text.slice(from, to), from === 0, false]
    from = to
  }
  yield [text.slice(from), from === 0, true]
}
