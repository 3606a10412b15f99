// The contract of the store, run on both databases: equality and order of text, transactions, the feed.
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createChange, createFeed, type FeedChange, isUniqueViolation, type Store } from '../../src/store/index.ts'
import { DATABASES } from './databases.ts'

const rethrow = (error: unknown) => {
  throw error
}

describe.each(DATABASES.map((make) => make()))('store on $name', (database) => {
  const open: Store[] = []
  const fresh = async () => {
    const store = await database.open()
    open.push(store)
    return store
  }
  beforeAll(() => database.start())
  afterEach(async () => {
    for (const store of open.splice(0)) await store.close()
  })
  afterAll(() => database.stop())

  const addNode = (store: Store, id: string) =>
    store.transaction((trx) =>
      trx.insertInto('node').values({ id, name: id, applied_seq: 0, started_at: 0, heard_at: 0 }).execute(),
    )

  it('tells apart texts that a human or a collation might not', async () => {
    const store = await fresh()
    const names = [
      'dana',
      'Dana',
      'DANA',
      'dana ',
      ' dana',
      'dána',
      'da\u0301na',
      'ｄana',
      'dаna',
      'straße',
      'strasse',
      'ı',
      'i',
      '0',
      '00',
      '',
    ]
    for (const name of names) await addNode(store, name)
    const rows = await store.db.selectFrom('node').select('id').execute()
    expect(new Set(rows.map((row) => row.id))).toEqual(new Set(names))
    for (const name of names) {
      const found = await store.db.selectFrom('node').select('id').where('id', '=', name).execute()
      expect(found).toEqual([{ id: name }])
    }
  })

  it('orders text by bytes', async () => {
    const store = await fresh()
    const names = ['b', 'a', 'B', 'A', '_', '-', '10', '9', 'é', 'z', '\u{1F600}', '\uFFFD', 'ab', 'a b']
    for (const name of names) await addNode(store, name)
    const rows = await store.db.selectFrom('node').select('id').orderBy('id').execute()
    const byBytes = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    expect(rows.map((row) => row.id)).toEqual(byBytes)
    const after = await store.db.selectFrom('node').select('id').where('id', '>', 'a').orderBy('id').execute()
    expect(after.map((row) => row.id)).toEqual(byBytes.slice(byBytes.indexOf('a') + 1))
  })

  it('reports a name that is taken as such, and leaves no trace of the attempt', async () => {
    const store = await fresh()
    await addNode(store, 'one')
    const attempt = store.transaction(async (trx) => {
      await trx.insertInto('node').values({ id: 'two', name: '', applied_seq: 0, started_at: 0, heard_at: 0 }).execute()
      await trx.insertInto('node').values({ id: 'one', name: '', applied_seq: 0, started_at: 0, heard_at: 0 }).execute()
    })
    await expect(attempt).rejects.toSatisfy(isUniqueViolation)
    expect(await store.db.selectFrom('node').select('id').execute()).toEqual([{ id: 'one' }])
  })

  it.skipIf(database.name === 'sqlite')('says of what may go another time that it cannot be reached now', async () => {
    const store = await fresh()
    const says = (statement: string) =>
      store.transaction(async (trx) => {
        await sql.raw(statement).execute(trx)
        await trx.deleteFrom('node').execute()
      })
    const later = { code: 'store_unavailable', status: 503 }
    await expect(says('set transaction read only')).rejects.toMatchObject(later) // a copy that has not taken over
    for (const state of ['40001', '40P01', '57014'])
      await expect(says(`do $$ begin raise exception using errcode = '${state}'; end $$`)).rejects.toMatchObject(later)
  })

  it('reports a taken name inside the transaction as well as outside', async () => {
    const store = await fresh()
    await addNode(store, 'one')
    const seen: unknown[] = []
    const attempt = store.transaction((trx) =>
      trx
        .insertInto('node')
        .values({ id: 'one', name: '', applied_seq: 0, started_at: 0, heard_at: 0 })
        .execute()
        .catch((error: unknown) => {
          seen.push(isUniqueViolation(error))
          throw error
        }),
    )
    await expect(attempt).rejects.toSatisfy(isUniqueViolation)
    expect(seen).toEqual([true])
  })

  it('keeps integers of 53 bits exact', async () => {
    const store = await fresh()
    await addNode(store, 'n')
    await store.transaction((trx) => trx.updateTable('node').set({ heard_at: Number.MAX_SAFE_INTEGER }).execute())
    const row = await store.db.selectFrom('node').select('heard_at').executeTakeFirstOrThrow()
    expect(row.heard_at).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('loses no update of parallel transactions that count in one statement', async () => {
    const store = await fresh()
    await addNode(store, 'n')
    const bump = () =>
      store.transaction((trx) =>
        trx.updateTable('node').set({ applied_seq: sql<number>`applied_seq + 1` }).where('id', '=', 'n').execute(),
      )
    await Promise.all(Array.from({ length: 50 }, bump))
    const row = await store.db.selectFrom('node').select('applied_seq').executeTakeFirstOrThrow()
    expect(row.applied_seq).toBe(50)
  })

  it('shows committed state after reopening', async () => {
    const store = await fresh()
    await addNode(store, 'kept')
    await store.close()
    open.pop()
    const again = await database.reopen()
    open.push(again)
    expect(await again.db.selectFrom('node').select('id').execute()).toEqual([{ id: 'kept' }])
  })

  it('applies every change in commit order before the change returns', async () => {
    const store = await fresh()
    const feed = createFeed({ store, pollMs: 50, report: rethrow })
    const seen: FeedChange[] = []
    feed.subscribe((changes) => void seen.push(...changes))
    await feed.start()
    const change = createChange({
      store,
      clock: { now: () => 7, monotonic: () => 7 },
      appendFeed: feed.append,
      appendEvents: () => Promise.resolve(['evt_1']),
      applied: feed.applied,
    })
    await Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        const { seq } = await change(() =>
          Promise.resolve({ value: i, feed: [{ kind: 'key', key: `k${i}` }], events: [] }),
        )
        expect(seen.some((one) => one.seq === seq && one.key === `k${i}`)).toBe(true)
      }),
    )
    expect(seen.map((one) => one.seq)).toEqual([...seen.map((one) => one.seq)].sort((a, b) => a - b))
    expect(new Set(seen.map((one) => one.key)).size).toBe(30)
    const told = await change(async () => ({
      value: 0,
      feed: [{ kind: 'key', key: 'k' }],
      events: [{ kind: 'key.made' }],
    }))
    expect([change.eventOf(told.seq), change.eventOf(told.seq - 1)]).toEqual(['evt_1', undefined])
    await feed.stop()
  })

  it('writes neither rows nor feed nor events when one of them fails', async () => {
    const store = await fresh()
    const feed = createFeed({ store, pollMs: 50, report: rethrow })
    await feed.start()
    const change = createChange({
      store,
      clock: { now: () => 7, monotonic: () => 7 },
      appendFeed: feed.append,
      appendEvents: () => Promise.reject(new Error('the log is not writable')),
      applied: feed.applied,
    })
    const attempt = change(async (trx) => {
      await trx.insertInto('node').values({ id: 'x', name: '', applied_seq: 0, started_at: 0, heard_at: 0 }).execute()
      return { value: 1, feed: [{ kind: 'node', key: 'x' }], events: [{ kind: 'node.added' }] }
    })
    await expect(attempt).rejects.toThrow('the log is not writable')
    expect(await store.db.selectFrom('node').select('id').execute()).toEqual([])
    expect(await store.db.selectFrom('change').select('seq').execute()).toEqual([])
    await feed.stop()
  })
})
