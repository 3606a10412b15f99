// Versions of the rules, and which of them is in force.

export interface PolicyTables {
  /** Every bundle that was ever applied, whole. Rows are never changed or removed: decisions of the past name them. */
  policy_version: {
    version: number
    /** `sha256:…` over the bundle's files. */
    digest: string
    /** The checked bundle as JSON. */
    bundle: string
    created_at: number
    created_by: string
    reason: string
    /** The version this one repeats, when it was rolled back to. */
    repeats: number | null
  }
  /** `active`: what decides. `shadow`: what is asked beside it and never obeyed. */
  policy_slot: {
    slot: 'active' | 'shadow'
    /** null: the slot is empty. */
    version: number | null
    /** Counts changes of the slot; who changes it names the count it saw. */
    revision: number
    changed_at: number
    changed_by: string
  }
}
