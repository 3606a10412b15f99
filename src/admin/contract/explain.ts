// Why: what the rules say to a question, and what would change it.
// Facts may be supposed to be different; nothing is decided by it.
import { z } from 'zod'
import { GATEWAY, spec } from './route.ts'
import { name, principalRef, time } from './values.ts'

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

export const explainRoutes = {
  'decisions.explain': spec({
    method: 'POST',
    path: '/decisions/{id}/explain',
    action: 'readAudit',
    on: GATEWAY,
    summary: 'What the rules say now to the question of a recorded decision, and what would change it',
    body: Supposed,
    output: Explanation,
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
} as const
