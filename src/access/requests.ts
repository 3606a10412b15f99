// Asking for a role. States: pending → approved | denied | cancelled | expired; nothing leads back. Invariants: the rules
// are asked at each step; an approval is one human's, is for exactly what was asked (digest), and is never the
// requester's, the beneficiary's or the human's behind either; the grant begins in the transaction of the last approval.
// Here: asking, taking back, running out, looking. Answers: request-answers.ts; without an answer: grants-at-once.ts.
import type { Caller, NewEvent } from '../core/index.ts'
import { credentialText, Fault, uidText } from '../core/index.ts'
import { type Grant, grantOf } from './grant.ts'
import {
  closeRequest,
  countPending,
  holdRequester,
  insertRequest,
  type RequestFilter,
  type RequestRow,
  selectApprovals,
  selectApproversOf,
  selectGrant,
  selectOverdueRequests,
  selectRequest,
  selectRequests,
} from './grant-queries.ts'
import { type AtOnce, createGrantsAtOnce } from './grants-at-once.ts'
import { parseQuorum } from './quorum.ts'
import { type Answer, type Answered, createAnswering } from './request-answers.ts'
import { createApprove } from './request-approval.ts'
import { type Approving, bothApprove, createNeed, type RequestDeps, within } from './request-rules.ts'
import {
  type ApprovalView,
  approversOf,
  closedFault,
  closing,
  type RequestView,
  viewOf,
  viewRequest,
} from './request-view.ts'
import { checkAsk, digestOf, type Narrowing, type NewRequest, type RoleAsk, roleAsk } from './role-ask.ts'
import { stepUpFault } from './step-up.ts'

export interface Requests extends AtOnce {
  /** @throws Fault access_denied, step_up_required, validation_failed */
  create(by: Caller, ask: NewRequest): Promise<Answered>
  /** More time for a running grant; once, and approved like the first time. */
  extend(by: Caller, grant: string, seconds: number, reason: string): Promise<Answered>
  approve(id: string, answer: Answer): Promise<Answered>
  deny(id: string, answer: Answer): Promise<Answered>
  cancel(id: string, by: Caller): Promise<Answered>
  show(id: string): Promise<{ request: RequestView; approvals: ApprovalView[] }>
  list(filter: RequestFilter): Promise<RequestView[]>
  /** Of these requests, the groups that a rule demanded approvals of; where it named none, those of whoever approved. */
  approverGroups(ids: readonly string[]): Promise<Map<string, string[]>>
  /** Closes requests nobody answered in time. */
  tidy(): Promise<void>
}

const MAX_PENDING = 20
/** A statement has a limit of parameters. */
const IDS_AT_ONCE = 200

export function createRequests(deps: RequestDeps): Requests {
  const { store, change, clock } = deps
  const need = createNeed(deps)
  const approve = createApprove(deps)
  const answer = createAnswering(deps, need, approve)

  const submit = async (by: Caller, wanted: NewRequest, extended?: Grant): Promise<Answered> => {
    checkAsk(wanted, clock.now())
    const requester = uidText(by.principal)
    const beneficiary = wanted.beneficiary ?? by.principal
    const asked: RoleAsk = roleAsk(wanted, by.principal, 0)
    const own = need('requestRole', by, wanted.role, asked)
    let duties: Approving = own
    let ask = within(own, wanted)
    const proxy: Caller = { ...by, principal: beneficiary }
    if (uidText(beneficiary) !== requester) {
      // Asking for somebody must not reach further than that somebody could.
      const theirs = need('requestRole', proxy, ask.role, asked)
      ask = within(theirs, ask)
      duties = bothApprove(own, theirs)
      if (!deps.isActive(beneficiary))
        throw new Fault('not_possible', { detail: 'Whoever is to hold it is not active' })
    }
    const automatic = deps.decide('autoApproveRole', proxy, ask.role, asked)
    // The rules have said yes to now; what begins later waits for a person.
    const now = clock.now()
    const atOnce =
      automatic.allow && (wanted.startsAt ?? 0) <= now && !stepUpFault(automatic.duties.stepUp, by.credential, now)
    if (atOnce) ask = within(automatic.duties, ask)
    const row: RequestRow = {
      id: deps.newId('request'),
      requester,
      beneficiary: uidText(beneficiary),
      role: ask.role,
      models: ask.models === undefined ? null : JSON.stringify([...ask.models].sort()),
      seconds: ask.seconds,
      uses: ask.uses ?? null,
      tokens: ask.tokens ?? null,
      reason: ask.reason.trim(),
      ticket: ask.ticket ?? null,
      starts_at: ask.startsAt ?? null,
      extends: extended?.id ?? null,
      state: 'pending',
      digest: '',
      approvals: duties.approvals ?? 1,
      quorum: duties.quorum ?? null,
      created_at: now,
      expires_at: now + deps.waitMs,
      closed_at: null,
      closed_by: null,
      close_reason: null,
      version: 1,
      caller: JSON.stringify({ credential: by.credential, address: by.address }),
    }
    row.digest = digestOf(row)
    const { value, seq } = await change(async (trx) => {
      await holdRequester(trx, store.dialect, requester)
      if ((await countPending(trx, requester, now)) >= MAX_PENDING)
        throw new Fault('not_possible', { detail: `${MAX_PENDING} of your requests wait for an answer already` })
      await insertRequest(trx, row)
      const event: NewEvent = {
        kind: 'request.created',
        principal: requester,
        credential: credentialText(by.credential),
        address: by.address,
        subject: `request/${row.id}`,
        reason: row.reason,
        data: {
          role: row.role,
          beneficiary: row.beneficiary,
          seconds: row.seconds,
          ...(row.ticket === null ? {} : { ticket: row.ticket }),
          ...(ask.models === undefined ? {} : { models: [...ask.models] }),
          ...(row.uses === null ? {} : { uses: row.uses }),
          ...(row.tokens === null ? {} : { tokens: row.tokens }),
          digest: row.digest,
          ...approversOf(row),
        },
      }
      const feed = [{ kind: 'request', key: row.id }]
      if (!atOnce) return { value: undefined, feed, events: [event] }
      const done = await approve(trx, row, [], requester, `approved by rule: ${automatic.rules.join(', ')}`)
      return { value: done.value, feed: [...feed, ...done.feed], events: [event, ...done.events] }
    })
    return { request: await viewRequest(store.db, row.id), grant: value, seq }
  }

  return {
    ...createGrantsAtOnce(deps, need),
    create: (by, ask) => submit(by, ask),
    async extend(by, id, seconds, reason) {
      const row = await selectGrant(store.db, id)
      if (!row) throw new Fault('not_found', { detail: 'There is no such grant' })
      const grant = grantOf(row)
      if (grant.principal !== uidText(by.principal))
        throw new Fault('access_denied', { detail: 'Only its holder asks to extend a grant' })
      if (grant.endedAt !== undefined || grant.endsAt <= clock.now() || grant.extended)
        throw new Fault('not_possible', { detail: 'The grant has ended, or was extended already' })
      return submit(
        by,
        {
          role: grant.role,
          seconds,
          reason,
          ...(grant.models === undefined ? {} : { models: grant.models }),
          ...(grant.usesLeft === undefined ? {} : { uses: Math.max(1, grant.usesLeft) }),
          ...(grant.tokens === undefined ? {} : { tokens: grant.tokens }),
          ...(grant.ticket === undefined ? {} : { ticket: grant.ticket }),
        },
        grant,
      )
    },
    approve: (id, given) => answer(id, 'approve', given),
    deny: (id, given) => answer(id, 'deny', given),
    async cancel(id, by) {
      const who = uidText(by.principal)
      const row = await selectRequest(store.db, id)
      if (!row || row.requester !== who) throw new Fault('not_found', { detail: 'You have no such request' })
      const { seq } = await change(async (trx) => {
        const now = clock.now()
        const close = { state: 'cancelled', at: now, by: who, reason: null }
        if (!(await closeRequest(trx, id, close))) throw await closedFault(store.db, id)
        const data = closing(row, 'cancelled', now)
        return {
          value: undefined,
          feed: [{ kind: 'request', key: id }],
          events: [{ kind: 'request.cancelled', principal: who, subject: `request/${id}`, data }],
        }
      })
      return { request: await viewRequest(store.db, id), grant: undefined, seq }
    },
    async approverGroups(ids) {
      const found = new Map<string, string[]>()
      for (let i = 0; i < ids.length; i += IDS_AT_ONCE)
        for (const { request, groups, quorum } of await selectApproversOf(store.db, ids.slice(i, i + IDS_AT_ONCE))) {
          const named =
            quorum === null ? (JSON.parse(groups) as string[]) : parseQuorum(quorum).map(({ group }) => group)
          found.set(request, [...new Set([...(found.get(request) ?? []), ...named])])
        }
      return found
    },
    async show(id) {
      const approvals = await selectApprovals(store.db, id)
      return {
        request: await viewRequest(store.db, id),
        approvals: approvals.map(({ approver, answer, narrowed, reason, at }) => ({
          approver,
          answer,
          narrowed: JSON.parse(narrowed) as Narrowing,
          reason: reason ?? undefined,
          at,
        })),
      }
    },
    list: async (filter) => (await selectRequests(store.db, filter)).map(viewOf),
    async tidy() {
      for (const row of await selectOverdueRequests(store.db, clock.now()))
        await change(async (trx) => {
          const now = clock.now()
          const by = 'System::"clock"'
          if (!(await closeRequest(trx, row.id, { state: 'expired', at: now, by, reason: null })))
            return { value: undefined, feed: [], events: [] }
          const data = closing(row, 'expired', now)
          return {
            value: undefined,
            feed: [{ kind: 'request', key: row.id }],
            events: [{ kind: 'request.expired', principal: by, subject: `request/${row.id}`, data }],
          }
        })
    },
  }
}
