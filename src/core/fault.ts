// Every way Sallyport can refuse or fail, declared once. A Fault has a public half (code, title, detail, data), which
// wire formats render, and a private half (cause), which is only logged. Anything else that is thrown becomes `internal`.

/** code → HTTP status, title, and the error type OpenAI-shaped clients switch on. Codes are stable for ever. */
export const FAULTS = {
  malformed_request: [400, 'The request could not be read', 'invalid_request_error'],
  unsupported_parameter: [400, 'A parameter cannot be honoured', 'invalid_request_error'],
  conflicting_credentials: [400, 'Two different credentials in one request', 'invalid_request_error'],
  validation_failed: [400, 'A value is not valid', 'invalid_request_error'],
  invalid_api_key: [401, 'No valid credential', 'authentication_error'],
  key_expired: [401, 'The key has expired', 'authentication_error'],
  key_revoked: [401, 'The key has been revoked', 'authentication_error'],
  key_suspended: [401, 'The key is suspended', 'authentication_error'],
  step_up_required: [401, 'A fresher or stronger sign-in is needed', 'authentication_error'],
  access_denied: [403, 'Access denied', 'permission_error'],
  approval_required: [403, 'Approval required', 'permission_error'],
  locked: [403, 'Locked', 'permission_error'],
  lockdown: [403, 'Lockdown', 'permission_error'],
  session_mismatch: [403, 'The session belongs to somebody else', 'permission_error'],
  not_found: [404, 'Not found', 'invalid_request_error'],
  model_not_found: [404, 'The model does not exist or you may not see it', 'invalid_request_error'],
  precondition_failed: [412, 'It has changed since you read it', 'invalid_request_error'],
  body_too_large: [413, 'The request is too large', 'invalid_request_error'],
  expectation_failed: [417, 'The Expect header cannot be met', 'invalid_request_error'],
  headers_too_large: [431, 'The headers are too large', 'invalid_request_error'],
  already_exists: [422, 'The name is taken', 'invalid_request_error'],
  not_possible: [422, 'Not possible in this state', 'invalid_request_error'],
  content_blocked: [422, 'Content blocked', 'invalid_request_error'],
  context_length_exceeded: [400, 'The prompt does not fit the model', 'invalid_request_error'],
  request_rejected: [400, 'The model server takes the request for invalid', 'invalid_request_error'],
  policy_invalid: [422, 'The policy bundle is not valid', 'invalid_request_error'],
  rate_limit_exceeded: [429, 'Rate limit exceeded', 'rate_limit_error'],
  insufficient_quota: [429, 'Quota used up', 'insufficient_quota'],
  client_closed: [499, 'The client has gone', 'invalid_request_error'],
  internal: [500, 'Internal error', 'server_error'],
  upstream_unavailable: [502, 'The model server cannot be reached', 'server_error'],
  upstream_invalid: [502, 'The model server gave an unusable answer', 'server_error'],
  upstream_refused: [502, 'The model server refused the call', 'server_error'],
  audit_unavailable: [503, 'The audit log cannot be written', 'server_error'],
  guard_unavailable: [503, 'The content guard is not available', 'server_error'],
  store_unavailable: [503, 'The database cannot be reached', 'server_error'],
  node_stale: [503, 'This node has lost touch with the others', 'server_error'],
  overloaded: [503, 'No free place', 'server_error'],
  shutting_down: [503, 'Shutting down', 'server_error'],
  upstream_timeout: [504, 'The model server did not answer in time', 'server_error'],
} as const satisfies Record<string, readonly [status: number, title: string, type: string]>

export type FaultCode = keyof typeof FAULTS

/** Facts that may be shown to the caller beside the code; never content, secrets, or other people's rules. */
export interface FaultData {
  /** The parameter or field at fault, as the caller wrote it. */
  param?: string
  /** The decision this refusal came from (`dec_…`). */
  decision?: string
  /** Where to ask for access: a command or a URL. */
  ask?: string
  /** Seconds after which trying again makes sense. */
  retryAfterSeconds?: number
  /** Extra response headers, for example `www-authenticate`. */
  headers?: Record<string, string>
  [fact: string]: unknown
}

export class Fault extends Error {
  readonly code: FaultCode
  readonly detail: string | undefined
  readonly data: FaultData

  /** `detail` and `data` are public. `cause` is private: it is logged, never rendered. */
  constructor(code: FaultCode, options: { detail?: string; data?: FaultData; cause?: unknown } = {}) {
    super(options.detail ?? FAULTS[code][1], options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Fault'
    this.code = code
    this.detail = options.detail
    this.data = options.data ?? {}
  }

  get status(): number {
    return FAULTS[this.code][0]
  }

  get title(): string {
    return FAULTS[this.code][1]
  }

  /** What a stranger may read: the detail if there is one, else the title. */
  get publicMessage(): string {
    return this.detail ?? this.title
  }

  /** Anything unforeseen becomes `internal`; what it said stays in `cause`. */
  static from(error: unknown): Fault {
    return error instanceof Fault ? error : new Fault('internal', { cause: error })
  }
}
