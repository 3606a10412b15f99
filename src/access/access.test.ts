import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../test/contract/databases.ts'
import { type Caller, createIds, type Decision, type NewEvent, NO_DUTIES, systemRandom } from '../core/index.ts'
import { createChange, createFeed, openStore, type Store } from '../store/index.ts'
import { type Access, createAccess } from './access.ts'
import type { CallSubject } from './lease.ts'
import type { Session } from './session.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const HOUR = 3_600_000

async function setUp(file = join(mkdtempSync(join(tmpdir(), 'access-')), 'db')) {
  let now = Date.UTC(2026, 10, 21)
  const clock = { now: () => now, monotonic: () => performance.now() }
  const report = (error: unknown) => {
    throw error
  }
  const store = await openStore({ file, keyHex: 'ab'.repeat(32), report })
  const newId = createIds(clock, systemRandom)
  const events: NewEvent[] = []
  const feed = createFeed({ store, pollMs: 500, report })
  const change = createChange({
    store,
    clock,
    appendFeed: feed.append,
    appendEvents: async (_, some) => {
      events.push(...some)
      return []
    },
    applied: feed.applied,
  })
  const states = new Map<string, { active: boolean; since: number }>()
  const access: Access = createAccess({
    store,
    principalState: async ({ id }) => states.get(id) ?? { active: true, since: 0 },
    clock,
    newId,
    rolesOf: ({ id }) => (id === 'dana' ? ['user', 'night'] : ['user']),
    humanOf: ({ type }) => (type === 'Agent' ? 'User::"dana"' : undefined),
    sessionIdleMs: HOUR,
    sessionLifetimeMs: 24 * HOUR,
    random: systemRandom,
    answerKey: new Uint8Array(32),
    report,
  })
  feed.enforce(access.onChange)
  await feed.start()
  await access.start()
  const close = async () => {
    await access.stop()
    await feed.stop()
    await store.close()
  }
  let closed = false
  closers.push(async () => {
    if (!closed) await close()
    rmSync(file, { force: true })
  })
  const take = (subject: CallSubject) => {
    const decision: Decision = {
      id: 'dec_1',
      allow: true,
      principal: subject.caller.principal,
      action: 'chat',
      resource: { type: 'Model', id: 'demo' },
      rules: [],
      errors: [],
      duties: NO_DUTIES,
      policy: 'p',
      microseconds: 1,
    }
    return access.leases.take({
      ...subject,
      call: newId('call'),
      model: subject.model ?? 'demo',
      decision,
      redecide: () => decision,
    })
  }
  return {
    access,
    store,
    change,
    events,
    states,
    now: () => now,
    file,
    take,
    pass: (ms: number) => (now += ms),
    close: async () => {
      closed = true
      await close()
    },
  }
}

const person = (id: string, key = `K-${id}`, address = '10.1.2.3'): Caller => ({
  principal: { type: 'User', id },
  credential: { kind: 'key', id: key, bound: false },
  address,
})
const dana = person('dana')
const jo = person('jo')
const mismatch = expect.objectContaining({ code: 'session_mismatch' })

describe('a session', () => {
  it('is one conversation of one caller, and counts turns, tokens and taint', async () => {
    const { access } = await setUp()
    const first = (await access.sessions.enter({ caller: dana, model: 'demo', fingerprint: 'f1' })) as Session
    first.addTaint(['personal/email'])
    first.leave(40)
    const second = await access.sessions.enter({ caller: dana, model: 'demo', fingerprint: 'f1' })
    expect([second.id, second.turns(), second.tokens(), [...second.taint]]).toEqual([
      first.id,
      2,
      40,
      ['personal/email'],
    ])
    expect((await access.sessions.enter({ caller: dana, model: 'demo', fingerprint: 'f2' })).id).not.toBe(first.id)
    expect((await access.sessions.enter({ caller: dana, model: 'demo' })).id).not.toBe(first.id)
    expect((await access.sessions.enter({ caller: jo, model: 'demo', fingerprint: 'f1' })).id).not.toBe(first.id)
  })

  it('#51 litellm#15757: is refused to another principal and to another key, alike for unknown ids; a name is their own', async () => {
    const { access } = await setUp()
    const { id } = await access.sessions.enter({ caller: dana, model: 'demo', header: 'my-chat' })
    const enter = async (caller: Caller, header: string) => access.sessions.enter({ caller, model: 'demo', header })
    const messages = new Set<string>()
    for (const [caller, header] of [
      [jo, id],
      [person('dana', 'K9'), id],
      [jo, 'ses_00000000000000000000000000'],
    ] as const) {
      const error = await enter(caller, header).catch((error: Error & { code: string }) => error)
      expect(error).toEqual(mismatch)
      messages.add((error as Error).message)
    }
    expect(messages.size).toBe(1)
    // Who takes a name first keeps nobody else out, and nobody learns that it is taken.
    const others = [await enter(jo, 'my-chat'), await enter(person('dana', 'K9'), 'my-chat')].map((one) => one.id)
    expect(new Set([id, ...others]).size).toBe(3)
    expect((await enter(jo, 'my-chat')).id).toBe(others[0])
    expect((await enter(dana, id)).id).toBe(id)
    expect((await enter(dana, 'my-chat')).id).toBe(id)
    // By name whoever runs this finds the one that has it; of several none is meant.
    await enter(jo, 'jos')
    expect(await access.sessions.show('jos')).toMatchObject({ name: 'jos', principal: 'User::"jo"' })
    await expect(access.sessions.show('my-chat')).rejects.toMatchObject({ code: 'not_found' })
    await expect(access.sessions.show('jo')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('#7 teleport#18544: outlives the short token it began with', async () => {
    const { access } = await setUp()
    const token = (id: string): Caller => ({ ...dana, credential: { kind: 'oidc', id, bound: false } })
    const { id } = await access.sessions.enter({ caller: token('t1'), model: 'demo', header: 'chat' })
    expect((await access.sessions.enter({ caller: token('t2'), model: 'demo', header: 'chat' })).id).toBe(id)
  })

  it('is kept over a restart, with everything it has seen', async () => {
    const first = await setUp()
    const session = await first.access.sessions.enter({ caller: dana, model: 'demo' })
    session.addTaint(['secret/key'])
    session.leave(7)
    await first.close()
    const second = await setUp(first.file)
    const again = await second.access.sessions.enter({ caller: dana, model: 'demo', header: session.id })
    expect([again.turns(), again.tokens(), [...again.taint]]).toEqual([2, 7, ['secret/key']])
    await expect(
      (async () => second.access.sessions.enter({ caller: jo, model: 'demo', header: session.id }))(),
    ).rejects.toEqual(mismatch)
  })

  it('ends when idle or too old; a name may begin anew and clean, an id of ours never comes back', async () => {
    const { access, pass } = await setUp()
    const enter = async (header: string) => access.sessions.enter({ caller: dana, model: 'demo', header })
    const session = await enter('chat')
    session.addTaint(['personal/email'])
    session.leave(0)
    pass(HOUR)
    await access.sessions.flush()
    const next = await enter('chat')
    expect(next.id).not.toBe(session.id)
    expect([...next.taint]).toEqual([])
    await expect(enter(session.id)).rejects.toEqual(mismatch)
    await access.sessions.flush()
    for (let i = 0; i < 30; i++) {
      pass(HOUR - 1)
      await enter('chat').then((entered) => entered.leave(0))
    }
    await expect(enter(next.id)).rejects.toEqual(mismatch)
  })

  it('cut: ends its calls, is refused from then on, and the second cut changes nothing', async () => {
    const { access, change, events, take } = await setUp()
    const session = await access.sessions.enter({ caller: dana, model: 'demo', header: 'chat' })
    const lease = take({ caller: dana, session: session.id })
    const bystander = take({ caller: dana, session: 'other' })
    const cut = () => change((trx) => access.sessions.cut(trx, session.id, 'User::"admin"', 'test'))
    expect((await cut()).value).toEqual({ cut: true })
    expect(() => lease.check()).toThrow('has ended')
    bystander.check()
    await expect(
      (async () => access.sessions.enter({ caller: dana, model: 'demo', header: 'chat' }))(),
    ).rejects.toEqual(mismatch)
    expect((await cut()).value).toEqual({ cut: false })
    expect(events.map(({ kind }) => kind)).toEqual(['session.cut'])
  })

  it('#3 litellm#26861: of a suspended user ends, and does not come back with the user, also after a restart', async () => {
    const { access, change, states, pass, now, file, close } = await setUp()
    const session = await access.sessions.enter({ caller: dana, model: 'demo', header: 'chat' })
    session.leave(1)
    const others = await access.sessions.enter({ caller: jo, model: 'demo', header: 'jo' })
    pass(10)
    const touch = () => change(async () => ({ value: 0, feed: [{ kind: 'user', key: 'dana' }], events: [] }))
    states.set('dana', { active: false, since: now() })
    await touch()
    states.set('dana', { active: true, since: now() + 5 })
    pass(5)
    await touch()
    const enter = async (node: Access) => node.sessions.enter({ caller: dana, model: 'demo', header: 'chat' })
    await expect(enter(access)).rejects.toEqual(mismatch)
    expect((await access.sessions.enter({ caller: jo, model: 'demo', header: 'jo' })).id).toBe(others.id)
    const fresh = await access.sessions.enter({ caller: dana, model: 'demo', header: 'new' })
    await touch() // a change of the person's name ends nothing
    expect((await access.sessions.enter({ caller: dana, model: 'demo', header: 'new' })).id).toBe(fresh.id)
    await close()
    await expect(enter((await setUp(file)).access)).rejects.toEqual(mismatch)
  })

  it('forgotten: every room erases its part, and only the proof remains', async () => {
    const { access, change, events } = await setUp()
    const erased: string[] = []
    access.sessions.onForget('vault', (id) => void erased.push(id))
    const session = await access.sessions.enter({ caller: dana, model: 'demo', header: 'chat' })
    session.addTaint(['personal/email'])
    await expect(access.sessions.erase(session.id)).rejects.toThrow('Cut the session')
    await change((trx) => access.sessions.cut(trx, session.id, 'User::"dana"', 'mine'))
    const rooms = await access.sessions.erase(session.id)
    await change((trx) => access.sessions.forget(trx, session.id, 'User::"dana"', rooms))
    expect(new Set(erased)).toEqual(new Set([session.id]))
    expect(events.at(-1)).toMatchObject({ kind: 'session.forgotten', data: { erased: ['answers', 'vault'] } })
    const shown = await access.sessions.show(session.id)
    expect(shown).toMatchObject({ taint: [], turns: 1 })
    expect(shown.forgottenAt).toBeDefined()
  })

  it('a stored answer is there for whom it was made, and until its time', async () => {
    const { access, pass } = await setUp()
    const { id: session } = await access.sessions.enter({ caller: dana, model: 'demo', header: 'chat' })
    const answer = { caller: dana, session, model: 'demo', content: 'said' }
    for (const [id, seconds] of [
      ['short', 60],
      ['long', 600],
    ] as const)
      await access.answers.keep({ ...answer, id, seconds })
    const found = async (id: string, caller = dana) => (await access.answers.find(caller, id))?.content
    pass(59_999)
    expect([await found('short'), await found('long'), await found('long', jo)]).toEqual(['said', 'said', undefined])
    pass(1)
    expect([await found('short'), await found('long')]).toEqual([undefined, 'said'])
  })

  it('forgotten: what a call that was cut tells afterwards brings nothing back', async () => {
    const { access, change, close, file } = await setUp()
    const session = await access.sessions.enter({ caller: dana, model: 'demo', header: 'chat' })
    await change((trx) => access.sessions.cut(trx, session.id, 'User::"dana"', 'mine'))
    await change((trx) => access.sessions.forget(trx, session.id, 'User::"dana"', []))
    session.addTaint(['personal/email'])
    session.leave(9)
    await close()
    const store = await openStore({ file, keyHex: 'ab'.repeat(32), report: () => {} })
    const row = await store.db.selectFrom('session').select(['address', 'model', 'turns']).executeTakeFirst()
    expect(row).toEqual({ address: '', model: '', turns: 1 })
    expect(await store.db.selectFrom('session_taint').selectAll().execute()).toEqual([])
    await store.close()
  })
})

describe('a lock', () => {
  it.each([
    ['principal', 'User::"dana"'],
    ['credential', 'K-dana'],
    ['role', 'night'],
    ['model', 'demo'],
    ['network', '10.1.0.0/16'],
    ['everything', '*'],
  ] as const)(
    'on a %s stops calls, and #8 teleport#9286: what it ended stays ended when it is lifted',
    async (kind, target) => {
      const { access, change, take, pass } = await setUp()
      const other: Caller = { ...jo, address: '192.168.0.1' }
      const session = await access.sessions.enter({ caller: dana, model: 'demo', header: 'chat' })
      const lease = take({ caller: dana, model: 'demo', session: session.id })
      const bystander = take({ caller: other, model: 'big' })
      const { value } = await change((trx) =>
        access.locks.add(trx, { kind, target, reason: 'INC-1', by: 'User::"admin"' }),
      )
      expect(lease.ended?.fault.code).toBe(kind === 'everything' ? 'lockdown' : 'locked')
      expect(lease.ended?.fault.publicMessage).not.toContain('INC-1')
      expect(bystander.ended === undefined).toBe(kind !== 'everything')
      expect(access.locks.check({ caller: dana, model: 'demo' })?.status).toBe(403)
      pass(10)
      await change((trx) => access.locks.lift(trx, value.id, 'User::"admin"'))
      expect(access.locks.check({ caller: dana, model: 'demo' })).toBeUndefined()
      expect(lease.ended).toBeDefined()
      const enter = async () => access.sessions.enter({ caller: dana, model: 'demo', header: session.id })
      await expect(enter()).rejects.toEqual(mismatch)
      const fresh = await access.sessions.enter({ caller: dana, model: 'demo', header: 'another' })
      expect(fresh.id).not.toBe(session.id)
    },
  )

  it('lapses by itself, reviving no session, also after a restart', async () => {
    const first = await setUp()
    const session = await first.access.sessions.enter({ caller: dana, model: 'demo', header: 'chat' })
    session.leave(1)
    first.pass(1000)
    const until = Date.UTC(2026, 10, 21) + 2000
    await first.change((trx) =>
      first.access.locks.add(trx, { kind: 'principal', target: 'User::"dana"', reason: 'r', by: 'a', until }),
    )
    const { locks } = first.access
    const set = Date.UTC(2026, 10, 21) + 1000
    // What began in the very moment is over as well.
    expect([locks.overSince({ caller: dana }, set), locks.overSince({ caller: dana }, set + 1)]).toEqual([true, false])
    first.pass(999)
    expect(locks.check({ caller: dana })?.code).toBe('locked')
    first.pass(1)
    expect([locks.check({ caller: dana }), locks.list()]).toEqual([undefined, []])
    first.pass(4000)
    await first.close()
    const { access, pass } = await setUp(first.file)
    pass(6000)
    expect(access.locks.check({ caller: dana })).toBeUndefined()
    await expect(
      (async () => access.sessions.enter({ caller: dana, model: 'demo', header: session.id }))(),
    ).rejects.toEqual(mismatch)
  })

  it('ends what began before it also on a node that did not run when it was set and lifted', async () => {
    const first = await setUp()
    const session = await first.access.sessions.enter({ caller: dana, model: 'demo', header: 'chat' })
    session.leave(1)
    session.leave(1)
    expect(session.tokens()).toBe(1)
    await first.access.sessions.flush()
    const wanted = { kind: 'principal', target: 'User::"dana"', reason: 'r', by: 'a' } as const
    await first.store.transaction(async (trx) => {
      const { value } = await first.access.locks.add(trx, wanted)
      await first.access.locks.lift(trx, value.id, 'a')
    })
    await first.close()
    const { access } = await setUp(first.file)
    const enter = async (caller: Caller) => access.sessions.enter({ caller, model: 'demo', header: session.id })
    await expect(enter(dana)).rejects.toEqual(mismatch)
    expect(await access.sessions.look(dana, session.id)).toBeUndefined()
  })

  it('on a person stops their agents', async () => {
    const { access, change } = await setUp()
    await change((trx) => access.locks.add(trx, { kind: 'principal', target: 'User::"dana"', reason: 'r', by: 'a' }))
    expect(access.locks.check({ caller: { ...jo, principal: { type: 'Agent', id: 'bot' } } })?.code).toBe('locked')
    expect(access.locks.check({ caller: jo })).toBeUndefined()
  })

  it('on a network sees through mapped addresses and holds for one that cannot be read', async () => {
    const { access, change } = await setUp()
    await change((trx) => access.locks.add(trx, { kind: 'network', target: '10.1.0.0/16', reason: 'r', by: 'a' }))
    const from = (address: string) => access.locks.check({ caller: { ...jo, address } })?.code
    for (const inside of ['10.1.9.9', '::ffff:10.1.9.9', '::ffff:a01:909', 'junk', 'address10.2.0.1'])
      expect(from(inside)).toBe('locked')
    for (const outside of ['10.2.0.1', '::ffff:10.2.0.1', '::ffff:a02:1']) expect(from(outside)).toBeUndefined()
  })

  it('that is momentary ends what runs and lets new calls in', async () => {
    const { access, change, take } = await setUp()
    const session = await access.sessions.enter({ caller: dana, model: 'demo', header: 'chat' })
    const lease = take({ caller: dana, session: session.id })
    const wanted = { kind: 'principal', target: 'User::"dana"', reason: 'r', by: 'a', momentary: true } as const
    await change((trx) => access.locks.add(trx, wanted))
    expect(lease.ended).toBeDefined()
    await expect(
      (async () => access.sessions.enter({ caller: dana, model: 'demo', header: 'chat' }))(),
    ).rejects.toEqual(mismatch)
    take({ caller: dana, session: 'new' }).check()
    expect(access.locks.list()).toEqual([])
  })

  it('is refused when its target or end makes no sense, and lifting twice is one lift', async () => {
    const { access, change, events } = await setUp()
    const add = (kind: 'network' | 'principal' | 'model', target: string, until?: number) =>
      change((trx) =>
        access.locks.add(trx, { kind, target, reason: 'r', by: 'a', ...(until === undefined ? {} : { until }) }),
      )
    for (const target of ['10.0.0.0/99', '10.0.0/8', '10.0.0.0/8/8'])
      await expect(add('network', target)).rejects.toThrow('network')
    await expect(add('principal', 'dana')).rejects.toThrow('User::')
    await expect(add('model', '')).rejects.toThrow('target')
    await expect(add('model', 'demo', Date.UTC(2026, 10, 21))).rejects.toThrow('future')
    const { value } = await add('model', 'demo')
    const lift = () => change((trx) => access.locks.lift(trx, value.id, 'a'))
    expect([(await lift()).value.lifted, (await lift()).value.lifted]).toEqual([true, false])
    expect(events.map(({ kind }) => kind)).toEqual(['lock.added', 'lock.lifted'])
  })
})

describe('a session of two nodes', () => {
  const database = postgres()
  beforeAll(() => database.start())
  afterAll(() => database.stop())

  const roomOn = (store: Store): Access => {
    const clock = { now: Date.now, monotonic: () => performance.now() }
    return createAccess({
      store,
      clock,
      newId: createIds(clock, systemRandom),
      rolesOf: () => [],
      principalState: async () => ({ active: true, since: 0 }),
      sessionIdleMs: HOUR,
      sessionLifetimeMs: 24 * HOUR,
      random: systemRandom,
      answerKey: new Uint8Array(32),
      report: (error) => {
        throw error
      },
    })
  }

  it('is one, whoever opened it first; parallel first turns do not split it, and what each saw is kept', async () => {
    const stores = [await database.open(), await database.reopen()]
    const rooms = stores.map(roomOn)
    const enter = async (node: number) =>
      rooms[node]!.sessions.enter({ caller: dana, model: 'demo', fingerprint: 'same beginning' })
    const first = await Promise.all(Array.from({ length: 20 }, (_, i) => enter(i % 2)))
    expect(new Set(first.map(({ id }) => id)).size).toBe(1)
    first[0]!.addTaint(['secret/a'])
    first[1]!.addTaint(['secret/b'])
    for (const session of first) session.leave(1)
    for (const { sessions } of rooms) await sessions.flush().catch(() => {})
    for (const { sessions } of rooms) await sessions.flush()
    const later = [await enter(0), await enter(1)]
    expect(new Set(later.map(({ id }) => id)).size).toBe(1)
    for (const { taint } of later) expect([...taint].sort()).toEqual(['secret/a', 'secret/b'])
    for (const room of rooms) await room.stop()
    for (const store of stores) await store.close()
  })

  it('is known once on a node, also when a second call reads it before the first has heard that it is written', async () => {
    const store = await database.open()
    let answer = (): void => {}
    const held = new Promise<void>((resolve) => {
      answer = resolve
    })
    let writes = 0
    const room = roomOn({
      ...store,
      async transaction(work) {
        const value = await store.transaction(work)
        if (writes++ === 0) await held
        return value
      },
    })
    const enter = async () => room.sessions.enter({ caller: dana, model: 'demo', header: 'chat' })
    const first = enter()
    await expect.poll(() => store.db.selectFrom('session').select('id').executeTakeFirst()).toBeDefined()
    const second = await enter()
    second.addTaint(['secret/b'])
    answer()
    const opener = await first
    expect(opener.id).toBe(second.id)
    expect([...opener.taint]).toEqual(['secret/b'])
    opener.addTaint(['secret/a'])
    expect([...second.taint]).toEqual(['secret/b', 'secret/a'])
    for (const session of [opener, second]) session.leave(5)
    await room.sessions.flush()
    expect(await room.sessions.show(opener.id)).toMatchObject({ turns: 2, tokens: 10, taint: ['secret/a', 'secret/b'] })
    await room.stop()
    await store.close()
  })
})
