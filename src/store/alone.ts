// One process at a time works on the embedded database. A second one would not know of the first: its receipts would name
// nobody else, budgets would count twice, and each would take the other's running calls for those of a node that died.
import Database from 'better-sqlite3-multiple-ciphers'
import { coded } from './error.ts'
import { kindOf } from './sqlite.ts'

/**
 * Holds `file` until the returned function is called or the process ends, however it ends: what holds it is a lock of the
 * operating system. undefined if another process, or another part of this one, holds it.
 * @throws DatabaseError `unavailable` if the folder cannot be written now
 */
export function holdAlone(file: string): (() => void) | undefined {
  let database: Database | undefined
  try {
    database = new Database(file, { timeout: 0 })
    database.prepare('begin exclusive').run()
  } catch (error) {
    database?.close()
    const { code = '', message } = error as Error & { code?: string }
    if (code === 'SQLITE_BUSY') return undefined
    throw coded(kindOf(code), code, message)
  }
  const held = database
  return () => held.close()
}
