// Requests, approvals and grants on both databases, with rules that a test can bend.
import { createHmac, randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { DATABASES } from '../../test/contract/databases.ts'
import {
  type Caller,
  createIds,
  type Decision,
  type Duties,
  type NewEvent,
  NO_DUTIES,
  type PrincipalUid,
  systemRandom,
  uidText,
} from '../core/index.ts'
import { createChange, createFeed, type Store } from '../store/index.ts'
import type { Facts } from './held-grants.ts'
import { createInbound, type InboundEvent } from './inbound.ts'
import { createJustInTime, type JustInTimeDeps } from './just-in-time.ts'
import type { JitAction, NewRequest, RoleAsk } from './role-ask.ts'

const HOUR = 3_600_000
const START = Date.UTC(2026, 10, 20, 12) // a Friday
const user = (id: string, over: Partial<Caller['credential']> = {}): Caller => ({
  principal: { type: 'User', id },
  credential: { kind: 'oidc', id: `t-${id}`, bound: false, authenticatedAt: START, ...over },
  address: '10.0.0.1',
})
const [dana, ana, jo, admin] = [user('dana'), user('ana'), user('jo'), user('admin')]
const bot: Caller = { ...user('x'), principal: { type: 'Agent', id: 'bot' } }
const ask: NewRequest = { role: 'operator', seconds: 3600, reason: 'INC-1' }

interface Rules {
  duties: Partial<Record<JitAction, Partial<Duties>>>
  allow: (action: JitAction, caller: Caller, role: string, ask: RoleAsk) => boolean
  /** Ids of credentials. */
  revoked: Set<string>
}

describe.each(DATABASES.map((make) => make()))('just in time on $name', (database) => {
  const closers: (() => Promise<unknown>)[] = []
  /** Where the database makes no difference. */
  const simple = it.runIf(database.name === 'sqlite')
  beforeAll(() => database.start())
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })
  afterAll(() => database.stop())

  async function node(store: Store, time: { now: number }, rules: Rules, more: Partial<JustInTimeDeps> = {}) {
    closers.push(() => store.close())
    const clock = { now: () => time.now, monotonic: () => performance.now() }
    const report = (error: unknown) => {
      throw error
    }
    const events: NewEvent[] = []
    const feed = createFeed({ store, pollMs: 20, report })
    const change = createChange({
      store,
      clock,
      appendFeed: feed.append,
      appendEvents: async (_, some) => {
        events.push(...some)
        return []
      },
      applied: feed.applied,
    })
    const suspended = new Map<string, { active: boolean; since: number }>()
    const jit = createJustInTime({
      tokensSpent: async () => 0,
      store,
      change,
      clock,
      newId: createIds(clock, systemRandom),
      schedules: [],
      timeZone: 'UTC',
      requestHours: 24,
      decide: (action, caller, role, about): Decision => ({
        id: 'dec_1',
        allow: rules.allow(action, caller, role, about),
        principal: caller.principal,
        action,
        resource: { type: 'Role', id: role },
        rules: ['r1'],
        errors: [],
        duties: { ...NO_DUTIES, ...rules.duties[action] },
        policy: 'p',
        microseconds: 1,
      }),
      humanOf: (principal) => (principal.type === 'Agent' ? 'User::"dana"' : uidText(principal)),
      groupsOf: ({ id }) => ({ ana: ['ml-leads', 'security'], jo: ['ml-leads'], admin: [] })[id] ?? [],
      isActive: (principal) => suspended.get(uidText(principal))?.active ?? true,
      isGood: ({ credential }) => !rules.revoked.has(credential.id),
      principalState: async (principal) => suspended.get(uidText(principal)) ?? { active: true, since: 0 },
      inUse: () => false,
      report,
      ...more,
    })
    feed.subscribe(jit.onChange)
    await feed.start()
    await jit.start()
    closers.push(async () => {
      await jit.stop()
      await feed.stop()
    })
    const touch = (principal: PrincipalUid, state: { active: boolean; since: number }) => {
      suspended.set(uidText(principal), state)
      return change(async () => ({ value: 0, feed: [{ kind: 'user', key: principal.id }], events: [] }))
    }
    const holds = (caller: Caller = dana, about = {}) =>
      jit.grants.held(caller.principal, about).map(({ role }) => role)
    return { ...jit, store, clock, change, events, touch, holds }
  }

  async function setUp(rules: Partial<Rules> = {}, more: Partial<JustInTimeDeps> = {}) {
    const time = { now: START }
    const all: Rules = {
      duties: {},
      allow: (action) => action === 'requestRole' || action === 'approveRole',
      revoked: new Set(),
      ...rules,
    }
    return { time, rules: all, ...(await node(await database.open(), time, all, more)) }
  }
  const denied = expect.objectContaining({ code: 'access_denied' })
  const impossible = expect.objectContaining({ code: 'not_possible' })

  it('a request, an approval, a role until its time and not a millisecond longer', async () => {
    const { requests, grants, time, holds, events } = await setUp()
    const { request, grant } = await requests.create(dana, ask)
    expect([request.state, grant, holds()]).toEqual(['pending', undefined, []])
    time.now += 5 * 60_000
    const answered = await requests.approve(request.id, { by: ana, digest: request.digest, reason: 'ok' })
    expect(answered.request.state).toBe('approved')
    expect(answered.grant).toMatchObject({ role: 'operator', endsAt: time.now + HOUR, askedAt: START })
    expect(await requests.approverGroups([request.id, 'req_none'])).toEqual(
      new Map([[request.id, ['ml-leads', 'security']]]), // no rule named one: those of whoever approved
    )
    expect(holds()).toEqual(['operator'])
    expect(grants.nextChange(dana.principal)).toBe(time.now + HOUR)
    const directory = { get: (): Facts => ({ ancestors: new Set(['Group::"dev"']) }) }
    const facts = grants.over(directory, dana.principal).get(dana.principal)
    expect([[...(facts?.ancestors ?? [])], facts?.validUntil]).toEqual([
      ['Group::"dev"', 'Role::"operator"'],
      time.now + HOUR,
    ])
    expect([...(grants.over(directory, dana.principal).get(jo.principal)?.ancestors ?? [])]).toEqual(['Group::"dev"'])
    time.now += HOUR - 1
    expect(holds()).toEqual(['operator'])
    time.now += 1
    expect(holds()).toEqual([])
    await grants.tidy()
    await grants.tidy()
    expect(events.map(({ kind }) => kind)).toEqual([
      'request.created',
      'request.approved',
      'grant.started',
      'grant.ended',
    ])
  })

  it('#53 accessbot#105: nobody approves their own, administrators included, nor an agent’s human, nor anybody twice', async () => {
    const { requests, rules } = await setUp({ duties: { requestRole: { approvals: 2 } } })
    rules.allow = (action) => action !== 'autoApproveRole' // administrators may everything
    const own = (await requests.create(admin, ask)).request
    await expect(requests.approve(own.id, { by: admin, digest: own.digest })).rejects.toEqual(denied)
    const agents = (await requests.create(bot, ask)).request
    await expect(requests.approve(agents.id, { by: dana, digest: agents.digest })).rejects.toEqual(denied)
    const forAgent = (await requests.create(admin, { ...ask, beneficiary: bot.principal })).request
    await expect(requests.approve(forAgent.id, { by: dana, digest: forAgent.digest })).rejects.toEqual(denied)
    await expect(requests.approve(agents.id, { by: bot, digest: agents.digest })).rejects.toEqual(denied)
    const etl: Caller = { ...ana, principal: { type: 'Service', id: 'etl' } }
    await expect(requests.approve(own.id, { by: etl, digest: own.digest })).rejects.toEqual(denied)
    const { id, digest } = (await requests.create(dana, ask)).request
    expect((await requests.approve(id, { by: ana, digest })).request.state).toBe('pending')
    await expect(requests.approve(id, { by: user('ana', { id: 'another sign-in' }), digest })).rejects.toEqual(
      impossible,
    )
    expect((await requests.approve(id, { by: jo, digest })).grant).toBeDefined()
  })

  simple(
    '#53: an answer is bound to the ask, and a late or repeated one is refused and says who was first',
    async () => {
      const { requests, time } = await setUp()
      const { id, digest } = (await requests.create(dana, ask)).request
      const other = (await requests.create(dana, { ...ask, seconds: 7200 })).request
      await expect(requests.approve(id, { by: ana, digest: other.digest })).rejects.toEqual(
        expect.objectContaining({ code: 'precondition_failed' }),
      )
      await requests.deny(id, { by: ana, digest, reason: 'no' })
      await expect(requests.approve(id, { by: jo, digest })).rejects.toThrow('denied already, by User::"ana"')
      time.now += 24 * HOUR
      await expect(requests.approve(other.id, { by: jo, digest: other.digest })).rejects.toThrow('expired')
      await requests.tidy()
      expect((await requests.show(other.id)).request.state).toBe('expired')
    },
  )

  it('two approvals at the same time make one grant', async () => {
    const { requests, grants } = await setUp()
    const { id, digest } = (await requests.create(dana, ask)).request
    const results = await Promise.allSettled([
      requests.approve(id, { by: ana, digest }),
      requests.approve(id, { by: jo, digest }),
      requests.approve(id, { by: admin, digest }),
    ])
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(grants.held(dana.principal)).toHaveLength(1)
  })

  it('of 60 requests at the same time 20 wait for an answer, and answered ones make place', async () => {
    const { requests } = await setUp()
    const many = (by: Caller) => Array.from({ length: 60 }, () => requests.create(by, ask))
    const results = await Promise.allSettled([...many(dana), ...many(jo)])
    const made = results.filter((result) => result.status === 'fulfilled').map(({ value }) => value.request)
    for (const { principal } of [dana, jo])
      expect(made.filter(({ requester }) => requester === uidText(principal))).toHaveLength(20)
    const { id, digest, requester } = made[0]!
    await requests.deny(id, { by: ana, digest })
    const by = requester === uidText(dana.principal) ? dana : jo
    expect((await requests.create(by, ask)).request.state).toBe('pending')
    await expect(requests.create(by, ask)).rejects.toEqual(impossible)
  })

  simple('approvals may narrow, never widen', async () => {
    const { requests, holds, events } = await setUp({ duties: { requestRole: { approvals: 2 } } })
    const wanted = { ...ask, models: ['a', 'b', 'c'], tokens: 500 }
    const { id, digest } = (await requests.create(dana, wanted)).request
    expect(events.at(-1)).toMatchObject({ kind: 'request.created', data: { tokens: 500 } })
    const wider = (narrow: object) => requests.approve(id, { by: ana, digest, narrow })
    await expect(wider({ seconds: 7200 })).rejects.toThrow('not more')
    await expect(wider({ models: ['z'] })).rejects.toThrow('fewer')
    await expect(wider({ models: [] })).rejects.toThrow('fewer')
    for (const none of [{ seconds: 0 }, { seconds: 0.5 }, { uses: 0 }, { uses: -1 }, { tokens: 501 }, { tokens: 0 }])
      await expect(wider(none)).rejects.toThrow('not more')
    await requests.approve(id, { by: ana, digest, narrow: { seconds: 600, models: ['a', 'b'], tokens: 90 } })
    const less = { uses: 5, models: ['b', 'c'], tokens: 100 }
    const { grant } = await requests.approve(id, { by: jo, digest, narrow: less })
    expect(grant).toMatchObject({ endsAt: START + 600_000, usesLeft: 5, models: ['b'], tokens: 90 })
    expect(events.at(-1)).toMatchObject({ kind: 'grant.started', data: { tokens: 90 } })
    expect(events.at(-2)).toMatchObject({ kind: 'request.approved', data: { tokens: 100 } })
    const using = [grant!.id]
    expect([holds(dana, { model: 'b', using }), holds(dana, { model: 'a', using })]).toEqual([['operator'], []])
    expect([holds(dana, { model: 'b' }), holds(dana)]).toEqual([[], []])
    const apart = (await requests.create(dana, { ...ask, models: ['a', 'b'] })).request
    await requests.approve(apart.id, { by: ana, digest: apart.digest, narrow: { models: ['a'] } })
    await expect(
      requests.approve(apart.id, { by: jo, digest: apart.digest, narrow: { models: ['b'] } }),
    ).rejects.toThrow('no model in common')
  })

  simple('an ask has its bounds', async () => {
    const { requests } = await setUp()
    const models = Array.from({ length: 201 }, (_, i) => `m${i}`)
    const [longest, latest] = [90 * 86_400, START + 30 * 24 * HOUR]
    for (const bad of [
      { seconds: 0 },
      { seconds: 1.5 },
      { seconds: longest + 1 },
      { uses: 0 },
      { uses: 1_000_001 },
      { tokens: -1 },
      { models: [] },
      { models },
      { startsAt: latest + 1 },
    ])
      await expect(requests.create(dana, { ...ask, ...bad })).rejects.toMatchObject({ code: 'validation_failed' })
    const most = { seconds: longest, uses: 1_000_000, tokens: 1, models: models.slice(1), startsAt: latest }
    expect((await requests.create(dana, { ...ask, ...most })).request.state).toBe('pending')
  })

  simple('does not count who may not approve any more when the last one does', async () => {
    const { requests, rules } = await setUp({ duties: { requestRole: { approvals: 2 } } })
    const { id, digest } = (await requests.create(dana, ask)).request
    await requests.approve(id, { by: ana, digest })
    rules.allow = (action, { principal }) => action !== 'approveRole' || principal.id !== 'ana'
    const second = await requests.approve(id, { by: jo, digest })
    expect([second.request.state, second.grant]).toEqual(['pending', undefined])
    expect((await requests.approve(id, { by: admin, digest })).grant).toBeDefined()
  })

  it('whoever asked is asked about again with each yes: a right that is gone, and what rules have come to demand', async () => {
    const { requests, rules } = await setUp()
    const usual = rules.allow
    const { id, digest } = (await requests.create(dana, ask)).request
    rules.allow = (action, by, ...rest) =>
      usual(action, by, ...rest) && !(action === 'requestRole' && by.principal.id === 'dana')
    await expect(requests.approve(id, { by: ana, digest })).rejects.toEqual(impossible)
    rules.allow = usual
    rules.duties = { requestRole: { approvals: 2, uses: 3 } }
    expect((await requests.approve(id, { by: ana, digest })).grant).toBeUndefined()
    expect((await requests.show(id)).request.approvals).toBe(2)
    expect((await requests.approve(id, { by: jo, digest })).grant).toMatchObject({ usesLeft: 3 })
    rules.duties = {}
    const long = (await requests.create(dana, ask)).request
    rules.duties = { requestRole: { longestSeconds: 60 } }
    const yes = { by: ana, digest: long.digest }
    await expect(requests.approve(long.id, yes)).rejects.toMatchObject({ code: 'validation_failed' })
    expect((await requests.approve(long.id, { ...yes, narrow: { seconds: 60 } })).grant).toBeDefined()
  })

  it('counts an approval as it was given, not with what the last one shows, nor with what was taken away since', async () => {
    const { requests, rules, time } = await setUp({ duties: { requestRole: { approvals: 2 } } })
    /** Whether an approval of `first`, and then after `meanwhile` one with all that can be shown, are enough. */
    const enough = async (first: Caller, meanwhile: () => void = () => {}) => {
      time.now = START
      rules.duties = { requestRole: { approvals: 2 } }
      const { id, digest } = (await requests.create(dana, ask)).request
      await requests.approve(id, { by: first, digest })
      meanwhile()
      const strong = user('jo', { acr: 'phr', bound: true, authenticatedAt: time.now })
      const { grant } = await requests.approve(id, { by: { ...strong, address: '10.0.0.9' }, digest })
      if (!grant) await requests.cancel(id, dana)
      return grant !== undefined
    }
    expect(await enough(ana)).toBe(true)
    // A rule that asks for more since: what the last one shows is not what the first one showed.
    const stricter = () => {
      rules.duties = { ...rules.duties, approveRole: { stepUp: { acr: 'phr', maxAgeSeconds: 600 } } }
    }
    expect(await enough(ana, stricter)).toBe(false)
    expect(await enough(user('ana', { acr: 'phr' }), stricter)).toBe(true)
    // A sign-in is as old as it was when it approved, however long the request waits.
    const waits = () => {
      stricter()
      time.now += 5 * HOUR
    }
    expect(await enough(user('ana', { acr: 'phr' }), waits)).toBe(true)
    expect(await enough(user('ana', { acr: 'phr', authenticatedAt: START - HOUR }), waits)).toBe(false)
    const { authenticatedAt: _, ...issued } = user('ana', { acr: 'phr', issuedAt: START }).credential
    expect(await enough({ ...ana, credential: issued }, waits)).toBe(true)
    // Its key revoked.
    const key = user('ana', { kind: 'key', id: 'K-stolen', issuedAt: START })
    expect(await enough(key)).toBe(true)
    expect(await enough(key, () => rules.revoked.add('K-stolen'))).toBe(false)
    // Rules about networks and narrowed credentials see those of each.
    const usual = rules.allow
    rules.allow = (action, by, ...rest) =>
      usual(action, by, ...rest) && (action !== 'approveRole' || by.address === '10.0.0.9' || by.credential.bound)
    expect(await enough(user('ana', { bound: true }))).toBe(true)
    rules.allow = usual
    expect(
      await enough(ana, () => {
        rules.allow = (action, by, ...rest) =>
          usual(action, by, ...rest) && (action !== 'approveRole' || by.address === '10.0.0.9')
      }),
    ).toBe(false)
  })

  it('whoever’s approval counts no more may answer again, once, with a new key or with the right they have again', async () => {
    const { requests, rules, store } = await setUp({ duties: { requestRole: { approvals: 2 } } })
    const asked = async (by = dana) => (await requests.create(by, ask)).request
    const usual = rules.allow
    const withKey = (name: string, id: string) => user(name, { kind: 'key', id, issuedAt: START })
    // A new key in place of a revoked one: counted once, and with what is said now.
    const a = await asked()
    const first = { by: withKey('ana', 'K1'), digest: a.digest, narrow: { seconds: 60 } }
    await requests.approve(a.id, first)
    rules.revoked.add('K1')
    const again = { by: withKey('ana', 'K2'), digest: a.digest, narrow: { seconds: 600 } }
    expect((await requests.approve(a.id, again)).grant).toBeUndefined()
    for (const kind of ['approve', 'deny'] as const)
      await expect(requests[kind](a.id, again)).rejects.toEqual(impossible)
    expect((await requests.show(a.id)).approvals).toMatchObject([
      { approver: 'User::"ana"', narrowed: { seconds: 600 } },
    ])
    expect((await requests.approve(a.id, { by: jo, digest: a.digest })).grant).toMatchObject({
      endsAt: START + 600_000,
    })
    // Or they say no this time.
    const b = await asked()
    await requests.approve(b.id, { by: withKey('ana', 'K2'), digest: b.digest })
    rules.revoked.add('K2')
    expect((await requests.deny(b.id, { by: ana, digest: b.digest })).request.state).toBe('denied')
    // The right lost, and held again after others have answered: either of them makes it enough, one alone never does.
    for (const last of [ana, jo]) {
      const { id, digest } = await asked()
      await requests.approve(id, { by: ana, digest })
      await expect(requests.approve(id, { by: ana, digest })).rejects.toEqual(impossible)
      rules.allow = (action, by, ...rest) => usual(action, by, ...rest) && by.principal.id !== 'ana'
      await requests.approve(id, { by: jo, digest })
      await expect(requests.approve(id, { by: ana, digest })).rejects.toEqual(denied)
      await expect(requests.approve(id, { by: jo, digest })).rejects.toEqual(impossible)
      rules.allow = usual
      expect((await requests.approve(id, { by: last, digest })).grant).toBeDefined()
      await expect(requests.approve(id, { by: last, digest })).rejects.toEqual(impossible)
    }
    // At the same time with several new keys.
    const { id, digest } = await asked()
    await requests.approve(id, { by: withKey('ana', 'K3'), digest })
    rules.revoked.add('K3')
    const many = ['K4', 'K5', 'K6'].map((key) => requests.approve(id, { by: withKey('ana', key), digest }))
    const done = await Promise.allSettled(many)
    expect(done.map((one) => (one.status === 'fulfilled' ? one.value.grant : 'no')).sort()).toEqual([
      'no',
      'no',
      undefined,
    ])
    expect(await store.db.selectFrom('approval').selectAll().where('request', '=', id).execute()).toHaveLength(1)
  })

  it('what was said before counts for nothing in what a rule asks of whoever answers again', async () => {
    const { requests, rules } = await setUp({ duties: { requestRole: { approvals: 2 } } })
    const { id, digest } = (await requests.create(dana, ask)).request
    await requests.approve(id, { by: user('ana', { id: 'K1' }), digest })
    rules.revoked.add('K1')
    // Second approvers only: the own one before is none.
    rules.allow = (action, _, __, { approvals }) => action === 'approveRole' && approvals > 0
    await expect(requests.approve(id, { by: ana, digest })).rejects.toEqual(denied)
  })

  it('an approval of somebody to whom the holder was handed over since is one of their own, and does not count', async () => {
    let human = 'User::"dana"'
    const humanOf: JustInTimeDeps['humanOf'] = (of) => (of.type === 'Agent' ? human : uidText(of))
    const { requests } = await setUp({ duties: { requestRole: { approvals: 2 } } }, { humanOf })
    const { id, digest } = (await requests.create(bot, ask)).request
    await requests.approve(id, { by: ana, digest })
    human = 'User::"ana"'
    expect((await requests.approve(id, { by: jo, digest })).grant).toBeUndefined()
    await expect(requests.approve(id, { by: ana, digest })).rejects.toEqual(denied)
    expect((await requests.approve(id, { by: admin, digest })).grant).toBeDefined()
  })

  simple('counts groups of a quorum once per human', async () => {
    const { requests } = await setUp({ duties: { requestRole: { approvals: 2, quorum: 'ml-leads: 1, security: 1' } } })
    const { id, digest } = (await requests.create(dana, ask)).request
    expect((await requests.approve(id, { by: ana, digest })).grant).toBeUndefined()
    expect((await requests.approve(id, { by: admin, digest })).grant).toBeUndefined()
    expect((await requests.approve(id, { by: jo, digest })).grant).toBeDefined()
    expect(await requests.approverGroups([id])).toEqual(new Map([[id, ['ml-leads', 'security']]]))
  })

  simple('lets nobody approve for longer, or for more uses, than the rule that lets them', async () => {
    const { requests } = await setUp({ duties: { approveRole: { longestSeconds: 600, uses: 2 } } })
    const { id, digest } = (await requests.create(dana, ask)).request
    await expect(requests.approve(id, { by: ana, digest })).rejects.toThrow('600 s')
    const more = { by: ana, digest, narrow: { seconds: 600, uses: 3 } }
    await expect(requests.approve(id, more)).rejects.toThrow('2 uses')
    const { grant } = await requests.approve(id, { by: ana, digest, narrow: { seconds: 600 } })
    expect(grant).toMatchObject({ usesLeft: 2 })
    expect((grant?.endsAt ?? 0) - (grant?.startsAt ?? 0)).toBe(600_000)
    const other = (await requests.create(dana, ask)).request
    await requests.deny(other.id, { by: ana, digest: other.digest })
  })

  simple('holds to the duties of the rule: longest, uses, sign-in', async () => {
    const { requests, rules } = await setUp({ duties: { requestRole: { longestSeconds: 3600, uses: 2 } } })
    await expect(requests.create(dana, { ...ask, seconds: 3601 })).rejects.toThrow('3600 s')
    await expect(requests.create(dana, { ...ask, uses: 3 })).rejects.toThrow('2 uses')
    for (const uses of [{}, { uses: 2 }, { uses: 1 }])
      expect((await requests.create(dana, { ...ask, ...uses })).request.uses).toBe(uses.uses ?? 2)
    await expect(requests.create(dana, { ...ask, reason: ' ' })).rejects.toThrow('why')
    rules.duties = { requestRole: { stepUp: { acr: 'phr', maxAgeSeconds: 600 } } }
    const challenge = await requests.create(dana, ask).catch((error: unknown) => error)
    expect(challenge).toMatchObject({ code: 'step_up_required', status: 401 })
    expect((challenge as { data: { headers: Record<string, string> } }).data.headers['www-authenticate']).toBe(
      'Bearer error="insufficient_user_authentication", error_description="A different authentication level is required", acr_values="phr", max_age=600',
    )
    await expect(requests.create(user('dana', { acr: 'phr', authenticatedAt: START - 601_000 }), ask)).rejects.toThrow(
      'Sign in',
    )
    await expect(requests.create(user('dana', { acr: 'phr', kind: 'key' }), ask)).rejects.toThrow('Sign in')
    await requests.create(user('dana', { acr: 'phr' }), ask)
    rules.duties = { approveRole: { stepUp: { maxAgeSeconds: 60 } } }
    const { id, digest } = (await requests.create(dana, ask)).request
    await expect(
      requests.approve(id, { by: user('ana', { authenticatedAt: START - 61_000 }), digest }),
    ).rejects.toMatchObject({ code: 'step_up_required' })
    rules.allow = () => false
    await expect(requests.create(dana, ask)).rejects.toEqual(denied)
    await expect(requests.approve(id, { by: ana, digest })).rejects.toEqual(denied)
  })

  simple('a rule may approve by itself, and an event may open a grant under the same rule', async () => {
    const { requests, rules, holds } = await setUp()
    rules.allow = (action, _, __, { ticket }) =>
      action === 'requestRole' || (action === 'autoApproveRole' && ticket !== undefined)
    expect((await requests.create(dana, ask)).request.state).toBe('pending')
    const { request, grant } = await requests.create(dana, { ...ask, ticket: 'T-1' })
    expect([request.state, grant?.source, holds()]).toEqual(['approved', 'rule', ['operator']])
    const event = { ...ask, ticket: 'PD-9' }
    expect((await requests.trigger(jo.principal, { source: 'pager', address: '::1' }, event)).grant.source).toBe(
      'event',
    )
    expect(holds(jo)).toEqual(['operator'])
    await expect(requests.trigger(jo.principal, { source: 'pager', address: '::1' }, ask)).rejects.toEqual(denied)
    // To now, and to a sign-in as strong as it wants; the rest waits for a person.
    expect((await requests.create(dana, { ...event, startsAt: START + 1 })).request.state).toBe('pending')
    expect((await requests.create(dana, { ...event, startsAt: START })).request.state).toBe('approved')
    rules.duties = { autoApproveRole: { stepUp: { acr: 'phr' } } }
    expect((await requests.create(dana, event)).request.state).toBe('pending')
    expect((await requests.create(user('dana', { acr: 'phr' }), event)).request.state).toBe('approved')
  })

  simple('nobody reaches further by asking for somebody else, nor gives to who is not active', async () => {
    const { requests, rules, touch } = await setUp({ duties: { requestRole: { longestSeconds: 3600 } } })
    const forJo = { ...ask, beneficiary: jo.principal }
    rules.allow = (action, { principal }) => action === 'autoApproveRole' || principal.id !== 'jo'
    await expect(requests.create(dana, forJo)).rejects.toEqual(denied)
    rules.allow = (action, { principal }) => action === 'autoApproveRole' || principal.id !== 'dana'
    await expect(requests.create(dana, forJo)).rejects.toEqual(denied)
    await touch(jo.principal, { active: false, since: START })
    rules.allow = (action) => action !== 'autoApproveRole'
    await expect(requests.create(dana, forJo)).rejects.toEqual(impossible)
    rules.allow = () => true
    await expect(requests.trigger(jo.principal, { source: 'pager', address: '::1' }, ask)).rejects.toEqual(impossible)
  })

  simple(
    'break-glass: at once, an hour at most, alarmed, reviewed by somebody else, missed when it is not',
    async () => {
      const { requests, grants, change, rules, events, holds, time } = await setUp()
      await expect(requests.breakGlass(dana, ask)).rejects.toEqual(denied)
      rules.allow = (action) => action === 'breakGlass'
      await expect(requests.breakGlass(dana, { ...ask, seconds: 3601 })).rejects.toThrow('3600')
      await expect(requests.breakGlass(bot, ask)).rejects.toEqual(denied)
      for (const bad of [{ reason: ' ' }, { seconds: 0 }, { models: [] }, { beneficiary: jo.principal }])
        await expect(requests.breakGlass(dana, { ...ask, ...bad })).rejects.toMatchObject({ code: 'validation_failed' })
      const { grant } = await requests.breakGlass(dana, ask)
      expect([holds(), events.at(-1)?.kind, grant.reviewDueAt]).toEqual([
        ['operator'],
        'grant.break-glass',
        START + 24 * HOUR,
      ])
      // One emergency is one grant: not twice, not for part of it, not by two attempts at once.
      const again = { code: 'not_possible', detail: expect.stringContaining(grant.id) }
      await expect(requests.breakGlass(dana, ask)).rejects.toMatchObject(again)
      await expect(requests.breakGlass(dana, { ...ask, models: ['demo'] })).rejects.toMatchObject(again)
      for (const by of [dana, bot].map(({ principal }) => uidText(principal)))
        await expect(change((trx) => grants.review(trx, grant.id, by, 'fine'))).rejects.toEqual(denied)
      time.now += 24 * HOUR - 1
      await grants.tidy()
      expect(events.filter(({ kind }) => kind === 'alert.raised')).toEqual([])
      for (let i = 0; i < 3; i++) {
        time.now += 60_000
        await grants.tidy()
      }
      expect(events.filter(({ kind }) => kind === 'alert.raised')).toMatchObject([
        { grant: grant.id, reason: 'review overdue', principal: 'User::"dana"' },
      ])
      expect((await change((trx) => grants.review(trx, grant.id, 'User::"ana"', 'fine'))).value.reviewed).toBe(true)
      const both = [1, 2].map(() => requests.breakGlass(dana, { ...ask, role: 'trainer' }))
      expect((await Promise.allSettled(both)).filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    },
  )

  it('#46: of 50 parallel calls on a single-use grant one passes; a use that sent nothing comes back', async () => {
    const { requests, grants, holds, events } = await setUp()
    const { id, digest } = (await requests.create(dana, { ...ask, uses: 1, models: ['demo'] })).request
    const { grant } = await requests.approve(id, { by: ana, digest })
    expect(grants.counted(dana.principal, 'demo').map(({ id }) => id)).toEqual([grant!.id])
    const tries = () => Promise.allSettled(Array.from({ length: 50 }, (_, i) => grants.use(grant!.id, `call_${i}`)))
    const passed = (await tries()).filter((result) => result.status === 'fulfilled')
    expect(passed).toHaveLength(1)
    // A call has the role when it has taken from the grant, and no other does.
    expect(holds(dana, { model: 'demo' })).toEqual([])
    expect(holds(dana, { model: 'demo', using: [grant!.id] })).toEqual(['operator'])
    expect(grants.counted(dana.principal, 'demo')).toEqual([])
    await passed[0]!.value.settle(false)
    await passed[0]!.value.settle(false)
    expect(grants.counted(dana.principal, 'demo')).toHaveLength(1)
    expect([holds(dana, { model: 'demo' }), holds(dana), holds(dana, { model: 'other', looking: true })]).toEqual([
      [],
      [],
      [],
    ])
    for (const about of [{ model: 'demo', looking: true }, { looking: true }])
      expect(holds(dana, about)).toEqual(['operator'])
    const again = (await tries()).filter((result) => result.status === 'fulfilled')
    expect(again).toHaveLength(1)
    await again[0]!.value.settle(true)
    expect(holds(dana, { model: 'demo', using: [grant!.id] })).toEqual([])
    expect(events.at(-1)).toMatchObject({ kind: 'grant.ended', reason: 'used up' })
  })

  simple('a token budget is a limit of the grant alone, and of the calls that take from it', async () => {
    const { requests, grants, holds } = await setUp()
    const { id, digest } = (await requests.create(dana, { ...ask, tokens: 500 })).request
    const { grant } = await requests.approve(id, { by: ana, digest })
    expect(grants.limitOf(grant!)).toMatchObject({ amount: 500, unit: 'tokens', rule: `grant ${grant!.id}` })
    expect(holds(dana, { model: 'demo' })).toEqual([])
    const use = await grants.use(grant!.id, 'call_1')
    expect(holds(dana, { model: 'demo', using: [grant!.id] })).toEqual(['operator'])
    await use.settle(true)
    expect(grants.counted(dana.principal, 'demo')).toHaveLength(1)
  })

  simple('begins when asked to, is extended once, and ends early', async () => {
    const { requests, grants, change, time, holds } = await setUp()
    const { id, digest } = (await requests.create(dana, { ...ask, startsAt: START + HOUR })).request
    const { grant } = await requests.approve(id, { by: ana, digest })
    expect(holds()).toEqual([])
    expect(grants.nextChange(dana.principal)).toBe(START + HOUR)
    time.now += HOUR
    expect(holds()).toEqual(['operator'])
    const more = (await requests.extend(dana, grant!.id, 1800, 'not done')).request
    await expect(requests.extend(jo, grant!.id, 1800, 'mine')).rejects.toEqual(denied)
    for (const narrow of [{ models: ['a'] }, { uses: 1 }, { tokens: 1 }])
      await expect(requests.approve(more.id, { by: ana, digest: more.digest, narrow })).rejects.toThrow('less time')
    await requests.approve(more.id, { by: jo, digest: more.digest })
    expect(grants.get(grant!.id)?.endsAt).toBe(START + 2 * HOUR + 1_800_000)
    await expect(requests.extend(dana, grant!.id, 1800, 'again')).rejects.toEqual(impossible)
    await expect(requests.extend(dana, 'grt_none', 1800, 'none')).rejects.toMatchObject({ code: 'not_found' })
    const other = (await requests.create(dana, ask)).request
    const brief = (await requests.approve(other.id, { by: ana, digest: other.digest })).grant
    time.now += HOUR
    await expect(requests.extend(dana, brief!.id, 1800, 'late')).rejects.toEqual(impossible)
    const end = () => change((trx) => grants.end(trx, grant!.id, 'User::"dana"', 'done'))
    expect([(await end()).value.ended, (await end()).value.ended, holds()]).toEqual([true, false, []])
  })

  simple('#3 litellm#26861: suspension ends grants, and coming back revives none', async () => {
    const { requests, grants, touch, time, holds, events } = await setUp()
    const { id, digest } = (await requests.create(dana, ask)).request
    await requests.approve(id, { by: ana, digest })
    time.now += 1000
    await touch(dana.principal, { active: false, since: time.now })
    expect(holds()).toEqual([])
    await touch(dana.principal, { active: true, since: time.now + 10 })
    expect(holds()).toEqual([])
    await grants.load()
    expect(holds()).toEqual([])
    await grants.tidy()
    expect(events.at(-1)).toMatchObject({ kind: 'grant.ended', reason: 'principal suspended' })
  })

  simple.each([
    ['is suspended', { active: false, since: START - 5 }],
    ['was suspended since and is back', { active: true, since: START + 5 }],
  ])('a grant that arrives for somebody who %s gives nothing', async (_, state) => {
    const { requests, holds } = await setUp({}, { principalState: async () => state })
    const { id, digest } = (await requests.create(dana, ask)).request
    expect((await requests.approve(id, { by: ana, digest })).grant).toBeDefined()
    expect(holds()).toEqual([])
  })

  simple('a request for somebody who has left meanwhile gives nothing, and one’s own can be taken back', async () => {
    const { requests, touch, holds } = await setUp()
    const { id, digest } = (await requests.create(dana, ask)).request
    await touch(dana.principal, { active: false, since: START + 5 })
    await expect(requests.approve(id, { by: ana, digest })).rejects.toEqual(impossible)
    expect(holds()).toEqual([])
    await expect(requests.cancel(id, jo)).rejects.toMatchObject({ code: 'not_found' })
    expect((await requests.cancel(id, dana)).request.state).toBe('cancelled')
    await expect(requests.cancel(id, dana)).rejects.toEqual(impossible)
  })

  simple('schedules hold a role in their hours, over midnight too, and name the next change', async () => {
    const time = { now: START }
    const etl: Caller = { ...dana, principal: { type: 'Service', id: 'etl' } }
    const { grants } = await node(
      await database.open(),
      time,
      { duties: {}, allow: () => false, revoked: new Set() },
      {
        timeZone: 'Europe/Berlin',
        schedules: [
          { name: 'batch', role: 'trainer', principal: etl.principal, from: '01:00', to: '03:00', weekdays: [6] },
          { name: 'late', role: 'user', principal: etl.principal, from: '23:30', to: '00:15', models: ['demo'] },
        ],
      },
    )
    const at = (text: string) => {
      time.now = Date.parse(text)
      return grants
        .held(etl.principal, { model: 'demo' })
        .map(({ role, endsAt }) => [role, new Date(endsAt).toISOString()])
    }
    expect(at('2026-11-20T23:59:59+01:00')).toEqual([['user', '2026-11-20T23:15:00.000Z']])
    expect(at('2026-11-21T00:59:59+01:00')).toEqual([])
    expect(grants.nextChange(etl.principal)).toBe(Date.parse('2026-11-21T01:00:00+01:00'))
    expect(at('2026-11-21T01:00:00+01:00')).toEqual([['trainer', '2026-11-21T02:00:00.000Z']])
    expect(at('2026-11-21T03:00:00+01:00')).toEqual([])
    expect(at('2026-11-22T01:30:00+01:00')).toEqual([])
    expect(grants.held(dana.principal)).toEqual([])
  })

  if (database.name === 'postgres')
    it('two nodes: a grant of one is held on the other, and its uses are shared', async () => {
      const time = { now: START }
      const rules: Rules = { duties: {}, allow: (action) => action !== 'autoApproveRole', revoked: new Set() }
      const a = await node(await database.open(), time, rules)
      const b = await node(await database.reopen(), time, rules)
      const { id, digest } = (await a.requests.create(dana, { ...ask, uses: 3 })).request
      const { grant } = await b.requests.approve(id, { by: ana, digest })
      const left = (one: typeof a) => one.grants.counted(dana.principal, 'demo').map(({ usesLeft }) => usesLeft)
      await expect.poll(() => left(a)).toEqual([3])
      const tries = await Promise.allSettled(
        Array.from({ length: 40 }, (_, i) => (i % 2 ? a : b).grants.use(grant!.id, `call_${i}`)),
      )
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
      await expect.poll(() => [left(a), left(b)]).toEqual([[], []])
    })

  describe('a signed event', () => {
    const secret = randomBytes(32)
    const open: InboundEvent = { type: 'grant.open', principal: dana.principal, ...ask, ticket: 'PD-1' }
    const refused = expect.objectContaining({ code: 'invalid_api_key' })
    async function hooked(hooks = [{ name: 'pager', secret, roles: ['operator'] }]) {
      const all = await setUp({ allow: () => true })
      const inbound = createInbound({ ...all, hooks })
      const send = (event: InboundEvent, id: string, at: number, name = 'pager') => {
        const [timestamp, body] = [String(Math.floor(at / 1000)), Buffer.from(JSON.stringify(event))]
        const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest('base64')
        return inbound.receive(name, { id, timestamp, signature: `v1,${signature}` }, body, () => event, '::1')
      }
      return { ...all, inbound, send }
    }

    simple('is taken once, also if our clock was wrong in between', async () => {
      const { send, time, grants } = await hooked()
      await send(open, 'evt_1', START)
      for (const ahead of [HOUR, -HOUR, 12 * HOUR]) {
        time.now = START + ahead
        await expect(send(open, 'evt_1', START)).rejects.toEqual(refused)
        await send({ ...open, ticket: 'PD-2' }, `evt_at_${ahead}`, time.now)
        time.now = START
        expect(await send(open, 'evt_1', START)).toEqual({ grants: [], repeated: true, seq: 0 })
      }
      expect(await grants.list({ limit: 10 })).toHaveLength(4)
    })

    simple('opens and ends no role but those of its sender', async () => {
      const { send, grants, holds, requests } = await hooked()
      for (const type of ['grant.open', 'grant.end'] as const)
        await expect(send({ ...open, type, role: 'admin' }, `evt_${type}`, START)).rejects.toEqual(denied)
      expect([await grants.list({ limit: 10 }), await requests.list({ limit: 10 }), holds()]).toEqual([[], [], []])
    })

    simple('of one sender is none of another, whatever its bytes', async () => {
      const same = [secret, Buffer.from(secret)].map((each, i) => ({
        name: `h${i}`,
        secret: each,
        roles: ['operator'],
      }))
      await expect(hooked(same)).rejects.toThrow('hooks h0 and h1 must not have the same secret')
      const { inbound, send, holds } = await hooked([
        { name: 'pager', secret, roles: ['operator'] },
        { name: 'other', secret: randomBytes(32), roles: ['operator'] },
      ])
      await expect(send(open, 'evt_1', START, 'other')).rejects.toEqual(refused)
      // The dots between what is signed cannot be moved: `a.1` at 2 is not `a` at 1 with 2 before its body.
      const body = Buffer.from('{}')
      const second = START / 1000
      const signature = createHmac('sha256', secret).update(`a.${second}.${second}.`).update(body).digest('base64')
      const moved = { id: 'a', timestamp: String(second), signature: `v1,${signature}` }
      const read = (): InboundEvent => {
        throw new SyntaxError('no event')
      }
      await expect(
        inbound.receive('pager', moved, Buffer.concat([Buffer.from(`${second}.`), body]), read, '::1'),
      ).rejects.toThrow('no event')
      const good = createHmac('sha256', secret).update(`a.${second}.`).update(body).digest('base64')
      for (const [id, timestamp, given] of [
        ['a, a', String(second), `v1,${good}`],
        ['a', `${second}, ${second}`, `v1,${good}`],
        ['a', `0${second}`, `v1,${good}`],
        ['a', `+${second}`, `v1,${good}`],
        ['a', String(second), `v1,${good.slice(0, -2)}`],
        ['a', String(second), `v1=${good}`],
        ['a', String(second), `${'v1,AAAA '.repeat(8)}v1,${good}`],
        ['a', String(second), ''],
      ] as const)
        await expect(inbound.receive('pager', { id, timestamp, signature: given }, body, read, '::1')).rejects.toEqual(
          refused,
        )
      expect(holds()).toEqual([])
    })

    simple('ends what its sender opened, however much else there is', async () => {
      const { send, requests, holds, grants } = await hooked()
      await send(open, 'evt_1', START)
      for (let i = 0; i < 3; i++) await send({ ...open, ticket: 'PD-2' }, `evt_more_${i}`, START)
      for (let i = 0; i < 210; i++) await requests.create(dana, ask)
      const end = { type: 'grant.end', principal: dana.principal, role: 'operator', reason: 'resolved' } as const
      expect((await send({ ...end, ticket: 'PD-1' }, 'evt_2', START)).grants).toHaveLength(1)
      for (let i = 0; i < 205; i++) await send({ ...open, ticket: 'PD-3' }, `evt_storm_${i}`, START)
      const all = { principal: uidText(dana.principal), open: true, createdBy: 'System::"hook/pager"', limit: 500 }
      expect(await grants.list(all)).toHaveLength(208)
      expect((await send(end, 'evt_3', START)).grants).toHaveLength(208)
      expect(await grants.list(all)).toEqual([])
      expect(holds()).toHaveLength(210)
    })
  })
})
