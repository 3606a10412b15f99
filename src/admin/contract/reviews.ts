// Whether what is held is needed: sweeps over keys and roles, campaigns over all rights, and reports.
// Nothing here gives anybody anything.
import { z } from 'zod'
import { GATEWAY, spec } from './route.ts'
import { name, page, paging, reason, time } from './values.ts'

const SweepFinding = z.discriminatedUnion('reason', [
  z.object({
    reason: z.enum(['dormant', 'never-used', 'ownerless', 'expiring', 'rotation-due']),
    key: z.string(),
    name: z.string(),
    owner: z.string(),
    days: z.int().meta({ description: 'Since the last use, the making or the giving back; for expiring, days left.' }),
    act: z.enum(['warn', 'suspend', 'revoke']),
    toldAt: time.optional().meta({
      description:
        'When its owner was told, if this is the same warning. That a key ends is told again on its last day.',
    }),
  }),
  z.object({
    reason: z.literal('over-privileged'),
    name: z.string().meta({ description: 'The role.' }),
    owner: z.string().meta({ description: 'Who holds it.' }),
    through: z.string().meta({ description: 'How: `assignment`, `Group:NAME` or the id of a grant.' }),
    days: z.int().meta({ description: 'Days of calls that were looked at.' }),
    unusedModels: z.array(z.string()).meta({ description: 'What this role alone opens and nobody called.' }),
    unusedActions: z.array(z.string()),
    act: z.literal('warn'),
    advice: z.string(),
    toldAt: time.optional().meta({ description: 'When it was told, if nothing about it has changed since.' }),
  }),
])

const Sweep = z
  .object({
    id: z.string(),
    day: z.string().optional(),
    node: z.string(),
    startedAt: time,
    endedAt: time.optional(),
    findings: z.array(SweepFinding),
  })
  .meta({ id: 'Sweep' })

const RIGHT_KINDS = ['assignment', 'member', 'key'] as const
const Campaign = z
  .object({
    id: z.string(),
    name: z.string(),
    startedAt: time,
    startedBy: z.string(),
    dueAt: time,
    closedAt: time.optional(),
    closedBy: z.string().optional(),
    items: z.int(),
    undecided: z.int(),
    kept: z.int(),
    revoked: z.int(),
  })
  .meta({ id: 'Campaign' })

const CampaignItem = z
  .object({
    id: z.string(),
    kind: z.enum(RIGHT_KINDS),
    target: z.string().meta({ description: 'Id of the assignment or key, name of the group.' }),
    holder: z.string(),
    what: z.string(),
    since: time,
    lastUsedAt: time.optional(),
    decision: z.enum(['keep', 'revoke']).optional(),
    decidedAt: time.optional(),
    decidedBy: z.string().optional(),
    note: z.string().optional(),
    outcome: z.string().optional().meta({ description: 'kept, revoked, gone, or why it could not be revoked.' }),
  })
  .meta({ id: 'CampaignItem' })
export type CampaignItem = z.infer<typeof CampaignItem>

export const reviewRoutes = {
  'sweeps.list': spec({
    method: 'GET',
    path: '/sweeps',
    action: 'readAudit',
    on: GATEWAY,
    summary: 'The last sweeps over keys and roles',
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(20) }),
    output: z.object({ items: z.array(Sweep) }),
  }),
  'sweeps.plan': spec({
    method: 'GET',
    path: '/sweeps/plan',
    action: 'readAudit',
    on: GATEWAY,
    summary: 'What a sweep would do now',
    output: z.object({ items: z.array(SweepFinding) }),
  }),
  'sweeps.run': spec({
    method: 'POST',
    path: '/sweeps',
    action: 'revokeKey',
    on: GATEWAY,
    summary:
      'Sweep now: warn about, suspend and revoke keys that lie about; warn about roles that give more than is used',
    output: Sweep,
    status: 201,
  }),
  'campaigns.list': spec({
    method: 'GET',
    path: '/campaigns',
    action: 'readAudit',
    on: GATEWAY,
    summary: 'Campaigns over the rights that are held, newest first',
    query: z.strictObject(paging),
    output: page(Campaign),
  }),
  'campaigns.start': spec({
    method: 'POST',
    path: '/campaigns',
    action: 'manageDirectory',
    on: GATEWAY,
    summary: 'Begin a campaign: who holds what, with last use; what nobody speaks for until its end is revoked',
    body: z.strictObject({
      name,
      dueAt: time,
      kinds: z
        .array(z.enum(RIGHT_KINDS))
        .min(1)
        .default([...RIGHT_KINDS]),
    }),
    output: Campaign,
    status: 201,
  }),
  'campaigns.show': spec({
    method: 'GET',
    path: '/campaigns/{id}',
    action: 'readAudit',
    on: GATEWAY,
    summary: 'Show a campaign',
    output: Campaign,
  }),
  'campaigns.items': spec({
    method: 'GET',
    path: '/campaigns/{id}/items',
    action: 'readAudit',
    on: GATEWAY,
    summary: 'The rights of a campaign, longest unused first',
    query: z.strictObject({ ...paging, undecided: z.enum(['true']).optional() }),
    output: page(CampaignItem),
  }),
  'campaigns.decide': spec({
    method: 'POST',
    path: '/campaigns/{id}/items/{item}',
    action: 'manageDirectory',
    on: GATEWAY,
    summary: 'Keep a right, or revoke it at once',
    body: z.strictObject({ decision: z.enum(['keep', 'revoke']), note: reason.optional() }),
    output: CampaignItem,
  }),
  'campaigns.close': spec({
    method: 'POST',
    path: '/campaigns/{id}/close',
    action: 'manageDirectory',
    on: GATEWAY,
    summary: 'Close a campaign now: what nobody spoke for is revoked',
    output: Campaign,
  }),
  'reports.unused': spec({
    method: 'GET',
    path: '/reports/unused',
    action: 'readAudit',
    on: GATEWAY,
    summary: 'Who may use models that they have not used: rights that are wider than the work',
    query: z.strictObject({
      ...paging,
      type: z.enum(['User', 'Service', 'Agent']).default('User'),
      days: z.coerce.number().int().min(1).max(366).optional(),
    }),
    output: page(
      z.object({
        principal: z.string(),
        roles: z.array(z.string()),
        models: z.int().meta({ description: 'How many models may be used.' }),
        unusedModels: z.array(z.string()),
        unusedActions: z.array(z.string()),
        calls: z.int(),
      }),
    ),
  }),
  'reports.jit': spec({
    method: 'GET',
    path: '/reports/jit',
    action: 'readAudit',
    on: GATEWAY,
    summary: 'How just-in-time access is used: waits by group of approvers, early ends, unused grants, with advice',
    query: z.strictObject({ days: z.coerce.number().int().min(1).max(366).default(30) }),
    output: z.object({
      days: z.int(),
      grants: z.int(),
      ended: z.int().meta({ description: 'Of these, how many are over.' }),
      endedInUse: z.int().meta({ description: 'Ran out within a minute of their last use.' }),
      unused: z.int(),
      emergencies: z.int(),
      reviewsDue: z.int().meta({ description: 'Emergencies that wait for review, of all times.' }),
      groups: z
        .array(
          z.object({
            group: z.string(),
            roles: z.array(z.string()),
            grants: z.int(),
            medianSeconds: z.int().meta({ description: 'From asking to being able to use it.' }),
            p90Seconds: z.int(),
            endedInUse: z.int(),
            unused: z.int(),
          }),
        )
        .meta({ description: 'By group of approvers: the one a rule demands, or those of whoever approved.' }),
      advice: z.array(z.string()),
    }),
  }),
} as const
