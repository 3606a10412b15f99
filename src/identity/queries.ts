// SQL of the directory: principals, groups, members, roles, assignments. Its twin for keys is key-queries.ts.
import type { Selectable } from 'kysely'
import type { PrincipalType, PrincipalUid } from '../core/index.ts'
import type { Db, Store, Tables, Trx } from '../store/index.ts'

export type PrincipalRow = Selectable<Tables['principal']>
export type GroupRow = Selectable<Tables['directory_group']>
export type MemberRow = Selectable<Tables['group_member']>
export type RoleRow = Selectable<Tables['role']>
export type AssignmentRow = Selectable<Tables['role_assignment']>

/** A page of rows after a cursor, in byte order of the name. */
export interface NamePage {
  readonly after?: string
  readonly limit: number
  /** Only names that contain this, case-sensitively. */
  readonly search?: string
}

/** Text for LIKE in which nothing is a wildcard; used with `escape '\'`. */
const containing = (text: string): string => `%${text.replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`

// A transaction reads with the same methods; only the types of the two views differ.
const reads = (db: Db | Trx): Db => db as Db

export const selectPrincipal = (db: Db | Trx, uid: PrincipalUid): Promise<PrincipalRow | undefined> =>
  reads(db)
    .selectFrom('principal')
    .selectAll()
    .where('type', '=', uid.type)
    .where('name', '=', uid.id)
    .executeTakeFirst()

export const selectPrincipals = (db: Db, type: PrincipalType, names?: readonly string[]): Promise<PrincipalRow[]> => {
  const all = db.selectFrom('principal').selectAll().where('type', '=', type)
  return (names ? all.where('name', 'in', [...names]) : all).execute()
}

export const pagePrincipals = (
  db: Db,
  type: PrincipalType,
  page: NamePage & { state?: PrincipalRow['state'] },
): Promise<PrincipalRow[]> => {
  let query = db.selectFrom('principal').selectAll().where('type', '=', type)
  query = page.state ? query.where('state', '=', page.state) : query.where('state', '<>', 'removed')
  if (page.after !== undefined) query = query.where('name', '>', page.after)
  if (page.search !== undefined) query = query.where(like('name', page.search))
  return query.orderBy('name').limit(page.limit).execute()
}

import { type ExpressionBuilder, sql } from 'kysely'

// LIKE folds ASCII case on SQLite and not on PostgreSQL; lower() on both sides makes them agree for ASCII.
const like =
  <Table extends keyof Tables>(column: string, text: string) =>
  (_: ExpressionBuilder<Tables, Table>) =>
    sql<boolean>`lower(${sql.ref(column)}) like ${containing(text.toLowerCase())} escape '\\'`

export const insertPrincipal = async (trx: Trx, row: PrincipalRow): Promise<void> => {
  await trx.insertInto('principal').values(row).execute()
}

/** Updates if the row still has `version` (any, if undefined); false if it was somebody else's turn. */
export const updatePrincipal = async (
  trx: Trx,
  uid: PrincipalUid,
  set: Partial<PrincipalRow>,
  version?: number,
): Promise<boolean> => {
  let query = trx
    .updateTable('principal')
    .set((of) => ({ ...set, version: of('version', '+', 1) }))
    .where('type', '=', uid.type)
    .where('name', '=', uid.id)
  if (version !== undefined) query = query.where('version', '=', version)
  return (await query.executeTakeFirst()).numUpdatedRows > 0n
}

/**
 * Holds the row of an active principal until the transaction ends, so that a suspension running beside it comes wholly
 * before or wholly after. False if the principal is not there or not active.
 */
export const holdActive = async (trx: Trx, uid: PrincipalUid): Promise<boolean> => {
  const held = await trx
    .updateTable('principal')
    .set((of) => ({ version: of.ref('version') }))
    .where('type', '=', uid.type)
    .where('name', '=', uid.id)
    .where('state', '=', 'active')
    .executeTakeFirst()
  return held.numUpdatedRows > 0n
}

/** Holds the row of a principal until the transaction ends, and reads it as whoever held it before has left it. */
export const holdPrincipal = (trx: Trx, uid: PrincipalUid): Promise<PrincipalRow | undefined> =>
  trx
    .updateTable('principal')
    .set((of) => ({ version: of.ref('version') }))
    .where('type', '=', uid.type)
    .where('name', '=', uid.id)
    .returningAll()
    .executeTakeFirst()

/** Any number that no other lock of this database has. */
const MEMBERS_LOCK = 7_260_215

/** Lets one change of who is in what be made at a time: two that close a circle between them see nothing of one another otherwise. */
export const holdMembers = async (trx: Trx, dialect: Store['dialect']): Promise<void> => {
  if (dialect === 'postgres') await sql`select pg_advisory_xact_lock(${MEMBERS_LOCK})`.execute(trx)
}

export const agentsOf = (trx: Trx, user: string): Promise<PrincipalRow[]> =>
  trx.selectFrom('principal').selectAll().where('type', '=', 'Agent').where('on_behalf_of', '=', user).execute()

export const selectGroup = (db: Db | Trx, name: string): Promise<GroupRow | undefined> =>
  reads(db).selectFrom('directory_group').selectAll().where('name', '=', name).executeTakeFirst()

export const selectGroups = (db: Db, names?: readonly string[]): Promise<GroupRow[]> => {
  const all = db.selectFrom('directory_group').selectAll()
  return (names ? all.where('name', 'in', [...names]) : all).execute()
}

export const pageGroups = (db: Db, page: NamePage): Promise<GroupRow[]> => {
  let query = db.selectFrom('directory_group').selectAll().where('removed_at', 'is', null)
  if (page.after !== undefined) query = query.where('name', '>', page.after)
  if (page.search !== undefined) query = query.where(like('name', page.search))
  return query.orderBy('name').limit(page.limit).execute()
}

export const insertGroup = async (trx: Trx, row: GroupRow): Promise<void> => {
  await trx.insertInto('directory_group').values(row).execute()
}

export const updateGroup = async (
  trx: Trx,
  name: string,
  set: Partial<GroupRow>,
  version?: number,
): Promise<boolean> => {
  let query = trx
    .updateTable('directory_group')
    .set((of) => ({ ...set, version: of('version', '+', 1) }))
    .where('name', '=', name)
    .where('removed_at', 'is', null)
  if (version !== undefined) query = query.where('version', '=', version)
  return (await query.executeTakeFirst()).numUpdatedRows > 0n
}

export const selectMembers = (db: Db, groups?: readonly string[]): Promise<MemberRow[]> => {
  const all = db.selectFrom('group_member').selectAll()
  return (groups ? all.where('group_name', 'in', [...groups]) : all)
    .orderBy('member_type')
    .orderBy('member_name')
    .execute()
}

/** Edges from group to group, for the search for cycles. */
export const selectNesting = (trx: Trx): Promise<{ group_name: string; member_name: string }[]> =>
  trx.selectFrom('group_member').select(['group_name', 'member_name']).where('member_type', '=', 'Group').execute()

/** False if it was a member already. */
export const insertMember = async (trx: Trx, row: MemberRow): Promise<boolean> => {
  const result = await trx
    .insertInto('group_member')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n
}

/** Removes one member, every member of a group, or every membership of a member; returns the groups touched. */
export const deleteMembers = async (
  trx: Trx,
  which: { group?: string; member?: { type: string; id: string } },
): Promise<string[]> => {
  let query = trx.deleteFrom('group_member')
  if (which.group !== undefined) query = query.where('group_name', '=', which.group)
  if (which.member)
    query = query
      .where('member_type', '=', which.member.type as MemberRow['member_type'])
      .where('member_name', '=', which.member.id)
  const rows = await query.returning('group_name').execute()
  return [...new Set(rows.map((row) => row.group_name))]
}

export const selectRole = (db: Db | Trx, name: string): Promise<RoleRow | undefined> =>
  reads(db).selectFrom('role').selectAll().where('name', '=', name).executeTakeFirst()

export const selectRoles = (db: Db, names?: readonly string[]): Promise<RoleRow[]> => {
  const all = db.selectFrom('role').selectAll()
  return (names ? all.where('name', 'in', [...names]) : all).execute()
}

export const pageRoles = (db: Db, page: NamePage): Promise<RoleRow[]> => {
  let query = db.selectFrom('role').selectAll().where('removed_at', 'is', null)
  if (page.after !== undefined) query = query.where('name', '>', page.after)
  return query.orderBy('name').limit(page.limit).execute()
}

export const insertRole = async (trx: Trx, row: RoleRow): Promise<void> => {
  await trx.insertInto('role').values(row).execute()
}

export const updateRole = async (trx: Trx, name: string, set: Partial<RoleRow>, version?: number): Promise<boolean> => {
  let query = trx
    .updateTable('role')
    .set((of) => ({ ...set, version: of('version', '+', 1) }))
    .where('name', '=', name)
  if (version !== undefined) query = query.where('version', '=', version)
  return (await query.executeTakeFirst()).numUpdatedRows > 0n
}

export const selectAssignments = (db: Db, ids?: readonly string[]): Promise<AssignmentRow[]> => {
  const all = db.selectFrom('role_assignment').selectAll()
  return (ids ? all.where('id', 'in', [...ids]) : all).execute()
}

export const pageAssignments = (
  db: Db,
  page: { after?: string; limit: number; role?: string; holder?: { type: string; id: string } },
): Promise<AssignmentRow[]> => {
  let query = db.selectFrom('role_assignment').selectAll()
  if (page.role !== undefined) query = query.where('role', '=', page.role)
  if (page.holder)
    query = query
      .where('holder_type', '=', page.holder.type as AssignmentRow['holder_type'])
      .where('holder_name', '=', page.holder.id)
  if (page.after !== undefined) query = query.where('id', '>', page.after)
  return query.orderBy('id').limit(page.limit).execute()
}

export const insertAssignment = async (trx: Trx, row: AssignmentRow): Promise<void> => {
  await trx.insertInto('role_assignment').values(row).execute()
}

/** Removes by id, by role or by holder; returns what was removed. */
export const deleteAssignments = (
  trx: Trx,
  which: { id: string } | { role: string } | { holder: { type: string; id: string } },
): Promise<AssignmentRow[]> => {
  let query = trx.deleteFrom('role_assignment')
  if ('id' in which) query = query.where('id', '=', which.id)
  else if ('role' in which) query = query.where('role', '=', which.role)
  else
    query = query
      .where('holder_type', '=', which.holder.type as AssignmentRow['holder_type'])
      .where('holder_name', '=', which.holder.id)
  return query.returningAll().execute()
}
