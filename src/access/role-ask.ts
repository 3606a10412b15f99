// What somebody asks for when they ask for a role, and how approvals make it less. Pure: what is wrong with an ask, what
// rules see of it, the digest that an answer is bound to.
import { createHash } from 'node:crypto'
import { Fault, type PrincipalUid } from '../core/index.ts'
import type { RequestRow } from './grant-queries.ts'

export type JitAction = 'requestRole' | 'approveRole' | 'autoApproveRole' | 'breakGlass'

/** What rules may ask about a request. */
export interface RoleAsk {
  readonly seconds: number
  readonly uses?: number
  readonly tokens?: number
  readonly reason: string
  readonly ticket?: string
  readonly models: readonly string[]
  readonly requester?: PrincipalUid
  /** How many have approved so far. */
  readonly approvals: number
}

export interface NewRequest {
  role: string
  /** Who is to hold it; the requester if missing. */
  beneficiary?: PrincipalUid
  models?: readonly string[]
  seconds: number
  uses?: number
  tokens?: number
  reason: string
  ticket?: string
  /** Milliseconds since 1970; at once if missing. */
  startsAt?: number
}

/** Less than was asked, as an approver may allow. */
export interface Narrowing {
  seconds?: number
  uses?: number
  tokens?: number
  models?: readonly string[]
}

/** What an approval may make less. */
type Asked = Pick<NewRequest, 'seconds' | 'uses' | 'tokens' | 'models'>

const MAX_SECONDS = 90 * 86_400
const MAX_AHEAD_MS = 30 * 86_400_000

export const invalid = (param: string, detail: string): Fault =>
  new Fault('validation_failed', { detail, data: { param } })

/** @throws Fault `validation_failed` */
export function checkAsk(ask: NewRequest, now: number): void {
  const positive = (value: number | undefined, param: string, most: number) => {
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0 && value <= most))
      throw invalid(param, `${param} must be a whole number from 1 to ${most}`)
  }
  positive(ask.seconds, 'seconds', MAX_SECONDS)
  positive(ask.uses, 'uses', 1_000_000)
  positive(ask.tokens, 'tokens', Number.MAX_SAFE_INTEGER)
  if (ask.reason.trim() === '') throw invalid('reason', 'Say why')
  if (ask.models && (ask.models.length === 0 || ask.models.length > 200))
    throw invalid('models', 'Name 1 to 200 models')
  if (ask.startsAt !== undefined && ask.startsAt > now + MAX_AHEAD_MS)
    throw invalid('startsAt', 'At most 30 days ahead')
}

export const roleAsk = (
  ask: NewRequest | Omit<NewRequest, 'beneficiary'>,
  requester: PrincipalUid,
  approvals: number,
): RoleAsk => ({
  seconds: ask.seconds,
  ...(ask.uses === undefined ? {} : { uses: ask.uses }),
  ...(ask.tokens === undefined ? {} : { tokens: ask.tokens }),
  reason: ask.reason.trim(),
  ...(ask.ticket === undefined ? {} : { ticket: ask.ticket }),
  models: ask.models ?? [],
  requester,
  approvals,
})

/** Fields in a fixed order, so that equal asks have equal digests. */
export const digestOf = (row: RequestRow): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        row.id,
        row.requester,
        row.beneficiary,
        row.role,
        row.models,
        row.seconds,
        row.uses,
        row.tokens,
        row.reason,
        row.ticket,
        row.starts_at,
        row.extends,
      ]),
    )
    .digest('hex')

/** @throws Fault `validation_failed` if it is more than was asked */
export function checkNarrowing(request: Asked, less: Narrowing): Narrowing {
  const within = (value: number | undefined, most: number | undefined, param: string) => {
    if (value === undefined) return
    if (!Number.isSafeInteger(value) || value <= 0 || value > (most ?? Number.POSITIVE_INFINITY))
      throw invalid(param, 'An approval may allow less than was asked, not more')
  }
  within(less.seconds, request.seconds, 'seconds')
  within(less.uses, request.uses, 'uses')
  within(less.tokens, request.tokens, 'tokens')
  const { models } = less
  if (models && (models.length === 0 || (request.models && models.some((model) => !request.models?.includes(model)))))
    throw invalid('models', 'An approval may allow fewer models than were asked for, not others')
  return less
}

/** What all approvals allow together. */
export function narrow(request: Asked, all: readonly Narrowing[]): Narrowing & { seconds: number } {
  let { seconds, uses, tokens, models } = request
  for (const less of all) {
    seconds = Math.min(seconds, less.seconds ?? seconds)
    if (less.uses !== undefined) uses = Math.min(uses ?? less.uses, less.uses)
    if (less.tokens !== undefined) tokens = Math.min(tokens ?? less.tokens, less.tokens)
    const { models: fewer } = less
    if (fewer) models = models ? models.filter((model) => fewer.includes(model)) : fewer
  }
  if (models?.length === 0) throw new Fault('not_possible', { detail: 'The approvals have no model in common' })
  return {
    seconds,
    ...(uses === undefined ? {} : { uses }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(models === undefined ? {} : { models }),
  }
}
