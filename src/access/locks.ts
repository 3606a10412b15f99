// Emergency stops. States: active → lifted, or active → over (its time has come). Checked in memory on every call.
// Invariant: what began before a matching lock stays over when the lock is lifted or lapses (teleport#9286), so locks are
// kept in memory for as long as a session may live, lifted or not.
import { BlockList, isIP } from 'node:net'
import type { Caller, Clock, NewId } from '../core/index.ts'
import { Fault, uidText } from '../core/index.ts'
import type { Changed, Db, Trx } from '../store/index.ts'
import type { CallSubject } from './lease.ts'
import { insertLock, type LockRow, liftLock, selectLocks, selectLocksById } from './queries.ts'

export type LockKind = 'principal' | 'credential' | 'role' | 'model' | 'session' | 'network' | 'everything'

export interface Lock {
  readonly id: string
  readonly kind: LockKind
  /** `User::"dana"`, a key id, a role, model or session name, or a CIDR; `*` for everything. */
  readonly target: string
  readonly reason: string
  readonly createdBy: string
  readonly createdAt: number
  readonly until: number | undefined
  readonly liftedAt: number | undefined
}

export interface NewLock {
  kind: LockKind
  target: string
  reason: string
  by: string
  /** Milliseconds since 1970. */
  until?: number
  /** Ends what runs and stops nothing new. */
  momentary?: boolean
}

export interface Locks {
  /** The Fault of the lock that stops this call now, if any. */
  check(subject: CallSubject): Fault | undefined
  /** As `check`, for administration: a lockdown stops models, not those who must be able to lift it. */
  checkAdministration(subject: CallSubject): Fault | undefined
  /** What a call that it stops is told. */
  refusal(lock: Lock): Fault
  /** True if a lock that matches was set at or after `openedAt`, even if it is no longer active. */
  overSince(subject: CallSubject, openedAt: number): boolean
  /** Whether such a lock would stop this caller. @throws Fault `validation_failed` for a target that makes no sense */
  wouldStop(lock: Pick<NewLock, 'kind' | 'target'>, subject: CallSubject): boolean
  list(): Lock[]
  get(id: string): Lock | undefined
  /** Rows, feed entries and events of a new lock, for the transaction of whatever act sets it. */
  add(trx: Trx, lock: NewLock): Promise<Changed<Lock>>
  /** Idempotent: lifting a lifted lock changes nothing and records nothing. */
  lift(trx: Trx, id: string, by: string, reason?: string): Promise<Changed<{ lifted: boolean }>>
  load(): Promise<void>
  /** For the feed, before leases. Tells which locks are new to this node. */
  onChange(changes: readonly { kind: string; key: string }[]): Promise<void>
  /** Called with each lock that this node had not seen, so that sessions it matches end. */
  onLock(listener: (matches: (subject: CallSubject) => boolean, lock: Lock) => void): void
}

export interface LockDeps {
  db: Db
  clock: Clock
  newId: NewId
  rolesOf: (principal: Caller['principal']) => Iterable<string>
  humanOf?: (principal: Caller['principal']) => string | undefined
  /** Whether a lock on this name stops that model; the same name if missing. */
  isModel?: (name: string, model: string) => boolean
  /** Milliseconds a lifted lock is remembered: the longest life of a session. */
  rememberMs: number
}

interface Held {
  lock: Lock
  matches: (subject: CallSubject) => boolean
}

export function createLocks(deps: LockDeps): Locks {
  const { clock } = deps
  const held = new Map<string, Held>()
  const listeners: ((matches: Held['matches'], lock: Lock) => void)[] = []

  const hold = (row: LockRow): Held => {
    const lock = fromRow(row)
    const known = held.get(lock.id)
    const now: Held = { lock, matches: known?.matches ?? matcher(lock, deps) }
    held.set(lock.id, now)
    return now
  }
  const active = ({ liftedAt, until }: Lock, now: number) =>
    liftedAt === undefined && (until === undefined || until > now)

  const stopping = (subject: CallSubject, but?: LockKind): Fault | undefined => {
    if (held.size === 0) return undefined
    const now = clock.now()
    for (const { lock, matches } of held.values())
      if (lock.kind !== but && active(lock, now) && matches(subject)) return refusal(lock)
    return undefined
  }

  return {
    refusal,
    check: (subject) => stopping(subject),
    checkAdministration: (subject) => stopping(subject, 'everything'),
    overSince(subject, openedAt) {
      for (const { lock, matches } of held.values()) if (lock.createdAt >= openedAt && matches(subject)) return true
      return false
    },
    wouldStop: ({ kind, target }, subject) => matcher({ kind, target: checkTarget(kind, target) }, deps)(subject),
    list: () => [...held.values()].map(({ lock }) => lock).filter((lock) => active(lock, clock.now())),
    get: (id) => held.get(id)?.lock,
    async add(trx, wanted) {
      const createdAt = clock.now()
      if (wanted.until !== undefined && wanted.until <= createdAt)
        throw new Fault('validation_failed', { detail: 'A lock must end in the future', data: { param: 'until' } })
      const row: LockRow = {
        id: deps.newId('lock'),
        kind: wanted.kind,
        target: checkTarget(wanted.kind, wanted.target),
        reason: wanted.reason,
        created_by: wanted.by,
        created_at: createdAt,
        until: wanted.until ?? null,
        lifted_at: wanted.momentary ? createdAt : null,
        lifted_by: wanted.momentary ? wanted.by : null,
      }
      await insertLock(trx, row)
      return {
        value: fromRow(row),
        feed: [{ kind: 'lock', key: row.id }],
        events: [
          {
            kind: wanted.momentary ? 'access.cut' : 'lock.added',
            principal: wanted.by,
            subject: `lock/${row.id}`,
            reason: wanted.reason,
            data: { kind: row.kind, target: row.target, until: row.until },
          },
        ],
      }
    },
    async lift(trx, id, by, reason) {
      if (!(await liftLock(trx, id, clock.now(), by))) {
        if (!held.has(id)) throw new Fault('not_found', { detail: 'There is no such lock' })
        return { value: { lifted: false }, feed: [], events: [] }
      }
      return {
        value: { lifted: true },
        feed: [{ kind: 'lock', key: id }],
        events: [
          { kind: 'lock.lifted', principal: by, subject: `lock/${id}`, ...(reason !== undefined && { reason }) },
        ],
      }
    },
    async load() {
      for (const row of await selectLocks(deps.db, clock.now() - deps.rememberMs)) hold(row)
    },
    async onChange(changes) {
      const ids = new Set(changes.filter(({ kind }) => kind === 'lock').map(({ key }) => key))
      if (ids.size === 0) return
      const oldest = clock.now() - deps.rememberMs
      for (const [id, { lock }] of held) if (lock.liftedAt !== undefined && lock.liftedAt < oldest) held.delete(id)
      for (const row of await selectLocksById(deps.db, [...ids])) {
        const fresh = !held.has(row.id)
        const { lock, matches } = hold(row)
        if (fresh) for (const listener of listeners) listener(matches, lock)
      }
    },
    onLock(listener) {
      listeners.push(listener)
    },
  }
}

/** The target in the one form that is compared, or a Fault that says what is wrong with it. */
function checkTarget(kind: LockKind, target: string): string {
  const invalid = (detail: string) => new Fault('validation_failed', { detail, data: { param: 'target' } })
  if (kind === 'everything') return '*'
  if (target === '') throw invalid('A lock needs a target')
  if (kind === 'network') blockList(target, invalid)
  if (kind === 'principal' && !/^(User|Service|Agent)::".+"$/.test(target))
    throw invalid('Write the principal as User::"name", Service::"name" or Agent::"name"')
  return target
}

function blockList(target: string, invalid: (detail: string) => Error): BlockList {
  const [address = '', bits, ...rest] = target.split('/')
  const family = isIP(address)
  const max = family === 4 ? 32 : 128
  const length = bits === undefined ? max : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
  if (family === 0 || rest.length > 0 || !(length <= max))
    throw invalid('Not an address or a network such as 10.0.0.0/8')
  const list = new BlockList()
  list.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6')
  return list
}

function matcher(lock: Pick<Lock, 'kind' | 'target'>, deps: LockDeps): (subject: CallSubject) => boolean {
  const { target } = lock
  switch (lock.kind) {
    case 'everything':
      return () => true
    case 'principal':
      return ({ caller }) => uidText(caller.principal) === target || deps.humanOf?.(caller.principal) === target
    case 'credential':
      return ({ caller }) => caller.credential.id === target
    case 'model':
      return ({ model }) => model === target || (model !== undefined && (deps.isModel?.(target, model) ?? false))
    case 'session':
      return ({ session }) => session === target
    case 'role':
      return ({ caller }) => {
        for (const role of deps.rolesOf(caller.principal)) if (role === target) return true
        return false
      }
    case 'network': {
      const list = blockList(target, (detail) => new Error(detail))
      return ({ caller: { address } }) => {
        const plain = address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address
        const family = isIP(plain)
        // An address that cannot be read might be inside: the lock holds.
        return family === 0 || list.check(plain, family === 4 ? 'ipv4' : 'ipv6')
      }
    }
  }
}

/** The reason is the operators' own; the caller learns what is locked and until when. */
function refusal({ kind, until }: Lock): Fault {
  const end = until === undefined ? '' : ` until ${new Date(until).toISOString()}`
  if (kind === 'everything') return new Fault('lockdown', { detail: `All model access is stopped${end}` })
  const what = {
    principal: 'account',
    credential: 'credential',
    role: 'role',
    model: 'model',
    session: 'session',
    network: 'network',
  }
  return new Fault('locked', { detail: `This ${what[kind]} is locked${end}` })
}

const fromRow = (row: LockRow): Lock => ({
  id: row.id,
  kind: row.kind as LockKind,
  target: row.target,
  reason: row.reason,
  createdBy: row.created_by,
  createdAt: row.created_at,
  until: row.until ?? undefined,
  liftedAt: row.lifted_at ?? undefined,
})
