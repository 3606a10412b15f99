// The clock that everything which ends asks: set back, set ahead, slow, and on a machine that slept.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createClock } from './clock.ts'

const START = Date.UTC(2026, 10, 29)
const HOUR = 3_600_000

function setUp() {
  let [wall, monotonic] = [START, 5]
  const told: number[] = []
  const ahead: number[] = []
  const clock = createClock({
    wall: () => wall,
    monotonic: () => monotonic,
    onSetBack: (ms) => told.push(ms),
    onSetAhead: (ms) => ahead.push(ms),
  })
  const pass = (ms: number, clocks: { wall?: number; monotonic?: number } = {}) => {
    wall += clocks.wall ?? ms
    monotonic += clocks.monotonic ?? ms
    return clock.now() - START
  }
  return { clock, told, ahead, pass }
}

it('set back by an hour, nothing lasts longer; set right again, it is the wall clock', () => {
  const { pass, told } = setUp()
  expect(pass(10_000)).toBe(10_000)
  expect(pass(10_000, { wall: 10_000 - HOUR })).toBe(20_000)
  expect(pass(10_000)).toBe(30_000)
  expect(told).toEqual([HOUR])
  expect(pass(10_000, { wall: 10_000 + HOUR })).toBe(40_000)
  // Ahead it is followed, and does not take that back.
  expect(pass(10_000, { wall: 10_000 + HOUR })).toBe(50_000 + HOUR)
  expect(pass(10_000, { wall: 10_000 - HOUR })).toBe(60_000 + HOUR)
})

it('set far ahead it is in doubt for an hour, and set back from there until it is set right', () => {
  const { clock, ahead, pass } = setUp()
  const YEAR = 365 * 24 * HOUR
  pass(10_000, { wall: 10_000 + 23 * HOUR })
  expect(clock.doubtful?.()).toBe(false)
  pass(10_000, { wall: 10_000 + YEAR })
  expect([clock.doubtful?.(), ahead]).toEqual([true, [YEAR]])
  pass(HOUR + 1)
  expect(clock.doubtful?.()).toBe(false)
  pass(10_000, { wall: 10_000 - YEAR })
  pass(2 * HOUR)
  expect(clock.doubtful?.()).toBe(true)
  pass(10_000, { wall: 10_000 + YEAR })
  expect([clock.doubtful?.(), ahead]).toEqual([false, [YEAR]])
  // Asked for nothing else, it sees by itself that it was set.
  pass(0, { wall: YEAR })
  expect(clock.doubtful?.()).toBe(true)
})

it('follows the wall clock over a sleep, in which the other one stands, and over drift in both directions', () => {
  const { pass, told } = setUp()
  expect(pass(8 * HOUR, { monotonic: 3 })).toBe(8 * HOUR)
  for (let day = 0; day < 20_000; day++) pass(1000, { wall: 999.95 })
  expect(Math.abs(pass(0) - 8 * HOUR - 20_000 * 999.95)).toBeLessThan(2)
  for (let day = 0; day < 20_000; day++) pass(1000, { wall: 1000.05 })
  expect(pass(0)).toBeLessThan(8 * HOUR + 40_000_001)
  expect(told).toEqual([])
})

it('whatever somebody does to the wall clock, what was to last a minute is over after a minute', () => {
  const act = fc.record({ passed: fc.integer({ min: 1, max: 20_000 }), set: fc.integer({ min: -HOUR, max: HOUR }) })
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const { pass } = setUp()
      let passed = 0
      for (const { passed: some, set } of acts) {
        // Steps of less than a second are drift, and are followed.
        const step = Math.abs(set) <= 1000 ? 0 : set
        passed += some
        expect(pass(some, { wall: some + step })).toBeGreaterThanOrEqual(passed)
      }
    }),
    { seed: 7, numRuns: 200 },
  )
})
