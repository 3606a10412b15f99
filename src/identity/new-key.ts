// What a new key is made of: its text, which exists here and in the answer alone, its row, and when it ends.
import { type Clock, Fault, type PrincipalUid, type RandomBytes, type Scopes, uidText } from '../core/index.ts'
import type { Actor } from './actor.ts'
import type { KeyRow } from './key-queries.ts'
import { checkName } from './name.ts'
import { parseNetworks } from './network.ts'
import { checkReason } from './principals.ts'
import { checkList, checkOrigins } from './scope.ts'
import { type KeyHasher, lastFourOf, newKeyText } from './secret.ts'

export interface NewKey {
  readonly owner: PrincipalUid
  readonly name: string
  readonly purpose?: string | undefined
  /** Milliseconds since 1970; the default lifetime if missing. */
  readonly expiresAt?: number | undefined
  readonly scopes?: Scopes | undefined
  readonly networks?: readonly string[] | undefined
  readonly origins?: readonly string[] | undefined
}

/** `text` is the only copy of the key there will ever be. */
export interface IssuedKey {
  readonly row: KeyRow
  readonly text: string
}

export interface KeySettings {
  readonly defaultLifetimeSeconds: number
  readonly longestLifetimeSeconds: number
  /** How long the old key of a rotation goes on, unless said otherwise; and at most. */
  readonly defaultOverlapSeconds: number
  readonly longestOverlapSeconds: number
}

export const KEY_SETTINGS: KeySettings = {
  defaultLifetimeSeconds: 90 * 86_400,
  longestLifetimeSeconds: 366 * 86_400,
  defaultOverlapSeconds: 86_400,
  longestOverlapSeconds: 7 * 86_400,
}

export interface KeyDeps {
  readonly clock: Pick<Clock, 'now'>
  readonly random: RandomBytes
  readonly hasher: KeyHasher
}

/** No two living keys of an owner have one name. */
export const handleOf = (owner: PrincipalUid, name: string) => `${uidText(owner)} ${name}`
const json = (list: readonly string[] | undefined): string | null => (list ? JSON.stringify(list) : null)

export function newKey({ clock, random, hasher }: KeyDeps, input: NewKey, by: Actor, expiresAt: number): IssuedKey {
  const { id, text } = newKeyText('spk', random)
  const hash = hasher.hash(text, hasher.current)
  if (!hash) throw new Fault('internal', { cause: new Error('the current pepper is missing') })
  const now = clock.now()
  const row: KeyRow = {
    id,
    prefix: 'spk',
    name: checkName(input.name),
    handle: handleOf(input.owner, input.name),
    owner_type: input.owner.type,
    owner_name: input.owner.id,
    hash,
    pepper_version: hasher.current,
    last4: lastFourOf(text),
    state: 'active',
    state_at: now,
    state_by: by.principal,
    state_reason: null,
    purpose: input.purpose === undefined ? null : checkReason(input.purpose),
    created_at: now,
    created_by: by.principal,
    expires_at: expiresAt,
    dies_at: null,
    rotated_from: null,
    replaced_by: null,
    actions: json(checkList(input.scopes?.actions, 'actions')),
    models: json(checkList(input.scopes?.models, 'models')),
    networks: json(input.networks && parseNetworks([...new Set(input.networks)]).texts),
    origins: json(checkOrigins(input.origins)),
    version: 1,
  }
  return { row, text }
}

/** When a key ends that is to end at `wanted`, or after the default lifetime. */
export function expiryOf(wanted: number | undefined, now: number, settings: KeySettings): number {
  const expiresAt = wanted ?? now + settings.defaultLifetimeSeconds * 1000
  const latest = now + settings.longestLifetimeSeconds * 1000
  if (!Number.isSafeInteger(expiresAt) || expiresAt <= now || expiresAt > latest)
    throw new Fault('validation_failed', {
      detail: `A key ends in the future and at most ${Math.floor(settings.longestLifetimeSeconds / 86_400)} days from now.`,
      data: { param: 'expiresAt' },
    })
  return expiresAt
}
