// How a request looks from outside, and what its events tell of it.
import { Fault } from '../core/index.ts'
import type { Db } from '../store/index.ts'
import { type RequestRow, selectRequest } from './grant-queries.ts'
import { parseQuorum } from './quorum.ts'
import type { Narrowing, NewRequest } from './role-ask.ts'

export interface RequestView extends Omit<NewRequest, 'beneficiary'> {
  readonly id: string
  readonly requester: string
  readonly beneficiary: string
  readonly state: 'pending' | 'approved' | 'denied' | 'cancelled' | 'expired'
  readonly digest: string
  readonly approvals: number
  readonly quorum?: string
  readonly extends?: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly closedAt?: number
  readonly closedBy?: string
  readonly closeReason?: string
}

export interface ApprovalView {
  readonly approver: string
  readonly answer: string
  readonly narrowed: Narrowing
  readonly reason: string | undefined
  readonly at: number
}

/** The groups that a rule names for the approval; left out if it names none. */
export const approversOf = ({ quorum }: RequestRow) =>
  quorum === null ? {} : { approvers: parseQuorum(quorum).map(({ group }) => group) }

/** What an answer says of the request: where it stands now, and how long it waited. */
export const closing = (row: RequestRow, state: RequestView['state'], now: number) => ({
  role: row.role,
  state,
  waitedMs: now - row.created_at,
  ...approversOf(row),
})

export const narrowingData = ({ seconds, uses, tokens, models }: Narrowing) => ({
  ...(seconds === undefined ? {} : { seconds }),
  ...(uses === undefined ? {} : { uses }),
  ...(tokens === undefined ? {} : { tokens }),
  ...(models === undefined ? {} : { models: [...models] }),
})

export const viewOf = (row: RequestRow): RequestView => ({
  id: row.id,
  requester: row.requester,
  beneficiary: row.beneficiary,
  role: row.role,
  ...(row.models === null ? {} : { models: JSON.parse(row.models) as string[] }),
  seconds: row.seconds,
  ...(row.uses === null ? {} : { uses: row.uses }),
  ...(row.tokens === null ? {} : { tokens: row.tokens }),
  reason: row.reason,
  ...(row.ticket === null ? {} : { ticket: row.ticket }),
  ...(row.starts_at === null ? {} : { startsAt: row.starts_at }),
  state: row.state as RequestView['state'],
  digest: row.digest,
  approvals: row.approvals,
  ...(row.quorum === null ? {} : { quorum: row.quorum }),
  ...(row.extends === null ? {} : { extends: row.extends }),
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  ...(row.closed_at === null ? {} : { closedAt: row.closed_at }),
  ...(row.closed_by === null ? {} : { closedBy: row.closed_by }),
  ...(row.close_reason === null ? {} : { closeReason: row.close_reason }),
})

/** @throws Fault `not_found` */
export async function viewRequest(db: Db, id: string): Promise<RequestView> {
  const row = await selectRequest(db, id)
  if (!row) throw new Fault('not_found', { detail: 'There is no such request' })
  return viewOf(row)
}

export const tooLate = (): Fault => new Fault('not_possible', { detail: 'The request has been answered already' })

/** Why a request that did not wait for an answer any more did not. */
export async function closedFault(db: Db, id: string): Promise<Fault> {
  const row = await selectRequest(db, id)
  if (!row) return new Fault('not_found', { detail: 'There is no such request' })
  if (row.state === 'pending') return new Fault('not_possible', { detail: 'The request has expired' })
  return new Fault('not_possible', {
    detail: `The request is ${row.state} already, by ${row.closed_by ?? 'the clock'}`,
  })
}
