// A new version on a database of before: what lies there already is what the new version expects, and a start that fails or
// dies in the middle of it leaves the database as it was.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DATABASES } from '../../test/contract/databases.ts'
import { openStore, type Store } from './index.ts'
import { MIGRATIONS } from './migrations/index.ts'
import { POSTGRES_TYPES, SQLITE_TYPES } from './migrations/types.ts'
import { createPool, openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'
import type { Tables } from './tables/index.ts'

const report = () => {}
const keyHex = '5a'.repeat(32)
const FIRST = '0006-access'

describe.each(DATABASES.map((make) => make()))('a new version on $name', (database) => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-migrations-'))
  let first: Store
  let count = 0
  beforeAll(async () => {
    await database.start()
    first = await database.open()
  })
  afterAll(async () => {
    await first.close()
    await database.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** A new database that nothing was written into, twice: as it lies there, and as the product opens it. */
  async function empty() {
    count += 1
    if (!first.pool) {
      const given = { file: join(folder, `${count}.db`), keyHex }
      const { writer, close } = await openSqlite<Tables>(given)
      return { db: writer, close, open: () => openStore({ ...given, report }) }
    }
    await first.pool.query(`create database old${count}`)
    const url = new URL(database.url() as string)
    url.pathname = `/old${count}`
    const db = openPostgres<Tables>(
      createPool({ url: url.href, maxConnections: 2, connectTimeoutMs: 5000, report }).pool,
    )
    return { db, close: () => db.destroy(), open: () => openStore({ url: url.href, file: '', keyHex, report }) }
  }

  const run = (db: Kysely<Tables>, statements: readonly string[]) =>
    db.transaction().execute(async (trx) => {
      for (const statement of statements) await sql.raw(statement).execute(trx)
    })

  /** A database as an earlier version left it, with what that had written. */
  async function asLeftBy(newest: string, statements: readonly string[]) {
    const made = await empty()
    const types = database.name === 'sqlite' ? SQLITE_TYPES : POSTGRES_TYPES
    const migrations: Record<string, Migration> = {}
    for (const [name, build] of Object.entries(MIGRATIONS)) if (name <= newest) migrations[name] = build(types)
    const provider = { getMigrations: async () => migrations }
    const { error } = await new Migrator({ db: made.db, provider }).migrateToLatest()
    expect(error).toBeUndefined()
    await run(made.db, statements)
    return made
  }

  const session = (id: string, name: string) => `insert into session
    (id, name, principal, binding, model, address, opened_at, last_at, turns, tokens)
    values ('${id}', ${name}, 'User::"dana"', 'key:K1', 'm', '::1', 1, 1, 1, 1)`
  const WRITTEN = [
    session('own', `'build-42'`),
    session('made', `'~key:K1 User::"dana" abc'`),
    session('none', 'null'),
    `insert into access_grant (id, principal, role, source, reason, starts_at, ends_at, extended, use_count, created_at, created_by, asked_at)
      values ('g', 'User::"dana"', 'r', 'request', 'why', 1, 2, 0, 0, 1, 'x', 1)`,
    `insert into access_request (id, requester, beneficiary, role, seconds, reason, state, digest, approvals, created_at, expires_at, version)
      values ('q', 'User::"dana"', 'User::"dana"', 'r', 60, 'why', 'pending', 'd', 1, 1, 2, 1)`,
    `insert into approval (request, approver, id, answer, groups, narrowed, at) values ('q', 'User::"eve"', 'a', 'approve', '[]', '{}', 1)`,
    `insert into audit_term (term, block) values ('model=m', 0)`,
    'update audit_head set size = 2500',
    `insert into node (id, name, applied_seq, started_at, heard_at) values ('n', 'n', 1, 1, 1)`,
  ]

  it('finds what was written before as it needs it', async () => {
    const { close, open } = await asLeftBy(FIRST, WRITTEN)
    await close()
    const { db, close: closeStore } = await open()
    const names = await db.selectFrom('session').select(['id', 'name']).orderBy('id').execute()
    expect(names).toEqual([
      { id: 'made', name: '~key:K1 User::"dana" abc' },
      { id: 'none', name: null },
      { id: 'own', name: 'build-42 key:K1 User::"dana"' }, // its caller's own from now on
    ])
    const one = <Name extends keyof Tables>(table: Name) =>
      db
        .selectFrom(table as 'node')
        .selectAll()
        .executeTakeFirst() as Promise<unknown>
    expect(await one('access_grant')).toMatchObject({ running: 0, review_alerted_at: null })
    expect(await one('access_request')).toMatchObject({ caller: null }) // answered by nobody any more
    expect(await one('approval')).toMatchObject({ caller: null }) // counts for nothing
    expect(await one('audit_term')).toMatchObject({ tiles: 15 }) // may occur in any of them
    expect(await one('audit_head')).toMatchObject({ size: 2500, indexed: 2048 })
    expect(await one('node')).toMatchObject({ closes_after_ms: null, calls: null })
    await closeStore()
  })

  it('changes all or nothing: whoever failed or died half way through begins again where it began', async () => {
    // The last step cannot be done, as if the process had ended just before it.
    const { db, close, open } = await asLeftBy(FIRST, [...WRITTEN, 'alter table node add column calls integer'])
    await expect(open()).rejects.toMatchObject({ kind: 'layout' })
    const { rows } = await sql`select * from session where id = 'own'`.execute(db)
    expect(rows).toMatchObject([{ name: 'build-42' }])
    await expect(sql`select running from access_grant`.execute(db)).rejects.toThrow()
    await run(db, ['alter table node drop column calls'])
    await close()
    const store = await open()
    const { name } = await store.db
      .selectFrom('session')
      .select('name')
      .where('id', '=', 'own')
      .executeTakeFirstOrThrow()
    expect(name).toBe('build-42 key:K1 User::"dana"')
    await store.close()
  })
})
