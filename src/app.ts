// The composition root: every part is built here, once, by hand, from the configuration. The only file that sees them all.
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { type Access, createAccess } from './access/index.ts'
import { type Audit, createAudit } from './audit/index.ts'
import {
  type Config,
  createLog,
  hostingOf,
  type Keyring,
  type Log,
  openKeyring,
  splitHostPort,
} from './config/index.ts'
import {
  type Caller,
  type Clock,
  createIds,
  type EntityUid,
  Fault,
  groupsOf,
  type NewId,
  systemClock,
  systemRandom,
} from './core/index.ts'
import {
  createDataRoutes,
  createGateway,
  createJudge,
  createScreening,
  estimateInput,
  fingerprint,
  type Judge,
  type Ports,
  type ResolvedModel,
  refuse,
  type Screening,
} from './gateway/index.ts'
import { openaiChat } from './gateway/wire/index.ts'
import {
  createGuard,
  createListDetector,
  createNameDetector,
  createSecretDetector,
  createStructuredDetector,
  type Guard,
  readList,
} from './guard/index.ts'
import { listen, type Route } from './http/index.ts'
import { createIdentity, type Identity, SYSTEM, withinScopes } from './identity/index.ts'
import { createLimits, type Limits } from './limits/index.ts'
import { createDriver, createRegistry, type Model, type RegisteredUpstream, type Registry } from './model/index.ts'
import {
  createChecker,
  createClockContext,
  createPolicy,
  dataClassSource,
  EntityRef,
  type EntitySource,
  fixedSource,
  joinSources,
  loadBundle,
  NO_GRANT,
  type Policy,
} from './policy/index.ts'
import {
  createChange,
  createFeed,
  createNodes,
  type Feed,
  type MakeChange,
  openStore,
  type Store,
} from './store/index.ts'

export interface App {
  readonly url: string
  readonly adminUrl: string
  /** A model that a first call can be made to. */
  readonly model: string | undefined
  /** The administrator's key; only on the very first start, and nowhere else ever. */
  readonly firstRunKey: string | undefined
  close(): Promise<void>
}

const GATEWAY: EntityUid = { type: 'Gateway', id: 'sallyport' }
const SHIPPED = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Starts the gateway. Resolves when it answers; rejects, with nothing left running, when it may not or cannot. */
export async function start(config: Config): Promise<App> {
  const log = createLog(config.log.level)
  const report = (error: unknown) => log.error('unexpected', error)
  const clock = systemClock
  const newId = createIds(clock, systemRandom)
  const keyring = openKeyring(config.data)
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer().catch(report)
  }
  try {
    const parts = await openParts({ config, keyring, clock, newId, log, report, closers })
    const firstRunKey = await firstStart(parts.identity)
    const server = await serve(config, parts, report, closers)
    const model = parts.registry.all().find(({ quarantined }) => !quarantined)?.name
    return { url: server.url, adminUrl: server.url, model, firstRunKey, close }
  } catch (error) {
    await close()
    throw error
  }
}

interface Parts {
  clock: Clock
  newId: NewId
  store: Store
  feed: Feed
  change: MakeChange
  audit: Audit
  identity: Identity
  policy: Policy
  entities: EntitySource
  registry: Registry
  access: Access
  limits: Limits
  judge: Judge
  screening: Screening
}

interface Ground {
  config: Config
  keyring: Keyring
  clock: Clock
  newId: NewId
  log: Log
  report: (error: unknown) => void
  /** What to close, in order of opening; run newest first. */
  closers: (() => Promise<void>)[]
}

async function openParts({ config, keyring, clock, newId, report, closers }: Ground): Promise<Parts> {
  const store = await openStore({
    ...(config.database === undefined ? {} : { url: config.database }),
    file: join(config.data, 'sallyport.db'),
    keyHex: keyring.databaseKeyHex,
    report,
  })
  closers.push(() => store.close())

  const node = { id: newId('node'), name: config.node.name ?? hostname() }
  const audit = createAudit({ store, clock, newId, node: node.name, report, maxWaiting: config.audit.queue })
  const feed = createFeed({ store, pollMs: 500, node, clock, report })
  closers.push(() => feed.stop())
  const change = createChange({
    store,
    clock,
    appendFeed: feed.append,
    appendEvents: audit.appendIn,
    applied: feed.applied,
  })
  await audit.start()
  closers.push(() => audit.stop())

  const identity = createIdentity({
    store,
    feed,
    change,
    clock,
    random: systemRandom,
    newId,
    peppers: { current: keyring.pepper.version, values: new Map([[keyring.pepper.version, keyring.pepper.bytes]]) },
    settings: keySettings(config),
    reference: (uid) => new EntityRef(uid.type, uid.id),
    lastUseIntervalMs: 30_000,
    report,
  })

  const guard = openGuard(config)
  const policy = createPolicy({ clock, newId })
  const registry = await createRegistry({
    store,
    change,
    clock,
    upstreams: upstreamsOf(config),
    declared: config.models,
    listTimeoutMs: 2000,
  })
  const entities = joinSources(
    identity.entities as EntitySource,
    {
      get: (uid) =>
        uid.type === 'Model' ? (registry.resolve(uid.id)?.facts as ReturnType<EntitySource['get']>) : undefined,
    },
    dataClassSource(guard.tree.all.map(({ id }) => id)),
    fixedSource([{ uid: new EntityRef(GATEWAY.type, GATEWAY.id) }]),
  )
  const rolesOf = (principal: EntityUid) =>
    [...(identity.entities.get(principal)?.ancestors ?? [])].flatMap((text) =>
      text.startsWith('Role::') ? [JSON.parse(text.slice('Role::'.length)) as string] : [],
    )
  const nodes = createNodes({
    store,
    feed,
    clock,
    node,
    staleAfterMs: config.node.staleAfterSeconds * 1000,
    graceMs: STALE_GRACE_MS,
    onLost: () => void access.leases.cut({ all: true }, new Fault('node_stale'), 'node'),
  })
  const access: Access = createAccess({
    store,
    clock,
    newId,
    rolesOf,
    node: nodes,
    nextChange: (principal) => identity.entities.get(principal)?.validUntil,
    sessionIdleMs: config.sessions.idleMinutes * 60_000,
    sessionLifetimeMs: config.sessions.longestHours * 3_600_000,
    report,
  })
  const limits = createLimits({
    clock,
    settings: [
      {
        unit: 'concurrent',
        amount: config.limits.concurrentPerPrincipal,
        per: 'principal',
        rule: 'limits.concurrentPerPrincipal',
      },
      { unit: 'concurrent', amount: config.limits.callsPerNode, per: 'everybody', rule: 'limits.callsPerNode' },
    ],
    report,
  })
  const judge = createJudge({
    policy,
    entities,
    clockContext: createClockContext(config.timeZone),
    now: clock.now,
    standing: ({ principal }) => {
      const until = identity.entities.get(principal)?.validUntil
      return { grant: NO_GRANT, ...(until === undefined ? {} : { holdsUntil: until }) }
    },
    anomaly: () => 0,
    withinScopes: (caller, action, model) =>
      withinScopes(caller.credential.scopes, action, {
        groups: groupsOf(action),
        ...(model === undefined ? {} : { model }),
      }),
    models: function* () {
      for (const model of registry.all()) yield { uid: { type: 'Model', id: model.name } }
    },
  })

  const screening = createScreening({
    guard,
    judge,
    random: systemRandom,
    pseudonyms: config.guard.pseudonyms,
    injection: () => 0,
  })
  access.sessions.onForget('vault', screening.forget)

  // The order in which a change takes hold on this node: facts first, what rests on them last.
  feed.subscribe(async (changes) => {
    if (changes.some(({ kind }) => kind === 'model')) await registry.reload()
  })
  feed.enforce(access.onChange)
  await feed.start()
  await identity.start()
  closers.push(() => identity.stop())
  nodes.start()
  closers.push(() => nodes.stop())
  await activateBundle(config, policy)
  await registry.refresh()
  await access.start()
  closers.push(() => access.stop())
  limits.start()
  closers.push(() => limits.stop())
  return {
    clock,
    newId,
    store,
    feed,
    change,
    audit,
    identity,
    policy,
    entities,
    registry,
    access,
    limits,
    judge,
    screening,
  }
}

/** Milliseconds after which a node that has lost touch also ends the calls it has. */
const STALE_GRACE_MS = 500

function openGuard(config: Config): Guard {
  const lists = config.guard.lists.map((list) => ({
    name: list.file,
    class: list.class,
    entries: readList(readFileSync(list.file, 'utf8')),
  }))
  return createGuard({
    detectors: [
      createStructuredDetector(),
      createSecretDetector(),
      ...(config.guard.names ? [createNameDetector()] : []),
      ...lists.map((list) => createListDetector(list)),
    ],
  })
}

const keySettings = ({ keys }: Config) => ({
  defaultLifetimeSeconds: keys.defaultDays * 86_400,
  longestLifetimeSeconds: keys.maxDays * 86_400,
  defaultOverlapSeconds: keys.overlapHours * 3600,
  longestOverlapSeconds: 7 * 86_400,
})

function upstreamsOf(config: Config): RegisteredUpstream[] {
  return config.upstreams.flatMap((upstream) => {
    if (upstream.kind === 'embedded' || upstream.kind === 'ollama' || upstream.url === undefined) return []
    const key = upstream.apiKeyFile === undefined ? upstream.apiKey : readFileSync(upstream.apiKeyFile, 'utf8').trim()
    const driver = createDriver(upstream.kind, {
      url: upstream.url,
      ...(key === undefined ? {} : { key }),
      connections: upstream.connections,
      connectTimeoutMs: upstream.connectTimeoutSeconds * 1000,
      firstByteTimeoutMs: upstream.firstByteTimeoutSeconds * 1000,
      idleTimeoutMs: upstream.idleTimeoutSeconds * 1000,
    })
    return [{ name: upstream.name, hosting: hostingOf(upstream), driver }]
  })
}

async function activateBundle(config: Config, policy: Policy): Promise<void> {
  const checker = createChecker()
  try {
    const found = await checker.check(await loadBundle(config.policies))
    if (!('bundle' in found)) {
      const lines = found.problems.map(({ file, line, message }) => `${file ?? ''}:${line ?? ''} ${message}`)
      throw new Fault('policy_invalid', { detail: lines.join('\n') })
    }
    policy.activate(found.bundle)
  } finally {
    await checker.close()
  }
}

/** The ready-made roles, and on an empty directory the first administrator with a key that is shown once. */
async function firstStart(identity: Identity): Promise<string | undefined> {
  const roles = parse(readFileSync(join(SHIPPED, 'policies/roles.yaml'), 'utf8')) as Record<string, string>
  await identity.roles.declare(
    Object.entries(roles).map(([name, description]) => ({ name, description })),
    'shipped',
    SYSTEM,
  )
  const people = await identity.read.principals('User', { limit: 1 })
  if (people.length > 0) return undefined
  const owner = { type: 'User', id: 'admin' } as const
  await identity.principals.create({ type: 'User', name: owner.id, displayName: 'First administrator' }, SYSTEM)
  for (const role of ['admin', 'user']) await identity.roles.assign({ role, holder: owner }, SYSTEM)
  const { text } = await identity.keys.issue({ owner, name: 'first-start' }, SYSTEM)
  return text
}

async function serve(
  config: Config,
  parts: Parts,
  report: (error: unknown) => void,
  closers: (() => Promise<void>)[],
): Promise<{ url: string }> {
  const gateway = createGateway(createPorts(parts, report))
  const routes: Route[] = createDataRoutes(gateway)
  const { host, port } = splitHostPort(config.listen)
  const { certFile, keyFile, clientCaFile } = config.tls
  const server = await listen({
    routes,
    refuse: (fault) => refuse(openaiChat, fault, { requestId: parts.newId('call') }),
    host,
    port,
    ...(certFile !== undefined && keyFile !== undefined
      ? { tls: { certFile, keyFile, ...(clientCaFile === undefined ? {} : { clientCaFile }) } }
      : {}),
    limits: config.limits,
    report,
  })
  closers.push(() => server.close(GRACE_MS))
  return server
}

/** Milliseconds that running calls get when the gateway stops. */
const GRACE_MS = 5000

function createPorts(
  { clock, newId, audit, identity, registry, access, limits, judge, screening }: Parts,
  report: (error: unknown) => void,
): Ports {
  const resolved = new WeakMap<Model, ResolvedModel>()
  const standing = (caller: Caller): Fault | undefined => identity.standing(caller) ?? access.locks.check({ caller })
  return {
    newId,
    now: clock.now,
    report,
    identify({ rawHeaders, address }) {
      const caller = identity.authenticate({ headers: rawHeaders, address })
      const lock = access.locks.check({ caller })
      if (lock) throw lock
      return caller
    },
    resolve(name) {
      const model = registry.resolve(name)
      if (!model) return undefined
      let one = resolved.get(model)
      if (!one) {
        one = {
          uid: { type: 'Model', id: model.name },
          upstreamName: model.upstreamName,
          hosting: model.hosting,
          digest: model.digest,
          send: (request, options) => model.send(request, options),
        }
        resolved.set(model, one)
      }
      return one
    },
    decide: judge.decide,
    mayAny: judge.mayAny,
    refusal: judge.refusal,
    enter(incoming, caller, request, model) {
      const header = incoming.header('x-sallyport-session')
      const print = header === undefined ? fingerprint(request) : undefined
      return access.sessions.enter({
        caller,
        model,
        ...(header === undefined ? {} : { header }),
        ...(print === undefined ? {} : { fingerprint: print }),
      })
    },
    lease: (call, question, decision) =>
      access.leases.take({
        call,
        caller: question.caller,
        model: question.model.uid.id,
        ...(question.session ? { session: question.session.id } : {}),
        decision,
        redecide() {
          const fault = standing(question.caller)
          if (fault) throw fault
          return judge.decide(question)
        },
        retreat: (direction, dataClass) => screening.retreat(question, direction, dataClass),
      }),
    reserve({ caller, model, session, request }, decision) {
      const maxTokens = request?.params.maxTokens
      return limits.reserve({
        principal: caller.principal,
        key: caller.credential.id,
        model: model.uid.id,
        ...(session ? { session: session.id } : {}),
        limits: decision.duties.limits,
        estimate: {
          inputTokens: request ? estimateInput(request) : 0,
          ...(maxTokens === undefined ? {} : { maxTokens }),
        },
      })
    },
    screenInput: screening.input,
    screenOutput: screening.output,
    record: (call, incoming) =>
      audit.openCall(call, { address: incoming.address, data: { route: incoming.path.slice(0, 128) } }),
  }
}
