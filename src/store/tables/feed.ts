// The ordered stream of changes, the nodes that follow it, and what is left to do to the database itself.
import type { Generated } from 'kysely'

export interface FeedTables {
  /** One row per change, written in the transaction of the change. `seq` order is commit order. */
  change: {
    seq: Generated<number>
    kind: string
    key: string
    at: number
  }
  /** One row per running node: what it has applied, and when it was last heard of. */
  node: {
    id: string
    name: string
    applied_seq: number
    started_at: number
    heard_at: number
    /** Empty for a node of a version that did not tell. */
    closes_after_ms: number | null
    calls: number | null
  }
  /** What nodes answer one that asked, until it has read it. */
  node_answer: {
    question: string
    node: string
    /** JSON */
    answer: string
    at: number
  }
  /** Tables of which deleted rows may still lie in the files of the database (PostgreSQL). */
  scrub_due: {
    id: string
    name: string
  }
}
