// The embedded database and the process around it: opened, not read from, closed or refused; nothing stays alive for it.
import { spawn } from 'node:child_process'
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, expect, it, vi } from 'vitest'
import { DatabaseError, holdAlone, openStore } from './index.ts'

vi.setConfig({ testTimeout: 60_000 }) // processes start slowly on a busy machine

const folder = mkdtempSync(join(tmpdir(), 'sallyport-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let count = 0
const index = new URL('./index.ts', import.meta.url).href
const options = (name: string, keyHex = '5a'.repeat(32)) => ({ file: join(folder, name), keyHex, report: () => {} })

/** Runs a module in a process of its own; resolves when that has ended by itself. */
function ends(source: string, onLine: (child: ReturnType<typeof spawn>) => void = () => {}): Promise<string> {
  const file = join(folder, `${count++}.mjs`)
  writeFileSync(file, source)
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (piece) => {
    out += String(piece)
    onLine(child)
  })
  return new Promise((resolve) => child.once('close', () => resolve(out)))
}

const opening = (given: object) => `
  import { openStore } from ${JSON.stringify(index)}
  const store = await openStore({ ...${JSON.stringify(given)}, report() {} })
  console.log('open')
`

it('a process that has opened the database, and never read from it, ends: closed or not', async () => {
  expect(await ends(`${opening(options('a.db'))}; await store.close(); console.log('closed')`)).toBe('open\nclosed\n')
  expect(await ends(opening(options('a.db')))).toBe('open\n')
})

it('another key, and a layout from the future, are told apart, and leave nothing open', async () => {
  const store = await openStore(options('b.db'))
  await store.transaction((trx) =>
    sql`insert into kysely_migration (name, timestamp) values ('9999-later', 'now')`.execute(trx).then(() => {}),
  )
  await store.close()
  const refusal = (given: ReturnType<typeof options>) => openStore(given).catch((error: unknown) => error)
  expect(await refusal(options('b.db', '6b'.repeat(32)))).toMatchObject({ kind: 'foreign' })
  const layout = await refusal(options('b.db'))
  expect(layout).toBeInstanceOf(DatabaseError)
  expect(layout).toMatchObject({ kind: 'layout', message: expect.stringContaining('9999-later') })
  const told = `process.on('uncaughtException', ({ kind }) => console.log(kind))`
  expect(await ends(`${told};${opening(options('b.db'))}`)).toBe('layout\n')
})

it('a folder is held by one at a time, also of two processes, and let go when its holder dies', async () => {
  const file = join(folder, 'lock')
  const release = holdAlone(file)
  expect(release).toBeDefined()
  expect(holdAlone(file)).toBeUndefined()
  release?.()
  const seen: boolean[] = []
  const holding = `
    import { holdAlone } from ${JSON.stringify(index)}
    console.log(holdAlone(${JSON.stringify(file)}) !== undefined)
    process.stdin.resume()
  `
  const said = await ends(holding, (child) => {
    seen.push(holdAlone(file) === undefined)
    child.kill('SIGKILL')
  })
  expect({ said, seen }).toEqual({ said: 'true\n', seen: [true] })
  const after = holdAlone(file)
  expect(after).toBeDefined()
  after?.()
  expect(() => holdAlone(folder)).toThrow(expect.objectContaining({ kind: 'unavailable', code: 'SQLITE_CANTOPEN' }))
})

it('nothing is written into files that were deleted, replaced or cut, and all is well when they are back', async () => {
  const { file, ...given } = options('e.db')
  const store = await openStore({ file, ...given })
  const write = (name: string) =>
    store.transaction(async (trx) => {
      await trx.insertInto('change').values({ kind: 'test', key: name, at: 0 }).execute()
    })
  const written = async () => (await store.db.selectFrom('change').select('key').execute()).map(({ key }) => key)
  await write('before')
  expect(await written()).toEqual(['before']) // the thread that reads has opened the file as well
  const refused = { code: 'store_unavailable', status: 503, cause: { code: 'SQLITE_READONLY_DBMOVED' } }
  for (const path of [file, `${file}-wal`]) {
    renameSync(path, `${path}.away`)
    await expect(write('deleted')).rejects.toMatchObject(refused)
    await expect(store.atomic(() => [])).rejects.toMatchObject(refused)
    copyFileSync(`${path}.away`, path)
    await expect(write('replaced')).rejects.toMatchObject(refused)
    renameSync(`${path}.away`, path)
    await write('back')
  }
  expect(await store.scrub()).toBe(true) // cut by the database itself
  await write('after')
  await (await openStore({ file, ...given })).close() // and by another connection to it
  await write('still')
  expect(await written()).toEqual(['before', 'back', 'back', 'after', 'still'])
  truncateSync(`${file}-wal`, 0)
  await expect(write('cut')).rejects.toMatchObject(refused)
  await expect(write('cut')).rejects.toMatchObject(refused)
  await store.close()
})

it('a damaged database is told from one that is not there', async () => {
  const { file, ...given } = options('f.db')
  const store = await openStore({ file, ...given })
  await store.close()
  writeFileSync(file, readFileSync(file).subarray(0, 8192))
  await expect(openStore({ file, ...given })).rejects.toMatchObject({ kind: 'damaged' })
})

it('what a process that died has left in the write-ahead log is not there after the next start', async () => {
  const { file, ...given } = options('g.db')
  const store = await openStore({ file, ...given })
  await store.transaction((trx) => trx.insertInto('change').values({ kind: 'k', key: 'k', at: 0 }).execute())
  const copy = join(folder, 'h.db') // as it would be found after a crash
  for (const end of ['', '-wal']) copyFileSync(`${file}${end}`, `${copy}${end}`)
  expect(statSync(`${copy}-wal`).size).toBeGreaterThan(0)
  const next = await openStore({ file: copy, ...given })
  expect(statSync(`${copy}-wal`).size).toBe(0)
  expect(await next.db.selectFrom('change').select('key').execute()).toEqual([{ key: 'k' }])
  await next.close()
  await store.close()
})
