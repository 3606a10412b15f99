// The one thread that touches the embedded database file for one connection: a writer (all transactions, one at a time)
// or a reader (read-only, sees committed state). Messages are answered in the order they arrive.
import { statSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3-multiple-ciphers'
import { BEGIN, COMMIT, CONFLICT, EMPTY_LOG, type Statement } from './statement.ts'

export interface WorkerOptions {
  file: string
  /** 32 bytes as hex; the page cipher is AEGIS (authenticated), so a changed page is an error, not wrong data. */
  keyHex: string
  readonly: boolean
}

/** One statement, or several as one transaction. */
export type WorkerRequest =
  | { id: number; sql: string; parameters: readonly unknown[] }
  | { id: number; statements: readonly Statement[] }

export type WorkerResponse =
  | { id: number; rows: unknown[]; changes: number }
  | { id: number; error: { message: string; code: string } }

const options = workerData as WorkerOptions
const database = new Database(options.file, { readonly: options.readonly })
database.pragma(`cipher='aegis'`)
database.pragma(`key='raw:${options.keyHex}'`)
database.pragma('busy_timeout = 10000')
database.pragma('foreign_keys = ON')
database.pragma('secure_delete = ON') // erased content must not survive in free pages
database.pragma('temp_store = MEMORY')
if (!options.readonly) {
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL') // a commit that was answered has reached the disk
}

const log = `${options.file}-wal`
const thereAt = (path: string) => statSync(path, { throwIfNoEntry: false })
database.pragma('schema_version') // reads, which opens both files
const [file, wal] = [thereAt(options.file), thereAt(log)]
/** Bytes that the write-ahead log has at least: it becomes shorter when it is emptied, is removed when the last connection closes. */
let shortest = wal?.size ?? 0

/**
 * What is written into a file that was deleted or replaced is gone when this process ends; what is written behind a hole in the
 * write-ahead log cannot be read by the next one.
 */
function demandFiles(): void {
  const [fileNow, walNow] = [thereAt(options.file), thereAt(log)]
  const isSame = fileNow?.ino === file?.ino && walNow !== undefined && walNow.ino === wal?.ino
  if (isSame && (walNow.size >= shortest || isEmptied(walNow.size))) return
  const error = new Error('files of the database were deleted, replaced or cut while it was in use')
  throw Object.assign(error, { code: 'SQLITE_READONLY_DBMOVED' })
}

/** Bytes before the frames of a write-ahead log, and before the page in each (https://sqlite.org/fileformat2.html#walformat). */
const [LOG_HEADER, FRAME_HEADER] = [32, 24]

/** Another connection that empties the log writes into the database what it holds, and says so; who cuts the file does neither. */
function isEmptied(size: number): boolean {
  try {
    const [{ log: frames }] = database.pragma('wal_checkpoint(passive)') as [{ log: number }] // fails on one that is not there
    const [{ page_size }] = database.pragma('page_size') as [{ page_size: number }]
    if (frames > 0 && size < LOG_HEADER + frames * (FRAME_HEADER + page_size)) return false
  } catch {
    return false
  }
  shortest = size
  return true
}

const statements = new Map<string, Database.Statement>()
const MAX_STATEMENTS = 500

function prepare(sql: string): Database.Statement {
  let statement = statements.get(sql)
  if (!statement) {
    if (statements.size >= MAX_STATEMENTS) statements.clear()
    statement = database.prepare(sql)
    statements.set(sql, statement)
  }
  return statement
}

function runOne(sql: string, parameters: readonly unknown[]): { rows: unknown[]; changes: number } {
  if (sql === BEGIN) demandFiles()
  const statement = prepare(sql)
  const result = statement.reader
    ? { rows: statement.all(...parameters), changes: 0 }
    : { rows: [], changes: statement.run(...parameters).changes }
  if (sql === COMMIT || sql === EMPTY_LOG) shortest = thereAt(log)?.size ?? 0
  return result
}

/** All or nothing: the commit is the last statement, and whatever goes wrong before it undoes everything. */
function runAll(list: readonly Statement[]): { rows: unknown[]; changes: number } {
  runOne(BEGIN, [])
  try {
    for (const { sql, parameters, mustChange } of list) {
      const { changes } = runOne(sql, parameters)
      if (mustChange !== undefined && changes !== mustChange) throw conflict(mustChange, changes)
    }
    runOne(COMMIT, []) // durable from here on: WAL with synchronous=FULL
    return { rows: [], changes: 0 }
  } catch (error) {
    // A full disk ends the transaction by itself; a second rollback would hide the first error.
    if (database.inTransaction) runOne('rollback', [])
    throw error
  }
}

const conflict = (wanted: number, changed: number): Error =>
  Object.assign(new Error(`changed ${changed} rows instead of ${wanted}`), { code: CONFLICT })

/** As above: whoever rolls back what a full disk has ended hears of the disk, and not of the rollback. */
const runAsked = (sql: string, parameters: readonly unknown[]) =>
  sql === 'rollback' && !database.inTransaction ? { rows: [], changes: 0 } : runOne(sql, parameters)

const port = parentPort
if (!port) throw new Error('this file runs as a worker thread')

port.on('message', (request: WorkerRequest | 'close') => {
  if (request === 'close') {
    database.close()
    port.close()
    return
  }
  let response: WorkerResponse
  try {
    const result = 'statements' in request ? runAll(request.statements) : runAsked(request.sql, request.parameters)
    response = { id: request.id, ...result }
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    response = { id: request.id, error: { message, code: code ?? 'SQLITE_ERROR' } }
  }
  port.postMessage(response)
})
