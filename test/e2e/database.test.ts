// What an operator reads when PostgreSQL is there and cannot be worked on: which of the two has to change, and how.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { postgres } from '../contract/databases.ts'
import { up } from './process.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-database-'))
const database = postgres()
beforeAll(async () => {
  await database.start()
  const store = await database.open()
  await store.pool?.query(`create database latin encoding 'LATIN1' locale 'C' template template0`)
  await store.pool?.query(`create role lone login password 'postgres'`)
  await store.pool?.query(`create role few login password 'postgres' connection limit 0`)
  await store.close()
})
afterAll(async () => {
  await database.stop()
  rmSync(folder, { recursive: true, force: true })
})

const changed = (change: (url: URL) => unknown): string => {
  const url = new URL(database.url() as string)
  change(url)
  return url.href
}

it.each([
  ['another password', (url: URL) => (url.password = 'other'), 'does not let Sallyport in', 'pg_hba.conf'],
  ['no such database', (url: URL) => (url.pathname = '/missing'), 'There is no such database', 'create it'],
  ['other letters', (url: URL) => (url.pathname = '/latin'), 'cannot keep every text', "ENCODING 'UTF8'"],
  ['a user without rights', (url: URL) => (url.username = 'lone'), 'lacks a right', 'lists what it needs'],
  ['no place', (url: URL) => (url.username = 'few'), 'takes no more connections', 'eleven'],
  ['no TLS', (url: URL) => url.searchParams.set('sslmode', 'verify-full'), 'speaks no TLS', 'ssl = on'],
  [
    'no such authority',
    (url: URL) => (url.search = '?sslmode=verify-full&sslrootcert=missing.pem'),
    'missing.pem, cannot be used (ENOENT)',
    'see sslrootcert',
  ],
  ['several hosts', (url: URL) => url.searchParams.set('host', '127.0.0.1,127.0.0.2'), 'several hosts', 'HAProxy'],
])('%s', { timeout: 60_000 }, async (_, change, what, next) => {
  const flags = ['--data', join(folder, 'data'), '--listen', '127.0.0.1:0', '--database', changed(change)]
  const said = await up(flags).then(
    () => 'it has started',
    (error: Error) => error.message,
  )
  expect(said).toContain(what)
  expect(said).toContain(next)
  expect(said).not.toContain('postgres:postgres')
})
