// Refusals and failures as `application/problem+json` (RFC 9457). Only the public half of a Fault is rendered.
import type { Fault } from '../core/index.ts'

export interface AdminResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | AsyncIterable<string>
}

export const typeOf = (code: string): string => `urn:sallyport:error:${code}`

export function problem(fault: Fault, requestId: string): AdminResponse {
  const { headers, retryAfterSeconds, ...facts } = fault.data
  const next = facts.ask ?? (facts.decision === undefined ? undefined : `sallyport why ${facts.decision}`)
  return {
    status: fault.status,
    headers: {
      'content-type': 'application/problem+json',
      'x-request-id': requestId,
      ...(fault.data.decision !== undefined && { 'x-sallyport-decision': fault.data.decision }),
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(Math.ceil(retryAfterSeconds)) }),
      ...headers,
    },
    body: JSON.stringify({
      ...facts,
      type: typeOf(fault.code),
      title: fault.title,
      status: fault.status,
      detail: fault.publicMessage,
      instance: requestId,
      code: fault.code,
      ...(next !== undefined && { next }),
    }),
  }
}
