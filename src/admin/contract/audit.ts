// The audit log and what proves it, decisions as they were recorded, and content that a rule had recorded.
// Reading is an event of the log itself.
import { z } from 'zod'
import { GATEWAY, spec } from './route.ts'
import { page, paging, principalRef, reason, time } from './values.ts'

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

export const auditRoutes = {
  'decisions.show': spec({
    method: 'GET',
    path: '/decisions/{id}',
    action: 'readAudit',
    on: GATEWAY,
    summary:
      "A decision as it was recorded; `last` is the caller's own last one. One's own need no audit right, and then private rules are counted, not named.",
    output: Event.extend({ hidden: z.int().optional() }),
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
} as const
