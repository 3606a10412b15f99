// Who calls the admin API. A credential that is refused is an event, and nothing else happens.
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
    if (status < 500) await audit.append({ kind: 'admin.refused', address, reason: code, ...about })
    throw error
  }
}
