// One grant: what it says, as its row says it, and from its row back.
import type { PrincipalUid } from '../core/index.ts'
import type { GrantRow } from './grant-queries.ts'

export interface Grant {
  readonly id: string
  readonly request: string | undefined
  /** `User::"dana"` */
  readonly principal: string
  readonly role: string
  /** Undefined: every model that the role reaches. */
  readonly models: readonly string[] | undefined
  readonly source: GrantSource
  readonly reason: string
  readonly ticket: string | undefined
  /** Milliseconds since 1970, as all times here. */
  readonly startsAt: number
  readonly endsAt: number
  readonly usesLeft: number | undefined
  /** Tokens it is good for in all. */
  readonly tokens: number | undefined
  readonly extended: boolean
  readonly useCount: number
  readonly firstUsedAt: number | undefined
  readonly lastUsedAt: number | undefined
  readonly createdAt: number
  readonly createdBy: string
  /** When the request was made; `createdAt` for grants without one. */
  readonly askedAt: number
  readonly endedAt: number | undefined
  readonly endCause: string | undefined
  readonly reviewDueAt: number | undefined
  readonly reviewedAt: number | undefined
}

export type GrantSource = 'approval' | 'rule' | 'event' | 'break-glass'

export interface NewGrant {
  request?: string
  principal: string
  role: string
  models?: readonly string[]
  source: GrantSource
  reason: string
  ticket?: string
  startsAt: number
  endsAt: number
  uses?: number
  tokens?: number
  by: string
  askedAt: number
  reviewDueAt?: number
}

/** Good for a number of uses or tokens: its role is held by the calls that have taken from it, and by nothing else. */
export const isCounted = ({ usesLeft, tokens }: Grant): boolean => usesLeft !== undefined || tokens !== undefined

/** `User::"dana"` back into its parts. */
export function parseUid(text: string): PrincipalUid {
  const split = text.indexOf('::')
  return { type: text.slice(0, split) as PrincipalUid['type'], id: JSON.parse(text.slice(split + 2)) as string }
}

export const grantOf = (row: GrantRow): Grant => ({
  id: row.id,
  request: row.request ?? undefined,
  principal: row.principal,
  role: row.role,
  models: row.models === null ? undefined : (JSON.parse(row.models) as string[]),
  source: row.source as GrantSource,
  reason: row.reason,
  ticket: row.ticket ?? undefined,
  startsAt: row.starts_at,
  endsAt: row.ends_at,
  usesLeft: row.uses_left ?? undefined,
  tokens: row.tokens ?? undefined,
  extended: row.extended === 1,
  useCount: row.use_count,
  firstUsedAt: row.first_used_at ?? undefined,
  lastUsedAt: row.last_used_at ?? undefined,
  createdAt: row.created_at,
  createdBy: row.created_by,
  askedAt: row.asked_at,
  endedAt: row.ended_at ?? undefined,
  endCause: row.end_cause ?? undefined,
  reviewDueAt: row.review_due_at ?? undefined,
  reviewedAt: row.reviewed_at ?? undefined,
})
