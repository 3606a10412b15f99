// What one call holds of the limits it falls under: taken before it starts, extended while its answer grows, settled once. What
// was not used goes back, however the call ended. Token budgets are extended all together or not at all.
import { type Clock, createRoster, type LimitDuty, type Listed, NOWHERE, type Usage } from '../core/index.ts'
import type { Counter, Taken } from './counter.ts'
import { headersOf, refusal } from './notice.ts'

export interface Hold {
  /** Whether a budget of tokens can end the call: its answer has to be seen as it comes. */
  readonly metered: boolean
  /**
   * Counts tokens of the answer as they come, before they are forwarded.
   * @throws Fault `insufficient_quota` or `rate_limit_exceeded` when a budget has ended: cut the call
   */
  onTokens(count: number): void | Promise<void>
  /** Tokens counted here so far, input as estimated: what `settle` charges when the upstream does not say. */
  counted(): Usage
  /** Charges what was really used, and gives back the rest and the place. Without `usage`, what was counted. Once. */
  settle(usage?: Usage): void
  /** Gives everything back but the request itself: nothing was sent to a model. */
  cancel(): void
  /** `x-ratelimit-*` of the tightest limits. */
  headers(): Record<string, string>
}

/** What is held for a call, by one reservation or several. */
export type Held = Omit<Hold, 'counted'>

/** What is held of one limit. */
export interface Part {
  readonly limit: LimitDuty
  readonly counter: Counter
  /** Everything taken so far; of tokens over all windows. */
  readonly pieces: Taken[]
}

export interface Holds {
  /** `parts` hold what is needed to begin: of every token budget the same. */
  open(parts: readonly Part[], inputTokens: number): Hold
  /** Declares what running calls have used so far. A node that dies must not take that with it. */
  note(): void
}

interface Running extends Listed {
  note(): void
}

/**
 * Tokens of the answer that are reserved ahead of the stream; smaller costs more steps, larger keeps others out. Near the end
 * of a budget it is an equal share of what is left: what some hold ahead they go on with after others have been told.
 */
export const AHEAD_TOKENS = 64

export function createHolds(clock: Pick<Clock, 'now'>): Holds {
  const running = createRoster<Running>()
  /** How many calls here take from a budget now. */
  const sharing = new Map<Counter, number>()

  const open = (parts: readonly Part[], input: number): Hold => {
    const tokens = parts.filter(({ limit }) => limit.unit === 'tokens')
    let output = 0
    let reserved = tokens[0]?.pieces[0]?.amount ?? Number.POSITIVE_INFINITY
    let settled = false

    for (const { limit, counter, pieces } of parts)
      if (limit.unit === 'requests') for (const piece of pieces) counter.spend(piece, piece.amount)
    for (const { counter } of tokens) sharing.set(counter, (sharing.get(counter) ?? 0) + 1)
    const leave = (): void => {
      for (const { counter } of tokens) {
        const others = (sharing.get(counter) ?? 1) - 1
        if (others > 0) sharing.set(counter, others)
        else sharing.delete(counter)
      }
    }

    const ahead = (): number => {
      let most = AHEAD_TOKENS
      for (const { counter, limit } of tokens)
        most = Math.min(most, Math.floor(counter.left(limit, clock.now()) / (sharing.get(counter) ?? 1)))
      return most
    }
    /** `got` in the order of `tokens`. */
    const keep = (got: readonly Taken[], amount: number): void => {
      for (const [i, piece] of got.entries()) tokens[i]?.pieces.push(piece)
      reserved += amount
    }
    const putBack = (got: readonly Taken[]): void =>
      got.forEach((piece, i) => {
        const { counter, limit } = tokens[i] as Part
        counter.put(piece, piece.amount, limit)
      })
    const extend = (amount: number): boolean => {
      const now = clock.now()
      const got: Taken[] = []
      for (const { counter, limit } of tokens) {
        const piece = counter.take(amount, limit, now)
        if (!piece) {
          putBack(got)
          return false
        }
        got.push(piece)
      }
      keep(got, amount)
      return true
    }
    const extendShared = async (amount: number): Promise<void> => {
      const got: Taken[] = []
      try {
        for (const { counter, limit } of tokens) {
          const piece = counter.take(amount, limit, clock.now()) ?? (await counter.fetch?.(amount, limit, clock.now()))
          if (!piece) throw refusal(limit, counter, amount, clock.now())
          got.push(piece)
        }
      } catch (error) {
        putBack(got)
        throw error
      }
      keep(got, amount)
      if (settled) release(0) // settled while asking: nothing may stay behind
    }

    /** Charges `used` tokens to what was taken, oldest first, and puts the rest back. */
    const release = (used: number): void => {
      for (const { limit, counter, pieces } of parts) {
        if (limit.unit !== 'requests') {
          let rest = limit.unit === 'tokens' ? used : 0
          for (const piece of pieces) {
            const spent = Math.min(rest, piece.amount)
            const before = piece.spent ?? 0
            if (spent > before) counter.spend(piece, spent - before)
            else if (spent < before) counter.unspend?.(piece, before - spent)
            const left = piece.amount - Math.max(spent, before)
            if (left > 0) counter.put(piece, left, limit)
            rest -= spent
          }
          if (rest > 0) counter.charge(rest, limit, clock.now())
        }
        pieces.length = 0
      }
    }
    /** What has been used so far, of a call that has been answered in part: before that nothing may have been sent. */
    const note = (): void => {
      if (output === 0) return
      for (const { counter, pieces } of tokens) {
        if (!counter.unspend) continue
        let rest = input + output
        for (const piece of pieces) {
          const spent = Math.min(rest, piece.amount)
          const before = piece.spent ?? 0
          if (spent > before) {
            counter.spend(piece, spent - before)
            piece.spent = spent
          }
          rest -= spent
        }
      }
    }
    const noted = tokens.some(({ counter }) => counter.unspend) && { slot: NOWHERE, note }
    if (noted) running.add(noted)
    const settle = (used: number): void => {
      if (settled) return
      settled = true
      if (noted) running.delete(noted)
      leave()
      release(used)
    }

    return {
      metered: tokens.length > 0,
      onTokens(count) {
        output += count
        if (input + output <= reserved) return
        const short = input + output - reserved
        if (extend(Math.max(short, ahead())) || extend(short)) return
        if (tokens.some(({ counter }) => counter.fetch)) return extendShared(short)
        const { limit, counter } =
          tokens.find(({ counter, limit }) => counter.left(limit, clock.now()) < short) ?? (tokens[0] as Part)
        throw refusal(limit, counter, short, clock.now())
      },
      counted() {
        return { inputTokens: input, outputTokens: output }
      },
      settle(usage) {
        settle(usage ? usage.inputTokens + usage.outputTokens : input + output)
      },
      cancel() {
        settle(0)
      },
      headers() {
        return headersOf(parts, clock.now())
      },
    }
  }

  return {
    open,
    note() {
      for (const { note } of running) note()
    },
  }
}
