// Refusals of nobody known: a flood of them must neither fill the disk nor drown the log. Of every end of the network, door and
// reason the first few of a period are events of their own; the rest is counted, and written as one event each when the
// period ends or the node stops. What is kept is bounded however many addresses come; only a crash loses what is counted.
import { type Clock, endOf, type FaultCode, type JsonObject, type NewEvent } from '../core/index.ts'
import type { Log } from './log.ts'

/** Refusals in which nothing was proven. A key that is revoked, expired or locked was: those stay events of their own. */
const UNPROVEN: ReadonlySet<string | undefined> = new Set<FaultCode>([
  'invalid_api_key',
  'conflicting_credentials',
  'node_stale', // said before anybody is looked at
])
/** Events of their own for each address and reason in a period, and for all of them together: whoever tries by hand leaves each try. */
export const FEW = 100
export const MOST_OWN = 1000
/** Addresses told apart in a period, with their reasons; what comes from further ones is counted without its address. */
export const MOST_TOLD_APART = 100
const PERIOD_MS = 300_000

export interface StrangersDeps {
  readonly log: Pick<Log, 'available' | 'appendSurely'>
  readonly clock: Clock
  readonly report: (error: unknown) => void
  /** Told of every refusal that is counted instead of written, as it would have been written. */
  readonly counted: (event: NewEvent) => void
  readonly periodMs?: number | undefined
}

export interface Strangers {
  /** True if the refusal is counted: it has no event of its own. */
  take(event: NewEvent): boolean
  stop(): void
}

export const isUnproven = (code: string | undefined): boolean => UNPROVEN.has(code)

interface Counted {
  readonly kind: string
  readonly reason: string | undefined
  readonly subject: string | undefined
  /** Undefined for what is not told apart. */
  readonly address: string | undefined
  own: number
  count: number
  first: number
  last: number
  ms: number
}

export function createStrangers({ log, clock, report, counted, periodMs = PERIOD_MS }: StrangersDeps): Strangers {
  let period = new Map<string, Counted>()
  let own = 0

  const entryOf = ({ kind, reason, subject, address }: NewEvent): Counted => {
    const key = (end: string | undefined) => `${kind} ${reason} ${subject} ${end}`
    const end = address === undefined ? undefined : endOf(address)
    const told = period.has(key(end)) || period.size < MOST_TOLD_APART ? end : undefined
    const known = period.get(key(told))
    if (known) return known
    const made = { kind, reason, subject, address: told, own: 0, count: 0, first: 0, last: 0, ms: 0 }
    period.set(key(told), made)
    return made
  }

  const write = ({ kind, reason, subject, address, count, first, last, ms }: Counted) => {
    const data: JsonObject = { of: kind, count, first, last }
    if (kind === 'call.finished') data.ms = Math.round((ms / count) * 10) / 10
    const event = { kind: 'stranger.refused', reason, subject, address, data } as NewEvent
    log.appendSurely(event, () => {}).catch(report)
  }

  const end = () => {
    const ended = period
    period = new Map()
    own = 0
    for (const entry of ended.values()) if (entry.count > 0) write(entry)
  }

  // While the log cannot be written the period goes on, so that what waits for it stays as little.
  const timer = setInterval(() => log.available && end(), periodMs).unref()

  return {
    take(event) {
      const entry = entryOf(event)
      if (entry.own < FEW && own < MOST_OWN) {
        entry.own += 1
        own += 1
        return false
      }
      const now = clock.now()
      if (entry.count === 0) entry.first = now
      entry.last = now
      entry.count += 1
      entry.ms += Number(event.data?.ms ?? 0)
      counted(event)
      return true
    },
    stop() {
      clearInterval(timer)
      end()
    },
  }
}
