// Live tail: every event once, in the order of the log, from a position on. What this node committed is handed on from
// memory; the database is read for what lies between: events of other nodes, of other rooms' transactions, and what was
// too much to keep. Positions say which is which, so nothing depends on who was told first.
import type { Store } from '../store/index.ts'
import type { CommitListener } from './log.ts'
import { type Row, readEvents, readHead } from './queries.ts'
import { type Filter, type Found, matches, toFound } from './search.ts'
import type { Entry } from './tree.ts'

export interface Tail {
  stop(): void
}

/** Events handed on at once while catching up. */
const STEP = 512
/** Milliseconds in which commits are gathered before they are handed on. */
const GATHER_MS = 20

export interface TailDeps {
  store: Store
  /** Called after commits of this node. */
  onCommit: (listener: CommitListener) => () => void
  report: (error: unknown) => void
  /** Milliseconds between two looks for events that this node was not told about. */
  pollMs?: number
  /** Events of this node kept for a reader that is not done with the last ones; what is older is read from the database. */
  mostKept?: number
}

export type TailListener = (events: readonly Found[]) => void | Promise<void>

export type StartTail = (filter: Filter, listener: TailListener, from?: number) => Tail

/** Events of this node from a position on, without a gap. */
interface Run {
  first: number
  entries: readonly Entry[]
}

/** Commits of this node as they are told, until they are taken or too many. */
function createRuns(mostKept: number) {
  const runs: Run[] = []
  let kept = 0
  return {
    add(first: number, entries: readonly Entry[]) {
      runs.push({ first, entries })
      kept += entries.length
      while (kept > mostKept) kept -= (runs.shift() as Run).entries.length
    },
    /** What is kept of the events from `next` on, `limit` at most; else where the first one lies that is kept, if any is. */
    take(next: number, limit: number): readonly Entry[] | number | undefined {
      for (;;) {
        const [run] = runs
        if (!run) return undefined
        if (run.first > next) return run.first
        const skipped = next - run.first
        const taken = run.entries.slice(skipped, skipped + limit)
        const used = Math.min(skipped + taken.length, run.entries.length)
        kept -= used
        run.first += used
        run.entries = run.entries.slice(used)
        if (run.entries.length === 0) runs.shift()
        if (taken.length > 0) return taken
      }
    },
  }
}

/** The next batch is taken when the listener has dealt with the last one, so a slow reader never fills the memory. */
export function createTail({ store, onCommit, report, pollMs = 250, mostKept = 4096 }: TailDeps): StartTail {
  return (filter, listener, from) => {
    const runs = createRuns(mostKept)
    const kinds = typeof filter.kind === 'string' ? [filter.kind] : filter.kind
    let next: number | undefined
    let stopped = false
    let reading = false
    let again = false
    /** The database is to be asked for what comes after all that is known. */
    let ask = true

    /** The same object that the database would give: made of the text that is hashed. */
    const fromMemory = (entries: readonly Entry[], first: number): Row[] =>
      entries.flatMap(({ event, body }, i) =>
        kinds && !kinds.includes(event.kind) ? [] : [{ position: first + i, body }],
      )

    const read = async (): Promise<void> => {
      if (next === undefined) {
        const { size, floor } = await readHead(store.db)
        next = from === undefined ? size : Math.max(from, floor) // what lies below is kept no longer
      }
      while (!stopped) {
        const taken = runs.take(next, STEP)
        let rows: Row[]
        let end: number
        if (typeof taken === 'object') {
          rows = fromMemory(taken, next)
          end = next + taken.length
        } else {
          if (taken === undefined && !ask) return
          // Positions are given in the order of commits: what lies below an event that is committed is committed.
          rows = await readEvents(store.db, next, Math.min(next + STEP, taken ?? Number.MAX_SAFE_INTEGER))
          if (rows.length === 0 && taken === undefined) {
            ask = false
            return
          }
          // Nothing below an event that is committed: it was kept too long and is deleted.
          end = rows.length === 0 ? (taken as number) : (rows.at(-1) as Row).position + 1
        }
        const events = rows.map(toFound).filter((event) => matches(event, filter))
        if (events.length > 0 && !stopped) await listener(events)
        next = end
      }
    }
    const wake = async (): Promise<void> => {
      again = true
      if (reading) return
      reading = true
      try {
        while (again && !stopped) {
          again = false
          await read()
        }
      } catch (error) {
        report(error) // the next look starts where this one stopped
      } finally {
        reading = false
      }
    }
    // Under load commits come every millisecond; one look for many of them costs a fraction.
    let soon: NodeJS.Timeout | undefined
    const off = onCommit((entries, _, first) => {
      runs.add(first, entries)
      soon ??= setTimeout(() => {
        soon = undefined
        void wake()
      }, GATHER_MS).unref()
    })
    const timer = setInterval(() => {
      ask = true
      void wake()
    }, pollMs).unref()
    void wake()
    return {
      stop() {
        stopped = true
        off()
        clearInterval(timer)
        clearTimeout(soon)
      },
    }
  }
}
