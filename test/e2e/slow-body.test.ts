// Somebody shows a good credential and has it taken away before what they asked for is done: they keep the body back, or ask for
// what takes seconds to check. Nothing is done.
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { json, type ScriptedUpstream, startScripted } from '../upstream/scripted.ts'
import { startGateway, type TestGateway } from './harness.ts'

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

const admin = async (path: string, body: unknown, method = 'POST') => {
  const response = await gateway.call(`/admin/v1${path}`, body, { method })
  return (await response.json()) as Record<string, unknown>
}

let count = 0
/** An administrator of their own for each case: what is taken from them. */
async function makeAdmin() {
  const name = `eve${++count}`
  await admin('/users', { name })
  const assignment = await admin('/roles/admin/assignments', { holder: `User:${name}` })
  const { id, key } = await admin('/keys', { owner: `User:${name}`, name: `of ${name}` })
  return { name, assignment: String(assignment.id), id: String(id), key: String(key) }
}
type Eve = Awaited<ReturnType<typeof makeAdmin>>

const TAKEN: [string, number, (eve: Eve) => Promise<unknown>][] = [
  ['the key is revoked', 401, ({ id }) => admin(`/keys/${id}/revoke`, { reason: 'stolen' })],
  ['the key is suspended', 401, ({ id }) => admin(`/keys/${id}/suspend`, { reason: 'stolen' })],
  ['the key is given to somebody else', 401, ({ id }) => admin(`/keys/${id}/transfer`, { owner: 'User:admin' })],
  ['its owner has left', 401, ({ name }) => admin(`/users/${name}/offboard`, { reason: 'left' })],
  ['the key is locked', 403, ({ id }) => admin('/locks', { kind: 'credential', target: id, reason: 'stolen' })],
  [
    'its owner is locked',
    403,
    ({ name }) => admin('/locks', { kind: 'principal', target: `User::"${name}"`, reason: 'stolen' }),
  ],
]
const ASKED: [string, string, (eve: Eve) => unknown][] = [
  ['administers', '/admin/v1/users', ({ name }) => ({ name: `friend-of-${name}` })],
  [
    'asks about others',
    '/access/v1/search/subject',
    () => ({ subject: { type: 'User' }, action: { name: 'chat' }, resource: { type: 'Model', id: 'm' } }),
  ],
  ['looks at a model', '/api/show', () => ({ model: 'm' })],
]

/** Sends the head and a piece of the body; the rest once `meanwhile` is done. Resolves with the status of the answer. */
function withhold(head: string, text: string, meanwhile: () => Promise<unknown>): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    let answer = ''
    socket.on('data', (piece) => {
      answer += piece.toString('latin1')
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(Number(answer.slice(9, 12))))
    socket.write(head + text.slice(0, 2))
    setTimeout(() => meanwhile().then(() => socket.write(text.slice(2)), reject), 50)
  })
}

describe.each(TAKEN)('%s while the body is on its way', (_, status, take) => {
  it.each(ASKED)('%s: refused', async (_, path, bodyOf) => {
    const eve = await makeAdmin()
    const text = JSON.stringify(bodyOf(eve))
    const head = [
      `POST ${path} HTTP/1.1`,
      'Host: x',
      `Authorization: Bearer ${eve.key}`,
      'Content-Type: application/json',
      `Content-Length: ${text.length}`,
      'Connection: close',
      '\r\n',
    ].join('\r\n')
    expect(await withhold(head, text, () => take(eve))).toBe(status)
  })
})

interface Files {
  files: { path: string; text: string }[]
}
const generous = async (who: string) => {
  const { files } = (await admin('/policies/active/files', undefined, 'GET')) as unknown as Files
  const text = `@id("for-${who}") @why("A way back in.") permit (principal == User::"friend-of-${who}", action, resource);`
  return [...files.filter(({ path }) => path !== 'back.cedar'), { path: 'back.cedar', text }]
}
const inForce = async () => (await admin('/policies/active', undefined, 'GET')).digest

describe('while rules are checked their author leaves', () => {
  const act = (eve: Eve, method: string, path: string, body: object) =>
    gateway.call(`/admin/v1/policies${path}`, { ...body, reason: 'a way back in' }, { method, key: eve.key })
  const ACTS: [string, (eve: Eve) => Promise<() => Promise<Response>>][] = [
    [
      'apply',
      async (eve) => {
        const files = await generous(eve.name)
        return () => act(eve, 'POST', '', { files })
      },
    ],
    [
      'try out beside',
      async (eve) => {
        const files = await generous(eve.name)
        return () => act(eve, 'PUT', '/shadow', { files })
      },
    ],
    [
      'promote',
      async (eve) => {
        await admin('/policies/shadow', { files: await generous(eve.name), reason: 'to try' }, 'PUT')
        return () => act(eve, 'POST', '/shadow/promote', {})
      },
    ],
    [
      'go back',
      async (eve) => {
        const { files } = (await admin('/policies/active/files', undefined, 'GET')) as unknown as Files
        const { version } = await admin('/policies', { files: await generous(eve.name), reason: 'too generous' })
        await admin('/policies', { files, reason: 'no more' })
        return () => act(eve, 'POST', `/${version}/rollback`, {})
      },
    ],
  ]
  it.each(ACTS)('%s: refused', { timeout: 60_000 }, async (_, prepare) => {
    const eve = await makeAdmin()
    const start = await prepare(eve)
    const before = await inForce()
    const answer = start()
    await new Promise((arrived) => setTimeout(arrived, 50))
    await admin(`/users/${eve.name}/offboard`, { reason: 'left' })
    expect((await answer).status).toBe(401)
    expect(await inForce()).toBe(before)
  })
})

it('made nobody, and says who tried', async () => {
  const { items } = await admin('/users?search=friend-of&limit=100', undefined, 'GET')
  expect(items).toEqual([])
  const events = await admin('/audit?kind=admin.refused&limit=100', undefined, 'GET')
  const [last] = events.items as { principal?: string }[]
  expect(last?.principal).toMatch(/^User::"eve\d+"$/)
})

it('of who may not ask, what is wrong with a body is not told', async () => {
  await admin('/users', { name: 'sam' })
  const { key } = await admin('/keys', { owner: 'User:sam', name: 'own' })
  const answer = await gateway.call('/access/v1/evaluation', 'no json', { key: String(key) })
  expect(answer.status).toBe(403)
})
