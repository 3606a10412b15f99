// PostgreSQL over TLS, against a real server: whom it is spoken to by each mode of the URL, and what is said where it is not.
import { appendFileSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { CERTIFICATES } from '../../test/contract/certificates.ts'
import { postgres } from '../../test/contract/databases.ts'
import { proxyTo } from '../../test/contract/proxy.ts'
import { createFeed } from './feed.ts'
import { openStore, type Store } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-tls-'))
const { ours, other, servers, client, stranger } = CERTIFICATES
writeFileSync(join(folder, 'empty.pem'), 'nothing\n')

let dataFolder = ''
const database = postgres((at) => {
  dataFolder = at
  const rules = [
    'hostssl all bound all scram-sha-256',
    'hostssl all digest all md5',
    'hostssl all held all scram-sha-256 clientcert=verify-ca',
    'hostssl all trusted all trust',
    'local all all scram-sha-256',
    'host all postgres all password',
  ]
  writeFileSync(join(at, 'pg_hba.conf'), `${rules.join('\n')}\n`)
  show(servers.good)
  place('ca.crt', readFileSync(ours))
  const settings = ['ssl = on', `ssl_ca_file = 'ca.crt'`, `unix_socket_directories = '${at}'`]
  appendFileSync(join(at, 'postgresql.conf'), `${settings.join('\n')}\n`)
})
function place(name: string, content: Buffer) {
  const { uid, gid } = statSync(dataFolder)
  writeFileSync(join(dataFolder, name), content, { mode: 0o600 })
  chownSync(join(dataFolder, name), uid, gid)
}
function show({ cert, key }: { cert: string; key: string }) {
  place('server.crt', readFileSync(cert))
  place('server.key', readFileSync(key))
}

let owner: Store
const closers: (() => Promise<unknown> | unknown)[] = []
const reported: unknown[] = []
beforeAll(async () => {
  await database.start()
  owner = await database.open()
  for (const role of ['bound', 'held', 'trusted']) await run(`create role ${role} superuser login password 'postgres'`)
  await run(`set password_encryption = md5; create role digest superuser login password 'postgres'`)
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  await run('alter system reset ssl')
  await serve(servers.good)
})
afterAll(async () => {
  await owner.close()
  await database.stop()
  rmSync(folder, { recursive: true, force: true })
})

const run = async (text: string) => (await owner.pool?.query(text))?.rows ?? []
/** `user@host?parameters`, with our authority unless it names another. */
const urlOf = (user: string, host: string, parameters: string): string => {
  const url = new URL(database.url() as string)
  url.username = user
  url.hostname = host
  return `${url.href}?${parameters.replaceAll('OURS', ours).replaceAll('OTHER', other).replaceAll('FOLDER', folder)}`
}
const open = async (url: string) => {
  const store = await openStore({ url, file: '', keyHex: '', report: (error) => reported.push(error) })
  closers.push(() => store.close())
  return store
}
const isTls = async (store: Store): Promise<unknown> => {
  const asked = sql<{ ssl: boolean }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`
  return (await store.transaction((trx) => asked.execute(trx))).rows[0]?.ssl
}
const reload = async () => {
  const loaded = async () => (await run('select pg_conf_load_time()::text as at'))[0]
  const before = await loaded()
  await run('select pg_reload_conf()')
  // A connection reads the settings by itself; the one process that takes new ones has done so before it told this one to.
  await expect.poll(loaded).not.toEqual(before)
}
const serve = async (how: { cert: string; key: string } | 'off') => {
  if (how === 'off') await run('alter system set ssl = off')
  else show(how)
  await reload()
}

it.each([
  ['postgres', 'localhost', 'sslmode=disable', false],
  ['postgres', 'localhost', 'sslmode=no-verify', true],
  ['postgres', 'localhost', 'sslmode=require&sslrootcert=OURS', true],
  ['postgres', '127.0.0.1', 'sslmode=verify-ca&sslrootcert=OURS', true],
  ['postgres', 'localhost', 'sslmode=verify-full&sslrootcert=OURS', true],
  ['bound', 'localhost', 'sslmode=verify-full&sslrootcert=OURS&channel_binding=prefer', true],
  ['bound', 'localhost', 'sslmode=verify-full&sslrootcert=OURS&channel_binding=require', true],
  ['held', 'localhost', `sslmode=verify-full&sslrootcert=OURS&sslcert=${client.cert}&sslkey=${client.key}`, true],
])('%s@%s?%s connects', async (user, host, parameters, tls) => {
  expect(await isTls(await open(urlOf(user, host, parameters)))).toBe(tls)
})

it.each([
  ['require is no less than it is', 'localhost', 'sslmode=require', servers.good, 'TLS_UNTRUSTED'],
  ['require holds to the name', '127.0.0.1', 'sslmode=require&sslrootcert=OURS', servers.good, 'TLS_NAME'],
  ['another name', '127.0.0.1', 'sslmode=verify-full&sslrootcert=OURS', servers.good, 'TLS_NAME'],
  ['no authority named', 'localhost', 'sslmode=verify-full', servers.good, 'TLS_UNTRUSTED'],
  ['another authority', 'localhost', 'sslmode=verify-full&sslrootcert=OTHER', servers.good, 'TLS_UNTRUSTED'],
  ['another authority, any name', 'localhost', 'sslmode=verify-ca&sslrootcert=OURS', servers.foreign, 'TLS_UNTRUSTED'],
  ['an old certificate', 'localhost', 'sslmode=verify-full&sslrootcert=OURS', servers.expired, 'TLS_EXPIRED'],
  ['no TLS', 'localhost', 'sslmode=verify-full&sslrootcert=OURS', 'off', 'TLS_NONE'],
  ['no TLS, unverified', 'localhost', 'sslmode=no-verify', 'off', 'TLS_NONE'],
  [
    'the machine does not know us',
    'localhost',
    'sslmode=verify-full&sslrootcert=system',
    servers.good,
    'TLS_UNTRUSTED',
  ],
] as const)('%s: refused', async (_, host, parameters, server, code) => {
  await serve(server)
  const error = await open(urlOf('postgres', host, parameters)).catch((error: unknown) => error)
  expect(error).toMatchObject({ kind: 'unavailable', code })
})

it.each(['trusted', 'digest', 'postgres'])(
  'channel_binding=require: %s, whom the server lets in another way, is told nothing',
  async (user) => {
    const url = new URL(urlOf(user, 'localhost', 'sslmode=verify-full&sslrootcert=OURS&channel_binding=require'))
    url.password = 'other' // told to the server, it would say that it is wrong
    await expect(open(url.href)).rejects.toMatchObject({ code: 'NO_CHANNEL_BINDING' })
  },
)

it.each([
  ['no client certificate', 'sslmode=verify-full&sslrootcert=OURS', /^28000$/],
  [
    'one of another authority',
    `sslmode=verify-full&sslrootcert=OURS&sslcert=${stranger.cert}&sslkey=${stranger.key}`,
    /^TLS_REFUSED$/,
  ],
])('%s: refused', async (_, parameters, code) => {
  const error = await open(urlOf('held', 'localhost', parameters)).catch((error: unknown) => error)
  const { code: own, cause } = error as { code?: string; cause?: { code?: string } }
  expect(own ?? cause?.code).toMatch(code)
})

it.each([
  ['a file that is not there', 'sslrootcert=FOLDER/missing.pem', 'ENOENT'],
  ['authorities that are none', 'sslrootcert=FOLDER/empty.pem', 'not PEM'],
  ['the key of another', `sslcert=${client.cert}&sslkey=${stranger.key}`, 'of another key'],
])('%s: refused', async (_, parameters, why) => {
  const error = await open(urlOf('held', 'localhost', `sslmode=verify-full&${parameters}`)).catch((error) => error)
  expect(error).toMatchObject({ kind: 'unfit', code: 'TLS_FILE', message: expect.stringContaining(why) })
})

it('a socket needs no TLS, in either way of naming it', async () => {
  const url = new URL(database.url() as string)
  const at = encodeURIComponent(dataFolder)
  for (const named of [
    `postgres://postgres:postgres@${at}:${url.port}${url.pathname}`,
    `postgres://postgres:postgres@/${url.pathname.slice(1)}?host=${at}&port=${url.port}`,
    `postgres:///${url.pathname.slice(1)}?user=postgres&password=postgres&host=${at}&port=${url.port}&sslmode=verify-full`,
  ])
    expect(await isTls(await open(named))).toBe(false)
})

it('what the environment says to the driver weakens nothing', async () => {
  process.env.PGSSLMODE = 'no-verify'
  closers.push(() => delete process.env.PGSSLMODE)
  await expect(open(urlOf('postgres', 'localhost', 'sslmode=require'))).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' })
  expect(await isTls(await open(urlOf('postgres', 'localhost', 'sslmode=disable')))).toBe(false)
})

it('the feed goes the same way; a certificate that is bad later stops it, and a good one lets it go on', async () => {
  const proxy = await proxyTo(
    urlOf('bound', 'localhost', 'sslmode=verify-full&sslrootcert=OURS&channel_binding=require'),
  )
  closers.push(() => proxy.close())
  const store = await open(proxy.url)
  const feed = createFeed({ store, pollMs: 50, report: (error) => reported.push(error) })
  await feed.start()
  closers.push(() => feed.stop())
  const links = `select ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'sallyport feed'`
  expect(await run(links)).toEqual([{ ssl: true }])
  const isFresh = () => performance.now() - feed.heardAt < 1000
  const add = () => store.transaction((trx) => feed.append(trx, [{ kind: 'key', key: 'k' }], 1))
  await expect.poll(isFresh).toBe(true)
  for (const [bad, code] of [
    [servers.foreign, 'TLS_UNTRUSTED'],
    [servers.expired, 'TLS_EXPIRED'],
    ['off', 'TLS_NONE'],
  ] as const) {
    await serve(bad)
    proxy.set('cut')
    proxy.set('open')
    await expect.poll(() => add().catch((error: unknown) => error)).toMatchObject({ cause: { code } })
    await expect.poll(isFresh, { timeout: 5000 }).toBe(false)
    await run('alter system reset ssl')
    await serve(servers.good)
    await expect.poll(() => add().catch(() => 0), { timeout: 10_000 }).toBeGreaterThan(0)
    await expect.poll(isFresh, { timeout: 5000 }).toBe(true)
  }
  // What is silent is ended there too, and the handshake with one that never answers.
  proxy.set('hole')
  await expect.poll(isFresh, { timeout: 5000 }).toBe(false)
  proxy.set('open')
  await expect.poll(isFresh, { timeout: 10_000 }).toBe(true)
  proxy.freeze()
  await expect.poll(() => add().catch(() => 0), { timeout: 10_000 }).toBeGreaterThan(0)
}, 60_000)

it('nothing that is said holds the password', () => {
  const said = JSON.stringify(reported.map((error) => [String(error), (error as Error).stack, error]))
  expect(said).not.toContain('postgres:postgres')
})
