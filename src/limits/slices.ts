// Counters that all nodes share, or that outlive the process. What a node may hand out it has borrowed before, so nodes
// together never exceed a limit; what it holds and does not use goes back after a second, or when it is found dead.
import { type Clock, Fault, type LimitDuty } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import { type Counter, type Taken, windowStart } from './counter.ts'
import { borrow, reapSlices, type Settlement, settleSlice } from './queries.ts'

export interface SharedCounters {
  counter(key: string, limit: LimitDuty): Counter
  /** Writes what was used and gives back what lies idle; everything idle or not when `all`. */
  flush(all?: boolean): Promise<void>
  /** Gives back what dead nodes hold. */
  reap(): Promise<void>
}

export interface SharedDeps {
  store: Store
  clock: Clock
  /** Id of this process: another one after a restart. */
  node: string
  /** Ids of the nodes that may still act. */
  living: () => Promise<readonly string[]>
  /** False while this node must not act on what it holds. */
  admits: () => boolean
}

/** Part of what is left that a node takes at once. One node alone takes all. */
const SHARE = 0.05
const IDLE_MS = 1000
/** A refusal is believed for so long, so that a caller over its limit does not become a load on the database. */
const DRY_MS = 100

interface Borrower {
  readonly key: string
  limit: LimitDuty
  window: number
  /** On hand here. */
  available: number
  /** Left for others when last asked. */
  left: number
  held: number
  spent: number
  /** Declared spent, perhaps written down, and not used after all. */
  unspent: number
  usedAt: number
  dryUntil: number
  /** What was refused then: less may still be had. */
  dryFor: number
  /** The limit was lowered: what is on hand was borrowed under the old one, and goes back first. */
  lowered: boolean
  asking: Promise<void> | undefined
}

export function createSharedCounters({ store, clock, node, living, admits }: SharedDeps): SharedCounters {
  const { dialect } = store
  const alone = dialect === 'sqlite'
  const borrowers = new Set<Borrower>()

  const windowOf = (limit: LimitDuty, now: number) => (limit.unit === 'tokens' ? windowStart(limit, now) : 0)

  /** What was borrowed and used in windows before counts no more. */
  const begin = (state: Borrower, window: number): void => {
    state.window = window
    state.available = 0
    state.spent = 0
    state.unspent = 0
  }

  /** The present window and the present limit; what was borrowed under others is not on hand any more. */
  const present = (state: Borrower, limit: LimitDuty, now: number): void => {
    const window = windowOf(limit, now)
    if (window > state.window) {
      begin(state, window)
      state.dryUntil = 0
      state.left = limit.amount
    }
    if (limit.amount !== state.limit.amount) state.dryUntil = 0
    state.limit = limit
    state.usedAt = now
  }

  const take = (state: Borrower, amount: number, limit: LimitDuty, now: number): Taken | undefined => {
    if (limit.amount < state.limit.amount) state.lowered = true
    present(state, limit, now)
    if (state.lowered || state.available < amount || !admits()) return undefined
    state.available -= amount
    state.held += amount
    return { amount, window: state.window }
  }

  const ask = async (state: Borrower, need: number): Promise<void> => {
    const { key, window, limit } = state
    await settle(state, true)
    state.lowered = false
    const { granted, left, ...counted } = await store.transaction((trx) =>
      borrow(trx, dialect, { key, node, window }, limit, {
        need,
        share: alone ? 1 : SHARE,
        now: clock.now(),
      }),
    )
    if (counted.window < state.window) return // the window has passed meanwhile: the slice lapses with it
    if (counted.window > state.window) begin(state, counted.window)
    state.available += granted
    state.left = left
    if (granted === 0) {
      state.dryUntil = clock.now() + DRY_MS
      state.dryFor = need
    }
  }

  const settle = async (state: Borrower, back: boolean): Promise<void> => {
    const { key, window, limit } = state
    const now = windowOf(limit, clock.now())
    const over = Math.max(0, -state.available)
    const give = back ? Math.max(0, state.available) : 0
    const { unspent } = state
    const done: Settlement = { spent: state.spent - over, back: give, over: over - unspent }
    if (done.spent === 0 && give === 0 && over === 0 && unspent === 0) return
    state.spent = 0
    state.unspent = 0
    state.available -= give - over
    if (now > window) return
    try {
      await store.transaction((trx) => settleSlice(trx, dialect, { key, node, window }, limit, done))
    } catch (error) {
      if (state.window === window) {
        state.spent += done.spent + over
        state.unspent += unspent
        state.available += give - over
      }
      throw error
    }
  }

  return {
    counter(key, first) {
      const state: Borrower = {
        key,
        limit: first,
        window: -1,
        available: 0,
        left: first.amount,
        held: 0,
        spent: 0,
        unspent: 0,
        usedAt: clock.now(),
        dryUntil: 0,
        dryFor: 0,
        lowered: false,
        asking: undefined,
      }
      borrowers.add(state)
      return {
        take: (amount, limit, now) => take(state, amount, limit, now),
        async fetch(amount, limit) {
          for (;;) {
            const now = clock.now()
            const taken = take(state, amount, limit, now)
            if (taken) return taken
            if (!admits()) throw new Fault('node_stale') // that is no limit of theirs
            if (now < state.dryUntil && amount >= state.dryFor) return undefined
            if (state.asking) {
              await state.asking
              continue
            }
            // One question at a time: what it brings serves those who wait with it.
            state.asking = ask(state, amount)
            try {
              await state.asking
            } finally {
              state.asking = undefined
            }
          }
        },
        put(taken, amount) {
          state.held -= amount
          state.usedAt = clock.now()
          if (taken.window === state.window) state.available += amount
        },
        spend(taken, amount) {
          state.held -= amount
          if (taken.window === state.window) state.spent += amount
        },
        unspend(taken, amount) {
          if (taken.window === state.window) state.unspent += amount
        },
        charge(amount, limit, now) {
          present(state, limit, now)
          state.available -= amount
          state.spent += amount
        },
        left: () => Math.max(0, state.available + state.left),
        waitMs(_, limit, now) {
          if (limit.unit === 'concurrent') return 1000
          const window = (limit.windowSeconds ?? 1) * 1000
          return limit.unit === 'requests'
            ? window / Math.max(1, limit.amount)
            : Math.max(windowStart(limit, now), state.window) + window - now
        },
        idle(now) {
          const empty =
            state.held === 0 && state.available === 0 && state.spent === 0 && state.unspent === 0 && !state.asking
          const over = state.held === 0 && !state.asking && windowOf(state.limit, now) > state.window
          if ((!empty && !over) || now - state.usedAt < IDLE_MS) return false
          borrowers.delete(state)
          return true
        },
      }
    },
    async flush(all = false) {
      const now = clock.now()
      for (const state of [...borrowers]) {
        if (state.asking) continue
        // A node that is taken for dead has lost its slices: others may be spending them.
        if (!admits()) state.available = Math.min(0, state.available)
        else await settle(state, all || (!alone && now - state.usedAt >= IDLE_MS))
      }
    },
    async reap() {
      const nodes = alone ? [node] : await living()
      await store.transaction((trx) => reapSlices(trx, dialect, nodes))
    },
  }
}
