// What comes over a socket and is no HTTP. The parser of the platform stops at it and hands over the socket; here it gets
// one answer and an end. Nothing of what came is kept, repeated or logged, and each socket counts once: who sends garbage
// fills neither the log nor the memory.
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { Fault, type FaultCode } from '../core/index.ts'
import type { Outgoing } from '../gateway/index.ts'
import { breakBody } from './body.ts'
import { BASE_HEADERS } from './send.ts'

/** Why a request came to no route. */
export type RefusalReason = FaultCode | 'request_timeout' | 'tls'

export interface UnparsedOptions {
  /** In the words that callers of this path read. */
  refuse: (fault: Fault, path: string) => Outgoing
  refused: (reason: RefusalReason) => void
  requestId: () => string
}

export interface Unparsed {
  /** Notes a request of this socket; returns the answer to the one before it, if that has not left yet. */
  begins(request: IncomingMessage, response: ServerResponse): ServerResponse | undefined
  /** The parser, the socket or the handshake has failed. */
  onError(error: ParserError, socket: Duplex): void
  /** `CONNECT`: there is no path, and nothing to connect to. */
  onConnect(request: IncomingMessage, socket: Duplex): void
}

type ParserError = Error & { code?: string; rawPacket?: unknown }

const TIMED_OUT = 'ERR_HTTP_REQUEST_TIMEOUT'
const LEFT = 'HPE_INVALID_EOF_STATE'
/** Errors of the first line: what looks like a path there is none. */
const FIRST_LINE = new Set(['HPE_INVALID_METHOD', 'HPE_INVALID_URL', 'HPE_INVALID_VERSION', 'HPE_PAUSED_H2_UPGRADE'])
const LENGTH = /_(CONTENT_LENGTH|TRANSFER_ENCODING)$/

/** Requests of one connection that may wait for the answer to another: they are held in memory. */
const MOST_WAITING = 100

interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Requests before it on this connection that were not answered when it came. */
  readonly waiting: number
}

/** Milliseconds in which a client may read its answer while it still sends: closed at once, the answer would be lost. */
const LINGER_MS = 2000

export function createUnparsed({ refuse, refused, requestId }: UnparsedOptions): Unparsed {
  const latest = new WeakMap<Duplex, Asked>()
  const ended = new WeakSet<Duplex>()

  const plain = (socket: Duplex, status: number): void => {
    const headers = { 'content-type': 'text/plain', 'x-request-id': requestId() }
    endWith(socket, { status, headers, body: `${STATUS_CODES[status]}\n` })
  }

  return {
    begins(request, response) {
      const { socket } = request
      const before = latest.get(socket)
      const running = { request, response, waiting: before ? before.waiting + 1 : 0 }
      latest.set(socket, running)
      if (running.waiting > MOST_WAITING) {
        refused('rate_limit_exceeded')
        socket.destroy()
      }
      response.once('close', () => {
        if (latest.get(socket) === running) latest.delete(socket) // an idle connection keeps nothing of its last request
      })
      return before?.response
    },

    onError({ code = '', rawPacket }, socket) {
      if (ended.has(socket)) return // the parser says it again for every packet that follows
      ended.add(socket)
      const running = latest.get(socket)
      if ((!code.startsWith('HPE_') && code !== TIMED_OUT) || (code === LEFT && running)) {
        // Nobody is there any more, or nobody who speaks HTTP.
        if (/^ERR_(SSL|TLS)_/.test(code)) refused('tls')
        socket.destroy()
        return
      }
      if (running) {
        if (running.request.complete) refused('malformed_request')
        else breakBody(running.request)
        endBehind(running, socket)
        return
      }
      if (code === TIMED_OUT) {
        refused('request_timeout')
        plain(socket, 408)
        return
      }
      const fault = faultOf(code)
      const path = FIRST_LINE.has(code) ? undefined : pathIn(rawPacket)
      refused(fault.code)
      if (path === undefined) plain(socket, fault.status)
      else endWith(socket, refuse(fault, path))
    },

    onConnect(_request, socket) {
      socket.on('error', () => {}) // nobody else listens any more
      refused('malformed_request')
      const running = latest.get(socket)
      if (running) endBehind(running, socket)
      else plain(socket, 400)
    },
  }
}

/** What was asked is answered, in its own words; nothing behind it is read. */
function endBehind({ response }: Asked, socket: Duplex): void {
  response.shouldKeepAlive = false
  response.once('finish', () => {
    socket.end()
    linger(socket)
  })
}

function faultOf(code: string): Fault {
  if (code === 'HPE_HEADER_OVERFLOW') return new Fault('headers_too_large')
  const detail = LENGTH.test(code)
    ? 'The length of the body has to be given once, as HTTP/1.1 has it.'
    : 'The request is not valid HTTP/1.1.'
  return new Fault('malformed_request', { detail })
}

/** The path, where the packet begins with a first line. The words of the refusal hang on it and nothing else does. */
const pathIn = (packet: unknown): string | undefined =>
  Buffer.isBuffer(packet) ? /^[A-Z-]+ (\/[^\s?#]*)/.exec(packet.toString('latin1', 0, 256))?.[1] : undefined

function endWith(socket: Duplex, { status, headers, body }: Outgoing): void {
  if (!socket.writable || typeof body !== 'string') {
    socket.destroy()
    return
  }
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`
  for (let i = 0; i < BASE_HEADERS.length; i += 2) head += `${BASE_HEADERS[i]}: ${BASE_HEADERS[i + 1]}\r\n`
  for (const name in headers) head += `${name}: ${headers[name]}\r\n`
  socket.end(`${head}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
  linger(socket)
}

/** Waits a little for the client to close. */
function linger(socket: Duplex): void {
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(timer))
}
