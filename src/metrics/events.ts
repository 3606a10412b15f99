// What the audit log says, counted: every number here comes from an event that is written anyway, so a call pays a few
// additions when it is over and nothing while it runs. Labels are names that an administrator gave, or words of ours:
// never a principal, a key, an address or a word of content.
import type { AuditEvent, JsonObject, NewEvent, Treatment } from '../core/index.ts'
import { FAULTS } from '../core/index.ts'
import { OTHER, type Registry } from './registry.ts'

export interface EventDeps {
  /** A model by any name that stands for it; undefined if it is not registered: callers may write what they like. */
  readonly modelOf: (name: string) => { readonly name: string; readonly groups: readonly string[] } | undefined
}

/** Counts what this node has written. */
export type See = (events: readonly (NewEvent | AuditEvent)[]) => void

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]
/** Where our own part of a call is looked for: tenths of milliseconds to a second. */
export const FINE_SECONDS = [0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]
const DECISION_SECONDS = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.025]
const WAIT_SECONDS = [10, 60, 300, 900, 1800, 3600, 14_400, 43_200, 86_400, 259_200]

const NONE = 'none'
const TREATED: ReadonlySet<string> = new Set<Treatment>(['mask', 'pseudonym'])
const NO_MODEL = { name: NONE, groups: [] }
const UNKNOWN_MODEL = { name: OTHER, groups: [OTHER] }
const LEFT: ReadonlySet<string> = new Set(['upstream', 'caller'])
const OUTCOMES: ReadonlySet<unknown> = new Set(['served', 'refused', 'cut', 'disconnected', 'failed', 'interrupted'])

export function createEventMetrics(registry: Registry, { modelOf }: EventDeps): See {
  const calls = registry.counter('sallyport_calls_total', 'Calls that have ended.', ['action', 'model', 'outcome'])
  const refusals = registry.counter(
    'sallyport_call_faults_total',
    'Calls that did not end well, by the code in docs/errors.md.',
    ['outcome', 'code'],
  )
  const cuts = registry.counter('sallyport_stream_cuts_total', 'Calls ended by the gateway while they ran.', ['cause'])
  const decisions = registry.counter(
    'sallyport_decisions_total',
    'Decisions about calls; reason: why not, by the code in docs/errors.md; model_tag: groups of the model.',
    ['decision', 'reason', 'model_tag'],
  )
  const deciding = registry.histogram('sallyport_decision_seconds', 'Time the rules took.', DECISION_SECONDS)
  const duration = registry.histogram(
    'sallyport_call_seconds',
    'Time from the first byte of a call to its end.',
    SECONDS,
    ['action', 'outcome'],
  )
  const sending = registry.histogram(
    'sallyport_send_seconds',
    'Time of the gateway until a call was sent to the model server: identified, decided, screened, recorded.',
    FINE_SECONDS,
    ['action'],
  )
  const overhead = registry.histogram(
    'sallyport_first_byte_overhead_seconds',
    'Time that the gateway added before the first byte of an answer: all but waiting for the request to arrive and for the model server (in a stream for its first output, else for all of it).',
    FINE_SECONDS,
  )
  const first = registry.histogram(
    'sallyport_first_output_seconds',
    'Time until the first output of the model server arrived.',
    SECONDS,
    ['model'],
  )
  const tokens = registry.counter(
    'sallyport_tokens_total',
    'Tokens, as the model servers count them, else estimated.',
    ['model', 'direction'],
  )
  const findings = registry.counter(
    'sallyport_findings_total',
    'Pieces of sensitive data found, by class, treatment and where they went.',
    ['class', 'treatment', 'to'],
  )
  const masked = registry.counter(
    'sallyport_masked_total',
    'Pieces of sensitive data that left only masked or as a stand-in, by data class; toward models and callers.',
    ['kind'],
  )
  const injections = registry.counter(
    'sallyport_injection_suspects_total',
    'Calls whose input was scored 50 or more of 100 as injection.',
  )
  const admin = registry.counter('sallyport_admin_refusals_total', 'Calls of the admin API that were refused.', [
    'kind',
  ])
  const alerts = registry.counter('sallyport_alerts_total', 'Alerts raised.', ['rule'])
  const differences = registry.counter(
    'sallyport_policy_engine_differences_total',
    'Decisions that the compiled rules and the Cedar library gave differently. Anything but 0 is a defect.',
  )
  const requests = registry.counter(
    'sallyport_role_requests_total',
    'Requests for a role, by the group that approves (any: no rule names one).',
    ['role', 'approvers', 'outcome'],
  )
  const waiting = registry.histogram(
    'sallyport_role_request_seconds',
    'Time from a request for a role to its decision.',
    WAIT_SECONDS,
    ['approvers', 'outcome'],
  )
  const started = registry.counter('sallyport_grants_started_total', 'Roles held for a while.', ['role', 'source'])
  const ended = registry.counter(
    'sallyport_grants_ended_total',
    'Such roles that ended; state: in_use, used or unused.',
    ['role', 'state'],
  )

  const call = ({ action = NONE, model, decision, reason, data = {} }: NewEvent): void => {
    const outcome = OUTCOMES.has(data.outcome) ? String(data.outcome) : OTHER
    const { name, groups } = model === undefined ? NO_MODEL : (modelOf(model) ?? UNKNOWN_MODEL)
    calls.add([action, name, outcome])
    const code =
      reason === undefined ? NONE : Object.hasOwn(FAULTS, reason) || reason === 'interrupted' ? reason : OTHER
    if (reason !== undefined) {
      refusals.add([outcome, code])
      if (outcome === 'cut') cuts.add([code])
    }
    if (decision !== undefined) {
      decisions.add([decision, decision === 'deny' ? code : NONE, groups.join(',') || NONE])
      deciding.observe([], number(data, 'decidedInUs') / 1e6)
    }
    duration.observe([action, outcome], number(data, 'ms') / 1000)
    sending.observe([action], number(data, 'sentMs') / 1000)
    overhead.observe([], number(data, 'overheadMs') / 1000)
    first.observe([name], number(data, 'firstMs') / 1000)
    for (const direction of ['input', 'output'] as const) {
      const used = number(data, `${direction}Tokens`)
      if (used > 0) tokens.add([name, direction], used)
    }
    if (number(data, 'injection') >= 50) injections.add([])
    if (!Array.isArray(data.flow)) return
    for (const step of data.flow as readonly JsonObject[]) {
      const [kind, treatment, to] = [text(step, 'class'), text(step, 'treatment'), text(step, 'to')]
      findings.add([kind, treatment, to], number(step, 'count'))
      // What is recorded or stored is a copy of what went to a model or a caller, and counts once.
      if (TREATED.has(treatment) && LEFT.has(to)) masked.add([kind], number(step, 'count'))
    }
  }

  /** A request ends by its last approval, a denial, or the clock; the approvals before the last decide nothing. */
  const request = (kind: string, { data = {} }: NewEvent): void => {
    const outcome = kind === 'created' ? 'requested' : kind
    if (outcome === 'approved' && data.state !== 'approved') return
    const groups = Array.isArray(data.approvers) ? data.approvers.map(String) : ['any']
    for (const group of groups) {
      requests.add([text(data, 'role'), group, outcome])
      if (outcome !== 'requested') waiting.observe([group, outcome], number(data, 'waitedMs') / 1000)
    }
  }

  const handlers: Readonly<Record<string, (event: NewEvent) => void>> = {
    'call.finished': call,
    'admin.denied': () => admin.add(['denied']),
    'admin.refused': () => admin.add(['refused']),
    'alert.raised': ({ reason = OTHER }) => alerts.add([reason]),
    'policy.engines_differ': () => differences.add([]),
    'request.created': (event) => request('created', event),
    'request.approved': (event) => request('approved', event),
    'request.denied': (event) => request('denied', event),
    'request.cancelled': (event) => request('cancelled', event),
    'request.expired': (event) => request('expired', event),
    'grant.started': ({ data = {} }) => started.add([text(data, 'role'), text(data, 'source')]),
    'grant.break-glass': ({ data = {} }) => started.add([text(data, 'role'), 'break-glass']),
    'grant.ended': ({ data = {} }) =>
      ended.add([text(data, 'role'), data.inUse === true ? 'in_use' : number(data, 'uses') > 0 ? 'used' : 'unused']),
  }
  return (events) => {
    for (const event of events) handlers[event.kind]?.(event)
  }
}

const number = (data: JsonObject, name: string): number => (typeof data[name] === 'number' ? data[name] : Number.NaN)
const text = (data: JsonObject, name: string): string => (typeof data[name] === 'string' ? data[name] : OTHER)
