// All SQL of the log itself. Appending uses fixed texts (a query builder costs more than the insert), reading uses Kysely.
import { CompiledQuery, type RawBuilder, sql } from 'kysely'
import type { Db, Statement, Store, Trx } from '../store/index.ts'
import { ALL_TILES, BLOCK, type BlockIndex, type BlockRange, type HourCount, mergeCounts } from './block.ts'
import { type Frontier, HASH_BYTES, packFrontier, TILE } from './merkle.ts'

/** Rows per statement. Few sizes, so that few statements are ever prepared. */
const CHUNKS = [256, 64, 16, 4, 1] as const

/** Events of one tile that are committed together, in one row: the position of the first, and their texts. */
export type EventRow = readonly [position: number, body: string]
/** A full tile: its number, the hashes of its leaves, and their root. */
export type TileRow = readonly [tile: number, hashes: Uint8Array, root: Uint8Array]

export interface Append {
  /** The tree with the new events, and its root. */
  readonly tree: Frontier
  readonly root: Buffer
  /** The head that it continues. */
  readonly from: Pick<Head, 'root' | 'indexed'>
  readonly events: readonly EventRow[]
  readonly tiles: readonly TileRow[]
}

export interface AppendSql {
  /**
   * Moves the head from the one that it is taken to be, and writes what that makes room for; nothing is written if another
   * head is there by now.
   */
  append(append: Append): Statement[]
  /**
   * The search index of full blocks, in parts for one transaction each, in this order. Only the last one makes them count, so
   * a log that stops in between begins again.
   */
  index(blocks: readonly BlockIndex[]): IndexPart[]
}

export interface IndexPart {
  readonly statements: readonly Statement[]
  /** How far the index reaches from here on; only on the last part. */
  readonly indexed?: number
}

/** Terms written with one append: bounds how long it takes. */
const TERMS_AT_ONCE = 1024

export function appendSql(dialect: Store['dialect']): AppendSql {
  const mark = dialect === 'sqlite' ? () => '?' : (n: number) => `$${n}`
  const texts = new Map<string, string>()
  const values = (head: string, columns: number, rows: number, tail = ''): string => {
    const key = `${head}${rows}`
    let text = texts.get(key)
    if (text === undefined) {
      const row = (r: number) => `(${Array.from({ length: columns }, (_, c) => mark(r * columns + c + 1)).join(',')})`
      text = `${head} values ${Array.from({ length: rows }, (_, r) => row(r)).join(',')}${tail}`
      texts.set(key, text)
    }
    return text
  }
  const insert = (head: string, rows: readonly (readonly unknown[])[], tail = ''): Statement[] => {
    const statements: Statement[] = []
    let at = 0
    for (const size of CHUNKS) {
      for (; rows.length - at >= size; at += size) {
        const parameters = rows.slice(at, at + size).flat()
        statements.push({ sql: values(head, parameters.length / size, size, tail), parameters })
      }
    }
    return statements
  }
  const blockRow = (block: number, { minTime, maxTime, minId, maxId }: BlockRange): Statement => ({
    sql: values('insert into audit_block (block, min_time, max_time, min_id, max_id)', 5, 1),
    parameters: [block, minTime, maxTime, minId, maxId],
  })
  const counted = (counts: readonly HourCount[]): Statement[] =>
    insert(
      'insert into audit_hour (hour, kind, principal, model, decision, outcome, events, input_tokens, output_tokens, milliseconds)',
      counts.map((c) => [
        c.hour,
        c.kind,
        c.principal,
        c.model,
        c.decision,
        c.outcome,
        c.events,
        c.inputTokens,
        c.outputTokens,
        c.milliseconds,
      ]),
      ` on conflict (hour, kind, principal, model, decision, outcome) do update set
        events = audit_hour.events + excluded.events,
        input_tokens = audit_hour.input_tokens + excluded.input_tokens,
        output_tokens = audit_hour.output_tokens + excluded.output_tokens,
        milliseconds = audit_hour.milliseconds + excluded.milliseconds`,
    )
  const moveHead = `update audit_head set size = ${mark(1)}, root = ${mark(2)}, frontier = ${mark(3)} where id = 1 and root = ${mark(4)} and indexed = ${mark(5)}`
  const move = ({ tree, root, from }: Append) => [
    tree.size,
    ownBytes(root),
    packFrontier(tree),
    ownBytes(from.root),
    from.indexed,
  ]
  /** All of it by one statement, which is one round trip: the rows are made of the head, so there are none unless it moved. */
  const atOnce = (append: Append): Statement[] => {
    const { events, tiles } = append
    const key = `${events.length} ${tiles.length}`
    let text = texts.get(key)
    if (text === undefined) {
      let at = 5
      const rows = (types: readonly string[], count: number) =>
        Array.from({ length: count }, () => `(${types.map((type) => `$${++at}::${type}`).join(',')})`).join(',')
      text = `with head as (${moveHead} returning id)`
      if (tiles.length > 0) {
        text += `, tile as (insert into audit_tile (tile, hashes, root)
          select v.* from head, (values ${rows(['bigint', 'bytea', 'bytea'], tiles.length)}) as v)`
      }
      text += ` insert into audit_event (position, body)
        select v.* from head, (values ${rows(['bigint', 'text'], events.length)}) as v`
      texts.set(key, text)
    }
    const parameters = [...move(append), ...tiles.flat(), ...events.flat()]
    return [{ sql: text, parameters, mustChange: events.length, whole: true }]
  }
  /** The head first: a second writer waits there. */
  const oneByOne = (append: Append): Statement[] => [
    { sql: moveHead, parameters: move(append), mustChange: 1 },
    ...append.events.map((row) => ({
      sql: values('insert into audit_event (position, body)', 2, 1),
      parameters: row,
    })),
    ...append.tiles.map((row) => ({
      sql: values('insert into audit_tile (tile, hashes, root)', 3, 1),
      parameters: row,
    })),
  ]
  return {
    append: dialect === 'sqlite' ? oneByOne : atOnce,
    index(blocks) {
      const terms = blocks.flatMap(({ block, terms }) =>
        [...terms].map(([term, tiles]) => [term, block, tiles] as const),
      )
      terms.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)) // stable: the blocks of a term stay in order
      const parts: IndexPart[] = []
      for (let at = 0; at < terms.length; at += TERMS_AT_ONCE) {
        const rows = terms.slice(at, at + TERMS_AT_ONCE)
        const tail = ' on conflict (term, block) do nothing'
        parts.push({ statements: insert('insert into audit_term (term, block, tiles)', rows, tail) })
      }
      const indexed = ((blocks.at(-1)?.block ?? -1) + 1) * BLOCK
      const sqlIndexed = `update audit_head set indexed = ${mark(1)} where id = 1`
      const statements = [
        ...blocks.map(({ block, range }) => blockRow(block, range)),
        ...counted(mergeCounts(blocks)),
        { sql: sqlIndexed, parameters: [indexed], mustChange: 1 },
      ]
      return [...parts, { statements, indexed }]
    },
  }
}

/** Bytes in memory of their own: what is posted to the database thread is copied with all the memory it lies in. */
export const ownBytes = (bytes: Uint8Array): Uint8Array =>
  bytes.buffer.byteLength === bytes.length ? bytes : Uint8Array.from(bytes)

export const runIn = async (trx: Trx, statements: readonly Statement[]): Promise<void> => {
  for (const { sql: text, parameters, mustChange } of statements) {
    const { numAffectedRows } = await trx.executeQuery(CompiledQuery.raw(text, [...parameters]))
    if (mustChange !== undefined && Number(numAffectedRows) !== mustChange) throw new Error('the audit head has moved')
  }
}

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
const eventsOf = ({ position, body }: Row): Row[] =>
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

/** Everything that is stored under the positions of a tile, for whoever checks it: nothing is left out for being too much. */
export async function readTileBodies(db: Db, tile: number, size: number): Promise<string[]> {
  const rows = await db
    .selectFrom('audit_event')
    .select('body')
    .where('position', '>=', tile * TILE)
    .where('position', '<', Math.min((tile + 1) * TILE, size))
    .orderBy('position')
    .execute()
  return rows.flatMap(({ body }) => body.split('\n'))
}

/** A cheap first test on the text, made by the database on rows and then on each event; the exact one follows on the parsed event. */
export interface Sieve {
  /** Each occurs in the text. */
  readonly parts: readonly string[]
  /** Occurs in the text, whatever the case of its ASCII letters. */
  readonly folded?: string | undefined
}

export interface Span {
  readonly from: number
  readonly to: number
}

/** Lower case for ASCII only, as SQLite does it. */
export const lower = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

const passes = (body: string, { parts, folded }: Sieve): boolean =>
  parts.every((part) => body.includes(part)) && (folded === undefined || lower(body).includes(folded))

/** The events of a row that pass. Looks for the longest part, the rarest as a rule, and cuts out only where that occurs. */
function passing(row: Row, sieve: Sieve): Row[] {
  const [rare] = [...sieve.parts].sort((a, b) => b.length - a.length)
  if (rare === undefined) return eventsOf(row).filter(({ body }) => passes(body, sieve))
  const { position, body } = row
  const found: Row[] = []
  let [start, at] = [0, position]
  for (let hit = body.indexOf(rare); hit >= 0; hit = body.indexOf(rare, start)) {
    let end = body.indexOf('\n', start)
    for (; end >= 0 && end < hit; end = body.indexOf('\n', start)) {
      start = end + 1
      at += 1
    }
    const text = body.slice(start, end < 0 ? body.length : end)
    if (passes(text, sieve)) found.push({ position: at, body: text })
    if (end < 0) break
    start = end + 1
    at += 1
  }
  return found
}

/**
 * Events of a span that pass the sieve, newest first, from the newest rows that can hold any, `limit` at most;
 * `rest` is the end of the span that is left to be looked at.
 */
export async function readSieved(
  store: Store,
  { from, to }: Span,
  sieve: Sieve,
  limit: number,
): Promise<{ events: Row[]; rest: number }> {
  const within = (part: string, inText: RawBuilder<unknown>) =>
    store.dialect === 'sqlite'
      ? sql<boolean>`instr(${inText}, ${part}) > 0`
      : sql<boolean>`position(${part} in ${inText}) > 0`
  let query = store.db
    .selectFrom('audit_event')
    .select(['position', 'body'])
    .where('position', '>=', from - (from % TILE))
    .where('position', '<', to)
  for (const part of sieve.parts) query = query.where(within(part, sql`body`))
  if (sieve.folded !== undefined) query = query.where(within(sieve.folded, sql`lower(body)`))
  const rows = await query.orderBy('position', 'desc').limit(limit).execute()
  const events = rows.flatMap((row) => passing(row, sieve).reverse())
  return {
    events: events.filter(({ position }) => position >= from && position < to),
    rest: rows.length < limit ? from : (rows.at(-1) as Row).position,
  }
}

/** A full block, and in which of its tiles to look. */
export interface Place {
  readonly block: number
  readonly tiles: number
}

/** The spans of neighbouring tiles, newest first. */
export function spansOf({ block, tiles }: Place): Span[] {
  const spans: { from: number; to: number }[] = []
  for (let tile = BLOCK / TILE - 1; tile >= 0; tile--) {
    if (!(tiles & (1 << tile))) continue
    const from = block * BLOCK + tile * TILE
    const last = spans.at(-1)
    if (last?.from === from + TILE) last.from = from
    else spans.push({ from, to: from + TILE })
  }
  return spans
}

/** Events of full blocks that pass the sieve, block by block; the database reads one while the one before is looked at. */
export async function* readBlocks(store: Store, places: readonly Place[], sieve: Sieve): AsyncGenerator<Row[]> {
  const read = async (place: Place): Promise<Row[]> => {
    const found: Row[] = []
    for (const { from, to: end } of spansOf(place)) {
      for (let to = end; to > from; ) {
        const { events, rest } = await readSieved(store, { from, to }, sieve, BLOCK)
        found.push(...events)
        to = rest
      }
    }
    return found
  }
  let ahead = places[0] === undefined ? undefined : read(places[0])
  for (let i = 1; ahead !== undefined; i++) {
    const found = await ahead
    const next = places[i]
    ahead = next === undefined ? undefined : read(next)
    ahead?.catch(() => {}) // is thrown where it is awaited, if it still is
    yield found
  }
}

/** A block passes if one of the terms occurs in it, or one of the births lies in its range of times. */
export interface TermGroup {
  readonly terms: readonly string[]
  readonly births: readonly number[]
}

export interface BlockAsk {
  readonly groups: readonly TermGroup[]
  /** Only blocks below this one. */
  readonly before: number
  readonly since?: number | undefined
  readonly until?: number | undefined
  readonly limit: number
}

/** Blocks, newest first, that may hold what is asked for, and the tiles that may. */
export async function findBlocks(db: Db, { groups, before, since, until, limit }: BlockAsk): Promise<Place[]> {
  let query = db.selectFrom('audit_block as b').where('b.block', '<', before)
  if (since !== undefined) query = query.where('b.max_time', '>=', since)
  if (until !== undefined) query = query.where('b.min_time', '<', until)
  let tiles = sql<number>`${sql.lit(ALL_TILES)}`
  let told = 0
  for (const { terms, births } of groups) {
    const [only, ...others] = terms
    if (only !== undefined && others.length === 0 && births.length === 0) {
      // One row at most for one term and one block: its tiles are the only ones.
      const at = sql<number>`(select tiles from audit_term where term = ${only} and block = b.block)`
      tiles = sql<number>`${tiles} & ${at}`
      told += 1
    }
    query = query.where((on) =>
      on.or([
        on('b.block', 'in', on.selectFrom('audit_term').select('block').where('term', 'in', terms)),
        ...births.map((birth) => on.and([on('b.min_time', '<=', birth), on('b.max_time', '>=', birth)])),
      ]),
    )
  }
  if (told > 1) query = query.where(tiles, '<>', 0) // all of them are in the block, but nowhere together
  return query
    .select(['b.block', tiles.as('tiles')])
    .orderBy('b.block', 'desc')
    .limit(limit)
    .execute()
}

type Summed = 'kind' | 'principal' | 'model' | 'decision' | 'outcome'

/** Sums over hours, added up by the database: per hour or over all, per value of one field or over all. */
export async function readCounts(
  db: Db,
  filter: { readonly [K in Summed]?: string | readonly string[] } & { readonly endings?: boolean },
  sinceHour: number,
  untilHour: number,
  whole: boolean,
  by: Summed | undefined,
) {
  let query = db
    .selectFrom('audit_hour')
    .select((of) => [
      whole ? sql.lit(sinceHour).as('hour') : of.ref('hour').as('hour'),
      by === undefined ? sql.lit('').as('value') : of.ref(by).as('value'),
      of.fn.sum<number>('events').as('events'),
      of.fn.sum<number>('input_tokens').as('inputTokens'),
      of.fn.sum<number>('output_tokens').as('outputTokens'),
      of.fn.sum<number>('milliseconds').as('milliseconds'),
    ])
    .where('hour', '>=', sinceHour)
    .where('hour', '<', untilHour)
  for (const field of ['kind', 'principal', 'model', 'decision', 'outcome'] as const) {
    const wanted = filter[field]
    if (wanted !== undefined) query = query.where(field, 'in', typeof wanted === 'string' ? [wanted] : wanted)
  }
  if (filter.endings) query = query.where('kind', '<>', 'call.decided')
  if (!whole) query = query.groupBy('hour')
  if (by !== undefined) query = query.groupBy(by)
  const rows = await query.execute()
  return rows.filter(({ events }) => events !== null) as {
    hour: number
    value: string
    events: number
    inputTokens: number
    outputTokens: number
    milliseconds: number
  }[]
}

/** Blocks that may hold the event: ids are ordered by birth, and a block knows its least and greatest. */
export async function blocksOfId(db: Db, id: string): Promise<number[]> {
  const rows = await db
    .selectFrom('audit_block')
    .select('block')
    .where('max_id', '>=', id)
    .where('min_id', '<=', id)
    .execute()
  return rows.map(({ block }) => block)
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
