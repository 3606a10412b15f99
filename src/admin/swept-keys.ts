// The keys that a sweep looks at, read page by page.
import type { SweptKey } from '../access/index.ts'
import type { Identity, KeyWithUse } from '../identity/index.ts'
import { everyRow } from './page.ts'

/** Every key that is not revoked, with what a sweep wants to know of its owner. */
export async function* sweptKeys(identity: Identity): AsyncGenerator<SweptKey> {
  const keys = everyRow<KeyWithUse>((last, limit) =>
    identity.read.keys({ limit, ...(last && { after: { createdAt: last.created_at, id: last.id } }) }),
  )
  for await (const row of keys) {
    if (row.state === 'revoked') continue
    const owner = await identity.read.principal({ type: row.owner_type, id: row.owner_name })
    const answers = row.owner_type !== 'Service' || 'owner' in (JSON.parse(owner?.attributes ?? '{}') as object)
    yield {
      id: row.id,
      name: row.name,
      owner: `${row.owner_type}:${row.owner_name}`,
      ownerActive: owner?.state === 'active',
      ownerless: !answers,
      state: row.state,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      lastUsedAt: row.last_used_at ?? undefined,
      stateAt: row.state_at,
      rotated: row.replaced_by !== null,
    }
  }
}
