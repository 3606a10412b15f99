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

const FLOWS = new Set(['send', 'receive'])
const KEPT_FLOWS = 16

/**
 * `capacity` decisions are kept, up to ten kilobytes each; the oldest goes first. A ring written round and round: a Map that
 * loses its first entry with every new one is searched past all the gaps it has at its front.
 */
export function createDecisionLog(capacity: number, now: () => number): DecisionLog {
  const ring: LoggedDecision[] = []
  let next = 0
  let flows = 0
  const recorded = () => [...ring.slice(next), ...ring.slice(0, next)]
  return {
    watch(query: Query, _entities, decision) {
      // Several questions about data per call say much the same: one of many is kept, so that calls reach further back.
      if (FLOWS.has(query.action) && flows++ % KEPT_FLOWS !== 0) return
      ring[next] = { query, decision, at: now() }
      next = (next + 1) % capacity
    },
    get: (id) => ring.find((one) => one.decision.id === id),
    last: (principal) =>
      recorded().findLast((one) => principal === undefined || uidText(one.query.principal) === principal),
    recorded,
  }
}
