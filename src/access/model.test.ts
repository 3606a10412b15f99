// The state machines of access against a plain reference, over random interleavings: requests, approvals, grants, uses,
// sessions, locks, suspension, time. After every step: no right without its cause, no approval counted twice, no use
// overspent, nothing revived. Seeds are fixed; a failure prints the steps.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sqlite } from '../../test/contract/databases.ts'
import { type Caller, createIds, type Decision, NO_DUTIES, systemRandom, uidText } from '../core/index.ts'
import { createChange, createFeed, type Store } from '../store/index.ts'
import { createAccess } from './access.ts'
import { createJustInTime } from './just-in-time.ts'
import type { Session } from './session.ts'

const PEOPLE = ['ana', 'bo', 'cy']
const ROLES = ['operator', 'trainer']
const MINUTE = 60_000

const minutes = fc.integer({ min: 1, max: 9 })
const which = fc.nat(9)
const who = fc.nat(2)
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('ask' as const), who, role: fc.nat(1), minutes, uses: fc.nat(2) }),
  },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('approve' as const), which, who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('deny' as const, 'cancel' as const), which, who }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('use' as const), which, at: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end' as const), which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('enter' as const), who, name: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), which }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('lock' as const, 'suspend' as const, 'restore' as const), who }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lift' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), minutes: fc.integer({ min: 1, max: 4 }) }) },
)

const caller = (who: number): Caller => ({
  principal: { type: 'User', id: PEOPLE[who] ?? '' },
  credential: { kind: 'key', id: `K${who}`, bound: false },
  address: '10.0.0.1',
})

/** What must be true, in the plainest words. */
interface Reference {
  requests: {
    id: string
    digest: string
    who: number
    role: string
    minutes: number
    uses: number
    open: boolean
    yes: Set<number>
  }[]
  grants: { id: string; who: number; role: string; endsAt: number; left: number | undefined; over: boolean }[]
  sessions: { session: Session; who: number; name: string; over: boolean; usedAt: number }[]
  locks: { id: string; who: number; lifted: boolean }[]
  active: boolean[]
}

describe('access against its reference', () => {
  const database = sqlite()
  let store: Store
  beforeAll(async () => {
    await database.start()
    store = await database.open()
  })
  afterAll(async () => {
    await store.close()
    await database.stop()
  })
  let runs = 0

  const world = async () => {
    let now = Date.UTC(2026, 0, 1) + runs++ * 1_000_000_000 // worlds share a database and never a moment
    const suffix = `-${runs}`
    const clock = { now: () => now, monotonic: () => performance.now() }
    const report = (error: unknown) => {
      throw error
    }
    const newId = createIds(clock, systemRandom)
    const states = PEOPLE.map(() => ({ active: true, since: 0 }))
    const whoIs = (id: string) => PEOPLE.indexOf(id.slice(0, -suffix.length))
    const feed = createFeed({ store, pollMs: 500, report })
    const change = createChange({
      store,
      clock,
      appendFeed: feed.append,
      appendEvents: async () => [],
      applied: feed.applied,
    })
    const principalState = async ({ id }: { id: string }) => states[whoIs(id)] ?? { active: true, since: 0 }
    const jit = createJustInTime({
      tokensSpent: async () => 0,
      store,
      change,
      clock,
      newId,
      schedules: [],
      timeZone: 'UTC',
      requestHours: 1,
      decide: (action): Decision => ({
        id: 'd',
        allow: action !== 'autoApproveRole',
        principal: caller(0).principal,
        action,
        resource: { type: 'Role', id: 'r' },
        rules: [],
        errors: [],
        duties: { ...NO_DUTIES, approvals: 2 },
        policy: 'p',
        microseconds: 0,
      }),
      humanOf: uidText,
      groupsOf: () => [],
      isActive: ({ id }) => states[whoIs(id)]?.active ?? false,
      isGood: () => true,
      principalState,
      inUse: () => false,
      report,
    })
    const hour = 60 * MINUTE
    const access = createAccess({
      store,
      clock,
      newId,
      rolesOf: () => [],
      principalState,
      sessionIdleMs: hour,
      sessionLifetimeMs: 24 * hour,
      random: systemRandom,
      answerKey: new Uint8Array(32),
      report,
    })
    feed.subscribe(jit.onChange)
    feed.enforce(access.onChange)
    await feed.start()
    await jit.grants.load()
    await access.locks.load()
    const by = (who: number): Caller => {
      const one = caller(who)
      return {
        ...one,
        principal: { type: 'User', id: `${one.principal.id}${suffix}` },
        credential: { ...one.credential, id: `${one.credential.id}${suffix}` },
      }
    }
    const setState = async (who: number, active: boolean) => {
      now += 1
      states[who] = { active, since: now }
      await change(async () => ({ value: 0, feed: [{ kind: 'user', key: by(who).principal.id }], events: [] }))
      now += 1
    }
    const stop = async () => {
      await access.sessions.flush()
      await feed.stop()
    }
    return { jit, access, change, by, setState, stop, suffix, now: () => now, pass: (ms: number) => (now += ms) }
  }

  let granted = 0
  let spent = 0

  it('holds over hundreds of interleavings', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), async (steps) => {
        const { jit, access, change, by, setState, stop, suffix, now, pass } = await world()
        const ref: Reference = { requests: [], grants: [], sessions: [], locks: [], active: PEOPLE.map(() => true) }
        const pick = <T>(all: readonly T[], which: number): T | undefined => all[which % Math.max(1, all.length)]
        const locked = (who: number) => ref.locks.some((lock) => lock.who === who && !lock.lifted)
        const works = async (attempt: () => unknown): Promise<boolean> => {
          try {
            await attempt()
            return true
          } catch {
            return false
          }
        }
        const holding = (grant: Reference['grants'][number]) =>
          !grant.over && now() < grant.endsAt && (grant.left === undefined || grant.left > 0)

        for (const one of steps) {
          if (one.do === 'pass') pass(one.minutes * MINUTE)
          if (one.do === 'ask') {
            const { request } = await jit.requests.create(by(one.who), {
              role: ROLES[one.role] ?? '',
              seconds: one.minutes * 60,
              reason: 'r',
              ...(one.uses === 0 ? {} : { uses: one.uses }),
            })
            ref.requests.push({
              id: request.id,
              digest: request.digest,
              who: one.who,
              role: request.role,
              minutes: one.minutes,
              uses: one.uses,
              open: true,
              yes: new Set(),
            })
          }
          if (one.do === 'approve' || one.do === 'deny' || one.do === 'cancel') {
            const request = pick(ref.requests, one.which)
            if (!request) continue
            const answer = { by: by(one.who), digest: request.digest }
            let made: { id: string } | undefined
            const done = await works(async () => {
              if (one.do === 'cancel') await jit.requests.cancel(request.id, by(one.who))
              else made = (await jit.requests[one.do](request.id, answer)).grant
            })
            const own = request.who === one.who
            const twoYes =
              one.do === 'approve' &&
              [...new Set([...request.yes, one.who])].filter((who) => ref.active[who]).length >= 2
            // Whoever has answered may do so again when that does not count, or is enough by now.
            const repeated = request.yes.has(one.who) && ref.active[one.who] && !twoYes
            const may =
              request.open && (one.do === 'cancel' ? own : !own && !repeated) && !(twoYes && !ref.active[request.who])
            expect(done).toBe(may)
            if (!done) continue
            if (one.do === 'approve') request.yes.add(one.who)
            else request.open = false
            expect(made !== undefined).toBe(twoYes)
            if (!made) continue
            request.open = false
            ref.grants.push({
              id: made.id,
              who: request.who,
              role: request.role,
              endsAt: now() + request.minutes * MINUTE,
              left: request.uses === 0 ? undefined : request.uses,
              over: false,
            })
          }
          if (one.do === 'use') {
            const grant = pick(ref.grants, one.which)
            if (grant?.left === undefined) continue
            const tries = await Promise.all(
              Array.from({ length: one.at + 1 }, (_, i) => works(() => jit.grants.use(grant.id, `call_${i}`))),
            )
            const passed = tries.filter(Boolean).length
            expect(passed).toBe(holding(grant) ? Math.min(one.at + 1, grant.left) : 0)
            grant.left -= passed
          }
          if (one.do === 'end') {
            const grant = pick(ref.grants, one.which)
            if (!grant) continue
            await change((trx) => jit.grants.end(trx, grant.id, 'a', 'test'))
            grant.over = true
          }
          if (one.do === 'enter') {
            const name = `chat${one.name}-${one.who}${suffix}`
            const before = ref.sessions.filter((session) => session.name === name)
            const last = before.at(-1)
            const idle = last !== undefined && !last.over && now() - last.usedAt >= 60 * MINUTE
            const entered = { session: undefined as Session | undefined }
            const done = await works(async () => {
              entered.session = await access.sessions.enter({ caller: by(one.who), model: 'm', header: name })
            })
            expect(done).toBe(last === undefined || !last.over)
            if (!entered.session) continue
            entered.session.leave(0)
            if (last && !idle) {
              expect(entered.session.id).toBe(last.session.id)
              last.usedAt = now()
            } else ref.sessions.push({ session: entered.session, who: one.who, name, over: false, usedAt: now() })
          }
          if (one.do === 'cut') {
            const session = pick(ref.sessions, one.which)
            if (!session) continue
            await change((trx) => access.sessions.cut(trx, session.session.id, 'a', 'test'))
            session.over = true
          }
          if (one.do === 'lock') {
            const target = uidText(by(one.who).principal)
            const { value } = await change((trx) =>
              access.locks.add(trx, { kind: 'principal', target, reason: 'r', by: 'a' }),
            )
            ref.locks.push({ id: value.id, who: one.who, lifted: false })
            for (const session of ref.sessions) if (session.who === one.who) session.over = true
            pass(1)
          }
          if (one.do === 'lift') {
            const lock = pick(ref.locks, one.which)
            if (!lock) continue
            await change((trx) => access.locks.lift(trx, lock.id, 'a'))
            lock.lifted = true
          }
          if (one.do === 'suspend' || one.do === 'restore') {
            const active = one.do === 'restore'
            if (ref.active[one.who] === active) continue
            ref.active[one.who] = active
            await setState(one.who, active)
            for (const grant of ref.grants) if (grant.who === one.who) grant.over = true
            for (const session of ref.sessions) if (session.who === one.who) session.over = true
          }

          for (const who of PEOPLE.keys()) {
            const { principal } = by(who)
            const free = jit.grants.held(principal).map(({ grant }) => grant)
            const counted = jit.grants.counted(principal, 'm').map(({ id }) => id)
            for (const id of free) expect(jit.grants.get(id)?.usesLeft).toBeUndefined()
            const held = [...free, ...counted]
            const should = ref.grants.filter((grant) => grant.who === who && holding(grant)).map(({ id }) => id)
            expect(new Set(held)).toEqual(new Set(should))
            expect(access.locks.check({ caller: by(who) }) !== undefined).toBe(locked(who))
          }
          for (const { session, over } of ref.sessions)
            if (over) expect(access.sessions.standing({ caller: by(0), session: session.id })).toBeDefined()
        }
        granted += ref.grants.length
        spent += ref.grants.filter(({ left }) => left === 0).length
        await stop()
      }),
      { seed: 4646, numRuns: 150 },
    )
    // A run in which little happens proves little.
    expect(granted).toBeGreaterThan(80)
    expect(spent).toBeGreaterThan(5)
  })
})
