// What is erased is gone from the files of PostgreSQL as well: also when a node dies between the deletion and the rewriting of the
// table, and not before transactions that may still read it are over.
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAnswers } from '../../src/access/answers.ts'
import type { Audit } from '../../src/audit/index.ts'
import { systemClock, systemRandom } from '../../src/core/index.ts'
import type { Store } from '../../src/store/index.ts'
import { openAudit } from '../audit/open.ts'
import { chat, startGateway } from '../e2e/harness.ts'
import { postgres } from './databases.ts'

const database = postgres()
beforeAll(() => database.start())
afterAll(() => database.stop())

const WRAPPED = Buffer.from('wrapped-key-4f1c-of-somebody')
const SUBJECT = 'User::"erika"'
const ROW = { kid: 'ck_1', subject: SUBJECT, period: '2026-11', wrapped: WRAPPED }

/** A store with one key of a subject in it, and a session of somebody who reads the files of the database. */
async function begin() {
  const store = await database.open()
  const reader = new pg.Client(database.url() as string)
  reader.on('error', () => {})
  await reader.connect()
  await store.transaction(async (trx) => {
    await trx.insertInto('audit_content_key').values(ROW).execute()
  })
  const lies = async () => {
    await reader.query('checkpoint')
    const path = `pg_read_binary_file(pg_relation_filepath('audit_content_key'))`
    const { rows } = await reader.query(`select position($1::bytea in ${path}) > 0 as lies`, [WRAPPED])
    return rows[0].lies as boolean
  }
  const due = async () => (await reader.query('select name from scrub_due order by name')).rows.map(({ name }) => name)
  const close = async () => {
    for (const audit of opened.splice(0)) await audit.stop()
    await reader.end()
    await store.close()
  }
  return { store, lies, due, close }
}

/** `retain` is called here, not by the clock. */
async function contentOf(store: Store) {
  const content = { random: systemRandom, contentKey: systemRandom(32), contentDays: 30, eventDays: 30 }
  const audit = await openAudit(store, { report: () => {}, content })
  opened.push(audit)
  return audit.content as NonNullable<Audit['content']>
}
const opened: Audit[] = []

/** A node that dies as soon as the deletion is written. */
const dying = (store: Store): Store => ({
  ...store,
  scrub: () => Promise.reject(new Error('killed')),
})

it('an erasure leaves nothing in the file, and nothing to do', async () => {
  const { store, lies, due, close } = await begin()
  expect(await lies()).toBe(true)
  expect(await (await contentOf(store)).erase(SUBJECT, {})).toEqual({ keys: 1, parts: 0 })
  expect([await lies(), await due()]).toEqual([false, []])
  await close()
})

it('that was killed before the table was rewritten is finished by the next start', { timeout: 60_000 }, async () => {
  const { store, lies, due, close } = await begin()
  await store.transaction(async (trx) => {
    await trx.deleteFrom('audit_content_key').where('subject', '=', SUBJECT).execute()
    await store.erased(trx, ['audit_content_key'])
  })
  expect([await lies(), await due()]).toEqual([true, ['audit_content_key']])
  const gateway = await startGateway({ database: database.url() })
  await expect.poll(due, { timeout: 20_000 }).toEqual([])
  expect(await lies()).toBe(false)
  expect((await gateway.call('/v1/chat/completions', chat('none'))).status).toBe(404)
  // Who erases is told whether the files hold nothing any more.
  const erase = async () =>
    (await gateway.call('/admin/v1/content/erasures', { principal: 'User:erika', reason: 'x' })).json()
  expect(await erase()).toEqual({ keys: 0, parts: 0, answers: 0, scrubbed: true })
  await store.transaction((trx) => trx.insertInto('audit_content_key').values(ROW).execute())
  const older = new pg.Client(database.url() as string)
  await older.connect()
  await older.query('begin isolation level repeatable read')
  await older.query('select 1 from audit_content_key')
  const erasing = erase()
  await expect.poll(due).toEqual(['audit_content', 'audit_content_key'])
  expect(await erasing).toEqual({ keys: 1, parts: 0, answers: 0, scrubbed: false })
  await older.query('rollback')
  expect(await erase()).toEqual({ keys: 0, parts: 0, answers: 0, scrubbed: true })
  expect(await lies()).toBe(false)
  await older.end()
  await gateway.close()
  await close()
})

it('that was killed is finished by any other node at its hourly round', async () => {
  const { store, lies, due, close } = await begin()
  await expect((await contentOf(dying(store))).erase(SUBJECT, {})).rejects.toThrow('killed')
  await (await contentOf(store)).retain()
  expect([await lies(), await due()]).toEqual([false, []])
  await close()
})

it.each(['reads', 'has written elsewhere'])(
  'is not taken for done while a transaction that began before it %s',
  async (how) => {
    const { store, lies, due, close } = await begin()
    const older = new pg.Client(database.url() as string)
    await older.connect()
    await older.query('create table elsewhere (a int)')
    await older.query(how === 'reads' ? 'begin isolation level repeatable read' : 'begin')
    await older.query(how === 'reads' ? 'select 1 from elsewhere' : 'insert into elsewhere values (1)')
    await expect((await contentOf(dying(store))).erase(SUBJECT, {})).rejects.toThrow('killed')
    expect(await store.scrub()).toBe(false)
    expect(await lies()).toBe(true)
    expect(await due()).toEqual(['audit_content', 'audit_content_key'])
    await older.query('rollback')
    expect(await store.scrub()).toBe(true)
    expect([await lies(), await due()]).toEqual([false, []])
    await older.end()
    await close()
  },
)

it('a deletion that is undone leaves nothing to do', async () => {
  const { store, due, close } = await begin()
  const undone = store.transaction(async (trx) => {
    await store.erased(trx, ['stored_answer'])
    throw new Error('no')
  })
  await expect(undone).rejects.toThrow('no')
  expect(await due()).toEqual([])
  await close()
})

it('stored answers are noted with their deletion', async () => {
  const { store, due, close } = await begin()
  await store.transaction(async (trx) => {
    const row = {
      id: 'a',
      session: 's',
      principal: SUBJECT,
      model: 'm',
      created_at: 1,
      expires_at: 9e15,
      sealed: WRAPPED,
    }
    await trx.insertInto('stored_answer').values(row).execute()
  })
  const answers = createAnswers({
    store: dying(store),
    clock: systemClock,
    random: systemRandom,
    key: systemRandom(32),
    sessions: { look: async () => undefined },
    sessionIdleMs: 1,
    sessionLifetimeMs: 1,
    report: () => {},
  })
  await expect(answers.eraseOf(SUBJECT)).rejects.toThrow('killed')
  expect(await due()).toEqual(['stored_answer'])
  await close()
})
