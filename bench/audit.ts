// What the audit log costs and holds: events per second against a bare batch insert, CPU per call over all threads,
// latency at a steady rate, and questions to a million rows. `node bench/audit.ts [write|query] [sqlite|postgres] [rows]`
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAudit } from '../src/audit/index.ts'
import { type Caller, createIds, type Decision, NO_DUTIES, systemClock, systemRandom } from '../src/core/index.ts'
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
const ROUNDS = 12
const ROUND_MS = 400
const quantile = (sorted: readonly number[], q: number): number => sorted[Math.floor((sorted.length - 1) * q)] ?? 0

async function call(audit: ReturnType<typeof createAudit>, i: number): Promise<void> {
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
  await record.finish({
    usage: { inputTokens: 200, outputTokens: 120 },
    data: { outputBytes: 512, scannedOut: 512, firstByteMs: 41.2 },
  })
}

/** The floor: texts of the log put into the same kind of table of the same database in batches, with nothing round it. */
async function createBare(store: Store, audit: ReturnType<typeof createAudit>) {
  await store.transaction((trx) =>
    trx.schema
      .createTable('bare')
      .addColumn('n', 'bigint', (c) => c.primaryKey())
      .addColumn('body', 'text')
      .execute(),
  )
  const texts: string[] = []
  for await (const piece of audit.archive({ to: 4096 })) {
    texts.push(...piece.split('\n').filter((line) => line.startsWith('{"action"')))
  }
  const mark = (n: number) => (store.dialect === 'sqlite' ? '?' : `$${n}`)
  let n = 0
  return async (milliseconds: number, batch: number) => {
    const sql = `insert into bare (n, body) values ${Array.from({ length: batch }, (_, i) => `(${mark(2 * i + 1)},${mark(2 * i + 2)})`).join(',')}`
    const cpu = process.cpuUsage()
    const [first, begin] = [n, performance.now()]
    while (performance.now() - begin < milliseconds) {
      await store.atomic(() => [
        { sql, parameters: Array.from({ length: batch }, (_, i) => [n + i, pick(texts, n + i)]).flat() },
      ])
      n += batch
    }
    const used = process.cpuUsage(cpu)
    return {
      perSecond: (n - first) / ((performance.now() - begin) / 1000),
      cpuUs: (used.user + used.system) / (n - first),
    }
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
  const saturate = async (milliseconds: number, inFlight: number) => {
    let calls = 0
    const cpu = process.cpuUsage()
    const begin = performance.now()
    const lane = async () => {
      while (performance.now() - begin < milliseconds) await call(audit, calls++)
    }
    await Promise.all(Array.from({ length: inFlight }, lane))
    const seconds = (performance.now() - begin) / 1000
    const used = process.cpuUsage(cpu)
    return { perSecond: calls / seconds, cpuUs: (used.user + used.system) / calls }
  }
  await saturate(3000, 64)
  const bare = await createBare(store, audit)
  // In turn, in short rounds: a disk or a neighbour that is quiet now is not in a second.
  for (const inFlight of [1, 16, 64, 256]) {
    const rounds: { floor: Awaited<ReturnType<typeof bare>>; log: Awaited<ReturnType<typeof saturate>> }[] = []
    for (let round = 0; round < ROUNDS; round++) {
      rounds.push({ floor: await bare(ROUND_MS, inFlight), log: await saturate(ROUND_MS, inFlight) })
    }
    const mean = (of: (round: (typeof rounds)[number]) => number) =>
      rounds.reduce((sum, one) => sum + of(one), 0) / ROUNDS
    const [events, floor] = [2 * mean(({ log }) => log.perSecond), mean((round) => round.floor.perSecond)]
    print(
      `${inFlight} in flight: ${events.toFixed(0)} durable events/s, ${(events / floor).toFixed(2)} of a bare insert of ${inFlight} a batch (${floor.toFixed(0)} rows/s); CPU ${mean(({ log }) => log.cpuUs).toFixed(1)} µs per call, ${(2 * mean((round) => round.floor.cpuUs)).toFixed(1)} µs per two bare rows`,
    )
  }
  const times: number[] = []
  await new Promise<void>((resolve) => {
    let started = 0
    const timer = setInterval(() => {
      const at = performance.now()
      void call(audit, started++).then(() => times.push(performance.now() - at))
      if (started === 1000) {
        clearInterval(timer)
        setTimeout(resolve, 500)
      }
    }, 5)
  })
  times.sort((a, b) => a - b)
  print(
    `200 calls/s, both events of a call: p50 ${quantile(times, 0.5).toFixed(2)} ms, p99 ${quantile(times, 0.99).toFixed(2)} ms`,
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
