// Questions about calls, put to the policy. Context is built here and nowhere else, from what the gateway knows itself.
// A credential's scopes are looked at first: they can only take away from what the rules give.
import {
  type Caller,
  type Decision,
  type EntityUid,
  Fault,
  NO_DUTIES,
  type Origin,
  type Treatment,
} from '../core/index.ts'
import {
  authContext,
  type CedarRecord,
  type ClockContext,
  type DecisionContext,
  EntityRef,
  type EntitySource,
  type GrantContext,
  type Policy,
  requestContext,
} from '../policy/index.ts'
import { estimateInput } from './meter.ts'
import type { Question, ResolvedModel } from './ports.ts'

/** What a role that is held for a while is wanted for. */
export interface About {
  readonly model?: string
  /** Counted grants of which this call has taken a use. */
  readonly using?: readonly string[]
}

/** One data class found in a call, as rules may ask about it. */
export interface ClassFound {
  readonly direction: 'send' | 'receive'
  readonly class: string
  readonly count: number
  /** 0 to 100. */
  readonly confidence: number
  readonly origin: Origin
  /** Path inside JSON; '' outside. */
  readonly field: string
}

export interface JudgeDeps {
  policy: Policy
  /** Facts as they are for this caller now: the directory, with roles held for a while for this purpose. */
  entities: (caller: Caller, about: About) => EntitySource
  clockContext: (nowMs: number) => ClockContext
  now: () => number
  /** What the caller holds for a while, and until when what it rests on holds. */
  standing: (caller: Caller) => { grant: GrantContext; holdsUntil?: number }
  /** 0 to 100, from alerts about this principal. */
  anomaly: (caller: Caller) => number
  withinScopes: (caller: Caller, action: string, model?: string) => boolean
  /** Every model there is, for what a caller may do at all. */
  models: () => Iterable<Pick<ResolvedModel, 'uid'>>
}

export interface Judge {
  decide(question: Question): Decision
  /** Whether the caller may do this with this resource; for lists. */
  allows(caller: Caller, action: string, resource: EntityUid): boolean
  mayAny(caller: Caller, action: string): boolean
  refusal(decision: Decision, question: Pick<Question, 'caller' | 'model'>): Fault
  /** What becomes of a data class: a deny blocks, an allow without a treatment passes. */
  treatment(question: Question, found: ClassFound): { treatment: Treatment; rules: readonly string[] }
}

export function createJudge(deps: JudgeDeps): Judge {
  const { policy } = deps
  const factsFor = ({ caller, model, using }: Question) =>
    deps.entities(caller, { model: model.uid.id, ...(using === undefined ? {} : { using }) })
  /** Parameters do not change while a call runs; the rest of the context is taken anew with every question. */
  const parameters = new WeakMap<object, CedarRecord>()

  const base = (caller: Caller, injection: number) => {
    const now = deps.now()
    const standing = deps.standing(caller)
    const context = {
      clock: deps.clockContext(now),
      auth: authContext(caller, now),
      risk: { injection, anomaly: deps.anomaly(caller) },
      grant: standing.grant,
    } satisfies DecisionContext
    const until = Math.min(standing.holdsUntil ?? Infinity, caller.credential.expiresAt ?? Infinity)
    return { context, ...(until === Infinity ? {} : { holdsUntil: until }) }
  }

  const conversation = ({ session }: Question) => ({
    turns: session?.turns ?? 0,
    tokens: session?.tokens ?? 0,
    age: Math.ceil(session?.ageSeconds ?? 0),
    taint: session ? [...session.taint] : [],
  })

  const requestOf = (question: Question): CedarRecord | undefined => {
    const { request } = question
    if (!request) return undefined
    let shown = parameters.get(request)
    if (!shown) {
      shown = requestContext(request, estimateInput(request))
      parameters.set(request, shown)
    }
    return shown
  }

  const judge: Judge = {
    decide(question) {
      const { caller, action, model } = question
      const { context, ...query } = base(caller, question.injection)
      const request = requestOf(question)
      const asked = { principal: caller.principal, action, resource: model.uid, ...query }
      const decision = policy.decide(
        { ...asked, context: { ...context, session: conversation(question), ...(request ? { request } : {}) } },
        factsFor(question),
      )
      if (deps.withinScopes(caller, action, model.uid.id)) return decision
      const { validUntil: _, ask: __, ...rest } = decision
      return {
        ...rest,
        allow: false,
        rules: [],
        duties: NO_DUTIES,
        why: 'This credential is narrowed to something else.',
      }
    },

    allows(caller, action, resource) {
      if (!deps.withinScopes(caller, action, resource.type === 'Model' ? resource.id : undefined)) return false
      const { context, ...query } = base(caller, 0)
      const about = resource.type === 'Model' ? { model: resource.id } : {}
      return policy.allows(
        { principal: caller.principal, action, resource, context, ...query },
        deps.entities(caller, about),
      )
    },

    mayAny(caller, action) {
      const { context, ...query } = base(caller, 0)
      const empty = { action: 'chat' as const, model: '', messages: [], inputs: [], params: {}, stream: false }
      const full = {
        ...context,
        session: { turns: 0, tokens: 0, age: 0, taint: [] },
        request: requestContext(empty, 0),
      }
      for (const { uid } of deps.models()) {
        if (!deps.withinScopes(caller, action, uid.id)) continue
        const asked = { principal: caller.principal, action, resource: uid, context: full, ...query }
        if (policy.allows(asked, deps.entities(caller, { model: uid.id }))) return true
      }
      return false
    },

    refusal(decision, { caller, model }) {
      if (!judge.allows(caller, 'list', model.uid))
        return new Fault('model_not_found', { data: { decision: decision.id } })
      return new Fault(decision.ask === undefined ? 'access_denied' : 'approval_required', {
        ...(decision.why === undefined ? {} : { detail: decision.why }),
        data: { decision: decision.id, ...(decision.ask === undefined ? {} : { ask: decision.ask }) },
      })
    },

    treatment(question, found) {
      const { caller, model } = question
      const { context, ...query } = base(caller, question.injection)
      const { direction, ...data } = found
      const decision = policy.decide(
        {
          principal: caller.principal,
          action: direction,
          resource: { type: 'DataClass', id: found.class },
          context: { ...context, session: conversation(question), model: new EntityRef('Model', model.uid.id), data },
          ...query,
        },
        factsFor(question),
      )
      return { treatment: decision.allow ? (decision.duties.treat ?? 'pass') : 'block', rules: decision.rules }
    },
  }
  return judge
}
