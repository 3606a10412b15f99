// Why an answer is what it is. For an allow and for a forbid the deciding rules; for a default deny the rules that came
// closest, clause by clause, the ones first that lack least and that asking for a role would meet.
import type { Expr, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import type { Duties, EntityUid } from '../core/index.ts'
import { groupsOf, uidText } from '../core/index.ts'
import { parseUid } from './cedar-json.ts'
import type { EntitySource } from './entity.ts'
import { type Answer, evaluate } from './evaluate.ts'
import { compileExpression } from './expression.ts'
import type { Query } from './policy.ts'
import { printExpression, printSide } from './print.ts'
import type { Program } from './program.ts'
import type { Rule } from './rule.ts'
import { Scope } from './scope.ts'
import { tiedTo } from './side.ts'
import { EvaluationError, toRef } from './value.ts'

export interface Clause {
  readonly text: string
  /** `not known`: something the clause reads is missing. */
  readonly state: 'met' | 'not met' | 'not known'
}

export interface RuleView {
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  readonly why: string
  readonly file: string
  /** 1-based. */
  readonly line: number
  readonly clauses: readonly Clause[]
}

export interface Explanation {
  readonly allow: boolean
  readonly principal: string
  readonly action: string
  readonly resource: string
  /** Digest of the rules. */
  readonly policy: string
  /** One sentence. */
  readonly summary: string
  /** The rules that decided; empty on a default deny. */
  readonly decided: readonly RuleView[]
  readonly errors: readonly RuleView[]
  /** At most three, only on a default deny. */
  readonly closest: readonly (RuleView & { readonly missing: number; readonly role?: string })[]
  /** Rules that took part and that this reader may not see. */
  readonly hidden: number
  /** Roles the caller could ask for. */
  readonly roles: readonly string[]
  readonly duties?: Duties
  /** Milliseconds since 1970. */
  readonly validUntil?: number
}

export interface ExplainOptions {
  /** `caller` sees what `@explain` makes public; `administrator` sees everything. */
  readonly reader: 'caller' | 'administrator'
  /** Roles the caller could ask for, from `Policy.waysIn`. */
  readonly roles: readonly string[]
}

const CLOSEST = 3

export function explain(program: Program, query: Query, entities: EntitySource, options: ExplainOptions): Explanation {
  const question = { ...query, principal: toRef(query.principal), resource: toRef(query.resource) }
  const answer = evaluate(program, question, entities)
  const scope = scopeOf(program, answer.asked ?? query, entities)
  const view = (rule: Rule): RuleView => ({
    id: rule.id,
    effect: rule.effect,
    why: rule.notes.why,
    file: rule.file,
    line: rule.line,
    clauses: scope ? clausesOf(rule, scope) : [],
  })
  const seen = (rules: readonly Rule[]) =>
    rules.filter((rule) => options.reader === 'administrator' || rule.notes.public)
  const deciding = answer.allow ? answer.permits : answer.forbids
  // Where the question itself is impossible no rule was asked, and none would help.
  const defaultDeny = !answer.allow && !answer.impossible && answer.forbids.length === 0 && answer.errors.length === 0
  const near = defaultDeny && scope ? nearest(program, query, scope, options.roles) : []
  return {
    allow: answer.allow,
    principal: uidText(query.principal),
    action: query.action,
    resource: uidText(query.resource),
    policy: program.digest,
    summary: summarise(query, answer),
    decided: seen(deciding).map(view),
    errors: options.reader === 'administrator' ? answer.errors.map(view) : [],
    closest: near
      .filter(({ rule }) => seen([rule]).length > 0)
      .slice(0, CLOSEST)
      .map(({ rule, missing, role }) => ({ ...view(rule), missing, ...(role === undefined ? {} : { role }) })),
    hidden: deciding.length - seen(deciding).length + (options.reader === 'administrator' ? 0 : answer.errors.length),
    roles: defaultDeny ? options.roles : [],
    ...(answer.allow ? { duties: program.together(answer.permits).duties } : {}),
    ...(answer.until === Number.POSITIVE_INFINITY ? {} : { validUntil: answer.until }),
  }
}

const shown = (uid: EntityUid) => uid.id

function summarise(query: Query, answer: Answer): string {
  const what = `${shown(query.principal)} ${answer.allow ? 'may' : 'may not'} ${query.action}${groupsOf(query.action).includes('use') ? ' with' : ''} ${shown(query.resource)}`
  switch (answer.impossible) {
    case 'action':
      return `${what}: there is no such action.`
    case 'principal':
      return `${what}: no such principal is active.`
    case 'resource':
      return `${what}: there is no such ${query.resource.type.toLowerCase()}.`
    case 'types':
      return `${what}: the action does not apply to them.`
    case undefined:
      break
  }
  if (answer.allow) return `${what}.`
  if (answer.errors.length > 0) return `${what}: a rule could not be evaluated.`
  return answer.forbids.length > 0 ? `${what}: a rule forbids it.` : `${what}: no rule permits it.`
}

function scopeOf(
  program: Program,
  query: Pick<Query, 'principal' | 'action' | 'resource' | 'context'>,
  entities: EntitySource,
): Scope | undefined {
  const shelf = program.shelves.get(query.action)
  const [principal, resource] = [toRef(query.principal), toRef(query.resource)]
  return shelf && new Scope(principal, shelf.entity, resource, query.context, entities, program.actions)
}

/** Scope and conditions of a rule as separate clauses, each with its own answer. */
function clausesOf(rule: Rule, scope: Scope): Clause[] {
  const { json } = rule
  const clauses: Clause[] = []
  for (const variable of ['principal', 'resource'] as const) {
    const text = printSide(variable, json[variable])
    if (text !== undefined) clauses.push({ text, state: met(rule.sides[variable](scope)) })
  }
  for (const { kind, body } of json.conditions) {
    // `unless` refuses as a whole; `when` is a list of demands.
    const parts = kind === 'when' ? conjuncts(body) : [body]
    for (const part of parts) {
      const text = kind === 'when' ? printExpression(part) : `unless ${printExpression(part)}`
      clauses.push({ text, state: stateOf(part, kind === 'when', scope) })
    }
  }
  return clauses.length > 0 ? clauses : [{ text: 'any caller', state: 'met' }]
}

const met = (yes: boolean): Clause['state'] => (yes ? 'met' : 'not met')

function stateOf(part: Expr, wanted: boolean, scope: Scope): Clause['state'] {
  try {
    return met(compileExpression(part)(scope) === wanted)
  } catch (error) {
    if (error instanceof EvaluationError) return 'not known'
    throw error
  }
}

function conjuncts(body: Expr): Expr[] {
  const both = (body as { '&&'?: { left: Expr; right: Expr } })['&&']
  return both ? [...conjuncts(both.left), ...conjuncts(both.right)] : [body]
}

interface Near {
  readonly rule: Rule
  readonly missing: number
  /** The role that would meet it, if that is all that is missing and it can be asked for. */
  readonly role?: string
}

function nearest(program: Program, query: Query, scope: Scope, roles: readonly string[]): Near[] {
  return program.rules
    .filter((rule) => rule.effect === 'permit' && rule.actions.has(query.action) && fits(rule.json, query))
    .map((rule): Near => {
      const missing = clausesOf(rule, scope).filter((clause) => clause.state !== 'met').length
      const role = roleOf(rule.json)
      return { rule, missing, ...(role !== undefined && roles.includes(role) ? { role } : {}) }
    })
    .sort(
      (a, b) =>
        a.missing - b.missing ||
        Number(b.role !== undefined) - Number(a.role !== undefined) ||
        a.rule.index - b.rule.index,
    )
}

/** A rule about another kind of principal or resource is not near, however few clauses it has. */
function fits(json: PolicyJson, query: Query): boolean {
  const kind = (side: PolicyJson['principal'] | PolicyJson['resource'], type: string) =>
    side.op !== 'is' || side.entity_type === type
  return kind(json.principal, query.principal.type) && kind(json.resource, query.resource.type)
}

function roleOf(json: PolicyJson): string | undefined {
  const tied = tiedTo(json.principal)
  return tied?.type === 'Role' ? parseUid(tied.text).id : undefined
}
