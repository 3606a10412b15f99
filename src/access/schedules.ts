// Roles held at certain hours, as a batch job holds one at night. Facts from the configuration; nothing is stored, the
// clock alone decides, in the gateway's zone.
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
/** Asked again at least this often, so that a change of the zone's offset is never overlooked for longer. */
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
        const endsAt = now - (now % 60_000) + minutes * 60_000
        return [{ role, grant: `schedule/${name}`, endsAt, reason: `schedule ${name}`, ticket: undefined }]
      })
    },
    nextChange(principal) {
      const own = of(principal)
      if (own.length === 0) return undefined
      const now = clock.now()
      const { minute } = local(now)
      const start = now - (now % 60_000)
      const times = own.flatMap(({ from, to }) =>
        [from, to].map((at) => start + ((at - minute + DAY_MINUTES - 1) % DAY_MINUTES) * 60_000 + 60_000),
      )
      return Math.min(now + HOUR_MS, ...times)
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
  let cachedAt = Number.NaN
  let cached = { minute: 0, weekday: 1 }
  return (now) => {
    const at = Math.floor(now / 60_000)
    if (at !== cachedAt) {
      const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]))
      const weekday = 1 + ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(parts.get('weekday') ?? '')
      cached = { minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')), weekday }
      cachedAt = at
    }
    return cached
  }
}
