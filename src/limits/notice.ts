// What a caller is told of limits: which one is used up and when to come again, and how much is left.
import { Fault, type LimitDuty } from '../core/index.ts'
import type { Counter } from './counter.ts'

export function refusal(limit: LimitDuty, counter: Counter, amount: number, now: number): Fault {
  const waitMs = counter.waitMs(amount, limit, now)
  const budget = limit.unit === 'tokens' && (limit.windowSeconds ?? 0) >= 3600
  const next = limit.unit === 'concurrent' ? 'wait for a running call to end' : `next in ${duration(waitMs)}`
  const left = limit.unit === 'tokens' ? counter.left(limit, now) : 0
  const how = left === 0 ? 'used up' : `nearly used up: ${left} left of ${amount} that this needs`
  const code = budget ? 'insufficient_quota' : 'rate_limit_exceeded'
  const headers = headersOf([{ limit, counter }], now)
  if (amount > limit.amount)
    return new Fault(code, {
      detail: `${describe(limit)} are fewer than the ${amount} that this needs, however long it waits${limit.unit === 'tokens' ? '; send less, or ask for a shorter answer' : ''}`,
      data: { headers: { ...headers, 'x-should-retry': 'false' } },
    })
  return new Fault(code, {
    detail: `${describe(limit)} ${how}; ${next}`,
    data: {
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
      headers: {
        ...headers,
        ...(budget ? { 'x-should-retry': 'false' } : { 'retry-after-ms': String(Math.ceil(waitMs)) }),
      },
    },
  })
}

/** `x-ratelimit-*` of the tightest limits. */
export function headersOf(
  parts: readonly { readonly limit: LimitDuty; readonly counter: Counter }[],
  now: number,
): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const unit of ['requests', 'tokens'] as const) {
    let tightest: { limit: LimitDuty; counter: Counter; left: number } | undefined
    for (const { limit, counter } of parts) {
      if (limit.unit !== unit) continue
      const left = counter.left(limit, now)
      if (!tightest || left < tightest.left) tightest = { limit, counter, left }
    }
    if (!tightest) continue
    const { limit, counter, left } = tightest
    headers[`x-ratelimit-limit-${unit}`] = String(limit.amount)
    headers[`x-ratelimit-remaining-${unit}`] = String(left)
    headers[`x-ratelimit-reset-${unit}`] = duration(counter.waitMs(limit.amount, limit, now))
  }
  return headers
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
