// Canonical JSON (RFC 8785): one text per value, so that an event has one hash. The envelope is written by a template in
// the order of its keys, because this runs for every event of every call; `data` goes through the general writer.
import type { AuditEvent, Json } from '../core/index.ts'

/**
 * Section 3.2.2.2: a string is written as ECMAScript writes it. A lone surrogate has no UTF-8 form and the RFC forbids it;
 * it becomes U+FFFD, as an encoder would make it.
 */
const text = (value: string): string => {
  const quoted = JSON.stringify(value)
  return quoted.includes('\\ud') ? JSON.stringify(value.toWellFormed()) : quoted
}

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
  if (!isSorted(keys)) keys.sort()
  let out = ''
  for (const key of keys) {
    const field = value[key]
    if (field !== undefined) out += `${out === '' ? '' : ','}${text(key)}:${canonical(field)}`
  }
  return `{${out}}`
}

function isSorted(keys: string[]): boolean {
  for (let i = 1; i < keys.length; i++) if ((keys[i - 1] as string) > (keys[i] as string)) return false
  return true
}

/** An event as it is stored and hashed. Equal to `canonical(event)`; a test holds them together. */
export function eventText(event: AuditEvent): string {
  let out = '{'
  if (event.action !== undefined) out += `"action":${text(event.action)},`
  if (event.address !== undefined) out += `"address":${text(event.address)},`
  out += `"boot":"${event.boot}",`
  if (event.call !== undefined) out += `"call":${text(event.call)},`
  if (event.credential !== undefined) out += `"credential":${text(event.credential)},`
  if (event.data !== undefined) out += `"data":${canonical(event.data)},`
  if (event.decision !== undefined) out += `"decision":"${event.decision}",`
  if (event.grant !== undefined) out += `"grant":${text(event.grant)},`
  out += `"id":"${event.id}","kind":${text(event.kind)},`
  if (event.model !== undefined) out += `"model":${text(event.model)},`
  out += `"node":${text(event.node)}`
  if (event.policy !== undefined) out += `,"policy":${text(event.policy)}`
  if (event.principal !== undefined) out += `,"principal":${text(event.principal)}`
  if (event.reason !== undefined) out += `,"reason":${text(event.reason)}`
  if (event.rules !== undefined) out += `,"rules":${canonical(event.rules as string[])}`
  if (event.session !== undefined) out += `,"session":${text(event.session)}`
  if (event.subject !== undefined) out += `,"subject":${text(event.subject)}`
  return `${out},"time":${event.time}}`
}
