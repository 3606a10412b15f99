// Canonical JSON (RFC 8785): one text per value, so that an event has one hash. The envelope is written by a template in
// the order of its keys, because this runs for every event of every call; `data` goes through the general writer.
import type { AuditEvent, Json, JsonObject, NewEvent } from '../core/index.ts'

/** What makes a string differ from its characters between quotes; surrogates are here to be looked at one by one. */
const SPECIAL = /["\\\u0000-\u001f\ud800-\udfff]/

/**
 * Section 3.2.2.2: a string is written as ECMAScript writes it. A lone surrogate has no UTF-8 form and the RFC forbids it;
 * it becomes U+FFFD, as an encoder would make it.
 */
const text = (value: string): string => (SPECIAL.test(value) ? JSON.stringify(value.toWellFormed()) : `"${value}"`)

/** Any value; keys sorted by UTF-16 code units (section 3.2.3), numbers as ECMAScript prints them (section 3.2.2.3). */
export function canonical(value: Json | undefined): string {
  if (typeof value === 'string') return text(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError('a number that JSON cannot express')
    return JSON.stringify(value)
  }
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const keys = Object.keys(value)
  if (!keys.every((key) => key.isWellFormed())) return canonical(wellFormed(value))
  if (!isSorted(keys)) keys.sort()
  let out = ''
  for (const key of keys) {
    const field = value[key]
    if (field !== undefined) out += `${out === '' ? '' : ','}${text(key)}:${canonical(field)}`
  }
  return `{${out}}`
}

/** Keys are replaced before they are sorted; of two that become equal the later one stays, as in a parser. */
const wellFormed = (value: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(value).map(([key, field]) => [key.toWellFormed(), field]))

function isSorted(keys: string[]): boolean {
  for (let i = 1; i < keys.length; i++) if ((keys[i - 1] as string) > (keys[i] as string)) return false
  return true
}

/** The whole event with its keys in order, so that it can be written as it is; the order within `data` is the caller's. */
export function inKeyOrder(event: NewEvent, id: string, time: number, node: string, boot: string): AuditEvent {
  const { action, address, call, credential, data, decision, grant, kind, model } = event
  const { policy, principal, reason, rules, session, subject } = event
  const whole: Record<keyof AuditEvent, unknown> = {
    action,
    address,
    boot,
    call,
    credential,
    data,
    decision,
    grant,
    id,
    kind,
    model,
    node,
    policy,
    principal,
    reason,
    rules,
    session,
    subject,
    time,
  }
  return whole as unknown as AuditEvent
}

/** An event as it is stored and hashed: equal to `canonical(event)`. */
export function eventText(event: AuditEvent): string {
  const { id, time, node, boot } = event
  const data = event.data && inOrder(event.data)
  if (event.data && data === undefined) return canonical(event as unknown as Json)
  return orderedText(event, inKeyOrder({ ...event, data: data as JsonObject }, id, time, node, boot))
}

/**
 * The same for an event from `inKeyOrder` whose data is in order at every depth, or is so in `ordered`. One native call on an
 * object whose keys are in order costs a third of writing the text piece by piece, and this runs for every event of every call.
 */
export function orderedText(event: AuditEvent, ordered = event): string {
  const out = JSON.stringify(ordered)
  return out.includes('\\ud') ? canonical(event as unknown as Json) : out
}

/** The same value with the keys of every object in order; undefined if only the general writer can write it. */
export function inOrder(value: Json): Json | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items: Json[] = []
    for (const item of value) {
      const ordered = inOrder(item)
      if (ordered === undefined) return undefined
      items.push(ordered)
    }
    return items
  }
  const keys = Object.keys(value)
  if (!isSorted(keys)) keys.sort()
  const out: JsonObject = {}
  for (const key of keys) {
    // A key that looks like an array index does not stay where it is put.
    if (key === '__proto__' || (key.charCodeAt(0) >= 48 && key.charCodeAt(0) <= 57)) return undefined
    const field = value[key]
    if (field === undefined) continue
    const ordered = inOrder(field)
    if (ordered === undefined) return undefined
    out[key] = ordered
  }
  return out
}
