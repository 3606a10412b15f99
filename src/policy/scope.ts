// What one decision is about, and how rules look into it.
import { Fault } from '../core/index.ts'
import type { EntityFacts, EntitySource } from './entity.ts'
import { attribute, type CedarRecord, type CedarValue, EntityRef, isRecord, isSet, TYPE_ERROR } from './value.ts'

/** One more with every decision; never used twice, so that an answer kept under it can only be found by the same decision. */
let decisions = 0

/**
 * What one decision is about; made once per decision and shared by all rules. It is the source of entities that rules see,
 * so that whatever they read and that ends by itself is noted in `until`.
 */
export class Scope implements EntitySource {
  readonly serial: number
  readonly principal: EntityRef
  readonly action: EntityRef
  readonly resource: EntityRef
  readonly context: CedarRecord
  /** Milliseconds since 1970 until which nothing read so far changes by itself; Infinity if nothing ever does. */
  until = Number.POSITIVE_INFINITY
  /** Of horizon.ts: what the clock of the context says, once it was read. */
  now: number | undefined = undefined
  hourEnds: number | undefined = undefined
  readonly source: EntitySource
  readonly actions: ReadonlyMap<string, EntityFacts>
  principalFacts: EntityFacts | undefined = undefined
  resourceFacts: EntityFacts | undefined = undefined

  /** `actions` are the facts of the action entities, by text: directories do not know them, the schema does. */
  constructor(
    principal: EntityRef,
    action: EntityRef,
    resource: EntityRef,
    context: CedarRecord,
    source: EntitySource,
    actions: ReadonlyMap<string, EntityFacts>,
  ) {
    this.serial = ++decisions
    this.principal = principal
    this.action = action
    this.resource = resource
    this.context = context
    this.source = source
    this.actions = actions
  }

  get(uid: EntityRef): EntityFacts | undefined {
    const { text } = uid
    if (text === this.principal.text) {
      this.principalFacts ??= look(this, uid)
      return this.principalFacts
    }
    if (text === this.resource.text) {
      this.resourceFacts ??= look(this, uid)
      return this.resourceFacts
    }
    return uid.type === 'Action' ? this.actions.get(text) : look(this, uid)
  }
}

function look(scope: Scope, uid: EntityRef): EntityFacts | undefined {
  const facts = scope.source.get(uid)
  if (facts?.validUntil !== undefined && facts.validUntil < scope.until) scope.until = facts.validUntil
  return facts
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
  if (ancestors === undefined || ancestors.size === 0) return false
  for (const text of texts) if (ancestors.has(text)) return true
  return false
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
