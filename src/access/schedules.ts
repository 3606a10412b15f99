// Roles held at certain hours, as a batch job holds one at night. Facts from the configuration; nothing is stored, the
// clock on the wall of the gateway's zone alone decides: hours that it skips hold nothing, hours that it shows twice hold twice.
import type { Clock, PrincipalUid } from '../core/index.ts'
import type { HeldRole } from './held-role.ts'

export interface Schedule {
  readonly name: string
  readonly role: string
  readonly principal: PrincipalUid
  /** Undefined: every model that the role reaches. */
  readonly models?: readonly string[]
  /** 1 (Monday) to 7 on which it begins; every day if missing. */
  readonly weekdays?: readonly number[]
  /** `01:00`; an end before the beginning is on the next day. */
  readonly from: string
  readonly to: string
}

export interface Schedules {
  held(principal: PrincipalUid, model?: string, at?: number): HeldRole[]
  nextChange(principal: PrincipalUid): number | undefined
}

const DAY_MINUTES = 1440
const MINUTE_MS = 60_000
/** Minutes whose local time is remembered: now, and the ends of what holds now. */
const MOST_KNOWN = 256
/** Asked again at least this often. */
const HOUR_MS = 3_600_000

export function createSchedules(
  schedules: readonly Schedule[],
  timeZone: string,
  clock: Pick<Clock, 'now'>,
): Schedules {
  const local = localClock(timeZone)
  const entries = schedules.map((schedule) => ({ schedule, from: minuteOf(schedule.from), to: minuteOf(schedule.to) }))
  const of = (principal: PrincipalUid) =>
    entries.filter(({ schedule: { principal: own } }) => own.type === principal.type && own.id === principal.id)

  /** Minutes until it ends, if it holds now. */
  const left = (
    { schedule, from, to }: (typeof entries)[number],
    minute: number,
    weekday: number,
  ): number | undefined => {
    const on = (day: number) => schedule.weekdays === undefined || schedule.weekdays.includes(day)
    if (from < to) return minute >= from && minute < to && on(weekday) ? to - minute : undefined
    if (minute >= from && on(weekday)) return to + DAY_MINUTES - minute
    return minute < to && on(weekday === 1 ? 7 : weekday - 1) ? to - minute : undefined
  }

  /** How many minutes the zone is ahead at one time of what it is at another. */
  const shift = (from: number, to: number): number => {
    const minutes = local(to).minute - local(from).minute - (to - from) / MINUTE_MS
    return (((minutes % DAY_MINUTES) + DAY_MINUTES + DAY_MINUTES / 2) % DAY_MINUTES) - DAY_MINUTES / 2
  }
  /** When clocks are put forward or back between two whole minutes, if they are. */
  const shiftWithin = (from: number, to: number): number | undefined => {
    if (shift(from, to) === 0) return undefined
    let [before, after] = [0, (to - from) / MINUTE_MS]
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2)
      if (shift(from, from + middle * MINUTE_MS) === 0) before = middle
      else after = middle
    }
    return from + after * MINUTE_MS
  }
  const endOf = (entry: (typeof entries)[number], start: number, minutes: number): number => {
    const end = start + minutes * MINUTE_MS
    const shifted = shiftWithin(start, end)
    if (shifted === undefined) return end
    const then = local(shifted)
    return shifted + (left(entry, then.minute, then.weekday) ?? 0) * MINUTE_MS
  }

  return {
    held(principal, model, at) {
      const own = of(principal)
      if (own.length === 0) return []
      const now = at ?? clock.now()
      const { minute, weekday } = local(now)
      return own.flatMap((entry) => {
        const { models, name, role } = entry.schedule
        if (models !== undefined && (model === undefined || !models.includes(model))) return []
        const minutes = left(entry, minute, weekday)
        if (minutes === undefined) return []
        const endsAt = endOf(entry, now - (now % MINUTE_MS), minutes)
        return [{ role, grant: `schedule/${name}`, endsAt, reason: `schedule ${name}`, ticket: undefined }]
      })
    },
    nextChange(principal) {
      const own = of(principal)
      if (own.length === 0) return undefined
      const now = clock.now()
      const { minute } = local(now)
      const start = now - (now % MINUTE_MS)
      const times = own.flatMap(({ from, to }) =>
        [from, to].map((at) => start + ((at - minute + DAY_MINUTES - 1) % DAY_MINUTES) * MINUTE_MS + MINUTE_MS),
      )
      return Math.min(now + HOUR_MS, shiftWithin(start, start + HOUR_MS) ?? Number.POSITIVE_INFINITY, ...times)
    },
  }
}

function minuteOf(text: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text)
  if (!match) throw new Error(`not a time of day: ${text}`)
  return Number(match[1]) * 60 + Number(match[2])
}

/** Minute of the day and weekday in a zone; the zone's rules are asked once a minute. */
function localClock(timeZone: string): (now: number) => { minute: number; weekday: number } {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    weekday: 'short',
    hourCycle: 'h23',
  })
  const known = new Map<number, { minute: number; weekday: number }>()
  return (now) => {
    const at = Math.floor(now / MINUTE_MS)
    let found = known.get(at)
    if (!found) {
      const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]))
      const weekday = 1 + ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(parts.get('weekday') ?? '')
      found = { minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')), weekday }
      if (known.size >= MOST_KNOWN) known.clear()
      known.set(at, found)
    }
    return found
  }
}
