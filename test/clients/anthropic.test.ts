// The `@anthropic-ai/sdk` package, unchanged: base URL and key are all it is told.
import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { breaksAfter, json, sse } from '../upstream/scripted.ts'
import {
  answer,
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
let client: Anthropic
beforeAll(async () => {
  bench = await startBench()
  client = new Anthropic({ baseURL: bench.gateway.url, apiKey: bench.gateway.key })
})
afterAll(() => bench.close())

const messages = [{ role: 'user' as const, content: 'What is the weather like?' }]
const tools = [{ name: 'weather', input_schema: { ...WEATHER_SCHEMA, required: ['days'] } }]

test('messages with the built-in model, whole and streamed', async () => {
  const done = await client.messages.create({ model: DEMO, max_tokens: 8, messages })
  const [block] = done.content
  expect(block).toMatchObject({ type: 'text', text: expect.stringMatching(/./) })
  expect(done.usage.output_tokens).toBeGreaterThan(0)
  const final = await client.messages.stream({ model: DEMO, max_tokens: 8, messages }).finalMessage()
  expect(final.content).toEqual(done.content)
  expect(final.stop_reason).toBe(done.stop_reason)
})

test('thinking and tools come through another format, and so does the result of the tool', async () => {
  bench.upstream.script = sse(...TOOL_STREAM)
  const called = await client.messages.stream({ model: SCRIPTED, max_tokens: 50, messages, tools }).finalMessage()
  expect(called.content).toMatchObject([
    { type: 'thinking', thinking: 'The weather, then.' },
    { type: 'tool_use', id: 'call_9', name: 'weather', input: { days: 3 } },
  ])
  expect(called.stop_reason).toBe('tool_use')
  expect(called.usage).toMatchObject({ output_tokens: 9 })

  bench.upstream.script = json(answer('Sunny.'))
  const next = await client.messages.create({
    model: SCRIPTED,
    max_tokens: 50,
    system: 'Be brief.',
    tools,
    messages: [
      ...messages,
      { role: 'assistant', content: called.content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_9', content: 'clear' }] },
    ],
  })
  expect(next.content).toEqual([{ type: 'text', text: 'Sunny.' }])
  expect(lastBody(bench.upstream).messages).toMatchObject([
    { role: 'system', content: 'Be brief.' },
    { role: 'user' },
    { role: 'assistant', tool_calls: [{ id: 'call_9', function: { arguments: '{"days":3}' } }] },
    { role: 'tool', tool_call_id: 'call_9', content: 'clear' },
  ])
})

test('refusals have the types the client knows; a broken stream is an error', async () => {
  const wrong = new Anthropic({ baseURL: bench.gateway.url, apiKey: bench.wrongKey })
  await expect(wrong.messages.create({ model: DEMO, max_tokens: 8, messages })).rejects.toBeInstanceOf(
    Anthropic.AuthenticationError,
  )
  await expect(client.messages.create({ model: 'nothing', max_tokens: 8, messages })).rejects.toBeInstanceOf(
    Anthropic.NotFoundError,
  )
  await expect(client.messages.create({ model: DEMO, max_tokens: 8, messages, tools })).rejects.toBeInstanceOf(
    Anthropic.BadRequestError,
  )
  bench.upstream.script = breaksAfter('text/event-stream', HALF_STREAM)
  await expect(client.messages.stream({ model: SCRIPTED, max_tokens: 8, messages }).finalMessage()).rejects.toThrow(
    /broke off/,
  )
})
