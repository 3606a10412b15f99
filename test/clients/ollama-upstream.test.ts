// An Ollama client in front of an Ollama server, with the gateway between: what only their format has arrives as it was said.
import { Ollama } from 'ollama'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type TestGateway } from '../e2e/harness.ts'
import { json, ndjson, type Script, type ScriptedUpstream, startScripted } from '../upstream/scripted.ts'

let upstream: ScriptedUpstream
let gateway: TestGateway
let client: Ollama
beforeAll(async () => {
  upstream = await startScripted(json({ models: [] }))
  gateway = await startGateway({
    upstreams: [{ name: 'up', kind: 'ollama', url: upstream.url }],
    models: [{ name: 'm', upstream: 'up', upstreamName: 'upstream-name' }],
  })
  client = new Ollama({ host: gateway.url, headers: { authorization: `Bearer ${gateway.key}` } })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

const messages = [{ role: 'user', content: 'Hello' }]
const TOOK = {
  total_duration: 4_883_583_458_000,
  load_duration: 1_334_875,
  prompt_eval_count: 26,
  prompt_eval_duration: 342_546_000,
  eval_count: 282,
  eval_duration: 4_535_599_000,
}
const END = { done: true, done_reason: 'stop', ...TOOK }

test('how long it took, of chat and generate, whole and streamed', async () => {
  const scripts: [Script, Script] = [
    json({ message: { role: 'assistant', content: 'Hi' }, ...END }),
    ndjson({ message: { role: 'assistant', content: 'Hi' }, done: false }, { message: { content: '' }, ...END }),
  ]
  upstream.script = scripts[0]
  expect(await client.chat({ model: 'm', messages })).toMatchObject({ message: { content: 'Hi' }, ...END })
  upstream.script = scripts[1]
  let last: object = {}
  for await (const part of await client.chat({ model: 'm', messages, stream: true })) last = part
  expect(last).toMatchObject(END)

  upstream.script = json({ response: 'Hi', ...END })
  expect(await client.generate({ model: 'm', prompt: 'Hello' })).toMatchObject({ response: 'Hi', ...END })
  upstream.script = ndjson({ response: 'Hi', done: false }, { response: '', ...END })
  for await (const part of await client.generate({ model: 'm', prompt: 'Hello', stream: true })) last = part
  expect(last).toMatchObject(END)
})

test('how long it took, of vectors', async () => {
  const { total_duration, load_duration, prompt_eval_count } = TOOK
  const took = { total_duration, load_duration, prompt_eval_count }
  upstream.script = json({ embeddings: [[1, 2]], ...took })
  expect(await client.embed({ model: 'm', input: 'a' })).toEqual({ model: 'm', embeddings: [[1, 2]], ...took })
})

test('no text passes for a time, and none is made up', async () => {
  const strange = { total_duration: 'secret', load_duration: -1, prompt_eval_duration: 1.5, eval_duration: 1e30 }
  upstream.script = json({ response: 'Hi', done: true, prompt_eval_count: 1, eval_count: 1, ...strange })
  const said = await client.generate({ model: 'm', prompt: 'Hello' })
  expect(Object.keys(said).filter((key) => key.endsWith('_duration'))).toEqual([])
})
