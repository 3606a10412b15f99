// The one thread that touches the embedded database file for one connection: a writer (all transactions, one at a time)
// or a reader (read-only, sees committed state). Messages are answered in the order they arrive.
import { parentPort, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3-multiple-ciphers'

export interface WorkerOptions {
  file: string
  /** 32 bytes as hex; the page cipher is AEGIS (authenticated), so a changed page is an error, not wrong data. */
  keyHex: string
  readonly: boolean
}

export interface WorkerRequest {
  id: number
  sql: string
  parameters: readonly unknown[]
}

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
    const statement = prepare(request.sql)
    if (statement.reader) {
      response = { id: request.id, rows: statement.all(...request.parameters), changes: 0 }
    } else {
      response = { id: request.id, rows: [], changes: statement.run(...request.parameters).changes }
    }
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    response = { id: request.id, error: { message, code: code ?? 'SQLITE_ERROR' } }
  }
  port.postMessage(response)
})
