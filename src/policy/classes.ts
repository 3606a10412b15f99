// People and models that no rule can tell apart: same kind, same groups and roles as far as rules mention them, same
// attributes as far as rules read them. What holds for one of a class holds for all, so the effect of a change is
// computed per class instead of per person.
import type { CedarValueJson } from '@cedar-policy/cedar-wasm/nodejs'
import { uidText } from '../core/index.ts'
import { toCedarJson } from './cedar-json.ts'
import type { EntitySource } from './entity.ts'
import { namedIn } from './lint.ts'
import type { Program } from './program.ts'
import type { Rule } from './rule.ts'
import { attribute, type CedarValue, type EntityRef } from './value.ts'

export interface EntityClass {
  /** Stands for all of them. */
  readonly example: EntityRef
  readonly members: readonly EntityRef[]
}

/** What rules look at in entities. */
export interface Sight {
  /** Texts of entities named in scopes and conditions. */
  readonly named: ReadonlySet<string>
  readonly attributes: ReadonlySet<string>
  readonly tags: boolean
}

export function sightOf(rules: readonly Rule[]): Sight {
  const named = new Set<string>()
  const attributes = new Set<string>()
  let tags = false
  const walk = (node: unknown) => {
    if (typeof node !== 'object' || node === null) return
    for (const [operator, body] of Object.entries(node)) {
      const attr = (body as { attr?: unknown } | null)?.attr
      if ((operator === '.' || operator === 'has') && attr !== undefined)
        for (const name of Array.isArray(attr) ? attr : [attr]) attributes.add(String(name))
      if (operator === 'getTag' || operator === 'hasTag') tags = true
      walk(body)
    }
  }
  for (const rule of rules) {
    for (const uid of namedIn(rule)) named.add(uid.text)
    walk(rule.json.conditions)
  }
  return { named, attributes, tags }
}

export function classify(uids: readonly EntityRef[], entities: EntitySource, sight: Sight): EntityClass[] {
  const classes = new Map<string, EntityRef[]>()
  for (const uid of uids) {
    const facts = entities.get(uid)
    if (!facts) continue
    const key = JSON.stringify([
      uid.type,
      sight.named.has(uid.text) ? uid.text : '',
      [...facts.ancestors].filter((text) => sight.named.has(text)).sort(),
      [...sight.attributes].map((name) => plain(attribute(facts.attrs, name))),
      sight.tags && facts.tags ? plain(facts.tags) : null,
      // What is forbidden of its base is forbidden of an alias.
      facts.standsFor ? uidText(facts.standsFor) : '',
    ])
    const members = classes.get(key)
    if (members) members.push(uid)
    else classes.set(key, [uid])
  }
  return [...classes.values()].map((members) => ({ example: members[0]!, members }))
}

function plain(value: CedarValue | undefined): CedarValueJson {
  if (value === undefined) return null
  try {
    return toCedarJson(value)
  } catch {
    return String(value)
  }
}

/** Rules that are in one program and not, or not with the same meaning and duties, in the other. */
export function changedRules(before: Program, after: Program): readonly Rule[] {
  const meaning = (rule: Rule) =>
    JSON.stringify([
      rule.effect,
      rule.json.principal,
      rule.json.action,
      rule.json.resource,
      rule.json.conditions,
      rule.notes.duties,
    ])
  const [left, right] = [new Set(before.rules.map(meaning)), new Set(after.rules.map(meaning))]
  return [
    ...before.rules.filter((rule) => !right.has(meaning(rule))),
    ...after.rules.filter((rule) => !left.has(meaning(rule))),
  ]
}
