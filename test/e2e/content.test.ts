// What a rule had recorded of a call comes out by one door, for whoever the rules name, and by no other.
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startGateway, type TestGateway } from './harness.ts'

const MODEL = 'sallyport-demo'
const CANARY = 'planted words about the heron at the weir'
const RULES = `
@id("keep") @why("All that dana asks is kept.") @record("prompt, answer, 30d")
permit (principal == User::"dana", action == Action::"chat", resource == Model::"${MODEL}");
@id("reads-content") @why("Erin may read it.")
permit (principal == User::"erin", action == Action::"readContent", resource);
`
const folder = mkdtempSync(join(tmpdir(), 'sallyport-content-'))
let gateway: TestGateway
const get = async (path: string, key = gateway.key) => {
  const response = await gateway.call(path, undefined, { method: 'GET', key })
  return { status: response.status, text: await response.text() }
}
const post = async (path: string, body: unknown, key = gateway.key) => {
  const response = await gateway.call(`/admin/v1${path}`, body, { key })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const person = async (name: string, ...roles: string[]) => {
  await post('/users', { name })
  for (const role of roles) await post(`/roles/${role}/assignments`, { holder: `User:${name}` })
  return String((await post('/keys', { owner: `User:${name}`, name: 'k' })).body.key)
}
let call = ''
const keys: Record<string, string> = {}
beforeAll(async () => {
  cpSync('policies', folder, { recursive: true })
  rmSync(join(folder, 'tests'), { recursive: true })
  appendFileSync(join(folder, 'access.cedar'), RULES)
  gateway = await startGateway({ policies: folder })
  keys.dana = await person('dana')
  keys.erin = await person('erin', 'auditor')
  keys.otto = await person('otto', 'auditor', 'operator')
  const body = { model: MODEL, messages: [{ role: 'user', content: CANARY }], max_tokens: 8 }
  const response = await gateway.call('/v1/chat/completions', body, { key: keys.dana })
  expect(response.status).toBe(200)
  await response.text()
  call = response.headers.get('x-request-id') ?? ''
  for (let left = 100; left > 0 && (await finished()) === 0; left--)
    await new Promise((resolve) => setTimeout(resolve, 50))
}, 120_000)
afterAll(async () => {
  await gateway?.close()
  rmSync(folder, { recursive: true, force: true })
})
const finished = async () => {
  const { text } = await get(`/admin/v1/audit?kind=call.finished&principal=${encodeURIComponent('User::"dana"')}`)
  return (JSON.parse(text) as { items?: unknown[] }).items?.length ?? 0
}

it('is read by whom a rule names, who is written down for it', async () => {
  const path = `/admin/v1/calls/${call}/content`
  for (const who of ['dana', 'otto']) expect((await get(path, keys[who])).status, who).toBe(403)
  const { status, text } = await get(path, keys.erin)
  expect(status).toBe(200)
  expect(text).toContain(CANARY)
  const { items } = JSON.parse((await get('/admin/v1/audit?kind=content.read')).text)
  expect(items).toMatchObject([{ principal: 'User::"erin"', call }])
})

it('comes out by no other door, to nobody', async () => {
  const doors = [
    '/admin/v1/audit?limit=200',
    `/admin/v1/audit?limit=200&text=${encodeURIComponent('heron')}`,
    '/admin/v1/audit/export?format=archive',
    '/admin/v1/audit/export?format=jsonl',
    '/admin/v1/audit/export?format=ocsf',
    '/admin/v1/audit/export?format=syslog',
    `/admin/v1/decisions/${call}`,
    '/admin/v1/sessions',
    '/admin/v1/leases',
    `/admin/v1/calls/${encodeURIComponent(`${call}/../${call}`)}/content`,
    `/admin/v1/calls/%25/content`,
    '/metrics',
  ]
  for (const who of ['erin', 'otto', 'dana'])
    for (const door of doors) {
      const { text } = await get(door, keys[who])
      expect(text.includes('heron') && text.includes('weir'), `${who} ${door}`).toBe(false)
    }
  expect((await get('/admin/v1/audit/export?format=archive', keys.otto)).text).toContain(call)
})

it('is gone for everybody once it is erased', async () => {
  const body = { principal: 'User:dana', reason: 'asked for it' }
  expect((await post('/content/erasures', body, keys.erin)).status).toBe(403)
  expect((await post('/content/erasures', body)).body).toMatchObject({ keys: 1, parts: 2 })
  expect((await get(`/admin/v1/calls/${call}/content`, keys.erin)).status).toBe(404)
})
