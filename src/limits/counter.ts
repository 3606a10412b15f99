// What can be counted on this node alone: a rate (GCRA), a budget per window, and places. A counter never hands out more
// than its limit, whatever the order of calls; amounts come with each question, so that a changed rule counts at once.
import type { LimitDuty } from '../core/index.ts'

/** What was taken, to be put back or declared spent later. */
export interface Taken {
  amount: number
  /** Of it, declared spent while the call still ran. */
  spent?: number
  /** The window it was taken in; what comes back after its end changes nothing. */
  readonly window: number
}

export interface Counter {
  /** Takes `amount` if that is possible at once. */
  take(amount: number, limit: LimitDuty, now: number): Taken | undefined
  /** Asks the store shared by all nodes; undefined: there is nothing left. Missing: this node counts alone. */
  fetch?(amount: number, limit: LimitDuty, now: number): Promise<Taken | undefined>
  /** Gives back what was not used. */
  put(taken: Taken, amount: number, limit: LimitDuty): void
  /** Declares it used for good. */
  spend(taken: Taken, amount: number): void
  /** Takes that back for what was not used after all. Missing: nothing is declared before the end. */
  unspend?(taken: Taken, amount: number): void
  /** Counts what has been used without asking; the counter may go over its limit and then refuses until it is under. */
  charge(amount: number, limit: LimitDuty, now: number): void
  left(limit: LimitDuty, now: number): number
  /** Milliseconds until `amount` may be had, if nothing else happens. */
  waitMs(amount: number, limit: LimitDuty, now: number): number
  /** True if forgetting it changes nothing. */
  idle(now: number): boolean
}

const windowMs = ({ windowSeconds = 1 }: LimitDuty): number => windowSeconds * 1000
/** Windows are aligned to 1970, so a day begins at midnight UTC on every node. */
export const windowStart = (limit: LimitDuty, now: number): number => now - (now % windowMs(limit))

/** A rate of requests: GCRA, bursts up to the amount, then one every window/amount. */
export function createRate(): Counter {
  /** The time at which the bucket will be full again, milliseconds since 1970. */
  let full = 0
  const step = (limit: LimitDuty) => windowMs(limit) / limit.amount
  return {
    take(amount, limit, now) {
      const next = Math.max(full, now) + amount * step(limit)
      if (limit.amount <= 0 || next - now > windowMs(limit) + 1e-6) return undefined
      full = next
      return { amount, window: 0 }
    },
    put(_, amount, limit) {
      full -= amount * step(limit)
    },
    spend() {},
    charge(amount, limit, now) {
      full = Math.max(full, now) + amount * step(limit)
    },
    left: (limit, now) =>
      limit.amount <= 0 ? 0 : Math.max(0, Math.floor((windowMs(limit) - Math.max(0, full - now)) / step(limit) + 1e-6)),
    waitMs: (amount, limit, now) =>
      limit.amount <= 0
        ? windowMs(limit)
        : Math.max(0, Math.max(full, now) + amount * step(limit) - windowMs(limit) - now),
    idle: (now) => full <= now,
  }
}

/** A budget of tokens per window. */
export function createBudget(): Counter {
  let window = -1
  let used = 0
  let end = 0
  /** Taken and neither put back nor spent: as long as somebody holds a part, this counter is the one that counts. */
  let held = 0
  const roll = (limit: LimitDuty, now: number) => {
    const start = windowStart(limit, now)
    if (start === window) return
    window = start
    end = start + windowMs(limit)
    used = 0
  }
  return {
    take(amount, limit, now) {
      roll(limit, now)
      if (used + amount > limit.amount) return undefined
      used += amount
      held += amount
      return { amount, window }
    },
    put(taken, amount) {
      held -= amount
      if (taken.window === window) used -= amount
    },
    spend(_, amount) {
      held -= amount
    },
    charge(amount, limit, now) {
      roll(limit, now)
      used += amount
    },
    left(limit, now) {
      roll(limit, now)
      return Math.max(0, limit.amount - used)
    },
    waitMs: (_, limit, now) => windowStart(limit, now) + windowMs(limit) - now,
    idle: (now) => held === 0 && now >= end,
  }
}

/** Places for calls that run at the same time. */
export function createPlaces(): Counter {
  let used = 0
  return {
    take(amount, limit) {
      if (used + amount > limit.amount) return undefined
      used += amount
      return { amount, window: 0 }
    },
    put(_, amount) {
      used -= amount
    },
    spend() {},
    charge(amount) {
      used += amount
    },
    left: (limit) => Math.max(0, limit.amount - used),
    waitMs: () => 1000,
    idle: () => used === 0,
  }
}
