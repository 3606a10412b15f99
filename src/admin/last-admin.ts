// The last administrator: without one nobody could give anything back while the gateway runs.
import { type Caller, Fault, type PrincipalUid, uidText } from '../core/index.ts'
import type { AssignmentRow, Identity } from '../identity/index.ts'
import { ADMIN } from './first-start.ts'

/** More holders than these are not looked at one by one: there are others. */
const MOST = 50

export const holderOf = (row: AssignmentRow): string =>
  uidText({ type: row.holder_type, id: row.holder_name } as PrincipalUid)

/** The one assignment by which anybody who is active administers, if it is only one. A group counts as somebody. */
export async function lastAdministrator({ read }: Identity): Promise<AssignmentRow | undefined> {
  const rows = await read.assignments({ role: ADMIN, limit: MOST })
  const active: AssignmentRow[] = []
  for (const row of rows) {
    const { holder_type: type, holder_name: id } = row
    if (type === 'Group' || (await read.principal({ type, id }))?.state === 'active') active.push(row)
  }
  return active.length === 1 ? active[0] : undefined
}

/**
 * Whoever administers alone does not give that up, which would be a slip. Somebody else may take it away, as in an emergency.
 * @throws Fault `not_possible`
 */
export async function keepOne(
  identity: Identity,
  caller: Caller,
  takes: { readonly assignment: string } | { readonly principal: PrincipalUid },
): Promise<void> {
  const last = await lastAdministrator(identity)
  if (!last) return
  const holder = holderOf(last)
  const mine =
    holder === uidText(caller.principal) || identity.entities.describe(caller.principal)?.ancestors.has(holder) === true
  const taken = 'assignment' in takes ? last.id === takes.assignment : holder === uidText(takes.principal)
  if (mine && taken)
    throw new Fault('not_possible', {
      detail: `Nobody else administers: nobody could give anything back. Give the role ${ADMIN} to somebody first.`,
    })
}
