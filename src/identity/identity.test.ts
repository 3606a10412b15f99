// Directory, keys and authentication against both databases, with a clock that stands still unless moved.
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { DATABASES } from '../../test/contract/databases.ts'
import { type Caller, createIds, Fault, type NewEvent, systemRandom } from '../core/index.ts'
import { createChange, createFeed, type Store } from '../store/index.ts'
import { createIdentity, type Identity, KEY_SETTINGS, type Peppers, SYSTEM } from './index.ts'
import type { NewKey } from './new-key.ts'
import { newKeyText } from './secret.ts'

const by = { ...SYSTEM, principal: 'User::"root"' }
const DAY = 86_400_000
const dana = { type: 'User', id: 'dana' } as const

interface Node {
  identity: Identity
  events: NewEvent[]
  store: Store
  stop(): Promise<void>
}

describe.each(DATABASES.map((make) => make()))('identity on $name', (database) => {
  let now = Date.UTC(2026, 10, 21)
  const clock = { now: () => now, monotonic: () => now }
  const peppers: Peppers = { current: 1, values: new Map([[1, randomBytes(32)]]) }
  const nodes: Node[] = []

  const start = async (store: Store, use = peppers): Promise<Node> => {
    const events: NewEvent[] = []
    const report = (error: unknown) => {
      throw error
    }
    const feed = createFeed({ store, pollMs: 20, report })
    const change = createChange({
      store,
      clock,
      appendFeed: feed.append,
      appendEvents: async (_, list) => {
        events.push(...list)
        return []
      },
      applied: feed.applied,
    })
    const identity = createIdentity({
      store,
      feed,
      change,
      clock,
      random: systemRandom,
      newId: createIds(clock, systemRandom),
      peppers: use,
      settings: KEY_SETTINGS,
      reference: (uid) => uid,
      lastUseIntervalMs: 3_600_000,
      report,
    })
    await feed.start()
    await identity.start()
    let stopped = false
    const node = {
      identity,
      events,
      store,
      async stop() {
        if (stopped) return
        stopped = true
        await identity.stop()
        await feed.stop()
        await store.close()
      },
    }
    nodes.push(node)
    return node
  }
  const fresh = async () => start(await database.open())
  const withKey = async () => {
    const node = await fresh()
    await node.identity.principals.create({ type: 'User', name: 'dana' }, by)
    const key = await node.identity.keys.issue({ owner: dana, name: 'laptop' }, by)
    return { ...node, key }
  }
  const code = (work: () => unknown): string => {
    try {
      work()
    } catch (error) {
      return error instanceof Fault ? error.code : String(error)
    }
    return 'none'
  }
  const fault = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => undefined,
      (error: unknown) => error,
    )
    return error instanceof Fault ? error.code : String(error)
  }
  const call = (identity: Identity, headers: string[], address = '127.0.0.1') =>
    identity.authenticate({ headers, address })

  beforeAll(() => database.start())
  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.stop()
  })
  afterAll(() => database.stop())

  it('of acts on one person at the same moment each finds what the one before it left', async () => {
    const { identity, events } = await fresh()
    const { principals, read } = identity
    const told = (kind: string, name: string) =>
      events.filter((one) => one.kind === kind && one.subject?.endsWith(`/${name}`)).length
    for (let round = 0; round < 4; round++) {
      const uid = { type: 'User', id: `u${round}` } as const
      const bot = { type: 'Agent', id: `a${round}` } as const
      await principals.create({ type: 'User', name: uid.id }, by)
      await principals.create({ type: 'Agent', name: bot.id, onBehalfOf: uid.id }, by)
      await Promise.all([principals.suspend(uid, 'one', by), principals.suspend(uid, 'two', by)])
      expect([told('user.suspended', uid.id), told('agent.suspended', bot.id)]).toEqual([1, 1])
      // What is removed stays so, whatever else is done to it, to who it acts for, or begun before.
      await principals.restore(uid, 'x', by)
      await principals.restore(bot, 'x', by)
      await Promise.allSettled([principals.remove(bot, 'gone', by), principals.suspend(uid, 'x', by)])
      expect((await read.principal(bot))?.state).toBe('removed')
      await Promise.allSettled([
        principals.remove(uid, 'gone', by),
        principals.restore(uid, 'x', by),
        principals.suspend(uid, 'x', by),
      ])
      expect((await read.principal(uid))?.state).toBe('removed')
    }
  })

  it('of two changes that make a circle of groups between them one is refused', async () => {
    const { identity } = await fresh()
    const { groups } = identity
    const group = (id: string) => ({ type: 'Group', id }) as const
    for (let round = 0; round < 4; round++) {
      const [a, b, c] = [`a${round}`, `b${round}`, `c${round}`]
      for (const name of [a, b, c]) await groups.create({ name }, by)
      await groups.addMember(b, group(c), by)
      const both = await Promise.allSettled([groups.addMember(a, group(b), by), groups.addMember(c, group(a), by)])
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    }
  })

  it('takes a key in each of the three headers, and says who it is', async () => {
    const { identity, key } = await withKey()
    for (const headers of [
      ['Authorization', `Bearer ${key.text}`],
      ['authorization', `bearer ${key.text}`],
      ['X-Api-Key', key.text],
      ['api-key', key.text],
      ['Authorization', `Bearer ${key.text}`, 'x-api-key', key.text],
      ['Authorization', 'Bearer ', 'x-api-key', key.text],
    ]) {
      const caller = call(identity, ['host', 'x', ...headers, 'user-agent', 'curl/8\u0007'], '10.0.0.9')
      expect(caller.principal).toEqual(dana)
      expect(caller.credential).toMatchObject({ kind: 'key', id: key.row.id, bound: false })
      expect(caller).toMatchObject({ address: '10.0.0.9', client: 'curl/8' })
    }
  })

  it('refuses two different credentials, whatever they are', async () => {
    const { identity, key } = await withKey()
    const other = newKeyText('spk', systemRandom).text
    for (const headers of [
      ['authorization', `Bearer ${key.text}`, 'x-api-key', other],
      ['authorization', `Bearer ${key.text}`, 'authorization', `Bearer ${other}`],
      ['x-api-key', key.text, 'api-key', 'x'],
      ['authorization', 'Basic ZGFuYTp4', 'x-api-key', key.text],
    ])
      expect(code(() => call(identity, headers))).toBe('conflicting_credentials')
  })

  it('answers missing, unknown, wrong and foreign in one way', async () => {
    const { identity, key } = await withKey()
    const shape = (headers: string[]) => {
      try {
        call(identity, headers)
      } catch (error) {
        const { code, status, detail, data } = Fault.from(error)
        return { code, status, detail, data }
      }
      return undefined
    }
    const none = shape([])
    expect(none).toMatchObject({ code: 'invalid_api_key', status: 401 })
    for (const token of [
      newKeyText('spk', systemRandom).text,
      forge(key.text),
      `${key.text}x`,
      key.text.slice(1),
      'sk-123',
      newKeyText('sps', systemRandom).text,
      // The stored hash is not a password.
      Buffer.from(key.row.hash).toString('hex'),
    ])
      expect(shape(['authorization', `Bearer ${token}`])).toEqual(none)
    expect(shape(['authorization', key.text.toUpperCase()])).toEqual(none)
  })

  it('never makes an identity of anything but the exact key', async () => {
    const { identity, key } = await withKey()
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 90 }), fc.nat(70), (noise, at) => {
        for (const token of [noise, key.text.slice(0, at) + noise, noise + key.text.slice(at)])
          if (token.trim() !== key.text && code(() => call(identity, ['x-api-key', token])) === 'none') return false
        return true
      }),
      { seed: 3, numRuns: 200 },
    )
  })

  it('tells only who proved the key that it is suspended, revoked or expired', async () => {
    const { identity, key } = await withKey()
    const { id } = key.row
    const say = () => code(() => call(identity, ['x-api-key', key.text]))
    const guess = () => code(() => call(identity, ['x-api-key', forge(key.text)]))
    const before = call(identity, ['x-api-key', key.text])
    await identity.keys.suspend(id, 'lost?', by)
    expect([say(), guess()]).toEqual(['key_suspended', 'invalid_api_key'])
    await identity.keys.resume(id, 'found', by)
    expect(say()).toBe('none')
    now += 91 * DAY
    expect([say(), guess()]).toEqual(['key_expired', 'invalid_api_key'])
    now -= 91 * DAY
    await identity.keys.revoke(id, 'stolen', by)
    expect([say(), guess()]).toEqual(['key_revoked', 'invalid_api_key'])
    expect(await fault(identity.keys.resume(id, 'no', by))).toBe('not_possible')
    expect(await fault(identity.keys.revoke(id, 'x'.repeat(501), by))).toBe('validation_failed')
    expect(identity.standing(before)?.code).toBe('key_revoked')
    // Of what another has issued the end counts, and whether its holder may act.
    const token: Caller = { ...before, credential: { kind: 'oidc', id: 't', bound: false, expiresAt: now } }
    expect(identity.standing(token)?.code).toBe('key_expired')
    const later = { ...token, credential: { ...token.credential, expiresAt: now + 1 } }
    expect(identity.standing(later)).toBeUndefined()
    await identity.principals.suspend(dana, 'HR-1', by)
    expect(identity.standing(later)).toBeDefined()
  })

  it('keeps a key inside its networks and origins', async () => {
    const { identity } = await withKey()
    const { text } = await identity.keys.issue(
      { owner: dana, name: 'web', networks: ['10.0.0.0/8', '2001:db8::/32'], origins: ['https://app.example'] },
      by,
    )
    const from = (address: string, ...origin: string[]) =>
      code(() => call(identity, ['x-api-key', text, ...origin.flatMap((one) => ['origin', one])], address))
    expect(from('10.1.1.1', 'https://app.example')).toBe('none')
    expect(from('::ffff:10.1.1.1', 'https://app.example')).toBe('none')
    expect(from('2001:db8::1', 'https://app.example')).toBe('none')
    expect(from('192.0.2.1', 'https://app.example')).toBe('access_denied')
    expect(from('10.1.1.1')).toBe('access_denied')
    expect(from('10.1.1.1', 'https://evil.example')).toBe('access_denied')
    expect(from('10.1.1.1', 'https://app.example', 'https://app.example')).toBe('access_denied')
  })

  it('rotates with an overlap after which only the new key works', async () => {
    const { identity, key, events } = await withKey()
    const next = await identity.keys.rotate(key.row.id, { oldDiesAt: now + DAY }, by)
    const works = (text: string) => code(() => call(identity, ['x-api-key', text]))
    expect([works(key.text), works(next.text)]).toEqual(['none', 'none'])
    expect(next.row).toMatchObject({ name: 'laptop', rotated_from: key.row.id })
    expect(await fault(identity.keys.rotate(key.row.id, {}, by))).toBe('not_possible')
    expect(await fault(identity.keys.issue({ owner: dana, name: 'laptop' }, by))).toBe('already_exists')
    now += DAY
    expect([works(key.text), works(next.text)]).toEqual(['key_expired', 'none'])
    const last = await identity.keys.rotate(next.row.id, { oldDiesAt: now }, by)
    expect([works(next.text), works(last.text)]).toEqual(['key_expired', 'none'])
    for (const oldDiesAt of [now + 7 * DAY + 1, Number.NaN])
      expect(await fault(identity.keys.rotate(last.row.id, { oldDiesAt }, by))).toBe('validation_failed')
    await identity.keys.suspend(last.row.id, 'lost?', by)
    expect(await fault(identity.keys.rotate(last.row.id, {}, by))).toBe('not_possible')
    await identity.keys.resume(last.row.id, 'found', by)
    now = last.row.expires_at
    expect(await fault(identity.keys.rotate(last.row.id, {}, by))).toBe('not_possible')
    expect(events.map((event) => event.kind)).toContain('key.rotated')
  })

  it('gives a key a default end and refuses one too far away or past', async () => {
    const { identity, key } = await withKey()
    expect(key.row.expires_at).toBe(now + 90 * DAY)
    for (const expiresAt of [now, now - 1, now + 367 * DAY, Number.NaN])
      expect(await fault(identity.keys.issue({ owner: dana, name: 'x', expiresAt }, by))).toBe('validation_failed')
  })

  it('does not let a narrowed key issue a wider one', async () => {
    const { identity } = await withKey()
    const narrow = await identity.keys.issue(
      { owner: dana, name: 'narrow', scopes: { actions: ['issueKey', 'chat'] }, networks: ['10.0.0.0/8'] },
      by,
    )
    let count = 0
    const ask = (scopes?: { actions: string[] }) =>
      identity.keys.issue({ owner: dana, name: `n${count++}`, scopes }, by, narrow.row.id)
    expect(await fault(ask())).toBe('access_denied')
    expect(await fault(ask({ actions: ['chat', 'pull'] }))).toBe('access_denied')
    const inner = await ask({ actions: ['chat'] })
    expect(inner.row.networks).toBe('["10.0.0.0/8"]')
    // Rotating a wider key would hand out that wider key.
    const [wide] = await identity.read.keys({ name: 'laptop', limit: 1 })
    const id = wide?.id ?? ''
    expect(await fault(identity.keys.rotate(id, {}, by, narrow.row.id))).toBe('access_denied')
    // So would giving somebody's rights to one that is wider, or bringing one back.
    expect(await fault(identity.keys.transfer(id, dana, by, undefined, narrow.row.id))).toBe('access_denied')
    await identity.keys.suspend(id, 'found on a disk', by)
    expect(await fault(identity.keys.resume(id, 'found', by, undefined, narrow.row.id))).toBe('access_denied')
    const near = await identity.keys.issue({ owner: dana, name: 'near', scopes: { actions: ['chat'] } }, by)
    expect(await fault(identity.keys.transfer(near.row.id, dana, by, undefined, narrow.row.id))).toBe('access_denied')
    await identity.keys.transfer(inner.row.id, dana, by, undefined, narrow.row.id)
    // What was asked for within its own stays as narrow as it was asked for, also when it is rotated.
    const asked = { owner: dana, name: 'near', scopes: { actions: ['chat'] } }
    const issue = (more: Partial<NewKey>) =>
      identity.keys.issue({ ...asked, name: `n${count++}`, ...more }, by, narrow.row.id)
    const close = await issue({ networks: ['10.1.0.0/16'], origins: ['https://app.example'] })
    expect([close.row.networks, close.row.origins]).toEqual(['["10.1.0.0/16"]', '["https://app.example"]'])
    const heir = await identity.keys.rotate(close.row.id, {}, by, narrow.row.id)
    expect([heir.row.networks, heir.row.origins]).toEqual(['["10.1.0.0/16"]', '["https://app.example"]'])
    expect(await fault(issue({ networks: ['10.1.0.0/16', '192.0.2.1'] }))).toBe('access_denied')
    const bound = await identity.keys.issue({ ...asked, name: 'bound', origins: ['https://app.example'] }, by)
    const under = (origins?: string[]) =>
      identity.keys.issue({ ...asked, name: `n${count++}`, origins }, by, bound.row.id)
    expect(await fault(under(['https://app.example', 'https://evil.example']))).toBe('access_denied')
    expect((await under()).row.origins).toBe('["https://app.example"]')
    // A say over what is there has only who is narrowed by no less, in each of the three.
    const mine = await under()
    const more = { owner: dana, name: 'more', scopes: { actions: ['pull'] }, networks: ['10.1.0.0/16'] }
    const pulls = await identity.keys.issue(more, by)
    for (const [id, asking] of [
      [near.row.id, bound.row.id],
      [mine.row.id, narrow.row.id],
      [pulls.row.id, narrow.row.id],
    ] as const)
      expect(await fault(identity.keys.transfer(id, dana, by, undefined, asking))).toBe('access_denied')
    await identity.keys.revoke(bound.row.id, 'stolen', by)
    expect(await fault(under())).toBe('access_denied')
  })

  it('revokes a leaked key for whoever has all of it, and for nobody else', async () => {
    const { identity, key } = await withKey()
    expect(await identity.keys.reportLeaked([forge(key.text), 'nonsense', `${key.text}x`], by)).toEqual({ revoked: [] })
    expect(code(() => call(identity, ['x-api-key', key.text]))).toBe('none')
    expect(await identity.keys.reportLeaked([key.text, key.text], by)).toEqual({ revoked: [key.row.id] })
    expect(code(() => call(identity, ['x-api-key', key.text]))).toBe('key_revoked')
    expect(await identity.keys.reportLeaked([key.text], by)).toEqual({ revoked: [] })
  })

  it('moves a key to another owner, and its old owner has proved nothing', async () => {
    const { identity, key } = await withKey()
    const etl = { type: 'Service', id: 'etl' } as const
    await identity.principals.create({ type: 'Service', name: 'etl' }, by)
    const before = call(identity, ['x-api-key', key.text])
    await identity.keys.transfer(key.row.id, etl, by)
    expect(call(identity, ['x-api-key', key.text]).principal).toEqual(etl)
    expect(identity.standing(before)?.code).toBe('key_revoked')
    const give = (to: typeof etl | typeof dana, version?: number) => identity.keys.transfer(key.row.id, to, by, version)
    expect(await fault(give(dana, 1))).toBe('precondition_failed')
    await identity.principals.suspend(dana, 'HR-1', by)
    expect(await fault(give(dana))).toBe('not_possible')
    await identity.keys.revoke(key.row.id, 'stolen', by)
    expect(await fault(give(etl))).toBe('not_possible')
  })

  it('suspends everything with a user and revives nothing but the user', async () => {
    const { identity, key } = await withKey()
    const bot = { type: 'Agent', id: 'bot' } as const
    await identity.principals.create({ type: 'Agent', name: 'bot', onBehalfOf: 'dana' }, by)
    const botKey = await identity.keys.issue({ owner: bot, name: 'bot' }, by)
    expect(identity.entities.get(bot)?.attrs).toEqual({ source: 'manual', onBehalfOf: dana })
    const caller = call(identity, ['x-api-key', botKey.text])
    const { ended } = await identity.principals.suspend(dana, 'HR-1', by)
    expect(ended).toEqual({ keys: [key.row.id, botKey.row.id], agents: ['bot'] })
    expect(code(() => call(identity, ['x-api-key', key.text]))).toBe('key_suspended')
    expect(identity.standing(caller)?.code).toBe('key_suspended')
    expect([identity.entities.get(dana), identity.entities.get(bot)]).toEqual([undefined, undefined])
    expect(identity.entities.asOf(now).get(dana)).toBeUndefined()
    expect(identity.entities.enumerate('User')).toEqual([])
    expect(identity.entities.describe(dana)?.attrs).toEqual({ source: 'manual' })
    expect(identity.entities.describe({ type: 'User', id: 'nobody' })).toBeUndefined()
    expect(await fault(identity.keys.resume(key.row.id, 'no', by))).toBe('not_possible')
    expect(await fault(identity.keys.issue({ owner: dana, name: 'new' }, by))).toBe('not_possible')
    await identity.principals.restore(dana, 'back', by)
    expect(identity.entities.get(dana)).toBeDefined()
    expect(identity.entities.get(bot)).toBeUndefined()
    expect(code(() => call(identity, ['x-api-key', key.text]))).toBe('key_suspended')
    await identity.keys.resume(key.row.id, 'back', by)
    expect(code(() => call(identity, ['x-api-key', key.text]))).toBe('none')
  })

  it('an agent is nobody while its human is suspended, even if its own row says active', async () => {
    const { identity } = await withKey()
    await identity.principals.create({ type: 'Agent', name: 'bot', onBehalfOf: 'dana' }, by)
    await identity.principals.suspend(dana, '', by)
    await identity.principals.restore({ type: 'Agent', id: 'bot' }, '', by)
    expect(identity.entities.get({ type: 'Agent', id: 'bot' })).toBeUndefined()
  })

  it('never gives a name twice, nor one that looks like it', async () => {
    const { identity, key } = await withKey()
    for (const name of ['dana', 'Dana', 'DANA'])
      expect(await fault(identity.principals.create({ type: 'User', name }, by))).toBe('already_exists')
    await identity.principals.remove(dana, 'left', by)
    expect([identity.entities.get(dana), identity.entities.describe(dana)]).toEqual([undefined, undefined])
    expect(code(() => call(identity, ['x-api-key', key.text]))).toBe('key_revoked')
    expect(await fault(identity.principals.create({ type: 'User', name: 'dana' }, by))).toBe('already_exists')
    expect(await fault(identity.principals.restore(dana, '', by))).toBe('not_found')
    await identity.groups.create({ name: 'coco' }, by)
    expect(await fault(identity.groups.create({ name: 'сосо' }, by))).toBe('already_exists')
  })

  it('gives nothing to what is gone, nor to what has changed since it was looked at', async () => {
    const { identity } = await withKey()
    const { groups, roles } = identity
    const ana = { type: 'User', id: 'ana' } as const
    const gone = { type: 'Group', id: 'gone' } as const
    await identity.principals.create({ type: 'User', name: 'ana' }, by)
    await identity.principals.remove(dana, 'left', by)
    for (const name of ['gone', 'staff']) await groups.create({ name }, by)
    await groups.remove('gone', by)
    for (const name of ['old', 'new', 'other']) await roles.create({ name, description: '' }, by)
    await roles.remove('old', by)
    for (const work of [
      () => groups.addMember('gone', ana, by),
      () => groups.addMember('staff', dana, by),
      () => groups.addMember('staff', gone, by),
      () => groups.remove('gone', by),
      () => roles.assign({ role: 'old', holder: ana }, by),
      () => roles.assign({ role: 'new', holder: dana }, by),
      () => roles.assign({ role: 'new', holder: gone }, by),
      () => identity.principals.suspend(dana, '', by),
    ])
      expect(await fault(work())).toBe('not_found')
    for (const endsAt of [now, now - 1, Number.NaN])
      expect(await fault(roles.assign({ role: 'new', holder: ana, endsAt }, by))).toBe('validation_failed')
    const { id } = await roles.assign({ role: 'new', holder: ana, endsAt: now + 1 }, by)
    expect(await fault(roles.unassign(id, by, { role: 'other' }))).toBe('not_found')
    expect(identity.entities.get(ana)?.ancestors.has('Role::"new"')).toBe(true)
    for (const work of [
      () => groups.update('staff', { description: 'x' }, by, 99),
      () => roles.update('new', { description: 'x' }, by, 99),
    ])
      expect(await fault(work())).toBe('precondition_failed')
  })

  it('knows groups in groups and the roles of each, until they end', async () => {
    const { identity } = await withKey()
    const { groups, roles, entities } = identity
    for (const name of ['staff', 'dev', 'core']) await groups.create({ name }, by)
    await groups.addMember('staff', { type: 'Group', id: 'dev' }, by)
    await groups.addMember('dev', { type: 'Group', id: 'core' }, by)
    await groups.addMember('core', dana, by)
    expect(await fault(groups.addMember('core', { type: 'Group', id: 'staff' }, by))).toBe('not_possible')
    expect(await fault(groups.addMember('dev', { type: 'Group', id: 'dev' }, by))).toBe('not_possible')
    expect(await fault(groups.addMember('dev', { type: 'User', id: 'nobody' }, by))).toBe('not_found')
    await roles.declare([{ name: 'user', description: 'Uses models.' }], 'bundle', by)
    await roles.create({ name: 'trainer', description: 'Trains models.' }, by)
    await roles.assign({ role: 'user', holder: { type: 'Group', id: 'staff' } }, by)
    const end = now + 60_000
    await roles.assign({ role: 'trainer', holder: dana, endsAt: end }, by)
    expect(await fault(roles.assign({ role: 'trainer', holder: dana }, by))).toBe('already_exists')
    const facts = entities.get(dana)
    expect([...(facts?.ancestors ?? [])].sort()).toEqual(
      ['Group::"core"', 'Group::"dev"', 'Group::"staff"', 'Role::"trainer"', 'Role::"user"'].sort(),
    )
    expect(facts?.validUntil).toBe(end)
    now = end
    expect(entities.get(dana)?.ancestors.has('Role::"trainer"')).toBe(false)
    await groups.removeMember('dev', { type: 'Group', id: 'core' }, by)
    expect([...(entities.get(dana)?.ancestors ?? [])]).toEqual(['Group::"core"'])
    await groups.remove('core', by)
    expect(entities.get(dana)?.ancestors.size).toBe(0)
    expect(entities.get({ type: 'Group', id: 'core' })).toBeUndefined()
    expect(entities.enumerate('Group')).toHaveLength(2)
  })

  it('refuses attributes a rule could read in two ways', async () => {
    const { identity } = await withKey()
    const attributes = { clearance: 3, teams: ['a'], external: false, title: 'x' }
    await identity.principals.update(dana, { attributes }, by)
    expect(identity.entities.get(dana)).toMatchObject({
      attrs: { ...attributes, source: 'manual' },
      tags: { title: 'x' },
    })
    await identity.principals.update(dana, { attributes: { manager: 'ana' } }, by)
    expect(identity.entities.get(dana)?.attrs.manager).toEqual({ type: 'User', id: 'ana' })
    for (const bad of [
      { a: 1.5 },
      { a: null },
      { a: { __entity: 1 } },
      { onBehalfOf: 'x' },
      { name: 'x' },
      { manager: 1 },
      { 'a b': 1 },
      { a: [1] },
    ])
      expect(await fault(identity.principals.update(dana, { attributes: bad as never }, by))).toBe('validation_failed')
    const row = await identity.read.principal(dana)
    expect(await fault(identity.principals.update(dana, { displayName: 'D' }, by, (row?.version ?? 0) - 1))).toBe(
      'precondition_failed',
    )
  })

  it('writes last use in one batch and adds to what was known', async () => {
    const { identity, key } = await withKey()
    const { id } = key.row
    call(identity, ['x-api-key', key.text], '10.0.0.1')
    expect(await identity.read.key(id)).toMatchObject({ uses: 1, last_address: '10.0.0.1' })
    await identity.flush()
    now += 1000
    call(identity, ['x-api-key', key.text, 'user-agent', 'ollama'], '10.0.0.2')
    call(identity, ['x-api-key', key.text, 'user-agent', 'ollama'], '10.0.0.2')
    await identity.flush()
    const row = await identity.read.key(id)
    expect(row).toMatchObject({ uses: 3, last_address: '10.0.0.2', last_client: 'ollama', last_used_at: now })
    expect((row?.last_used_at ?? 0) - (row?.first_used_at ?? 0)).toBe(1000)
  })

  it('moves a key to the new pepper when it is used, and keeps no secret', async () => {
    const { key, stop } = await withKey()
    await stop()
    const both: Peppers = { current: 2, values: new Map([...peppers.values, [2, randomBytes(32)]]) }
    const second = await start(await database.reopen(), both)
    call(second.identity, ['x-api-key', key.text])
    await second.identity.flush()
    const row = await second.identity.read.key(key.row.id)
    expect(row?.pepper_version).toBe(2)
    expect(code(() => call(second.identity, ['x-api-key', key.text]))).toBe('none')
    const all = JSON.stringify([await second.store.db.selectFrom('api_key').selectAll().execute(), second.events])
    expect(all).not.toContain(key.text.slice(17, 60))
  })

  it('pages keys newest first without losing or repeating one', async () => {
    const { identity } = await withKey()
    for (let i = 0; i < 7; i++) {
      now += i % 3 === 0 ? 1 : 0
      await identity.keys.issue({ owner: dana, name: `k${i}` }, by)
    }
    const seen: string[] = []
    let after: { createdAt: number; id: string } | undefined
    for (;;) {
      const rows = await identity.read.keys({ limit: 3, ...(after && { after }) })
      seen.push(...rows.map((row) => row.id))
      const last = rows.at(-1)
      if (!last || rows.length < 3) break
      after = { createdAt: last.created_at, id: last.id }
    }
    expect(seen).toHaveLength(8)
    expect(new Set(seen).size).toBe(8)
  })

  it('holds what the store holds after a restart', async () => {
    const { identity, key } = await withKey()
    await identity.groups.create({ name: 'dev' }, by)
    await identity.groups.addMember('dev', dana, by)
    const second = await start(await database.reopen())
    expect(second.identity.entities.get(dana)?.ancestors.has('Group::"dev"')).toBe(true)
    expect(call(second.identity, ['x-api-key', key.text]).principal).toEqual(dana)
  })

  if (database.name === 'postgres')
    it('a revocation on one node holds on the other', async () => {
      const { identity, key } = await withKey()
      const other = await start(await database.reopen())
      call(other.identity, ['x-api-key', key.text])
      await identity.keys.revoke(key.row.id, 'stolen', by)
      await expect.poll(() => code(() => call(other.identity, ['x-api-key', key.text]))).toBe('key_revoked')
    })

  it('every change writes an event that names who, and what', async () => {
    const { identity, key, events } = await withKey()
    await identity.keys.revoke(key.row.id, 'stolen', { ...by, credential: 'abc', rules: ['r1'] })
    expect(events.at(-1)).toMatchObject({
      kind: 'key.revoked',
      principal: 'User::"root"',
      credential: 'abc',
      rules: ['r1'],
      subject: `key/${key.row.id}`,
      reason: 'stolen',
    })
  })
})

/** A well-formed key with the same id and another secret: what a guesser would send. */
function forge(text: string): string {
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const id = Uint8Array.from(text.slice(4, 16), (letter) => alphabet.indexOf(letter))
  let draws = 0
  return newKeyText('spk', (size) => {
    const bytes = randomBytes(size)
    if (draws++ === 0) bytes.set(id)
    return bytes
  }).text
}
