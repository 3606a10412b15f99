// What one request of a small user may cost, and texts that no record can hold: refused at the door, and written down.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startGateway, type TestGateway } from './harness.ts'

let gateway: TestGateway
let dana = ''
type Body = Record<string, unknown>
const ask = async (method: string, path: string, body?: unknown, key?: string) => {
  const response = await gateway.call(path, body, { method, ...(key === undefined ? {} : { key }) })
  return { status: response.status, body: (await response.json()) as Body }
}
beforeAll(async () => {
  gateway = await startGateway()
  await ask('POST', '/admin/v1/users', { name: 'dana' })
  await ask('POST', '/admin/v1/roles/user/assignments', { holder: 'User:dana' })
  dana = String((await ask('POST', '/admin/v1/keys', { owner: 'User:dana', name: 'k' })).body.key)
})
afterAll(() => gateway.close())

const manyFields = (count: number) => `{${Array.from({ length: count }, (_, i) => `"field${i}":1`).join(',')}}`

it('a large body is looked into for no route that needs none, and for nobody who may not send it', async () => {
  const large = JSON.stringify({ field: 'x'.repeat(300_000) })
  for (const path of ['/requests', '/explain', '/keys'])
    expect((await ask('POST', `/admin/v1${path}`, large)).body.code, path).toMatch(/body_too_large|access_denied/)
  expect((await ask('POST', '/admin/v1/users', large)).status).toBe(413)
  expect((await ask('POST', '/admin/v1/policies/plan', large)).status).toBe(400)
  // What would take seconds to read is not read for who may not: the same answer as to an empty one.
  const before = performance.now()
  expect((await ask('POST', '/admin/v1/policies/plan', manyFields(300_000), dana)).status).toBe(403)
  expect((await ask('POST', '/admin/v1/policies/plan', '{', dana)).status).toBe(403)
  expect(performance.now() - before).toBeLessThan(5000)
  const set = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`request.x${i}`, 1]))
  const question = { principal: 'User:dana', action: 'chat', resource: 'sallyport-demo', set }
  expect((await ask('POST', '/admin/v1/explain', question, dana)).body.detail).toMatch('at most 100')
})

it('a text with a NUL or half of a character is refused wherever it stands', async () => {
  for (const bad of ['a\0b', 'a\ud800b']) {
    const request = { role: 'operator', seconds: 60, reason: bad }
    expect((await ask('POST', '/admin/v1/requests', request, dana)).status).toBe(403) // about no role that is known
    expect((await ask('POST', '/admin/v1/users', { name: 'fine', attributes: { [bad]: 'x' } })).status).toBe(400)
    const cursor = Buffer.from(JSON.stringify(bad)).toString('base64url')
    expect((await ask('GET', `/admin/v1/users?cursor=${cursor}`)).status).toBe(400)
  }
  expect((await ask('GET', '/admin/v1/users?search=a%00b')).status).toBe(400)
  expect((await ask('GET', '/admin/v1/keys/a%00b')).status).toBe(404)
  expect((await ask('GET', '/v1/responses/a%00b', undefined, dana)).status).toBe(404)
})

it('AuthZEN answers a bounded number of questions at once, and writes down whom it did not know', async () => {
  const question = {
    subject: { type: 'user', id: 'dana' },
    action: { name: 'chat' },
    resource: { type: 'model', id: 'sallyport-demo' },
  }
  const many = (count: number) => ({ ...question, evaluations: Array.from({ length: count }, () => ({})) })
  expect((await ask('POST', '/access/v1/evaluations', many(1000))).body.evaluations).toHaveLength(1000)
  expect((await ask('POST', '/access/v1/evaluations', many(1001))).status).toBe(400)
  expect((await ask('POST', '/access/v1/evaluations', { ...question, x: 'x'.repeat(1_048_576) })).status).toBe(413)
  expect((await ask('POST', '/access/v1/evaluation', question, 'no key')).status).toBe(401)
  const form = await gateway.call('/access/v1/evaluation', question, { headers: { 'content-type': 'text/plain' } })
  expect(form.status).toBe(400)
  const { body } = await ask('GET', '/admin/v1/audit?kind=admin.refused&subject=route/authzen.evaluation')
  expect(body.items).toMatchObject([{ reason: 'invalid_api_key', address: '127.0.0.1' }])
  const seen = await ask('GET', '/admin/v1/audit?kind=admin.read&subject=route/authzen.evaluations&limit=1')
  expect(seen.body.items).toMatchObject([{ principal: 'User::"admin"', credential: expect.stringContaining('key/') }])
})
