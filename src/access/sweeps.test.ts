import { describe, expect, it, vi } from 'vitest'
import { sqlite } from '../../test/contract/databases.ts'
import { createIds, type NewEvent, systemRandom } from '../core/index.ts'
import { createChange, createFeed } from '../store/index.ts'
import {
  judgeKey,
  judgeRole,
  SWEEP_SETTINGS,
  type SweepFinding,
  type SweptKey,
  type SweptRole,
} from './sweep-findings.ts'
import { beginSweep } from './sweep-queries.ts'
import { createSweeps } from './sweeps.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 21)
const key = (over: Partial<SweptKey> = {}): SweptKey => ({
  id: 'K1',
  name: 'ci',
  owner: 'User:dana',
  ownerActive: true,
  ownerless: false,
  state: 'active',
  createdAt: NOW - 200 * DAY,
  expiresAt: NOW + 100 * DAY,
  lastUsedAt: NOW - DAY,
  stateAt: NOW - 200 * DAY,
  rotated: false,
  lastResort: false,
  ...over,
})
const role = (over: Partial<SweptRole> = {}): SweptRole => ({
  holder: 'User:dana',
  role: 'operator',
  through: 'assignment',
  heldSince: NOW - 30 * DAY,
  models: ['a', 'b'],
  actions: ['chat', 'embed'],
  usedModels: new Set(['a', 'other']),
  usedActions: new Set(['chat']),
  ...over,
})
const nameOf = (found: SweepFinding) => ('key' in found ? found.key : found.name)
const quiet = (days: number) => ({ lastUsedAt: NOW - days * DAY })
const judge = (over: Partial<SweptKey>, more = {}) => {
  const found = judgeKey(key(over), NOW, { ...SWEEP_SETTINGS, ...more })
  return found && `${found.reason} ${found.days} ${found.act}`
}

describe('a sweep', () => {
  it.each([
    [{}, undefined],
    [quiet(29), undefined],
    [quiet(30), 'dormant 30 warn'],
    [quiet(60), 'dormant 60 suspend'],
    [quiet(190), 'dormant 190 suspend'],
    [{ lastUsedAt: undefined }, 'never-used 200 suspend'],
    [{ lastUsedAt: undefined, createdAt: NOW - 35 * DAY }, 'never-used 35 warn'],
    [{ ...quiet(95), state: 'suspended', stateAt: NOW - 30 * DAY }, 'dormant 95 revoke'],
    [{ ...quiet(95), state: 'suspended', stateAt: NOW - 29 * DAY }, undefined],
    [{ ...quiet(5), state: 'suspended', stateAt: NOW - 5 * DAY }, undefined],
    [{ ...quiet(95), stateAt: NOW - 2 * DAY }, undefined], // was given back two days ago
    [{ ...quiet(95), stateAt: NOW - 31 * DAY }, 'dormant 31 warn'],
    [{ ...quiet(61), lastResort: true }, 'dormant 61 warn'],
    [{ ownerActive: false }, 'ownerless 1 suspend'],
    [{ ownerless: true }, 'ownerless 1 warn'],
    [{ expiresAt: NOW + 6 * DAY }, 'expiring 6 warn'],
    [{ expiresAt: NOW + 7 * DAY }, undefined],
  ] as [Partial<SweptKey>, string | undefined][])('of %j finds %s', (over, found) => {
    expect(judge(over)).toBe(found)
  })

  it('finds rotation due where it is asked for', () => {
    expect(judge({}, { rotateDays: 180 })).toBe('rotation-due 200 warn')
    expect(judge({ rotated: true }, { rotateDays: 180 })).toBeUndefined()
  })

  it('warns of the pieces of a role that nobody used, never of what cannot be judged by calls, and never takes it away', () => {
    const found = (over: Partial<SweptRole>) => judgeRole(role(over), NOW, SWEEP_SETTINGS)
    expect(found({})).toEqual({
      reason: 'over-privileged',
      name: 'operator',
      owner: 'User:dana',
      act: 'warn',
      through: 'assignment',
      days: 30,
      unusedModels: ['b'],
      unusedActions: ['embed'],
      advice: expect.stringContaining('sallyport request create operator --model b'),
    })
    expect(found({ usedModels: new Set(['a', 'b']) })).toMatchObject({
      unusedModels: [],
      unusedActions: ['embed'],
      advice: expect.stringContaining('only the actions that are used'),
    })
    expect(found({ usedModels: new Set(['a', 'b']), usedActions: new Set(['chat', 'embed']) })).toBeUndefined()
    expect(found({ heldSince: NOW - 30 * DAY + 1 })).toBeUndefined()
    expect(found({ models: [], actions: [] })).toBeUndefined() // it is there for something else
    const idle = { usedModels: new Set<string>(), usedActions: new Set<string>() }
    const advice = (through: string) => found({ ...idle, through })?.advice
    expect(advice('assignment')).toContain('sallyport role unassign operator User:dana')
    expect(advice('Group:ops')).toContain('sallyport group drop ops User:dana')
    expect(advice('grt_1')).toContain('sallyport grant end grt_1')
  })

  /** Sweeps over a real database, of which `found` is what there is. */
  async function setUp(found: { keys?: SweptKey[]; roles?: SweptRole[] }) {
    const database = sqlite()
    const store = await database.open()
    const time = { now: NOW }
    const clock = { now: () => time.now, monotonic: () => performance.now() }
    const events: NewEvent[] = []
    const feed = createFeed({ store, pollMs: 500, report: () => {} })
    const appendEvents = async (_: unknown, some: readonly NewEvent[]) => {
      events.push(...some)
      return []
    }
    const change = createChange({ store, clock, appendFeed: feed.append, appendEvents, applied: feed.applied })
    const acts: string[] = []
    const sweeps = (node = 'one') =>
      createSweeps({
        store,
        change,
        clock,
        newId: createIds(clock, systemRandom),
        node,
        settings: SWEEP_SETTINGS,
        async *keys() {
          yield* found.keys ?? []
        },
        async *roles(since) {
          expect(since).toBe(time.now - 30 * DAY)
          yield* found.roles ?? []
        },
        async suspendKey(id, why) {
          if (id === 'gone') throw new Error('changed meanwhile')
          acts.push(`suspend ${id}, ${why}`)
        },
        revokeKey: async (id, why) => void acts.push(`revoke ${id}, ${why}`),
        report: () => {},
      })
    const close = async () => {
      await store.close()
      await database.stop()
    }
    return { sweeps, acts, events, time, close, store }
  }
  const idle = { usedModels: new Set(['a', 'b']), usedActions: new Set(['chat', 'embed']) }

  it('does what it planned, records every act, goes on after a failure, and changes nothing when asked only', async () => {
    const room = await setUp({
      keys: [
        key({ id: 'fine' }),
        key({ id: 'warn', ...quiet(31) }),
        key({ id: 'gone', ...quiet(61) }),
        key({ id: 'suspend', ...quiet(61) }),
        key({ id: 'revoke', ...quiet(99), state: 'suspended', stateAt: NOW - 40 * DAY }),
      ],
      roles: [role(idle), role({ role: 'wide' })],
    })
    const { acts, events } = room
    const sweeps = room.sweeps()
    expect((await sweeps.plan()).map((found) => `${found.act} ${nameOf(found)}`)).toEqual([
      'warn warn',
      'suspend gone',
      'suspend suspend',
      'revoke revoke',
      'warn wide',
    ])
    expect([acts, events]).toEqual([[], []])
    const { findings } = await sweeps.run('User::"admin"')
    expect(acts).toEqual([
      'suspend suspend, sweep asked for by User::"admin": dormant, 61 days',
      'revoke revoke, sweep asked for by User::"admin": dormant, 99 days',
    ])
    expect(findings.map(nameOf)).toEqual(['warn', 'suspend', 'revoke', 'wide'])
    expect(events.map(({ kind }) => kind)).toEqual(['key.warned', 'role.warned', 'sweep.finished'])
    expect(events[1]).toMatchObject({
      subject: 'role/wide',
      data: { owner: 'User:dana', through: 'assignment', unusedModels: ['b'], unusedActions: ['embed'] },
    })
    expect((await sweeps.list(5))[0]?.findings).toEqual(findings)
    await room.close()
  })

  it('tells of a role once, and again when something about it has changed', async () => {
    const roles = [role()]
    const room = await setUp({ roles })
    const sweeps = room.sweeps()
    const told = async (next: SweptRole[]) => {
      roles.splice(0, roles.length, ...next)
      room.events.length = 0
      room.time.now += DAY
      const { findings } = await sweeps.run('User::"admin"')
      const { data } = room.events.at(-1) ?? {}
      const warned = room.events.filter(({ kind }) => kind === 'role.warned').length
      expect(data).toMatchObject({ warned, unchanged: findings.length - warned })
      return warned
    }
    expect(await told([role()])).toBe(1)
    const first = room.time.now
    expect(await told([role()])).toBe(0)
    expect(await told([role()])).toBe(0)
    expect(await sweeps.plan()).toMatchObject([{ name: 'operator', toldAt: first }])
    expect(await told([role({ models: ['a', 'b', 'c'] })])).toBe(1)
    expect(await told([role({ models: ['a', 'b', 'c'] }), role({ holder: 'User:eve' })])).toBe(1)
    expect(await told([role(idle)])).toBe(0)
    expect(await told([role({ models: ['a', 'b', 'c'] })])).toBe(1)
    await room.close()
  })

  it('warns of a key once for each reason, of its end also on the last day, and anew when it was well in between', async () => {
    const keys: SweptKey[] = []
    const room = await setUp({ keys })
    const sweeps = room.sweeps()
    const ends = (days: number) => key({ id: 'k', lastUsedAt: room.time.now, expiresAt: room.time.now + days * DAY })
    const told = async (...next: SweptKey[]) => {
      keys.splice(0, keys.length, ...next)
      room.events.length = 0
      const { findings } = await sweeps.run('User::"admin"')
      const warned = room.events.filter(({ kind }) => kind === 'key.warned').map(({ subject }) => subject)
      expect(room.events.at(-1)?.data).toMatchObject({
        warned: warned.length,
        unchanged: findings.length - warned.length - room.acts.splice(0).length,
      })
      room.time.now += DAY
      return warned
    }
    const warned = []
    for (let left = 9.5; left > -1; left--) warned.push((await told(ends(left))).length)
    //                      9  8  7  6  5  4  3  2  1  0  over
    expect(warned).toEqual([0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0])
    expect(await told(ends(5))).toEqual(['key/k'])
    expect(await told(ends(5))).toEqual([])
    expect(await sweeps.plan()).toMatchObject([{ key: 'k', toldAt: expect.any(Number) }])
    // Another key, another reason of the same key, and an act are each something new.
    expect(await told(ends(5), { ...ends(5), id: 'other' })).toEqual(['key/other'])
    expect(await told({ ...ends(5), ownerless: true })).toEqual(['key/k'])
    const quietKey = { ...ends(400), lastUsedAt: room.time.now - 31 * DAY }
    expect(await told(quietKey)).toEqual(['key/k'])
    expect(await told(quietKey)).toEqual([])
    keys[0] = { ...quietKey, lastUsedAt: room.time.now - 61 * DAY }
    await sweeps.run('User::"admin"')
    expect(room.acts).toHaveLength(1)
    await room.close()
  })

  it('of a day that failed, or whose node died, is done by whoever looks next; of a day that is done by nobody', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const keys = [key({ id: 'warn', ...quiet(31) })]
    const room = await setUp({ keys })
    const look = async (node: string) => {
      const sweeps = room.sweeps(node)
      sweeps.start()
      vi.advanceTimersByTime(60_000)
      await sweeps.stop()
      return (await sweeps.list(9)).map(({ node, day, endedAt }) => [node, day, endedAt !== undefined])
    }
    Object.defineProperty(keys, Symbol.iterator, {
      configurable: true,
      value: () => {
        throw new Error('the database is away')
      },
    })
    expect(await look('one')).toEqual([])
    Reflect.deleteProperty(keys, Symbol.iterator)
    const dead = { id: 'x', day: '2026-11-21', node: 'dead', started_at: NOW, ended_at: null, findings: '[]' }
    await room.store.transaction((trx) => beginSweep(trx, dead, 0))
    room.time.now = NOW + 3_600_000
    expect(await look('two')).toEqual([['dead', '2026-11-21', false]])
    room.time.now += 1
    expect(await look('two')).toEqual([['two', '2026-11-21', true]])
    room.time.now += 2 * 3_600_000
    expect(await look('three')).toEqual([['two', '2026-11-21', true]])
    vi.useRealTimers()
    await room.close()
  })
})
