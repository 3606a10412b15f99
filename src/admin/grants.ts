// Grants over the admin API. Holders see and end their own; who may approve a role sees, ends and reviews its grants.
import type { Grant } from '../access/index.ts'
import { type Caller, uidText } from '../core/index.ts'
import { askOf, NOTHING, roleSubject, shownAnswer, shownGrant, wishOf } from './ask.ts'
import { GATEWAY } from './judge.ts'
import { isPosition, readSeen } from './page.ts'
import type { AdminPorts } from './ports.ts'
import { receiptOf } from './receipt.ts'
import { type Asked, type Handlers, notFound, orMissing } from './route.ts'

type Ids = Extract<keyof Handlers, `grants.${string}`>

export function grantHandlers(ports: AdminPorts): Handlers<Ids> {
  const { grants, requests } = ports.jit
  const isOwn = (caller: Caller, grant: Grant) => grant.principal === uidText(caller.principal)
  const mayApprove = (caller: Caller, grant: Grant) =>
    ports.judge.allows(caller, 'approveRole', roleSubject(grant.role, NOTHING))
  const visible = async (caller: Caller, id: string): Promise<Grant> => {
    const grant = await orMissing(grants.show(id)) // not there and not the caller's business look the same
    if (!grant || !(isOwn(caller, grant) || mayApprove(caller, grant))) throw notFound('grant', id)
    return grant
  }
  const shown = async (grant: Grant) => shownGrant(grant, await grants.tokensLeft(grant))
  type Of = { caller: Caller; params: Readonly<Record<string, string>> }
  /** Of one's own nothing but being let in is asked; of others', the right to approve the role. */
  const own = async ({ caller, params }: Of): Promise<Asked> => {
    const grant = await visible(caller, params.id ?? '')
    return isOwn(caller, grant) ? { ...GATEWAY, action: 'list' } : roleSubject(grant.role, NOTHING)
  }

  return {
    'grants.list': {
      async handle({ query: { cursor, limit, open, role, reviewDue }, caller }) {
        const filter = { ...(open && { open }), ...(reviewDue && { reviewDue }), ...(role !== undefined && { role }) }
        const page = await readSeen(
          { cursor, limit },
          isPosition,
          (after, limit) =>
            grants.list({ ...filter, limit, ...(after && { before: { createdAt: after[0], id: after[1] } }) }),
          (row) => [row.createdAt, row.id],
          (grant) => isOwn(caller, grant) || mayApprove(caller, grant),
        )
        const items = []
        for (const grant of page.items) items.push(await shown(grant)) // each may take a look at the log
        return { ...page, items }
      },
    },
    'grants.show': { handle: async ({ params, caller }) => shown(await visible(caller, params.id ?? '')) },
    'grants.break': {
      subject: ({ caller, body }) => roleSubject(body?.role ?? '', body ? askOf(body, caller.principal) : NOTHING),
      handle: async ({ caller, body }) => shownGrant((await requests.breakGlass(caller, wishOf(body))).grant),
    },
    'grants.extend': {
      async subject({ caller, params }) {
        if (!isOwn(caller, await visible(caller, params.id ?? ''))) throw notFound('grant', params.id ?? '')
        return GATEWAY
      },
      async handle({ caller, params, body: { seconds, reason } }) {
        return shownAnswer(await requests.extend(caller, params.id ?? '', seconds, reason))
      },
    },
    'grants.end': {
      subject: own,
      async handle({ params, body, by }) {
        const { value, seq } = await ports.change((trx) => grants.end(trx, params.id ?? '', by.principal, body.reason))
        return { ended: value.ended, receipt: await receiptOf(ports, seq) }
      },
    },
    'grants.review': {
      subject: own,
      async handle({ params, body, by }) {
        const { value } = await ports.change((trx) => grants.review(trx, params.id ?? '', by.principal, body.note))
        return { reviewed: value.reviewed }
      },
    },
  }
}
