// The SQL of sessions and locks.
import type { Db, Tables, Trx } from '../store/index.ts'

export type LockRow = Tables['lock']
export type SessionRow = Tables['session']
export type SessionTaint = Tables['session_taint']

export const selectLocks = (db: Db, createdAfter: number): Promise<LockRow[]> =>
  db
    .selectFrom('lock')
    .selectAll()
    .where((row) => row.or([row('lifted_at', 'is', null), row('created_at', '>', createdAfter)]))
    .orderBy('created_at')
    .orderBy('id')
    .execute()

export const selectLocksById = (db: Db, ids: readonly string[]): Promise<LockRow[]> =>
  db.selectFrom('lock').selectAll().where('id', 'in', ids).execute()

export const insertLock = async (trx: Trx, row: LockRow): Promise<void> => {
  await trx.insertInto('lock').values(row).execute()
}

/** True if this call lifted it; false if it was lifted already. */
export const liftLock = async (trx: Trx, id: string, at: number, by: string): Promise<boolean> => {
  const done = await trx
    .updateTable('lock')
    .set({ lifted_at: at, lifted_by: by })
    .where('id', '=', id)
    .where('lifted_at', 'is', null)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

export interface StoredSession {
  row: SessionRow
  taint: string[]
}

/** The session with this id, or in force under this name. */
export async function selectSession(db: Db, by: { id: string } | { name: string }): Promise<StoredSession | undefined> {
  const [column, value] = 'id' in by ? (['id', by.id] as const) : (['name', by.name] as const)
  const row = await db.selectFrom('session').selectAll().where(column, '=', value).executeTakeFirst()
  if (!row) return undefined
  const labels = await db.selectFrom('session_taint').select('label').where('session', '=', row.id).execute()
  return { row, taint: labels.map(({ label }) => label) }
}

/** Ids of the sessions whose names begin so, with a space at the end. */
export const selectSessionsNamed = async (db: Db, beginning: string): Promise<string[]> => {
  const rows = await db
    .selectFrom('session')
    .select('id')
    .where('name', '>=', beginning)
    .where('name', '<', beginning.replace(/ $/, '!')) // what follows a space: names are compared by bytes
    .limit(2)
    .execute()
  return rows.map(({ id }) => id)
}

/** Opens a session under its name, which one that has gone quiet gives up; false if another node has just done so. */
export async function openNamed(trx: Trx, row: SessionRow, before: string | undefined): Promise<boolean> {
  if (before !== undefined) await trx.updateTable('session').set({ name: null }).where('id', '=', before).execute()
  const done = await trx
    .insertInto('session')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .executeTakeFirst()
  return (done.numInsertedOrUpdatedRows ?? 0n) > 0n
}

/**
 * Writes what a node has seen of its sessions since it last wrote. `turns` and `tokens` of a row are what to add, so that
 * nodes may share a session; each session is among them once. An end once written stays; of what was forgotten only counts
 * are written. Where two nodes opened a session under one name at the same time, the first written keeps the name, and
 * learns what the other has seen.
 */
export async function saveSessions(
  trx: Trx,
  rows: readonly SessionRow[],
  taint: readonly SessionTaint[],
  superseded: readonly string[],
): Promise<void> {
  if (superseded.length > 0)
    await trx.updateTable('session').set({ name: null }).where('id', 'in', superseded).execute()
  const names = rows.flatMap(({ name }) => (name === null ? [] : [name]))
  const taken =
    names.length === 0
      ? []
      : await trx.selectFrom('session').select(['id', 'name']).where('name', 'in', names).execute()
  const holders = new Map(taken.map(({ id, name }) => [name, id]))
  const heir = new Map<string, string>()
  const unnamed = rows.map((row) => {
    const holder = row.name === null ? undefined : holders.get(row.name)
    if (row.name !== null && holder === undefined) holders.set(row.name, row.id)
    if (holder === undefined || holder === row.id) return row
    heir.set(row.id, holder)
    return { ...row, name: null }
  })
  if (unnamed.length > 0)
    await trx
      .insertInto('session')
      .values(unnamed)
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet((row) => {
          const unlessForgotten = (column: 'model' | 'address') =>
            row
              .case()
              .when('session.forgotten_at', 'is', null)
              .then(row.ref(`excluded.${column}`))
              .else(row.ref(`session.${column}`))
              .end()
          return {
            model: unlessForgotten('model'),
            address: unlessForgotten('address'),
            last_at: row.ref('excluded.last_at'),
            turns: row('session.turns', '+', row.ref('excluded.turns')),
            tokens: row('session.tokens', '+', row.ref('excluded.tokens')),
          }
        }),
      )
      .execute()
  const labels = taint.flatMap(({ session, label }) => {
    const other = heir.get(session)
    return other === undefined
      ? [{ session, label }]
      : [
          { session, label },
          { session: other, label },
        ]
  })
  if (labels.length === 0) return
  await trx
    .insertInto('session_taint')
    .values(labels)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  await trx
    .deleteFrom('session_taint')
    .where('session', 'in', (of) =>
      of
        .selectFrom('session')
        .select('id')
        .where('forgotten_at', 'is not', null)
        .where(
          'id',
          'in',
          labels.map(({ session }) => session),
        ),
    )
    .execute()
}

/** True if the session was open until now. */
export const endSession = async (trx: Trx, id: string, at: number, cause: string): Promise<boolean> => {
  const done = await trx
    .updateTable('session')
    .set({ ended_at: at, end_cause: cause })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Ends all sessions of a principal that were opened before `opened`. */
export const endSessionsOf = async (
  trx: Trx,
  principal: string,
  opened: number,
  end: { at: number; cause: string },
): Promise<void> => {
  await trx
    .updateTable('session')
    .set({ ended_at: end.at, end_cause: end.cause })
    .where('principal', '=', principal)
    .where('opened_at', '<', opened)
    .where('ended_at', 'is', null)
    .execute()
}

/** Keeps that the session was, and whose; erases what it saw and from where. True if it was not forgotten before. */
export const forgetSession = async (trx: Trx, id: string, at: number): Promise<boolean> => {
  const done = await trx
    .updateTable('session')
    .set({ forgotten_at: at, address: '', model: '', name: null })
    .where('id', '=', id)
    .where('forgotten_at', 'is', null)
    .executeTakeFirst()
  await trx.deleteFrom('session_taint').where('session', '=', id).execute()
  return done.numUpdatedRows > 0n
}
