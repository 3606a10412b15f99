// A PostgreSQL connection of its own for the feed: listens, and answers within a time or is thrown away. A pooled
// connection cannot do that: one that hangs in a black hole comes back to the pool and hangs the next user too.
import { Socket } from 'node:net'
import pg from 'pg'

export interface FeedLink {
  /** @throws if there is no answer in time; the next query opens a new connection */
  query<Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]>
  close(): void
}

export interface FeedLinkOptions {
  pool: pg.Pool
  channel: string
  /** Milliseconds until an unanswered query or connection counts as lost. */
  timeoutMs: number
  /** With what was sent along. */
  onNotify: (message: string) => void
  /** An answer did not come in time. */
  onLate: () => void
}

interface Open {
  client: pg.Client
  socket: Socket
}

export function createFeedLink({ pool, channel, timeoutMs, onNotify, onLate }: FeedLinkOptions): FeedLink {
  let opening: Promise<Open> | undefined
  let current: Open | undefined
  let closed = false

  const drop = (link: Open | undefined): void => {
    if (current === link) {
      current = undefined
      opening = undefined
    }
    link?.socket.destroy()
  }

  const open = async (): Promise<Open> => {
    const socket = new Socket()
    const client = new pg.Client({
      ...pool.options,
      stream: () => socket,
      keepAlive: true,
      application_name: 'sallyport feed',
    })
    const link = { client, socket }
    current = link
    // A broken connection must not end the process; the next query notices and opens another.
    client.on('error', () => drop(link))
    client.on('end', () => drop(link))
    client.on('notification', ({ payload = '' }) => onNotify(payload))
    await client.connect()
    await client.query(`listen ${channel}`)
    return link
  }

  return {
    async query<Row extends object>(text: string, values: readonly unknown[]) {
      if (closed) throw new Error('the feed connection is closed')
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, reject) => {
        // After a stall of this process timers run before the answer that has long arrived is read: one look at it first.
        const giveUp = () =>
          setImmediate(() => {
            if (timer === undefined) return // it was there
            onLate()
            reject(new Error('the database did not answer in time'))
          })
        timer = setTimeout(giveUp, timeoutMs)
      })
      const work = (async () => {
        opening ??= open()
        const { client } = await opening
        return (await client.query<Row>(text, [...values])).rows
      })()
      try {
        return await Promise.race([work, late])
      } catch (error) {
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
