// Any wire format reaches any model: what a model says comes back as it was said, through every pair of formats, streamed and
// whole; and the body an upstream gets holds what was asked and nothing else.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Delta } from '../../src/core/index.ts'
import type { Wire } from '../../src/gateway/index.ts'
import {
  anthropicMessages,
  ollamaChat,
  ollamaEmbed,
  ollamaGenerate,
  openaiChat,
  openaiCompletions,
  openaiEmbeddings,
  openaiResponses,
} from '../../src/gateway/wire/index.ts'
import { createDriver, type Driver, type HttpKind } from '../../src/model/index.ts'
import { chatChunks, json, KINDS_OF_SERVER, pieces, type ScriptedUpstream, SENDING, startScripted } from './scripted.ts'

const PROMPT = 'What is it?'
const MESSAGES = [{ role: 'user', content: PROMPT }]

interface Format {
  readonly wire: Wire
  readonly body: object
  /** Text of a whole answer. */
  readonly whole: (answer: never) => string
  /** Text of one frame of a stream. */
  readonly piece: (frame: never) => string
}

const FORMATS: Record<string, Format> = {
  'openai chat': {
    wire: openaiChat,
    body: { messages: MESSAGES },
    whole: (answer: { choices: [{ message: { content: string } }] }) => answer.choices[0].message.content,
    piece: (frame: { choices: { delta: { content?: string } }[] }) => frame.choices[0]?.delta.content ?? '',
  },
  'openai completions': {
    wire: openaiCompletions,
    body: { prompt: PROMPT },
    whole: (answer: { choices: [{ text: string }] }) => answer.choices[0].text,
    piece: (frame: { choices: { text: string }[] }) => frame.choices[0]?.text ?? '',
  },
  'openai responses': {
    wire: openaiResponses,
    body: { input: PROMPT },
    whole: (answer: { output: { content: { text: string }[] }[] }) => answer.output[0]?.content[0]?.text ?? '',
    piece: (frame: { type: string; delta?: string }) =>
      frame.type === 'response.output_text.delta' ? (frame.delta ?? '') : '',
  },
  'anthropic messages': {
    wire: anthropicMessages,
    body: { messages: MESSAGES, max_tokens: 100 },
    whole: (answer: { content: { text: string }[] }) => answer.content[0]?.text ?? '',
    piece: (frame: { delta?: { text?: string } }) => frame.delta?.text ?? '',
  },
  'ollama chat': {
    wire: ollamaChat,
    body: { messages: MESSAGES },
    whole: (answer: { message: { content: string } }) => answer.message.content,
    piece: (frame: { message: { content: string } }) => frame.message.content,
  },
  'ollama generate': {
    wire: ollamaGenerate,
    body: { prompt: PROMPT },
    whole: (answer: { response: string }) => answer.response,
    piece: (frame: { response: string }) => frame.response,
  },
}

let upstream: ScriptedUpstream
const drivers = new Map<HttpKind, Driver>()
beforeAll(async () => {
  upstream = await startScripted(json({}))
  for (const kind of KINDS_OF_SERVER) drivers.set(kind, createDriver(kind, { url: upstream.url }))
})
afterAll(async () => {
  for (const driver of drivers.values()) await driver.close()
  await upstream.close()
})

/** The model server says these texts, in its own format, its bytes cut at these places. */
function say(kind: HttpKind, path: string, texts: readonly string[], stream: boolean, places: readonly number[]): void {
  const ollama = kind === 'ollama'
  const field = (text: string) => {
    if (path === 'chat') return ollama ? { message: { role: 'assistant', content: text } } : { content: text }
    return ollama ? { response: text } : { text }
  }
  const end = { done: true, done_reason: 'stop', prompt_eval_count: 3, eval_count: 5 }
  if (!stream) {
    const text = texts.join('')
    const choice = path === 'chat' ? { message: field(text) } : field(text)
    upstream.script = json(
      ollama ? { ...field(text), ...end } : { choices: [{ index: 0, ...choice, finish_reason: 'stop' }] },
    )
    return
  }
  const frames = ollama
    ? [...texts.map((text) => ({ ...field(text), done: false })), { ...field(''), ...end }].map(
        (one) => `${JSON.stringify(one)}\n`,
      )
    : (path === 'chat'
        ? chatChunks(texts)
        : [
            ...texts.map((text) => ({ choices: [{ index: 0, text, finish_reason: null }] })),
            { choices: [{ index: 0, text: '', finish_reason: 'stop' }] },
            '[DONE]',
          ]
      ).map((one) => `data: ${typeof one === 'string' ? one : JSON.stringify(one)}\n\n`)
  const bytes = Buffer.from(frames.join(''))
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  const parts = [...at, bytes.length].map((stop, index) => bytes.subarray(at[index - 1] ?? 0, stop))
  upstream.script = pieces(ollama ? 'application/x-ndjson' : 'text/event-stream', parts)
}

const frames = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('event:') && line !== 'data: [DONE]')
    .map((line) => JSON.parse(line.replace(/^data: /, '')))

async function run(
  format: Format,
  kind: HttpKind,
  texts: readonly string[],
  stream: boolean,
  places: readonly number[],
) {
  const request = format.wire.read(Buffer.from(JSON.stringify({ model: 'shown', ...format.body, stream })), {})
  say(kind, request.messages.length > 0 ? 'chat' : 'complete', texts, stream, places)
  const reply = await (drivers.get(kind) as Driver).send({ ...request, model: 'upstream-name' }, SENDING)
  const writer = format.wire.writer({ request, model: 'shown', callId: 'call_1', created: 0 })
  const batches: Delta[][] = []
  for await (const batch of reply) batches.push(batch)
  if (!stream) return format.whole(JSON.parse(writer.whole(batches.flat())) as never)
  const text = batches.map((batch) => writer.batch(batch)).join('') + writer.end()
  return frames(text)
    .map((frame) => format.piece(frame as never))
    .join('')
}

describe.each(Object.entries(FORMATS))('%s', (_name, format) => {
  test.each(KINDS_OF_SERVER)('to %s', async (kind) => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.constantFrom('"', '\\', '\n', '}', '[DONE]'),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        fc.array(fc.nat(), { maxLength: 8 }),
        async (texts, stream, places) => {
          expect(await run(format, kind, texts, stream, places)).toBe(texts.join(''))
          const sent = upstream.received.at(-1)
          expect(sent?.body).toContain(JSON.stringify(PROMPT))
          expect(sent?.body).toContain('"upstream-name"')
          expect(sent?.body).not.toContain('shown')
        },
      ),
      { seed: 41, numRuns: 25 },
    )
  })
})

test.each([
  ['openai', openaiEmbeddings],
  ['ollama', ollamaEmbed],
] as const)('vectors asked for as %s come from every kind of server', async (_name, wire) => {
  for (const kind of KINDS_OF_SERVER) {
    const request = wire.read(Buffer.from(JSON.stringify({ model: 'shown', input: ['a', 'b'] })), {})
    upstream.script = json(
      kind === 'ollama'
        ? {
            embeddings: [
              [1, 2],
              [3, 4],
            ],
          }
        : {
            data: [
              { index: 1, embedding: [3, 4] },
              { index: 0, embedding: [1, 2] },
            ],
          },
    )
    const deltas: Delta[] = []
    for await (const batch of await (drivers.get(kind) as Driver).send(request, SENDING)) deltas.push(...batch)
    const body = JSON.parse(wire.writer({ request, model: 'shown', callId: 'c', created: 0 }).whole(deltas))
    expect(body.embeddings ?? body.data.map((one: { embedding: number[] }) => one.embedding)).toEqual([
      [1, 2],
      [3, 4],
    ])
  }
})
