// The rooms, each built once. They do not know each other: what one needs of another is handed in here.
import { join } from 'node:path'
import { createAccess, createJustInTime, type JitAction, type RoleAsk } from '../access/index.ts'
import type { Config } from '../config/index.ts'
import { type Caller, Fault, groupsOf, type PrincipalUid, parseLimits, systemRandom, uidText } from '../core/index.ts'
import { createFacts, createJudge, createScreening } from '../gateway/index.ts'
import { openGuard, scoreRequest } from '../guard/index.ts'
import { createIdentity, withinScopes } from '../identity/index.ts'
import { createLimits, createRunaway } from '../limits/index.ts'
import { createRegistry, ENGINE_FOLDER, openUpstreams } from '../model/index.ts'
import { authContext, EntityRef } from '../policy/index.ts'
import { createNodes, createPeers } from '../store/index.ts'
import type { Closers } from './closers.ts'
import { type Ground, STALE_GRACE_MS } from './ground.ts'
import { principalOf } from './named.ts'
import { openRules } from './rules.ts'
import { DEMO } from './shipped.ts'

/** Milliseconds of silence after which what a node has borrowed of shared limits is given back. */
const DEAD_MS = 10_000
const LAST_USE_MS = 30_000
const LIST_TIMEOUT_MS = 2000
/** Milliseconds after which a model that was changed at its server is noticed. */
const WATCH_MS = 10_000
const REQUEST_HOURS = 24

export type Rooms = Awaited<ReturnType<typeof openRooms>>

export async function openRooms(config: Config, ground: Ground, report: (error: unknown) => void, closers: Closers) {
  const { clock, newId, keyring, store, node, feed, change, anomalies, audit } = ground
  const identity = createIdentity({
    store,
    feed,
    change,
    clock,
    random: systemRandom,
    newId,
    peppers: { current: keyring.pepper.version, values: new Map([[keyring.pepper.version, keyring.pepper.bytes]]) },
    settings: {
      defaultLifetimeSeconds: config.keys.defaultDays * 86_400,
      longestLifetimeSeconds: config.keys.maxDays * 86_400,
      defaultOverlapSeconds: config.keys.overlapHours * 3600,
      longestOverlapSeconds: 7 * 86_400,
    },
    reference: (uid) => new EntityRef(uid.type, uid.id),
    lastUseIntervalMs: LAST_USE_MS,
    report,
  })
  const {
    guard,
    ownClasses,
    close: closeGuard,
  } = openGuard(config.guard, join(config.policies, 'data-classes.yaml'), config.tools)
  closers.push(closeGuard)
  const { rulebook, clockContext } = await openRules(config, ground, () => world(), report, closers)
  const { policy } = rulebook
  /** Everything a question can be about. */
  const world = () => ({
    entities: facts.all(),
    principals: (['User', 'Service', 'Agent'] as const).flatMap((type) => identity.entities.enumerate(type)),
    models: registry.all().map(({ name }) => ({ type: 'Model', id: name })),
    others: [
      { type: 'Gateway', id: 'sallyport' },
      ...identity.entities.enumerate('Role'),
      ...identity.entities.enumerate('Group'),
      ...guard.tree.known.map(({ id }) => ({ type: 'DataClass', id })),
      ...config.tools.map(({ name }) => ({ type: 'Tool', id: name })),
    ],
  })
  const upstreams = await openUpstreams(config.upstreams, {
    demo: DEMO,
    engineFolder: join(config.data, ENGINE_FOLDER),
    report,
  })
  for (const { driver } of upstreams) closers.push(() => driver.close())
  const registry = await createRegistry({
    store,
    change,
    clock,
    upstreams,
    declared: config.models,
    listTimeoutMs: LIST_TIMEOUT_MS,
    watchIntervalMs: WATCH_MS,
    report,
  })

  const nodes = createNodes({
    store,
    feed,
    clock,
    node,
    staleAfterMs: config.node.staleAfterSeconds * 1000,
    graceMs: STALE_GRACE_MS,
    onLost: () => void access.leases.cut({ all: true }, new Fault('node_stale'), 'node'),
  })
  const peers = createPeers({ store, feed, nodes, clock, node, report })
  const principalState = async (uid: PrincipalUid) => {
    const row = await identity.read.principal(uid)
    return row && { active: row.state === 'active', since: row.state_at }
  }
  const jit = createJustInTime({
    store,
    change,
    clock,
    newId,
    schedules: config.schedules.map(({ principal, models, weekdays, ...schedule }) => ({
      ...schedule,
      ...(models === undefined ? {} : { models }),
      ...(weekdays === undefined ? {} : { weekdays }),
      principal: principalOf(principal),
    })),
    timeZone: config.timeZone,
    requestHours: REQUEST_HOURS,
    principalState,
    inUse: (principal) => access.leases.count({ principal }).calls > 0,
    async tokensSpent(grant) {
      const [sum] = await audit.count({ grant, kind: 'call.finished' })
      return sum ? sum.inputTokens + sum.outputTokens : 0
    },
    decide: (action, caller, role, ask) => decideJit(action, caller, role, ask),
    humanOf: (principal) => facts.humanOf(principal),
    groupsOf: (principal) => facts.ancestors(principal, 'Group'),
    isActive: (principal) => identity.entities.get(principal) !== undefined,
    isGood: (caller) =>
      (identity.standing(caller)?.code ?? 'key_expired') === 'key_expired' &&
      access.locks.checkAdministration({ caller }) === undefined,
    report,
  })
  const facts = createFacts({
    directory: identity.entities,
    grants: jit.grants,
    model: (name) => registry.resolve(name)?.facts,
    tools: config.tools,
    classes: guard.tree.known.map(({ id }) => id),
  })
  const access = createAccess({
    store,
    clock,
    newId,
    node: nodes,
    principalState,
    humanOf: facts.humanOf,
    rolesOf: (principal) => facts.ancestors(principal, 'Role'),
    // What is stopped is stopped under every name; an alias that is stopped is nothing but that name.
    isModel: (name, model) => {
      const stopped = registry.resolve(name)?.name ?? name
      return stopped === model || registry.resolve(model)?.aliasOf === stopped
    },
    nextChange: facts.nextChange,
    sessionIdleMs: config.sessions.idleMinutes * 60_000,
    sessionLifetimeMs: config.sessions.longestHours * 3_600_000,
    random: systemRandom,
    answerKey: keyring.answerKey,
    report,
  })
  anomalies.onRise((principal) => access.leases.again({ principal }, `risk/${principal}`))
  const identical = config.limits.identicalPerMinute
  const limits = createLimits({
    clock,
    ...(identical === undefined ? {} : { runaway: createRunaway({ clock, calls: identical, windowSeconds: 60 }) }),
    settings: [
      {
        unit: 'concurrent',
        amount: config.limits.concurrentPerPrincipal,
        per: 'principal',
        rule: 'limits.concurrentPerPrincipal',
      },
      {
        unit: 'concurrent',
        amount: config.limits.callsPerNode,
        per: 'everybody',
        rule: 'limits.callsPerNode',
        onNode: true,
      },
      ...config.quotas.flatMap(({ name, per, only, limit }) =>
        (parseLimits(limit, `quotas.${name}`) ?? []).map((duty) => ({ ...duty, per, ...(only && { only }) })),
      ),
    ],
    shared: {
      store,
      clock,
      node: node.id,
      living: async () => (await nodes.list()).filter(({ silentMs }) => silentMs < DEAD_MS).map(({ id }) => id),
      admits: nodes.admits,
    },
    report,
  })

  const anomaly = ({ principal }: Pick<Caller, 'principal'>) => anomalies.risk(uidText(principal))
  const decideJit = (action: JitAction, caller: Caller, role: string, ask: RoleAsk) => {
    const now = clock.now()
    const { requester, ...asked } = ask
    return policy.decide(
      {
        principal: caller.principal,
        action,
        resource: { type: 'Role', id: role },
        context: {
          clock: clockContext(now),
          auth: authContext(caller, now),
          risk: { injection: 0, anomaly: anomaly(caller) },
          grant: facts.standing(caller).grant,
          ask: {
            ...asked,
            ...(requester === undefined ? {} : { requester: new EntityRef(requester.type, requester.id) }),
          },
        },
      },
      facts.entities(caller, {}),
    )
  }
  const judge = createJudge({
    policy,
    entities: facts.entities,
    clockContext,
    now: clock.now,
    standing: facts.standing,
    anomaly,
    withinScopes: ({ credential }, action, model) =>
      withinScopes(credential.scopes, action, { groups: groupsOf(action), ...(model === undefined ? {} : { model }) }),
    models: function* () {
      for (const { name } of registry.all()) yield { uid: new EntityRef('Model', name) }
    },
  })
  const screening = createScreening({
    guard,
    judge,
    random: systemRandom,
    pseudonyms: config.guard.pseudonyms,
    injection: (request) => scoreRequest(request).score,
    spotlights: config.guard.spotlight,
  })
  access.sessions.onForget('vault', screening.forget)
  access.sessions.onForget('runtime', async (session) => {
    await Promise.all(upstreams.map(({ driver }) => driver.forget?.(session)))
  })
  return {
    identity,
    clockContext,
    rulebook,
    world,
    registry,
    nodes,
    peers,
    jit,
    facts,
    access,
    limits,
    anomaly,
    judge,
    screening,
    ownClasses,
  }
}
