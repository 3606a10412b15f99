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
  /** A role asked for. `state`: pending, approved, denied, cancelled, expired. */
  access_request: {
    id: string
    requester: string
    beneficiary: string
    role: string
    /** JSON array of model names; null for all that the role reaches. */
    models: string | null
    seconds: number
    uses: number | null
    tokens: number | null
    reason: string
    ticket: string | null
    starts_at: number | null
    /** The grant that this asks to extend. */
    extends: string | null
    state: string
    /** SHA-256 of the ask; an approval is for exactly this. */
    digest: string
    approvals: number
    /** `ml-leads: 1, security: 1` */
    quorum: string | null
    created_at: number
    expires_at: number
    closed_at: number | null
    closed_by: string | null
    close_reason: string | null
    version: number
    /** JSON of what it was made with: `{credential, address}`. */
    caller: string | null
  }
  /** One human's answer to a request. */
  approval: {
    request: string
    approver: string
    id: string
    answer: string
    /** JSON array of the groups the approver was in. */
    groups: string
    /** JSON of what was allowed less than asked: `{seconds?, uses?, models?}`. */
    narrowed: string
    reason: string | null
    at: number
    /** JSON of what it was given with: `{credential, address}`. */
    caller: string | null
  }
  /** A role held until a time or for a number of uses. */
  access_grant: {
    id: string
    request: string | null
    principal: string
    role: string
    models: string | null
    /** `approval`, `rule`, `event`, `break-glass` */
    source: string
    reason: string
    ticket: string | null
    starts_at: number
    ends_at: number
    uses_left: number | null
    tokens: number | null
    extended: number
    use_count: number
    first_used_at: number | null
    last_used_at: number | null
    created_at: number
    created_by: string
    asked_at: number
    ended_at: number | null
    end_cause: string | null
    review_due_at: number | null
    reviewed_at: number | null
    reviewed_by: string | null
    /** Calls that hold one of its uses now; what a killed node held stays, and the grant then ends by time. */
    running: number
    /** When an alert was raised because nobody reviewed an emergency in time. */
    review_alerted_at: number | null
  }
  /** A campaign: somebody says of each right that is held whether it stays. */
  campaign: {
    id: string
    name: string
    started_at: number
    started_by: string
    due_at: number
    closed_at: number | null
    closed_by: string | null
  }
  /** One right as it was when the campaign began. `kind`: assignment, member, key. */
  campaign_item: {
    id: string
    campaign: string
    kind: string
    /** Id of the assignment or key; name of the group. */
    target: string
    /** `User:dana` */
    holder: string
    /** What is held, in words: `role operator`. */
    what: string
    since: number
    last_used_at: number | null
    /** `keep`, `revoke`; null while nobody has said. */
    decision: string | null
    decided_at: number | null
    decided_by: string | null
    note: string | null
    /** What became of it: `kept`, `revoked`, `gone`, or why it could not be revoked. */
    outcome: string | null
  }
  /** Ids of signed events that were taken, so that none is taken twice. */
  inbound_event: {
    source: string
    id: string
    at: number
  }
  /** One sweep over credentials, and what it found and did. Of several nodes the first to write the day sweeps it. */
  sweep: {
    id: string
    /** `2026-11-21` for the scheduled one of a day; null for one that somebody asked for. */
    day: string | null
    node: string
    started_at: number
    ended_at: number | null
    /** JSON array of findings. */
    findings: string
  }
  /** An answer a caller had stored; `sealed` holds it with the conversation before it. Gone with its session. */
  stored_answer: {
    id: string
    session: string
    principal: string
    model: string
    created_at: number
    expires_at: number
    sealed: Uint8Array
  }
}
