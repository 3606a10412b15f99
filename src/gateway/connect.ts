// The pipeline's ports built from the rooms themselves, so that app/ hands in rooms and nothing is told twice.
import { hash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { type Access, type Grant, type Grants, stepUpFault } from '../access/index.ts'
import type { Audit } from '../audit/index.ts'
import {
  type Caller,
  type Clock,
  type Decision,
  type Duties,
  Fault,
  type LimitDuty,
  type ModelRequest,
  type NewId,
} from '../core/index.ts'
import { type Identity, withoutSecrets } from '../identity/index.ts'
import type { LimitAsk, Limits } from '../limits/index.ts'
import type { Model, Registry } from '../model/index.ts'
import { EntityRef } from '../policy/index.ts'
import { fingerprint } from './conversation.ts'
import { clampedBy, hidesAnswers } from './duties.ts'
import type { About, Judge } from './judge.ts'
import { estimateInput } from './meter.ts'
import type { Incoming, Ports, Question, ResolvedModel } from './ports.ts'
import type { Screening } from './screening.ts'
import { continued, storeAnswer } from './stored.ts'

export interface Rooms {
  readonly clock: Clock
  readonly newId: NewId
  readonly report: (error: unknown) => void
  readonly identity: Identity
  readonly registry: Registry
  readonly access: Access
  readonly grants: Grants
  readonly limits: Limits
  readonly audit: Audit
  readonly judge: Judge
  readonly screening: Screening
  /** Whether calls are told apart by their content, to notice loops. */
  readonly digestCalls: boolean
  /** Names of the roles that a caller holds for a purpose. */
  readonly rolesOf: (caller: Caller, about: About) => readonly string[]
}

/** Longest path that is written down. */
const PATH_LENGTH = 128

export function connectRooms(rooms: Rooms): Ports {
  const { clock, newId, report, identity, registry, access, grants, limits, audit, judge, screening } = rooms
  const resolved = new WeakMap<Model, ResolvedModel>()
  /** What a decision had heard of when it was made: a lease taken on an older one asks again. */
  const epochs = new WeakMap<Decision, number>()
  const standing = (caller: Caller): Fault | undefined => identity.standing(caller) ?? access.locks.check({ caller })
  const stands = (caller: Caller): void => {
    const fault = standing(caller)
    if (fault) throw fault
  }
  const redecide = (question: Question) => {
    stands(question.caller)
    return judge.decideAgain(question)
  }
  const limitsAsk = (
    { caller, model: { uid }, session, request, using }: Question,
    demanded: readonly LimitDuty[],
  ): LimitAsk => ({
    principal: caller.principal,
    key: caller.credential.id,
    roles: () => rooms.rolesOf(caller, { model: uid.id, ...(using && { using }) }),
    model: registry.resolve(uid.id)?.aliasOf ?? uid.id, // used up under one name is used up under all
    ...(session ? { session: session.id } : {}),
    limits: demanded,
    estimate: request ? estimateOf(request) : { inputTokens: 0 },
  })
  return {
    newId,
    now: clock.now,
    report,
    identify({ rawHeaders, address }) {
      if (!access.admits()) throw new Fault('node_stale')
      const caller = identity.authenticate({ headers: rawHeaders, address })
      const lock = access.locks.check({ caller })
      if (lock) throw lock
      return caller
    },
    stands,
    resolve(name) {
      const model = registry.resolve(name)
      if (!model) return undefined
      let one = resolved.get(model)
      if (!one) {
        one = toResolved(model)
        resolved.set(model, one)
      }
      return one
    },
    decide(question) {
      const { epoch } = access.leases
      const decision = judge.decide(question)
      epochs.set(decision, epoch)
      return decision
    },
    heldBy: ({ caller, model, using }) =>
      using?.[0] ?? grants.held(caller.principal, { model: model.uid.id })[0]?.grant,
    async takeUse(question, call) {
      let taken: unknown // by another call, just now: there may be a second grant
      const able = (grant: Grant) => {
        const budget = grants.limitOf(grant)
        return budget === undefined || limits.covers(budget, limitsAsk(question, []))
      }
      const counted = grants.counted(question.caller.principal, question.model.uid.id)
      // Of several that which has enough left; without any the refusal says what is missing.
      for (const grant of [...counted.filter(able), ...counted.filter((one) => !able(one))]) {
        const using = { ...question, using: [grant.id] }
        if (!judge.decide(using).allow) continue
        const use = await grants.use(grant.id, call).catch((error: unknown) => {
          if (Fault.from(error).code !== 'approval_required') throw error
          taken = error
        })
        if (!use) continue
        const decision = judge.decide(using)
        const budget = grants.limitOf(grant)
        const limits = budget ? [...decision.duties.limits, budget] : decision.duties.limits
        return {
          question: using,
          decision: { ...decision, duties: { ...decision.duties, limits } },
          settle: (sent) => use.settle(sent),
        }
      }
      if (taken !== undefined) throw taken
      return undefined
    },
    stepUp: (decision, caller) => stepUpFault(decision.duties.stepUp, caller.credential, clock.now()),
    mayAny: judge.mayAny,
    mayKnow: judge.mayKnow,
    refusal: judge.refusal,
    continued: (caller, request) => continued(access.answers, caller, request),
    store: (question, call, said) => storeAnswer(access.answers, question, judge.decide(question), call, said),
    enter(incoming, caller, request, model, session) {
      const said = incoming.header('x-sallyport-session')
      const named = said === undefined ? undefined : withoutSecrets(said)
      if (session !== undefined && named !== undefined && named !== session)
        throw new Fault('session_mismatch', { detail: 'The response that is continued belongs to another session' })
      const header = session ?? named
      const print = header === undefined ? fingerprint(request) : undefined
      return access.sessions.enter({
        caller,
        model,
        ...(header === undefined ? {} : { header }),
        ...(print === undefined ? {} : { fingerprint: print }),
      })
    },
    lease(call, question, decision) {
      const held = grants.held(question.caller.principal, { model: question.model.uid.id })
      if (held.length > 0) grants.noteUse(held.map(({ grant }) => grant))
      // The body was awaited since the caller was identified: what was proven then may have ended.
      const fault = standing(question.caller)
      if (fault) throw fault
      const epoch = epochs.get(decision)
      return access.leases.take({
        call,
        ...(epoch === undefined ? {} : { epoch }),
        caller: question.caller,
        model: question.model.uid.id,
        ...(question.session ? { session: question.session.id } : {}),
        decision,
        redecide: () => redecide(question),
        retreat: (direction, dataClass) => screening.retreat(question, direction, dataClass),
      })
    },
    reserve: (question, { duties }) => {
      const { request } = question
      const ask = limitsAsk(clampedQuestion(question, duties), duties.limits)
      const digest = rooms.digestCalls && request ? { digest: digestOf(ask.model, request) } : {}
      return limits.reserve({ ...ask, ...digest })
    },
    reserveMore(hold, question, before, again) {
      const held = before.duties.limits
      const more = again.duties.limits.filter((limit) => !held.some((one) => isDeepStrictEqual(one, limit)))
      return more.length === 0
        ? hold
        : limits.reserveMore(hold, limitsAsk(clampedQuestion(question, again.duties), more))
    },
    score: screening.score,
    callTool(question, incoming, tool) {
      const decision = judge.callTool(question, tool, saidConfirmed(incoming, tool))
      const challenge = decision.allow && stepUpFault(decision.duties.stepUp, question.caller.credential, clock.now())
      if (challenge) throw challenge
      if (decision.allow) return
      const helps = judge.callTool(question, tool, true).allow
      // A name that the caller has not offered comes from the model, unscreened: it is told to nobody.
      const offered = question.request?.params.tools?.some(({ name }) => name === tool)
      const named = offered ? `the tool "${tool}"` : 'a tool that was not offered'
      const hint = offered && helps ? ` With that, send the call again with ${CONFIRM}: ${tool}` : ''
      throw new Fault('access_denied', {
        detail: `The model may not call ${named} for you. ${decision.why ?? 'A rule forbids it.'}${hint}`,
        ...(offered && { data: { tool } }),
      })
    },
    screenInput: screening.input,
    screenKept: screening.kept,
    spotlight: screening.spotlight,
    plant: screening.plant,
    forbidden: screening.forbidden,
    screenOutput: screening.output,
    record: (call, { address, path }) =>
      audit.openCall(call, { address, data: { route: withoutSecrets(path).slice(0, PATH_LENGTH) } }),
  }
}

/** Names tools that a person has agreed to, as the caller says. */
const CONFIRM = 'x-sallyport-confirm'
const saidConfirmed = (incoming: Incoming, tool: string): boolean =>
  (incoming.header(CONFIRM) ?? '').split(',').some((name) => name.trim() === tool)

/** What is reserved is what will be asked for. */
const clampedQuestion = (question: Question, duties: Duties): Question =>
  question.request ? { ...question, request: clampedBy(question.request, duties) } : question

/** What is embedded has no answer. */
const estimateOf = (request: ModelRequest): LimitAsk['estimate'] => {
  const maxTokens = request.action === 'embed' ? 0 : request.params.maxTokens
  const unseenTokens = hidesAnswers(request) ? (request.params.bestOf ?? 1) * (maxTokens ?? Infinity) : undefined
  return {
    inputTokens: estimateInput(request),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(unseenTokens !== undefined && { unseenTokens }),
  }
}

const digestOf = (model: string, { action, messages, inputs }: ModelRequest): string =>
  hash('sha256', JSON.stringify([model, action, messages, inputs]), 'base64url')

const toResolved = (model: Model): ResolvedModel => ({
  uid: new EntityRef('Model', model.name),
  upstreamName: model.upstreamName,
  hosting: model.hosting,
  digest: model.digest,
  send: (request, options) => model.send(request, options),
})
