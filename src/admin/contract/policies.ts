// Rules: in force, planned, in the shadow, of before.
// A bundle travels as its files, whole.
import { z } from 'zod'
import { GATEWAY, spec } from './route.ts'
import { page, paging, Receipt, reason, time } from './values.ts'

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

export const policyRoutes = {
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
} as const
