// Callers of one commit are told some at a time, and what the log says of its size never runs ahead of them. An ending
// goes with the commit of something else where it can, and is durable soon where nothing else comes.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DATABASES } from '../../test/contract/databases.ts'
import { createIds, systemClock, systemRandom } from '../core/index.ts'
import { BLOCK, openBlock } from './block.ts'
import { type Appended, createLog } from './log.ts'
import { HASH_BYTES, leafHash, rootOver, TILE } from './merkle.ts'
import { readEvents, readHead } from './queries.ts'

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
    return { log, store, close }
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

  it('is one whole log, whoever appends beside whom', async () => {
    const { log, store, close } = await opened()
    const newId = createIds(systemClock, systemRandom)
    const report = (error: unknown) => void expect.fail(String(error))
    const other = createLog({ store, clock: systemClock, newId, node: 'other', boot: newId('boot'), report })
    const step = fc.record({
      how: fc.constantFrom('own', 'own', 'own', 'surely', 'within', 'undone', 'other'),
      events: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 60 }) }, fc.constant(700)),
      /** Milliseconds before it. */
      after: fc.constantFrom(0, 0, 0, 1, 3),
    })
    let label = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 6 }), { minLength: 1, maxLength: 4 }), async (lanes) => {
        const told: (Appended & { subject: string })[] = []
        const perform = async ({ how, events }: { how: string; events: number }) => {
          const all = Array.from({ length: events }, () => ({ kind: `test.${how}`, subject: `n${label++}` }))
          const note = (one: Appended, i: number) => told.push({ ...one, subject: all[i]?.subject ?? '' })
          const each = async (append: (event: (typeof all)[number]) => Promise<Appended>) =>
            void (await Promise.all(all.map(async (event, i) => note(await append(event), i))))
          if (how === 'own') return each((event) => log.append(event))
          if (how === 'other') return each((event) => other.append(event))
          if (how === 'surely') return each((event) => log.appendSurely(event, () => {}))
          const work = store.transaction(async (trx) => {
            const written = await log.appendIn(trx, all)
            if (how === 'undone') throw new Error('undone')
            return written
          })
          const written = await work.catch((error: Error) => {
            if (error.message !== 'undone') throw error
            return []
          })
          written.forEach(note)
        }
        const from = (await readHead(store.db)).size
        await Promise.all(
          lanes.map(async (steps) => {
            for (const { after, ...one } of steps) {
              if (after > 0) await new Promise((resolve) => setTimeout(resolve, after))
              await perform(one)
            }
          }),
        )
        const { size, root } = await readHead(store.db)
        expect(size - from).toBe(told.length)
        const rows = await readEvents(store.db, 0, size)
        for (const { position, event, subject } of told) {
          expect(event.subject).toBe(subject)
          expect(JSON.parse(rows[position]?.body ?? '{}')).toMatchObject({ id: event.id, subject })
        }
        const leaves = rows.map(({ body }) => leafHash(body))
        expect(rootOver(leaves)).toEqual(root)
        const tiles = await store.db.selectFrom('audit_tile').select(['tile', 'hashes']).orderBy('tile').execute()
        expect(tiles.length).toBe(Math.floor(size / TILE))
        for (const { tile, hashes } of tiles) {
          const of = leaves.slice(tile * TILE, (tile + 1) * TILE)
          expect(Buffer.from(hashes).equals(Buffer.concat(of, TILE * HASH_BYTES))).toBe(true)
        }
      }),
      { numRuns: 12 },
    )
    for (let burst = 0; burst < 4; burst++)
      await Promise.all(Array.from({ length: 700 }, (_, i) => log.append({ kind: 'test.alone', subject: `b${i}` })))
    // What was taken in beside the appends is what a second reading of the events finds.
    await store.transaction((trx) => log.indexIn(trx))
    const { indexed, size } = await readHead(store.db)
    const written = await store.db.selectFrom('audit_term').select(['term', 'block', 'tiles']).execute()
    const found: typeof written = []
    for (let block = 0; block < indexed / BLOCK; block++) {
      const again = openBlock()
      for (const { body } of await readEvents(store.db, block * BLOCK, (block + 1) * BLOCK)) again.add(JSON.parse(body))
      for (const [term, tiles] of again.close(block).terms) found.push({ term, block, tiles })
    }
    const inOrder = (rows: typeof written) => rows.map(({ term, block, tiles }) => `${block} ${term} ${tiles}`).sort()
    expect(indexed).toBe(size - (size % BLOCK))
    expect(inOrder(written)).toEqual(inOrder(found))
    await other.close()
    await close()
  }, 120_000)
})
