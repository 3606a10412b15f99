// The `openai` package, unchanged: base URL and key are all it is told.
import OpenAI from 'openai'
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { breaksAfter, chatChunks, json, sse } from '../upstream/scripted.ts'
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
let client: OpenAI
beforeAll(async () => {
  bench = await startBench()
  client = new OpenAI({ baseURL: `${bench.gateway.url}/v1`, apiKey: bench.gateway.key })
})
afterAll(() => bench.close())

const messages = [{ role: 'user' as const, content: 'What is the weather like?' }]
const tools = [{ type: 'function' as const, function: { name: 'weather', parameters: WEATHER_SCHEMA } }]

test('chat with the built-in model', async () => {
  const done = await client.chat.completions.create({ model: DEMO, messages, max_tokens: 12, temperature: 0 })
  expect(done.object).toBe('chat.completion')
  expect(done.model).toBe(DEMO)
  expect(done.choices[0]?.message.content).not.toBe('')
  expect(done.usage?.total_tokens).toBe((done.usage?.prompt_tokens ?? 0) + (done.usage?.completion_tokens ?? 0))

  const stream = client.chat.completions.stream({ model: DEMO, messages, max_tokens: 12, temperature: 0 })
  expect(await stream.finalContent()).toBe(done.choices[0]?.message.content)
})

test('a stream, byte for byte what the model said, with usage', async () => {
  const texts = ['Grüße', ' "quoted"', '\n\\', '😀']
  bench.upstream.script = sse(...chatChunks(texts))
  const stream = await client.chat.completions.create({
    model: SCRIPTED,
    messages,
    stream: true,
    stream_options: { include_usage: true },
    seed: 7,
    stop: ['END'],
  })
  let text = ''
  let tokens: number | undefined
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? ''
    tokens = chunk.usage?.total_tokens ?? tokens
    expect(chunk.model).toBe(SCRIPTED)
  }
  expect(text).toBe(texts.join(''))
  expect(tokens).toBe(8)
  expect(lastBody(bench.upstream)).toMatchObject({ model: 'upstream-name', seed: 7, stop: ['END'], stream: true })
})

test('tools, whole and in pieces, and the turn after', async () => {
  bench.upstream.script = json(TOOL_ANSWER)
  const done = await client.chat.completions.create({ model: SCRIPTED, messages, tools, tool_choice: 'required' })
  expect(done.choices[0]?.finish_reason).toBe('tool_calls')
  expect(done.choices[0]?.message.tool_calls?.[0]).toEqual({
    id: 'call_9',
    type: 'function',
    function: { name: 'weather', arguments: '{"days":3}' },
  })
  bench.upstream.script = sse(...TOOL_STREAM)
  const final = await client.chat.completions.stream({ model: SCRIPTED, messages, tools }).finalChatCompletion()
  expect(final.choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { arguments: '{"days":3}' } })

  bench.upstream.script = json(answer('Sunny.'))
  const next = await client.chat.completions.create({
    model: SCRIPTED,
    tools,
    messages: [
      ...messages,
      { role: 'assistant', tool_calls: done.choices[0]?.message.tool_calls ?? [] },
      { role: 'tool', tool_call_id: 'call_9', content: '{"sky":"clear"}' },
    ],
  })
  expect(next.choices[0]?.message.content).toBe('Sunny.')
  expect(lastBody(bench.upstream).messages).toMatchObject([{}, { tool_calls: [{ id: 'call_9' }] }, { role: 'tool' }])
})

test('a JSON schema reaches the model server', async () => {
  bench.upstream.script = json(answer('{"days":3}'))
  const format = { type: 'json_schema' as const, json_schema: { name: 'place', schema: WEATHER_SCHEMA, strict: true } }
  await client.chat.completions.create({ model: SCRIPTED, messages, response_format: format })
  expect(lastBody(bench.upstream).response_format).toEqual(format)
})

test('a choice among some of the tools leaves the others out', async () => {
  const named = (name: string) => ({ type: 'function' as const, function: { name, parameters: WEATHER_SCHEMA } })
  const flat = (name: string) => ({ ...named(name).function, type: 'function' as const, strict: false })
  const names = () =>
    (lastBody(bench.upstream).tools as { function: { name: string } }[]).map((tool) => tool.function.name)
  bench.upstream.script = json(answer('Sunny.'))
  const chat = (allowed: string, mode: 'auto' | 'required' = 'required') =>
    client.chat.completions.create({
      model: SCRIPTED,
      messages,
      tools: [named('weather'), named('now')],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode, tools: [{ type: 'function', function: { name: allowed } }] },
      },
    })
  await chat('now')
  expect(names()).toEqual(['now'])
  expect(lastBody(bench.upstream).tool_choice).toBe('required')
  await expect(chat('never')).rejects.toMatchObject({ status: 400, param: 'tool_choice.allowed_tools.tools[0]' })
  await client.responses.create({
    model: SCRIPTED,
    input: 'Weather?',
    tools: [flat('weather'), flat('now')],
    tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'weather' }] },
  })
  expect(names()).toEqual(['weather'])
  expect(lastBody(bench.upstream).tool_choice).toBe('auto')
})

test('what the client reads in an answer may be sent back with it, if it says the same', async () => {
  const schema = z.object({ days: z.number() })
  bench.upstream.script = json(TOOL_ANSWER)
  const called = await client.chat.completions.parse({
    model: SCRIPTED,
    messages,
    tools: [zodFunction({ name: 'weather', parameters: schema })],
  })
  const call = called.choices[0]?.message
  expect(call?.tool_calls?.[0]).toMatchObject({ function: { parsed_arguments: { days: 3 } } })
  bench.upstream.script = json(answer('{"days":3}'))
  const parsed = await client.chat.completions.parse({
    model: SCRIPTED,
    messages: [...messages, call!, { role: 'tool', tool_call_id: 'call_9', content: 'clear' }],
    response_format: zodResponseFormat(schema, 'days'),
  })
  const said = parsed.choices[0]!.message
  expect(said.parsed).toEqual({ days: 3 })
  await client.chat.completions.create({ model: SCRIPTED, messages: [...messages, said, ...messages] })
  expect(lastBody(bench.upstream).messages).toMatchObject([{}, { role: 'assistant', content: '{"days":3}' }, {}])
  expect(JSON.stringify(lastBody(bench.upstream))).not.toContain('parsed')
  const other = { ...said, parsed: { days: 4 } }
  await expect(
    client.chat.completions.create({ model: SCRIPTED, messages: [...messages, other, ...messages] }),
  ).rejects.toMatchObject({ code: 'unsupported_parameter', param: 'messages[1].parsed' })

  bench.upstream.script = json(TOOL_ANSWER)
  const response = await client.responses.parse({
    model: SCRIPTED,
    input: 'Weather?',
    tools: [
      {
        type: 'function',
        name: 'weather',
        parameters: { ...WEATHER_SCHEMA, additionalProperties: false },
        strict: true,
      },
    ],
  })
  expect(response.output[0]).toMatchObject({ parsed_arguments: { days: 3 } })
  const input = [
    { role: 'user' as const, content: 'Weather?' },
    ...(response.output as OpenAI.Responses.ResponseInputItem[]),
    { type: 'function_call_output' as const, call_id: 'call_9', output: 'clear' },
  ]
  bench.upstream.script = json(answer('Sunny.'))
  expect((await client.responses.create({ model: SCRIPTED, input })).output_text).toBe('Sunny.')
})

test('advice about caching changes nothing, and what asks for nothing is no refusal', async () => {
  bench.upstream.script = json(answer('Sunny.'))
  const breakpoint = { prompt_cache_breakpoint: { mode: 'explicit' as const } }
  await client.chat.completions.create({
    model: SCRIPTED,
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Weather?', ...breakpoint }] }],
    prompt_cache_key: 'k',
    prompt_cache_options: { mode: 'explicit' },
    prompt_cache_retention: '24h',
    modalities: ['text'],
  })
  expect(lastBody(bench.upstream)).toEqual({
    model: 'upstream-name',
    messages: [{ role: 'user', content: 'Weather?' }],
  })
  await client.responses.create({
    model: SCRIPTED,
    input: [{ role: 'user', content: [{ type: 'input_text', text: 'Weather?', ...breakpoint }] }],
    top_logprobs: 0,
    tools: [
      {
        type: 'function',
        name: 'now',
        parameters: null,
        strict: null,
        defer_loading: false,
        allowed_callers: ['direct'],
      },
    ],
  })
  expect(lastBody(bench.upstream)).toEqual({
    model: 'upstream-name',
    messages: [{ role: 'user', content: 'Weather?' }],
    tools: [{ type: 'function', function: { name: 'now' } }],
  })
  const neutral = { verbosity: 'medium' as const, logit_bias: {}, parallel_tool_calls: true, n: 1, tools: [] }
  const done = await client.chat.completions.create({ model: DEMO, messages, max_tokens: 5, ...neutral })
  expect(done.choices[0]?.message.content).not.toBe('')
  await expect(
    client.chat.completions.create({ model: DEMO, messages, verbosity: 'low', max_tokens: 5 }),
  ).rejects.toMatchObject({ param: 'verbosity' })
})

test('token numbers are refused for what they are', async () => {
  for (const input of [[1, 2], [[1, 2]]])
    await expect(client.embeddings.create({ model: DEMO, input })).rejects.toThrow(
      /input takes text only: token numbers/,
    )
  await expect(client.completions.create({ model: DEMO, prompt: [1, 2], max_tokens: 5 })).rejects.toThrow(
    /prompt takes/,
  )
  // On this route alternatives are asked for by the field itself.
  await expect(
    client.completions.create({ model: DEMO, prompt: 'x', logprobs: 2, max_tokens: 5 }),
  ).rejects.toMatchObject({ param: 'logprobs' })
})

test('completions and embeddings', async () => {
  const text = await client.completions.create({ model: DEMO, prompt: 'Hello', max_tokens: 5, temperature: 0 })
  expect(text.choices[0]?.text).not.toBe('')
  // The client asks for base64 by itself and gives numbers.
  const { data } = await client.embeddings.create({ model: DEMO, input: ['a', 'b'] })
  expect(data).toHaveLength(2)
  expect(data[0]?.embedding.every((value) => typeof value === 'number')).toBe(true)
  expect(data[0]?.embedding).not.toEqual(data[1]?.embedding)
})

test('responses, whole and streamed, with a tool', async () => {
  const done = await client.responses.create({ model: DEMO, input: 'Hello', max_output_tokens: 8, temperature: 0 })
  expect(done.output_text).not.toBe('')
  let streamed = ''
  const stream = await client.responses.create({
    model: DEMO,
    input: 'Hello',
    max_output_tokens: 8,
    temperature: 0,
    stream: true,
  })
  for await (const event of stream) if (event.type === 'response.output_text.delta') streamed += event.delta
  expect(streamed).toBe(done.output_text)

  bench.upstream.script = sse(...TOOL_STREAM)
  const called = await client.responses
    .stream({
      model: SCRIPTED,
      input: 'Weather?',
      tools: [{ type: 'function', name: 'weather', parameters: WEATHER_SCHEMA, strict: false }],
    })
    .finalResponse()
  expect(called.output.map((item) => item.type)).toEqual(['reasoning', 'function_call'])
  expect(called.output.at(-1)).toMatchObject({ call_id: 'call_9', arguments: '{"days":3}' })
})

test('refusals carry a code the client shows, and are not tried again', async () => {
  const wrong = new OpenAI({ baseURL: `${bench.gateway.url}/v1`, apiKey: bench.wrongKey })
  await expect(wrong.chat.completions.create({ model: DEMO, messages })).rejects.toMatchObject({
    status: 401,
    code: 'invalid_api_key',
    requestID: expect.stringMatching(/^call_/),
  })
  await expect(client.chat.completions.create({ model: 'nothing', messages })).rejects.toMatchObject({
    status: 404,
    code: 'model_not_found',
  })
  await expect(client.chat.completions.create({ model: DEMO, messages, tools })).rejects.toMatchObject({
    status: 400,
    code: 'unsupported_parameter',
    param: 'tools',
  })
})

test('a stream that breaks off is an error, not an end', async () => {
  bench.upstream.script = breaksAfter('text/event-stream', HALF_STREAM)
  const stream = await client.chat.completions.create({ model: SCRIPTED, messages, stream: true })
  const read = async () => {
    let text = ''
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    return text
  }
  await expect(read()).rejects.toMatchObject({ code: 'upstream_invalid' })
})
