// Column types whose name or behaviour differs between the two databases. Text compares and sorts by bytes on both:
// a collation that thinks two names equal would let one principal pass for another.
import { type Kysely, type RawBuilder, sql } from 'kysely'

export interface ColumnTypes {
  readonly dialect: 'sqlite' | 'postgres'
  /** Text compared by bytes: every key, name and id. */
  readonly text: RawBuilder<unknown>
  /** Milliseconds since 1970, counters, 0/1 flags. */
  readonly integer: RawBuilder<unknown>
  readonly bytes: RawBuilder<unknown>
  /** Primary key that counts up: `.addColumn('seq', types.serial, (c) => c.primaryKey())`; autoincrement never reuses. */
  readonly serial: RawBuilder<unknown>
}

export const SQLITE_TYPES: ColumnTypes = {
  dialect: 'sqlite',
  text: sql`text`,
  integer: sql`integer`,
  bytes: sql`blob`,
  serial: sql`integer`,
}

export const POSTGRES_TYPES: ColumnTypes = {
  dialect: 'postgres',
  text: sql`text collate "C"`,
  integer: sql`bigint`,
  bytes: sql`bytea`,
  serial: sql`bigserial`,
}

export interface MigrationSteps {
  // biome-ignore lint/suspicious/noExplicitAny: a migration sees the tables as they were, not as the types now say
  up(db: Kysely<any>): Promise<void>
}
