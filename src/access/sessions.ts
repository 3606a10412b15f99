// Conversations. States: open → ended (cut, locked, idle, too old) → forgotten; nothing leads back. Invariants: a session
// is used by the principal and credential that opened it alone; taint only grows; what has ended is never revived.
// One node keeps its sessions in memory and writes them behind; several nodes read the shared row on every entry.
import type { Caller, Clock, Credential, NewId } from '../core/index.ts'
import { Fault, uidText } from '../core/index.ts'
import { type Changed, isUniqueViolation, type Store, type Trx } from '../store/index.ts'
import type { CallSubject } from './leases.ts'
import {
  endSession,
  endSessionsOf,
  forgetSession,
  openNamed,
  type SessionRow,
  type SessionTaint,
  type StoredSession,
  saveSessions,
  selectSession,
} from './queries.ts'
import { createUpkeep } from './upkeep.ts'

export interface SessionAsk {
  readonly caller: Caller
  readonly model: string
  /** The id the client sent: one of ours (`ses_…`) or a name of its own. */
  readonly header?: string
  /** Without one: a digest of how the conversation began, so that its turns are one session. */
  readonly fingerprint?: string
}

/** What a running call holds of its session. */
export interface Session {
  readonly id: string
  /** Calls so far, this one included. */
  turns(): number
  tokens(): number
  /** Data classes and flags seen so far. */
  readonly taint: ReadonlySet<string>
  ageSeconds(): number
  addTaint(labels: Iterable<string>): void
  /** Once, when the call is over. */
  leave(usedTokens: number): void
}

export interface SessionView {
  readonly id: string
  readonly name: string | undefined
  readonly principal: string
  readonly openedAt: number
  readonly lastAt: number
  readonly turns: number
  readonly tokens: number
  readonly taint: readonly string[]
  readonly endedAt: number | undefined
  readonly endCause: string | undefined
  readonly forgottenAt: number | undefined
}

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

/** Sessions kept in memory at most; those in use are never dropped. */
const MAX_CACHED = 100_000
const FLUSH_MS = 1000
/** Milliseconds a call waits for the shared row of its session. */
const SOON_MS = 5000
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:/@=+-]{0,127}$/
/** Clocks of two nodes may differ by this much when a session is compared with a lock. */
const SKEW_MS = 2000

interface Kept {
  row: SessionRow
  taint: Set<string>
  /** Calls running in it here. */
  active: number
  /** What was new of it is on its way to the database. */
  writing: boolean
  /** Not yet written. */
  turns: number
  tokens: number
  newTaint: string[]
}

export function createSessions(deps: SessionDeps): Sessions {
  const { store, clock } = deps
  const shared = store.dialect === 'postgres'
  /** One `Kept` for each session, for as long as a call is in it or something of it is not written. */
  const byId = new Map<string, Kept>()
  const byName = new Map<string, Kept>()
  /** Ids of those of which something is not written. */
  const dirty = new Set<string>()
  /** Ids whose name has gone to a newer session. */
  const superseded = new Set<string>()
  const hooks = new Map<string, ForgetHook>()
  let writing: Promise<void> = Promise.resolve()

  const keep = ({ row, taint }: StoredSession): Kept => {
    const known = byId.get(row.id)
    if (known) {
      // What this node has not written yet is not in the row it reads.
      known.row = {
        ...row,
        ended_at: row.ended_at ?? known.row.ended_at,
        end_cause: row.end_cause ?? known.row.end_cause,
      }
      for (const label of taint) known.taint.add(label)
      return known
    }
    return remember({ row, taint: new Set(taint), active: 0, writing: false, turns: 0, tokens: 0, newTaint: [] })
  }
  /** The one that is known of this session already, if there is one: another call may have read it meanwhile. */
  const remember = (kept: Kept): Kept => {
    const known = byId.get(kept.row.id)
    if (known) return known
    byId.set(kept.row.id, kept)
    if (kept.row.name !== null) byName.set(kept.row.name, kept)
    if (byId.size > MAX_CACHED) dropOldest()
    return kept
  }
  const needed = (kept: Kept): boolean => kept.active > 0 || kept.writing || dirty.has(kept.row.id)
  const drop = (kept: Kept): void => {
    byId.delete(kept.row.id)
    if (kept.row.name !== null && byName.get(kept.row.name) === kept) byName.delete(kept.row.name)
  }
  const dropOldest = (): void => {
    for (const kept of byId.values()) {
      if (needed(kept)) continue
      drop(kept)
      if (byId.size <= MAX_CACHED * 0.9) return
    }
  }

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
    return { row, taint: new Set(), active: 0, writing: false, turns: 0, tokens: 0, newTaint: [] }
  }

  const open = (ask: SessionAsk, name: string | null): Kept => {
    const kept = fresh(ask, name)
    const before = name === null ? undefined : byName.get(name)
    if (before) {
      before.row.name = null
      superseded.add(before.row.id)
    }
    return remember(kept)
  }

  const join = (kept: Kept, ask: SessionAsk): Session => {
    kept.row.model = ask.model
    kept.row.address = ask.caller.address
    kept.row.last_at = clock.now()
    kept.turns += 1
    kept.active += 1
    dirty.add(kept.row.id)
    return handle(kept, (usedTokens) => {
      kept.active -= 1
      kept.tokens += usedTokens
      kept.row.last_at = clock.now()
      dirty.add(kept.row.id)
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
        dirty.add(known.row.id)
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
      const found = stored ? keep(stored) : name === null ? byId.get(header) : undefined
      const session = enterFound(ask, name, found)
      if (session !== 'open') return session
      const kept = fresh(ask, name)
      if (!(await soon(store.transaction((trx) => openNamed(trx, kept.row, found?.row.id))))) continue
      if (found) {
        found.row.name = null
        byName.delete(name ?? '')
      }
      return join(remember(kept), ask)
    }
  }

  const flush = (): Promise<void> => {
    writing = writing
      .catch(() => {}) // told to whoever waited for that write; what it held is dirty again
      .then(async () => {
        let retries = 3
        while (dirty.size > 0) {
          const batch = [...dirty].slice(0, 200).flatMap((id) => byId.get(id) ?? [])
          const saved = batch.map((kept) => ({ kept, turns: kept.turns, tokens: kept.tokens, taint: kept.newTaint }))
          for (const { kept } of saved) {
            dirty.delete(kept.row.id)
            kept.writing = true
            kept.newTaint = []
          }
          const rows = saved.map(({ kept, turns, tokens }) => ({ ...kept.row, turns, tokens }))
          const taint = saved.flatMap(({ kept, taint }) =>
            taint.map((label): SessionTaint => ({ session: kept.row.id, label })),
          )
          const over = [...superseded]
          superseded.clear()
          try {
            await store.transaction((trx) => saveSessions(trx, rows, taint, over))
          } catch (error) {
            for (const id of over) superseded.add(id)
            for (const { kept, taint } of saved) {
              kept.newTaint = [...taint, ...kept.newTaint]
              dirty.add(kept.row.id)
            }
            // Another node has just written a session of the same name: the next look sees it.
            if (isUniqueViolation(error) && retries-- > 0) continue
            throw error
          } finally {
            for (const { kept } of saved) kept.writing = false
          }
          for (const { kept, turns, tokens } of saved) {
            kept.row.turns += turns
            kept.row.tokens += tokens
            kept.turns -= turns
            kept.tokens -= tokens
          }
        }
      })
    return writing
  }

  const upkeep = createUpkeep(
    FLUSH_MS,
    () => {
      const now = clock.now()
      for (const kept of byId.values()) if (!needed(kept) && now - kept.row.last_at >= deps.idleMs) drop(kept)
      return flush()
    },
    deps.report,
  )

  /** Known here or stored; by id or by the client's own name. */
  const find = async (idOrName: string): Promise<StoredSession> => {
    const kept = byId.get(idOrName) ?? byName.get(idOrName)
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
      const cached = ours ? byId.get(header ?? '') : byName.get(name ?? '')
      const joinOr = (session: Session | 'open') => (session === 'open' ? join(open(ask, name), ask) : session)
      // Alone, memory is the truth; only an explicit id can name what this process has not seen since it started.
      if (cached || header === undefined) return joinOr(enterFound(ask, name, cached))
      return (async () => {
        const stored = await selectSession(store.db, name === null ? { id: header } : { name })
        // Another call may have opened it while this one was looking.
        const own = ours ? byId.get(header) : byName.get(name ?? '')
        return joinOr(enterFound(ask, name, stored ? keep(stored) : own))
      })()
    },
    async look(caller, id) {
      const cached = byId.get(id)
      // On several nodes the row tells what others have ended.
      const stored = cached && !shared ? undefined : await selectSession(store.db, { id })
      const kept = stored ? keep(stored) : cached
      return kept && isTheirs(kept, caller) && state(kept, caller) === 'open' ? handle(kept, () => {}) : undefined
    },
    standing({ session }) {
      const kept = session === undefined ? undefined : byId.get(session)
      return kept && kept.row.ended_at !== null ? over() : undefined
    },
    async show(id) {
      await flush()
      const { row } = await find(id)
      const stored = await selectSession(store.db, { id: row.id })
      return view(stored ?? { row, taint: [] })
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
      for (const kept of byId.values()) {
        if (kept.row.ended_at !== null || !matches(subjectOf(kept, pastCaller(kept.row)))) continue
        kept.row.ended_at = now
        kept.row.end_cause = cause
      }
    },
    async endOf(principal, openedBefore, cause) {
      const at = clock.now()
      for (const { row } of byId.values())
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
        const kept = byId.get(key)
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
    start: upkeep.start,
    async stop() {
      await upkeep.stop()
      await flush()
    },
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

/**
 * What of the credential a session stays with. A key is one thing for its life; tokens and certificates are renewed
 * every few minutes or hours, and a session that ended with each would throw everybody out (teleport#18544).
 */
const bindingOf = ({ kind, id }: Credential): string => (kind === 'key' ? `key:${id}` : kind)

/** A name no client can send; two callers whose conversations begin alike do not share one. */
const derivedName = ({ caller, fingerprint }: SessionAsk): string | null =>
  fingerprint === undefined ? null : `~${bindingOf(caller.credential)} ${uidText(caller.principal)} ${fingerprint}`

/** One answer for unknown and foreign, so that ids cannot be guessed. */
const notYours = (): Fault => new Fault('session_mismatch', { detail: 'There is no such session for this caller' })
const over = (): Fault =>
  new Fault('session_mismatch', { detail: 'This session has ended; leave x-sallyport-session out to start a new one' })

/** The caller of a session as its row remembers it, for matching it with locks between calls. */
function pastCaller(row: SessionRow): Caller {
  const split = row.principal.indexOf('::')
  const type = row.principal.slice(0, split) as Caller['principal']['type']
  const [kind = 'key', id = ''] = row.binding.split(/:(.*)/s)
  return {
    principal: { type, id: JSON.parse(row.principal.slice(split + 2)) as string },
    credential: { kind: kind as Credential['kind'], id, bound: false },
    address: row.address,
  }
}

const view = ({ row, taint }: StoredSession): SessionView => ({
  id: row.id,
  name: row.name === null || row.name.startsWith('~') ? undefined : row.name,
  principal: row.principal,
  openedAt: row.opened_at,
  lastAt: row.last_at,
  turns: row.turns,
  tokens: row.tokens,
  taint: taint.sort(),
  endedAt: row.ended_at ?? undefined,
  endCause: row.end_cause ?? undefined,
  forgottenAt: row.forgotten_at ?? undefined,
})
