// SQL of keys and their use. Rows of keys are never deleted.
import type { Selectable } from 'kysely'
import type { PrincipalUid } from '../core/index.ts'
import type { Db, Tables, Trx } from '../store/index.ts'

export type KeyRow = Selectable<Tables['api_key']>
export type KeyUseRow = Selectable<Tables['key_use']>
/** A key with its last use, which is null when there was none. */
export type KeyWithUse = KeyRow & { [Column in Exclude<keyof KeyUseRow, 'key_id'>]: KeyUseRow[Column] | null }

export const selectKeys = (db: Db, ids?: readonly string[]): Promise<KeyRow[]> => {
  const all = db.selectFrom('api_key').selectAll()
  return (ids ? all.where('id', 'in', [...ids]) : all).execute()
}

export const selectKey = (db: Db | Trx, id: string): Promise<KeyRow | undefined> =>
  (db as Db).selectFrom('api_key').selectAll().where('id', '=', id).executeTakeFirst()

const withUse = (db: Db) =>
  db
    .selectFrom('api_key')
    .leftJoin('key_use', 'key_use.key_id', 'api_key.id')
    .selectAll('api_key')
    .select(['first_used_at', 'last_used_at', 'last_address', 'last_client', 'uses'])

export const selectKeyWithUse = (db: Db, id: string): Promise<KeyWithUse | undefined> =>
  withUse(db).where('api_key.id', '=', id).executeTakeFirst()

export interface KeyFilter {
  readonly owner?: PrincipalUid
  readonly name?: string
  readonly state?: KeyRow['state']
  readonly expiresBefore?: number
  /** Never used, or not since. */
  readonly unusedSince?: number
}

/** Newest first. `after` is the birth and id of the last row of the page before. */
export const pageKeys = (
  db: Db,
  page: KeyFilter & { after?: { createdAt: number; id: string }; limit: number },
): Promise<KeyWithUse[]> => {
  let query = withUse(db)
  if (page.owner) query = query.where('owner_type', '=', page.owner.type).where('owner_name', '=', page.owner.id)
  if (page.name !== undefined) query = query.where('api_key.name', '=', page.name)
  if (page.state !== undefined) query = query.where('state', '=', page.state)
  const { expiresBefore, unusedSince, after } = page
  if (expiresBefore !== undefined) query = query.where('expires_at', '<', expiresBefore)
  if (unusedSince !== undefined)
    query = query
      .where('created_at', '<', unusedSince)
      .where((of) => of.or([of('last_used_at', 'is', null), of('last_used_at', '<', unusedSince)]))
  if (after)
    query = query.where((of) =>
      of.or([
        of('created_at', '<', after.createdAt),
        of.and([of('created_at', '=', after.createdAt), of('api_key.id', '<', after.id)]),
      ]),
    )
  return query.orderBy('created_at', 'desc').orderBy('api_key.id', 'desc').limit(page.limit).execute()
}

export const insertKey = async (trx: Trx, row: KeyRow): Promise<void> => {
  await trx.insertInto('api_key').values(row).execute()
}

/**
 * Changes a key that is still in one of `from` (and still at `version`, if given); the row as it is now, or undefined.
 * One statement, so that of two people at once only one changes it.
 */
export const updateKey = (
  trx: Trx,
  id: string,
  set: Partial<KeyRow>,
  from: readonly KeyRow['state'][],
  version?: number,
): Promise<KeyRow | undefined> => {
  let query = trx
    .updateTable('api_key')
    .set((of) => ({ ...set, version: of('version', '+', 1) }))
    .where('id', '=', id)
    .where('state', 'in', [...from])
  if (version !== undefined) query = query.where('version', '=', version)
  return query.returningAll().executeTakeFirst()
}

/** Suspends every active key of an owner; the ids. */
export const suspendKeysOf = async (
  trx: Trx,
  owner: PrincipalUid,
  set: Pick<KeyRow, 'state_at' | 'state_by' | 'state_reason'>,
): Promise<string[]> => {
  const rows = await trx
    .updateTable('api_key')
    .set((of) => ({ ...set, state: 'suspended' as const, version: of('version', '+', 1) }))
    .where('owner_type', '=', owner.type)
    .where('owner_name', '=', owner.id)
    .where('state', '=', 'active')
    .returning('id')
    .execute()
  return rows.map((row) => row.id)
}

/** Revokes every key of an owner that is not revoked yet; the ids. */
export const revokeKeysOf = async (
  trx: Trx,
  owner: PrincipalUid,
  set: Pick<KeyRow, 'state_at' | 'state_by' | 'state_reason'>,
): Promise<string[]> => {
  const rows = await trx
    .updateTable('api_key')
    .set((of) => ({ ...set, state: 'revoked' as const, handle: null, version: of('version', '+', 1) }))
    .where('owner_type', '=', owner.type)
    .where('owner_name', '=', owner.id)
    .where('state', '<>', 'revoked')
    .returning('id')
    .execute()
  return rows.map((row) => row.id)
}

/** Takes the hash of a newer pepper, unless the key changed meanwhile. */
export const rehashKey = async (
  trx: Trx,
  id: string,
  from: { version: number },
  to: { hash: Uint8Array; version: number },
): Promise<void> => {
  await trx
    .updateTable('api_key')
    .set({ hash: to.hash, pepper_version: to.version })
    .where('id', '=', id)
    .where('pepper_version', '=', from.version)
    .execute()
}

/** Adds a batch of uses to what is known; the newest use wins, also over what another node wrote. */
export const addUses = async (trx: Trx, rows: readonly KeyUseRow[]): Promise<void> => {
  await trx
    .insertInto('key_use')
    .values([...rows])
    .onConflict((conflict) =>
      conflict.column('key_id').doUpdateSet((of) => {
        const newer = of('excluded.last_used_at', '>=', of.ref('key_use.last_used_at'))
        const pick = <Column extends 'last_used_at' | 'last_address' | 'last_client'>(column: Column) =>
          of
            .case()
            .when(newer)
            .then(of.ref(`excluded.${column}`))
            .else(of.ref(`key_use.${column}`))
            .end()
        return {
          last_used_at: pick('last_used_at'),
          last_address: pick('last_address'),
          last_client: pick('last_client'),
          uses: of('key_use.uses', '+', of.ref('excluded.uses')),
        }
      }),
    )
    .execute()
}
