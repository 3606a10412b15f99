// Writes an Outgoing to a socket: whole bodies in one write, streams piece by piece at the client's pace.
import type { ServerResponse } from 'node:http'
import type { Outgoing } from '../gateway/index.ts'
import { reset } from './reset.ts'

/** On every answer: nothing may be cached, sniffed or framed. */
export const BASE_HEADERS: readonly string[] = ['cache-control', 'no-store', 'x-content-type-options', 'nosniff']

/**
 * Sends the answer. A client that leaves a piece unread for `writeSeconds`, or whose permission ends while bytes still
 * wait for it, has its connection reset: a truncated chunked body is an error for every client library. So is one whose
 * making fails, which rejects without ending the answer.
 */
export async function send(response: ServerResponse, outgoing: Outgoing, writeSeconds: number): Promise<void> {
  const { status, headers, body } = outgoing
  if (typeof body === 'string' || Buffer.isBuffer(body)) {
    // Text goes as text: the head and it leave in one write.
    response.writeHead(status, headLines(headers, Buffer.byteLength(body)))
    response.end(body)
    endWithin(response, writeSeconds)
    return
  }
  response.writeHead(status, headLines(headers))
  // Framed here, as ServerResponse writes a chunk in four pieces, which costs a stream a tenth of its time. A client of
  // HTTP/1.0 gets no chunks: for it the end of the connection is the end.
  const chunked = response.chunkedEncoding
  response.chunkedEncoding = false
  const pieces = body[Symbol.asyncIterator]()
  let complete = false
  try {
    for (;;) {
      const { value, done } = await pieces.next()
      if (done) {
        complete = true // what is released afterwards keeps nobody waiting
        response.end(chunked ? LAST_CHUNK : '')
        endWithin(response, writeSeconds)
        return
      }
      if (response.destroyed) return
      if (value === '') continue // as a chunk it would be the last one
      if (!response.write(chunked ? chunk(value) : value) && !(await drained(response, outgoing.cut, writeSeconds))) {
        if (response.socket) reset(response.socket)
        return
      }
    }
  } finally {
    if (!complete) await pieces.return?.()
  }
}

/**
 * Closes the connection of a client that takes nothing of an ended answer for `seconds`. The socket's own timer is used, as
 * it sees whether a large write goes on; it is off again before the time of an idle connection begins.
 */
function endWithin(response: ServerResponse, seconds: number): void {
  if (response.writableLength === 0) return // all of it has left
  const begin = () => {
    const { socket } = response
    socket?.setTimeout(seconds * 1000)
    response.prependOnceListener('finish', () => socket?.setTimeout(0))
  }
  if (response.socket) begin()
  else response.once('socket', begin) // its turn comes when what was asked before is answered
}

/** RFC 9112 section 7.1. */
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
const LAST_CHUNK = '0\r\n\r\n'

/** Names and values in turn, which is what the socket's side takes without building an object of them. */
function headLines(headers: Outgoing['headers'], length?: number): (string | number)[] {
  const lines: (string | number)[] = [...BASE_HEADERS]
  for (const name in headers) lines.push(name, headers[name] as string)
  if (length !== undefined) lines.push('content-length', length)
  return lines
}

/** Resolves true when the client has taken what was written; false when it will not be waited for any longer. */
function drained(response: ServerResponse, cut: AbortSignal | undefined, seconds: number): Promise<boolean> {
  if (cut?.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const finish = (ok: boolean) => {
      clearTimeout(timer)
      response.off('drain', yes)
      response.off('close', no)
      cut?.removeEventListener('abort', no)
      resolve(ok)
    }
    const yes = () => finish(true)
    const no = () => finish(false)
    const timer = setTimeout(no, seconds * 1000)
    response.once('drain', yes)
    response.once('close', no)
    cut?.addEventListener('abort', no, { once: true })
  })
}
