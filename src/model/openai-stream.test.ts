import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chatChunks } from '../../test/upstream/scripted.ts'
import type { Delta } from '../core/index.ts'
import { createOpenaiStreamReader } from './openai-stream.ts'
import { createSseReader } from './sse.ts'

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

test('calls are numbered in their order, however the server numbers them', () => {
  const reader = createOpenaiStreamReader({ choices: 2, newToolCallId: () => 'call_made' })
  const call = (choice: number, index: number) => {
    const delta = { tool_calls: [{ index, id: 'a', function: { name: 'f', arguments: '{}' } }] }
    return `data: ${JSON.stringify({ choices: [{ index: choice, delta }] })}\n\n`
  }
  const deltas = reader.push(call(0, 1) + call(0, 7) + call(1, 3) + call(0, 1))
  expect(deltas.map((delta) => (delta.type === 'tool' ? [delta.choice, delta.index] : []))).toEqual([
    [0, 0],
    [0, 1],
    [1, 0],
    [0, 0],
  ])
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

  test.each([
    ['a stream without an end', frames(chatChunks(['a', 'b']).slice(0, 3))],
    ['nothing at all', ''],
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
