// Questions about administration, put to the same rules as calls are. Context is built here from what is known; the
// entity asked about is described even when it is suspended or not there yet, so that a rule can name it.
import { type RoleAsk, stepUpFault } from '../access/index.ts'
import type { Caller, Decision, EntityUid } from '../core/index.ts'
import { Fault, NO_DUTIES, uidText } from '../core/index.ts'
import {
  type AskContext,
  authContext,
  type CedarRecord,
  type ClockContext,
  type DecisionContext,
  type EntityFacts,
  type EntitySource,
  entity,
  type GrantContext,
  type Policy,
} from '../policy/index.ts'

/** What an act is done to. `attrs` for entities that no source knows, such as keys and sessions. */
export interface Subject {
  readonly uid: EntityUid
  readonly attrs?: CedarRecord
  /** Actions of `jit`: what is asked for. */
  readonly ask?: RoleAsk
}

export const GATEWAY: Subject = { uid: { type: 'Gateway', id: 'sallyport' } }

export interface JudgeDeps {
  policy: Pick<Policy, 'decide' | 'allows'>
  entities: EntitySource
  /** Facts for whom something is done to: suspended principals too. */
  describe: (uid: EntityUid) => EntityFacts | undefined
  clockContext: (nowMs: number) => ClockContext
  now: () => number
  /** What the caller holds for a while, and until when what it rests on holds. */
  standing: (caller: Caller) => { grant: GrantContext; holdsUntil?: number }
  /** 0 to 100, from alerts about this principal. */
  anomaly: (caller: Caller) => number
  withinScopes: (caller: Caller, action: string, model?: string) => boolean
}

/** A decision; denied with a challenge where only the sign-in is not what the rule that allows it wants. */
export interface AdminDecision extends Decision {
  readonly challenge?: Fault
}

export interface Judge {
  decide(caller: Caller, action: string, subject: Subject): AdminDecision
  /** For filtering lists. */
  allows(caller: Caller, action: string, subject: Subject): boolean
}

export function createJudge(deps: JudgeDeps): Judge {
  const { policy } = deps

  const worldOf = (caller: Caller, { uid, attrs }: Subject): EntitySource => {
    const subject = uidText(uid)
    if (subject === uidText(caller.principal)) return deps.entities
    return {
      get(asked) {
        if (asked.text !== subject) return deps.entities.get(asked)
        const known = deps.describe(uid) ?? deps.entities.get(asked)
        return { attrs: { ...known?.attrs, ...attrs }, ancestors: known?.ancestors ?? new Set(), ...tagsOf(known) }
      },
    }
  }

  const query = (caller: Caller, action: string, { uid, ask }: Subject) => {
    const now = deps.now()
    const standing = deps.standing(caller)
    const context = {
      clock: deps.clockContext(now),
      auth: authContext(caller, now),
      risk: { injection: 0, anomaly: deps.anomaly(caller) },
      grant: standing.grant,
      ...(ask && { ask: askContext(ask) }),
    } satisfies DecisionContext
    const until = Math.min(standing.holdsUntil ?? Infinity, caller.credential.expiresAt ?? Infinity)
    return {
      principal: caller.principal,
      action,
      resource: uid,
      context,
      ...(until === Infinity ? {} : { holdsUntil: until }),
    }
  }

  const inScope = (caller: Caller, action: string, { uid }: Subject) =>
    deps.withinScopes(caller, action, uid.type === 'Model' ? uid.id : undefined)

  return {
    decide(caller, action, subject) {
      const decision = policy.decide(query(caller, action, subject), worldOf(caller, subject))
      if (inScope(caller, action, subject)) {
        const challenge = stepUpFault(decision.duties.stepUp, caller.credential, deps.now())
        if (!challenge) return decision
        const data = { ...challenge.data, decision: decision.id }
        return {
          ...decision,
          allow: false,
          duties: NO_DUTIES,
          challenge: new Fault(challenge.code, { detail: challenge.publicMessage, data }),
        }
      }
      const { validUntil: _, ask: __, ...rest } = decision
      return {
        ...rest,
        allow: false,
        rules: [],
        duties: NO_DUTIES,
        why: 'This credential is narrowed to something else.',
      }
    },
    allows: (caller, action, subject) =>
      inScope(caller, action, subject) &&
      policy.allows(
        query(caller, action, subject),
        worldOf(caller, subject),
        ({ stepUp }) => stepUpFault(stepUp, caller.credential, deps.now()) === undefined,
      ),
  }
}

/** Rules compare the requester with people; an agent or service that asks is nobody's self. */
const askContext = ({ requester, ...ask }: RoleAsk): AskContext => ({
  ...ask,
  ...(requester?.type === 'User' && { requester: entity('User', requester.id) }),
})

const tagsOf = (facts: EntityFacts | undefined) => (facts?.tags ? { tags: facts.tags } : {})

/** @throws Fault that says no, and how to ask, if the decision does */
export function demand(decision: AdminDecision): void {
  if (decision.allow) return
  if (decision.challenge) throw decision.challenge
  const { id, why, ask } = decision
  throw new Fault(ask === undefined ? 'access_denied' : 'approval_required', {
    ...(why === undefined ? {} : { detail: why }),
    data: { decision: id, ...(ask === undefined ? {} : { ask }) },
  })
}
