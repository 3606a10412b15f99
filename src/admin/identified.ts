// Who calls the admin API. A credential that is refused is an event, or counted in one, and nothing else happens.
import { isUnproven } from '../audit/index.ts'
import { type Caller, Fault } from '../core/index.ts'
import type { AdminPorts } from './ports.ts'

/** @throws Fault 400, 401, 403, and 503 `node_stale` at once: a log that cannot be written is not waited for */
export async function identified(
  { audit }: Pick<AdminPorts, 'audit'>,
  { rawHeaders, address }: { readonly rawHeaders: readonly string[]; readonly address: string },
  identify: AdminPorts['identify'],
  subject?: string,
): Promise<Caller> {
  try {
    return identify({ headers: rawHeaders, address })
  } catch (error) {
    const { code, status } = Fault.from(error)
    const about = subject === undefined ? {} : { subject }
    const append = isUnproven(code) ? audit.appendUnproven : audit.append
    if (status < 500) await append({ kind: 'admin.refused', address, reason: code, ...about })
    throw error
  }
}
