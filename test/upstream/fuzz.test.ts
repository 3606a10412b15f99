// Every reader of a model server's bytes with every writer of a client's, over streams that are cut at any byte, spelt in any
// way that a server may, damaged, or made to hurt. Whatever comes: the same for every cut; nothing but a Fault of the model
// server's is thrown; half an answer never passes for a whole one; and each frame that leaves is one frame of its format.
// FUZZ_RUNS sets how many streams, FUZZ_SEED which.
import { StringDecoder } from 'node:string_decoder'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Delta, Fault, type ModelRequest } from '../../src/core/index.ts'
import type { Wire } from '../../src/gateway/index.ts'
import { createOllamaStreamReader, createOllamaWholeReader } from '../../src/model/ollama-read.ts'
import { createOpenaiStreamReader, createOpenaiWholeReader } from '../../src/model/openai-stream.ts'
import type { AnswerReader } from '../../src/model/upstream.ts'
import { WIRES } from './wires.ts'

const RUNS = Number(process.env.FUZZ_RUNS ?? 150)
const SEED = Number(process.env.FUZZ_SEED ?? 61)
const newId = () => 'call_made'
const reading = { choices: 2, newToolCallId: newId, stops: ['END'] }
interface Source {
  readonly open: () => AnswerReader
  /** Frames of one well-formed answer. */
  readonly frames: fc.Arbitrary<readonly string[]>
  readonly streams: 'sse' | 'ndjson' | 'no'
}

const words = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('"', '\\', '\n', '\r\n', '\u2028', '\ufeff', 'data: x\n\n', '[DONE]', '"}]}', '\ud83e', '🦊', '\0'),
)
const args = fc.oneof(fc.constantFrom('', '{', '{"a":', '1}', '{}'), words)
/** What servers add that nobody asked for. */
const extra = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  fc.dictionary(
    fc.constantFrom('id', 'x', 'system_fingerprint', 'usage', 'created', 'error', 'object'),
    fc.jsonValue({ maxDepth: 2 }),
  ),
)
const toolCall = (name: fc.Arbitrary<string | undefined>) =>
  fc
    .tuple(
      fc.record({ index: fc.nat({ max: 3 }), id: fc.constantFrom('a', '', 'b') }, { requiredKeys: [] }),
      fc.record({ name, arguments: args }, { requiredKeys: ['name'] }),
    )
    .map(([more, called]) => ({ ...more, function: called }))
const openaiDelta = fc.oneof(
  fc.record({ content: words }),
  fc.record({ role: fc.constant('assistant'), content: fc.constantFrom('', null) }),
  fc.record({ reasoning_content: words }),
  fc.record({ reasoning: words }),
  fc.record({ refusal: words }),
  fc.constantFrom({}, null),
  fc.record({
    tool_calls: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: toolCall(fc.constant('f')) },
        { weight: 1, arbitrary: toolCall(fc.constantFrom('g', '', undefined)) },
      ),
      { maxLength: 3 },
    ),
  }),
)
const chunk = (of: fc.Arbitrary<object>) =>
  fc.tuple(of, fc.nat({ max: 1 }), extra).map(([said, index, more]) => ({ ...more, choices: [{ index, ...said }] }))
const openaiEnd = [0, 1].map((index) => ({ choices: [{ index, delta: {}, finish_reason: 'stop' }] }))
const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
const line = (value: unknown) => `${JSON.stringify(value)}\n`
const ollamaSaid = fc.oneof(
  fc.record({ content: words }),
  fc.record({ content: fc.constant(''), thinking: words }),
  fc.record({
    content: words,
    tool_calls: fc.array(
      fc.record({ function: fc.record({ name: fc.constantFrom('f', 'g'), arguments: fc.jsonValue({ maxDepth: 2 }) }) }),
      { maxLength: 3 },
    ),
  }),
)
const ollamaEnd = { done: true, done_reason: 'stop', prompt_eval_count: 1, eval_count: 2, total_duration: 5 }

const SOURCES: Record<string, Source> = {
  'openai chat stream': {
    open: () => createOpenaiStreamReader(reading),
    frames: fc
      .array(chunk(openaiDelta.map((delta) => ({ delta }))), { maxLength: 6 })
      .map((chunks) => [...[...chunks, ...openaiEnd].map(event), 'data: [DONE]\n\n']),
    streams: 'sse',
  },
  'openai completions stream': {
    open: () => createOpenaiStreamReader(reading),
    frames: fc
      .array(chunk(words.map((text) => ({ text }))), { maxLength: 6 })
      .map((chunks) => [...[...chunks, ...openaiEnd].map(event), 'data: [DONE]\n\n']),
    streams: 'sse',
  },
  'openai whole': {
    open: () => createOpenaiWholeReader(reading),
    frames: fc
      .tuple(openaiDelta, extra)
      .map(([message, more]) => [JSON.stringify({ ...more, choices: [{ index: 0, message, finish_reason: 'stop' }] })]),
    streams: 'no',
  },
  'ollama chat stream': {
    open: () => createOllamaStreamReader(newId),
    frames: fc
      .array(fc.tuple(ollamaSaid, extra), { maxLength: 6 })
      .map((said) => [
        ...said.map(([message, more]) => line({ ...more, message, done: false })),
        line({ message: { content: '' }, ...ollamaEnd }),
      ]),
    streams: 'ndjson',
  },
  'ollama generate stream': {
    open: () => createOllamaStreamReader(newId),
    frames: fc
      .array(words, { maxLength: 6 })
      .map((said) => [
        ...said.map((response) => line({ response, done: false })),
        line({ response: '', ...ollamaEnd }),
      ]),
    streams: 'ndjson',
  },
  'ollama whole': {
    open: () => createOllamaWholeReader(newId),
    frames: fc.tuple(ollamaSaid, extra).map(([message, more]) => [JSON.stringify({ ...more, message, ...ollamaEnd })]),
    streams: 'no',
  },
}

/** What is done to the bytes of an answer; `at` chooses the place. */
type Harm = (bytes: Buffer, at: number) => Buffer
const insert =
  (what: Buffer): Harm =>
  (bytes, at) =>
    Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)])
const DEEP = 200_000
const HARMS: Record<string, Harm> = {
  none: (bytes) => bytes,
  'cut off': (bytes, at) => bytes.subarray(0, at),
  'a byte turned over': (bytes, at) => {
    const copy = Buffer.from(bytes)
    if (copy.length > 0) copy[at % copy.length] = (copy[at % copy.length] as number) ^ 0x55
    return copy
  },
  'half a character': insert(Buffer.from([0xf0, 0x9f])),
  'no UTF-8': insert(Buffer.from([0xc0, 0xff, 0xed, 0xa0, 0x80])),
  'a byte order mark': insert(Buffer.from([0xef, 0xbb, 0xbf])),
  'line ends': insert(Buffer.from('\r\n\r\n\n\r')),
  'a field twice': (bytes) =>
    Buffer.from(bytes.toString('latin1').replace('{"', '{"choices":[],"message":{},"done":false,"'), 'latin1'),
  __proto__: (bytes) =>
    Buffer.from(
      bytes.toString('latin1').replace('{"', '{"__proto__":{"error":null,"done":true},"constructor":1,"'),
      'latin1',
    ),
  'deep lists': (bytes) =>
    Buffer.from(bytes.toString('latin1').replace('{"', `{"z":${'['.repeat(DEEP)}${']'.repeat(DEEP)},"`), 'latin1'),
  'deep arguments': (bytes) =>
    Buffer.from(
      bytes
        .toString('latin1')
        .replace(/"arguments":(?:"[^"]*"|\{\})/, `"arguments":${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`),
      'latin1',
    ),
}

type Outcome = { deltas: Delta[] } | { code: string }

/** As the drivers do it: bytes decoded piece by piece, then the end. */
function run(open: () => AnswerReader, bytes: Buffer, cuts: readonly number[]): Outcome {
  const reader = open()
  const decoder = new StringDecoder('utf8')
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  const deltas: Delta[] = []
  try {
    let from = 0
    for (const to of [...at, bytes.length]) {
      deltas.push(...reader.push(decoder.write(bytes.subarray(from, to))))
      from = to
    }
    deltas.push(...reader.push(decoder.end()), ...reader.end())
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { code: error.code }
  }
  return { deltas }
}

const REQUEST: ModelRequest = { action: 'chat', model: 'm', messages: [], inputs: [], params: {}, stream: true }

/** Frames as a client splits them. */
function framesOf(wire: Wire, text: string): unknown[] {
  const ndjson = wire.name.startsWith('ollama')
  if (text !== '') expect(text.endsWith(ndjson ? '\n' : '\n\n')).toBe(true)
  return text
    .split(ndjson ? '\n' : '\n\n')
    .filter((frame) => frame !== '')
    .flatMap((frame) => {
      if (ndjson) return [JSON.parse(frame)]
      const lines = frame.split(/\r\n|\n|\r/)
      expect(lines.filter((one) => one.startsWith('data: '))).toHaveLength(1)
      expect(lines.every((one) => one.startsWith('data: ') || one.startsWith('event: '))).toBe(true)
      const data = (lines.at(-1) as string).slice(6)
      return data === '[DONE]' ? [] : [JSON.parse(data)]
    })
}

function written(wire: Wire, deltas: readonly Delta[]): void {
  const context = { request: REQUEST, model: 'm', callId: 'c', created: 1 }
  const writer = wire.writer(context)
  let out = ''
  try {
    for (const delta of deltas) out += writer.batch([delta])
    out += writer.end()
    JSON.parse(wire.writer(context).whole(deltas))
  } catch (error) {
    // Arguments that are no object have no place in some formats, and half a call has none in any.
    if (!(error instanceof Fault) || !['upstream_invalid', 'request_rejected'].includes(error.code)) throw error
    out += writer.cut(error, { requestId: 'c' })
  }
  framesOf(wire, out)
}

const CODES = ['upstream_invalid', 'upstream_refused', 'overloaded']

describe.each(Object.entries(SOURCES))('%s', (_name, { open, frames, streams }) => {
  test.each(Object.keys(HARMS))('%s', (harm) => {
    const slow = harm.startsWith('deep')
    fc.assert(
      fc.property(frames, fc.nat(), fc.array(fc.nat(), { maxLength: 12 }), (parts, place, cuts) => {
        const whole = Buffer.from(parts.join(''))
        const bytes = (HARMS[harm] as Harm)(whole, place % (whole.length + 1))
        const once = run(open, bytes, [])
        expect(run(open, bytes, cuts)).toEqual(once)
        if ('code' in once) {
          expect(CODES).toContain(once.code)
          return
        }
        for (const wire of WIRES) written(wire, once.deltas)
      }),
      { seed: SEED, numRuns: slow ? Math.ceil(RUNS / 30) : RUNS },
    )
  })

  test.runIf(streams !== 'no')('half of it never passes for the whole', () => {
    fc.assert(
      fc.property(frames, fc.nat(), (parts, place) => {
        // Up to the first frame that ends anything.
        const end = parts.findIndex((part) => /"finish_reason":"stop"|"done":true/.test(part))
        const bytes = Buffer.from(parts.slice(0, end).join(''))
        expect(run(open, bytes.subarray(0, place % (bytes.length + 1)), [])).toHaveProperty('code')
      }),
      { seed: SEED, numRuns: RUNS },
    )
  })

  test.runIf(streams === 'sse')('every spelling of the same events is the same answer', () => {
    const ends = fc.array(fc.constantFrom('\n', '\r\n', '\r'), { minLength: 1, maxLength: 5 })
    const between = fc.constantFrom('', ': ping', 'id: 7', 'retry: 10', 'event: message', 'x', ':')
    fc.assert(
      fc.property(
        frames,
        ends,
        between,
        fc.boolean(),
        fc.array(fc.nat(), { maxLength: 12 }),
        (parts, eol, noise, bom, cuts) => {
          const text = parts
            .map((part, index) => {
              // One kind for each event: a return before a line feed would be one line end.
              const end = eol[index % eol.length] as string
              return `${noise === '' ? '' : noise + end}${part.trimEnd()}${end}${end}`
            })
            .join('')
          const spelt = Buffer.from((bom ? '\ufeff' : '') + text)
          expect(run(open, spelt, cuts)).toEqual(run(open, Buffer.from(parts.join('')), []))
        },
      ),
      { seed: SEED, numRuns: RUNS },
    )
  })
})

test.each(WIRES.map((wire) => [wire.name, wire] as const))('deep arguments in %s', (_name, wire) => {
  for (const [open, shut] of [
    ['{"a":', '}'],
    ['[', ']'],
  ] as const) {
    const text = `{"b":${open.repeat(DEEP)}1${shut.repeat(DEEP)}}`
    const half = Math.floor(text.length / 2)
    written(wire, [
      { type: 'tool', choice: 0, index: 0, id: 'a', name: 'f', arguments: text.slice(0, half) },
      { type: 'tool', choice: 0, index: 0, arguments: text.slice(half) },
      { type: 'finish', choice: 0, reason: 'tool_calls' },
    ])
  }
})

test.each(WIRES.map((wire) => [wire.name, wire] as const))('very many tokens in %s', (_name, wire) => {
  const logprobs = Array.from({ length: DEEP }, () => ({ token: 'a ', logprob: -1 }))
  const finish = { type: 'finish', choice: 0, reason: 'stop' } as const
  written(wire, [{ type: 'text', choice: 0, text: 'a '.repeat(DEEP), logprobs }, finish])
})
