// A client of bytes: sends exactly what it is given, and tells all that came back.
import { connect as connectClear, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export interface RawAnswer {
  readonly text: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Whether the server ended the connection, rather than our patience. */
  readonly closed: boolean
}

/** Sends the pieces one after the other and waits until the server closes or `waitMs` have passed. */
export function raw(
  port: number,
  bytes: string | Buffer | readonly string[],
  { waitMs = 300, tls = false, end = false }: { waitMs?: number; tls?: boolean; end?: boolean } = {},
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let text = ''
    const pieces = Array.isArray(bytes) ? bytes : [bytes]
    const ready = async () => {
      for (const piece of pieces) {
        socket.write(piece)
        if (pieces.length > 1) await new Promise((next) => setTimeout(next, 30))
      }
      if (end) socket.end()
    }
    const socket: Socket = tls
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, ready)
      : connectClear(port, '127.0.0.1', ready)
    const done = (closed: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ text, closed, ...parsed(text) })
    }
    const timer = setTimeout(() => done(false), waitMs)
    socket.on('data', (piece) => {
      text += piece.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => done(true))
  })
}

/** Of the first answer in the text. */
function parsed(text: string): Pick<RawAnswer, 'status' | 'headers' | 'body'> {
  const split = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = text.slice(0, Math.max(0, split)).split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) headers[line.slice(0, line.indexOf(':')).toLowerCase()] = line.slice(line.indexOf(':') + 2)
  return { status: Number(first.slice(9, 12)), headers, body: split < 0 ? '' : text.slice(split + 4) }
}
