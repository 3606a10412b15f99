// Callers of one commit are told some at a time, and what the log says of its size never runs ahead of them. An ending
// goes with the commit of something else where it can, and is durable soon where nothing else comes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DATABASES } from '../../test/contract/databases.ts'
import { createIds, systemClock, systemRandom } from '../core/index.ts'
import { createLog } from './log.ts'

describe.each(DATABASES.map((make) => make()))('the log on $name', (database) => {
  beforeAll(() => database.start())
  afterAll(() => database.stop())

  const opened = async () => {
    const errors: unknown[] = []
    const store = await database.open()
    const newId = createIds(systemClock, systemRandom)
    const log = createLog({
      store,
      clock: systemClock,
      newId,
      node: 'n',
      boot: newId('boot'),
      report: (error) => errors.push(error),
    })
    const close = async () => {
      await log.close()
      await store.close()
      expect(errors).toEqual([])
    }
    return { log, close }
  }

  it('does not count an event whose caller does not know of it', async () => {
    const { log, close } = await opened()
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
    await close()
  })

  it('gives an ending company, and a commit of its own when none comes', async () => {
    const { log, close } = await opened()
    const commits: string[][] = []
    log.onCommit((written) => commits.push(written.map(({ event }) => event.kind)))
    const ending = log.appendSurely({ kind: 'test.ended' }, () => {})
    await log.append({ kind: 'test.begun' })
    await ending
    expect(commits).toEqual([['test.ended', 'test.begun']])
    await log.appendSurely({ kind: 'test.alone' }, () => {})
    expect(commits.slice(1)).toEqual([['test.alone']])
    // Handed in behind what does not wait it goes with that, and leaves no commit of nothing behind.
    await Promise.all([log.append({ kind: 'test.first' }), log.appendSurely({ kind: 'test.behind' }, () => {})])
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(commits.slice(2)).toEqual([['test.first', 'test.behind']])
    await Promise.all(Array.from({ length: 10 }, () => log.appendSurely({ kind: 'test.many' }, () => {})))
    expect(commits.slice(3)).toEqual([Array(10).fill('test.many')]) // enough of them are company for each other
    let written = false
    void log.appendSurely({ kind: 'test.last' }, () => {
      written = true
    })
    await close() // waits for no company
    expect(written).toBe(true)
  })
})
