// Reads a request body once, bounded in size and time. Too large is said before the rest is read.
import type { IncomingMessage } from 'node:http'
import { Fault } from '../core/index.ts'

const EMPTY = Buffer.alloc(0)

/** @throws Fault body_too_large, malformed_request */
export function readBody(request: IncomingMessage, maxBytes: number, seconds: number): Promise<Buffer> {
  const declared = request.headers['content-length']
  if (declared !== undefined && Number(declared) > maxBytes) return Promise.reject(tooLarge(maxBytes))
  if (request.headers['content-encoding'] !== undefined && request.headers['content-encoding'] !== 'identity')
    return Promise.reject(new Fault('malformed_request', { detail: 'Compressed request bodies are not accepted.' }))
  if (request.complete && request.readableLength === 0) return Promise.resolve(EMPTY)
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let size = 0
    const timer = setTimeout(() => {
      stop(new Fault('malformed_request', { detail: `The request body did not arrive within ${seconds} s.` }))
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

const tooLarge = (maxBytes: number): Fault =>
  new Fault('body_too_large', { detail: `The request body is larger than ${maxBytes} bytes.` })
