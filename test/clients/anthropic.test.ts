// The `@anthropic-ai/sdk` package, unchanged: base URL and key are all it is told.
import Anthropic from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { breaksAfter, json, sse } from '../upstream/scripted.ts'
import {
  answer,
  type ClientBench,
  DEMO,
  HALF_STREAM,
  lastBody,
  SCRIPTED,
  startBench,
  TOOL_ANSWER,
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
  expect(done._request_id).toMatch(/^call_/)
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

test('the runner of tools goes on without a conversation held by the server, which it asks for by itself', async () => {
  bench.upstream.script = (response, received) =>
    json(received.body.includes('"role":"tool"') ? answer('Sunny.') : TOOL_ANSWER)(response, received)
  const before = bench.upstream.calls.length
  const weather = betaZodTool({
    name: 'weather',
    description: 'd',
    inputSchema: z.object({ days: z.number() }),
    run: ({ days }) => `clear for ${days} days`,
  })
  const done = await client.beta.messages.toolRunner({ model: SCRIPTED, max_tokens: 50, messages, tools: [weather] })
  expect(done.content).toEqual([{ type: 'text', text: 'Sunny.' }])
  expect(bench.upstream.calls.length - before).toBe(2)
  expect(lastBody(bench.upstream).messages).toMatchObject([
    { role: 'user' },
    { role: 'assistant' },
    { role: 'tool', content: 'clear for 3 days' },
  ])
})

test('a call of a tool is the reason to stop, whatever the server says and however it counts', async () => {
  const called = (index: number, finish: string) => [
    {
      choices: [
        {
          index: 0,
          delta: {
            tool_calls: [{ index, id: 'a', type: 'function', function: { name: 'weather', arguments: '{"days":3}' } }],
          },
        },
      ],
    },
    { choices: [{ index: 0, delta: {}, finish_reason: finish }] },
    '[DONE]',
  ]
  for (const index of [0, 1]) {
    bench.upstream.script = sse(...called(index, 'stop'))
    const ask = {
      model: SCRIPTED,
      max_tokens: 50,
      messages,
      tools,
      tool_choice: { type: 'tool' as const, name: 'weather' },
    }
    const final = await client.messages.stream(ask).finalMessage()
    expect(final.stop_reason).toBe('tool_use')
    expect(final.content).toEqual([{ type: 'tool_use', id: 'a', name: 'weather', input: { days: 3 } }])
  }
  bench.upstream.script = json({ choices: [{ ...TOOL_ANSWER.choices[0], finish_reason: 'stop' }] })
  const whole = await client.messages.create({ model: SCRIPTED, max_tokens: 50, messages, tools })
  expect(whole.stop_reason).toBe('tool_use')
})

test('the events of the client give every word, also what is said beside calls', async () => {
  const piece = (delta: object) => ({ choices: [{ index: 0, delta }] })
  const call = (index: number, name?: string, pieces = '') =>
    piece({
      tool_calls: [
        { index, ...(name ? { id: `call_${index}` } : {}), function: { ...(name ? { name } : {}), arguments: pieces } },
      ],
    })
  bench.upstream.script = sse(
    piece({ content: 'Let me ' }),
    call(0, 'weather', '{"days":'),
    piece({ content: 'see' }),
    call(1, 'now', '{}'),
    call(0, undefined, '3}'),
    { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] },
    '[DONE]',
  )
  let text = ''
  const blocks: unknown[] = []
  const inputs: unknown[] = []
  const stream = client.messages
    .stream({ model: SCRIPTED, max_tokens: 50, messages, tools })
    .on('text', (words) => (text += words))
    .on('inputJson', (_pieces, input) => inputs.push(input))
    .on('contentBlock', (block) => blocks.push(block))
  const { content } = await stream.finalMessage()
  expect(text).toBe('Let me see')
  expect(inputs).toEqual([{ days: 3 }, {}])
  expect(blocks).toEqual(content)
  expect(content).toMatchObject([
    { type: 'text' },
    { type: 'tool_use', input: { days: 3 } },
    { type: 'tool_use', input: {} },
  ])
})

test('the sequence that ended an answer, if the server names one that was asked for', async () => {
  const ended = async (reason: unknown) => {
    bench.upstream.script = json({ choices: [{ ...answer('Sunny.').choices[0], stop_reason: reason }] })
    const done = await client.messages.create({ model: SCRIPTED, max_tokens: 50, messages, stop_sequences: ['END'] })
    return [done.stop_reason, done.stop_sequence]
  }
  expect(await ended('END')).toEqual(['stop_sequence', 'END'])
  for (const other of ['OTHER', 128_009, null]) expect(await ended(other)).toEqual(['end_turn', null])
})

test('what Anthropic’s tools say of themselves, where it is true of every tool here; words of the system in between', async () => {
  bench.upstream.script = json(answer('Sunny.'))
  const ask = (tool: object) =>
    client.messages.create({
      model: SCRIPTED,
      max_tokens: 50,
      tools: [{ ...tools[0]!, ...tool }],
      messages: [...messages, { role: 'system', content: 'Be brief.' }, ...messages],
    })
  await ask({ defer_loading: false, allowed_callers: ['direct'] })
  expect(lastBody(bench.upstream).messages).toMatchObject([{}, { role: 'system', content: 'Be brief.' }, {}])
  expect(lastBody(bench.upstream).tools).toEqual([
    { type: 'function', function: { name: 'weather', parameters: { ...WEATHER_SCHEMA } } },
  ])
  await expect(ask({ defer_loading: true })).rejects.toThrow(/defer_loading/)
  await expect(ask({ allowed_callers: ['code_execution_20260120'] })).rejects.toThrow(/allowed_callers/)
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

test('models are listed, shown and refused as the client knows them', async () => {
  const listed = []
  for await (const model of client.models.list({ limit: 1 })) listed.push(model.id)
  expect(listed.toSorted()).toEqual([DEMO, SCRIPTED].toSorted())
  expect(await client.models.retrieve(SCRIPTED)).toMatchObject({ type: 'model', id: SCRIPTED, display_name: SCRIPTED })
  await expect(client.models.retrieve('nothing')).rejects.toMatchObject({
    status: 404,
    type: 'not_found_error',
    error: { type: 'error', error: { type: 'not_found_error' } },
    requestID: expect.stringMatching(/^call_/),
  })
  // A route that there is none of is refused in the words of who asks.
  await expect(client.get('/v1/organizations')).rejects.toMatchObject({
    status: 404,
    error: { type: 'error', error: { type: 'not_found_error' } },
  })
  const wrong = new Anthropic({ baseURL: bench.gateway.url, apiKey: bench.wrongKey })
  await expect(wrong.models.list()).rejects.toMatchObject({ status: 401, type: 'authentication_error' })
})
