import { describe, expect, it } from 'vitest'
import { sqlite } from '../../test/contract/databases.ts'
import { createIds, type NewEvent, systemRandom } from '../core/index.ts'
import { createChange, createFeed } from '../store/index.ts'
import { createSweeps, judgeKey, SWEEP_SETTINGS, type SweptKey } from './sweeps.ts'

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
  ...over,
})
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

  it('does what it planned, records every act, goes on after a failure, and changes nothing when asked only', async () => {
    const database = sqlite()
    const store = await database.open()
    const clock = { now: () => NOW, monotonic: () => performance.now() }
    const events: NewEvent[] = []
    const feed = createFeed({ store, pollMs: 500, report: () => {} })
    const appendEvents = async (_: unknown, some: readonly NewEvent[]) => void events.push(...some)
    const change = createChange({ store, clock, appendFeed: feed.append, appendEvents, applied: feed.applied })
    const acts: string[] = []
    const sweeps = createSweeps({
      store,
      change,
      clock,
      newId: createIds(clock, systemRandom),
      node: 'one',
      settings: SWEEP_SETTINGS,
      async *keys() {
        yield key({ id: 'fine' })
        yield key({ id: 'warn', ...quiet(31) })
        yield key({ id: 'gone', ...quiet(61) })
        yield key({ id: 'suspend', ...quiet(61) })
        yield key({ id: 'revoke', ...quiet(99), state: 'suspended', stateAt: NOW - 40 * DAY })
      },
      async suspendKey(id) {
        if (id === 'gone') throw new Error('changed meanwhile')
        acts.push(`suspend ${id}`)
      },
      revokeKey: async (id) => void acts.push(`revoke ${id}`),
      report: () => {},
    })
    expect((await sweeps.plan()).map(({ key, act }) => `${act} ${key}`)).toEqual([
      'warn warn',
      'suspend gone',
      'suspend suspend',
      'revoke revoke',
    ])
    expect([acts, events]).toEqual([[], []])
    const { findings } = await sweeps.run('User::"admin"')
    expect(acts).toEqual(['suspend suspend', 'revoke revoke'])
    expect(findings.map(({ key }) => key)).toEqual(['warn', 'suspend', 'revoke'])
    expect(events.map(({ kind }) => kind)).toEqual(['key.warned', 'sweep.finished'])
    expect((await sweeps.list(5))[0]?.findings).toEqual(findings)
    await store.close()
    await database.stop()
  })
})
