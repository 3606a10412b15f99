// Access for a while as people meet it: asked for by one, approved by another who does nothing else, used, ended by the
// clock in the middle of a stream, and read back from the log.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chatChunks, json, type Script, type ScriptedUpstream, startScripted } from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'

const BORROW = `@id("auditors-borrow-the-hand-of-two")
@why("Auditors borrow the role operator when two say yes.")
@approvals("2")
permit (principal is User in Role::"auditor", action == Action::"requestRole", resource == Role::"operator");


@id("readers-borrow-user") @why("Readers may chat for a while.") @longest("1h")
permit (principal is User in Role::"reader", action == Action::"requestRole", resource == Role::"user");

@id("few-tokens") @why("At most 1000 tokens without more ado.")
forbid (principal, action in [Action::"requestRole", Action::"approveRole"], resource == Role::"user") when { context.ask has tokens && context.ask.tokens > 1000 };
`
/** Talks for ever. */
const endless: Script = (response, received) => {
  if (received.method === 'GET') return json({ object: 'list', data: [] })(response, received)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const frame = `data: ${JSON.stringify(chatChunks(['a few words '])[1])}\n\n`
  const timer = setInterval(() => response.write(frame), 20)
  response.once('close', () => clearInterval(timer))
}

const folder = mkdtempSync(join(tmpdir(), 'sallyport-jit-'))
let upstream: ScriptedUpstream
let gateway: TestGateway
beforeAll(async () => {
  cpSync('policies', folder, { recursive: true })
  rmSync(join(folder, 'tests'), { recursive: true })
  writeFileSync(join(folder, 'own.cedar'), BORROW)
  upstream = await startScripted(endless)
  gateway = await startGateway({
    policies: folder,
    upstreams: [{ name: 'up', url: upstream.url }],
    models: [{ name: 'm', upstream: 'up' }],
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

type Body = Record<string, unknown>
const ask = async (method: string, path: string, body?: unknown, key?: string) => {
  const response = await gateway.call(`/admin/v1${path}`, body, { method, ...(key === undefined ? {} : { key }) })
  return { status: response.status, body: (await response.json()) as Body }
}
const person = async (name: string, role: string) => {
  await ask('POST', '/users', { name })
  await ask('POST', `/roles/${role}/assignments`, { holder: `User:${name}` })
  return String((await ask('POST', '/keys', { owner: `User:${name}`, name: 'k' })).body.key)
}

it('is asked for, approved by somebody else, used, and ends in mid-stream at its second, all in the log', async () => {
  const [dana, ana] = [await person('dana', 'reader'), await person('ana', 'approver')]
  const talk = () => gateway.call('/v1/chat/completions', chat('m', { stream: true }), { key: dana })
  const before = await talk()
  expect(before.status).toBe(403)
  expect(await before.json()).toMatchObject({
    error: { code: 'approval_required', message: expect.stringContaining('sallyport request create user') },
  })

  expect((await ask('GET', '/requests/roles', undefined, dana)).body.items).toEqual([
    { role: 'user', description: expect.any(String), approvals: 1, longestSeconds: 3600, signIn: false },
  ])
  expect((await ask('GET', '/requests/roles', undefined, ana)).body.items).toEqual([])
  const asked = await ask('POST', '/requests', { role: 'user', seconds: 600, reason: 'INC-221' }, dana)
  const { id } = asked.body.request as { id: string }
  expect((await ask('POST', `/requests/${id}/approve`, {}, dana)).status).toBe(403)
  // An approver who is nothing else sees what waits.
  const waiting = await ask('GET', '/requests?state=pending', undefined, ana)
  expect(waiting.body.items).toMatchObject([{ id, role: 'user', reason: 'INC-221' }])
  const { digest } = (waiting.body.items as { digest: string }[])[0]!
  const yes = await ask('POST', `/requests/${id}/approve`, { digest, narrow: { seconds: 4 } }, ana)
  expect(yes.status).toBe(200)
  const grant = yes.body.grant as { id: string; endsAt: string }

  const stream = await talk()
  expect(stream.status).toBe(200)
  const text = await stream.text()
  expect(text).toContain('words')
  expect(text).not.toContain('[DONE]')
  expect(text.trim().split('\n\n').at(-1)).toContain(
    'Your access to this model has ended. Ask for access: sallyport request create user',
  )
  expect((await talk()).status).toBe(403)

  const read = async (query: string) =>
    (await ask('GET', `/audit?limit=50&${query}`)).body.items as {
      kind: string
      time: string
      reason?: string
      data: Body
    }[]
  const [finished] = (await read(`grant=${grant.id}&kind=call.finished`)).filter(({ data }) => data.outcome === 'cut')
  expect(finished?.data.endedBy).toBe('time')
  expect(finished!.time >= grant.endsAt).toBe(true)
  await expect
    .poll(async () => (await read(`grant=${grant.id}&kind=grant.ended`)).map(({ reason }) => reason), {
      timeout: 10_000,
    })
    .toEqual(['expired'])
  const kinds = (await read(`grant=${grant.id}`)).map(({ kind }) => kind)
  for (const kind of ['grant.started', 'call.decided', 'call.finished', 'grant.ended']) expect(kinds).toContain(kind)
  const report = (await ask('GET', '/reports/jit')).body
  expect(report).toMatchObject({
    grants: 1,
    ended: 1,
    endedInUse: 1,
    unused: 0,
    groups: [{ group: '(no group)', grants: 1 }],
  })
})

it('for one use serves one call, of many at the same time as well', async () => {
  const [bo, ana] = [await person('bo', 'reader'), await person('ida', 'approver')]
  const asked = await ask('POST', '/requests', { role: 'user', seconds: 600, uses: 1, reason: 'INC-222' }, bo)
  const { id, digest } = asked.body.request as { id: string; digest: string }
  expect((await ask('POST', `/requests/${id}/approve`, { digest }, ana)).status).toBe(200)
  const calls = await Promise.all(
    Array.from({ length: 20 }, () =>
      fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bo}`, 'content-type': 'application/json' },
        body: JSON.stringify(chat('m', { stream: true })),
      }),
    ),
  )
  expect(calls.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 19 }, () => 403)])
  // A lock on the role finds the call that has taken the last use.
  const until = new Date(Date.now() + 3000).toISOString() // it stops the administrator of this test as well
  expect((await ask('POST', '/locks', { kind: 'role', target: 'user', reason: 'incident', until })).status).toBe(201)
  const texts = await Promise.all(calls.map((call) => call.text()))
  expect(texts.filter((text) => text.includes('"locked"'))).toHaveLength(1)
  await expect.poll(async () => (await ask('GET', '/locks')).status, { timeout: 15_000 }).toBe(200)
  expect((await gateway.call('/v1/chat/completions', chat('m'), { key: bo })).status).toBe(403)
})

it('for one use twice serves two calls at the same time', async () => {
  const [fay, ana] = [await person('fay', 'reader'), await person('gil', 'approver')]
  for (const reason of ['INC-1', 'INC-2']) {
    const asked = await ask('POST', '/requests', { role: 'user', seconds: 600, uses: 1, reason }, fay)
    const { id, digest } = asked.body.request as { id: string; digest: string }
    expect((await ask('POST', `/requests/${id}/approve`, { digest }, ana)).status).toBe(200)
  }
  const calls = await Promise.all(
    Array.from({ length: 5 }, () => gateway.call('/v1/chat/completions', chat('m', { stream: true }), { key: fay })),
  )
  expect(calls.filter(({ status }) => status === 200)).toHaveLength(2)
  for (const { body } of calls) await body?.cancel()
})

it('for some tokens ends its calls when they are used up, and serves none after that', async () => {
  const [cy, ana] = [await person('cy', 'reader'), await person('eve', 'approver')]
  const asked = await ask('POST', '/requests', { role: 'user', seconds: 600, tokens: 200, reason: 'INC-223' }, cy)
  const { id, digest } = asked.body.request as { id: string; digest: string }
  expect((await ask('POST', `/requests/${id}/approve`, { digest }, ana)).status).toBe(200)
  const talk = () => gateway.call('/v1/chat/completions', chat('m', { stream: true }), { key: cy })
  const many = { role: 'user', seconds: 600, tokens: 1001, reason: 'INC-223' }
  expect((await ask('POST', '/requests', many, cy)).status).toBe(403)
  const text = await (await talk()).text()
  expect(text).toContain('insufficient_quota')
  expect(text.match(/words/g)?.length).toBeLessThan(200)
  expect([429, 403]).toContain((await talk()).status) // until that it is used up has been written down, and after
  // Who was given another one goes on with that.
  const more = await ask('POST', '/requests', { role: 'user', seconds: 600, tokens: 200, reason: 'INC-223b' }, cy)
  const again = more.body.request as { id: string; digest: string }
  expect((await ask('POST', `/requests/${again.id}/approve`, { digest: again.digest }, ana)).status).toBe(200)
  const next = await talk()
  expect(next.status).toBe(200)
  expect(await next.text()).toContain('insufficient_quota')
  const held = async () => (await ask('GET', '/grants', undefined, cy)).body.items
  const over = { tokens: 200, tokensLeft: 0, endCause: 'used up' }
  await expect.poll(held, { timeout: 10_000 }).toMatchObject([over, over])
})

it('for one use gives no act of administration', async () => {
  const [kim, ana] = [await person('kim', 'user'), await person('liv', 'approver')]
  const operator = async (uses: { uses?: number }) => {
    const asked = await ask('POST', '/requests', { role: 'operator', seconds: 600, reason: 'INC-224', ...uses }, kim)
    const { id, digest } = asked.body.request as { id: string; digest: string }
    expect((await ask('POST', `/requests/${id}/approve`, { digest }, ana)).status).toBe(200)
    return (await ask('POST', '/sessions/ses_none/cut', { reason: 'x' }, kim)).status
  }
  expect(await operator({ uses: 1 })).toBe(403)
  expect(await operator({})).toBe(404)
})

it.each([
  ['has been revoked', 'amy', (id: string) => ask('POST', `/keys/${id}/revoke`, { reason: 'stolen' })],
  [
    'is locked',
    'ada',
    (id: string) => ask('POST', '/locks', { kind: 'credential', target: id, reason: 'perhaps stolen' }),
  ],
  [
    'is of somebody who is locked',
    'abe',
    () => ask('POST', '/locks', { kind: 'principal', target: 'User::"bea-abe"', reason: 'perhaps not she' }),
  ],
])('needs two: the yes that came by a key that %s does not count', async (_, name, take) => {
  const asker = await person(name, 'auditor')
  const approvers = await Promise.all(['bea', 'cleo', 'dora'].map((who) => person(`${who}-${name}`, 'approver')))
  const request = { role: 'operator', seconds: 60, reason: 'audit' }
  const asked = (await ask('POST', '/requests', request, asker)).body.request as { id: string; digest: string }
  const yes = (key = '') => ask('POST', `/requests/${asked.id}/approve`, { digest: asked.digest }, key)
  expect((await yes(approvers[0])).body.grant).toBeUndefined()
  const { items } = (await ask('GET', `/keys?owner=User:bea-${name}`)).body as { items: { id: string }[] }
  expect((await take(String(items[0]?.id))).status).toBeLessThan(300)
  expect((await yes(approvers[1])).body.grant).toBeUndefined()
  expect((await yes(approvers[2])).body.grant).toMatchObject({ role: 'operator' })
})

it('is not had by who asked with a key that has been taken away since', async () => {
  const [asker, ana] = [await person('art', 'reader'), await person('una', 'approver')]
  const asked = await ask('POST', '/requests', { role: 'user', seconds: 600, reason: 'INC-225' }, asker)
  const { id, digest } = asked.body.request as { id: string; digest: string }
  const { items } = (await ask('GET', '/keys?owner=User:art')).body as { items: { id: string }[] }
  expect((await ask('POST', `/keys/${items[0]?.id}/suspend`, { reason: 'perhaps stolen' })).status).toBe(200)
  const yes = () => ask('POST', `/requests/${id}/approve`, { digest }, ana)
  expect(await yes()).toMatchObject({ status: 422, body: { code: 'not_possible' } })
  expect((await ask('POST', `/keys/${items[0]?.id}/resume`, { reason: 'it was not' })).status).toBe(200)
  expect((await yes()).body.grant).toMatchObject({ role: 'user' })
})
