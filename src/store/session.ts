// What a connection to PostgreSQL is set to whatever the server's settings say, and what the server must be for this gateway to
// work on it. Some of what does not hold would be noticed too late: when a change is lost, or two nodes run under one name.
import pg from 'pg'
import { Client, type Connect } from './connect.ts'
import { coded, type DatabaseError } from './error.ts'

/**
 * First of all on each connection. Answered means durable, so a commit is waited for at least here; how much further, the server says.
 * Who locks and then reads must see what was committed before the lock was had.
 */
const SETTLE = `select set_config('default_transaction_isolation', 'read committed', false),
  case current_setting('synchronous_commit') when 'off' then set_config('synchronous_commit', 'on', false) end`

/** Each server that takes over begins a line of history of its own, with the next number. */
const TIMELINE = `select case when pg_is_in_recovery() then 0
  else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint::integer end as timeline`

/** All connections of this process to the database. */
export interface Sessions {
  /** A further connection beside the pool, made with the same address, TLS and rights; `over` is what differs. */
  make(over: pg.ClientConfig): pg.Client
  /**
   * Readies a new connection.
   * @throws DatabaseError `unavailable` if it leads to a standby, or to a server that another one has taken over from: what it holds, and
   * what is written there, is no more what the others go by
   */
  settle(client: pg.ClientBase): Promise<void>
  /** Told of the first connection to a server that has taken over: all others lead to the one before. */
  onNewer(listener: (first: pg.ClientBase) => void): void
}

/** `connect` with the milliseconds that one may take. */
export function createSessions(connect: Connect & { connectionTimeoutMillis: number }): Sessions {
  const timeoutMs = connect.connectionTimeoutMillis
  const listeners: ((first: pg.ClientBase) => void)[] = []
  let newest = 0
  /** 0 for a standby; undefined where the server does not tell. */
  const timelineOf = async (client: pg.ClientBase): Promise<number | undefined> => {
    const query = { text: TIMELINE, query_timeout: timeoutMs }
    const { rows } = await client.query<{ timeline: number }>(query).catch((error: unknown) => {
      if (error instanceof pg.DatabaseError && !/^(08|53|57)/.test(error.code ?? '')) return { rows: [] }
      throw error
    })
    return rows[0]?.timeline
  }
  return {
    make: (over) => new Client({ ...connect, ...over }),
    async settle(client) {
      await client.query({ text: SETTLE, query_timeout: timeoutMs } as pg.QueryConfig)
      const timeline = await timelineOf(client)
      if (timeline === 0)
        throw coded('unavailable', REFUSED.standby, 'it is a standby, which only copies another server')
      if (timeline === undefined) return
      if (timeline < newest)
        throw coded(
          'unavailable',
          REFUSED.oldPrimary,
          'another server has taken over from this one, and it goes on all the same',
        )
      const first = timeline > newest && newest > 0
      newest = timeline
      if (first) for (const listener of listeners) listener(client)
    },
    onNewer(listener) {
      listeners.push(listener)
    },
  }
}

/** What is read of the server at a start. */
const EXAMINE = `select pg_backend_pid() as pid, current_setting('server_encoding') as encoding, current_schema() as schema,
  current_setting('transaction_read_only') as read_only,
  current_setting('fsync') as fsync, current_setting('full_page_writes') as full_page_writes`

interface Examined {
  readonly pid: number
  readonly encoding: string
  readonly schema: string | null
  readonly read_only: 'on' | 'off'
  readonly fsync: 'on' | 'off'
  readonly full_page_writes: 'on' | 'off'
}

export interface Server {
  /** Where tables are made. */
  readonly schema: string
  /** Settings of the server with which a power cut takes what was answered for. */
  readonly unsafe: readonly string[]
}

/** Codes of refusals: what to do about each is said where people read it. */
export const REFUSED = {
  standby: 'STANDBY',
  oldPrimary: 'OLD_PRIMARY',
  readOnly: 'READ_ONLY',
  encoding: 'NOT_UTF8',
  schema: 'NO_SCHEMA',
  pooled: 'POOLED',
} as const

const unfit = (code: string, message: string): DatabaseError => coded('unfit', code, message)

/** Connections that hold a transaction while another one is looked at. */
const HOLDERS = 3
const HOLD_MS = 2000

/** @throws DatabaseError `unfit` if this gateway cannot work on it */
export async function examine(pool: pg.Pool): Promise<Server> {
  const client = await pool.connect()
  try {
    const { rows } = await client.query<Examined>(EXAMINE)
    const found = rows[0] as Examined
    if (found.read_only === 'on')
      throw unfit(REFUSED.readOnly, 'default_transaction_read_only is on for this database or user')
    if (found.encoding !== 'UTF8') throw unfit(REFUSED.encoding, `it keeps text as ${found.encoding}`)
    if (found.schema === null)
      throw unfit(REFUSED.schema, 'search_path names no schema that is there and that this user may use')
    // A server tells its own process number at the handshake; who stands in between tells another.
    const told = (client as unknown as { processID: number | null }).processID
    if (found.pid !== told && (await changesBehind(pool, client, found.pid)))
      throw unfit(REFUSED.pooled, 'a pooler in between gives each transaction another connection')
    const { fsync, full_page_writes } = found
    const unsafe = Object.entries({ fsync, full_page_writes }).flatMap(([name, value]) =>
      value === 'on' ? [] : [name],
    )
    return { schema: found.schema, unsafe }
  } finally {
    client.release()
  }
}

/** Whether `client` is served by another process of the server once its own one is busy for somebody else. */
async function changesBehind(pool: pg.Pool, client: pg.PoolClient, pid: number): Promise<boolean> {
  const holders: pg.PoolClient[] = []
  try {
    for (let i = 0; i < HOLDERS; i++) {
      const holder = await pool.connect()
      holders.push(holder)
      // Where each statement gets a connection of its own, no transaction may begin.
      const began = await holder.query('begin').then(
        () => holder.query('select 1'),
        (error: { code?: string }) => error.code,
      )
      if (began === '08P01') return true
      // With one connection for all, it waits for the holder: that is an answer too.
      const query = { text: 'select pg_backend_pid() as pid', query_timeout: HOLD_MS }
      const now = await client.query<{ pid: number }>(query).catch(() => undefined)
      if (now?.rows[0]?.pid !== pid) return true
    }
    return false
  } finally {
    for (const holder of holders) holder.release(true) // its transaction goes with it
  }
}
