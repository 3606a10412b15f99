// OCSF 1.8: API Activity for calls and admin calls, Authentication for refused credentials (and counts of them), Account Change for principals and
// keys, Entity Management for everything else that is changed, Detection Finding for alerts.
import type { JsonObject } from '../../core/index.ts'
import type { Found } from '../search.ts'

const VERSION = '1.8.0'
const OTHER = 99

interface OcsfClass {
  readonly category: number
  readonly uid: number
  readonly name: string
}
const API: OcsfClass = { category: 6, uid: 6003, name: 'API Activity' }
const AUTHENTICATION: OcsfClass = { category: 3, uid: 3002, name: 'Authentication' }
const ACCOUNT: OcsfClass = { category: 3, uid: 3001, name: 'Account Change' }
const ENTITY: OcsfClass = { category: 3, uid: 3004, name: 'Entity Management' }
const FINDING: OcsfClass = { category: 2, uid: 2004, name: 'Detection Finding' }

const CREDENTIAL_FAULTS = new Set([
  'invalid_api_key',
  'conflicting_credentials',
  'key_expired',
  'key_revoked',
  'key_suspended',
  'step_up_required',
])
const ACCOUNTS = new Set(['key', 'user', 'service', 'agent'])

function classOf({ kind, reason }: Found): OcsfClass {
  const noun = kind.slice(0, kind.indexOf('.'))
  if (noun === 'alert') return FINDING
  if (noun === 'stranger') return AUTHENTICATION
  if ((noun === 'call' || kind === 'admin.refused') && reason !== undefined && CREDENTIAL_FAULTS.has(reason))
    return AUTHENTICATION
  if (noun === 'call') return API
  if (noun === 'admin' || noun === 'content' || noun === 'audit') return API
  return ACCOUNTS.has(noun) ? ACCOUNT : ENTITY
}

const CREATED = /\.(created|added|started|break-glass|member_added|assigned)$/
const REMOVED = /\.(removed|revoked|ended|lifted|cancelled|expired|forgotten|denied|erased|member_removed|unassigned)$/
const DISABLED = /\.(suspended|offboarded)$/
const ENABLED = /\.(resumed|restored)$/
const READ = /\.read$/

function activityOf({ uid }: OcsfClass, { kind, action }: Found): [id: number, name: string] {
  if (uid === AUTHENTICATION.uid) return [1, 'Logon']
  if (uid === FINDING.uid) return kind === 'alert.raised' ? [1, 'Create'] : [2, 'Update']
  if (uid === ACCOUNT.uid) {
    if (CREATED.test(kind)) return [1, 'Create']
    if (ENABLED.test(kind)) return [2, 'Enable']
    if (DISABLED.test(kind)) return [5, 'Disable']
    return REMOVED.test(kind) ? [6, 'Delete'] : [OTHER, kind]
  }
  if (uid === ENTITY.uid) {
    if (CREATED.test(kind)) return [1, 'Create']
    return REMOVED.test(kind) ? [4, 'Delete'] : [3, 'Update']
  }
  if (READ.test(kind) || action === 'list' || action === 'show') return [2, 'Read']
  if (action === 'delete' || REMOVED.test(kind)) return [4, 'Delete']
  return kind.startsWith('call.') ? [1, 'Create'] : [3, 'Update']
}

const isFailure = ({ decision, data, kind }: Found): boolean =>
  decision === 'deny' ||
  kind === 'admin.denied' ||
  kind === 'admin.failed' ||
  kind === 'admin.refused' ||
  kind === 'stranger.refused' ||
  (data?.outcome !== undefined && data.outcome !== 'served')

const userOf = (principal: string | undefined): JsonObject => {
  const match = /^(\w+)::"(.*)"$/.exec(principal ?? '')
  const type = match?.[1] ?? 'Unknown'
  return {
    name: match?.[2] ?? 'unknown',
    uid: principal ?? 'unknown',
    type,
    type_id: USER_TYPES[type] ?? OTHER,
  }
}

/** `type_id` of the User object; agents have none of their own. */
const USER_TYPES: Readonly<Record<string, number>> = { Unknown: 0, User: 1, System: 3, Service: 4 }

const dropUndefined = (object: { [key: string]: unknown }): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as JsonObject

/** What only calls have: the model, its tokens, and what the security control did (profiles ai_operation, security_control). */
function callFields({ model, data, decision, policy, rules }: Found): JsonObject {
  const { inputTokens, outputTokens, outcome } = data ?? {}
  // Also what a limit, a duty or the guard refused after the rules had allowed it.
  const refused = decision === 'deny' || outcome === 'refused'
  const total = (Number(inputTokens) || 0) + (Number(outputTokens) || 0)
  return dropUndefined({
    ai_model: model === undefined ? undefined : { ai_provider: 'sallyport', name: model },
    message_context:
      total > 0
        ? {
            ai_role_id: 1,
            service: { name: 'sallyport' }, // one of application and service is demanded
            prompt_tokens: inputTokens,
            completion_tokens: outputTokens,
            total_tokens: total,
          }
        : undefined,
    action_id: refused ? 2 : decision === undefined ? 0 : 1,
    disposition_id: refused || outcome === 'cut' ? 2 : decision === undefined ? 0 : 1,
    policy: policy === undefined ? undefined : { uid: policy },
    authorizations: rules?.map((rule) => ({ decision: decision ?? 'unknown', policy: { uid: rule } })),
  })
}

export function toOcsf(event: Found): JsonObject {
  const { kind, time, id, position, node, principal, address, reason, subject, data } = event
  const ocsf = classOf(event)
  const [activity, activityName] = activityOf(ocsf, event)
  const failure = isFailure(event)
  const isCall = kind.startsWith('call.')
  const source = address === undefined ? { name: node } : address.includes('/') ? { name: address } : { ip: address }
  const actor = { user: userOf(principal), ...(event.session === undefined ? {} : { session: { uid: event.session } }) }
  const [, entityType, entityId = ''] = /^([^/]*)\/?(.*)$/s.exec(subject ?? kind) as unknown as [string, string, string]
  const profiles = isCall && ocsf === API ? ['ai_operation', 'security_control'] : []
  return dropUndefined({
    activity_id: activity,
    activity_name: activityName,
    category_uid: ocsf.category,
    class_uid: ocsf.uid,
    class_name: ocsf.name,
    type_uid: ocsf.uid * 100 + activity,
    time,
    severity_id: kind.startsWith('alert.') ? 4 : failure ? 3 : 1,
    // Of a finding 1 is New and 2 In Progress; of everything else Success and Failure.
    status_id: (ocsf === FINDING ? activity === 2 : failure) ? 2 : 1,
    status_code: reason,
    ...(kind === 'stranger.refused' && { count: data?.count, start_time: data?.first, end_time: data?.last }),
    message: `${kind}${subject === undefined ? '' : ` ${subject}`}`,
    metadata: {
      version: VERSION,
      product: { name: 'Sallyport', vendor_name: 'Sallyport' },
      uid: id,
      sequence: position,
      event_code: kind,
      log_provider: node,
      profiles,
    },
    // A finding has neither of its own: who did what it tells of is evidence for it.
    ...(ocsf === FINDING ? { evidences: [{ actor, src_endpoint: source }] } : { actor, src_endpoint: source }),
    api:
      ocsf === API
        ? { operation: event.action ?? kind, ...(event.call === undefined ? {} : { request: { uid: event.call } }) }
        : undefined,
    user:
      ocsf === AUTHENTICATION
        ? userOf(principal)
        : ocsf === ACCOUNT
          ? { name: entityId || entityType, uid: subject ?? entityType }
          : undefined,
    service: ocsf === AUTHENTICATION ? { name: 'sallyport' } : undefined,
    entity:
      ocsf === ENTITY ? { name: entityId || entityType, type: entityType, uid: subject ?? entityType } : undefined,
    comment: ocsf === ENTITY ? reason : undefined,
    finding_info: ocsf === FINDING ? { uid: id, title: reason ?? kind, created_time: time } : undefined,
    is_alert: ocsf === FINDING ? true : undefined,
    ...(isCall && ocsf === API ? callFields(event) : {}),
    unmapped: data,
  })
}
