// Response headers of a refusal, the same in every format. Client libraries decide by them whether to try again.
import type { Fault } from '../../core/index.ts'
import type { FaultIds } from './wire.ts'

export function faultHeaders(fault: Fault, ids: FaultIds): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json', 'x-request-id': ids.callId }
  const decision = fault.data.decision ?? ids.decisionId
  if (decision !== undefined) headers['x-sallyport-decision'] = decision
  const wait = fault.data.retryAfterSeconds
  if (wait !== undefined && Number.isFinite(wait) && wait >= 0) {
    headers['retry-after'] = String(Math.ceil(wait))
    headers['retry-after-ms'] = String(Math.ceil(wait * 1000))
  }
  // Without a time to come back, trying again at once is only load: OpenAI's and Anthropic's clients obey this header.
  if (fault.code === 'insufficient_quota' || (fault.status >= 500 && wait === undefined))
    headers['x-should-retry'] = 'false'
  if (fault.status === 401) headers['www-authenticate'] = 'Bearer realm="sallyport"'
  return { ...headers, ...fault.data.headers }
}
