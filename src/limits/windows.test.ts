// A shared budget at the edge of its window: nodes whose clocks differ, what a dead one held of the window before, and a clock
// that was ahead and is set right. Nothing of it gives a budget anew that has been used.
import { afterAll, expect, it } from 'vitest'
import { sqlite } from '../../test/contract/databases.ts'
import type { LimitDuty } from '../core/index.ts'
import { createLimits } from './limits.ts'
import { borrow, reapSlices, settleSlice } from './queries.ts'

const database = sqlite()
afterAll(() => database.stop())

const MINUTE = 60_000
const DAY = 86_400_000
const NOON = Date.UTC(2026, 10, 21, 12)
const tokens: LimitDuty = { amount: 100, unit: 'tokens', windowSeconds: 60, rule: 't' }

async function setUp() {
  const store = await database.open()
  const ask = (node: string, window: number, need: number) =>
    store.transaction((trx) =>
      borrow(trx, 'sqlite', { key: 'k', node, window }, tokens, { need, share: 0, now: window }),
    )
  return {
    ask,
    reap: (living: string[]) => store.transaction((trx) => reapSlices(trx, 'sqlite', living)),
    settle: (node: string, window: number, spent: number, back: number) =>
      store.transaction((trx) =>
        settleSlice(trx, 'sqlite', { key: 'k', node, window }, tokens, { spent, back, over: 0 }),
      ),
    close: () => store.close(),
  }
}

it('what a dead node held of a window that has passed gives nothing of the present one back', async () => {
  const { ask, reap, close } = await setUp()
  await ask('a', NOON, 60)
  await ask('b', NOON + MINUTE, 80)
  await reap(['b'])
  expect((await ask('b', NOON + MINUTE, 30)).granted).toBe(0)
  expect((await ask('b', NOON + MINUTE, 20)).granted).toBe(20)
  await close()
})

it('a node whose clock is behind counts with those who have begun the next window, and takes nobody back', async () => {
  const { ask, settle, close } = await setUp()
  await ask('late', NOON, 40)
  await ask('a', NOON + MINUTE, 80)
  await settle('late', NOON, 10, 30) // of the window before
  expect(await ask('late', NOON, 30)).toEqual({ granted: 0, window: NOON + MINUTE, left: 20 })
  expect(await ask('late', NOON, 15)).toEqual({ granted: 15, window: NOON + MINUTE, left: 5 })
  await settle('late', NOON + MINUTE, 5, 10)
  expect(await ask('a', NOON + MINUTE, 16)).toMatchObject({ granted: 0, left: 15 })
  await close()
})

it('a clock that was ahead before a restart gives no budget anew when it is set right, and shuts nobody out for long', async () => {
  const store = await database.open()
  let boots = 0
  const run = async (now: number, limit: LimitDuty) => {
    const clock = { now: () => now, monotonic: () => 0 }
    const node = `boot_${boots++}`
    const shared = { store, clock, node, living: async () => [node], admits: () => true }
    const limits = createLimits({ clock, settings: [], shared, report: () => {} })
    await limits.start()
    let calls = 0
    try {
      const of = { principal: { type: 'User', id: 'dana' }, key: 'K', model: 'm', limits: [limit] } as const
      for (; ; calls++) {
        const hold = await limits.reserve({ ...of, estimate: { inputTokens: 10, maxTokens: 10 } })
        hold.settle({ inputTokens: 10, outputTokens: 10 })
      }
    } catch {
      await limits.stop()
      return calls
    }
  }
  const budget: LimitDuty = { amount: 100, unit: 'tokens', windowSeconds: 86_400, rule: 'budget' }
  expect(await run(NOON + DAY, budget)).toBe(5)
  expect(await run(NOON, budget)).toBe(0)
  expect(await run(NOON + DAY, budget)).toBe(0)
  expect(await run(NOON + 2 * DAY, budget)).toBe(5)
  expect(await run(NOON + 400 * DAY, budget)).toBe(5)
  expect(await run(NOON + 3 * DAY, budget)).toBe(0)
  expect(await run(NOON + 4 * DAY, budget)).toBe(5)
  const rate: LimitDuty = { amount: 3, unit: 'requests', windowSeconds: 3600, rule: 'rate' }
  expect(await run(NOON + 400 * DAY, rate)).toBe(3)
  expect(await run(NOON, rate)).toBe(0)
  expect(await run(NOON + 60 * MINUTE, rate)).toBe(3)
  await store.close()
})
