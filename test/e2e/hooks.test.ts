// Signed events from outside: one opens a grant that rules allow, the next ends it; nothing else a stranger sends does anything.
import { createHmac, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from './harness.ts'

const secret = randomBytes(32)
const folder = mkdtempSync(join(tmpdir(), 'sallyport-hooks-'))
let gateway: TestGateway

beforeAll(async () => {
  const secretFile = join(folder, 'pager.secret')
  writeFileSync(secretFile, `whsec_${secret.toString('base64')}\n`)
  gateway = await startGateway({ hooks: [{ name: 'pager', secretFile, roles: ['operator'] }] })
  const admin = async (path: string, body: unknown) => {
    const response = await gateway.call(`/admin/v1${path}`, body)
    expect(response.ok, `${path}: ${response.status}`).toBe(true)
  }
  await admin('/users', { name: 'dana' })
  await admin('/roles/on-call/assignments', { holder: 'User:dana' })
  await admin('/users', { name: 'jo' })
})
afterAll(async () => {
  await gateway.close()
  rmSync(folder, { recursive: true, force: true })
})

const open = {
  type: 'grant.open',
  principal: 'User:dana',
  role: 'operator',
  seconds: 600,
  reason: 'alert 9',
  ticket: 'PD-9',
}
const end = { type: 'grant.end', principal: 'User:dana', role: 'operator', reason: 'resolved', ticket: 'PD-9' }
let serial = 0

interface Sending {
  id?: string
  seconds?: number
  secret?: Buffer
  hook?: string
  /** Sent instead of what was signed. */
  instead?: string
  version?: string
}
async function send(event: unknown, how: Sending = {}) {
  const { id = `evt_${serial++}`, seconds = Math.floor(Date.now() / 1000), hook = 'pager', version = 'v1' } = how
  const body = typeof event === 'string' ? event : JSON.stringify(event)
  const signature = createHmac('sha256', how.secret ?? secret)
    .update(`${id}.${seconds}.${body}`)
    .digest('base64')
  const response = await fetch(`${gateway.url}/hooks/in/${hook}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': `v1,${randomBytes(32).toString('base64')} ${version},${signature}`,
    },
    body: how.instead ?? body,
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const held = async () => {
  const response = await gateway.call('/admin/v1/grants?open=true', undefined, { method: 'GET' })
  return ((await response.json()) as { items: { source: string; createdBy: string; principal: string }[] }).items
}

describe('an event of a sender', () => {
  it('opens a grant as far as rules allow, once, and ends what it opened', async () => {
    const first = await send(open, { id: 'evt_open' })
    expect(first).toMatchObject({ status: 200, body: { repeated: false, receipt: { nodes: [{ applied: true }] } } })
    expect(await held()).toMatchObject([
      { source: 'event', createdBy: 'System::"hook/pager"', principal: 'User::"dana"' },
    ])
    expect(await send(open, { id: 'evt_open' })).toMatchObject({ status: 200, body: { grants: [], repeated: true } })
    expect(await held()).toHaveLength(1)
    expect((await send({ ...end, ticket: 'PD-other' })).body.grants).toEqual([])
    expect((await send(end)).body.grants).toEqual(first.body.grants)
    expect(await held()).toEqual([])
  })

  it('taken in parallel is taken once', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(open, { id: 'evt_parallel' })))
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect(answers.filter(({ body }) => !body.repeated)).toHaveLength(1)
    expect(await held()).toHaveLength(1)
    await send(end)
  })

  it.each<[string, unknown, Sending, number]>([
    ['signed with another secret', open, { secret: randomBytes(32) }, 401],
    ['whose body was changed', open, { instead: JSON.stringify({ ...open, seconds: 3600 }) }, 401],
    ['signed too long ago', open, { seconds: Math.floor(Date.now() / 1000) - 400 }, 401],
    ['signed ahead of time', open, { seconds: Math.floor(Date.now() / 1000) + 400 }, 401],
    ['of an unknown sender', open, { hook: 'nobody' }, 401],
    ['with another kind of signature', open, { version: 'v2' }, 401],
    ['without a rule: nobody on call', { ...open, principal: 'User:jo' }, {}, 403],
    ['without a rule: longer than an hour', { ...open, seconds: 7200 }, {}, 403],
    ['for a role that is not the sender’s', { ...open, role: 'admin' }, {}, 403],
    ['for somebody who is not there', { ...open, principal: 'User:ghost' }, {}, 422],
    ['with a field nobody knows', { ...open, admin: true }, {}, 400],
    ['that is no JSON', 'grant me', {}, 400],
    ['that is too long', { ...open, reason: 'x'.repeat(70_000) }, {}, 413],
  ])('%s is refused, and opens nothing', async (_, event, how, status) => {
    expect((await send(event, how)).status).toBe(status)
    expect(await held()).toEqual([])
  })

  it('tells a stranger nothing of which senders there are, whatever is wrong with it', async () => {
    const long = { ...open, reason: 'x'.repeat(70_000) }
    for (const hook of ['pager', 'nobody'])
      expect((await send(long, { hook, secret: randomBytes(32) })).status, hook).toBe(413)
    for (const field of ['principal', 'reason', 'ticket', 'role'])
      for (const bad of ['User:da\0na', 'User:da\ud800na'])
        expect((await send({ ...open, [field]: bad })).status, `${field} ${JSON.stringify(bad)}`).toBe(400)
    // The same words in other bytes are another body.
    const [composed, apart] = ['café', 'cafe\u0301'].map((reason) => ({ ...open, reason }))
    expect((await send(composed, { instead: JSON.stringify(apart) })).status).toBe(401)
    expect(await held()).toEqual([])
  })

  it('cannot end what somebody else opened', async () => {
    const issued = await gateway.call('/admin/v1/keys', { owner: 'User:dana', name: 'dana' })
    const { key } = (await issued.json()) as { key: string }
    const asked = await gateway.call(
      '/admin/v1/requests',
      { role: 'operator', seconds: 600, reason: 'r', ticket: 'PD-9' },
      { key },
    )
    expect((await asked.json()) as object).toMatchObject({ grant: { role: 'operator' } })
    expect((await send(end)).body.grants).toEqual([])
    expect(await held()).toHaveLength(1)
  })
})
