// The permission of every running call, decided again whenever something it rests on changes. Invariant: from the moment
// a change reaches this node no lease passes a check that was not decided after it; the sweep over all leases only makes
// sure that calls which forward nothing end too.
import type { Caller, Clock, Decision, NewId, StillAllowed, Treatment } from '../core/index.ts'
import { createRoster, Fault, type Listed, NOWHERE, type Roster, uidText } from '../core/index.ts'
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

/** All given fields must match. `{ all: true }` matches every call; nothing given matches none. */
export interface CallMatch {
  key?: string
  /** `User::"dana"`; agents acting for that user match as well. */
  principal?: string
  session?: string
  call?: string
  model?: string
  address?: string
  all?: true
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

export interface Leases {
  take(ask: LeaseAsk): Lease
  cut(match: CallMatch | ((subject: CallSubject) => boolean), fault: Fault, cause: string): CutCount
  /** How many calls a cut would end. */
  count(match: CallMatch | ((subject: CallSubject) => boolean)): CutCount
  open(): LeaseView[]
  readonly size: number
  /** Grows with every change that has reached this node. */
  readonly epoch: number
  /** Decides every open lease again; resolves when all are decided or cut. For the feed, after all other listeners. */
  onChange(changes: readonly { kind: string; key: string }[]): Promise<CutCount>
  stop(): void
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

/** Milliseconds of work before other events get a turn; a collection of memory can come on top. */
const SLICE_MS = 4
/** Idle calls whose time has come are found this often at most, and this late at most after a jump of the wall clock. */
const TIMER_MIN_MS = 5
const TIMER_MAX_MS = 15_000

/** What moved a lease, or the changes among which that is to be found. */
type Cause = string | readonly { kind: string; key: string }[]

interface Change {
  readonly kind: string
  readonly key: string
}

interface World {
  epoch: number
  /** What the present epoch began with: the cause of what a lease finds when it looks before its turn has come. */
  changes: readonly Change[]
  /** Calls ended by the answers to the present change. */
  count: CutCount
  deps: LeaseDeps
  leases: Roster<OpenLease>
}

export function createLeases(deps: LeaseDeps): Leases {
  const { clock } = deps
  const world: World = { epoch: 1, changes: [], count: { calls: 0, upstreams: 0 }, deps, leases: createRoster() }
  let timer: NodeJS.Timeout | undefined
  let timerAt = Number.POSITIVE_INFINITY

  const arm = (at: number): void => {
    if (at >= timerAt) return
    clearTimeout(timer)
    timerAt = at
    timer = setTimeout(expire, Math.min(Math.max(at - clock.now(), TIMER_MIN_MS), TIMER_MAX_MS))
    timer.unref()
  }

  /** Visits every lease, other events in between, and sets the timer for the deadline that comes first then. */
  const sweep = async (visit: (lease: OpenLease) => void): Promise<void> => {
    let since = clock.monotonic()
    let next = Number.POSITIVE_INFINITY
    for (const lease of world.leases) {
      visit(lease)
      if (!lease.ended && lease.deadline < next) next = lease.deadline
      if (clock.monotonic() - since > SLICE_MS) {
        await nextTurn()
        since = clock.monotonic()
      }
    }
    if (next < Number.POSITIVE_INFINITY) arm(next)
  }

  /** Many calls can end at one moment: office hours are a deadline for all of them. */
  const expire = (): void => {
    timerAt = Number.POSITIVE_INFINITY
    const now = clock.now()
    sweep((lease) => {
      if (lease.deadline <= now) lease.judge('time')
    }).catch(deps.report)
  }

  const matching = function* (match: CallMatch | ((subject: CallSubject) => boolean)) {
    const fits =
      typeof match === 'function' ? (lease: OpenLease) => match(lease.ask) : (lease: OpenLease) => matches(lease, match)
    for (const lease of world.leases) if (fits(lease)) yield lease
  }

  return {
    take(ask) {
      if (deps.node && !deps.node.admits()) throw new Fault('node_stale')
      const lease = new OpenLease(world, ask)
      if (ask.epoch !== world.epoch) {
        lease.judge(causeAmong(world.changes, ask))
        if (lease.ended) throw lease.ended.fault
      } else {
        const refusal = deps.standing(ask)
        if (refusal) throw refusal
      }
      world.leases.add(lease)
      arm(lease.deadline)
      return lease
    },
    cut(match, fault, cause) {
      const count: CutCount = { calls: 0, upstreams: 0 }
      for (const lease of matching(match)) add(count, lease.end(fault, cause))
      return count
    },
    count(match) {
      const count: CutCount = { calls: 0, upstreams: 0 }
      for (const lease of matching(match)) add(count, lease)
      return count
    },
    open: () => [...world.leases].map((lease) => lease.view()),
    get size() {
      return world.leases.size
    },
    get epoch() {
      return world.epoch
    },
    async onChange(changes) {
      world.epoch += 1
      world.changes = changes
      const count: CutCount = { calls: 0, upstreams: 0 }
      world.count = count
      await sweep((lease) => {
        if (lease.epoch !== world.epoch) lease.judge(changes)
      })
      return count
    },
    stop() {
      clearTimeout(timer)
    },
  }
}

class OpenLease implements Lease, Listed {
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
      if (this.epoch !== epoch) this.judge(causeAmong(changes, this.ask))
      else if (deps.clock.now() >= this.deadline) this.judge('time')
      if (deps.node && !deps.node.holds()) this.end(new Fault('node_stale'), 'node')
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
    this.end(fault, this.#causeOf(cause))
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

  cut(fault: Fault, cause: string): void {
    this.end(fault, cause)
  }

  end(fault: Fault, cause: string): this {
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

function matches(lease: OpenLease, match: CallMatch): boolean {
  const { ask } = lease
  if (match.all) return true
  let given = false
  const differs = (wanted: string | undefined, ...actual: (string | undefined)[]) => {
    if (wanted === undefined) return false
    given = true
    return !actual.includes(wanted)
  }
  if (differs(match.key, ask.caller.credential.id)) return false
  if (differs(match.principal, lease.principal, lease.human)) return false
  if (differs(match.session, ask.session)) return false
  if (differs(match.call, ask.call)) return false
  if (differs(match.model, ask.model)) return false
  if (differs(match.address, ask.caller.address)) return false
  return given
}

/** The change that most likely moved this call: one that names what it rests on, else the last. */
function causeAmong(changes: readonly Change[], ask: LeaseAsk): string {
  const { caller } = ask
  const own = [caller.credential.id, caller.principal.id, uidText(caller.principal), ask.session, ask.model, ask.call]
  const change = changes.find(({ key }) => own.includes(key)) ?? changes.at(-1)
  return change ? `${change.kind}/${change.key}` : 'change'
}

const add = (count: CutCount, lease: { progress: { upstream: boolean } }): void => {
  count.calls += 1
  if (lease.progress.upstream) count.upstreams += 1
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
