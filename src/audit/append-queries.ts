// The SQL that lengthens the log and its search index. Fixed texts, as a query builder costs more than the insert; what is
// written goes with the head that it continues, or not at all.
import { CompiledQuery } from 'kysely'
import { DatabaseError, type Statement, type Store, type Trx } from '../store/index.ts'
import { BLOCK, type BlockIndex, type BlockRange, type HourCount, mergeCounts } from './block.ts'
import { type Frontier, packFrontier } from './merkle.ts'
import type { Head } from './queries.ts'

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

/** `boot`: whose appends they are. Once another process has ended its calls for it, it appends nothing any more. */
export function appendSql(dialect: Store['dialect'], boot: string): AppendSql {
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
  const moveHead = `update audit_head set size = ${mark(1)}, root = ${mark(2)}, frontier = ${mark(3)} where id = 1 and root = ${mark(4)} and indexed = ${mark(5)}${
    dialect === 'sqlite' // one process at a time works on it
      ? ''
      : ` and not exists (select 1 from audit_boot where boot = $6 and ended_at is not null)`
  }`
  const fence = dialect === 'sqlite' ? [] : [boot]
  const move = ({ tree, root, from }: Append) => [
    tree.size,
    ownBytes(root),
    packFrontier(tree),
    ownBytes(from.root),
    from.indexed,
    ...fence,
  ]
  /** All of it by one statement, which is one round trip: the rows are made of the head, so there are none unless it moved. */
  const atOnce = (append: Append): Statement[] => {
    const { events, tiles } = append
    const key = `${events.length} ${tiles.length}`
    let text = texts.get(key)
    if (text === undefined) {
      let at = 6
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
    if (mustChange !== undefined && Number(numAffectedRows) !== mustChange)
      throw new DatabaseError('conflict', 'the audit head has moved')
  }
}
