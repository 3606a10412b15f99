// A port for a server that must be told one before it listens, for tests.
import { createServer } from 'node:net'

/** The system gives these to nobody who asks for any port (Linux: from 32,768 on), so that nobody is given it before it is used. */
const [FIRST_PORT, PORTS] = [20_000, 12_000]

export function freePort(): Promise<number> {
  const port = FIRST_PORT + Math.floor(Math.random() * PORTS)
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(freePort())) // taken
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(port)))
  })
}
