// A key as the node holds it in memory: what a call needs to be identified, and nothing that could be used as one.
import type { Credential, PrincipalUid, Scopes } from '../core/index.ts'
import { uidText } from '../core/index.ts'
import type { KeyRow, KeyWithUse } from './key-queries.ts'
import { type Networks, parseNetworks } from './network.ts'

export interface HeldKey {
  readonly id: string
  readonly hash: Uint8Array
  readonly pepperVersion: number
  readonly owner: PrincipalUid
  readonly ownerText: string
  readonly state: KeyRow['state']
  /** The earlier of expiry and the end of a rotation's overlap. */
  readonly endsAt: number
  readonly networks: Networks | undefined
  readonly origins: readonly string[] | undefined
  /** The same object for every call with this key. */
  readonly credential: Credential
}

const list = (text: string | null): readonly string[] | undefined =>
  text === null ? undefined : (JSON.parse(text) as string[])

export function scopesOf(row: Pick<KeyRow, 'actions' | 'models'>): Scopes | undefined {
  const actions = list(row.actions)
  const models = list(row.models)
  return actions || models ? { ...(actions && { actions }), ...(models && { models }) } : undefined
}

export const networksOf = (row: Pick<KeyRow, 'networks'>): readonly string[] | undefined => list(row.networks)
export const originsOf = (row: Pick<KeyRow, 'origins'>): readonly string[] | undefined => list(row.origins)

export function holdKey(row: KeyRow): HeldKey {
  const owner: PrincipalUid = { type: row.owner_type, id: row.owner_name }
  const endsAt = Math.min(row.expires_at, row.dies_at ?? Number.POSITIVE_INFINITY)
  const networks = networksOf(row)
  const scopes = scopesOf(row)
  return {
    id: row.id,
    hash: row.hash,
    pepperVersion: row.pepper_version,
    owner,
    ownerText: uidText(owner),
    state: row.state,
    endsAt,
    networks: networks && parseNetworks(networks),
    origins: originsOf(row),
    credential: Object.freeze({
      kind: 'key' as const,
      id: row.id,
      expiresAt: endsAt,
      issuedAt: row.created_at,
      bound: false,
      ...(row.dies_at !== null && { replacedAt: row.state_at }),
      ...(scopes && { scopes }),
    }),
  }
}

/** What a person calls the condition of a key. */
export type KeyCondition = 'active' | 'expiring' | 'rotating' | 'dormant' | 'suspended' | 'revoked' | 'expired'

const DAY = 86_400_000
export const EXPIRING_WITHIN_MS = 7 * DAY
export const DORMANT_AFTER_MS = 90 * DAY

export function conditionOf(row: KeyWithUse, now: number): KeyCondition {
  if (row.state !== 'active') return row.state
  if (now >= Math.min(row.expires_at, row.dies_at ?? Number.POSITIVE_INFINITY)) return 'expired'
  if (row.dies_at !== null) return 'rotating'
  if (row.expires_at - now <= EXPIRING_WITHIN_MS) return 'expiring'
  if (now - (row.last_used_at ?? row.created_at) >= DORMANT_AFTER_MS) return 'dormant'
  return 'active'
}
