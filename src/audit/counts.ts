// Counts over time and the most frequent values. Whole hours of full blocks come from sums made when the block was filled;
// only the edges of the range, the unfinished block, and questions about other fields read events.
import type { AuditEvent } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import { BLOCK, countOf, HOUR_MS, type HourCount, type SearchField, valuesOf } from './block.ts'
import { type Row, readHead } from './queries.ts'
import { type Filter, groupsFor, matches, sieveFor, toFound } from './search.ts'
import { findBlocks, type Place, readBlocks, readCounts, readSieved } from './search-queries.ts'

export interface CountAsk {
  /** Milliseconds per bucket, counted from 1970 (UTC); undefined for one bucket. */
  readonly everyMs?: number
  /** One row per value of this field; undefined for one row. */
  readonly by?: SearchField
  /** The rows with most events; the rest is left out. */
  readonly top?: number
}

export interface Count {
  /** Start of the bucket; undefined if there is only one. */
  readonly time?: number
  /** Empty text where an event has no such field. */
  readonly value?: string
  readonly events: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly milliseconds: number
}

/** What the sums of an hour can tell apart. */
const SUMMED = ['kind', 'principal', 'model', 'decision', 'outcome'] as const
type Summed = (typeof SUMMED)[number]
const isSummed = (field: string): field is Summed => (SUMMED as readonly string[]).includes(field)

const BLOCKS_AT_ONCE = 64

export type CountEvents = (filter: Filter, ask?: CountAsk) => Promise<Count[]>

export function createCounts(store: Store): CountEvents {
  const count: CountEvents = async (filter, { everyMs, by, top } = {}) => {
    const rows = new Map<string, { -readonly [K in keyof Count]: Count[K] }>()
    const add = (time: number, value: string | undefined, sum: Omit<HourCount, 'hour' | Summed>) => {
      const bucket = everyMs === undefined ? undefined : time - (time % everyMs)
      const key = `${bucket}\u001f${value}`
      let row = rows.get(key)
      if (!row) {
        row = {
          ...(bucket === undefined ? {} : { time: bucket }),
          ...(value === undefined ? {} : { value }),
          events: 0,
          inputTokens: 0,
          outputTokens: 0,
          milliseconds: 0,
        }
        rows.set(key, row)
      }
      row.events += sum.events
      row.inputTokens += sum.inputTokens
      row.outputTokens += sum.outputTokens
      row.milliseconds += sum.milliseconds
    }
    const addEvent = (event: AuditEvent) => {
      const sum = countOf(event)
      if (by === undefined) return add(event.time, undefined, sum)
      const values = valuesOf(event, by)
      for (const value of values.length > 0 ? new Set(values) : ['']) add(event.time, value, sum)
    }
    const addMatching = (rows: readonly Row[], within: Filter) => {
      for (const row of rows) {
        const event = toFound(row)
        if (matches(event, within)) addEvent(event)
      }
    }
    /** Adds the matching events of a range of time, newest block first; only full blocks below `before`. */
    const scan = async (within: Filter, before: number) => {
      const [groups, sieve] = [groupsFor(within), sieveFor(within)]
      for (let below = before; ; ) {
        const blocks = await findBlocks(store.db, {
          groups,
          before: below,
          since: within.since,
          until: within.until,
          limit: BLOCKS_AT_ONCE,
        })
        for await (const rows of readBlocks(store, blocks, sieve)) addMatching(rows, within)
        if (blocks.length < BLOCKS_AT_ONCE) return
        below = (blocks.at(-1) as Place).block
      }
    }
    const take = async (within: Filter, span: { from: number; to: number }, sieve = sieveFor(within)) => {
      for (let { from, to } = span; to > from; ) {
        const { events, rest } = await readSieved(store, { from, to }, sieve, BLOCK)
        addMatching(events, within)
        to = rest
      }
    }

    const { size, indexed } = await readHead(store.db)
    const full = indexed / BLOCK
    await take(filter, { from: indexed, to: size })
    const { since, until, ...rest } = filter
    const summable =
      Object.entries(rest).every(([field, value]) => value === undefined || isSummed(field) || field === 'endings') &&
      (by === undefined || isSummed(by)) &&
      (everyMs === undefined || everyMs % HOUR_MS === 0)
    if (!summable) await scan(filter, full)
    else {
      const firstHour = since === undefined ? 0 : Math.ceil(since / HOUR_MS)
      const lastHour = until === undefined ? Number.MAX_SAFE_INTEGER : Math.floor(until / HOUR_MS)
      if (firstHour >= lastHour) await scan(filter, full)
      else {
        for (const sum of await readCounts(
          store.db,
          rest,
          firstHour,
          lastHour,
          everyMs === undefined,
          by as Summed | undefined,
        )) {
          add(sum.hour * HOUR_MS, by === undefined ? undefined : sum.value, sum)
        }
        if (since !== undefined && since < firstHour * HOUR_MS)
          await scan({ ...filter, until: firstHour * HOUR_MS }, full)
        if (until !== undefined && until > lastHour * HOUR_MS)
          await scan({ ...filter, since: lastHour * HOUR_MS }, full)
      }
    }
    // Blocks that were indexed meanwhile are in the sums and were read as well: count again.
    if ((await readHead(store.db)).indexed !== indexed) return count(filter, { everyMs, by, top } as CountAsk)
    const list = [...rows.values()]
    if (top === undefined) return list.sort((a, b) => (a.time ?? 0) - (b.time ?? 0) || b.events - a.events)
    return list.sort((a, b) => b.events - a.events || ((a.value ?? '') < (b.value ?? '') ? -1 : 1)).slice(0, top)
  }
  return count
}
