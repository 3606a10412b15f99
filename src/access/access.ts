// Puts the parts of the room together: locks end sessions and calls, sessions end calls. One listener for the feed,
// to be subscribed after directory and policy.
import type { Clock, NewId, PrincipalUid } from '../core/index.ts'
import { Fault, uidText } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import { type Answers, type AnswersDeps, createAnswers } from './answers.ts'
import type { CutCount, LeaseDeps } from './lease.ts'
import { createLeases, type Leases } from './leases.ts'
import { createLocks, type Locks } from './locks.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { createUpkeep } from './upkeep.ts'

export interface Access {
  readonly leases: Leases
  readonly sessions: Sessions
  readonly locks: Locks
  /** False while this node has lost touch: it takes no calls, and waits for no database to say so. */
  admits(): boolean
  readonly answers: Answers
  /** Applies changes of the feed on this node; resolves when every call they end has been cut. */
  onChange(changes: readonly { kind: string; key: string }[]): Promise<CutCount>
  start(): Promise<void>
  stop(): Promise<void>
}

export interface AccessDeps extends Pick<LeaseDeps, 'nextChange' | 'humanOf' | 'node'>, Pick<AnswersDeps, 'random'> {
  store: Store
  clock: Clock
  newId: NewId
  /** Whether a lock on this name stops that model, which may be called by another of its names. */
  isModel?: (name: string, model: string) => boolean
  /** Names of the roles a principal holds now, by any way. */
  rolesOf: (principal: { type: string; id: string }) => Iterable<string>
  /** Whether a principal may act, and since when its state is what it is; undefined if there is no such principal. */
  principalState: (principal: PrincipalUid) => Promise<{ active: boolean; since: number } | undefined>
  /** Milliseconds without a call, and in all, after which a session is over. */
  sessionIdleMs: number
  sessionLifetimeMs: number
  /** 32 bytes that seal stored answers; never in the database. */
  answerKey: Uint8Array
  report: (error: unknown) => void
}

/** Milliseconds after which what has expired is also gone from the database. */
const TIDY_MS = 60_000

const PRINCIPALS = new Map<string, PrincipalUid['type']>([
  ['user', 'User'],
  ['service', 'Service'],
  ['agent', 'Agent'],
])

export function createAccess(deps: AccessDeps): Access {
  const { store, clock, newId, report } = deps
  const human = deps.humanOf ? { humanOf: deps.humanOf } : {}
  const locks = createLocks({
    db: store.db,
    clock,
    newId,
    rolesOf: deps.rolesOf,
    ...(deps.isModel ? { isModel: deps.isModel } : {}),
    rememberMs: deps.sessionLifetimeMs,
    ...human,
  })
  const sessions = createSessions({
    store,
    clock,
    newId,
    idleMs: deps.sessionIdleMs,
    lifetimeMs: deps.sessionLifetimeMs,
    lockedSince: (subject, openedAt) => locks.overSince(subject, openedAt),
    report,
  })
  const leases = createLeases({
    clock,
    newId,
    standing: (subject) => locks.check(subject) ?? sessions.standing(subject),
    ...(deps.nextChange ? { nextChange: deps.nextChange } : {}),
    ...human,
    ...(deps.node ? { node: deps.node } : {}),
    report,
  })
  const answers = createAnswers({
    store,
    clock,
    random: deps.random,
    key: deps.answerKey,
    sessions,
    sessionIdleMs: deps.sessionIdleMs,
    sessionLifetimeMs: deps.sessionLifetimeMs,
    report,
  })
  sessions.onForget('answers', answers.forget)
  const upkeep = createUpkeep(TIDY_MS, answers.tidy, report, clock)
  let byName: CutCount = { calls: 0, upstreams: 0 }
  const count = ({ calls, upstreams }: CutCount): void => {
    byName = { calls: byName.calls + calls, upstreams: byName.upstreams + upstreams }
  }
  locks.onLock((matches, lock) => {
    sessions.endMatching(matches, `lock/${lock.id}`)
    count(leases.cut(matches, lock.liftedAt === undefined ? locks.refusal(lock) : byOperator(), `lock/${lock.id}`))
  })

  /** Sessions from before a suspension are over, also when the principal is active again. */
  const endSuspended = async (changes: readonly { kind: string; key: string }[]): Promise<void> => {
    const seen = new Set<string>()
    for (const { kind, key } of changes) {
      const type = PRINCIPALS.get(kind)
      if (!type || seen.has(`${type} ${key}`)) continue
      seen.add(`${type} ${key}`)
      const uid: PrincipalUid = { type, id: key }
      const state = await deps.principalState(uid)
      const before = state?.active ? state.since : Number.POSITIVE_INFINITY
      await sessions.endOf(uidText(uid), Math.min(before, Number.MAX_SAFE_INTEGER), `${kind} suspended`)
    }
  }

  return {
    leases,
    sessions,
    locks,
    admits: () => deps.node?.admits() ?? true,
    answers,
    async onChange(changes) {
      await locks.onChange(changes)
      await sessions.onChange(changes)
      for (const { kind, key } of changes)
        if (kind === 'call') count(leases.cut({ call: key }, byOperator(), `call/${key}`))
      const { calls, upstreams } = await leases.onChange(changes)
      await endSuspended(changes) // calls first: whoever waits for the database must not keep them running
      const all = { calls: calls + byName.calls, upstreams: upstreams + byName.upstreams }
      byName = { calls: 0, upstreams: 0 }
      return all
    },
    async start() {
      await locks.load()
      sessions.start()
      upkeep.start()
    },
    async stop() {
      leases.stop()
      await upkeep.stop()
      await sessions.stop()
    },
  }
}

const byOperator = () => new Fault('access_denied', { detail: 'This call was ended by an operator' })
