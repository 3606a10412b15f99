// What is derived from a full block of events at once: the range of its times and ids, which terms occur in which of its
// tiles, and counts per hour. All of it is worked out anew and compared when the log is checked; none of it is believed when a proof is made.
import { type AuditEvent, birthOf, isObject, type Json } from '../core/index.ts'
import { TILE } from './merkle.ts'

/** Events per block, four tiles of the tree. The more, the fewer terms are written per event, and the more is read per hit. */
export const BLOCK = 1024

/** Tiles of a block as bits, the lowest for the first. */
export const ALL_TILES = 2 ** (BLOCK / TILE) - 1

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
  const classes: string[] = []
  for (const step of flow) if (isObject(step) && typeof step.class === 'string') classes.push(step.class)
  return classes
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
  /** The tiles in which a term occurs. */
  readonly terms: ReadonlyMap<string, number>
  readonly counts: readonly HourCount[]
}

/** A block as it fills: takes from each event what the index will hold, so that no event is kept. */
export interface OpenBlock {
  readonly size: number
  add(event: AuditEvent): void
  /** What the index holds of it, once it is full. */
  close(block: number): BlockIndex
}

/** Fields with one value, which is on the event itself: those that many events share, and those that few do. */
const SHARED = ['kind', 'principal', 'model', 'decision', 'credential', 'address', 'action', 'reason'] as const
const OWN = ['session', 'grant', 'call', 'subject'] as const

/** Events that say the same in all that is shared: their terms are known, and they are counted together. */
interface Alike {
  readonly first: AuditEvent
  readonly outcome: string | undefined
  readonly hour: number
  readonly count: HourCount
  /** The tile in which they were seen last. */
  tile: number
}

/** Values with the tiles that they occur in. */
type Places = Map<string, number>

const place = (places: Places, value: string, tile: number) => {
  places.set(value, (places.get(value) ?? 0) | tile)
}

/** Kinds of events that are remembered for one principal; what more there is costs more and is the same otherwise. */
const MOST_ALIKE = 16

const isAlike = ({ first, outcome, hour }: Alike, event: AuditEvent, itsOutcome: string | undefined, itsHour: number) =>
  first.kind === event.kind &&
  outcome === itsOutcome &&
  first.model === event.model &&
  first.credential === event.credential &&
  first.address === event.address &&
  first.decision === event.decision &&
  first.action === event.action &&
  first.reason === event.reason &&
  hour === itsHour &&
  sameRules(first.rules, event.rules)

const sameRules = (a: AuditEvent['rules'], b: AuditEvent['rules']): boolean =>
  a === b || (a !== undefined && b !== undefined && a.length === b.length && a.every((rule, i) => rule === b[i]))

export function openBlock(): OpenBlock {
  const seen = new Map<SearchField, Places>(SEARCH_FIELDS.map((field) => [field, new Map()]))
  const of = (field: SearchField) => seen.get(field) as Places
  const shared = SHARED.map((field) => [field, of(field)] as const)
  const own = OWN.map((field) => [field, of(field)] as const)
  const [outcomes, rules, classes] = [of('outcome'), of('rule'), of('class')]
  const pairs = PAIRED.map(([a, b]) => [a, b, new Map<string, Places>()] as const)
  const counts = new Map<string, HourCount>()
  const known = new Map<string, Alike[]>()
  let range: BlockRange | undefined
  let size = 0
  /** The tile that the next event belongs to. */
  let tile = 1

  const addShared = (event: AuditEvent, outcome: string | undefined) => {
    for (const [field, values] of shared) {
      const value = event[field]
      if (value !== undefined) place(values, value, tile)
    }
    if (outcome !== undefined) place(outcomes, outcome, tile)
    if (event.rules) for (const rule of event.rules) place(rules, rule, tile)
    for (const [a, b, partners] of pairs) {
      const left = event[a]
      const right = event[b]
      if (left === undefined || right === undefined) continue
      const known = partners.get(left)
      if (known) place(known, right, tile)
      else partners.set(left, new Map([[right, tile]]))
    }
  }

  const addOwn = (event: AuditEvent) => {
    for (const [field, values] of own) {
      const value = event[field]
      if (value !== undefined) place(values, value, tile)
    }
    if (event.data?.flow !== undefined) for (const name of classesOf(event)) place(classes, name, tile)
  }

  const count = (event: AuditEvent) => {
    const outcome = textOf(event.data?.outcome)
    const hour = Math.floor(event.time / HOUR_MS)
    const { principal = '' } = event
    const list = known.get(principal)
    const alike = list?.find((one) => isAlike(one, event, outcome, hour))
    if (alike) {
      addEvent(alike.count, event)
      if (alike.tile === tile) return
      alike.tile = tile
      addShared(event, outcome)
      return
    }
    addShared(event, outcome)
    const made = { first: event, outcome, hour, count: addCount(counts, countOf(event)), tile }
    if (!list) known.set(principal, [made])
    else if (list.length < MOST_ALIKE) list.push(made)
  }

  return {
    get size() {
      return size
    },
    add(event) {
      const { time, id } = event
      size += 1
      if (!range) range = { minTime: time, maxTime: time, minId: id, maxId: id }
      if (time < range.minTime) range.minTime = time
      if (time > range.maxTime) range.maxTime = time
      if (id < range.minId) range.minId = id
      if (id > range.maxId) range.maxId = id
      addOwn(event)
      count(event)
      if (size % TILE === 0) tile *= 2
    },
    close(block) {
      const { minTime, maxTime } = range as BlockRange
      const isBornHere = (id: string): boolean => {
        const birth = birthOf(id)
        return birth !== undefined && birth >= minTime && birth <= maxTime
      }
      const terms: Places = new Map()
      for (const [field, values] of seen) {
        const born = BORN.has(field)
        for (const [value, tiles] of values)
          if (hasTerm(field, value) && !(born && isBornHere(value))) terms.set(term(field, value), tiles)
      }
      for (const [a, b, partners] of pairs) {
        for (const [left, rights] of partners)
          for (const [right, tiles] of rights) terms.set(pairTerm(a, left, b, right), tiles)
      }
      return { block, range: range as BlockRange, terms, counts: [...counts.values()] }
    },
  }
}

/** What one event adds to the counts. */
export function countOf(event: AuditEvent): HourCount {
  const { kind, principal = '', model = '', decision = '', data } = event
  const count = {
    hour: Math.floor(event.time / HOUR_MS),
    kind,
    principal,
    model,
    decision,
    outcome: textOf(data?.outcome) ?? '',
    events: 0,
    inputTokens: 0,
    outputTokens: 0,
    milliseconds: 0,
  }
  addEvent(count, event)
  return count
}

function addEvent(sum: HourCount, { kind, data }: AuditEvent): void {
  sum.events += 1
  if (kind !== 'call.finished' || !data) return
  sum.inputTokens += numberOf(data.inputTokens)
  sum.outputTokens += numberOf(data.outputTokens)
  sum.milliseconds += numberOf(data.ms)
}

/** Adds to the row with the same key, and returns it. */
function addCount(counts: Map<string, HourCount>, count: HourCount): HourCount {
  const { hour, kind, principal, model, decision, outcome } = count
  const key = `${hour}\u001f${kind}\u001f${principal}\u001f${model}\u001f${decision}\u001f${outcome}`
  const sum = counts.get(key)
  if (!sum) {
    counts.set(key, count)
    return count
  }
  sum.events += count.events
  sum.inputTokens += count.inputTokens
  sum.outputTokens += count.outputTokens
  sum.milliseconds += count.milliseconds
  return sum
}

/** One row per key. */
export function mergeCounts(blocks: readonly Pick<BlockIndex, 'counts'>[]): HourCount[] {
  const merged = new Map<string, HourCount>()
  for (const { counts } of blocks) for (const count of counts) addCount(merged, { ...count })
  return [...merged.values()]
}

export interface BlockRange {
  minTime: number
  maxTime: number
  minId: string
  maxId: string
}
