import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Delta, ModelRequest } from '../core/index.ts'
import type { Driver } from './driver.ts'
import { createEmbeddedEngine, type Engine } from './embedded/index.ts'
import { createEmbeddedDriver } from './embedded.ts'

let engine: Engine
let driver: Driver
beforeAll(async () => {
  engine = await createEmbeddedEngine({ file: fileURLToPath(new URL('../../models/demo-q8.gguf', import.meta.url)) })
  driver = createEmbeddedDriver(engine, { name: 'demo' })
})
afterAll(() => driver.close())

const request = (over: Partial<ModelRequest> = {}): ModelRequest => ({
  action: 'chat',
  model: 'demo',
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }],
  inputs: [],
  params: { maxTokens: 8, temperature: 0 },
  stream: false,
  ...over,
})
const send = async (over: Partial<ModelRequest> = {}) => {
  const deltas: Delta[] = []
  const options = { signal: new AbortController().signal, session: 's', principal: 'p', bans: [], forbidden: () => [] }
  for await (const batch of await driver.send(request(over), options)) deltas.push(...batch)
  return deltas
}

test('the model behind the driver speaks, ends and counts', async () => {
  const deltas = await send()
  expect(deltas.some((delta) => delta.type === 'text' && delta.text !== '')).toBe(true)
  expect(deltas.filter((delta) => delta.type === 'finish')).toHaveLength(1)
  expect(deltas.at(-1)).toMatchObject({ type: 'usage', usage: { outputTokens: expect.any(Number) } })
  const [model] = await driver.list(new AbortController().signal)
  expect(model).toMatchObject({ name: 'demo', digest: `sha256:${engine.digest}`, contextTokens: engine.contextTokens })
})

test('vectors come one for each input', async () => {
  const deltas = await send({ action: 'embed', messages: [], inputs: ['a', 'b'], params: {} })
  expect(deltas.map((delta) => delta.type)).toEqual(['embedding', 'embedding', 'usage'])
})

test.each<[Partial<ModelRequest>, string]>([
  [{ params: { n: 2 } }, 'n'],
  [{ params: { tools: [{ name: 'f' }] } }, 'tools'],
  [{ params: { logprobs: true } }, 'logprobs'],
  [{ messages: [{ role: 'user', parts: [{ type: 'image', url: 'data:image/png;base64,AA==' }] }] }, 'messages'],
  [{ action: 'complete', messages: [], inputs: ['a', 'b'] }, 'prompt'],
])('%j is refused by name', async (over, param) => {
  await expect(send(over)).rejects.toMatchObject({ code: 'unsupported_parameter', data: { param } })
})
