// The tree as it grows: what is needed to append without reading, and what one append writes.
// The state in memory is a guess that the database confirms: every append is bound to the root it started from, so a
// transaction that was rolled back, or another node that came first, shows at once and the state is read anew.
import type { AuditEvent } from '../core/index.ts'
import type { Db, Statement, Trx } from '../store/index.ts'
import { type Frontier, leafHash, push, rootOf, rootOver, unpackFrontier } from './merkle.ts'
import { type AppendSql, type Head, readEvents } from './queries.ts'
import { countsOf, rangeOf, TILE, termsOf } from './tile.ts'

export interface LogState {
  readonly tree: Frontier
  root: Buffer
  /** Leaves and events of the last tile, as long as it is not full. */
  leaves: Buffer[]
  open: AuditEvent[]
}

/** An event with its text, made once when it is handed in. */
export interface Entry {
  readonly event: AuditEvent
  readonly body: string
}

/**
 * The state for a head, from the events of its unfinished tile.
 * @throws Error if these events do not have the hashes that the head was written with: somebody changed the last rows
 */
export async function loadState(db: Db | Trx, head: Head): Promise<LogState> {
  const tree = unpackFrontier(head.size, head.frontier)
  const start = head.size - (head.size % TILE)
  const rows = await readEvents(db, start, head.size)
  const leaves = rows.map(({ body }) => leafHash(body))
  const whole = rows.length === head.size - start && rootOf(tree).equals(head.root)
  if (!whole || (leaves.length > 0 && !rootOver(leaves).equals(rootOfLast(tree)))) {
    throw new Error('the newest audit events are not those that were written')
  }
  return { tree, root: head.root, leaves, open: rows.map(({ body }) => JSON.parse(body) as AuditEvent) }
}

/** The root over the leaves of the unfinished tile alone: its perfect subtrees are the last ones of the frontier. */
function rootOfLast(tree: Frontier): Buffer {
  let subtrees = 0
  for (let rest = tree.size % TILE; rest > 0; rest = Math.floor(rest / 2)) subtrees += rest % 2
  return rootOf({ size: tree.size % TILE, hashes: tree.hashes.slice(-subtrees) })
}

/**
 * Appends to the state and returns what has to be written for it, as one unit, the head first: a second writer waits
 * there, and nothing of this append exists unless the head still is the one it started from.
 */
export function plan(state: LogState, entries: readonly Entry[], sql: AppendSql): Statement[] {
  const from = state.root
  const first = state.tree.size
  const tiles: Statement[] = []
  for (const { event, body } of entries) {
    const leaf = leafHash(body)
    push(state.tree, leaf)
    state.leaves.push(leaf)
    state.open.push(event)
    if (state.leaves.length < TILE) continue
    const tile = state.tree.size / TILE - 1
    tiles.push(sql.tile(tile, state.leaves, rangeOf(state.open)))
    tiles.push(...sql.terms(tile, termsOf(state.open)), ...sql.counts(countsOf(state.open)))
    state.leaves = []
    state.open = []
  }
  state.root = rootOf(state.tree)
  return [
    sql.head(state, from),
    ...sql.events(
      first,
      entries.map(({ body }) => body),
    ),
    ...tiles,
  ]
}
