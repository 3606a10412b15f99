// What runs and could be ended: sessions, leases, locks, and what would end if something were taken away.
// Sessions and leases are those of all nodes.
import { z } from 'zod'
import { GATEWAY, spec } from './route.ts'
import { list, page, paging, Receipt, reason, running, time } from './values.ts'

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

export const runningRoutes = {
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
} as const
