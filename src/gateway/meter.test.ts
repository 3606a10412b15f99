import { expect, test } from 'vitest'
import type { Delta, Durations } from '../core/index.ts'
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
