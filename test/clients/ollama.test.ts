// The `ollama` package, unchanged. Its client sends no key by itself: one header is all it is told.
import { Ollama } from 'ollama'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { breaksAfter, json, sse } from '../upstream/scripted.ts'
import {
  type ClientBench,
  DEMO,
  HALF_STREAM,
  lastBody,
  SCRIPTED,
  startBench,
  TOOL_STREAM,
  WEATHER_SCHEMA,
} from './gateway.ts'

let bench: ClientBench
let client: Ollama
beforeAll(async () => {
  bench = await startBench()
  client = new Ollama({ host: bench.gateway.url, headers: { authorization: `Bearer ${bench.gateway.key}` } })
})
afterAll(() => bench.close())

const messages = [{ role: 'user', content: 'What is the weather like?' }]
const options = { num_predict: 8, temperature: 0 }

test('chat with the built-in model, whole and streamed', async () => {
  const done = await client.chat({ model: DEMO, messages, options })
  expect(done.message.content).not.toBe('')
  expect(done).toMatchObject({ model: DEMO, done: true })
  expect(done.eval_count).toBeGreaterThan(0)
  let text = ''
  for await (const part of await client.chat({ model: DEMO, messages, options, stream: true }))
    text += part.message.content
  expect(text).toBe(done.message.content)
})

test('generate and embed', async () => {
  const done = await client.generate({ model: DEMO, prompt: 'Hello', options, keep_alive: '5m' })
  expect(done.response).not.toBe('')
  let text = ''
  for await (const part of await client.generate({ model: DEMO, prompt: 'Hello', options, stream: true }))
    text += part.response
  expect(text).toBe(done.response)
  const { embeddings } = await client.embed({ model: DEMO, input: ['a', 'b'] })
  expect(embeddings).toHaveLength(2)
  // What LangChain asks for by itself: no server here cuts an input, so it is honoured.
  expect((await client.embed({ model: DEMO, input: 'a', truncate: false })).embeddings).toHaveLength(1)
  const { embedding } = await client.embeddings({ model: DEMO, prompt: 'a' })
  expect(embedding).toEqual(embeddings[0])
})

test('tools and thinking come through another format', async () => {
  bench.upstream.script = sse(...TOOL_STREAM)
  let thinking = ''
  const calls: unknown[] = []
  const stream = await client.chat({
    model: SCRIPTED,
    messages,
    stream: true,
    tools: [
      {
        type: 'function',
        function: { name: 'weather', description: 'd', parameters: { ...WEATHER_SCHEMA, required: ['days'] } },
      },
    ],
  })
  for await (const part of stream) {
    thinking += part.message.thinking ?? ''
    calls.push(...(part.message.tool_calls ?? []))
  }
  expect(thinking).toBe('The weather, then.')
  expect(calls).toMatchObject([{ function: { name: 'weather', arguments: { days: 3 } } }])
  expect(lastBody(bench.upstream)).toMatchObject({ tools: [{ function: { name: 'weather' } }] })
})

test('results of tools by id, by name under either word, or in turn', async () => {
  const calls = ['weather', 'now'].map((name) => ({ function: { name, arguments: {} } }))
  const results = [
    [{ tool_name: 'now' }, { tool_name: 'weather' }],
    [{ name: 'now' }, { name: 'weather' }],
    [{}, {}],
  ].map((names) => names.map((name) => ({ role: 'tool', content: 'x', ...name })))
  const answered: unknown[] = []
  for (const both of results) {
    bench.upstream.script = sse(...TOOL_STREAM)
    const history = [...messages, { role: 'assistant', content: '', tool_calls: calls }, ...both]
    for await (const part of await client.chat({ model: SCRIPTED, messages: history, stream: true })) void part
    const sent = lastBody(bench.upstream).messages as { tool_call_id: string }[]
    answered.push(sent.slice(-2).map((message) => message.tool_call_id))
  }
  expect(answered).toEqual([
    ['call_1_1', 'call_1_0'],
    ['call_1_1', 'call_1_0'],
    ['call_1_0', 'call_1_1'],
  ])
  const named = [{ role: 'user', content: 'x', name: 'bob' }]
  await expect(client.chat({ model: SCRIPTED, messages: named })).rejects.toThrow(/messages\[0\].name/)
})

test('refusals and broken streams throw, with the sentence that says why', async () => {
  const stranger = new Ollama({ host: bench.gateway.url })
  await expect(stranger.chat({ model: DEMO, messages })).rejects.toMatchObject({ status_code: 401 })
  await expect(client.chat({ model: 'nothing', messages })).rejects.toThrow(/does not exist/)
  await expect(client.chat({ model: SCRIPTED, messages, options: { min_p: 0.1 } })).rejects.toThrow(/min_p/)
  bench.upstream.script = breaksAfter('text/event-stream', HALF_STREAM)
  const stream = await client.chat({ model: SCRIPTED, messages, stream: true })
  const read = async () => {
    for await (const part of stream) void part
  }
  await expect(read()).rejects.toThrow(/broke off/)
})

test('what a model can do: of the built-in one what is known, of one whose server says nothing, nothing', async () => {
  expect((await client.show({ model: DEMO })).capabilities).toEqual(['completion'])
  bench.upstream.lists = json({ object: 'list', data: [{ id: 'upstream-name', object: 'model' }] })
  expect((await client.show({ model: SCRIPTED })).capabilities).toEqual([])
})
