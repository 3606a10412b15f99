// A campaign over rights: kept, revoked at once, and revoked because nobody spoke; with calls that end with their right.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from './harness.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.close())

const admin = async (method: string, path: string, body?: unknown, key?: string) => {
  const response = await gateway.call(`/admin/v1${path}`, body, { method, ...(key === undefined ? {} : { key }) })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
interface Item {
  id: string
  kind: string
  holder: string
  what: string
  outcome?: string
}
const person = async (name: string, role: string) => {
  await admin('POST', '/users', { name })
  await admin('POST', `/roles/${role}/assignments`, { holder: `User:${name}` })
  return String((await admin('POST', '/keys', { owner: `User:${name}`, name: 'k' })).body.key)
}
const models = async (key: string) => (await gateway.call('/v1/models', undefined, { method: 'GET', key })).status

describe('a campaign', () => {
  it('lists who holds what; keeps, revokes at once, and revokes at its end what nobody spoke for', async () => {
    const [ana, bo, second] = [await person('ana', 'user'), await person('bo', 'user'), await person('cy', 'admin')]
    await admin('POST', '/groups', { name: 'dev' })
    expect((await admin('PUT', '/groups/dev/members/User:ana')).status).toBeLessThan(300)
    expect((await admin('GET', '/users/ana')).body.groups).toEqual(['dev'])
    const dueAt = new Date(Date.now() + 86_400_000).toISOString()
    expect((await admin('POST', '/campaigns', { name: 'q1', dueAt }, ana)).status).toBe(403)
    const begun = await admin('POST', '/campaigns', { name: 'q1', dueAt })
    expect(begun.status).toBe(201)
    const { id } = begun.body as { id: string }

    const items: Item[] = []
    for (let cursor = ''; ; ) {
      const page = await admin('GET', `/campaigns/${id}/items?limit=3${cursor}`)
      items.push(...(page.body.items as Item[]))
      if (page.body.next === undefined) break
      cursor = `&cursor=${page.body.next}`
    }
    expect(items).toHaveLength(begun.body.items as number)
    const of = (holder: string, what: string) => items.find((one) => one.holder === holder && one.what === what)!.id
    const say = (item: string, decision: string, key?: string) =>
      admin('POST', `/campaigns/${id}/items/${item}`, { decision, note: 'looked at' }, key)

    expect((await say(of('User:ana', 'role user'), 'keep')).body.outcome).toBe('kept')
    expect((await say(of('User:ana', 'key k'), 'keep')).status).toBe(200)
    // Nobody keeps a right of their own, administrators included.
    expect((await say(of('User:cy', 'role admin'), 'keep', second)).body.code).toBe('access_denied')
    const mine = items.filter(({ holder }) => holder === 'User:admin')
    for (const item of mine) expect((await say(item.id, 'keep', second)).status).toBe(200)

    expect(await models(bo)).toBe(200)
    expect((await say(of('User:bo', 'key k'), 'revoke')).body.outcome).toBe('revoked')
    expect(await models(bo)).toBe(401)
    expect((await say(of('User:bo', 'key k'), 'keep')).body.code).toBe('not_possible')

    const closed = await admin('POST', `/campaigns/${id}/close`)
    expect(closed.body).toMatchObject({ undecided: 0, closedBy: 'User::"admin"' })
    expect(await models(ana)).toBe(200)
    const { body: after } = await admin('GET', `/users/bo`)
    expect(after.roles).toEqual([])
    expect((await admin('GET', '/users/ana')).body).toMatchObject({ roles: ['user'], groups: [] })
    expect((await admin('GET', '/users/cy')).body.roles).toEqual([])
    expect((await say(of('User:ana', 'role user'), 'revoke')).body.code).toBe('not_possible')
    expect((await admin('POST', `/campaigns/${id}/close`)).body).toMatchObject({ closedAt: closed.body.closedAt })
    const { body: log } = await admin('GET', '/audit?kind=campaign.closed')
    expect(log.items).toHaveLength(1)
  })

  it('never takes the last administrator away', async () => {
    const dueAt = new Date(Date.now() + 86_400_000).toISOString()
    const { body } = await admin('POST', '/campaigns', { name: 'q2', dueAt, kinds: ['assignment', 'key'] })
    expect((await admin('POST', `/campaigns/${body.id}/close`)).status).toBe(200)
    const { body: page } = await admin('GET', `/campaigns/${body.id}/items?limit=200`)
    const kept = (page.items as Item[]).filter(({ holder }) => holder === 'User:admin')
    expect(kept.map(({ what, outcome }) => [what, outcome])).toContainEqual([
      'role admin',
      'kept: the last administrator',
    ])
    expect((await admin('GET', '/users')).status).toBe(200)
  })
})

describe('the report about unused rights', () => {
  it('names models and actions that somebody may use and has not', async () => {
    await person('dee', 'user')
    const { body } = await admin('GET', '/reports/unused?limit=200')
    expect(body.items).toContainEqual({
      principal: 'User:dee',
      roles: ['user'],
      models: 1,
      unusedModels: ['sallyport-demo'],
      unusedActions: ['chat', 'complete', 'embed'],
      calls: 0,
    })
  })
})

describe('a sweep', () => {
  it('looks at keys and roles, and judges nobody by less than the days it is told', async () => {
    const plan = await admin('GET', '/sweeps/plan')
    expect([plan.status, plan.body.items]).toEqual([200, []])
    const done = await admin('POST', '/sweeps')
    expect([done.status, done.body.findings]).toEqual([201, []])
    const { items } = (await admin('GET', '/sweeps')).body as { items: { id: string }[] }
    expect(items.map(({ id }) => id)).toContain(done.body.id)
  })
})

describe('whoever administers alone', () => {
  it('does not give that up by a slip of the hand, unless there is another', async () => {
    const { items } = (await admin('GET', '/roles/admin/assignments')).body as { items: { id: string }[] }
    const own = `/roles/admin/assignments/${items[0]?.id}`
    const slips: (readonly [string, string, object?])[] = [
      ['DELETE', own],
      ['POST', '/users/admin/suspend', { reason: 'slip' }],
      ['POST', '/users/admin/offboard', { reason: 'slip' }],
      ['DELETE', '/users/admin?reason=slip'],
    ]
    const slip = async () => {
      for (const [method, path, body] of slips)
        expect((await admin(method, path, body)).body, path).toMatchObject({ code: 'not_possible' })
      expect((await admin('GET', '/users')).status).toBe(200)
    }
    await slip()
    await person('second', 'admin')
    await admin('POST', '/users/second/suspend', { reason: 'away' })
    await slip() // one that is suspended administers nothing
    await admin('POST', '/users/second/restore', { reason: 'back' })
    expect((await admin('DELETE', own)).status).toBe(200)
  })
})
