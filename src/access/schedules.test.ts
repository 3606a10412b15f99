// Schedules on the days on which clocks are put forward and back: compared minute by minute with the clock on the wall.
import { describe, expect, it } from 'vitest'
import { createSchedules, type Schedule } from './schedules.ts'

const principal = { type: 'Service', id: 'etl' } as const
const MINUTE = 60_000
const at = (text: string) => Date.parse(text)

function setUp(timeZone: string, hours: readonly Partial<Schedule>[]) {
  const time = { now: 0 }
  const all = hours.map((some, i) => ({ name: `s${i}`, role: `r${i}`, principal, from: '', to: '', ...some }))
  const schedules = createSchedules(all, timeZone, { now: () => time.now })
  return { time, schedules }
}

describe.each([
  ['Europe/Berlin', '2026-03-28T22:00Z', '2026-10-24T21:00Z'],
  ['America/New_York', '2026-03-08T02:00Z', '2026-11-01T01:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T12:00Z', '2026-04-04T11:00Z'],
  ['America/Santiago', '2026-09-05T22:00Z', '2026-04-04T22:00Z'], // at midnight: another weekday
])('in %s', (timeZone, ...days) => {
  const hours = [
    ['01:00', '03:30'],
    ['02:15', '02:45'],
    ['01:30', '02:00'],
    ['22:00', '02:30'],
    ['23:30', '00:15'],
    ['00:00', '04:00'],
    ['03:00', '03:01'],
  ].flatMap(([from, to]) => [
    { from: from ?? '', to: to ?? '' },
    { from: from ?? '', to: to ?? '', weekdays: [7] },
    { from: from ?? '', to: to ?? '', weekdays: [6] },
  ])

  /** All at once, and one alone, which has nothing else that makes it be asked again. */
  const cases = days.flatMap((first) => [hours, ...hours.map((one) => [one])].map((some) => ({ first, some })))

  it.each(cases)(
    'who is asked when told to ask again overlooks no end and no beginning, from $first',
    ({ first, some }) => {
      const { time, schedules } = setUp(timeZone, some)
      const roles = () => schedules.held(principal).map(({ role }) => role)
      const truth: string[] = []
      for (let i = 0; i < 12 * 60; i++) {
        time.now = at(first) + i * MINUTE
        truth.push(roles().join(' '))
      }
      for (let i = 0; i < truth.length; i += 4) {
        const expected = truth[i]
        time.now = at(first) + i * MINUTE + 1
        const next = schedules.nextChange(principal) ?? 0
        expect(next).toBeGreaterThan(time.now)
        // Nothing changes before it.
        const until = Math.min(truth.length, Math.ceil((next - at(first)) / MINUTE))
        expect(new Set(truth.slice(i, until)), new Date(time.now).toISOString()).toEqual(new Set([expected]))
        // What is said about an end is so.
        for (const { role, endsAt } of schedules.held(principal)) {
          const end = (endsAt - at(first)) / MINUTE
          expect(truth.slice(i, end).every((roles) => roles.split(' ').includes(role))).toBe(true)
          if (end < truth.length) expect(truth[end]?.split(' ')).not.toContain(role)
        }
      }
    },
  )
})

it('an hour that is skipped holds nothing, one that comes twice holds twice', () => {
  const { time, schedules } = setUp('Europe/Berlin', [{ from: '02:15', to: '02:45' }])
  const minutes = (first: string) => {
    let held = 0
    for (let i = 0; i < 6 * 60; i++) {
      time.now = at(first) + i * MINUTE
      held += schedules.held(principal).length
    }
    return held
  }
  expect([minutes('2026-03-29T00:00Z'), minutes('2026-10-25T00:00Z')]).toEqual([0, 60])
  expect(minutes('2026-06-01T00:00Z')).toBe(30)
})
