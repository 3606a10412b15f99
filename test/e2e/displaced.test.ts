// A node is paused for longer than it may be silent, and a process of the same name takes its place: a machine that slept, a
// pod that was moved. Woken, it does nothing any more: its calls were ended for it, and no second time.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { postgres } from '../contract/databases.ts'
import { chatChunks, json, type Script, startScripted } from '../upstream/scripted.ts'
import { chat } from './harness.ts'
import { type Running, up } from './process.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-displaced-'))
const database = postgres()
afterAll(async () => {
  await database.stop()
  rmSync(folder, { recursive: true, force: true })
})

const endless: Script = (response, received) => {
  if (received.method === 'GET') return json({ object: 'list', data: [] })(response, received)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const frame = `data: ${JSON.stringify(chatChunks(['on and on, '])[1])}\n\n`
  const timer = setInterval(() => response.write(frame), 50)
  response.once('close', () => clearInterval(timer))
}

it('a node that was taken for dead, and wakes, ends no call again and takes none', { timeout: 120_000 }, async () => {
  await database.start()
  await (await database.open()).close()
  const upstream = await startScripted(endless)
  const start = (data: string): Promise<Running> => {
    const file = join(folder, `${data}.yaml`)
    const settings = {
      data: join(folder, data),
      listen: '127.0.0.1:0',
      database: database.url(),
      node: { name: 'n' },
      upstreams: [{ name: 'up', url: upstream.url }],
      models: [{ name: 'm', upstream: 'up' }],
    }
    writeFileSync(file, stringify(settings))
    return up(['--config', file])
  }
  const first = await start('first')
  cpSync(join(folder, 'first'), join(folder, 'second'), { recursive: true })
  const headers = { authorization: `Bearer ${first.key}`, 'content-type': 'application/json' }
  const call = ({ url }: Running) =>
    fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify(chat('m', { stream: true })) })
  const stream = await call(first)
  const text = stream.text()
  first.signal('SIGSTOP')
  let second = await start('second')
  try {
    first.signal('SIGCONT')
    expect(await text).toContain('error')
    expect((await call(first)).status).toBe(503)
    // What is in force on the list of nodes, and in the way of nobody.
    const get = async (path: string) =>
      (await fetch(`${second.url}/admin/v1${path}`, { headers })).json() as Promise<{ items: Record<string, string>[] }>
    await expect.poll(async () => (await get('/nodes')).items.length, { timeout: 5000 }).toBe(1)
    await second.kill('SIGTERM')
    second = await start('second')
    const { items } = await get(`/audit?call=${stream.headers.get('x-request-id')}`)
    expect(items.map(({ kind, reason }) => [kind, reason])).toEqual([
      ['call.finished', 'interrupted'],
      ['call.decided', undefined],
    ])
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect(await get('/audit/verification')).toMatchObject({ ok: true, problems: [] })
    expect(first.output()).toContain('NODE_DISPLACED')
  } finally {
    await first.kill('SIGKILL')
    await second.kill('SIGKILL')
    await upstream.close()
  }
})
