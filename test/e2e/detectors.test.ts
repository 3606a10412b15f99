// A detector that throws, hangs, lies or is missing: the call is refused in its wire format, nothing reaches the model or the
// caller, the event says which detector it was and counts nothing as scanned, and everybody else is served again.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatChunks, json, type ScriptedUpstream, sse, startScripted } from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-detectors-'))
const file = join(folder, 'foreign.mjs')
writeFileSync(
  file,
  `export const createDetector = () => ({
    name: 'foreign',
    classes: ['business/word'],
    longest: 1,
    open() {
      let read = 0
      const look = (text) => {
        read += text.length
        if (text.includes('hangs')) for (;;) {}
        if (text.includes('throws')) throw new Error(text)
        return text.includes('lies') ? [{ class: 'business/word', start: 0, end: 1e9, confidence: 100 }] : []
      }
      return { push: look, end: () => [], get openFrom() { return read } }
    },
  })`,
)

let upstream: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  upstream = await startScripted(json({ object: 'list', data: [] }))
  gateway = await startGateway({
    upstreams: [{ name: 'up', url: upstream.url }],
    models: [{ name: 'm', upstream: 'up' }],
    guard: { names: false, detectors: [{ file, deadlineMs: 150 }] },
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

const say = (content: string, stream = false) => ({ ...chat('m'), stream, messages: [{ role: 'user', content }] })
const sent = () => upstream.calls.length

/** Waits until the thread is back. */
async function served(): Promise<void> {
  upstream.script = json({
    id: 'x',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'fine' }, finish_reason: 'stop' }],
  })
  for (let tries = 0; tries < 200; tries++) {
    if ((await gateway.call('/v1/chat/completions', say('hello'))).status === 200) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('nobody is served any more')
}

interface Event {
  kind: string
  reason?: string
  data: Record<string, unknown>
}

async function lastCall(): Promise<Event> {
  const response = await gateway.call('/admin/v1/audit?limit=20&kind=call.finished', undefined, { method: 'GET' })
  const { items } = (await response.json()) as { items: { event?: Event }[] | Event[] }
  const events = items.map((item) => ('event' in item && item.event ? item.event : item) as Event)
  return events.filter(({ kind }) => kind === 'call.finished')[0] as Event
}

describe.each(['throws', 'hangs', 'lies'])('a detector that %s', (how) => {
  it('on the way in: 503, nothing sent, nothing counted', async () => {
    await served()
    const before = sent()
    const response = await gateway.call('/v1/chat/completions', say(`it ${how} on zoe`))
    expect(response.status).toBe(503)
    expect(await response.text()).not.toContain('zoe')
    expect(sent()).toBe(before)
    const event = await lastCall()
    expect(event.reason).toBe('guard_unavailable')
    expect(event.data).toMatchObject({ outcome: 'failed', status: 503, detector: 'foreign' })
    expect(JSON.stringify(event)).not.toMatch(/bytesScanned|zoe/)
  })

  it('on the way out, whole: 503 and not a word of the answer', async () => {
    await served()
    upstream.script = json({
      id: 'x',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: `it ${how} on zoe` }, finish_reason: 'stop' }],
    })
    const response = await gateway.call('/v1/chat/completions', say('hello'))
    expect(response.status).toBe(503)
    expect(await response.text()).not.toContain('zoe')
    const event = await lastCall()
    expect(event.data).toMatchObject({ detector: 'foreign' })
    expect(event.data.output).toEqual({ bytesForwarded: 0, bytesScanned: expect.any(Number) })
    expect(event.data.flow).toBeUndefined()
  })

  it('on the way out, in a stream: an error frame, and no word of that piece or after it', async () => {
    await served()
    upstream.script = sse(...chatChunks(['all is well. ', `it ${how} on zoe. `, 'more of zoe.']))
    const response = await gateway.call('/v1/chat/completions', say('hello', true))
    const text = await response.text()
    expect(response.status === 503 || text.includes('"error"')).toBe(true)
    expect(text).not.toContain('zoe')
    expect(text).not.toContain('[DONE]')
    const event = await lastCall()
    expect(event.reason).toBe('guard_unavailable')
    const { bytesForwarded } = event.data.output as { bytesForwarded: number }
    expect(bytesForwarded).toBeLessThanOrEqual('all is well. '.length)
    expect(JSON.stringify(event)).not.toContain('zoe')
  })
})

it('a detector that is missing: no start', async () => {
  await expect(startGateway({ guard: { detectors: [{ file: join(folder, 'nobody.mjs') }] } })).rejects.toThrow(
    /detector/i,
  )
})
