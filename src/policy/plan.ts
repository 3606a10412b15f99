// What a change of the rules would do, under a hash; and the change itself, which is refused if anything moved since.
import { Fault } from '../core/index.ts'
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
  readonly policy: Pick<Policy, 'program'>
  /** Who and what there is now; `usual` contexts are made for the program that is planned. */
  readonly world: (program: Program) => ImpactWorld & World
  readonly recorded: () => readonly Recorded[]
}

export function createPlanner(deps: PlannerDeps): Planner {
  const planned = async (sources: BundleSources): Promise<{ plan: Plan; prepared: Prepared }> => {
    const prepared = await deps.versions.prepare(sources)
    const { bundle, program, tests } = prepared
    // What is in force may be replaced while the rest is worked out: the plan is about one version.
    const before = deps.policy.program()
    const { active } = deps.versions
    const world = deps.world(program)
    const impact = await impactInPieces(before, program, world, deps.recorded())
    const plan = {
      hash: planHash(before?.digest, bundle.digest, impact),
      digest: bundle.digest,
      from: active && { version: active.version, digest: active.digest },
      files: diffBundles(before?.source.sources ?? [], sources),
      rules: ruleChanges(before, program),
      warnings: lint(bundle, program, world),
      tests,
      impact,
    }
    return { plan, prepared }
  }
  return {
    plan: async (sources) => (await planned(sources)).plan,
    async apply(sources, { plan: hash, ...options }) {
      if (hash === undefined) return deps.versions.apply(sources, options)
      const { plan: now, prepared } = await planned(sources)
      if (now.hash !== hash)
        throw new Fault('precondition_failed', {
          detail: `The plan is now ${now.hash}, not ${hash}: the files, the rules in force or whom they reach have changed.`,
        })
      // The version that was planned against must still be the one that is replaced, and at once: what was asked about
      // whom they reach is true of this moment.
      return deps.versions.put(prepared, { ...options, expected: now.from?.version ?? null })
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
