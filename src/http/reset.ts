// Ends a connection at once. What the client has not taken is thrown away, also what the operating system holds for it: closed
// in the usual way that would still be delivered, megabytes of it, long after.
import { type Server, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'

/** What carries a connection of TLS. */
const beneath = new WeakMap<Duplex, Socket>()

/** To be called before a server of TLS listens: it does not tell what carries its connections. */
export function noteBeneath(server: Server): void {
  const opening = new Map<string, Socket>()
  server.on('connection', (carrier: Socket) => {
    const peer = peerOf(carrier)
    if (peer === undefined) return
    opening.set(peer, carrier)
    carrier.once('close', () => {
      if (opening.get(peer) === carrier) opening.delete(peer)
    })
  })
  server.on('secureConnection', (socket: Socket) => {
    const carrier = opening.get(peerOf(socket) ?? '')
    if (carrier) beneath.set(socket, carrier)
  })
}

const peerOf = ({ remoteAddress, remotePort }: Socket): string | undefined =>
  remotePort === undefined ? undefined : `${remoteAddress} ${remotePort}`

export function reset(socket: Duplex): void {
  const carrier = socket instanceof TLSSocket ? beneath.get(socket) : socket
  if (carrier instanceof Socket) carrier.resetAndDestroy()
  socket.destroy()
}
