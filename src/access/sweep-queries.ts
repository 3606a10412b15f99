// The SQL of sweeps.
import type { Db, Tables, Trx } from '../store/index.ts'

export type SweepRow = Tables['sweep']

/** True if this node got the day; false if another has it, and began later than `abandoned` or has ended. */
export const beginSweep = async (trx: Trx, row: SweepRow, abandoned: number): Promise<boolean> => {
  await trx
    .deleteFrom('sweep')
    .where('day', '=', row.day)
    .where('ended_at', 'is', null)
    .where('started_at', '<', abandoned)
    .execute()
  const done = await trx
    .insertInto('sweep')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return (done.numInsertedOrUpdatedRows ?? 0n) > 0n
}

export const finishSweep = async (trx: Trx, id: string, at: number, findings: string): Promise<void> => {
  await trx.updateTable('sweep').set({ ended_at: at, findings }).where('id', '=', id).execute()
}

export const dropSweep = async (trx: Trx, id: string): Promise<void> => {
  await trx.deleteFrom('sweep').where('id', '=', id).where('ended_at', 'is', null).execute()
}

export const selectLastFinished = (db: Db): Promise<SweepRow | undefined> =>
  db
    .selectFrom('sweep')
    .selectAll()
    .where('ended_at', 'is not', null)
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()

export const selectSweeps = (db: Db, limit: number): Promise<SweepRow[]> =>
  db.selectFrom('sweep').selectAll().orderBy('started_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
