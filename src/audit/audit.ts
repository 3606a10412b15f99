// The audit log of one node: what other rooms append to, ask and follow.
import type { Clock, NewEvent, NewId } from '../core/index.ts'
import type { Store, Trx } from '../store/index.ts'
import { type CallFacts, type CallRecord, createCalls } from './call.ts'
import { createLog, type Log } from './log.ts'
import { endBoot, insertBoot, moveOpenFrom, readHead } from './queries.ts'
import { recover } from './recovery.ts'
import { createSearch, type Search } from './search.ts'
import { createTail, type StartTail } from './tail.ts'

export interface AuditDeps {
  store: Store
  clock: Clock
  newId: NewId
  /** Stable name of this node: calls that its last process left open are ended at its next start. */
  node: string
  report: (error: unknown) => void
  maxWaiting?: number
  probeMs?: number
}

export interface Audit extends Search {
  /** False after a write failed, until one succeeds again. The gateway refuses calls meanwhile. */
  readonly available: boolean
  /** @throws Fault `audit_unavailable` unless the event is durable */
  append(event: NewEvent): Promise<void>
  /** Part of the caller's transaction, for `createChange`. */
  appendIn(trx: Trx, events: readonly NewEvent[]): Promise<void>
  /** The record of a call; `id` is the call's own (`call_…`). */
  openCall(id: string, facts: CallFacts): CallRecord
  tail: StartTail
  /** Ends the calls that dead processes of this node left open, and begins this one. Call it before serving. */
  start(): Promise<{ recovered: number }>
  stop(): Promise<void>
}

/** Milliseconds between two notes of where the oldest open call lies. */
const NOTE_MS = 1000

export function createAudit(deps: AuditDeps): Audit {
  const { store, clock, node, report } = deps
  const boot = deps.newId('boot')
  const log: Log = createLog({ ...deps, boot })
  const calls = createCalls(log, clock)
  const search = createSearch(store)
  let timer: NodeJS.Timeout | undefined
  let noted = 0

  /** Without it a crash after months would read months of events to find the open calls. */
  const noteOpen = async (): Promise<void> => {
    const position = calls.lowest ?? log.size
    if (position <= noted) return
    await store.transaction((trx) => moveOpenFrom(trx, boot, position))
    noted = position
  }

  return {
    ...search,
    get available() {
      return log.available
    },
    async append(event) {
      await log.append(event)
    },
    async appendIn(trx, events) {
      await log.appendIn(trx, events)
    },
    openCall: calls.open,
    tail: createTail({ store, onCommit: log.onCommit, report }),
    async start() {
      const recovered = await recover({ store, clock, log, node, boot })
      const { size } = await readHead(store.db)
      noted = size
      await store.transaction((trx) => insertBoot(trx, { boot, node, started_at: clock.now(), open_from: size }))
      timer = setInterval(() => void noteOpen().catch(report), NOTE_MS).unref()
      return { recovered }
    },
    async stop() {
      clearInterval(timer)
      await log.close()
      // A call that is still open was not ended by us; the next start finds it because this boot is not marked as ended.
      if (calls.size === 0) await store.transaction((trx) => endBoot(trx, boot, clock.now()))
    },
  }
}
