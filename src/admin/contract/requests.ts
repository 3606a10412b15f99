// Just-in-time access: what is asked for and how it is answered, and the grants that come of it.
// An answer names the digest of what it answers.
import { z } from 'zod'
import { GATEWAY, spec } from './route.ts'
import { list, name, page, paging, principalRef, Receipt, reason, time } from './values.ts'

const Narrowing = z.strictObject({
  seconds: z.int().positive().optional(),
  uses: z.int().positive().optional(),
  tokens: z.int().positive().optional(),
  models: list.optional(),
})

const Request = z
  .object({
    id: z.string(),
    state: z.enum(['pending', 'approved', 'denied', 'cancelled', 'expired']),
    requester: z.string(),
    beneficiary: z.string(),
    role: name,
    models: list.optional(),
    seconds: z.int(),
    uses: z.int().optional(),
    tokens: z.int().optional(),
    reason: z.string(),
    ticket: z.string().optional(),
    startsAt: time.optional(),
    extends: z.string().optional(),
    digest: z.string().meta({ description: 'Of what is asked; an answer must name it.' }),
    approvals: z.int().meta({ description: 'How many people must approve.' }),
    quorum: z.string().optional(),
    createdAt: time,
    expiresAt: time,
    closedAt: time.optional(),
    closedBy: z.string().optional(),
    closeReason: z.string().optional(),
  })
  .meta({ id: 'Request' })
export type Request = z.infer<typeof Request>

const Grant = z
  .object({
    id: z.string(),
    request: z.string().optional(),
    principal: z.string(),
    role: name,
    models: list.optional(),
    source: z.enum(['approval', 'rule', 'event', 'break-glass']),
    reason: z.string(),
    ticket: z.string().optional(),
    startsAt: time,
    endsAt: time,
    usesLeft: z.int().optional(),
    tokens: z.int().optional(),
    tokensLeft: z.int().optional().meta({ description: 'Of these, what calls that have ended left.' }),
    extended: z.boolean(),
    uses: z.int(),
    firstUsedAt: time.optional(),
    lastUsedAt: time.optional(),
    createdAt: time,
    createdBy: z.string(),
    endedAt: time.optional(),
    endCause: z.string().optional(),
    reviewDueAt: time.optional(),
    reviewedAt: time.optional(),
  })
  .meta({ id: 'Grant' })
export type Grant = z.infer<typeof Grant>

const Answered = z.object({ request: Request, grant: Grant.optional() })
const ask = {
  role: name,
  models: list.optional(),
  seconds: z.int().positive(),
  uses: z.int().positive().optional(),
  tokens: z.int().positive().optional(),
  reason,
  ticket: z.string().min(1).max(200).optional(),
}

export const requestRoutes = {
  'requests.list': spec({
    method: 'GET',
    path: '/requests',
    action: 'list',
    on: GATEWAY,
    summary: 'List requests for roles: own ones, and those the caller may answer',
    query: z.strictObject({ ...paging, state: Request.shape.state.optional() }),
    output: page(Request),
  }),
  'requests.roles': spec({
    method: 'GET',
    path: '/requests/roles',
    action: 'list',
    on: GATEWAY,
    summary: 'Roles that the caller may ask for, and what it takes, as the rules answer now',
    output: z.object({
      items: z.array(
        z.object({
          role: z.string(),
          description: z.string(),
          approvals: z.int(),
          quorum: z.string().optional(),
          longestSeconds: z.int().optional(),
          uses: z.int().optional(),
          signIn: z.boolean().meta({ description: 'Whether a fresh or stronger sign-in is demanded.' }),
        }),
      ),
    }),
  }),
  'requests.create': spec({
    method: 'POST',
    path: '/requests',
    action: 'requestRole',
    on: { type: 'Role', param: '' },
    summary: 'Ask for a role for a while, for oneself or for an agent or service',
    body: z.strictObject({ ...ask, beneficiary: principalRef.optional(), startsAt: time.optional() }),
    output: Answered,
    status: 201,
    idempotent: true,
  }),
  'requests.show': spec({
    method: 'GET',
    path: '/requests/{id}',
    action: 'list',
    on: GATEWAY,
    summary: 'Show a request with the answers so far',
    output: Request.extend({
      answers: z.array(
        z.object({
          approver: z.string(),
          answer: z.enum(['approve', 'deny']),
          narrow: Narrowing,
          reason: z.string().optional(),
          at: time,
        }),
      ),
    }),
  }),
  'requests.approve': spec({
    method: 'POST',
    path: '/requests/{id}/approve',
    action: 'approveRole',
    on: { type: 'Role', param: '' },
    summary: 'Approve exactly what was asked, or less',
    body: z.strictObject({ digest: z.string().length(64), reason: reason.optional(), narrow: Narrowing.optional() }),
    output: Answered,
  }),
  'requests.deny': spec({
    method: 'POST',
    path: '/requests/{id}/deny',
    action: 'approveRole',
    on: { type: 'Role', param: '' },
    summary: 'Deny a request',
    body: z.strictObject({ digest: z.string().length(64), reason }),
    output: Answered,
  }),
  'requests.cancel': spec({
    method: 'POST',
    path: '/requests/{id}/cancel',
    action: 'list',
    on: GATEWAY,
    summary: 'Take back a request of one’s own',
    output: Answered,
  }),
  'grants.list': spec({
    method: 'GET',
    path: '/grants',
    action: 'list',
    on: GATEWAY,
    summary: 'List grants: own ones, and those of roles the caller may approve',
    query: z.strictObject({
      ...paging,
      open: z.stringbool().optional(),
      role: name.optional(),
      reviewDue: z.stringbool().optional(),
    }),
    output: page(Grant),
  }),
  'grants.show': spec({
    method: 'GET',
    path: '/grants/{id}',
    action: 'list',
    on: GATEWAY,
    summary: 'Show a grant',
    output: Grant,
  }),
  'grants.break': spec({
    method: 'POST',
    path: '/grants/break-glass',
    action: 'breakGlass',
    on: { type: 'Role', param: '' },
    summary: 'Take a role at once in an emergency; raises an alarm and is reviewed by somebody else',
    body: z.strictObject(ask),
    output: Grant,
    status: 201,
  }),
  'grants.extend': spec({
    method: 'POST',
    path: '/grants/{id}/extend',
    action: 'list',
    on: GATEWAY,
    summary: 'Ask for more time on a grant of one’s own, once',
    body: z.strictObject({ seconds: z.int().positive(), reason }),
    output: Answered,
    status: 201,
  }),
  'grants.end': spec({
    method: 'POST',
    path: '/grants/{id}/end',
    action: 'approveRole',
    on: { type: 'Role', param: '' },
    summary: 'End a grant before its time; its running calls end',
    body: z.strictObject({ reason }),
    output: z.object({ ended: z.boolean(), receipt: Receipt }),
  }),
  'grants.review': spec({
    method: 'POST',
    path: '/grants/{id}/review',
    action: 'approveRole',
    on: { type: 'Role', param: '' },
    summary: 'Review an emergency grant of somebody else',
    body: z.strictObject({ note: reason }),
    output: z.object({ reviewed: z.boolean() }),
  }),
} as const
