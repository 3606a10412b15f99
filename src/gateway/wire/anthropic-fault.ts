// Faults as Anthropic's clients read them: typed by status, and as an event of their own within a stream.
import type { Fault } from '../../core/index.ts'
import type { RefusalContext, Wire } from '../ports.ts'
import { faultText } from './openai-fault.ts'
import { refusalHeaders } from './refusal-headers.ts'

const TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  417: 'invalid_request_error',
  422: 'invalid_request_error',
  429: 'rate_limit_error',
  431: 'invalid_request_error',
  529: 'overloaded_error',
  504: 'timeout_error',
}

/** "Busy" has a status of its own here; every other outage is an error of the server. */
const statusOf = ({ code, status }: Fault): number => (code === 'overloaded' ? 529 : status)

/** The SDK's runner of tools asks the server to hold the conversation, and sends all of it by itself if told so in these words. */
const details = ({ code, data: { param } }: Fault) =>
  code === 'unsupported_parameter' && param === 'thread'
    ? { details: { error_code: 'thread_unsupported_request', unsupported: [param] } }
    : {}

const body = (fault: Fault, context: RefusalContext): string =>
  JSON.stringify({
    type: 'error',
    error: { type: TYPES[statusOf(fault)] ?? 'api_error', message: faultText(fault), ...details(fault) },
    request_id: context.requestId,
  })

export const refuseAnthropic: Wire['refuse'] = (fault, context) => ({
  status: statusOf(fault),
  headers: { ...refusalHeaders(fault), 'request-id': context.requestId },
  body: body(fault, context),
})

export const cutAnthropic = (fault: Fault, context: RefusalContext): string =>
  `event: error\ndata: ${body(fault, context)}\n\n`
