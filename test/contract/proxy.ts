// Stands between a node and its database, and can be cut or turned into a black hole.
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface Partition {
  url: string
  /** `cut`: connections break. `hole`: they stay, and nothing passes. */
  set(state: 'open' | 'cut' | 'hole'): void
  /** Over the connections there are nothing comes back any more, ever; new ones work. As when the server has moved. */
  freeze(): void
  close(): Promise<void>
}

export async function proxyTo(url: string): Promise<Partition> {
  const target = new URL(url)
  const pairs = new Set<[Socket, Socket]>()
  const frozen = new WeakSet<Socket>()
  let state: 'open' | 'cut' | 'hole' = 'open'
  const server: Server = createServer((client) => {
    if (state === 'cut') return void client.destroy()
    const upstream = connect(Number(target.port), target.hostname)
    const pair: [Socket, Socket] = [client, upstream]
    pairs.add(pair)
    for (const [from, to] of [pair, [upstream, client]] as const) {
      from.on('data', (data) => {
        if (state === 'open' && !frozen.has(from)) to.write(data)
      })
      from.on('error', () => {})
      from.on('close', () => {
        to.destroy()
        pairs.delete(pair)
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const breakAll = () => {
    for (const [a, b] of pairs) {
      a.destroy()
      b.destroy()
    }
  }
  const address = server.address() as { port: number }
  const through = new URL(url)
  through.port = String(address.port)
  return {
    url: through.href,
    set(next) {
      // Bytes lost in a black hole never come back: what survives it are broken connections.
      if (next === 'cut' || (state === 'hole' && next === 'open')) breakAll()
      state = next
    },
    freeze() {
      for (const pair of pairs) for (const socket of pair) frozen.add(socket)
    },
    close() {
      breakAll()
      return new Promise((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}
