import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Delta, Fault, type ModelRequest } from '../../core/index.ts'
import { openaiChat } from './openai-chat.ts'
import { refuseOpenai } from './openai-fault.ts'

const read = (body: unknown) => openaiChat.read(Buffer.from(JSON.stringify(body)), {})
const plain = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }
const faultOf = (run: () => unknown): Fault => {
  try {
    run()
  } catch (error) {
    return error as Fault
  }
  throw new Error('nothing was refused')
}

describe('reading', () => {
  test('a schema beside json_object is the one to keep to', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } }
    const format = (more: object) => read({ ...plain, response_format: { type: 'json_object', ...more } }).params
    for (const more of [{ schema }, { value: schema }])
      expect(format(more).responseFormat).toEqual({ type: 'schema', name: 'answer', schema })
    expect(format({}).responseFormat).toEqual({ type: 'json' })
    for (const [more, param] of [
      [{ schema, value: {} }, 'value'],
      [{ value: 'x' }, 'value'],
      [{ schema: [] }, 'schema'],
      [{ json_schema: { name: 'a', schema } }, 'json_schema'],
      [{ type: 'text', value: schema }, 'value'],
      [{ type: 'json_schema', json_schema: { name: 'a', schema }, schema }, 'schema'],
    ] as const)
      expect(faultOf(() => format(more)).data.param).toBe(`response_format.${param}`)
  })

  test('what a library writes into the text of an answer that it sends back is what it is of the message', () => {
    const part = { type: 'text', text: 'done', role: 'assistant', refusal: null, reasoning_content: 'hm' }
    const sent = (role: string, more: object = {}) =>
      read({ model: 'm', messages: [...plain.messages, { role, content: [{ ...part, ...more }] }, ...plain.messages] })
    expect(sent('assistant').messages[1]).toEqual({
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'hm' },
        { type: 'text', text: 'done' },
      ],
    })
    for (const [role, more, param] of [
      ['assistant', { role: 'system' }, 'role'],
      ['assistant', { refusal: 'no' }, 'refusal'],
      ['user', {}, 'role'],
      ['user', { role: null }, 'reasoning_content'],
    ] as const)
      expect(faultOf(() => sent(role, more)).data.param).toBe(`messages[1].content[0].${param}`)
  })

  test('every documented field arrives under its one name', () => {
    expect(
      read({
        model: 'm',
        messages: [
          { role: 'developer', content: 'be brief', name: 'boss' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'what is this?' },
              { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low' } },
              { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
              { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' } },
            ],
          },
          {
            role: 'assistant',
            content: null,
            reasoning_content: 'hm',
            tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
          },
          { role: 'tool', tool_call_id: 'c1', content: 'done' },
        ],
        max_completion_tokens: 5,
        temperature: 0,
        top_p: 1,
        top_k: 3,
        min_p: 0.1,
        n: 2,
        stop: 'x',
        seed: 7,
        logit_bias: { '5': -100 },
        frequency_penalty: 1,
        presence_penalty: -1,
        repetition_penalty: 1.1,
        logprobs: true,
        top_logprobs: 2,
        response_format: { type: 'json_schema', json_schema: { name: 's', schema: { type: 'object' }, strict: true } },
        tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters: {}, strict: false } }],
        tool_choice: { type: 'function', function: { name: 'f' } },
        parallel_tool_calls: false,
        reasoning_effort: 'low',
        user: 'u',
        metadata: { k: 'v' },
        service_tier: 'auto',
        verbosity: 'low',
        stream: true,
        stream_options: { include_usage: true, include_obfuscation: false },
        store: false,
        modalities: ['text'],
        prompt_cache_key: 'k',
      }),
    ).toEqual({
      action: 'chat',
      model: 'm',
      messages: [
        { role: 'system', name: 'boss', parts: [{ type: 'text', text: 'be brief' }] },
        {
          role: 'user',
          parts: [
            { type: 'text', text: 'what is this?' },
            { type: 'image', url: 'data:image/png;base64,AA==', detail: 'low' },
            { type: 'audio', data: 'AA==', format: 'wav' },
            { type: 'document', data: 'AA==', mime: 'application/pdf', name: 'a.pdf' },
          ],
        },
        {
          role: 'assistant',
          parts: [{ type: 'reasoning', text: 'hm' }],
          toolCalls: [{ id: 'c1', name: 'f', arguments: '{"a":1}' }],
        },
        { role: 'tool', toolCallId: 'c1', toolName: 'f', parts: [{ type: 'text', text: 'done' }] },
      ],
      inputs: [],
      params: {
        maxTokens: 5,
        temperature: 0,
        topP: 1,
        topK: 3,
        minP: 0.1,
        n: 2,
        stop: ['x'],
        seed: 7,
        logitBias: { '5': -100 },
        frequencyPenalty: 1,
        presencePenalty: -1,
        repeatPenalty: 1.1,
        logprobs: true,
        topLogprobs: 2,
        responseFormat: { type: 'schema', name: 's', schema: { type: 'object' }, strict: true },
        tools: [{ name: 'f', description: 'd', parameters: {}, strict: false }],
        toolChoice: { name: 'f' },
        parallelTools: false,
        reasoningEffort: 'low',
        user: 'u',
        metadata: { k: 'v' },
        serviceTier: 'auto',
        verbosity: 'low',
      },
      stream: true,
      streamUsage: true,
    } satisfies ModelRequest)
  })

  test.each<[object, string]>([
    [{ guided_json: {} }, 'guided_json'],
    [{ functions: [] }, 'functions'],
    [{ store: true }, 'store'],
    [{ stream_options: { every: 1 } }, 'stream_options.every'],
    [{ audio: { voice: 'x' } }, 'audio'],
    [{ modalities: ['text', 'audio'] }, 'modalities'],
    [{ tools: [{ type: 'custom', custom: {} }] }, 'tools[0].type'],
    [{ messages: [{ role: 'user', content: 'x', secret: 1 }] }, 'messages[0].secret'],
    [
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'x', cache: 1 }] }] },
      'messages[0].content[0].cache',
    ],
  ])('%j is refused by name', (over, param) => {
    expect(faultOf(() => read({ ...plain, ...over }))).toMatchObject({ code: 'unsupported_parameter', data: { param } })
  })

  test.each<[object, string]>([
    [{ model: 5 }, 'model'],
    [{ model: '' }, 'model'],
    [{ messages: [] }, 'messages'],
    [{ messages: 'hi' }, 'messages'],
    [{ messages: [{ role: 'root', content: '' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: 5 }] }, 'messages[0].content'],
    [{ messages: [{ role: 'tool', content: '' }] }, 'messages[0].tool_call_id'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] }] },
      'messages[0].content[0].image_url.url',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://169.254.169.254/' } }] }] },
      'messages[0].content[0].image_url.url',
    ],
    [{ temperature: '1' }, 'temperature'],
    [{ safety_identifier: 5 }, 'safety_identifier'],
    [{ stream_options: { include_usage: 'yes' } }, 'stream_options.include_usage'],
    [{ temperature: 3 }, 'temperature'],
    [{ n: 0 }, 'n'],
    [{ n: 1.5 }, 'n'],
    [{ max_tokens: 5, max_completion_tokens: 6 }, 'max_tokens'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ repeat_penalty: 1, repetition_penalty: 2 }, 'repetition_penalty'],
    [{ repetition_penalty: 'x' }, 'repetition_penalty'],
    [{ stop: [1] }, 'stop[0]'],
    [{ stop: ['a', ''] }, 'stop'],
    [{ stream: 'yes' }, 'stream'],
    [{ logit_bias: { word: 1 } }, 'logit_bias'],
    [{ top_logprobs: 2 }, 'top_logprobs'],
    [{ response_format: { type: 'xml' } }, 'response_format.type'],
    [{ tools: {} }, 'tools'],
    [{ metadata: { a: 1 } }, 'metadata.a'],
  ])('%j is malformed', (over, param) => {
    expect(faultOf(() => read({ ...plain, ...over }))).toMatchObject({ code: 'malformed_request', data: { param } })
  })

  test('nothing a stranger sends breaks it in another way', () => {
    const word = fc.constantFrom(
      'model',
      'messages',
      'role',
      'content',
      'user',
      'tool_calls',
      'type',
      'text',
      'tools',
      'stop',
    )
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 5 },
        fc.jsonValue(),
        word,
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(word, tie('any'), { maxKeys: 5 }),
      ),
    })).any
    fc.assert(
      fc.property(fc.dictionary(word, value), (body) => {
        try {
          read({ ...plain, ...body })
        } catch (error) {
          expect(error).toBeInstanceOf(Fault)
          expect(['malformed_request', 'unsupported_parameter']).toContain((error as Fault).code)
        }
      }),
      { seed: 21, numRuns: 2000 },
    )
  })
})

describe('writing', () => {
  const request = (over: object = {}) => read({ ...plain, ...over })
  const writer = (given: ModelRequest) =>
    openaiChat.writer({ request: given, model: 'shown "name"', callId: 'call_1', created: 1700000000 })
  const frames = (text: string) =>
    text
      .split('\n\n')
      .filter((frame) => frame !== '')
      .map((frame) => {
        expect(frame.startsWith('data: ')).toBe(true)
        return frame === 'data: [DONE]' ? frame : (JSON.parse(frame.slice(6)) as Record<string, unknown>)
      })
  const deltas: Delta[] = [
    { type: 'reasoning', choice: 0, text: 'hm' },
    { type: 'text', choice: 0, text: 'a"\n' },
    { type: 'text', choice: 0, text: 'b', logprobs: [{ token: 'b', logprob: -1, top: [{ token: 'c', logprob: -2 }] }] },
    { type: 'tool', choice: 0, index: 0, id: 'c1', name: 'f', arguments: '' },
    { type: 'tool', choice: 0, index: 0, arguments: '{}' },
    { type: 'finish', choice: 0, reason: 'tool_calls' },
    { type: 'usage', usage: { inputTokens: 1, outputTokens: 2, cachedTokens: 1, reasoningTokens: 1 } },
  ]

  test('a stream', () => {
    const out = writer(request({ stream: true, stream_options: { include_usage: true } }))
    const all = frames(deltas.map((delta) => out.batch([delta])).join('') + out.end())
    expect(all.at(-1)).toBe('data: [DONE]')
    const chunks = all.slice(0, -1) as { choices: { delta: unknown; finish_reason: unknown; logprobs: unknown }[] }[]
    for (const chunk of chunks)
      expect(chunk).toMatchObject({ id: 'chatcmpl-call_1', object: 'chat.completion.chunk', model: 'shown "name"' })
    expect(chunks.map((chunk) => chunk.choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '' },
      { reasoning_content: 'hm' },
      { content: 'a"\n' },
      { content: 'b' },
      { tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }] },
      {},
      undefined,
    ])
    expect(chunks[3]?.choices[0]?.logprobs).toEqual({
      content: [{ token: 'b', logprob: -1, bytes: null, top_logprobs: [{ token: 'c', logprob: -2, bytes: null }] }],
      refusal: null,
    })
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('tool_calls')
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 1, total_tokens: 3 } })
  })

  test('the same answer whole', () => {
    expect(JSON.parse(writer(request()).whole(deltas))).toMatchObject({
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'a"\nb',
            reasoning_content: 'hm',
            tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    })
  })

  test('a call without arguments is one only if the answer ends with it', () => {
    const begun: Delta[] = [
      { type: 'tool', choice: 0, index: 0, id: 'c1', name: 'f', arguments: '' },
      { type: 'tool', choice: 0, index: 0, arguments: ' ' },
    ]
    for (const [reason, calls] of [
      ['tool_calls', 1],
      ['stop', 1],
      ['length', 0],
      ['interrupted', 0],
    ] as const) {
      const ended: Delta[] = [...begun, { type: 'finish', choice: 0, reason }]
      expect(
        writer(request({ stream: true }))
          .batch(ended)
          .split('"c1"'),
      ).toHaveLength(calls + 1)
      expect(writer(request()).whole(ended).split('"c1"')).toHaveLength(calls + 1)
    }
    expect(writer(request({ stream: true })).batch(begun)).not.toContain('c1')
  })

  test('a call that an answer broke off in is none: left out of a whole answer, an error in a stream', () => {
    const half: Delta[] = [
      { type: 'tool', choice: 0, index: 0, id: 'c1', name: 'f', arguments: '{"a":1}' },
      { type: 'tool', choice: 0, index: 1, id: 'c2', name: 'f', arguments: '{"cmd":"rm -rf /' },
    ]
    const ended = (reason: 'length' | 'tool_calls'): Delta[] => [...half, { type: 'finish', choice: 0, reason }]
    const streamed = writer(request({ stream: true }))
    expect(streamed.batch(ended('length'))).not.toContain('"finish_reason":"length"')
    expect(() => streamed.end()).toThrow(expect.objectContaining({ code: 'request_rejected' }))
    const whole = JSON.parse(writer(request()).whole(ended('length')))
    expect(whole.choices[0]).toMatchObject({ finish_reason: 'length', message: { tool_calls: [{ id: 'c1' }] } })
    expect(whole.choices[0].message.tool_calls).toHaveLength(1)
    // What a model wrote to its end is its own, whatever it is; a call that was whole stays one.
    const own = writer(request({ stream: true }))
    expect(own.batch(ended('tool_calls')) + own.end()).toContain('"finish_reason":"tool_calls"')
    const cut = writer(request({ stream: true }))
    expect(cut.batch([...half.slice(0, 1), { type: 'finish', choice: 0, reason: 'length' }]) + cut.end()).toContain(
      '[DONE]',
    )
  })

  test('a cut is an unnamed frame with the error, and no [DONE]', () => {
    const text = writer(request({ stream: true })).cut(new Fault('key_revoked', { data: { decision: 'dec_1' } }), {
      requestId: 'call_1',
    })
    expect(frames(text)).toEqual([
      {
        error: {
          message: 'The key has been revoked',
          type: 'authentication_error',
          param: null,
          code: 'key_revoked',
          decision_id: 'dec_1',
        },
      },
    ])
  })

  test('a refusal says why and where to ask', () => {
    const fault = new Fault('approval_required', { detail: 'Ask first.', data: { ask: 'sallyport request analyst' } })
    const { body, headers } = openaiChat.refuse(fault, { requestId: 'call_1', decisionId: 'dec_1' })
    expect(JSON.parse(body)).toEqual({
      error: {
        message: 'Ask first. Ask for access: sallyport request analyst',
        type: 'permission_error',
        param: null,
        code: 'approval_required',
        decision_id: 'dec_1',
        request_url: 'sallyport request analyst',
      },
    })
    expect(headers).toEqual({ 'content-type': 'application/json' })
    expect(openaiChat.refuse(new Fault('insufficient_quota'), { requestId: 'x' }).headers['x-should-retry']).toBe(
      'false',
    )
  })
})

test('a 401 says how to sign in, also where what ended the call does not', () => {
  const { headers } = refuseOpenai(new Fault('key_revoked'), { requestId: 'r' })
  expect(headers).toMatchObject({ 'www-authenticate': 'Bearer realm="sallyport"' })
})
