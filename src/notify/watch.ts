// Keeps the anomaly rules fed: first with what the log remembers, in silence, then with every call as it ends.
import type { AuditEvent } from '../core/index.ts'
import type { Anomalies } from './anomaly.ts'

export interface WatchDeps {
  anomalies: Anomalies
  /** Finished calls up to now, oldest first. */
  past: AsyncIterable<{ readonly events: readonly AuditEvent[]; readonly next: number }>
  /** Finished calls from a position on, as they come. */
  live: (from: number, see: (events: readonly AuditEvent[]) => void) => { stop(): void }
  report: (error: unknown) => void
}

/** Returns at once; the past is read beside everything else. */
export function watch({ anomalies, past, live, report }: WatchDeps): { stop(): Promise<void> } {
  let stopped = false
  let tail: { stop(): void } | undefined
  const run = async (): Promise<void> => {
    let from = 0
    for await (const { events, next } of past) {
      if (stopped) return
      anomalies.learn(events)
      from = next
    }
    if (!stopped) tail = live(from, (events) => anomalies.see(events))
  }
  const running = run().catch(report)
  return {
    async stop() {
      stopped = true
      await running
      tail?.stop()
    },
  }
}
