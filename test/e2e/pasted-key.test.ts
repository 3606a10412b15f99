// In an emergency people paste the whole key where its id belongs, or into the reason. It acts on that key, and the log, which others
// read, does not get the secret.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { json, type ScriptedUpstream, startScripted } from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'

let gateway: TestGateway
let upstream: ScriptedUpstream
beforeAll(async () => {
  upstream = await startScripted(json({ object: 'list', data: [] }))
  gateway = await startGateway({
    upstreams: [{ name: 'up', url: upstream.url }],
    models: [{ name: 'm', upstream: 'up' }],
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

const ask = async (method: string, path: string, body?: unknown, options: object = {}) => {
  const response = await gateway.call(path, body, { method, ...options })
  return { status: response.status, text: await response.text() }
}
const admin = (method: string, path: string, body?: unknown) => ask(method, `/admin/v1${path}`, body)
let count = 0
async function newKey() {
  const name = `dana${++count}`
  await admin('POST', '/users', { name })
  await admin('POST', '/roles/user/assignments', { holder: `User:${name}` })
  return JSON.parse((await admin('POST', '/keys', { owner: `User:${name}`, name: 'own' })).text) as {
    id: string
    key: string
  }
}
const told: string[] = []
const works = async (key: string) => (await ask('GET', '/admin/v1/whoami', undefined, { key })).status

it('it is the key with this id', async () => {
  const [locked, revoked, shown] = [await newKey(), await newKey(), await newKey()]
  const lock = await admin('POST', '/locks', { kind: 'credential', target: locked.key, reason: 'leaked' })
  expect(JSON.parse(lock.text)).toMatchObject({ target: locked.id })
  expect(await works(locked.key)).toBe(403)
  const looked = await admin('GET', `/consequences?of=credential&target=${shown.key}`)
  expect(JSON.parse(looked.text)).toMatchObject({ keys: [{ id: shown.id }] })
  expect((await admin('POST', '/leases/cut', { key: shown.key, reason: 'leaked' })).status).toBe(200)
  expect((await admin('POST', `/keys/${revoked.key}/revoke`, { reason: `leaked: ${revoked.key}.` })).status).toBe(200)
  expect(await works(revoked.key)).toBe(401)
  expect((await admin('GET', `/users/${shown.key}`)).status).toBe(404)
  expect((await admin('POST', '/users', { name: 'eve', displayName: `x${shown.key}` })).status).toBe(201)
  told.push(locked.key, revoked.key, shown.key)
})

it('a client that sends it in a wrong place leaves it nowhere', async () => {
  const { key } = await newKey()
  const options = { key, headers: { 'user-agent': `program/1 ${key}` } }
  expect((await ask('POST', '/v1/chat/completions', chat(key), options)).status).toBe(404)
  const session = { key, headers: { 'x-sallyport-session': key } }
  await ask('POST', '/v1/chat/completions', chat('m'), session)
  expect((await ask('GET', `/v1/models/Bearer%20${key}`, undefined, options)).status).toBe(404)
  expect((await ask('GET', `/v1/models/${'x'.repeat(70)}${key}`, undefined, options)).status).toBe(404)
  told.push(key)
})

it('a report of leaked keys takes them whole', async () => {
  const { id, key } = await newKey()
  const { text } = await admin('POST', '/keys/report', { keys: [key] })
  expect(JSON.parse(text)).toEqual({ revoked: [id] })
})

it('and nothing that is kept tells the secret', async () => {
  const kept = await Promise.all(
    ['/audit?limit=200', '/keys?limit=200', '/locks', '/users?limit=200', '/sessions?limit=200'].map((path) =>
      admin('GET', path),
    ),
  )
  expect(told).toHaveLength(4)
  for (const { status, text } of kept) {
    expect(status).toBe(200)
    for (const key of told) expect(text).not.toContain(key.slice(17, 40))
  }
})
