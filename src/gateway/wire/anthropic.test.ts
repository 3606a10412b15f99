import { expect, test } from 'vitest'
import { type Delta, Fault, type ModelRequest } from '../../core/index.ts'
import { anthropicCount, anthropicMessages } from './anthropic.ts'

const read = (body: object): ModelRequest =>
  anthropicMessages.read(Buffer.from(JSON.stringify({ model: 'm', max_tokens: 9, ...body })), {})
const user = { role: 'user', content: 'hi' }

test('every field and block arrives under its one name', () => {
  expect(
    read({
      system: [{ type: 'text', text: 'be brief', cache_control: { type: 'ephemeral' } }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'look' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
            { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'T' }, title: 'doc' },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 's' },
            { type: 'text', text: 'calling' },
            { type: 'tool_use', id: 't1', name: 'f', input: { a: 1 } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'no' }], is_error: true },
            { type: 'text', text: 'and now?' },
          ],
        },
      ],
      temperature: 1,
      top_p: 0.5,
      top_k: 3,
      stop_sequences: ['x'],
      tools: [{ name: 'f', description: 'd', input_schema: { type: 'object' } }],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
      thinking: { type: 'enabled', budget_tokens: 1024 },
      output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
      metadata: { user_id: 'u' },
      stream: true,
    }),
  ).toEqual({
    action: 'chat',
    model: 'm',
    messages: [
      { role: 'system', parts: [{ type: 'text', text: 'be brief' }] },
      {
        role: 'user',
        parts: [
          { type: 'text', text: 'look' },
          { type: 'image', url: 'data:image/png;base64,AA==' },
          { type: 'document', text: 'T', mime: 'text/plain', title: 'doc' },
        ],
      },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'hm', signature: 's' },
          { type: 'text', text: 'calling' },
        ],
        toolCalls: [{ id: 't1', name: 'f', arguments: '{"a":1}' }],
      },
      { role: 'tool', toolCallId: 't1', toolName: 'f', toolError: true, parts: [{ type: 'text', text: 'no' }] },
      { role: 'user', parts: [{ type: 'text', text: 'and now?' }] },
    ],
    inputs: [],
    params: {
      maxTokens: 9,
      temperature: 1,
      topP: 0.5,
      topK: 3,
      stop: ['x'],
      tools: [{ name: 'f', parameters: { type: 'object' }, description: 'd' }],
      reasoningEffort: 'on',
      reasoningTokens: 1024,
      responseFormat: { type: 'schema', name: 'answer', schema: { type: 'object' } },
      toolChoice: 'required',
      parallelTools: false,
      user: 'u',
    },
    stream: true,
  } satisfies ModelRequest)
})

test.each<[object, string, string]>([
  [{ max_tokens: null, messages: [user] }, 'malformed_request', 'max_tokens'],
  [{ messages: [user], mcp_servers: [{}] }, 'unsupported_parameter', 'mcp_servers'],
  [{ messages: [user], betas: [] }, 'unsupported_parameter', 'betas'],
  [
    { messages: [user], tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
    'unsupported_parameter',
    'tools[0].type',
  ],
  [
    { messages: [{ role: 'assistant', content: [{ type: 'redacted_thinking', data: 'x' }] }, user] },
    'unsupported_parameter',
    'messages[0].content[0].type',
  ],
  [
    { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'x' } }] }] },
    'unsupported_parameter',
    'messages[0].content[0].source.file_id',
  ],
  [
    { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'http://10.0.0.1/' } }] }] },
    'malformed_request',
    'messages[0].content[0].source.url',
  ],
  [{ messages: [user, { role: 'assistant', content: 'The answer is' }] }, 'unsupported_parameter', 'messages'],
  [{ messages: [{ role: 'tool', content: 'x' }] }, 'malformed_request', 'messages[0].role'],
  [
    { messages: [{ role: 'system', content: [{ type: 'tool_removal', name: 'f' }] }] },
    'unsupported_parameter',
    'messages[0].content[0].type',
  ],
  [
    {
      messages: [
        { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {}, caller: { type: 'x' } }] },
        user,
      ],
    },
    'unsupported_parameter',
    'messages[0].content[0].caller',
  ],
  [{ messages: [user], temperature: 1.5 }, 'malformed_request', 'temperature'],
  [{ messages: [user], stop_sequences: [''] }, 'malformed_request', 'stop_sequences'],
  [{ messages: [user], stop_sequences: Array(17).fill('a') }, 'malformed_request', 'stop_sequences'],
  [
    {
      messages: [
        {
          role: 'user',
          content: [
            {
              type: 'document',
              source: { type: 'text', media_type: 'text/plain', data: 'x' },
              citations: { enabled: true },
            },
          ],
        },
      ],
    },
    'unsupported_parameter',
    'messages[0].content[0].citations',
  ],
])('%j is refused', (body, code, param) => {
  expect(() => read(body)).toThrow(expect.objectContaining({ code, data: { param } }))
})

test('counting needs no bound', () => {
  expect(anthropicCount.read(Buffer.from(JSON.stringify({ model: 'm', messages: [user] }))).messages).toHaveLength(1)
  expect(anthropicCount.count(5)).toBe('{"input_tokens":5}')
})

const deltas: Delta[] = [
  { type: 'reasoning', choice: 0, text: 'hm', signature: 's' },
  { type: 'text', choice: 0, text: 'a"' },
  { type: 'text', choice: 0, text: 'b' },
  { type: 'tool', choice: 0, index: 0, id: 't1', name: 'f', arguments: '' },
  { type: 'tool', choice: 0, index: 1, id: 't2', name: 'g', arguments: '{}' },
  { type: 'tool', choice: 0, index: 0, arguments: '{"a":1}' },
  { type: 'finish', choice: 0, reason: 'tool_calls' },
  { type: 'usage', usage: { inputTokens: 1, outputTokens: 2 } },
]
const writer = () =>
  anthropicMessages.writer({ request: read({ messages: [user] }), model: 'm', callId: 'call_1', created: 0 })

test('a stream of events over numbered blocks', () => {
  const out = writer()
  const text = deltas.map((delta) => out.batch([delta])).join('') + out.end()
  const events = text
    .trimEnd()
    .split('\n\n')
    .map((frame) => {
      const [name, data] = frame.split('\n')
      const value = JSON.parse((data ?? '').slice('data: '.length))
      expect(name).toBe(`event: ${value.type}`)
      return value
    })
  expect(
    events.map((one) => [one.type, one.index, one.content_block?.type ?? one.delta?.type ?? one.delta?.stop_reason]),
  ).toEqual([
    ['message_start', undefined, undefined],
    ['content_block_start', 0, 'thinking'],
    ['content_block_delta', 0, 'thinking_delta'],
    ['content_block_delta', 0, 'signature_delta'],
    ['content_block_stop', 0, undefined],
    ['content_block_start', 1, 'text'],
    ['content_block_delta', 1, 'text_delta'],
    ['content_block_delta', 1, 'text_delta'],
    ['content_block_stop', 1, undefined],
    ['content_block_start', 2, 'tool_use'],
    ['content_block_delta', 2, 'input_json_delta'],
    ['content_block_stop', 2, undefined],
    ['content_block_start', 3, 'tool_use'],
    ['content_block_delta', 3, 'input_json_delta'],
    ['content_block_stop', 3, undefined],
    ['message_delta', undefined, 'tool_use'],
    ['message_stop', undefined, undefined],
  ])
  // Estimated at the beginning, counted at the end.
  expect(events[0].message.usage).toMatchObject({ input_tokens: 5, output_tokens: 0 })
  expect(events.at(-2).usage).toMatchObject({ input_tokens: 1, output_tokens: 2 })
})

test('thoughts and words that take turns are blocks one after the other', () => {
  const out = writer()
  const say = (type: 'text' | 'reasoning', text: string): Delta => ({ type, choice: 0, text })
  const text = out.batch([say('reasoning', 'a'), say('text', 'b'), say('reasoning', 'c'), say('text', 'd')]) + out.end()
  const blocks = [...text.matchAll(/content_block_(start|stop)","index":(\d)/g)].map(
    ([, what, index]) => `${what} ${index}`,
  )
  expect(blocks).toEqual(['0', '1', '2', '3'].flatMap((index) => [`start ${index}`, `stop ${index}`]))
})

test('a call with nothing before it is written as it comes, another one after it', () => {
  const out = writer()
  const call = (index: number, pieces: string): Delta => ({ type: 'tool', choice: 0, index, arguments: pieces })
  expect(out.batch([{ ...call(0, '{"a"'), id: 't1', name: 'f' } as Delta])).toContain('"partial_json":"{\\"a\\""')
  expect(out.batch([{ ...call(1, '{}'), id: 't2', name: 'g' } as Delta])).toBe('')
  expect(out.batch([call(0, ':1}')])).toContain('"index":0')
  expect(out.end()).toMatch(
    /content_block_stop","index":0.*content_block_start","index":1.*content_block_stop","index":1/s,
  )
})

test('what came from a cache is not part of the input, as clients add the two', () => {
  const usage = { inputTokens: 9, outputTokens: 2, cachedTokens: 8 }
  expect(JSON.parse(writer().whole([{ type: 'usage', usage }])).usage).toMatchObject({
    input_tokens: 1,
    cache_read_input_tokens: 8,
    output_tokens: 2,
  })
})

test('a stream whose server counts nothing does not take its estimate back', () => {
  const out = writer()
  const text = out.batch(deltas.slice(0, -1)) + out.end()
  expect(text).toContain('"stop_sequence":null},"usage":{"output_tokens":0}}')
})

test('the same answer whole; a cut; a refusal', () => {
  expect(JSON.parse(writer().whole(deltas))).toMatchObject({
    id: 'msg_call_1',
    type: 'message',
    content: [
      { type: 'thinking', thinking: 'hm', signature: 's' },
      { type: 'text', text: 'a"b' },
      { type: 'tool_use', id: 't1', name: 'f', input: { a: 1 } },
      { type: 'tool_use', id: 't2', name: 'g', input: {} },
    ],
    stop_reason: 'tool_use',
    usage: { input_tokens: 1, output_tokens: 2 },
  })
  const error = { type: 'error', error: { type: 'permission_error', message: 'Locked' }, request_id: 'call_1' }
  expect(writer().cut(new Fault('locked'), { requestId: 'call_1' })).toBe(
    `event: error\ndata: ${JSON.stringify(error)}\n\n`,
  )
  expect(JSON.parse(anthropicMessages.refuse(new Fault('locked'), { requestId: 'call_1' }).body)).toEqual(error)
})

test('thoughts of earlier turns are left out as asked, and every other edit is refused', () => {
  const thought = (thinking: string) => ({ type: 'thinking', thinking, signature: 's' })
  const messages = [
    user,
    { role: 'assistant', content: [thought('one'), { type: 'text', text: 'said' }] },
    user,
    { role: 'assistant', content: [thought('two'), { type: 'tool_use', id: 't', name: 'f', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'x' }] },
    { role: 'assistant', content: [thought('three')] },
    user,
  ]
  const thoughts = (...edits: unknown[]) =>
    read({ messages, context_management: { edits } })
      .messages.flatMap(({ parts }) => parts)
      .flatMap((part) => (part.type === 'reasoning' ? [part.text] : []))
  const clear = (keep?: unknown) => ({ type: 'clear_thinking_20251015', keep })
  const all = ['one', 'two', 'three']
  for (const keep of ['all', { type: 'all' }, { type: 'thinking_turns', value: 2 }])
    expect(thoughts(clear(keep))).toEqual(all)
  expect(thoughts()).toEqual(all)
  // A turn goes on while tools answer.
  expect(thoughts(clear({ type: 'thinking_turns', value: 1 }))).toEqual(['two', 'three'])
  expect(thoughts(clear())).toEqual(['two', 'three'])
  for (const [edit, param] of [
    [{ type: 'clear_tool_uses_20250919' }, 'context_management.edits[0].type'],
    [{ ...clear('all'), trigger: {} }, 'context_management.edits[0].trigger'],
    [clear({ type: 'all', value: 1 }), 'context_management.edits[0].keep.value'],
  ] as const)
    expect(() => thoughts(edit)).toThrow(expect.objectContaining({ code: 'unsupported_parameter', data: { param } }))
})

test('a call that is written as it comes and that the answer breaks off in is an error', () => {
  const out = writer()
  out.batch([
    { type: 'tool', choice: 0, index: 0, id: 'c1', name: 'f', arguments: '{"cmd":"rm -rf /' },
    { type: 'finish', choice: 0, reason: 'length' },
  ])
  expect(() => out.end()).toThrow(expect.objectContaining({ code: 'request_rejected' }))
})
