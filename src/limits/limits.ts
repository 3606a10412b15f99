// Reserve before, settle after. Invariants: what all running calls hold never exceeds a limit; every hold is settled
// exactly once and gives back what was not used, however the call ended.
import type { Clock, LimitDuty, PrincipalUid, Usage } from '../core/index.ts'
import { createRoster, Fault, type Listed, NOWHERE } from '../core/index.ts'
import { type Counter, createBudget, createPlaces, createRate, type Taken } from './counter.ts'
import type { Runaway } from './runaway.ts'
import { createSharedCounters, type SharedDeps } from './slices.ts'

/** A limit from the configuration, beside those that rules demand. */
export interface LimitSetting extends LimitDuty {
  /** One counter for each of these. */
  readonly per: 'principal' | 'key' | 'role' | 'model' | 'session' | 'everybody'
  /** Only for this role or model. */
  readonly only?: string
  /** Counted on each node by itself. */
  readonly onNode?: true
}

export interface LimitAsk {
  readonly principal: PrincipalUid
  /** Id of the credential. */
  readonly key: string
  readonly roles?: readonly string[]
  readonly model: string
  readonly session?: string
  /** Duties of the decision: one counter per rule and principal. */
  readonly limits: readonly LimitDuty[]
  readonly estimate: { readonly inputTokens: number; readonly maxTokens?: number }
  /** Digest of the whole call, for noticing loops. */
  readonly digest?: string
}

export interface Hold {
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

export interface Limits {
  /** @throws Fault `rate_limit_exceeded` or `insufficient_quota`, with `retryAfterSeconds` */
  reserve(ask: LimitAsk): Hold | Promise<Hold>
  /** Limits in force for everybody, from the configuration; replaces those before. */
  configure(settings: readonly LimitSetting[]): void
  readonly counters: number
  start(): Promise<void>
  stop(): Promise<void>
}

export interface LimitDeps {
  clock: Clock
  settings: readonly LimitSetting[]
  runaway?: Runaway
  /** Limits that all nodes share, and windows that a restart must not begin anew; left out, this process counts alone. */
  shared?: SharedDeps
  report: (error: unknown) => void
}

/**
 * Tokens of the answer that are reserved ahead of the stream; smaller costs more steps, larger keeps others out. Near the end
 * of a budget it is an equal share of what is left: what some hold ahead they go on with after others have been told.
 */
const AHEAD_TOKENS = 64
const SWEEP_MS = 1000
/** Dead nodes are looked for every so many sweeps. */
const REAP_ROUNDS = 5
/** Windows at least this long outlive a restart, also of a single node. */
const KEPT_SECONDS = 3600

interface Part {
  limit: LimitDuty
  counter: Counter
  taken: Taken
  /** Tokens: everything taken so far, over all windows. */
  more: Taken[]
}

interface Running extends Listed {
  note(): void
}

export function createLimits(deps: LimitDeps): Limits {
  const { clock } = deps
  const counters = new Map<string, Counter>()
  let settings = deps.settings
  const shared = deps.shared && createSharedCounters(deps.shared)
  const manyNodes = deps.shared?.store.dialect === 'postgres'
  let timer: NodeJS.Timeout | undefined
  /** Of running calls: declares what each has used so far. A node that dies must not take that with it. */
  const running = createRoster<Running>()
  /** How many calls here take from a budget now. */
  const sharing = new Map<Counter, number>()
  let upkeep: Promise<void> = Promise.resolve()
  let rounds = 0

  const isShared = (limit: LimitDuty & { onNode?: true }): boolean =>
    !limit.onNode && (manyNodes || (limit.unit !== 'concurrent' && (limit.windowSeconds ?? 0) >= KEPT_SECONDS))

  const counterFor = (scope: string, limit: LimitDuty): Counter => {
    const key = `${limit.unit}/${limit.windowSeconds ?? 0} ${limit.rule} ${scope}`
    let counter = counters.get(key)
    if (!counter) {
      counter =
        (isShared(limit) ? shared?.counter(key, limit) : undefined) ??
        (limit.unit === 'requests' ? createRate() : limit.unit === 'tokens' ? createBudget() : createPlaces())
      counters.set(key, counter)
    }
    return counter
  }

  const need = (limit: LimitDuty, { estimate }: LimitAsk): number =>
    limit.unit === 'tokens' ? estimate.inputTokens + Math.min(estimate.maxTokens ?? AHEAD_TOKENS, AHEAD_TOKENS) : 1

  const wanted = (ask: LimitAsk): { limit: LimitDuty; counter: Counter }[] => {
    const all: { limit: LimitDuty; counter: Counter }[] = []
    const who = `${ask.principal.type}::${ask.principal.id}`
    for (const limit of ask.limits) all.push({ limit, counter: counterFor(who, limit) })
    for (const setting of settings)
      for (const scope of scopes(setting, ask, who)) all.push({ limit: setting, counter: counterFor(scope, setting) })
    return all
  }

  const refuse = (limit: LimitDuty, counter: Counter, amount: number, now: number): Fault => {
    const waitMs = counter.waitMs(amount, limit, now)
    const budget = limit.unit === 'tokens' && (limit.windowSeconds ?? 0) >= 3600
    return new Fault(budget ? 'insufficient_quota' : 'rate_limit_exceeded', {
      detail: `${describe(limit)} used up; ${limit.unit === 'concurrent' ? 'wait for a running call to end' : `next in ${duration(waitMs)}`}`,
      data: {
        retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
        headers: budget ? { 'x-should-retry': 'false' } : { 'retry-after-ms': String(Math.ceil(waitMs)) },
      },
    })
  }

  const undo = (parts: readonly Part[]) => {
    for (const { counter, taken, limit } of parts) counter.put(taken, taken.amount, limit)
  }

  const finish = async (
    ask: LimitAsk,
    parts: Part[],
    rest: readonly { limit: LimitDuty; counter: Counter }[],
  ): Promise<Hold> => {
    try {
      for (const { limit, counter } of rest) {
        const amount = need(limit, ask)
        const taken = counter.take(amount, limit, clock.now()) ?? (await counter.fetch?.(amount, limit, clock.now()))
        if (!taken) throw refuse(limit, counter, amount, clock.now())
        parts.push({ limit, counter, taken, more: [] })
      }
    } catch (error) {
      undo(parts)
      throw error
    }
    return hold(ask, parts)
  }

  const hold = (ask: LimitAsk, parts: readonly Part[]): Hold => {
    for (const { limit, counter, taken } of parts) if (limit.unit === 'requests') counter.spend(taken, taken.amount)
    const tokens = parts.filter(({ limit }) => limit.unit === 'tokens')
    const input = ask.estimate.inputTokens
    let output = 0
    let reserved = tokens.length > 0 ? need(tokens[0]!.limit, ask) : Number.POSITIVE_INFINITY
    let open = true

    for (const { counter } of tokens) sharing.set(counter, (sharing.get(counter) ?? 0) + 1)
    const leave = (): void => {
      for (const { counter } of tokens) {
        const others = (sharing.get(counter) ?? 1) - 1
        if (others > 0) sharing.set(counter, others)
        else sharing.delete(counter)
      }
    }
    const ahead = (): number => {
      let tokensAhead = AHEAD_TOKENS
      for (const { counter, limit } of tokens)
        tokensAhead = Math.min(tokensAhead, Math.floor(counter.left(limit, clock.now()) / (sharing.get(counter) ?? 1)))
      return tokensAhead
    }
    /** Extends every token budget, or none. */
    const extend = (amount: number): boolean => {
      const now = clock.now()
      const got: { part: Part; taken: Taken }[] = []
      for (const part of tokens) {
        const taken = part.counter.take(amount, part.limit, now)
        if (!taken) {
          for (const { part, taken } of got) part.counter.put(taken, taken.amount, part.limit)
          return false
        }
        got.push({ part, taken })
      }
      for (const { part, taken } of got) part.more.push(taken)
      reserved += amount
      return true
    }
    const extendShared = async (amount: number): Promise<void> => {
      const got: { part: Part; taken: Taken }[] = []
      try {
        for (const part of tokens) {
          const { counter, limit } = part
          const taken = counter.take(amount, limit, clock.now()) ?? (await counter.fetch?.(amount, limit, clock.now()))
          if (!taken) throw refuse(limit, counter, amount, clock.now())
          got.push({ part, taken })
        }
      } catch (error) {
        for (const { part, taken } of got) part.counter.put(taken, taken.amount, part.limit)
        throw error
      }
      for (const { part, taken } of got) part.more.push(taken)
      reserved += amount
      if (!open) release(0) // settled while asking: nothing may stay behind
    }

    /** Charges `used` tokens to what was taken, oldest first, and puts the rest back. */
    const release = (used: number): void => {
      for (const { limit, counter, taken, more } of parts) {
        if (limit.unit === 'concurrent' && taken.amount > 0) counter.put(taken, taken.amount, limit)
        if (limit.unit !== 'tokens') {
          taken.amount = 0
          continue
        }
        let rest = used
        for (const piece of [taken, ...more]) {
          const spent = Math.min(rest, piece.amount)
          const before = piece.spent ?? 0
          if (spent > before) counter.spend(piece, spent - before)
          else if (spent < before) counter.unspend?.(piece, before - spent)
          const left = piece.amount - Math.max(spent, before)
          if (left > 0) counter.put(piece, left, limit)
          piece.amount = 0
          piece.spent = 0
          rest -= spent
        }
        more.length = 0
        if (rest > 0) counter.charge(rest, limit, clock.now())
      }
    }
    /** What has been used so far, of a call that has been answered in part: before that nothing may have been sent. */
    const note = (): void => {
      if (output === 0) return
      for (const { counter, taken, more } of tokens) {
        let rest = counter.unspend ? input + output : 0
        for (const piece of [taken, ...more]) {
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
    const close = (used: number): void => {
      if (!open) return
      open = false
      if (noted) running.delete(noted)
      leave()
      release(used)
    }

    return {
      onTokens(count) {
        output += count
        if (input + output <= reserved) return
        const short = input + output - reserved
        if (extend(Math.max(short, ahead())) || extend(short)) return
        const part = tokens.find(({ counter, limit }) => counter.left(limit, clock.now()) < short) ?? tokens[0]!
        if (tokens.some(({ counter }) => counter.fetch)) return extendShared(short)
        throw refuse(part.limit, part.counter, short, clock.now())
      },
      counted() {
        return { inputTokens: input, outputTokens: output }
      },
      settle(usage) {
        close(usage ? usage.inputTokens + usage.outputTokens : input + output)
      },
      cancel() {
        close(0)
      },
      headers() {
        const now = clock.now()
        const headers: Record<string, string> = {}
        for (const unit of ['requests', 'tokens'] as const) {
          let tightest: { part: Part; left: number } | undefined
          for (const part of parts) {
            if (part.limit.unit !== unit) continue
            const left = part.counter.left(part.limit, now)
            if (!tightest || left < tightest.left) tightest = { part, left }
          }
          if (!tightest) continue
          const { limit, counter } = tightest.part
          headers[`x-ratelimit-limit-${unit}`] = String(limit.amount)
          headers[`x-ratelimit-remaining-${unit}`] = String(tightest.left)
          headers[`x-ratelimit-reset-${unit}`] = duration(counter.waitMs(limit.amount, limit, now))
        }
        return headers
      },
    }
  }

  return {
    reserve(ask) {
      deps.runaway?.check(`${ask.principal.type}::${ask.principal.id}`, ask.digest)
      const all = wanted(ask)
      const parts: Part[] = []
      const now = clock.now()
      for (const [index, { limit, counter }] of all.entries()) {
        const amount = need(limit, ask)
        const taken = counter.take(amount, limit, now)
        if (taken) {
          parts.push({ limit, counter, taken, more: [] })
          continue
        }
        if (counter.fetch) return finish(ask, parts, all.slice(index))
        undo(parts)
        throw refuse(limit, counter, amount, now)
      }
      return hold(ask, parts)
    },
    configure(next) {
      settings = next
    },
    get counters() {
      return counters.size
    },
    async start() {
      await shared?.reap()
      timer = setInterval(() => {
        const now = clock.now()
        for (const [key, counter] of counters) if (counter.idle(now)) counters.delete(key)
        if (!shared) return
        rounds += 1
        const reap = rounds % REAP_ROUNDS === 0
        upkeep = upkeep
          .then(() => {
            for (const { note } of running) note()
            return shared.flush()
          })
          .then(() => (reap ? shared.reap() : undefined))
          .catch(deps.report)
      }, SWEEP_MS)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await upkeep
      for (const { note } of running) note()
      await shared?.flush(true)
    },
  }
}

/** The counters of a setting that this call falls under. */
function scopes({ per, only }: LimitSetting, ask: LimitAsk, who: string): readonly string[] {
  const matching = (names: readonly string[]) => (only === undefined ? names : names.filter((name) => name === only))
  switch (per) {
    case 'principal':
      return [who]
    case 'key':
      return [ask.key]
    case 'role':
      return matching(ask.roles ?? [])
    case 'model':
      return matching([ask.model])
    case 'session':
      return ask.session === undefined ? [] : [ask.session]
    case 'everybody':
      return ['*']
  }
}

const WINDOWS: Record<number, string> = { 1: 'second', 60: 'minute', 3600: 'hour', 86400: 'day', 604800: 'week' }
const describe = ({ amount, unit, windowSeconds }: LimitDuty): string =>
  unit === 'concurrent'
    ? `${amount} calls at the same time`
    : `${amount} ${unit} per ${WINDOWS[windowSeconds ?? 1] ?? `${windowSeconds} seconds`}`

/** A duration as Go writes it, which is what clients of these headers parse: `6m0s`, `250ms`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.ceil(ms))}ms`
  const seconds = Math.ceil(ms / 1000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  const head = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : ''
  return `${head}${seconds % 60}s`
}
