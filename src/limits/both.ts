// Two holds of one call as one: what was reserved first, and what a later decision about the same call demands beside it.
import type { Held } from './hold.ts'

const UNITS = ['requests', 'tokens'] as const

/** Of each unit the headers of the hold that has less left. */
function tightest(one: Record<string, string>, other: Record<string, string>): Record<string, string> {
  const headers = { ...one }
  for (const unit of UNITS) {
    const left = Number(one[`x-ratelimit-remaining-${unit}`] ?? Number.POSITIVE_INFINITY)
    if (!(Number(other[`x-ratelimit-remaining-${unit}`]) < left)) continue
    for (const what of ['limit', 'remaining', 'reset'])
      headers[`x-ratelimit-${what}-${unit}`] = other[`x-ratelimit-${what}-${unit}`] as string
  }
  return headers
}

export const both = (one: Held, other: Held): Held => ({
  metered: one.metered || other.metered,
  onTokens(count) {
    const wait = one.onTokens(count)
    return wait ? wait.then(() => other.onTokens(count)) : other.onTokens(count)
  },
  settle(usage) {
    one.settle(usage)
    other.settle(usage)
  },
  cancel() {
    one.cancel()
    other.cancel()
  },
  headers: () => tightest(one.headers(), other.headers()),
})
