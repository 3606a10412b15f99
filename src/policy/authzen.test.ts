// The certification scenario of the OpenID Foundation for AuthZEN 1.0: eight decisions, six searches, the shapes of
// requests that must be taken and that must be refused.
// @see https://github.com/openid/authzen/blob/main/certification/authorization-api-1_0-scenario.md
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createIds, Fault, type JsonObject, systemClock, systemRandom } from '../core/index.ts'
import {
  type Authzen,
  type AuthzenDeps,
  authzenMetadata,
  createAuthzen,
  createChecker,
  createPolicy,
  entity,
  fixedSource,
  type Knows,
} from './index.ts'

const SCHEMA = `
entity user { role?: String, clearance?: Long };
entity record { status: String };
action read, write appliesTo { principal: user, resource: record };
action delete appliesTo { principal: user, resource: record, context: { soft?: Bool } };
`
const RULES = `
@id("read") @why("Everybody reads.") permit (principal is user, action == Action::"read", resource);
@id("write") @why("Alice writes what is active.")
permit (principal == user::"alice", action == Action::"write", resource) when { resource.status != "archived" };
@id("archive") @why("Administrators write what is archived.")
permit (principal is user, action == Action::"write", resource)
when { principal has role && principal.role == "admin" && resource.status == "archived" };
@id("delete") @why("Alice deletes softly.")
permit (principal == user::"alice", action == Action::"delete", resource) when { context has soft && context.soft };
`
const entities = fixedSource([
  { uid: entity('user', 'alice') },
  { uid: entity('user', 'bob'), attrs: { role: 'admin' } },
  { uid: entity('record', 'record-1'), attrs: { status: 'active' } },
  { uid: entity('record', 'record-2'), attrs: { status: 'archived' } },
])

const EVERYTHING: Knows = { subject: () => true, resource: () => true }

const checker = createChecker()
let authzen: Authzen
let deps: AuthzenDeps
beforeAll(async () => {
  const checked = await checker.check([
    { path: 'schema.cedarschema', text: SCHEMA },
    { path: 'rules.cedar', text: RULES },
  ])
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems))
  const policy = createPolicy({ clock: systemClock, newId: createIds(systemClock, systemRandom) })
  policy.activate(checked.bundle)
  deps = {
    program: policy.program,
    decide: policy.decide,
    enumerate: (type) => entities.uids.filter((uid) => uid.type === type),
    world: (_question, given) => ({
      context: typeof given.soft === 'boolean' ? { soft: given.soft } : {},
      entities,
    }),
  }
  authzen = createAuthzen(deps, EVERYTHING)
})
afterAll(() => checker.close())

const user = (id: string, properties?: JsonObject): JsonObject => ({
  type: 'user',
  id,
  ...(properties ? { properties } : {}),
})
const record = (id: string, properties?: JsonObject): JsonObject => ({
  type: 'record',
  id,
  ...(properties ? { properties } : {}),
})
const action = (name: string, properties?: JsonObject): JsonObject => ({ name, ...(properties ? { properties } : {}) })
const archived = { status: 'archived' }

test.each([
  [true, user('alice'), action('read'), record('record-1')],
  [true, user('alice'), action('write'), record('record-1')],
  [true, user('bob'), action('read'), record('record-1')],
  [false, user('bob'), action('write'), record('record-1')],
  [false, user('alice'), action('write'), record('record-2', archived)],
  [true, user('bob', { role: 'admin' }), action('write'), record('record-2', archived)],
  [true, user('alice'), action('delete', { soft: true }), record('record-1')],
  [false, user('alice'), action('delete', { soft: false }), record('record-1')],
])('decision %s for %j %j %j', (decision, subject, what, resource) => {
  expect(authzen.evaluation({ subject, action: what, resource }).decision).toBe(decision)
  const context = { time: '2025-06-27T18:03-07:00', ip: '192.168.1.1' }
  expect(authzen.evaluation({ subject, action: what, resource, context, futureField: {} }).decision).toBe(decision)
})

test('of whom and what the asking party may not know nothing is told, nor found', () => {
  const blind = createAuthzen(deps, { subject: ({ id }) => id !== 'alice', resource: ({ id }) => id !== 'record-1' })
  const read = (who: string, what: string) =>
    blind.evaluation({ subject: user(who), action: action('read'), resource: record(what) })
  expect(read('bob', 'record-2').decision).toBe(true)
  const none = { decision: false, context: { reason: 'This question has no answer here.' } }
  expect(read('alice', 'record-2')).toEqual(none)
  expect(read('bob', 'record-1')).toEqual(none)
  const ids = ({ results }: { results: readonly { id: string }[] }) => results.map(({ id }) => id)
  const asked = { action: action('read'), subject: user('bob'), resource: record('record-2') }
  expect(ids(blind.searchSubject({ ...asked, subject: { type: 'user' } }))).toEqual(['bob'])
  expect(ids(blind.searchResource({ ...asked, resource: { type: 'record' } }))).toEqual(['record-2'])
  expect(blind.searchAction({ ...asked, subject: user('alice') }).results).toEqual([])
})

test('what the asking party says is not believed, but where it may fill a gap', () => {
  const claims = (subject: JsonObject, resource: JsonObject, pdp = authzen) =>
    pdp.evaluation({ subject, action: action('write'), resource }).decision
  expect(claims(user('alice'), record('record-2', { status: 'active' }))).toBe(false)
  expect(claims(user('bob', { role: 'none' }), record('record-2'))).toBe(true)
  expect(claims(user('alice', { role: 'admin' }), record('record-2'))).toBe(false)
  const believing = createAuthzen({ ...deps, mayFill: (type, name) => type === 'user' && name === 'role' }, EVERYTHING)
  expect(claims(user('alice', { role: 'admin' }), record('record-2'), believing)).toBe(true)
  expect(claims(user('bob', { role: 'none' }), record('record-2'), believing)).toBe(true)
  expect(claims(user('alice'), record('record-2', { status: 'active' }), believing)).toBe(false)
  expect(claims(user('mallory', { role: 'admin' }), record('record-2'), believing)).toBe(false)
})

test('searches', () => {
  const subject = { type: 'user' }
  const ids = (found: { results: readonly { id: string }[] }) => found.results.map((one) => one.id)
  expect(ids(authzen.searchSubject({ subject, action: action('read'), resource: record('record-1') }))).toEqual([
    'alice',
    'bob',
  ])
  expect(
    ids(authzen.searchResource({ subject: user('alice'), action: action('read'), resource: { type: 'record' } })),
  ).toEqual(['record-1', 'record-2'])
  const actions = (who: JsonObject, what: JsonObject) =>
    authzen.searchAction({ subject: who, resource: what }).results.map((one) => one.name)
  expect(actions(user('alice'), record('record-1'))).toEqual(['read', 'write'])
  expect(
    ids(authzen.searchSubject({ subject, action: action('write'), resource: record('record-2', archived) })),
  ).toEqual(['bob'])
  expect(
    ids(
      authzen.searchResource({
        subject: user('bob', { role: 'admin' }),
        action: action('write'),
        resource: { type: 'record' },
      }),
    ),
  ).toEqual(['record-2'])
  expect(actions(user('bob', { role: 'admin' }), record('record-2', archived))).toContain('write')
  expect(
    ids(
      authzen.searchSubject({
        subject: { ...subject, id: 'ignored' },
        action: action('read'),
        resource: record('record-1'),
      }),
    ),
  ).toHaveLength(2)
  expect(
    authzen.searchSubject({ subject: { type: 'robot' }, action: action('read'), resource: record('record-1') }),
  ).toEqual({
    page: { next_token: '' },
    results: [],
  })
})

test('pages continue where they ended', () => {
  const asked = { subject: { type: 'user' }, action: action('read'), resource: record('record-1') }
  const first = authzen.searchSubject({ ...asked, page: { limit: 1 } })
  expect(first.results).toEqual([{ type: 'user', id: 'alice' }])
  const second = authzen.searchSubject({ ...asked, page: { limit: 1, token: first.page.next_token } })
  expect(second).toEqual({ page: { next_token: '' }, results: [{ type: 'user', id: 'bob' }] })
})

test('a page looks at a bounded number of names, and the next one goes on behind them', () => {
  const many = Array.from({ length: 1500 }, (_, i) => ({ type: 'user', id: `a${1000 + i}` }))
  const crowded = createAuthzen({ ...deps, enumerate: (type) => [...many, ...deps.enumerate(type)] }, EVERYTHING)
  const asked = { subject: { type: 'user' }, action: action('read'), resource: record('record-1') }
  const first = crowded.searchSubject(asked)
  expect(first.results).toEqual([])
  const second = crowded.searchSubject({ ...asked, page: { token: first.page.next_token } })
  expect(second.results.map(({ id }) => id)).toEqual(['alice', 'bob'])
  expect(second.page.next_token).toBe('')
})

test('many evaluations in one: defaults, semantics, errors of one item', () => {
  const batch = (evaluations: unknown[], semantic?: string) => {
    const answer = authzen.evaluations({
      subject: user('alice'),
      action: action('write'),
      evaluations,
      ...(semantic ? { options: { evaluations_semantic: semantic } } : {}),
    })
    return 'evaluations' in answer ? answer.evaluations.map((one) => one.decision) : answer.decision
  }
  const items = [
    { resource: record('record-1') },
    { resource: record('record-2') },
    { resource: record('record-1'), action: action('read') },
  ]
  expect(batch(items)).toEqual([true, false, true])
  expect(batch(items, 'execute_all')).toEqual([true, false, true])
  expect(batch(items, 'deny_on_first_deny')).toEqual([true, false])
  expect(batch(items, 'permit_on_first_permit')).toEqual([true])
  expect(batch([{}, { resource: record('record-1') }])).toEqual([false, true])
  expect(
    authzen.evaluations({ subject: user('alice'), action: action('read'), resource: record('record-1') }),
  ).toMatchObject({ decision: true })
})

test.each([
  [{ action: action('read'), resource: record('r') }],
  [{ subject: user('alice'), resource: record('r') }],
  [{ subject: user('alice'), action: action('read') }],
  [{ subject: { id: 'alice' }, action: action('read'), resource: record('r') }],
  [{ subject: { type: 'user' }, action: action('read'), resource: record('r') }],
  [{ subject: user('alice'), action: {}, resource: record('r') }],
  [{ subject: 'alice', action: action('read'), resource: record('r') }],
  [{ subject: { type: 'user', id: 7 }, action: action('read'), resource: record('r') }],
  [{ subject: user('alice'), action: action('read'), resource: record('r'), context: [] }],
  [[]],
  ['text'],
])('refused as malformed: %j', (body) => {
  expect(() => authzen.evaluation(body)).toThrow(Fault)
})

test('metadata names every endpoint', () => {
  expect(authzenMetadata('https://pdp.example')).toMatchObject({
    policy_decision_point: 'https://pdp.example',
    access_evaluation_endpoint: 'https://pdp.example/access/v1/evaluation',
    search_action_endpoint: 'https://pdp.example/access/v1/search/action',
  })
})
