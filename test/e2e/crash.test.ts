// The process is killed in the middle of calls. Whatever was promised before that is there afterwards: the database opens,
// and no call is without an ending.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { chatChunks, json, type Script, startScripted } from '../upstream/scripted.ts'
import { chat } from './harness.ts'
import { type Running, up } from './process.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-crash-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const endless: Script = (response, received) => {
  if (received.method === 'GET')
    return json({ object: 'list', data: [{ id: 'm', object: 'model' }] })(response, received)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const frame = `data: ${JSON.stringify(chatChunks(['some words that go on and on, '])[1])}\n\n`
  const timer = setInterval(() => response.write(frame), 5)
  response.once('close', () => clearInterval(timer))
}

interface Event {
  kind: string
  call: string
  reason?: string
}

async function calls(running: Running, key: string): Promise<{ decided: Event[]; finished: Event[] }> {
  const all: Event[] = []
  for (const kind of ['call.decided', 'call.finished']) {
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const query = new URLSearchParams({ kind, limit: '200', ...(cursor ? { cursor } : {}) })
      const response = await fetch(`${running.url}/admin/v1/audit?${query}`, {
        headers: { authorization: `Bearer ${key}` },
      })
      const page = (await response.json()) as { items: Event[]; next?: string }
      all.push(...page.items)
      cursor = page.next
    }
  }
  return {
    decided: all.filter((event) => event.kind === 'call.decided'),
    finished: all.filter((event) => event.kind === 'call.finished'),
  }
}

it('kill -9 in the middle of calls, three times over: every call has exactly one ending', {
  timeout: 180_000,
}, async () => {
  const upstream = await startScripted(endless)
  const flags = ['--data', join(folder, 'data'), '--listen', '127.0.0.1:0', '--upstream', upstream.url]
  let key: string | undefined
  for (let round = 0; round < 3; round++) {
    const running = await up(flags)
    key ??= running.key
    const streams = Array.from({ length: 12 }, async () => {
      const response = await fetch(`${running.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(chat('m', { stream: true })),
      })
      for await (const _ of response.body ?? []) {
        // read until the connection dies
      }
    })
    const ends = Promise.allSettled(streams)
    await new Promise((resolve) => setTimeout(resolve, 300 + 200 * round))
    await running.kill('SIGKILL')
    await ends
  }
  const last = await up(flags)
  const { decided, finished } = await calls(last, key ?? '')
  expect(decided.length).toBeGreaterThan(0)
  const endings = new Map<string, number>()
  for (const { call } of finished) endings.set(call, (endings.get(call) ?? 0) + 1)
  for (const { call } of decided) expect(endings.get(call), call).toBe(1)
  expect(finished.filter(({ reason }) => reason === 'interrupted').length).toBeGreaterThan(0)
  await last.kill('SIGTERM')
  await upstream.close()
})
