// A checked bundle compiled to rules that run: closures, duties, and an index by action, principal and resource, so that
// a decision looks at the rules whose scope can match and at no others.
import type { Duties } from '../core/index.ts'
import type { CheckedBundle } from './bundle.ts'
import { createConditions } from './condition.ts'
import { mergeDuties } from './duties.ts'
import type { EntityFacts } from './entity.ts'
import { compileRule, type Rule } from './rule.ts'
import { readVocabulary, type Vocabulary } from './schema.ts'
import { type Shelf, shelve } from './shelf.ts'
import { refOf } from './side.ts'
import { EntityRef } from './value.ts'

/** What permits that were satisfied together are called, and what they demand. */
export interface Together {
  readonly ids: readonly string[]
  readonly duties: Duties
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
  /** For satisfied permits, in the order of the rules; the same combination is worked out once. */
  readonly together: (permits: readonly Rule[]) => Together
}

/** Throws Fault `policy_invalid` on anything the compiler does not know; nothing is ever skipped. */
export function compileBundle(bundle: CheckedBundle): Program {
  const vocabulary = readVocabulary(bundle.schemaJson)
  const conditionsOf = createConditions()
  const rules = bundle.rules.map((rule, index) => compileRule(rule, index, vocabulary, conditionsOf))
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
    shelves: shelve(vocabulary.actions.values(), rules),
    actions,
    literals: literalsOf(rules),
    together: createTogether(),
  }
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

/** Combinations are few in practice; the bound only keeps hostile variety from growing the tree for ever. */
const MOST_COMBINATIONS = 10_000

interface Branch {
  readonly next: Map<Rule, Branch>
  together: Together | undefined
}

function createTogether(): Program['together'] {
  const root: Branch = { next: new Map(), together: undefined }
  let size = 0
  const workOut = (permits: readonly Rule[]): Together => ({
    ids: permits.map((rule) => rule.id),
    duties: mergeDuties(permits.map((rule) => rule.notes.duties)),
  })
  return (permits) => {
    let branch = root
    for (const rule of permits) {
      let next = branch.next.get(rule)
      if (!next) {
        if (size >= MOST_COMBINATIONS) return workOut(permits)
        size++
        next = { next: new Map(), together: undefined }
        branch.next.set(rule, next)
      }
      branch = next
    }
    branch.together ??= workOut(permits)
    return branch.together
  }
}
