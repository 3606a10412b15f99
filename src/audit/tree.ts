// The tree as it grows: what is needed to append without reading, and what one append writes.
// The state in memory is a guess that the database confirms: every append is bound to the root it started from, so a
// transaction that was rolled back, or another node that came first, shows at once and the state is read anew.
import type { AuditEvent } from '../core/index.ts'
import type { Db, Statement, Trx } from '../store/index.ts'
import { type AppendSql, type EventRow, type IndexPart, ownBytes, type TileRow } from './append-queries.ts'
import { BLOCK, type BlockIndex, type OpenBlock, openBlock } from './block.ts'
import { type Frontier, leafHash, push, rootOf, rootOver, TILE, unpackFrontier } from './merkle.ts'
import { type Head, readEvents } from './queries.ts'

export interface LogState {
  tree: Frontier
  root: Buffer
  /** Leaves of the last tile, and what is in the last block, as long as these are not full. */
  leaves: Buffer[]
  open: OpenBlock
  /** Events of the tree that have been taken into a block. */
  absorbed: number
  /** How far the search index of the database reaches; the full blocks after it; what is still to be written of some of them. */
  indexed: number
  pending: BlockIndex[]
  parts: IndexPart[]
}

/** An event with its text, made once when it is handed in. */
export interface Entry {
  readonly event: AuditEvent
  readonly body: string
  /** The hash of its text. */
  readonly leaf: Buffer
}

/**
 * Full blocks that are indexed together. A term of many blocks then is neighbouring rows: pages are what the index costs, and
 * block by block there is one for nearly every term.
 */
const INDEXED_TOGETHER = 16

/**
 * The state for a head, from the events that are not indexed.
 * @throws Error if the newest events do not have the hashes that the head was written with: somebody changed the last rows
 */
export async function loadState(db: Db | Trx, head: Head): Promise<LogState> {
  const state: LogState = {
    tree: unpackFrontier(head.size, head.frontier),
    root: head.root,
    leaves: [],
    open: openBlock(),
    absorbed: head.size,
    indexed: head.indexed,
    pending: [],
    parts: [],
  }
  const inBlock = head.size % BLOCK
  let leaves: Buffer[] = []
  for (let from = head.indexed; from < head.size; from += BLOCK) {
    const rows = await readEvents(db, from, Math.min(from + BLOCK, head.size))
    for (const { body } of rows) state.open.add(JSON.parse(body) as AuditEvent)
    if (from + BLOCK > head.size) leaves = rows.map(({ body }) => leafHash(body))
    else closeBlock(state, from / BLOCK)
  }
  const whole = leaves.length === inBlock && rootOf(state.tree).equals(head.root)
  // The perfect subtrees of the unfinished block are the last ones of the frontier.
  const last = rootOf({ size: inBlock, hashes: state.tree.hashes.slice(state.tree.hashes.length - onesIn(inBlock)) })
  if (!whole || !rootOver(leaves).equals(last))
    throw new Error('the newest audit events are not those that were written')
  state.leaves = leaves.slice(leaves.length - (head.size % TILE))
  return state
}

/** Appends what other nodes wrote since; undefined if the head is not a continuation of the state. */
export async function follow(db: Db | Trx, state: LogState, head: Head): Promise<LogState | undefined> {
  const ahead = head.size - state.tree.size
  if (ahead <= 0 || ahead > BLOCK) return undefined
  const growth = beginGrowth(state)
  for (const { body } of await readEvents(db, state.tree.size, head.size)) {
    grow(growth, { event: JSON.parse(body) as AuditEvent, body, leaf: leafHash(body) })
  }
  adopt(state, growth)
  absorb(state, growth.entries)
  if (state.tree.size !== head.size || !state.root.equals(head.root)) return undefined
  if (state.indexed === head.indexed) return state
  // Another node was first: what it did need not be done again. Terms written twice do no harm.
  const begun = state.parts.at(-1)?.indexed ?? 0
  if (head.indexed < begun) return undefined
  state.parts = []
  state.pending = state.pending.filter(({ block }) => block * BLOCK >= head.indexed)
  state.indexed = head.indexed
  return state
}

function onesIn(n: number): number {
  let ones = 0
  for (let rest = n; rest > 0; rest >>= 1) ones += rest & 1
  return ones
}

function closeBlock(state: LogState, block: number): void {
  if (state.open.size === BLOCK) state.pending.push(state.open.close(block))
  state.open = openBlock()
}

/** What the tree is with more events, and the rows of these: worked out on a copy, and thrown away if another append comes first. */
export interface Growth {
  /** The root of the tree that it continues. */
  readonly from: Buffer
  readonly entries: Entry[]
  readonly tree: Frontier
  leaves: Buffer[]
  readonly events: EventRow[]
  readonly tiles: TileRow[]
  /** Events that have no row yet, and the position of the first. */
  bodies: string[]
  begun: number
}

export const beginGrowth = ({ root, tree, leaves }: LogState): Growth => ({
  from: root,
  entries: [],
  tree: { size: tree.size, hashes: [...tree.hashes] },
  leaves: [...leaves],
  events: [],
  tiles: [],
  bodies: [],
  begun: tree.size,
})

export function grow(growth: Growth, entry: Entry): void {
  const { tree } = growth
  growth.entries.push(entry)
  growth.bodies.push(entry.body)
  growth.leaves.push(entry.leaf)
  const root = push(tree, entry.leaf)
  if (!root) return
  growth.tiles.push([tree.size / TILE - 1, ownBytes(Buffer.concat(growth.leaves)), ownBytes(root)])
  growth.leaves = []
  closeRow(growth)
}

/** One row for the events that have none yet. */
function closeRow(growth: Growth): void {
  growth.events.push([growth.begun, growth.bodies.join('\n')])
  growth.begun = growth.tree.size
  growth.bodies = []
}

function adopt(state: LogState, { tree, leaves }: Growth): void {
  state.tree = tree
  state.leaves = leaves
  state.root = rootOf(tree)
}

/**
 * Takes events that are in the tree into the search index, to be written with a later append. Apart from `plan`, so that it is
 * done while the database works on them; a state whose append failed is thrown away.
 */
export function absorb(state: LogState, entries: readonly Entry[]): void {
  for (const { event } of entries) {
    state.open.add(event)
    state.absorbed += 1
    if (state.absorbed % BLOCK === 0) closeBlock(state, state.absorbed / BLOCK - 1)
  }
}

/** Makes a growth of this state the state, and returns what has to be written for it, as one unit; nothing of it exists unless the head still is the one it started from. */
export function plan(state: LogState, growth: Growth, sql: AppendSql): Statement[] {
  if (growth.bodies.length > 0) closeRow(growth)
  const from = { root: state.root, indexed: state.indexed }
  adopt(state, growth)
  const { tree, root } = state
  const { events, tiles } = growth
  return [...sql.append({ tree, root, from, events, tiles }), ...nextOfIndex(state, sql, INDEXED_TOGETHER)]
}

/** The next part of the index, if at least so many blocks are to be indexed; nothing when it is done. */
export function nextOfIndex(state: LogState, sql: AppendSql, least: number): readonly Statement[] {
  if (state.parts.length === 0 && state.pending.length >= least) {
    state.parts = sql.index(state.pending)
    state.pending = []
  }
  const part = state.parts.shift()
  if (part?.indexed !== undefined) state.indexed = part.indexed
  return part?.statements ?? []
}
