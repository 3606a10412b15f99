// The one place that says yes or no. `decide` is pure, synchronous and total: it never throws, and whatever goes wrong
// while it decides is a deny. The program it asks is replaced whole; a decision never sees half of a bundle.
import {
  type Clock,
  type Decision,
  type Duties,
  type EntityUid,
  type NewId,
  NO_DUTIES,
  type StillAllowed,
} from '../core/index.ts'
import type { CheckedBundle } from './bundle.ts'
import { type EntitySource, withRole } from './entity.ts'
import { type Answer, alsoOfBase, type Evaluator, evaluate } from './evaluate.ts'
import { compileBundle, type Program, type Together } from './program.ts'
import { holds, type Rule } from './rule.ts'
import { Scope } from './scope.ts'
import { type CedarRecord, EntityRef, toRef } from './value.ts'

export interface Query {
  readonly principal: EntityUid
  readonly action: string
  readonly resource: EntityUid
  /** What context.ts builds; never anything of a client's making. */
  readonly context: CedarRecord
  /** End of what the call rests on (credential, grants), milliseconds since 1970: the decision holds no longer. */
  readonly holdsUntil?: number
  /** Asked before, for a call that runs since, and the answer is no now: it is not one more call. */
  readonly again?: boolean
}

export interface ActiveBundle {
  readonly digest: string
  readonly rules: number
  /** Milliseconds since 1970. */
  readonly since: number
}

export interface Policy {
  decide(query: Query, entities: EntitySource): Decision
  /** For a call that runs on an earlier yes: whether it may go on, else the decision that ends it. */
  decideAgain(query: Query, entities: EntitySource): StillAllowed | Decision
  /** As `decide`, without what only a record needs: for filtering lists. `meets` is asked about duties before a yes. */
  allows(query: Query, entities: EntitySource, meets?: (duties: Duties) => boolean): boolean
  /** Takes effect with the next question. Throws Fault `policy_invalid`, and then the last good bundle keeps serving. */
  activate(bundle: CheckedBundle | Program): void
  active(): ActiveBundle | undefined
  /** The active program, for explain, impact and tests. */
  program(): Program | undefined
  /** Roles the caller could ask for that would meet a rule for this question. */
  waysIn(query: Query, entities: EntitySource): readonly string[]
}

/** The engine that asks the Cedar library. Loaded on demand: it is several megabytes that most nodes never need. */
export async function loadOracle(now: () => number): Promise<(program: Program) => Evaluator> {
  const { createOracleEvaluator } = await import('./oracle.ts')
  return (program) => createOracleEvaluator(program, now)
}

/** Sees each question with its answer: shadow bundle, sampled check against the reference, decision log. */
export type Watcher = (query: Query, entities: EntitySource, decision: Decision) => void

export interface PolicyDeps {
  readonly clock: Clock
  readonly newId: NewId
  /** How a caller asks for a role, as a command or URL. */
  readonly askFor?: (role: string) => string
  /** Decides with something else than the compiled rules, for `policy.engine: wasm`. */
  readonly engine?: (program: Program) => Evaluator
  readonly watchers?: readonly Watcher[]
  /** Where a watcher's failure goes. */
  readonly report?: (error: unknown) => void
}

const NOTHING = 'none'

export function createPolicy(deps: PolicyDeps): Policy {
  const askFor = deps.askFor ?? ((role) => `sallyport request create ${role} --for 1h --reason "…"`)
  const watchers = deps.watchers ?? []
  let current: { program: Program; evaluate: Evaluator; since: number } | undefined

  const answer = (query: Query, entities: EntitySource): Answer | 'none' | 'failed' => {
    if (!current) return 'none'
    const { principal, resource, action, context } = query
    try {
      return current.evaluate({ principal: toRef(principal), action, resource: toRef(resource), context }, entities)
    } catch {
      // A source of facts that fails, or a question that the engine cannot be asked.
      return 'failed'
    }
  }
  const allows = (found: Answer | 'none' | 'failed'): found is Answer => typeof found === 'object' && found.allow

  const holdsUntil = (answer: Answer | undefined, query: Query): number =>
    Math.min(answer?.until ?? Number.POSITIVE_INFINITY, query.holdsUntil ?? Number.POSITIVE_INFINITY)

  const policy: Policy = {
    decide(query, entities) {
      const started = deps.clock.monotonic()
      const found = answer(query, entities)
      const told = typeof found === 'object' ? found : undefined
      const allow = told?.allow === true
      const together = allow && current ? current.program.together(told.permits) : NOTHING_TOGETHER
      const until = holdsUntil(told, query)
      const decision: { -readonly [Field in keyof Decision]: Decision[Field] } = {
        id: deps.newId('decision'),
        allow,
        principal: query.principal,
        action: query.action,
        resource: query.resource,
        rules: told && !allow ? idsOf(told.forbids) : together.ids,
        errors: told ? idsOf(told.errors) : NO_RULES,
        duties: together.duties,
        policy: current?.program.digest ?? NOTHING,
        microseconds: 0,
      }
      if (until !== Number.POSITIVE_INFINITY) decision.validUntil = until
      if (!allow) {
        decision.why = reasonFor(found)
        const role = told && isDefaultDeny(told) ? policy.waysIn(query, entities)[0] : undefined
        if (role !== undefined) decision.ask = askFor(role)
      }
      decision.microseconds = Math.round((deps.clock.monotonic() - started) * 1000)
      for (const watch of watchers) {
        try {
          watch(query, entities, decision)
        } catch (error) {
          // Who looks on never changes the answer.
          deps.report?.(error)
        }
      }
      return decision
    },

    decideAgain(query, entities) {
      const found = answer(query, entities)
      if (!allows(found) || !current) return policy.decide({ ...query, again: true }, entities)
      const { duties } = current.program.together(found.permits)
      const until = holdsUntil(found, query)
      return until === Number.POSITIVE_INFINITY ? { allow: true, duties } : { allow: true, duties, validUntil: until }
    },

    allows(query, entities, meets) {
      const found = answer(query, entities)
      if (!allows(found)) return false
      return meets === undefined || !current || meets(current.program.together(found.permits).duties)
    },

    activate(bundle) {
      const program = 'shelves' in bundle ? bundle : compileBundle(bundle)
      const other = deps.engine?.(program)
      const engine: Evaluator = other
        ? alsoOfBase(other)
        : (question, entities) => evaluate(program, question, entities)
      current = { program, evaluate: engine, since: deps.clock.now() }
    },

    active: () =>
      current && { digest: current.program.digest, rules: current.program.rules.length, since: current.since },

    program: () => current?.program,

    waysIn(query, entities) {
      try {
        return current ? requestableRoles(current.program, query, entities) : []
      } catch {
        return []
      }
    },
  }
  return policy
}

const NO_RULES: readonly string[] = []
const NOTHING_TOGETHER: Together = { ids: NO_RULES, duties: NO_DUTIES }
const idsOf = (rules: readonly Rule[]) => (rules.length === 0 ? NO_RULES : rules.map((rule) => rule.id))

const isDefaultDeny = (answer: Answer) =>
  !answer.allow && !answer.impossible && answer.forbids.length === 0 && answer.errors.length === 0

/** What a stranger may read about a deny: never another's rule, never whether something exists. */
function reasonFor(answer: Answer | 'none' | 'failed'): string {
  if (answer === 'none') return 'No rules are in force.'
  if (answer === 'failed' || answer.errors.length > 0)
    return 'A rule could not be evaluated, and then the answer is no.'
  const told = answer.forbids.find((rule) => rule.notes.public)
  if (told) return told.notes.why
  if (answer.forbids.length > 0) return 'A rule forbids this.'
  return 'No rule allows this.'
}

/** Roles that a rule about this question is tied to, which the caller does not hold and may ask for. A hint, not a right. */
function requestableRoles(program: Program, query: Query, entities: EntitySource): readonly string[] {
  const shelf = program.shelves.get(query.action)
  const asking = program.shelves.get('requestRole')
  if (!shelf || !asking) return []
  const principal = toRef(query.principal)
  const resource = toRef(query.resource)
  const mine = entities.get(principal)
  if (!mine) return []
  // In the world in which the caller held the role: what is forbidden even then is no way in.
  const helps = (role: EntityRef) =>
    evaluate(program, { ...query, principal, resource }, withRole(entities, principal, role)).allow
  const asked = (role: EntityRef) => new Scope(principal, asking.entity, role, query.context, entities, program.actions)
  const found: string[] = []
  for (const text of shelf.byPrincipal.keys()) {
    if (!text.startsWith('Role::') || mine.ancestors.has(text)) continue
    const role = new EntityRef('Role', JSON.parse(text.slice('Role::'.length)) as string)
    if (!entities.get(role)) continue
    if (!helps(role)) continue
    const ask = asked(role)
    const reached = asking.rules.filter((rule) => rule.reaches(ask))
    // What is asked for in detail is not known yet: a permit that needs it may still be met, a forbid is not assumed.
    const may = reached.some((rule) => rule.effect === 'permit' && holdsOr(true, rule, ask))
    if (may && !reached.some((rule) => rule.effect === 'forbid' && holdsOr(false, rule, ask))) found.push(role.id)
  }
  return found
}

function holdsOr(otherwise: boolean, rule: Rule, scope: Scope): boolean {
  try {
    return holds(rule, scope)
  } catch {
    return otherwise
  }
}
