// What settings name and the directory does not know. Roles and people may come later, so it is said and does not refuse; but a
// schedule or hook of a role that is misspelt does nothing, for ever, and nobody is told.
import type { Config } from '../config/index.ts'
import type { PrincipalUid } from '../core/index.ts'

export interface Unknown {
  /** `schedules.night.role` */
  readonly setting: string
  readonly name: string
}

export interface Directory {
  /** Undefined, or removed: not there. */
  role(name: string): Promise<unknown>
  principal(uid: PrincipalUid): Promise<{ readonly state: string } | undefined>
}

export async function unknownNames(
  { schedules, hooks, quotas }: Pick<Config, 'schedules' | 'hooks' | 'quotas'>,
  directory: Directory,
): Promise<Unknown[]> {
  const roles = [
    ...schedules.map(({ name, role }) => ({ setting: `schedules.${name}.role`, name: role })),
    ...hooks.flatMap(({ name, roles }) => roles.map((role) => ({ setting: `hooks.${name}.roles`, name: role }))),
    ...quotas.flatMap(({ name, per, only }) =>
      per === 'role' && only !== undefined ? [{ setting: `quotas.${name}.only`, name: only }] : [],
    ),
  ]
  const found: Unknown[] = []
  for (const one of roles) if ((await directory.role(one.name)) === undefined) found.push(one)
  for (const { name, principal } of schedules) {
    const state = (await directory.principal(principalOf(principal)))?.state
    if (state === undefined || state === 'removed')
      found.push({ setting: `schedules.${name}.principal`, name: principal })
  }
  return found
}

/** `Service:etl` */
export function principalOf(ref: string): PrincipalUid {
  const at = ref.indexOf(':')
  return { type: ref.slice(0, at) as PrincipalUid['type'], id: ref.slice(at + 1) }
}
