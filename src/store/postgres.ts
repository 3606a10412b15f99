// PostgreSQL behind Kysely: a pool for reads and transactions. Everything that differs from SQLite is here and in its twin.
import { Socket } from 'node:net'
import { Kysely, PostgresDialect, type PostgresPoolClient } from 'kysely'
import pg from 'pg'
import { Client, readConnect, tlsTrouble } from './connect.ts'
import { coded, DatabaseError, type DatabaseErrorKind, translate } from './error.ts'
import { createSessions, type Sessions } from './session.ts'
import type { Statement } from './statement.ts'

/** int8 arrives as text; all our integers fit a double exactly, and one that does not is an error, not a rounding. */
const exactInteger = (text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`integer out of range: ${text}`)
  return value
}

const INT8 = 20
const NUMERIC = 1700
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === INT8 || oid === NUMERIC) return exactInteger
    return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text')
  }) as typeof pg.types.getTypeParser,
}

/**
 * SQLSTATE to kind; classes 08, 53, 57 mean that the server cannot serve now, 28 and 3D that it does not let us in, 25006 that it may not
 * be written (a copy that has not taken over), 25P03 and 25P04 that it has ended a transaction that took too long, 42501 that a right was
 * taken away, 40001, 40P01 and 55P03 that it undid this for somebody else's sake.
 */
function kindOf(error: unknown): DatabaseErrorKind | undefined {
  const state = (error as { code?: unknown }).code
  if (typeof state !== 'string') return undefined
  if (state === '23505') return 'unique'
  if (state === '23503') return 'reference'
  if (state === '23502' || state === '23514') return 'check'
  if (/^(08|28|3D|53|57|25006|25P03|25P04|40001|40P01|42501|55P03)/.test(state) || /^E[A-Z]+$/.test(state))
    return 'unavailable'
  return undefined
}

/** What the server or the socket says, as a DatabaseError. */
export function translatePostgres(error: unknown): unknown {
  if (error instanceof DatabaseError || !(error instanceof Error)) return error
  const trouble = tlsTrouble(error)
  if (trouble) return trouble
  const kind = kindOf(error)
  return kind ? new DatabaseError(kind, error.message, error) : error
}

export interface PostgresOptions {
  url: string
  /** Most connections this node holds. */
  maxConnections: number
  /** Milliseconds to wait for a connection before the database counts as unavailable. */
  connectTimeoutMs: number
  report: (error: unknown) => void
}

/** Milliseconds for which a connection may go on saying nothing once another one was found dead. */
const SILENT_MS = 1000

export interface Connections {
  readonly pool: pg.Pool
  readonly sessions: Sessions
  /**
   * Somewhere nothing was heard in time. A server that failed over, or a network that lost the way, breaks no connection: what waits on one
   * would wait for a quarter of an hour, and what is asked next over an idle one as well. Ends those that say nothing from here on.
   */
  suspect(): void
}

/** Of whom the server has told that it did not wait until a commit had reached its standby, as it must: somebody told it to stop waiting. */
const unwaited = new WeakSet<object>()
/** The place in the server that tells it; the words are translated. */
const WAITING_FOR_STANDBY = 'SyncRepWaitForLSN'

/** A commit that was not waited for is as good as none: whoever asks again waits as well. */
function demandWaited(client: pg.PoolClient): void {
  if (unwaited.has(client)) throw coded('unavailable', 'NOT_REPLICATED', 'the commit has not reached the standby')
}

export function createPool(options: PostgresOptions): Connections {
  const sockets = new Set<Socket>()
  const connect = { ...readConnect(options.url), connectionTimeoutMillis: options.connectTimeoutMs, types }
  const sessions = createSessions(connect)
  /** Of those that are ready: what is under way finds out by itself where it leads. */
  const settled = new Set<Socket>()
  sessions.onNewer(() => {
    for (const socket of settled) socket.destroy()
  })
  let suspecting: NodeJS.Timeout | undefined
  const pool = new pg.Pool({
    stream() {
      const socket = new Socket()
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      return socket
    },
    ...connect,
    Client,
    max: options.maxConnections,
    verify(client, done) {
      client.on('notice', ({ routine }) => {
        if (routine === WAITING_FOR_STANDBY) unwaited.add(client)
      })
      const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
      sessions.settle(client).then(
        () => {
          settled.add(stream)
          stream.once('close', () => settled.delete(stream))
          done()
        },
        (error: unknown) => done(error as Error),
      )
    },
  })
  // An idle connection that breaks must not end the process; the next query finds out and fails by itself.
  pool.on('error', options.report)
  // Nor must one that breaks while somebody holds it between two statements: without a listener that ends the process.
  pool.on('connect', (client) => client.on('error', options.report))
  return {
    pool,
    sessions,
    suspect() {
      if (suspecting) return
      const heard = new Map([...sockets].map((socket) => [socket, socket.bytesRead]))
      suspecting = setTimeout(() => {
        // After a stall of this process timers run before what has long arrived is read: one look at it first.
        setImmediate(() => {
          suspecting = undefined
          for (const [socket, bytes] of heard) if (socket.bytesRead === bytes) socket.destroy()
        })
      }, SILENT_MS)
      suspecting.unref()
    },
  }
}

/** Errors of reads and of transactions alike are translated where the driver is: an unreachable database is a Fault. */
export function openPostgres<T>(pool: pg.Pool): Kysely<T> {
  const told = <Result>(work: Promise<Result>): Promise<Result> =>
    work.catch((error: unknown) => {
      const known = translatePostgres(error)
      // What the driver itself says of a connection that was lost, or not had in time, is a bare Error without a state.
      const lost = known instanceof Error && known.constructor === Error && !(known instanceof pg.DatabaseError)
      throw translate(lost ? new DatabaseError('unavailable', known.message, known) : known)
    })
  const known = new WeakMap<pg.PoolClient, PostgresPoolClient>()
  const telling = (client: pg.PoolClient): PostgresPoolClient => {
    let one = known.get(client)
    if (!one) {
      const ask = async (text: string, values: readonly unknown[]) => {
        const result = await client.query(text, [...values])
        if (text !== 'rollback') demandWaited(client)
        return result
      }
      one = {
        query: ((text: string, values: readonly unknown[]) =>
          told(ask(text, values))) as unknown as PostgresPoolClient['query'],
        release: (destroy?: boolean) => client.release(destroy || unwaited.has(client)),
      }
      known.set(client, one)
    }
    return one
  }
  return new Kysely<T>({
    dialect: new PostgresDialect({
      pool: {
        options: pool.options,
        connect: async () => telling(await told(pool.connect())),
        end: () => pool.end(),
      },
    }),
  })
}

async function runOne(client: pg.PoolClient, { sql, parameters, mustChange }: Statement): Promise<void> {
  const { rowCount } = await client.query(sql, parameters as unknown[])
  demandWaited(client)
  if (mustChange !== undefined && rowCount !== mustChange) {
    throw new DatabaseError('conflict', `changed ${rowCount} rows instead of ${mustChange}`)
  }
}

/** All or nothing; the client is thrown away after an error whose rollback fails, so that no half transaction is reused. */
export async function runAtomically(pool: pg.Pool, build: () => readonly Statement[]): Promise<void> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    const statements = build()
    const [first] = statements
    if (first?.whole && statements.length === 1) return await runOne(client, first) // durable when it is answered
    await client.query('begin')
    for (const statement of statements) await runOne(client, statement)
    await client.query('commit')
    demandWaited(client)
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure
    })
    throw error
  } finally {
    client.release(broken ?? unwaited.has(client))
  }
}
