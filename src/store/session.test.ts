// PostgreSQL as others have set it up: what cannot hold there is refused at the start, what can be set is set.
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { postgres } from '../../test/contract/databases.ts'
import { poolerTo } from '../../test/contract/pooler.ts'
import { openStore, type Store } from './index.ts'

const database = postgres()
let server: Store
const closers: (() => Promise<unknown> | unknown)[] = []
beforeAll(async () => {
  await database.start()
  server = await database.open()
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})
afterAll(async () => {
  await server.close()
  await database.stop()
})

const run = async (text: string) => (await server.pool?.query(text))?.rows ?? []
const urlOf = (name: string, user?: string) => {
  const url = new URL(database.url() as string)
  url.pathname = `/${name}`
  if (user !== undefined) url.username = user
  return url.href
}
const open = async (url: string) => {
  const store = await openStore({ url, file: '', keyHex: '', report: () => {} })
  closers.push(() => store.close())
  return store
}

it.each([
  ['NOT_UTF8', 'latin', "encoding 'LATIN1' locale 'C' template template0", ''],
  ['NOT_UTF8', 'bytes', "encoding 'SQL_ASCII' locale 'C' template template0", ''],
  ['READ_ONLY', 'readonly', '', 'alter database readonly set default_transaction_read_only = on'],
  ['NO_SCHEMA', 'nowhere', '', 'alter database nowhere set search_path = missing'],
])('%s: %s is refused', async (code, name, how, then) => {
  await run(`create database ${name} ${how}`)
  if (then !== '') await run(then)
  await expect(open(urlOf(name))).rejects.toMatchObject({ kind: 'unfit', code })
})

it.each([1, 4])('a pooler that gives each transaction another one of %i connections is refused', async (size) => {
  const pooler = await poolerTo(database.url() as string, size)
  closers.push(() => pooler.close())
  await expect(open(pooler.url)).rejects.toMatchObject({ kind: 'unfit', code: 'POOLED' })
})

it('goes to no standby, and not back to a server that another one has taken over from', async () => {
  await run('create database lines')
  await run('alter database lines set search_path = told, pg_catalog, public')
  const own = new pg.Client(urlOf('lines'))
  await own.connect()
  closers.push(() => own.end())
  await own.query('create schema told')
  /** What the server says of itself from here on: two of them, as far as anybody can see. */
  const tell = (name: string, type: string, value: string) =>
    own.query(`create or replace function told.${name} returns ${type} language sql as $$ select ${value} $$`)
  const line = (n: number) => tell('pg_walfile_name(pg_lsn)', 'text', `'${n}'::text || repeat('0', 16)`)
  await line(10000001)
  const store = await open(urlOf('lines'))
  const look = () => store.db.selectFrom('node').selectAll().execute()
  const held = await store.pool?.connect()
  closers.push(() => held?.release(true))
  await line(10000002)
  await Promise.all([look(), look()]) // one of them over a new connection, which ends the others
  await expect(held?.query('select 1')).rejects.toThrow()
  await line(10000001)
  const all = async () =>
    (await Promise.allSettled(Array.from({ length: 12 }, look))).filter(({ status }) => status === 'rejected')
  expect((await all())[0]).toMatchObject({ reason: { code: 'store_unavailable', cause: { code: 'OLD_PRIMARY' } } })
  await tell('pg_is_in_recovery()', 'boolean', 'true')
  expect((await all())[0]).toMatchObject({ reason: { code: 'store_unavailable', cause: { code: 'STANDBY' } } })
  await expect(open(urlOf('lines'))).rejects.toMatchObject({ code: 'STANDBY' })
})

it('whoever locks sees what was committed before, and what is answered stays, whatever the server is set to', async () => {
  await run('create database eager')
  const shown = async () => {
    const { rows } = await (await open(urlOf('eager'))).transaction((trx) =>
      sql`select current_setting('transaction_isolation') as level, current_setting('synchronous_commit') as waits`.execute(
        trx,
      ),
    )
    return rows
  }
  await run('alter database eager set default_transaction_isolation = serializable')
  await run('alter database eager set synchronous_commit = off')
  expect(await shown()).toEqual([{ level: 'read committed', waits: 'on' }])
  await run('alter database eager set synchronous_commit = remote_apply')
  expect(await shown()).toEqual([{ level: 'read committed', waits: 'remote_apply' }])
})

it('stands in a schema of its own, beside another user of the same library; a user without rights but there is enough', async () => {
  await run(`create role own login password 'postgres'`)
  await run('create database shared')
  await (await open(urlOf('shared'))).close()
  await run('alter role own set search_path = mine')
  const owner = await open(urlOf('shared'))
  await owner.pool?.query('create schema mine authorization own')
  const store = await open(urlOf('shared', 'own'))
  const rows = await owner.pool?.query(`select distinct schemaname from pg_tables where tableowner = 'own'`)
  expect(rows?.rows).toEqual([{ schemaname: 'mine' }])
  await store.transaction((trx) => store.erased(trx, ['audit_content']))
  expect(await store.scrub()).toBe(true)
})

it('is unavailable, and nothing worse, while it lets nobody in', async () => {
  await run(`create role changing login password 'postgres'`)
  await run('create database closing owner changing')
  const store = await open(urlOf('closing', 'changing'))
  await run(`alter role changing password 'other'`)
  await run(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'changing'`)
  const look = () => store.db.selectFrom('node').selectAll().execute()
  const refusal = { code: 'store_unavailable', cause: { cause: { code: '28P01' } } }
  await expect.poll(() => look().catch((error: unknown) => error)).toMatchObject(refusal)
  await run(`alter role changing password 'postgres'`)
  expect(await look()).toEqual([])
})

it('a commit whose wait for the standby somebody has ended is none', async () => {
  const name = new URL(database.url() as string).pathname.slice(1)
  const store = await open(urlOf(name))
  await run(`alter system set synchronous_standby_names = 'nobody'`)
  await run('select pg_reload_conf()')
  closers.push(async () => {
    await run('alter system reset synchronous_standby_names')
    await run('select pg_reload_conf()')
  })
  await expect
    .poll(async () => (await run('show synchronous_standby_names'))[0])
    .toMatchObject({
      synchronous_standby_names: 'nobody',
    })
  const row = { question: 'q', node: 'n', answer: '', at: 0 }
  const statement = { sql: `insert into node_answer values ('one', 'n', '', 0)`, parameters: [] }
  const ends = async (writing: Promise<unknown>) => {
    const outcome = writing.catch((error: unknown) => error)
    const waits = `from pg_stat_activity where wait_event = 'SyncRep'`
    await expect.poll(async () => (await run(`select 1 ${waits}`)).length).toBe(1)
    await run(`select pg_cancel_backend(pid) ${waits}`)
    return outcome
  }
  const refused = { code: 'store_unavailable', cause: { code: 'NOT_REPLICATED' } }
  expect(await ends(store.transaction((trx) => trx.insertInto('node_answer').values(row).execute()))).toMatchObject(
    refused,
  )
  expect(
    await ends(store.atomic(() => [statement, { ...statement, sql: statement.sql.replace('one', 'two') }])),
  ).toMatchObject(refused)
  expect(
    await ends(
      store.atomic(() => [{ ...statement, sql: statement.sql.replace('one', 'alone'), mustChange: 1, whole: true }]),
    ),
  ).toMatchObject(refused)
})
