// Conversations, and who may enter one; how they end is session-end.ts. States: open → ended (cut, locked, idle, too old) →
// forgotten; nothing leads back. Invariants: a session is used by the principal and credential that opened it alone; taint only
// grows; what has ended is never revived. One node keeps its sessions in memory and writes them behind (session-memory.ts);
// several nodes read the shared row on every entry.
import type { Caller, Clock, NewId } from '../core/index.ts'
import { Fault, uidText } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import type { CallSubject } from './lease.ts'
import { openNamed, type SessionRow, selectSession } from './queries.ts'
import {
  bindingOf,
  derivedName,
  NAME,
  notYours,
  over,
  ownName,
  type Session,
  type SessionAsk,
  subjectOf,
} from './session.ts'
import { createSessionEnds, type SessionEnds } from './session-end.ts'
import { createSessionMemory, type Kept, keptOf } from './session-memory.ts'

export interface Sessions extends SessionEnds {
  /** @throws Fault `session_mismatch` if the session is somebody else's, unknown or over */
  enter(ask: SessionAsk): Session | Promise<Session>
  /** An open session of this caller, without being in it: it counts no turn. Undefined if it is not theirs, or over. */
  look(caller: Caller, id: string): Promise<Session | undefined>
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
/** Clocks of two nodes may differ by this much when a session is compared with a lock. */
const SKEW_MS = 2000

export function createSessions(deps: SessionDeps): Sessions {
  const { store, clock } = deps
  const shared = store.dialect === 'postgres'
  const memory = createSessionMemory(deps)
  const { keep, remember, flush } = memory

  /** Why it may not be entered: `over` for good, `aged` for lack of use. */
  const state = (kept: Kept, caller: Caller): 'open' | 'over' | 'aged' => {
    const { row } = kept
    if (row.ended_at !== null) return 'over'
    const now = clock.now()
    if (now - row.last_at >= deps.idleMs || now - row.opened_at >= deps.lifetimeMs) return 'aged'
    if (deps.lockedSince(subjectOf(row, caller), shared ? row.opened_at - SKEW_MS : row.opened_at)) return 'over'
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

  /** Joins what was found; otherwise says that one is to be opened, or throws. */
  const enterFound = (ask: SessionAsk, name: string | null, found: Kept | undefined): Session | 'open' => {
    const { caller, header } = ask
    if (!found) {
      if (name === null && header !== undefined) throw notYours(header)
      return 'open'
    }
    if (!isTheirs(found, caller)) throw notYours(header)
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

  return {
    enter(ask) {
      const { header } = ask
      if (header !== undefined && !NAME.test(header))
        throw new Fault('malformed_request', {
          detail: 'x-sallyport-session is not a session id',
          data: { param: 'x-sallyport-session' },
        })
      const ours = header?.startsWith('ses_') ?? false
      const name = ours ? null : header === undefined ? derivedName(ask) : ownName(header, ask.caller)
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
    ...createSessionEnds(store, clock, memory),
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

const isTheirs = ({ row }: Kept, { principal, credential }: Caller): boolean =>
  row.principal === uidText(principal) && row.binding === bindingOf(credential)
