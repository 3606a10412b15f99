// SQL of the policy room: versions of the rules, and the slots that say which are in force.
import type { Selectable } from 'kysely'
import type { Db, Tables, Trx } from '../store/index.ts'

export type VersionRow = Selectable<Tables['policy_version']>
export type SlotRow = Selectable<Tables['policy_slot']>
export type Slot = SlotRow['slot']

// A transaction reads with the same methods; only the types of the two views differ.
const reads = (db: Db | Trx): Db => db as Db

export const selectSlot = (db: Db | Trx, slot: Slot): Promise<SlotRow> =>
  reads(db).selectFrom('policy_slot').selectAll().where('slot', '=', slot).executeTakeFirstOrThrow()

export const selectVersion = (db: Db | Trx, version: number): Promise<VersionRow | undefined> =>
  reads(db).selectFrom('policy_version').selectAll().where('version', '=', version).executeTakeFirst()

/** Newest first, without the bundles. */
export const selectHistory = (db: Db, limit: number, before?: number) => {
  const all = reads(db)
    .selectFrom('policy_version')
    .select(['version', 'digest', 'created_at', 'created_by', 'reason', 'repeats'])
  return (before === undefined ? all : all.where('version', '<', before))
    .orderBy('version', 'desc')
    .limit(limit)
    .execute()
}

export async function lastVersion(trx: Trx): Promise<number> {
  const row = await reads(trx)
    .selectFrom('policy_version')
    .select(({ fn }) => fn.max('version').as('last'))
    .executeTakeFirst()
  return Number(row?.last ?? 0)
}

export const insertVersion = async (trx: Trx, row: VersionRow): Promise<void> => {
  await trx.insertInto('policy_version').values(row).execute()
}

/** One conditional update: of two who saw the same revision, one takes the slot. False if somebody else was faster. */
export async function takeSlot(
  trx: Trx,
  slot: Slot,
  seen: number,
  set: Pick<SlotRow, 'version' | 'changed_at' | 'changed_by'>,
): Promise<boolean> {
  const done = await trx
    .updateTable('policy_slot')
    .set({ ...set, revision: seen + 1 })
    .where('slot', '=', slot)
    .where('revision', '=', seen)
    .executeTakeFirst()
  return Number(done.numUpdatedRows) === 1
}
