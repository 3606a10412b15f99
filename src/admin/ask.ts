// How requests and grants cross the admin API, and how what is asked reaches the rules.
import type { Grant, RequestView, RoleAsk } from '../access/index.ts'
import type { PrincipalUid } from '../core/index.ts'
import type { Body, Output } from './contract.ts'
import type { Asked } from './route.ts'
import { iso, isoField } from './time.ts'

export const shownRequest = ({
  startsAt,
  createdAt,
  expiresAt,
  closedAt,
  models,
  ...request
}: RequestView): Output<'requests.list'>['items'][number] => ({
  ...request,
  ...(models && { models: [...models] }),
  ...isoField('startsAt', startsAt),
  createdAt: iso(createdAt),
  expiresAt: iso(expiresAt),
  ...isoField('closedAt', closedAt),
})

export const shownAnswer = ({
  request,
  grant,
}: {
  request: RequestView
  grant: Grant | undefined
}): Output<'requests.create'> => ({
  request: shownRequest(request),
  ...(grant && { grant: shownGrant(grant) }),
})

/** The role, and what is asked of it, as rules see them. */
export const roleSubject = (role: string, ask: RoleAsk): Asked => ({ uid: { type: 'Role', id: role }, ask })

/** What somebody who asks nothing in particular would ask. */
export const NOTHING: RoleAsk = { seconds: 0, reason: '', models: [], approvals: 0 }

export const askOf = (
  body: Pick<Body<'grants.break'>, 'seconds' | 'uses' | 'tokens' | 'reason' | 'ticket' | 'models'>,
  requester: PrincipalUid,
): RoleAsk => ({
  seconds: body.seconds,
  ...(body.uses !== undefined && { uses: body.uses }),
  ...(body.tokens !== undefined && { tokens: body.tokens }),
  reason: body.reason.trim(),
  ...(body.ticket !== undefined && { ticket: body.ticket }),
  models: body.models ?? [],
  requester,
  approvals: 0,
})

/** The fields of an ask as the room takes them. */
export const wishOf = ({ role, seconds, reason, models, uses, tokens, ticket }: Body<'grants.break'>) => ({
  role,
  seconds,
  reason,
  ...(models && { models }),
  ...(uses !== undefined && { uses }),
  ...(tokens !== undefined && { tokens }),
  ...(ticket !== undefined && { ticket }),
})

export const shownGrant = (grant: Grant, tokensLeft?: number): Output<'grants.show'> => ({
  id: grant.id,
  ...(grant.request !== undefined && { request: grant.request }),
  principal: grant.principal,
  role: grant.role,
  ...(grant.models && { models: [...grant.models] }),
  source: grant.source,
  reason: grant.reason,
  ...(grant.ticket !== undefined && { ticket: grant.ticket }),
  startsAt: iso(grant.startsAt),
  endsAt: iso(grant.endsAt),
  ...(grant.usesLeft !== undefined && { usesLeft: grant.usesLeft }),
  ...(grant.tokens !== undefined && { tokens: grant.tokens }),
  ...(tokensLeft !== undefined && { tokensLeft }),
  extended: grant.extended,
  uses: grant.useCount,
  ...isoField('firstUsedAt', grant.firstUsedAt),
  ...isoField('lastUsedAt', grant.lastUsedAt),
  createdAt: iso(grant.createdAt),
  createdBy: grant.createdBy,
  ...isoField('endedAt', grant.endedAt),
  ...(grant.endCause !== undefined && { endCause: grant.endCause }),
  ...isoField('reviewDueAt', grant.reviewDueAt),
  ...isoField('reviewedAt', grant.reviewedAt),
})
