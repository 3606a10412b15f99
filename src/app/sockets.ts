// What answers: the routes of callers and of administrators, and the sockets on which they are asked.
import { readFileSync } from 'node:fs'
import { createCampaigns, createInbound, createSweeps, readHookSecret, type SweepSettings } from '../access/index.ts'
import {
  answerNode,
  connectRooms as connectAdmin,
  createAdmin,
  createAuthzenRoutes,
  createHealth,
  createHealthRoutes,
  createHookRoute,
  createProbeRoutes,
  heldRights,
  isAdministered,
  problem,
  revokeRight,
  sweptKeys,
  sweptRoles,
} from '../admin/index.ts'
import { type Config, ConfigError, type Source, splitHostPort } from '../config/index.ts'
import { Fault, groupsOf, isObject, type JsonObject, type PrincipalUid } from '../core/index.ts'
import {
  connectRooms as connectGateway,
  createCatalogue,
  createDataRoutes,
  createGateway,
  createLook,
  createManage,
  createStored,
  forBrowsers,
  refuseRoute,
} from '../gateway/index.ts'
import { listen, type Route } from '../http/index.ts'
import { SYSTEM } from '../identity/index.ts'
import { type AuthzenDeps, createAuthzen, type EntityRef, UNKNOWN_AGE_SECONDS, usualContext } from '../policy/index.ts'
import type { Closers } from './closers.ts'
import type { Ground } from './ground.ts'
import type { Rooms } from './rooms.ts'
import { VERSION } from './shipped.ts'

/** Of a sign-in that an asking party does not tell of. */
const NO_SIGN_IN = { 'auth.age': UNKNOWN_AGE_SECONDS }
/** Milliseconds that running calls get when the gateway stops. */
const STOP_GRACE_MS = 5000

type About = Parameters<Rooms['facts']['entities']>[1]

/** What a role that is held for a while would be wanted for; a use of a counted one is never taken by asking, so none counts. */
function aboutOf(action: string, { type, id }: EntityRef, { model }: JsonObject): About {
  if (type === 'Model') return groupsOf(action).includes('read') ? { model: id, looking: true } : { model: id }
  const named = isObject(model) && isObject(model.__entity) ? model.__entity : model
  return isObject(named) && typeof named.id === 'string' ? { model: named.id } : {}
}

const hookOf = ({ name, secretFile, roles }: Config['hooks'][number]) => {
  const text = readFileSync(secretFile, 'utf8')
  try {
    return { name, roles, secret: readHookSecret(text, name) }
  } catch (error) {
    throw new ConfigError([`${secretFile}: ${(error as Error).message}`])
  }
}

interface SocketDeps {
  readonly config: Config
  readonly sources: ReadonlyMap<string, Source> | undefined
  readonly ground: Ground
  readonly rooms: Rooms
  readonly report: (error: unknown) => void
  readonly closers: Closers
}

export async function openSockets({ config, sources, ground, rooms, report, closers }: SocketDeps) {
  const { clock, newId, store, node, audit, feed, metrics, seen, change } = ground
  const { identity, clockContext, rulebook, world, registry, nodes, peers, jit, facts, access, limits } = rooms
  const { anomaly, judge, screening, ownClasses } = rooms
  const { policy } = rulebook
  const shared = { clock, newId, report, identity, registry, access, audit }
  const ports = connectGateway({
    ...shared,
    grants: jit.grants,
    limits,
    judge,
    screening,
    digestCalls: config.limits.identicalPerMinute !== undefined,
    rolesOf: ({ principal }, about) => facts.ancestors(principal, 'Role', about),
  })
  const look = createLook(ports)
  const catalogue = createCatalogue({
    on: ports,
    look,
    registry,
    allows: (caller, action, id) => judge.allows(caller, action, { type: 'Model', id }),
    signInFor: (caller, action, id) => judge.signInFor(caller, action, { type: 'Model', id }),
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
    humanOf: facts.humanOf,
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
    versions: rulebook.versions,
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
    peers,
    policy,
    rulebook,
    entities: facts.all,
    clockContext,
    standing: facts.standing,
    anomaly,
    ownClasses,
    config,
    ...(sources === undefined ? {} : { sources }),
    product: `sallyport ${VERSION}`,
  })
  peers.answer((question) => answerNode({ access, identity }, question))
  const admin = createAdmin(adminPorts)
  const calls = createDataRoutes(createGateway(ports), {
    ...catalogue,
    manage: createManage({ on: ports, look, registry }),
    ...createStored({ on: ports, look, shelf: access.answers, readBack: screening.readBack }),
  })
  const data: Route[] = forBrowsers(calls, identity.origins)
  const administer: Route[] = (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).map((method) => ({
    method,
    path: '/admin/v1/*',
    handle: admin.handle,
  }))
  /** Of whom is asked about, what the gateway knows itself; the asking party is not believed in it. */
  const knownHere = (principal: PrincipalUid, about: About) => {
    const { active, roles, reason, ticket } = facts.standing({ principal }, about).grant
    return {
      'risk.anomaly': anomaly({ principal }),
      grant: {
        active,
        roles: [...roles],
        ...(reason !== undefined && { reason }),
        ...(ticket !== undefined && { ticket }),
      },
    }
  }
  const authzen: AuthzenDeps = {
    program: () => policy.program(),
    decide: policy.decide,
    enumerate: (type) => {
      const { principals, models, others: rest } = world()
      return [...principals, ...models, ...rest].filter((uid) => uid.type === type)
    },
    world: ({ principal: { type, id }, action, resource }, given) => {
      const schema = policy.program()?.schemaJson
      if (!schema) throw new Fault('access_denied', { detail: 'No rules are in force.' })
      const principal = { type, id } as PrincipalUid
      const about = aboutOf(action, resource, given)
      // Names with dots would be parts of what is known here.
      const said = Object.entries(given).filter(([name]) => name !== 'clock' && name !== 'grant' && !name.includes('.'))
      const known = { ...NO_SIGN_IN, ...Object.fromEntries(said), ...knownHere(principal, about) }
      return {
        context: usualContext(schema, action, { clock: clockContext(clock.now()), known, resource }),
        entities: facts.entities({ principal }, about),
      }
    },
  }
  const inbound = createInbound({
    store,
    change,
    clock,
    hooks: config.hooks.map(hookOf),
    requests: jit.requests,
    grants: jit.grants,
  })
  administer.push(createHookRoute(adminPorts, inbound), ...createHealthRoutes(adminPorts, health, metrics))
  administer.push(
    ...createAuthzenRoutes(
      adminPorts,
      (knows) => createAuthzen(authzen, knows),
      () => config.publicUrl ?? adminUrl,
    ),
  )
  const refusedAtEdge = metrics.counter(
    'sallyport_edge_refusals_total',
    'Requests that came to no route, by the code in docs/errors.md; request_timeout: headers came too late; tls: no handshake.',
    ['reason'],
  )
  const stopping = new Fault('shutting_down', { detail: 'The gateway is stopping.' })
  const stopCalls = () => void access.leases.cut({ all: true }, stopping, 'stop')
  const serve = async (address: string, routes: readonly Route[], inTheClear = false) => {
    const { certFile, keyFile, clientCaFile } = inTheClear ? {} : config.tls
    const server = await listen({
      ...splitHostPort(address),
      routes,
      refuse: (fault, path, incoming) =>
        isAdministered(path) ? problem(fault, newId('call')) : refuseRoute(fault, path, newId('call'), incoming),
      refused: (reason) => refusedAtEdge.add([reason]),
      requestId: () => newId('call'),
      ...(certFile !== undefined && keyFile !== undefined
        ? { tls: { certFile, keyFile, ...(clientCaFile === undefined ? {} : { clientCaFile }) } }
        : {}),
      limits: config.limits,
      report,
    })
    closers.push(() => server.close(STOP_GRACE_MS, stopCalls))
    return server.url
  }
  // Closed last, so that it can say that this node stops.
  if (config.probeListen !== undefined) await serve(config.probeListen, createProbeRoutes(health), true)
  let adminUrl = ''
  const url = await serve(config.listen, config.adminListen === undefined ? [...data, ...administer] : data)
  adminUrl = config.adminListen === undefined ? url : await serve(config.adminListen, administer)
  closers.push(async () => health.drain())
  return { url, adminUrl }
}

const sweepSettings = ({ sweeps: { rotateDays, ...days } }: Config): SweepSettings => ({
  ...days,
  ...(rotateDays === undefined ? {} : { rotateDays }),
})
