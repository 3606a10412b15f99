// A PostgreSQL connection of its own for the feed: listens, and answers within a time or is thrown away. A pooled
// connection cannot do that: one that hangs in a black hole comes back to the pool and hangs the next user too.
// What was thrown away while the server was at work goes on there, and holds a place: while it does, nothing is written again.
import { Socket } from 'node:net'
import type pg from 'pg'
import { coded } from './error.ts'
import type { Sessions } from './session.ts'

export interface FeedLink {
  /** @throws if there is no answer in time; the next query opens a new connection */
  query<Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]>
  close(): void
}

export interface FeedLinkOptions {
  sessions: Sessions
  channel: string
  /** Milliseconds until an unanswered query or connection counts as lost. */
  timeoutMs: number
  /** With what was sent along. */
  onNotify: (message: string) => void
  /** An answer did not come in time. */
  onLate: () => void
  /** Whether the database answers, and is still at work on what it was sent a while ago: a commit that waits for a standby, a lock, a disk. */
  onStall: (stalled: boolean) => void
}

const NAME = 'sallyport feed'
const HANGS = coded('unavailable', 'COMMITS_HANG', 'the database answers and commits nothing')
/** Of any node: all of them write to the same table in the same way. */
const HANGING = `select count(*)::integer as hanging from pg_stat_activity where application_name = '${NAME}' and usename = current_user
  and datname = current_database() and pid <> pg_backend_pid() and state = 'active' and query_start < clock_timestamp() - interval '0.9 seconds'`

interface Open {
  client: pg.Client
  socket: Socket
}

export function createFeedLink({ sessions, channel, timeoutMs, onNotify, onLate, onStall }: FeedLinkOptions): FeedLink {
  let opening: Promise<Open> | undefined
  let current: Open | undefined
  let closed = false
  /** Something was not answered in time, and nothing has been since. */
  let late = false

  const drop = (link: Open | undefined): void => {
    if (current === link) {
      current = undefined
      opening = undefined
    }
    link?.socket.destroy()
  }

  sessions.onNewer((first) => {
    if (current && current.client !== first) drop(current)
  })

  const open = async (): Promise<Open> => {
    const socket = new Socket()
    const client = sessions.make({ stream: () => socket, keepAlive: true, application_name: NAME })
    const link = { client, socket }
    current = link
    // A broken connection must not end the process; the next query notices and opens another.
    client.on('error', () => drop(link))
    client.on('end', () => drop(link))
    client.on('notification', ({ payload = '' }) => onNotify(payload))
    await client.connect()
    await sessions.settle(client)
    await client.query(`listen ${channel}`)
    return link
  }

  return {
    async query<Row extends object>(text: string, values: readonly unknown[]) {
      if (closed) throw new Error('the feed connection is closed')
      let timer: NodeJS.Timeout | undefined
      const tooLong = new Promise<never>((_, reject) => {
        // After a stall of this process timers run before the answer that has long arrived is read: one look at it first.
        const giveUp = () =>
          setImmediate(() => {
            if (timer === undefined) return // it was there
            late = true
            onLate()
            reject(new Error('the database did not answer in time'))
          })
        timer = setTimeout(giveUp, timeoutMs)
      })
      const work = (async () => {
        opening ??= open()
        const { client } = await opening
        if (late && (await client.query<{ hanging: number }>(HANGING)).rows[0]?.hanging !== 0) return undefined
        return (await client.query<Row>(text, [...values])).rows
      })()
      try {
        const rows = await Promise.race([work, tooLong])
        late = rows === undefined
        onStall(late)
        if (rows === undefined) throw HANGS
        return rows
      } catch (error) {
        if (error === HANGS) throw error // the connection is good
        work.catch(() => {}) // the late answer of a connection that is thrown away
        drop(current)
        opening = undefined
        throw error
      } finally {
        clearTimeout(timer)
        timer = undefined
      }
    },
    close() {
      closed = true
      drop(current)
    },
  }
}
