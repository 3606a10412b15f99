// The tree as it grows: what is needed to append without reading, and what one append writes.
// The state in memory is a guess that the database confirms: every append is bound to the root it started from, so a
// transaction that was rolled back, or another node that came first, shows at once and the state is read anew.
import type { AuditEvent } from '../core/index.ts'
import type { Db, Statement, Trx } from '../store/index.ts'
import { BLOCK, countsOf, rangeOf, termsOf } from './block.ts'
import { type Frontier, leafHash, push, rootOf, rootOver, TILE, unpackFrontier } from './merkle.ts'
import { type AppendSql, type Head, readEvents } from './queries.ts'

export interface LogState {
  readonly tree: Frontier
  root: Buffer
  /** Leaves of the last tile and events of the last block, as long as these are not full. */
  leaves: Buffer[]
  open: AuditEvent[]
}

/** An event with its text, made once when it is handed in. */
export interface Entry {
  readonly event: AuditEvent
  readonly body: string
}

/**
 * The state for a head, from the events of its unfinished block.
 * @throws Error if these events do not have the hashes that the head was written with: somebody changed the last rows
 */
export async function loadState(db: Db | Trx, head: Head): Promise<LogState> {
  const tree = unpackFrontier(head.size, head.frontier)
  const rows = await readEvents(db, head.size - (head.size % BLOCK), head.size)
  const leaves = rows.map(({ body }) => leafHash(body))
  const whole = leaves.length === head.size % BLOCK && rootOf(tree).equals(head.root)
  // The perfect subtrees of the unfinished block are the last ones of the frontier.
  const last = rootOf({ size: leaves.length, hashes: tree.hashes.slice(tree.hashes.length - onesIn(leaves.length)) })
  if (!whole || !rootOver(leaves).equals(last))
    throw new Error('the newest audit events are not those that were written')
  return {
    tree,
    root: head.root,
    leaves: leaves.slice(leaves.length - (head.size % TILE)),
    open: rows.map(({ body }) => JSON.parse(body) as AuditEvent),
  }
}

function onesIn(n: number): number {
  let ones = 0
  for (let rest = n; rest > 0; rest >>= 1) ones += rest & 1
  return ones
}

/**
 * Appends to the state and returns what has to be written for it, as one unit, the head first: a second writer waits
 * there, and nothing of this append exists unless the head still is the one it started from.
 */
export function plan(state: LogState, entries: readonly Entry[], sql: AppendSql): Statement[] {
  const from = state.root
  const first = state.tree.size
  const derived: Statement[] = []
  for (const { event, body } of entries) {
    const leaf = leafHash(body)
    const tileRoot = push(state.tree, leaf)
    state.leaves.push(leaf)
    state.open.push(event)
    if (!tileRoot) continue
    derived.push(sql.tile(state.tree.size / TILE - 1, state.leaves, tileRoot))
    state.leaves = []
    if (state.tree.size % BLOCK !== 0) continue
    const block = state.tree.size / BLOCK - 1
    const range = rangeOf(state.open)
    derived.push(
      sql.block(block, range),
      ...sql.terms(block, termsOf(state.open, range)),
      ...sql.counts(countsOf(state.open)),
    )
    state.open = []
  }
  state.root = rootOf(state.tree)
  return [
    sql.head(state.tree, state.root, from),
    ...sql.events(
      first,
      entries.map(({ body }) => body),
    ),
    ...derived,
  ]
}
