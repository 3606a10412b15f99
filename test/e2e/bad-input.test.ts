// What comes in wrong, from callers and from model servers: a clear error in the caller's wire format, and nothing lost.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  breaksAfter,
  chatChunks,
  json,
  pieces,
  type ScriptedUpstream,
  silent,
  sse,
  startScripted,
} from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'

let upstream: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  upstream = await startScripted(json({ object: 'list', data: [] }))
  gateway = await startGateway({
    upstreams: [{ name: 'up', url: upstream.url, firstByteTimeoutSeconds: 1, idleTimeoutSeconds: 1 }],
    models: [{ name: 'm', upstream: 'up' }],
    limits: { bodyBytes: 4096 },
  })
})
beforeEach(() => {
  upstream.script = sse(...chatChunks(['fine']))
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

const PATH = '/v1/chat/completions'
const code = async (response: Response): Promise<[number, string]> => {
  const { error } = (await response.json()) as { error: { code: string } }
  return [response.status, error.code]
}

describe('from callers', () => {
  it.each([
    ['text that is not JSON', '{"model": "m",', 400, 'malformed_request'],
    ['a key twice', '{"model":"m","model":"n","messages":[]}', 400, 'malformed_request'],
    ['a list instead of an object', '[]', 400, 'malformed_request'],
    ['a model that is no text', '{"model":7,"messages":[{"role":"user","content":"x"}]}', 400, 'malformed_request'],
    ['messages of a wrong type', '{"model":"m","messages":"hello"}', 400, 'malformed_request'],
    [
      'a field nobody knows',
      '{"model":"m","messages":[{"role":"user","content":"x"}],"frobnicate":1}',
      400,
      'unsupported_parameter',
    ],
    ['an unknown model', '{"model":"nothing","messages":[{"role":"user","content":"x"}]}', 404, 'model_not_found'],
    ['too much', `{"model":"m","messages":[{"role":"user","content":"${'x'.repeat(5000)}"}]}`, 413, 'body_too_large'],
  ])('%s', async (_, body, status, fault) => {
    expect(await code(await gateway.call(PATH, body))).toEqual([status, fault])
    expect(upstream.calls).toEqual([])
  })

  it('no credential, a wrong one, one in the query, two different ones', async () => {
    const ask = (headers: Record<string, string>, query = '') =>
      fetch(`${gateway.url}${PATH}${query}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(chat('m', { stream: true })),
      })
    expect((await ask({})).status).toBe(401)
    expect((await ask({ authorization: 'Bearer spk_no' })).status).toBe(401)
    expect((await ask({}, `?api_key=${gateway.key}`)).status).toBe(401)
    const both = await ask({ authorization: `Bearer ${gateway.key}`, 'x-api-key': 'spk_other' })
    expect(await code(both)).toEqual([400, 'conflicting_credentials'])
    expect((await ask({ 'x-api-key': gateway.key })).status).toBe(200)
    expect((await ask({ 'api-key': gateway.key })).status).toBe(200)
  })

  it('an unknown path, and a known path with another method', async () => {
    expect((await gateway.call('/v1/nothing', {})).status).toBe(404)
    expect((await gateway.call(PATH, {}, { method: 'PUT' })).status).toBe(404)
  })
})

const whole = {
  id: 'x',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'fine' }, finish_reason: 'stop' }],
}
describe('from model servers', () => {
  it.each([
    ['rubbish', pieces('application/json', ['<html>no</html>']), 502, 'upstream_invalid'],
    ['another content type', pieces('text/html', ['<html>no</html>']), 502, 'upstream_invalid'],
    ['an error of its own', json({ error: { message: 'secret detail' } }, 500), 502, 'upstream_refused'],
    [
      'more levels than anybody needs',
      json({ ...whole, deep: JSON.parse('['.repeat(99) + ']'.repeat(99)) }),
      502,
      'upstream_invalid',
    ],
    ['what it takes for invalid', json({ error: { message: 'secret detail' } }, 400), 400, 'request_rejected'],
    ['a redirect', pieces('text/plain', [''], 302), 502, 'upstream_invalid'],
    ['a connection that breaks', breaksAfter('application/json', ['{"id":']), 502, 'upstream_invalid'],
    ['silence', silent, 504, 'upstream_timeout'],
  ])('whole: %s', async (_, script, status, fault) => {
    upstream.script = script
    const response = await gateway.call(PATH, chat('m'))
    const text = await response.clone().text()
    expect(text).not.toContain('secret detail')
    expect(await code(response)).toEqual([status, fault])
  })

  it('streamed: a chunk cut in the middle ends with an error frame and no [DONE]', async () => {
    const frame = `data: ${JSON.stringify(chatChunks(['the first words of an answer that is long enough to leave, and '])[1])}\n\n`
    upstream.script = breaksAfter('text/event-stream', [frame, 'data: {"choices":[{"ind'])
    const text = await (await gateway.call(PATH, chat('m', { stream: true }))).text()
    expect(text).toContain('the first words')
    expect(text).not.toContain('[DONE]')
    const last = text.trim().split('\n\n').at(-1) ?? ''
    expect(JSON.parse(last.replace(/^data: /, ''))).toMatchObject({
      error: { code: expect.stringMatching(/^upstream_/) },
    })
  })

  it('streamed: characters split over packets arrive whole', async () => {
    const bytes = Buffer.from(
      `data: ${JSON.stringify(chatChunks(['grüße 🦊 日本'])[1])}\n\ndata: ${JSON.stringify(chatChunks(['x'])[2])}\n\ndata: [DONE]\n\n`,
    )
    upstream.script = pieces(
      'text/event-stream',
      Array.from(bytes, (byte) => Buffer.from([byte])),
    )
    const text = await (await gateway.call(PATH, chat('m', { stream: true }))).text()
    const said = [...text.matchAll(/"content":("(?:[^"\\]|\\.)*")/g)]
      .map(([, piece]) => JSON.parse(piece ?? '""'))
      .join('')
    expect(said).toBe('grüße 🦊 日本') // the guard may let it go in more pieces than it came
    expect(text.trim().endsWith('[DONE]')).toBe(true)
  })

  it('streamed: a failure before the first word is a status, not a stream', async () => {
    upstream.script = json({ error: 'overloaded' }, 503)
    const response = await gateway.call(PATH, chat('m', { stream: true }))
    expect(await code(response)).toEqual([503, 'overloaded'])
  })

  it('a client that leaves makes the model server stop', async () => {
    upstream.script = silent
    const asked = upstream.next()
    const leave = new AbortController()
    const call = fetch(`${gateway.url}${PATH}`, {
      method: 'POST',
      signal: leave.signal,
      headers: { authorization: `Bearer ${gateway.key}` },
      body: JSON.stringify(chat('m')),
    }).catch(() => undefined)
    const received = await asked
    leave.abort()
    await received.closed
    await call
  })
})
