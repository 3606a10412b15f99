// The one way to change anything that a running call may rest on: rows, feed entries and audit events in one transaction.
// When the promise resolves the change is durable, recorded, and applied on this node.
import type { Clock, NewEvent } from '../core/index.ts'
import type { Store, Trx } from './store.ts'

/** What changed, for the feed: `{kind: 'key', key: '8F2…'}`. Kinds are the nouns of the rooms that own the rows. */
export interface FeedEntry {
  readonly kind: string
  readonly key: string
}

export interface Changed<T> {
  value: T
  feed: readonly FeedEntry[]
  events: readonly NewEvent[]
  /** Runs last, with the number of the last feed entry: nobody's comes between the ones before it and it. What it throws undoes all. */
  last?: (trx: Trx, seq: number) => Promise<void>
}

/** Returns the value, and the sequence number of the last feed entry (0 if there was none). */
export type MakeChange = <T>(work: (trx: Trx) => Promise<Changed<T>>) => Promise<{ value: T; seq: number }>

export interface ChangeDeps {
  store: Store
  clock: Clock
  /** Appends feed rows inside the transaction; returns the last sequence number. */
  appendFeed: (trx: Trx, entries: readonly FeedEntry[], at: number) => Promise<number>
  /** Appends audit events inside the transaction, so that neither exists without the other; returns their ids. */
  appendEvents: (trx: Trx, events: readonly NewEvent[]) => Promise<readonly string[]>
  /** Told of the events once they are durable. */
  committed?: (events: readonly NewEvent[]) => void
  /** Resolves when this node has applied the feed up to `seq`. */
  applied: (seq: number) => Promise<void>
}

/** Long enough for whoever made a change to write its receipt. */
const REMEMBERED = 1000

/** `eventOf`: the id of the first event of a change that was made here lately, by the change's number; for receipts. */
export function createChange(deps: ChangeDeps): MakeChange & { eventOf(seq: number): string | undefined } {
  const eventOf = new Map<number, string>()
  const change: MakeChange = async (work) => {
    const { value, seq, events, id } = await deps.store.transaction(async (trx) => {
      const changed = await work(trx)
      const [id] = changed.events.length > 0 ? await deps.appendEvents(trx, changed.events) : []
      const last = changed.feed.length > 0 ? await deps.appendFeed(trx, changed.feed, deps.clock.now()) : 0
      await changed.last?.(trx, last)
      return { value: changed.value, seq: last, events: changed.events, id }
    })
    if (seq > 0 && id !== undefined) {
      eventOf.set(seq, id)
      for (const old of eventOf.keys()) {
        if (eventOf.size <= REMEMBERED) break
        eventOf.delete(old)
      }
    }
    deps.committed?.(events)
    if (seq > 0) await deps.applied(seq)
    return { value, seq }
  }
  return Object.assign(change, { eventOf: (seq: number) => eventOf.get(seq) })
}
