// Values to and from the JSON that Cedar's own tools read. Only the reference engine and tests meet this form; nothing on
// the path of a call is ever read through it, because in it a record may pretend to be an entity.
import type { CedarValueJson, EntityJson } from '@cedar-policy/cedar-wasm/nodejs'
import { Fault } from '../core/index.ts'
import type { EntitySource } from './entity.ts'
import type { Question } from './evaluate.ts'
import { UNARY } from './extension.ts'
import {
  type CedarRecord,
  type CedarValue,
  DateTime,
  Decimal,
  Duration,
  EntityRef,
  Ip,
  isRecord,
  isSet,
  type Long,
} from './value.ts'

/** Throws Fault `validation_failed` on what that form cannot carry exactly: big integers, and keys it would interpret. */
export function toCedarJson(value: CedarValue): CedarValueJson {
  if (typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  if (typeof value !== 'object') throw unsayable('an integer beyond 2^53')
  if (value instanceof EntityRef) return { __entity: { type: value.type, id: value.id } }
  const call = extensionText(value)
  if (call) return { __extn: { fn: call.fn, arg: call.arg } }
  if (isSet(value)) return value.map(toCedarJson)
  if (!isRecord(value)) throw unsayable('a value of an unknown kind')
  return recordJson(value)
}

export function recordJson(record: CedarRecord): Record<string, CedarValueJson> {
  const fields = Object.entries(record).filter((entry): entry is [string, CedarValue] => entry[1] !== undefined)
  if (fields.some(([name]) => name.startsWith('__'))) throw unsayable('a field whose name begins with __')
  return Object.fromEntries(fields.map(([name, field]) => [name, toCedarJson(field)]))
}

const unsayable = (what: string) =>
  new Fault('validation_failed', { detail: `The reference engine cannot be asked about ${what}.` })

function extensionText(value: CedarValue): { fn: string; arg: string } | undefined {
  if (value instanceof DateTime) return { fn: 'datetime', arg: dateTimeText(value.ms) }
  if (value instanceof Duration) return { fn: 'duration', arg: `${value.ms}ms` }
  if (value instanceof Decimal) return { fn: 'decimal', arg: decimalText(value.scaled) }
  if (value instanceof Ip) return { fn: 'ip', arg: ipText(value) }
  return undefined
}

function dateTimeText(ms: Long): string {
  const text = typeof ms === 'number' && Math.abs(ms) < 8.64e15 ? new Date(ms).toISOString() : ''
  if (!/^\d{4}-/.test(text)) throw unsayable('a date outside the years 0 to 9999')
  return text
}

function decimalText(scaled: Long): string {
  const digits = BigInt(scaled < 0 ? -BigInt(scaled) : scaled)
    .toString()
    .padStart(5, '0')
  return `${scaled < 0 ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`
}

function ipText(value: Ip): string {
  const width = value.v6 ? 16 : 8
  const count = value.v6 ? 8 : 4
  const words = Array.from({ length: count }, (_, index) =>
    Number((value.bits >> BigInt((count - 1 - index) * width)) & ((1n << BigInt(width)) - 1n)),
  )
  const address = value.v6 ? words.map((word) => word.toString(16)).join(':') : words.join('.')
  return `${address}/${value.prefix}`
}

const MOST_LINKS = 50_000

/**
 * Everything a rule could reach: principal, resource, context and what rules name (`literals`), and on from there through
 * attributes and ancestors.
 */
export function reachableEntities(
  question: Question,
  literals: readonly EntityRef[],
  source: EntitySource,
  limit = 10_000,
): EntityJson[] {
  const open: EntityRef[] = [question.principal, question.resource, ...refsIn(question.context), ...literals]
  const found = new Map<string, EntityJson>()
  let links = 0
  for (let ref = open.pop(); ref; ref = open.pop()) {
    if (found.has(ref.text) || ref.type === 'Action') continue
    const facts = source.get(ref)
    if (!facts) continue
    if (found.size >= limit) throw unsayable(`more than ${limit} entities`)
    // The library climbs from each entity to all it is in: long chains kill it, and would fill this process before.
    links += facts.ancestors.size
    if (links > MOST_LINKS) throw unsayable(`more than ${MOST_LINKS} memberships`)
    const parents = [...facts.ancestors].map(parseUid)
    found.set(ref.text, {
      uid: { type: ref.type, id: ref.id },
      attrs: recordJson(facts.attrs),
      parents: parents.map(({ type, id }) => ({ type, id })),
      ...(facts.tags ? { tags: recordJson(facts.tags) } : {}),
    })
    open.push(...parents, ...refsIn(facts.attrs), ...(facts.tags ? refsIn(facts.tags) : []))
  }
  return [...found.values()]
}

function refsIn(value: CedarValue): EntityRef[] {
  if (value instanceof EntityRef) return [value]
  if (typeof value !== 'object') return []
  if (isSet(value)) return value.flatMap(refsIn)
  if (!isRecord(value)) return []
  return Object.values(value).flatMap((field) => (field === undefined ? [] : refsIn(field)))
}

/** `User::"dana"` to an entity. Throws Fault `validation_failed`. */
export function parseUid(text: string): EntityRef {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)::("(?:[^"\\]|\\.)*")$/s.exec(text)
  try {
    if (match) return new EntityRef(match[1]!, JSON.parse(match[2]!) as string)
  } catch {
    // Not a JSON string: fall through to the refusal.
  }
  throw new Fault('validation_failed', { detail: `${text} does not name an entity; write User::"dana".` })
}

/** Reads Cedar's JSON form from a file of the operator's own. Throws Fault `validation_failed` on anything else. */
export function fromCedarJson(json: unknown): CedarValue {
  if (typeof json === 'boolean' || typeof json === 'string') return json
  if (typeof json === 'number') {
    if (!Number.isSafeInteger(json)) throw new Fault('validation_failed', { detail: `${json} is not a whole number.` })
    return json
  }
  if (Array.isArray(json)) return json.map(fromCedarJson)
  if (typeof json !== 'object' || json === null) throw new Fault('validation_failed', { detail: 'null is no value.' })
  const { __entity: uid, __extn: call } = json as { __entity?: EntityLike; __extn?: { fn?: unknown; arg?: unknown } }
  if (uid) return readEntity(uid)
  if (call) return readExtension(call.fn, call.arg)
  return Object.fromEntries(Object.entries(json).map(([name, field]) => [name, fromCedarJson(field)]))
}

interface EntityLike {
  readonly type?: unknown
  readonly id?: unknown
}

export function readEntity(uid: EntityLike): EntityRef {
  if (typeof uid.type !== 'string' || typeof uid.id !== 'string')
    throw new Fault('validation_failed', { detail: 'An entity needs a type and an id.' })
  return new EntityRef(uid.type, uid.id)
}

export function readExtension(name: unknown, argument: unknown): CedarValue {
  const names = ['ip', 'decimal', 'datetime', 'duration']
  const parse = typeof name === 'string' && names.includes(name) ? UNARY[name] : undefined
  try {
    if (parse && typeof argument === 'string') return parse(argument)
  } catch (cause) {
    throw new Fault('validation_failed', { detail: `${JSON.stringify(argument)} is not a ${String(name)}.`, cause })
  }
  throw new Fault('validation_failed', { detail: `${String(name)} is not an extension function.` })
}
