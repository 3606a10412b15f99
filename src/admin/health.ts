// Whether this node is well: `/metrics`, `/healthz`, `/readyz`. They take a credential and a rule like everything else
// (`show` on the gateway); only an address of its own (`probeListen`) answers the bare yes or no without one. Looks at
// them are not events: a scrape every few seconds would drown what the log is for. Refusals are.
import type { Access } from '../access/index.ts'
import type { Audit } from '../audit/index.ts'
import { type Clock, credentialText, Fault, uidText } from '../core/index.ts'
import type { Limits } from '../limits/index.ts'
import { CONTENT_TYPE, FINE_SECONDS, type Registry as Metrics } from '../metrics/index.ts'
import type { Registry } from '../model/index.ts'
import type { Policy, PolicyVersions } from '../policy/index.ts'
import type { Acknowledgement, Feed, Store } from '../store/index.ts'
import type { AdminRequest } from './admin.ts'
import { identified } from './identified.ts'
import { demand, GATEWAY } from './judge.ts'
import type { AdminPorts } from './ports.ts'
import { type AdminResponse, problem } from './problem.ts'

export interface HealthRooms {
  readonly clock: Clock
  readonly metrics: Metrics
  readonly store: Pick<Store, 'dialect'>
  readonly feed: Pick<Feed, 'seq' | 'heardAt'>
  readonly audit: Pick<Audit, 'available' | 'waiting' | 'onCommit'>
  readonly access: Pick<Access, 'admits' | 'leases'>
  readonly limits: Pick<Limits, 'counters'>
  readonly policy: Pick<Policy, 'active'>
  readonly versions: Pick<PolicyVersions, 'active'>
  readonly registry: Pick<Registry, 'all' | 'upstreams'>
  /** Most events that may wait to be written; beyond it calls are refused. */
  readonly auditQueue: number
}

/** What a node needs to take calls. */
export type Check = 'store' | 'audit' | 'rules' | 'running'

export interface Health {
  checks(): Readonly<Record<Check, boolean>>
  /** From now on this node is not ready: it is about to stop. */
  drain(): void
  /** Notes how long the nodes took to confirm a change. */
  confirmed(answers: readonly Acknowledgement[]): void
}

const CONFIRM_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2]

export function createHealth(rooms: HealthRooms): Health {
  const { metrics, audit, access, feed, policy, registry } = rooms
  let draining = false
  const checks = () => ({
    store: access.admits(),
    audit: audit.available && audit.waiting < rooms.auditQueue,
    rules: policy.active() !== undefined,
    running: !draining,
  })
  const bit = (yes: boolean) => (yes ? 1 : 0)
  const one = (name: string, help: string, value: () => number) => metrics.read(name, help, [], () => [[[], value()]])

  metrics.read('sallyport_ready', 'What this node needs to take calls: 1 if it is there.', ['check'], () =>
    Object.entries(checks()).map(([check, fine]) => [[check], bit(fine)]),
  )
  one('sallyport_streams', 'Calls that run now, streamed or not.', () => access.leases.size)
  one('sallyport_audit_lag_entries', 'Events that wait to be written to the log.', () => audit.waiting)
  const written = metrics.counter('sallyport_audit_events_total', 'Events this node has written outside changes.')
  const committing = metrics.histogram('sallyport_audit_commit_seconds', 'Time of a commit of the log.', FINE_SECONDS)
  audit.onCommit((events, ms) => {
    written.add([], events.length)
    if (ms !== undefined) committing.observe([], ms / 1000)
  })
  one('sallyport_feed_sequence', 'Number of the last change that this node has applied.', () => feed.seq)
  if (rooms.store.dialect === 'postgres')
    one(
      'sallyport_feed_age_seconds',
      'Time since this node last knew that it had every change; it closes itself after node.staleAfterSeconds.',
      () => (rooms.clock.monotonic() - feed.heardAt) / 1000,
    )
  const confirming = metrics.histogram(
    'sallyport_revocation_propagation_seconds',
    'Time until a node confirmed a change that ends access, one for each node and receipt.',
    CONFIRM_SECONDS,
  )
  const silent = metrics.counter(
    'sallyport_revocation_unconfirmed_total',
    'Nodes that did not confirm such a change in time; they close by themselves.',
  )
  one('sallyport_limit_counters', 'Counters of limits in memory.', () => rooms.limits.counters)
  metrics.read('sallyport_policy_version_info', 'The rules in force.', ['version', 'digest'], () => {
    const active = policy.active()
    return active ? [[[String(rooms.versions.active?.version ?? 'none'), active.digest], 1]] : []
  })
  metrics.read('sallyport_upstream_up', 'Whether a model server answers.', ['upstream'], () =>
    registry.upstreams().map(({ name, reachable }) => [[name], bit(reachable)]),
  )
  metrics.read('sallyport_models', 'Models that are registered.', ['state'], () =>
    registry.all().map(({ quarantined }) => [[quarantined ? 'quarantined' : 'usable'], 1]),
  )
  return {
    checks,
    drain() {
      draining = true
    },
    confirmed(answers) {
      for (const { ms, closesInMs } of answers)
        if (ms !== undefined) confirming.observe([], ms / 1000)
        else if (closesInMs !== 0) silent.add([])
    },
  }
}

export interface HealthRoute {
  readonly method: 'GET'
  readonly path: '/metrics' | '/healthz' | '/readyz'
  handle(request: AdminRequest): Promise<AdminResponse>
}

const PLAIN = { 'content-type': 'text/plain; charset=utf-8' }
const isReady = (health: Health): boolean => Object.values(health.checks()).every(Boolean)

type Ports = Pick<AdminPorts, 'identify' | 'identifyStale' | 'judge' | 'audit' | 'newId' | 'report'>

/** For callers with a credential. */
export function createHealthRoutes(ports: Ports, health: Health, metrics: Pick<Metrics, 'text'>): HealthRoute[] {
  const known = async (request: AdminRequest, identify: Ports['identify'], path: string): Promise<void> => {
    const caller = await identified(ports, request, identify, `route${path}`)
    const decision = ports.judge.decide(caller, 'show', GATEWAY)
    if (!decision.allow)
      await ports.audit.append({
        kind: 'admin.denied',
        principal: uidText(caller.principal),
        credential: credentialText(caller.credential),
        address: caller.address,
        action: 'show',
        decision: 'deny',
        rules: decision.rules,
        policy: decision.policy,
        subject: `route${path}`,
        data: { decisionId: decision.id, on: uidText(GATEWAY.uid) },
      })
    demand(decision)
  }
  const route = (path: HealthRoute['path'], identify: Ports['identify'], answer: () => AdminResponse): HealthRoute => ({
    method: 'GET',
    path,
    async handle(request) {
      const requestId = ports.newId('call')
      try {
        await known(request, identify, path)
        return answer()
      } catch (error) {
        const fault = Fault.from(error)
        if (fault.status >= 500) ports.report(error)
        return problem(fault, requestId)
      }
    },
  })
  return [
    route('/metrics', ports.identify, () => ({
      status: 200,
      headers: { 'content-type': CONTENT_TYPE },
      body: metrics.text(),
    })),
    // These two are for the very moment in which a node has lost touch, and tell nothing but that.
    route('/healthz', ports.identifyStale, () => ({ status: 200, headers: PLAIN, body: 'ok\n' })),
    route('/readyz', ports.identifyStale, () => {
      const checks = Object.entries(health.checks()).map(([name, fine]) => `${name} ${fine ? 'ok' : 'FAIL'}\n`)
      return { status: isReady(health) ? 200 : 503, headers: PLAIN, body: checks.join('') }
    }),
  ]
}

/** For an address of its own, without a credential: yes or no, and nothing else. */
export function createProbeRoutes(health: Health): HealthRoute[] {
  return [
    { method: 'GET', path: '/healthz', handle: async () => ({ status: 200, headers: PLAIN, body: 'ok\n' }) },
    {
      method: 'GET',
      path: '/readyz',
      handle: async () =>
        isReady(health)
          ? { status: 200, headers: PLAIN, body: 'ready\n' }
          : { status: 503, headers: PLAIN, body: 'not ready\n' },
    },
  ]
}
