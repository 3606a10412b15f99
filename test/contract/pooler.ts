// Stands before PostgreSQL as a pooler in transaction mode does: each transaction of a client gets whatever connection is free.
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import pg from 'pg'

export interface Pooler {
  readonly url: string
  close(): Promise<void>
}

/** AuthenticationOk, a process number of our own, ReadyForQuery. */
const WELCOME = Buffer.from('5200000008000000004b0000000c00000001000000015a0000000549', 'hex')
const READY = 0x5a
const IDLE = 0x49

interface Server {
  readonly socket: Socket
  client: Socket | undefined
}

export async function poolerTo(url: string, size: number): Promise<Pooler> {
  const made = await Promise.all(
    Array.from({ length: size }, async () => {
      const client = new pg.Client(url)
      client.on('error', () => {})
      await client.connect()
      const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
      stream.removeAllListeners('data')
      return { socket: stream, client: undefined } as Server
    }),
  )
  const idle = [...made]
  const waiting: (() => void)[] = []
  for (const server of made) {
    let rest = Buffer.alloc(0)
    server.socket.on('data', (data: Buffer) => {
      server.client?.write(data)
      rest = Buffer.concat([rest, data])
      let free = false
      while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
        free = rest[0] === READY && rest[5] === IDLE
        rest = rest.subarray(rest.readInt32BE(1) + 1)
      }
      if (!free || rest.length > 0) return
      server.client = undefined
      idle.unshift(server) // the one used last is used next
      waiting.shift()?.()
    })
  }
  const clients = new Set<Socket>()
  const listener = createServer((client) => {
    clients.add(client)
    let greeted = false
    client.on('error', () => {})
    client.on('data', (data: Buffer) => {
      if (!greeted) {
        greeted = true
        return void client.write(WELCOME)
      }
      const send = () => {
        const server = made.find((one) => one.client === client) ?? idle.shift()
        if (!server) return void waiting.push(send)
        server.client = client
        server.socket.write(data)
      }
      if (data[0] !== 0x58) send() // it says good-bye to us, not to the server
    })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const through = new URL(url)
  through.port = String((listener.address() as { port: number }).port)
  return {
    url: through.href,
    close() {
      for (const one of [...clients, ...made.map(({ socket }) => socket)]) one.destroy()
      return new Promise((resolve) => listener.close(() => resolve()))
    },
  }
}
