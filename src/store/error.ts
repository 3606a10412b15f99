// What a database can say no with, told by SQLSTATE or result code, never by message text.
import { Fault } from '../core/index.ts'

export type DatabaseErrorKind =
  | 'unique'
  | 'reference'
  | 'check'
  | 'conflict'
  | 'unavailable'
  | 'held'
  | 'foreign'
  | 'damaged'
  | 'layout'
  | 'unfit'
  | 'failed'

export class DatabaseError extends Error {
  readonly kind: DatabaseErrorKind

  constructor(kind: DatabaseErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'DatabaseError'
    this.kind = kind
  }
}

/** One whose code tells the log which trouble it is. */
export const coded = (kind: DatabaseErrorKind, code: string, message: string): DatabaseError =>
  Object.assign(new DatabaseError(kind, message), { code })

/** True if the row exists already: the caller turns it into its own Fault. */
export const isUniqueViolation = (error: unknown): boolean => error instanceof DatabaseError && error.kind === 'unique'

/** True if an atomic list met other rows than it was made for; nothing was changed. */
export const isConflict = (error: unknown): boolean => error instanceof DatabaseError && error.kind === 'conflict'

/** An unreachable database is a 503 with its own code; everything else stays what it is. */
export const translate = (error: unknown): unknown =>
  error instanceof DatabaseError && error.kind === 'unavailable'
    ? new Fault('store_unavailable', { cause: error })
    : error
