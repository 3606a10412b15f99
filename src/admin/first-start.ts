// What a new installation begins with: the ready-made roles, and one administrator whose key is told once.
import { type Identity, SYSTEM } from '../identity/index.ts'

/** The role without which nobody could give anything back. */
export const ADMIN = 'admin'
const FIRST = { type: 'User', id: 'admin' } as const

/**
 * Declares the shipped roles; on an empty directory also makes the first administrator, who may use models as well, so
 * that one key is enough to try everything. Returns that key's text, which exists nowhere else, or undefined.
 */
export async function firstStart(
  identity: Identity,
  roles: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const shipped = Object.entries(roles).map(([name, description]) => ({ name, description }))
  await identity.roles.declare(shipped, 'shipped', SYSTEM)
  const [anybody] = await identity.read.principals('User', { limit: 1 })
  if (anybody) return undefined
  await identity.principals.create({ type: FIRST.type, name: FIRST.id, displayName: 'First administrator' }, SYSTEM)
  for (const role of [ADMIN, 'user']) await identity.roles.assign({ role, holder: FIRST }, SYSTEM)
  const { text } = await identity.keys.issue({ owner: FIRST, name: 'first-start' }, SYSTEM)
  return text
}
