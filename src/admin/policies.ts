// The rules over the admin API: what is in force, what a change would do, the change itself, and the way back.
import { Fault, uidText } from '../core/index.ts'
import { type BundleSources, classesOf, impactLines, type Problem, type ShadowReport } from '../policy/index.ts'
import { GATEWAY } from './judge.ts'
import { mayKnow } from './known.ts'
import type { AdminPorts } from './ports.ts'
import { receiptOf } from './receipt.ts'
import type { Handlers } from './route.ts'
import { uidOf } from './sessions.ts'
import { iso } from './time.ts'

export type PolicyRoutes =
  | 'policies.show'
  | 'policies.rules'
  | 'policies.history'
  | 'policies.files'
  | 'policies.plan'
  | 'policies.apply'
  | 'policies.rollback'
  | 'policies.shadow'
  | 'policies.shadowReport'
  | 'policies.promote'

export function policyHandlers(ports: AdminPorts): Handlers<PolicyRoutes> {
  const { planner, versions, shadow } = ports.rulebook
  /** The guard is built when the node starts, of a file of its own: rules that bring other classes must not seem to have changed it. */
  const besides = (sources: BundleSources): { otherClasses?: true } =>
    (classesOf(sources) ?? '') === ports.ownClasses ? {} : { otherClasses: true }
  const applied = async ({ version, digest, seq }: { version: number; digest: string; seq: number }) => ({
    version,
    digest,
    receipt: await receiptOf(ports, seq),
    ...besides((await versions.bundle(version)).sources),
  })
  return {
    'policies.show': {
      handle() {
        const active = ports.policy()
        if (!active) throw new Fault('not_found', { detail: 'No bundle is in force.' })
        return active
      },
    },
    'policies.rules': { handle: () => ({ items: [...ports.rules()] }) },

    'policies.history': {
      async handle({ query }) {
        const before = query.cursor === undefined ? undefined : readVersion(query.cursor)
        const rows = await versions.history(query.limit + 1, before)
        const items = rows.slice(0, query.limit).map(({ createdAt, ...row }) => ({
          ...row,
          createdAt: iso(createdAt),
          active: row.version === versions.active?.version,
          ...(row.version === versions.shadowing?.version && { shadow: true as const }),
        }))
        const last = items.at(-1)
        return { items, ...(rows.length > query.limit && last ? { next: String(last.version) } : {}) }
      },
    },

    'policies.files': {
      async handle({ params }) {
        const asked = params.version ?? ''
        const version = asked === 'active' ? versions.active?.version : readVersion(asked)
        if (version === undefined) throw new Fault('not_found', { detail: 'No bundle is in force.' })
        const bundle = await versions.bundle(version)
        return { version, digest: bundle.digest, files: bundle.sources.map((file) => ({ ...file })) }
      },
    },

    'policies.plan': {
      async handle({ body }) {
        const plan = await planner.plan(body.files)
        return {
          hash: plan.hash,
          digest: plan.digest,
          ...(plan.from ? { from: plan.from.version } : {}),
          files: plan.files.map((file) => ({
            ...file,
            hunks: file.hunks.map(({ line, lines }) => ({ line, lines: lines.map((one) => ({ ...one })) })),
          })),
          rules: { added: [...plan.rules.added], removed: [...plan.rules.removed], changed: [...plan.rules.changed] },
          warnings: plan.warnings.map((warning: Problem) => ({ ...warning })),
          tests: plan.tests.passed,
          untested: [...plan.tests.coverage.unhit],
          effects: plan.impact.effects.map((effect) => ({
            ...effect,
            principals: [...effect.principals],
            resources: [...effect.resources],
            before: [...effect.before],
            after: [...effect.after],
          })),
          ...besides(body.files),
          lines: impactLines(plan.impact),
        }
      },
    },

    'policies.apply': {
      handle: async ({ body, by, still }) =>
        applied(
          await planner.apply(body.files, {
            reason: body.reason,
            by,
            still,
            ...(body.plan === undefined ? {} : { plan: body.plan }),
          }),
        ),
    },

    'policies.rollback': {
      handle: async ({ params, body, by, still }) =>
        applied(await versions.rollback(readVersion(params.version ?? ''), { reason: body.reason, by, still })),
    },

    'policies.shadow': {
      async handle({ body, by, still }) {
        const { version, seq } = await versions.shadow(body.files, { reason: body.reason, by, still })
        return { ...(version === undefined ? {} : { version }), receipt: await receiptOf(ports, seq) }
      },
    },

    'policies.shadowReport': {
      handle({ caller, may }) {
        const report = shadow.report()
        const version = versions.shadowing?.version
        if (!report || version === undefined) throw new Fault('not_found', { detail: 'No bundle is in the shadow.' })
        // What others asked for stands in the log, and is told to whom that may be told.
        const seen = (one: ShadowReport['differences'][number]) =>
          one.principal === uidText(caller.principal) ||
          may('readAudit', GATEWAY) ||
          (may('show', { uid: uidOf(one.principal) }) && mayKnow(ports, caller, { uid: uidOf(one.resource) }))
        const listed = report.differences.filter(seen)
        return {
          ...report,
          version,
          since: iso(report.since),
          differences: listed.map(({ lastAt, rules, ...one }) => ({
            ...one,
            rules: [...rules],
            lastAt: iso(lastAt),
          })),
          notListed: listed.reduce((left, { count }) => left - count, report.differing),
        }
      },
    },

    'policies.promote': {
      handle: async ({ body, by, still }) => applied(await versions.promote({ reason: body.reason, by, still })),
    },
  }
}

function readVersion(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new Fault('not_found', { detail: `There is no version "${text}" of the rules.` })
  return Number(text)
}
