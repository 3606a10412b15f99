import { expect, test } from 'vitest'
import { type Delta, Fault, type ModelRequest } from '../../core/index.ts'
import { openaiResponses } from './openai-responses.ts'

const read = (body: object): ModelRequest =>
  openaiResponses.read(Buffer.from(JSON.stringify({ model: 'm', ...body })), {})

test('every item and field arrives under its one name', () => {
  expect(
    read({
      instructions: 'be brief',
      input: [
        { role: 'developer', content: 'no jokes' },
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'look' },
            { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'auto' },
          ],
        },
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'hm' }] },
        { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}', id: 'fc_1', status: 'completed' },
        { type: 'function_call_output', call_id: 'c1', output: '42' },
        {
          type: 'message',
          role: 'assistant',
          id: 'msg_1',
          status: 'completed',
          content: [{ type: 'output_text', text: 'ok', annotations: [] }],
        },
      ],
      max_output_tokens: 9,
      temperature: 0,
      top_p: 1,
      tools: [{ type: 'function', name: 'f', parameters: { type: 'object' }, strict: true }],
      tool_choice: { type: 'function', name: 'f' },
      parallel_tool_calls: false,
      reasoning: { effort: 'low', summary: 'auto' },
      text: { format: { type: 'json_schema', name: 's', schema: { type: 'object' } }, verbosity: 'low' },
      include: ['message.output_text.logprobs', 'reasoning.encrypted_content'],
      metadata: { k: 'v' },
      store: false,
      stream: true,
      truncation: 'disabled',
    }),
  ).toEqual({
    action: 'chat',
    model: 'm',
    ownInstructions: true,
    messages: [
      { role: 'system', parts: [{ type: 'text', text: 'be brief' }] },
      { role: 'system', parts: [{ type: 'text', text: 'no jokes' }] },
      {
        role: 'user',
        parts: [
          { type: 'text', text: 'look' },
          { type: 'image', url: 'data:image/png;base64,AA==', detail: 'auto' },
        ],
      },
      {
        role: 'assistant',
        parts: [{ type: 'reasoning', text: 'hm' }],
        toolCalls: [{ id: 'c1', name: 'f', arguments: '{}' }],
      },
      { role: 'tool', toolCallId: 'c1', toolName: 'f', parts: [{ type: 'text', text: '42' }] },
      { role: 'assistant', parts: [{ type: 'text', text: 'ok' }] },
    ],
    inputs: [],
    params: {
      maxTokens: 9,
      temperature: 0,
      topP: 1,
      tools: [{ name: 'f', parameters: { type: 'object' }, strict: true }],
      toolChoice: { name: 'f' },
      parallelTools: false,
      metadata: { k: 'v' },
      reasoningEffort: 'low',
      verbosity: 'low',
      responseFormat: { type: 'schema', name: 's', schema: { type: 'object' } },
      logprobs: true,
    },
    stream: true,
  } satisfies ModelRequest)
})

test.each<[object, string, string]>([
  [{ input: 'x', previous_response_id: 5 }, 'malformed_request', 'previous_response_id'],
  [{ input: 'x', conversation: 'c' }, 'unsupported_parameter', 'conversation'],
  [{ input: 'x', store: 'yes' }, 'malformed_request', 'store'],
  [{ input: 'x', background: true }, 'unsupported_parameter', 'background'],
  [{ input: 'x', truncation: 'auto' }, 'unsupported_parameter', 'truncation'],
  [{ input: 'x', include: ['file_search_call.results'] }, 'unsupported_parameter', 'include[0]'],
  [{ input: 'x', tools: [{ type: 'web_search' }] }, 'unsupported_parameter', 'tools[0].type'],
  [{ input: [{ type: 'item_reference', id: 'x' }] }, 'unsupported_parameter', 'input[0].type'],
  [
    { input: [{ type: 'reasoning', id: 'r', summary: [], encrypted_content: 'x' }] },
    'unsupported_parameter',
    'input[0].encrypted_content',
  ],
  [
    { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'x' }] }] },
    'unsupported_parameter',
    'input[0].content[0].file_id',
  ],
  [{ input: [] }, 'malformed_request', 'input'],
  [{ input: 5 }, 'malformed_request', 'input'],
  [{ input: [{ role: 'tool', content: 'x' }] }, 'malformed_request', 'input[0].role'],
])('%j is refused', (body, code, param) => {
  expect(() => read(body)).toThrow(expect.objectContaining({ code, data: { param } }))
})

const deltas: Delta[] = [
  { type: 'reasoning', choice: 0, text: 'hm' },
  { type: 'text', choice: 0, text: 'a"' },
  { type: 'text', choice: 0, text: 'b' },
  { type: 'tool', choice: 0, index: 0, id: 'c1', name: 'f', arguments: '{"a"' },
  { type: 'tool', choice: 0, index: 0, arguments: ':1}' },
  { type: 'finish', choice: 0, reason: 'tool_calls' },
  { type: 'usage', usage: { inputTokens: 1, outputTokens: 2 } },
]
const writer = () =>
  openaiResponses.writer({ request: read({ input: 'x' }), model: 'm', callId: 'call_1', created: 1700000000 })
const events = (text: string) =>
  text
    .trimEnd()
    .split('\n\n')
    .map((frame) => {
      const [name, data] = frame.split('\n')
      const value = JSON.parse((data ?? '').slice('data: '.length))
      expect(name).toBe(`event: ${value.type}`)
      return value
    })

test('a stream of numbered events ends with what the whole answer says', () => {
  const out = writer()
  const all = events(deltas.map((delta) => out.batch([delta])).join('') + out.end())
  expect(all.map((one) => one.sequence_number)).toEqual(all.map((_one, index) => index))
  expect(all.map((one) => one.type.replace('response.', ''))).toEqual([
    'created',
    'in_progress',
    'output_item.added',
    'content_part.added',
    'reasoning_text.delta',
    'reasoning_text.done',
    'content_part.done',
    'output_item.done',
    'output_item.added',
    'content_part.added',
    'output_text.delta',
    'output_text.delta',
    'output_item.added',
    'function_call_arguments.delta',
    'function_call_arguments.delta',
    'output_text.done',
    'content_part.done',
    'output_item.done',
    'function_call_arguments.done',
    'output_item.done',
    'completed',
  ])
  const whole = JSON.parse(writer().whole(deltas))
  expect(all.at(-1).response).toEqual(whole)
  expect(whole).toMatchObject({
    id: 'resp_call_1',
    status: 'completed',
    model: 'm',
    output: [
      { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'hm' }] },
      { type: 'message', content: [{ type: 'output_text', text: 'a"b' }] },
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"a":1}' },
    ],
    usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
  })
})

test('the format that was asked for is told with the answer', () => {
  const schema = { type: 'object' }
  const request = read({ input: 'x', text: { format: { type: 'json_schema', name: 's', schema } } })
  const out = openaiResponses.writer({ request, model: 'm', callId: 'call_1', created: 1 })
  expect(JSON.parse(out.whole([])).text).toEqual({ format: { type: 'json_schema', name: 's', schema } })
})

test('an answer that ran into its bound is incomplete; a cut has flat and nested fields', () => {
  expect(JSON.parse(writer().whole([{ type: 'finish', choice: 0, reason: 'length' }]))).toMatchObject({
    status: 'incomplete',
    incomplete_details: { reason: 'max_output_tokens' },
  })
  const half: Delta[] = [...deltas.slice(1, 4), { type: 'finish', choice: 0, reason: 'length' }]
  const out = writer()
  const all = events(out.batch(half) + out.end())
  expect(all.map(({ type }) => type)).not.toContain('response.function_call_arguments.done')
  const last = all.filter(({ type }) => type === 'response.output_item.done')
  const said = [{ type: 'message', status: 'completed' }]
  for (const items of [
    JSON.parse(writer().whole(half)).output,
    last.map(({ item }) => item),
    all.at(-1)?.response.output,
  ])
    expect(items).toMatchObject(said)
  const [failed, error] = events(writer().cut(new Fault('locked'), { requestId: 'call_1' }))
  expect(failed).toMatchObject({
    type: 'response.failed',
    response: { status: 'failed', output: [], error: { code: 'invalid_prompt', message: 'Locked' } },
  })
  const codes = (['upstream_unavailable', 'rate_limit_exceeded', 'key_revoked'] as const).map(
    (code) => events(writer().cut(new Fault(code), { requestId: 'call_1' }))[0]?.response.error.code,
  )
  expect(codes).toEqual(['server_error', 'rate_limit_exceeded', 'invalid_prompt'])
  expect(error).toMatchObject({
    type: 'error',
    code: 'locked',
    message: 'Locked',
    error: { code: 'locked', message: 'Locked' },
  })
})

test('tools of a group stand for themselves, under both names', () => {
  const tool = (name: string, description?: string) => ({ type: 'function', name, description })
  const group = (name: string, ...tools: object[]) => ({ type: 'namespace', name, description: 'All of them.', tools })
  const tools = (...given: object[]) => read({ input: 'x', tools: given }).params.tools
  expect(tools(group('crm', tool('find', 'Finds.'), tool('drop', 'Drops.')), group('mcp__x__', tool('y')))).toEqual([
    { name: 'crm__find', namespace: 'crm', description: 'All of them.\n\nFinds.' },
    { name: 'crm__drop', namespace: 'crm', description: 'Drops.' },
    { name: 'mcp__x__y', namespace: 'mcp__x__', description: 'All of them.' },
  ])
  // Whose call it is must be certain.
  for (const given of [
    [group('crm', tool('find')), tool('crm__find')],
    [group('a', tool('b__c')), group('a__b', tool('c'))],
  ])
    expect(() => tools(...given)).toThrow(expect.objectContaining({ code: 'malformed_request' }))
  for (const [given, param] of [
    [group('crm', { type: 'custom', name: 'x' }), 'tools[0].tools[0].type'],
    [group('crm', group('deeper', tool('x'))), 'tools[0].tools[0].type'],
    [{ ...group('crm', tool('x')), defer_loading: true }, 'tools[0].defer_loading'],
  ] as const)
    expect(() => tools(given)).toThrow(expect.objectContaining({ code: 'unsupported_parameter', data: { param } }))
  const input = [{ type: 'function_call', call_id: 'c', name: 'find', namespace: 'crm', arguments: '{}' }]
  expect(read({ input }).messages[0]?.toolCalls).toEqual([{ id: 'c', name: 'crm__find', arguments: '{}' }])
})

test('who refers to items of an answer is told to send them', () => {
  const input = [{ type: 'item_reference', id: 'msg_1' }]
  expect(() => openaiResponses.read(Buffer.from(JSON.stringify({ model: 'm', input })), {})).toThrow('store: false')
})

test('the log probabilities of a text stand beside each piece, and beside the whole of it', () => {
  const logprobs = [{ token: 'a', logprob: -1, top: [{ token: 'a', logprob: -1 }] }]
  const request = read({ input: 'hello', include: ['message.output_text.logprobs'], top_logprobs: 1 })
  const writer = openaiResponses.writer({ request, model: 'm', callId: 'c', created: 1 })
  const finish = { type: 'finish', choice: 0, reason: 'stop' } as const
  const out = writer.batch([{ type: 'text', choice: 0, text: 'a', logprobs }, finish]) + writer.end()
  const events = [...out.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? ''))
  const wanted = [{ token: 'a', logprob: -1, bytes: [], top_logprobs: [{ token: 'a', logprob: -1, bytes: [] }] }]
  for (const type of ['response.output_text.delta', 'response.output_text.done'])
    expect(events.find((event) => event.type === type).logprobs).toEqual(wanted)
})
