// What clients do beside one question and one answer: leaving and coming back, many calls at once, all that a model can say
// and be shown, and everything a target cannot express, which is refused by its name.
import Anthropic from '@anthropic-ai/sdk'
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { json, pieces, silent, sse } from '../upstream/scripted.ts'
import {
  answer,
  type ClientBench,
  HALF_STREAM,
  lastBody,
  logprobsOf,
  SCRIPTED,
  startBench,
  WEATHER_SCHEMA,
} from './gateway.ts'

let bench: ClientBench
let openai: OpenAI
let anthropic: Anthropic
let ollama: Ollama
beforeAll(async () => {
  bench = await startBench()
  const { url, key } = bench.gateway
  openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: key })
  anthropic = new Anthropic({ baseURL: url, apiKey: key })
  ollama = new Ollama({ host: url, headers: { authorization: `Bearer ${key}` } })
})
afterAll(() => bench.close())

const model = SCRIPTED
const messages = [{ role: 'user' as const, content: 'Hello' }]
const piece = (delta: object | null, finish: string | null = null, index = 0, more: object = {}) => ({
  choices: [{ index, delta, finish_reason: finish, ...more }],
})
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

test('a program leaves in the middle, or gives up waiting, and goes on with the next call', async () => {
  for (let round = 0; round < 3; round++) {
    bench.upstream.script = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const frame of HALF_STREAM) response.write(frame)
    }
    const asked = bench.upstream.next()
    const stream = await openai.chat.completions.create({ model, messages, stream: true })
    for await (const _ of stream) break
    await (await asked).closed
    const left = bench.upstream.next()
    const said = await ollama.chat({ model, messages, stream: true })
    setTimeout(() => said.abort(), 20)
    await expect(
      (async () => {
        for await (const _ of said);
      })(),
    ).rejects.toThrow(/abort/)
    await (await left).closed

    bench.upstream.script = silent
    const waiting = bench.upstream.next()
    const slow = openai.chat.completions.create({ model, messages }, { timeout: 300, maxRetries: 0 })
    await expect(slow).rejects.toBeInstanceOf(OpenAI.APIConnectionTimeoutError)
    await (await waiting).closed

    bench.upstream.script = json(answer('Here.'))
    const done = await openai.chat.completions.create({ model, messages })
    expect(done.choices[0]?.message.content).toBe('Here.')
    expect((await ollama.chat({ model, messages })).message.content).toBe('Here.')
  }
})

const CALLS = [
  piece({ role: 'assistant', content: '' }),
  piece({ tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'weather', arguments: '' } }] }),
  piece({}),
  piece({ tool_calls: [] }),
  piece(null),
  { choices: [] },
  piece({ tool_calls: [{ index: 1, id: 'b', type: 'function', function: { name: 'now', arguments: '{"zo' } }] }),
  piece({ tool_calls: [{ index: 0, function: { arguments: '{"days"' } }] }),
  piece({
    tool_calls: [
      { index: 1, function: { arguments: 'ne":"UTC"}' } },
      { index: 0, function: { arguments: ':3}' } },
    ],
  }),
  piece({}, 'tool_calls'),
  { choices: [], usage: { prompt_tokens: 5, completion_tokens: 6, total_tokens: 11 } },
  '[DONE]',
]

test('two calls at once in pieces, with pieces that say nothing between', async () => {
  const one = { name: 'weather', parameters: { ...WEATHER_SCHEMA, required: ['days'] } }
  const two = { name: 'now', parameters: { type: 'object', properties: {} } }
  bench.upstream.script = sse(...CALLS)
  const chat = await openai.chat.completions
    .stream({
      model,
      messages,
      tools: [one, two].map((tool) => ({ type: 'function' as const, function: tool })),
      stream_options: { include_usage: true },
    })
    .finalChatCompletion()
  expect(chat.choices[0]?.message.tool_calls?.map((call) => [call.id, 'function' in call && call.function])).toEqual([
    ['a', expect.objectContaining({ name: 'weather', arguments: '{"days":3}' })],
    ['b', expect.objectContaining({ name: 'now', arguments: '{"zone":"UTC"}' })],
  ])
  expect(chat.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 6, total_tokens: 11 })
  const responded = await openai.responses
    .stream({
      model,
      input: 'Hello',
      tools: [one, two].map((tool) => ({ type: 'function' as const, strict: false, ...tool })),
    })
    .finalResponse()
  expect(responded.output).toMatchObject([
    { type: 'function_call', call_id: 'a', arguments: '{"days":3}' },
    { type: 'function_call', call_id: 'b', arguments: '{"zone":"UTC"}' },
  ])
  const message = await anthropic.messages
    .stream({
      model,
      max_tokens: 9,
      messages,
      tools: [one, two].map(({ name }) => ({ name, input_schema: { type: 'object' } })),
    })
    .finalMessage()
  expect(message.content).toEqual([
    { type: 'tool_use', id: 'a', name: 'weather', input: { days: 3 } },
    { type: 'tool_use', id: 'b', name: 'now', input: { zone: 'UTC' } },
  ])
  const calls: unknown[] = []
  const stream = await ollama.chat({ model, messages, stream: true, tools: [{ type: 'function', function: two }] })
  for await (const part of stream) calls.push(...(part.message.tool_calls ?? []))
  expect(calls).toMatchObject([
    { function: { name: 'weather', arguments: { days: 3 } } },
    { function: { name: 'now', arguments: { zone: 'UTC' } } },
  ])
})

test('several answers to one question, streamed, with probabilities', async () => {
  const logprobs = (token: string) => ({
    logprobs: {
      content: [{ token, logprob: -0.5, bytes: [104], top_logprobs: [{ token: 'x', logprob: -2, bytes: null }] }],
    },
  })
  bench.upstream.script = sse(
    piece({ role: 'assistant', content: 'one ' }, null, 0, logprobs('one ')),
    piece({ role: 'assistant', content: 'zwei ' }, null, 1, logprobs('zwei ')),
    piece({ content: 'two' }, null, 0, logprobs('two')),
    piece({}, 'length', 1),
    piece({}, 'stop', 0),
    '[DONE]',
  )
  const ask = { model, messages, n: 2, logprobs: true, top_logprobs: 1 }
  const said = ['', '']
  const tokens: [string[], string[]] = [[], []]
  for await (const chunk of await openai.chat.completions.create({ ...ask, stream: true }))
    for (const { index, delta, logprobs: told } of chunk.choices) {
      said[index] += delta.content ?? ''
      for (const one of told?.content ?? []) tokens[index as 0 | 1].push(one.token)
    }
  expect(said).toEqual(['one two', 'zwei '])
  expect(tokens).toEqual([['one ', 'two'], ['zwei ']])
})

test('a refusal is one in every format', async () => {
  const stream = sse(
    piece({ role: 'assistant', content: null, refusal: 'I must ' }),
    piece({ refusal: 'not.' }),
    piece({}, 'stop'),
    '[DONE]',
  )
  const whole = json({
    choices: [
      { index: 0, message: { role: 'assistant', content: null, refusal: 'I must not.' }, finish_reason: 'stop' },
    ],
  })
  bench.upstream.script = whole
  expect((await openai.chat.completions.create({ model, messages })).choices[0]?.message).toMatchObject({
    content: null,
    refusal: 'I must not.',
  })
  expect((await openai.responses.create({ model, input: 'x' })).output).toMatchObject([
    { content: [{ type: 'refusal', refusal: 'I must not.' }] },
  ])
  expect((await anthropic.messages.create({ model, max_tokens: 9, messages })).content).toEqual([
    { type: 'text', text: 'I must not.' },
  ])
  expect((await ollama.chat({ model, messages })).message.content).toBe('I must not.')
  bench.upstream.script = stream
  expect(
    (await openai.chat.completions.stream({ model, messages }).finalChatCompletion()).choices[0]?.message.refusal,
  ).toBe('I must not.')
  expect((await openai.responses.stream({ model, input: 'x' }).finalResponse()).output).toMatchObject([
    { content: [{ type: 'refusal', refusal: 'I must not.' }] },
  ])
  expect((await anthropic.messages.stream({ model, max_tokens: 9, messages }).finalMessage()).content).toEqual([
    { type: 'text', text: 'I must not.' },
  ])
  bench.upstream.script = json({
    choices: [{ index: 0, message: { role: 'assistant', content: 'I' }, finish_reason: 'content_filter' }],
  })
  expect((await anthropic.messages.create({ model, max_tokens: 9, messages })).stop_reason).toBe('refusal')
})

test('pictures go as bytes in every format; as an address they are refused by name', async () => {
  bench.upstream.script = json(answer('A dot.'))
  const data = `data:image/png;base64,${PNG}`
  const seen = () => {
    const [message] = lastBody(bench.upstream).messages as [{ content: object[] }]
    return message.content.find((part) => 'image_url' in part)
  }
  const url = 'https://example.com/a.png'
  const chat = (image: string) =>
    openai.chat.completions.create({
      model,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What?' },
            { type: 'image_url', image_url: { url: image, detail: 'low' } },
          ],
        },
      ],
    })
  const respond = (image: string) =>
    openai.responses.create({
      model,
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'What?' },
            { type: 'input_image', image_url: image, detail: 'low' },
          ],
        },
      ],
    })
  const message = (source: Anthropic.ImageBlockParam['source']) =>
    anthropic.messages.create({
      model,
      max_tokens: 9,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source, cache_control: { type: 'ephemeral' } },
            { type: 'text', text: 'What?' },
          ],
        },
      ],
    })
  await chat(data)
  expect(seen()).toEqual({ type: 'image_url', image_url: { url: data, detail: 'low' } })
  await respond(data)
  expect(seen()).toEqual({ type: 'image_url', image_url: { url: data, detail: 'low' } })
  await message({ type: 'base64', media_type: 'image/png', data: PNG })
  expect(seen()).toEqual({ type: 'image_url', image_url: { url: data } })
  await ollama.chat({ model, messages: [{ role: 'user', content: 'What?', images: [PNG] }] })
  expect(seen()).toEqual({ type: 'image_url', image_url: { url: data } })
  await ollama.chat({ model, messages: [{ role: 'user', content: 'What?', images: [Buffer.from(PNG, 'base64')] }] })
  expect(seen()).toEqual({ type: 'image_url', image_url: { url: data } })
  await ollama.generate({ model, prompt: 'What?', images: [PNG] })
  expect(seen()).toEqual({ type: 'image_url', image_url: { url: data } })
  const before = bench.upstream.calls.length
  await expect(chat(url)).rejects.toThrow(/opens no URLs/)
  await expect(respond(url)).rejects.toThrow(/opens no URLs/)
  await expect(message({ type: 'url', url })).rejects.toThrow(/opens no URLs/)
  await expect(chat('file:///etc/passwd')).rejects.toThrow(/must be a data: URL/)
  await expect(message({ type: 'file', file_id: 'f' } as never)).rejects.toThrow(/source/)
  expect(bench.upstream.calls.length).toBe(before)
})

test('Anthropic: everything about a call that another format can say is said', async () => {
  bench.upstream.script = json(answer('{"days":3}'))
  const cached = { cache_control: { type: 'ephemeral' as const } }
  await anthropic.messages.create({
    model,
    max_tokens: 99,
    ...cached,
    system: [
      { type: 'text', text: 'Be brief.', ...cached },
      { type: 'text', text: 'Be kind.' },
    ],
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'Hello', ...cached }] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 'sig' },
          { type: 'tool_use', id: 't', name: 'weather', input: { days: 1 }, ...cached },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 't',
            is_error: true,
            content: [{ type: 'text', text: 'no sun' }],
            ...cached,
          },
          { type: 'text', text: 'So?' },
        ],
      },
    ],
    metadata: { user_id: 'u-1' },
    stop_sequences: ['END'],
    // Of older clients; the newest knows them no more.
    ...({ temperature: 0.5, top_p: 0.9 } as object),
    thinking: { type: 'enabled', budget_tokens: 1024 },
    tools: [{ name: 'weather', description: 'd', input_schema: { type: 'object' }, ...cached }],
    tool_choice: { type: 'any', disable_parallel_tool_use: true },
    service_tier: 'standard_only',
  })
  expect(lastBody(bench.upstream)).toEqual({
    model: 'upstream-name',
    messages: [
      {
        role: 'system',
        content: [
          { type: 'text', text: 'Be brief.' },
          { type: 'text', text: 'Be kind.' },
        ],
      },
      { role: 'user', content: 'Hello' },
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'hm',
        tool_calls: [{ id: 't', type: 'function', function: { name: 'weather', arguments: '{"days":1}' } }],
      },
      { role: 'tool', content: 'Error: no sun', tool_call_id: 't' },
      { role: 'user', content: 'So?' },
    ],
    max_tokens: 99,
    stop: ['END'],
    temperature: 0.5,
    top_p: 0.9,
    reasoning_effort: 'medium',
    tools: [{ type: 'function', function: { name: 'weather', description: 'd', parameters: { type: 'object' } } }],
    tool_choice: 'required',
    parallel_tool_calls: false,
    service_tier: 'default',
  })
  const parsed = await anthropic.messages.parse({
    model,
    max_tokens: 99,
    messages,
    output_config: { format: zodOutputFormat(z.object({ days: z.number() })) },
  })
  expect(parsed.parsed_output).toEqual({ days: 3 })
  expect(lastBody(bench.upstream).response_format).toMatchObject({ type: 'json_schema' })
  const refused = (more: object) => anthropic.messages.create({ model, max_tokens: 9, messages, ...more })
  await expect(refused({ top_k: 5 })).rejects.toThrow(/top_k/)
  await expect(refused({ container: 'c' })).rejects.toThrow(/container/)
  await expect(refused({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] })).rejects.toThrow(/tools\[0\]/)
  await expect(
    refused({
      messages: [...messages, { role: 'assistant', content: [{ type: 'redacted_thinking', data: 'x' }] }, ...messages],
    }),
  ).rejects.toThrow(/redacted_thinking/)
})

test('Ollama: everything about a call that another format can say is said', async () => {
  const { choices, ...rest } = answer('{"days":3}')
  bench.upstream.script = json({ ...rest, choices: [{ ...choices[0], logprobs: logprobsOf('{"days":3}') }] })
  const format = { type: 'object', properties: { days: { type: 'integer' } } }
  await ollama.chat({
    model,
    messages,
    format,
    think: 'high',
    keep_alive: '10m',
    options: { temperature: 0.1, num_predict: 5, stop: ['END'], seed: 4 },
    logprobs: true,
    top_logprobs: 2,
  })
  expect(lastBody(bench.upstream)).toEqual({
    model: 'upstream-name',
    messages: [{ role: 'user', content: 'Hello' }],
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: format } },
    reasoning_effort: 'high',
    temperature: 0.1,
    max_tokens: 5,
    stop: ['END'],
    seed: 4,
    logprobs: true,
    top_logprobs: 2,
  })
  bench.upstream.script = json(answer('{}'))
  await ollama.chat({ model, messages, think: false, format: 'json' })
  expect(lastBody(bench.upstream)).toMatchObject({ reasoning_effort: 'none', response_format: { type: 'json_object' } })
  bench.upstream.script = json({ choices: [{ index: 0, text: ' world', finish_reason: 'stop' }] })
  expect((await ollama.generate({ model, prompt: 'Hello', raw: true })).response).toBe(' world')
  expect(lastBody(bench.upstream)).toEqual({ model: 'upstream-name', prompt: 'Hello' })
  expect((await ollama.generate({ model, prompt: 'a', suffix: 'c' })).response).toBe(' world')
  expect(lastBody(bench.upstream)).toEqual({ model: 'upstream-name', prompt: 'a', suffix: 'c' })
  const refused = (more: object) => ollama.chat({ model, messages, ...more } as never)
  await expect(refused({ options: { mirostat: 1 } })).rejects.toThrow(/options.mirostat/)
  await expect(refused({ options: { min_p: 0.1 } })).rejects.toThrow(/min_p/)
  await expect(refused({ keep_alive: 0 })).rejects.toThrow(/keep_alive/)
  await expect(ollama.generate({ model, prompt: 'x', template: 't' })).rejects.toThrow(/template/)
  await expect(ollama.generate({ model, prompt: 'x', context: [1] })).rejects.toThrow(/context/)
})

test('OpenAI: a developer speaks as the system; what has no place is refused by name', async () => {
  bench.upstream.script = json(answer('Hi'))
  await openai.chat.completions.create({
    model,
    messages: [{ role: 'developer', content: [{ type: 'text', text: 'Be brief.' }] }, ...messages],
    user: 'u',
    metadata: { a: 'b' },
  })
  expect(lastBody(bench.upstream)).toEqual({
    model: 'upstream-name',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
    ],
  })
  await openai.responses.create({
    model,
    instructions: 'Be kind.',
    input: [
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
    ],
    reasoning: { effort: 'low', summary: 'auto' },
  })
  expect(lastBody(bench.upstream)).toMatchObject({
    messages: [{ role: 'system', content: 'Be kind.' }, { role: 'system', content: 'Be brief.' }, { role: 'user' }],
    reasoning_effort: 'low',
  })
  const refused = (more: object) => openai.chat.completions.create({ model, messages, ...more } as never)
  for (const [more, param] of [
    [{ modalities: ['audio'] }, 'modalities'],
    [{ prediction: { type: 'content', content: 'x' } }, 'prediction'],
    [{ web_search_options: {} }, 'web_search_options'],
    [{ store: true }, 'store'],
    [{ top_k: 3 }, 'top_k'],
    [{ functions: [] }, 'functions'],
    [{ strange: 1 }, 'strange'],
  ] as const)
    await expect(refused(more)).rejects.toMatchObject({ status: 400, param })
  await expect(openai.responses.create({ model, input: 'x', previous_response_id: 'resp_none' })).rejects.toMatchObject(
    { status: 404 },
  )
  await expect(openai.responses.create({ model, input: 'x', background: true })).rejects.toMatchObject({
    param: 'background',
  })
})

test('tokens that were to be told are told, also where the model server does not count', async () => {
  bench.upstream.script = sse(piece({ content: 'Hello there.' }), piece({}, 'stop'), '[DONE]')
  const told: (number | undefined)[] = []
  const ask = { model, stream: true, stream_options: { include_usage: true } } as const
  for await (const chunk of await openai.chat.completions.create({ ...ask, messages }))
    if (chunk.choices.length === 0) told.push(chunk.usage?.completion_tokens)
  told.push((await openai.responses.stream({ model, input: 'Hello' }).finalResponse()).usage?.output_tokens)
  told.push((await anthropic.messages.stream({ model, max_tokens: 9, messages }).finalMessage()).usage.output_tokens)
  bench.upstream.script = sse({ choices: [{ index: 0, text: 'Hello there.', finish_reason: 'stop' }] }, '[DONE]')
  for await (const chunk of await openai.completions.create({ ...ask, prompt: 'Hello' }))
    if (chunk.choices.length === 0) told.push(chunk.usage?.completion_tokens)
  expect(told).toEqual([3, 3, 3, 3])
  const { usage: _, ...untold } = answer('Hello there.')
  bench.upstream.script = json(untold)
  expect((await openai.responses.create({ model, input: 'Hello' })).usage?.output_tokens).toBe(3)
  bench.upstream.script = sse(piece({ content: 'Hello there.' }), piece({}, 'stop'), '[DONE]')
  const unasked = await openai.chat.completions.create({ model, messages, stream: true })
  for await (const chunk of unasked) expect(chunk.usage ?? null).toBeNull()
})

test('a very long stream with comments, blank events and every kind of line end arrives whole', async () => {
  const words = Array.from({ length: 20_000 }, (_, index) => ['sun ', 'und ', '☀️ ', '\n', '"'][index % 5] ?? '')
  const frames = words.map(
    (content, index) =>
      `${index % 50 ? '' : ': PROCESSING\r\n\r\n'}data: ${JSON.stringify(piece({ content }))}${['\n\n', '\r\n\r\n', '\r\r'][index % 3]}`,
  )
  const all = `${frames.join('')}data: ${JSON.stringify(piece({}, 'stop'))}\n\ndata: [DONE]\n\n`
  const parts = all.match(/[\s\S]{1,7001}/g) ?? []
  bench.upstream.script = pieces('text/event-stream', parts)
  let text = ''
  for await (const chunk of await openai.chat.completions.create({ model, messages, stream: true }))
    text += chunk.choices[0]?.delta.content ?? ''
  expect(text === words.join('')).toBe(true)
  text = ''
  for await (const part of await ollama.chat({ model, messages, stream: true })) text += part.message.content
  expect(text === words.join('')).toBe(true)
  const message = await anthropic.messages.stream({ model, max_tokens: 9, messages }).finalMessage()
  expect(message.content[0]?.type === 'text' && message.content[0].text === words.join('')).toBe(true)
  expect((await openai.responses.stream({ model, input: 'x' }).finalResponse()).output_text === words.join('')).toBe(
    true,
  )
})
