// Where the facts about entities come from: other rooms implement EntitySource, rules read through it.
import type { EntityUid } from '../core/index.ts'
import type { CedarRecord } from './value.ts'
import { EntityRef } from './value.ts'

export interface EntityFacts {
  readonly attrs: CedarRecord
  /** Texts (`Group::"dev"`) of everything this entity is in, through however many steps. Without the entity itself. */
  readonly ancestors: ReadonlySet<string>
  readonly tags?: CedarRecord
  /** Milliseconds since 1970 at which something these facts rest on ends by itself, a role held for a while for instance. */
  readonly validUntil?: number
  /** What this is another name of. Whatever rules forbid of that, they forbid of this. */
  readonly standsFor?: EntityUid
}

/** Facts in memory. `undefined` means that no such entity exists: rules that lean on it error, and the answer is deny. */
export interface EntitySource {
  get(uid: EntityRef): EntityFacts | undefined
}

/** Asks each source in turn; the first that knows the entity answers. */
export const joinSources = (...sources: readonly EntitySource[]): EntitySource => ({
  get(uid) {
    for (const source of sources) {
      const facts = source.get(uid)
      if (facts) return facts
    }
    return undefined
  },
})

/** The world in which a principal held a role as well, with everything that role is in. */
export function withRole(entities: EntitySource, principal: EntityRef, role: EntityRef): EntitySource {
  return {
    get(uid) {
      const facts = entities.get(uid)
      if (!facts || uid.text !== principal.text) return facts
      const roles = [...(entities.get(role)?.ancestors ?? []), role.text]
      return { ...facts, ancestors: new Set([...facts.ancestors, ...roles]) }
    },
  }
}

/** A fixed set of entities, for tests, tries and imports. `parents` need not be transitive. */
export function fixedSource(entities: Iterable<FixedEntity>): EntitySource & { readonly uids: readonly EntityRef[] } {
  const given = new Map([...entities].map((one) => [one.uid.text, one]))
  const known = new Map<string, EntityFacts>()
  const climb = (start: string) => {
    const seen = new Set<string>()
    const open = [start]
    for (let text = open.pop(); text !== undefined; text = open.pop())
      for (const parent of given.get(text)?.parents ?? [])
        if (!seen.has(parent.text)) {
          seen.add(parent.text)
          open.push(parent.text)
        }
    seen.delete(start)
    return seen
  }
  return {
    uids: [...given.values()].map((one) => one.uid),
    get(uid) {
      const cached = known.get(uid.text)
      if (cached) return cached
      const one = given.get(uid.text)
      if (!one) return undefined
      const facts = { attrs: one.attrs ?? {}, ancestors: climb(uid.text), ...(one.tags ? { tags: one.tags } : {}) }
      known.set(uid.text, facts)
      return facts
    },
  }
}

export interface FixedEntity {
  readonly uid: EntityRef
  readonly attrs?: CedarRecord
  readonly parents?: readonly EntityRef[]
  readonly tags?: CedarRecord
}

/**
 * Entities of a tree of data classes given as paths: `personal/email` is in `personal`. Every prefix exists as well.
 * A class that is not listed does not exist, so a question about it is denied.
 */
export function dataClassSource(paths: Iterable<string>): EntitySource & { readonly paths: readonly string[] } {
  const classes = new Map<string, EntityFacts>()
  for (const path of paths) {
    const parts = path.split('/')
    for (let depth = 1; depth <= parts.length; depth++) {
      const prefixes = Array.from({ length: depth - 1 }, (_, index) => parts.slice(0, index + 1).join('/'))
      const ancestors = new Set(prefixes.map((prefix) => new EntityRef('DataClass', prefix).text))
      classes.set(new EntityRef('DataClass', parts.slice(0, depth).join('/')).text, { attrs: {}, ancestors })
    }
  }
  return {
    get: (uid) => classes.get(uid.text),
    paths: [...classes.keys()].map((text) => JSON.parse(text.slice('DataClass::'.length)) as string).sort(),
  }
}
