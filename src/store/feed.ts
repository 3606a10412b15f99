// The ordered stream of changes that every node follows. Sequence for truth: a node reads every number after its own.
import { sql } from 'kysely'
import type { FeedEntry } from './change.ts'
import type { Store, Trx } from './store.ts'

export interface FeedChange extends FeedEntry {
  readonly seq: number
}

/** Applies one batch of changes, in order. It must not return before this node acts on them. */
export type FeedListener = (changes: readonly FeedChange[]) => void | Promise<void>

export interface Feed {
  append(trx: Trx, entries: readonly FeedEntry[], at: number): Promise<number>
  /** Listeners run one after another in order of subscription: directory first, leases last. */
  subscribe(listener: FeedListener): void
  /** Reads and applies everything up to at least `seq`. */
  applied(seq: number): Promise<void>
  readonly seq: number
  start(): Promise<void>
  stop(): Promise<void>
}

/** Any constant shared by all nodes; keeps a lower sequence number from committing after a higher one. */
const FEED_LOCK = 7_241_001
const BATCH = 1000

export interface FeedOptions {
  store: Store
  /** Milliseconds between two looks at the sequence on PostgreSQL. */
  pollMs: number
  report: (error: unknown) => void
}

export function createFeed({ store, pollMs, report }: FeedOptions): Feed {
  const listeners: FeedListener[] = []
  let seq = 0
  let reading: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined

  /** One reader at a time; every caller waits for a read that began after it asked. */
  const read = (): Promise<void> => {
    reading = reading
      .catch(() => {}) // the failure was told to whoever waited for that read; the next one tries again
      .then(async () => {
        for (;;) {
          const rows = await store.db
            .selectFrom('change')
            .select(['seq', 'kind', 'key'])
            .where('seq', '>', seq)
            .orderBy('seq')
            .limit(BATCH)
            .execute()
          const last = rows.at(-1)
          if (!last) return
          for (const listener of listeners) await listener(rows)
          seq = last.seq
        }
      })
    return reading
  }

  return {
    async append(trx, entries, at) {
      if (store.dialect === 'postgres') await sql`select pg_advisory_xact_lock(${FEED_LOCK})`.execute(trx)
      const rows = await trx
        .insertInto('change')
        .values(entries.map(({ kind, key }) => ({ kind, key, at })))
        .returning('seq')
        .execute()
      return Math.max(...rows.map((row) => row.seq))
    },
    subscribe(listener) {
      listeners.push(listener)
    },
    async applied(wanted) {
      while (seq < wanted) await read()
    },
    get seq() {
      return seq
    },
    async start() {
      const newest = await store.db
        .selectFrom('change')
        .select((of) => of.fn.max('seq').as('seq'))
        .executeTakeFirst()
      seq = newest?.seq ?? 0
      if (store.dialect === 'postgres') {
        timer = setInterval(() => void read().catch(report), pollMs)
        timer.unref()
      }
    },
    async stop() {
      clearInterval(timer)
      await reading.catch(() => {}) // reported by whoever waited for it
    },
  }
}
