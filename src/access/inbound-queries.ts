// The SQL of signed events from outside.
import type { Tables, Trx } from '../store/index.ts'

/** @throws DatabaseError `unique` if this event was taken before */
export const insertInbound = async (trx: Trx, row: Tables['inbound_event']): Promise<void> => {
  await trx.insertInto('inbound_event').values(row).execute()
}

/** Forgets events that are too old to be taken anyway. */
export const dropInbound = async (trx: Trx, before: number): Promise<void> => {
  await trx.deleteFrom('inbound_event').where('at', '<', before).execute()
}
