// What settings name and the directory does not know. Roles and people may come later, so it is said and does not refuse; but a
// schedule or hook of a role that is misspelt does nothing, for ever, and nobody is told.
import { type Named, namedIn } from '../config/index.ts'
import type { PrincipalUid } from '../core/index.ts'

export interface Directory {
  /** Undefined, or removed: not there. */
  role(name: string): Promise<unknown>
  principal(uid: PrincipalUid): Promise<{ readonly state: string } | undefined>
}

/** Models come and go with their servers: they are not looked for. */
export async function unknownNames(settings: Parameters<typeof namedIn>[0], directory: Directory): Promise<Named[]> {
  const isThere = async ({ kind, name }: Named): Promise<boolean> => {
    if (kind === 'role') return (await directory.role(name)) !== undefined
    const state = (await directory.principal(principalOf(name)))?.state
    return state !== undefined && state !== 'removed'
  }
  const found: Named[] = []
  for (const one of namedIn(settings)) if (one.kind !== 'model' && !(await isThere(one))) found.push(one)
  return found
}

/** `Service:etl` */
export function principalOf(ref: string): PrincipalUid {
  const at = ref.indexOf(':')
  return { type: ref.slice(0, at) as PrincipalUid['type'], id: ref.slice(at + 1) }
}
