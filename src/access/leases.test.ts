import { describe, expect, it } from 'vitest'
import { type Caller, createIds, type Decision, Fault, NO_DUTIES, systemClock, systemRandom } from '../core/index.ts'
import type { LeaseAsk, LeaseDeps } from './lease.ts'
import { createLeases } from './leases.ts'

const newId = createIds(systemClock, systemRandom)
const caller: Caller = {
  principal: { type: 'User', id: 'dana' },
  credential: { kind: 'key', id: 'K1', bound: false },
  address: '10.0.0.1',
}
const decision = (over: Partial<Decision> = {}): Decision => ({
  id: 'dec_1',
  allow: true,
  principal: caller.principal,
  action: 'chat',
  resource: { type: 'Model', id: 'demo' },
  rules: ['r1'],
  errors: [],
  duties: NO_DUTIES,
  policy: 'p1',
  microseconds: 1,
  ...over,
})

function setUp(over: Partial<LeaseDeps> = {}) {
  let now = 1_000_000
  const leases = createLeases({
    clock: { now: () => now, monotonic: () => performance.now() },
    newId,
    standing: () => undefined,
    report: (error) => {
      throw error
    },
    ...over,
  })
  const ask = (more: Partial<LeaseAsk> = {}): LeaseAsk => ({
    call: newId('call'),
    caller,
    session: 'ses_1',
    model: 'demo',
    decision: decision(),
    epoch: leases.epoch,
    redecide: () => decision(),
    ...more,
  })
  return { leases, ask, pass: (ms: number) => (now += ms), at: () => now }
}

describe('a lease', () => {
  it('ends when the answer becomes no, before its next byte and with the reason as abort reason', async () => {
    const { leases, ask } = setUp()
    let allow = true
    const cuts: string[] = []
    const lease = leases.take(
      ask({ redecide: () => decision({ allow, why: 'Role ended' }), onCut: (cut) => cuts.push(cut.cause) }),
    )
    const { signal } = lease
    lease.check()
    allow = false
    const applied = leases.onChange([{ kind: 'grant', key: 'dana' }])
    expect(() => lease.check()).toThrow('Role ended')
    expect(await applied).toEqual({ calls: 1, upstreams: 0 })
    expect(signal.aborted && (signal.reason as Fault).code).toBe('access_denied')
    expect(cuts).toEqual(['grant/dana'])
    expect(leases.size).toBe(0)
  })

  it('passes no byte between a change and its own re-decision, while the sweep is still at other leases', async () => {
    const { leases, ask } = setUp()
    let allow = true
    const slow = (ms: number) => {
      for (const end = performance.now() + ms; performance.now() < end; );
    }
    for (let i = 0; i < 5; i++)
      leases.take(
        ask({
          redecide: () => {
            slow(10)
            return decision()
          },
        }),
      )
    const last = leases.take(ask({ redecide: () => decision({ allow }) }))
    allow = false
    const sweep = leases.onChange([{ kind: 'policy', key: 'p2' }])
    // The first slice has run and ended before the last lease; its stream gets a turn and tries to forward.
    expect(last.ended).toBeUndefined()
    expect(() => last.check()).toThrow(Fault)
    // The receipt counts it all the same.
    expect(await sweep).toEqual({ calls: 1, upstreams: 0 })
  })

  it('ends at validUntil to the check, and by itself when it forwards nothing', async () => {
    const { leases, ask, pass, at } = setUp()
    const validUntil = at() + 500
    const redecide = () => decision({ allow: at() < validUntil, validUntil })
    const busy = leases.take(ask({ decision: decision({ validUntil }), redecide }))
    const idle = leases.take(ask({ decision: decision({ validUntil }), redecide }))
    pass(499)
    busy.check()
    pass(1)
    expect(() => busy.check()).toThrow(Fault)
    await expect.poll(() => idle.ended?.cause, { timeout: 3000 }).toBe('time')
  })

  it('is ended by a change, not by the clock, if its time comes while the sweep is still at other leases', async () => {
    const { leases, ask, pass, at } = setUp()
    const redecide = () => {
      for (const end = performance.now() + 10; performance.now() < end; );
      return decision()
    }
    for (let i = 0; i < 5; i++) leases.take(ask({ redecide }))
    let allow = true
    const validUntil = at() + 8
    const last = leases.take(
      ask({ decision: decision({ validUntil }), redecide: () => decision({ allow, validUntil: at() + 60_000 }) }),
    )
    allow = false
    pass(8)
    await leases.onChange([{ kind: 'key', key: 'K1' }])
    expect(last.ended?.cause).toBe('key/K1')
  })

  it('lets others have their turn while many end at one moment, which passes none of them', async () => {
    const { leases, ask, pass, at } = setUp()
    const validUntil = at() + 50
    let inTurn = 0
    let mostInTurn = 0
    const redecide = () => {
      if (inTurn++ === 0) setImmediate(() => (inTurn = 0))
      mostInTurn = Math.max(mostInTurn, inTurn)
      for (const end = performance.now() + 3; performance.now() < end; );
      return decision({ allow: at() < validUntil, validUntil })
    }
    const many = Array.from({ length: 12 }, () =>
      leases.take(ask({ decision: decision({ validUntil }), redecide, epoch: leases.epoch })),
    )
    pass(50)
    await expect.poll(() => inTurn > 0, { interval: 1, timeout: 3000 }).toBe(true)
    expect(many.at(-1)?.ended).toBeUndefined()
    expect(() => many.at(-1)?.check()).toThrow(Fault)
    await expect.poll(() => leases.size, { timeout: 3000 }).toBe(0)
    expect(mostInTurn).toBeLessThan(4)
  })

  it('survives a credential that only admits, and ends with a key', () => {
    const { leases, ask, pass, at } = setUp()
    const token = { ...caller, credential: { kind: 'oidc', id: 't1', bound: false, expiresAt: at() + 100 } as const }
    const key = { ...caller, credential: { ...caller.credential, expiresAt: at() + 100 } }
    const byToken = leases.take(ask({ caller: token }))
    const byKey = leases.take(ask({ caller: key }))
    const link = { ...caller, credential: { ...token.credential, kind: 'link' } as const }
    const byLink = leases.take(ask({ caller: link }))
    pass(100)
    byToken.check()
    for (const lease of [byKey, byLink])
      expect(() => lease.check()).toThrow(expect.objectContaining({ code: 'key_expired' }))
  })

  it.each([
    ['a new instruction', { instruct: ['be brief'] }, {}],
    ['a new clamp', { clamps: [{ parameter: 'maxTokens', operator: '<=', value: 10 } as const] }, {}],
    [
      'a tighter clamp',
      { clamps: [{ parameter: 'maxTokens', operator: '<=', value: 10 } as const] },
      { clamps: [{ parameter: 'maxTokens', operator: '<=', value: 20 } as const] },
    ],
    [
      'a higher floor',
      { clamps: [{ parameter: 'topP', operator: '>=', value: 0.5 } as const] },
      { clamps: [{ parameter: 'topP', operator: '>=', value: 0.1 } as const] },
    ],
    ['a new ban', { bans: ['x'] }, {}],
    ['recording', { record: { prompt: true, answer: false, days: 1 } }, {}],
    ['a fresher sign-in', { stepUp: { maxAgeSeconds: 10 } }, { stepUp: { maxAgeSeconds: 60 } }],
  ])('is cut by %s, and not by its absence', async (_, strict, loose) => {
    const tight = { ...NO_DUTIES, ...strict }
    const wide = { ...NO_DUTIES, ...loose }
    const { leases, ask } = setUp()
    const tightened = leases.take(
      ask({ decision: decision({ duties: wide }), redecide: () => decision({ duties: tight }) }),
    )
    const loosened = leases.take(
      ask({ decision: decision({ duties: tight }), redecide: () => decision({ duties: wide }) }),
    )
    const same = leases.take(
      ask({ decision: decision({ duties: tight }), redecide: () => decision({ duties: structuredClone(tight) }) }),
    )
    await leases.onChange([{ kind: 'policy', key: 'p2' }])
    expect(tightened.ended?.fault.code).toBe('access_denied')
    expect(loosened.ended).toBeUndefined()
    expect(same.ended).toBeUndefined()
  })

  it('is cut by another fixed value, whichever is the larger', async () => {
    const { leases, ask } = setUp()
    const fixed = (value: number) => ({ ...NO_DUTIES, clamps: [{ parameter: 'n', operator: '==', value } as const] })
    const [one, two] = [fixed(1), fixed(2)].map((duties) => decision({ duties }))
    const up = leases.take(ask({ decision: one!, redecide: () => two! }))
    const down = leases.take(ask({ decision: two!, redecide: () => one! }))
    await leases.onChange([{ kind: 'policy', key: 'p2' }])
    expect([up.ended, down.ended]).not.toContain(undefined)
  })

  it('ignores limits, which are counted and not decided', async () => {
    const { leases, ask } = setUp()
    const duties = { ...NO_DUTIES, limits: [{ amount: 1, unit: 'concurrent', rule: 'r1' } as const] }
    const lease = leases.take(ask({ redecide: () => decision({ duties }) }))
    await leases.onChange([{ kind: 'policy', key: 'p2' }])
    expect(lease.ended).toBeUndefined()
  })

  it('is cut when a data class it let through must now be treated more strictly', async () => {
    const { leases, ask } = setUp()
    let treatment: 'pass' | 'mask' = 'pass'
    const lease = leases.take(ask({ retreat: () => treatment }))
    const other = leases.take(ask({ retreat: () => treatment }))
    lease.treated('receive', 'personal/email', 'pass')
    treatment = 'mask'
    await leases.onChange([{ kind: 'policy', key: 'p2' }])
    expect(lease.ended?.fault.publicMessage).toContain('personal/email')
    expect(other.ended).toBeUndefined()
    // What counts is the least that was done to it, whatever came first.
    for (const given of [['pass', 'block'] as const, ['block', 'pass'] as const]) {
      const mixed = leases.take(ask({ retreat: () => treatment }))
      for (const one of given) mixed.treated('receive', 'personal/email', one)
      await leases.onChange([{ kind: 'policy', key: 'p3' }])
      expect(mixed.ended).toBeDefined()
    }
  })

  it('is not taken on a decision that a change has overtaken', async () => {
    const { leases, ask } = setUp()
    const stale = ask({ redecide: () => decision({ allow: false }) })
    await leases.onChange([{ kind: 'key', key: 'K1' }])
    expect(() => leases.take(stale)).toThrow(Fault)
    expect(leases.size).toBe(0)
  })

  it('is not taken by whom a lock or an ended session stops, though nothing has changed since the decision', () => {
    const { leases, ask } = setUp({ standing: () => new Fault('locked') })
    expect(() => leases.take(ask())).toThrow(expect.objectContaining({ code: 'locked' }))
    expect(leases.size).toBe(0)
  })

  it('ends once, for the first reason, and says so to whoever looks later', () => {
    const { leases, ask } = setUp()
    const lease = leases.take(ask({ call: 'call_a' }))
    leases.cut({ call: 'call_a' }, new Fault('key_revoked'), 'first')
    ;(lease as unknown as { cut(fault: Fault, cause: string): void }).cut(new Fault('locked'), 'second')
    expect(lease.ended).toMatchObject({ cause: 'first', fault: { code: 'key_revoked' } })
    expect(lease.signal.aborted).toBe(true)
  })

  it('is cut when deciding again fails for any reason', async () => {
    const { leases, ask } = setUp()
    const lease = leases.take(
      ask({
        redecide: () => {
          throw new TypeError('broken')
        },
      }),
    )
    await leases.onChange([{ kind: 'policy', key: 'p2' }])
    expect(lease.ended?.fault.code).toBe('internal')
  })

  it('is neither given nor held by a node that has lost touch', () => {
    let admits = true
    let holds = true
    const { leases, ask } = setUp({ node: { admits: () => admits, holds: () => holds } })
    const lease = leases.take(ask())
    admits = false
    expect(() => leases.take(ask())).toThrow(expect.objectContaining({ code: 'node_stale' }))
    lease.check()
    holds = false
    expect(() => lease.check()).toThrow(expect.objectContaining({ code: 'node_stale' }))
  })

  it('can be cut by call, principal and human behind an agent, and all at once', () => {
    const { leases, ask } = setUp({ humanOf: ({ type }) => (type === 'Agent' ? 'User::"dana"' : undefined) })
    const agent: Caller = {
      ...caller,
      principal: { type: 'Agent', id: 'bot' },
      credential: { ...caller.credential, id: 'K2' },
    }
    const fault = new Fault('key_revoked')
    const take = () => [
      leases.take(ask({ call: 'call_a' })),
      leases.take(ask({ call: 'call_b', caller: agent, session: 's2', model: 'big' })),
    ]
    const cut = (match: Parameters<typeof leases.cut>[0]) => {
      const both = take()
      both[0]!.progress.upstream = true
      const { calls } = leases.count(match)
      expect(leases.cut(match, fault, 'test').calls).toBe(calls)
      const ended = both.map((lease) => lease.ended !== undefined)
      for (const lease of both) lease.release()
      return ended
    }
    expect(cut({ principal: 'User::"dana"' })).toEqual([true, true])
    expect(cut({ principal: 'Agent::"bot"' })).toEqual([false, true])
    expect(cut({ call: 'call_a' })).toEqual([true, false])
    expect(cut({ all: true })).toEqual([true, true])
  })

  it('re-decides 10,000 leases in slices, without holding up the loop', async () => {
    const { leases, ask } = setUp()
    for (let i = 0; i < 10_000; i++) leases.take(ask())
    let longest = 0
    let last = performance.now()
    let watching = true
    const watch = () => {
      const now = performance.now()
      longest = Math.max(longest, now - last)
      last = now
      if (watching) setImmediate(watch)
    }
    setImmediate(watch)
    const start = performance.now()
    await leases.onChange([{ kind: 'policy', key: 'p2' }])
    watching = false
    console.log(`10,000 leases: ${(performance.now() - start).toFixed(1)} ms, longest pause ${longest.toFixed(1)} ms`)
    expect(leases.size).toBe(10_000)
  })
})
