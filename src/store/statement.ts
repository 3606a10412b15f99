// One statement of an atomic list, the same on both databases except for its placeholders.

export interface Statement {
  /** SQL with the database's own placeholders: `?` on SQLite, `$1` on PostgreSQL. Cached by text, so keep texts few. */
  readonly sql: string
  readonly parameters: readonly unknown[]
  /** If it does not change exactly this many rows, the whole list is undone and fails as `conflict`. */
  readonly mustChange?: number
  /** Changes either `mustChange` rows or nothing, by itself: alone in its list it needs no transaction round it. */
  readonly whole?: true
}

/** Result code of a list undone by `mustChange`; beside SQLite's own codes, which all begin with SQLITE_. */
export const CONFLICT = 'CONFLICT'

/** Every transaction on SQLite begins with this: it will write. */
export const BEGIN = 'begin immediate'
export const COMMIT = 'commit'

/** Writes what the write-ahead log of SQLite holds into the database, and cuts it to nothing. */
export const EMPTY_LOG = 'pragma wal_checkpoint(truncate)'
