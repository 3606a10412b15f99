// Requests for roles over the admin API. The rules are asked about the role with all of the ask; a request that is
// neither the caller's own nor the caller's to answer looks like one that is not there.
import type { Narrowing, RequestView } from '../access/index.ts'
import { type Caller, type PrincipalUid, uidText } from '../core/index.ts'
import { askOf, NOTHING, roleSubject, shownAnswer, shownRequest, wishOf } from './ask.ts'
import type { Body } from './contract.ts'
import { isPosition, readSeen } from './page.ts'
import type { AdminPorts } from './ports.ts'
import { type Asked, type Handlers, notFound, orMissing, readRef } from './route.ts'
import { uidOf } from './sessions.ts'
import { iso, msOf } from './time.ts'

type Ids = Extract<keyof Handlers, `requests.${string}`>

/** What is asked about a role of which nothing is known yet but that it is wanted, shortly and for a reason. */
const SOME = { seconds: 60, reason: 'any', ticket: 'any' }

export function requestHandlers({ jit: { requests }, judge, identity }: AdminPorts): Handlers<Ids> {
  const asAnswerer = ({ role, seconds, uses, tokens, reason, ticket, models, requester }: RequestView): Asked =>
    roleSubject(role, {
      seconds,
      ...(uses !== undefined && { uses }),
      ...(tokens !== undefined && { tokens }),
      reason,
      ...(ticket !== undefined && { ticket }),
      models: models ?? [],
      requester: uidOf(requester) as PrincipalUid,
      approvals: 0,
    })
  const isOwn = (caller: Caller, request: RequestView) =>
    [request.requester, request.beneficiary].includes(uidText(caller.principal))
  const mayAnswer = (caller: Caller, request: RequestView) => judge.allows(caller, 'approveRole', asAnswerer(request))
  const find = async (id: string) => (await orMissing(requests.show(id)))?.request // not there: as foreign

  /** About the role of the request, if the caller may answer it; otherwise it is not there. */
  const toAnswer = async ({
    caller,
    params: { id = '' },
  }: {
    caller: Caller
    params: Readonly<Record<string, string>>
  }) => {
    const request = await find(id)
    if (!request || !(isOwn(caller, request) || mayAnswer(caller, request))) throw notFound('request', id)
    return asAnswerer(request)
  }
  return {
    'requests.list': {
      async handle({ query: { cursor, limit, state }, caller }) {
        const page = await readSeen(
          { cursor, limit },
          isPosition,
          (after, limit) =>
            requests.list({
              limit,
              ...(state && { state }),
              ...(after && { before: { createdAt: after[0], id: after[1] } }),
            }),
          (row) => [row.createdAt, row.id],
          (row) => isOwn(caller, row) || mayAnswer(caller, row),
        )
        return { ...page, items: page.items.map(shownRequest) }
      },
    },
    'requests.roles': {
      async handle({ caller }) {
        const items = []
        for (const { id: role } of identity.entities.enumerate('Role')) {
          const subject = roleSubject(role, askOf(SOME, caller.principal))
          if (!judge.allows(caller, 'requestRole', subject)) continue
          const {
            approvals = 1,
            quorum,
            longestSeconds,
            uses,
            stepUp,
          } = judge.decide(caller, 'requestRole', subject).duties
          items.push({
            role,
            description: (await identity.read.role(role))?.description ?? '',
            approvals,
            ...(quorum !== undefined && { quorum }),
            ...(longestSeconds !== undefined && { longestSeconds }),
            ...(uses !== undefined && { uses }),
            signIn: stepUp !== undefined,
          })
        }
        return { items: items.sort((a, b) => (a.role < b.role ? -1 : 1)) }
      },
    },
    'requests.create': {
      subject: ({ caller, body }) => roleSubject(body?.role ?? '', body ? askOf(body, caller.principal) : NOTHING),
      async handle({ caller, body }) {
        const { beneficiary, startsAt } = body
        return shownAnswer(
          await requests.create(caller, {
            ...wishOf(body),
            ...(beneficiary !== undefined && { beneficiary: readRef<PrincipalUid['type']>(beneficiary) }),
            ...(startsAt !== undefined && { startsAt: msOf(startsAt) }),
          }),
        )
      },
    },
    'requests.show': {
      async handle({ params: { id = '' }, caller }) {
        const found = await orMissing(requests.show(id))
        if (!found || !(isOwn(caller, found.request) || mayAnswer(caller, found.request))) throw notFound('request', id)
        const { request, approvals } = found
        return {
          ...shownRequest(request),
          answers: approvals.map(({ approver, answer, narrowed: { models, ...narrow }, reason, at }) => ({
            approver,
            answer: answer === 'approve' ? ('approve' as const) : ('deny' as const),
            narrow: { ...narrow, ...(models && { models: [...models] }) },
            ...(reason !== undefined && { reason }),
            at: iso(at),
          })),
        }
      },
    },
    'requests.approve': {
      subject: toAnswer,
      async handle({ params, caller, body: { digest, reason, narrow } }) {
        const less = narrow && { narrow: narrowingOf(narrow) }
        const given = { by: caller, digest, ...(reason !== undefined && { reason }), ...less }
        return shownAnswer(await requests.approve(params.id ?? '', given))
      },
    },
    'requests.deny': {
      subject: toAnswer,
      handle: async ({ params, caller, body }) =>
        shownAnswer(await requests.deny(params.id ?? '', { ...body, by: caller })),
    },
    'requests.cancel': {
      async subject({ caller, params: { id = '' } }) {
        const request = await find(id)
        if (request?.requester !== uidText(caller.principal)) throw notFound('request', id)
        return { uid: { type: 'Gateway', id: 'sallyport' } }
      },
      handle: async ({ params, caller }) => shownAnswer(await requests.cancel(params.id ?? '', caller)),
    },
  }
}

const narrowingOf = ({
  seconds,
  uses,
  tokens,
  models,
}: NonNullable<Body<'requests.approve'>['narrow']>): Narrowing => ({
  ...(seconds !== undefined && { seconds }),
  ...(uses !== undefined && { uses }),
  ...(tokens !== undefined && { tokens }),
  ...(models && { models }),
})
