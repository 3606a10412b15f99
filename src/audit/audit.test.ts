// The log on both databases: what is acknowledged is there, in order, once; what was rolled back left no trace.
import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { DATABASES } from '../../test/contract/databases.ts'
import {
  type Caller,
  createIds,
  type Decision,
  Fault,
  type NewEvent,
  NO_DUTIES,
  systemClock,
  systemRandom,
} from '../core/index.ts'
import { createChange, type Store } from '../store/index.ts'
import { createAudit } from './audit.ts'
import { valuesOf } from './block.ts'
import { leafHash, rootOver } from './merkle.ts'
import { readEvents, readHead } from './queries.ts'
import { matches } from './search.ts'

const newId = createIds(systemClock, systemRandom)
const { privateKey: signingKey } = generateKeyPairSync('ed25519')
const origin = 'sallyport.test/audit'

const caller: Caller = {
  principal: { type: 'User', id: 'dana' },
  credential: { kind: 'key', id: '8F2', bound: false },
  address: '127.0.0.1',
}
const decision = (allow: boolean): Decision => ({
  id: 'dec_1',
  allow,
  principal: caller.principal,
  action: 'chat',
  resource: { type: 'Model', id: 'qwen' },
  rules: ['readers'],
  errors: [],
  duties: NO_DUTIES,
  policy: 'sha256:00',
  microseconds: 3,
})

describe.each(DATABASES.map((make) => make()))('audit on $name', (database) => {
  const closing: (() => Promise<void>)[] = []
  const errors: unknown[] = []
  const begin = async (store: Store, node = 'one') => {
    const audit = createAudit({
      store,
      clock: systemClock,
      newId,
      node,
      origin,
      signingKey,
      report: (error) => void errors.push(error),
      content: { random: systemRandom, contentKey: new Uint8Array(32).fill(7), contentDays: 30, eventDays: 400 },
    })
    const { recovered } = await audit.start()
    closing.push(() => audit.stop())
    return { audit, recovered }
  }
  const fresh = async () => {
    const store = await database.open()
    closing.push(() => store.close())
    return { store, ...(await begin(store)) }
  }
  /** The tree as a stranger would compute it from the rows. */
  const whole = async (store: Store) => {
    const head = await readHead(store.db)
    const rows = await readEvents(store.db, 0, head.size)
    expect(rows.map(({ position }) => position)).toEqual(rows.map((_, i) => i))
    expect(rows).toHaveLength(head.size)
    expect(rootOver(rows.map(({ body }) => leafHash(body))).equals(head.root)).toBe(true)
    return rows
      .map(({ position, body }) => ({ position, ...JSON.parse(body) }))
      .filter(({ kind }) => !kind.startsWith('node.'))
  }
  beforeAll(() => database.start())
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })
  afterAll(() => database.stop())

  it('makes what is appended durable, in order, under one root', async () => {
    const { store, audit } = await fresh()
    for (let round = 0; round < 3; round++) {
      await Promise.all(Array.from({ length: 300 }, (_, i) => audit.append({ kind: 'test.made', data: { round, i } })))
    }
    const events = await whole(store)
    expect(events).toHaveLength(900)
    expect(events.map(({ data }) => data.round * 300 + data.i)).toEqual(events.map((_, i) => i))
  })

  it('writes exactly one ending per call', async () => {
    const { store, audit } = await fresh()
    const record = audit.openCall(newId('call'), { address: '127.0.0.1', data: { route: 'chat' } })
    record.note({ caller, action: 'chat' })
    record.note({ model: 'qwen', decision: decision(true), data: { stream: true } })
    await record.decided()
    expect(record.open()).toBe(true)
    const usage = { inputTokens: 3, outputTokens: 5 }
    await Promise.all([
      record.finish({ fault: new Fault('key_revoked', { data: { by: 'User::"ana"' } }), usage }),
      record.finish({}),
      record.finish({ fault: new Fault('internal') }),
    ])
    expect(record.open()).toBe(false)
    const events = await whole(store)
    expect(events.map(({ kind }) => kind)).toEqual(['call.decided', 'call.finished'])
    expect(events[1]).toMatchObject({
      principal: 'User::"dana"',
      credential: 'key/8F2',
      model: 'qwen',
      decision: 'allow',
      rules: ['readers'],
      reason: 'key_revoked',
      data: { route: 'chat', stream: true, outcome: 'cut', by: 'User::"ana"', ...usage },
    })
  })

  it.each([
    [undefined, true, 'served'],
    ['access_denied', false, 'refused'],
    ['content_blocked', false, 'refused'],
    ['lockdown', true, 'cut'],
    ['client_closed', true, 'disconnected'],
    ['upstream_timeout', true, 'failed'],
  ] as const)('calls an ending by %s (decided: %s) %s', async (code, isDecided, outcome) => {
    const { audit } = await fresh()
    const record = audit.openCall(newId('call'), { caller })
    if (isDecided) await record.decided()
    await record.finish(code === undefined ? {} : { fault: new Fault(code) })
    const { events } = await audit.query({ outcome })
    expect(events).toHaveLength(1)
    expect(events[0]?.reason).toBe(code)
  })

  it('is part of the transaction that makes a change, or not there at all', async () => {
    const { store, audit } = await fresh()
    const change = createChange({
      store,
      clock: systemClock,
      appendFeed: async () => 0,
      appendEvents: (trx, events) => audit.appendIn(trx, events),
      applied: async () => {},
    })
    const revoke = (fails: boolean, key: string) =>
      change(async (trx) => {
        await trx
          .insertInto('node')
          .values({ id: key, name: key, applied_seq: 0, started_at: 0, heard_at: 0 })
          .execute()
        if (!fails) return { value: key, feed: [], events: [{ kind: 'key.revoked', subject: `key/${key}` }] }
        await audit.appendIn(trx, [{ kind: 'key.revoked', subject: `key/${key}` }])
        throw new Error('changed my mind')
      })
    await audit.append({ kind: 'test.before' })
    const work: Promise<unknown>[] = []
    for (let i = 0; i < 40; i++) {
      work.push(revoke(i % 3 === 0, `k${i}`).catch(() => {}))
      work.push(audit.append({ kind: 'test.beside', data: { i } }))
    }
    await Promise.all(work)
    const events = await whole(store)
    const changed = await store.db.selectFrom('node').select('id').execute()
    const told = events.filter(({ kind }) => kind === 'key.revoked').map(({ subject }) => subject.slice(4))
    expect(new Set(told)).toEqual(new Set(changed.map(({ id }) => id)))
    expect(told).toHaveLength(26)
    expect(events.filter(({ kind }) => kind === 'test.beside')).toHaveLength(40)
  })

  it('ends the calls that a dead process left open, once', async () => {
    const { store, audit } = await fresh()
    const ids = [newId('call'), newId('call'), newId('call')] as const
    const records = ids.map((id) => audit.openCall(id, { caller, model: 'qwen' }))
    for (const record of records) await record.decided()
    await records[1]?.finish({})
    const second = await begin(store)
    expect(second.recovered).toBe(2)
    expect((await begin(store)).recovered).toBe(0)
    const { events } = await second.audit.query({ kind: 'call.finished' })
    expect(new Set(events.map(({ call }) => call))).toEqual(new Set(ids))
    expect(events.map(({ data }) => data?.outcome).sort()).toEqual(['interrupted', 'interrupted', 'served'])
    expect(events.every(({ principal }) => principal === 'User::"dana"')).toBe(true)
  })

  it('finds what a plain look at every event finds, in pages, and each event by its id', async () => {
    const { store, audit } = await fresh()
    const people = ['User::"dana"', 'User::"é"', 'Agent::"a\\"b"', 'Service::"etl"']
    const calls = Array.from({ length: 1400 }, () => newId('call'))
    const sessions = Array.from({ length: 9 }, () => newId('session'))
    const grants = Array.from({ length: 9 }, () => newId('grant'))
    const kinds = ['call.finished', 'call.decided', 'key.created']
    const sample = (i: number): NewEvent => ({
      kind: i % 5 === 0 ? 'call.decided' : i % 7 === 0 ? 'key.created' : 'call.finished',
      principal: people[(i * i) % 4] as string,
      model: `m${(i >> 4) % 5}`,
      decision: i % 11 === 0 ? 'deny' : 'allow',
      rules: i % 3 === 0 ? ['a', 'b'] : ['c'],
      credential: `key/${i % 6}`,
      address: `10.0.0.${(i >> 5) % 7}`,
      action: i % 4 === 0 ? 'embed' : 'chat',
      subject: `key/${i % 300}`,
      ...(i % 19 === 0 && { grant: grants[i >> 9] as string }),
      call: calls[i >> 1] as string,
      ...(i % 13 === 0
        ? { session: sessions[i >> 9] as string, reason: 'The Person said “so”, ÉLAN' }
        : { reason: 'policy.denied' }),
      data: { i, outcome: i % 17 === 0 ? 'cut' : 'served', flow: [{ class: `personal/${i % 4}`, count: 1 }] },
    })
    const total = 2600
    for (let at = 0; at < total; at += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, i) => audit.append(sample(at + i))))
      if (at === 2200) await audit.content?.retain() // puts the two full blocks into the index; the rest is read
    }
    expect((await readHead(store.db)).indexed).toBe(2048)
    const all = (await whole(store)).reverse()
    // Few at a time: all of them together find nothing.
    const oneOf = <T>(...values: T[]) =>
      fc.oneof({ weight: 1, arbitrary: fc.constantFrom(...values) }, { weight: 8, arbitrary: fc.constant(undefined) })
    const filters = fc.record({
      kind: oneOf('call.finished', 'key.created', 'call.decided'),
      principal: oneOf<string | string[]>(...people, [people[0] as string, people[3] as string]),
      model: oneOf('m1', 'm4', 'none'),
      decision: oneOf('deny', 'allow'),
      outcome: oneOf('cut', 'served'),
      rule: oneOf('a', 'c'),
      class: oneOf('personal/1', 'personal/9'),
      session: oneOf(sessions[2] as string, 'ses_none'),
      call: oneOf(calls[70] as string, calls[1200] as string),
      credential: oneOf<string | string[]>('key/2', ['key/1', 'key/4']),
      address: oneOf('10.0.0.3'),
      action: oneOf('embed'),
      subject: oneOf('key/0', 'key/299'),
      grant: oneOf(grants[1] as string),
      reason: oneOf('policy.denied', 'The Person said “so”, ÉLAN'),
      text: oneOf('the person', 'DENIED', '“so”', 'Élan', 'ÉLAN', 'nothing'),
      endings: oneOf(true),
      since: oneOf(all[2000].time, all[300].time),
      until: oneOf(all[200].time),
    })
    await fc.assert(
      fc.asyncProperty(filters, fc.constantFrom(1, 7, 50, 1000), async (given, limit) => {
        const filter = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
        const wanted = all.filter((event) => matches(event, filter))
        const first = await audit.query(filter, { limit })
        expect(first.events).toEqual(wanted.slice(0, limit))
        let page = first
        const events = [...first.events]
        while (page.next !== undefined && events.length < 120) {
          page = await audit.query(filter, { limit, before: page.next })
          events.push(...page.events)
        }
        expect(events).toEqual(page.next === undefined ? wanted : wanted.slice(0, events.length))
      }),
      { numRuns: 100, seed: 7 },
    )
    for (const text of ['Élan', 'ÉLAN']) {
      const wanted = all.filter((event) => matches(event, { text }))
      expect(wanted.length).toBeGreaterThan(100)
      expect((await audit.query({ text }, { limit: 1000 })).events).toEqual(wanted)
    }
    // In the order of the log, from a time on: what the index says of full blocks is only where to begin.
    for (const since of [0, all[2500].time, all[1000].time, all[10].time, all[0].time + 1]) {
      const events = []
      for await (const batch of audit.events({ filter: { since } })) events.push(...batch.events)
      const made = events.filter(({ kind }) => !kind.startsWith('node.'))
      expect(made.reverse()).toEqual(all.filter(({ time }) => time >= since))
    }
    // Counts: over whatever range, by whatever field, the same as counting one by one.
    const field = fc.option(fc.constantFrom('principal', 'model', 'rule', 'class', 'outcome', 'kind'), {
      nil: undefined,
    })
    await fc.assert(
      fc.asyncProperty(filters, field, fc.constantFrom(undefined, 3_600_000, 60_000), async (given, by, everyMs) => {
        const filter = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
        const ask = { ...(by && { by }), ...(everyMs && { everyMs }) } as const
        const wanted = new Map<string, number>()
        for (const event of all.filter((one) => matches(one, filter))) {
          const values = by ? new Set(valuesOf(event, by)) : new Set([''])
          for (const value of values.size > 0 ? values : ['']) {
            const key = `${everyMs ? event.time - (event.time % everyMs) : ''} ${value}`
            wanted.set(key, (wanted.get(key) ?? 0) + 1)
          }
        }
        const counts = await audit.count({ ...filter, kind: filter.kind ?? kinds }, ask)
        expect(new Map(counts.map((row) => [`${row.time ?? ''} ${row.value ?? ''}`, row.events]))).toEqual(wanted)
      }),
      { numRuns: 40, seed: 9 },
    )
    for (const event of [all[0], all[5], all[1600], all[2599]]) expect(await audit.find(event.id)).toEqual(event)
    expect(await audit.find('evt_nobody')).toBeUndefined()
  })

  it('follows live, with a filter, from now or from a position, without gap or repetition', async () => {
    const { store, audit } = await fresh()
    await audit.append({ kind: 'test.early' })
    const seen: string[] = []
    const fromStart: number[] = []
    const live = audit.tail({ kind: ['test.seen', 'key.revoked'] }, (events) => {
      seen.push(...events.map(({ kind }) => kind))
    })
    const replay = audit.tail({}, (events) => void fromStart.push(...events.map(({ position }) => position)), 0)
    await new Promise((resolve) => setTimeout(resolve, 50))
    for (let i = 0; i < 20; i++) await audit.append({ kind: i % 2 ? 'test.seen' : 'test.other' })
    await store.transaction((trx) => audit.appendIn(trx, [{ kind: 'key.revoked' }]))
    const until = Date.now() + 5000
    while ((seen.length < 11 || fromStart.length < 23) && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    live.stop()
    replay.stop()
    expect(seen).toEqual([...Array(10).fill('test.seen'), 'key.revoked'])
    expect(fromStart).toEqual(Array.from({ length: 23 }, (_, i) => i))
  })

  it('goes on after a restart where it stopped, and refuses to go on from rows that were changed', async () => {
    const { store, audit } = await fresh()
    await Promise.all(Array.from({ length: 300 }, (_, i) => audit.append({ kind: 'test.made', data: { i } })))
    const again = (await begin(store)).audit
    await again.append({ kind: 'test.after' })
    expect(await whole(store)).toHaveLength(301)
    const drop = (table: string) =>
      database.name === 'sqlite' ? `drop trigger ${table}_keep` : `drop trigger ${table}_guard on ${table}`
    await store.atomic(() => [
      { sql: drop('audit_event'), parameters: [] },
      {
        sql: `update audit_event set body = replace(body, 'test.after', 'test.other')`,
        parameters: [],
      },
    ])
    await expect(begin(store)).rejects.toMatchObject({ code: 'audit_unavailable' })
    await expect(again.append({ kind: 'test.more' })).resolves.toBeUndefined() // it knows what it wrote
  })

  it('writes the index for many blocks at once, whichever node fills the last one, and each count once', async () => {
    const { store, audit } = await fresh()
    const other = (await begin(store, 'two')).audit
    const total = 21_000
    for (let at = 0; at < total; at += 500) {
      const writer = database.name === 'postgres' && at % 1500 === 0 ? other : audit
      const made = (i: number): NewEvent => ({
        kind: 'test.made',
        model: `m${i % 3}`,
        principal: `User::"u${i % 50}"`,
        data: { i },
      })
      await Promise.all(Array.from({ length: 500 }, (_, i) => writer.append(made(at + i))))
    }
    const { indexed, size } = await readHead(store.db)
    expect(indexed).toBe(16_384)
    expect(size).toBeGreaterThan(total)
    const counts = await audit.count({ kind: 'test.made' }, { by: 'model' })
    expect(counts.map(({ value, events }) => `${value} ${events}`).sort()).toEqual(['m0 7000', 'm1 7000', 'm2 7000'])
    const seen: number[] = []
    for (let before: number | undefined; ; ) {
      const page = await audit.query(
        { principal: 'User::"u7"' },
        { limit: 200, ...(before === undefined ? {} : { before }) },
      )
      seen.push(...page.events.map(({ data }) => Number(data?.i)))
      before = page.next
      if (before === undefined) break
    }
    expect(seen).toEqual(Array.from({ length: 420 }, (_, i) => 7 + (419 - i) * 50))
    expect(await audit.verify()).toMatchObject({ ok: true, problems: [] })
    const third = (await begin(store, 'three')).audit
    expect((await third.count({ kind: 'test.made' }))[0]?.events).toBe(total)
  }, 60_000)

  it('never changes or deletes an event by accident', async () => {
    const { store, audit } = await fresh()
    await audit.append({ kind: 'test.made' })
    for (const sql of [`update audit_event set body = ''`, 'delete from audit_event']) {
      await expect(store.atomic(() => [{ sql, parameters: [] }])).rejects.toThrow()
    }
    expect(await whole(store)).toHaveLength(1)
  })
})
