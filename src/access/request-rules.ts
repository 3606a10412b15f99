// What the rules say to a step of a request: whether somebody may take it, and within what.
import type { Caller, Clock, Decision, Duties, NewId, PrincipalUid } from '../core/index.ts'
import { counted, Fault } from '../core/index.ts'
import type { MakeChange, Store } from '../store/index.ts'
import type { Grants } from './grants.ts'
import { parseQuorum } from './quorum.ts'
import { invalid, type JitAction, type NewRequest, type RoleAsk } from './role-ask.ts'
import { stepUpFault } from './step-up.ts'

export interface RequestDeps {
  store: Store
  change: MakeChange
  clock: Clock
  newId: NewId
  grants: Grants
  decide: (action: JitAction, caller: Caller, role: string, ask: RoleAsk) => Decision
  /** The human behind a principal: itself for a user, for whom it acts for an agent, its owner for a service. */
  humanOf: (principal: PrincipalUid) => string | undefined
  groupsOf: (principal: PrincipalUid) => Iterable<string>
  isActive: (principal: PrincipalUid) => boolean
  /** Whether what somebody showed was taken from them since; that its time has run out is none of it. */
  isGood: (caller: Caller) => boolean
  /** Milliseconds a request waits for answers. */
  waitMs: number
}

/** @throws Fault access_denied, step_up_required */
export type Need = (action: JitAction, caller: Caller, role: string, ask: RoleAsk) => Duties

export const createNeed =
  ({ decide, clock }: Pick<RequestDeps, 'decide' | 'clock'>): Need =>
  (action, caller, role, ask) => {
    const decision = decide(action, caller, role, ask)
    if (!decision.allow)
      throw new Fault('access_denied', {
        detail: decision.why ?? 'No rule allows this',
        data: { decision: decision.id },
      })
    const challenge = stepUpFault(decision.duties.stepUp, caller.credential, clock.now())
    if (challenge) throw challenge
    return decision.duties
  }

/** The ask within what the rule allows; a number of uses that was not asked for is set to the most there may be. */
export const within = <Ask extends NewRequest>({ longestSeconds, uses }: Duties, ask: Ask): Ask => {
  if (longestSeconds !== undefined && ask.seconds > longestSeconds)
    throw invalid('seconds', `This role may be held for ${longestSeconds} s at most`)
  if (uses === undefined) return ask
  if (ask.uses !== undefined && ask.uses > uses)
    throw invalid('uses', `This role may be held for ${counted(uses, 'use')} at most`)
  return { ...ask, uses: ask.uses ?? uses }
}

export type Approving = Pick<Duties, 'approvals' | 'quorum'>

/** As many yeses as either rule demands, and from the groups of both: who asks and who is to hold it are two questions. */
export function bothApprove(one: Approving, other: Approving): Approving {
  const seats = new Map<string, number>()
  for (const { group, count } of [one, other].flatMap(({ quorum }) =>
    quorum === undefined ? [] : parseQuorum(quorum),
  ))
    seats.set(group, Math.max(seats.get(group) ?? 0, count))
  return {
    approvals: Math.max(one.approvals ?? 1, other.approvals ?? 1),
    ...(seats.size > 0 && { quorum: [...seats].map(([group, count]) => `${group}: ${count}`).join(', ') }),
  }
}
