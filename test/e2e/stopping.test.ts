// A gateway that stops says so to every call it ends, in the words of its format, and the log does not say that the client left.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { start } from '../../src/app/index.ts'
import { loadConfig } from '../../src/config/index.ts'
import { chatChunks, json, type Script, type ScriptedUpstream, startScripted } from '../upstream/scripted.ts'

/** Talks for ever; asked for a whole answer, it does not come to one. */
const endless: Script = (response, received) => {
  if (received.method === 'GET') return json({ object: 'list', data: [] })(response, received)
  if (!JSON.parse(received.body).stream) return
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const frame = `data: ${JSON.stringify(chatChunks(['a few words '])[1])}\n\n`
  const timer = setInterval(() => response.write(frame), 20)
  response.once('close', () => clearInterval(timer))
}

const folder = mkdtempSync(join(tmpdir(), 'sallyport-stop-'))
let upstream: ScriptedUpstream
afterAll(async () => {
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

const messages = [{ role: 'user', content: 'hello' }]
const lastLine = (text: string) => text.trimEnd().split('\n').at(-1) ?? ''
const SAID = 'The gateway is stopping.'
const ROUTES: readonly [path: string, body: object, end: unknown][] = [
  ['/v1/chat/completions', { messages }, { error: { code: 'shutting_down', message: SAID } }],
  ['/v1/responses', { input: 'x' }, { type: 'error', code: 'shutting_down', error: { message: SAID } }],
  ['/v1/messages', { messages, max_tokens: 9 }, { type: 'error', error: { type: 'api_error', message: SAID } }],
  ['/api/chat', { messages }, { error: SAID }],
  ['/api/generate', { prompt: 'x' }, { error: SAID }],
]

it('cuts streams with their error frame, answers the rest with 503, and keeps why in the log', async () => {
  upstream = await startScripted(endless)
  const file = join(folder, 'sallyport.yaml')
  const settings = {
    data: join(folder, 'data'),
    listen: '127.0.0.1:0',
    log: { level: 'silent' },
    upstreams: [{ name: 'up', url: upstream.url }],
    models: [{ name: 'm', upstream: 'up' }],
  }
  writeFileSync(file, stringify(settings))
  const open = () => start(loadConfig({ file, env: {} }).config)
  const app = await open()
  const headers = { authorization: `Bearer ${app.adminKey}`, 'content-type': 'application/json' }
  const ask = (path: string, body: object) =>
    fetch(`${app.url}${path}`, { method: 'POST', headers, body: JSON.stringify({ model: 'm', ...body }) })

  const streams = await Promise.all(ROUTES.map(([path, body]) => ask(path, { ...body, stream: true })))
  const texts = streams.map((response) => response.text())
  const arrived = upstream.next()
  const whole = ask('/v1/chat/completions', { messages })
  await arrived
  await app.close()
  for (const [index, [path, , end]] of ROUTES.entries()) {
    const text = await (texts[index] as Promise<string>)
    expect(text, path).toContain('words')
    expect(JSON.parse(lastLine(text).replace(/^data: /, '')), path).toMatchObject(end as object)
  }
  const refused = await whole
  expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([503, 'false'])
  expect(await refused.json()).toMatchObject({ error: { code: 'shutting_down' } })

  const again = await open()
  const logged = await fetch(`${again.url}/admin/v1/audit?kind=call.finished`, { headers })
  const { items } = (await logged.json()) as { items: { reason: string; data: object }[] }
  await again.close()
  expect(items).toHaveLength(ROUTES.length + 1)
  for (const { reason, data } of items)
    expect([reason, data]).toEqual(['shutting_down', expect.objectContaining({ endedBy: 'stop' })])
})
