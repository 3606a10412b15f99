// One side of a rule's scope, principal or resource: which entities lie in it.
import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import { Fault } from '../core/index.ts'
import { isIn, type Scope } from './scope.ts'
import { EntityRef } from './value.ts'

export type Side = PolicyJson['principal'] | PolicyJson['resource']

export const plainUid = (uid: { type: string; id: string } | { __entity: { type: string; id: string } }) =>
  '__entity' in uid ? uid.__entity : uid

export function compileSide(side: Side): (uid: EntityRef, scope: Scope) => boolean {
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
      return (uid, scope) => isIn(uid, ref, scope)
    }
    case 'is': {
      const within = side.in && 'entity' in side.in ? refOf(side.in.entity) : undefined
      return (uid, scope) => uid.type === side.entity_type && (!within || isIn(uid, within, scope))
    }
  }
}

export const refOf = (uid: Parameters<typeof plainUid>[0]) => {
  const { type, id } = plainUid(uid)
  return new EntityRef(type, id)
}

/** The one entity a side is tied to, or undefined if it is open to more than its members. */
export function tiedTo(side: Side): EntityRef | undefined {
  if ('slot' in side || side.op === 'All') return undefined
  if (side.op === 'is') return side.in && 'entity' in side.in ? refOf(side.in.entity) : undefined
  return refOf(side.entity)
}
