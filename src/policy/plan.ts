// What a change of the rules would do, under a hash; and the change itself, which is refused if anything moved since.
import { Fault } from '../core/index.ts'
import type { Feed } from '../store/index.ts'
import type { BundleSources, Problem } from './bundle.ts'
import { diffBundles, type FileDiff } from './diff.ts'
import { type Impact, type ImpactWorld, impactInPieces, planHash, type Recorded } from './impact.ts'
import { lint, type World } from './lint.ts'
import type { Policy } from './policy.ts'
import type { Program } from './program.ts'
import type { Rule } from './rule.ts'
import type { TestReport } from './rule-test.ts'
import type { ChangeOptions, PolicyVersions, Prepared, VersionInfo } from './versions.ts'

export interface Plan {
  /** Names this change with this effect: `apply` with it refuses if either is another by then. */
  readonly hash: string
  readonly digest: string
  readonly from: { readonly version: number; readonly digest: string } | undefined
  readonly files: readonly FileDiff[]
  readonly rules: {
    readonly added: readonly string[]
    readonly removed: readonly string[]
    readonly changed: readonly string[]
  }
  readonly warnings: readonly Problem[]
  readonly tests: TestReport
  readonly impact: Impact
}

export interface Planner {
  /** Throws Fault `policy_invalid` where the bundle would be refused. */
  plan(sources: BundleSources): Promise<Plan>
  apply(
    sources: BundleSources,
    options: ChangeOptions & { readonly plan?: string },
  ): Promise<VersionInfo & { seq: number }>
}

export interface PlannerDeps {
  readonly versions: PolicyVersions
  readonly feed: Pick<Feed, 'seq' | 'movedBetween' | 'newest' | 'applied'>
  readonly policy: Pick<Policy, 'program'>
  /** Who and what there is now; `usual` contexts are made for the program that is planned. */
  readonly world: (program: Program) => ImpactWorld & World
  readonly recorded: () => readonly Recorded[]
}

/** What rules are not asked about when a change of them is planned. */
const NO_FACTS = ['key', 'session', 'call', 'request', 'lock']
/** How often a plan is compared again because whom the rules reach has changed meanwhile. */
const COMPARED_AGAIN = 5

export function createPlanner(deps: PlannerDeps): Planner {
  const { feed, versions } = deps
  const planned = async ({ bundle, program, tests }: Prepared): Promise<Plan> => {
    // What is in force may be replaced while the rest is worked out: the plan is about one version.
    const before = deps.policy.program()
    const { active } = versions
    const world = deps.world(program)
    const impact = await impactInPieces(before, program, world, deps.recorded())
    return {
      hash: planHash(before?.digest, bundle.digest, impact),
      digest: bundle.digest,
      from: active && { version: active.version, digest: active.digest },
      files: diffBundles(before?.source.sources ?? [], bundle.sources),
      rules: ruleChanges(before, program),
      warnings: lint(bundle, program, world),
      tests,
      impact,
    }
  }
  return {
    plan: async (sources) => planned(await versions.prepare(sources)),
    async apply(sources, { plan: hash, ...options }) {
      if (hash === undefined) return versions.apply(sources, options)
      const prepared = await versions.prepare(sources)
      for (let again = 0; ; again++) {
        const since = feed.seq
        const now = await planned(prepared)
        if (now.hash !== hash)
          throw new Fault('precondition_failed', {
            detail: `The plan is now ${now.hash}, not ${hash}: the files, the rules in force or whom they reach have changed.`,
          })
        try {
          // The version that was planned against must still be the one that is replaced, and all that was asked about whom
          // they reach be true at that moment.
          return await versions.put(prepared, {
            ...options,
            expected: now.from?.version ?? null,
            async last(trx, seq) {
              if (await feed.movedBetween(trx, since, seq, NO_FACTS))
                throw new Fault('precondition_failed', {
                  detail:
                    'Whom the rules reach changes all the time; the plan could not be compared with it. Try again.',
                })
            },
          })
        } catch (error) {
          if (Fault.from(error).code !== 'precondition_failed' || again === COMPARED_AGAIN) throw error
          await feed.applied(await feed.newest())
        }
      }
    },
  }
}

function ruleChanges(before: Program | undefined, after: Program): Plan['rules'] {
  const old = new Map((before?.rules ?? []).map((rule) => [rule.id, rule]))
  const young = new Map(after.rules.map((rule) => [rule.id, rule]))
  const meaning = (rule: Rule) => JSON.stringify(rule.json)
  return {
    added: [...young.keys()].filter((id) => !old.has(id)),
    removed: [...old.keys()].filter((id) => !young.has(id)),
    changed: [...young]
      .filter(([id, rule]) => old.has(id) && meaning(old.get(id)!) !== meaning(rule))
      .map(([id]) => id),
  }
}
