// Sign-in that is demanded by a rule (RFC 9470), and loops that are stopped: over real sockets, in every wire format.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { json, type ScriptedUpstream, startScripted } from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'

const ANSWER = {
  id: 'x',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'fine' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
}
const RULES = `
@id("chief") @why("Everything, with a fresh and strong sign-in.") @stepup("phr, 10m")
permit (principal in Role::"chief", action in [Action::"administer", Action::"read", Action::"manage", Action::"use"], resource);
@id("careless") @why("Uses models.")
permit (principal in Role::"careless", action in Action::"use", resource is Model);
@id("careless-data") @why("Sends nothing of people without a fresh sign-in.") @stepup("5m") @treat("pass")
permit (principal in Role::"careless", action in Action::"data", resource is DataClass);
@id("handy") @why("Uses models.")
permit (principal in Role::"handy", action in Action::"use", resource is Model);
@id("handy-tools") @why("Tools are called after a fresh sign-in.") @stepup("5m")
permit (principal in Role::"handy", action == Action::"callTool", resource is Tool);
@id("careful") @why("With a fresh and strong sign-in.") @stepup("phr, 10m")
permit (principal in Role::"careful", action in Action::"use", resource is Model);
@id("lends") @why("Users are lent the role trainer, with a fresh sign-in.") @longest("4h") @stepup("5m")
permit (principal is User in Role::"user", action in [Action::"requestRole", Action::"autoApproveRole"], resource == Role::"trainer");
`

const CALLS = {
  role: 'assistant',
  content: null,
  tool_calls: [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } }],
}
let message: object | undefined

let upstream: ScriptedUpstream
let gateway: TestGateway
beforeAll(async () => {
  const policies = join(mkdtempSync(join(tmpdir(), 'sallyport-step-up-')), 'policies')
  mkdirSync(policies)
  for (const file of readdirSync('policies'))
    if (/\.(cedar|cedarschema)$/.test(file)) cpSync(join('policies', file), join(policies, file))
  writeFileSync(join(policies, 'own.cedar'), RULES)
  upstream = await startScripted((response, received) =>
    json(
      received.method === 'GET'
        ? { object: 'list', data: [] }
        : message
          ? { ...ANSWER, choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }
          : ANSWER,
    )(response, received),
  )
  gateway = await startGateway({
    policies,
    limits: { identicalPerMinute: 3 },
    upstreams: [{ name: 'up', url: upstream.url }],
    models: [
      { name: 'm', upstream: 'up', aliases: ['also-m'] },
      { name: 'n', upstream: 'up', upstreamName: 'm' },
    ],
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

const admin = async (path: string, body: unknown, key?: string) =>
  gateway.call(`/admin/v1${path}`, body, key === undefined ? {} : { key })
let serial = 0
const keyFor = async (role: string): Promise<string> => {
  const name = `p${serial++}`
  await admin('/users', { name })
  expect((await admin(`/roles/${role}/assignments`, { holder: `User:${name}` })).status).toBe(201)
  const issued = await admin('/keys', { owner: `User:${name}`, name: 'k' })
  return ((await issued.json()) as { key: string }).key
}

const MESSAGES = [{ role: 'user', content: 'hello' }]
const FORMATS = [
  ['/v1/chat/completions', { model: 'm', messages: MESSAGES }],
  ['/v1/responses', { model: 'm', input: 'hello' }],
  ['/v1/messages', { model: 'm', max_tokens: 5, messages: MESSAGES }],
  ['/api/chat', { model: 'm', messages: MESSAGES, stream: false }],
] as const

describe('a sign-in that a rule demands', () => {
  it('is asked for with the challenge of RFC 9470, before anything is sent, and a key is none', async () => {
    await admin('/roles', { name: 'careful', description: 'Takes care.' })
    const key = await keyFor('careful')
    const sent = upstream.calls.length
    for (const [path, body] of FORMATS) {
      const response = await gateway.call(path, body, { key })
      expect([path, response.status]).toEqual([path, 401])
      expect(response.headers.get('www-authenticate')).toBe(
        'Bearer error="insufficient_user_authentication", error_description="A different authentication level is required", acr_values="phr", max_age=600',
      )
      expect(response.headers.get('x-sallyport-decision')).toMatch(/^dec_/)
      expect(await response.text()).toContain('Sign in again, with phr')
    }
    expect(upstream.calls.length).toBe(sent)
    const query = 'kind=call.finished&limit=10'
    const log = await gateway.call(`/admin/v1/audit?${query}`, undefined, { method: 'GET' })
    const { items } = (await log.json()) as { items: { reason?: string; data: { outcome: string } }[] }
    expect(items.filter(({ reason }) => reason === 'step_up_required')).toHaveLength(FORMATS.length)
    for (const { reason, data } of items) if (reason === 'step_up_required') expect(data.outcome).toBe('refused')
  })

  it('is asked for when a model would call a tool that needs one', async () => {
    await admin('/roles', { name: 'handy', description: 'Uses tools.' })
    const key = await keyFor('handy')
    const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }]
    const ask = () => gateway.call('/v1/chat/completions', chat('m', { tools }), { key })
    expect((await ask()).status).toBe(200)
    message = CALLS
    const response = await ask()
    message = undefined
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('max_age=300'),
    ])
    expect(await response.text()).not.toContain('look')
  })

  it('is asked for by the admin API too, where a role is requested', async () => {
    const ask = { role: 'trainer', seconds: 600, reason: 'tests' }
    const response = await admin('/requests', ask, await keyFor('user'))
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toContain('max_age=300')
    expect(await response.json()).toMatchObject({ code: 'step_up_required' })
  })
})

describe('a sign-in that a rule demands elsewhere than for calls', () => {
  it('is demanded for every act and look of the admin API, for managing and counting, and for lists', async () => {
    await admin('/roles', { name: 'chief', description: 'Does everything, well signed in.' })
    const key = await keyFor('chief')
    const challenged = async (path: string, body?: unknown) => {
      const method = body === undefined ? 'GET' : 'POST'
      const response = await gateway.call(path, body, { key, method })
      expect([path, response.status]).toEqual([path, 401])
      expect(response.headers.get('www-authenticate')).toContain('acr_values="phr"')
    }
    await challenged('/admin/v1/users', { name: 'made-without-signing-in' })
    await challenged('/admin/v1/locks', { kind: 'everything', reason: 'no' })
    await challenged('/admin/v1/nodes')
    await challenged('/admin/v1/users')
    await challenged('/metrics')
    await challenged('/access/v1/evaluation', {})
    await challenged('/api/pull', { model: 'x', stream: false })
    await challenged('/v1/messages/count_tokens', { model: 'm', messages: MESSAGES })
    for (const path of ['/v1/models', '/v1/models/m', '/api/tags', '/api/ps']) await challenged(path)
    await challenged('/api/show', { model: 'm' })
    const users = await gateway.call('/admin/v1/users?limit=200', undefined, { method: 'GET' })
    expect(await users.text()).not.toContain('made-without-signing-in')
    const log = await gateway.call('/admin/v1/audit?kind=admin.denied&limit=20', undefined, { method: 'GET' })
    expect(((await log.json()) as { items: unknown[] }).items.length).toBeGreaterThanOrEqual(6)
  })

  it('is demanded for data of a class: without it the class is blocked', async () => {
    await admin('/roles', { name: 'careless', description: 'Uses models.' })
    const key = await keyFor('careless')
    const mail = [{ role: 'user', content: 'write to zoe.canary@example.com today' }]
    const sent = upstream.calls.length
    expect((await gateway.call('/v1/chat/completions', { model: 'm', messages: mail }, { key })).status).toBe(422)
    expect(upstream.calls.length).toBe(sent)
    expect((await gateway.call('/v1/chat/completions', chat('m'), { key })).status).toBe(200)
  })
})

describe('a loop', () => {
  it('of identical calls is stopped, whatever the wire format, and other calls are not', async () => {
    for (const [path, body] of FORMATS) {
      const key = await keyFor('user')
      const statuses: number[] = []
      for (let i = 0; i < 5; i++) statuses.push((await gateway.call(path, body, { key })).status)
      expect([path, ...statuses]).toEqual([path, 200, 200, 200, 429, 429])
      const stopped = await gateway.call(path, body, { key })
      expect(Number(stopped.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(Number(stopped.headers.get('retry-after'))).toBeLessThanOrEqual(60)
      expect(await stopped.text()).toContain('stopped as a loop')
    }
    const key = await keyFor('user')
    const call = async (body: unknown, own = key) =>
      (await gateway.call('/v1/chat/completions', body, { key: own })).status
    for (let i = 0; i < 4; i++) await call(chat('m'))
    expect(await call(chat('m'))).toBe(429)
    expect(await call(chat('also-m'))).toBe(429)
    // Something else is asked, or of another model, or by somebody else: none of these is the same call.
    expect(await call({ ...chat('m'), messages: [{ role: 'user', content: 'hello?' }] })).toBe(200)
    expect(await call(chat('n'))).toBe(200)
    expect(await call(chat('m'), await keyFor('user'))).toBe(200)
  })

  it('is stopped also when its calls come at the same time', async () => {
    const key = await keyFor('user')
    const calls = Array.from({ length: 12 }, () => gateway.call('/v1/chat/completions', chat('m'), { key }))
    const statuses = (await Promise.all(calls)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(3)
    expect(statuses.filter((status) => status === 429)).toHaveLength(9)
  })
})
