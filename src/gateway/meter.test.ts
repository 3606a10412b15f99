import { describe, expect, test } from 'vitest'
import type { Delta, Durations, ModelRequest } from '../core/index.ts'
import { createMeter, type Meter } from './meter.ts'

test('durations go past the guard: of what a driver says, whole numbers under known names and nothing else', () => {
  const meter = createMeter()
  expect(meter.durations()).toBeUndefined()
  const told = (durations: unknown) => {
    meter.output([{ type: 'usage', usage: { inputTokens: 1, outputTokens: 2 }, durations } as Delta])
    return meter.durations()
  }
  const all: Durations = { total: 4, load: 0, promptEval: 1, eval: 3 }
  expect(told({ ...all })).toEqual(all)
  for (const name of Object.keys(all))
    for (const value of ['DE89370400440532013000', ['x'], { x: 1 }, 0.5, Number.NaN, null]) {
      const { [name as keyof Durations]: _gone, ...rest } = all
      expect(told({ ...all, [name]: value })).toEqual(rest)
    }
  expect(told({ note: 'DE89370400440532013000' })).toEqual({})
  expect(meter.facts().usage).toEqual({ inputTokens: 1, outputTokens: 2 })
})

test('what came after the model server reported is counted here: who leaves early pays for what was said', () => {
  const meter = createMeter()
  const say = (length: number): Delta => ({ type: 'text', choice: 0, text: 'x'.repeat(length) })
  const report = (outputTokens: number): Delta => ({ type: 'usage', usage: { inputTokens: 7, outputTokens } })
  meter.output([report(0), say(40)])
  meter.output([say(20)])
  expect(meter.usage()).toEqual({ inputTokens: 7, outputTokens: 15 })
  expect(meter.tokens()).toBe(22)
  meter.output([say(4), report(9)])
  expect(meter.usage()).toEqual({ inputTokens: 7, outputTokens: 9 })
})

describe('what is charged', () => {
  const screened = { masked: 0 } as Parameters<Meter['input']>[0]
  const request = (inputs: string[], n?: number) =>
    ({ action: 'complete', messages: [], inputs, params: n === undefined ? {} : { n } }) as unknown as ModelRequest
  const used = (asked: ModelRequest, said: string[], inputTokens: number, outputTokens: number) => {
    const meter = createMeter()
    meter.input(screened, asked)
    const told = { inputTokens, outputTokens }
    meter.output([
      ...said.map((text, choice): Delta => ({ type: 'text', choice, text })),
      { type: 'usage', usage: told },
    ])
    // The caller, and the log, are told what the server told.
    expect(meter.usage()).toBe(told)
    const charged = meter.charged()
    expect(meter.tokens()).toBe((charged?.inputTokens ?? 0) + (charged?.outputTokens ?? 0))
    expect(meter.facts().data?.charged).toBe(charged === told ? undefined : meter.tokens())
    return [charged?.inputTokens, charged?.outputTokens]
  }
  const one = (chars: number, inputTokens: number, outputTokens: number) =>
    used(request(['y'.repeat(chars)]), ['x'.repeat(chars)], inputTokens, outputTokens)

  test('all answers, also if the model server counts the first, and as many as it counts, if these are more', () => {
    const said = ['x'.repeat(40), 'x'.repeat(40)]
    expect(used(request(['y'.repeat(40)], 2), said, 3, 10)).toEqual([3, 20])
    expect(used(request(['y'.repeat(40), 'z'.repeat(40)]), said, 3, 10)).toEqual([20, 20])
    expect(used(request(['y'.repeat(40), 'z'.repeat(40)]), said, 21, 25)).toEqual([21, 25])
  })

  test('a prompt that the server still had, and an answer that it counts as nothing', () => {
    expect(one(1000, 1, 0)).toEqual([250, 250])
    // Long words and code in words of its own: up to 16 characters a token are believed, and so is more than we would count.
    expect(one(1000, 63, 63)).toEqual([63, 63])
    expect(one(1000, 900, 800)).toEqual([900, 800])
    expect(one(256, 1, 1)).toEqual([1, 1])
  })
})
