// What a new installation begins with: the ready-made roles, and one administrator whose key is told once. And how one
// that nobody administers any more gets another: by whoever may start it on its own data.
import { type Identity, SYSTEM } from '../identity/index.ts'

/** The role without which nobody could give anything back. */
export const ADMIN = 'admin'

/**
 * Declares the shipped roles; on an empty directory also makes the first administrator, who may use models as well, so
 * that one key is enough to try everything. Returns that key's text, which exists nowhere else, or undefined.
 */
export async function firstStart(
  identity: Identity,
  roles: Readonly<Record<string, string>>,
  name = 'admin',
): Promise<string | undefined> {
  const shipped = Object.entries(roles).map(([name, description]) => ({ name, description }))
  await identity.roles.declare(shipped, 'shipped', SYSTEM)
  const [anybody] = await identity.read.principals('User', { limit: 1 })
  if (anybody) return undefined
  return makeAdmin(identity, { name, displayName: 'First administrator', keyName: 'first-start' })
}

/**
 * A new user who administers; returns the key's text. Nobody who was there before is given anything: a name that is or was
 * somebody's is refused.
 * @throws Fault `already_exists` for such a name, `validation_failed` for one that is none
 */
export const newAdmin = (identity: Identity, name: string): Promise<string> =>
  makeAdmin(identity, { name, displayName: 'Administrator made at a start', keyName: 'new-admin' })

async function makeAdmin(
  identity: Identity,
  { name, displayName, keyName }: { name: string; displayName: string; keyName: string },
): Promise<string> {
  const holder = { type: 'User', id: name } as const
  await identity.principals.create({ type: holder.type, name, displayName }, SYSTEM)
  for (const role of [ADMIN, 'user']) await identity.roles.assign({ role, holder }, SYSTEM)
  const { text } = await identity.keys.issue({ owner: holder, name: keyName }, SYSTEM)
  return text
}
