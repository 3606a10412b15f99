// A checked bundle compiled to rules that run: closures, duties, and an index by action, principal and resource, so that
// a decision looks at the rules whose scope can match and at no others.
import type { Expr, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import { type Duties, Fault } from '../core/index.ts'
import { type Notes, readNotes } from './annotation.ts'
import type { CheckedBundle } from './bundle.ts'
import { mergeDuties } from './duties.ts'
import type { EntityFacts } from './entity.ts'
import { compileExpression } from './expression.ts'
import { type ActionInfo, readVocabulary, type Vocabulary } from './schema.ts'
import { type Evaluate, isIn, type Scope } from './scope.ts'
import { EntityRef, TYPE_ERROR } from './value.ts'

export interface Rule {
  readonly index: number
  readonly id: string
  /** The id as the list of one that most decisions name. */
  readonly alone: readonly string[]
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
  /** Do all conditions hold? Throws EvaluationError. */
  readonly holds: (scope: Scope) => boolean
}

export interface Shelf {
  readonly action: ActionInfo
  readonly entity: EntityRef
  /** Rules tied to one principal or group, to one resource or group, and to neither. Each rule is on exactly one of the three. */
  readonly byPrincipal: ReadonlyMap<string, readonly Rule[]>
  readonly byResource: ReadonlyMap<string, readonly Rule[]>
  readonly open: readonly Rule[]
}

export interface Program {
  readonly digest: string
  readonly schemaJson: CheckedBundle['schemaJson']
  /** What it was compiled from. */
  readonly source: CheckedBundle
  readonly rules: readonly Rule[]
  readonly vocabulary: Vocabulary
  readonly shelves: ReadonlyMap<string, Shelf>
  /** Facts of the action entities, by text. */
  readonly actions: ReadonlyMap<string, EntityFacts>
  /** Entities that conditions name: what a rule can reach without the question naming it. */
  readonly literals: readonly EntityRef[]
  /** Merged duties of satisfied permits; the same combination is merged once. */
  readonly dutiesOf: (permits: readonly Rule[]) => Duties
}

/** Throws Fault `policy_invalid` on anything the compiler does not know; nothing is ever skipped. */
export function compileBundle(bundle: CheckedBundle): Program {
  const vocabulary = readVocabulary(bundle.schemaJson)
  const rules = bundle.rules.map((rule, index) => compileRule(rule, index, vocabulary))
  const shelves = new Map<string, Shelf>()
  for (const action of vocabulary.actions.values())
    shelves.set(
      action.name,
      shelve(
        action,
        rules.filter((rule) => rule.actions.has(action.name)),
      ),
    )
  const actions = new Map(
    [...vocabulary.actions.values()].map(({ name, ancestors }) => [
      new EntityRef('Action', name).text,
      { attrs: {}, ancestors },
    ]),
  )
  return {
    digest: bundle.digest,
    schemaJson: bundle.schemaJson,
    source: bundle,
    rules,
    vocabulary,
    shelves,
    actions,
    literals: literalsOf(rules),
    dutiesOf: createMerger(),
  }
}

function compileRule(source: CheckedBundle['rules'][number], index: number, vocabulary: Vocabulary): Rule {
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
    alone: [source.id],
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
    holds: compileConditions(json.conditions.map(({ kind, body }) => ({ kind, body }))),
  }
}

function compileConditions(clauses: readonly { kind: 'when' | 'unless'; body: Expr }[]): (scope: Scope) => boolean {
  const compiled = clauses.map(({ kind, body }) => ({ wanted: kind === 'when', test: compileExpression(body) }))
  const [first] = compiled
  if (!first) return () => true
  if (compiled.length === 1) return (scope) => truth(first.test, scope) === first.wanted
  return (scope) => {
    for (let index = 0; index < compiled.length; index++) {
      const { wanted, test } = compiled[index]!
      if (truth(test, scope) !== wanted) return false
    }
    return true
  }
}

function truth(test: Evaluate, scope: Scope): boolean {
  const value = test(scope)
  if (typeof value !== 'boolean') throw TYPE_ERROR
  return value
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

type Side = PolicyJson['principal'] | PolicyJson['resource']

export const plainUid = (uid: { type: string; id: string } | { __entity: { type: string; id: string } }) =>
  '__entity' in uid ? uid.__entity : uid

function compileSide(side: Side): (uid: EntityRef, scope: Scope) => boolean {
  if ('slot' in side || (side.op === 'is' && side.in && 'slot' in side.in))
    throw new Fault('policy_invalid', { detail: 'Templates are not used here: a rule must be complete.' })
  switch (side.op) {
    case 'All':
      return () => true
    case '==': {
      const { text } = refOf(side.entity)
      return (uid) => uid.text === text
    }
    case 'in': {
      const ref = refOf(side.entity)
      return (uid, scope) => isIn(uid, ref, scope.entities)
    }
    case 'is': {
      const within = side.in && 'entity' in side.in ? refOf(side.in.entity) : undefined
      return (uid, scope) => uid.type === side.entity_type && (!within || isIn(uid, within, scope.entities))
    }
  }
}

const refOf = (uid: Parameters<typeof plainUid>[0]) => {
  const { type, id } = plainUid(uid)
  return new EntityRef(type, id)
}

/** The one entity a side is tied to, or undefined if it is open to more than its members. */
export function tiedTo(side: Side): EntityRef | undefined {
  if ('slot' in side || side.op === 'All') return undefined
  if (side.op === 'is') return side.in && 'entity' in side.in ? refOf(side.in.entity) : undefined
  return refOf(side.entity)
}

function shelve(action: ActionInfo, rules: readonly Rule[]): Shelf {
  const byPrincipal = new Map<string, Rule[]>()
  const byResource = new Map<string, Rule[]>()
  const open: Rule[] = []
  const put = (map: Map<string, Rule[]>, key: string, rule: Rule) => {
    const list = map.get(key)
    if (list) list.push(rule)
    else map.set(key, [rule])
  }
  for (const rule of rules) {
    const principal = tiedTo(rule.json.principal)
    const resource = tiedTo(rule.json.resource)
    if (principal) put(byPrincipal, principal.text, rule)
    else if (resource) put(byResource, resource.text, rule)
    else open.push(rule)
  }
  return { action, entity: new EntityRef('Action', action.name), byPrincipal, byResource, open }
}

function literalsOf(rules: readonly Rule[]): readonly EntityRef[] {
  const found = new Map<string, EntityRef>()
  const walk = (node: unknown) => {
    if (typeof node !== 'object' || node === null) return
    const uid = (node as { __entity?: { type: string; id: string } }).__entity
    if (uid) {
      const ref = refOf(uid)
      found.set(ref.text, ref)
    } else for (const inner of Object.values(node)) walk(inner)
  }
  for (const rule of rules) walk(rule.json.conditions)
  return [...found.values()]
}

function createMerger(): Program['dutiesOf'] {
  const merged = new Map<string, Duties>()
  return (permits) => {
    const [first] = permits
    if (permits.length === 1 && first) return first.notes.duties
    const key = permits.map((rule) => rule.index).join(',')
    let duties = merged.get(key)
    if (!duties) {
      duties = mergeDuties(permits.map((rule) => rule.notes.duties))
      // Combinations are few in practice; the bound only keeps hostile variety from growing the map for ever.
      if (merged.size < 10_000) merged.set(key, duties)
    }
    return duties
  }
}
