import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readGguf } from './gguf.ts'
import type { State } from './llama.ts'
import { createLlama, wipe } from './llama.ts'
import { createRuntime } from './runtime.ts'

const model = readFileSync(new URL('../../../models/demo-q8.gguf', import.meta.url))
const say = (text: string, maxTokens = 8) => ({ messages: [{ role: 'user' as const, text }], maxTokens })
const start = { rules: {}, seed: 1 }

test('turns go round the principals, one token each', () => {
  const runtime = createRuntime(model)
  for (const id of [1, 2, 3]) runtime.start(id, { ...start, principal: 'flood', request: say('hello') })
  runtime.start(9, { ...start, principal: 'quiet', request: say('hello') })
  const order: number[] = []
  for (let turn = runtime.turn(); turn && order.length < 40; turn = runtime.turn()) order.push(turn.id)
  const quiet = order.map((id, i) => [id, i] as const).filter(([id]) => id === 9)
  // Every second turn is the quiet principal's, until its answer is done.
  expect(quiet.slice(0, 8).map(([, i]) => i)).toEqual([1, 3, 5, 7, 9, 11, 13, 15])
})

test('a wiped state holds nothing', () => {
  const file = readGguf(model)
  const llama = createLlama(file, (file.metadata.get('tokenizer.ggml.tokens') as string[]).length)
  const state: State = llama.state()
  llama.run(state, [300, 301, 302, 303], false)
  const outgrown = state.keys[0] as Float32Array
  llama.run(
    state,
    Array.from({ length: 64 }, (_, i) => 300 + i),
    false,
  )
  expect(outgrown.every((value) => value === 0)).toBe(true)
  const parts = [...state.keys, ...state.values]
  expect(parts.some((part) => part.some((value) => value !== 0))).toBe(true)
  wipe(state)
  expect(parts.every((part) => part.every((value) => value === 0))).toBe(true)
})

test('the order of work does not change what is said, also in large batches', () => {
  const file = readGguf(model)
  const llama = createLlama(file, (file.metadata.get('tokenizer.ggml.tokens') as string[]).length)
  const tokens = Array.from({ length: 21 }, (_, i) => 300 + ((i * 37) % 900))
  const whole = llama.state()
  const together = llama.run(whole, tokens, true).slice()
  const single = llama.state()
  let last = new Float32Array(0)
  for (const token of tokens) last = llama.run(single, [token], true).slice()
  for (const [i, value] of together.entries()) expect(value).toBeCloseTo(last[i] as number, 3)
})

test('a long list to embed takes turns with an answer, and can be ended', () => {
  const runtime = createRuntime(model)
  runtime.embed(
    1,
    'batch',
    Array.from({ length: 50 }, () => 'the printer on floor three is jammed again'),
  )
  runtime.start(2, { ...start, principal: 'person', request: say('hello', 4) })
  const order: number[] = []
  for (let turn = runtime.turn(); turn && order.length < 8; turn = runtime.turn()) order.push(turn.id)
  expect(order).toEqual([1, 2, 1, 2, 1, 2, 1, 2])
  runtime.abort(1)
  runtime.abort(2)
  expect(runtime.busy).toBe(false)
})
