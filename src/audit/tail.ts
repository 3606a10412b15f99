// Live tail: every event once, in the order of the log, from a position on. It reads what is committed instead of
// listening to what is said, so events of other nodes and of other rooms' transactions come the same way.
import type { Store } from '../store/index.ts'
import { readEvents, readHead } from './queries.ts'
import { type Filter, type Found, matches, toFound } from './search.ts'

export interface Tail {
  stop(): void
}

/** Events read at once while catching up. */
const STEP = 512
/** Milliseconds in which commits are gathered before they are read. */
const GATHER_MS = 20

export interface TailDeps {
  store: Store
  /** Called after commits of this node. */
  onCommit: (listener: () => void) => () => void
  report: (error: unknown) => void
  /** Milliseconds between two looks for events that this node was not told about. */
  pollMs?: number
}

export type TailListener = (events: readonly Found[]) => void | Promise<void>

export type StartTail = (filter: Filter, listener: TailListener, from?: number) => Tail

/** The next batch is read when the listener has dealt with the last one, so a slow reader never fills the memory. */
export function createTail({ store, onCommit, report, pollMs = 250 }: TailDeps): StartTail {
  return (filter, listener, from) => {
    let next = from
    let stopped = false
    let reading = false
    let again = false
    const read = async (): Promise<void> => {
      next ??= (await readHead(store.db)).size
      for (;;) {
        const rows = await readEvents(store.db, next, next + STEP)
        if (rows.length === 0 || stopped) return
        const events = rows.map(toFound).filter((event) => matches(event, filter))
        if (events.length > 0) await listener(events)
        next = (rows.at(-1)?.position ?? next) + 1
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
    const off = onCommit(() => {
      soon ??= setTimeout(() => {
        soon = undefined
        void wake()
      }, GATHER_MS).unref()
    })
    const timer = setInterval(() => void wake(), pollMs).unref()
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
