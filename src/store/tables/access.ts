// Sessions, locks, and what nodes report about the calls they cut.
import type { Generated } from 'kysely'

export interface AccessTables {
  /** A conversation. `name` is the id a client chose, or is derived from the conversation (`~…`); null once superseded. */
  session: {
    id: string
    name: string | null
    /** `User::"dana"` */
    principal: string
    /** What of the credential must stay the same: `key:8F2…`, or the kind alone for short-lived credentials. */
    binding: string
    model: string
    address: string
    opened_at: number
    last_at: number
    turns: number
    tokens: number
    ended_at: number | null
    end_cause: string | null
    forgotten_at: number | null
  }
  /** Data classes and flags a session has seen: a set that only grows. */
  session_taint: {
    session: string
    label: string
  }
  /** An emergency stop. One whose `lifted_at` equals `created_at` ended what ran and stops nothing new. */
  lock: {
    id: string
    kind: string
    target: string
    reason: string
    created_by: string
    created_at: number
    until: number | null
    lifted_at: number | null
    lifted_by: string | null
  }
  /** How many calls and upstream connections a node ended when it applied the feed from `from_seq` to `seq`. */
  node_cut: {
    id: Generated<number>
    from_seq: number
    seq: number
    node: string
    calls: number
    upstreams: number
  }
}
