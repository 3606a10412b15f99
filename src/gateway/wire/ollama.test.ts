import { describe, expect, test } from 'vitest'
import { type Delta, Fault, type ModelRequest } from '../../core/index.ts'
import type { Wire } from '../ports.ts'
import { anthropicMessages } from './anthropic.ts'
import { ollamaEmbed, ollamaEmbeddings } from './embeddings.ts'
import { ollamaChat, ollamaGenerate } from './ollama-chat.ts'
import { readKeepAlive } from './ollama-params.ts'

const read = (wire: Wire, body: unknown): ModelRequest => wire.read(Buffer.from(JSON.stringify(body)), {})
const PNG = 'iVBORw0KGgoAAAA='

describe('reading', () => {
  test('a chat with images, thinking, tools by name, and options', () => {
    expect(
      read(ollamaChat, {
        model: 'm',
        messages: [
          { role: 'user', content: 'look', images: [PNG] },
          {
            role: 'assistant',
            content: '',
            thinking: 'hm',
            tool_calls: [
              { function: { name: 'f', arguments: { a: 1 } } },
              { id: 'x', function: { name: 'g', arguments: {} } },
            ],
          },
          { role: 'tool', content: '2', tool_name: 'g' },
          { role: 'tool', content: '1' },
        ],
        tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' } } }],
        format: { type: 'object' },
        think: true,
        keep_alive: '5m',
        options: {
          num_predict: -1,
          mirostat: 0,
          num_ctx: 2048,
          temperature: 0,
          stop: ['a'],
          repeat_penalty: 1.1,
          seed: 1,
        },
      }),
    ).toEqual({
      action: 'chat',
      model: 'm',
      messages: [
        {
          role: 'user',
          parts: [
            { type: 'text', text: 'look' },
            { type: 'image', url: `data:image/png;base64,${PNG}` },
          ],
        },
        {
          role: 'assistant',
          parts: [{ type: 'reasoning', text: 'hm' }],
          toolCalls: [
            { id: 'call_1_0', name: 'f', arguments: '{"a":1}' },
            { id: 'x', name: 'g', arguments: '{}' },
          ],
        },
        { role: 'tool', parts: [{ type: 'text', text: '2' }], toolCallId: 'x', toolName: 'g' },
        { role: 'tool', parts: [{ type: 'text', text: '1' }], toolCallId: 'call_1_0', toolName: 'f' },
      ],
      inputs: [],
      params: {
        temperature: 0,
        seed: 1,
        stop: ['a'],
        repeatPenalty: 1.1,
        contextTokens: 2048,
        responseFormat: { type: 'schema', name: 'answer', schema: { type: 'object' } },
        reasoningEffort: 'on',
        keepAliveSeconds: 300,
        tools: [{ name: 'f', description: 'd', parameters: { type: 'object' } }],
      },
      stream: true,
    })
  })

  test('generate: with the template of the model, or raw', () => {
    expect(read(ollamaGenerate, { model: 'm', prompt: 'p', system: 's', stream: false, format: '' })).toMatchObject({
      action: 'complete',
      messages: [
        { role: 'system', parts: [{ type: 'text', text: 's' }] },
        { role: 'user', parts: [{ type: 'text', text: 'p' }] },
      ],
      inputs: [],
      params: {},
      stream: false,
    })
    expect(read(ollamaGenerate, { model: 'm', prompt: 'p', raw: true })).toMatchObject({ messages: [], inputs: ['p'] })
    expect(read(ollamaGenerate, { model: 'm', prompt: 'p', suffix: 'q' })).toMatchObject({
      messages: [],
      inputs: ['p'],
      params: { suffix: 'q' },
    })
  })

  test('embeddings, new and old', () => {
    expect(read(ollamaEmbed, { model: 'm', input: ['a', 'b'], truncate: false, dimensions: 3 })).toMatchObject({
      action: 'embed',
      inputs: ['a', 'b'],
      params: { truncate: false, dimensions: 3 },
    })
    expect(read(ollamaEmbeddings, { model: 'm', prompt: 'a' })).toMatchObject({ action: 'embed', inputs: ['a'] })
  })

  test.each<[Wire, object, string, string]>([
    [ollamaGenerate, { prompt: 'p', context: [1, 2] }, 'unsupported_parameter', 'context'],
    [ollamaGenerate, { prompt: 'p', template: 'x' }, 'unsupported_parameter', 'template'],
    [ollamaGenerate, { prompt: 'p', raw: true, system: 's' }, 'unsupported_parameter', 'system'],
    [ollamaGenerate, { prompt: '', keep_alive: 0 }, 'malformed_request', 'prompt'],
    [ollamaGenerate, {}, 'malformed_request', 'prompt'],
    [ollamaGenerate, { prompt: 'x', options: { stop: '' } }, 'malformed_request', 'options.stop'],
    [ollamaChat, { messages: [] }, 'malformed_request', 'messages'],
    [ollamaChat, { messages: [{ role: 'user' }], temperature: 1 }, 'unsupported_parameter', 'temperature'],
    [ollamaGenerate, { prompt: 'x', num_ctx: 1 }, 'unsupported_parameter', 'num_ctx'],
    [ollamaChat, { messages: [{ role: 'user' }], tool_choice: 'required' }, 'unsupported_parameter', 'tool_choice'],
    [
      ollamaChat,
      { messages: [{ role: 'user', content: 'x' }], options: { mirostat: 1 } },
      'unsupported_parameter',
      'options.mirostat',
    ],
    [
      ollamaChat,
      { messages: [{ role: 'user', content: 'x' }], options: { mirostat: 2 } },
      'unsupported_parameter',
      'options.mirostat',
    ],
    [ollamaChat, { messages: [{ role: 'user', content: 'x' }], Model: 'other' }, 'unsupported_parameter', 'Model'],
    [ollamaChat, { messages: [{ role: 'user', images: ['xxxx'] }] }, 'malformed_request', 'messages[0].images[0]'],
    [
      ollamaChat,
      { messages: [{ role: 'tool', content: 'x', tool_name: 7 }] },
      'malformed_request',
      'messages[0].tool_name',
    ],
    [ollamaChat, { messages: [{ role: 'user', content: 'x' }], keep_alive: 'soon' }, 'malformed_request', 'keep_alive'],
    [ollamaChat, { messages: [{ role: 'user', content: 'x' }], format: 'xml' }, 'malformed_request', 'format'],
  ])('%o %j is refused', (wire, body, code, param) => {
    expect(() => read(wire, { model: 'm', ...body })).toThrow(expect.objectContaining({ code, data: { param } }))
  })

  test('a result of a call that is not shown is one', () => {
    const messages = [
      { role: 'assistant', content: '' },
      { role: 'tool', content: 'sun' },
      { role: 'tool', content: 'noon', tool_name: 'time' },
    ]
    expect(read(ollamaChat, { model: 'm', messages }).messages.slice(1)).toEqual([
      { role: 'tool', toolCallId: 'call_1', parts: [{ type: 'text', text: 'sun' }] },
      { role: 'tool', toolCallId: 'call_2', toolName: 'time', parts: [{ type: 'text', text: 'noon' }] },
    ])
  })

  test('what belongs into the options is refused with where it belongs', () => {
    const body = { model: 'm', messages: [{ role: 'user', content: 'x' }], top_p: 0.5 }
    expect(() => read(ollamaChat, body)).toThrow('top_p is not read here, but as options.top_p')
  })

  test('what libraries for other formats write beside a tool', () => {
    const tools = [{ type: 'function', function: { name: 'f', strict: false } }]
    const body = { model: 'm', messages: [{ role: 'user', content: 'x' }], tools, tool_choice: 'auto' }
    expect(read(ollamaChat, body).params).toEqual({ tools: [{ name: 'f', strict: false }] })
  })

  test('durations of Go', () => {
    const cases: [unknown, number][] = [
      ['5m', 300],
      ['1h30m', 5400],
      ['-1', -1],
      ['-1m', -1],
      [-5, -1],
      [0, 0],
      ['0', 0],
      ['1.5s', 2],
      ['1ms', 1],
      [0.2, 1],
    ]
    for (const [given, seconds] of cases) expect(readKeepAlive(given as string, 'k')).toBe(seconds)
    expect(() => readKeepAlive(1e300, 'keep_alive')).toThrow('keep_alive: is too long')
  })
})

describe('writing', () => {
  const deltas: Delta[] = [
    { type: 'reasoning', choice: 0, text: 'hm' },
    { type: 'text', choice: 0, text: 'a"\n' },
    { type: 'tool', choice: 0, index: 0, id: 'c1', name: 'f', arguments: '{"a"' },
    { type: 'tool', choice: 0, index: 0, arguments: ':1}' },
    { type: 'finish', choice: 0, reason: 'tool_calls' },
    { type: 'usage', usage: { inputTokens: 1, outputTokens: 2 } },
  ]
  const writer = (wire: Wire, body: object) =>
    wire.writer({ request: read(wire, { model: 'm', ...body }), model: 'm', callId: 'call_1', created: 1700000000 })
  const base = { model: 'm', created_at: '2023-11-14T22:13:20.000Z' }

  test('chat lines, a whole chat, and a cut', () => {
    const out = writer(ollamaChat, { messages: [{ role: 'user', content: 'x' }] })
    const text = deltas.map((delta) => out.batch([delta])).join('') + out.end()
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const calls = [{ id: 'c1', function: { name: 'f', arguments: { a: 1 } } }]
    expect(lines).toEqual([
      { ...base, message: { role: 'assistant', content: '', thinking: 'hm' }, done: false },
      { ...base, message: { role: 'assistant', content: 'a"\n' }, done: false },
      { ...base, message: { role: 'assistant', content: '', tool_calls: calls }, done: false },
      {
        ...base,
        message: { role: 'assistant', content: '' },
        done: true,
        done_reason: 'stop',
        prompt_eval_count: 1,
        eval_count: 2,
      },
    ])
    expect(
      JSON.parse(writer(ollamaChat, { messages: [{ role: 'user', content: 'x' }], stream: false }).whole(deltas)),
    ).toEqual({
      ...base,
      message: { role: 'assistant', content: 'a"\n', thinking: 'hm', tool_calls: calls },
      done: true,
      done_reason: 'stop',
      prompt_eval_count: 1,
      eval_count: 2,
    })
    expect(out.cut(new Fault('locked'), { requestId: 'x' })).toBe('{"error":"Locked"}\n')
  })

  test('generate', () => {
    const out = writer(ollamaGenerate, { prompt: 'p' })
    const lines = (out.batch([deltas[1] as Delta]) + out.end())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toEqual([
      { ...base, response: 'a"\n', done: false },
      { ...base, response: '', done: true, done_reason: 'length' },
    ])
  })

  test('a call that the answer broke off in is none', () => {
    const half: Delta[] = [
      { type: 'tool', choice: 0, index: 0, id: 'c', name: 'f', arguments: '{}' },
      { type: 'tool', choice: 0, index: 1, id: 'd', name: 'f', arguments: '{"a' },
      { type: 'finish', choice: 0, reason: 'length' },
    ]
    const body = { messages: [{ role: 'user', content: 'x' }] }
    const calls = [{ id: 'c', function: { name: 'f', arguments: {} } }]
    expect(JSON.parse(writer(ollamaChat, body).batch(half)).message.tool_calls).toEqual(calls)
    expect(JSON.parse(writer(ollamaChat, body).whole(half))).toMatchObject({
      message: { tool_calls: calls },
      done_reason: 'length',
    })
    const wire = anthropicMessages
    const message = JSON.parse(writer(wire, { ...body, max_tokens: 5 }).whole(half))
    expect(message).toMatchObject({ content: [{ type: 'tool_use', id: 'c', input: {} }], stop_reason: 'max_tokens' })
  })

  test.each(['', ' '])('nor is one of which no arguments were said (%j), if the answer broke off', (none) => {
    const begun = (reason: 'length' | 'tool_calls'): Delta[] => [
      { type: 'tool', choice: 0, index: 0, id: 'c', name: 'f', arguments: none },
      { type: 'finish', choice: 0, reason },
    ]
    const body = { messages: [{ role: 'user', content: 'x' }], max_tokens: 5 }
    for (const [wire, asked] of [
      [ollamaChat, { messages: body.messages }],
      [anthropicMessages, body],
    ] as const)
      for (const [reason, calls] of [
        ['tool_calls', 1],
        ['length', 0],
      ] as const) {
        const out = writer(wire, asked)
        expect((out.batch(begun(reason)) + out.end()).split('"f"')).toHaveLength(calls + 1)
        expect(writer(wire, asked).whole(begun(reason)).split('"f"')).toHaveLength(calls + 1)
      }
  })

  test('vectors are told with how long they took, also by servers that do not tell', () => {
    const embedded: Delta[] = [{ type: 'embedding', index: 0, vector: [1] }]
    const whole = (durations?: object) =>
      JSON.parse(
        ollamaEmbed
          .writer({
            request: read(ollamaEmbed, { model: 'm', input: 'a' }),
            ...{ model: 'm', callId: 'c', created: 1, elapsed: () => 1.5 },
            durations: () => durations,
          })
          .whole(embedded),
      )
    expect(whole()).toEqual({ model: 'm', embeddings: [[1]], total_duration: 1_500_000, load_duration: 0 })
    expect(whole({ total: 7, load: 2 })).toMatchObject({ total_duration: 7, load_duration: 2 })
  })

  test.each(['tool_calls', 'stop'] as const)('arguments that are no JSON object end the answer (%s)', (reason) => {
    const out = writer(ollamaChat, { messages: [{ role: 'user', content: 'x' }] })
    expect(() =>
      out.batch([
        { type: 'tool', choice: 0, index: 0, id: 'c', name: 'f', arguments: '{"a' },
        { type: 'finish', choice: 0, reason },
      ]),
    ).toThrow(expect.objectContaining({ code: 'upstream_invalid' }))
  })
})

test.each([
  ['/api/chat', ollamaChat, { messages: [{ role: 'user', content: 'hello' }] }],
  ['/api/generate', ollamaGenerate, { prompt: 'hello' }],
] as const)('%s: alternatives are those of tokens that are told', (_path, wire, said) => {
  const asked = (more: object) =>
    wire.read(Buffer.from(JSON.stringify({ model: 'm', ...said, top_logprobs: 2, ...more })), {}).params
  expect(asked({ logprobs: true })).toEqual({ logprobs: true, topLogprobs: 2 })
  for (const more of [{}, { logprobs: false }])
    expect(() => asked(more)).toThrow(expect.objectContaining({ data: { param: 'top_logprobs' } }))
})
