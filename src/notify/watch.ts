// Keeps the anomaly rules fed: first with what the log remembers, in silence, then with every call as it ends.
import { setTimeout as sleep } from 'node:timers/promises'
import type { AuditEvent } from '../core/index.ts'
import type { Anomalies } from './anomaly.ts'

export interface WatchDeps {
  anomalies: Anomalies
  /** Where the past begins that is learned from. */
  since: number
  /** Finished calls from a position up to now, oldest first. */
  past: (from: number) => AsyncIterable<{ readonly events: readonly AuditEvent[]; readonly next: number }>
  /** Finished calls from a position on, as they come. */
  live: (from: number, see: (events: readonly AuditEvent[]) => void) => { stop(): void }
  report: (error: unknown) => void
  /** Milliseconds until the past is asked for again that could not be read; told of once. */
  retryMs?: number
}

/** Returns at once; the past is read beside everything else. */
export function watch({ anomalies, since, past, live, report, retryMs = 1000 }: WatchDeps): { stop(): Promise<void> } {
  const stopped = new AbortController()
  const { signal } = stopped
  let from = since
  let told = false
  let tail: { stop(): void } | undefined
  const learn = async (): Promise<void> => {
    for await (const { events, next } of past(from)) {
      if (signal.aborted) return
      anomalies.learn(events)
      from = next
    }
  }
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await learn()
        if (!signal.aborted) tail = live(from, (events) => anomalies.see(events))
        return
      } catch (error) {
        if (!told) report(error)
        told = true
        await sleep(retryMs, undefined, { signal }).catch(() => {}) // the loop ends by its condition
      }
    }
  }
  const running = run()
  return {
    async stop() {
      stopped.abort()
      await running
      tail?.stop()
    },
  }
}
