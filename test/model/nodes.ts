// Two nodes of the rooms that access rests on, over one PostgreSQL, with one clock that only a test moves. Acts of the
// reference are done to them, and what they show is told in the reference's words.
import { randomBytes } from 'node:crypto'
import { createAccess, createJustInTime, type Lease, type Use } from '../../src/access/index.ts'
import { type Caller, createIds, type Decision, NO_DUTIES, systemRandom, uidText } from '../../src/core/index.ts'
import { createIdentity, KEY_SETTINGS, SYSTEM } from '../../src/identity/index.ts'
import { createChange, createFeed, type Store } from '../../src/store/index.ts'
import type { Act } from './reference.ts'

const HOUR = 3_600_000
const PEPPERS = { current: 1, values: new Map([[1, randomBytes(32)]]) }

export interface TestClock {
  at: number
}

async function startNode(store: Store, time: TestClock, report: (error: unknown) => void) {
  const clock = { now: () => time.at, monotonic: () => performance.now() }
  const newId = createIds(clock, systemRandom)
  const feed = createFeed({ store, pollMs: 500, report })
  const change = createChange({
    store,
    clock,
    appendFeed: feed.append,
    appendEvents: async () => [],
    applied: feed.applied,
  })
  const identity = createIdentity({
    store,
    feed,
    change,
    clock,
    random: systemRandom,
    newId,
    peppers: PEPPERS,
    settings: KEY_SETTINGS,
    reference: (uid) => uid,
    lastUseIntervalMs: HOUR,
    report,
  })
  const principalState = async (uid: Caller['principal']) => {
    const row = await identity.read.principal(uid)
    return row && { active: row.state === 'active', since: row.state_at }
  }
  const jit = createJustInTime({
    tokensSpent: async () => 0,
    store,
    change,
    clock,
    newId,
    schedules: [],
    timeZone: 'UTC',
    requestHours: 1,
    decide: (action, { principal }): Decision => ({
      id: 'dec',
      allow: action !== 'autoApproveRole',
      principal,
      action,
      resource: { type: 'Role', id: 'operator' },
      rules: [],
      errors: [],
      duties: { ...NO_DUTIES, approvals: 2 },
      policy: 'p',
      microseconds: 0,
    }),
    humanOf: uidText,
    groupsOf: () => [],
    isActive: (uid) => identity.entities.get(uid) !== undefined,
    isGood: () => true,
    principalState,
    inUse: () => false,
    report,
  })
  const access = createAccess({
    store,
    clock,
    newId,
    rolesOf: () => [],
    principalState,
    nextChange: (principal) => jit.grants.nextChange(principal),
    sessionIdleMs: HOUR,
    sessionLifetimeMs: 1000 * HOUR,
    random: systemRandom,
    answerKey: new Uint8Array(32),
    report,
  })
  feed.subscribe(jit.onChange)
  feed.enforce(access.onChange)
  await feed.start()
  await identity.start()
  await jit.grants.load()
  await access.locks.load()
  return {
    feed,
    change,
    identity,
    jit,
    access,
    async stop() {
      await access.stop()
      await identity.stop()
      await feed.stop()
      await store.close()
    },
  }
}
type Node = Awaited<ReturnType<typeof startNode>>

export async function startNodes(stores: readonly Store[], time: TestClock, report: (error: unknown) => void) {
  const nodes: Node[] = []
  for (const store of stores) nodes.push(await startNode(store, time, report))
  return {
    /** The nodes with nobody in them that an earlier run knew. */
    newRun: (people: readonly string[]) => createRun(nodes, people),
    async stop() {
      for (const node of nodes) await node.stop()
    },
  }
}

async function createRun(nodes: readonly Node[], people: readonly string[]) {
  const principals = people.map((id) => ({ type: 'User' as const, id }))
  for (const { id } of principals) await nodes[0]!.identity.principals.create({ type: 'User', name: id }, SYSTEM)
  const requests = new Map<number, { id: string; digest: string }>()
  const grants = new Map<number, string>()
  const uses = new Map<number, Use>()
  const keys = new Map<number, { id: string; text: string }>()
  const locks = new Map<number, string>()
  const calls = new Map<number, Lease>()
  const sessions = new Map<string, string>()

  const plain = (who: number): Caller => ({
    principal: principals[who]!,
    credential: { kind: 'oidc', id: 'x', bound: false },
    address: '10.0.0.1',
  })
  /** As the gateway lets somebody in. */
  const caller = ({ identity, access }: Node, key: number): Caller => {
    const headers = ['authorization', `Bearer ${keys.get(key)?.text}`]
    const found = identity.authenticate({ headers, address: '10.0.0.1' })
    const lock = access.locks.check({ caller: found })
    if (lock) throw lock
    return found
  }
  const decide = ({ identity, jit, access }: Node, by: Caller): Decision => {
    const fault = identity.standing(by) ?? access.locks.check({ caller: by })
    if (fault) throw fault
    const allow = jit.grants.held(by.principal).some(({ grant }) => jit.grants.get(grant)?.usesLeft === undefined)
    const what = { action: 'chat', resource: { type: 'Model', id: 'm' }, rules: [], errors: [], duties: NO_DUTIES }
    return { id: 'dec', allow, principal: by.principal, ...what, policy: 'p', microseconds: 0 }
  }

  const work = async (node: Node, act: Act): Promise<string> => {
    const { identity, jit, access, change } = node
    switch (act.do) {
      case 'ask': {
        const { request } = await jit.requests.create(plain(act.who), {
          role: 'operator',
          seconds: act.minutes * 60,
          reason: 'r',
          ...(act.uses === 0 ? {} : { uses: act.uses }),
        })
        requests.set(act.n, request)
        return 'asked'
      }
      case 'approve':
      case 'deny': {
        const { id, digest } = requests.get(act.request)!
        const { request, grant } = await jit.requests[act.do](id, { by: plain(act.who), digest })
        if (act.do === 'deny') return request.state === 'denied' ? 'closed' : request.state
        if (!grant) return 'counted'
        // Two grants of one request would be one too many.
        if (grants.has(act.request)) return 'granted twice'
        grants.set(act.request, grant.id)
        return 'granted'
      }
      case 'cancel':
        await jit.requests.cancel(requests.get(act.request)!.id, plain(act.who))
        return 'closed'
      case 'use':
        uses.set(act.n, await jit.grants.use(grants.get(act.grant)!, `call_${act.n}`))
        return 'used'
      case 'settle':
        await uses.get(act.use)!.settle(act.sent)
        return 'settled'
      case 'end':
        await change((trx) => jit.grants.end(trx, grants.get(act.grant)!, 'a', 'test'))
        return 'ended'
      case 'issue': {
        const { row, text } = await identity.keys.issue({ owner: principals[act.who]!, name: `k${act.n}` }, SYSTEM)
        keys.set(act.n, { id: row.id, text })
        return 'issued'
      }
      case 'suspendKey':
      case 'resumeKey':
      case 'revokeKey': {
        const what = ({ suspendKey: 'suspend', resumeKey: 'resume', revokeKey: 'revoke' } as const)[act.do]
        await identity.keys[what](keys.get(act.key)!.id, 'r', SYSTEM)
        return 'done'
      }
      case 'suspend':
      case 'restore':
        // Whoever is in that state already stays in it, whether or not the act is refused.
        await identity.principals[act.do](principals[act.who]!, 'r', SYSTEM).catch((error: unknown) => {
          if ((error as { code?: string }).code !== 'not_possible') throw error
        })
        return 'done'
      case 'lock':
      case 'lockKey': {
        const on =
          act.do === 'lock'
            ? ({ kind: 'principal', target: uidText(principals[act.who]!) } as const)
            : ({ kind: 'credential', target: keys.get(act.key)!.id } as const)
        const { value } = await change((trx) => access.locks.add(trx, { ...on, reason: 'r', by: 'a' }))
        locks.set(act.n, value.id)
        return 'locked'
      }
      case 'lift':
        await change((trx) => access.locks.lift(trx, locks.get(act.lock)!, 'a'))
        return 'lifted'
      case 'call': {
        const by = caller(node, act.key)
        const header = `${act.name}-${keys.get(act.key)!.id}`
        const decided = decide(node, by)
        const { epoch } = access.leases
        if (!decided.allow) return 'no'
        const session = await access.sessions.enter({ caller: by, model: 'm', header })
        const lease = access.leases.take({
          call: `call_${act.n}`,
          caller: by,
          model: 'm',
          session: session.id,
          decision: decided,
          epoch,
          redecide: () => decide(node, by),
        })
        session.leave(0)
        calls.set(act.n, lease)
        sessions.set(`${act.name}-${act.key}`, header)
        return 'called'
      }
      case 'cut':
        await change((trx) => access.sessions.cut(trx, sessions.get(act.session)!, 'a', 'test'))
        return 'cut'
      case 'tidy':
        await jit.grants.tidy()
        await jit.requests.tidy()
        return 'tidied'
      case 'pass':
        return 'passed'
    }
  }

  const runs = (lease: Lease | undefined): boolean => {
    try {
      lease?.check()
      return lease !== undefined
    } catch {
      return false
    }
  }

  return {
    /** What comes of it: `no` for a refusal. */
    perform: (act: Act): Promise<string> =>
      work(nodes[act.node]!, act).catch((error: unknown) => {
        const { code } = error as { code?: string }
        if (code === undefined || code === 'internal') throw error
        return 'no'
      }),
    /** Resolves when every node has applied all that has been done. */
    async settled() {
      const newest = Math.max(...nodes.map(({ feed }) => feed.seq))
      for (const { feed } of nodes) await feed.applied(newest)
    },
    /** What a node shows, as `view` of the reference says it; calls that were never let in are not among them. */
    view(which: number): string {
      const node = nodes[which]!
      const byId = new Map([...grants].map(([request, id]) => [id, request]))
      const held = principals.map((principal) =>
        [
          ...node.jit.grants.held(principal).map(({ grant }) => grant),
          ...node.jit.grants.counted(principal, 'm').map(({ id }) => id),
        ]
          .map((grant) => byId.get(grant) ?? grant)
          .sort((a, b) => Number(a) - Number(b)),
      )
      const admitted = [...keys.keys()]
        .sort((a, b) => a - b)
        .map((key) => {
          try {
            caller(node, key)
            return true
          } catch {
            return false
          }
        })
      const running = [...calls].sort(([a], [b]) => a - b).map(([, lease]) => runs(lease))
      return JSON.stringify({ held, admitted, running })
    },
  }
}
