// The database of one node: reads, transactions, migrations. Writing outside a transaction is not possible by type.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Kysely, sql, type Transaction } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { ReadonlyKysely } from 'kysely/readonly'
import type pg from 'pg'
import { Fault } from '../core/index.ts'
import { coded, DatabaseError, translate } from './error.ts'
import { MIGRATIONS } from './migrations/index.ts'
import { POSTGRES_TYPES, SQLITE_TYPES } from './migrations/types.ts'
import { createPool, openPostgres, runAtomically, translatePostgres } from './postgres.ts'
import { noteErased, scrubDue } from './scrub.ts'
import { examine, type Sessions } from './session.ts'
import { openSqlite } from './sqlite.ts'
import { EMPTY_LOG, type Statement } from './statement.ts'
import type { Tables } from './tables/index.ts'

export type Trx = Transaction<Tables>
export type Db = ReadonlyKysely<Tables>

export interface Store {
  readonly dialect: 'sqlite' | 'postgres'
  /** Reads of committed state. On SQLite a connection of its own that cannot write. */
  readonly db: Db
  /**
   * Runs `work` in one transaction; it is durable when the promise resolves, and has left no trace when it rejects.
   * On SQLite transactions run one after another; on PostgreSQL they run in parallel at READ COMMITTED, so whoever counts
   * must lock or use one conditional UPDATE.
   * @throws Fault `store_unavailable` if the database cannot be reached
   */
  transaction<T>(work: (trx: Trx) => Promise<T>): Promise<T>
  /**
   * Several statements as one transaction with as few round trips as the database allows, for writers that cannot afford
   * a query builder. `build` runs when the connection is held, so nobody else writes between it and the commit on SQLite;
   * on PostgreSQL another node may, which `mustChange` is for.
   * @throws DatabaseError `conflict` if a statement's `mustChange` does not hold; Fault `store_unavailable`
   */
  atomic(build: () => readonly Statement[]): Promise<void>
  /** In the transaction that deletes rows of these tables: nothing may stay of them, which `scrub` sees to. */
  erased(trx: Trx, tables: readonly (keyof Tables)[]): Promise<void>
  /**
   * Removes what `erased` rows left behind in files of the database, as far as the database lets one: SQLite overwrites
   * free space and empties its write-ahead log, PostgreSQL rewrites the tables (its own write-ahead log is recycled later,
   * and base backups keep what they hold). Whoever dies before it has it done at the next start, or by another node.
   * False if something must stay for now, because it is still being read; that is reported.
   */
  scrub(): Promise<boolean>
  /** The pool behind it, for advisory locks; undefined on SQLite. */
  readonly pool: pg.Pool | undefined
  /** What every further connection to it goes through; undefined on SQLite. */
  readonly sessions: Sessions | undefined
  /** Over another connection nothing was heard in time: ends those that say nothing either. */
  suspect(): void
  /** Whether the database answers and commits nothing: writing is refused at once meanwhile, as each attempt would hold a connection. */
  stall(stalled: boolean): void
  /** Settings of the server with which a power cut takes what was answered for. */
  readonly unsafe: readonly string[]
  close(): Promise<void>
}

export interface StoreOptions {
  /** `postgres://…`, or undefined for the embedded database. */
  url?: string
  /** Path of the embedded database file; the key of its page cipher, 32 bytes as hex. */
  file: string
  keyHex: string
  maxConnections?: number
  report: (error: unknown) => void
}

/** Opens the database and brings it to the newest migration. */
export async function openStore(options: StoreOptions): Promise<Store> {
  if (options.url !== undefined) return openPostgresStore(options, options.url)
  mkdirSync(dirname(options.file), { recursive: true, mode: 0o700 })
  const { writer, reader, atomic, close } = await openSqlite<Tables>({ file: options.file, keyHex: options.keyHex })
  await migrate(writer, 'sqlite').catch(async (error: unknown) => {
    await close()
    throw error
  })
  // Whoever died between erasing and scrubbing has left in the log what was erased.
  await sql.raw(EMPTY_LOG).execute(writer)
  const told = teller(options.report)
  return {
    dialect: 'sqlite',
    db: readonly(reader),
    pool: undefined,
    sessions: undefined,
    suspect() {},
    stall() {},
    unsafe: [],
    transaction: (work) => run(writer, work),
    async erased() {}, // rows are overwritten when they are deleted: secure_delete
    async scrub() {
      const { rows } = await sql.raw<{ busy: number }>(EMPTY_LOG).execute(writer)
      return told(rows[0]?.busy === 0)
    },
    async atomic(build) {
      try {
        await atomic(build)
      } catch (error) {
        throw translate(error)
      }
    },
    close,
  }
}

async function openPostgresStore(options: StoreOptions, url: string): Promise<Store> {
  const { pool, sessions, suspect } = createPool({
    url,
    maxConnections: options.maxConnections ?? 10,
    connectTimeoutMs: 5000,
    report: options.report,
  })
  const db = openPostgres<Tables>(pool)
  const { unsafe } = await examine(pool)
    .then(async (server) => {
      await migrate(db, 'postgres', server.schema)
      return server
    })
    .catch(async (error: unknown) => {
      await db.destroy()
      throw translatePostgres(error)
    })
  let closing = false
  let stalled = false
  const demandCommits = () => {
    if (!stalled) return
    throw translate(coded('unavailable', 'COMMITS_HANG', 'the database answers and commits nothing'))
  }
  const told = teller(options.report)
  return {
    dialect: 'postgres',
    db: readonly(db),
    pool,
    sessions,
    suspect,
    stall(is) {
      stalled = is
    },
    unsafe,
    async transaction(work) {
      demandCommits()
      return run(db, work)
    },
    erased: noteErased,
    async scrub() {
      const done = await scrubDue(db, () => closing)
      return closing ? done : told(done)
    },
    async atomic(build) {
      demandCommits()
      try {
        await runAtomically(pool, build)
      } catch (error) {
        throw translate(translatePostgres(error))
      }
    },
    close() {
      closing = true
      return db.destroy()
    },
  }
}

/** Tells once that something has to stay, until nothing does any more. */
function teller(report: (error: unknown) => void) {
  let left = false
  return (scrubbed: boolean): boolean => {
    if (!scrubbed && !left)
      report(
        new Error(
          'what was erased still lies in files of the database, because an older transaction may read it; tried again until it is over',
        ),
      )
    left = !scrubbed
    return scrubbed
  }
}

// Kysely's read-only view and its optional fields disagree under exactOptionalPropertyTypes; the object is the same.
const readonly = (db: Kysely<Tables>): Db => db as unknown as Db

async function run<T>(db: Kysely<Tables>, work: (trx: Trx) => Promise<T>): Promise<T> {
  try {
    return await db.transaction().execute(work)
  } catch (error) {
    throw translate(error)
  }
}

/** `schema` is where the tables lie (PostgreSQL): whatever else uses the same library may have its own list in another one. */
async function migrate(db: Kysely<Tables>, dialect: 'sqlite' | 'postgres', schema?: string): Promise<void> {
  const types = dialect === 'sqlite' ? SQLITE_TYPES : POSTGRES_TYPES
  const migrations: Record<string, Migration> = {}
  for (const [name, build] of Object.entries(MIGRATIONS)) migrations[name] = build(types)
  const provider = { getMigrations: async () => migrations }
  const migrator = new Migrator({ db, provider, ...(schema === undefined ? {} : { migrationTableSchema: schema }) })
  const { error } = await migrator.migrateToLatest()
  if (error instanceof Fault || (error instanceof DatabaseError && error.kind !== 'failed')) throw error
  if (error) throw new DatabaseError('layout', error instanceof Error ? error.message : String(error), error)
}
