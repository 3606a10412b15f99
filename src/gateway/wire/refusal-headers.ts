// Headers of a refusal by which client libraries decide whether to try again, the same in every format. Request id, decision
// and waiting time are added for all of them in one place.
import type { Fault } from '../../core/index.ts'

export function refusalHeaders(fault: Fault): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  // Without a time to come back, trying again at once is only load: OpenAI's and Anthropic's clients obey this header.
  // A model server that is busy is no outage: it says when, or they wait longer each time.
  const outage = fault.status >= 500 && fault.code !== 'overloaded' && fault.data.retryAfterSeconds === undefined
  // A credential that is refused stays so; some programs would send it again for minutes, in case it was renewed elsewhere.
  if (fault.code === 'insufficient_quota' || fault.status === 401 || outage) headers['x-should-retry'] = 'false'
  if (fault.status === 401 && fault.data.headers?.['www-authenticate'] === undefined)
    headers['www-authenticate'] = 'Bearer realm="sallyport"'
  return headers
}

/** Server-sent events and one JSON object: the headers of both kinds of answer. */
export const SSE_HEADERS = { 'content-type': 'text/event-stream; charset=utf-8' } as const
export const NDJSON_HEADERS = { 'content-type': 'application/x-ndjson' } as const
export const JSON_HEADERS = { 'content-type': 'application/json' } as const
