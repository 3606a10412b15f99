// What is derived from 256 events at once: the hashes of a full tile, where a word occurs, and counts per hour.
// All of it can be rebuilt from the events; none of it is believed when a proof is made or checked.
import type { AuditEvent, Json } from '../core/index.ts'
import { isObject } from '../core/index.ts'

/** Leaves per tile, as in C2SP tlog-tiles. */
export const TILE = 256

export const HOUR_MS = 3_600_000

/** Fields that a search can name; each is one prefix of a term. */
export const SEARCH_FIELDS = [
  'kind',
  'principal',
  'model',
  'decision',
  'outcome',
  'credential',
  'session',
  'grant',
  'address',
  'call',
  'subject',
  'rule',
  'class',
  'action',
  'reason',
] as const
export type SearchField = (typeof SEARCH_FIELDS)[number]

/** Pairs that are asked together often although their halves are common: one term answers what two lists could not. */
export const PAIRED: readonly (readonly [SearchField, SearchField])[] = [
  ['principal', 'decision'],
  ['principal', 'model'],
  ['model', 'decision'],
]

export const term = (field: SearchField, value: string): string => `${field}=${value}`
export const pairTerm = (a: SearchField, aValue: string, b: SearchField, bValue: string): string =>
  `${a}+${b}=${aValue}\u001f${bValue}`

const textOf = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined)
const numberOf = (value: Json | undefined): number => (typeof value === 'number' && value > 0 ? Math.round(value) : 0)

/** Data classes named in `data.flow`. */
function classesOf(event: AuditEvent): readonly string[] {
  const flow = event.data?.flow
  if (!Array.isArray(flow)) return []
  return flow.flatMap((step) => (isObject(step) && typeof step.class === 'string' ? [step.class] : []))
}

/** Every value an event has for a field. */
export function valuesOf(event: AuditEvent, field: SearchField): readonly string[] {
  if (field === 'rule') return event.rules ?? []
  if (field === 'class') return classesOf(event)
  const value = field === 'outcome' ? textOf(event.data?.outcome) : event[field]
  return value === undefined ? [] : [value]
}

/** A reason that a person wrote is prose and not worth a term of its own; codes are. */
const isCode = (reason: string): boolean => reason.length <= 40 && /^[a-z][a-z0-9_.]*$/.test(reason)

export const hasTerm = (field: SearchField, value: string): boolean => field !== 'reason' || isCode(value)

export function termsOf(events: readonly AuditEvent[]): Set<string> {
  const terms = new Set<string>()
  for (const event of events) {
    for (const field of SEARCH_FIELDS) {
      for (const value of valuesOf(event, field)) if (hasTerm(field, value)) terms.add(term(field, value))
    }
    for (const [a, b] of PAIRED) {
      const left = event[a as 'principal']
      const right = event[b as 'principal']
      if (left !== undefined && right !== undefined) terms.add(pairTerm(a, left, b, right))
    }
  }
  return terms
}

/** One row of counts; the key fields are empty text where an event lacks them. */
export interface HourCount {
  hour: number
  kind: string
  principal: string
  model: string
  decision: string
  outcome: string
  events: number
  inputTokens: number
  outputTokens: number
  milliseconds: number
}

export function countsOf(events: readonly AuditEvent[]): HourCount[] {
  const counts = new Map<string, HourCount>()
  for (const event of events) {
    const hour = Math.floor(event.time / HOUR_MS)
    const { kind, principal = '', model = '', decision = '' } = event
    const outcome = textOf(event.data?.outcome) ?? ''
    const key = `${hour}\u001f${kind}\u001f${principal}\u001f${model}\u001f${decision}\u001f${outcome}`
    let count = counts.get(key)
    if (!count) {
      count = {
        hour,
        kind,
        principal,
        model,
        decision,
        outcome,
        events: 0,
        inputTokens: 0,
        outputTokens: 0,
        milliseconds: 0,
      }
      counts.set(key, count)
    }
    count.events += 1
    if (event.kind === 'call.finished') {
      count.inputTokens += numberOf(event.data?.inputTokens)
      count.outputTokens += numberOf(event.data?.outputTokens)
      count.milliseconds += numberOf(event.data?.ms)
    }
  }
  return [...counts.values()]
}

export interface TileRange {
  minTime: number
  maxTime: number
  minId: string
  maxId: string
}

export function rangeOf(events: readonly AuditEvent[]): TileRange {
  const first = events[0] as AuditEvent
  const range = { minTime: first.time, maxTime: first.time, minId: first.id, maxId: first.id }
  for (const { time, id } of events) {
    if (time < range.minTime) range.minTime = time
    if (time > range.maxTime) range.maxTime = time
    if (id < range.minId) range.minId = id
    if (id > range.maxId) range.maxId = id
  }
  return range
}
