// The permission of every running call, decided again whenever something it rests on changes. Invariant: from the moment
// a change reaches this node no lease passes a check that was not decided after it; the sweep over all leases only makes
// sure that calls which forward nothing end too.
import { createRoster, Fault } from '../core/index.ts'
import {
  add,
  type CallSubject,
  type CutCount,
  type Lease,
  type LeaseAsk,
  type LeaseDeps,
  type LeaseView,
  OpenLease,
  type World,
} from './lease.ts'

/** Every call, one, or all of a principal: `User::"dana"` matches agents acting for that user as well. */
export type CallMatch = { readonly all: true } | { readonly call: string } | { readonly principal: string }

export interface Leases {
  take(ask: LeaseAsk): Lease
  cut(match: CallMatch | ((subject: CallSubject) => boolean), fault: Fault, cause: string): CutCount
  /** Decides the calls that match again: something that is no change of the feed has become otherwise. */
  again(match: CallMatch, cause: string): void
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

/** Milliseconds of work before other events get a turn; a collection of memory can come on top. */
const SLICE_MS = 4
/** Idle calls whose time has come are found this often at most, and this late at most after a jump of the wall clock. */
const TIMER_MIN_MS = 5
const TIMER_MAX_MS = 15_000

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
      // A change that has not come to this one yet may be why it ends, and is what a reader of the log looks for.
      if (lease.deadline <= now) lease.judge(lease.epoch === world.epoch ? 'time' : world.changes)
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
        lease.judge(world.changes)
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
      for (const lease of matching(match)) add(count, lease.cut(fault, cause))
      return count
    },
    again(match, cause) {
      for (const lease of matching(match)) lease.judge(cause)
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

function matches(lease: OpenLease, match: CallMatch): boolean {
  if ('all' in match) return true
  if ('call' in match) return lease.call === match.call
  return match.principal === lease.principal || match.principal === lease.human
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
