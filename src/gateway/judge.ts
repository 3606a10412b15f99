// Questions about calls, put to the policy. Context is built here and nowhere else, from what the gateway knows itself.
// A credential's scopes are looked at first: they can only take away from what the rules give.
import { stepUpFault } from '../access/index.ts'
import {
  ACTION_GROUPS,
  type Caller,
  type Decision,
  type Duties,
  type EntityUid,
  Fault,
  NO_DUTIES,
  type Origin,
  type StillAllowed,
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
  type Query,
  requestContext,
  type SessionContext,
} from '../policy/index.ts'
import { estimateInput } from './meter.ts'
import type { Question, ResolvedModel } from './ports.ts'

/** What a role that is held for a while is wanted for. */
export interface About {
  readonly model?: string
  /** Counted grants of which this call has taken a use. */
  readonly using?: readonly string[]
  /** Nothing is done: counted grants need not be taken from. */
  readonly looking?: true
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

/** What a caller holds for a while, and until when what it rests on holds. The same object as long as nothing changed. */
export interface Standing {
  readonly grant: GrantContext
  readonly holdsUntil?: number
}

type Base = Required<Pick<DecisionContext, 'clock' | 'auth' | 'risk' | 'grant'>> & { readonly holdsUntil: number }

const NOTHING: readonly string[] = []
const NO_CONVERSATION: SessionContext = { turns: 0, tokens: 0, age: 0, taint: NOTHING }
/** Classes of data come from the guard's tree; the bound is for own classes beyond measure. */
const MOST_CLASSES = 1000

const outOfScope = ({ validUntil: _, ask: __, ...decision }: Decision): Decision => ({
  ...decision,
  allow: false,
  rules: [],
  duties: NO_DUTIES,
  why: 'This credential is narrowed to something else.',
})

export interface JudgeDeps {
  policy: Policy
  /** Facts as they are for this caller now: the directory, with roles held for a while for this purpose. */
  entities: (caller: Caller, about: About) => EntitySource
  clockContext: (nowMs: number) => ClockContext
  now: () => number
  /** What the caller holds for a while for this purpose, and until when what it rests on holds. */
  standing: (caller: Caller, about: About) => Standing
  /** 0 to 100, from alerts about this principal. */
  anomaly: (caller: Caller) => number
  withinScopes: (caller: Caller, action: string, model?: string) => boolean
  /** Every model there is, for what a caller may do at all. */
  models: () => Iterable<Pick<ResolvedModel, 'uid'>>
}

export interface Judge {
  decide(question: Question): Decision
  /** For a call that runs on an earlier yes. */
  decideAgain(question: Question): StillAllowed | Decision
  /** Whether the caller may do this with this resource; for lists. */
  allows(caller: Caller, action: string, resource: EntityUid): boolean
  /** What another sign-in would have to be, where only that keeps the caller from seeing this; undefined if it would not help. */
  signInFor(caller: Caller, action: string, resource: EntityUid): Fault | undefined
  mayAny(caller: Caller, action: string): boolean
  /** Who sees a model, or may use it, only not like this, knows that it is there. */
  mayKnow(caller: Caller, action: string, model: Pick<ResolvedModel, 'uid'>): boolean
  refusal(decision: Decision, question: Pick<Question, 'caller' | 'model'>): Fault
  /** Whether the caller's model may call a tool; `confirmed`: the caller says that a person has agreed. */
  callTool(question: Question, tool: string, confirmed: boolean): Decision
  /** What becomes of a data class: a deny blocks, an allow without a treatment passes. */
  treatment(question: Question, found: ClassFound): { treatment: Treatment; rules: readonly string[] }
}

const isReading = (action: string): boolean => (ACTION_GROUPS.read as readonly string[]).includes(action)

export function createJudge(deps: JudgeDeps): Judge {
  const { policy } = deps
  /** A grant for certain models gives nothing for what is no model. */
  const aboutOf = ({ model: { uid }, using }: Question): About => {
    const about = uid.type === 'Model' ? { model: uid.id } : {}
    return using === undefined ? about : { ...about, using }
  }
  const factsFor = (question: Question) => deps.entities(question.caller, aboutOf(question))
  /** Parameters do not change while a call runs; the rest of the context is taken anew with every question. */
  const parameters = new WeakMap<object, CedarRecord>()
  const principals = new WeakMap<Caller, EntityRef>()
  const classes = new Map<string, EntityRef>()

  /** What every context begins with. One call asks several questions in a row: what is the same is not built twice. */
  let last: { caller: Caller; now: number; standing: Standing; base: Base } | undefined
  const base = (caller: Caller, injection: number, about: About): Base => {
    const now = deps.now()
    const standing = deps.standing(caller, about)
    const anomaly = deps.anomaly(caller)
    if (last && last.caller === caller && last.now === now && last.standing === standing) {
      const { risk } = last.base
      if (risk.injection === injection && risk.anomaly === anomaly) return last.base
    }
    const made: Base = {
      clock: deps.clockContext(now),
      auth: authContext(caller, now),
      risk: { injection, anomaly },
      grant: standing.grant,
      holdsUntil: Math.min(standing.holdsUntil ?? Infinity, caller.credential.expiresAt ?? Infinity),
    }
    last = { caller, now, standing, base: made }
    return made
  }

  const principalOf = (caller: Caller): EntityRef => {
    let ref = principals.get(caller)
    if (!ref) {
      ref = new EntityRef(caller.principal.type, caller.principal.id)
      principals.set(caller, ref)
    }
    return ref
  }
  const classOf = (name: string): EntityRef => {
    let ref = classes.get(name)
    if (!ref) {
      ref = new EntityRef('DataClass', name)
      if (classes.size < MOST_CLASSES) classes.set(name, ref)
    }
    return ref
  }

  const conversation = ({ session }: Question): SessionContext =>
    session
      ? {
          turns: session.turns(),
          tokens: session.tokens(),
          age: Math.ceil(session.ageSeconds()),
          taint: session.taint.size === 0 ? NOTHING : [...session.taint],
        }
      : NO_CONVERSATION

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

  /** Whether the sign-in is what the rule that allows this wants it to be. */
  const signedIn = ({ credential }: Caller, { stepUp }: Duties): boolean =>
    stepUp === undefined || stepUpFault(stepUp, credential, deps.now()) === undefined

  const queryOf = (question: Question): Query => {
    const { caller, action, model } = question
    const { clock, auth, risk, grant, holdsUntil } = base(caller, question.injection, aboutOf(question))
    const request = requestOf(question)
    const session = conversation(question)
    const context = request ? { clock, auth, risk, grant, session, request } : { clock, auth, risk, grant, session }
    return { principal: principalOf(caller), action, resource: model.uid, context, holdsUntil }
  }
  /** What a call brings with it: data, and tools that its model would call. */
  const aside = (
    question: Question,
    action: string,
    resource: EntityRef,
    about: Pick<DecisionContext, 'data' | 'tool'>,
  ): Query => {
    const { caller, model } = question
    const { clock, auth, risk, grant, holdsUntil } = base(caller, question.injection, aboutOf(question))
    const session = conversation(question)
    const context = { clock, auth, risk, grant, session, model: model.uid, ...about }
    return { principal: principalOf(caller), action, resource, context, holdsUntil }
  }
  /** A key for certain models is none for what is no model, whatever that is called. */
  const inScope = ({ caller, action, model: { uid } }: Question) =>
    deps.withinScopes(caller, action, uid.type === 'Model' ? uid.id : undefined)

  /** Whether the caller may do this with a model if nothing is asked for that a rule could mind. */
  const mayPlainly = (caller: Caller, action: string, uid: EntityUid): boolean => {
    if (!deps.withinScopes(caller, action, uid.id)) return false
    const about = { model: uid.id, looking: true } as const
    const { clock, auth, risk, grant, holdsUntil } = base(caller, 0, about)
    const empty = { action: 'chat' as const, model: '', messages: [], inputs: [], params: {}, stream: false }
    const context = { clock, auth, risk, grant, session: NO_CONVERSATION, request: requestContext(empty, 0) }
    const asked = { principal: principalOf(caller), action, resource: uid, context, holdsUntil }
    return policy.allows(asked, deps.entities(caller, about))
  }

  /** As `policy.allows`, about a resource as such: no call is made. */
  const mayLook = (
    caller: Caller,
    action: string,
    resource: EntityUid,
    meets: (duties: Duties) => boolean,
  ): boolean => {
    if (!deps.withinScopes(caller, action, resource.type === 'Model' ? resource.id : undefined)) return false
    const looking = isReading(action) ? { looking: true as const } : {}
    const about = resource.type === 'Model' ? { model: resource.id, ...looking } : looking
    const { clock, auth, risk, grant, holdsUntil } = base(caller, 0, about)
    return policy.allows(
      { principal: principalOf(caller), action, resource, context: { clock, auth, risk, grant }, holdsUntil },
      deps.entities(caller, about),
      meets,
    )
  }

  const judge: Judge = {
    decide(question) {
      const decision = policy.decide(queryOf(question), factsFor(question))
      return inScope(question) ? decision : outOfScope(decision)
    },

    decideAgain: (question) =>
      inScope(question) ? policy.decideAgain(queryOf(question), factsFor(question)) : judge.decide(question),

    allows: (caller, action, resource) => mayLook(caller, action, resource, (duties) => signedIn(caller, duties)),

    signInFor(caller, action, resource) {
      let wanted: Fault | undefined
      mayLook(caller, action, resource, ({ stepUp }) => {
        wanted = stepUpFault(stepUp, caller.credential, deps.now())
        return true
      })
      return wanted
    },

    mayAny(caller, action) {
      for (const { uid } of deps.models()) if (mayPlainly(caller, action, uid)) return true
      return false
    },

    mayKnow: (caller, action, { uid }) => judge.allows(caller, 'list', uid) || mayPlainly(caller, action, uid),

    refusal(decision, { caller, model }) {
      // In the same words as a model that is not there: that one has no decision.
      if (!judge.mayKnow(caller, decision.action, model)) return new Fault('model_not_found')
      return new Fault(decision.ask === undefined ? 'access_denied' : 'approval_required', {
        ...(decision.why === undefined ? {} : { detail: decision.why }),
        data: { decision: decision.id, ...(decision.ask === undefined ? {} : { ask: decision.ask }) },
      })
    },

    callTool(question, tool, confirmed) {
      const { caller, model } = question
      const decision = policy.decide(
        aside(question, 'callTool', new EntityRef('Tool', tool), { tool: { confirmed } }),
        factsFor(question),
      )
      return deps.withinScopes(caller, 'callTool', model.uid.id) ? decision : outOfScope(decision)
    },

    treatment(question, found) {
      const { direction, class: name, count, confidence, origin, field } = found
      const data = { class: name, count, confidence, origin, field }
      const decision = policy.decide(aside(question, direction, classOf(name), { data }), factsFor(question))
      const allow = decision.allow && signedIn(question.caller, decision.duties)
      return { treatment: allow ? (decision.duties.treat ?? 'pass') : 'block', rules: decision.rules }
    },
  }
  return judge
}
