// Questions to the log. Full tiles are found by their terms, the events of the unfinished one are always looked at, and
// every event that is returned was tested itself: a wrong index can hide an event from a search, never invent one.
import type { AuditEvent } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import { findTiles, type Row, readEvents, readHead, readSieved, type Sieve, type Span, tilesOfId } from './queries.ts'
import { hasTerm, PAIRED, pairTerm, SEARCH_FIELDS, type SearchField, TILE, term, valuesOf } from './tile.ts'

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

/** Tiles looked into for one page at most: bounds the time of a question that nearly nothing answers. */
const MAX_TILES = 512
const TILES_AT_ONCE = 32

const lower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
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

/** What a tile must contain for an event in it to match. */
export function termsFor(filter: Filter): string[][] {
  const groups: string[][] = []
  for (const field of SEARCH_FIELDS) {
    const values = listOf(filter[field])
    if (values?.every((value) => hasTerm(field, value))) groups.push(values.map((value) => term(field, value)))
  }
  for (const [a, b] of PAIRED) {
    const [left, right] = [filter[a], filter[b]]
    if (typeof left === 'string' && typeof right === 'string') groups.push([pairTerm(a, left, b, right)])
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
  /** The event with that id. */
  find(id: string): Promise<Found | undefined>
}

export function createSearch(store: Store): Search {
  return {
    async query(filter, { limit = 50, before } = {}) {
      const { size } = await readHead(store.db)
      const end = Math.min(before ?? size, size)
      const sieve = sieveFor(filter)
      const terms = termsFor(filter)
      const events: Found[] = []
      /** Adds the matching events of some spans; true when the page is full. */
      const take = async (spans: readonly Span[]): Promise<boolean> => {
        for (const row of await readSieved(store, spans, sieve)) {
          const event = toFound(row)
          if (matches(event, filter)) events.push(event)
          if (events.length === limit) return true
        }
        return false
      }
      const full = (): Page => ({ events, next: (events.at(-1) as Found).position })

      const indexed = size - (size % TILE)
      if (end > indexed && (await take([{ from: indexed, to: end }]))) return full()
      let below = Math.ceil(Math.min(end, indexed) / TILE)
      for (let looked = 0; looked < MAX_TILES; looked += TILES_AT_ONCE) {
        const { since, until } = filter
        const tiles = await findTiles(store.db, { terms, before: below, since, until, limit: TILES_AT_ONCE })
        if (await take(tiles.map((tile) => ({ from: tile * TILE, to: Math.min((tile + 1) * TILE, end) }))))
          return full()
        if (tiles.length < TILES_AT_ONCE) return { events }
        below = tiles.at(-1) as number
      }
      return { events, next: below * TILE }
    },

    async find(id) {
      const { size } = await readHead(store.db)
      const starts = (await tilesOfId(store.db, id)).map((tile) => tile * TILE)
      for (const from of [size - (size % TILE), ...starts]) {
        for (const row of await readEvents(store.db, from, from + TILE)) {
          if (row.body.includes(id)) {
            const event = toFound(row)
            if (event.id === id) return event
          }
        }
      }
      return undefined
    },
  }
}
