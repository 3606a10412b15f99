// Who may call and with what they prove it. Names are identifiers: a row that was removed stays as a tombstone, so that
// its name is never given to somebody else.

export interface IdentityTables {
  /** Users, services and agents. */
  principal: {
    type: 'User' | 'Service' | 'Agent'
    name: string
    /** What the name looks like; two names that look alike cannot both exist. */
    skeleton: string
    state: 'active' | 'suspended' | 'removed'
    display_name: string | null
    email: string | null
    /** JSON object of what rules may ask: text, integers, booleans, lists of text. */
    attributes: string
    /** Agent only: name of the user it acts for. */
    on_behalf_of: string | null
    source: string
    created_at: number
    created_by: string
    state_at: number
    state_by: string
    state_reason: string | null
    version: number
  }
  directory_group: {
    name: string
    skeleton: string
    description: string | null
    source: string
    created_at: number
    created_by: string
    removed_at: number | null
    version: number
  }
  group_member: {
    group_name: string
    member_type: 'User' | 'Service' | 'Agent' | 'Group'
    member_name: string
    source: string
    added_at: number
    added_by: string
  }
  role: {
    name: string
    skeleton: string
    description: string
    source: string
    created_at: number
    created_by: string
    removed_at: number | null
    version: number
  }
  role_assignment: {
    id: string
    role: string
    holder_type: 'User' | 'Service' | 'Agent' | 'Group'
    holder_name: string
    source: string
    reason: string | null
    created_at: number
    created_by: string
    ends_at: number | null
  }
  /** Rows are never deleted: a revoked key must still be recognised as revoked. */
  api_key: {
    id: string
    /** `spk`, `spt`, `sps`, `spa`. */
    prefix: string
    name: string
    /** Owner and name while this is the key that answers to them; null once rotated away or revoked. Unique. */
    handle: string | null
    owner_type: 'User' | 'Service' | 'Agent'
    owner_name: string
    /** HMAC-SHA256 of the whole key under the pepper of this version. */
    hash: Uint8Array
    pepper_version: number
    last4: string
    state: 'active' | 'suspended' | 'revoked'
    state_at: number
    state_by: string
    state_reason: string | null
    purpose: string | null
    created_at: number
    created_by: string
    expires_at: number
    /** Set by rotation: when this key stops although it has not expired. */
    dies_at: number | null
    rotated_from: string | null
    replaced_by: string | null
    /** JSON lists; null does not narrow. */
    actions: string | null
    models: string | null
    networks: string | null
    origins: string | null
    version: number
  }
  /** Written in batches, never on the path of a call. */
  key_use: {
    key_id: string
    first_used_at: number
    last_used_at: number
    last_address: string
    last_client: string | null
    uses: number
  }
  /** Answers to creates that carried an idempotency key, without any secret. */
  idempotent_answer: {
    principal: string
    idempotency_key: string
    /** SHA-256 of method, path and body, as hex. */
    request: string
    status: number
    body: string
    created_at: number
  }
}
