// What went wrong with an upstream, as a Fault. The upstream's own words never reach the caller: they may quote the prompt,
// a key, or text that no guard has seen.
import { Fault } from '../core/index.ts'

const TIMEOUTS = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'])

/** A transport error. `answering`: status and headers had arrived. */
export function upstreamFault(error: Error, answering: boolean): Fault {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (TIMEOUTS.has(code)) return new Fault('upstream_timeout', { cause: error })
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'UND_ERR_RESPONSE_STATUS_CODE')
    return new Fault('upstream_invalid', { detail: 'The model server does not speak HTTP.', cause: error })
  if (answering) return brokenOff(error)
  if (
    code.includes('CERT') ||
    code.includes('TLS') ||
    code.includes('SSL') ||
    code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'
  )
    return new Fault('upstream_unavailable', {
      detail: "The model server's certificate could not be verified.",
      cause: error,
    })
  return new Fault('upstream_unavailable', { cause: error })
}

export const brokenOff = (cause?: unknown): Fault =>
  new Fault('upstream_invalid', { detail: 'The model server broke off in the middle of its answer.', cause })

export const unusable = (detail: string): Fault => new Fault('upstream_invalid', { detail })

/** An error object inside an answer that had begun with 200. */
export const errorInAnswer = (): Fault =>
  new Fault('upstream_refused', { detail: 'The model server reported an error instead of going on.' })

/** Words of a refusal body that say the prompt was too long; the body itself is never shown. */
const TOO_LONG =
  /context_length_exceeded|exceed_context_size|maximum context length|exceeds the available context|context (?:size|length|window)/i

/** A status other than 200. `body` is looked at for known causes only. */
export function refusedByUpstream(status: number, body: string, retryAfter: string | undefined): Fault {
  if (status >= 300 && status < 400)
    return unusable('The model server answered with a redirect, which is not followed.')
  if (status === 400 || status === 413 || status === 422) {
    if (TOO_LONG.test(body)) return new Fault('context_length_exceeded')
    return new Fault('upstream_refused', { detail: `The model server refused the call as invalid (${status}).` })
  }
  if (status === 401 || status === 403)
    return new Fault('upstream_refused', { detail: "The model server refused the gateway's own credential." })
  if (status === 404)
    return new Fault('upstream_refused', { detail: 'The model server does not have this model or this route.' })
  if (status === 429 || status === 503)
    return new Fault('overloaded', {
      detail: 'The model server is busy.',
      data: { retryAfterSeconds: waitSeconds(retryAfter) },
    })
  if (status === 408 || status === 504) return new Fault('upstream_timeout')
  return new Fault('upstream_refused', { detail: `The model server answered with status ${status}.` })
}

/** `retry-after` in seconds; a date or nonsense counts as one second, and nobody is sent away for more than an hour. */
function waitSeconds(retryAfter: string | undefined): number {
  const seconds = Number(retryAfter)
  return retryAfter !== undefined && seconds >= 0 ? Math.min(seconds, 3600) : 1
}
