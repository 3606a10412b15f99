// Canonical JSON (RFC 8785): one text per value, so that an event has one hash. The envelope is written by a template in
// the order of its keys, because this runs for every event of every call; `data` goes through the general writer.
import type { AuditEvent, Json, JsonObject } from '../core/index.ts'

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

/**
 * An event as it is stored and hashed: equal to `canonical(event)`. One native call on an object whose keys are in order
 * already costs a third of writing the text piece by piece, and this runs for every event of every call.
 */
export function eventText(event: AuditEvent): string {
  if (!event.data) return orderedText(event)
  const data = inOrder(event.data)
  return data === undefined ? canonical(event as unknown as Json) : orderedText(event, data)
}

/** The same for an event whose data is in order at every depth, or is given so. */
export function orderedText(event: AuditEvent, data: Json | undefined = event.data): string {
  const { action, address, boot, call, credential, decision, grant, id, kind, model, node } = event
  const { policy, principal, reason, rules, session, subject, time } = event
  const out = JSON.stringify({
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
  })
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
