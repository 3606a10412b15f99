// The keys that a sweep looks at, read page by page.
import type { SweptKey } from '../access/index.ts'
import type { Identity, KeyWithUse, PrincipalRow } from '../identity/index.ts'
import { everyRow } from './page.ts'

/** Every key that is not revoked, with what a sweep wants to know of its owner. */
export async function* sweptKeys(identity: Identity): AsyncGenerator<SweptKey> {
  const keys = everyRow<KeyWithUse>((last, limit) =>
    identity.read.keys({ limit, ...(last && { after: { createdAt: last.created_at, id: last.id } }) }),
  )
  for await (const row of keys) {
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
    }
  }
}

/** Somebody who has left answers for nothing. */
async function isAnsweredFor(identity: Identity, service: PrincipalRow | undefined): Promise<boolean> {
  const { owner } = JSON.parse(service?.attributes ?? '{}') as { owner?: string }
  if (owner === undefined) return false
  return (await identity.read.principal({ type: 'User', id: owner }))?.state === 'active'
}
