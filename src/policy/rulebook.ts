// The rules of one node with everything that looks on: the policy that decides, its versions, the log of decisions, the
// shadow bundle, and the planner that tells what a change would do.
import type { Clock, EntityUid, NewId } from '../core/index.ts'
import type { Db, MakeChange } from '../store/index.ts'
import type { Checker } from './check.ts'
import type { ClockContext } from './context.ts'
import { createDecisionLog, type DecisionLog } from './decision-log.ts'
import type { EntitySource } from './entity.ts'
import { createPlanner, type Planner, type PlannerDeps } from './plan.ts'
import { createPolicy, type Policy, type PolicyDeps, type Watcher } from './policy.ts'
import { createShadow, type Shadow } from './shadow.ts'
import { USUAL_CALLER, usualContext } from './usual.ts'
import { toRef } from './value.ts'
import { createPolicyVersions, type PolicyVersions, type VersionsDeps } from './versions.ts'

export interface Rulebook {
  readonly policy: Policy
  readonly versions: PolicyVersions
  readonly planner: Planner
  readonly shadow: Shadow
  readonly decisions: DecisionLog
}

export interface RulebookDeps
  extends Pick<PolicyDeps, 'engine' | 'askFor'>,
    Pick<VersionsDeps, 'readClasses' | 'seal'> {
  readonly db: Db
  readonly change: MakeChange
  readonly feed: PlannerDeps['feed']
  readonly clock: Clock
  readonly newId: NewId
  readonly checker: Checker
  readonly clockContext: (nowMs: number) => ClockContext
  /** Who and what there is when a change is planned. */
  readonly world: () => {
    readonly entities: EntitySource
    readonly principals: readonly EntityUid[]
    readonly models: readonly EntityUid[]
    /** What else rules are asked about: the gateway, roles, groups, classes of data, tools. */
    readonly others: readonly EntityUid[]
  }
  readonly watchers?: readonly Watcher[]
  /** Decisions kept in memory; 10,000 unless said. */
  readonly keptDecisions?: number
  readonly report: (error: unknown) => void
}

export function createRulebook(deps: RulebookDeps): Rulebook {
  const { clock, report } = deps
  const decisions = createDecisionLog(deps.keptDecisions ?? 2000, clock.now)
  const shadow = createShadow(clock.now)
  const policy = createPolicy({
    ...deps,
    watchers: [decisions.watch, shadow.watch, ...(deps.watchers ?? [])],
  })
  const versions = createPolicyVersions({
    db: deps.db,
    change: deps.change,
    clock,
    checker: deps.checker,
    policy,
    ...(deps.readClasses && { readClasses: deps.readClasses }),
    ...(deps.seal && { seal: deps.seal }),
    onShadow: shadow.set,
    report,
  })
  const planner = createPlanner({
    versions,
    feed: deps.feed,
    policy,
    recorded: decisions.recorded,
    world(program) {
      const { entities, ...known } = deps.world()
      const [principals, models, others] = [known.principals, known.models, known.others].map((uids) => uids.map(toRef))
      const now = deps.clockContext(clock.now())
      const [example] = models!
      return {
        entities,
        principals: principals!,
        models: models!,
        // People too are what something is done to: listed, locked, managed.
        resources: [...models!, ...others!, ...principals!],
        usual: (action) =>
          usualContext(program.schemaJson, action, {
            clock: now,
            known: USUAL_CALLER,
            ...(example ? { examples: { Model: example } } : {}),
          }),
      }
    },
  })
  return { policy, versions, planner, shadow, decisions }
}
