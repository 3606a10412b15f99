// The catalogue of events: every kind with what it means, every field with what it may hold. `docs/audit-events.md` is
// printed from here, and a test finds kinds in the source that are missing.

/**
 * id: names of things, made by us or by an administrator. fact: counts, codes, times. personal: tells of a person.
 * content: what people and models wrote; never in an event, only sealed beside it.
 */
export type Classification = 'id' | 'fact' | 'personal' | 'content'

export interface Field {
  readonly class: Classification
  readonly meaning: string
}

/** Fields of every event, in the order of the text. */
export const FIELDS: Readonly<Record<string, Field>> = {
  action: { class: 'fact', meaning: 'The Cedar action that was asked for: `chat`, `send`, `issueKey`.' },
  address: { class: 'personal', meaning: 'Remote address as the socket saw it.' },
  boot: {
    class: 'id',
    meaning: 'The process life that wrote the event; calls it leaves open are ended by the next one.',
  },
  call: { class: 'id', meaning: 'The call that the event is part of.' },
  credential: { class: 'id', meaning: 'Kind and id of the credential, `key/8F2…`; never the secret.' },
  data: { class: 'fact', meaning: 'More facts of this kind of event; see below.' },
  decision: { class: 'fact', meaning: '`allow` or `deny`.' },
  grant: { class: 'id', meaning: 'The grant that was used or changed.' },
  id: { class: 'id', meaning: 'Id of the event; ids sort by time.' },
  kind: { class: 'fact', meaning: 'What happened; one of the kinds below.' },
  model: { class: 'id', meaning: 'The model, by the name that rules use.' },
  node: { class: 'id', meaning: 'The node that wrote the event.' },
  policy: { class: 'id', meaning: 'Digest of the policy bundle that decided.' },
  principal: {
    class: 'personal',
    meaning: 'Who acted, from the credential and never from the request: `User::"dana"`.',
  },
  reason: { class: 'personal', meaning: 'A fault code or cut cause, or the words a person gave as reason.' },
  rules: { class: 'id', meaning: 'Ids of the rules that decided; none on a default deny.' },
  session: { class: 'id', meaning: 'The conversation that the call is part of.' },
  subject: { class: 'personal', meaning: 'What was acted on: `key/8F2…`, `user/dana`.' },
  time: { class: 'fact', meaning: 'Milliseconds since 1970, by the clock of the node.' },
}

/** Fields of `data` that several kinds share. */
export const DATA_FIELDS: Readonly<Record<string, Field>> = {
  outcome: { class: 'fact', meaning: 'How a call ended: served, refused, cut, disconnected, failed, interrupted.' },
  status: { class: 'fact', meaning: 'HTTP status, if the call did not end well.' },
  ms: { class: 'fact', meaning: 'Milliseconds from the first byte of the request to the end.' },
  sentMs: {
    class: 'fact',
    meaning:
      'Milliseconds until the call was sent to the model server, without the arrival of the request: our part of the wait.',
  },
  firstMs: { class: 'fact', meaning: 'Milliseconds until the first output of the model server arrived.' },
  overheadMs: {
    class: 'fact',
    meaning:
      'Milliseconds that the gateway added before the first byte of the answer: neither the arrival of the request nor waiting for the model server counts, holding back what might still become a finding does.',
  },
  inputTokens: { class: 'fact', meaning: 'Tokens of the input, as the model server counted them, else estimated.' },
  outputTokens: { class: 'fact', meaning: 'Tokens of the answer.' },
  charged: {
    class: 'fact',
    meaning: 'Tokens that limits were charged, if not those: the model server counted fewer than there can have been.',
  },
  digest: { class: 'id', meaning: 'The version of the model: the digest of its weights, if its server tells one.' },
  route: { class: 'fact', meaning: 'Path of the request.' },
  decisionId: { class: 'id', meaning: 'The decision, as told to the caller in `x-sallyport-decision`.' },
  decidedInUs: { class: 'fact', meaning: 'Microseconds the decision took.' },
  flow: {
    class: 'fact',
    meaning:
      'Data flow: data class, count, treatment (`restored`: a stand-in was turned back), and where it went (`to`): `upstream`, `caller`, `log` if a rule has it recorded, `cache` if the answer is stored.',
  },
  content: {
    class: 'id',
    meaning: 'For each recorded part: key id, length and SHA-256 of the sealed bytes, end of its time.',
  },
  client: { class: 'personal', meaning: 'The client program, as it names itself.' },
  injection: {
    class: 'fact',
    meaning: '0 to 100: how likely some of the input is meant to turn the model against its rules.',
  },
  input: {
    class: 'fact',
    meaning: 'What the guard did with the input: bytes scanned and forwarded, classes, treatments.',
  },
  output: { class: 'fact', meaning: 'The same of the answer.' },
  endedBy: { class: 'id', meaning: 'The change that ended a running call: `key/8F2…`, `policy/7`.' },
  by: { class: 'personal', meaning: 'Who cut the call.' },
  of: { class: 'fact', meaning: 'Of `stranger.refused`: the kind of event that each of them would have been.' },
  count: { class: 'fact', meaning: 'How many of them there were; `first` and `last` say when.' },
  triedSession: { class: 'id', meaning: 'The session that a caller named and that is not theirs.' },
  tool: { class: 'fact', meaning: 'The tool that the model would have called and may not.' },
  detector: { class: 'fact', meaning: 'The detector that failed or took too long, so that nothing counts as scanned.' },
}

/** kind → what it means. */
export const KINDS = {
  'access.cut': 'Running calls were cut because what they rested on ended.',
  'admin.denied': 'A call of the admin API was denied: by the rules, or, with a `reason`, by what no rule can allow.',
  'admin.failed':
    'A change through the admin API that the rules allow did not come about; `reason` says why: not valid, not there, in conflict.',
  'admin.read': 'Somebody read through the admin API what is worth knowing that it was read.',
  'admin.refused': 'A call of the admin API was refused before a rule was asked.',
  'agent.created': 'An agent was added to the directory.',
  'agent.offboarded': 'An agent left with its user: suspended, keys revoked, roles and groups gone.',
  'agent.removed': 'An agent was removed from the directory.',
  'agent.restored': 'A suspended agent is active again.',
  'agent.suspended': 'An agent was suspended; its keys with it.',
  'agent.updated': 'An agent was changed.',
  'alert.raised': 'Something unusual was noticed; `data` holds the evidence and the baseline.',
  'audit.pruned': 'Bodies of events were deleted because their time is over; their hashes stay.',
  'audit.rekeyed': 'The key that signs checkpoints on a node was replaced; both verifier keys.',
  'audit.resumed':
    'The log could not be written, or not as fast as wanted; since when, and how many events it has refused.',
  'call.decided': 'A call was allowed and is about to be sent to a model. Durable before anything is sent.',
  'call.finished':
    'A call ended. Every call has exactly one such event, or, if nobody was known, is counted in one `stranger.refused`.',
  'campaign.closed': 'A campaign is over; what nobody spoke for has been revoked.',
  'campaign.decided': 'Somebody said of a right whether it stays.',
  'campaign.revoked': 'A right was taken away by a campaign, or why it could not be.',
  'campaign.started': 'A campaign over the rights that are held began.',
  'content.erased': "A person's recorded content was erased by destroying its keys.",
  'content.expired': 'Recorded content was deleted because its time is over.',
  'content.read': 'Somebody read recorded content. Durable before it was shown.',
  'grant.break-glass': 'Somebody took a role in an emergency, without asking.',
  'evidence.packed': 'Somebody made an evidence pack; `data` holds the hash of its manifest.',
  'grant.ended': 'A grant ended: by time, by use, or by somebody.',
  'grant.extended': 'A grant was prolonged.',
  'grant.reviewed': 'A grant of an emergency was looked at afterwards.',
  'grant.started': 'A role is held from now on, until a time or for a number of uses.',
  'grant.used': 'A use of a grant was counted.',
  'group.created': 'A group was added.',
  'group.member_added': 'A member was added to a group.',
  'group.member_removed': 'A member was removed from a group.',
  'group.removed': 'A group was removed.',
  'group.updated': 'A group was changed.',
  'key.created': 'A key was issued.',
  'key.resumed': 'A suspended key is active again.',
  'key.revoked': 'A key was revoked for good.',
  'key.rotated': 'A key was replaced; until when the old one works is in `data`.',
  'key.suspended': 'A key was suspended.',
  'key.transferred': 'A key has another owner.',
  'key.warned': 'The owner of a key was told that a sweep will suspend or revoke it.',
  'lock.added': 'An emergency stop was put on something.',
  'lock.lifted': 'An emergency stop was lifted.',
  'model.accepted': 'A changed model was accepted.',
  'model.changed': 'The digest of a model is not the one it had.',
  'model.pinned': 'A model was bound to a digest.',
  'model.restored': 'A model has its former digest again.',
  'node.started': 'A node began to serve; its verifier key, and how many calls of its last life it ended.',
  'policy.applied': 'A policy bundle came into force.',
  'policy.engines_differ':
    'The compiled rules and the Cedar library answered one question differently: one of the two is wrong.',
  'policy.promoted': 'A bundle that ran in the shadow came into force.',
  'policy.rolled_back': 'An earlier bundle came into force again.',
  'policy.shadowed': 'A bundle is evaluated beside the one in force.',
  'request.approved': 'A request for a role was approved by one person.',
  'request.cancelled': 'A request was withdrawn.',
  'request.created': 'Somebody asked for a role.',
  'request.denied': 'A request was denied.',
  'request.expired': 'A request died unanswered.',
  'role.assigned': 'A role was assigned.',
  'role.created': 'A role was added.',
  'role.removed': 'A role was removed.',
  'role.unassigned': 'An assignment of a role was removed.',
  'role.updated': 'A role was changed.',
  'role.warned': 'A sweep found a role that gives its holder more than is used.',
  'service.created': 'A service was added to the directory.',
  'service.offboarded': 'A service was given up: suspended, keys revoked, grants, roles and groups gone.',
  'service.removed': 'A service was removed from the directory.',
  'service.restored': 'A suspended service is active again.',
  'service.suspended': 'A service was suspended; its keys with it.',
  'service.updated': 'A service was changed.',
  'session.cut': 'A session was ended by somebody; its calls with it.',
  'session.forgotten': 'What a session held was destroyed.',
  'stranger.refused':
    'Refusals without a valid credential that are no events of their own: how many, of what, the first and the last.',
  'sweep.finished': 'Keys and roles were looked through for what lies about.',
  'user.created': 'A person was added to the directory.',
  'user.offboarded': 'A person left: suspended, keys revoked, sessions and grants ended, roles and groups gone.',
  'user.removed': 'A person was removed from the directory.',
  'user.restored': 'A suspended person is active again.',
  'user.suspended': 'A person was suspended; keys, sessions and grants with them.',
  'user.updated': 'A person was changed.',
} as const
export type EventKind = keyof typeof KINDS

/** The catalogue as Markdown. */
export function printCatalogue(): string {
  const table = (fields: Readonly<Record<string, Field>>) =>
    ['| field | class | meaning |', '|---|---|---|']
      .concat(Object.entries(fields).map(([name, field]) => `| \`${name}\` | ${field.class} | ${field.meaning} |`))
      .join('\n')
  const kinds = ['| kind | meaning |', '|---|---|']
    .concat(Object.entries(KINDS).map(([kind, meaning]) => `| \`${kind}\` | ${meaning} |`))
    .join('\n')
  return `# Audit events

Printed from \`src/audit/catalogue.ts\`; change it there.

An event is one line of canonical JSON (RFC 8785). Its SHA-256 with a leading zero byte is a leaf of the log's Merkle tree
(RFC 9162); checkpoints of the tree are signed notes (c2sp.org/tlog-checkpoint). \`docs/verify.mjs\` checks exports and proofs
without any code of this product. Two events are written per call: \`call.decided\`, durable before anything is sent to the
model, and \`call.finished\`, exactly one, however the call ends. Only calls without a valid credential share an ending: of an
address the first few in five minutes are events of their own, the rest is counted in one \`stranger.refused\`, which names the
address or, of IPv6, its /64. So many addresses are told apart; what comes from more is counted without.

Classes: **id** names a thing, **fact** counts, codes and times, **personal** tells of a person, **content** is what people
and models wrote: it is never in an event, only sealed beside it, and only where a rule demands it.

## Fields

${table(FIELDS)}

## Fields of \`data\`

${table(DATA_FIELDS)}

## Kinds

${kinds}
`
}
