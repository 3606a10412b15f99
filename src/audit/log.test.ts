// Callers of one commit are told some at a time, and what the log says of its size never runs ahead of them.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sqlite } from '../../test/contract/databases.ts'
import { createIds, systemClock, systemRandom } from '../core/index.ts'
import { createLog } from './log.ts'

const database = sqlite()
beforeAll(() => database.start())
afterAll(() => database.stop())

it('does not count an event whose caller does not know of it', async () => {
  const store = await database.open()
  const newId = createIds(systemClock, systemRandom)
  const report = () => {}
  const log = createLog({ store, clock: systemClock, newId, node: 'n', boot: newId('boot'), report })
  const seen: { position: number; size: number }[] = []
  let told = 0
  const append = async (subject: string) => {
    const { position } = await log.append({ kind: 'test.counted', subject })
    told += 1
    seen.push({ position, size: log.size })
  }
  const all = Array.from({ length: 300 }, (_, i) => append(`${i}`))
  // Where a dead process left open calls is found from this size on: one that is not told of yet must lie behind it.
  while (told < 300) {
    expect(log.size).toBeLessThanOrEqual(told)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(all)
  expect(seen.map(({ position }) => position)).toEqual(Array.from({ length: 300 }, (_, i) => i))
  expect(seen[0]?.size).toBeLessThan(300)
  expect(log.size).toBe(300)
  await log.close()
  await store.close()
})
