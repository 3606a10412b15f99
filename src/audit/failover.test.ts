// The database goes back to an earlier state under nodes that run, as after a failover to a copy that lacked the last moments.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId, openAudit } from '../../test/audit/open.ts'
import { postgres } from '../../test/contract/databases.ts'
import type { Caller } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import type { Audit } from './audit.ts'

const database = postgres()
beforeAll(() => database.start())
afterAll(() => database.stop())

const caller: Caller = {
  principal: { type: 'User', id: 'dana' },
  credential: { kind: 'key', id: 'K', bound: false },
  address: '::1',
}
const open = (store: Store, node: string, checkpointMs = 600_000) =>
  openAudit(store, { report: () => {}, node, checkpointMs })

/** Remembers how the log lies there; what is returned puts it back. */
async function copy(store: Store): Promise<() => Promise<void>> {
  const pool = store.pool!
  await pool.query('drop table if exists kept_head, kept_boot')
  await pool.query('create table kept_head as select * from audit_head')
  await pool.query('create table kept_boot as select * from audit_boot')
  return async () => {
    const client = await pool.connect()
    await client.query(`set session_replication_role = replica`)
    await client.query(`begin;
      delete from audit_event where position >= (select size from kept_head);
      delete from audit_checkpoint where size > (select size from kept_head);
      delete from audit_tile where (tile + 1) * 256 > (select size from kept_head);
      update audit_head set (size, root, frontier) = (select size, root, frontier from kept_head);
      update audit_boot b set open_from = k.open_from from kept_boot k where k.boot = b.boot;
      commit`)
    client.release(true)
  }
}

const call = async (audit: Audit) => {
  const record = audit.openCall(newId('call'), { caller })
  await record.decided()
  return record
}
const eventsOf = async (audit: Audit, id: string) =>
  (await audit.query({ call: id }, { limit: 10 })).events.map(({ kind, reason }) => [kind, reason]).reverse()
const alerts = async (audit: Audit) =>
  (await audit.query({ kind: 'alert.raised' }, { limit: 10 })).events.map(({ reason, data }) => [reason, data?.seen])
const WHOLE = [
  ['call.decided', undefined],
  ['call.finished', undefined],
]

it('what was lost is written again by the node that wrote it, once, and told', async () => {
  const store = await database.open()
  const [a, b] = [await open(store, 'a'), await open(store, 'b')]
  const before = await call(a)
  await before.finish({})
  const goBack = await copy(store)
  const running = await call(a)
  const done = await call(a)
  await done.finish({})
  const others = await call(b)
  await others.finish({})
  await goBack()
  const next = await call(a)
  await next.finish({})
  await running.finish({})
  await (await call(b)).finish({})
  await expect.poll(() => alerts(a)).toHaveLength(2)
  expect(await alerts(a)).toEqual(
    expect.arrayContaining([
      ['events lost', expect.stringMatching(/^3 events/)],
      ['events lost', expect.stringMatching(/^2 events/)],
    ]),
  )
  for (const { id } of [before, running, done, others, next]) expect(await eventsOf(a, id)).toEqual(WHOLE)
  expect(await a.verify()).toMatchObject({ ok: true, problems: [], openCalls: 0 })
  await a.stop()
  await b.stop()
  await store.close()
})

it('a call that ran through it and died then is found by the next start', async () => {
  const store = await database.open()
  const [a, b] = [await open(store, 'a', 50), await open(store, 'b')]
  const goBack = await copy(store)
  for (let i = 0; i < 30; i++) await b.append({ kind: 'test.made' }) // gone for good: nobody writes them again
  const running = await call(a)
  const noted = async () =>
    (await store.db.selectFrom('audit_boot').select('open_from').where('node', '=', 'a').execute())[0]!.open_from
  await expect.poll(noted).toBeGreaterThan(30)
  await goBack()
  await a.append({ kind: 'test.made' })
  await expect.poll(() => eventsOf(a, running.id)).toEqual([['call.decided', undefined]])
  await new Promise((resolve) => setTimeout(resolve, 200)) // it notes where its oldest call lies
  const after = await open(store, 'a') // the first one did not stop
  expect(await eventsOf(after, running.id)).toEqual([
    ['call.decided', undefined],
    ['call.finished', 'interrupted'],
  ])
  await a.stop().catch(() => {})
  await store.close()
})

it('a node that follows the checkpoints of another one with its key signs nothing that does not continue them', async () => {
  const store = await database.open()
  const [a, b] = [await open(store, 'a'), await open(store, 'b')]
  const goBack = await copy(store)
  await a.append({ kind: 'test.made' })
  expect(await b.checkpoint()).toBe(await a.checkpoint())
  await goBack()
  await store.transaction((trx) => a.appendIn(trx, [{ kind: 'test.other' }])).catch(() => {}) // told, and written again
  for (const node of [a, b]) await expect(node.checkpoint()).rejects.toMatchObject({ code: 'audit_unavailable' })
  await expect
    .poll(async () => (await alerts(b)).map(([reason]) => reason).sort())
    .toEqual(['events lost', 'history rewritten', 'history rewritten'])
  await a.stop().catch(() => {})
  await b.stop().catch(() => {})
  await store.close()
})

it('a server from which a power cut takes what was answered for is told at the start', async () => {
  const store = await database.open()
  const audit = await open({ ...store, unsafe: ['fsync', 'full_page_writes'] }, 'a')
  await expect.poll(() => alerts(audit)).toEqual([['database unsafe', 'fsync and full_page_writes off']])
  await audit.stop()
  await store.close()
})
