// Answering a request: by people, who are none of its parties, about exactly what was asked. The approval that makes
// enough of them is the one that begins the grant. Each person has one answer, which they may give again once it has
// stopped counting, or when others count again and it is enough with them; the later one takes the place of the earlier.
import { type Caller, credentialText, type Duties, Fault, type NewEvent, uidText } from '../core/index.ts'
import { type Grant, parseUid } from './grant.ts'
import {
  type ApprovalRow,
  closeRequest,
  demandOf,
  holdPending,
  putApproval,
  type RequestRow,
  selectApprovals,
  selectRequest,
} from './grant-queries.ts'
import { quorumMet } from './quorum.ts'
import type { Approve } from './request-approval.ts'
import { type Approving, bothApprove, type Need, type RequestDeps, within } from './request-rules.ts'
import { closedFault, closing, narrowingData, type RequestView, tooLate, viewOf, viewRequest } from './request-view.ts'
import { checkNarrowing, invalid, type Narrowing, narrow, roleAsk } from './role-ask.ts'
import { stepUpFault } from './step-up.ts'

export interface Answered {
  readonly request: RequestView
  /** The grant, once there are enough approvals. */
  readonly grant: Grant | undefined
  readonly seq: number
}

export interface Answer {
  by: Caller
  /** Digest of the ask as the approver saw it. */
  digest: string
  reason?: string
  narrow?: Narrowing
}

export type GiveAnswer = (id: string, kind: 'approve' | 'deny', answer: Answer) => Promise<Answered>

export function createAnswering(deps: RequestDeps, need: Need, approve: Approve): GiveAnswer {
  const { store, change, clock } = deps
  const isParty = ({ requester, beneficiary }: RequestRow, who: string): boolean =>
    [requester, beneficiary].some((party) => party === who || deps.humanOf(parseUid(party)) === who)

  const stillAsked = createStillAsked(deps)

  return async (id, kind, { by, digest, reason, narrow: less }) => {
    const open = await selectRequest(store.db, id)
    if (!open) throw new Fault('not_found', { detail: 'There is no such request' })
    if (by.principal.type !== 'User') throw new Fault('access_denied', { detail: 'Only people answer requests' })
    const approver = uidText(by.principal)
    if (isParty(open, approver)) throw new Fault('access_denied', { detail: 'Nobody answers a request of their own' })
    if (digest !== open.digest)
      throw new Fault('precondition_failed', { detail: 'This answer is for another request than the one that stands' })
    const request = viewOf(open)
    const given = (await selectApprovals(store.db, id)).filter((one) => one.approver !== approver)
    const asked = roleAsk({ ...request, role: open.role }, parseUid(open.requester), given.length)
    const duties = need('approveRole', by, open.role, asked)
    const narrowed = { ...checkNarrowing(request, less ?? {}) }
    if (kind === 'approve') {
      const { uses } = within(duties, {
        reason: '',
        seconds: request.seconds,
        ...usesOf(request),
        ...narrowed,
        role: open.role,
      })
      if (uses !== undefined && uses !== request.uses) narrowed.uses = uses
    }
    // The grant runs already; who says yes to less than it would be told yes to all of it.
    if (open.extends !== null && (narrowed.models || narrowed.uses !== undefined || narrowed.tokens !== undefined))
      throw invalid(
        'narrow',
        'More time for a grant may be made less time; end the grant to take anything else from it',
      )
    const now = clock.now()

    const { value, seq } = await change<Grant | undefined>(async (trx) => {
      const row = await holdPending(trx, id, now)
      if (!row) throw await closedFault(store.db, id)
      const mayCount = ({ approver, answer }: ApprovalRow): boolean =>
        answer === 'approve' && deps.isActive(parseUid(approver)) && !isParty(row, approver)
      // Somebody who has left since, has become a party, or may not approve any more, does not count: each is asked about as
      // when they answered, with what they showed then, which must not have been taken from them since.
      const stands = (one: ApprovalRow, earlier: number): boolean => {
        if (!mayCount(one)) return false
        const caller = callerThen({ ...one, who: one.approver }, now)
        if (!caller || !deps.isGood(caller)) return false
        const { allow, duties } = deps.decide('approveRole', caller, open.role, { ...asked, approvals: earlier })
        return allow && !stepUpFault(duties.stepUp, caller.credential, now)
      }
      const before = await selectApprovals(trx, id)
      const repeated = before.some((one, earlier) => one.approver === approver && stands(one, earlier))
      const twice = () => new Fault('not_possible', { detail: 'You have answered this already' })
      if (repeated && kind === 'deny') throw twice()
      await putApproval(trx, {
        request: id,
        approver,
        id: deps.newId('approval'),
        answer: kind,
        groups: JSON.stringify([...deps.groupsOf(by.principal)]),
        narrowed: JSON.stringify(narrowed),
        reason: reason ?? null,
        at: now,
        caller: JSON.stringify({ credential: by.credential, address: by.address }),
      })
      const event = (state: RequestView['state']): NewEvent => ({
        kind: kind === 'approve' ? 'request.approved' : 'request.denied',
        principal: approver,
        credential: credentialText(by.credential),
        address: by.address,
        subject: `request/${id}`,
        ...(reason === undefined ? {} : { reason }),
        data: { digest, ...narrowingData(narrowed), ...closing(row, state, now) },
      })
      const feed = [{ kind: 'request', key: id }]
      if (kind === 'deny') {
        if (!(await closeRequest(trx, id, { state: 'denied', at: now, by: approver, reason: reason ?? null })))
          throw tooLate()
        return { value: undefined, feed, events: [event('denied')] }
      }
      const standing = (await selectApprovals(trx, id)).filter((one, earlier) =>
        one.approver === approver ? mayCount(one) : stands(one, earlier),
      )
      const approvers = standing.map((one) => ({ groups: JSON.parse(one.groups) as string[] }))
      // Whoever asked may have lost the right to since, and the rules may demand more.
      const asking = stillAsked(row, now)
      const { approvals = 1, quorum } = asking.reduce<Approving>(bothApprove, {
        approvals: row.approvals,
        ...(row.quorum !== null && { quorum: row.quorum }),
      })
      if (!quorumMet(approvers, approvals, quorum)) {
        await demandOf(trx, id, approvals, quorum ?? null)
        if (repeated) throw twice()
        return { value: undefined, feed, events: [event('pending')] }
      }
      const all = standing.map((one) => JSON.parse(one.narrowed) as Narrowing)
      for (const duties of asking) {
        const less = narrow(request, all)
        const { uses } = within(duties, { ...less, role: row.role, reason: '' })
        if (uses !== undefined && uses !== less.uses) all.push({ uses })
      }
      const done = await approve(trx, row, all, approver, reason ?? null)
      return { value: done.value, feed: [...feed, ...done.feed], events: [event('approved'), ...done.events] }
    })
    return { request: await viewRequest(store.db, id), grant: value, seq }
  }
}

/**
 * What the rules of now demand of the approval; @throws Fault `not_possible` if they let nobody ask for this any more, or what it was
 * asked with has been taken away: then it may not have been they who asked.
 */
const createStillAsked =
  ({ decide, isGood }: Pick<RequestDeps, 'decide' | 'isGood'>) =>
  (row: RequestRow, now: number): readonly Duties[] => {
    const asker = callerThen({ who: row.requester, at: row.created_at, caller: row.caller }, now)
    if (asker && !isGood(asker))
      throw new Fault('not_possible', { detail: 'The credential that this was asked with has been taken away since' })
    const ask = roleAsk({ ...viewOf(row), role: row.role }, parseUid(row.requester), 0)
    return [...new Set([row.requester, row.beneficiary])].map((who) => {
      const decision = asker && decide('requestRole', { ...asker, principal: parseUid(who) }, row.role, ask)
      if (!asker || !decision?.allow || stepUpFault(decision.duties.stepUp, asker.credential, now))
        throw new Fault('not_possible', { detail: `The rules do not let ${who} have this asked for any more` })
      return decision.duties
    })
  }

const usesOf = ({ uses }: RequestView): Narrowing => (uses === undefined ? {} : { uses })

/** Who asked or answered, with a sign-in that is as old as it was then. Undefined for what was made before that was kept. */
function callerThen(
  { who, at, caller }: { who: string; at: number; caller: string | null },
  now: number,
): Caller | undefined {
  if (caller === null) return undefined
  const { credential, address } = JSON.parse(caller) as Pick<Caller, 'credential' | 'address'>
  const { issuedAt, authenticatedAt } = credential
  const aged = {
    ...credential,
    ...(issuedAt === undefined ? {} : { issuedAt: issuedAt + now - at }),
    ...(authenticatedAt === undefined ? {} : { authenticatedAt: authenticatedAt + now - at }),
  }
  return { principal: parseUid(who), credential: aged, address }
}
