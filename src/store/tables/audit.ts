// The audit log: events and the head of their tree, what is derived per tile and block, and sealed content.

export interface AuditTables {
  /** One row: the committed tree. Whoever appends holds this row until commit, which makes position order commit order. */
  audit_head: {
    id: number
    size: number
    /** RFC 9162 root over the first `size` leaves. */
    root: Uint8Array
    /** Roots of the perfect subtrees that make up the tree, largest first, 32 bytes each. */
    frontier: Uint8Array
    /** Bodies below this position may have been deleted by retention; always a multiple of 256. */
    floor: number
    /** Events below this position are in audit_block, audit_term and audit_hour; a multiple of 1024. */
    indexed: number
    /** The time by which retention has last deleted. */
    retained_at: number | null
  }
  /**
   * The leaves. `body` is the exact text that is hashed; several events of one tile that were committed together are one row,
   * a line each, under the position of the first: a row costs the databases more than the text in it.
   */
  audit_event: { position: number; body: string }
  /** One process life of a node. */
  audit_boot: {
    boot: string
    node: string
    started_at: number
    /** No call that was still open when this was written was decided below this position. */
    open_from: number
    ended_at: number | null
  }
  /** Signed C2SP checkpoints. */
  audit_checkpoint: { size: number; time: number; note: string }
  /** A full tile: 256 leaf hashes and the root over them. */
  audit_tile: { tile: number; hashes: Uint8Array; root: Uint8Array }
  /** A full block of 1024 events: the range of times and ids in it. */
  audit_block: {
    block: number
    min_time: number
    max_time: number
    min_id: string
    max_id: string
    /** Set where an event of it bears a time that had not come when retention saw it: that moment, which is what retention goes by. */
    known_by: number | null
  }
  /** `term` (for example `model=qwen`) occurs in at least one event of each of these `tiles` (bits, the lowest is the first) of `block`. */
  audit_term: { term: string; block: number; tiles: number }
  /** Counts per hour over all full blocks; empty text where an event has no such field. */
  audit_hour: {
    hour: number
    kind: string
    principal: string
    model: string
    decision: string
    outcome: string
    events: number
    input_tokens: number
    output_tokens: number
    milliseconds: number
  }
  /** Prompts and answers under `@record`, sealed with the key `kid`. */
  audit_content: { call: string; part: string; kid: string; sealed: Uint8Array; expires_at: number }
  /** Keys of one subject and month, wrapped by the node's sealing key. Deleting the row is the erasure. */
  audit_content_key: { kid: string; subject: string; period: string; wrapped: Uint8Array }
}
