// What one decision is about, and how rules look into it.
import { Fault } from '../core/index.ts'
import type { EntityFacts, EntitySource } from './entity.ts'
import { attribute, type CedarRecord, type CedarValue, EntityRef, isRecord, isSet, TYPE_ERROR } from './value.ts'

/** What one decision is about; made once per decision and shared by all rules. */
export interface Scope {
  readonly principal: EntityRef
  readonly action: EntityRef
  readonly resource: EntityRef
  readonly context: CedarRecord
  readonly entities: EntitySource
  /** Milliseconds since 1970 until which nothing read so far changes by itself; Infinity if nothing ever does. */
  until: number
}

export type Evaluate = (scope: Scope) => CedarValue

export function isIn(left: CedarValue, right: CedarValue, entities: EntitySource): boolean {
  if (!(left instanceof EntityRef)) throw TYPE_ERROR
  if (right instanceof EntityRef)
    return left.text === right.text || (entities.get(left)?.ancestors.has(right.text) ?? false)
  if (!isSet(right)) throw TYPE_ERROR
  for (const member of right) if (!(member instanceof EntityRef)) throw TYPE_ERROR
  let ancestors: EntityFacts['ancestors'] | undefined
  for (const member of right as readonly EntityRef[]) {
    if (member.text === left.text) return true
    ancestors ??= entities.get(left)?.ancestors
    if (ancestors?.has(member.text)) return true
  }
  return false
}

/** `isIn` with a set of entities, given by their texts. */
export function isInAny(left: CedarValue, texts: readonly string[], entities: EntitySource): boolean {
  if (!(left instanceof EntityRef)) throw TYPE_ERROR
  if (texts.includes(left.text)) return true
  const ancestors = texts.length === 0 ? undefined : entities.get(left)?.ancestors
  return ancestors !== undefined && ancestors.size > 0 && texts.some((text) => ancestors.has(text))
}

/** Absent, or on an entity that does not exist: undefined. On anything that has no attributes: a type error. */
export function lookUp(value: CedarValue, name: string, entities: EntitySource): CedarValue | undefined {
  if (value instanceof EntityRef) {
    const facts = entities.get(value)
    return facts && attribute(facts.attrs, name)
  }
  if (isRecord(value)) return attribute(value, name)
  throw TYPE_ERROR
}

/** The bundle is refused: something in it has no exact meaning here. */
export function refuse(detail: string): Fault {
  return new Fault('policy_invalid', { detail: `The rules cannot be compiled: ${detail}.` })
}
