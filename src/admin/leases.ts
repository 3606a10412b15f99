// Running calls over the admin API. Cutting goes through the feed, so that it reaches every node and is in the log: as a
// momentary lock, or by the id of the one call.
import type { LockKind } from '../access/index.ts'
import { Fault } from '../core/index.ts'
import type { Body } from './contract.ts'
import { isText, readSeen } from './page.ts'
import type { AdminPorts } from './ports.ts'
import { receiptOf } from './receipt.ts'
import { type Handlers, ownedBy } from './route.ts'
import { runningOn, unanswered } from './running.ts'
import { sessionIdOf, uidOf } from './sessions.ts'

const KINDS: Record<string, LockKind> = {
  key: 'credential',
  principal: 'principal',
  session: 'session',
  model: 'model',
  address: 'network',
}

/** Exactly one of the things calls can be told by. */
function targetOf({ reason: _, ...given }: Body<'leases.cut'>): { field: string; target: string } {
  const [first, ...more] = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined)
  if (!first || more.length > 0)
    throw new Fault('validation_failed', {
      detail: 'Name exactly one of key, principal, session, call, model and address.',
      data: { param: 'body' },
    })
  return { field: first[0], target: first[1] }
}

export function leaseHandlers(ports: AdminPorts): Handlers<'leases.list' | 'leases.cut'> {
  const { locks } = ports.access
  return {
    'leases.list': {
      async handle({ query, sees }) {
        const silent = new Set<string>()
        const read = runningOn(ports, 'calls', silent)
        const isSeen = ({ session, principal }: { session?: string | undefined; principal: string }) =>
          sees(ownedBy('Session', session ?? '', uidOf(principal)))
        const page = await readSeen(query, isText, read, ({ id }) => id, isSeen)
        return { ...page, ...unanswered(silent) }
      },
    },
    'leases.cut': {
      async handle({ body, by }) {
        const { field, target: named } = targetOf(body)
        const target = field === 'session' ? await sessionIdOf(ports, named) : named
        const { reason } = body
        const kind = KINDS[field]
        if (kind) {
          const { seq } = await ports.change((trx) =>
            locks.add(trx, { kind, target, reason, by: by.principal, momentary: true }),
          )
          return receiptOf(ports, seq)
        }
        const { seq } = await ports.change(async () => ({
          value: undefined,
          feed: [{ kind: 'call', key: target }],
          events: [{ ...by, kind: 'access.cut', call: target, subject: `call/${target}`, reason }],
        }))
        const receipt = await receiptOf(ports, seq)
        // A node that is silent may be the one that runs it; its receipt says so.
        const known = receipt.calls > 0 || receipt.nodes.some(({ applied, closesInMs }) => !applied && closesInMs !== 0)
        if (!known) throw new Fault('not_found', { detail: 'No call with this id is running' })
        return receipt
      },
    },
  }
}
