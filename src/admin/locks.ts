// Emergency stops over the admin API.
import type { Lock } from '../access/index.ts'
import { Fault } from '../core/index.ts'
import type { AdminPorts } from './ports.ts'
import { receiptOf } from './receipt.ts'
import type { Handlers } from './route.ts'
import { sessionIdOf } from './sessions.ts'
import { iso, isoField, msOf } from './time.ts'

const shown = (lock: Lock) => ({
  id: lock.id,
  kind: lock.kind,
  target: lock.target,
  reason: lock.reason,
  createdBy: lock.createdBy,
  createdAt: iso(lock.createdAt),
  ...isoField('until', lock.until),
})

export function lockHandlers(ports: AdminPorts): Handlers<'locks.list' | 'locks.create' | 'locks.lift'> {
  const { locks } = ports.access
  return {
    'locks.list': { handle: () => ({ items: locks.list().map(shown) }) },
    'locks.create': {
      async handle({ body: { until, ...given }, by, caller }) {
        const body = given.kind === 'session' ? { ...given, target: await sessionIdOf(ports, given.target) } : given
        // A lockdown stops models alone; any other lock on oneself could not be lifted by oneself.
        if (until === undefined && body.kind !== 'everything' && locks.wouldStop(body, { caller }))
          throw new Fault('not_possible', {
            detail: 'This lock would stop you too, and you could not lift it. Give it an end (until).',
            data: { param: 'until' },
          })
        const { value, seq } = await ports.change((trx) =>
          locks.add(trx, { ...body, by: by.principal, ...(until !== undefined && { until: msOf(until) }) }),
        )
        return { ...shown(value), receipt: await receiptOf(ports, seq) }
      },
    },
    'locks.lift': {
      async handle({ params, query: { reason }, by }) {
        const { value, seq } = await ports.change((trx) => locks.lift(trx, params.id ?? '', by.principal, reason))
        return { lifted: value.lifted, receipt: await receiptOf(ports, seq) }
      },
    },
  }
}
