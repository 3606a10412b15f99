// A log that cannot be written: calls stop at once, nothing is half written, every ending is written later, once, and the
// service comes back by itself. With a disk that is really full (SQLite's own limit) and a server that is really gone.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId, openAudit } from '../../test/audit/open.ts'
import { DATABASES } from '../../test/contract/databases.ts'
import { type Caller, Fault } from '../core/index.ts'
import type { Store } from '../store/index.ts'

const caller: Caller = {
  principal: { type: 'User', id: 'dana' },
  credential: { kind: 'key', id: 'K', bound: false },
  address: '::1',
}
const begin = async (store: Store, maxWaiting = 1000, probeMs = 20) => {
  const errors: unknown[] = []
  return { audit: await openAudit(store, { report: (error) => void errors.push(error), maxWaiting, probeMs }), errors }
}
const until = async (done: () => boolean) => {
  const end = Date.now() + 10_000
  while (!done() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(done()).toBe(true)
}

describe.each(DATABASES.map((make) => make()))('an outage on $name', (database) => {
  let store: Store
  beforeAll(async () => {
    await database.start()
    store = await database.open()
  })
  afterAll(async () => {
    await store.close()
    await database.stop()
  })

  /** Makes every write of events fail, and lets them succeed again. */
  const trouble =
    database.name === 'sqlite'
      ? {
          begin: () => store.atomic(() => [{ sql: 'pragma max_page_count = 1', parameters: [] }]), // no page more: SQLITE_FULL
          end: () => store.atomic(() => [{ sql: 'pragma max_page_count = 1073741823', parameters: [] }]),
        }
      : {
          begin: () => store.atomic(() => [{ sql: 'alter table audit_head rename to gone', parameters: [] }]),
          end: () => store.atomic(() => [{ sql: 'alter table gone rename to audit_head', parameters: [] }]),
        }

  it('stops calls, keeps their endings, and ends by itself', async () => {
    const { audit, errors } = await begin(store, 1000, 500) // what is small may still find room: not tried before all is asked
    const running = audit.openCall(newId('call'), { caller })
    await running.decided()
    const before = await audit.count({ kind: 'test.made' })
    await trouble.begin()
    // Large enough that they need a page of their own.
    const big = { kind: 'test.made', data: { text: 'x'.repeat(50_000) } }
    await expect(audit.append(big)).rejects.toMatchObject({ code: 'audit_unavailable', status: 503 })
    expect(audit.available).toBe(false)
    expect(errors).toHaveLength(1)
    // Whatever else is written meets the same, and says so.
    const row = { size: 1e9, time: 0, note: 'x'.repeat(50_000) }
    if (database.name === 'sqlite')
      await expect(
        store.transaction((trx) => trx.insertInto('audit_checkpoint').values(row).execute()),
      ).rejects.toMatchObject({ code: 'store_unavailable', status: 503 })
    const refused = audit.openCall(newId('call'), { caller })
    await expect(refused.decided()).rejects.toMatchObject({ code: 'audit_unavailable' })
    await expect(running.finish({})).rejects.toMatchObject({ code: 'audit_unavailable' })
    expect(running.open()).toBe(true)
    await trouble.end()
    await until(() => audit.available)
    await until(() => !running.open())
    await audit.append({ kind: 'test.made' })
    const { events } = await audit.query({ kind: ['audit.resumed', 'call.finished'] })
    expect(events.map(({ kind }) => kind).sort()).toEqual(['audit.resumed', 'call.finished'])
    expect(events.find(({ kind }) => kind === 'audit.resumed')?.data?.refused).toBeGreaterThanOrEqual(2)
    expect((await audit.count({ kind: 'test.made' }))[0]?.events).toBe((before[0]?.events ?? 0) + 1)
    expect(await audit.verify()).toMatchObject({ ok: true, problems: [], openCalls: 0 })
    await audit.stop()
  })

  it('keeps no more endings than fit, but for calls that it knows of, and says how many are missing', async () => {
    const { audit } = await begin(store, 50)
    const running = Array.from({ length: 60 }, () => audit.openCall(newId('call'), { caller }))
    for (const call of running) await call.decided()
    const before = (await audit.count({ kind: 'call.finished' }))[0]?.events ?? 0
    await trouble.begin()
    await audit.append({ kind: 'test.made', data: { text: 'x'.repeat(50_000) } }).catch(() => {})
    for (let i = 0; i < 500; i++) {
      const call = audit.openCall(newId('call'), { caller })
      await expect(call.decided()).rejects.toMatchObject({ code: 'audit_unavailable' })
      await call.finish({ fault: new Fault('audit_unavailable') }).catch(() => {})
    }
    await Promise.allSettled(running.map((call) => call.finish({})))
    expect(audit.waiting).toBeLessThanOrEqual(50 + 60)
    await trouble.end()
    await until(() => audit.available && running.every((call) => !call.open()))
    await audit.append({ kind: 'test.made' })
    const written = ((await audit.count({ kind: 'call.finished' }))[0]?.events ?? 0) - before
    const [resumed] = (await audit.query({ kind: 'audit.resumed' }, { limit: 1 })).events
    expect(written).toBe(50 + 60)
    // The one that noticed, 500 beginnings, and the endings of them that were not kept.
    expect(resumed?.data?.refused).toBe(1 + 500 + 450)
    expect(await audit.verify()).toMatchObject({ ok: true, problems: [], openCalls: 0 })
    await audit.stop()
  })

  it('refuses what does not fit the queue, and writes what did', async () => {
    const { audit } = await begin(store, 50)
    const done = await Promise.allSettled(
      Array.from({ length: 200 }, (_, i) => audit.append({ kind: 'test.queued', data: { i } })),
    )
    const written = done.filter(({ status }) => status === 'fulfilled').length
    expect(written).toBe(50)
    expect((await audit.count({ kind: 'test.queued' }))[0]?.events).toBe(50)
    await audit.append({ kind: 'test.after' })
    const [resumed] = (await audit.query({ kind: 'audit.resumed' }, { limit: 1 })).events
    expect(resumed?.data?.refused).toBe(150)
    await audit.stop()
  })
})

it('survives connections that are cut, also in the middle of a commit', async () => {
  const make = DATABASES[1]
  const database = make()
  await database.start()
  const store = await database.open()
  const { audit } = await begin(store)
  await audit.append({ kind: 'test.before' })
  // All connections are cut, some in the middle of a commit; whether these were written is settled afterwards.
  const calls = Array.from({ length: 60 }, () => audit.openCall(newId('call'), { caller }))
  const work = calls.map(async (call, i) => {
    await new Promise((resolve) => setTimeout(resolve, i * 3))
    await call.finish({}).catch(() => {})
  })
  for (let i = 0; i < 8; i++) {
    await new Promise((resolve) => setTimeout(resolve, 15))
    await store.pool
      ?.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
      )
      .catch(() => {})
  }
  await Promise.all(work)
  await until(() => audit.available)
  await expect.poll(async () => (await audit.count({ kind: 'call.finished' }))[0]?.events, { timeout: 10_000 }).toBe(60)
  await audit.append({ kind: 'test.after' })
  const { events } = await audit.query({ kind: 'call.finished' }, { limit: 100 })
  expect(new Set(events.map(({ call }) => call)).size).toBe(60)
  expect(await audit.verify()).toMatchObject({ ok: true, problems: [] })
  await audit.stop()
  await store.close()
  await database.stop()
})
