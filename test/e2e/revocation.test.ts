// A key is revoked while a hundred streams run on it: the text stops, every client is told, every model server is let go,
// and the log has one ending for each call.
import { once } from 'node:events'
import { type IncomingMessage, request as slowly } from 'node:http'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatChunks, json, type Script, type ScriptedUpstream, startScripted } from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'

const STREAMS = 100
const WORDS = 'a quiet sentence that goes on and on and ends in nothing much; '

/** Talks for ever, a few words every five milliseconds. */
const endless: Script = (response, received) => {
  const { method } = received
  if (method === 'GET') return json({ object: 'list', data: [] })(response, received)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const frame = `data: ${JSON.stringify(chatChunks([WORDS])[1])}\n\n`
  const timer = setInterval(() => response.write(frame), 5)
  response.once('close', () => clearInterval(timer))
}

let upstream: ScriptedUpstream
let gateway: TestGateway
let agent: Agent

beforeAll(async () => {
  upstream = await startScripted(endless)
  agent = new Agent({ connections: 500, pipelining: 1 })
  gateway = await startGateway({
    upstreams: [{ name: 'up', url: upstream.url, connections: 500 }],
    models: [{ name: 'm', upstream: 'up' }],
  })
})
afterAll(async () => {
  await agent.destroy()
  await gateway.close()
  await upstream.close()
})

const admin = async (method: string, path: string, body?: unknown) => {
  const response = await gateway.call(`/admin/v1${path}`, body, { method })
  expect(response.ok, `${method} ${path}: ${response.status}`).toBe(true)
  return response.json() as Promise<Record<string, unknown>>
}

interface Stream {
  /** Pieces with the moment each arrived. */
  readonly pieces: { at: number; text: string }[]
  readonly ended: Promise<void>
}

async function open(
  key: string,
  path = '/v1/chat/completions',
  body: unknown = chat('m', { stream: true }),
): Promise<Stream> {
  const { statusCode, body: answer } = await request(`${gateway.url}${path}`, {
    method: 'POST',
    dispatcher: agent,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(statusCode).toBe(200)
  const pieces: Stream['pieces'] = []
  const ended = (async () => {
    for await (const piece of answer) pieces.push({ at: performance.now(), text: String(piece) })
  })()
  ended.catch(() => {}) // looked at by the test
  return { pieces, ended }
}

const MAKE_WORDS = /quiet|sentence|nothing/

describe.each([
  ['revoking the key', (id: string) => admin('POST', `/keys/${id}/revoke`, { reason: 'leaked' }), 'key_revoked'],
  [
    'suspending the key',
    (id: string) => admin('POST', `/keys/${id}/suspend`, { reason: 'looking into it' }),
    'key_suspended',
  ],
  ['a lock on the model', () => admin('POST', '/locks', { kind: 'model', target: 'm', reason: 'incident' }), 'locked'],
])('%s', (_, act, code) => {
  it(`#5 OpenRisk#345: ends ${STREAMS} running streams`, async () => {
    const locks = (await admin('GET', '/locks')) as { items: { id: string }[] }
    for (const { id } of locks.items) await admin('DELETE', `/locks/${id}`)
    const issued = await admin('POST', '/keys', { owner: 'User:admin', name: `k-${code}` })
    const streams = await Promise.all(Array.from({ length: STREAMS }, () => open(String(issued.key))))
    await expect.poll(() => streams.every(({ pieces }) => pieces.length > 3), { timeout: 20_000 }).toBe(true)
    await fetch(`${upstream.url}/v1/models`) // as the gateway itself does from time to time: no call of anybody
    const before = upstream.calls.length

    const done = await act(String(issued.id))
    const returned = performance.now()
    await Promise.all(streams.map(({ ended }) => ended))

    const late = streams.flatMap(({ pieces }) =>
      pieces.filter(({ at, text }) => at > returned + 50 && MAKE_WORDS.test(text)),
    )
    expect(late).toEqual([])
    for (const { pieces } of streams) {
      const text = pieces.map((piece) => piece.text).join('')
      expect(text).not.toContain('[DONE]')
      const last = text.trim().split('\n\n').at(-1) ?? ''
      expect(JSON.parse(last.replace(/^data: /, ''))).toMatchObject({ error: { code } })
    }
    const calls = upstream.calls.slice(before - STREAMS, before)
    await Promise.all(calls.map(({ closed }) => closed))

    const { items } = (await admin('GET', `/audit?kind=call.finished&credential=key/${issued.id}&limit=200`)) as {
      items: { call: string; reason: string; data: { endedBy: string } }[]
    }
    expect(items).toHaveLength(STREAMS)
    expect(new Set(items.map(({ call }) => call)).size).toBe(STREAMS)
    expect(new Set(items.map(({ reason }) => reason))).toEqual(new Set([code]))
    const { event } = done.receipt as { event: string }
    const logged = await admin('GET', `/audit/${event}`)
    expect(logged.kind).toBe({ key_revoked: 'key.revoked', key_suspended: 'key.suspended', locked: 'lock.added' }[code])
    // And what moved it: the change of the key, or the lock.
    const cause = code === 'locked' ? `lock/${done.id}` : `key/${issued.id}`
    expect(new Set(items.map(({ data }) => data.endedBy))).toEqual(new Set([cause]))
    const again = await gateway.call('/v1/chat/completions', chat('m'), { key: String(issued.key) })
    expect([401, 403]).toContain(again.status)
  })
})

it('a key that is revoked while the body is on its way begins no call', async () => {
  const { id, key } = await admin('POST', '/keys', { owner: 'User:admin', name: 'slow' })
  const before = upstream.calls.length
  const call = slowly(`${gateway.url}/v1/embeddings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, expect: '100-continue' },
  })
  call.flushHeaders()
  await once(call, 'continue') // who asks is known, and what is asked is waited for
  await admin('POST', `/keys/${id}/revoke`, { reason: 'leaked' })
  call.end(JSON.stringify({ model: 'm', input: 'hello' }))
  const [answer] = (await once(call, 'response')) as [IncomingMessage]
  let text = ''
  for await (const piece of answer) text += piece
  expect([answer.statusCode, JSON.parse(text)]).toMatchObject([401, { error: { code: 'key_revoked' } }])
  expect(upstream.calls).toHaveLength(before)
})
