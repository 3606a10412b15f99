import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createUpkeep } from './upkeep.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

it('what ends things for good waits while the clock is in doubt', async () => {
  let [rounds, doubtful] = [0, true]
  const round = () => Promise.resolve(rounds++)
  const upkeep = createUpkeep(1000, round, () => {}, { doubtful: () => doubtful })
  upkeep.start()
  await vi.advanceTimersByTimeAsync(5000)
  expect(rounds).toBe(0)
  doubtful = false
  await vi.advanceTimersByTimeAsync(2000)
  expect(rounds).toBe(2)
  await upkeep.stop()
})

it('never runs two rounds at once, goes on after a failure, and is waited for when stopped', async () => {
  const ends: (() => void)[] = []
  const failures: unknown[] = []
  let begun = 0
  const upkeep = createUpkeep(
    1000,
    () => {
      begun += 1
      if (begun === 1) return Promise.reject(new Error('first'))
      return new Promise<void>((resolve) => ends.push(resolve))
    },
    (error) => failures.push(error),
  )
  upkeep.start()
  await vi.advanceTimersByTimeAsync(1000)
  expect(failures).toEqual([new Error('first')])
  await vi.advanceTimersByTimeAsync(3000)
  expect(begun).toBe(2)
  let stopped = false
  const stop = upkeep.stop().then(() => {
    stopped = true
  })
  await vi.advanceTimersByTimeAsync(5000)
  expect([begun, stopped]).toEqual([2, false])
  ends[0]?.()
  await stop
  expect(begun).toBe(2)
})
