// Somebody sets the clock of the machine back, and ahead, while a stream runs on a key that ends soon.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { chatChunks, json, startScripted } from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'
import { up } from './process.ts'

const HOUR = 3_600_000
const trueNow = Date.now
let upstream: Awaited<ReturnType<typeof startScripted>>
let gateway: TestGateway

beforeAll(async () => {
  upstream = await startScripted((response, received) => {
    if (received.method === 'GET') return json({ data: [{ id: 'm' }] })(response, received)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const frame = `data: ${JSON.stringify(chatChunks(['on and on '])[1])}\n\n`
    const timer = setInterval(() => response.write(frame), 20)
    response.once('close', () => clearInterval(timer))
  })
  gateway = await startGateway({
    upstreams: [{ name: 'up', kind: 'openai', url: upstream.url }],
    models: [{ name: 'm', upstream: 'up' }],
  })
})
afterEach(() => {
  Date.now = trueNow
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

async function streamOn(lastsMs: number) {
  const expiresAt = new Date(trueNow() + lastsMs).toISOString()
  const issued = await gateway.call('/admin/v1/keys', { owner: 'User:admin', name: `k${lastsMs}`, expiresAt })
  const { key } = (await issued.json()) as { key: string }
  const response = await gateway.call('/v1/chat/completions', chat('m', { stream: true }), { key })
  expect(response.status).toBe(200)
  return { key, text: response.text() }
}
const stillIn = async (key: string) =>
  (await gateway.call('/v1/models', undefined, { method: 'GET', key })).status === 200

it('set back, it gives nobody more time; set right again, nobody less; set ahead, what has ended has ended', async () => {
  const { key, text } = await streamOn(4000)
  const other = await streamOn(600_000)
  Date.now = () => trueNow() - HOUR
  expect(await stillIn(key)).toBe(true)
  // Without an end of its own the stream would go on for an hour.
  expect(await text).toContain('key_expired')
  expect(await stillIn(key)).toBe(false)
  Date.now = trueNow
  expect([await stillIn(key), await stillIn(other.key)]).toEqual([false, true])
  Date.now = () => trueNow() + HOUR
  expect(await other.text).toContain('key_expired')
  expect(await stillIn(other.key)).toBe(false)
}, 30_000)

it.each([
  [23, true],
  [49, false],
])('set ahead by %i hours, it ends a grant for good: %s', { timeout: 30_000 }, async (hours, ends) => {
  const own = await startGateway()
  const admin = async (path: string, body?: unknown) => {
    const response = await own.call(`/admin/v1${path}`, body, body === undefined ? { method: 'GET' } : {})
    expect(response.ok, `${path}: ${response.status}`).toBe(true)
    return (await response.json()) as { items: { state: string }[] }
  }
  await admin('/roles/emergency/assignments', { holder: 'User:admin' })
  await admin('/grants/break-glass', { role: 'operator', seconds: 600, reason: 'down' })
  const ended = async () => (await admin('/audit?kind=grant.ended')).items.length
  Date.now = () => trueNow() + hours * HOUR
  if (ends) await expect.poll(ended, { timeout: 5000 }).toBe(1)
  else {
    const twoRounds = () => new Promise((resolve) => setTimeout(resolve, 2500))
    await twoRounds()
    Date.now = trueNow
    await twoRounds()
    expect(await ended()).toBe(0)
  }
  await own.close()
})

it('set back between two starts, it is followed, and the second start says so', async () => {
  const data = mkdtempSync(join(tmpdir(), 'sallyport-clock-'))
  const flags = ['--data', data, '--listen', '127.0.0.1:0']
  const ahead = 'const%20now=Date.now;Date.now=()=>now()+86400000'
  await (await up(flags, { NODE_OPTIONS: `--import=data:text/javascript,${ahead}` })).kill('SIGTERM')
  const second = await up(flags)
  expect(second.output()).toMatch(/"seconds":86\d{3},"msg":"the clock of this machine is behind/)
  await second.kill('SIGTERM')
  rmSync(data, { recursive: true, force: true })
}, 60_000)
