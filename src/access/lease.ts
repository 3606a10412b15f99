// The permission of one running call. It is decided again when a change has reached this node since it last was, and at its
// deadline; it ends if the answer is no or demands more than the call was started under.
import type { Caller, Clock, Decision, NewId, StillAllowed, Treatment } from '../core/index.ts'
import { Fault, type Listed, NOWHERE, type Roster, uidText } from '../core/index.ts'
import { moreProtective, stricter } from './strictness.ts'

export type DataAction = 'send' | 'receive'

/** What a call is, as far as locks, sessions and matches care. */
export interface CallSubject {
  readonly caller: Caller
  readonly model?: string
  readonly session?: string
}

export interface LeaseAsk extends CallSubject {
  readonly call: string
  readonly model: string
  readonly decision: Decision
  /** `leases.epoch` as it was when `decision` was made; left out, the call is decided once more on taking the lease. */
  readonly epoch?: number
  /** The same question on the state of now, identity included. Synchronous, microseconds. A thrown Fault ends the call. */
  readonly redecide: () => StillAllowed | Decision
  /** What the policy now demands for a data class that this call already let through; a stricter answer ends the call. */
  readonly retreat?: (action: DataAction, dataClass: string) => Treatment
  /** Runs in the tick of the cut, after the signal. */
  readonly onCut?: (cut: Cut) => void
}

/** Why a call was ended: what its caller may know, and what moved it, for the audit log. */
export interface Cut {
  readonly fault: Fault
  /** `key/8F2…`, `policy/…`: the change behind it; `time` when it was the clock; else what the one who cut gave. */
  readonly cause: string
}

export interface Lease {
  readonly id: string
  readonly call: string
  /** Aborted with the Fault as its reason. */
  readonly signal: AbortSignal
  readonly ended: Cut | undefined
  /** Facts for lists and receipts, kept by whoever runs the call. */
  readonly progress: { upstream: boolean; tokens: number; lastByteAt: number }
  /** @throws the Fault that ended the call. To be called before each batch in either direction. */
  check(): void
  /** Notes what was done with a data class, so that a stricter rule is noticed. */
  treated(action: DataAction, dataClass: string, treatment: Treatment): void
  cut(fault: Fault, cause: string): void
  release(): void
}

export interface LeaseView {
  readonly id: string
  readonly call: string
  readonly principal: string
  readonly credential: string
  readonly session: string | undefined
  readonly model: string
  readonly action: string
  readonly decision: string
  readonly address: string
  readonly client: string | undefined
  readonly since: number
  readonly validUntil: number | undefined
  readonly tokens: number
  readonly lastByteAt: number
}

export interface CutCount {
  calls: number
  /** Of these, how many had an open connection to a model server. */
  upstreams: number
}

export interface LeaseDeps {
  clock: Clock
  newId: NewId
  /** What access itself holds against a call: a lock, an ended session. */
  standing: (subject: CallSubject) => Fault | undefined
  /** Milliseconds since 1970 when the principal's roles next change by time alone (grant or schedule begins or ends). */
  nextChange?: (principal: Caller['principal']) => number | undefined
  /** The human an agent acts for, as `User::"dana"`. */
  humanOf?: (principal: Caller['principal']) => string | undefined
  /** May this node take calls, and may it still run those it has? Both false once it has lost touch for too long. */
  node?: { admits(): boolean; holds(): boolean }
  report: (error: unknown) => void
}

/** What moved a lease, or the changes among which that is to be found. */
type Cause = string | readonly { kind: string; key: string }[]

export interface Change {
  readonly kind: string
  readonly key: string
}

/** What all leases of this node look at. */
export interface World {
  epoch: number
  /** What the present epoch began with: the cause of what a lease finds when it looks before its turn has come. */
  changes: readonly Change[]
  /** Calls ended by the answers to the present change. */
  count: CutCount
  deps: LeaseDeps
  leases: Roster<OpenLease>
}

export class OpenLease implements Lease, Listed {
  slot = NOWHERE
  readonly id: string
  readonly ask: LeaseAsk
  readonly since: number
  readonly principal: string
  readonly human: string | undefined
  readonly progress = { upstream: false, tokens: 0, lastByteAt: 0 }
  epoch: number
  deadline: number
  ended: Cut | undefined
  readonly #world: World
  #abort: AbortController | undefined
  #treated: Map<string, { action: DataAction; dataClass: string; treatment: Treatment }> | undefined

  constructor(world: World, ask: LeaseAsk) {
    this.#world = world
    this.ask = ask
    this.id = world.deps.newId('lease')
    this.since = world.deps.clock.now()
    this.principal = uidText(ask.caller.principal)
    this.human = world.deps.humanOf?.(ask.caller.principal)
    this.epoch = world.epoch
    this.deadline = this.#deadline(ask.decision)
  }

  get call(): string {
    return this.ask.call
  }

  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController()
      if (this.ended) this.#abort.abort(this.ended.fault)
    }
    return this.#abort.signal
  }

  check(): void {
    if (!this.ended) {
      const { deps, epoch, changes } = this.#world
      if (this.epoch !== epoch) this.judge(changes)
      else if (deps.clock.now() >= this.deadline) this.judge('time')
      if (deps.node && !deps.node.holds()) this.cut(new Fault('node_stale'), 'node')
    }
    if (this.ended) throw this.ended.fault
  }

  /** Asks again; ends the call if the answer is no or demands more than the call was started under. */
  judge(cause: Cause): void {
    if (this.ended) return
    this.epoch = this.#world.epoch
    const fault = this.#verdict()
    if (!fault) return
    // Counted whoever asked: a stream may ask for itself while others are still being asked.
    if (this.#world.leases.has(this)) add(this.#world.count, this)
    this.cut(fault, this.#causeOf(cause))
  }

  #verdict(): Fault | undefined {
    try {
      const { caller, redecide, decision: then } = this.ask
      const refusal = this.#world.deps.standing(this.ask) ?? expired(caller, this.#world.deps.clock.now())
      if (refusal) return refusal
      const now = redecide()
      this.deadline = this.#deadline(now)
      if (!now.allow) return refused(now)
      const duty = stricter(then.duties, now.duties) ?? this.#stricterData()
      if (duty === undefined) return undefined
      const detail = `The rules for this call became stricter (${duty}); send it again to be served under the new ones`
      return new Fault('access_denied', { detail, data: { decision: then.id } })
    } catch (error) {
      // A question that cannot be answered is answered no.
      return Fault.from(error)
    }
  }

  treated(action: DataAction, dataClass: string, treatment: Treatment): void {
    this.#treated ??= new Map()
    const key = `${action} ${dataClass}`
    const before = this.#treated.get(key)
    // The weakest treatment given is the one a stricter rule is measured against.
    if (!before || moreProtective(before.treatment, treatment)) this.#treated.set(key, { action, dataClass, treatment })
  }

  cut(fault: Fault, cause: string): this {
    if (this.ended) return this
    this.ended = { fault, cause }
    this.#world.leases.delete(this)
    try {
      this.#abort?.abort(fault)
      this.ask.onCut?.(this.ended)
    } catch (error) {
      // One call's listener must not keep the other calls from being cut.
      this.#world.deps.report(error)
    }
    return this
  }

  release(): void {
    this.#world.leases.delete(this)
  }

  view(): LeaseView {
    const { ask } = this
    return {
      id: this.id,
      call: ask.call,
      principal: this.principal,
      credential: ask.caller.credential.id,
      session: ask.session,
      model: ask.model,
      action: ask.decision.action,
      decision: ask.decision.id,
      address: ask.caller.address,
      client: ask.caller.client,
      since: this.since,
      validUntil: this.deadline < Number.POSITIVE_INFINITY ? this.deadline : undefined,
      tokens: this.progress.tokens,
      lastByteAt: this.progress.lastByteAt,
    }
  }

  #deadline(decision: Pick<Decision, 'validUntil'>): number {
    const { caller } = this.ask
    return Math.min(
      decision.validUntil ?? Number.POSITIVE_INFINITY,
      endsWithCall(caller) ?? Number.POSITIVE_INFINITY,
      this.#world.deps.nextChange?.(caller.principal) ?? Number.POSITIVE_INFINITY,
    )
  }

  /** Worked out for the calls that end alone: a sweep leaves nearly all running. */
  #causeOf(cause: Cause): string {
    return typeof cause === 'string' ? cause : causeAmong(cause, this.ask)
  }

  #stricterData(): string | undefined {
    const { retreat } = this.ask
    if (!retreat || !this.#treated) return undefined
    for (const { action, dataClass, treatment } of this.#treated.values())
      if (moreProtective(retreat(action, dataClass), treatment)) return `treatment of ${dataClass}`
    return undefined
  }
}

/**
 * When the credential's end must end running calls: keys, whose end is a promise. Tokens of an identity provider live
 * for minutes by design and only admit calls; cutting by them would throw everybody out at every renewal.
 */
const endsWithCall = ({ credential }: Caller): number | undefined =>
  credential.kind === 'key' || credential.kind === 'link' ? credential.expiresAt : undefined

const expired = (caller: Caller, now: number): Fault | undefined => {
  const end = endsWithCall(caller)
  return end !== undefined && end <= now ? new Fault('key_expired') : undefined
}

/** That no rule allows it any more is told as what it is for a call that one allowed: its right has ended. */
const refused = (decision: Decision): Fault =>
  new Fault('access_denied', {
    detail:
      decision.rules.length + decision.errors.length > 0 && decision.why !== undefined
        ? decision.why
        : 'Your access to this model has ended.',
    data: { decision: decision.id, ...(decision.ask === undefined ? {} : { ask: decision.ask }) },
  })

/** The change that most likely moved this call: one that names what it rests on, else the last. */
function causeAmong(changes: readonly Change[], ask: LeaseAsk): string {
  const { caller } = ask
  const own = [caller.credential.id, caller.principal.id, uidText(caller.principal), ask.session, ask.model, ask.call]
  const change = changes.find(({ key }) => own.includes(key)) ?? changes.at(-1)
  return change ? `${change.kind}/${change.key}` : 'change'
}

export const add = (count: CutCount, lease: { progress: { upstream: boolean } }): void => {
  count.calls += 1
  if (lease.progress.upstream) count.upstreams += 1
}
