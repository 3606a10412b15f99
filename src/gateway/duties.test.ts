// Clamps on values that mean more than their number says, and on values that are left out.
import { expect, test } from 'vitest'
import { type ModelRequest, NO_DUTIES, type Params } from '../core/index.ts'
import { readNotes, requestContext } from '../policy/index.ts'
import { applyDuties, checkClamps } from './duties.ts'

const call = (params: Params, action: ModelRequest['action'] = 'chat'): ModelRequest => ({
  action,
  model: 'm',
  messages: [],
  inputs: ['x'],
  params,
  stream: false,
})
const within = (clamp: string, request: ModelRequest): Params => {
  const { notes } = readNotes({ id: 'x', why: 'x', clamp }, 'permit', [new Set(['use'])])
  const duties = { ...NO_DUTIES, clamps: notes?.duties.clamps ?? [] }
  checkClamps(request, duties)
  return applyDuties(request, duties, 'm', String).params
}

test.each([
  ['keepAliveSeconds <= 60', { keepAliveSeconds: -1 }, { keepAliveSeconds: 60 }],
  ['keepAliveSeconds >= 60', { keepAliveSeconds: -1 }, { keepAliveSeconds: -1 }],
  ['keepAliveSeconds <= 60', { keepAliveSeconds: 0 }, { keepAliveSeconds: 0 }],
  ['topK <= 40', { topK: 0 }, { topK: 40 }],
  ['topK <= 40', { topK: -1 }, { topK: 40 }],
  ['topK <= 40', { topK: 7 }, { topK: 7 }],
] as const)('%s of %j leaves %j: what has no bound is more than any number', (clamp, given, left) => {
  expect(within(clamp, call(given))).toEqual(left)
})

test('rules that ask for more than any number are met by what has no bound', () => {
  const seen = requestContext(call({ keepAliveSeconds: -1, topK: 0 }), 1)
  expect([seen.keepAliveSeconds, seen.topK].map((value) => Number(value) > 1_000_000)).toEqual([true, true])
})

test('what is left out is set to the bound only where a server could take more for it', () => {
  expect(within('n <= 4, bestOf <= 3, topLogprobs <= 5, maxTokens <= 9', call({}))).toEqual({ maxTokens: 9 })
  expect(within('n >= 2', call({}))).toEqual({ n: 2 })
  expect(within('maxTokens <= 9, dimensions <= 64', call({}, 'embed'))).toEqual({ dimensions: 64 })
  expect(within('toolChoice == none', call({}))).toEqual({})
  expect(within('toolChoice == none', call({ tools: [{ name: 't' }] }))).toMatchObject({ toolChoice: 'none' })
})

test.each(['maxTokens <= 5, maxTokens >= 9', 'seed == 1, seed == 2', 'temperature <= 0.7, temperature == 1'])(
  '%s is refused, whatever the order',
  (clamp) => {
    for (const order of [clamp, clamp.split(', ').reverse().join(', ')])
      for (const params of [{}, { maxTokens: 7, seed: 3, temperature: 0.5 }])
        expect(() => within(order, call(params))).toThrow(expect.objectContaining({ code: 'access_denied' }))
  },
)
