// A limit as people write it, in rules (`@limit`) and in settings (`quotas`).
import type { LimitDuty } from './decision.ts'

const WINDOWS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600, day: 86_400, week: 604_800 }
const ONE = /^([1-9]\d{0,14}) (?:(request|token)s?\/(second|minute|hour|day|week)|concurrent)$/

/** `60 requests/minute, 200000 tokens/day, 4 concurrent`; `rule` is what demands it. Undefined if it cannot be read. */
export function parseLimits(text: string, rule: string): LimitDuty[] | undefined {
  const limits: LimitDuty[] = []
  for (const part of text.split(',')) {
    const match = ONE.exec(part.trim())
    if (!match) return undefined
    const amount = Number(match[1])
    const [unit, window] = [match[2], match[3]]
    const limit: LimitDuty =
      unit === undefined || window === undefined
        ? { amount, unit: 'concurrent', rule }
        : { amount, unit: unit === 'request' ? 'requests' : 'tokens', windowSeconds: WINDOWS[window] as number, rule }
    // Two for one unit and window would share a counter, and each call count twice.
    if (limits.some((one) => one.unit === limit.unit && one.windowSeconds === limit.windowSeconds)) return undefined
    limits.push(limit)
  }
  return limits
}
