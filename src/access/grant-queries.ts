// The SQL of requests, approvals and grants. Every step of a state machine is one conditional update: of two that try,
// one finds a row.
import { sql } from 'kysely'
import type { Db, Store, Tables, Trx } from '../store/index.ts'

export type RequestRow = Tables['access_request']
export type ApprovalRow = Tables['approval']
export type GrantRow = Tables['access_grant']

export const insertRequest = async (trx: Trx, row: RequestRow): Promise<void> => {
  await trx.insertInto('access_request').values(row).execute()
}

export const selectRequest = (db: Db | Trx, id: string): Promise<RequestRow | undefined> =>
  (db as Db).selectFrom('access_request').selectAll().where('id', '=', id).executeTakeFirst()

/** Holds the row for the rest of the transaction, if the request may still be answered. */
export const holdPending = async (trx: Trx, id: string, now: number): Promise<RequestRow | undefined> =>
  trx
    .updateTable('access_request')
    .set((row) => ({ version: row('version', '+', 1) }))
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .where('expires_at', '>', now)
    .returningAll()
    .executeTakeFirst()

/** The rules have come to demand more of an approval than when it was asked for. */
export const demandOf = async (trx: Trx, id: string, approvals: number, quorum: string | null): Promise<void> => {
  await trx.updateTable('access_request').set({ approvals, quorum }).where('id', '=', id).execute()
}

export const closeRequest = async (
  trx: Trx,
  id: string,
  close: { state: string; at: number; by: string; reason: string | null },
): Promise<boolean> => {
  const done = await trx
    .updateTable('access_request')
    .set({ state: close.state, closed_at: close.at, closed_by: close.by, close_reason: close.reason })
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Any number that no other lock of this database has. */
const REQUESTER_LOCK = 7_260_214

/** Lets one request of somebody be made at a time, so that what is counted is still so when it is written. */
export const holdRequester = async (trx: Trx, dialect: Store['dialect'], requester: string): Promise<void> => {
  if (dialect === 'postgres')
    await sql`select pg_advisory_xact_lock(${REQUESTER_LOCK}, hashtext(${requester}))`.execute(trx)
}

export const countPending = async (trx: Trx, requester: string, now: number): Promise<number> => {
  const row = await trx
    .selectFrom('access_request')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('requester', '=', requester)
    .where('state', '=', 'pending')
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

export const selectOverdueRequests = (db: Db, now: number): Promise<RequestRow[]> =>
  db
    .selectFrom('access_request')
    .selectAll()
    .where('state', '=', 'pending')
    .where('expires_at', '<=', now)
    .limit(200)
    .execute()

export interface RequestFilter {
  state?: string
  requester?: string
  beneficiary?: string
  /** Page: requests created before this one. */
  before?: { createdAt: number; id: string }
  limit: number
}

export const selectRequests = (db: Db, filter: RequestFilter): Promise<RequestRow[]> => {
  let query = db.selectFrom('access_request').selectAll()
  if (filter.state !== undefined) query = query.where('state', '=', filter.state)
  if (filter.requester !== undefined) query = query.where('requester', '=', filter.requester)
  if (filter.beneficiary !== undefined) query = query.where('beneficiary', '=', filter.beneficiary)
  const { before } = filter
  if (before)
    query = query.where((row) =>
      row.or([
        row('created_at', '<', before.createdAt),
        row.and([row('created_at', '=', before.createdAt), row('id', '<', before.id)]),
      ]),
    )
  return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(filter.limit).execute()
}

/** In place of an earlier one of the same person: of one request each has one. */
export const putApproval = async (trx: Trx, row: ApprovalRow): Promise<void> => {
  const { request: _, approver: __, ...answer } = row
  await trx
    .insertInto('approval')
    .values(row)
    .onConflict((conflict) => conflict.columns(['request', 'approver']).doUpdateSet(answer))
    .execute()
}

export const selectApprovals = (db: Db | Trx, request: string): Promise<ApprovalRow[]> =>
  (db as Db).selectFrom('approval').selectAll().where('request', '=', request).orderBy('at').orderBy('id').execute()

/** Who said yes to these requests, and the quorum that each needed. */
export const selectApproversOf = (db: Db, requests: readonly string[]) =>
  db
    .selectFrom('approval')
    .innerJoin('access_request', 'access_request.id', 'approval.request')
    .select(['approval.request', 'approval.groups', 'access_request.quorum'])
    .where('approval.request', 'in', requests)
    .where('approval.answer', '=', 'approve')
    .execute()

export const insertGrant = async (trx: Trx, row: GrantRow): Promise<void> => {
  await trx.insertInto('access_grant').values(row).execute()
}

export const selectGrant = (db: Db | Trx, id: string): Promise<GrantRow | undefined> =>
  (db as Db).selectFrom('access_grant').selectAll().where('id', '=', id).executeTakeFirst()

export const selectGrantsById = (db: Db, ids: readonly string[]): Promise<GrantRow[]> =>
  db.selectFrom('access_grant').selectAll().where('id', 'in', ids).execute()

export const selectOpenGrants = (db: Db | Trx, principal?: string): Promise<GrantRow[]> => {
  let query = (db as Db).selectFrom('access_grant').selectAll().where('ended_at', 'is', null)
  if (principal !== undefined) query = query.where('principal', '=', principal)
  return query.execute()
}

export interface GrantFilter {
  principal?: string
  role?: string
  open?: boolean
  reviewDue?: boolean
  createdBy?: string
  ticket?: string
  createdSince?: number
  before?: { createdAt: number; id: string }
  limit: number
}

export const selectGrants = (db: Db, filter: GrantFilter): Promise<GrantRow[]> => {
  let query = db.selectFrom('access_grant').selectAll()
  if (filter.principal !== undefined) query = query.where('principal', '=', filter.principal)
  if (filter.role !== undefined) query = query.where('role', '=', filter.role)
  if (filter.open) query = query.where('ended_at', 'is', null)
  if (filter.reviewDue) query = query.where('review_due_at', 'is not', null).where('reviewed_at', 'is', null)
  if (filter.createdBy !== undefined) query = query.where('created_by', '=', filter.createdBy)
  if (filter.ticket !== undefined) query = query.where('ticket', '=', filter.ticket)
  if (filter.createdSince !== undefined) query = query.where('created_at', '>=', filter.createdSince)
  const { before } = filter
  if (before)
    query = query.where((row) =>
      row.or([
        row('created_at', '<', before.createdAt),
        row.and([row('created_at', '=', before.createdAt), row('id', '<', before.id)]),
      ]),
    )
  return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(filter.limit).execute()
}

/** True if this call ended it. */
export const endGrant = async (trx: Trx, id: string, at: number, cause: string): Promise<boolean> => {
  const done = await trx
    .updateTable('access_grant')
    .set({ ended_at: at, end_cause: cause })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Takes one use; undefined if there is none left, or the grant is not in force at `now`. */
export const takeUse = async (trx: Trx, id: string, now: number): Promise<GrantRow | undefined> =>
  trx
    .updateTable('access_grant')
    .set((row) => ({
      uses_left: row('uses_left', '-', 1),
      use_count: row('use_count', '+', 1),
      running: row('running', '+', 1),
      first_used_at: row.fn.coalesce('first_used_at', row.val(now)),
      last_used_at: now,
    }))
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .where((row) => row.or([row('uses_left', 'is', null), row('uses_left', '>', 0)])) // null: good for tokens alone
    .where('starts_at', '<=', now)
    .where('ends_at', '>', now)
    .returningAll()
    .executeTakeFirst()

/** The call is over. `back` gives its use back, as long as the grant has not ended; undefined if it has. */
export const settleUse = async (trx: Trx, id: string, back: boolean): Promise<GrantRow | undefined> =>
  trx
    .updateTable('access_grant')
    .set((row) => ({
      running: row('running', '-', 1),
      ...(back ? { uses_left: row('uses_left', '+', 1), use_count: row('use_count', '-', 1) } : {}),
    }))
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .returningAll()
    .executeTakeFirst()

export const addUses = async (trx: Trx, id: string, uses: number, firstAt: number, lastAt: number): Promise<void> => {
  await trx
    .updateTable('access_grant')
    .set((row) => ({
      use_count: row('use_count', '+', uses),
      first_used_at: row.fn.coalesce('first_used_at', row.val(firstAt)),
      last_used_at: lastAt,
    }))
    .where('id', '=', id)
    .execute()
}

/** Once per grant, and not after its end. */
export const extendGrant = async (trx: Trx, id: string, seconds: number, now: number): Promise<GrantRow | undefined> =>
  trx
    .updateTable('access_grant')
    .set((row) => ({ ends_at: row('ends_at', '+', seconds * 1000), extended: 1 }))
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', now)
    .where('extended', '=', 0)
    .returningAll()
    .executeTakeFirst()

/** Emergency grants that nobody has reviewed in time, and no alert tells of yet. */
export const selectOverdueReviews = (db: Db, now: number): Promise<GrantRow[]> =>
  db
    .selectFrom('access_grant')
    .selectAll()
    .where('review_due_at', '<=', now)
    .where('reviewed_at', 'is', null)
    .where('review_alerted_at', 'is', null)
    .limit(50)
    .execute()

/** True if this call is the one that raises the alert. */
export const claimReviewAlert = async (trx: Trx, id: string, at: number): Promise<boolean> => {
  const done = await trx
    .updateTable('access_grant')
    .set({ review_alerted_at: at })
    .where('id', '=', id)
    .where('reviewed_at', 'is', null)
    .where('review_alerted_at', 'is', null)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

export const reviewGrant = async (trx: Trx, id: string, by: string, at: number): Promise<boolean> => {
  const done = await trx
    .updateTable('access_grant')
    .set({ reviewed_at: at, reviewed_by: by })
    .where('id', '=', id)
    .where('review_due_at', 'is not', null)
    .where('reviewed_at', 'is', null)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}
