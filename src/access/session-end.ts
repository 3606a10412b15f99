// How a session ends: cut, locked, or suspended with its principal, here or on another node. Then it may be forgotten: what rooms
// keep of it is destroyed. What has ended is never revived.
import type { Clock } from '../core/index.ts'
import { Fault } from '../core/index.ts'
import type { Changed, Store, Trx } from '../store/index.ts'
import type { CallSubject } from './lease.ts'
import {
  endSession,
  endSessionsOf,
  forgetSession,
  type SessionRow,
  type StoredSession,
  saveSessions,
  selectSession,
  selectSessionsNamed,
} from './queries.ts'
import { beginningOf, NAME, over, pastCaller, type SessionView, subjectOf, viewOf } from './session.ts'
import type { SessionMemory } from './session-memory.ts'

/** Destroys what a room keeps of a session: vault, runtime context, stored answers. Idempotent. */
export type ForgetHook = (session: string) => void | Promise<void>

export interface SessionEnds {
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
}

export function createSessionEnds(store: Store, clock: Pick<Clock, 'now'>, memory: SessionMemory): SessionEnds {
  const hooks = new Map<string, ForgetHook>()

  const end = (row: SessionRow, at: number, cause: string): void => {
    row.ended_at = at
    row.end_cause = cause
  }

  const byId = async (id: string): Promise<StoredSession | undefined> => {
    const kept = memory.byId(id)
    return kept ? { row: kept.row, taint: [...kept.taint] } : selectSession(store.db, { id })
  }

  /** The id of the one session that a client calls so. */
  const idOf = async (name: string): Promise<string | undefined> => {
    if (!NAME.test(name)) return undefined
    const beginning = beginningOf(name)
    const ids = new Set(await selectSessionsNamed(store.db, beginning))
    for (const { row } of memory.all()) if (row.name?.startsWith(beginning)) ids.add(row.id)
    if (ids.size > 1)
      throw new Fault('not_found', { detail: 'Several callers have a session of this name; name one by its id' })
    const [id] = ids
    return id
  }

  /** Known here or stored; by id or by the client's own name. */
  const find = async (idOrName: string): Promise<StoredSession> => {
    let found = await byId(idOrName)
    if (!found) {
      const id = await idOf(idOrName)
      if (id !== undefined) found = await byId(id)
    }
    if (!found) throw new Fault('not_found', { detail: 'There is no such session' })
    return found
  }

  return {
    standing({ session }) {
      const kept = session === undefined ? undefined : memory.byId(session)
      return kept && kept.row.ended_at !== null ? over() : undefined
    },
    async show(id) {
      await memory.flush()
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
      for (const { row } of memory.all())
        if (row.ended_at === null && matches(subjectOf(row, pastCaller(row)))) end(row, now, cause)
    },
    async endOf(principal, openedBefore, cause) {
      const at = clock.now()
      for (const { row } of memory.all())
        if (row.principal === principal && row.opened_at < openedBefore && row.ended_at === null) end(row, at, cause)
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
  }
}
