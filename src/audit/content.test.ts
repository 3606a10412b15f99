// Recorded content: only under a rule, sealed, read with a trace, erased without breaking the tree, gone when its time is over.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAudit } from '../../test/audit/open.ts'
import { DATABASES } from '../../test/contract/databases.ts'
import { type Caller, createIds, type Decision, NO_DUTIES, systemClock, systemRandom } from '../core/index.ts'
import { openStore, type Store } from '../store/index.ts'
import { TILE } from './merkle.ts'
import { readHead } from './queries.ts'

const report = (error: unknown) => {
  throw error
}
const contentKey = new Uint8Array(32).fill(9)
const caller = (id: string): Caller => ({
  principal: { type: 'User', id },
  credential: { kind: 'key', id: 'K', bound: false },
  address: '::1',
})
const decision = (record?: Decision['duties']['record']): Decision => ({
  id: 'dec_1',
  allow: true,
  principal: { type: 'User', id: 'x' },
  action: 'chat',
  resource: { type: 'Model', id: 'm' },
  rules: ['r'],
  errors: [],
  duties: record ? { ...NO_DUTIES, record } : NO_DUTIES,
  policy: 'p',
  microseconds: 1,
})
const all = { prompt: true, answer: true, days: 30 }

async function begin(store: Store, options: { eventDays?: number } = {}) {
  let late = 0
  const clock = { now: () => Date.now() + late, monotonic: systemClock.monotonic }
  const newId = createIds(clock, systemRandom)
  const content = { random: systemRandom, contentKey, contentDays: 60, eventDays: 400, ...options }
  const audit = await openAudit(store, { clock, newId, report, content })
  const talk = async (who: string, prompt: string, answer: string, record?: Decision['duties']['record']) => {
    const id = newId('call')
    const call = audit.openCall(id, { caller: caller(who) })
    call.note({ decision: decision(record) })
    call.keep('prompt', () => prompt)
    await call.decided()
    call.keep('answer', () => answer)
    await call.finish({})
    return id
  }
  const kept = audit.content
  if (!kept) throw new Error('no content')
  /** Retention until it has caught up with the clock. */
  const retainAll = async () => {
    const sum = { parts: 0, events: 0 }
    for (let behindMs = 1; behindMs > 0; ) {
      const done = await kept.retain()
      sum.parts += done.parts
      sum.events += done.events
      behindMs = done.behindMs
    }
    return sum
  }
  return { audit, content: kept, talk, retainAll, pass: (days: number) => (late += days * 86_400_000) }
}

const append1100 = (audit: Awaited<ReturnType<typeof begin>>['audit']) =>
  Promise.all(Array.from({ length: 1100 }, () => audit.append({ kind: 'test.made' })))

const CANARY = 'PLANTED-4711-äöü-my-little-secret'
const actor = { principal: 'User::"ana"', reason: 'case 12' }

const newId = createIds(systemClock, systemRandom)

describe.each(DATABASES.map((make) => make()))('content on $name', (database) => {
  let store: Store
  beforeAll(async () => {
    await database.start()
    store = await database.open()
  })
  afterAll(async () => {
    await store.close()
    await database.stop()
  })

  it('is kept only under a rule, comes back whole, and tells who read it', async () => {
    const { audit, content, talk } = await begin(store)
    const silent = await talk('dana', CANARY, CANARY)
    await expect(content.read(silent, actor)).rejects.toMatchObject({ code: 'not_found' })
    const half = await talk('dana', `${CANARY} p`, CANARY, { prompt: true, answer: false, days: 1 })
    expect(await content.read(half, actor)).toEqual([{ part: 'prompt', text: `${CANARY} p` }])
    const whole = await talk('dana', `${CANARY} p`, `${CANARY} a`, all)
    expect(await content.read(whole, actor)).toEqual([
      { part: 'prompt', text: `${CANARY} p` },
      { part: 'answer', text: `${CANARY} a` },
    ])
    const { events } = await audit.query({ kind: 'content.read' })
    expect(events).toHaveLength(2)
    expect(events[0]).toMatchObject({ ...actor, call: whole, data: { parts: ['prompt', 'answer'] } })
    await audit.stop()
  })

  it('is gone after an erasure, for that person alone, and the tree holds', async () => {
    const { audit, content, talk } = await begin(store)
    const theirs = await talk('erika', CANARY, CANARY, all)
    const other = await talk('otto', CANARY, 'kept', all)
    const wrapped = await store.db
      .selectFrom('audit_content_key')
      .select('kid')
      .where('subject', '=', 'User::"erika"')
      .execute()
    expect(wrapped).toHaveLength(1)
    expect(await content.erase('User::"erika"', actor)).toEqual({ keys: 1, parts: 2 })
    await expect(content.read(theirs, actor)).rejects.toMatchObject({ code: 'not_found' })
    expect((await content.read(other, actor))[1]?.text).toBe('kept')
    const left = await store.db.selectFrom('audit_content').select('kid').execute()
    expect(left.map(({ kid }) => kid)).not.toContain(wrapped[0]?.kid)
    expect(await audit.verify()).toMatchObject({ ok: true, problems: [] })
    const { events } = await audit.query({ kind: 'content.erased' })
    expect(events[0]).toMatchObject({ subject: 'User::"erika"', reason: 'case 12', data: { parts: 2 } })
    await audit.stop()
  })

  it('is told by the flow of its data, as is what is stored', async () => {
    const { audit } = await begin(store)
    const id = newId('call')
    const call = audit.openCall(id, { caller: caller('flora') })
    const [sent, held, shown] = [
      { class: 'a', count: 1, treatment: 'mask', to: 'upstream' },
      { class: 'b', count: 1, treatment: 'block', to: 'caller' },
      { class: 'c', count: 2, treatment: 'restored', to: 'caller' },
    ]
    call.note({ decision: decision(all), data: { flow: [sent] } })
    call.keep('prompt', () => CANARY)
    await call.decided()
    call.keep('answer', () => CANARY)
    call.note({ data: { stored: true } })
    await call.finish({ data: { flow: [sent, held, shown] } })
    const [finished, decided] = (await audit.query({ call: id })).events
    expect(decided?.data?.flow).toEqual([sent, { ...sent, to: 'log' }])
    const copies = [
      { ...sent, to: 'log' },
      { ...shown, to: 'log' },
      { ...sent, treatment: 'pass', to: 'cache' },
      { ...shown, to: 'cache' },
    ]
    expect(finished?.data?.flow).toEqual([sent, held, shown, ...copies])
    await audit.stop()
  })

  it('that is erased while it is written, or an export runs, is gone, and stops nobody', async () => {
    const { audit, content, talk } = await begin(store)
    await talk('erika', CANARY, CANARY, all)
    const exporting = audit.archive()[Symbol.asyncIterator]()
    await exporting.next()
    const talks = Promise.all(Array.from({ length: 30 }, () => talk('erika', CANARY, CANARY, all)))
    const erasures = []
    for (let i = 0; i < 10; i++) erasures.push(await content.erase('User::"erika"', actor))
    const ids = await talks
    await content.erase('User::"erika"', actor)
    expect(erasures.some(({ parts }) => parts > 0)).toBe(true)
    for (const id of ids) await expect(content.read(id, actor)).rejects.toMatchObject({ code: 'not_found' })
    let text = ''
    for (let next = await exporting.next(); !next.done; next = await exporting.next()) text += next.value
    expect(text).not.toContain(CANARY)
    expect(audit.available).toBe(true)
    expect(await audit.verify()).toMatchObject({ ok: true, problems: [], openCalls: 0 })
    // What is sealed with a key that is gone is of no use to whoever has every other key and the rows.
    const keys = await store.db
      .selectFrom('audit_content_key')
      .select('kid')
      .where('subject', '=', 'User::"erika"')
      .execute()
    expect(keys).toEqual([])
    await audit.stop()
  })

  it('ends with its days, never later than the setting; events are pruned at their own, provably', async () => {
    const { audit, content, talk, pass, retainAll } = await begin(store, { eventDays: 100 })
    const short = await talk('dana', CANARY, CANARY, { prompt: true, answer: false, days: 10 })
    const long = await talk('dana', CANARY, CANARY, { prompt: true, answer: false, days: 9999 })
    for (let i = 0; i < 1100; i += 100) {
      await Promise.all(Array.from({ length: 100 }, () => audit.append({ kind: 'test.made' })))
    }
    expect(await retainAll()).toEqual({ parts: 0, events: 0 })
    pass(11)
    // Over is over, also in the hour until somebody looks.
    await expect(content.read(short, actor)).rejects.toMatchObject({ code: 'not_found' })
    await retainAll()
    await expect(content.read(short, actor)).rejects.toMatchObject({ code: 'not_found' })
    await expect(content.read(long, actor)).resolves.toHaveLength(1)
    pass(50)
    await retainAll()
    await expect(content.read(long, actor)).rejects.toMatchObject({ code: 'not_found' })
    const before = await audit.checkpoint()
    pass(100)
    expect((await retainAll()).events).toBe(1024)
    const result = await audit.verify({ known: [before] })
    expect(result).toMatchObject({ ok: true, problems: [], provenTo: result.size })
    expect(result.events).toBe(result.size - 1024)
    const { events } = await audit.query({ kind: 'audit.pruned' })
    expect(events[0]?.data).toEqual({ from: 0, to: 1024 })
    // What goes through events from the beginning begins with the first that is left.
    for await (const lines of audit.lines('jsonl', { from: 3 })) {
      expect(JSON.parse(lines.split('\n', 1)[0] ?? '').position).toBe(1024)
      break
    }
    expect(
      await new Promise((resolve) => {
        const tail = audit.tail(
          {},
          ([first]) => {
            tail.stop()
            resolve(first?.position)
          },
          3,
        )
      }),
    ).toBe(1024)
    await audit.stop()
  })

  it('what a clock that was ahead has written is kept no longer than the rest, and found by the time it bears', async () => {
    const own = await database.open()
    const { audit, content, talk, pass, retainAll } = await begin(own, { eventDays: 100 })
    const append = (count: number) =>
      Promise.all(Array.from({ length: count }, () => audit.append({ kind: 'test.made' })))
    await retainAll()
    await append(10)
    pass(365)
    const wrong = await talk('otto', CANARY, CANARY, { prompt: true, answer: false, days: 50 })
    pass(-365)
    await append(2048)
    const { floor } = await readHead(own.db)
    expect(floor).toBe(0)
    await retainAll()
    const found = async () =>
      (await audit.query({ call: wrong, since: Date.now() + 300 * 86_400_000 }, { limit: 9 })).events.length
    expect(await found()).toBeGreaterThan(0)
    expect(await content.read(wrong, actor)).toHaveLength(1)
    pass(61) // contentDays is 60
    expect((await retainAll()).parts).toBe(1)
    expect(await found()).toBeGreaterThan(0)
    pass(30)
    expect(await retainAll()).toEqual({ parts: 0, events: 0 })
    pass(30)
    expect((await retainAll()).events).toBe(2048)
    expect(await audit.verify()).toMatchObject({ ok: true, problems: [] })
    await audit.stop()
    await own.close()
  })

  it('a clock that has lost its time takes nothing, while it is lost and after it was set right', async () => {
    const own = await database.open()
    const { audit, content, talk, pass, retainAll } = await begin(own, { eventDays: 100 })
    await retainAll()
    const kept = await talk('paul', CANARY, CANARY, { prompt: true, answer: false, days: 50 })
    await append1100(audit)
    pass(-20_000)
    for (let hours = 0; hours < 5; hours++) expect(await content.retain()).toMatchObject({ parts: 0, events: 0 })
    pass(20_000)
    expect(await retainAll()).toEqual({ parts: 0, events: 0 })
    pass(40)
    expect(await retainAll()).toEqual({ parts: 0, events: 0 })
    expect(await content.read(kept, actor)).toHaveLength(1)
    pass(20)
    expect(await retainAll()).toMatchObject({ parts: 1 })
    await audit.stop()
    await own.close()
  })

  it('deletes nothing that is young, whatever somebody wrote into the index about its time', async () => {
    const own = await database.open()
    const { audit, pass, retainAll } = await begin(own, { eventDays: 100 })
    const append = (count: number) =>
      Promise.all(Array.from({ length: count }, () => audit.append({ kind: 'test.made' })))
    await append(2000)
    pass(60)
    await append(2000)
    pass(50)
    await own.transaction((trx) => trx.updateTable('audit_head').set({ retained_at: null }).execute())
    await retainAll()
    const { floor } = await readHead(own.db)
    expect(floor).toBe(1024)
    for (const change of [{ max_time: 1 }, { known_by: 1 }]) {
      await own.transaction((trx) => trx.updateTable('audit_block').set(change).execute())
      await retainAll()
      expect((await readHead(own.db)).floor, JSON.stringify(change)).toBe(floor)
    }
    await audit.stop()
    await own.close()
  })

  it('a clock that is set far ahead takes nothing of the record that must be kept, and is told of', async () => {
    const own = await database.open()
    const { audit, content, talk, pass, retainAll } = await begin(own, { eventDays: 100 })
    await retainAll()
    const kept = await talk('nina', CANARY, CANARY, { prompt: true, answer: true, days: 50 })
    await Promise.all(Array.from({ length: 2048 }, () => audit.append({ kind: 'test.made' })))
    const { floor } = await readHead(own.db)
    pass(3650)
    // What is written from here on bears the wrong time as well.
    await audit.append({ kind: 'test.made' })
    for (let hours = 0; hours < 20; hours++) expect(await content.retain()).toMatchObject({ parts: 0, events: 0 })
    const alerts = async () => (await audit.query({ kind: 'alert.raised' })).events
    await expect.poll(alerts).toMatchObject([{ reason: 'clock ahead', subject: 'node/one' }])
    pass(-3650)
    expect(await content.retain()).toEqual({ parts: 0, events: 0, behindMs: 0 })
    expect((await readHead(own.db)).floor).toBe(floor)
    expect(await content.read(kept, actor)).toHaveLength(2)
    expect(await audit.verify()).toMatchObject({ ok: true, problems: [] })
    await audit.stop()
    await own.close()
  })

  it('that retention deletes while the log is checked is not missing; what is missing is, then as well', async () => {
    const { audit, content, pass, retainAll: catchUp } = await begin(store, { eventDays: 100 })
    const fill = () => Promise.all(Array.from({ length: 1024 }, () => audit.append({ kind: 'test.made' })))
    /** So many blocks of different days, of which the oldest is over on the next day, and then one each day. */
    const days = async (blocks: number) => {
      for (let i = 0; i < blocks; i++) {
        await fill()
        pass(1)
      }
      pass(99.9 - blocks)
      await catchUp()
    }
    const retainAll = async (blocks: number) => {
      for (let i = 0; i < blocks; i++) {
        pass(1)
        await content.retain()
      }
    }
    const { floor: before } = await readHead(store.db)
    for (let i = 0; i < 3; i++) {
      await days(4)
      const [result] = await Promise.all([audit.verify(), retainAll(4)])
      expect(result).toMatchObject({ ok: true, problems: [] })
    }
    expect((await readHead(store.db)).floor).toBeGreaterThan(before + 8 * 1024)
    // An export that has begun with what is deleted meanwhile is cut off, rather than a record that seems robbed.
    await days(3)
    const read = async () => {
      let pieces = 0
      for await (const _ of audit.archive()) if (++pieces === 3) await retainAll(3)
    }
    await expect(read()).rejects.toMatchObject({ code: 'not_possible' })
    // Taken out by somebody else.
    await days(4)
    const guard = database.name === 'sqlite' ? 'audit_event_floor' : 'audit_event_guard on audit_event'
    await store.atomic(() => [{ sql: `drop trigger ${guard}`, parameters: [] }])
    const { floor, size } = await readHead(store.db)
    const rob = (from: number, to: number) =>
      store.transaction((trx) =>
        trx.deleteFrom('audit_event').where('position', '>=', from).where('position', '<', to).execute(),
      )
    const late = size - (size % TILE)
    await rob(late - TILE, late)
    const [robbed] = await Promise.all([audit.verify(), retainAll(3)])
    expect(robbed.ok).toBe(false)
    expect(robbed.problems[0]).toMatchObject({ kind: 'missing', from: late - TILE })
    await rob(floor + 2048, floor + 3072)
    const raise = (to: number) => store.transaction((trx) => trx.updateTable('audit_head').set({ floor: to }).execute())
    const checked = audit.verify()
    for (let i = 1; i < 9; i++) await raise(floor + 2048 + i * 128)
    expect((await checked).problems.map(({ kind }) => kind)).toContain('missing')
    expect((await audit.verify()).problems.map(({ kind }) => kind)).toContain('missing')
    await audit.stop()
  })
})

it('is in no file of the data folder, before or after it is erased', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-content-'))
  const store = await openStore({ file: join(folder, 'data.db'), keyHex: '5a'.repeat(32), report })
  const { audit, content, talk } = await begin(store)
  await talk('erika', CANARY, CANARY, all)
  const found = () =>
    readdirSync(folder).filter((name) => {
      const bytes = readFileSync(join(folder, name))
      return [CANARY, 'PLANTED', Buffer.from(CANARY).toString('base64').slice(0, 20)].some((text) =>
        bytes.includes(text),
      )
    })
  expect(found()).toEqual([])
  await content.erase('User::"erika"', actor)
  expect(found()).toEqual([])
  expect(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).length])).toContainEqual([
    'data.db-wal',
    0,
  ])
  await audit.stop()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})
