// The nodes that follow the feed: who has applied what, who is silent, and whether this one may still act. A node that has
// not heard from the store takes no calls after `staleAfterMs` and runs none after the grace; so a change that a silent
// node did not acknowledge is in force there too by then.
import { sql } from 'kysely'
import type { Clock } from '../core/index.ts'
import { DatabaseError, translate } from './error.ts'
import type { Ended, Feed, NodeSelf } from './feed.ts'
import { translatePostgres } from './postgres.ts'
import type { Store } from './store.ts'

export interface NodeView {
  readonly id: string
  readonly name: string
  readonly appliedSeq: number
  readonly startedAt: number
  /** Milliseconds since it was last heard of, by the database's clock. */
  readonly silentMs: number
  /** It runs no call any more once it has been silent for so long: its own setting, not that of who asks. */
  readonly closesAfterMs: number
  /** Calls it runs, as it said when it was last heard of. */
  readonly calls: number
  readonly self: boolean
}

export interface Acknowledgement {
  readonly node: string
  readonly name: string
  /** Milliseconds until it answered; undefined if it was silent. */
  readonly ms: number | undefined
  /** A silent node runs no call any more after this many milliseconds; 0 if it has closed itself already. */
  readonly closesInMs: number | undefined
  readonly ended: Ended
}

export interface Nodes {
  /** May this node take a call; may it go on with those it has? */
  admits(): boolean
  holds(): boolean
  list(): Promise<NodeView[]>
  /**
   * Waits until every node has applied the feed up to `seq`, for `withinMs` at most. 0 stands for an act that found everything
   * done already: it may be repeated because a node was silent, so the nodes are asked for all there is.
   */
  acknowledged(seq: number, withinMs: number): Promise<Acknowledgement[]>
  start(): void
  /** Takes this node off the list: nobody waits for it any more. */
  stop(): Promise<void>
}

export interface NodeDeps {
  store: Store
  feed: Feed
  clock: Clock
  node: Pick<NodeSelf, 'id' | 'name' | 'calls'>
  staleAfterMs: number
  graceMs: number
  /** Runs when this node has lost the right to go on with its calls; they must be cut. */
  onLost: () => void
}

/** A node not heard of for so long is not listed any more; it closed itself long ago. */
const FORGET_MS = 3_600_000
const NONE: Ended = { calls: 0, upstreams: 0 }
const LOOK_MS = [2, 3, 5, 10, 20]

/** Milliseconds between two looks at whether a node of the same name goes on. */
const TWIN_LOOK_MS = 100

/** Any constant shared by all nodes: who begins under a name holds this and the hash of the name. */
const NAME_LOCK = 7_241_002

/**
 * Takes the name for this process until it stands in the list of nodes, which the returned function is called after, or has failed to
 * get there. Whoever else begins under the name waits; a process of it that was silent for so long that it has closed itself, stands in
 * the list no more. That takes no time where none was heard of for `closedAfterMs`, and that long after one that died just now.
 * @throws DatabaseError `held` if one goes on: its calls would be taken for those of a dead process of this one
 */
export async function takeName(store: Store, name: string, closedAfterMs: number): Promise<() => void> {
  if (!store.pool) return () => {} // who works on the folder is known otherwise
  const client = await store.pool.connect().catch((error: unknown) => {
    throw translate(translatePostgres(error))
  })
  let release = () => {
    release = () => {}
    client.release(true) // with its connection goes the lock
  }
  const held = () => new DatabaseError('held', `another node named ${name} works on this database`)
  const pause = () => new Promise((resolve) => setTimeout(resolve, TWIN_LOOK_MS))
  const { db } = store
  try {
    const lock = 'select pg_try_advisory_lock($1, hashtext($2)) as mine'
    for (let waited = 0; !(await client.query(lock, [NAME_LOCK, name])).rows[0].mine; waited += TWIN_LOOK_MS) {
      if (waited >= closedAfterMs) throw held()
      await pause()
    }
    let before: ReadonlyMap<string, number> | undefined
    for (;;) {
      const rows = await db
        .selectFrom('node')
        .select(['id', 'heard_at'])
        .where('name', '=', name)
        .where(
          sql<boolean>`(extract(epoch from clock_timestamp()) * 1000)::bigint - heard_at < coalesce(closes_after_ms, ${closedAfterMs})`,
        )
        .execute()
      if (rows.length === 0) break
      if (rows.some(({ id, heard_at }) => heard_at > (before?.get(id) ?? heard_at))) throw held()
      before = new Map([...rows.map(({ id, heard_at }) => [id, heard_at] as const), ...(before ?? [])])
      await pause()
    }
    await store.transaction((trx) => trx.deleteFrom('node').where('name', '=', name).execute())
    return () => release()
  } catch (error) {
    release()
    throw translate(translatePostgres(error))
  }
}

export function createNodes({ store, feed, clock, node, staleAfterMs, graceMs, onLost }: NodeDeps): Nodes {
  const alone = store.dialect === 'sqlite'
  const startedAt = clock.now()
  let timer: NodeJS.Timeout | undefined
  let lost = false
  const silentFor = () => (alone ? 0 : clock.monotonic() - feed.heardAt)
  const closesAfterMs = staleAfterMs + graceMs
  const holds = () => silentFor() < closesAfterMs

  const list = async (): Promise<NodeView[]> => {
    const { id, name } = node
    if (alone)
      return [
        { id, name, appliedSeq: feed.seq, startedAt, silentMs: 0, closesAfterMs, calls: node.calls(), self: true },
      ]
    const rows = await store.db
      .selectFrom('node')
      .select(['id', 'name', 'applied_seq', 'started_at', 'closes_after_ms', 'calls'])
      .select(sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint - heard_at`.as('silent_ms'))
      .orderBy('name')
      .orderBy('id')
      .execute()
    return rows
      .filter(({ silent_ms }) => silent_ms < FORGET_MS)
      .map((row) => {
        const self = row.id === node.id
        const silentMs = Math.max(0, row.silent_ms)
        const closes = row.closes_after_ms ?? closesAfterMs
        return {
          id: row.id,
          name: row.name,
          appliedSeq: row.applied_seq,
          startedAt: row.started_at,
          silentMs,
          closesAfterMs: closes,
          calls: self ? node.calls() : silentMs < closes ? (row.calls ?? 0) : 0,
          self,
        }
      })
  }

  return {
    admits: () => silentFor() < staleAfterMs,
    holds,
    list,
    async acknowledged(change, withinMs) {
      if (alone)
        return [{ node: node.id, name: node.name, ms: 0, closesInMs: undefined, ended: feed.endedAt(change) ?? NONE }]
      const seq = change > 0 ? change : await feed.newest()
      const since = clock.monotonic()
      const answered = new Map<string, number>()
      let nodes: NodeView[] = []
      for (let round = 0; ; round++) {
        nodes = await list()
        const passed = clock.monotonic() - since
        for (const { id, appliedSeq } of nodes)
          if (appliedSeq >= seq && !answered.has(id)) answered.set(id, Math.round(passed))
        // Whoever has closed itself by now will not answer, and does not need to.
        const missing = nodes.some((one) => !answered.has(one.id) && one.silentMs < one.closesAfterMs)
        if (!missing || passed >= withinMs) break
        const pause = LOOK_MS[Math.min(round, LOOK_MS.length - 1)]
        await new Promise((resolve) => setTimeout(resolve, pause))
      }
      const cuts = await store.db
        .selectFrom('node_cut')
        .select(['node', 'calls', 'upstreams'])
        .where('from_seq', '<=', change)
        .where('seq', '>=', change)
        .execute()
      const endedBy = (id: string): Ended => {
        const cut = cuts.find(({ node }) => node === id)
        return cut ? { calls: cut.calls, upstreams: cut.upstreams } : NONE
      }
      return nodes.map(({ id, name, silentMs, closesAfterMs }) => ({
        node: id,
        name,
        ms: answered.get(id),
        closesInMs: answered.has(id) ? undefined : Math.max(0, closesAfterMs - silentMs),
        ended: endedBy(id),
      }))
    },
    start() {
      if (alone) return
      timer = setInterval(
        () => {
          const was = lost
          lost = !holds()
          if (lost && !was) onLost()
          // What the feed waits for may be the answer over a connection that says nothing any more: then it asks no further.
          if (lost) store.suspect()
        },
        Math.max(20, staleAfterMs / 10),
      )
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      if (alone) return
      await feed.stop() // what it reads from here on would say that another process has taken its place
      await store.transaction(async (trx) => {
        await trx.deleteFrom('node').where('id', '=', node.id).execute()
      })
    },
  }
}
