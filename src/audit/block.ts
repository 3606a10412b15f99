// What is derived from a full block of events at once: the range of its times and ids, which terms occur in it, and
// counts per hour. All of it can be rebuilt from the events; none of it is believed when a proof is made or checked.
import { type AuditEvent, birthOf, isObject, type Json } from '../core/index.ts'

/** Events per block, four tiles of the tree. The more, the fewer terms are written per event, and the more is read per hit. */
export const BLOCK = 1024

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
type PairedField = 'principal' | 'model' | 'decision'
export const PAIRED: readonly (readonly [PairedField, PairedField])[] = [
  ['principal', 'decision'],
  ['principal', 'model'],
  ['model', 'decision'],
]

export const term = (field: SearchField, value: string): string => `${field}=${value}`
export const pairTerm = (a: SearchField, aValue: string, b: SearchField, bValue: string): string =>
  `${a}+${b}=${aValue}\u001f${bValue}`

const textOf = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined)
const numberOf = (value: Json | undefined): number => (typeof value === 'number' && value > 0 ? Math.round(value) : 0)

const NONE: readonly string[] = []

/** Data classes named in `data.flow`. */
function classesOf(event: AuditEvent): readonly string[] {
  const flow = event.data?.flow
  if (!Array.isArray(flow)) return NONE
  return flow.flatMap((step) => (isObject(step) && typeof step.class === 'string' ? [step.class] : []))
}

/** Every value an event has for a field. */
export function valuesOf(event: AuditEvent, field: SearchField): readonly string[] {
  if (field === 'rule') return event.rules ?? NONE
  if (field === 'class') return classesOf(event)
  const value = field === 'outcome' ? textOf(event.data?.outcome) : event[field]
  return value === undefined ? NONE : [value]
}

/** A reason that a person wrote is prose and not worth a term of its own; codes are. */
const isCode = (reason: string): boolean => reason.length <= 40 && /^[a-z][a-z0-9_.]*$/.test(reason)

export const hasTerm = (field: SearchField, value: string): boolean => field !== 'reason' || isCode(value)

/**
 * Fields whose ids tell when they were born. Such an id is looked for in the block of that time anyway, so it needs a term
 * only in later blocks; most calls begin and end in one block and cost none.
 */
export const BORN: ReadonlySet<SearchField> = new Set<SearchField>(['call', 'session', 'grant'])

export function termsOf(events: readonly AuditEvent[], range: BlockRange): Set<string> {
  const terms = new Set<string>()
  const isBornHere = (id: string): boolean => {
    const birth = birthOf(id)
    return birth !== undefined && birth >= range.minTime && birth <= range.maxTime
  }
  for (const field of SEARCH_FIELDS) {
    const seen = new Set<string>()
    for (const event of events) {
      if (field === 'rule') for (const rule of event.rules ?? NONE) seen.add(rule)
      else if (field === 'class') for (const name of classesOf(event)) seen.add(name)
      else {
        const value = field === 'outcome' ? textOf(event.data?.outcome) : event[field]
        if (value !== undefined) seen.add(value)
      }
    }
    const born = BORN.has(field)
    for (const value of seen) if (hasTerm(field, value) && !(born && isBornHere(value))) terms.add(term(field, value))
  }
  for (const [a, b] of PAIRED) addPairs(terms, events, a, b)
  return terms
}

function addPairs(terms: Set<string>, events: readonly AuditEvent[], a: PairedField, b: PairedField): void {
  const seen = new Map<string, Set<string>>()
  for (const event of events) {
    const left = event[a]
    const right = event[b]
    if (left === undefined || right === undefined) continue
    let partners = seen.get(left)
    if (!partners) {
      partners = new Set()
      seen.set(left, partners)
    }
    partners.add(right)
  }
  for (const [left, partners] of seen) for (const right of partners) terms.add(pairTerm(a, left, b, right))
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

/** What the search index holds of a full block. */
export interface BlockIndex {
  readonly block: number
  readonly range: BlockRange
  readonly terms: ReadonlySet<string>
  readonly counts: readonly HourCount[]
}

export function indexOf(block: number, events: readonly AuditEvent[]): BlockIndex {
  const range = rangeOf(events)
  return { block, range, terms: termsOf(events, range), counts: countsOf(events) }
}

const keyOf = ({ hour, kind, principal, model, decision, outcome }: HourCount): string =>
  [hour, kind, principal, model, decision, outcome].join('\u001f')

/** One row per key. */
export function mergeCounts(counts: readonly HourCount[]): HourCount[] {
  const merged = new Map<string, HourCount>()
  for (const count of counts) {
    const key = keyOf(count)
    const sum = merged.get(key)
    if (!sum) merged.set(key, { ...count })
    else {
      sum.events += count.events
      sum.inputTokens += count.inputTokens
      sum.outputTokens += count.outputTokens
      sum.milliseconds += count.milliseconds
    }
  }
  return [...merged.values()]
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

export interface BlockRange {
  minTime: number
  maxTime: number
  minId: string
  maxId: string
}

export function rangeOf(events: readonly AuditEvent[]): BlockRange {
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
