import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { AuditEvent } from '../core/index.ts'
import type { Anomalies } from './anomaly.ts'
import { watch } from './watch.ts'

const event = (id: string): AuditEvent => ({ id, time: 0, node: 'n', boot: 'b', kind: 'call.finished' })

it('goes on where it was when the past cannot be read, and then goes live', async () => {
  const learned: string[] = []
  const seen: string[] = []
  const asked: number[] = []
  const reported: unknown[] = []
  const anomalies = {
    learn: (events: readonly AuditEvent[]) => void learned.push(...events.map(({ id }) => id)),
    see: (events: readonly AuditEvent[]) => void seen.push(...events.map(({ id }) => id)),
  } as Anomalies
  const { promise: live, resolve } = Promise.withResolvers<number>()
  let away = 2
  const watching = watch({
    anomalies,
    since: 5,
    async *past(from) {
      asked.push(from)
      if (from === 5) yield { events: [event('a')], next: 6 }
      if (away-- > 0) throw new Error('the database is away')
      yield { events: [event('b')], next: 7 }
    },
    live(from, see) {
      see([event('c')])
      resolve(from)
      return { stop() {} }
    },
    report: (error) => reported.push(error),
    retryMs: 1,
  })
  expect(await live).toBe(7)
  expect({ asked, learned, seen, reported: reported.length }).toEqual({
    ...{ asked: [5, 6, 6], learned: ['a', 'b'], seen: ['c'] },
    reported: 1, // an outage is one line, however long it lasts
  })
  await watching.stop()
})

it('stops at once while it waits for the past', async () => {
  let asked = 0
  const watching = watch({
    anomalies: {} as Anomalies,
    since: 0,
    // biome-ignore lint/correctness/useYield: it never gets that far
    async *past() {
      asked += 1
      throw new Error('the database is away')
    },
    live: () => expect.unreachable(),
    report() {},
    retryMs: 60_000,
  })
  await sleep(5)
  await watching.stop()
  expect(asked).toBe(1)
})
