// One question against one program: which rules are satisfied, which errored, until when that holds. This is the part
// the reference engine is compared with; what an answer means for the caller is decided in decide.ts.
import type { EntityFacts, EntitySource } from './entity.ts'
import type { Program, Rule } from './program.ts'
import type { Scope } from './scope.ts'
import { type CedarRecord, type EntityRef, EvaluationError } from './value.ts'

export interface Question {
  readonly principal: EntityRef
  readonly action: string
  readonly resource: EntityRef
  readonly context: CedarRecord
}

export interface Answer {
  /** Some permit satisfied, no forbid satisfied, nothing errored. */
  readonly allow: boolean
  readonly permits: readonly Rule[]
  readonly forbids: readonly Rule[]
  readonly errors: readonly Rule[]
  /** Milliseconds since 1970; Infinity if only a change can alter the answer. */
  readonly until: number
  /** Why no rule was asked: the question itself is not a possible one. */
  readonly impossible?: 'action' | 'principal' | 'resource' | 'types'
}

/** Answers one question; the compiled program and the reference library both can. */
export type Evaluator = (question: Question, entities: EntitySource) => Answer

const NONE: readonly Rule[] = []

export function evaluate(program: Program, question: Question, entities: EntitySource): Answer {
  const shelf = program.shelves.get(question.action)
  if (!shelf) return impossible('action')
  const principal = entities.get(question.principal)
  if (!principal) return impossible('principal')
  const resource = entities.get(question.resource)
  if (!resource) return impossible('resource')
  if (!shelf.action.principals.has(question.principal.type) || !shelf.action.resources.has(question.resource.type))
    return impossible('types')

  const scope: Scope = {
    principal: question.principal,
    action: shelf.entity,
    resource: question.resource,
    context: question.context,
    entities: {
      get(uid) {
        // Actions are entities too, with their groups as ancestors. Directories do not know them; the schema does.
        if (uid.type === 'Action') return program.actions.get(uid.text)
        const facts = entities.get(uid)
        if (facts?.validUntil !== undefined && facts.validUntil < scope.until) scope.until = facts.validUntil
        return facts
      },
    },
    until: Math.min(principal.validUntil ?? Infinity, resource.validUntil ?? Infinity),
  }
  const found = { permits: [] as Rule[], forbids: [] as Rule[], errors: [] as Rule[] }
  ask(shelf.open, scope, found)
  askKeyed(shelf.byPrincipal, question.principal.text, principal, scope, found)
  askKeyed(shelf.byResource, question.resource.text, resource, scope, found)
  const { permits, forbids, errors } = found
  return {
    allow: permits.length > 0 && forbids.length === 0 && errors.length === 0,
    permits: inOrder(permits),
    forbids: inOrder(forbids),
    errors: inOrder(errors),
    until: scope.until,
  }
}

const impossible = (what: NonNullable<Answer['impossible']>): Answer => ({
  allow: false,
  permits: NONE,
  forbids: NONE,
  errors: NONE,
  until: Number.POSITIVE_INFINITY,
  impossible: what,
})

interface Found {
  permits: Rule[]
  forbids: Rule[]
  errors: Rule[]
}

function ask(rules: readonly Rule[], scope: Scope, found: Found) {
  for (const rule of rules) {
    if (!rule.reaches(scope)) continue
    try {
      if (rule.holds(scope)) (rule.effect === 'permit' ? found.permits : found.forbids).push(rule)
    } catch (error) {
      // Anything else, a stack overflow for instance, is an error of the rule as well: it ends in deny, not in a crash.
      found.errors.push(rule)
      if (!(error instanceof EvaluationError) && !(error instanceof RangeError)) throw error
    }
  }
}

function askKeyed(
  shelf: ReadonlyMap<string, readonly Rule[]>,
  self: string,
  facts: EntityFacts,
  scope: Scope,
  found: Found,
) {
  if (shelf.size === 0) return
  const own = shelf.get(self)
  if (own) ask(own, scope, found)
  if (facts.ancestors.size <= shelf.size) {
    for (const ancestor of facts.ancestors) {
      const rules = shelf.get(ancestor)
      if (rules && ancestor !== self) ask(rules, scope, found)
    }
  } else {
    for (const [key, rules] of shelf) if (key !== self && facts.ancestors.has(key)) ask(rules, scope, found)
  }
}

const inOrder = (rules: Rule[]): readonly Rule[] =>
  rules.length > 1 ? rules.sort((one, other) => one.index - other.index) : rules
