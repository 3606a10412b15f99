// Stops loops: the same caller sending the same call over and over, as an agent does that does not understand an answer.
import type { Clock } from '../core/index.ts'
import { Fault } from '../core/index.ts'

export interface Runaway {
  /** @throws Fault `rate_limit_exceeded` once the same call has come too often within the window */
  check(principal: string, digest: string | undefined): void
}

export interface RunawayOptions {
  clock: Pick<Clock, 'now'>
  /** Identical calls of one principal that are let through in a window. */
  calls: number
  windowSeconds: number
}

/** Calls remembered at most; the oldest are forgotten first, which errs on the side of letting through. */
const MAX_REMEMBERED = 20_000

export function createRunaway({ clock, calls, windowSeconds }: RunawayOptions): Runaway {
  const seen = new Map<string, { since: number; count: number }>()
  return {
    check(principal, digest) {
      if (digest === undefined) return
      const now = clock.now()
      const key = `${principal} ${digest}`
      const entry = seen.get(key)
      if (!entry || now - entry.since >= windowSeconds * 1000) {
        seen.delete(key)
        seen.set(key, { since: now, count: 1 })
        if (seen.size > MAX_REMEMBERED) for (const oldest of seen.keys()) if (seen.delete(oldest)) break
        return
      }
      entry.count += 1
      if (entry.count <= calls) return
      throw new Fault('rate_limit_exceeded', {
        detail: `The same call came ${entry.count} times in ${windowSeconds} s: stopped as a loop`,
        data: { retryAfterSeconds: Math.max(1, Math.ceil((entry.since + windowSeconds * 1000 - now) / 1000)) },
      })
    },
  }
}
