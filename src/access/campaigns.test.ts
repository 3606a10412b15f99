// Campaigns as somebody would use them who wants to keep what they hold, on both databases.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { DATABASES } from '../../test/contract/databases.ts'
import { createIds, type NewEvent, systemRandom, uidText } from '../core/index.ts'
import { createChange, createFeed } from '../store/index.ts'
import { createCampaigns, type HeldRight } from './campaigns.ts'

const DAY = 86_400_000
const right = (holder: string): HeldRight => ({
  kind: 'key',
  target: `K-${holder}`,
  holder,
  what: 'key k',
  since: 0,
  lastUsedAt: undefined,
})
const [admin, bo] = ['User::"admin"', 'User::"bo"']

describe.each(DATABASES.map((make) => make()))('a campaign on $name', (database) => {
  const closers: (() => Promise<unknown>)[] = []
  beforeAll(() => database.start())
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })
  afterAll(() => database.stop())

  async function setUp(holders: readonly string[]) {
    const store = await database.open()
    const time = { now: Date.UTC(2026, 10, 20) }
    const clock = { now: () => time.now, monotonic: () => performance.now() }
    const events: NewEvent[] = []
    const report = (error: unknown) => {
      throw error
    }
    const feed = createFeed({ store, pollMs: 500, report })
    const appendEvents = async (_: unknown, some: readonly NewEvent[]) => {
      events.push(...some)
      return []
    }
    const change = createChange({ store, clock, appendFeed: feed.append, appendEvents, applied: feed.applied })
    await feed.start()
    closers.push(async () => {
      await feed.stop()
      await store.close()
    })
    const revoked: string[] = []
    const world = { broken: false, before: async () => {} }
    const make = (lookMs?: number) =>
      createCampaigns({
        store,
        change,
        clock,
        newId: createIds(clock, systemRandom),
        async *rights() {
          for (const holder of holders) yield right(holder)
        },
        async revoke({ target }) {
          await world.before()
          if (world.broken) throw new Error('the node died')
          if (revoked.includes(target)) return 'gone'
          revoked.push(target)
          return 'revoked'
        },
        humanOf: ({ type, id }) =>
          ({ User: uidText({ type, id }), Agent: admin, Service: admin, Group: undefined })[type as string],
        report: () => {},
        ...(lookMs === undefined ? {} : { lookMs }),
      })
    const campaigns = make()
    const { id } = await campaigns.start({ name: 'q1', dueAt: time.now + DAY, kinds: ['key'] }, admin)
    const items = await campaigns.items(id, { limit: 100 })
    const itemOf = (holder: string) => items.find((item) => item.holder === holder)?.id ?? ''
    const say = (holder: string, decision: 'keep' | 'revoke', by = admin) =>
      campaigns.decide(id, itemOf(holder), { decision }, by)
    return { campaigns, make, id, time, events, revoked, world, say, closers }
  }
  const denied = expect.objectContaining({ code: 'access_denied' })
  const impossible = expect.objectContaining({ code: 'not_possible' })

  it('nobody keeps what is theirs, in their own name, through what acts for them, or as what acts for them', async () => {
    const { say } = await setUp(['User:admin', 'Agent:bot', 'Service:ci', 'User:bo', 'Group:dev'])
    for (const holder of ['User:admin', 'Agent:bot', 'Service:ci'])
      for (const by of [admin, 'Agent::"bot"', 'Service::"ci"'])
        await expect(say(holder, 'keep', by), `${by} ${holder}`).rejects.toEqual(denied)
    for (const holder of ['Agent:bot', 'User:admin']) expect((await say(holder, 'keep', bo)).outcome).toBe('kept')
    await expect(say('User:bo', 'keep', bo)).rejects.toEqual(denied)
    expect((await say('User:bo', 'keep')).outcome).toBe('kept')
    expect((await say('Group:dev', 'keep')).outcome).toBe('kept')
    // Giving up what is one's own is nobody else's business.
    expect((await say('Service:ci', 'revoke')).outcome).toBe('revoked')
  })

  it('goes on once under its name, by which it is found; the next one may have it when it is closed', async () => {
    const { campaigns, id, time } = await setUp(['User:bo'])
    const ask = { name: 'q1', dueAt: time.now + DAY, kinds: ['key' as const] }
    const taken = expect.objectContaining({ code: 'already_exists' })
    await expect(campaigns.start(ask, admin)).rejects.toEqual(taken)
    expect(await campaigns.items('q1', { limit: 1 })).toMatchObject([{ holder: 'User:bo' }])
    expect(await campaigns.close('q1', admin)).toMatchObject({ id, revoked: 1 })
    time.now += 1000
    const both = await Promise.allSettled([campaigns.start(ask, admin), campaigns.start(ask, bo)])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const next = await campaigns.show('q1')
    expect([next.id === id, next.closedAt]).toEqual([false, undefined])
    await campaigns.close('q1', admin)
    expect((await campaigns.show('q1')).id).toBe(next.id)
    await expect(campaigns.show('q2')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('nothing is kept after its end, also before anybody has closed it', async () => {
    const { campaigns, id, say, time, revoked } = await setUp(['User:bo', 'User:cy'])
    await say('User:cy', 'keep')
    time.now += DAY
    await expect(say('User:bo', 'keep')).rejects.toEqual(impossible)
    await campaigns.close(id, admin)
    expect(revoked).toEqual(['K-User:bo'])
    for (const decision of ['keep', 'revoke'] as const)
      await expect(say('User:cy', decision)).rejects.toEqual(impossible)
  })

  it('who revokes is not overruled, neither meanwhile nor when the node died before it was done', async () => {
    const { campaigns, make, id, say, time, revoked, world, events } = await setUp(['User:bo', 'User:cy'])
    world.before = async () => {
      world.before = async () => {}
      await expect(say('User:bo', 'keep')).rejects.toEqual(impossible)
    }
    expect((await say('User:bo', 'revoke')).outcome).toBe('revoked')
    world.broken = true
    await expect(say('User:cy', 'revoke', bo)).rejects.toThrow('died')
    await expect(say('User:cy', 'keep')).rejects.toEqual(impossible)
    world.broken = false
    time.now += 61_000
    const next = make(20)
    next.watch()
    closers.push(() => next.stop())
    await expect.poll(() => revoked).toEqual(['K-User:bo', 'K-User:cy'])
    await expect.poll(() => events.filter(({ kind }) => kind === 'campaign.revoked')).toHaveLength(2)
    expect(events.at(-1)).toMatchObject({ principal: bo, reason: 'revoked' })
    expect((await campaigns.show(id)).closedAt).toBeUndefined()
  })

  it('keeping, revoking and closing at once: what was revoked says so, once, and nothing is kept that is gone', async () => {
    const holders = Array.from({ length: 12 }, (_, i) => `User:u${i}`)
    const { campaigns, id, say, revoked, events } = await setUp(holders)
    const acts = holders.flatMap((holder) => [say(holder, 'keep'), say(holder, 'revoke'), say(holder, 'keep', bo)])
    await Promise.allSettled([...acts, campaigns.close(id, admin), campaigns.close(id, bo)])
    const items = await campaigns.items(id, { limit: 100 })
    for (const { target, outcome, decision } of items)
      expect([decision, outcome?.replace('gone', 'revoked')], target).toEqual(
        revoked.includes(target) ? ['revoke', 'revoked'] : ['keep', 'kept'],
      )
    const told = events.filter(({ kind }) => kind === 'campaign.revoked').map(({ data }) => data?.target)
    expect(new Set(told).size).toBe(told.length)
    expect(told.sort()).toEqual([...revoked].sort())
  })
})
