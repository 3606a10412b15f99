// What an approved request becomes: a grant, or more time for one. In the transaction of the last approval, so that there
// is no moment at which a request is approved and nothing is held.
import { Fault, type NewEvent } from '../core/index.ts'
import type { Changed, Trx } from '../store/index.ts'
import { type Grant, grantOf, parseUid } from './grant.ts'
import { closeRequest, extendGrant, type RequestRow } from './grant-queries.ts'
import type { RequestDeps } from './request-rules.ts'
import { tooLate, viewOf } from './request-view.ts'
import { type Narrowing, narrow } from './role-ask.ts'

/** @throws Fault `not_possible` if it is closed, or whoever was to hold the role is not active */
export type Approve = (
  trx: Trx,
  row: RequestRow,
  narrowed: readonly Narrowing[],
  by: string,
  reason: string | null,
) => Promise<Changed<Grant>>

export function createApprove({
  clock,
  grants,
  isActive,
}: Pick<RequestDeps, 'clock' | 'grants' | 'isActive'>): Approve {
  const begin = (trx: Trx, row: RequestRow, narrowed: readonly Narrowing[], by: string): Promise<Changed<Grant>> => {
    const ask = narrow(viewOf(row), narrowed)
    const startsAt = Math.max(row.starts_at ?? 0, clock.now())
    return grants.insert(trx, {
      request: row.id,
      principal: row.beneficiary,
      role: row.role,
      ...(ask.models === undefined ? {} : { models: ask.models }),
      source: by === row.requester ? 'rule' : 'approval',
      reason: row.reason,
      ...(row.ticket === null ? {} : { ticket: row.ticket }),
      startsAt,
      endsAt: startsAt + ask.seconds * 1000,
      ...(ask.uses === undefined ? {} : { uses: ask.uses }),
      ...(ask.tokens === undefined ? {} : { tokens: ask.tokens }),
      by,
      askedAt: row.created_at,
    })
  }

  const lengthen = async (trx: Trx, row: RequestRow, narrowed: readonly Narrowing[], by: string) => {
    const ask = narrow(viewOf(row), narrowed)
    const grant = await extendGrant(trx, row.extends ?? '', ask.seconds, clock.now())
    if (!grant) throw new Fault('not_possible', { detail: 'The grant has ended, or was extended already' })
    const event: NewEvent = {
      kind: 'grant.extended',
      principal: by,
      grant: grant.id,
      subject: `grant/${grant.id}`,
      data: { request: row.id, endsAt: grant.ends_at },
    }
    return { value: grantOf(grant), feed: [{ kind: 'grant', key: grant.id }], events: [event] }
  }

  return async (trx, row, narrowed, by, reason) => {
    if (!(await closeRequest(trx, row.id, { state: 'approved', at: clock.now(), by, reason }))) throw tooLate()
    if (!isActive(parseUid(row.beneficiary)))
      throw new Fault('not_possible', { detail: 'Whoever was to hold this role is not active any more' })
    return row.extends === null ? begin(trx, row, narrowed, by) : lengthen(trx, row, narrowed, by)
  }
}
