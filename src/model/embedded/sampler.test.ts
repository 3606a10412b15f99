import { expect, test } from 'vitest'
import { candidates, createRandom, penalise, type Sampling } from './sampler.ts'

/** The first candidate, or -1. */
function choose(scores: Float32Array, sampling: Sampling, random: () => number): number {
  for (const token of candidates(scores, sampling, random)) return token
  return -1
}
const logits = () => Float32Array.of(1, 3, 2, -1)
const all = { temperature: 1, topK: 0, topP: 1, minP: 0 }
function drawn(sampling: typeof all): Set<number> {
  const random = createRandom(5)
  return new Set(Array.from({ length: 500 }, () => choose(logits(), sampling, random)))
}

test('no temperature takes the likeliest', () => expect(drawn({ ...all, temperature: 0 })).toEqual(new Set([1])))
test('temperature draws every token in proportion', () => {
  const random = createRandom(6)
  const counts = [0, 0, 0, 0]
  for (let i = 0; i < 20_000; i++) counts[choose(logits(), all, random)]! += 1
  const weights = [...logits()].map(Math.exp)
  const total = weights.reduce((a, b) => a + b)
  for (const [i, count] of counts.entries()) expect(count / 20_000).toBeCloseTo(weights[i]! / total, 1)
})
test('top-k, top-p and min-p cut the unlikely', () => {
  expect(drawn({ ...all, topK: 2 })).toEqual(new Set([1, 2]))
  expect(drawn({ ...all, topP: 0.7 })).toEqual(new Set([1, 2]))
  expect(drawn({ ...all, minP: 0.3 })).toEqual(new Set([1, 2]))
})
test('after a refusal every other token is tried, the unlikely last', () => {
  for (const temperature of [0, 1]) {
    const order = [...candidates(logits(), { ...all, temperature, topK: 2 }, createRandom(1))]
    expect([...order].sort()).toEqual([0, 1, 2, 3])
    expect(order.slice(2)).toEqual([0, 3])
  }
})
test('nothing is chosen when everything is refused', () => {
  expect(choose(new Float32Array(3).fill(Number.NEGATIVE_INFINITY), all, () => 0.5)).toBe(-1)
})
test('penalties lower what was said', () => {
  const scores = logits()
  penalise(
    scores,
    new Map([
      [1, 2],
      [3, 1],
    ]),
    { repeat: 2, frequency: 0.5, presence: 0.25 },
  )
  expect([...scores]).toEqual([1, 0.25, 2, -2.75])
})
