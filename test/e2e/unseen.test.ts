// What a caller may not see leaves no trace for it: not in a cursor, not in whether there is a next page, not in how an
// answer differs from the one about what is not there.
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { silent, startScripted } from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'

const MODEL = 'sallyport-demo'
const RULES = `
@id("not-for-dana") @why("The project is secret.") @explain("private")
forbid (principal == User::"dana", action in [Action::"use", Action::"read"], resource == Model::"${MODEL}");
@id("watchers-watch") @why("What watches the gateway sees the gateway.")
permit (principal in Role::"watcher", action == Action::"show", resource is Gateway);
`
const folder = mkdtempSync(join(tmpdir(), 'sallyport-unseen-'))
let gateway: TestGateway
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
let dana = ''
let erin = ''
beforeAll(async () => {
  cpSync('policies', folder, { recursive: true })
  rmSync(join(folder, 'tests'), { recursive: true })
  appendFileSync(join(folder, 'roles.cedar'), RULES)
  gateway = await startGateway({ policies: folder })
  dana = await person('dana', 'user')
  erin = await person('erin', 'user')
  await person('fred', 'reader')
  await ask('POST', '/groups', { name: 'first' })
  await ask('POST', '/groups', { name: 'second' })
  for (const key of [erin, erin, dana, erin])
    expect((await ask('POST', '/requests', { role: 'operator', seconds: 60, reason: 'to see' }, key)).status).toBe(201)
})
afterAll(async () => {
  await gateway.close()
  rmSync(folder, { recursive: true, force: true })
})

it('lists end where the last thing ends that may be seen, whatever lies behind it', async () => {
  for (const path of [
    '/users',
    '/users?search=e',
    '/services',
    '/groups',
    '/roles',
    '/sessions',
    '/grants',
    '/keys?owner=User:erin',
  ])
    expect((await ask('GET', `${path}${path.includes('?') ? '&' : '?'}limit=1`, undefined, dana)).body, path).toEqual({
      items: [],
    })
  expect((await ask('GET', '/models', undefined, dana)).body).toEqual({ items: [] })
  expect((await ask('GET', '/models', undefined, erin)).body.items).toHaveLength(1)
  for (const path of ['/keys', '/requests']) {
    const { body } = await ask('GET', `${path}?limit=1`, undefined, dana)
    expect(body.items, path).toHaveLength(1)
    expect(body, path).not.toHaveProperty('next')
  }
})

it('pages hold as much as is asked for, and every row that may be seen comes once', async () => {
  const found: unknown[] = []
  for (let cursor = ''; ; ) {
    const { body } = await ask('GET', `/requests?limit=2${cursor}`, undefined, erin)
    const items = body.items as Body[]
    found.push(...items.map(({ id }) => id))
    if (body.next === undefined) break
    expect(items).toHaveLength(2)
    cursor = `&cursor=${String(body.next)}`
  }
  expect(found).toHaveLength(3)
  expect(new Set(found).size).toBe(3)
  const all: unknown[] = []
  for (let cursor = ''; ; ) {
    const { body } = await ask('GET', `/users?limit=1${cursor}`)
    all.push(...(body.items as Body[]).map(({ name }) => name))
    if (body.next === undefined) break
    cursor = `&cursor=${String(body.next)}`
  }
  expect(all).toEqual(['admin', 'dana', 'erin', 'fred'])
})

it('what is there and may not be seen answers as what is not there', async () => {
  /** Without what differs by chance: the name itself, ids and decisions. */
  const told = async (name: string, method: string, path: string, body?: unknown, key = dana) => {
    const answer = await ask(method, path, body, key)
    const { instance: _, decision: __, ...rest } = answer.body
    const bare = answer.status === 200 ? answer.body : rest
    return { status: answer.status, body: JSON.parse(JSON.stringify(bare).replaceAll(name, 'NAME')) as Body }
  }
  const explain = (type: string, name: string, key?: string) =>
    told(name, 'POST', '/explain', { principal: 'User:dana', action: 'show', resource: `${type}:${name}` }, key)
  for (const [type, name] of [
    ['User', 'fred'],
    ['Group', 'first'],
    ['Model', MODEL],
  ] as const) {
    expect(await explain(type, name), type).toEqual(await explain(type, 'no-such-name'))
    expect(await explain(type, name, gateway.key), type).not.toEqual(await explain(type, 'no-such-name', gateway.key))
  }
  const shown = (name: string) => told(name, 'GET', `/models/${name}`)
  expect(await shown(MODEL)).toEqual(await shown('no-such-name'))
  expect((await ask('GET', `/models/${MODEL}`, undefined, erin)).status).toBe(200)
})

it('a call of a model that is hidden is refused, and told afterwards, as one of a model that is none', async () => {
  const call = async (name: string) => {
    const response = await gateway.call('/v1/chat/completions', chat(name), { key: dana })
    const text = await response.text()
    const headers = [...response.headers.keys()].filter((header) => header !== 'date')
    const last = await ask('GET', '/decisions/last', undefined, dana)
    const why = await ask('POST', '/decisions/last/explain', {}, dana)
    /** Ids, times and names differ by chance. */
    const bare = (value: unknown) =>
      JSON.stringify(value)
        .replaceAll(name, 'NAME')
        .replaceAll(/(evt|call)_[0-9a-z]+/g, 'ID')
        .replaceAll(/"(time|position)":("[^"]*"|\d+)/g, '')
    return { status: response.status, text: bare(text), headers, last: bare(last), why: [why.status, why.body.detail] }
  }
  const hidden = await call(MODEL)
  expect(hidden.status).toBe(404)
  expect(hidden).toEqual(await call('no-such-name'))
  const recorded = await ask('GET', '/audit?principal=User::%22dana%22&kind=call.finished&limit=2')
  expect((recorded.body.items as Body[]).map(({ model }) => model)).toEqual([undefined, MODEL])
})

it('who may see that something runs does not see whose keys and roles there are by asking what would end', async () => {
  const operator = await person('olga', 'operator')
  const { body } = await ask('GET', '/keys?owner=User:erin')
  const key = String((body.items as Body[])[0]?.id)
  for (const query of [
    'of=principal&target=User:erin',
    `of=credential&target=${key}`,
    'of=assignment&target=user%20User:erin',
    'of=role&target=user',
  ]) {
    expect((await ask('GET', `/consequences?${query}`, undefined, operator)).status, query).toBe(403)
    expect((await ask('GET', `/consequences?${query}`)).status, query).toBe(200)
  }
  for (const query of [
    'of=principal&target=User:ghost',
    'of=credential&target=ghost',
    'of=assignment&target=admin%20User:erin',
  ])
    expect((await ask('GET', `/consequences?${query}`)).status, query).toBe(404)
  expect((await ask('GET', '/consequences?of=assignment&target=user')).status).toBe(400)
  expect((await ask('GET', '/consequences?of=principal&target=User:olga', undefined, operator)).status).toBe(200)
  expect((await ask('GET', `/consequences?of=model&target=${MODEL}`, undefined, operator)).status).toBe(200)
})

it('who may end a grant sees what would end with it, whoever may not learns nothing by asking', async () => {
  const approver = await person('alma', 'approver')
  const other = await person('gus', 'user')
  const [request] = (await ask('GET', '/requests?limit=1', undefined, erin)).body.items as Body[]
  expect((await ask('POST', `/requests/${request?.id}/approve`, { digest: request?.digest }, approver)).status).toBe(
    200,
  )
  const [grant] = (await ask('GET', '/grants', undefined, erin)).body.items as Body[]
  const look = async (id: unknown, key: string) => {
    const { status, body } = await ask('GET', `/consequences?of=grant&target=${id}`, undefined, key)
    return { status, text: JSON.stringify(body).replaceAll(/(dec|evt|call)_[0-9a-z]+/g, 'ID') }
  }
  for (const key of [approver, erin]) expect((await look(grant?.id, key)).status).toBe(200)
  const hidden = await look(grant?.id, other)
  expect(hidden.status).toBe(403)
  expect(hidden).toEqual(await look('grt_01m8nrna3fdfwb5nh4jt8n01na', other))
})

it('who may see the gateway alone does not see who calls, nor what others asked for while rules are tried out', async () => {
  await ask('POST', '/roles', { name: 'watcher', description: 'Watches the gateway.' })
  const watcher = await person('wim', 'watcher')
  const { files } = (await ask('GET', '/policies/active/files')).body as { files: { path: string; text: string }[] }
  const stricter = files.map(({ path, text }) => ({
    path,
    text:
      path === 'access.cedar' ? `${text}\n@id("stop") @why("Tried out.") forbid (principal, action, resource);` : text,
  }))
  expect((await ask('PUT', '/policies/shadow', { files: stricter, reason: 'to see' })).status).toBe(200)
  await (await gateway.call('/v1/chat/completions', chat(MODEL), { key: erin })).text()
  const report = async (key?: string) =>
    (await ask('GET', '/policies/shadow', undefined, key)).body as {
      differing: number
      notListed: number
      differences: { principal: string; count: number }[]
    }
  const whole = await report()
  expect(whole.differences.map(({ principal }) => principal)).toContain('User::"erin"')
  expect(whole.notListed).toBe(0)
  const little = await report(watcher)
  expect([...new Set(little.differences.map(({ principal }) => principal))]).toEqual(['User::"wim"'])
  expect(little.notListed).toBe(little.differing - little.differences.reduce((sum, { count }) => sum + count, 0))
})

it('who may see the gateway alone learns how many calls run, and not whose', async () => {
  const upstream = await startScripted(silent)
  const busy = await startGateway({
    policies: folder,
    upstreams: [{ name: 'up', url: upstream.url }],
    models: [{ name: 'm', upstream: 'up' }],
  })
  const act = async (path: string, body: unknown) => (await (await busy.call(`/admin/v1${path}`, body)).json()) as Body
  await act('/roles', { name: 'watcher', description: 'Watches the gateway.' })
  await act('/users', { name: 'wim' })
  await act('/roles/watcher/assignments', { holder: 'User:wim' })
  const watcher = String((await act('/keys', { owner: 'User:wim', name: 'k' })).key)
  const leave = new AbortController()
  const call = fetch(`${busy.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${busy.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(chat('m')),
    signal: leave.signal,
  }).catch(() => {})
  const ending = async (key: string): Promise<Body> => {
    const path = '/admin/v1/consequences?of=everything&target=*'
    return (await (await busy.call(path, undefined, { method: 'GET', key })).json()) as Body
  }
  while ((await ending(busy.key)).calls !== 1);
  expect(await ending(busy.key)).toMatchObject({ calls: 1, principals: ['User::"admin"'] })
  expect(await ending(watcher)).toMatchObject({ calls: 1, principals: [] })
  leave.abort()
  await call
  await busy.close()
  await upstream.close()
})
