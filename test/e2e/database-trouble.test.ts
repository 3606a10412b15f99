// PostgreSQL that is there and does not let itself be worked on, in the middle of calls: they stop with a code that says so, go on by
// themselves when it mends, and each one that was answered has its record.
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { postgres } from '../contract/databases.ts'
import { json, startScripted } from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'

const database = postgres()
let upstream: Awaited<ReturnType<typeof startScripted>>
let gateway: TestGateway
let owner: pg.Client
/** The same, in the database of the gateway. */
let inside: pg.Client
const run = async (text: string) => (await owner.query(text)).rows

beforeAll(async () => {
  await database.start()
  await (await database.open()).close()
  const url = new URL(database.url() as string)
  owner = new pg.Client(url.href)
  await owner.connect()
  await run(`create role gateway login password 'postgres'`)
  await run(`create database gateway owner gateway`)
  url.pathname = '/gateway'
  inside = new pg.Client(url.href)
  await inside.connect()
  url.username = 'gateway'
  upstream = await startScripted((response, received) =>
    json(
      received.method === 'GET'
        ? { data: [{ id: 'm' }] }
        : {
            ...{ id: 'x', object: 'chat.completion', created: 1, model: 'm' },
            choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hi' } }],
          },
    )(response, received),
  )
  gateway = await startGateway({
    database: url.href,
    upstreams: [{ name: 'up', kind: 'openai', url: upstream.url }],
    models: [{ name: 'm', upstream: 'up' }],
  })
}, 60_000)
afterAll(async () => {
  await gateway.close()
  await owner.end()
  await inside.end()
  await upstream.close()
  await database.stop()
}, 60_000)

const others = `from pg_stat_activity where usename = 'gateway' and pid <> pg_backend_pid()`
const system = (text: string) => async () => {
  await run(`alter system ${text}`)
  await run('select pg_reload_conf()')
}
const role = (text: string) => async () => {
  await run(`alter role gateway ${text}`)
  await run(`select pg_terminate_backend(pid) ${others}`)
}
/** Somebody holds what every append needs. */
const lock = async () => {
  await role(`set lock_timeout = '100ms'`)()
  await inside.query('begin; lock table audit_head')
}
const unlock = async () => {
  await inside.query('rollback')
  await role('reset lock_timeout')()
}

/** A right that was given is taken away, in the database of the gateway. */
const right = (text: string) => () => inside.query(`${text} gateway`)

/** What the log holds of a call. */
const kindsOf = async (id: string): Promise<string[]> => {
  const { rows } = await inside.query<{ body: string }>('select body from audit_event order by position')
  const events = rows.flatMap(({ body }) => body.split('\n')).filter((line) => line.includes(id))
  return events.map((line) => (JSON.parse(line) as { kind: string }).kind)
}

it.each([
  [
    'may be read only, at once',
    system('set default_transaction_read_only = on'),
    system('reset default_transaction_read_only'),
  ],
  [
    'may be read only, by new connections',
    role('set default_transaction_read_only = on'),
    role('reset default_transaction_read_only'),
  ],
  ['gives no connection', role('connection limit 0'), role('connection limit -1')],
  ['does not let us in', role('nologin'), role('login')],
  ['has no time for a statement', role('set statement_timeout = 1'), role('reset statement_timeout')],
  ['waits for a lock no longer', lock, unlock],
  ['takes a right away', right('revoke insert on audit_event from'), right('grant insert on audit_event to')],
])('%s', { timeout: 90_000 }, async (_, begin, end) => {
  const seen = new Set<string>()
  const answered: string[] = []
  const one = async (): Promise<string> => {
    const response = await gateway.call('/v1/chat/completions', chat('m'))
    const { error } = (await response.json()) as { error?: { code: string } }
    if (error === undefined) answered.push(response.headers.get('x-request-id') ?? '')
    const outcome = error?.code ?? 'answered'
    seen.add(outcome)
    return outcome
  }
  expect(await one()).toBe('answered')
  await begin()
  await expect.poll(one, { timeout: 10_000, interval: 5 }).not.toBe('answered')
  const [before, sent] = [answered.length, upstream.calls.length]
  for (const until = performance.now() + 4000; performance.now() < until; ) await one()
  expect(answered).toHaveLength(before)
  expect(upstream.calls.length, 'nothing is sent that is not recorded').toBe(sent)
  seen.delete('answered')
  for (const code of seen) expect(['audit_unavailable', 'store_unavailable', 'node_stale']).toContain(code)
  await end()
  await expect.poll(one, { timeout: 15_000, interval: 50 }).toBe('answered')
  for (const id of answered)
    await expect.poll(() => kindsOf(id), { timeout: 5000 }).toEqual(['call.decided', 'call.finished'])
})
