// The admin API over the real rooms and the shipped rules, without a socket: what each role gets, and what nobody gets.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createAccess,
  createCampaigns,
  createJustInTime,
  createSweeps,
  SWEEP_SETTINGS,
  type SweptRole,
} from '../access/index.ts'
import { createAudit } from '../audit/index.ts'
import { schema } from '../config/index.ts'
import { createIds, type JsonObject, systemClock, systemRandom, uidText } from '../core/index.ts'
import { createIdentity, KEY_SETTINGS, SYSTEM } from '../identity/index.ts'
import { createRegistry } from '../model/index.ts'
import {
  type CheckedBundle,
  createChecker,
  createClockContext,
  createRulebook,
  EntityRef,
  type EntitySource,
  fixedSource,
  joinSources,
  loadBundle,
  NO_GRANT,
} from '../policy/index.ts'
import { createChange, createFeed, createNodes, createPeers, openStore } from '../store/index.ts'
import { BASE, ROUTES, type RouteId, type RouteSpec } from './contract.ts'
import { type Admin, connectRooms, createAdmin, heldRights, revokeRight, sweptKeys, sweptRoles } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-admin-'))
const ROLES = ['reader', 'user', 'operator', 'trainer', 'approver', 'auditor', 'admin'] as const
const report = (error: unknown) => {
  throw error
}

let bundle: CheckedBundle
let empty: CheckedBundle
let count = 0

/** One node with the shipped rules, and a key for somebody in each role. */
async function startNode() {
  const clock = systemClock
  const newId = createIds(clock, systemRandom)
  const store = await openStore({ file: join(folder, `${count++}.db`), keyHex: '5a'.repeat(32), report })
  const node = { id: newId('node'), name: 'one', closesAfterMs: 2500, calls: () => 0 }
  const audit = createAudit({
    store,
    clock,
    newId,
    node: node.name,
    origin: 'test/audit',
    signingKey: generateKeyPairSync('ed25519').privateKey,
    report,
  })
  const feed = createFeed({ store, pollMs: 50, node, clock, report })
  const change = createChange({
    store,
    clock,
    appendFeed: feed.append,
    appendEvents: audit.appendIn,
    applied: feed.applied,
  })
  await audit.start()
  const identity = createIdentity({
    store,
    feed,
    change,
    clock,
    random: systemRandom,
    newId,
    peppers: { current: 1, values: new Map([[1, randomBytes(32)]]) },
    settings: KEY_SETTINGS,
    reference: (uid) => new EntityRef(uid.type, uid.id),
    lastUseIntervalMs: 60_000,
    report,
  })
  const checker = createChecker()
  const rulebook = createRulebook({
    db: store.db,
    change,
    feed,
    clock,
    newId,
    checker,
    clockContext: createClockContext('UTC'),
    world: () => ({
      entities,
      principals: identity.entities.enumerate('User'),
      models: [new EntityRef('Model', 'tiny')],
      others: [],
    }),
    report,
  })
  const { policy } = rulebook
  policy.activate(bundle)
  const registry = await createRegistry({
    store,
    change,
    clock,
    upstreams: [],
    declared: [],
    listTimeoutMs: 100,
    watchIntervalMs: 60_000,
    report,
  })
  const entities = joinSources(
    { get: (uid) => jit.grants.source(identity.entities as EntitySource).get(uid) },
    fixedSource([
      { uid: new EntityRef('Gateway', 'sallyport') },
      { uid: new EntityRef('Model', 'tiny'), attrs: { upstream: 'demo', hosting: 'embedded', quarantined: false } },
    ]),
  )
  const nodes = createNodes({ store, feed, clock, node, staleAfterMs: 2000, graceMs: 500, onLost: () => {} })
  const access = createAccess({
    store,
    principalState: async () => ({ active: true, since: 0 }),
    clock,
    newId,
    rolesOf: () => [],
    sessionIdleMs: 60_000,
    sessionLifetimeMs: 60_000,
    random: systemRandom,
    answerKey: new Uint8Array(32),
    report,
  })
  const jit = createJustInTime({
    tokensSpent: async () => 0,
    store,
    change,
    clock,
    newId,
    schedules: [],
    timeZone: 'UTC',
    requestHours: 24,
    decide: (action, caller, role, ask) => ports.judge.decide(caller, action, { uid: { type: 'Role', id: role }, ask }),
    humanOf: (principal) => uidText(principal),
    groupsOf: () => [],
    isActive: () => true,
    isGood: () => true,
    principalState: async () => ({ active: true, since: 0 }),
    inUse: () => false,
    report,
  })
  feed.subscribe(jit.onChange)
  feed.subscribe(rulebook.versions.follow)
  feed.enforce(access.onChange)
  await feed.start()
  await identity.start()
  await jit.start()
  nodes.start()
  await access.start()
  const ports = connectRooms({
    store,
    change,
    eventOf: change.eventOf,
    nodes,
    peers: createPeers({ store, feed, nodes, clock, node, report }),
    clock,
    newId,
    report,
    identity,
    ownClasses: '',
    audit,
    access,
    jit,
    sweeps: createSweeps({
      store,
      change,
      clock,
      newId,
      node: 'one',
      settings: SWEEP_SETTINGS,
      async *keys() {},
      async *roles() {},
      suspendKey: async () => {},
      revokeKey: async () => {},
      report,
    }),
    campaigns: createCampaigns({
      store,
      change,
      clock,
      newId,
      rights: (kinds) => heldRights(identity, kinds),
      revoke: (right, reason) => revokeRight(identity, right, reason),
      humanOf: () => undefined,
      report,
    }),
    rulebook,
    policy,
    registry,
    entities: (at) =>
      at === undefined
        ? entities
        : joinSources(jit.grants.source(identity.entities.asOf(at) as EntitySource, at), entities),
    clockContext: createClockContext('UTC'),
    standing: () => ({ grant: NO_GRANT }),
    anomaly: () => 0,
    config: schema.parse({ upstreams: [{ name: 'up', url: 'http://127.0.0.1:9', apiKey: 'canary-upstream-secret' }] }),
    product: 'sallyport 0.0.0',
  })
  const admin = createAdmin(ports)
  const keys: Record<string, string> = {}
  for (const role of ROLES) {
    await identity.roles.declare([{ name: role, description: role }], 'shipped', SYSTEM)
    await identity.principals.create({ type: 'User', name: role }, SYSTEM)
    await identity.roles.assign({ role, holder: { type: 'User', id: role } }, SYSTEM)
    keys[role] = (await identity.keys.issue({ owner: { type: 'User', id: role }, name: 'own' }, SYSTEM)).text
  }
  await identity.principals.create({ type: 'User', name: 'nobody' }, SYSTEM)
  keys.nobody = (await identity.keys.issue({ owner: { type: 'User', id: 'nobody' }, name: 'own' }, SYSTEM)).text
  const stop = async () => {
    await access.stop()
    await jit.stop()
    await nodes.stop()
    await identity.stop()
    await feed.stop()
    await checker.close()
    await audit.stop()
    await store.close()
  }
  return { admin, ports, keys, identity, policy, audit, access, stop }
}
type TestNode = Awaited<ReturnType<typeof startNode>>

interface Answer {
  status: number
  headers: Readonly<Record<string, string>>
  body: JsonObject
  stream: AsyncIterable<string> | undefined
}

async function ask(
  admin: Admin,
  key: string | undefined,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  signal = new AbortController().signal,
): Promise<Answer> {
  const [plain = '', search = ''] = path.split('?')
  const all: Record<string, string> = {
    ...(key && { authorization: `Bearer ${key}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...headers,
  }
  const response = await admin.handle({
    method,
    path: BASE + plain,
    query: () => new URLSearchParams(search),
    rawHeaders: Object.entries(all).flat(),
    address: '127.0.0.1',
    header: (name) => all[name],
    body: async () =>
      body === undefined ? Buffer.alloc(0) : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    signal,
  })
  const text = typeof response.body === 'string'
  return {
    status: response.status,
    headers: response.headers,
    body: text ? (JSON.parse(response.body as string) as JsonObject) : {},
    stream: text ? undefined : (response.body as AsyncIterable<string>),
  }
}

/** A valid path for a route: parameters filled with names that exist where they can. */
const fill = (path: string) =>
  path
    .replace('{name}/members/{member}', 'dev/members/User:reader')
    .replace('{name}', 'reader')
    .replace('{id}', 'x')
    .replace('{version}', '1')
    .replace('{member}', 'User:reader')

beforeAll(async () => {
  const checker = createChecker()
  const sources = await loadBundle('policies')
  const schemaOnly = sources.filter((file) => file.path.endsWith('schema'))
  const check = async (files: typeof sources) => {
    const found = await checker.check(files)
    if (!('bundle' in found)) throw new Error(JSON.stringify(found.problems))
    return found.bundle
  }
  bundle = await check(sources)
  empty = await check(schemaOnly)
  await checker.close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a session by the name that its client gave it', () => {
  it('is known to rules and log by its id, as it is by its id', async () => {
    const { ports, keys, access, admin, stop } = await startNode()
    const credential = { kind: 'key' as const, id: 'key-of-user', bound: false }
    const caller = { principal: { type: 'User' as const, id: 'user' }, credential, address: '127.0.0.1' }
    const session = await access.sessions.enter({ caller, model: 'tiny', header: 'job' })
    session.leave(0)
    const asked: string[] = []
    const watched = createAdmin({
      ...ports,
      judge: {
        ...ports.judge,
        decide(by, action, subject) {
          asked.push(`${action} ${uidText(subject.uid)}`)
          return ports.judge.decide(by, action, subject)
        },
      },
    })
    expect((await ask(watched, keys.user, 'GET', '/sessions/job')).body).toMatchObject({ id: session.id })
    expect((await ask(watched, keys.user, 'POST', '/sessions/job/cut', { reason: 'x' })).status).toBe(200)
    expect(new Set(asked)).toEqual(new Set([`show Session::"${session.id}"`, `endSession Session::"${session.id}"`]))
    expect(JSON.stringify((await ask(admin, keys.admin, 'GET', '/audit')).body)).not.toContain('"job"')
    await stop()
  })
})

describe('keys that a sweep looks at', () => {
  it('of a service are without an owner when nobody is named, and when who is named has left', async () => {
    const node = await startNode()
    const { identity } = node
    await identity.principals.create({ type: 'User', name: 'jo' }, SYSTEM)
    for (const [name, attributes] of [
      ['alone', {}],
      ['owned', { owner: 'jo' }],
      ['unknown', { owner: 'nobody-of-that-name' }],
    ] as const) {
      await identity.principals.create({ type: 'Service', name, attributes }, SYSTEM)
      await identity.keys.issue({ owner: { type: 'Service', id: name }, name: 'k' }, SYSTEM)
    }
    const ownerless = async () => {
      const found: string[] = []
      for await (const key of sweptKeys(identity, systemClock)) if (key.ownerless) found.push(key.owner)
      return found.sort()
    }
    expect(await ownerless()).toEqual(['Service:alone', 'Service:unknown'])
    await identity.keys.issue({ owner: { type: 'User', id: 'jo' }, name: 'k' }, SYSTEM)
    const active = async () => {
      for await (const key of sweptKeys(identity, systemClock)) if (key.owner === 'User:jo') return key.ownerActive
      return undefined
    }
    expect(await active()).toBe(true)
    await identity.principals.suspend({ type: 'User', id: 'jo' }, 'left', SYSTEM)
    expect(await ownerless()).toEqual(['Service:alone', 'Service:owned', 'Service:unknown'])
    expect(await active()).toBe(false)
    await node.stop()
  })

  it('of an administrator, of those that work the one used last, is what nobody can do without', async () => {
    const node = await startNode()
    const { identity } = node
    const kept = async (now = Date.now()) => {
      const found: string[] = []
      for await (const key of sweptKeys(identity, { now: () => now }))
        if (key.lastResort) found.push(`${key.owner} ${key.name}`)
      return found
    }
    expect(await kept()).toEqual(['User:admin own'])
    await wait(2)
    const expiresAt = Date.now() + 3_600_000
    const owner = { type: 'User', id: 'admin' } as const
    const second = await identity.keys.issue({ owner, name: 'second', expiresAt }, SYSTEM)
    expect(await kept()).toEqual(['User:admin second'])
    expect(await kept(expiresAt)).toEqual(['User:admin own'])
    await identity.keys.suspend(second.row.id, 'r', SYSTEM)
    expect(await kept()).toEqual(['User:admin own'])
    await node.stop()
  })
})

describe('roles that a sweep looks at', () => {
  it('are told with what each alone opens, how and since when it is held, and what of that was used', async () => {
    const node = await startNode()
    const { identity, ports } = node
    const jo = { type: 'User', id: 'jo' } as const
    await identity.principals.create({ type: 'User', name: 'jo' }, SYSTEM)
    await identity.groups.create({ name: 'ops' }, SYSTEM)
    await identity.groups.addMember('ops', jo, SYSTEM)
    await identity.roles.assign({ role: 'user', holder: { type: 'Group', id: 'ops' } }, SYSTEM)
    await identity.roles.assign({ role: 'auditor', holder: jo }, SYSTEM)
    const call = {
      kind: 'call.finished',
      principal: 'User::"jo"',
      decision: 'allow',
      model: 'tiny',
      action: 'chat',
    } as const
    for (const one of [call, { ...call, model: 'huge', action: 'embed', decision: 'deny' }] as const)
      await node.audit.append(one)
    const models = () => ['tiny', 'huge'].map((name) => ({ name }))
    const look = async () => {
      const found: SweptRole[] = []
      for await (const one of sweptRoles({ ...ports, models }, 0)) found.push(one)
      return found
    }
    const found = new Map((await look()).map((one) => [`${one.holder} ${one.role}`, one]))
    expect(found.get('User:jo user')).toMatchObject({
      through: 'Group:ops',
      models: ['tiny'], // the rules know no other
      actions: ['chat', 'complete', 'embed'],
      usedModels: new Set(['tiny']),
      usedActions: new Set(['chat']),
    })
    expect(Date.now() - (found.get('User:jo user')?.heldSince ?? 0)).toBeLessThan(60_000)
    expect(found.get('User:jo auditor')).toMatchObject({ through: 'assignment', models: [], actions: [] })
    expect(found.get('User:user user')).toMatchObject({ through: 'assignment', usedModels: new Set() })
    // Held in two ways it is still one role.
    await identity.roles.assign({ role: 'user', holder: jo }, SYSTEM)
    expect((await look()).filter(({ holder, role }) => holder === 'User:jo' && role === 'user')).toHaveLength(1)
    await node.stop()
  })
})

describe('default deny', () => {
  it('without rules every route answers 401, 403 or 404, whoever asks', async () => {
    const node = await startNode()
    node.policy.activate(empty)
    for (const [id, route] of Object.entries(ROUTES) as [RouteId, RouteSpec][])
      for (const key of [undefined, node.keys.nobody, node.keys.admin, 'spk_wrong']) {
        const { status } = await ask(node.admin, key, route.method, fill(route.path), route.body ? {} : undefined)
        expect([401, 403, 404], `${id} gave ${status}`).toContain(status)
      }
    await node.stop()
  })

  it('with every decision forced to deny no route does anything but refuse', async () => {
    const node = await startNode()
    const changes = async () =>
      (await node.audit.query({}, { limit: 200 })).events.filter((event) => !event.kind.startsWith('admin.'))
    const before = await changes()
    const { judge } = node.ports
    const never = createAdmin({
      ...node.ports,
      judge: { decide: (...asked) => ({ ...judge.decide(...asked), allow: false }), allows: () => false },
    })
    for (const route of Object.values(ROUTES) as RouteSpec[]) {
      const { status } = await ask(never, node.keys.admin, route.method, fill(route.path), route.body ? {} : undefined)
      expect([403, 404]).toContain(status)
    }
    expect(await changes()).toEqual(before)
    await node.stop()
  })

  it('an auditor reads and changes nothing; a reader, user or trainer administers nothing', async () => {
    const node = await startNode()
    for (const role of ['auditor', 'reader', 'user', 'trainer', 'approver', 'nobody'] as const)
      for (const [id, route] of Object.entries(ROUTES) as [RouteId, RouteSpec][]) {
        // Asking is free to whoever may ask at all, and who reports a leaked key proves to have it.
        if (route.method === 'GET' || id === 'explain.ask' || id === 'keys.report') continue
        // Evidence is what an auditor is there for: its hash goes into the log.
        if (id === 'audit.evidence' && role === 'auditor') continue
        const { status } = await ask(
          node.admin,
          node.keys[role],
          route.method,
          fill(route.path),
          route.body ? {} : undefined,
        )
        expect([403, 404], `${role} ${id} gave ${status}`).toContain(status)
      }
    await node.stop()
  })
})

describe('admin API', () => {
  let node: TestNode
  const as = (who: string, method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    ask(node.admin, node.keys[who], method, path, body, headers)
  beforeAll(async () => {
    node = await startNode()
  })
  afterAll(() => node.stop())
  let serial = 0
  const newKey = async (extra: object = {}) => {
    const answer = await as('admin', 'POST', '/keys', { owner: 'User:user', name: `k${serial++}`, ...extra })
    expect(answer.status).toBe(201)
    return { text: String(answer.body.key), id: String(answer.body.id), answer }
  }

  it('plans, applies under the plan, rolls back and shadows rules', async () => {
    const files = (await loadBundle('policies')).map((file) => ({ ...file }))
    const first = await as('admin', 'POST', '/policies', { files, reason: 'start' })
    expect(first.status).toBe(201)
    const rules = files.find((file) => file.path === 'roles.cedar')!
    const wider = {
      ...rules,
      text: `${rules.text}\n@id("readers-embed") @why("Readers embed.")\npermit (principal in Role::"reader", action == Action::"embed", resource);\n`,
    }
    const changed = [...files.filter((file) => file !== rules), wider]
    const plan = await as('admin', 'POST', '/policies/plan', { files: changed })
    expect(plan.body).toMatchObject({ rules: { added: ['readers-embed'] }, untested: ['readers-embed'] })
    expect(plan.body.effects).toMatchObject([{ kind: 'gains', action: 'embed', principals: ['User::"reader"'] }])
    expect(await as('admin', 'POST', '/policies', { files: changed, reason: 'x', plan: 'stale' })).toMatchObject({
      status: 412,
    })
    const applied = await as('admin', 'POST', '/policies', { files: changed, reason: 'x', plan: plan.body.hash })
    expect(applied).toMatchObject({ status: 201, body: { version: 2 } })
    const active = await as('admin', 'GET', '/policies/active/files')
    expect(active.body).toMatchObject({ version: 2, digest: plan.body.digest })
    expect(await as('admin', 'POST', '/policies/1/rollback', { reason: 'too wide' })).toMatchObject({
      body: { version: 3 },
    })
    expect((await as('auditor', 'GET', '/policies')).body.items).toMatchObject([
      { version: 3, repeats: 1, reason: 'too wide', active: true, createdBy: 'User::"admin"' },
      { version: 2 },
      { version: 1 },
    ])
    const broken = await as('admin', 'POST', '/policies', { files: [{ path: 'x.cedar', text: 'permit' }], reason: 'x' })
    expect(broken).toMatchObject({ status: 422, body: { code: 'policy_invalid', problems: [{ level: 'error' }] } })
    expect(await as('admin', 'PUT', '/policies/shadow', { files: changed, reason: 'try' })).toMatchObject({
      status: 200,
    })
    expect((await as('auditor', 'GET', '/policies/shadow')).body).toMatchObject({ digest: plan.body.digest })
    const { items } = (await as('auditor', 'GET', '/policies')).body as { items: Record<string, unknown>[] }
    const marked = items.map(({ version, active, shadow }) => [version, active, shadow])
    expect(marked.filter(([, active, shadow]) => active || shadow)).toEqual([
      [4, false, true],
      [3, true, undefined],
    ])
    expect(await as('admin', 'POST', '/policies/shadow/promote', { reason: 'good' })).toMatchObject({ status: 201 })
    expect(await as('auditor', 'GET', '/policies/shadow')).toMatchObject({ status: 404 })
    expect(await as('admin', 'POST', '/policies/1/rollback', { reason: 'end of test' })).toMatchObject({ status: 201 })
  })

  it('refuses as problem+json that says what, and by which decision', async () => {
    const { status, headers, body } = await as('user', 'POST', '/users', { name: 'x' })
    expect(status).toBe(403)
    expect(headers['content-type']).toBe('application/problem+json')
    expect(body).toMatchObject({
      type: 'urn:sallyport:error:access_denied',
      title: 'Access denied',
      status: 403,
      code: 'access_denied',
      next: `sallyport why ${headers['x-sallyport-decision']}`,
    })
    expect(body.instance).toBe(headers['x-request-id'])
    expect(headers['x-sallyport-decision']).toBe(body.decision)
    const anonymous = await ask(node.admin, undefined, 'GET', '/users')
    expect(anonymous).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer realm="sallyport"' } })
  })

  it('routes by the raw path alone', async () => {
    for (const path of [
      '//users',
      '/users/',
      '/users/%2e%2e/keys',
      '/users/a/b',
      '/Users',
      '/users/%zz',
      '/users/',
      '',
    ])
      expect((await as('admin', 'GET', path)).status, path).toBe(404)
    for (const method of ['HEAD', 'OPTIONS', 'TRACE', 'get'])
      expect((await as('admin', method, '/users')).status).toBe(404)
    // An encoded slash is part of a name, and names have none.
    expect((await as('admin', 'GET', '/users/a%2Fb')).status).toBe(404)
  })

  it('creates, shows, pages, changes and removes people', async () => {
    for (let i = 0; i < 5; i++) expect((await as('admin', 'POST', '/users', { name: `p${i}` })).status).toBe(201)
    const names: string[] = []
    let next = ''
    do {
      const { body } = await as('admin', 'GET', `/users?search=p&limit=2${next && `&cursor=${next}`}`)
      names.push(...(body.items as { name: string }[]).map((item) => item.name))
      next = String(body.next ?? '')
    } while (next)
    expect(names.filter((name) => /^p\d/.test(name))).toEqual(['p0', 'p1', 'p2', 'p3', 'p4'])
    const shown = await as('admin', 'GET', '/users/p0')
    expect(shown.headers.etag).toBe('"1"')
    const change = { attributes: { team: 'red' } }
    expect((await as('admin', 'PATCH', '/users/p0', change, { 'if-match': '"1"' })).status).toBe(200)
    for (const seen of ['"1"', '2', '"2", "3"', '"two"', ''])
      expect((await as('admin', 'PATCH', '/users/p0', change, { 'if-match': seen })).status, seen).toBe(412)
    for (const seen of ['*', 'W/"3"'])
      expect((await as('admin', 'PATCH', '/users/p0', change, { 'if-match': seen })).status, seen).toBe(200)
    expect((await as('admin', 'DELETE', '/users/p0?reason=left')).status).toBe(200)
    expect((await as('admin', 'GET', '/users/p0')).status).toBe(404)
    expect((await as('admin', 'POST', '/users', { name: 'p0' })).body.code).toBe('already_exists')
  })

  it('refuses what the contract does not know, naming it and not its value', async () => {
    const secret = 'canary-value'
    for (const [body, param, why] of [
      [{ name: 'x', admin: secret }, 'admin', 'admin is not a field of this request.'],
      [{ name: 7 }, 'name', 'name is not valid: a text.'],
      [{}, 'name', 'name is not valid: missing.'],
      [{ name: '' }, 'name', 'name is not valid: at least 1 character.'],
      ...['', 'dana', '@b', 'a@', 'a@b@c', 'a b@c', 'a@b\nc', 'a@\u202eb'].map(
        (email) => [{ name: 'x', email }, 'email', undefined] as const,
      ),
      [{ name: 'x', attributes: { a: { b: secret } } }, 'attributes.a', undefined],
    ] as const) {
      const answer = await as('admin', 'POST', '/users', body)
      expect(answer.body).toMatchObject({ code: 'validation_failed', param, ...(why && { detail: why }) })
      expect(JSON.stringify(answer.body)).not.toContain(secret)
    }
    expect((await as('admin', 'GET', '/users?limit=1&limit=2')).body.code).toBe('validation_failed')
    for (const route of ['audit', 'audit/counts', 'events'])
      expect((await as('admin', 'GET', `/${route}?kind=key.created,ghost.seen`)).body).toMatchObject({ param: 'kind' })
    expect((await as('admin', 'GET', '/users/reader?limit=1')).body).toMatchObject({ param: 'limit' })
    expect((await as('admin', 'GET', '/users?cursor=bm9wZQ')).body).toMatchObject({ param: 'cursor' })
    for (const position of [{}, { 0: 1, 1: 'a', length: 2 }, [1], [1, 'a', 2], ['1', 'a'], [1.5, 'a'], [1, 2]]) {
      const cursor = Buffer.from(JSON.stringify(position)).toString('base64url')
      expect((await as('admin', 'GET', `/keys?cursor=${cursor}`)).body, cursor).toMatchObject({ param: 'cursor' })
    }
    for (const version of ['0', '01', '1.5', '-1', 'x'])
      expect((await as('admin', 'GET', `/policies/${version}/files`)).status, version).toBe(404)
    expect((await as('admin', 'POST', '/users', '{"name":"a","name":"b"}')).body.code).toBe('malformed_request')
    const form = await as('admin', 'POST', '/users', { name: 'x' }, { 'content-type': 'text/plain' })
    expect(form.body.code).toBe('malformed_request')
  })

  it('shows a key once, and never its hash', async () => {
    const { text, id } = await newKey({ models: ['tiny'], networks: ['127.0.0.0/8'] })
    expect(text).toMatch(/^spk_/)
    const shown = await as('admin', 'GET', `/keys/${id}`)
    expect(shown.body).toMatchObject({ id, condition: 'active', models: ['tiny'], display: `spk_…${text.slice(-4)}` })
    expect(shown.body).toMatchObject({ roles: ['user'], mayUse: [] }) // of what it is narrowed to there is nothing
    const everything = JSON.stringify([
      shown.body,
      (await as('admin', 'GET', '/keys?limit=200')).body,
      (await as('admin', 'GET', '/audit?limit=200')).body,
    ])
    expect(everything).not.toContain(text.slice(17))
    expect(everything).not.toContain('"hash"')
  })

  it('takes no parameter that it does not know, whatever its name', async () => {
    for (const path of ['/users', '/whoami'])
      for (const name of ['__proto__', 'constructor', 'own'])
        expect(await as('admin', 'GET', `${path}?${name}=1`), path).toMatchObject({
          status: 400,
          body: { param: name },
        })
  })

  it('answers a repeated create with the first answer, without the key', async () => {
    const body = { owner: 'User:user', name: 'once' }
    const first = await as('admin', 'POST', '/keys', body, { 'idempotency-key': 'abc' })
    const again = await as('admin', 'POST', '/keys', body, { 'idempotency-key': 'abc' })
    expect(again.status).toBe(201)
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect(again.body).toEqual({ ...first.body, key: undefined })
    const other = await as('admin', 'POST', '/keys', { ...body, name: 'other' }, { 'idempotency-key': 'abc' })
    expect(other.body.code).toBe('not_possible')
    for (const bad of ['', 'a b', 'ä', 'x'.repeat(129)])
      expect((await as('admin', 'POST', '/keys', body, { 'idempotency-key': bad })).body).toMatchObject({
        param: 'idempotency-key',
      })
    const twice = await Promise.all(
      [1, 2].map(() => as('admin', 'POST', '/keys', { ...body, name: 'twice' }, { 'idempotency-key': 'ghi' })),
    )
    expect(twice.map(({ status, body: { code } }) => [status, code]).sort()).toEqual([
      [201, undefined],
      [422, 'not_possible'],
    ])
    // A failed request leaves the key free; another person's key is another key.
    await as('admin', 'POST', '/keys', { owner: 'User:gone', name: 'x' }, { 'idempotency-key': 'def' })
    expect((await as('admin', 'POST', '/keys', { ...body, name: 'def' }, { 'idempotency-key': 'def' })).status).toBe(
      201,
    )
  })

  it('lets people see and revoke their own keys and no others, and a key beget none', async () => {
    const mine = await newKey()
    const other = await as('admin', 'POST', '/keys', { owner: 'User:reader', name: 'theirs' })
    const list = await as('user', 'GET', '/keys?limit=200')
    const owners = new Set((list.body.items as { owner: string }[]).map((item) => item.owner))
    expect([...owners]).toEqual(['User:user'])
    expect((await as('user', 'GET', `/keys/${mine.id}`)).status).toBe(200)
    // What is there and not theirs, and what is not there, look the same.
    const hidden = await as('user', 'GET', `/keys/${other.body.id}`)
    const absent = await as('user', 'GET', '/keys/AAAAAAAAAAAA')
    expect([hidden.status, absent.status]).toEqual([403, 403])
    expect(hidden.body.detail).toBe(absent.body.detail)
    expect((await as('user', 'POST', `/keys/${other.body.id}/revoke`, { reason: 'x' })).status).toBe(403)
    expect((await as('user', 'POST', `/keys/${mine.id}/revoke`, { reason: 'x' })).status).toBe(200)
    expect((await as('user', 'POST', '/keys', { owner: 'User:user', name: 'child' })).status).toBe(403)
    expect((await ask(node.admin, mine.text, 'GET', '/whoami')).body.code).toBe('key_revoked')
  })

  it('keeps a narrowed administrator inside the scopes of the key', async () => {
    const issue = (extra: object) =>
      as('admin', 'POST', '/keys', { owner: 'User:admin', name: `n${serial++}`, ...extra })
    const reading = String((await issue({ actions: ['read'] })).body.key)
    expect((await ask(node.admin, reading, 'GET', '/users')).status).toBe(200)
    expect((await ask(node.admin, reading, 'POST', '/users', { name: 'zz' })).status).toBe(403)
    const forModel = String((await issue({ models: ['tiny'] })).body.key)
    expect((await ask(node.admin, forModel, 'GET', '/users')).status).toBe(403)
    const issuing = String((await issue({ actions: ['issueKey', 'read'] })).body.key)
    const wide = { owner: 'User:admin', name: 'wide' }
    expect((await ask(node.admin, issuing, 'POST', '/keys', wide)).status).toBe(403)
    expect((await ask(node.admin, issuing, 'POST', '/keys', { ...wide, actions: ['read'] })).status).toBe(201)
    expect((await issue({ actions: ['constructor'] })).body).toMatchObject({ param: 'actions' })
    expect((await issue({ actions: ['callTool', 'readDocument'] })).status).toBe(201)
    // What a list leaves out for others it leaves out for a key that may do less than its owner.
    const { body } = await as('user', 'POST', '/requests', { role: 'operator', seconds: 60, reason: 'INC-0' })
    const { id } = body.request as { id: string }
    const seen = async (actions: string[]) => {
      const key = String(
        (await as('admin', 'POST', '/keys', { owner: 'User:approver', name: `n${serial++}`, actions })).body.key,
      )
      const { items } = (await ask(node.admin, key, 'GET', '/requests?state=pending')).body as { items: JsonObject[] }
      return [items.map((one) => one.id), (await ask(node.admin, key, 'GET', `/requests/${id}`)).status]
    }
    expect([await seen(['read']), await seen(['read', 'approveRole'])]).toEqual([
      [[], 404],
      [[id], 200],
    ])
    await as('user', 'POST', `/requests/${id}/cancel`)
  })

  it('rotates, suspends, resumes and transfers', async () => {
    const { id, text } = await newKey()
    const rotated = await as('admin', 'POST', `/keys/${id}/rotate`, {})
    expect(rotated.body).toMatchObject({ rotatedFrom: id, old: { condition: 'rotating', replacedBy: rotated.body.id } })
    const heir = String(rotated.body.id)
    expect((await as('admin', 'POST', `/keys/${heir}/suspend`, { reason: 'x' }, { 'if-match': '"9"' })).status).toBe(
      412,
    )
    expect((await as('admin', 'POST', `/keys/${heir}/suspend`, { reason: 'x' })).body.condition).toBe('suspended')
    const again = (await as('admin', 'POST', `/keys/${heir}/suspend`, { reason: 'y' })).body
    expect(again).toMatchObject({ condition: 'suspended', stateReason: 'x', receipt: { calls: 0 } })
    expect((await as('admin', 'POST', `/keys/${heir}/resume`, { reason: 'x' })).body.condition).toBe('active')
    expect((await as('admin', 'POST', `/keys/${heir}/transfer`, { owner: 'User:reader' })).body.owner).toBe(
      'User:reader',
    )
    expect((await ask(node.admin, text, 'GET', '/whoami')).status).toBe(200)
  })

  it('a key is given only to whom the giver may issue keys', async () => {
    const { id } = await newKey()
    const { judge } = node.ports
    const notTo = createAdmin({
      ...node.ports,
      judge: {
        ...judge,
        decide: (caller, action, subject) => {
          const owner = subject.attrs?.owner as { id: string } | undefined
          return { ...judge.decide(caller, action, subject), ...(owner?.id === 'reader' && { allow: false }) }
        },
      },
    })
    const give = (owner: string) => ask(notTo, node.keys.admin, 'POST', `/keys/${id}/transfer`, { owner })
    expect((await give('User:reader')).status).toBe(403)
    expect((await give('User:nobody')).status).toBe(200)
  })

  it('groups and roles take effect with the answer', async () => {
    await as('admin', 'POST', '/groups', { name: 'dev' })
    expect((await as('nobody', 'GET', '/whoami')).status).toBe(403)
    await as('admin', 'PUT', '/groups/dev/members/User:nobody')
    const assigned = await as('admin', 'POST', '/roles/user/assignments', { holder: 'Group:dev', reason: 'team' })
    expect((await as('nobody', 'GET', '/whoami')).body).toMatchObject({ groups: ['dev'], roles: ['user'] })
    expect((await as('admin', 'GET', '/groups/dev')).body).toMatchObject({
      roles: ['user'],
      members: [{ member: 'User:nobody' }],
    })
    // An assignment of another role is not taken away through this one.
    expect((await as('admin', 'DELETE', `/roles/admin/assignments/${assigned.body.id}`)).status).toBe(404)
    expect((await as('admin', 'DELETE', `/roles/user/assignments/${assigned.body.id}?reason=left`)).status).toBe(200)
    const taken = await as('auditor', 'GET', '/audit?kind=role.unassigned')
    expect((taken.body.items as object[])[0]).toMatchObject({ reason: 'left' })
    expect((await as('nobody', 'GET', '/whoami')).status).toBe(403)
    for (const member of ['Robot:x', 'User:', 'user:reader', 'reader'])
      expect((await as('admin', 'PUT', `/groups/dev/members/${member}`)).body.param, member).toBe('member')
    await as('admin', 'POST', '/roles', { name: 'passing', description: 'For a test.' })
    const why = async (kind: string) => (await as('auditor', 'GET', `/audit?kind=${kind}`)).body.items as object[]
    expect((await as('admin', 'DELETE', '/groups/dev/members/User:nobody?reason=moved')).status).toBe(200)
    expect((await why('group.member_removed'))[0]).toMatchObject({ reason: 'moved' })
    for (const [gone, kind] of [
      ['/groups/dev', 'group.removed'],
      ['/roles/passing', 'role.removed'],
    ] as const) {
      expect((await as('admin', 'DELETE', `${gone}?reason=old`)).status, gone).toBe(200)
      expect((await as('admin', 'GET', gone)).status, gone).toBe(404)
      expect((await why(kind))[0], gone).toMatchObject({ reason: 'old' })
    }
  })

  it('explains', async () => {
    const can = (who: string, action: string, by = 'admin') =>
      as(by, 'POST', '/explain', { principal: `User:${who}`, action, resource: 'tiny' })
    expect((await can('user', 'chat')).body).toMatchObject({ decision: 'allow', decided: [{ id: 'user-uses-models' }] })
    expect((await can('reader', 'chat')).body).toMatchObject({ decision: 'deny', decided: [] })
    expect((await can('user', 'chat', 'user')).body.decision).toBe('allow')
    expect((await can('reader', 'chat', 'user')).status).toBe(403)
    expect((await can('nosuch', 'chat')).body.decision).toBe('deny')
    expect((await can('user', 'use')).body).toMatchObject({
      param: 'action',
      detail: 'use is a group of actions. Ask about one of them: chat, complete, embed.',
    })
  })

  it('hides secrets in the settings', async () => {
    const { body } = await as('auditor', 'GET', '/config')
    expect(JSON.stringify(body)).not.toContain('canary-upstream-secret')
    expect(JSON.stringify(body)).toContain('[hidden]')
    expect((await as('user', 'GET', '/config')).status).toBe(403)
  })

  it('locks and lifts with a receipt, and a locked administrator is out', async () => {
    const made = await as('admin', 'POST', '/locks', { kind: 'principal', target: 'User::"operator"', reason: 'x' })
    expect(made.body).toMatchObject({ receipt: { nodes: [{ name: 'one', applied: true }] } })
    expect((await as('operator', 'GET', '/models')).body.code).toBe('locked')
    expect((await as('auditor', 'GET', '/locks')).body.items).toHaveLength(1)
    expect((await as('admin', 'DELETE', `/locks/${made.body.id}`)).body.lifted).toBe(true)
    expect((await as('operator', 'GET', '/models')).status).toBe(200)
    expect((await as('admin', 'POST', '/leases/cut', { reason: 'x' })).body.code).toBe('validation_failed')
    const two = { key: 'abc', model: 'tiny', reason: 'x' }
    expect((await as('admin', 'POST', '/leases/cut', two)).body.code).toBe('validation_failed')
    expect((await as('admin', 'POST', '/leases/cut', { key: 'abc', reason: 'x' })).status).toBe(200)
    expect((await as('admin', 'POST', '/leases/cut', { call: 'call_none', reason: 'x' })).status).toBe(404)
    const { items } = (await as('auditor', 'GET', '/audit?kind=access.cut&limit=1')).body
    expect(items).toMatchObject([{ subject: 'call/call_none', principal: 'User::"admin"', reason: 'x' }])
  })

  it('every look, refusal and change is an event', async () => {
    await as('user', 'GET', '/config')
    await as('auditor', 'GET', '/config')
    await ask(node.admin, 'nonsense', 'GET', '/config')
    const { body } = await as('admin', 'GET', '/audit?limit=20')
    const kinds = (body.items as { kind: string }[]).map((event) => event.kind)
    expect(kinds.slice(0, 4)).toEqual(['admin.read', 'admin.refused', 'admin.read', 'admin.denied'])
    // What the rules let through and the house denies.
    const narrow = await as('admin', 'POST', '/keys', { owner: 'User:admin', name: 'n', actions: ['issueKey'] })
    const wide = { owner: 'User:admin', name: 'w' }
    expect((await ask(node.admin, String(narrow.body.key), 'POST', '/keys', wide)).status).toBe(403)
    const denied = await as('auditor', 'GET', '/audit?kind=admin.denied&limit=1')
    expect(denied.body.items).toMatchObject([
      { subject: 'route/keys.create', reason: 'access_denied', decision: 'deny', rules: [] },
    ])
    // What the rules let through and what then did not come about: whoever tries names leaves each try.
    const tries: [string, string, JsonObject][] = [
      ['POST', '/users/nobody-here/suspend', { reason: 'x' }],
      ['POST', '/users', { name: 'user' }],
      ['POST', '/users', { nonsense: 1 }],
    ]
    const failed = []
    for (const [method, path, body] of tries) failed.push((await as('admin', method, path, body)).status)
    expect(failed).toEqual([404, 422, 400])
    const known = await as('auditor', 'GET', '/audit?kind=admin.failed&limit=3')
    const facts = { principal: 'User::"admin"', decision: 'allow' }
    expect(known.body.items).toMatchObject([
      { ...facts, subject: 'route/users.create', reason: 'validation_failed', data: { status: 400 } },
      { ...facts, subject: 'route/users.create', reason: 'already_exists', data: { status: 422 } },
      { ...facts, reason: 'not_found', data: { status: 404, on: 'User::"nobody-here"' } },
    ])
    // No name is that long: neither an answer nor the log repeats it.
    const long = 'x'.repeat(10_000)
    expect((await as('admin', 'GET', `/models/${long}`)).body).toMatchObject({ detail: 'There is no such route.' })
    expect(JSON.stringify((await as('auditor', 'GET', '/audit?limit=3')).body)).not.toContain(long)
    const changes = await as('auditor', 'GET', '/audit?kind=key.created&principal=User::%22admin%22')
    expect((changes.body.items as object[])[0]).toMatchObject({
      action: 'issueKey',
      decision: 'allow',
      rules: ['admin-administers'],
    })
  })

  it('follows the log live, until the right to it ends', async () => {
    const key = await as('admin', 'POST', '/keys', { owner: 'User:auditor', name: 'tail' })
    const gone = new AbortController()
    const { stream, headers } = await ask(
      node.admin,
      String(key.body.key),
      'GET',
      '/events?kind=user.created',
      undefined,
      {},
      gone.signal,
    )
    expect(headers['content-type']).toBe('text/event-stream')
    const pieces = stream?.[Symbol.asyncIterator]()
    expect((await pieces?.next())?.value).toContain('following')
    const next = pieces?.next()
    await as('admin', 'POST', '/users', { name: 'seen-live' })
    expect((await next)?.value).toContain('user/seen-live')
    await as('admin', 'POST', `/keys/${key.body.id}/revoke`, { reason: 'x' })
    const last = pieces?.next()
    await as('admin', 'POST', '/users', { name: 'not-seen' })
    expect((await last)?.value).toMatch(/event: error.*key_revoked/s)
    expect((await pieces?.next())?.done).toBe(true)
  })

  it('exports no further once the right to it has ended', async () => {
    const key = await as('admin', 'POST', '/keys', { owner: 'User:auditor', name: 'export' })
    const { stream } = await ask(node.admin, String(key.body.key), 'GET', '/audit/export?follow=true')
    const pieces = stream?.[Symbol.asyncIterator]()
    expect((await pieces?.next())?.value).toContain('data: {')
    await as('admin', 'POST', `/keys/${key.body.id}/revoke`, { reason: 'x' })
    expect((await pieces?.next())?.value).toMatch(/^event: error.*key_revoked/s)
    expect((await pieces?.next())?.done).toBe(true)
  })

  it('exports what a filter lets through; an archive takes none', async () => {
    const read = async (query: string) => {
      const lines: string[] = []
      const { stream } = await ask(node.admin, node.keys.auditor, 'GET', `/audit/export?${query}`)
      for await (const piece of stream ?? []) lines.push(...piece.split('\n\n').filter((line) => line !== ''))
      return lines.map((line) => JSON.parse(line.slice('data: '.length)) as { kind: string; time: number })
    }
    const all = await read('')
    const kinds = 'kind=user.created,key.created'
    const wanted = all.filter(({ kind }) => kind === 'user.created' || kind === 'key.created')
    expect(await read(kinds)).toEqual(wanted)
    const middle = wanted[wanted.length >> 1]?.time ?? 0
    const since = `${kinds}&since=${encodeURIComponent(new Date(middle).toISOString())}`
    expect(await read(since)).toEqual(wanted.filter(({ time }) => time >= middle))
    expect((await read(`format=ocsf&${kinds}`)).length).toBe(wanted.length)
    const whole = await as('auditor', 'GET', '/audit/export?format=archive&model=m')
    expect(whole).toMatchObject({ status: 400, body: { param: 'model' } })
  })

  it('stops following when the client goes', async () => {
    const gone = new AbortController()
    const { stream } = await ask(node.admin, node.keys.auditor, 'GET', '/events', undefined, {}, gone.signal)
    const pieces = stream?.[Symbol.asyncIterator]()
    await pieces?.next()
    const next = pieces?.next()
    gone.abort()
    for (let step = await next; !step?.done; step = await pieces?.next());
  })

  it('describes itself as OpenAPI', async () => {
    const { body } = await as('reader', 'GET', '/openapi.json')
    const paths = body.paths as Record<string, JsonObject>
    expect(Object.values(paths).flatMap((path) => Object.keys(path))).toHaveLength(Object.keys(ROUTES).length)
    expect(body.openapi).toBe('3.1.0')
    const refs = new Set([...JSON.stringify(body).matchAll(/"\$ref":"#([^"]+)"/g)].map(([, path = '']) => path))
    expect(refs.size).toBeGreaterThan(20)
    const at = (path: string) =>
      path
        .split('/')
        .slice(1)
        .reduce<unknown>((part, name) => (part as JsonObject | undefined)?.[name], body)
    expect([...refs].filter((path) => at(path) === undefined)).toEqual([])
  })

  it('tells nothing of a failure inside', async () => {
    const reported: unknown[] = []
    const broken = createAdmin({
      ...node.ports,
      report: (error) => void reported.push(error),
      settings() {
        throw new Error('canary-inside')
      },
    })
    const { status, body } = await ask(broken, node.keys.admin, 'GET', '/config')
    expect(status).toBe(500)
    expect(JSON.stringify(body)).not.toContain('canary-inside')
    expect(reported).toHaveLength(1)
  })

  it('lends a role for a while: asked for, approved by somebody else, used, ended', async () => {
    const ask = { role: 'operator', seconds: 600, reason: 'INC-1' }
    expect((await as('reader', 'POST', '/requests', ask)).status).toBe(403)
    expect((await as('user', 'POST', '/requests', { ...ask, seconds: 99_999 })).status).toBe(403)
    expect((await as('user', 'POST', '/requests', { ...ask, role: 'admin' })).status).toBe(403)
    const { status, body } = await as('user', 'POST', '/requests', ask)
    expect(status).toBe(201)
    const { id, digest } = body.request as { id: string; digest: string }
    const seen = async (who: string) =>
      ((await as(who, 'GET', '/requests?state=pending')).body.items as { id: string }[] | undefined)?.map(
        (one) => one.id,
      )
    expect([await seen('user'), await seen('admin'), await seen('reader')]).toEqual([[id], [id], []])
    // In the same words as one that is not there.
    const told = async (one: string) => {
      const { status, body } = await as('reader', 'GET', `/requests/${one}`)
      return [status, String(body.detail).replace(one, '')]
    }
    expect(await told(id)).toEqual(await told(`req_${'0'.repeat(26)}`))
    expect((await as('reader', 'GET', `/requests/${id}`)).status).toBe(404)
    expect((await as('user', 'POST', `/requests/${id}/approve`, { digest })).status).toBe(403)
    expect((await as('reader', 'POST', `/requests/${id}/approve`, { digest })).status).toBe(404)
    expect((await as('approver', 'POST', `/requests/${id}/approve`, { digest: '0'.repeat(64) })).status).toBe(412)
    const roles = async () => (await as('user', 'GET', '/whoami')).body.roles
    expect(await roles()).not.toContain('operator')
    const narrow = { seconds: 300, models: ['tiny'] }
    const done = await as('approver', 'POST', `/requests/${id}/approve`, { digest, reason: 'ok', narrow })
    expect(done.body).toMatchObject({ request: { state: 'approved' }, grant: { role: 'operator', models: ['tiny'] } })
    expect((await as('approver', 'POST', `/requests/${id}/deny`, { digest, reason: 'late' })).body.code).toBe(
      'not_possible',
    )
    const grant = String((done.body.grant as { id: string }).id)
    expect((await as('user', 'GET', `/requests/${id}`)).body.answers).toMatchObject([{ answer: 'approve', narrow }])
    expect((await as('reader', 'POST', `/grants/${grant}/end`, { reason: 'x' })).status).toBe(404)
    const end = await as('user', 'POST', `/grants/${grant}/end`, { reason: 'done' })
    expect(end.body).toMatchObject({ ended: true, receipt: { nodes: [{ applied: true }] } })
    expect((await as('user', 'GET', '/grants?open=true')).body.items).toEqual([])
    expect((await as('user', 'POST', '/grants/break-glass', ask)).status).toBe(403)
  })

  it('what a grant lends is there with the approval and gone with the end', async () => {
    const ask = { role: 'operator', seconds: 600, reason: 'INC-2' }
    const { id, digest } = (await as('user', 'POST', '/requests', ask)).body.request as { id: string; digest: string }
    expect((await as('user', 'GET', '/upstreams')).status).toBe(403)
    const { body } = await as('approver', 'POST', `/requests/${id}/approve`, { digest })
    expect((await as('user', 'GET', '/upstreams')).status).toBe(200)
    // What it was needed for is a use of it; what everybody may is none.
    expect((await as('user', 'GET', '/models')).status).toBe(200)
    const more = { seconds: 60, reason: 'more' }
    expect((await as('approver', 'POST', `/grants/${(body.grant as { id: string }).id}/extend`, more)).status).toBe(404)
    await as('approver', 'POST', `/grants/${(body.grant as { id: string }).id}/end`, { reason: 'enough' })
    const { items } = (await as('admin', 'GET', '/audit?kind=grant.ended&limit=1')).body
    expect(items).toMatchObject([{ data: { uses: 1 } }])
    expect((await as('user', 'GET', '/upstreams')).status).toBe(403)
  })

  it('a lockdown does not lock out those who lift it; a lock on a person does', async () => {
    const { body } = await as('admin', 'POST', '/locks', { kind: 'everything', reason: 'drill' })
    expect((await as('admin', 'GET', '/locks')).status).toBe(200)
    expect((await as('admin', 'DELETE', `/locks/${body.id}`)).body.lifted).toBe(true)
    // One that would stop whoever sets it needs an end.
    const own = { kind: 'principal', target: 'User::"admin"', reason: 'x' }
    expect((await as('admin', 'POST', '/locks', own)).body.code).toBe('not_possible')
    expect((await as('admin', 'GET', '/locks')).body.items).toEqual([])
    const lock = { kind: 'principal', target: 'User::"operator"', reason: 'x' }
    const { body: one } = await as('admin', 'POST', '/locks', lock)
    expect((await as('operator', 'GET', '/whoami')).body.code).toBe('locked')
    await as('admin', 'DELETE', `/locks/${one.id}`)
    expect((await as('operator', 'GET', '/whoami')).status).not.toBe(403)
  })
})
