// The sessions that this node keeps in memory, and their writing behind: one `Kept` for each, for as long as a call is in it or
// something of it is not written. What is on its way to the database is never dropped, and what could not be written is tried
// again.
import type { Clock } from '../core/index.ts'
import { isUniqueViolation, type Store } from '../store/index.ts'
import { type SessionRow, type SessionTaint, type StoredSession, saveSessions } from './queries.ts'
import { createUpkeep } from './upkeep.ts'

/** Sessions kept in memory at most; those in use are never dropped. */
const MAX_CACHED = 100_000
const FLUSH_MS = 1000

export interface Kept {
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

export interface SessionMemory {
  byId(id: string): Kept | undefined
  byName(name: string): Kept | undefined
  all(): Iterable<Kept>
  /** What was read of a session, joined with what is known of it here. */
  keep(stored: StoredSession): Kept
  /** The one that is known of this session already, if there is one: another call may have read it meanwhile. */
  remember(kept: Kept): Kept
  /** Its name goes to a newer session, which is to be written. */
  supersede(kept: Kept): void
  /** Its name has gone to a newer session, which is written. */
  unname(kept: Kept, name: string): void
  /** Something of it is not written. */
  touch(kept: Kept): void
  /** Writes what is not written yet. */
  flush(): Promise<void>
  start(): void
  stop(): Promise<void>
}

interface MemoryDeps {
  readonly store: Store
  readonly clock: Clock
  readonly idleMs: number
  readonly report: (error: unknown) => void
}

export const keptOf = (row: SessionRow, taint: Iterable<string> = []): Kept => ({
  row,
  taint: new Set(taint),
  active: 0,
  writing: false,
  turns: 0,
  tokens: 0,
  newTaint: [],
})

export function createSessionMemory({ store, clock, idleMs, report }: MemoryDeps): SessionMemory {
  const byId = new Map<string, Kept>()
  const byName = new Map<string, Kept>()
  /** Ids of those of which something is not written. */
  const dirty = new Set<string>()
  /** Ids whose name has gone to a newer session. */
  const superseded = new Set<string>()
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
    return remember(keptOf(row, taint))
  }
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
      for (const kept of byId.values()) if (!needed(kept) && now - kept.row.last_at >= idleMs) drop(kept)
      return flush()
    },
    report,
  )

  return {
    byId: (id) => byId.get(id),
    byName: (name) => byName.get(name),
    all: () => byId.values(),
    keep,
    remember,
    supersede({ row }) {
      row.name = null
      superseded.add(row.id)
    },
    unname({ row }, name) {
      row.name = null
      byName.delete(name)
    },
    touch: ({ row }) => void dirty.add(row.id),
    flush,
    start: upkeep.start,
    async stop() {
      await upkeep.stop()
      await flush()
    },
  }
}
