// SQLite behind Kysely: two worker threads on one encrypted file, one that writes and one that only reads.
// Everything that differs from PostgreSQL in this product is in this file and its twin.
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { coded, DatabaseError, type DatabaseErrorKind } from './error.ts'
import type { WorkerOptions, WorkerRequest, WorkerResponse } from './sqlite-worker.ts'
import { BEGIN, COMMIT, CONFLICT, type Statement } from './statement.ts'

/** A value as SQLite takes it: no booleans, no undefined. */
const bind = (value: unknown): unknown => {
  if (typeof value === 'boolean') return value ? 1 : 0
  return value === undefined ? null : value
}

const KINDS: Record<string, DatabaseErrorKind> = {
  SQLITE_CONSTRAINT_PRIMARYKEY: 'unique',
  SQLITE_CONSTRAINT_UNIQUE: 'unique',
  SQLITE_CONSTRAINT_FOREIGNKEY: 'reference',
  SQLITE_CONSTRAINT_NOTNULL: 'check',
  SQLITE_CONSTRAINT_CHECK: 'check',
  [CONFLICT]: 'conflict',
}

/** What a thread that could not open the database died of. */
const FATAL: Record<string, DatabaseErrorKind> = { SQLITE_NOTADB: 'foreign', SQLITE_CORRUPT: 'damaged' }

/** A full disk, one that fails and one that may not be written serve nobody now, and may again later. */
export const kindOf = (code: string): DatabaseErrorKind =>
  KINDS[code] ?? (/^SQLITE_(FULL|IOERR|READONLY|CANTOPEN)/.test(code) ? 'unavailable' : 'failed')

class WorkerConnection implements DatabaseConnection {
  readonly #worker: Worker
  readonly #waiting = new Map<
    number,
    { resolve: (result: QueryResult<unknown>) => void; reject: (e: unknown) => void }
  >()
  #next = 1
  #dead: Error | undefined

  constructor(options: WorkerOptions) {
    const here = import.meta.url
    this.#worker = new Worker(new URL(`./sqlite-worker${extname(here)}`, here), { workerData: options })
    this.#worker.on('message', (response: WorkerResponse) => this.#answer(response))
    this.#worker.on('error', (error) => this.#die(error instanceof Error ? error : new Error(String(error))))
    this.#worker.on('exit', () => this.#die(new Error('the database thread has ended')))
    this.#worker.unref() // after the listeners, which hold the process; from here on only a question does
  }

  #answer(response: WorkerResponse): void {
    const waiter = this.#waiting.get(response.id)
    this.#waiting.delete(response.id)
    if (!waiter) return
    if ('error' in response) {
      const { code, message } = response.error
      waiter.reject(coded(kindOf(code), code, message))
    } else {
      waiter.resolve({ rows: response.rows, numAffectedRows: BigInt(response.changes) })
    }
    if (this.#waiting.size === 0) this.#worker.unref()
  }

  #die(error: Error & { code?: string }): void {
    this.#dead ??= error
    const kind = FATAL[error.code ?? ''] ?? 'unavailable'
    for (const { reject } of this.#waiting.values()) reject(new DatabaseError(kind, error.message))
    this.#waiting.clear()
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return this.#send({ id: this.#next++, sql: query.sql, parameters: query.parameters.map(bind) })
  }

  async executeAll(statements: readonly Statement[]): Promise<void> {
    await this.#send({ id: this.#next++, statements })
  }

  #send<R>(request: WorkerRequest): Promise<QueryResult<R>> {
    if (this.#dead) return Promise.reject(new DatabaseError('unavailable', this.#dead.message))
    if (this.#waiting.size === 0) this.#worker.ref()
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, { resolve: resolve as (result: QueryResult<unknown>) => void, reject })
      this.#worker.postMessage(request)
    })
  }

  // biome-ignore lint/correctness/useYield: pages are read with limits; a cursor over a thread boundary gains nothing
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming queries are not used; page with a key instead')
  }

  close(): Promise<void> {
    if (this.#dead) return Promise.resolve()
    return new Promise((resolve) => {
      this.#worker.ref()
      this.#worker.once('exit', () => resolve())
      this.#worker.postMessage('close')
    })
  }
}

/** One connection, handed to one user at a time in order of asking. */
class SingleConnectionDriver implements Driver {
  readonly #connection: WorkerConnection
  readonly #shared: boolean
  #queue: Promise<void> = Promise.resolve()
  #release: (() => void) | undefined

  /** `shared`: statements of several users may interleave (reads outside transactions). */
  constructor(options: WorkerOptions, shared: boolean) {
    this.#connection = new WorkerConnection(options)
    this.#shared = shared
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<WorkerConnection> {
    if (this.#shared) return this.#connection
    const turn = this.#queue
    let release = () => {}
    this.#queue = new Promise((resolve) => {
      release = resolve
    })
    await turn
    this.#release = release
    return this.#connection
  }

  async releaseConnection(): Promise<void> {
    this.#release?.()
  }

  async beginTransaction(): Promise<void> {
    await this.#connection.executeQuery(raw(BEGIN))
  }

  async commitTransaction(): Promise<void> {
    await this.#connection.executeQuery(raw(COMMIT)) // durable from here on: WAL with synchronous=FULL
  }

  async rollbackTransaction(): Promise<void> {
    await this.#connection.executeQuery(raw('rollback'))
  }

  /** Runs a list as one transaction in one message to the thread. */
  async atomic(build: () => readonly Statement[]): Promise<void> {
    const connection = await this.acquireConnection()
    try {
      await connection.executeAll(build())
    } finally {
      await this.releaseConnection()
    }
  }

  destroy(): Promise<void> {
    return this.#connection.close()
  }
}

const raw = (sql: string): CompiledQuery => ({ sql, parameters: [] }) as unknown as CompiledQuery

/** SQLite undoes changes of the layout like any other: a start that dies in the middle of them leaves the old one. */
class Adapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

const dialect = (driver: Driver): Dialect => ({
  createAdapter: () => new Adapter(),
  createDriver: () => driver,
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
})

/** Opens (creating if needed) the encrypted file and returns a writer and a reader over it. */
export async function openSqlite<T>(options: { file: string; keyHex: string }): Promise<{
  writer: Kysely<T>
  reader: Kysely<T>
  atomic: (build: () => readonly Statement[]) => Promise<void>
  close: () => Promise<void>
}> {
  const writing = new SingleConnectionDriver({ ...options, readonly: false }, false)
  const writer = new Kysely<T>({ dialect: dialect(writing) })
  // The writer opens first: it creates the file and switches it to WAL, which a read-only connection cannot do.
  await writer.connection().execute((connection) => connection.executeQuery(raw('select 1')))
  const reading = new SingleConnectionDriver({ ...options, readonly: true }, true)
  const reader = new Kysely<T>({ dialect: dialect(reading) })
  return {
    writer,
    reader,
    atomic: (build) => writing.atomic(build),
    // Not by way of Kysely, which leaves the thread of a connection that was never used running, and the process with it.
    async close() {
      await reading.destroy()
      await writing.destroy()
    },
  }
}
