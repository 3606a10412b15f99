import { expect, test } from 'vitest'
import type { Delta, Durations, ModelRequest } from '../core/index.ts'
import { createMeter } from './meter.ts'

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

test('who asks for several answers pays for all of them, also if the model server counts the first', () => {
  const meter = createMeter()
  const report = { masked: 0 } as Parameters<typeof meter.input>[0]
  const request = (inputs: string[], n?: number) =>
    ({ action: 'complete', messages: [], inputs, params: n === undefined ? {} : { n } }) as unknown as ModelRequest
  const said: Delta[] = [0, 1].map((choice) => ({ type: 'text', choice, text: 'x'.repeat(40) }))
  const usage = { inputTokens: 3, outputTokens: 10 }
  meter.input(report, request(['y'.repeat(400)], 2))
  meter.output([...said, { type: 'usage', usage }])
  expect(meter.usage()).toEqual({ inputTokens: 3, outputTokens: 20 })

  const many = createMeter()
  many.input(report, request(['y'.repeat(40), 'z'.repeat(40)]))
  many.output([...said, { type: 'usage', usage }])
  expect(many.usage()).toEqual({ inputTokens: 20, outputTokens: 20 })

  // One that counts them all, and one answer, are taken at their word.
  many.output([{ type: 'usage', usage: { inputTokens: 21, outputTokens: 25 } }])
  expect(many.usage()).toEqual({ inputTokens: 21, outputTokens: 25 })
  const one = createMeter()
  one.input(report, request(['y'.repeat(400)]))
  one.output([...said, { type: 'usage', usage }])
  expect(one.usage()).toBe(usage)
})
