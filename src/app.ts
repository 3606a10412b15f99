// The composition root: every part is built here, once, by hand, from the configuration. The only file that sees them all.
// It is read top to bottom: ground (database, log, feed), rooms, what they ask each other, the order of changes, sockets.
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import {
  createAccess,
  createCampaigns,
  createInbound,
  createJustInTime,
  createSweeps,
  type JitAction,
  type RoleAsk,
  readHookSecret,
  type SweepSettings,
} from './access/index.ts'
import {
  connectRooms as connectAdmin,
  createAdmin,
  createAuthzenRoutes,
  createHealth,
  createHealthRoutes,
  createHookRoute,
  createProbeRoutes,
  firstStart,
  heldRights,
  isAdministered,
  newAdmin,
  problem,
  revokeRight,
  sweptKeys,
  sweptRoles,
} from './admin/index.ts'
import { createAudit, fileAnchor, parseKey } from './audit/index.ts'
import {
  type Config,
  createLog,
  type Keyring,
  type Log,
  nextSigningKey,
  openKeyring,
  type Source,
  splitHostPort,
} from './config/index.ts'
import {
  type Caller,
  createIds,
  Fault,
  groupsOf,
  type PrincipalUid,
  systemClock,
  systemRandom,
  uidText,
} from './core/index.ts'
import {
  connectRooms as connectGateway,
  createCatalogue,
  createDataRoutes,
  createFacts,
  createGateway,
  createJudge,
  createLook,
  createScreening,
  createStored,
  createUsable,
  refuseRoute,
} from './gateway/index.ts'
import { openGuard, scoreRequest } from './guard/index.ts'
import { listen, type Route } from './http/index.ts'
import { createIdentity, SYSTEM, withinScopes } from './identity/index.ts'
import { createLimits, createRunaway } from './limits/index.ts'
import { createEventMetrics, createRegistry as createMetrics, watchProcess } from './metrics/index.ts'
import { createRegistry, ENGINE_FOLDER, openUpstreams, startUnloading } from './model/index.ts'
import { createAnomalies, watch } from './notify/index.ts'
import {
  authContext,
  type BundleSources,
  createAuthzen,
  createChecker,
  createClockContext,
  createOracleCheck,
  createRulebook,
  EntityRef,
  loadBundle,
  loadOracle,
  NO_RISK,
  usualContext,
  watchFolder,
} from './policy/index.ts'
import { createChange, createFeed, createNodes, openStore } from './store/index.ts'

export interface App {
  readonly url: string
  readonly adminUrl: string
  /** A model that a first call can be made to. */
  readonly model: string | undefined
  /** Of the administrator made by this start: on the very first one, or when asked for. It is nowhere else ever. */
  readonly adminKey: string | undefined
  close(): Promise<void>
}

export interface StartOptions {
  /** Makes a new user of this name who administers: for an installation to which nobody has a key any more. */
  readonly newAdmin?: string
}

/** Files that travel with the product: default rules, demo model. */
const SHIPPED = join(dirname(fileURLToPath(import.meta.url)), '..')
const VERSION = (JSON.parse(readFileSync(join(SHIPPED, 'package.json'), 'utf8')) as { version: string }).version
const DEMO = { name: 'sallyport-demo', file: join(SHIPPED, 'models/demo-q8.gguf') }

/** Milliseconds of silence after which what a node has borrowed of shared limits is given back. */
const DEAD_MS = 10_000
/** Milliseconds after which a node that has lost touch also ends the calls it has. */
const STALE_GRACE_MS = 500
/** Milliseconds that running calls get when the gateway stops. */
const STOP_GRACE_MS = 5000
const POLL_MS = 500
const LAST_USE_MS = 30_000
const LIST_TIMEOUT_MS = 2000
/** Milliseconds after which a model that was changed at its server is noticed. */
const WATCH_MS = 10_000
const REQUEST_HOURS = 24
/** Milliseconds after a change until models that nobody may use any more are looked for, and between looks without one. */
const UNLOAD_AFTER_MS = 500
const UNLOAD_EVERY_MS = 30_000

type Closers = (() => Promise<void>)[]

const unexpected = (log: Log) => (error: unknown) => log.error('unexpected', error)

/** Starts the gateway. Resolves when it answers; rejects, with nothing left running, when it may not or cannot. */
export async function start(
  config: Config,
  sources?: ReadonlyMap<string, Source>,
  options: StartOptions = {},
): Promise<App> {
  const closers: Closers = []
  const log = createLog(config.log.level)
  const report = unexpected(log)
  const close = async () => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer().catch(report)
  }
  try {
    return { ...(await open(config, sources, options, log, closers)), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** How much of the log teaches the anomaly rules at a start what is usual. */
const REMEMBERED_EVENTS = 200_000

/** The same on every node that shares the master key, different for every installation, and telling nothing of the key. */
const logName = (keyring: Keyring): string =>
  `sallyport/audit/${createHmac('sha256', keyring.lookupKey).update('name of the audit log').digest('hex').slice(0, 12)}`

async function open(
  config: Config,
  sources: ReadonlyMap<string, Source> | undefined,
  options: StartOptions,
  log: Log,
  closers: Closers,
): Promise<Omit<App, 'close'>> {
  const report = unexpected(log)
  // Ground: secrets, database, log, feed. A change is rows, feed entry and event in one transaction.
  const clock = systemClock
  const newId = createIds(clock, systemRandom)
  const keyring = openKeyring(config.data)
  const store = await openStore({
    ...(config.database === undefined ? {} : { url: config.database }),
    file: join(config.data, 'sallyport.db'),
    keyHex: keyring.databaseKeyHex,
    report,
  })
  closers.push(() => store.close())
  const node = { id: newId('node'), name: config.node.name ?? hostname() }
  const audit = createAudit({
    store,
    clock,
    newId,
    node: node.name,
    origin: logName(keyring),
    signingKey: keyring.signingKey,
    retiredKeys: keyring.retiredKeys,
    nextKey: () => nextSigningKey(config.data),
    anchor: fileAnchor(join(config.data, 'checkpoint')),
    content: {
      random: systemRandom,
      contentKey: keyring.contentKey,
      contentDays: config.audit.contentDays,
      eventDays: config.audit.eventDays,
    },
    checkpointMs: config.audit.checkpointSeconds * 1000,
    witnesses: config.audit.witnesses.map(({ url, key }) => ({ url, key: parseKey(key) })),
    report,
    maxWaiting: config.audit.queue,
  })
  const feed = createFeed({ store, pollMs: POLL_MS, node, clock, report })
  closers.push(() => feed.stop())
  const metrics = createMetrics()
  const stopWatching = watchProcess(metrics, { version: VERSION })
  closers.push(async () => stopWatching())
  const seen = createEventMetrics(metrics, { knowsModel: (name) => registry.resolve(name) !== undefined })
  const change = createChange({
    store,
    clock,
    appendFeed: feed.append,
    appendEvents: audit.appendIn,
    committed: seen,
    applied: feed.applied,
  })
  await audit.start()
  closers.push(() => audit.stop())
  const anomalies = createAnomalies({ clock, append: audit.append, report })
  const calls = { kind: 'call.finished' }
  const watching = watch({
    anomalies,
    past: audit.events({ from: Math.max(0, (await audit.size()) - REMEMBERED_EVENTS), filter: calls }),
    live: (from, see) => audit.tail(calls, see, from),
    report,
  })
  closers.push(() => watching.stop())

  // Rooms. They do not know each other: what one needs of another is handed in here.
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
  const { guard, close: closeGuard } = openGuard(config.guard, join(config.policies, 'data-classes.yaml'))
  closers.push(closeGuard)
  const checker = createChecker()
  closers.push(() => checker.close())
  const engine = config.policy.engine === 'wasm' ? { engine: await loadOracle(clock.now) } : {}
  const clockContext = createClockContext(config.timeZone)
  const check = createOracleCheck({
    share: config.policy.shadowShare,
    random: Math.random,
    program: () => rulebook.policy.program(),
    onDifference: ({ decision, policy: digest, compiled, reference }) => {
      const text = (one: typeof compiled) =>
        `${one.allow ? 'allow' : 'deny'} by ${one.rules.join(', ')}; ${one.errors.join(', ')}`
      const data = { decision, compiled: text(compiled), reference: text(reference) }
      audit.append({ kind: 'policy.engines_differ', policy: digest, data }).catch(report)
    },
    report,
  })
  closers.push(() => check.close())
  const rulebook = createRulebook({
    db: store.db,
    change,
    clock,
    newId,
    checker,
    ...engine,
    clockContext,
    watchers: [check.watch],
    world: () => world(),
    report,
  })
  const { policy, versions } = rulebook
  /** Everything a question can be about. */
  const world = () => ({
    entities: facts.all(),
    principals: (['User', 'Service', 'Agent'] as const).flatMap((type) => identity.entities.enumerate(type)),
    models: registry.all().map(({ name }) => ({ type: 'Model', id: name })),
    others: [
      { type: 'Gateway', id: 'sallyport' },
      ...identity.entities.enumerate('Role'),
      ...guard.tree.known.map(({ id }) => ({ type: 'DataClass', id })),
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
    decide: (action, caller, role, ask) => decideJit(action, caller, role, ask),
    humanOf: (principal) => facts.humanOf(principal),
    groupsOf: (principal) => facts.ancestors(principal, 'Group'),
    isActive: (principal) => identity.entities.get(principal) !== undefined,
    report,
  })
  const facts = createFacts({
    directory: identity.entities,
    grants: jit.grants,
    model: (name) => registry.resolve(name)?.facts,
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
    nextChange: facts.nextChange,
    sessionIdleMs: config.sessions.idleMinutes * 60_000,
    sessionLifetimeMs: config.sessions.longestHours * 3_600_000,
    random: systemRandom,
    answerKey: keyring.answerKey,
    report,
  })
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
          risk: NO_RISK,
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
    standing: (caller, using) => facts.standing(caller, undefined, using),
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
  })
  access.sessions.onForget('vault', screening.forget)
  access.sessions.onForget('runtime', async (session) => {
    await Promise.all(upstreams.map(({ driver }) => driver.forget?.(session)))
  })

  // The order in which a change takes hold on this node: facts first, what rests on them last.
  feed.subscribe(jit.onChange)
  feed.subscribe(versions.follow)
  feed.subscribe(async (changes) => {
    if (changes.some(({ kind }) => kind === 'model')) await registry.reload()
  })
  feed.enforce(access.onChange)
  await feed.start()
  nodes.start()
  closers.push(() => nodes.stop())
  await identity.start()
  closers.push(() => identity.stop())
  await jit.start()
  closers.push(() => jit.stop())
  await versions.start(() => loadBundle(config.policies), SYSTEM)
  if (config.watchPolicies) {
    const apply = async (sources: BundleSources) => {
      const { version, seq } = await versions.apply(sources, { reason: 'the folder changed', by: SYSTEM })
      if (seq > 0) log.info('rules of the folder are in force', { version })
    }
    // In development alone: what is wrong with a rule, and where, is what its author waits for.
    const refused = (error: unknown) => {
      const fault = Fault.from(error)
      if (fault.code !== 'policy_invalid') return report(error)
      log.warn('rules of the folder are refused, the last good ones serve', { detail: fault.publicMessage })
    }
    const folder = watchFolder(config.policies, apply, refused)
    closers.push(async () => folder.close())
  }
  await registry.start()
  closers.push(() => registry.stop())
  if (config.unloadIdle) {
    const unloading = startUnloading({
      models: () => registry.all(),
      mayAnybody: createUsable({
        facts,
        grants: jit.grants,
        policy,
        clockContext,
        now: clock.now,
        principals: () => world().principals as PrincipalUid[],
      }),
      afterMs: UNLOAD_AFTER_MS,
      everyMs: UNLOAD_EVERY_MS,
      report,
    })
    feed.subscribe(async () => unloading.changed())
    closers.push(() => unloading.stop())
  }
  await access.start()
  closers.push(() => access.stop())
  await limits.start()
  closers.push(() => limits.stop())
  const roles = parse(readFileSync(join(SHIPPED, 'policies/roles.yaml'), 'utf8')) as Record<string, string>
  const name = options.newAdmin
  const firstKey = await firstStart(identity, roles, name)
  const adminKey = firstKey ?? (name === undefined ? undefined : await newAdmin(identity, name))

  // Sockets.
  const shared = { clock, newId, report, identity, registry, access, audit }
  const ports = connectGateway({
    ...shared,
    grants: jit.grants,
    limits,
    judge,
    screening,
    digestCalls: identical !== undefined,
  })
  const look = createLook(ports)
  const catalogue = createCatalogue({
    on: ports,
    look,
    registry,
    allows: (caller, action, id) => judge.allows(caller, action, { type: 'Model', id }),
    version: VERSION,
  })
  const sweeps = createSweeps({
    store,
    change,
    clock,
    newId,
    node: node.name,
    settings: sweepSettings(config),
    keys: () => sweptKeys(identity, clock),
    roles: (since) => sweptRoles(adminPorts, since),
    suspendKey: (id, reason) => identity.keys.suspend(id, reason, SYSTEM),
    revokeKey: (id, reason) => identity.keys.revoke(id, reason, SYSTEM),
    report,
  })
  sweeps.start()
  closers.push(() => sweeps.stop())
  const campaigns = createCampaigns({
    store,
    change,
    clock,
    newId,
    rights: (kinds) => heldRights(identity, kinds),
    revoke: (right, reason) => revokeRight(identity, right, reason),
    report,
  })
  campaigns.watch()
  closers.push(() => campaigns.stop())
  audit.onCommit((written) => seen(written.map(({ event }) => event)))
  const health = createHealth({
    ...shared,
    metrics,
    store,
    feed,
    limits,
    policy,
    auditQueue: config.audit.queue,
  })
  const adminPorts = connectAdmin({
    ...shared,
    confirmed: health.confirmed,
    jit,
    sweeps,
    campaigns,
    store,
    change,
    eventOf: change.eventOf,
    nodes,
    policy,
    rulebook,
    entities: facts.all,
    clockContext,
    standing: facts.standing,
    anomaly,
    config,
    ...(sources === undefined ? {} : { sources }),
    product: `sallyport ${VERSION}`,
  })
  const admin = createAdmin(adminPorts)
  const data: Route[] = createDataRoutes(createGateway(ports), {
    ...catalogue,
    ...createStored({ on: ports, look, shelf: access.answers, readBack: screening.readBack }),
  })
  const administer: Route[] = (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).map((method) => ({
    method,
    path: '/admin/v1/*',
    handle: admin.handle,
  }))
  const authzen = createAuthzen({
    program: () => policy.program(),
    decide: policy.decide,
    entities: facts.all(),
    enumerate: (type) => {
      const { principals, models, others: rest } = world()
      return [...principals, ...models, ...rest].filter((uid) => uid.type === type)
    },
    context: (action, given) => {
      const schema = policy.program()?.schemaJson
      if (!schema) throw new Fault('access_denied', { detail: 'No rules are in force.' })
      return usualContext(schema, action, { clock: clockContext(clock.now()), set: given })
    },
  })
  const inbound = createInbound({
    store,
    change,
    clock,
    hooks: config.hooks.map(({ name, secretFile, roles }) => ({
      name,
      roles,
      secret: readHookSecret(readFileSync(secretFile, 'utf8'), name),
    })),
    requests: jit.requests,
    grants: jit.grants,
  })
  administer.push(createHookRoute(adminPorts, inbound), ...createHealthRoutes(adminPorts, health, metrics))
  administer.push(...createAuthzenRoutes(adminPorts, authzen, () => config.publicUrl ?? adminUrl))
  const refusedAtEdge = metrics.counter(
    'sallyport_edge_refusals_total',
    'Requests that came to no route, by the code in docs/errors.md; request_timeout: headers came too late; tls: no handshake.',
    ['reason'],
  )
  const serve = async (address: string, routes: readonly Route[], inTheClear = false) => {
    const { certFile, keyFile, clientCaFile } = inTheClear ? {} : config.tls
    const server = await listen({
      ...splitHostPort(address),
      routes,
      refuse: (fault, path) =>
        isAdministered(path) ? problem(fault, newId('call')) : refuseRoute(fault, path, newId('call')),
      refused: (reason) => refusedAtEdge.add([reason]),
      requestId: () => newId('call'),
      ...(certFile !== undefined && keyFile !== undefined
        ? { tls: { certFile, keyFile, ...(clientCaFile === undefined ? {} : { clientCaFile }) } }
        : {}),
      limits: config.limits,
      report,
    })
    closers.push(() => server.close(STOP_GRACE_MS))
    return server.url
  }
  // Closed last, so that it can say that this node stops.
  if (config.probeListen !== undefined) await serve(config.probeListen, createProbeRoutes(health), true)
  let adminUrl = ''
  const url = await serve(config.listen, config.adminListen === undefined ? [...data, ...administer] : data)
  adminUrl = config.adminListen === undefined ? url : await serve(config.adminListen, administer)
  closers.push(async () => health.drain())
  return { url, adminUrl, model: registry.all().find(({ quarantined }) => !quarantined)?.name, adminKey }
}

/** `Service:etl` */
const principalOf = (ref: string): PrincipalUid => {
  const at = ref.indexOf(':')
  return { type: ref.slice(0, at) as PrincipalUid['type'], id: ref.slice(at + 1) }
}

const sweepSettings = ({ sweeps: { rotateDays, ...days } }: Config): SweepSettings => ({
  ...days,
  ...(rotateDays === undefined ? {} : { rotateDays }),
})
