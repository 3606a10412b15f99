// Reads a request body once, bounded in size and time. Too large is said before the rest is read.
import type { IncomingMessage } from 'node:http'
import { Fault } from '../core/index.ts'

const EMPTY = Buffer.alloc(0)

/** Requests whose bodies turned out to be no HTTP, and the name of the event that says so. */
const broken = new WeakSet<IncomingMessage>()
const BROKEN = 'broken'

/** Whoever reads this body, now or later, is told that it is no HTTP. */
export function breakBody(request: IncomingMessage): void {
  broken.add(request)
  request.emit(BROKEN)
}

/** `begin` is called before the first byte is waited for. @throws Fault body_too_large, malformed_request */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  seconds: number,
  begin: () => void,
): Promise<Buffer> {
  const { 'content-length': declared, 'content-encoding': coding, 'transfer-encoding': framing } = request.headers
  if (declared !== undefined && Number(declared) > maxBytes) return Promise.reject(tooLarge(maxBytes))
  if ((coding ?? 'identity').toLowerCase() !== 'identity' || (framing ?? 'chunked').toLowerCase() !== 'chunked')
    return Promise.reject(malformed('Compressed request bodies are not accepted.'))
  if (broken.has(request)) return Promise.reject(malformed(NO_HTTP))
  if (request.complete && request.readableLength === 0) return Promise.resolve(EMPTY)
  begin()
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let size = 0
    const timer = setTimeout(() => {
      stop(malformed(`The request body did not arrive within ${seconds} s.`))
    }, seconds * 1000)
    const stop = (fault: Fault) => {
      clearTimeout(timer)
      request.off('data', take)
      request.pause() // what is still coming is not read; the connection is closed after the answer
      reject(fault)
    }
    const take = (piece: Buffer) => {
      size += piece.length
      if (size > maxBytes) stop(tooLarge(maxBytes))
      else pieces.push(piece)
    }
    request.on('data', take)
    request.once(BROKEN, () => stop(malformed(NO_HTTP)))
    request.once('end', () => {
      clearTimeout(timer)
      resolve(pieces.length === 1 ? (pieces[0] ?? EMPTY) : Buffer.concat(pieces, size))
    })
    request.once('close', () => {
      clearTimeout(timer)
      if (!request.complete) reject(new Fault('client_closed'))
    })
  })
}

const NO_HTTP = 'The request body is not framed as HTTP/1.1 has it.'
const malformed = (detail: string): Fault => new Fault('malformed_request', { detail })
const tooLarge = (maxBytes: number): Fault =>
  new Fault('body_too_large', { detail: `The request body is larger than ${maxBytes} bytes.` })
