// Conversations: who may enter one, and how they end. States: open → ended (cut, locked, idle, too old) → forgotten; nothing
// leads back. Invariants: a session is used by the principal and credential that opened it alone; taint only grows; what has
// ended is never revived. One node keeps its sessions in memory and writes them behind (session-memory.ts); several nodes read
// the shared row on every entry.
import type { Caller, Clock, NewId } from '../core/index.ts'
import { Fault, uidText } from '../core/index.ts'
import type { Changed, Store, Trx } from '../store/index.ts'
import type { CallSubject } from './leases.ts'
import {
  endSession,
  endSessionsOf,
  forgetSession,
  openNamed,
  type SessionRow,
  type StoredSession,
  saveSessions,
  selectSession,
} from './queries.ts'
import {
  bindingOf,
  derivedName,
  pastCaller,
  type Session,
  type SessionAsk,
  type SessionView,
  viewOf,
} from './session.ts'
import { createSessionMemory, type Kept, keptOf } from './session-memory.ts'

/** Destroys what a room keeps of a session: vault, runtime context, stored answers. Idempotent. */
export type ForgetHook = (session: string) => void | Promise<void>

export interface Sessions {
  /** @throws Fault `session_mismatch` if the session is somebody else's, unknown or over */
  enter(ask: SessionAsk): Session | Promise<Session>
  /** An open session of this caller, without being in it: it counts no turn. Undefined if it is not theirs, or over. */
  look(caller: Caller, id: string): Promise<Session | undefined>
  /** Why a call of this session must not go on, if so. */
  standing(subject: CallSubject): Fault | undefined
  show(id: string): Promise<SessionView>
  cut(trx: Trx, id: string, by: string, reason: string): Promise<Changed<{ cut: boolean }>>
  /** Runs the hooks of this node; outside any transaction, and after the session was cut on all nodes. */
  erase(id: string): Promise<string[]>
  /** Writes down that it was erased, and lets the other nodes run their hooks. */
  forget(trx: Trx, id: string, by: string, erased: readonly string[]): Promise<Changed<{ forgotten: boolean }>>
  onForget(name: string, hook: ForgetHook): void
  /** Ends open sessions that match; for locks that this node has just learnt of. */
  endMatching(matches: (subject: CallSubject) => boolean, cause: string): void
  /** Ends every session of a principal that was opened before then: it was suspended since. */
  endOf(principal: string, openedBefore: number, cause: string): Promise<void>
  onChange(changes: readonly { kind: string; key: string }[]): Promise<void>
  /** Writes what is not written yet. */
  flush(): Promise<void>
  start(): void
  stop(): Promise<void>
}

export interface SessionDeps {
  store: Store
  clock: Clock
  newId: NewId
  /** Milliseconds without a call, and in all, after which a session is over. */
  idleMs: number
  lifetimeMs: number
  /** True if a lock that matches was set at or after `openedAt`. */
  lockedSince: (subject: CallSubject, openedAt: number) => boolean
  report: (error: unknown) => void
}

/** Milliseconds a call waits for the shared row of its session. */
const SOON_MS = 5000
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:/@=+-]{0,127}$/
/** Clocks of two nodes may differ by this much when a session is compared with a lock. */
const SKEW_MS = 2000

export function createSessions(deps: SessionDeps): Sessions {
  const { store, clock } = deps
  const shared = store.dialect === 'postgres'
  const memory = createSessionMemory(deps)
  const { keep, remember, flush } = memory
  const hooks = new Map<string, ForgetHook>()

  const subjectOf = (kept: Kept, caller: Caller): CallSubject => ({
    caller,
    model: kept.row.model,
    session: kept.row.id,
  })

  /** Why it may not be entered: `over` for good, `aged` for lack of use. */
  const state = (kept: Kept, caller: Caller): 'open' | 'over' | 'aged' => {
    const { row } = kept
    if (row.ended_at !== null) return 'over'
    const now = clock.now()
    if (now - row.last_at >= deps.idleMs || now - row.opened_at >= deps.lifetimeMs) return 'aged'
    if (deps.lockedSince(subjectOf(kept, caller), shared ? row.opened_at - SKEW_MS : row.opened_at)) return 'over'
    return 'open'
  }

  const fresh = (ask: SessionAsk, name: string | null): Kept => {
    const now = clock.now()
    const row: SessionRow = {
      id: deps.newId('session'),
      name,
      principal: uidText(ask.caller.principal),
      binding: bindingOf(ask.caller.credential),
      model: ask.model,
      address: ask.caller.address,
      opened_at: now,
      last_at: now,
      turns: 0,
      tokens: 0,
      ended_at: null,
      end_cause: null,
      forgotten_at: null,
    }
    return keptOf(row)
  }

  const open = (ask: SessionAsk, name: string | null): Kept => {
    const kept = fresh(ask, name)
    const before = name === null ? undefined : memory.byName(name)
    if (before) memory.supersede(before)
    return remember(kept)
  }

  const join = (kept: Kept, ask: SessionAsk): Session => {
    kept.row.model = ask.model
    kept.row.address = ask.caller.address
    kept.row.last_at = clock.now()
    kept.turns += 1
    kept.active += 1
    memory.touch(kept)
    return handle(kept, (usedTokens) => {
      kept.active -= 1
      kept.tokens += usedTokens
      kept.row.last_at = clock.now()
      memory.touch(kept)
    })
  }

  const handle = (kept: Kept, leave: (usedTokens: number) => void): Session => {
    let left = false
    return {
      id: kept.row.id,
      turns() {
        return kept.row.turns + kept.turns
      },
      tokens() {
        return kept.row.tokens + kept.tokens
      },
      taint: kept.taint,
      ageSeconds() {
        return Math.max(0, Math.floor((clock.now() - kept.row.opened_at) / 1000))
      },
      addTaint(labels) {
        const known = remember(kept) // merely looked at, it may have been dropped and read again
        const fresh = [...labels].filter((label) => !known.taint.has(label))
        if (fresh.length === 0) return
        for (const label of fresh) {
          kept.taint.add(label)
          known.taint.add(label)
          known.newTaint.push(label)
        }
        memory.touch(known)
        // Another node must not take the next turn for a clean one.
        if (shared) void flush().catch(deps.report)
      },
      leave(usedTokens) {
        if (left) return
        left = true
        leave(usedTokens)
      },
    }
  }

  const isTheirs = ({ row }: Kept, { principal, credential }: Caller): boolean =>
    row.principal === uidText(principal) && row.binding === bindingOf(credential)

  /** Joins what was found; otherwise says that one is to be opened, or throws. */
  const enterFound = (ask: SessionAsk, name: string | null, found: Kept | undefined): Session | 'open' => {
    const { caller, header } = ask
    if (!found) {
      if (name === null && header !== undefined) throw notYours()
      return 'open'
    }
    if (!isTheirs(found, caller)) throw notYours()
    const now = state(found, caller)
    if (now === 'open') return join(found, ask)
    // A name of the client's own may be used again when it has merely gone quiet; an id of ours never comes back.
    if (header !== undefined && (now === 'over' || name === null)) throw over()
    return 'open'
  }

  /**
   * Where nodes share the database a name has one session from its first call on: it is written before it is used, so that
   * two nodes cannot both open it, and a cut on one finds the calls of the other.
   */
  const enterShared = async (ask: SessionAsk, name: string | null): Promise<Session> => {
    const { header = '' } = ask
    for (;;) {
      const stored = await soon(selectSession(store.db, name === null ? { id: header } : { name }))
      const found = stored ? keep(stored) : name === null ? memory.byId(header) : undefined
      const session = enterFound(ask, name, found)
      if (session !== 'open') return session
      const kept = fresh(ask, name)
      if (!(await soon(store.transaction((trx) => openNamed(trx, kept.row, found?.row.id))))) continue
      if (found) memory.unname(found, name ?? '')
      return join(remember(kept), ask)
    }
  }

  /** Known here or stored; by id or by the client's own name. */
  const find = async (idOrName: string): Promise<StoredSession> => {
    const kept = memory.byId(idOrName) ?? memory.byName(idOrName)
    const found =
      (kept && { row: kept.row, taint: [...kept.taint] }) ??
      (await selectSession(store.db, { id: idOrName })) ??
      (await selectSession(store.db, { name: idOrName }))
    if (!found) throw new Fault('not_found', { detail: 'There is no such session' })
    return found
  }

  return {
    enter(ask) {
      const { header } = ask
      if (header !== undefined && !NAME.test(header))
        throw new Fault('malformed_request', {
          detail: 'x-sallyport-session is not a session id',
          data: { param: 'x-sallyport-session' },
        })
      const ours = header?.startsWith('ses_') ?? false
      const name = ours ? null : (header ?? derivedName(ask))
      if (name === null && header === undefined) return join(open(ask, null), ask)
      if (shared) return enterShared(ask, name)
      const cached = ours ? memory.byId(header ?? '') : memory.byName(name ?? '')
      const joinOr = (session: Session | 'open') => (session === 'open' ? join(open(ask, name), ask) : session)
      // Alone, memory is the truth; only an explicit id can name what this process has not seen since it started.
      if (cached || header === undefined) return joinOr(enterFound(ask, name, cached))
      return (async () => {
        const stored = await selectSession(store.db, name === null ? { id: header } : { name })
        // Another call may have opened it while this one was looking.
        const own = ours ? memory.byId(header) : memory.byName(name ?? '')
        return joinOr(enterFound(ask, name, stored ? keep(stored) : own))
      })()
    },
    async look(caller, id) {
      const cached = memory.byId(id)
      // On several nodes the row tells what others have ended.
      const stored = cached && !shared ? undefined : await selectSession(store.db, { id })
      const kept = stored ? keep(stored) : cached
      return kept && isTheirs(kept, caller) && state(kept, caller) === 'open' ? handle(kept, () => {}) : undefined
    },
    standing({ session }) {
      const kept = session === undefined ? undefined : memory.byId(session)
      return kept && kept.row.ended_at !== null ? over() : undefined
    },
    async show(id) {
      await flush()
      const { row } = await find(id)
      const stored = await selectSession(store.db, { id: row.id })
      return viewOf(stored ?? { row, taint: [] })
    },
    async cut(trx, id, by, reason) {
      const { row } = await find(id)
      await saveSessions(trx, [{ ...row, turns: 0, tokens: 0 }], [], []) // it may not have been written yet
      const cut = await endSession(trx, row.id, clock.now(), reason)
      if (!cut) return { value: { cut }, feed: [], events: [] }
      return {
        value: { cut },
        feed: [{ kind: 'session', key: row.id }],
        events: [{ kind: 'session.cut', principal: by, session: row.id, subject: `session/${row.id}`, reason }],
      }
    },
    async erase(id) {
      const { row } = await find(id)
      if (row.ended_at === null) throw new Fault('not_possible', { detail: 'Cut the session before forgetting it' })
      for (const hook of hooks.values()) await hook(row.id)
      return [...hooks.keys()]
    },
    async forget(trx, id, by, erased) {
      const { row } = await find(id)
      if (!(await forgetSession(trx, row.id, clock.now()))) return { value: { forgotten: false }, feed: [], events: [] }
      return {
        value: { forgotten: true },
        feed: [{ kind: 'session', key: row.id }],
        events: [
          {
            kind: 'session.forgotten',
            principal: by,
            session: row.id,
            subject: `session/${row.id}`,
            data: { erased: [...erased] },
          },
        ],
      }
    },
    onForget(name, hook) {
      hooks.set(name, hook)
    },
    endMatching(matches, cause) {
      const now = clock.now()
      for (const kept of memory.all()) {
        if (kept.row.ended_at !== null || !matches(subjectOf(kept, pastCaller(kept.row)))) continue
        kept.row.ended_at = now
        kept.row.end_cause = cause
      }
    },
    async endOf(principal, openedBefore, cause) {
      const at = clock.now()
      for (const { row } of memory.all())
        if (row.principal === principal && row.opened_at < openedBefore && row.ended_at === null) {
          row.ended_at = at
          row.end_cause = cause
        }
      await store.transaction((trx) => endSessionsOf(trx, principal, openedBefore, { at, cause }))
    },
    async onChange(changes) {
      for (const { kind, key } of changes) {
        if (kind !== 'session') continue
        const stored = await selectSession(store.db, { id: key })
        const kept = memory.byId(key)
        if (kept && (!stored || stored.row.ended_at !== null)) {
          kept.row.ended_at ??= stored?.row.ended_at ?? clock.now()
          kept.row.end_cause ??= stored?.row.end_cause ?? null
        }
        if (stored?.row.forgotten_at != null) {
          for (const hook of hooks.values()) await hook(key)
          kept?.taint.clear()
          if (kept) kept.newTaint = []
        }
      }
    },
    flush,
    start: memory.start,
    stop: memory.stop,
  }
}

/** A database behind a black hole does not even say no; a caller is not kept waiting for it. */
async function soon<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Fault('store_unavailable')), SOON_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** One answer for unknown and foreign, so that ids cannot be guessed. */
const notYours = (): Fault => new Fault('session_mismatch', { detail: 'There is no such session for this caller' })
const over = (): Fault =>
  new Fault('session_mismatch', { detail: 'This session has ended; leave x-sallyport-session out to start a new one' })
