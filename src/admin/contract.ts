// The admin API, declared once: every route with its method, path, action, and the shapes that go in and come out. The
// router, the OpenAPI document, the default-deny test, the CLI and the console all read this table; nothing is routed
// that is not in it. This file imports nothing but the schema library, so that a browser can have it too.
// To add a resource: its shapes and routes here, its handlers in one file beside this one, its commands in one in cli/.
import { z } from 'zod'

export const BASE = '/admin/v1'

// Values

const time = z.iso.datetime({ offset: true }).meta({ description: 'RFC 3339, for example 2026-11-21T14:00:00Z' })
const name = z.string().min(1).max(64)
const reason = z.string().min(1).max(500)
const version = z.int()
const attributes = z.record(z.string(), z.union([z.string(), z.int(), z.boolean(), z.array(z.string())]))
const list = z.array(z.string().min(1).max(256)).max(200)
/** `User:dana`, `Service:etl`, `Agent:bot`, `Group:dev`. */
const principalRef = z.string().regex(/^(User|Service|Agent):.+$/, 'User:NAME, Service:NAME or Agent:NAME')
const holderRef = z
  .string()
  .regex(/^(User|Service|Agent|Group):.+$/, 'User:NAME, Service:NAME, Agent:NAME or Group:NAME')

const email = z
  .string()
  .max(320)
  .regex(/^[^\s@\p{C}]+@[^\s@\p{C}]+$/u, 'an address such as dana@example.com')

const paging = { cursor: z.string().max(512).optional(), limit: z.coerce.number().int().min(1).max(200).default(50) }
const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().optional().meta({ description: 'Give it as cursor to go on.' }) })
/** Of what runs on all nodes. */
const running = <Item extends z.ZodType>(item: Item) =>
  page(item).extend({
    unanswered: z
      .array(z.string())
      .optional()
      .meta({ description: 'Nodes that did not answer in time; what they run is missing.' }),
  })

const Principal = z
  .object({
    type: z.enum(['User', 'Service', 'Agent']),
    name,
    state: z.enum(['active', 'suspended']),
    displayName: z.string().optional(),
    email: z.string().optional(),
    attributes,
    onBehalfOf: name.optional(),
    source: z.string(),
    createdAt: time,
    createdBy: z.string(),
    stateAt: time,
    stateBy: z.string(),
    stateReason: z.string().optional(),
    version,
  })
  .meta({ id: 'Principal' })
export type Principal = z.infer<typeof Principal>

const PrincipalDetail = Principal.extend({
  groups: z.array(z.string()).meta({ description: 'All groups, also those through other groups.' }),
  roles: z.array(z.string()).meta({ description: 'All roles in force now.' }),
}).meta({ id: 'PrincipalDetail' })

const Receipt = z
  .object({
    at: time,
    seq: z.int().meta({ description: 'Number in the change feed; every node that has applied it acts on it.' }),
    event: z.string().optional().meta({ description: 'The event that the log has of it.' }),
    calls: z.int().meta({ description: 'Running calls ended, on all nodes that have answered.' }),
    upstreams: z.int().meta({ description: 'Of these, how many were aborted at a model server.' }),
    nodes: z.array(
      z.object({
        name: z.string(),
        applied: z.boolean(),
        milliseconds: z.int().optional(),
        cut: z.int(),
        closesInMs: z.int().optional().meta({ description: 'A silent node runs no call any more after this time.' }),
      }),
    ),
  })
  .meta({ id: 'Receipt' })

const Ended = z.object({
  keys: z.array(z.string()),
  agents: z.array(z.string()),
  receipt: Receipt,
})

const Left = Ended.extend({
  groups: z.array(z.string()),
  roles: z.array(z.string()),
  grants: z.array(z.string()).meta({ description: 'Roles held for a while that ended.' }),
  services: z.array(z.string()).meta({ description: 'Services this user is the owner of: they need another one.' }),
})

const Consequences = z
  .object({
    calls: z.int().meta({ description: 'Running calls on all nodes that would end, at most.' }),
    upstreams: z.int(),
    principals: list.meta({ description: 'Whose calls those are.' }),
    uncounted: list.meta({ description: 'Other nodes that did not answer: their calls are not among these.' }),
    keys: z.array(z.object({ id: z.string(), name: z.string(), lastUsedAt: time.optional() })),
    grants: z.array(z.object({ id: z.string(), principal: z.string(), role: z.string() })),
    groups: list,
    roles: list,
    agents: list,
    services: list,
  })
  .meta({ id: 'Consequences' })

const Group = z
  .object({
    name,
    description: z.string().optional(),
    source: z.string(),
    createdAt: time,
    createdBy: z.string(),
    version,
  })
  .meta({ id: 'Group' })
const Member = z.object({ member: holderRef, source: z.string(), addedAt: time, addedBy: z.string() })

const Role = z
  .object({ name, description: z.string(), source: z.string(), createdAt: time, createdBy: z.string(), version })
  .meta({ id: 'Role' })
const Assignment = z
  .object({
    id: z.string(),
    role: name,
    holder: holderRef,
    source: z.string(),
    reason: z.string().optional(),
    createdAt: time,
    createdBy: z.string(),
    endsAt: time.optional(),
  })
  .meta({ id: 'Assignment' })

const Key = z
  .object({
    id: z.string(),
    name,
    display: z.string().meta({ description: 'What may be shown of it, for example spk_…9f2a' }),
    owner: principalRef,
    condition: z.enum(['active', 'expiring', 'rotating', 'dormant', 'suspended', 'revoked', 'expired']),
    purpose: z.string().optional(),
    createdAt: time,
    createdBy: z.string(),
    expiresAt: time,
    diesAt: time.optional().meta({ description: 'After a rotation: when this one stops.' }),
    actions: list.optional(),
    models: list.optional(),
    networks: list.optional(),
    origins: list.optional(),
    rotatedFrom: z.string().optional(),
    replacedBy: z.string().optional(),
    stateAt: time,
    stateBy: z.string(),
    stateReason: z.string().optional(),
    firstUsedAt: time.optional(),
    lastUsedAt: time.optional(),
    lastAddress: z.string().optional(),
    lastClient: z.string().optional(),
    uses: z.int(),
    version,
  })
  .meta({ id: 'Key' })
export type Key = z.infer<typeof Key>
const KeyReach = Key.extend({
  roles: list.meta({ description: 'What its owner holds now, also for a while.' }),
  mayUse: z.array(z.object({ model: z.string(), actions: list })).meta({
    description:
      'What the rules give this key now, of the models that the caller may see; nothing if it does not work.',
  }),
})
const KeyAfter = Key.extend({ receipt: Receipt })
const IssuedKey = Key.extend({
  key: z
    .string()
    .optional()
    .meta({ description: 'The key itself. Shown this once; a repeated request does not show it.' }),
})

const Model = z
  .object({
    name: z.string(),
    upstream: z.string(),
    upstreamName: z.string(),
    aliasOf: z.string().optional(),
    groups: list,
    hosting: z.enum(['embedded', 'local', 'external']),
    digest: z.string().optional(),
    quarantined: z.boolean(),
    accepted: z
      .object({ upstream: z.string(), upstreamName: z.string(), digest: z.string().optional() })
      .optional()
      .meta({ description: 'Of a quarantined model: what was accepted under this name before it changed.' }),
    enforced: z
      .object({
        placeholders: z.enum(['sampler', 'stream']),
        values: z.enum(['sampler', 'stream']),
        phrases: z.enum(['sampler', 'bias', 'stream']),
        revocation: z.enum(['token', 'connection']),
        sessions: z.enum(['own state', 'cache salt', 'no cache', 'nothing']),
      })
      .meta({
        description:
          'Where rules act on an answer: `sampler`, what they forbid is never chosen; `bias`, phrases of one token are biased against at the server, the rest on the stream; `stream`, the guard masks it on its way out.',
      }),
  })
  .meta({ id: 'Model' })
const Upstream = z
  .object({
    name: z.string(),
    kind: z.string(),
    hosting: z.enum(['embedded', 'local', 'external']),
    state: z.enum(['up', 'down']),
    models: z.int(),
    problem: z.string().optional(),
  })
  .meta({ id: 'Upstream' })

const Session = z
  .object({
    id: z.string(),
    name: z.string().optional(),
    principal: z.string(),
    openedAt: time,
    lastAt: time,
    turns: z.int(),
    tokens: z.int(),
    taint: z.array(z.string()),
    endedAt: time.optional(),
    endCause: z.string().optional(),
  })
  .meta({ id: 'Session' })
const Lease = z
  .object({
    id: z.string(),
    call: z.string(),
    principal: z.string(),
    credential: z.string(),
    session: z.string().optional(),
    model: z.string(),
    action: z.string(),
    decision: z.string(),
    address: z.string(),
    client: z.string().optional(),
    since: time,
    validUntil: time.optional(),
    tokens: z.int(),
    node: z.string().optional().meta({ description: 'Where it runs, if that is not the node that answers.' }),
  })
  .meta({ id: 'Lease' })
const Lock = z
  .object({
    id: z.string(),
    kind: z.enum(['principal', 'credential', 'role', 'model', 'session', 'network', 'everything']),
    target: z.string(),
    reason: z.string(),
    createdBy: z.string(),
    createdAt: time,
    until: time.optional(),
  })
  .meta({ id: 'Lock' })
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

const Event = z
  .object({
    position: z.int(),
    id: z.string(),
    time,
    node: z.string(),
    kind: z.string(),
    principal: z.string().optional(),
    credential: z.string().optional(),
    action: z.string().optional(),
    model: z.string().optional(),
    decision: z.enum(['allow', 'deny']).optional(),
    rules: z.array(z.string()).optional(),
    policy: z.string().optional(),
    call: z.string().optional(),
    session: z.string().optional(),
    grant: z.string().optional(),
    subject: z.string().optional(),
    address: z.string().optional(),
    reason: z.string().optional(),
    data: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'Event' })
export type Event = z.infer<typeof Event>
const eventFilter = {
  kind: z.string().optional(),
  principal: z.string().optional(),
  credential: z.string().optional(),
  model: z.string().optional(),
  decision: z.enum(['allow', 'deny']).optional(),
  action: z.string().optional(),
  rule: z.string().optional(),
  session: z.string().optional(),
  grant: z.string().optional(),
  call: z.string().optional(),
  subject: z.string().optional(),
  class: z.string().optional().meta({ description: 'A data class that was found in the call.' }),
  address: z.string().optional(),
  outcome: z.string().optional().meta({ description: 'How a call ended.' }),
  reason: z.string().optional(),
  text: z.string().max(200).optional().meta({ description: 'Occurs in the reason.' }),
  since: time.optional(),
  until: time.optional(),
}

const RuleView = z
  .object({
    id: z.string(),
    effect: z.enum(['permit', 'forbid']),
    why: z.string(),
    file: z.string(),
    line: z.int(),
    clauses: z.array(z.object({ text: z.string(), state: z.enum(['met', 'not met', 'not known']) })),
  })
  .meta({ id: 'RuleView' })
const Explanation = z
  .object({
    decision: z.enum(['allow', 'deny']),
    principal: z.string(),
    action: z.string(),
    resource: z.string(),
    summary: z.string(),
    decided: z.array(RuleView).meta({ description: 'Rules that decided; none on a default deny.' }),
    errors: z.array(RuleView).meta({ description: 'Rules that could not be evaluated: any of them denies.' }),
    closest: z
      .array(RuleView.extend({ missing: z.int(), role: z.string().optional() }))
      .meta({ description: 'On a default deny: rules that came close.' }),
    hidden: z.int().meta({ description: 'Rules that took part and are not for this reader.' }),
    roles: z.array(z.string()).meta({ description: 'Roles that could be asked for.' }),
    duties: z.array(z.string()).meta({ description: 'What an allow demands, such as "clamp maxTokens <= 512".' }),
    policy: z.string(),
    validUntil: time.optional(),
    byGrant: z
      .object({
        id: z.string(),
        role: z.string(),
        endsAt: time,
        usesLeft: z.int().optional(),
        tokens: z.int().optional(),
        tokensLeft: z.int().optional().meta({ description: 'Of these, what calls that have ended left.' }),
      })
      .optional()
      .meta({ description: 'Allowed by a grant for a number of uses or tokens, of which a call takes one.' }),
    asAsked: z.boolean().optional().meta({
      description: 'For a recorded decision: its parameters are still in memory on this node, and were put again.',
    }),
  })
  .meta({ id: 'Explanation' })
export type Explanation = z.infer<typeof Explanation>
const Question = z.strictObject({
  principal: principalRef,
  action: z.string().max(64),
  resource: z.string().max(256).meta({ description: 'A model by name, or Type:ID.' }),
})
/** Facts that are supposed to be different. */
const Supposed = z.strictObject({
  at: time.optional().meta({ description: 'As if it were that moment; roles that end before then are not held.' }),
  from: z
    .union([z.ipv4(), z.ipv6()], 'an address such as 10.0.0.1')
    .optional()
    .meta({ description: 'As if the call came from that address.' }),
  roles: z.array(name).max(20).optional().meta({ description: 'As if these roles were held as well.' }),
  set: z
    .record(
      z.string().min(1).max(100),
      z.union([z.string().max(500), z.int(), z.boolean(), z.array(z.string().max(200)).max(100)]),
    )
    .refine((set) => Object.keys(set).length <= 100, 'at most 100 parts')
    .optional()
    .meta({ description: 'Parts of the context by dotted name: {"request.maxTokens": 5000}.' }),
})

const Policy = z
  .object({ digest: z.string(), rules: z.int(), since: time, files: z.array(z.string()) })
  .meta({ id: 'Policy' })
const Rule = z.object({
  id: z.string(),
  effect: z.enum(['permit', 'forbid']),
  why: z.string(),
  file: z.string(),
  line: z.int().optional(),
  text: z.string(),
})

const BundleFiles = z
  .array(z.strictObject({ path: z.string().min(1).max(200), text: z.string().max(262_144) }))
  .min(1)
  .max(1000)
  .meta({ description: 'schema.cedarschema, *.cedar, data-classes.yaml, tests/*.json' })
const PolicyProblem = z.object({
  level: z.enum(['error', 'warning']),
  message: z.string(),
  help: z.string().optional(),
  file: z.string().optional(),
  line: z.int().optional(),
  column: z.int().optional(),
  rule: z.string().optional(),
})
const PolicyVersion = z
  .object({
    version: z.int(),
    digest: z.string(),
    createdAt: time,
    createdBy: z.string(),
    reason: z.string(),
    repeats: z.int().optional().meta({ description: 'The version this one repeats: gone back to, or promoted.' }),
    active: z.boolean(),
    shadow: z.literal(true).optional().meta({ description: 'Asked beside the rules in force, and not obeyed.' }),
  })
  .meta({ id: 'PolicyVersion' })
const otherClasses = z.literal(true).optional().meta({
  description:
    'The guard of this node runs with another data-classes.yaml than these rules have. Each node takes the one in its own folder of rules, at its start.',
})
const AppliedPolicy = z.object({ version: z.int(), digest: z.string(), receipt: Receipt, otherClasses })
const PolicyPlan = z
  .object({
    hash: z.string().meta({ description: 'Give it to apply: refused if the effect is another by then.' }),
    digest: z.string(),
    from: z.int().optional().meta({ description: 'The version in force.' }),
    files: z.array(
      z.object({
        path: z.string(),
        added: z.int(),
        removed: z.int(),
        hunks: z.array(
          z.object({ line: z.int(), lines: z.array(z.object({ kind: z.enum([' ', '-', '+']), text: z.string() })) }),
        ),
      }),
    ),
    rules: z.object({ added: z.array(z.string()), removed: z.array(z.string()), changed: z.array(z.string()) }),
    warnings: z.array(PolicyProblem),
    tests: z.int(),
    untested: z.array(z.string()).meta({ description: 'Rules that no test satisfies.' }),
    effects: z.array(
      z.object({
        kind: z.enum(['gains', 'loses', 'conditional', 'duties']),
        action: z.string(),
        principals: z.array(z.string()),
        resources: z.array(z.string()),
        before: z.array(z.string()),
        after: z.array(z.string()),
        when: z.string().optional(),
      }),
    ),
    otherClasses,
    lines: z.array(z.string()).meta({ description: 'The effect, the replay and what was not looked at, for reading.' }),
  })
  .meta({ id: 'PolicyPlan' })
export type PolicyPlan = z.infer<typeof PolicyPlan>
const ShadowReport = z.object({
  version: z.int(),
  digest: z.string(),
  since: time,
  asked: z.int(),
  differing: z.int(),
  notListed: z.int(),
  differences: z.array(
    z.object({
      kind: z.enum(['would allow', 'would deny', 'other duties']),
      principal: z.string(),
      action: z.string(),
      resource: z.string(),
      rules: z.array(z.string()),
      count: z.int(),
      lastAt: time,
    }),
  ),
})

const Setting = z.object({
  name: z.string(),
  value: z.unknown().meta({ description: 'Secrets read [hidden].' }),
  source: z.enum(['flag', 'environment', 'file', 'default']).optional(),
  description: z.string(),
})
const Node = z.object({
  id: z.string(),
  name: z.string(),
  appliedSeq: z.int(),
  startedAt: time,
  silentMs: z.number().meta({ description: 'Since it was last heard of.' }),
  closed: z.boolean().meta({ description: 'Silent for so long that it takes no calls and runs none any more.' }),
  calls: z.int().meta({ description: 'Calls it runs, as it said when it was last heard of.' }),
  self: z.boolean().meta({ description: 'Whether it is the one that answers.' }),
})

const Self = z.object({
  principal: z.string(),
  groups: z.array(z.string()),
  roles: z.array(z.string()),
  credential: z.object({
    kind: z.string(),
    id: z.string(),
    expiresAt: time.optional(),
    actions: list.optional(),
    models: list.optional(),
  }),
  address: z.string(),
  product: z.string(),
  policy: z.string(),
  models: z.array(z.string()).meta({ description: 'Models this caller may chat with, complete with or embed with.' }),
})

// Routes

export interface RouteSpec {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** What the rules are asked, of the entity that `on` names. */
  readonly action: string
  /** Type of the entity asked about, and the path parameter that names it; without one, the gateway. */
  readonly on: { readonly type: 'Gateway' } | { readonly type: string; readonly param: string }
  readonly summary: string
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  readonly output?: z.ZodType
  /** Status of success; 200. */
  readonly status?: number
  /** Takes an `idempotency-key` header. */
  readonly idempotent?: true
  /** Field of the answer that is shown once and never stored. */
  readonly secret?: string
  /** Two people could edit: answers carry an ETag, changes may send `If-Match`. */
  readonly versioned?: true
  /** Answers with server-sent events. */
  readonly stream?: true
  /** Takes a body as large as any call may have; others take what people write. */
  readonly large?: true
}

const GATEWAY = { type: 'Gateway' } as const
const spec = <const Spec extends RouteSpec>(route: Spec): Spec => route

const principals = <const Noun extends 'users' | 'services' | 'agents', const Type extends string>(
  noun: Noun,
  type: Type,
) => {
  const one = { type, param: 'name' } as const
  const what = noun.slice(0, -1)
  const article = what === 'agent' ? 'an' : 'a'
  return {
    list: spec({
      method: 'GET',
      path: `/${noun}`,
      action: 'list',
      on: GATEWAY,
      summary: `List ${noun}`,
      query: z.strictObject({
        ...paging,
        search: z.string().max(64).optional(),
        state: z.enum(['active', 'suspended']).optional(),
      }),
      output: page(Principal),
    }),
    create: spec({
      method: 'POST',
      path: `/${noun}`,
      action: 'manageDirectory',
      on: GATEWAY,
      summary: `Create ${article} ${what}`,
      body: z.strictObject({
        name,
        displayName: z.string().max(200).optional(),
        email: email.optional(),
        attributes: attributes.optional(),
        onBehalfOf: name.optional().meta({ description: 'Agents only, and needed there.' }),
      }),
      output: Principal,
      status: 201,
      idempotent: true,
    }),
    show: spec({
      method: 'GET',
      path: `/${noun}/{name}`,
      action: 'show',
      on: one,
      summary: `Show ${article} ${what} with its groups and roles`,
      output: PrincipalDetail,
      versioned: true,
    }),
    update: spec({
      method: 'PATCH',
      path: `/${noun}/{name}`,
      action: 'manageDirectory',
      on: one,
      summary: `Describe ${article} ${what} anew`,
      body: z.strictObject({
        displayName: z.string().max(200).optional(),
        email: email.optional(),
        attributes: attributes.optional(),
      }),
      output: Principal,
      versioned: true,
    }),
    suspend: spec({
      method: 'POST',
      path: `/${noun}/{name}/suspend`,
      action: 'manageDirectory',
      on: one,
      summary: `Suspend ${article} ${what}: its keys are suspended and its running calls end`,
      body: z.strictObject({ reason }),
      output: z.object({ principal: Principal, ended: Ended }),
    }),
    offboard: spec({
      method: 'POST',
      path: `/${noun}/{name}/offboard`,
      action: 'manageDirectory',
      on: one,
      summary: `Take everything from ${article} ${what} that has left: suspended, keys revoked, grants, roles and groups gone, running calls ended`,
      body: z.strictObject({ reason }),
      output: z.object({ principal: Principal, ended: Left }),
    }),
    restore: spec({
      method: 'POST',
      path: `/${noun}/{name}/restore`,
      action: 'manageDirectory',
      on: one,
      summary: `Let a suspended ${what} act again; its keys stay suspended`,
      body: z.strictObject({ reason }),
      output: Principal,
    }),
    remove: spec({
      method: 'DELETE',
      path: `/${noun}/{name}`,
      action: 'manageDirectory',
      on: one,
      summary: `Remove ${article} ${what} for good; the name is not given again`,
      query: z.strictObject({ reason }),
      output: Ended,
    }),
  }
}
const users = principals('users', 'User')
const services = principals('services', 'Service')
const agents = principals('agents', 'Agent')

const KEY = { type: 'Key', param: 'id' } as const
const keyStep = <const Verb extends string, const Action extends string>(verb: Verb, action: Action, summary: string) =>
  spec({
    method: 'POST',
    path: `/keys/{id}/${verb}`,
    action,
    on: KEY,
    summary,
    body: z.strictObject({ reason }),
    output: KeyAfter,
    versioned: true,
  })

export const ROUTES = {
  'self.show': spec({
    method: 'GET',
    path: '/whoami',
    action: 'list',
    on: GATEWAY,
    summary: 'Who the caller is, and which models it may use',
    output: Self,
  }),
  'openapi.show': spec({
    method: 'GET',
    path: '/openapi.json',
    action: 'list',
    on: GATEWAY,
    summary: 'This API as OpenAPI 3.1',
    output: z.record(z.string(), z.unknown()),
  }),

  'consequences.show': spec({
    method: 'GET',
    path: '/consequences',
    action: 'show',
    on: GATEWAY,
    summary: 'What would end if this were taken away or locked; nothing is done',
    query: z.strictObject({
      of: z.enum([
        'principal',
        'credential',
        'role',
        'model',
        'session',
        'network',
        'everything',
        'grant',
        'assignment',
      ]),
      target: z.string().max(512).default('').meta({
        description:
          'User:NAME and the like for a principal and, as ROLE User:NAME, for an assignment; else a name or id.',
      }),
    }),
    output: Consequences,
  }),

  'users.list': users.list,
  'users.create': users.create,
  'users.show': users.show,
  'users.update': users.update,
  'users.suspend': users.suspend,
  'users.offboard': users.offboard,
  'users.restore': users.restore,
  'users.remove': users.remove,
  'services.list': services.list,
  'services.create': services.create,
  'services.show': services.show,
  'services.update': services.update,
  'services.suspend': services.suspend,
  'services.offboard': services.offboard,
  'services.restore': services.restore,
  'services.remove': services.remove,
  'agents.list': agents.list,
  'agents.create': agents.create,
  'agents.show': agents.show,
  'agents.update': agents.update,
  'agents.suspend': agents.suspend,
  'agents.offboard': agents.offboard,
  'agents.restore': agents.restore,
  'agents.remove': agents.remove,

  'groups.list': spec({
    method: 'GET',
    path: '/groups',
    action: 'list',
    on: GATEWAY,
    summary: 'List groups',
    query: z.strictObject({ ...paging, search: z.string().max(64).optional() }),
    output: page(Group),
  }),
  'groups.create': spec({
    method: 'POST',
    path: '/groups',
    action: 'manageDirectory',
    on: GATEWAY,
    summary: 'Create a group',
    body: z.strictObject({ name, description: z.string().max(500).optional() }),
    output: Group,
    status: 201,
    idempotent: true,
  }),
  'groups.show': spec({
    method: 'GET',
    path: '/groups/{name}',
    action: 'show',
    on: { type: 'Group', param: 'name' },
    summary: 'Show a group with its members and roles',
    output: Group.extend({ members: z.array(Member), groups: z.array(z.string()), roles: z.array(z.string()) }),
    versioned: true,
  }),
  'groups.update': spec({
    method: 'PATCH',
    path: '/groups/{name}',
    action: 'manageDirectory',
    on: { type: 'Group', param: 'name' },
    summary: 'Describe a group anew',
    body: z.strictObject({ description: z.string().max(500) }),
    output: Group,
    versioned: true,
  }),
  'groups.remove': spec({
    method: 'DELETE',
    path: '/groups/{name}',
    action: 'manageDirectory',
    on: { type: 'Group', param: 'name' },
    summary: 'Remove a group, its memberships and its roles; the name is not given again',
    query: z.strictObject({ reason: reason.optional() }),
    output: z.object({ receipt: Receipt }),
  }),
  'groups.add': spec({
    method: 'PUT',
    path: '/groups/{name}/members/{member}',
    action: 'manageDirectory',
    on: { type: 'Group', param: 'name' },
    summary: 'Put a user, service, agent or group (User:dana, Group:dev) into a group',
    output: z.object({ added: z.boolean() }),
  }),
  'groups.drop': spec({
    method: 'DELETE',
    path: '/groups/{name}/members/{member}',
    action: 'manageDirectory',
    on: { type: 'Group', param: 'name' },
    summary: 'Take a member out of a group',
    query: z.strictObject({ reason: reason.optional() }),
    output: z.object({ receipt: Receipt }),
  }),

  'roles.list': spec({
    method: 'GET',
    path: '/roles',
    action: 'list',
    on: GATEWAY,
    summary: 'List roles',
    query: z.strictObject(paging),
    output: page(Role),
  }),
  'roles.create': spec({
    method: 'POST',
    path: '/roles',
    action: 'manageDirectory',
    on: GATEWAY,
    summary: 'Create a role; what it may do is said by rules',
    body: z.strictObject({ name, description: z.string().min(1).max(500) }),
    output: Role,
    status: 201,
    idempotent: true,
  }),
  'roles.show': spec({
    method: 'GET',
    path: '/roles/{name}',
    action: 'show',
    on: { type: 'Role', param: 'name' },
    summary: 'Show a role',
    output: Role,
    versioned: true,
  }),
  'roles.update': spec({
    method: 'PATCH',
    path: '/roles/{name}',
    action: 'manageDirectory',
    on: { type: 'Role', param: 'name' },
    summary: 'Describe a role anew',
    body: z.strictObject({ description: z.string().min(1).max(500) }),
    output: Role,
    versioned: true,
  }),
  'roles.remove': spec({
    method: 'DELETE',
    path: '/roles/{name}',
    action: 'manageDirectory',
    on: { type: 'Role', param: 'name' },
    summary: 'Remove a role and take it from everybody; the name is not given again',
    query: z.strictObject({ reason: reason.optional() }),
    output: z.object({ receipt: Receipt }),
  }),
  'roles.holders': spec({
    method: 'GET',
    path: '/roles/{name}/assignments',
    action: 'show',
    on: { type: 'Role', param: 'name' },
    summary: 'Who holds a role',
    query: z.strictObject(paging),
    output: page(Assignment),
  }),
  'roles.assign': spec({
    method: 'POST',
    path: '/roles/{name}/assignments',
    action: 'manageDirectory',
    on: { type: 'Role', param: 'name' },
    summary: 'Give a role to a user, service, agent or group, with an end if wanted',
    body: z.strictObject({ holder: holderRef, endsAt: time.optional(), reason: reason.optional() }),
    output: Assignment,
    status: 201,
    idempotent: true,
  }),
  'roles.unassign': spec({
    method: 'DELETE',
    path: '/roles/{name}/assignments/{id}',
    action: 'manageDirectory',
    on: { type: 'Role', param: 'name' },
    summary: 'Take a role away',
    query: z.strictObject({ reason: reason.optional() }),
    output: z.object({ receipt: Receipt }),
  }),

  'keys.list': spec({
    method: 'GET',
    path: '/keys',
    action: 'list',
    on: GATEWAY,
    summary: 'List keys, newest first',
    query: z.strictObject({
      ...paging,
      owner: principalRef.optional(),
      name: name.optional(),
      state: z.enum(['active', 'suspended', 'revoked']).optional(),
      expiresBefore: time.optional(),
      unusedSince: time.optional(),
    }),
    output: page(Key),
  }),
  'keys.create': spec({
    method: 'POST',
    path: '/keys',
    action: 'issueKey',
    on: { type: 'Key', param: '' },
    summary: 'Issue a key. The answer shows it once',
    body: z.strictObject({
      owner: principalRef,
      name,
      purpose: reason.optional(),
      expiresAt: time.optional(),
      actions: list.optional(),
      models: list.optional(),
      networks: list.optional(),
      origins: list.optional(),
    }),
    output: IssuedKey,
    status: 201,
    idempotent: true,
    secret: 'key',
  }),
  'keys.show': spec({
    method: 'GET',
    path: '/keys/{id}',
    action: 'show',
    on: KEY,
    summary: 'Show a key: whose it is, what it may do now, when and from where it was used',
    output: KeyReach,
    versioned: true,
  }),
  'keys.rotate': spec({
    method: 'POST',
    path: '/keys/{id}/rotate',
    action: 'issueKey',
    on: KEY,
    summary: 'Issue the successor of a key; both work until the old one dies',
    body: z.strictObject({ oldDiesAt: time.optional(), expiresAt: time.optional() }),
    output: IssuedKey.extend({ old: Key }),
    status: 201,
    idempotent: true,
    secret: 'key',
  }),
  'keys.suspend': keyStep(
    'suspend',
    'revokeKey',
    'Suspend a key: it stops working and its calls end, until it is resumed',
  ),
  'keys.resume': keyStep('resume', 'issueKey', 'Let a suspended key work again'),
  'keys.revoke': keyStep('revoke', 'revokeKey', 'Revoke a key for good; its running calls end'),
  'keys.report': spec({
    method: 'POST',
    path: '/keys/report',
    action: 'list',
    on: GATEWAY,
    summary: 'Report keys that leaked: those that are ours are revoked at once',
    body: z.strictObject({ keys: z.array(z.string().max(128)).min(1).max(100) }),
    output: z.object({ revoked: z.array(z.string()) }),
  }),
  'keys.transfer': spec({
    method: 'POST',
    path: '/keys/{id}/transfer',
    action: 'issueKey',
    on: KEY,
    summary: 'Give a key to another owner',
    body: z.strictObject({ owner: principalRef }),
    output: KeyAfter,
    versioned: true,
  }),

  'models.list': spec({
    method: 'GET',
    path: '/models',
    action: 'list',
    on: GATEWAY,
    summary: 'List models',
    query: z.strictObject(paging),
    output: page(Model),
  }),
  'models.show': spec({
    method: 'GET',
    path: '/models/{name}',
    action: 'show',
    on: { type: 'Model', param: 'name' },
    summary: 'Show a model',
    output: Model,
  }),
  'models.accept': spec({
    method: 'POST',
    path: '/models/{name}/accept',
    action: 'manageModels',
    on: { type: 'Model', param: 'name' },
    summary: 'Accept what a quarantined model name stands for now, if that is still this digest',
    body: z.strictObject({ digest: z.string().max(128).optional(), reason }),
    output: Model,
  }),
  'upstreams.list': spec({
    method: 'GET',
    path: '/upstreams',
    action: 'show',
    on: GATEWAY,
    summary: 'List the servers that answer for models, without their credentials',
    output: page(Upstream),
  }),

  'sessions.list': spec({
    method: 'GET',
    path: '/sessions',
    action: 'list',
    on: GATEWAY,
    summary: 'List sessions with running calls, on all nodes',
    query: z.strictObject(paging),
    output: running(Session),
  }),
  'sessions.show': spec({
    method: 'GET',
    path: '/sessions/{id}',
    action: 'show',
    on: { type: 'Session', param: 'id' },
    summary: 'Show a session',
    output: Session,
  }),
  'sessions.cut': spec({
    method: 'POST',
    path: '/sessions/{id}/cut',
    action: 'endSession',
    on: { type: 'Session', param: 'id' },
    summary: 'End a session and its running calls',
    body: z.strictObject({ reason }),
    output: Receipt,
  }),
  'leases.list': spec({
    method: 'GET',
    path: '/leases',
    action: 'list',
    on: GATEWAY,
    summary: 'List the running calls of all nodes',
    query: z.strictObject(paging),
    output: running(Lease),
  }),
  'leases.cut': spec({
    method: 'POST',
    path: '/leases/cut',
    action: 'endSession',
    on: GATEWAY,
    summary: 'End the running calls of a key, principal, session, call, model or address',
    body: z.strictObject({
      key: z.string().optional(),
      principal: z.string().optional(),
      session: z.string().optional(),
      call: z.string().optional(),
      model: z.string().optional(),
      address: z.string().optional(),
      reason,
    }),
    output: Receipt,
  }),
  'locks.list': spec({
    method: 'GET',
    path: '/locks',
    action: 'readAudit',
    on: GATEWAY,
    summary: 'List locks in force',
    output: page(Lock),
  }),
  'locks.create': spec({
    method: 'POST',
    path: '/locks',
    action: 'lock',
    on: GATEWAY,
    summary: 'Stop a principal, credential, role, model, session, network or everything',
    body: z.strictObject({
      kind: Lock.shape.kind,
      target: z.string().max(256).default('*'),
      reason,
      until: time.optional(),
    }),
    output: Lock.extend({ receipt: Receipt }),
    status: 201,
    idempotent: true,
  }),
  'locks.lift': spec({
    method: 'DELETE',
    path: '/locks/{id}',
    action: 'lock',
    on: GATEWAY,
    summary: 'Lift a lock; what it ended stays ended',
    query: z.strictObject({ reason: reason.optional() }),
    output: z.object({ lifted: z.boolean(), receipt: Receipt }),
  }),

  'sessions.forget': spec({
    method: 'POST',
    path: '/sessions/{id}/forget',
    action: 'endSession',
    on: { type: 'Session', param: 'id' },
    summary: 'End a session on every node and erase what it left: conversation, vault, runtime state',
    body: z.strictObject({ reason }),
    output: z.object({ forgotten: z.boolean(), erased: z.array(z.string()), receipt: Receipt }),
  }),

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

  'policies.show': spec({
    method: 'GET',
    path: '/policies/active',
    action: 'show',
    on: GATEWAY,
    summary: 'The bundle in force',
    output: Policy,
  }),
  'policies.rules': spec({
    method: 'GET',
    path: '/policies/active/rules',
    action: 'show',
    on: GATEWAY,
    summary: 'The rules in force',
    output: page(Rule),
  }),
  'policies.history': spec({
    method: 'GET',
    path: '/policies',
    action: 'show',
    on: GATEWAY,
    summary: 'Versions of the rules, newest first',
    query: z.strictObject(paging),
    output: page(PolicyVersion),
  }),
  'policies.files': spec({
    method: 'GET',
    path: '/policies/{version}/files',
    action: 'show',
    on: GATEWAY,
    summary: 'The files of one version; `active` is the one in force',
    output: z.object({ version: z.int(), digest: z.string(), files: BundleFiles }),
  }),
  'policies.plan': spec({
    method: 'POST',
    path: '/policies/plan',
    action: 'editPolicy',
    on: GATEWAY,
    summary: 'Check and test a bundle, and say what it would change for whom',
    body: z.strictObject({ files: BundleFiles }),
    large: true,
    output: PolicyPlan,
  }),
  'policies.apply': spec({
    method: 'POST',
    path: '/policies',
    action: 'editPolicy',
    on: GATEWAY,
    summary: 'Put a bundle in force on every node',
    body: z.strictObject({ files: BundleFiles, reason, plan: z.string().max(64).optional() }),
    large: true,
    output: AppliedPolicy,
    status: 201,
  }),
  'policies.rollback': spec({
    method: 'POST',
    path: '/policies/{version}/rollback',
    action: 'editPolicy',
    on: GATEWAY,
    summary: 'Put an earlier version in force again, as a new version',
    body: z.strictObject({ reason }),
    output: AppliedPolicy,
    status: 201,
  }),
  'policies.shadow': spec({
    method: 'PUT',
    path: '/policies/shadow',
    action: 'editPolicy',
    on: GATEWAY,
    summary: 'Ask a bundle beside the one in force, without obeying it; no files end that',
    body: z.strictObject({ files: BundleFiles.optional(), reason }),
    large: true,
    output: z.object({ version: z.int().optional(), receipt: Receipt }),
  }),
  'policies.shadowReport': spec({
    method: 'GET',
    path: '/policies/shadow',
    action: 'show',
    on: GATEWAY,
    summary: 'What the shadow bundle would have answered otherwise on this node',
    output: ShadowReport,
  }),
  'policies.promote': spec({
    method: 'POST',
    path: '/policies/shadow/promote',
    action: 'editPolicy',
    on: GATEWAY,
    summary: 'Put the shadow bundle in force',
    body: z.strictObject({ reason }),
    output: AppliedPolicy,
    status: 201,
  }),
  'decisions.show': spec({
    method: 'GET',
    path: '/decisions/{id}',
    action: 'readAudit',
    on: GATEWAY,
    summary:
      "A decision as it was recorded; `last` is the caller's own last one. One's own need no audit right, and then private rules are counted, not named.",
    output: Event.extend({ hidden: z.int().optional() }),
  }),
  'decisions.explain': spec({
    method: 'POST',
    path: '/decisions/{id}/explain',
    action: 'readAudit',
    on: GATEWAY,
    summary: 'What the rules say now to the question of a recorded decision, and what would change it',
    body: Supposed,
    output: Explanation,
  }),
  'audit.list': spec({
    method: 'GET',
    path: '/audit',
    action: 'readAudit',
    on: GATEWAY,
    summary: 'Search the audit log, newest first',
    query: z.strictObject({ ...paging, ...eventFilter }),
    output: page(Event),
  }),
  'audit.show': spec({
    method: 'GET',
    path: '/audit/{id}',
    action: 'readAudit',
    on: GATEWAY,
    summary: 'Show one event',
    output: Event,
  }),
  'audit.count': spec({
    method: 'GET',
    path: '/audit/counts',
    action: 'readAudit',
    on: GATEWAY,
    summary: 'Count events over time, or by the values of a field',
    query: z.strictObject({
      ...eventFilter,
      by: z
        .enum(['kind', 'principal', 'model', 'decision', 'outcome', 'rule', 'class', 'address', 'reason'])
        .optional(),
      every: z.enum(['minute', 'hour', 'day']).optional(),
      top: z.coerce.number().int().min(1).max(1000).optional(),
    }),
    output: z.object({
      items: z.array(
        z.object({
          time: time.optional(),
          value: z.string().optional(),
          events: z.int(),
          inputTokens: z.int(),
          outputTokens: z.int(),
          milliseconds: z.int(),
        }),
      ),
    }),
  }),
  'audit.checkpoint': spec({
    method: 'GET',
    path: '/audit/checkpoint',
    action: 'readAudit',
    on: GATEWAY,
    summary: 'The newest signed checkpoint, and the key to check it with',
    output: z.object({ note: z.string(), verifierKey: z.string(), verifierKeys: z.array(z.string()) }),
  }),
  'audit.rekey': spec({
    method: 'POST',
    path: '/audit/key',
    action: 'rekeyAudit',
    on: GATEWAY,
    summary: 'Replace the key that signs checkpoints on this node, for good; what the old one signed still holds',
    body: z.strictObject({ reason }),
    output: z.object({ verifierKey: z.string(), verifierKeys: z.array(z.string()) }),
  }),
  'audit.verify': spec({
    method: 'GET',
    path: '/audit/verification',
    action: 'readAudit',
    on: GATEWAY,
    summary: 'Check the whole log against every signed checkpoint, and against one kept elsewhere',
    query: z.strictObject({
      known: z.string().max(8192).optional().meta({ description: 'A checkpoint kept elsewhere.' }),
    }),
    output: z.object({
      ok: z.boolean(),
      origin: z.string(),
      size: z.int(),
      root: z.string(),
      provenTo: z.int(),
      checkpoints: z.int(),
      signers: z.array(z.string()),
      events: z.int(),
      openCalls: z.int(),
      problems: z.array(z.object({ kind: z.string(), from: z.int(), to: z.int(), detail: z.string() })),
    }),
  }),
  'audit.prove': spec({
    method: 'GET',
    path: '/audit/{id}/proof',
    action: 'readAudit',
    on: GATEWAY,
    summary: 'Prove that an event is in the log (c2sp.org/tlog-proof)',
    output: z.object({ proof: z.string(), body: z.string() }),
  }),
  'audit.evidence': spec({
    method: 'POST',
    path: '/audit/evidence',
    action: 'readAudit',
    on: GATEWAY,
    summary: 'Put the hash of a manifest of evidence into the log, and prove that it is there',
    body: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), reason }),
    output: z.object({ proof: z.string(), body: z.string() }),
  }),
  'audit.export': spec({
    method: 'GET',
    path: '/audit/export',
    action: 'readAudit',
    on: GATEWAY,
    summary: 'Export events as lines, one per server-sent event; `archive` is lossless and can be verified offline',
    query: z.strictObject({
      format: z.enum(['archive', 'jsonl', 'ocsf', 'syslog']).default('jsonl'),
      from: z.coerce.number().int().min(0).default(0),
      follow: z.stringbool().default(false),
      ...eventFilter,
    }),
    stream: true,
  }),
  'content.read': spec({
    method: 'GET',
    path: '/calls/{id}/content',
    action: 'readContent',
    on: GATEWAY,
    summary: 'Read what a rule had recorded of a call; that you did is recorded first',
    output: z.object({ items: z.array(z.object({ part: z.string(), text: z.string() })) }),
  }),
  'content.erase': spec({
    method: 'POST',
    path: '/content/erasures',
    action: 'manageDirectory',
    on: GATEWAY,
    summary: "Erase a principal's recorded content by destroying its keys, and the answers it had stored",
    body: z.strictObject({ principal: principalRef, reason }),
    output: z.object({
      keys: z.int(),
      parts: z.int(),
      answers: z.int(),
      scrubbed: z.boolean().meta({
        description:
          'Whether files of the database hold nothing of it any more; else that follows when older transactions there are over.',
      }),
    }),
  }),
  'events.follow': spec({
    method: 'GET',
    path: '/events',
    action: 'readAudit',
    on: GATEWAY,
    summary: 'Follow the audit log live, as server-sent events',
    query: z.strictObject(eventFilter),
    stream: true,
  }),

  'explain.ask': spec({
    method: 'POST',
    path: '/explain',
    action: 'list',
    on: GATEWAY,
    summary: 'What the rules say about somebody doing something, and what would change it',
    body: z.strictObject({
      ...Question.shape,
      ...Supposed.shape,
    }),
    output: Explanation,
  }),
  'config.show': spec({
    method: 'GET',
    path: '/config',
    action: 'show',
    on: GATEWAY,
    summary: 'Settings in effect, with their source; secrets hidden',
    output: page(Setting),
  }),
  'nodes.list': spec({
    method: 'GET',
    path: '/nodes',
    action: 'show',
    on: GATEWAY,
    summary: 'Nodes, and how far each has applied the change feed',
    output: page(Node),
  }),
} as const

export type RouteId = keyof typeof ROUTES
type Shape<Id extends RouteId, Part extends 'query' | 'body' | 'output'> = (typeof ROUTES)[Id] extends {
  readonly [P in Part]: infer Type extends z.ZodType
}
  ? Type
  : undefined
export type Query<Id extends RouteId> = Shape<Id, 'query'> extends z.ZodType ? z.output<Shape<Id, 'query'>> : undefined
export type Body<Id extends RouteId> = Shape<Id, 'body'> extends z.ZodType ? z.output<Shape<Id, 'body'>> : undefined
export type BodyInput<Id extends RouteId> = Shape<Id, 'body'> extends z.ZodType ? z.input<Shape<Id, 'body'>> : undefined
export type QueryInput<Id extends RouteId> =
  Shape<Id, 'query'> extends z.ZodType ? z.input<Shape<Id, 'query'>> : undefined
export type Output<Id extends RouteId> =
  Shape<Id, 'output'> extends z.ZodType ? z.output<Shape<Id, 'output'>> : undefined
