// What a caller may not see leaves no trace for it: not in a cursor, not in whether there is a next page, not in how an
// answer differs from the one about what is not there.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startGateway, type TestGateway } from './harness.ts'

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
  gateway = await startGateway()
  dana = await person('dana', 'user')
  erin = await person('erin', 'user')
  await person('fred', 'reader')
  await ask('POST', '/groups', { name: 'first' })
  await ask('POST', '/groups', { name: 'second' })
  for (const key of [erin, erin, dana, erin])
    expect((await ask('POST', '/requests', { role: 'operator', seconds: 60, reason: 'to see' }, key)).status).toBe(201)
})
afterAll(() => gateway.close())

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
