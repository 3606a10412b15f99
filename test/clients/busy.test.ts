// A model server that is busy, as the clients of each format see it: its status, its time to come back, and whether they
// try again by themselves. No time is made up where the server gave none.
import Anthropic from '@anthropic-ai/sdk'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { json, type Script, sse } from '../upstream/scripted.ts'
import { answer, type ClientBench, SCRIPTED, startBench } from './gateway.ts'

let bench: ClientBench
beforeAll(async () => {
  bench = await startBench()
})
afterAll(() => bench.close())

const messages = [{ role: 'user' as const, content: 'Hello' }]
const call = (path: string, body: object) => bench.gateway.call(path, { model: SCRIPTED, messages, ...body })

/** Busy for `times` calls, then well. */
function busy(times: number, status: number, headers: Record<string, string> = {}): () => number {
  let asked = 0
  const script: Script = (response, received) => {
    if (asked++ >= times) return json(answer('Here.'))(response, received)
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{"error":{"message":"no"}}')
  }
  bench.upstream.script = script
  return () => asked
}

test.each([429, 503, 529])('%i is what each format calls busy, with the time that the server gave', async (status) => {
  busy(99, status, { 'retry-after': '7' })
  for (const stream of [false, true]) {
    const anthropic = await call('/v1/messages', { max_tokens: 9, stream })
    expect(anthropic.status).toBe(529)
    expect(await anthropic.json()).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } })
    const openai = await call('/v1/chat/completions', { stream })
    expect(openai.status).toBe(503)
    expect(await openai.json()).toMatchObject({ error: { code: 'overloaded', type: 'server_error' } })
    const ollama = await call('/api/chat', { stream })
    expect(ollama.status).toBe(503)
    expect(await ollama.json()).toEqual({ error: 'The model server is busy.' })
    for (const { headers } of [anthropic, openai, ollama]) {
      expect(headers.get('retry-after')).toBe('7')
      expect(headers.get('x-should-retry')).toBeNull()
    }
  }
})

test.each([
  [{}, null],
  [{ 'retry-after': 'soon' }, null],
  [{ 'retry-after': '-1' }, null],
  [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, '0'],
  [{ 'retry-after': 'Thu, 01 Jan 2099 00:00:00 GMT' }, '3600'],
  [{ 'retry-after': '0.2' }, '1'],
  [{ 'retry-after': '99999' }, '3600'],
])('a server that says %j', async (headers, shown) => {
  busy(99, 503, headers)
  const response = await call('/v1/chat/completions', {})
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, shown])
  expect(response.headers.get('x-should-retry')).toBeNull()
})

test('an error within an answer that had begun well counts as busy if its number says so', async () => {
  bench.upstream.script = sse({ error: { code: 503, message: 'Loading model', type: 'unavailable_error' } })
  expect((await call('/v1/messages', { max_tokens: 9, stream: true })).status).toBe(529)
  bench.upstream.script = sse({ error: { code: 500, message: 'no' } })
  expect((await call('/v1/messages', { max_tokens: 9, stream: true })).status).toBe(502)
})

test('clients that try again by themselves do, and get the answer', async () => {
  const openai = new OpenAI({ baseURL: `${bench.gateway.url}/v1`, apiKey: bench.gateway.key })
  let asked = busy(1, 503, { 'retry-after': '0' })
  const said = await openai.chat.completions.create({ model: SCRIPTED, messages })
  expect([said.choices[0]?.message.content, asked()]).toEqual(['Here.', 2])

  const anthropic = new Anthropic({ baseURL: bench.gateway.url, apiKey: bench.gateway.key })
  asked = busy(1, 529)
  const done = await anthropic.messages.create({ model: SCRIPTED, max_tokens: 9, messages })
  expect([done.content, asked()]).toEqual([[{ type: 'text', text: 'Here.' }], 2])
  asked = busy(99, 529)
  const failed = anthropic.messages.create({ model: SCRIPTED, max_tokens: 9, messages }, { maxRetries: 1 })
  await expect(failed).rejects.toMatchObject({ status: 529, error: { error: { type: 'overloaded_error' } } })
  expect(asked()).toBe(2)
  // An outage is no reason to try again.
  asked = busy(99, 500)
  await expect(openai.chat.completions.create({ model: SCRIPTED, messages })).rejects.toMatchObject({ status: 502 })
  expect(asked()).toBe(1)

  const ollama = new Ollama({ host: bench.gateway.url, headers: { authorization: `Bearer ${bench.gateway.key}` } })
  busy(99, 503)
  await expect(ollama.chat({ model: SCRIPTED, messages })).rejects.toThrow('The model server is busy.')
})
