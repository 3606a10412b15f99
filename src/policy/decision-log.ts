// The last decisions of this node with what they were asked about, in memory: for `why last`, for replaying a change of
// the rules, for turning a decision into a test. Older ones are in the audit log, without the facts.
import { type Decision, uidText } from '../core/index.ts'
import type { Recorded } from './impact.ts'
import type { Query, Watcher } from './policy.ts'

export interface LoggedDecision extends Recorded {
  readonly decision: Decision
}

export interface DecisionLog {
  readonly watch: Watcher
  get(id: string): LoggedDecision | undefined
  /** The newest, of one principal if given (`User::"dana"`). */
  last(principal?: string): LoggedDecision | undefined
  /** Oldest first. */
  recorded(): LoggedDecision[]
}

/** `capacity` decisions are kept, about a kilobyte each; the oldest goes first. */
export function createDecisionLog(capacity: number, now: () => number): DecisionLog {
  const ring = new Map<string, LoggedDecision>()
  return {
    watch(query: Query, _entities, decision) {
      ring.set(decision.id, { query, decision, at: now() })
      if (ring.size > capacity) ring.delete(ring.keys().next().value!)
    },
    get: (id) => ring.get(id),
    last(principal) {
      let found: LoggedDecision | undefined
      for (const one of ring.values())
        if (principal === undefined || uidText(one.query.principal) === principal) found = one
      return found
    },
    recorded: () => [...ring.values()],
  }
}
