import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fault, type LimitDuty } from '../core/index.ts'
import type { Hold } from './hold.ts'
import { createLimits, type LimitAsk, type LimitSetting } from './limits.ts'
import { duration } from './notice.ts'
import { createRunaway } from './runaway.ts'

const requests = (amount: number, windowSeconds = 60): LimitDuty => ({
  amount,
  unit: 'requests',
  windowSeconds,
  rule: 'r',
})
const tokens = (amount: number, windowSeconds = 86_400): LimitDuty => ({
  amount,
  unit: 'tokens',
  windowSeconds,
  rule: 't',
})
const concurrent = (amount: number): LimitDuty => ({ amount, unit: 'concurrent', rule: 'c' })

function captured(work: () => unknown): Fault {
  try {
    work()
  } catch (error) {
    return Fault.from(error)
  }
  return expect.fail('it was not refused')
}

function setUp(settings: LimitSetting[] = [], runaway?: { calls: number; windowSeconds: number }) {
  let now = Date.UTC(2026, 10, 21, 12)
  const clock = { now: () => now, monotonic: () => now }
  const limits = createLimits({
    clock,
    settings,
    ...(runaway ? { runaway: createRunaway({ clock, ...runaway }) } : {}),
    report: (error) => {
      throw error
    },
  })
  const ask = (over: Partial<LimitAsk> = {}): LimitAsk => ({
    principal: { type: 'User', id: 'dana' },
    key: 'K1',
    model: 'demo',
    session: 'ses_1',
    limits: [],
    estimate: { inputTokens: 10 },
    ...over,
  })
  const reserve = (...duties: LimitDuty[]) => limits.reserve(ask({ limits: duties })) as Hold
  return { limits, ask, reserve, pass: (ms: number) => (now += ms) }
}

const refuses = (hold: Hold, count: number): boolean => {
  try {
    void hold.onTokens(count)
    return false
  } catch {
    return true
  }
}

describe('limits', () => {
  it('let a rate through and name the second at which the next call passes', () => {
    const { reserve, pass } = setUp()
    for (let i = 0; i < 60; i++) reserve(requests(60))
    expect(() => reserve(requests(60))).toThrow(
      expect.objectContaining({ code: 'rate_limit_exceeded', data: expect.objectContaining({ retryAfterSeconds: 1 }) }),
    )
    pass(999)
    expect(() => reserve(requests(60))).toThrow()
    pass(1)
    reserve(requests(60))
  })

  it('count places, and free them however the call ends', () => {
    const { reserve } = setUp()
    const holds = [reserve(concurrent(2)), reserve(concurrent(2))]
    expect(() => reserve(concurrent(2))).toThrow(/at the same time/)
    holds[0]!.settle()
    holds[0]!.settle()
    holds[0]!.cancel()
    const third = reserve(concurrent(2))
    expect(() => reserve(concurrent(2))).toThrow()
    third.cancel()
    reserve(concurrent(2))
  })

  it('#46 litellm#34732: of 50 parallel calls on a budget for one, one passes', () => {
    const { reserve } = setUp()
    const passed = Array.from({ length: 50 }, () => {
      try {
        return reserve(tokens(100))
      } catch {
        return undefined
      }
    }).filter(Boolean)
    expect(passed).toHaveLength(1)
  })

  it('#47 litellm#30522: after success, error and cancel what is counted is what was used', () => {
    const { limits, ask, reserve } = setUp()
    const left = () =>
      Number(
        (
          limits.reserve(ask({ limits: [tokens(10_000)], estimate: { inputTokens: 0, maxTokens: 0 } })) as Hold
        ).headers()['x-ratelimit-remaining-tokens'],
      )
    reserve(tokens(10_000)).settle({ inputTokens: 12, outputTokens: 5 })
    expect(left()).toBe(9983)
    reserve(tokens(10_000)).cancel()
    expect(left()).toBe(9983)
    const cut = reserve(tokens(10_000))
    void cut.onTokens(100)
    cut.settle()
    expect(left()).toBe(9983 - 110)
    const over = reserve(tokens(10_000))
    over.settle({ inputTokens: 500, outputTokens: 500 })
    expect(left()).toBe(9983 - 110 - 1000)
  })

  it('#49 ai-gateway#2394: a stream is cut in its middle when the budget ends, counted here', () => {
    const { reserve } = setUp()
    const streams = Array.from({ length: 50 }, () => reserve(tokens(50 * 74 + 30)))
    const sent = streams.map(() => 0)
    let running = true
    while (running) {
      running = false
      for (const [i, stream] of streams.entries()) {
        try {
          void stream.onTokens(7)
          sent[i]! += 7
          running = true
        } catch {
          stream.settle()
        }
      }
    }
    const forwarded = sent.reduce((a, b) => a + b) + 500
    expect(forwarded).toBeLessThanOrEqual(50 * 74 + 30)
    expect(forwarded).toBeGreaterThan(50 * 74 - 50 * 7)
  })

  it('end streams of one budget close together: once one was told, no other says more than two pieces', () => {
    const [count, size, each] = [fc.integer({ min: 2, max: 60 }), fc.integer({ min: 1, max: 20 }), fc.nat(300)]
    fc.assert(
      fc.property(count, size, each, fc.infiniteStream(fc.nat()), (count, size, each, order) => {
        const { reserve } = setUp()
        const budget = (100 + each) * count
        const open = Array.from({ length: count }, () => ({ hold: reserve(tokens(budget)), more: 0 }))
        let used = 10 * count
        let told = false
        // All at one pace: one piece each in a round, in any order.
        while (open.length > 0) {
          const round = [...open]
          while (round.length > 0) {
            const [one] = round.splice(order.next().value % round.length, 1)
            if (!one) break
            if (refuses(one.hold, size)) {
              told = true
              one.hold.settle({ inputTokens: 10, outputTokens: one.hold.counted().outputTokens - size })
              open.splice(open.indexOf(one), 1)
              continue
            }
            used += size
            if (told) one.more += 1
            expect(one.more).toBeLessThanOrEqual(2)
          }
        }
        expect(used).toBeLessThanOrEqual(budget)
        expect(budget - used).toBeLessThan(size)
      }),
      { seed: 49, numRuns: 100 },
    )
  })

  it('tell a spent budget from a passing rate', () => {
    const { reserve } = setUp()
    expect(() => reserve(tokens(5))).toThrow(expect.objectContaining({ code: 'insufficient_quota' }))
    expect(() => reserve(tokens(5, 60))).toThrow(expect.objectContaining({ code: 'rate_limit_exceeded' }))
  })

  it('take nothing of one limit when another refuses', () => {
    const { limits, reserve } = setUp()
    for (let i = 0; i < 5; i++) expect(() => reserve(requests(3), concurrent(1), tokens(5))).toThrow('tokens')
    reserve(requests(3), concurrent(1))
    expect(limits.counters).toBe(3)
  })

  it('count per principal, key, role, model, session and everybody as configured', () => {
    const per = (what: LimitSetting['per'], only?: string): LimitSetting => ({
      ...concurrent(1),
      rule: `config ${what}`,
      per: what,
      ...(only === undefined ? {} : { only }),
    })
    const other = {
      key: 'K2',
      principal: { type: 'User', id: 'jo' },
      model: 'big',
      session: 'ses_2',
      roles: () => ['b'],
    } as const
    for (const what of ['principal', 'key', 'role', 'model', 'session'] as const) {
      const { limits, ask } = setUp([per(what)])
      void limits.reserve(ask({ roles: () => ['a'] }))
      expect(() => limits.reserve(ask({ roles: () => ['a'] })), what).toThrow()
      void limits.reserve(ask(other))
    }
    const { limits, ask } = setUp([per('everybody')])
    void limits.reserve(ask())
    expect(() => limits.reserve(ask(other))).toThrow()
    const only = setUp([per('model', 'big')])
    void only.limits.reserve(only.ask())
    void only.limits.reserve(only.ask())
    void only.limits.reserve(only.ask({ model: 'big' }))
    expect(() => only.limits.reserve(only.ask({ model: 'big' }))).toThrow()
  })

  it('end a stream at the tighter of two budgets, and take nothing more of the other', () => {
    const { limits, ask, reserve } = setUp()
    const tight = { ...tokens(100), rule: 'tight' }
    const left = (limit: LimitDuty) => {
      const probe = limits.reserve(ask({ limits: [limit], estimate: { inputTokens: 0, maxTokens: 0 } })) as Hold
      return Number(probe.headers()['x-ratelimit-remaining-tokens'])
    }
    const hold = reserve(tokens(1000), tight)
    for (let i = 0; i < 5; i++) expect(() => void hold.onTokens(100)).toThrow('100 tokens per day')
    for (let i = 0; i < 2; i++) hold.settle({ inputTokens: 10, outputTokens: 0 }) // counted once
    expect([left(tokens(1000)), left(tight)]).toEqual([990, 90])
  })

  it('charge and hand back what a later decision about a call demands beside what it holds', async () => {
    const { limits, ask, reserve } = setUp()
    const more = [{ ...tokens(300, 60), rule: 'later' }, concurrent(1)]
    const again = () => limits.reserveMore(reserve(tokens(1000)), ask({ limits: more }))
    const left = async () => {
      const hold = await again()
      hold.cancel()
      return hold.headers()['x-ratelimit-remaining-tokens']
    }
    expect(await left()).toBe('300') // the tighter of both
    const first = await again()
    await expect(again()).rejects.toThrow('at the same time')
    expect(() => void first.onTokens(300)).toThrow('300 tokens per minute')
    first.settle({ inputTokens: 10, outputTokens: 40 })
    expect(await left()).toBe('250')
    expect(reserve(tokens(1000)).headers()['x-ratelimit-remaining-tokens']).toBe('802') // one is held by the refused
  })

  it('apply a lowered amount at once', () => {
    const { reserve } = setUp()
    reserve(tokens(1000)).settle({ inputTokens: 400, outputTokens: 0 })
    expect(() => reserve(tokens(450))).toThrow()
  })

  it('print headers of the tightest limit with Go durations', () => {
    const { limits, ask } = setUp([{ ...requests(2, 60), per: 'model', rule: 'model' }])
    const hold = limits.reserve(ask({ limits: [requests(60), tokens(1000, 60)] })) as Hold
    expect(hold.headers()).toEqual({
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-reset-requests': '30s',
      'x-ratelimit-limit-tokens': '1000',
      'x-ratelimit-remaining-tokens': '926',
      'x-ratelimit-reset-tokens': '1m0s',
    })
    expect([duration(90), duration(61_000), duration(3_600_000)]).toEqual(['90ms', '1m1s', '1h0m0s'])
  })

  it('what no window holds is refused without a time to come back', () => {
    const { limits, ask } = setUp()
    for (const [duty, code, detail] of [
      [tokens(60), 'insufficient_quota', '60 tokens per day are fewer than the 134 that this needs'],
      [tokens(60, 60), 'rate_limit_exceeded', '60 tokens per minute are fewer than the 134'],
      [requests(0), 'rate_limit_exceeded', '0 requests per minute are fewer than the 1'],
      [concurrent(0), 'rate_limit_exceeded', '0 calls at the same time are fewer than the 1'],
    ] as const) {
      const refused = captured(() => limits.reserve(ask({ limits: [duty], estimate: { inputTokens: 70 } })))
      expect(refused).toMatchObject({ code, detail: expect.stringContaining(detail) })
      expect(refused.data.retryAfterSeconds, detail).toBe(undefined)
      expect(refused.data.headers).toMatchObject({ 'x-should-retry': 'false' })
      expect(refused.data.headers).not.toHaveProperty('retry-after-ms')
    }
  })

  it('forget counters that no longer count, and none that somebody still holds', async () => {
    const { limits, reserve, pass } = setUp()
    await limits.start()
    const running = reserve(tokens(100, 60))
    reserve(requests(10, 60))
    reserve(tokens(500)).settle({ inputTokens: 490, outputTokens: 0 })
    pass(120_000)
    await expect.poll(() => limits.counters, { timeout: 3000 }).toBe(2)
    expect(() => reserve(tokens(500))).toThrow('nearly used up') // of this day, and the day has not ended
    running.settle()
    await limits.stop()
  })

  it('stop a loop of identical calls, and only that', () => {
    const { limits, ask, pass } = setUp([], { calls: 3, windowSeconds: 60 })
    for (let i = 0; i < 3; i++) void limits.reserve(ask({ digest: 'same' }))
    for (let i = 0; i < 9; i++) void limits.reserve(ask({ digest: `other ${i}` }))
    expect(() => limits.reserve(ask({ digest: 'same' }))).toThrow(/loop/)
    void limits.reserve(ask({ digest: 'same', principal: { type: 'User', id: 'jo' } }))
    pass(60_000)
    void limits.reserve(ask({ digest: 'same' }))
    for (let i = 0; i < 9; i++) void limits.reserve(ask()) // of these nothing is known
  })

  it('remember so many calls and no more, whoever makes them up', () => {
    const { check } = createRunaway({ clock: { now: () => 0 }, calls: 1, windowSeconds: 60 })
    check('a', 'same')
    for (let i = 0; i < 19_999; i++) check('a', `other ${i}`)
    expect(() => check('a', 'same')).toThrow(/loop/)
    check('a', 'one more')
    check('a', 'same')
  })

  it('never hand out more than the limit, and end empty, over any order of events', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('reserve' as const), input: fc.nat(60), max: fc.nat(90) }),
      fc.record({ kind: fc.constant('stream' as const), who: fc.nat(20), count: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ kind: fc.constant('settle' as const), who: fc.nat(20) }),
      fc.record({ kind: fc.constant('cancel' as const), who: fc.nat(20) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { limits, ask } = setUp()
        const duties = [tokens(1000), concurrent(5)]
        const open: { hold: Hold; input: number; output: number }[] = []
        let spent = 0
        for (const event of steps) {
          if (event.kind === 'reserve') {
            try {
              const estimate = { inputTokens: event.input, maxTokens: event.max }
              open.push({
                hold: limits.reserve(ask({ limits: duties, estimate })) as Hold,
                input: event.input,
                output: 0,
              })
            } catch {}
            continue
          }
          const call = open[event.who % Math.max(1, open.length)]
          if (!call) continue
          if (event.kind === 'stream') {
            try {
              void call.hold.onTokens(event.count)
              call.output += event.count
            } catch {
              call.hold.settle({ inputTokens: call.input, outputTokens: call.output })
              spent += call.input + call.output
              open.splice(open.indexOf(call), 1)
            }
          } else {
            if (event.kind === 'settle') {
              call.hold.settle({ inputTokens: call.input, outputTokens: call.output })
              spent += call.input + call.output
            } else call.hold.cancel()
            open.splice(open.indexOf(call), 1)
          }
          const running = open.reduce((sum, { input, output }) => sum + input + output, 0)
          expect(spent + running).toBeLessThanOrEqual(1000)
          expect(open.length).toBeLessThanOrEqual(5)
        }
        for (const { hold } of open) hold.cancel()
        const probe = limits.reserve(
          ask({ limits: [concurrent(5), tokens(100_000)], estimate: { inputTokens: 0, maxTokens: 0 } }),
        ) as Hold
        expect(probe.headers()['x-ratelimit-remaining-tokens']).toBe(String(100_000 - spent))
      }),
      { seed: 46, numRuns: 300 },
    )
  })
})
