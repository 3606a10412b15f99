// The keys that a sweep looks at, read page by page.
import type { SweptKey } from '../access/index.ts'
import { type Clock, uidText } from '../core/index.ts'
import type { Identity, KeyWithUse, PrincipalRow } from '../identity/index.ts'
import { ADMIN } from './first-start.ts'
import { everyRow } from './page.ts'

const ADMINISTRATORS = uidText({ type: 'Role', id: ADMIN })

export const everyKey = ({ read }: Identity): AsyncGenerator<KeyWithUse> =>
  everyRow((last, limit) => read.keys({ limit, ...(last && { after: { createdAt: last.created_at, id: last.id } }) }))

/** Of the keys of administrators that work, the one that was used last: without it nobody could give anything back. */
async function lastResort(identity: Identity, now: number): Promise<string | undefined> {
  let best: { id: string; at: number } | undefined
  for await (const { id, owner_type: type, owner_name: name, ...key } of everyKey(identity)) {
    if (key.state !== 'active' || key.expires_at <= now) continue
    const owner = identity.entities.get({ type, id: name })
    const at = key.last_used_at ?? key.created_at
    if (owner?.ancestors.has(ADMINISTRATORS) && (!best || at > best.at)) best = { id, at }
  }
  return best?.id
}

/** Every key that is not revoked, with what a sweep wants to know of its owner. */
export async function* sweptKeys(identity: Identity, clock: Pick<Clock, 'now'>): AsyncGenerator<SweptKey> {
  const kept = await lastResort(identity, clock.now())
  for await (const row of everyKey(identity)) {
    if (row.state === 'revoked') continue
    const owner = await identity.read.principal({ type: row.owner_type, id: row.owner_name })
    yield {
      id: row.id,
      name: row.name,
      owner: `${row.owner_type}:${row.owner_name}`,
      ownerActive: owner?.state === 'active',
      ownerless: row.owner_type === 'Service' && !(await isAnsweredFor(identity, owner)),
      state: row.state,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      lastUsedAt: row.last_used_at ?? undefined,
      stateAt: row.state_at,
      rotated: row.replaced_by !== null,
      lastResort: row.id === kept,
    }
  }
}

/** Somebody who has left answers for nothing. */
async function isAnsweredFor(identity: Identity, service: PrincipalRow | undefined): Promise<boolean> {
  const { owner } = JSON.parse(service?.attributes ?? '{}') as { owner?: string }
  if (owner === undefined) return false
  return (await identity.read.principal({ type: 'User', id: owner }))?.state === 'active'
}
