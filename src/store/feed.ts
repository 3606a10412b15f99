// The ordered stream of changes that every node follows: NOTIFY for speed, the sequence for truth. A node reads every
// number after its own, and is fresh only for a while after the moment it last asked and applied what it was told.
import { sql } from 'kysely'
import { type Clock, Fault, systemClock } from '../core/index.ts'
import type { FeedEntry } from './change.ts'
import { coded, translate } from './error.ts'
import { createFeedLink, type FeedLink } from './feed-link.ts'
import { translatePostgres } from './postgres.ts'
import type { Store, Trx } from './store.ts'

export interface FeedChange extends FeedEntry {
  readonly seq: number
}

/** A change as it lies in the database: no other one has the same number, moment and target. */
interface Stored extends FeedChange {
  readonly at: number
}

/** What applying changes ended on this node. */
export interface Ended {
  readonly calls: number
  /** Of these, how many had an open connection to a model server. */
  readonly upstreams: number
}

/** Applies one batch of changes, in order. It must not return before this node acts on them. */
export type FeedListener = (changes: readonly FeedChange[]) => void | Promise<void>

export interface Feed {
  append(trx: Trx, entries: readonly FeedEntry[], at: number): Promise<number>
  /** Whether anything but these kinds was changed after `since` and before `own`, which this transaction has just been given. */
  movedBetween(trx: Trx, since: number, own: number, but: readonly string[]): Promise<boolean>
  /** Listeners run one after another in order of subscription. */
  subscribe(listener: FeedListener): void
  /** The one that ends calls; runs after all listeners, and says what it ended. */
  enforce(listener: (changes: readonly FeedChange[]) => Promise<Ended>): void
  /** What was sent to all nodes and is no change. Whoever does not listen at that moment does not hear it. */
  hear(listener: (message: string) => void): void
  send(message: string): Promise<void>
  /** The newest number there is, applied here or not. */
  newest(): Promise<number>
  /** Reads and applies everything up to at least `seq`. */
  applied(seq: number): Promise<void>
  readonly seq: number
  /** Monotonic milliseconds at which the last read was sent that this node has applied in full. */
  readonly heardAt: number
  /** What applying the batch that held `seq` ended on this node. */
  endedAt(seq: number): Ended | undefined
  start(): Promise<void>
  stop(): Promise<void>
}

/** Any constant shared by all nodes; keeps a lower sequence number from committing after a higher one. */
const FEED_LOCK = 7_241_001
const CHANNEL = 'sallyport_feed'
const BATCH = 1000
/** A black hole is noticed after this, well before the node goes stale. */
const LINK_TIMEOUT_MS = 1000
const KEEP_ENDED = 1000
const KEEP_TRYING_MS = 2000
const RETRY_MS = 50
const MADE = 'The change is made, and this node has lost the database since.'

/** What a node tells of itself. */
export interface NodeSelf {
  readonly id: string
  readonly name: string
  /** It runs no call any more once it has heard nothing for so long. */
  readonly closesAfterMs: number
  /** How many calls it runs. */
  readonly calls: () => number
}

export interface FeedOptions {
  store: Store
  /** Milliseconds between two looks at the sequence on PostgreSQL. */
  pollMs: number
  /** Who acknowledges; left out, this node follows without being waited for. */
  node?: NodeSelf
  clock?: Clock
  report: (error: unknown) => void
}

export function createFeed({ store, pollMs, node, clock = systemClock, report }: FeedOptions): Feed {
  const listeners: FeedListener[] = []
  let hearer: (message: string) => void = () => {}
  let enforcer: ((changes: readonly FeedChange[]) => Promise<Ended>) | undefined
  const ended: { from: number; to: number; what: Ended }[] = []
  /** Of these, what the other nodes have not been told: it is, before this one says that it has applied what ended them. */
  const owed: { from: number; to: number; what: Ended }[] = []
  const startedAt = clock.now()
  let seq = 0
  /** The change of that number. If the database does not hold it any more, what came after it there is not what comes next here. */
  let own: Stored | undefined
  /** Whether this node stands in the list; if it does not any more, a process of its name has taken its place. */
  let listed = false
  let heardAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let link: FeedLink | undefined

  const ask = (to: FeedLink): Promise<(Stored & { alive?: number })[]> => {
    if (!node) return to.query(READ, [seq])
    const { id, name, closesAfterMs, calls } = node
    const known = [seq, own?.kind ?? '', own?.key ?? '', own?.at ?? 0, id, calls()]
    return listed
      ? to.query(READ_AND_ACKNOWLEDGE, known)
      : to.query(READ_AND_JOIN, [...known, name, startedAt, closesAfterMs])
  }

  /** A node that may not follow any more hears nothing, so it takes no calls and ends those it has; only a new start helps. */
  const refuse = (code: string, message: string): never => {
    throw new Fault('node_stale', { cause: coded('held', code, message) })
  }

  const fetch = async (): Promise<Stored[]> => {
    if (link) {
      const rows = await ask(link)
      const [first] = rows
      if (own && (first?.seq !== own.seq || first.at !== own.at || first.kind !== own.kind || first.key !== own.key))
        refuse('HISTORY_LOST', `the database does not hold change ${seq} any more, which this node has applied`)
      if (first?.alive === 0) refuse('NODE_DISPLACED', 'another process has taken the name of this node')
      listed = true
      return own ? rows.slice(1) : rows
    }
    const rows = store.db.selectFrom('change').select(['seq', 'kind', 'key', 'at']).where('seq', '>', seq)
    return rows.orderBy('seq').limit(BATCH).execute()
  }

  const apply = async (rows: readonly Stored[], from: number, last: Stored): Promise<void> => {
    for (const listener of listeners) await listener(rows)
    const what = await enforcer?.(rows)
    if (what && what.calls > 0) {
      ended.push({ from, to: last.seq, what })
      if (ended.length > KEEP_ENDED) ended.shift()
      if (link && node) owed.push({ from, to: last.seq, what })
    }
    for (let [one] = owed; link && node && one; [one] = owed) {
      await link.query(REPORT_ENDED, [one.from, one.to, node.id, one.what.calls, one.what.upstreams])
      owed.shift()
    }
    seq = last.seq
    own = last
  }

  /** One reader at a time; every caller waits for a read that began after it asked. */
  const read = (): Promise<void> => {
    reading = reading
      .catch(() => {}) // the failure was told to whoever waited for that read; the next one tries again
      .then(async () => {
        for (;;) {
          const sentAt = clock.monotonic()
          const rows = await fetch()
          const [first, last] = [rows[0], rows.at(-1)]
          if (!first || !last) {
            heardAt = sentAt
            return
          }
          await apply(rows, first.seq, last)
        }
      })
    return reading
  }

  const newest = async (): Promise<number> => {
    const row = await store.db
      .selectFrom('change')
      .select((of) => of.fn.max('seq').as('seq'))
      .executeTakeFirst()
    return Math.max(seq, row?.seq ?? 0)
  }

  return {
    newest,
    async append(trx, entries, at) {
      if (store.dialect === 'postgres') await sql`select pg_advisory_xact_lock(${FEED_LOCK})`.execute(trx)
      const rows = await trx
        .insertInto('change')
        .values(entries.map(({ kind, key }) => ({ kind, key, at })))
        .returning('seq')
        .execute()
      if (store.dialect === 'postgres') await sql`select pg_notify(${CHANNEL}, '')`.execute(trx)
      return Math.max(...rows.map((row) => row.seq))
    },
    async movedBetween(trx, since, own, but) {
      const between = trx.selectFrom('change').select('seq').where('seq', '>', since).where('seq', '<', own)
      return (await between.where('kind', 'not in', but).executeTakeFirst()) !== undefined
    },
    subscribe(listener) {
      listeners.push(listener)
    },
    enforce(listener) {
      enforcer = listener
    },
    hear(listener) {
      hearer = listener
    },
    async send(message) {
      await link?.query('select pg_notify($1, $2)', [CHANNEL, message])
    },
    async applied(wanted) {
      const since = clock.monotonic()
      while (seq < wanted) {
        try {
          await read()
        } catch (error) {
          // The change is durable; a hiccup of the feed's own connection must not look like a failed change.
          if (clock.monotonic() - since > KEEP_TRYING_MS)
            throw error instanceof Fault ? error : new Fault('store_unavailable', { detail: MADE, cause: error })
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
        }
      }
    },
    get seq() {
      return seq
    },
    get heardAt() {
      return heardAt
    },
    endedAt: (wanted) => ended.find(({ from, to }) => from <= wanted && wanted <= to)?.what,
    async start() {
      const sentAt = clock.monotonic()
      own = await store.db
        .selectFrom('change')
        .select(['seq', 'kind', 'key', 'at'])
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst()
      seq = own?.seq ?? 0
      heardAt = sentAt
      const { sessions } = store
      if (!sessions) return
      const look = () => void (stopped || read().catch(report))
      const onNotify = (message: string) => (message === '' ? look() : hearer(message))
      link = createFeedLink({
        sessions,
        channel: CHANNEL,
        timeoutMs: LINK_TIMEOUT_MS,
        onNotify,
        onLate: store.suspect,
        onStall: store.stall,
      })
      await read().catch((error: unknown) => {
        throw translate(translatePostgres(error))
      })
      timer = setInterval(look, pollMs)
      timer.unref()
    },
    async stop() {
      stopped = true // a notice may come in until the link is closed
      clearInterval(timer)
      await reading.catch(() => {}) // reported by whoever waited for it
      link?.close()
    },
  }
}

/** The change that was applied last comes first. */
const READ = `select seq, kind, key, at from change where seq >= $1 order by seq limit ${BATCH + 1}`

/** One round trip says that this node lives and what it has applied, by the database's clock, and asks for what is new. */
const readAnd = (alive: string): string => `
  with own as (select 1 where $1::bigint = 0 or exists (select 1 from change where seq = $1 and kind = $2 and key = $3 and at = $4)),
  alive as (${alive} returning id)
  select change.*, (select count(*) from alive) as alive from (${READ}) as change order by seq`

const NOW = '(extract(epoch from clock_timestamp()) * 1000)::bigint'

const READ_AND_JOIN = readAnd(`
  insert into node (id, calls, name, started_at, closes_after_ms, applied_seq, heard_at)
    select $5::text, $6::bigint, $7::text, $8::bigint, $9::bigint, $1, ${NOW} from own
    on conflict (id) do update set applied_seq = excluded.applied_seq, calls = excluded.calls, heard_at = excluded.heard_at`)

/** Only where it stands: whoever took its place has removed it. */
const READ_AND_ACKNOWLEDGE = readAnd(`
  update node set applied_seq = $1, calls = $6, heard_at = ${NOW} from own where id = $5`)

const REPORT_ENDED = 'insert into node_cut (from_seq, seq, node, calls, upstreams) values ($1, $2, $3, $4, $5)'
