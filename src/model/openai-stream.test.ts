import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chatChunks } from '../../test/upstream/scripted.ts'
import type { Delta } from '../core/index.ts'
import { createNdjsonReader } from './ndjson.ts'
import { createOllamaEmbeddingReader, createOllamaStreamReader, createOllamaWholeReader } from './ollama-read.ts'
import { createOpenaiEmbeddingReader, createOpenaiStreamReader, createOpenaiWholeReader } from './openai-stream.ts'
import { createSseReader } from './sse.ts'
import type { AnswerReader } from './upstream.ts'

const reading = { choices: 1, newToolCallId: () => 'call_made' }
const frames = (events: readonly unknown[]) =>
  events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('')

function readAll(parts: readonly string[]): Delta[] {
  const reader = createOpenaiStreamReader(reading)
  return [...parts.flatMap((part) => reader.push(part)), ...reader.end()]
}
const textOf = (deltas: readonly Delta[]) => deltas.map((delta) => (delta.type === 'text' ? delta.text : '')).join('')

/** Cuts a text at any places. */
const cut = (text: string, places: readonly number[]): string[] => {
  const at = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b)
  return [...at, text.length].map((end, index) => text.slice(at[index - 1] ?? 0, end))
}

const WANTED = { inputs: 1, dimensions: undefined }
const said = (message: unknown, more: object = {}) => ({ choices: [{ message, finish_reason: 'stop', ...more }] })
const called = (call: unknown, times = 1) => Array.from({ length: times }, () => call)
const ollama = (message: object) => ({ message, done: true })
test.each<[string, () => AnswerReader, readonly unknown[]]>([
  [
    'OpenAI',
    () => createOpenaiWholeReader(reading),
    [
      7,
      { choices: 'x' },
      { choices: [7] },
      said({ content: 'x' }, { index: 1 }),
      said({ content: ['x'] }),
      said({ tool_calls: 'x' }),
      said({ tool_calls: [7] }),
      said({ tool_calls: [{ index: 256, function: { name: 'f' } }] }),
      said({ tool_calls: called({ function: { name: 'f' } }, 257) }),
    ],
  ],
  [
    'Ollama',
    () => createOllamaWholeReader(() => 'call_made'),
    [
      [],
      ollama({ content: ['x'] }),
      ollama({ tool_calls: [{ function: {} }] }),
      ollama({ tool_calls: called({ function: { name: 'f' } }, 257) }),
    ],
  ],
  [
    'vectors of OpenAI',
    () => createOpenaiEmbeddingReader(WANTED),
    [7, { data: [] }, { data: [{ index: 1, embedding: [1] }] }, { data: [{ index: 0, embedding: ['x'] }] }],
  ],
  [
    'vectors of Ollama',
    () => createOllamaEmbeddingReader(WANTED),
    [7, { embeddings: [[1], [1]] }, { embeddings: [['x']] }, { embeddings: [[]] }],
  ],
])('%s: what is no answer is none', (_name, open, answers) => {
  for (const answer of answers) {
    const reader = open()
    reader.push(JSON.stringify(answer))
    expect(() => reader.end(), JSON.stringify(answer)).toThrow(expect.objectContaining({ code: 'upstream_invalid' }))
  }
})

test.each([createOpenaiEmbeddingReader, createOllamaEmbeddingReader])('an error in place of vectors', (open) => {
  const reader = open(WANTED)
  reader.push('{"error":{"message":"sk-secret"}}')
  expect(() => reader.end()).toThrow(expect.objectContaining({ code: 'upstream_refused' }))
})

test('log probabilities without a token or a number are left out', () => {
  const content = [{ token: 'a', logprob: -1 }, { token: 7, logprob: -1 }, { token: 'b' }, 7]
  const reader = createOpenaiWholeReader(reading)
  reader.push(JSON.stringify(said({ content: 'a' }, { logprobs: { content } })))
  expect(reader.end()[0]).toMatchObject({ text: 'a', logprobs: [{ token: 'a', logprob: -1 }] })
})

test('a line is as long as it may be, also where all of it comes at once', () => {
  for (const [open, line] of [
    [createSseReader, 'data: 1234\n\n'],
    [createNdjsonReader, '1234567890\n'],
  ] as const) {
    open(() => {}, 10).push(line)
    for (const parts of [[line], Array.from(line)])
      expect(() => {
        const reader = open(() => {}, 9)
        for (const part of parts) reader.push(part)
      }).toThrow(expect.objectContaining({ code: 'upstream_invalid' }))
  }
})

test('calls are numbered in their order, however the server numbers them', () => {
  const reader = createOpenaiStreamReader({ choices: 2, newToolCallId: () => 'call_made' })
  const call = (choice: number, index: number | undefined, id?: string, name?: string) => {
    const delta = { tool_calls: [{ index, id, function: { name, arguments: '{}' } }] }
    return `data: ${JSON.stringify({ choices: [{ index: choice, delta }] })}\n\n`
  }
  const deltas = reader.push(
    call(0, 1, 'a', 'f') +
      call(0, 7, 'b', 'f') +
      call(1, 3, 'c', 'f') +
      call(0, 1) +
      call(0, 1, 'x') +
      call(0, 1, 'a', 'f'),
  )
  // Id and name once each, however often they are said: client libraries would put them together.
  expect(deltas.map((delta) => (delta.type === 'tool' ? [delta.id, delta.name] : []))).toEqual([
    ['a', 'f'],
    ['b', 'f'],
    ['c', 'f'],
    [undefined, undefined],
    [undefined, undefined],
    [undefined, undefined],
  ])
  expect(deltas.map((delta) => (delta.type === 'tool' ? [delta.choice, delta.index] : []))).toEqual([
    [0, 0],
    [0, 1],
    [1, 0],
    [0, 0],
    [0, 0],
    [0, 0],
  ])
})

test('two calls of one number, or of none, are two calls', () => {
  for (const index of [0, undefined]) {
    const calls = ['a', 'b'].map((id) => ({ index, id, function: { name: 'f', arguments: `{"${id}":1}` } }))
    const chunks = calls.map((call) => ({ choices: [{ index: 0, delta: { tool_calls: [call] } }] }))
    const deltas = readAll([frames([...chunks, { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] }])])
    expect(deltas.slice(0, 2)).toMatchObject([
      { index: 0, id: 'a', arguments: '{"a":1}' },
      { index: 1, id: 'b', arguments: '{"b":1}' },
    ])
  }
  const many = Array.from({ length: 257 }, (_unused, id) => ({ index: 0, id: `c${id}`, function: { name: 'f' } }))
  expect(() => readAll([frames([{ choices: [{ index: 0, delta: { tool_calls: many } }] }])])).toThrow(/too many/)
})

const calling = (...calls: object[]) => frames([{ choices: [{ index: 0, delta: { tool_calls: calls } }] }])
const over = frames([{ choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] }, '[DONE]'])

test('a call has one name, which is there before its arguments, and an id of its own', () => {
  const f = { name: 'f', arguments: '' }
  expect(readAll([calling({ index: 0, id: 'a' }), calling({ index: 0, function: f }), over])).toMatchObject([
    { type: 'tool', index: 0, id: 'a', name: 'f', arguments: '' },
    { type: 'finish' },
  ])
  for (const calls of [
    calling({ index: 0, id: 'a' }),
    calling({ index: 0, id: 'a', function: { arguments: '{}' } }, { index: 0, function: f }),
    calling({ index: 0, id: 'a', function: f }) + calling({ index: 1, function: { arguments: '{}' } }),
    calling({ index: 0, id: 'a', function: f }) + calling({ index: 0, id: 'a', function: { name: 'g' } }),
  ]) {
    expect(() => readAll([calls, over])).toThrow(expect.objectContaining({ code: 'upstream_invalid' }))
    expect(() => readAll([calls, 'data: [DONE]\n\n'])).toThrow(expect.objectContaining({ code: 'upstream_invalid' }))
  }
  const twice = [0, 1].map((index) => ({ index, id: 'a', function: f }))
  expect(readAll([calling(...twice), over])).toMatchObject([{ id: 'a' }, { id: 'call_made' }, { type: 'finish' }])
  const reader = createOllamaWholeReader(() => 'call_made')
  reader.push(JSON.stringify(ollama({ tool_calls: twice })))
  expect(reader.end()).toMatchObject([{ id: 'a' }, { id: 'call_made' }, { type: 'finish' }])
})

test('a call is told by a name and an id that a caller can send back', () => {
  const f = (name: string, id: string) => ({ index: 0, id, function: { name, arguments: '{}' } })
  const opens = [
    (call: object) => readAll([calling(call), over]),
    (call: object) => {
      const reader = createOllamaWholeReader(() => 'call_made')
      reader.push(JSON.stringify(ollama({ tool_calls: [call] })))
      return reader.end()
    },
  ]
  for (const read of opens) {
    for (const id of ['a\n', 'a\u0000', 'x'.repeat(513)]) expect(read(f('f', id))[0]).toMatchObject({ id: 'call_made' })
    expect(read(f('mcp__a.b/c d', 'a'))[0]).toMatchObject({ id: 'a', name: 'mcp__a.b/c d' })
    for (const name of ['f\u0000', 'f\n', 'x'.repeat(513)])
      expect(() => read(f(name, 'a'))).toThrow(/name that is none/)
  }
})

test('who is told of calls has them, and an answer that is partly of another kind is none', () => {
  const end = (delta: object) => frames([{ choices: [{ index: 0, delta, finish_reason: 'tool_calls' }] }, '[DONE]'])
  expect(readAll([end({ content: 'a' })])).toMatchObject([{ text: 'a' }, { type: 'finish', reason: 'stop' }])
  for (const more of [{ function_call: { name: 'f', arguments: '{}' } }, { audio: { transcript: 'a' } }])
    expect(() => readAll([end({ content: 'a', ...more })])).toThrow(/not asked for/)
  expect(readAll([end({ content: 'a', function_call: null, audio: null })])).toHaveLength(2)
})

test('fewer answers than were asked for are none', () => {
  const two = { ...reading, choices: 2 }
  const end = { finish_reason: 'stop' }
  const whole = createOpenaiWholeReader(two)
  whole.push(JSON.stringify({ choices: [{ index: 1, text: 'x', ...end }] }))
  expect(() => whole.end()).toThrow(/fewer answers/)
  for (const choices of [[{ index: 0, text: 'x', ...end }], [{ index: 1, text: 'x' }]]) {
    const stream = createOpenaiStreamReader(two)
    stream.push(frames([{ choices }, '[DONE]']))
    expect(() => stream.end()).toThrow(/fewer answers/)
  }
})

test('an event that is called an error is one, whatever it says', () => {
  for (const [data, code] of [
    ['{"message":"sk-secret"}', 'upstream_refused'],
    [JSON.stringify(chatChunks(['a'])[1]), 'upstream_refused'],
    ['sk-secret', 'upstream_refused'],
    ['[DONE]', 'upstream_refused'],
    ['{"code":503}', 'overloaded'],
    ['{"error":{"code":429}}', 'overloaded'],
  ] as const)
    expect(() => readAll([frames([chatChunks(['a'])[1]]), `event: error\ndata: ${data}\n\n`, over])).toThrow(
      expect.objectContaining({ code }),
    )
  expect(textOf(readAll([frames(chatChunks(['a'])).replaceAll('data:', 'event: message\ndata:')]))).toBe('a')
})

describe('log probabilities that were asked for are told, or the answer is none', () => {
  const one = { token: 'a', logprob: -1 }
  const full = { ...one, top_logprobs: [one] }
  const openai = (content: object[] | null, alternatives: boolean) =>
    ([createOpenaiStreamReader, createOpenaiWholeReader] as const).map((open) => () => {
      const reader = open({ ...reading, logprobs: { alternatives } })
      const choice = { index: 0, logprobs: content && { content }, finish_reason: 'stop' }
      const stream = open === createOpenaiStreamReader
      const answer = { choices: [{ ...choice, [stream ? 'delta' : 'message']: { content: 'a' } }] }
      return [...reader.push(stream ? frames([answer]) : JSON.stringify(answer)), ...reader.end()]
    })
  const fromOllama = (logprobs: object[] | null, alternatives: boolean) =>
    ([createOllamaStreamReader, createOllamaWholeReader] as const).map((open) => () => {
      const reader = open(() => 'call_made', { alternatives })
      return [...reader.push(`${JSON.stringify({ ...ollama({ content: 'a' }), logprobs })}\n`), ...reader.end()]
    })
  test.each([
    ['OpenAI', openai],
    ['Ollama', fromOllama],
  ] as const)('%s', (_name, runs) => {
    for (const run of [...runs([one], false), ...runs([full], true)])
      expect(run()[0]).toMatchObject({ text: 'a', logprobs: [one] })
    for (const run of [...runs(null, false), ...runs([], false)]) expect(run).toThrow(/no log probabilities/)
    for (const run of runs([one], true)) expect(run).toThrow(/without the alternatives/)
  })
})

test('the first token of an echoed prompt has no probability', () => {
  const reader = createOpenaiWholeReader(reading)
  const logprobs = { tokens: ['a', 'b'], token_logprobs: [null, -1], top_logprobs: null, text_offset: [0, 1] }
  reader.push(JSON.stringify({ choices: [{ text: 'ab', logprobs, finish_reason: 'stop' }] }))
  expect(JSON.parse(JSON.stringify(reader.end()[0]))).toMatchObject({ logprobs: [{ logprob: null }, { logprob: -1 }] })
})

describe('server-sent events', () => {
  const read = (parts: readonly string[]) => {
    const events: [string, string][] = []
    const reader = createSseReader((data, event) => events.push([event, data]))
    for (const part of parts) reader.push(part)
    reader.end()
    return events
  }

  test('the same events for every cut and every kind of line end', () => {
    const line = fc.stringMatching(/^[^\r\n]{0,12}$/)
    const event = fc.record({ name: fc.option(line), data: fc.array(line, { minLength: 1, maxLength: 3 }) })
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 5 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.boolean(),
        (events, newline, places, comments) => {
          const text = events
            .map(({ name, data }) =>
              [
                ...(comments ? [': ping'] : []),
                ...(name === null ? [] : [`event: ${name}`]),
                ...data.map((one) => `data: ${one}`),
                '',
                '',
              ].join(newline),
            )
            .join('')
          const wanted = events.map(({ name, data }) => [name ?? '', data.join('\n')])
          expect(read(cut(text, places))).toEqual(wanted)
        },
      ),
      { seed: 11, numRuns: 1000 },
    )
  })

  test('a line or an event beyond the bound ends the answer', () => {
    const reader = createSseReader(() => {}, 100)
    expect(() => reader.push(`data: ${'x'.repeat(200)}`)).toThrow(/too long/)
    const other = createSseReader(() => {}, 100)
    expect(() => {
      for (let i = 0; i < 50; i++) other.push('data: 0123456789\n')
    }).toThrow(/too long/)
  })
})

describe('a chat stream', () => {
  test('an end without an answer is none', () => {
    expect(() => readAll(['data: [DONE]\n\n'])).toThrow(/without a choice/)
  })

  test('gives the same text for every text and every cut, quotes and escapes included', () => {
    const hard = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        '"',
        '\\',
        '\\"',
        '","finish_reason":"stop',
        '"}}]}\n\ndata: [DONE]\n\n',
        '\u2028',
        '{"content":"x"}',
      ),
    )
    fc.assert(
      fc.property(fc.array(hard, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 30 }), (texts, places) => {
        const deltas = readAll(cut(frames(chatChunks(texts)), places))
        expect(textOf(deltas)).toBe(texts.join(''))
        expect(deltas.filter((delta) => delta.type === 'finish')).toEqual([
          { type: 'finish', choice: 0, reason: 'stop' },
        ])
        expect(deltas.at(-1)).toEqual({ type: 'usage', usage: { inputTokens: 3, outputTokens: 5 } })
      }),
      { seed: 12, numRuns: 1000 },
    )
  })

  test('a chunk that only looks like the learned one is parsed', () => {
    const plain = chatChunks(['a'])[1] as object
    const start = JSON.stringify(plain)
    const open = start.indexOf('"content":"') + '"content":"'.length
    const odd = (inside: string) => `data: ${start.slice(0, open)}${inside}${start.slice(open + 1)}\n\n`
    const lead = `data: ${start}\n\n`
    const tail = frames(chatChunks([]).slice(1))
    expect(textOf(readAll([lead, odd('b","reasoning_content":"c'), tail]))).toBe('ab')
    expect(readAll([lead, odd('b","reasoning_content":"c'), tail])).toContainEqual({
      type: 'reasoning',
      choice: 0,
      text: 'c',
    })
    expect(textOf(readAll([lead, odd('\\u00e9\\n'), tail]))).toBe('aé\n')
    expect(() => readAll([lead, odd('b" oops "'), tail])).toThrow(/not JSON/)
  })

  test('tool calls, reasoning, refusal and several choices', () => {
    const chunk = (index: number, delta: object, finish: string | null = null) => ({
      choices: [{ index, delta, finish_reason: finish }],
    })
    const reader = createOpenaiStreamReader({ choices: 2, newToolCallId: () => 'call_made' })
    const text = frames([
      chunk(0, { reasoning_content: 'hm' }),
      chunk(1, { refusal: 'no' }),
      chunk(0, { tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '' } }] }),
      chunk(0, { tool_calls: [{ index: 0, function: { arguments: '{"a":1}' } }] }),
      chunk(0, { tool_calls: [{ index: 1, function: { name: 'g', arguments: '{}' } }] }),
      chunk(0, {}, 'tool_calls'),
      chunk(1, {}, 'weird'),
      '[DONE]',
    ])
    expect([...reader.push(text), ...reader.end()]).toEqual([
      { type: 'reasoning', choice: 0, text: 'hm' },
      { type: 'refusal', choice: 1, text: 'no' },
      { type: 'tool', choice: 0, index: 0, id: 'c1', name: 'f', arguments: '' },
      { type: 'tool', choice: 0, index: 0, arguments: '{"a":1}' },
      { type: 'tool', choice: 0, index: 1, id: 'call_made', name: 'g', arguments: '{}' },
      { type: 'finish', choice: 0, reason: 'tool_calls' },
      { type: 'finish', choice: 1, reason: 'interrupted' },
    ])
  })

  test("several prompts as llama.cpp's server answers them: nothing first, and a count with each", () => {
    const piece = (index: number, text: string, finish: string | null = null) => ({
      choices: [{ text, index, logprobs: null, finish_reason: finish }],
      object: 'text_completion',
      ...(finish && { usage: { completion_tokens: 3, prompt_tokens: 5 - index, total_tokens: 8 } }),
    })
    const reader = createOpenaiStreamReader({ choices: 2, newToolCallId: () => 'call_made' })
    const text = frames([
      null,
      piece(0, ' login'),
      piece(1, 'a'),
      piece(0, '', 'length'),
      piece(1, '', 'length'),
      '[DONE]',
    ])
    expect([...reader.push(text), ...reader.end()]).toEqual([
      { type: 'text', choice: 0, text: ' login' },
      { type: 'text', choice: 1, text: 'a' },
      { type: 'finish', choice: 0, reason: 'length' },
      { type: 'usage', usage: { inputTokens: 5, outputTokens: 3 } },
      { type: 'finish', choice: 1, reason: 'length' },
      { type: 'usage', usage: { inputTokens: 4, outputTokens: 3 } },
    ])
  })

  test.each([
    ['a stream without an end', frames(chatChunks(['a', 'b']).slice(0, 3))],
    ['nothing at all', ''],
    ['nothing, said twice', frames([null, null, '[DONE]'])],
    ['a page', '<html><body>login</body></html>'],
    ['half a chunk', frames(chatChunks(['a'])).slice(0, 120)],
    ['a choice that was not asked for', frames([{ choices: [{ index: 1, delta: { content: 'x' } }] }, '[DONE]'])],
    ['content of a wrong type', frames([{ choices: [{ index: 0, delta: { content: ['x'] } }] }, '[DONE]'])],
    ['a list', frames([[1], '[DONE]'])],
  ])('%s is refused', (_name, text) => {
    expect(() => readAll([text])).toThrow(expect.objectContaining({ code: 'upstream_invalid' }))
  })

  test('an error frame ends it, and its words are not repeated', () => {
    for (const frame of [{ error: { message: 'sk-secret' } }, { object: 'error', message: 'sk-secret' }]) {
      const run = () => readAll([frames([chatChunks(['a'])[1], frame])])
      expect(run).toThrow(expect.objectContaining({ code: 'upstream_refused' }))
      expect(run).not.toThrow(/sk-secret/)
    }
  })

  test('a missing [DONE] after every finish is forgiven; garbage of any kind never passes as an end', () => {
    expect(textOf(readAll([frames(chatChunks(['a']).slice(0, -1))]))).toBe('a')
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (garbage) => {
        fc.pre(!garbage.includes('[DONE]') && !garbage.includes('finish_reason'))
        expect(() => readAll([garbage])).toThrow()
      }),
      { seed: 13, numRuns: 500 },
    )
  })
})
