// What deleted rows leave behind in the files of PostgreSQL: a deletion says in its own transaction that it is to leave nothing, and
// that stands until the table has been rewritten without the row, however often nodes die in between. A rewriting keeps what an older
// transaction may still read (a backup, a session left open), so it comes after these.
import { randomUUID } from 'node:crypto'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Tables } from './tables/index.ts'

/** Milliseconds to wait for transactions that are older than the deletion; most are over at once. */
const OLDER_MS = 2000
const LOOK_MS = 20

export async function noteErased(trx: Transaction<Tables>, tables: readonly (keyof Tables)[]): Promise<void> {
  const rows = tables.map((name) => ({ id: randomUUID(), name }))
  await trx.insertInto('scrub_due').values(rows).execute()
}

/**
 * `xmin` of a note is the transaction that deleted. Until all that began before its end are over, VACUUM keeps the rows
 * (GetOldestNonRemovableTransactionId: open transactions, prepared ones, what a standby still reads).
 */
const olderThan = (ids: readonly string[]) => sql<{ older: boolean }>`
  select exists (
    select from (
      select greatest(age(backend_xmin), age(backend_xid)) as held from pg_stat_activity
        where pid <> pg_backend_pid() and (datname = current_database() or datname is null)
      union all select age(transaction) from pg_prepared_xacts where database = current_database()
      union all select age(xmin) from pg_replication_slots
    ) as horizon
    where held >= (select min(age(xmin)) from scrub_due where id in (${sql.join(ids)}))
  ) as older`

/** True if nothing is left to do. `over` ends the waiting. */
export async function scrubDue(db: Kysely<Tables>, over: () => boolean): Promise<boolean> {
  const due = await db.selectFrom('scrub_due').selectAll().execute()
  if (due.length === 0) return true
  const ids = due.map(({ id }) => id)
  const isOlder = async () => (await olderThan(ids).execute(db)).rows[0]?.older !== false
  for (let waited = 0; ; waited += LOOK_MS) {
    if (over()) return false
    if (!(await isOlder())) break
    if (waited >= OLDER_MS) return false
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  for (const name of new Set(due.map(({ name }) => name))) await sql`vacuum (full) ${sql.table(name)}`.execute(db)
  await db.transaction().execute((trx) => trx.deleteFrom('scrub_due').where('id', 'in', ids).execute())
  return true
}
