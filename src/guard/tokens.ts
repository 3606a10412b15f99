// The tokens of an answer with their probabilities. A token says again what the text says: it leaves with its text, and only if
// nothing of that was changed. Offsets are those of the raw text of one lane.
import type { TokenLogprob } from '../core/index.ts'

export interface HeldToken {
  readonly from: number
  readonly to: number
  readonly entry: TokenLogprob
  spoilt: boolean
}

/** Never written to. */
const NONE: TokenLogprob[] = []

/** Holds the tokens of `text`, which begins at `start`. `alternatives`: what may be said of those the model did not take. */
export function holdTokens(
  held: HeldToken[],
  text: string,
  start: number,
  logprobs: readonly TokenLogprob[],
  alternatives: (top: readonly TokenLogprob[]) => TokenLogprob[] | undefined,
): void {
  let at = 0
  for (const { token, logprob, bytes, top } of logprobs) {
    // From here on tokens and text are not in step.
    if (!text.startsWith(token, at)) return
    const entry = withBytes(token, logprob, bytes)
    const others = top && alternatives(top)
    if (others !== undefined) entry.top = others
    held.push({ from: start + at, to: start + at + token.length, entry, spoilt: false })
    at += token.length
  }
}

/** Bytes that say anything else than the token are left out. */
export function withBytes(token: string, logprob: number, bytes: TokenLogprob['bytes']): TokenLogprob {
  const same = bytes !== undefined && Buffer.from(token).equals(Buffer.from(bytes))
  return same ? { token, logprob, bytes } : { token, logprob }
}

/** Text from `from` to `to` was changed. */
export function spoilTokens(held: readonly HeldToken[], from: number, to: number): void {
  for (const token of held) if (token.from < to && from < token.to) token.spoilt = true
}

/** Takes out the tokens of everything before `released`. */
export function takeTokens(held: HeldToken[], released: number): TokenLogprob[] {
  let count = 0
  while (count < held.length && (held[count]?.to ?? 0) <= released) count++
  if (count === 0) return NONE
  return held
    .splice(0, count)
    .filter(({ spoilt }) => !spoilt)
    .map(({ entry }) => entry)
}
