// Which model a name stood for when it was accepted, and what it was last seen to stand for.

export interface ModelTables {
  /** One row per model name. `seen_*` is null while what is there is what was accepted. */
  model_pin: {
    name: string
    upstream: string
    upstream_name: string
    /** `sha256:…`; null where the upstream tells none. */
    digest: string | null
    accepted_at: number
    /** Null: first seen by the gateway itself. */
    accepted_by: string | null
    seen_upstream: string | null
    seen_upstream_name: string | null
    seen_digest: string | null
    seen_at: number | null
  }
}
