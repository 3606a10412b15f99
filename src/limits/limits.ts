// Reserve before, settle after. Invariants: what all running calls hold never exceeds a limit; every hold is settled
// exactly once and gives back what was not used, however the call ended.
import { type Clock, Fault, type LimitDuty, type PrincipalUid } from '../core/index.ts'
import { both } from './both.ts'
import { type Counter, createBudget, createPlaces, createRate } from './counter.ts'
import { AHEAD_TOKENS, createHolds, type Held, type Hold, type Part } from './hold.ts'
import { refusal } from './notice.ts'
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
  /** Names of the roles held; asked for only where something is counted per role. */
  readonly roles?: () => readonly string[]
  readonly model: string
  readonly session?: string
  /** Duties of the decision: one counter per rule and principal. */
  readonly limits: readonly LimitDuty[]
  readonly estimate: {
    readonly inputTokens: number
    readonly maxTokens?: number
    /** Of the answer, what may be used before anything of it is seen; Infinity if nothing bounds it. Reserved before. */
    readonly unseenTokens?: number
  }
  /** Digest of the whole call, for noticing loops. */
  readonly digest?: string
}

export interface Limits {
  /** @throws Fault `rate_limit_exceeded` or `insufficient_quota`, with `retryAfterSeconds` */
  reserve(ask: LimitAsk): Hold | Promise<Hold>
  /** Whether a limit of theirs has enough left to begin such a call, as far as this node knows. */
  covers(limit: LimitDuty, ask: LimitAsk): boolean
  /** Reserves only what rules demand, beside what the same call holds already; the hold returned stands for both. */
  reserveMore(held: Held, ask: LimitAsk): Promise<Held>
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

type Wanted = Pick<Part, 'limit' | 'counter'>

const SWEEP_MS = 1000
/** Dead nodes are looked for every so many sweeps. */
const REAP_ROUNDS = 5
/** Windows at least this long outlive a restart, also of a single node. */
const KEPT_SECONDS = 3600

export function createLimits(deps: LimitDeps): Limits {
  const { clock } = deps
  const counters = new Map<string, Counter>()
  let settings = deps.settings
  const shared = deps.shared && createSharedCounters(deps.shared)
  const manyNodes = deps.shared?.store.dialect === 'postgres'
  let timer: NodeJS.Timeout | undefined
  const holds = createHolds(clock)
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
    limit.unit === 'tokens'
      ? estimate.inputTokens + (estimate.unseenTokens ?? Math.min(estimate.maxTokens ?? AHEAD_TOKENS, AHEAD_TOKENS))
      : 1

  const byRules = (ask: LimitAsk): Wanted[] =>
    ask.limits.map((limit) => ({ limit, counter: counterFor(whoIn(ask), limit) }))
  const bySettings = (ask: LimitAsk): Wanted[] =>
    settings.flatMap((limit) =>
      scopes(limit, ask, whoIn(ask)).map((scope) => ({ limit, counter: counterFor(scope, limit) })),
    )

  const undo = (parts: readonly Part[]) => {
    for (const { limit, counter, pieces } of parts) for (const piece of pieces) counter.put(piece, piece.amount, limit)
  }

  const finish = async (ask: LimitAsk, parts: Part[], rest: readonly Wanted[]): Promise<Hold> => {
    try {
      for (const { limit, counter } of rest) {
        const amount = need(limit, ask)
        const taken = counter.take(amount, limit, clock.now()) ?? (await counter.fetch?.(amount, limit, clock.now()))
        if (!taken) throw refusal(limit, counter, amount, clock.now())
        parts.push({ limit, counter, pieces: [taken] })
      }
    } catch (error) {
      undo(parts)
      throw error
    }
    return holds.open(parts, ask.estimate.inputTokens)
  }

  const take = (ask: LimitAsk, all: readonly Wanted[]): Hold | Promise<Hold> => {
    if (ask.estimate.unseenTokens === Number.POSITIVE_INFINITY && all.some(({ limit }) => limit.unit === 'tokens'))
      throw new Fault('access_denied', {
        detail: 'Under a budget of tokens best_of needs max_tokens.',
        data: { param: 'max_tokens' },
      })
    const parts: Part[] = []
    const now = clock.now()
    for (const [index, { limit, counter }] of all.entries()) {
      const amount = need(limit, ask)
      const taken = counter.take(amount, limit, now)
      if (taken) {
        parts.push({ limit, counter, pieces: [taken] })
        continue
      }
      if (counter.fetch) return finish(ask, parts, all.slice(index))
      undo(parts)
      throw refusal(limit, counter, amount, now)
    }
    return holds.open(parts, ask.estimate.inputTokens)
  }

  return {
    reserve(ask) {
      deps.runaway?.check(whoIn(ask), ask.digest)
      return take(ask, [...byRules(ask), ...bySettings(ask)])
    },
    covers: (limit, ask) => counterFor(whoIn(ask), limit).left(limit, clock.now()) >= need(limit, ask),
    async reserveMore(held, ask) {
      return both(held, await take(ask, byRules(ask)))
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
            holds.note()
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
      holds.note()
      await shared?.flush(true)
    },
  }
}

const whoIn = ({ principal }: LimitAsk): string => `${principal.type}::${principal.id}`

/** The counters of a setting that this call falls under. */
function scopes({ per, only }: LimitSetting, ask: LimitAsk, who: string): readonly string[] {
  const matching = (names: readonly string[]) => (only === undefined ? names : names.filter((name) => name === only))
  switch (per) {
    case 'principal':
      return [who]
    case 'key':
      return [ask.key]
    case 'role':
      return matching(ask.roles?.() ?? [])
    case 'model':
      return matching([ask.model])
    case 'session':
      return ask.session === undefined ? [] : [ask.session]
    case 'everybody':
      return ['*']
  }
}
