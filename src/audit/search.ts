// Questions to the log. Full blocks are found by their terms, the events of the unfinished one are always looked at, and
// every event that is returned was tested itself: a wrong index can hide an event from a search, never invent one.
import { type AuditEvent, birthOf } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import { BLOCK, BORN, hasTerm, PAIRED, pairTerm, SEARCH_FIELDS, type SearchField, term, valuesOf } from './block.ts'
import { type Row, readHead } from './queries.ts'
import {
  blocksOfId,
  findBlocks,
  lower,
  type Place,
  readBlocks,
  readSieved,
  type Sieve,
  type Span,
  spansOf,
  type TermGroup,
} from './search-queries.ts'

/** All given fields must hold; of several values of a field, one. */
export interface Filter extends Partial<Readonly<Record<SearchField, string | readonly string[]>>> {
  /** Milliseconds since 1970, inclusive. */
  readonly since?: number
  /** Exclusive. */
  readonly until?: number
  /** Occurs in the reason, whatever the case of ASCII letters. */
  readonly text?: string
  /** Leaves out `call.decided`, so that a call that has ended is one row. */
  readonly endings?: boolean
}

export interface Found extends AuditEvent {
  /** Index of the leaf in the tree. */
  readonly position: number
}

export interface Page {
  readonly events: readonly Found[]
  /** Give it as `before` to go on; missing when there is nothing older. A page may be short, even empty, and have a next. */
  readonly next?: number
}

/** Blocks looked into for one page at most: bounds the time of a question that nearly nothing answers. */
const MAX_BLOCKS = 128
const BLOCKS_AT_ONCE = 16
const FEW_ROWS = 2

const listOf = (value: string | readonly string[] | undefined): readonly string[] | undefined =>
  typeof value === 'string' ? [value] : value

export function matches(event: AuditEvent, filter: Filter): boolean {
  if (filter.since !== undefined && event.time < filter.since) return false
  if (filter.until !== undefined && event.time >= filter.until) return false
  if (filter.endings && event.kind === 'call.decided') return false
  if (filter.text !== undefined && !lower(event.reason ?? '').includes(lower(filter.text))) return false
  for (const field of SEARCH_FIELDS) {
    const wanted = listOf(filter[field])
    if (wanted && !valuesOf(event, field).some((value) => wanted.includes(value))) return false
  }
  return true
}

export const toFound = ({ position, body }: Row): Found => ({ position, ...(JSON.parse(body) as AuditEvent) })

/** What a block must contain for an event in it to match. */
export function groupsFor(filter: Filter): TermGroup[] {
  const groups: TermGroup[] = []
  for (const field of SEARCH_FIELDS) {
    const values = listOf(filter[field])
    if (!values?.every((value) => hasTerm(field, value))) continue
    const births = BORN.has(field) ? values.map(birthOf).filter((birth) => birth !== undefined) : []
    groups.push({ terms: values.map((value) => term(field, value)), births })
  }
  for (const [a, b] of PAIRED) {
    const [left, right] = [filter[a], filter[b]]
    if (typeof left === 'string' && typeof right === 'string') {
      groups.push({ terms: [pairTerm(a, left, b, right)], births: [] })
    }
  }
  return groups
}

export function sieveFor(filter: Filter): Sieve {
  const parts: string[] = []
  for (const field of SEARCH_FIELDS) {
    const value = filter[field]
    if (typeof value !== 'string') continue
    const inList = field === 'rule'
    parts.push(inList ? JSON.stringify(value) : `"${field}":${JSON.stringify(value)}`)
  }
  return { parts, folded: filter.text === undefined ? undefined : lower(JSON.stringify(filter.text).slice(1, -1)) }
}

export interface Search {
  query(filter: Filter, page?: { limit?: number; before?: number }): Promise<Page>
  /** The event with that id (`evt_…`), or the first one that tells of that decision (`dec_…`). */
  find(id: string): Promise<Found | undefined>
}

export function createSearch(store: Store): Search {
  return {
    async query(filter, { limit = 50, before } = {}) {
      const { size, indexed } = await readHead(store.db)
      const end = Math.min(before ?? size, size)
      const sieve = sieveFor(filter)
      const groups = groupsFor(filter)
      const events: Found[] = []
      /** Adds the matching ones; true when the page is full. */
      const fill = (rows: readonly Row[]): boolean => {
        for (const row of rows) {
          const event = toFound(row)
          if (matches(event, filter)) events.push(event)
          if (events.length === limit) return true
        }
        return false
      }
      /** The same for a span, from its end. */
      const take = async ({ from, to }: Span): Promise<boolean> => {
        // A row holds one event or two hundred: begin with few rows, so that a short page of a busy log reads little.
        for (let [end, rows] = [to, FEW_ROWS]; end > from; rows *= 8) {
          const found = await readSieved(store, { from, to: end }, sieve, rows)
          if (fill(found.events)) return true
          end = found.rest
        }
        return false
      }
      const full = (): Page => ({ events, next: (events.at(-1) as Found).position })

      if (end > indexed && (await take({ from: indexed, to: end }))) return full()
      let below = Math.ceil(Math.min(end, indexed) / BLOCK)
      for (let looked = 0; looked < MAX_BLOCKS; looked += BLOCKS_AT_ONCE) {
        const { since, until } = filter
        const blocks = await findBlocks(store.db, { groups, before: below, since, until, limit: BLOCKS_AT_ONCE })
        // Either one block holds more than a page, or many are needed and each is read whole.
        const [newest, ...others] = blocks
        if (newest === undefined) return { events }
        for (const { from, to } of spansOf(newest)) {
          if (from < end && (await take({ from, to: Math.min(to, end) }))) return full()
        }
        for await (const rows of readBlocks(store, others, sieve)) if (fill(rows)) return full()
        if (blocks.length < BLOCKS_AT_ONCE) return { events }
        below = (blocks.at(-1) as Place).block
      }
      return { events, next: below * BLOCK }
    },

    async find(id) {
      const { size, indexed } = await readHead(store.db)
      const blocks = id.startsWith('evt_') ? await blocksOfId(store.db, id) : await blocksAfter(store.db, birthOf(id))
      const spans = [
        ...blocks.map((block) => ({ from: block * BLOCK, to: (block + 1) * BLOCK })),
        { from: indexed, to: size },
      ]
      for (const span of spans) {
        const { events } = await readSieved(
          store,
          span,
          { parts: [JSON.stringify(id)] },
          Math.max(span.to - span.from, 1),
        )
        for (const row of events.reverse()) {
          const event = toFound(row)
          if (event.id === id || event.data?.decisionId === id) return event
        }
      }
      return undefined
    },
  }
}

/** A decision is written down at once, or with the ending of the call that it refused: soon after its birth. */
const SOON_MS = 60_000

const blocksAfter = async (db: Store['db'], birth: number | undefined): Promise<number[]> =>
  birth === undefined
    ? []
    : (
        await findBlocks(db, {
          groups: [],
          before: Number.MAX_SAFE_INTEGER,
          since: birth,
          until: birth + SOON_MS,
          limit: 64,
        })
      )
        .map(({ block }) => block)
        .reverse()
