// Who calls the admin API. A credential that is refused is an event, or counted in one, and nothing else happens. It is asked
// about when the headers are there, and again when the rules are: in between whoever calls may take minutes to send a body.
import { isUnproven } from '../audit/index.ts'
import { type Caller, credentialText, Fault, type NewEvent, uidText } from '../core/index.ts'
import type { AdminPorts } from './ports.ts'

/** @throws Fault 400, 401, 403, and 503 `node_stale` at once: a log that cannot be written is not waited for */
export const identified = (
  { audit }: Pick<AdminPorts, 'audit'>,
  { rawHeaders, address }: { readonly rawHeaders: readonly string[]; readonly address: string },
  identify: AdminPorts['identify'],
  subject?: string,
): Promise<Caller> =>
  refusalsOf(audit, () => identify({ headers: rawHeaders, address }), {
    address,
    ...(subject !== undefined && { subject }),
  })

/** @throws Fault as `identified` does, if what this caller has shown is good no more */
export const stillGood = (
  { audit, stands }: Pick<AdminPorts, 'audit' | 'stands'>,
  caller: Caller,
  subject?: string,
): Promise<void> =>
  refusalsOf(audit, () => stands(caller), {
    address: caller.address,
    principal: uidText(caller.principal),
    credential: credentialText(caller.credential),
    ...(subject !== undefined && { subject }),
  })

async function refusalsOf<T>(
  audit: AdminPorts['audit'],
  look: () => T,
  about: Pick<NewEvent, 'address' | 'principal' | 'credential' | 'subject'>,
): Promise<T> {
  try {
    return look()
  } catch (error) {
    const { code, status } = Fault.from(error)
    const append = isUnproven(code) ? audit.appendUnproven : audit.append
    if (status < 500) await append({ kind: 'admin.refused', ...about, reason: code })
    throw error
  }
}
