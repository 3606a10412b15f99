import { expect, test } from 'vitest'
import type { Delta, ModelRequest } from '../../core/index.ts'
import type { Wire } from '../ports.ts'
import { openaiEmbeddings } from './embeddings.ts'
import { openaiCompletions } from './openai-completions.ts'

const read = (wire: Wire, body: unknown): ModelRequest => wire.read(Buffer.from(JSON.stringify(body)), {})
const writer = (wire: Wire, body: object) =>
  wire.writer({ request: read(wire, { model: 'm', ...body }), model: 'm', callId: 'call_1', created: 1700000000 })

test('a completion is read and written', () => {
  expect(
    read(openaiCompletions, {
      model: 'm',
      prompt: ['a', 'b'],
      max_tokens: 3,
      suffix: 's',
      echo: true,
      best_of: 2,
      logprobs: 1,
      stop: null,
    }),
  ).toEqual({
    action: 'complete',
    model: 'm',
    messages: [],
    inputs: ['a', 'b'],
    params: { maxTokens: 3, suffix: 's', echo: true, bestOf: 2, topLogprobs: 1, logprobs: true },
    stream: false,
  })
  const out = writer(openaiCompletions, { prompt: 'a', stream: true })
  const frames =
    out.batch([
      { type: 'text', choice: 1, text: '"x"' },
      { type: 'finish', choice: 1, reason: 'length' },
    ]) + out.end()
  expect(
    frames
      .split('\n\n')
      .slice(0, -2)
      .map((frame) => JSON.parse(frame.slice(6)).choices[0]),
  ).toEqual([
    { index: 1, text: '"x"', logprobs: null, finish_reason: null },
    { index: 1, text: '', logprobs: null, finish_reason: 'length' },
  ])
  expect(frames.endsWith('data: [DONE]\n\n')).toBe(true)
})

test('a token says where in the text of its choice it begins, whole and streamed', () => {
  const said = (choice: number, text: string, ...tokens: string[]): Delta => ({
    type: 'text',
    choice,
    text,
    ...(tokens.length === 0 ? {} : { logprobs: tokens.map((token) => ({ token, logprob: -1 })) }),
  })
  // The guard has changed what " 12" said, and let the beginning of " you" go before its token.
  const deltas = [said(0, '🦊 is', '🦊', ' is'), said(1, 'No', 'No'), said(0, ' [NUM] y'), said(0, 'ou.', ' you', '.')]
  const offsets = { 0: [0, 1, 10, 14], 1: [0] }
  const ask = { prompt: 'a', logprobs: 0 }
  const { choices } = JSON.parse(writer(openaiCompletions, ask).whole(deltas))
  const streamed = writer(openaiCompletions, { ...ask, stream: true })
    .batch(deltas)
    .split('\n\n')
    .slice(0, -1)
  const pieces = streamed.map((frame) => JSON.parse(frame.slice(6)).choices[0])
  for (const [choice, expected] of Object.entries(offsets)) {
    expect(choices[choice].logprobs.text_offset).toEqual(expected)
    const its = pieces.filter(({ index }) => index === Number(choice))
    expect(its.flatMap(({ logprobs }) => logprobs?.text_offset ?? [])).toEqual(expected)
  }
})

test.each<[Wire, object, string]>([
  [openaiCompletions, { prompt: [] }, 'prompt'],
  [openaiCompletions, { prompt: 'a', best_of: 'x' }, 'best_of'],
  [openaiCompletions, { prompt: Array(65).fill('a') }, 'prompt'],
  [openaiEmbeddings, { input: Array(2049).fill('a') }, 'input'],
  [openaiEmbeddings, { input: ['a', 1] }, 'input[1]'],
  [openaiEmbeddings, { input: [] }, 'input'],
  [openaiEmbeddings, { input: 'a', encoding_format: 'hex' }, 'encoding_format'],
])('%o %j is malformed', (wire, body, param) => {
  expect(() => read(wire, { model: 'm', ...body })).toThrow(
    expect.objectContaining({ code: 'malformed_request', data: { param } }),
  )
})

test('vectors as numbers and as base64', () => {
  const deltas: Delta[] = [
    { type: 'embedding', index: 0, vector: [0.5, -1] },
    { type: 'usage', usage: { inputTokens: 2, outputTokens: 0 } },
  ]
  expect(JSON.parse(writer(openaiEmbeddings, { input: 'a' }).whole(deltas))).toEqual({
    object: 'list',
    data: [{ object: 'embedding', index: 0, embedding: [0.5, -1] }],
    model: 'm',
    usage: { prompt_tokens: 2, total_tokens: 2 },
  })
  const packed = JSON.parse(writer(openaiEmbeddings, { input: 'a', encoding_format: 'base64' }).whole(deltas))
  const bytes = Buffer.from(packed.data[0].embedding, 'base64')
  expect([bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([0.5, -1])
})
