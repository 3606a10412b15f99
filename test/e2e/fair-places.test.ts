// One caller's flood at a slow model server: everybody else is answered meanwhile, and in the end the flood is too.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { json, startScripted } from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'

const CALLS = 200
const ANSWER = {
  choices: [{ index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1 },
}

let upstream: Awaited<ReturnType<typeof startScripted>>
let gateway: TestGateway
const waiting: (() => void)[] = []
let slow = true

beforeAll(async () => {
  upstream = await startScripted((response, received) => {
    const list = { data: [{ id: 'small' }] }
    const answer = () => void json(received.method === 'GET' ? list : ANSWER)(response, received)
    if (slow && received.body.includes('flood')) waiting.push(answer)
    else answer()
  })
  gateway = await startGateway({
    upstreams: [{ name: 'one', kind: 'openai', url: upstream.url }],
    models: [{ name: 'small', upstream: 'one' }],
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

async function keyOf(name: string): Promise<string> {
  await gateway.call('/admin/v1/users', { name })
  await gateway.call('/admin/v1/roles/user/assignments', { holder: `User:${name}` })
  return (
    (await (await gateway.call('/admin/v1/keys', { owner: `User:${name}`, name: 'k' })).json()) as { key: string }
  ).key
}

it('one principal with 200 slow calls leaves places for others', async () => {
  const [flood, quiet, second] = [await keyOf('flood'), await keyOf('quiet'), await keyOf('second')]
  const ask = (key: string, content: string) =>
    gateway.call('/v1/chat/completions', chat('small', { messages: [{ role: 'user', content }] }), { key })
  const flooding = Array.from({ length: CALLS }, () => ask(flood, 'flood'))
  await expect.poll(() => waiting.length, { timeout: 20_000 }).toBe(48)

  // Nobody of the flood is answered before these are.
  for (let i = 0; i < 3; i++) expect((await ask(quiet, 'hello')).status).toBe(200)
  expect((await gateway.call('/admin/v1/upstreams', undefined, { method: 'GET' })).status).toBe(200)
  // A second flood takes from what is left, and leaves some too.
  const also = Array.from({ length: CALLS }, () => ask(second, 'flood'))
  await expect.poll(() => waiting.length, { timeout: 20_000 }).toBe(60)
  for (let i = 0; i < 3; i++) expect((await ask(quiet, 'hello')).status).toBe(200)
  expect(waiting).toHaveLength(60)

  slow = false
  for (const answer of waiting) answer()
  const answered = await Promise.all([...flooding, ...also])
  expect(answered.filter(({ status }) => status !== 200)).toEqual([])
}, 60_000)
