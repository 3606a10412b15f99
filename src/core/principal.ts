// Who calls, and what they proved it with. Names are the identifiers rules use: `User::"dana"`, `Group::"dev"`.

/** A Cedar entity: type without namespace, and id. */
export interface EntityUid {
  readonly type: string
  readonly id: string
}

export const uidText = (uid: EntityUid): string => `${uid.type}::${JSON.stringify(uid.id)}`

export type PrincipalType = 'User' | 'Service' | 'Agent'
export interface PrincipalUid extends EntityUid {
  readonly type: PrincipalType
}

export type CredentialKind = 'key' | 'oidc' | 'dpop' | 'mtls' | 'link'

/** What was proven on this call. Built by identity alone; nothing here is copied from what a client merely claims. */
export interface Credential {
  readonly kind: CredentialKind
  /** Key id, token id or certificate fingerprint: never secret. */
  readonly id: string
  /** Milliseconds since 1970; undefined for a credential without end. */
  readonly expiresAt?: number
  readonly issuedAt?: number
  /** When it was replaced by another, if it was; it still works until it ends. */
  readonly replacedAt?: number
  /** True if a copy alone is worthless (DPoP, mTLS). */
  readonly bound: boolean
  /** Narrowings. A missing list does not narrow; an empty list permits nothing. */
  readonly scopes?: Scopes
  readonly authenticatedAt?: number
  readonly acr?: string
  readonly amr?: readonly string[]
}

/** How a credential is written in events: `key/8F2…`. */
export const credentialText = ({ kind, id }: Pick<Credential, 'kind' | 'id'>): string => `${kind}/${id}`

/** What a credential is narrowed to. Scopes narrow, never widen. */
export interface Scopes {
  readonly actions?: readonly string[]
  readonly models?: readonly string[]
}

export interface Caller {
  readonly principal: PrincipalUid
  readonly credential: Credential
  /** Remote address as the socket saw it. */
  readonly address: string
  /** Client program as it names itself; for the record only, never for a decision. */
  readonly client?: string
}
