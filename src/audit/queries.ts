// The SQL of the log as it lies there: its head, events by position, tiles, the starts of nodes, checkpoints. What lengthens
// the log is in append-queries.ts, what searches it in search-queries.ts.
import { sql } from 'kysely'
import type { Db, Store, Trx } from '../store/index.ts'
import { HASH_BYTES, TILE } from './merkle.ts'

export interface Head {
  size: number
  root: Buffer
  frontier: Uint8Array
  floor: number
  /** Events below this are found by the index; those from here on are read. A multiple of the block. */
  indexed: number
}

const toHead = (row: Omit<Head, 'root'> & { root: Uint8Array }): Head => ({
  ...row,
  root: Buffer.from(row.root),
})

/** The head, held until the transaction ends, so that every append of every node is one after another. */
export async function lockHead(trx: Trx, dialect: Store['dialect']): Promise<Head> {
  // SQLite: the transaction began with the write lock.
  const query = trx
    .selectFrom('audit_head')
    .select(['size', 'root', 'frontier', 'floor', 'indexed'])
    .where('id', '=', 1)
  return toHead(await (dialect === 'postgres' ? query.forUpdate() : query).executeTakeFirstOrThrow())
}

export async function readHead(db: Db | Trx): Promise<Head> {
  return toHead(
    await db
      .selectFrom('audit_head')
      .select(['size', 'root', 'frontier', 'floor', 'indexed'])
      .where('id', '=', 1)
      .executeTakeFirstOrThrow(),
  )
}

export interface Row {
  position: number
  body: string
}

/** The events of a stored row; a line feed never occurs in canonical JSON. */
export const eventsOf = ({ position, body }: Row): Row[] =>
  body.split('\n').map((line, i) => ({ position: position + i, body: line }))

/** Events from `from` (inclusive) to `to` (exclusive), oldest first. */
export async function readEvents(db: Db | Trx, from: number, to: number): Promise<Row[]> {
  const rows = await db
    .selectFrom('audit_event')
    .select(['position', 'body'])
    .where('position', '>=', (on) =>
      on
        .selectFrom('audit_event')
        .select((of) => of.fn.coalesce(of.fn.max('position'), sql.lit(0)).as('first'))
        .where('position', '<=', from),
    )
    .where('position', '<', to)
    .orderBy('position')
    .execute()
  return rows.flatMap(eventsOf).filter(({ position }) => position >= from && position < to)
}

/** Everything that is stored under the positions of a tile, as it lies there, for whoever checks it: nothing is left out for being too much. */
export async function readTileRows(db: Db, tile: number, size: number): Promise<Row[]> {
  return db
    .selectFrom('audit_event')
    .select(['position', 'body'])
    .where('position', '>=', tile * TILE)
    .where('position', '<', Math.min((tile + 1) * TILE, size))
    .orderBy('position')
    .execute()
}

export async function readTileHashes(db: Db, tile: number): Promise<Buffer[]> {
  const row = await db.selectFrom('audit_tile').select('hashes').where('tile', '=', tile).executeTakeFirst()
  if (!row) return []
  const bytes = Buffer.from(row.hashes)
  return Array.from({ length: TILE }, (_, i) => bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES))
}

/** Roots of the tiles from `from` (inclusive) to `to` (exclusive), in order. */
export async function readTileRoots(db: Db, from: number, to: number): Promise<Buffer[]> {
  const rows = await db
    .selectFrom('audit_tile')
    .select('root')
    .where('tile', '>=', from)
    .where('tile', '<', to)
    .orderBy('tile')
    .execute()
  return rows.map(({ root }) => Buffer.from(root))
}

export const insertBoot = (trx: Trx, boot: { boot: string; node: string; started_at: number; open_from: number }) =>
  trx
    .insertInto('audit_boot')
    .values({ ...boot, ended_at: null })
    .execute()

export const readDeadBoots = (db: Db | Trx, node: string, boot: string) =>
  db
    .selectFrom('audit_boot')
    .select(['boot', 'open_from'])
    .where('node', '=', node)
    .where('boot', '<>', boot)
    .where('ended_at', 'is', null)
    .execute()

export const endBoot = (trx: Trx, boot: string, at: number) =>
  trx.updateTable('audit_boot').set({ ended_at: at }).where('boot', '=', boot).execute()

export const moveOpenFrom = (trx: Trx, boot: string, position: number) =>
  trx.updateTable('audit_boot').set({ open_from: position }).where('boot', '=', boot).execute()

/** Another node may have signed the same tree first; either note is as good. */
export const insertCheckpoint = (trx: Trx, checkpoint: { size: number; time: number; note: string }) =>
  trx
    .insertInto('audit_checkpoint')
    .values(checkpoint)
    .onConflict((on) => on.column('size').doUpdateSet({ note: checkpoint.note }))
    .execute()

export const latestCheckpoint = (db: Db) =>
  db.selectFrom('audit_checkpoint').select(['size', 'note']).orderBy('size', 'desc').limit(1).executeTakeFirst()

export const readCheckpoints = (db: Db) =>
  db.selectFrom('audit_checkpoint').select(['size', 'time', 'note']).orderBy('size').execute()

/** Keeps the newest checkpoint of each period before `until`. */
export const thinCheckpoints = (trx: Trx, until: number, periodMs: number) =>
  trx
    .deleteFrom('audit_checkpoint')
    .where('time', '<', until)
    .where('size', 'not in', (on) =>
      on
        .selectFrom('audit_checkpoint')
        .select((of) => of.fn.max('size').as('size'))
        .groupBy(sql`time / ${sql.lit(periodMs)}`),
    )
    .execute()
