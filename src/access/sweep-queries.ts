// The SQL of sweeps.
import type { Db, Tables, Trx } from '../store/index.ts'

export type SweepRow = Tables['sweep']

/** True if this node got the day; false if another has it. */
export const beginSweep = async (trx: Trx, row: SweepRow): Promise<boolean> => {
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

export const selectSweeps = (db: Db, limit: number): Promise<SweepRow[]> =>
  db.selectFrom('sweep').selectAll().orderBy('started_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
