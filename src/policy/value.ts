// Values of rules at run time. Plain JavaScript where that is unambiguous (booleans, strings, arrays as sets, plain
// objects as records), classes where it is not (entities and extension values). A Long is a number while that is exact
// and a bigint beyond it, never both for the same value, so that === decides equality.
import { type EntityUid, uidText } from '../core/index.ts'

export type Long = number | bigint

/** A reference to an entity. `text` is its identity: two references are the same entity iff their texts are equal. */
export class EntityRef implements EntityUid {
  readonly type: string
  readonly id: string
  readonly text: string

  constructor(type: string, id: string) {
    this.type = type
    this.id = id
    this.text = uidText({ type, id })
  }
}

/** Milliseconds since 1970, as `datetime("…")`. */
export class DateTime {
  readonly ms: Long
  constructor(ms: Long) {
    this.ms = ms
  }
}

/** Milliseconds, as `duration("…")`. */
export class Duration {
  readonly ms: Long
  constructor(ms: Long) {
    this.ms = ms
  }
}

/** Ten-thousandths, as `decimal("…")`. */
export class Decimal {
  readonly scaled: Long
  constructor(scaled: Long) {
    this.scaled = scaled
  }
}

/** An address or a network, as `ip("…")`. */
export class Ip {
  readonly v6: boolean
  readonly bits: bigint
  readonly prefix: number
  constructor(v6: boolean, bits: bigint, prefix: number) {
    this.v6 = v6
    this.bits = bits
    this.prefix = prefix
  }
}

export interface CedarRecord {
  readonly [name: string]: CedarValue | undefined
}
export type CedarSet = readonly CedarValue[]
export type CedarValue =
  | boolean
  | string
  | Long
  | EntityRef
  | DateTime
  | Duration
  | Decimal
  | Ip
  | CedarSet
  | CedarRecord

export const entity = (type: string, id: string): EntityRef => new EntityRef(type, id)
export const toRef = (uid: EntityUid): EntityRef => (uid instanceof EntityRef ? uid : new EntityRef(uid.type, uid.id))

/** Why a rule could not be evaluated. Thrown inside this room only, always one of the instances below: no stack per throw. */
export class EvaluationError extends Error {
  readonly kind: 'type' | 'missing' | 'overflow' | 'extension'
  constructor(kind: EvaluationError['kind'], message: string) {
    super(message)
    this.name = 'EvaluationError'
    this.kind = kind
  }
}
export const TYPE_ERROR = new EvaluationError('type', 'a value has the wrong type')
export const MISSING_ERROR = new EvaluationError('missing', 'an attribute, tag or entity is missing')
export const OVERFLOW_ERROR = new EvaluationError('overflow', 'an integer left the range of 64 bits')
export const EXTENSION_ERROR = new EvaluationError('extension', 'an extension function failed')

const MIN = -(2n ** 63n)
const MAX = 2n ** 63n - 1n

/** The one form of a Long: a number where exact, else a bigint. Throws OVERFLOW_ERROR beyond 64 bits. */
export function toLong(exact: bigint): Long {
  if (exact < MIN || exact > MAX) throw OVERFLOW_ERROR
  const small = Number(exact)
  return Number.isSafeInteger(small) ? small : exact
}

export function add(left: Long, right: Long): Long {
  if (typeof left === 'number' && typeof right === 'number') {
    const sum = left + right
    if (Number.isSafeInteger(sum)) return sum
  }
  return toLong(BigInt(left) + BigInt(right))
}

export function subtract(left: Long, right: Long): Long {
  if (typeof left === 'number' && typeof right === 'number') {
    const difference = left - right
    if (Number.isSafeInteger(difference)) return difference
  }
  return toLong(BigInt(left) - BigInt(right))
}

export function multiply(left: Long, right: Long): Long {
  if (typeof left === 'number' && typeof right === 'number') {
    const product = left * right
    // `+ 0` turns -0 into 0.
    if (Number.isSafeInteger(product)) return product + 0
  }
  return toLong(BigInt(left) * BigInt(right))
}

export const isLong = (value: CedarValue): value is Long =>
  typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))

export const isSet = (value: CedarValue): value is CedarSet => Array.isArray(value)

export function isRecord(value: CedarValue): value is CedarRecord {
  if (typeof value !== 'object') return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Value equality over all types; values of different types are unequal, never an error. */
export function equal(left: CedarValue, right: CedarValue): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object') return false
  if (left instanceof EntityRef) return right instanceof EntityRef && left.text === right.text
  if (left instanceof DateTime) return right instanceof DateTime && left.ms === right.ms
  if (left instanceof Duration) return right instanceof Duration && left.ms === right.ms
  if (left instanceof Decimal) return right instanceof Decimal && left.scaled === right.scaled
  if (left instanceof Ip)
    return right instanceof Ip && left.v6 === right.v6 && left.bits === right.bits && left.prefix === right.prefix
  if (isSet(left)) return isSet(right) && containsAll(left, right) && containsAll(right, left)
  if (!isRecord(left) || !isRecord(right)) return false
  const names = presentNames(left)
  return (
    names.length === presentNames(right).length &&
    names.every((name) => {
      const other = attribute(right, name)
      return other !== undefined && equal(attribute(left, name)!, other)
    })
  )
}

export function contains(set: CedarSet, value: CedarValue): boolean {
  for (const member of set) if (equal(member, value)) return true
  return false
}

export const containsAll = (set: CedarSet, wanted: CedarSet): boolean => wanted.every((value) => contains(set, value))
export const containsAny = (set: CedarSet, wanted: CedarSet): boolean => wanted.some((value) => contains(set, value))

/** An own attribute; one set to undefined counts as absent. Inherited names (`constructor`) do not exist. */
export const attribute = (record: CedarRecord, name: string): CedarValue | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined

const presentNames = (record: CedarRecord): string[] => Object.keys(record).filter((name) => record[name] !== undefined)
