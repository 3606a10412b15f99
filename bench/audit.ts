// What the audit log costs and holds: events per second against bare batch inserts, CPU over all threads,
// latency at a steady rate, and questions to a million rows. `node bench/audit.ts [write|query] [sqlite|postgres] [rows]`
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAudit } from '../src/audit/index.ts'
import {
  type Caller,
  createIds,
  type Decision,
  type NewEvent,
  NO_DUTIES,
  systemClock,
  systemRandom,
} from '../src/core/index.ts'
import { openStore, type Store } from '../src/store/index.ts'
import { postgres } from '../test/contract/databases.ts'

const { privateKey: signingKey } = generateKeyPairSync('ed25519')
const newId = createIds(systemClock, systemRandom)
const print = (line: string) => process.stdout.write(`${line}\n`)
const report = (error: unknown) => print(String(error))

const people: Caller[] = Array.from({ length: 40 }, (_, i) => ({
  principal: { type: 'User', id: `user${i}` },
  credential: { kind: 'key', id: `K${i}ABCDEFGH`, bound: false },
  address: `10.0.0.${i}`,
  client: 'OpenAI/JS 7.55.0',
}))
const decision: Decision = {
  id: newId('decision'),
  allow: true,
  principal: (people[0] as Caller).principal,
  action: 'chat',
  resource: { type: 'Model', id: 'qwen3:4b' },
  rules: ['users-may-chat'],
  errors: [],
  duties: NO_DUTIES,
  policy: 'sha256:3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  microseconds: 4,
}

const pick = <T>(list: readonly T[], i: number): T => list[i % list.length] as T
const ROUNDS = 5
const ROUND_MS = 1000
const quantile = (sorted: readonly number[], q: number): number => sorted[Math.floor((sorted.length - 1) * q)] ?? 0

/** `waited` is told how long the call had to wait for the log; its ending is written while nobody waits. */
async function call(audit: ReturnType<typeof createAudit>, i: number, waited?: (ms: number) => void): Promise<void> {
  const at = performance.now()
  const record = audit.openCall(newId('call'), { address: '127.0.0.1', data: { path: '/v1/chat/completions' } })
  record.note({ caller: pick(people, i), action: 'chat' })
  record.note({ model: pick(['qwen3:4b', 'llama3:8b', 'gemma:2b'], i) })
  record.note({ session: `ses_${i >> 4}`, decision })
  record.note({
    data: {
      inputBytes: 1024,
      scannedIn: 1024,
      flow: [{ class: 'personal/email', count: 1, treatment: 'mask', to: 'upstream' }],
    },
  })
  await record.decided()
  waited?.(performance.now() - at)
  await record.finish({
    usage: { inputTokens: 200, outputTokens: 120 },
    data: { outputBytes: 512, scannedOut: 512, firstByteMs: 41.2 },
  })
}

type Speed = { perSecond: number; cpuUs: number }

/** Runs for a while; `work` returns how many it did. */
async function speed(milliseconds: number, lanes: number, work: (i: number) => Promise<number>): Promise<Speed> {
  let [done, started] = [0, 0]
  const cpu = process.cpuUsage()
  const begin = performance.now()
  const lane = async () => {
    while (performance.now() - begin < milliseconds) {
      const more = await work(started++)
      done += more // not in one expression: it would add to what there was before the wait
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  const seconds = (performance.now() - begin) / 1000
  const used = process.cpuUsage(cpu)
  return { perSecond: done / seconds, cpuUs: (used.user + used.system) / done }
}

/** What a plain table of events has, so that it can be asked what the log can be asked. */
const COLUMNS = ['time', 'kind', 'principal', 'credential', 'model', 'decision', 'session', 'address'] as const

/**
 * The floors: texts of the log, ready made, put into the same database by the same connection in batches of one transaction
 * each, with nothing round it. Rows: a plain table of events, with columns and two indexes. Texts: number and text alone, of
 * which nothing can be asked.
 */
async function createFloors(store: Store, audit: ReturnType<typeof createAudit>) {
  await store.transaction(async (trx) => {
    const table = (name: string) =>
      trx.schema
        .createTable(name)
        .addColumn('n', 'bigint', (c) => c.primaryKey())
        .addColumn('body', 'text')
    await table('plain_texts').execute()
    let rows = table('plain_rows')
    for (const name of COLUMNS) rows = rows.addColumn(name, name === 'time' ? 'bigint' : 'text')
    await rows.execute()
    await trx.schema.createIndex('rows_who').on('plain_rows').columns(['principal', 'time']).execute()
    await trx.schema.createIndex('rows_what').on('plain_rows').columns(['model', 'time']).execute()
  })
  const texts: string[] = []
  for await (const piece of audit.archive({ to: 4096 })) {
    texts.push(...piece.split('\n').filter((line) => line.startsWith('{"action"')))
  }
  const columns = texts.map((body) => {
    const event = JSON.parse(body) as Record<string, unknown>
    return COLUMNS.map((name) => event[name])
  })
  const mark = (n: number) => (store.dialect === 'sqlite' ? '?' : `$${n}`)
  const floor = (table: string, names: readonly string[], row: (n: number) => readonly unknown[]) => {
    let n = 0
    return (batch: number) => {
      const marks = (r: number) => `(${names.map((_, c) => mark(r * names.length + c + 1)).join(',')})`
      const sql = `insert into ${table} (${names.join(', ')}) values ${Array.from({ length: batch }, (_, r) => marks(r)).join(',')}`
      return async () => {
        await store.atomic(() => [{ sql, parameters: Array.from({ length: batch }, (_, i) => row(n + i)).flat() }])
        n += batch
        return batch
      }
    }
  }
  return {
    rows: floor('plain_rows', ['n', 'body', ...COLUMNS], (n) => [n, pick(texts, n), ...pick(columns, n)]),
    texts: floor('plain_texts', ['n', 'body'], (n) => [n, pick(texts, n)]),
  }
}

async function write(store: Store): Promise<void> {
  const audit = createAudit({
    store,
    clock: systemClock,
    newId,
    node: 'bench',
    origin: 'bench/audit',
    signingKey,
    report,
  })
  await audit.start()
  const calls = (milliseconds: number, lanes: number) =>
    speed(milliseconds, lanes, async (i) => {
      await call(audit, i)
      return 2
    })
  const event = (i: number): NewEvent => ({
    kind: 'call.decided',
    action: 'chat',
    address: `10.0.0.${i % 40}`,
    call: newId('call'),
    credential: `key/K${i % 40}ABCDEFGH`,
    decision: 'allow',
    model: pick(['qwen3:4b', 'llama3:8b', 'gemma:2b'], i),
    policy: decision.policy,
    principal: `User::"user${i % 40}"`,
    rules: decision.rules,
    session: `ses_${i >> 4}`,
    data: {
      client: 'OpenAI/JS 7.55.0',
      decidedInUs: 4,
      decisionId: decision.id,
      flow: [{ class: 'personal/email', count: 1, to: 'upstream', treatment: 'mask' }],
      inputBytes: 1024,
      path: '/v1/chat/completions',
      scannedIn: 1024,
    },
  })
  const events = (milliseconds: number, lanes: number) =>
    speed(milliseconds, lanes, async (i) => {
      await audit.append(event(i))
      return 1
    })
  await calls(3000, 64)
  const { rows, texts } = await createFloors(store, audit)
  // What one leaves in the write-ahead log would be paid for by the next.
  const settle = () => (store.pool ? store.pool.query('checkpoint') : store.scrub())
  // In turn, in short rounds: a disk or a neighbour that is quiet now is not in a second.
  for (const inFlight of [1, 16, 64, 256]) {
    const measured = {
      rows: () => speed(ROUND_MS, 1, rows(inFlight)),
      texts: () => speed(ROUND_MS, 1, texts(inFlight)),
      events: () => events(ROUND_MS, inFlight),
      calls: () => calls(ROUND_MS, inFlight),
    }
    const names = ['rows', 'events', 'texts', 'calls'] as const
    const rounds: Record<(typeof names)[number], Speed[]> = { rows: [], events: [], texts: [], calls: [] }
    for (let round = 0; round < ROUNDS; round++) {
      for (const name of names) {
        await settle()
        rounds[name].push(await measured[name]())
      }
    }
    const mean = (of: (typeof names)[number], what: keyof Speed) =>
      rounds[of].reduce((sum, round) => sum + round[what], 0) / ROUNDS
    print(`${inFlight} in flight`)
    for (const what of ['texts', 'rows', 'events', 'calls'] as const) {
      if (what === 'calls' && inFlight < 8) continue // an ending alone looks for company first
      const perSecond = mean(what, 'perSecond')
      const of = (floor: 'rows' | 'texts') => (perSecond / mean(floor, 'perSecond')).toFixed(2)
      print(
        `  ${what.padEnd(8)} ${perSecond.toFixed(0).padStart(6)}/s, ${of('rows')} of rows, ${of('texts')} of texts, ${mean(what, 'cpuUs').toFixed(1)} µs CPU each`,
      )
    }
  }
  const times: number[] = []
  await new Promise<void>((resolve) => {
    let started = 0
    const timer = setInterval(() => {
      void call(audit, started++, (ms) => times.push(ms))
      if (started === 1000) {
        clearInterval(timer)
        setTimeout(resolve, 500)
      }
    }, 5)
  })
  times.sort((a, b) => a - b)
  print(
    `200 calls/s, until a call may go to its model: p50 ${quantile(times, 0.5).toFixed(2)} ms, p99 ${quantile(times, 0.99).toFixed(2)} ms`,
  )
  await audit.stop()
}

/** A month of calls, written straight into the log; then the questions of an operator. */
async function query(store: Store, rows: number): Promise<void> {
  let now = Date.now() - 30 * 86_400_000
  const clock = { now: () => now, monotonic: systemClock.monotonic }
  const ids = createIds(clock, systemRandom)
  const audit = createAudit({
    store,
    clock,
    newId: ids,
    node: 'bench',
    origin: 'bench/audit',
    signingKey,
    report,
    checkpointMs: 3_600_000,
  })
  await audit.start()
  const step = (30 * 86_400_000) / (rows / 256)
  let rare = ''
  for (let n = 0; n < rows; n += 256) {
    now += step
    const calls = Array.from({ length: 128 }, async (_, i) => {
      const id = ids('call')
      if (n > rows / 2 && rare === '') rare = id
      const k = n + i
      const allow = k % 50 > 0
      const record = audit.openCall(id, { data: { path: '/v1/chat/completions' } })
      record.note({
        caller: pick(people, k % 97 === 0 ? 39 : k % 38),
        action: 'chat',
        model: pick(['qwen3:4b', 'llama3:8b', 'gemma:2b'], k >> 3),
      })
      record.note({
        session: `ses_${k >> 7}`,
        decision: { ...decision, allow, rules: [allow ? 'users-may-chat' : 'no-contractors'] },
      })
      if (allow) await record.decided()
      await record.finish({ usage: { inputTokens: 100 + (k % 900), outputTokens: k % 300 } })
      if (!allow) await audit.append({ kind: 'key.created', principal: 'User::"ana"', subject: `key/${k}` })
    })
    await Promise.all(calls)
  }
  const { size } = await audit.verify({ from: rows })
  print(`${size} events`)
  const end = now
  const day = { since: end - 86_400_000, until: end + 1 }
  const ask = async (name: string, work: () => Promise<number>) => {
    const times: number[] = []
    let found = 0
    for (let i = 0; i < 5; i++) {
      const at = performance.now()
      found = await work()
      times.push(performance.now() - at)
    }
    times.sort((a, b) => a - b)
    print(
      `${name.padEnd(52)} ${String(found).padStart(7)} rows  median ${quantile(times, 0.5).toFixed(1)} ms, worst ${quantile(times, 1).toFixed(1)} ms`,
    )
  }
  const list =
    (filter: Parameters<typeof audit.query>[0], limit = 50) =>
    async () =>
      (await audit.query(filter, { limit })).events.length
  await ask('newest 50', list({}))
  await ask('one principal, newest 50', list({ principal: 'User::"user7"', endings: true }))
  await ask(
    'one principal and model, 7 days, newest 50',
    list({ principal: 'User::"user7"', model: 'gemma:2b', since: end - 7 * 86_400_000 }),
  )
  await ask('denied, newest 100', list({ decision: 'deny' }, 100))
  await ask(
    'denied by one rule to one principal',
    list({ decision: 'deny', rule: 'no-contractors', principal: 'User::"user39"' }),
  )
  await ask('all of one call, in the middle of the month', list({ call: rare }))
  await ask(
    'an address and a time of one hour, 14 days ago',
    list({ address: '10.0.0.7', since: end - 14 * 86_400_000, until: end - 14 * 86_400_000 + 3_600_000 }),
  )
  await ask('text of the reason', list({ text: 'access_den', kind: 'call.finished' }))
  await ask('a principal that is not there', list({ principal: 'User::"nobody"' }))
  await ask(
    'a day: per hour by decision',
    async () => (await audit.count({ ...day, kind: 'call.finished' }, { everyMs: 3_600_000, by: 'decision' })).length,
  )
  await ask(
    'a day: top principals by events',
    async () => (await audit.count({ ...day, kind: 'call.finished' }, { by: 'principal', top: 10 })).length,
  )
  await ask(
    'a day: by rule (not summed)',
    async () => (await audit.count({ ...day, kind: 'call.finished' }, { by: 'rule' })).length,
  )
  await ask(
    'the month: tokens per model and day',
    async () => (await audit.count({ kind: 'call.finished' }, { everyMs: 86_400_000, by: 'model' })).length,
  )
  const at = performance.now()
  const whole = await audit.verify()
  const seconds = (performance.now() - at) / 1000
  print(`verify: ${whole.ok ? 'whole' : 'NOT WHOLE'}, ${(whole.events / seconds).toFixed(0)} events/s`)
  await audit.stop()
}

const [what = 'write', on = 'sqlite', rows = '1000000'] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'))
const server = on === 'postgres' ? postgres() : undefined
await server?.start()
const store = server
  ? await server.open()
  : await openStore({ file: join(folder, 'bench.db'), keyHex: '5a'.repeat(32), report })
try {
  if (what === 'query') await query(store, Number(rows))
  else await write(store)
} finally {
  await store.close()
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
}
