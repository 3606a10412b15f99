// What every route that streams owes its caller and its model server: whoever leaves stops the generation, and an answer that
// breaks off says so in the route's own format.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { breaksAfter, type Script, silent, turn } from '../upstream/scripted.ts'
import { type ClientBench, HALF_STREAM, SCRIPTED, startBench } from './gateway.ts'

let bench: ClientBench
beforeAll(async () => {
  bench = await startBench()
})
afterAll(() => bench.close())

const messages = [{ role: 'user', content: 'hello' }]
const lastLine = (text: string) => text.trimEnd().split('\n').at(-1) ?? ''
const data = (text: string) => JSON.parse(lastLine(text).replace(/^data: /, ''))

/** Path, body, and what the last words of a broken answer must be. */
const ROUTES: readonly [path: string, body: object, broken: (text: string) => void][] = [
  [
    '/v1/chat/completions',
    { messages },
    (text) => {
      expect(data(text).error).toMatchObject({ code: 'upstream_invalid', type: 'server_error' })
      expect(text).not.toContain('[DONE]')
    },
  ],
  [
    '/v1/responses',
    { input: 'hello' },
    (text) => {
      expect(text.trimEnd().split('\n').at(-2)).toBe('event: error')
      expect(data(text)).toMatchObject({ type: 'error', code: 'upstream_invalid', error: { code: 'upstream_invalid' } })
      expect(text).not.toContain('response.completed')
    },
  ],
  [
    '/v1/messages',
    { messages, max_tokens: 500 },
    (text) => {
      expect(text.trimEnd().split('\n').at(-2)).toBe('event: error')
      expect(data(text)).toMatchObject({ type: 'error', error: { type: 'api_error' } })
      expect(text).not.toContain('message_stop')
    },
  ],
  ['/api/chat', { messages }, (text) => expect(data(text)).toEqual({ error: expect.stringMatching(/broke off/) })],
  [
    '/api/generate',
    { prompt: 'hello' },
    (text) => expect(data(text)).toEqual({ error: expect.stringMatching(/broke off/) }),
  ],
]

/** Says half of an answer, and then nothing. */
const pauses: Script = async (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const part of HALF_STREAM) {
    response.write(part)
    await turn()
  }
}

describe.each(ROUTES)('%s', (path, body, broken) => {
  const ask = (stream: boolean, signal?: AbortSignal) =>
    fetch(`${bench.gateway.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bench.gateway.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: SCRIPTED, ...body, stream }),
      ...(signal ? { signal } : {}),
    })

  test.each([true, false])('a caller who leaves before the first byte ends it (stream: %s)', async (stream) => {
    bench.upstream.script = silent
    const arrived = bench.upstream.next()
    const caller = new AbortController()
    const asked = ask(stream, caller.signal).catch(() => {})
    const received = await arrived
    caller.abort()
    await asked
    await received.closed
  })

  test('a caller who leaves in mid-stream ends it', async () => {
    bench.upstream.script = pauses
    const arrived = bench.upstream.next()
    const caller = new AbortController()
    const response = await ask(true, caller.signal)
    const reader = response.body?.getReader()
    await reader?.read()
    caller.abort()
    await (await arrived).closed
  })

  test('an answer that breaks off ends with an error of the format, not like one that is complete', async () => {
    bench.upstream.script = breaksAfter('text/event-stream', HALF_STREAM)
    const response = await ask(true)
    expect(response.status).toBe(200)
    const text = await response.text()
    expect(text).toContain('word')
    broken(text)
  })
})
