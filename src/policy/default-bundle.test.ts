// The bundle that ships, asked as the gateway asks it: what each role may do, and what becomes of data.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Decision } from '../core/index.ts'
import { createIds, systemClock, systemRandom } from '../core/index.ts'
import {
  type CedarRecord,
  type Checker,
  createChecker,
  createClockContext,
  createPolicy,
  dataClassSource,
  entity,
  fixedSource,
  ip,
  joinSources,
  loadBundle,
  NO_GRANT,
  NO_RISK,
  type Policy,
} from './index.ts'
import { runTests } from './rule-test.ts'

let checker: Checker
let policy: Policy

beforeAll(async () => {
  checker = createChecker()
  const checked = await checker.check(await loadBundle('policies'))
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems, null, 1))
  policy = createPolicy({ clock: systemClock, newId: createIds(systemClock, systemRandom) })
  policy.activate(checked.bundle)
})
afterAll(() => checker.close())

const ROLES = [
  'reader',
  'user',
  'operator',
  'trainer',
  'approver',
  'auditor',
  'admin',
  'clear-data',
  'on-call',
  'emergency',
]
const role = (name: string) => entity('Role', name)
const person = (name: string, roles: readonly string[]) => ({
  uid: entity('User', name),
  attrs: { name },
  parents: roles.map(role),
})
const model = (name: string, hosting: string, quarantined = false) => ({
  uid: entity('Model', name),
  attrs: { upstream: 'demo', hosting, quarantined },
})
const entities = joinSources(
  fixedSource([
    ...ROLES.map((name) => ({ uid: role(name) })),
    ...ROLES.map((name) => person(name, [name])),
    person('nobody', []),
    person('analyst', ['user', 'clear-data']),
    { uid: entity('Gateway', 'gateway') },
    model('small', 'local'),
    model('far', 'external'),
    model('odd', 'local', true),
    { uid: entity('Key', 'k1'), attrs: { owner: entity('User', 'user') } },
    { uid: entity('Key', 'k2'), attrs: { owner: entity('User', 'admin') } },
    { uid: entity('Tool', 'search'), attrs: { effect: 'read' } },
    { uid: entity('Tool', 'mail'), attrs: { effect: 'external' } },
  ]),
  dataClassSource(['personal/email', 'personal/person', 'secret/api-key', 'finance/iban', 'business/customer-id']),
)

const clock = createClockContext('UTC')
const base = {
  clock: clock(Date.parse('2026-11-20T10:30:00Z')),
  auth: { kind: 'key', bound: false, age: 60, amr: [], scopes: [], ip: ip('127.0.0.1'), mfa: false },
  risk: NO_RISK,
  grant: NO_GRANT,
}
const session = { turns: 1, tokens: 0, age: 1, taint: [] as string[] }
const request = {
  stream: false,
  format: 'text',
  tools: [],
  toolChoice: 'auto',
  n: 1,
  system: false,
  messages: 1,
  inputs: 0,
  images: 0,
  audio: 0,
  documents: 0,
  toolResults: 0,
  store: false,
  continues: false,
  estimatedTokens: 12,
  parameters: [],
}
const GATEWAY = entity('Gateway', 'gateway')
const SMALL = entity('Model', 'small')
const decide = (who: string, action: string, resource = SMALL, context: CedarRecord = { ...base, session, request }) =>
  policy.decide({ principal: entity('User', who), action, resource, context }, entities)

test.each([
  ['reader', ['list', 'show']],
  ['user', ['chat', 'complete', 'embed', 'list', 'show']],
  ['operator', ['copy', 'create', 'delete', 'list', 'load', 'manageModels', 'pull', 'push', 'show', 'unload']],
  ['trainer', ['chat', 'complete', 'embed', 'evaluate', 'list', 'show', 'train']],
  ['approver', []],
  ['auditor', ['list', 'show']],
  ['admin', ['copy', 'create', 'delete', 'list', 'load', 'lock', 'manageModels', 'pull', 'push', 'show', 'unload']],
  ['nobody', []],
])('what %s may do with a model is exactly this', (who, wanted) => {
  const actions = [...policy.program()!.vocabulary.actions.values()]
    .filter((action) => action.resources.has('Model'))
    .map((action) => action.name)
  expect(actions.filter((action) => decide(who, action).allow).sort()).toEqual(wanted)
})

test('an administrator may do every act of administration, and nobody else may', () => {
  const acts = [...policy.program()!.vocabulary.actions.values()].filter((action) => action.lineage.has('administer'))
  const gateway = acts.filter((action) => action.resources.has('Gateway')).map((action) => action.name)
  expect(gateway.length).toBe(10)
  for (const act of gateway) expect(decide('admin', act, GATEWAY).allow, act).toBe(true)
  for (const who of ['reader', 'user', 'trainer', 'approver', 'nobody', 'emergency'])
    for (const act of gateway) expect(decide(who, act, GATEWAY).allow, `${who} ${act}`).toBe(false)
  expect(gateway.filter((act) => decide('auditor', act, GATEWAY).allow)).toEqual(['readAudit'])
  expect(gateway.filter((act) => decide('operator', act, GATEWAY).allow).sort()).toEqual(['endSession', 'manageModels'])
})

test('people see and revoke their own keys, and issue none with a key', () => {
  const [own, other] = [entity('Key', 'k1'), entity('Key', 'k2')]
  expect(decide('user', 'show', own).allow).toBe(true)
  expect(decide('user', 'revokeKey', own).allow).toBe(true)
  expect(decide('user', 'show', other).allow).toBe(false)
  expect(decide('user', 'revokeKey', other).allow).toBe(false)
  expect(decide('user', 'issueKey', own).allow).toBe(false)
  const signedIn = { ...base, auth: { ...base.auth, kind: 'oidc' } }
  expect(decide('user', 'issueKey', own, signedIn).allow).toBe(true)
  expect(decide('user', 'issueKey', other, signedIn).allow).toBe(false)
})

test('a quarantined model answers nobody, and the caller is told why', () => {
  const decision = decide('user', 'chat', entity('Model', 'odd'))
  expect(decision).toMatchObject({ allow: false, rules: ['quarantined-models-rest'] })
  expect(decision.why).toBe('A quarantined model answers nobody.')
})

test('likely injection or odd behaviour stops calls', () => {
  const risk = (injection: number, anomaly: number) =>
    decide('user', 'chat', SMALL, { ...base, session, request, risk: { injection, anomaly } }).allow
  expect([risk(89, 89), risk(90, 0), risk(0, 90)]).toEqual([true, false, false])
})

const flow = (
  who: string,
  action: string,
  dataClass: string,
  options: { model?: string; origin?: string } = {},
): Decision =>
  decide(who, action, entity('DataClass', dataClass), {
    ...base,
    session,
    model: entity('Model', options.model ?? 'small'),
    data: { class: dataClass, count: 1, confidence: 99, origin: options.origin ?? 'caller', field: '' },
  })
const outcome = (decision: Decision) => (decision.allow ? (decision.duties.treat ?? 'pass') : 'block')

test('data classes: stand-ins by default, secrets masked in-house and blocked outside', () => {
  expect(outcome(flow('user', 'send', 'personal/email'))).toBe('pseudonym')
  expect(outcome(flow('user', 'send', 'personal/email', { model: 'far' }))).toBe('pseudonym')
  expect(outcome(flow('user', 'send', 'finance/iban'))).toBe('pseudonym')
  expect(outcome(flow('user', 'send', 'secret/api-key'))).toBe('mask')
  expect(outcome(flow('user', 'receive', 'secret/api-key'))).toBe('mask')
  expect(outcome(flow('user', 'send', 'secret/api-key', { model: 'far' }))).toBe('block')
  expect(outcome(flow('user', 'send', 'made-up/class'))).toBe('block')
  expect(outcome(flow('user', 'receive', 'personal/email', { origin: 'model' }))).toBe('pseudonym')
  expect(outcome(flow('user', 'receive', 'personal/person', { origin: 'model' }))).toBe('pass')
  expect(outcome(flow('user', 'send', 'personal/person'))).toBe('pseudonym')
  expect(outcome(flow('user', 'send', 'personal/person', { origin: 'model' }))).toBe('pseudonym')
})

test('clear-data passes personal data to in-house models only, and never secrets', () => {
  expect(outcome(flow('analyst', 'send', 'personal/email'))).toBe('pass')
  expect(outcome(flow('analyst', 'receive', 'personal/email', { origin: 'document' }))).toBe('pass')
  expect(outcome(flow('analyst', 'send', 'personal/email', { model: 'far' }))).toBe('pseudonym')
  expect(outcome(flow('analyst', 'send', 'secret/api-key'))).toBe('mask')
  expect(outcome(flow('analyst', 'send', 'secret/api-key', { model: 'far' }))).toBe('block')
})

test('a tool that changes something needs a human after foreign content', () => {
  const call = (tool: string, taint: string[], confirmed: boolean) =>
    decide('user', 'callTool', entity('Tool', tool), {
      ...base,
      session: { ...session, taint },
      model: SMALL,
      tool: { confirmed },
    }).allow
  expect(call('search', ['tool', 'document'], false)).toBe(true)
  expect(call('mail', [], false)).toBe(true)
  for (const taint of ['tool', 'document', 'injection']) {
    expect(call('mail', [taint], false)).toBe(false)
    expect(call('mail', [taint], true)).toBe(true)
  }
})

const ask = (who: string, action: string, wanted: string, extra: CedarRecord = {}, auth: CedarRecord = {}) =>
  decide(who, action, role(wanted), {
    ...base,
    auth: { ...base.auth, ...auth },
    ask: { seconds: 3600, reason: 'INC-7', models: [], approvals: 0, requester: entity('User', 'user'), ...extra },
  })

test('roles are asked for, approved by somebody else, and end', () => {
  expect(ask('user', 'requestRole', 'operator')).toMatchObject({
    allow: true,
    duties: { longestSeconds: 14_400, approvals: 1 },
  })
  expect(ask('user', 'requestRole', 'operator', { reason: '' }).allow).toBe(false)
  expect(ask('user', 'requestRole', 'operator', { seconds: 14_401 }).allow).toBe(false)
  expect(ask('user', 'requestRole', 'admin').allow).toBe(false)
  expect(ask('operator', 'requestRole', 'admin').duties).toMatchObject({ approvals: 2, stepUp: { maxAgeSeconds: 600 } })
  expect(ask('approver', 'approveRole', 'operator').allow).toBe(true)
  expect(ask('approver', 'approveRole', 'operator', { requester: entity('User', 'approver') }).rules).toEqual([
    'nobody-approves-their-own',
  ])
  expect(ask('user', 'approveRole', 'operator').allow).toBe(false)
  expect(ask('on-call', 'autoApproveRole', 'operator').allow).toBe(false)
  expect(ask('on-call', 'autoApproveRole', 'operator', { ticket: 'INC-7' }).allow).toBe(true)
  expect(ask('emergency', 'breakGlass', 'admin').allow).toBe(true)
  expect(ask('emergency', 'breakGlass', 'admin', {}, { age: 901 }).allow).toBe(false)
  expect(ask('user', 'breakGlass', 'admin').allow).toBe(false)
})

test('a default deny names the role to ask for, where asking is possible', () => {
  const denied = decide('user', 'train')
  expect(denied).toMatchObject({ allow: false, rules: [], why: 'No rule allows this.' })
  expect(denied.ask).toBe('sallyport request create trainer --for 1h --reason "…"')
  expect(decide('nobody', 'chat').ask).toBeUndefined()
})

test('with no rules in force, and for anything unknown, the answer is no', () => {
  const empty = createPolicy({ clock: systemClock, newId: createIds(systemClock, systemRandom) })
  const query = { principal: entity('User', 'admin'), action: 'chat', resource: SMALL, context: base }
  expect(empty.decide(query, entities)).toMatchObject({ allow: false, policy: 'none', rules: [] })
  expect(decide('admin', 'no-such-action').allow).toBe(false)
  expect(decide('stranger', 'chat').allow).toBe(false)
  expect(decide('user', 'chat', entity('Model', 'no-such-model')).allow).toBe(false)
  expect(decide('user', 'chat', GATEWAY).allow).toBe(false)
})

test('the tests that ship with the rules pass, and leave no rule untested', async () => {
  const sources = await loadBundle('policies')
  const report = runTests(policy.program()!, sources)
  expect(report.outcomes.filter((outcome) => outcome.failure !== undefined)).toEqual([])
  expect(report.passed).toBeGreaterThan(60)
  expect(report.coverage.unhit).toEqual([])
})

test('the shipped rules are formatted', async () => {
  for (const file of (await loadBundle('policies')).filter(({ path }) => path.endsWith('.cedar')))
    expect(await checker.format(file)).toEqual({ text: file.text })
})
