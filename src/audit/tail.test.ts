// What a follower gets: every event once, in the order of the log, as the database has it, whoever wrote it and however
// slow it is. What its own node commits does not come from the database.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DATABASES, sqlite } from '../../test/contract/databases.ts'
import { createIds, systemClock, systemRandom } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import { createLog } from './log.ts'
import { readEvents } from './queries.ts'
import { type Found, toFound } from './search.ts'
import { createTail } from './tail.ts'

const newId = createIds(systemClock, systemRandom)
const report = () => {}
const logOn = (store: Store, node: string) =>
  createLog({ store, clock: systemClock, newId, node, boot: newId('boot'), report })
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** The same store, and how many reads have begun on it. */
function countReads(store: Store) {
  let begun = 0
  const db = new Proxy(store.db, {
    get(target, name) {
      if (name === 'selectFrom') begun += 1
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { counted: { ...store, db }, reads: () => begun }
}

type Step = { readonly does: 'own' | 'other' | 'within' | 'undone'; readonly events: number; readonly pause: number }

describe.each(DATABASES.map((make) => make()))('following on $name', (database) => {
  let store: Store
  beforeAll(async () => {
    await database.start()
    store = await database.open()
  })
  afterAll(async () => {
    await store.close()
    await database.stop()
  })

  it('loses and repeats nothing of what this node, another one and transactions write', async () => {
    const [own, other] = [logOn(store, 'own'), logOn(store, 'other')]
    const steps = fc.array(
      fc.record<Step>({
        does: fc.constantFrom('own', 'own', 'other', 'within', 'undone'),
        events: fc.integer({ min: 1, max: 40 }),
        pause: fc.constantFrom(0, 0, 1, 30),
      }),
      { minLength: 1, maxLength: 12 },
    )
    /** How a follower behaves: where it begins, how much is kept for it, how long it takes, whether it fails now and then. */
    const follower = fc.record({
      behind: fc.constantFrom(undefined, 0, 3),
      mostKept: fc.constantFrom(1, 16, 4096),
      slow: fc.constantFrom(0, 15),
      failing: fc.boolean(),
    })
    const perform = async ({ does, events }: Step) => {
      const event = {
        kind: 'test.made',
        reason: 'said “so” \ud800',
        data: { does, none: undefined as never, b: 1, a: 2 },
      }
      const all = Array.from({ length: events }, () => event)
      if (does === 'own') await Promise.all(all.map((one) => own.append(one)))
      else if (does === 'other') await Promise.all(all.map((one) => other.append(one)))
      else {
        const work = store.transaction(async (trx) => {
          await own.appendIn(trx, all)
          if (does === 'undone') throw new Error('undone')
        })
        await work.catch(() => {})
      }
    }
    await fc.assert(
      fc.asyncProperty(steps, follower, async (done, { behind, mostKept, slow, failing }) => {
        const size = async () => (await store.db.selectFrom('audit_head').select('size').executeTakeFirstOrThrow()).size
        const before = await size()
        const from = behind === undefined ? undefined : Math.max(0, before - behind)
        const seen: Found[] = []
        let calls = 0
        const { counted, reads } = countReads(store)
        const start = createTail({ store: counted, onCommit: own.onCommit, report, pollMs: 10, mostKept })
        const tail = start(
          {},
          async (events) => {
            calls += 1
            if (failing && calls % 3 === 1) throw new Error('the follower failed')
            if (slow > 0) await pause(slow)
            seen.push(...events)
          },
          from,
        )
        // It begins with what comes after it has looked where the log ends, and by then reads on from there.
        if (from === undefined) await expect.poll(reads, { interval: 5, timeout: 10_000 }).toBeGreaterThan(1)
        for (const step of done) {
          const work = perform(step)
          if (step.pause > 0) await pause(step.pause)
          else await work
          await work
        }
        const [begin, end] = [from ?? before, await size()]
        await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(end - begin)
        await pause(30)
        tail.stop()
        expect(seen).toEqual((await readEvents(store.db, begin, end)).map(toFound))
      }),
      { numRuns: 25 },
    )
    await own.close()
    await other.close()
  }, 120_000)
})

it('hands on from memory what its own node commits', async () => {
  const database = sqlite()
  const store = await database.open()
  const log = logOn(store, 'own')
  const { counted, reads } = countReads(store)
  const start = createTail({ store: counted, onCommit: log.onCommit, report, pollMs: 3_600_000 })
  const seen: Found[] = []
  const tail = start({ kind: 'test.seen' }, (events) => void seen.push(...events))
  // It has looked where the log ends, and that nothing lies behind it.
  await expect.poll(reads).toBe(2)
  await pause(50)
  const looked = reads()
  for (let i = 0; i < 40; i++) await log.append({ kind: i % 2 ? 'test.seen' : 'test.other', data: { i } })
  await expect.poll(() => seen.length).toBe(20)
  expect(seen.map(({ position }) => position)).toEqual(Array.from({ length: 20 }, (_, i) => 2 * i + 1))
  expect(reads()).toBe(looked)
  tail.stop()
  await log.close()
  await store.close()
  await database.stop()
})
