import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Delta, TokenLogprob } from '../core/index.ts'
import { sharesOf } from './shares.ts'

const long = fc.oneof(
  fc.constant(''),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.tuple(fc.constantFrom('ab', '🦊', 'x🦊'), fc.nat({ max: 9000 })).map(([text, times]) => text.repeat(times)),
)
const tokens = fc
  .tuple(fc.constantFrom('word ', '🦊', ''), fc.nat({ max: 400 }), fc.nat({ max: 20 }), fc.nat({ max: 500 }))
  .map(
    ([token, times, alternatives, other]): Pick<Delta & { type: 'text' }, 'text' | 'logprobs'> => ({
      text: token.repeat(times),
      logprobs: Array.from({ length: times }, (_, at): TokenLogprob => {
        const top = Array.from({ length: alternatives }, (_, index) => ({ token: `a${index}`, logprob: -2 }))
        return { token: at === other ? 'another' : token, logprob: -at, top }
      }),
    }),
  )
const delta: fc.Arbitrary<Delta> = fc.oneof(
  long.map((text): Delta => ({ type: 'text', choice: 0, text })),
  tokens.map((said): Delta => ({ type: 'text', choice: 1, ...said })),
  long.map((text): Delta => ({ type: 'reasoning', choice: 0, text, signature: 's' })),
  long.map((text): Delta => ({ type: 'refusal', choice: 0, text })),
  long.map((text): Delta => ({ type: 'tool', choice: 0, index: 0, id: 'a', name: 'f', arguments: text })),
  fc.constant<Delta>({ type: 'finish', choice: 0, reason: 'stop' }),
)

/** Pieces of one delta put together again: as those that stand in a row say the same of themselves. */
function together(deltas: readonly Delta[]): unknown[] {
  const out: Record<string, unknown>[] = []
  for (const one of deltas) {
    const last = out.at(-1)
    const goesOn =
      last?.type === one.type && 'choice' in one && last.choice === one.choice && !('id' in one) && !last.signature
    if (!last || !goesOn || one.type === 'finish') out.push({ ...one })
    else if (one.type === 'tool') last.arguments = `${last.arguments}${one.arguments}`
    else if ('text' in one) {
      last.text = `${last.text}${one.text}`
      if ('signature' in one) last.signature = one.signature
      if ('logprobs' in one) last.logprobs = [...(last.logprobs as TokenLogprob[]), ...(one.logprobs ?? [])]
    }
  }
  return out
}

test('shares put together are what came, none is large, and none ends within a character', () => {
  fc.assert(
    fc.property(fc.array(delta, { maxLength: 4 }), (batch) => {
      const shares = [...sharesOf(batch)]
      expect(together(shares.flat())).toEqual(together(batch))
      for (const share of shares)
        for (const one of share) {
          const text = 'text' in one ? one.text : one.type === 'tool' ? one.arguments : ''
          expect(text.isWellFormed()).toBe(true)
          const all = one.type === 'text' ? (one.logprobs ?? []) : []
          if (all.every(({ token }) => token !== 'another')) expect(text.length).toBeLessThanOrEqual(4096)
          if (all.every(({ token }) => token !== 'another')) expect(all.length).toBeLessThanOrEqual(64)
        }
    }),
    { seed: 21, numRuns: 300 },
  )
})

test('what is not much is one share, as it came', () => {
  const batch: Delta[] = [
    { type: 'text', choice: 0, text: 'Hello' },
    { type: 'finish', choice: 0, reason: 'stop' },
  ]
  const [first, ...more] = sharesOf(batch)
  expect(first).toBe(batch)
  expect(more).toEqual([])
})
