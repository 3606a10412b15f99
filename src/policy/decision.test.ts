// How long an answer holds, what it demands, and what of a call rules can see.
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import {
  type Caller,
  createIds,
  Fault,
  type ModelRequest,
  type Params,
  systemClock,
  systemRandom,
} from '../core/index.ts'
import { readNotes } from './annotation.ts'
import { mergeDuties } from './duties.ts'
import {
  authContext,
  compileBundle,
  createChecker,
  createClockContext,
  createPolicy,
  entity,
  fixedSource,
  remoteIp,
  requestContext,
} from './index.ts'

const SCHEMA = `
entity Role; entity User in [Role] { until?: datetime }; entity Model;
action use; action chat in [use] appliesTo { principal: User, resource: Model, context: {
  clock: { now: datetime, hour: Long, minute: Long, weekday: Long }, auth: { age: Long }, session: { age: Long } } };
action data; action send in [data] appliesTo { principal: User, resource: Model };
action jit; action requestRole in [jit] appliesTo { principal: User, resource: Role };
`
const checker = createChecker()
afterAll(() => checker.close())

async function bundle(rules: string) {
  const result = await checker.check([
    { path: 'schema.cedarschema', text: SCHEMA },
    { path: 'rules.cedar', text: rules },
  ])
  if ('problems' in result) throw new Error(result.problems[0]?.message)
  return compileBundle(result.bundle)
}

test('nothing is allowed of a kind that the schema does not give to the action', async () => {
  const policy = createPolicy({ clock: systemClock, newId: createIds(systemClock, systemRandom) })
  policy.activate(await bundle('@id("x") @why("x") permit (principal, action, resource);'))
  const all = { get: () => ({ attrs: {}, ancestors: new Set<string>() }) }
  const allows = (principal: string, action: string, resource: string) =>
    policy.decide({ principal: entity(principal, 'a'), action, resource: entity(resource, 'b'), context: {} }, all)
      .allow
  expect([allows('User', 'send', 'Model'), allows('User', 'requestRole', 'Role')]).toEqual([true, true])
  for (const [principal, action, resource] of [
    ['Role', 'send', 'Model'],
    ['User', 'send', 'Role'],
    ['User', 'requestRole', 'Model'],
    ['User', 'data', 'Model'],
  ] as const)
    expect(allows(principal, action, resource), `${principal} ${action} ${resource}`).toBe(false)
})

describe('until when an answer holds', () => {
  const NOW = Date.parse('2026-11-20T10:30:15.250Z')
  const clockContext = createClockContext('UTC')
  const until = async (condition: string, options: { age?: number; holdsUntil?: number; facts?: number } = {}) => {
    const policy = createPolicy({ clock: systemClock, newId: createIds(systemClock, systemRandom) })
    policy.activate(
      await bundle(`@id("x") @why("x") permit (principal, action == Action::"chat", resource) when { ${condition} };`),
    )
    const dana = { attrs: { until: (await import('./index.ts')).datetime(NOW + 5000) }, ancestors: new Set<string>() }
    const source = {
      get: (uid: { type: string }) =>
        uid.type === 'User'
          ? { ...dana, ...(options.facts ? { validUntil: options.facts } : {}) }
          : { attrs: {}, ancestors: new Set<string>() },
    }
    const context = { clock: clockContext(NOW), auth: { age: options.age ?? 100 }, session: { age: 7 } }
    const query = { principal: entity('User', 'dana'), action: 'chat', resource: entity('Model', 'm'), context }
    const decision = policy.decide(
      { ...query, ...(options.holdsUntil ? { holdsUntil: options.holdsUntil } : {}) },
      source,
    )
    return decision.validUntil === undefined ? undefined : decision.validUntil - NOW
  }
  const HOUR = Date.parse('2026-11-20T11:00:00Z') - NOW

  test.each([
    ['true', undefined],
    ['context.clock.hour < 20', HOUR],
    ['context.clock.weekday == 5', HOUR],
    ['context.clock.minute < 40', 44_750],
    ['context.clock.now < datetime("2026-11-20T10:31:00Z")', 44_750],
    ['datetime("2026-11-20T10:31:00Z") > context.clock.now', 44_750],
    ['context.clock.now > datetime("2026-11-20T10:00:00Z")', undefined],
    ['principal has until && context.clock.now < principal.until', 5000],
    ['context.clock.now.toTime() < duration("10h31m")', 44_750],
    ['context.clock.now.toTime() < duration("1h")', Date.parse('2026-11-21') - NOW],
    ['context.clock.now.durationSince(datetime("2026-11-20T10:30:00Z")) < duration("1m")', 44_750],
    ['context.clock.now.toDate() == datetime("2026-11-20")', 1000],
    ['context.clock == context.clock', 1000],
    ['context.auth.age <= 110', 10_000],
    ['context.auth.age <= 100', 100],
    ['context.auth.age <= 90', undefined],
    ['context.session.age < 8', 1000],
    ['context has clock', undefined],
    ['false && context.clock.hour < 20', undefined],
    ['context.clock.hour < 20 && context.clock.now < datetime("2026-11-20T10:31:00Z")', 44_750],
  ])('%s', async (condition, expected) => {
    expect(await until(condition)).toBe(expected)
  })

  test('credentials, grants and roles that end bound it too', async () => {
    expect(await until('true', { holdsUntil: NOW + 9000 })).toBe(9000)
    expect(await until('true', { holdsUntil: NOW + 9000, facts: NOW + 4000 })).toBe(4000)
  })

  test('an answer never changes before the moment it is said to hold until', async () => {
    const program = await bundle(`
      @id("a") @why("x") permit (principal, action == Action::"chat", resource)
      when { context.clock.hour >= 9 && context.clock.hour < 17 && context.clock.weekday < 6 };
      @id("b") @why("x") permit (principal, action == Action::"chat", resource)
      when { context.clock.now > datetime("2026-11-21T12:34:56.789Z") && context.clock.now <= datetime("2026-11-21T13:00:00Z") };
      @id("c") @why("x") forbid (principal, action == Action::"chat", resource)
      when { context.clock.now.toTime() >= duration("11h17m") && context.clock.now.toTime() < duration("11h18m") };
    `)
    const policy = createPolicy({ clock: systemClock, newId: createIds(systemClock, systemRandom) })
    policy.activate(program)
    const source = fixedSource([{ uid: entity('User', 'dana') }, { uid: entity('Model', 'm') }])
    const zone = createClockContext('Asia/Kathmandu')
    const at = (now: number) =>
      policy.decide(
        {
          principal: entity('User', 'dana'),
          action: 'chat',
          resource: entity('Model', 'm'),
          context: { clock: zone(now), auth: { age: 1 }, session: { age: 1 } },
        },
        source,
      )
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4 * 86_400_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (offset, share) => {
          const now = Date.parse('2026-11-20T00:00:00Z') + offset
          const first = at(now)
          const end = first.validUntil ?? now + 86_400_000
          const between = now + Math.floor((end - now - 1) * share)
          expect(end).toBeGreaterThan(now)
          expect(at(between).allow).toBe(first.allow)
        },
      ),
      { numRuns: 3000, seed: 7 },
    )
  })
})

describe('what rules share', () => {
  const QUERY = {
    principal: entity('User', 'dana'),
    action: 'chat',
    resource: entity('Model', 'm'),
  }
  const source = fixedSource([{ uid: entity('User', 'dana') }, { uid: entity('Model', 'm') }])
  const at = (hour: number) => ({ clock: { hour, minute: 0, weekday: 1 }, auth: { age: 1 }, session: { age: 1 } })
  const policyOf = async (rules: string) => {
    const policy = createPolicy({ clock: systemClock, newId: createIds(systemClock, systemRandom) })
    policy.activate(await bundle(rules))
    return policy
  }
  const rule = (id: string, clauses: string, effect = 'permit') =>
    `@id("${id}") @why("x") ${effect} (principal, action == Action::"chat", resource) ${clauses};`

  test('a clause that errors is an error of every rule that begins with it', async () => {
    const policy = await policyOf(
      [
        rule('a', 'when { context.session.age > 0 }'),
        rule('b', 'when { context.session.age > 0 && context.clock.hour > 3 }'),
        rule('c', 'when { context.clock.hour > 3 }'),
        rule('d', 'unless { context.clock.hour > 3 || context.session.age > 0 }', 'forbid'),
      ].join('\n'),
    )
    const { session: _, ...without } = at(4)
    expect(policy.decide({ ...QUERY, context: at(4) }, source)).toMatchObject({ rules: ['a', 'b', 'c'], errors: [] })
    expect(policy.decide({ ...QUERY, context: without }, source).errors).toEqual(['a', 'b'])
  })

  test('what one decision found is not told to the next', async () => {
    const policy = await policyOf(
      [
        rule('a', 'when { context.clock.hour > 3 }'),
        rule('b', 'when { context.clock.hour > 3 } when { context.clock.minute == 0 }'),
      ].join('\n'),
    )
    for (const hour of [4, 3, 5, 2, 2, 9])
      expect(policy.decide({ ...QUERY, context: at(hour) }, source)).toMatchObject({
        allow: hour > 3,
        rules: hour > 3 ? ['a', 'b'] : [],
      })
  })
})

describe('duties', () => {
  const use = [new Set(['chat', 'use'])]
  const notes = (annotations: Record<string, string>, effect: 'permit' | 'forbid' = 'permit', actions = use) =>
    readNotes({ id: 'x', why: 'A sentence.', ...annotations }, effect, actions)

  test('each is read exactly', () => {
    expect(
      notes({
        instruct: ' Be brief. ',
        limit: '60 requests/minute, 200000 tokens/day, 4 concurrent',
        clamp: 'maxTokens <= 1024, temperature <= 0.7, logprobs == false',
        ban: 'foo, bar baz',
        record: 'prompt, answer, 30d',
        stepup: 'phr, 10m',
        explain: 'private',
      }).notes,
    ).toEqual({
      id: 'x',
      why: 'A sentence.',
      public: false,
      duties: {
        instruct: ['Be brief.'],
        limits: [
          { amount: 60, unit: 'requests', windowSeconds: 60, rule: 'x' },
          { amount: 200_000, unit: 'tokens', windowSeconds: 86_400, rule: 'x' },
          { amount: 4, unit: 'concurrent', rule: 'x' },
        ],
        clamps: [
          { parameter: 'maxTokens', operator: '<=', value: 1024 },
          { parameter: 'temperature', operator: '<=', value: 0.7 },
          { parameter: 'logprobs', operator: '==', value: false },
        ],
        bans: ['foo', 'bar baz'],
        record: { prompt: true, answer: true, days: 30 },
        stepUp: { acr: 'phr', maxAgeSeconds: 600 },
      },
    })
  })

  test.each([
    [{ limit: '60 requests' }],
    [{ limit: '0 requests/minute' }],
    [{ limit: '5 requests/minute, 4 requests/minute' }],
    [{ limit: '5 calls/minute' }],
    [{ clamp: 'maxTokens < 5' }],
    [{ clamp: 'nonsense <= 5' }],
    [{ clamp: 'logprobs <= true' }],
    [{ record: 'prompt' }],
    [{ record: 'everything, 3d' }],
    [{ stepup: '10m, 20m' }],
    [{ explain: 'maybe' }],
    [{ instruct: ' ' }],
    [{ ban: 'a,,b' }],
    [{ limits: '4 concurrent' }],
    [{ constructor: 'x' }],
    [{ why: '' }],
    [{ id: '../x' }],
  ])('refused: %j', (annotations) => {
    expect(notes(annotations as Record<string, string>).problems).not.toEqual([])
  })

  test('a duty where it means nothing is refused', () => {
    expect(notes({ treat: 'mask' }).problems[0]).toMatch(/belongs on rules about data/)
    expect(notes({ limit: '4 concurrent' }, 'forbid').problems[0]).toMatch(/a forbid has none/)
    expect(notes({ limit: '4 concurrent' }, 'permit', [...use, new Set(['list', 'read'])]).problems).toHaveLength(1)
    expect(notes({ approvals: '2' }, 'permit', [new Set(['requestRole', 'jit'])]).problems).toEqual([])
    expect(notes({ limt: '4 concurrent' }).problems[0]).toBe('@limt is not an annotation; did you mean @limit?')
  })

  test('of several permits the strictest holds, whatever their order', () => {
    const a = notes({
      limit: '60 requests/minute',
      clamp: 'maxTokens <= 100, temperature >= 0.1',
      instruct: 'A',
      record: 'prompt, 30d',
    })
    const b = notes({
      limit: '30 requests/minute, 9 concurrent',
      clamp: 'maxTokens <= 500, temperature >= 0.3',
      instruct: 'B',
      record: 'answer, 7d',
    })
    const [one, other] = [a.notes!.duties, b.notes!.duties]
    for (const merged of [mergeDuties([one, other]), mergeDuties([other, one])]) {
      expect([...merged.instruct].sort()).toEqual(['A', 'B'])
      expect(merged.limits.map((limit) => limit.amount).sort()).toEqual([30, 9])
      expect(merged.clamps.find((clamp) => clamp.parameter === 'maxTokens')?.value).toBe(100)
      expect(merged.clamps.find((clamp) => clamp.parameter === 'temperature')?.value).toBe(0.3)
      expect(merged.record).toEqual({ prompt: true, answer: true, days: 7 })
    }
    const treat = (...list: ('pass' | 'mask' | 'pseudonym' | 'block' | undefined)[]) =>
      mergeDuties(
        list.map((one) => ({ instruct: [], limits: [], clamps: [], bans: [], ...(one ? { treat: one } : {}) })),
      ).treat
    expect(treat('pass', 'mask', 'pseudonym')).toBe('mask')
    expect(treat(undefined, 'pseudonym')).toBe('pseudonym')
    expect(treat('block', 'pass')).toBe('block')
  })
})

describe('what rules see of a call', () => {
  const request = (params: Params): ModelRequest => ({
    action: 'chat',
    model: 'm',
    messages: [
      { role: 'system', parts: [{ type: 'text', text: 'x' }] },
      { role: 'user', parts: [{ type: 'image', url: 'data:' }] },
    ],
    inputs: [],
    params,
    stream: true,
  })

  test('every parameter that is set is named, and content never appears', () => {
    const params: Params = {
      maxTokens: 5,
      temperature: 0.5,
      tools: [{ name: 'search' }],
      user: 'secret name',
      metadata: { k: 'secret' },
      suffix: 'secret',
    }
    const seen = requestContext(request(params), 12.5)
    expect(seen).toMatchObject({
      maxTokens: 5,
      tools: ['search'],
      system: true,
      images: 1,
      estimatedTokens: 13,
      user: true,
      metadata: ['k'],
    })
    expect(seen.parameters).toEqual(Object.keys(params))
    expect(
      JSON.stringify(seen, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    ).not.toContain('secret')
  })

  test('a parameter that no rule can see is refused, and so is one without a value rules could compare', () => {
    for (const params of [{ mystery: 1 }, { maxTokens: 1.5 }, { temperature: Number.NaN }, { seed: 2 ** 60 }])
      expect(() => requestContext(request(params as Params), 1)).toThrow(Fault)
    expect(requestContext(request({ maxTokens: undefined as never }), 1).parameters).toEqual([])
  })

  test('addresses compare as what they are', () => {
    expect(remoteIp('::ffff:10.0.0.1')).toEqual(remoteIp('10.0.0.1'))
    expect(remoteIp('fe80::1%eth0')).toEqual(remoteIp('fe80::1'))
    expect(remoteIp('::ffff:7f00:1')).toEqual(remoteIp('127.0.0.1'))
    expect(remoteIp('')).toEqual(remoteIp('::'))
  })

  test('an age nobody proved meets no demand for freshness', () => {
    const caller: Caller = {
      principal: { type: 'User', id: 'dana' },
      credential: { kind: 'key', id: 'k', bound: false, amr: ['pwd', 'otp'] },
      address: '127.0.0.1',
    }
    const auth = authContext(caller, 1_000_000)
    expect(auth.age).toBeGreaterThan(86_400 * 365 * 10)
    expect(auth.mfa).toBe(true)
    expect(
      authContext({ ...caller, credential: { ...caller.credential, authenticatedAt: 998_500 } }, 1_000_000).age,
    ).toBe(2)
  })
})
