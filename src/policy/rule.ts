// A rule that runs: its scope and conditions as closures, its annotations as notes.
import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import { Fault } from '../core/index.ts'
import { type Notes, readNotes } from './annotation.ts'
import type { CheckedBundle } from './bundle.ts'
import type { Condition, createConditions } from './condition.ts'
import type { ActionInfo, Vocabulary } from './schema.ts'
import type { Scope } from './scope.ts'
import { compileSide, plainUid } from './side.ts'

export interface Rule {
  readonly index: number
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  readonly notes: Notes
  readonly json: PolicyJson
  readonly text: string
  readonly file: string
  readonly line: number
  /** Names of the actions its scope reaches. */
  readonly actions: ReadonlySet<string>
  /** Do principal and resource lie in the rule's scope? Never errors. */
  readonly reaches: (scope: Scope) => boolean
  /** The two halves of `reaches`, for explanations. */
  readonly sides: Readonly<Record<'principal' | 'resource', (scope: Scope) => boolean>>
  /** All must be met, asked in this order. */
  readonly conditions: readonly Condition[]
}

/** Do all conditions hold? Throws EvaluationError. */
export function holds(rule: Rule, scope: Scope): boolean {
  for (const condition of rule.conditions) if (!condition.met(scope)) return false
  return true
}

export function compileRule(
  source: CheckedBundle['rules'][number],
  index: number,
  vocabulary: Vocabulary,
  conditionsOf: ReturnType<typeof createConditions>,
): Rule {
  const { json } = source
  const actions = reachedActions(json, vocabulary)
  const lineages = [...actions].map((name) => vocabulary.actions.get(name)!.lineage)
  const { notes, problems } = readNotes(json.annotations ?? {}, json.effect, lineages)
  if (!notes) throw new Fault('policy_invalid', { detail: `Rule ${source.id}: ${problems.join('; ')}.` })
  const principal = compileSide(json.principal)
  const resource = compileSide(json.resource)
  return {
    index,
    id: source.id,
    effect: json.effect,
    notes,
    json,
    text: source.text,
    file: source.file,
    line: source.line,
    actions,
    reaches: (scope) => principal(scope.principal, scope) && resource(scope.resource, scope),
    sides: {
      principal: (scope) => principal(scope.principal, scope),
      resource: (scope) => resource(scope.resource, scope),
    },
    conditions: conditionsOf(json.conditions),
  }
}

/** Actions of the schema that somebody can perform and that the rule's scope names, directly or through a group. */
export function reachedActions(json: PolicyJson, vocabulary: Vocabulary): ReadonlySet<string> {
  const performable = [...vocabulary.actions.values()].filter((action) => action.principals.size > 0)
  const constraint = json.action
  if (constraint.op === 'All') return new Set(performable.map((action) => action.name))
  const named =
    'entities' in constraint ? constraint.entities : 'entity' in constraint ? [constraint.entity] : undefined
  if (!named) throw new Fault('policy_invalid', { detail: 'Templates are not used here: a rule must be complete.' })
  const ids = named.map((uid) => plainUid(uid).id)
  const matches = (action: ActionInfo) =>
    constraint.op === '==' ? ids.includes(action.name) : ids.some((id) => action.lineage.has(id))
  return new Set(performable.filter(matches).map((action) => action.name))
}
