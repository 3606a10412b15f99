// A request of megabytes is screened a little at a time: short calls of others are answered before it, and a cut ends it before
// the model server has heard of it.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chatChunks, json, type ScriptedUpstream, sse, startScripted } from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'

let upstream: ScriptedUpstream
let gateway: TestGateway
beforeAll(async () => {
  upstream = await startScripted(sse(...chatChunks(['ok'])))
  upstream.lists = json({ object: 'list', data: [] })
  gateway = await startGateway({
    upstreams: [{ name: 'up', url: upstream.url }],
    models: [{ name: 'm', upstream: 'up' }],
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

const issue = async (name: string): Promise<string> => {
  const made = await gateway.call('/admin/v1/keys', { name, owner: 'User:admin' })
  return ((await made.json()) as { key: string }).key
}
/** Words that no two calls share: what was found out about a text is remembered. */
const long = (seed: number) =>
  Array.from({ length: 150_000 }, (_, i) => `word${((i * 7919 + seed) % 99_991).toString(36)}`).join(' ')
const ask = (content: string, by: string) =>
  gateway.call('/v1/chat/completions', chat('m', { stream: true, messages: [{ role: 'user', content }] }), { key: by })

it('answers short calls while a long one is read', async () => {
  const own = await issue('long')
  const order: string[] = []
  const done = ask(long(1), own).then(async (response) => {
    await response.text()
    order.push(`long ${response.status}`)
  })
  await new Promise((resolve) => setTimeout(resolve, 150)) // its body has arrived, and is being screened
  for (let i = 0; i < 3; i++) {
    const short = await ask(`hello ${i}`, gateway.key)
    await short.text()
    order.push(`short ${short.status}`)
  }
  await done
  expect(order).toEqual(['short 200', 'short 200', 'short 200', 'long 200'])
})

it('ends a long one that is being read when its key is revoked', async () => {
  const own = await issue('cut')
  const before = upstream.calls.length
  const answer = ask(long(2), own)
  await new Promise((resolve) => setTimeout(resolve, 150))
  const revoked = await gateway.call(`/admin/v1/keys/${own.slice(4, 16)}/revoke`, { reason: 'test' })
  expect(revoked.status).toBe(200)
  const response = await answer
  expect(response.status).toBe(401)
  expect(await response.text()).toContain('key_revoked')
  expect(upstream.calls.length).toBe(before)
})
