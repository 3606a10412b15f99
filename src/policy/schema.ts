// The vocabulary a bundle's schema declares: actions with their groups and what they apply to, and entity types.
import type { SchemaJson } from '@cedar-policy/cedar-wasm/nodejs'
import { EntityRef } from './value.ts'

export interface ActionInfo {
  readonly name: string
  /** The action itself and every group it is in, by id. */
  readonly lineage: ReadonlySet<string>
  /** Empty for a group nobody can perform. */
  readonly principals: ReadonlySet<string>
  readonly resources: ReadonlySet<string>
  /** Texts of the groups, as an entity's ancestors. */
  readonly ancestors: ReadonlySet<string>
}

export interface Vocabulary {
  readonly actions: ReadonlyMap<string, ActionInfo>
  readonly entityTypes: ReadonlySet<string>
}

export function readVocabulary(schema: SchemaJson<string>): Vocabulary {
  const space = schema['']
  const declared = new Map(Object.entries(space?.actions ?? {}))
  const lineage = (name: string): Set<string> => {
    const seen = new Set([name])
    for (const one of seen) for (const parent of declared.get(one)?.memberOf ?? []) seen.add(parent.id)
    return seen
  }
  const actions = [...declared].map(([name, action]): ActionInfo => {
    const groups = lineage(name)
    return {
      name,
      lineage: groups,
      principals: new Set(action.appliesTo?.principalTypes ?? []),
      resources: new Set(action.appliesTo?.resourceTypes ?? []),
      ancestors: new Set(
        [...groups].filter((group) => group !== name).map((group) => new EntityRef('Action', group).text),
      ),
    }
  })
  return {
    actions: new Map(actions.map((action) => [action.name, action])),
    entityTypes: new Set(Object.keys(space?.entityTypes ?? {})),
  }
}
