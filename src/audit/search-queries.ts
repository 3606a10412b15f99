// The SQL that finds events: which blocks may hold what is asked for, by the index, and which rows of a span do, by a sieve
// over their text; and the sums of the hours. What passes here is only likely: the exact test follows on the parsed event.
import { type RawBuilder, sql } from 'kysely'
import type { Db, Store } from '../store/index.ts'
import { ALL_TILES, BLOCK } from './block.ts'
import { TILE } from './merkle.ts'
import { eventsOf, type Row, readHead } from './queries.ts'

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

/** Where events from a time on begin: everything below is older. */
export async function beginningOf(db: Db, since: number): Promise<number> {
  const { indexed } = await readHead(db)
  const first = await db
    .selectFrom('audit_block')
    .select('block')
    .where('max_time', '>=', since)
    .orderBy('block')
    .limit(1)
    .executeTakeFirst()
  return first ? first.block * BLOCK : indexed
}

/** For whoever checks the index: what it holds of a block. */
export const readBlockRange = (db: Db, block: number) =>
  db
    .selectFrom('audit_block')
    .select(['min_time', 'max_time', 'min_id', 'max_id'])
    .where('block', '=', block)
    .executeTakeFirst()

const TERMS_AT_ONCE = 500

/** In which tiles of a block the index has these terms. */
export async function readTermTiles(db: Db, block: number, terms: readonly string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (let at = 0; at < terms.length; at += TERMS_AT_ONCE) {
    const rows = await db
      .selectFrom('audit_term')
      .select(['term', 'tiles'])
      .where('term', 'in', terms.slice(at, at + TERMS_AT_ONCE))
      .where('block', '=', block)
      .execute()
    for (const { term, tiles } of rows) found.set(term, tiles)
  }
  return found
}

export const readHours = async (db: Db): Promise<number[]> =>
  (await db.selectFrom('audit_hour').select('hour').distinct().execute()).map(({ hour }) => hour)

export type HourRow = Awaited<ReturnType<typeof readHour>>[number]

/** The sums of an hour as they lie there. */
export const readHour = (db: Db, hour: number) =>
  db
    .selectFrom('audit_hour')
    .select(['kind', 'principal', 'model', 'decision', 'outcome', 'events'])
    .select(['input_tokens as inputTokens', 'output_tokens as outputTokens', 'milliseconds'])
    .where('hour', '=', hour)
    .execute()
