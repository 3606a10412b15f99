// Somebody leaves: what would end is shown and nothing is touched; then it ends as one act, and coming back revives none
// of it.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chatChunks, json, type Script, type ScriptedUpstream, startScripted } from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'

const talks: Script = (response, received) => {
  if (received.method === 'GET') return json({ object: 'list', data: [] })(response, received)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const frame = `data: ${JSON.stringify(chatChunks(['some words that go on and on, '])[1])}\n\n`
  const timer = setInterval(() => response.write(frame), 10)
  response.once('close', () => clearInterval(timer))
}

let upstream: ScriptedUpstream
let gateway: TestGateway
beforeAll(async () => {
  const policies = join(mkdtempSync(join(tmpdir(), 'sallyport-offboard-')), 'policies')
  mkdirSync(policies)
  for (const file of readdirSync('policies'))
    if (/\.(cedar|cedarschema)$/.test(file)) cpSync(join('policies', file), join(policies, file))
  writeFileSync(
    join(policies, 'own.cedar'),
    `@id("lends") @why("Users are lent the role trainer.") @longest("4h")\npermit (principal is User in Role::"user", action in [Action::"requestRole", Action::"autoApproveRole"], resource == Role::"trainer");\n`,
  )
  upstream = await startScripted(talks)
  gateway = await startGateway({
    policies,
    upstreams: [{ name: 'up', url: upstream.url }],
    models: [{ name: 'm', upstream: 'up', aliases: ['also'] }],
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

type Answer = Record<string, unknown>
const api = async (method: string, path: string, body?: unknown, key?: string) => {
  const response = await gateway.call(`/admin/v1${path}`, body ?? '', { method, ...(key === undefined ? {} : { key }) })
  return { status: response.status, body: (await response.json()) as Answer }
}
const done = async (method: string, path: string, body?: unknown, key?: string): Promise<Answer> => {
  const { status, body: answer } = await api(method, path, body, key)
  expect(status, `${method} ${path}: ${JSON.stringify(answer)}`).toBeLessThan(300)
  return answer
}
const look = async (query: string, key?: string) => {
  const response = await gateway.call(`/admin/v1/consequences?${query}`, undefined, {
    method: 'GET',
    ...(key === undefined ? {} : { key }),
  })
  return { status: response.status, body: (await response.json()) as Answer }
}
const get = async (path: string) =>
  (await (await gateway.call(`/admin/v1${path}`, undefined, { method: 'GET' })).json()) as Answer

it('#3 litellm#26861: offboarding is one act, shown before, and not undone by coming back', {
  timeout: 60_000,
}, async () => {
  await done('POST', '/users', { name: 'dana' })
  await done('POST', '/agents', { name: 'bot', onBehalfOf: 'dana' })
  await done('POST', '/services', { name: 'etl', attributes: { owner: 'dana' } })
  await done('POST', '/services', { name: 'other', attributes: { owner: 'jo' } })
  await done('POST', '/groups', { name: 'dev' })
  await done('PUT', '/groups/dev/members/User:dana')
  await done('POST', '/roles/reader/assignments', { holder: 'Group:dev' })
  await done('POST', '/roles/user/assignments', { holder: 'User:dana' })
  await done('POST', '/roles/user/assignments', { holder: 'Agent:bot' })
  const own = await done('POST', '/keys', { owner: 'User:dana', name: 'laptop' })
  const bot = await done('POST', '/keys', { owner: 'Agent:bot', name: 'bot' })
  const key = String(own.key)
  const asked = await done('POST', '/requests', { role: 'trainer', seconds: 3600, reason: 'tests' }, key)
  const grant = (asked.grant as { id: string }).id

  const streams = [key, String(bot.key)].map(async (one) => {
    const response = await gateway.call('/v1/chat/completions', chat('m', { stream: true }), { key: one })
    return response.text()
  })
  await expect.poll(async () => (await look('of=everything')).body.upstreams).toBe(2)

  // Shown, and nothing is touched.
  const preview = await look('of=principal&target=User:dana')
  expect(preview.body).toMatchObject({
    calls: 2,
    upstreams: 2,
    principals: ['Agent::"bot"', 'User::"dana"'],
    grants: [{ id: grant, principal: 'User::"dana"', role: 'trainer' }],
    roles: ['user'],
    groups: ['dev'],
    agents: ['bot'],
    services: ['etl'],
  })
  expect((preview.body.keys as { id: string }[]).map(({ id }) => id).sort()).toEqual([own.id, bot.id].sort())
  expect((await look(`of=credential&target=${own.id}`)).body).toMatchObject({ calls: 1, principals: ['User::"dana"'] })
  expect((await look('of=model&target=m')).body).toMatchObject({ calls: 2 })
  expect((await look('of=model&target=n')).body).toMatchObject({ calls: 0 })
  expect((await look('of=everything')).body).toMatchObject({ calls: 2 })
  expect((await look('of=network&target=127.0.0.0/8')).body).toMatchObject({ calls: 2 })
  expect((await look(`of=grant&target=${grant}`)).body).toMatchObject({ calls: 1, grants: [{ id: grant }] })
  expect((await look('of=assignment&target=user%20User:dana')).body).toMatchObject({ calls: 1, roles: ['user'] })
  expect((await look('of=assignment&target=reader%20Group:dev')).body).toMatchObject({ calls: 1, roles: ['reader'] })
  expect((await look('of=assignment&target=user%20Group:dev')).status).toBe(404) // it does not hold this one
  for (const nonsense of ['', 'x', 'user', 'user%20dana', '%20User:dana'])
    expect((await look(`of=assignment&target=${nonsense}`)).status, nonsense).toBe(400)
  expect((await look('of=network&target=nonsense')).status).toBe(400)
  expect((await look('of=principal&target=User:nobody')).status).toBe(404)
  expect((await look('of=credential&target=nothing')).status).toBe(404)
  expect((await look('of=everything', key)).status).toBe(403)
  expect(((await get('/leases')).items as unknown[]).length).toBe(2)
  expect((await api('POST', '/users/dana/offboard', { reason: 'no right' }, key)).status).toBe(403)

  const { ended, principal } = (await done('POST', '/users/dana/offboard', { reason: 'HR-4471' })) as unknown as {
    ended: Record<string, string[]> & { receipt: { calls: number; nodes: { applied: boolean }[] } }
    principal: { state: string; stateReason: string }
  }
  expect(principal).toMatchObject({ state: 'suspended', stateReason: 'HR-4471' })
  expect({ ...ended, keys: [...(ended.keys ?? [])].sort(), receipt: undefined }).toEqual({
    keys: [own.id, bot.id].sort(),
    agents: ['bot'],
    grants: [grant],
    groups: ['dev'],
    roles: ['user'],
    services: ['etl'],
    receipt: undefined,
  })
  expect(ended.receipt).toMatchObject({ calls: 2, upstreams: 2, nodes: [{ applied: true }] })
  for (const text of await Promise.all(streams)) expect(text).toMatch(/"error"(?!.*\[DONE\])/s)
  for (const one of [key, String(bot.key)])
    expect((await gateway.call('/v1/chat/completions', chat('m'), { key: one })).status).toBe(401)
  expect(await get(`/grants/${grant}`).catch(() => ({}))).not.toMatchObject({ endedAt: undefined })

  // In the log as one act: the person, the agent, both keys, the grant.
  const { items } = (await get('/audit?limit=200')) as unknown as {
    items: { kind: string; subject?: string; reason?: string }[]
  }
  const of = (kind: string) => items.filter((event) => event.kind === kind).map(({ subject }) => subject)
  expect(of('user.offboarded')).toEqual(['user/dana'])
  expect(of('agent.offboarded')).toEqual(['agent/bot'])
  expect(of('key.revoked').sort()).toEqual([`key/${own.id}`, `key/${bot.id}`].sort())
  expect(of('grant.ended')).toEqual([`grant/${grant}`])

  // Again: nothing is left to end. Back: the person, and none of it.
  const again = (await done('POST', '/users/dana/offboard', { reason: 'again' })).ended as Record<string, unknown>
  expect(again).toMatchObject({ keys: [], grants: [], roles: [], groups: [] })
  expect((await look(`of=credential&target=${own.id}`)).body).toMatchObject({ keys: [] })
  expect((await look(`of=grant&target=${grant}`)).body).toMatchObject({ calls: 0, grants: [] })
  const suspended = await done('POST', '/users/dana/suspend', { reason: 'once more' })
  expect(suspended).toMatchObject({ ended: { keys: [], receipt: { nodes: [{ applied: true }] } } })
  expect((await get('/users/dana')).stateReason).toBe('again')
  await done('POST', '/users/dana/restore', { reason: 'came back' })
  expect((await gateway.call('/v1/chat/completions', chat('m'), { key })).status).toBe(401)
  expect((await look('of=principal&target=User:dana')).body).toMatchObject({
    keys: [],
    grants: [],
    roles: [],
    groups: [],
  })
  const fresh = String((await done('POST', '/keys', { owner: 'User:dana', name: 'new' })).key)
  expect([403, 404]).toContain((await gateway.call('/v1/chat/completions', chat('m'), { key: fresh })).status)
})

it('what is stopped is stopped under every name it has, and who may end something sees first what would end', async () => {
  await done('POST', '/users', { name: 'kim' })
  await done('POST', '/users', { name: 'lee' })
  for (const who of ['kim', 'lee']) await done('POST', '/roles/user/assignments', { holder: `User:${who}` })
  const [kim, lee] = [
    await done('POST', '/keys', { owner: 'User:kim', name: 'k' }),
    await done('POST', '/keys', { owner: 'User:lee', name: 'k' }),
  ]
  const key = String(kim.key)
  const ended: Promise<string>[] = []
  const talk = async (session: string) => {
    const headers = { 'x-sallyport-session': session }
    const response = await gateway.call('/v1/chat/completions', chat('also', { stream: true }), { key, headers })
    ended.push(response.text())
    return String(response.headers.get('x-sallyport-session'))
  }

  const id = await talk('mine')
  for (const query of ['of=session&target=mine', `of=session&target=${id}`, `of=credential&target=${kim.id}`]) {
    expect((await look(query)).body, query).toMatchObject({ calls: 1 })
    expect((await look(query, key)).body, query).toMatchObject({ calls: 1, principals: ['User::"kim"'] })
    expect((await look(query, String(lee.key))).status, query).toBe(403)
  }
  expect((await look('of=session&target=ghost')).status).toBe(404)
  expect((await api('POST', '/locks', { kind: 'session', target: 'ghost', reason: 'x' })).status).toBe(404)
  const stopped = await done('POST', '/locks', { kind: 'session', target: 'mine', reason: 'x' })
  expect(stopped).toMatchObject({ target: id, receipt: { calls: 1 } })
  await talk('again')
  expect(await done('POST', '/leases/cut', { session: 'again', reason: 'x' })).toMatchObject({ calls: 1 })

  await talk('single')
  const { items: running } = await done('GET', '/leases')
  const [{ call }] = running as [{ call: string }]
  expect(await done('POST', '/leases/cut', { call, reason: 'x' })).toMatchObject({ calls: 1, event: expect.anything() })
  expect((await api('POST', '/leases/cut', { call, reason: 'x' })).status).toBe(404)
  expect((await look('of=session&target=single')).body).toMatchObject({ calls: 0 })
  await talk('third')
  expect((await look('of=model&target=m')).body).toMatchObject({ calls: 1 })
  const locked = await done('POST', '/locks', { kind: 'model', target: 'm', reason: 'x' })
  expect(locked).toMatchObject({ receipt: { calls: 1 } })
  for (const model of ['m', 'also']) expect((await gateway.call('/v1/chat/completions', chat(model))).status).toBe(403)
  await done('DELETE', `/locks/${locked.id}`)
  const name = await done('POST', '/locks', { kind: 'model', target: 'also', reason: 'x' })
  expect((await look('of=model&target=also')).status).toBe(200)
  const other = await gateway.call('/v1/chat/completions', chat('m', { stream: true }))
  expect(other.status).toBe(200)
  await other.body?.cancel()
  await done('DELETE', `/locks/${name.id}`)
  for (const text of await Promise.all(ended)) expect(text).toMatch(/"error"(?!.*\[DONE\])/s)
})
