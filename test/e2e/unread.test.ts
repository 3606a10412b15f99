// Answers that a client leaves lying: whoever loses the right to them does not get what has not arrived yet.
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { json, type ScriptedUpstream, startScripted } from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'

/** More than the buffers of both ends take. */
const VERY_LONG = 'a quiet word '.repeat(400_000)

const LONG = 'a quiet word '.repeat(10_000)

let upstream: ScriptedUpstream
let gateway: TestGateway
beforeAll(async () => {
  upstream = await startScripted((response, received) => {
    if (received.method === 'GET') return json({ data: [{ id: 'm' }] })(response, received)
    const message = { role: 'assistant', content: received.body.includes('VERY') ? VERY_LONG : LONG }
    const choices = [{ index: 0, finish_reason: 'stop', message }]
    return json({ id: 'x', object: 'chat.completion', created: 1, model: 'm', choices })(response, received)
  })
  gateway = await startGateway({
    upstreams: [{ name: 'up', kind: 'openai', url: upstream.url }],
    models: [{ name: 'm', upstream: 'up' }],
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

const admin = async (path: string, body?: unknown) =>
  (await (await gateway.call(`/admin/v1${path}`, body, body ? {} : { method: 'GET' })).json()) as Record<string, never>

/** A client that asks, and reads. */
function ask(key: string, content: string) {
  const body = JSON.stringify(chat('m', { messages: [{ role: 'user', content }] }))
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer ${key}\r\n`
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () =>
    socket.write(`${head}content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`),
  )
  const read = { text: '', end: '' }
  socket.on('data', (piece) => (read.text += piece))
  socket.on('error', () => (read.end = 'broken'))
  socket.on('end', () => (read.end = 'whole'))
  return { read, socket }
}
const running = async () => (await admin('/leases')).items as unknown as object[]
const endsOf = async (id: string) =>
  (await admin(`/audit?kind=call.finished&credential=key/${id}`)).items as unknown as { reason?: string }[]

it('a whole answer runs until it has left, and breaks off when the key is revoked', async () => {
  const { id, key } = await admin('/keys', { owner: 'User:admin', name: 'reader' })
  const { read, socket } = ask(key as unknown as string, 'VERY LONG')
  socket.once('data', () => socket.pause())
  await expect.poll(() => read.text, { timeout: 15_000 }).not.toBe('')
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(await running()).toHaveLength(1)
  expect(await endsOf(id as unknown as string)).toEqual([])
  await admin(`/keys/${id}/revoke`, { reason: 'leaked' })
  await new Promise((resolve) => setTimeout(resolve, 50))
  socket.resume()
  await expect.poll(() => read.end).toBe('broken')
  expect(read.text.length).toBeLessThan(VERY_LONG.length / 4)
  await expect.poll(() => endsOf(id as unknown as string)).toMatchObject([{ reason: 'key_revoked' }])
})

it('a whole answer that is read is whole, and one call', async () => {
  const { id, key } = await admin('/keys', { owner: 'User:admin', name: 'whole' })
  const { read } = ask(key as unknown as string, 'LONG')
  await expect.poll(() => read.end, { timeout: 15_000 }).toBe('whole')
  const [head = '', body = ''] = read.text.split('\r\n\r\n')
  expect(JSON.parse(body).choices[0].message.content).toBe(LONG)
  expect(head.toLowerCase()).toContain(`content-length: ${Buffer.byteLength(body)}`)
  await expect.poll(() => endsOf(id as unknown as string)).toHaveLength(1)
  expect(await running()).toEqual([])
})
