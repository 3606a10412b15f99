// One question against one program: which rules are satisfied, which errored, until when that holds. This is the part
// the reference engine is compared with; what an answer means for the caller is decided in decide.ts.
import type { EntityFacts, EntitySource } from './entity.ts'
import type { Program } from './program.ts'
import { holds, type Rule } from './rule.ts'
import { Scope } from './scope.ts'
import type { Drawer, Stack } from './shelf.ts'
import { type CedarRecord, EntityRef, EvaluationError, toRef } from './value.ts'

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
  /** The question that was answered, where it is one about what the resource or the model in the context stands for. */
  readonly asked?: Question
  /** Why no rule was asked: the question itself is not a possible one. */
  readonly impossible?: 'action' | 'principal' | 'resource' | 'types'
}

/** Answers one question; the compiled program and the reference library both can. */
export type Evaluator = (question: Question, entities: EntitySource) => Answer

const NONE: readonly Rule[] = []

/** By the compiled rules. */
export function evaluate(program: Program, question: Question, entities: EntitySource): Answer {
  const shelf = program.shelves.get(question.action)
  if (!shelf) return impossible('action')
  const scope = new Scope(
    question.principal,
    shelf.entity,
    question.resource,
    question.context,
    entities,
    program.actions,
  )
  const principal = scope.get(question.principal)
  if (!principal) return impossible('principal')
  const resource = scope.get(question.resource)
  if (!resource) return impossible('resource')
  if (!shelf.action.principals.has(question.principal.type) || !shelf.action.resources.has(question.resource.type))
    return impossible('types')

  const found: Found = { permits: [], forbids: [], errors: [] }
  askDrawer(shelf.open, resource, scope, found)
  for (const drawer of reached(shelf.byPrincipal, question.principal.text, principal))
    askDrawer(drawer, resource, scope, found)
  const { permits, forbids, errors } = found
  const answer: Answer = {
    allow: permits.length > 0 && forbids.length === 0 && errors.length === 0,
    permits: inOrder(permits),
    forbids: inOrder(forbids),
    errors: inOrder(errors),
    until: scope.until,
  }
  const asked = answer.allow ? aboutBaseOf(question, resource, entities) : undefined
  return asked ? together(answer, asked, evaluate(program, asked, entities)) : answer
}

/** The same question about what the resource, or the model in the context, is another name of; undefined if it is none. */
export function aboutBase(question: Question, entities: EntitySource): Question | undefined {
  const resource = entities.get(question.resource)
  return resource && aboutBaseOf(question, resource, entities)
}

function aboutBaseOf(question: Question, resource: EntityFacts, entities: EntitySource): Question | undefined {
  if (resource.standsFor) return { ...question, resource: toRef(resource.standsFor) }
  const { model } = question.context
  const base = model instanceof EntityRef ? entities.get(model)?.standsFor : undefined
  return base && { ...question, context: { ...question.context, model: toRef(base) } }
}

/** Another name opens nothing that is forbidden: what a rule forbids of the base, or cannot say of it, is denied. Rights are those of the name alone. */
function together(found: Answer, asked: Question, base: Answer): Answer {
  const until = Math.min(found.until, base.until)
  const denied = base.forbids.length > 0 || base.errors.length > 0 || base.impossible !== undefined
  return denied ? { ...base, until, asked } : { ...found, until }
}

/** The same for an engine that knows nothing of other names. */
export const alsoOfBase =
  (answer: Evaluator): Evaluator =>
  (question, entities) => {
    const found = answer(question, entities)
    const asked = found.allow ? aboutBase(question, entities) : undefined
    return asked ? together(found, asked, answer(asked, entities)) : found
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

/** What lies under the entity itself and under everything it is in. */
function reached<T>(places: ReadonlyMap<string, T>, self: string, { ancestors }: EntityFacts): readonly T[] {
  const found: T[] = []
  if (places.size === 0) return found
  const own = places.get(self)
  if (own) found.push(own)
  // The smaller of the two is walked.
  if (ancestors.size <= places.size) {
    for (const ancestor of ancestors) {
      const place = ancestor === self ? undefined : places.get(ancestor)
      if (place) found.push(place)
    }
  } else {
    for (const [key, place] of places) if (key !== self && ancestors.has(key)) found.push(place)
  }
  return found
}

function askDrawer(drawer: Drawer, resource: EntityFacts, scope: Scope, found: Found) {
  ask(drawer.open, scope, found)
  for (const stacks of reached(drawer.byResource, scope.resource.text, resource)) ask(stacks, scope, found)
}

function ask(stacks: readonly Stack[], scope: Scope, found: Found) {
  for (const { admits, first, rules } of stacks) {
    if (admits && !admits(scope)) continue
    try {
      if (first && !first.met(scope)) continue
    } catch (error) {
      // What all begin with cannot be said of any.
      for (const rule of rules) note(rule, error, found)
      continue
    }
    for (const rule of rules) {
      try {
        if (!holds(rule, scope)) continue
        if (rule.effect === 'permit') found.permits.push(rule)
        else found.forbids.push(rule)
      } catch (error) {
        note(rule, error, found)
      }
    }
  }
}

function note(rule: Rule, error: unknown, found: Found) {
  // Anything else, a stack overflow for instance, is an error of the rule as well: it ends in deny, not in a crash.
  found.errors.push(rule)
  if (!(error instanceof EvaluationError) && !(error instanceof RangeError)) throw error
}

const inOrder = (rules: Rule[]): readonly Rule[] =>
  rules.length > 1 ? rules.sort((one, other) => one.index - other.index) : rules
