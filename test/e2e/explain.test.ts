// `can` and `why` against a running gateway, with facts changed: another time, another address, another role, other
// parameters. Who may ask about whom, and that nothing is allowed by asking.
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { chat, startGateway, type TestGateway } from './harness.ts'

const MODEL = 'sallyport-demo'
const RULES = `
@id("contractors-by-day") @why("Contractors chat by day, from the office, briefly.") @explain("public")
permit (principal in Group::"contractors", action == Action::"chat", resource)
when { context.clock.hour >= 7 && context.clock.hour < 20 }
when { context.auth.ip.isInRange(ip("10.0.0.0/8")) }
unless { context.request has maxTokens && context.request.maxTokens > 500 };
@id("between-us") @why("Nobody needs to know.") @explain("private")
permit (principal, action == Action::"chat", resource) when { context.auth.kind == "mtls" };
@id("watched") @why("Rita is being watched.")
forbid (principal == User::"rita", action == Action::"chat", resource) when { context.request has seed };
@id("no-seed-for-tom") @why("Tom gets no seed.")
forbid (principal == User::"tom", action == Action::"chat", resource) when { context.request has seed };
@id("tom-borrows-user") @why("Tom may chat when somebody agrees.") @longest("1h")
permit (principal == User::"tom", action == Action::"requestRole", resource == Role::"user");
`
let folder = ''
let gateway: TestGateway
const keys: Record<string, string> = {}
const admin = async (method: string, path: string, body?: unknown, key = gateway.key) => {
  const response = await gateway.call(`/admin/v1${path}`, body ?? {}, { method, key })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const can = (who: string, facts: object = {}, key?: string) =>
  admin('POST', '/explain', { principal: `User:${who}`, action: 'chat', resource: MODEL, ...facts }, key)
const denied = async (who: string, extra: Record<string, unknown> = {}) => {
  const response = await gateway.call('/v1/chat/completions', chat(MODEL, extra), { key: keys[who] ?? '' })
  await response.text()
  return { status: response.status, decision: response.headers.get('x-sallyport-decision') ?? '' }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-explain-'))
  cpSync('policies', folder, { recursive: true })
  appendFileSync(join(folder, 'roles.cedar'), RULES)
  gateway = await startGateway({ policies: folder })
  await admin('POST', '/groups', { name: 'contractors' })
  for (const name of ['cora', 'rita']) {
    await admin('POST', '/users', { name })
    // Without a role that lists models a caller learns nothing, as is right; a reader may ask.
    await admin('POST', '/roles/reader/assignments', { holder: `User:${name}` })
    keys[name] = String((await admin('POST', '/keys', { owner: `User:${name}`, name: 'own' })).body.key)
  }
  await admin('PUT', '/groups/contractors/members/User:cora')
  for (const [name, role] of [
    ['tom', 'reader'],
    ['ana', 'approver'],
  ] as const) {
    await admin('POST', '/users', { name })
    await admin('POST', `/roles/${role}/assignments`, { holder: `User:${name}` })
    keys[name] = String((await admin('POST', '/keys', { owner: `User:${name}`, name: 'own' })).body.key)
  }
}, 60_000)
afterAll(async () => {
  await gateway.close()
  rmSync(folder, { recursive: true, force: true })
})

test('time, address and parameters decide, and can be supposed', async () => {
  const noon = '2026-12-01T12:00:00Z'
  const decision = async (facts: object) => (await can('cora', facts)).body.decision
  expect(await decision({ at: noon, from: '10.1.2.3' })).toBe('allow')
  expect(await decision({ at: '2026-12-01T21:00:00Z', from: '10.1.2.3' })).toBe('deny')
  expect(await decision({ at: noon, from: '203.0.113.9' })).toBe('deny')
  expect(await decision({ at: noon, from: '10.1.2.3', set: { 'request.maxTokens': '501' } })).toBe('deny')
  expect(await decision({ at: noon, from: '10.1.2.3', set: { 'request.maxTokens': 500 } })).toBe('allow')
  expect((await can('cora', { at: noon, from: '10.1.2.3' })).body.validUntil).toBe('2026-12-01T13:00:00.000Z')
  // Supposing lets nobody in.
  expect((await denied('cora')).status).toBe(403)
})

test('a role that is supposed, and one that has ended by then', async () => {
  const decision = async (facts: object) => (await can('rita', facts)).body.decision
  expect(await decision({})).toBe('deny')
  expect(await decision({ roles: ['user'] })).toBe('allow')
  const endsAt = new Date(Date.now() + 3_600_000).toISOString()
  expect((await admin('POST', '/roles/user/assignments', { holder: 'User:rita', endsAt })).status).toBeLessThan(300)
  expect(await decision({})).toBe('allow')
  expect(await decision({ at: new Date(Date.now() + 3_000_000).toISOString() })).toBe('allow')
  expect(await decision({ at: new Date(Date.now() + 4_000_000).toISOString() })).toBe('deny')
})

test('what cannot be supposed is refused in words', async () => {
  const problem = async (facts: object) => {
    const { status, body } = await can('cora', facts)
    return [status, body.detail]
  }
  expect(await problem({ set: { 'request.nosuch': 1 } })).toEqual([400, expect.stringContaining('request.nosuch')])
  expect(await problem({ set: { 'request.maxTokens': 'many' } })).toEqual([
    400,
    expect.stringContaining('whole number'),
  ])
  expect(await problem({ roles: ['emperor'] })).toEqual([400, 'There is no role emperor.'])
  expect((await problem({ from: 'nowhere' }))[0]).toBe(400)
  expect((await problem({ set: JSON.parse('{"__proto__.x": 1}') }))[0]).toBe(400)
})

test('a denied caller asks why, sees what is public, and nobody else’s decisions', async () => {
  const { decision } = await denied('cora', { max_tokens: 600 })
  const shown = await admin('GET', `/decisions/${decision}`, undefined, keys.cora)
  expect(shown).toMatchObject({ status: 200, body: { decision: 'deny', principal: 'User::"cora"' } })
  const why = (id: string, body: object, who: string) => admin('POST', `/decisions/${id}/explain`, body, keys[who])
  const own = await why(decision, {}, 'cora')
  expect(own).toMatchObject({ status: 200, body: { decision: 'deny', asAsked: true } })
  const closest = own.body.closest as { id: string; clauses: { text: string; state: string }[] }[]
  // Rules that are not public are not shown to the one they deny.
  expect(closest.map(({ id }) => id).sort()).toEqual(['contractors-by-day', 'trainer-uses-models', 'user-uses-models'])
  expect(closest.find(({ id }) => id === 'contractors-by-day')?.clauses).toContainEqual({
    text: 'unless context.request has maxTokens && context.request.maxTokens > 500',
    state: 'not met',
  })
  // The recorded parameters are put again, with the facts changed.
  const facts = { at: '2026-12-01T12:00:00Z', from: '10.0.0.1' }
  expect((await why(decision, facts, 'cora')).body.decision).toBe('deny')
  expect((await why(decision, { ...facts, set: { 'request.maxTokens': 100 } }, 'cora')).body.decision).toBe('allow')
  expect((await why('last', facts, 'cora')).body.decision).toBe('deny')
  expect((await admin('POST', `/decisions/${decision}/explain`)).body.closest).toContainEqual(
    expect.objectContaining({ id: 'between-us' }),
  )

  expect((await admin('GET', `/decisions/${decision}`, undefined, keys.rita)).status).toBe(403)
  expect((await why(decision, {}, 'rita')).status).toBe(403)
  expect((await can('cora', {}, keys.rita)).status).toBe(403)
  expect((await why('dec_00000000000000000000000000', {}, 'rita')).status).toBe(403)
})

test('a private rule that denied is counted, not named, to the one it denied', async () => {
  const { status, decision } = await denied('rita', { seed: 1 })
  expect(status).toBe(403)
  const own = await admin('GET', `/decisions/${decision}`, undefined, keys.rita)
  expect(own).toMatchObject({ status: 200, body: { decision: 'deny', rules: [], hidden: 1 } })
  expect(JSON.stringify(own.body)).not.toMatch(/watched/)
  expect((await admin('GET', `/decisions/${decision}`)).body).toMatchObject({ rules: ['watched'] })
})

test('a denied act of administration can be asked about too', async () => {
  const refused = await admin('POST', '/users', { name: 'mallory' }, keys.cora)
  expect(refused.status).toBe(403)
  const why = await admin('POST', `/decisions/${refused.body.decision}/explain`, { roles: ['admin'] }, keys.cora)
  expect(why).toMatchObject({ status: 200, body: { decision: 'allow', action: 'manageDirectory' } })
})

test('a grant is counted on: for this model alone, or with a use that is still to be taken, and what is left is said', async () => {
  const borrow = async (narrow: object) => {
    const { body } = await admin('POST', '/requests', { role: 'user', seconds: 600, reason: 'r', ...narrow }, keys.tom)
    const { id, digest } = body.request as { id: string; digest: string }
    const yes = await admin('POST', `/requests/${id}/approve`, { digest }, keys.ana)
    return (yes.body.grant as { id: string }).id
  }
  const end = (id: string) => admin('POST', `/grants/${id}/end`, { reason: 'r' })
  const models = async () => (await admin('GET', '/whoami', undefined, keys.tom)).body.models
  expect((await can('tom')).body).toMatchObject({ decision: 'deny', roles: ['user'] })
  expect(await models()).toEqual([])

  const limited = await borrow({ models: [MODEL] })
  expect((await can('tom')).body).toMatchObject({ decision: 'allow', roles: [] })
  expect((await can('tom')).body).not.toHaveProperty('byGrant')
  expect((await can('tom', { resource: 'another' })).body.decision).toBe('deny')
  expect(await models()).toEqual([MODEL])
  await end(limited)
  expect((await can('tom')).body.decision).toBe('deny')

  const twice = await borrow({ uses: 2 })
  const asked = async (facts: object = {}) => {
    const { decision, byGrant } = (await can('tom', facts, keys.tom)).body
    return [decision, byGrant]
  }
  const left = (usesLeft: number) => ['allow', { id: twice, role: 'user', endsAt: expect.any(String), usesLeft }]
  expect(await asked()).toEqual(left(2))
  expect(await asked()).toEqual(left(2)) // asking takes none
  expect(await models()).toEqual([MODEL])
  expect(await asked({ at: new Date(Date.now() + 700_000).toISOString() })).toEqual(['deny', undefined])
  expect((await denied('tom')).status).toBe(200)
  expect(await asked()).toEqual(left(1))
  expect((await denied('tom')).status).toBe(200)
  expect(await asked()).toEqual(['deny', undefined])
  expect((await denied('tom')).status).toBe(403)

  const later = await borrow({ uses: 1, startsAt: new Date(Date.now() + 3_600_000).toISOString() })
  expect(await asked()).toEqual(['deny', undefined])
  expect(await asked({ at: new Date(Date.now() + 3_900_000).toISOString() })).toMatchObject(['allow', { id: later }])

  const budget = await borrow({ tokens: 100_000 })
  const tokens = async () => (await asked())[1] as { id: string; tokens: number; tokensLeft: number }
  expect(await tokens()).toMatchObject({ id: budget, tokens: 100_000, tokensLeft: 100_000 })
  expect((await denied('tom')).status).toBe(200)
  await vi.waitFor(async () => {
    const { body } = await admin('GET', `/audit?kind=call.finished&grant=${budget}`)
    const [{ data }] = body.items as [{ data: { inputTokens: number; outputTokens: number } }]
    expect(data.inputTokens + data.outputTokens).toBeGreaterThan(0)
    expect((await tokens()).tokensLeft).toBe(100_000 - data.inputTokens - data.outputTokens)
  })
  // Forbidden stays forbidden, whatever is left.
  expect(await asked({ set: { 'request.seed': 7 } })).toEqual(['deny', undefined])
})

test('keys are asked about as their own routes ask, and are there only for who may see them', async () => {
  const [own] = (await admin('GET', '/keys?owner=User:cora')).body.items as { id: string }[]
  const of = async (who: string, action: string, resource: string, key?: string) => {
    const { decision, summary } = (await can(who, { action, resource }, key)).body
    return [decision, String(summary).replace(/.*: /, '')]
  }
  const key = `Key:${own?.id}`
  expect((await of('admin', 'revokeKey', key))[0]).toBe('allow')
  expect(await of('cora', 'revokeKey', key)).toEqual(['deny', 'no rule permits it.'])
  expect(await of('rita', 'revokeKey', 'Key:none')).toEqual(['deny', 'there is no such key.'])
  expect(await of('tom', 'show', key, keys.tom)).toEqual(await of('tom', 'show', 'Key:none', keys.tom))
  await admin('POST', '/users', { name: 'gone' })
  await admin('POST', '/users/gone/suspend', { reason: 'left' })
  expect((await of('admin', 'lock', 'User:gone'))[0]).toBe('allow')
})
