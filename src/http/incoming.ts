// A request of the socket's side as rooms see it, and what is wrong with it before any route is asked: HTTP that the parser
// lets through and we do not.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault } from '../core/index.ts'
import type { Incoming } from '../gateway/index.ts'
import { readBody } from './body.ts'

/** `http://host` before the path, as a proxy is asked; the router leaves it away just so. */
const ORIGIN = /^https?:\/\/[^/]*/i

export function toIncoming(
  raw: IncomingMessage,
  response: ServerResponse,
  params: unknown,
  limits: { bodyBytes: number; bodySeconds: number },
): Incoming {
  const url = raw.url ?? '/'
  const mark = url.search(/[?#]/)
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  return {
    method: raw.method ?? 'GET',
    path: (mark < 0 ? url : url.slice(0, mark)).replace(ORIGIN, ''),
    params: params as Record<string, string>,
    query() {
      return new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1))
    },
    rawHeaders: raw.rawHeaders,
    address: raw.socket.remoteAddress ?? '',
    header: (name) => {
      const value = raw.headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    body: () => readBody(raw, limits.bodyBytes, limits.bodySeconds, () => awaitBody(raw, response)),
    signal: gone.signal,
  }
}

/** A client that asked whether to send its body is told so when somebody wants it: never a stranger. */
function awaitBody(raw: IncomingMessage, response: ServerResponse): void {
  if (raw.httpVersion === '1.1' && raw.headers.expect !== undefined) response.writeContinue()
}

/** What is answered instead of asking a route. */
export function flawOf({ httpVersion, headers, rawHeaders, url }: IncomingMessage): Fault | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return malformed('Only HTTP/1.1 and HTTP/1.0 are spoken here.')
  // The router leaves away what stands behind it; what is judged and written down would be another path.
  if (url?.includes('#')) return malformed('A fragment (#) is no part of a request.')
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === 'host') hosts++
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) return malformed('Exactly one Host header is needed.')
  const { expect } = headers
  if (httpVersion === '1.1' && expect !== undefined && expect.toLowerCase() !== '100-continue')
    return new Fault('expectation_failed', { detail: 'Expect takes nothing but 100-continue.' })
  return undefined
}

/** Whether bytes of a body may still be on their way: they would be taken for the next request on this connection. */
export const isUnread = ({ complete, headers }: IncomingMessage): boolean =>
  !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0)

/**
 * Whether the parser has given up behind this request: it takes what follows for another protocol, and leaves away the rest of the
 * packet. The next one would be read from the middle of a request.
 */
export const isLast = ({ headers: { upgrade, connection = '' } }: IncomingMessage): boolean =>
  upgrade !== undefined && /\bupgrade\b/i.test(connection)

const malformed = (detail: string): Fault => new Fault('malformed_request', { detail })
