// The one writer of events on this node. Whoever appends waits until its event, its leaf and the head of the tree are
// durable together; everything that waits when a commit ends goes into the next one (group commit), so under load a
// commit is shared by many and alone it starts at once. Only endings, which nothing waits for, look for company first.
import type { AuditEvent, Clock, NewEvent, NewId } from '../core/index.ts'
import { Fault } from '../core/index.ts'
import type { Statement, Store, Trx } from '../store/index.ts'
import { createAppender } from './appender.ts'
import { eventText, inKeyOrder } from './canonical.ts'
import { leafHash } from './merkle.ts'
import { type Head, readEvents } from './queries.ts'
import type { Entry } from './tree.ts'

export interface LogDeps {
  store: Store
  clock: Clock
  newId: NewId
  node: string
  boot: string
  report: (error: unknown) => void
  /** Most events that may wait for a commit; one more is refused. */
  maxWaiting?: number
  /** Milliseconds between two attempts to write while the log is not available. */
  probeMs?: number
  /** So many events that this process wrote are not in the database any more, and come at or after `from` now; `all`: no more than these are missing. */
  lost?: (events: number, from: number, all: boolean) => void
}

export interface Appended {
  readonly event: AuditEvent
  readonly position: number
}

export interface AppendOptions {
  /** Written with the event, in the same transaction. */
  readonly rows?: readonly Statement[]
  /** Makes the text of the event; what it returns must be equal to `canonical(event)`. */
  readonly write?: (event: AuditEvent) => string
  /** Of what is appended surely: the log holds nothing that it belongs to, so it may be counted instead of kept when too much waits. */
  readonly countable?: boolean
}

export interface Log {
  /** True until a write fails; true again as soon as one succeeds, which the log itself keeps trying. */
  readonly available: boolean
  /** False if an event that is appended now is refused at once. */
  readonly takes: boolean
  /** Events committed by this node so far that it knows of; what is appended next lies at or after it. */
  readonly size: number
  /** @throws Fault `audit_unavailable` if it is not durable; it may still turn out to have been written */
  append(event: NewEvent, options?: AppendOptions): Promise<Appended>
  /**
   * For what may be neither missing nor twice. Rejects like `append`, so that nobody hangs on a full disk, but the event
   * stays in line until it is written; `written` tells when. It goes with the next commit, and has one of its own only
   * after 5 ms without: until then a crash leaves it to recovery. What is `countable` is kept only while there is room.
   */
  appendSurely(event: NewEvent, written: () => void, options?: AppendOptions): Promise<Appended>
  /** Appends within somebody else's transaction: neither exists without the other. */
  appendIn(trx: Trx, events: readonly NewEvent[]): Promise<Appended[]>
  /** Puts every full block into the search index, within somebody else's transaction; returns how far it reaches. */
  indexIn(trx: Trx): Promise<number>
  /** Events that wait for a commit. */
  readonly waiting: number
  /** Called after each commit of this node, in their order, with what it wrote and where. */
  onCommit(listener: CommitListener): () => void
  /** Waits for what is in the queue and refuses the rest. */
  close(): Promise<void>
}

/** `ms` it took, if that is known; `first` is the position of the first event, the others follow it. */
export type CommitListener = (written: readonly Entry[], ms: number | undefined, first: number) => void

interface Waiting extends Entry {
  readonly rows: readonly Statement[]
  /** Set on an event that is kept and tried again after a failed commit. */
  readonly written: (() => void) | undefined
  resolve: (appended: Appended) => void
  reject: (error: unknown) => void
}

interface Batch {
  readonly batch: readonly Waiting[]
  readonly first: number
}

/** The database is another one by now, as after a failover to a copy that lacked the end; what was lost waits again. */
class EventsLost extends Error {
  readonly events: number

  constructor(events: number) {
    super('events that were written are not there any more')
    this.name = 'EventsLost'
    this.events = events
  }
}

/** Events of this process that are remembered for that: more than a copy is behind when all is well. */
const REMEMBERED = 2048

const RESUMED = 'audit.resumed'
const NO_ROWS: readonly Statement[] = []

/** Events per commit: bounds the time the database is held and the memory of one message. */
const MAX_BATCH = 512

/** Milliseconds that an ending waits for a commit of something else: calls a few ms apart pay for one commit each, not two. */
const COMPANY_MS = 5

/** So many endings are company for each other. */
const COMPANY = 8

/**
 * Callers told in one turn are half of all that are under way: what they hand in next is written while the other half
 * prepares. Told all at once, they would also come back all at once, and the database and this thread would only ever work
 * in turn; told a few at a time, each commit would be of few. The most bounds how long timers and sockets wait for their turn.
 */
const [LEAST_TOLD, MOST_TOLD] = [32, 128]

const rowsOf = (batch: readonly Waiting[]): readonly Statement[] => batch.flatMap(({ rows }) => rows)

export function createLog(deps: LogDeps): Log {
  const { store, clock, newId, node, boot, report, maxWaiting = 10_000, probeMs = 500 } = deps
  const listeners = new Set<CommitListener>()
  let waiting: Waiting[] = []
  /** What this process wrote last, oldest first, on a database that may come back without it. */
  let mine: Batch[] = []
  let remembered = 0
  let forgotten = false
  const prove = async (trx: Trx, head: Head): Promise<void> => {
    const isThere = async ({ batch, first }: Batch) =>
      (await readEvents(trx, first, first + 1))[0]?.body === batch[0]?.body
    const newest = mine.at(-1)
    if (!newest || (await isThere(newest))) return
    // The first that is not there: none after it is, either.
    let [low, high] = [0, mine.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (await isThere(mine[middle] as Batch)) low = middle + 1
      else high = middle
    }
    const lost = mine.slice(low)
    const entries = lost
      .flatMap(({ batch }) => batch)
      .map((entry) => ({ ...entry, written: entry.written ?? (() => {}) }))
    mine = mine.slice(0, low)
    remembered -= entries.length
    waiting.unshift(...entries)
    size = Math.min(lost[0]?.first as number, head.size) // others may have written what lay before, and not again
    deps.lost?.(entries.length, size, low > 0 || !forgotten)
    wakeUrgent()
    throw new EventsLost(entries.length)
  }
  const appender = createAppender(store, boot, { waiting: () => waiting, most: MAX_BATCH, prove })
  let committing = false
  /** A commit is wanted: somebody waits for it, or it is time to try again. */
  let due = false
  /** Among what waits is something that looks for no company. */
  let urgent = false
  let company: NodeJS.Timeout | undefined
  let turn: NodeJS.Immediate | undefined
  /** Durable batches, oldest first, whose callers have not all been told. */
  const durable: { readonly batch: readonly Waiting[]; readonly first: number; told: number }[] = []
  /** Events in the commit that runs, and durable ones whose callers do not know. */
  let [writing, untold] = [0, 0]
  let available = true
  let closed = false
  /** Refused while the log was not available or full, and not kept; told by the first event after that. */
  let refused = 0
  let downSince = 0
  let probe: NodeJS.Timeout | undefined
  /** A batch whose commit failed may still have been written; it lies there or nowhere. */
  let doubt: { position: number; batch: readonly Waiting[] } | undefined
  let size = 0
  let idle = () => {}

  const stamp = (event: NewEvent, write = eventText): Entry => {
    const full = inKeyOrder(event, newId('event'), clock.now(), node, boot)
    const body = write(full)
    return { event: full, body, leaf: leafHash(body) }
  }

  const keptAt = (batch: readonly Waiting[], first: number, ms?: number) => {
    if (store.dialect === 'postgres') remember({ batch, first })
    durable.push({ batch, first, told: 0 })
    untold += batch.length
    for (const listener of listeners) listener(batch, ms, first)
  }

  const remember = (one: Batch) => {
    mine.push(one)
    remembered += one.batch.length
    while (remembered > REMEMBERED && mine.length > 1) {
      remembered -= mine.shift()?.batch.length ?? 0
      forgotten = true
    }
  }

  /** `size` moves with it: an event whose caller does not know yet is one whose call nobody counts as open. */
  const tellSome = () => {
    const [oldest] = durable
    if (!oldest) return
    const { batch, first, told } = oldest
    const half = Math.ceil((writing + waiting.length + untold) / 2)
    oldest.told = Math.min(told + Math.min(Math.max(half, LEAST_TOLD), MOST_TOLD), batch.length)
    untold -= oldest.told - told
    if (oldest.told === batch.length) durable.shift()
    size = Math.max(size, first + oldest.told)
    batch.slice(told, oldest.told).forEach((entry, i) => {
      entry.written?.()
      entry.resolve({ event: entry.event, position: first + told + i })
    })
  }

  /** Settles a failed batch whose outcome is not known. */
  const settleDoubt = async (): Promise<void> => {
    if (!doubt) return
    const { position, batch } = doubt
    const written = await appender.holds(batch, position)
    doubt = undefined
    if (!written) return
    waiting = waiting.filter((entry) => !batch.includes(entry))
    keptAt(batch, position)
  }

  const fail = (batch: readonly Waiting[], position: number | undefined, error: unknown) => {
    const fault = new Fault('audit_unavailable', { cause: error })
    if (available) {
      available = false
      downSince = clock.now()
      report(fault)
    }
    const all = [...batch, ...waiting]
    for (const entry of all) entry.reject(fault)
    waiting = all.filter(({ written }) => written)
    for (const { written, event } of all) if (!written && event.kind !== RESUMED) refused += 1
    if (position !== undefined && batch.some(({ written }) => written)) doubt = { position, batch }
    if (!closed) {
      probe ??= setTimeout(() => {
        probe = undefined
        wake()
      }, probeMs).unref()
    }
  }

  const commitNext = async (): Promise<void> => {
    committing = true
    let batch: Waiting[] = []
    let position: number | undefined
    let began = 0
    let told = 0
    let again = false
    try {
      await settleDoubt()
      if (!available || (refused > 0 && waiting.length < maxWaiting)) {
        told = refused
        waiting.unshift(resumed())
      }
      batch = waiting.splice(0, MAX_BATCH)
      if (waiting.length === 0) {
        urgent = false
        clearTimeout(company) // it has gone with this batch
        company = undefined
      }
      began = clock.monotonic()
      writing = batch.length
      if (batch.length > 0)
        await appender.append(batch, rowsOf(batch), (at) => {
          position = at
        })
      available = true
    } catch (error) {
      again = error instanceof EventsLost
      // Behind what was lost, which it comes after; how long the log was away is said anew.
      if (error instanceof EventsLost)
        waiting.splice(error.events, 0, ...batch.filter(({ event }) => event.kind !== RESUMED))
      else fail(batch, position, error)
      batch = []
    }
    committing = false
    writing = 0
    // What was left behind by a full batch and looks for no company any more goes at once.
    due = again || (available && (urgent || (waiting.length > 0 && company === undefined)))
    if (available && batch.length > 0) {
      refused -= told
      keptAt(batch, position as number, clock.monotonic() - began)
    }
    step()
  }

  /**
   * One turn. A wanted commit begins first: the callers of the last one are told, and prepare what they hand in next, while the
   * database works. Telling them first makes larger commits and leaves one of the two threads idle: fewer events a second.
   */
  const step = () => {
    clearImmediate(turn)
    turn = undefined
    if (due && !committing) {
      due = false
      void commitNext()
    } else tellSome()
    if (durable.length > 0 || (due && !committing)) later()
    else if (!committing) idle()
  }

  /** The first event after an outage says how long it was and how many events were refused in it. */
  const resumed = (): Waiting => ({
    ...stamp({ kind: RESUMED, data: { downMs: clock.now() - downSince, refused } }),
    rows: NO_ROWS,
    written: undefined,
    resolve: () => {},
    reject: () => {},
  })

  /** Everything that is handed in by this turn of the event loop shares a commit; timers and sockets get theirs in between. */
  const later = () => {
    turn ??= setImmediate(step)
  }

  const wake = () => {
    due = true
    if (!committing) later()
  }

  const wakeUrgent = () => {
    clearTimeout(company)
    company = undefined
    urgent = true
    wake()
  }

  const refusal = (): string | undefined => {
    if (closed) return 'shutting down'
    if (!available) return 'the last write failed'
    return waiting.length >= maxWaiting ? 'too many events wait' : undefined
  }

  const enqueue = (
    event: NewEvent,
    { rows = NO_ROWS, write, countable = false }: AppendOptions,
    written?: () => void,
  ): Promise<Appended> =>
    new Promise((resolve, reject) => {
      const detail = refusal()
      if (detail !== undefined) {
        reject(new Fault('audit_unavailable', { detail }))
        if (closed) return
        if (!written || (countable && waiting.length >= maxWaiting)) {
          if (available && refused === 0) downSince = clock.now()
          refused += 1
          return
        }
      }
      const entry = { ...stamp(event, write), rows, written, resolve, reject }
      waiting.push(entry)
      if (!available) return
      appender.expect(entry)
      if (!written || waiting.length >= COMPANY) wakeUrgent()
      else if (!due) company ??= setTimeout(wakeUrgent, COMPANY_MS)
    })

  return {
    get available() {
      return available
    },
    get takes() {
      return refusal() === undefined
    },
    get size() {
      return size
    },
    get waiting() {
      return waiting.length
    },
    append: (event, options = {}) => enqueue(event, options),
    appendSurely: (event, written, options = {}) => enqueue(event, options, written),
    async appendIn(trx, events) {
      const entries = events.map((event) => stamp(event))
      try {
        let first = 0
        await appender.appendIn(trx, entries, (position) => {
          first = position
        })
        return entries.map(({ event }, i) => ({ event, position: first + i }))
      } catch (error) {
        throw new Fault('audit_unavailable', { cause: error })
      }
    },
    indexIn: appender.indexIn,
    onCommit(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      closed = true
      clearTimeout(probe)
      if (waiting.length > 0 && available) wakeUrgent()
      if (committing || due || durable.length > 0) {
        await new Promise<void>((resolve) => {
          idle = resolve
        })
      }
      const fault = new Fault('audit_unavailable', { detail: 'shutting down' })
      for (const entry of waiting.splice(0)) entry.reject(fault)
    },
  }
}
