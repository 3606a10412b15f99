// The bundle in force, over the admin API.
import { Fault } from '../core/index.ts'
import type { AdminPorts } from './ports.ts'
import type { Handlers } from './route.ts'

export function policyHandlers(ports: AdminPorts): Handlers<'policies.show' | 'policies.rules'> {
  return {
    'policies.show': {
      handle() {
        const active = ports.policy()
        if (!active) throw new Fault('not_found', { detail: 'No bundle is in force.' })
        return active
      },
    },
    'policies.rules': { handle: () => ({ items: [...ports.rules()] }) },
  }
}
