// A budget of tokens that many streams share, with a model server that sends in bursts, as one does when either side is
// slow. Nobody gets text beyond the budget; what is charged goes beyond it by one read of each stream at most, because
// that much the model had said before it could be told to stop.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chatChunks, json, type Script, type ScriptedUpstream, sse, startScripted } from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'

const BUDGET = 3000
const STREAMS = 20
const PIECE = 'abcdefghijklmno pqrs'
/** Pieces in one write, one size after another; characters per token as the gateway estimates them. */
const BURSTS = [1, 7, 2, 12, 5, 9]
const CHARACTERS_PER_TOKEN = 4

const bursts: Script = (response, received) => {
  if (received.method === 'GET') return json({ object: 'list', data: [] })(response, received)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const frame = `data: ${JSON.stringify(chatChunks([PIECE])[1])}\n\n`
  let next = 0
  const timer = setInterval(() => response.write(frame.repeat(BURSTS[next++ % BURSTS.length] ?? 1)), 30)
  response.once('close', () => clearInterval(timer))
}

let upstream: ScriptedUpstream
let gateway: TestGateway
beforeAll(async () => {
  const policies = join(mkdtempSync(join(tmpdir(), 'sallyport-budget-')), 'policies')
  mkdirSync(policies)
  for (const file of readdirSync('policies'))
    if (/\.(cedar|cedarschema)$/.test(file)) cpSync(join('policies', file), join(policies, file))
  writeFileSync(
    join(policies, 'own.cedar'),
    `@id("budget") @why("One budget.") @limit("${BUDGET} tokens/day")\npermit (principal in Role::"budgeted", action in Action::"use", resource is Model);\n`,
  )
  upstream = await startScripted(bursts)
  gateway = await startGateway({
    policies,
    upstreams: [{ name: 'up', url: upstream.url, connections: 100 }],
    models: [
      { name: 'm', upstream: 'up' },
      { name: 'dear', upstream: 'up', aliases: ['dear-too'] },
    ],
    quotas: [
      { name: 'dear', per: 'model', only: 'dear', limit: '2 requests/hour' },
      { name: 'team', per: 'role', only: 'team', limit: '3 requests/hour' },
      { name: 'talk', per: 'session', limit: '22 concurrent' },
    ],
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

it('a prompt that its server still has, and counts as one token, is charged each time', async () => {
  const admin = async (path: string, body: unknown) =>
    (await gateway.call(`/admin/v1${path}`, body)).json() as Promise<{ key: string }>
  await admin('/roles', { name: 'budgeted', description: 'Has a budget.' })
  await admin('/users', { name: 'rene' })
  await admin('/roles/budgeted/assignments', { holder: 'User:rene' })
  const { key } = await admin('/keys', { owner: 'User:rene', name: 'again' })
  const list = json({ object: 'list', data: [] })
  const answer = sse(...chatChunks(['ok'], { prompt_tokens: 1, completion_tokens: 1 }))
  upstream.script = (response, received) => (received.method === 'GET' ? list : answer)(response, received)
  const long = chat('m', { messages: [{ role: 'user', content: 'again and again '.repeat(200) }], max_tokens: 4 })
  const statuses: number[] = []
  while (statuses.length < 5) statuses.push((await gateway.call('/v1/chat/completions', long, { key })).status)
  upstream.script = bursts
  expect(statuses).toEqual([200, 200, 200, 429, 429])
})

it('a budget is not handed out twice, and nothing beyond it is forwarded', { timeout: 60_000 }, async () => {
  const admin = async (path: string, body?: unknown, method = 'POST') =>
    (await gateway.call(`/admin/v1${path}`, body, { method })).json() as Promise<Record<string, never>>
  await admin('/roles', { name: 'budgeted', description: 'Has a budget.' })
  await admin('/users', { name: 'dana' })
  await admin('/roles/budgeted/assignments', { holder: 'User:dana' })
  const { key, id } = (await admin('/keys', { owner: 'User:dana', name: 'load' })) as unknown as Record<string, string>
  const answers = await Promise.all(
    Array.from({ length: STREAMS }, async () => {
      const response = await gateway.call('/v1/chat/completions', chat('m', { stream: true }), { key: key ?? '' })
      return response.text()
    }),
  )
  const forwarded = answers.flatMap((text) =>
    text.split('\n\n').map((frame) => /"content":"((?:[^"\\]|\\.)*)"/.exec(frame)?.[1]?.length ?? 0),
  )
  for (const text of answers) expect(text).toContain('insufficient_quota')
  const got = forwarded.reduce((sum, characters) => sum + characters, 0) / CHARACTERS_PER_TOKEN
  expect(got).toBeLessThanOrEqual(BUDGET)
  const { items } = (await admin(
    `/audit?kind=call.finished&credential=key/${id}&limit=200`,
    undefined,
    'GET',
  )) as unknown as {
    items: { data: { inputTokens?: number; outputTokens?: number } }[]
  }
  const charged = items.reduce((sum, { data }) => sum + (data.inputTokens ?? 0) + (data.outputTokens ?? 0), 0)
  const biggestRead = (Math.max(...BURSTS) * 2 * PIECE.length) / CHARACTERS_PER_TOKEN // two bursts may be read as one
  expect(charged).toBeGreaterThan(BUDGET * 0.9)
  expect(charged).toBeLessThanOrEqual(BUDGET + STREAMS * biggestRead)
  // And that is all there was: the next one is refused before anything is sent.
  const sent = upstream.calls.length
  expect((await gateway.call('/v1/chat/completions', chat('m'), { key: key ?? '' })).status).toBe(429)
  expect(upstream.calls.length).toBe(sent)
})

it('what is answered whole is counted as it comes, and what is not seen as it comes is reserved before', async () => {
  const admin = async (path: string, body?: unknown, method = 'POST') =>
    (await gateway.call(`/admin/v1${path}`, body, { method })).json() as Promise<Record<string, never>>
  await admin('/users', { name: 'erin' })
  await admin('/roles/budgeted/assignments', { holder: 'User:erin' })
  const { key = '', id } = (await admin('/keys', { owner: 'User:erin', name: 'k' })) as unknown as Record<
    string,
    string
  >
  const complete = (more: object) =>
    gateway.call('/v1/completions', { model: 'm', prompt: 'hello', ...more }, { key, headers: {} })
  const sent = upstream.calls.length
  const unbounded = await complete({ best_of: 2 })
  expect([unbounded.status, await unbounded.text()]).toEqual([403, expect.stringContaining('max_tokens')])
  expect((await complete({ best_of: 2, max_tokens: BUDGET / 2 })).status).toBe(429)
  expect(upstream.calls.length).toBe(sent)
  // The model server would go on for ever.
  const whole = await gateway.call('/v1/chat/completions', chat('m', { n: 3 }), { key })
  expect([whole.status, await whole.text()]).toEqual([429, expect.stringContaining('insufficient_quota')])
  const { items } = (await admin(`/audit?kind=call.finished&credential=key/${id}`, undefined, 'GET')) as unknown as {
    items: { data: { inputTokens?: number; outputTokens?: number } }[]
  }
  const charged = items.reduce((sum, { data }) => sum + (data.inputTokens ?? 0) + (data.outputTokens ?? 0), 0)
  expect(charged).toBeGreaterThan(BUDGET * 0.9)
  expect(charged).toBeLessThan(BUDGET * 1.2)
})

it('quotas of a model, a role and a session are shared by all whose calls they count', async () => {
  const admin = async (path: string, body?: unknown) =>
    (await (await gateway.call(`/admin/v1${path}`, body)).json()) as { key: string }
  await admin('/roles', { name: 'team', description: 'Shares a quota.' })
  const keys: string[] = []
  for (const who of ['kim', 'lee', 'max']) {
    await admin('/users', { name: who })
    await admin('/roles/user/assignments', { holder: `User:${who}` })
    if (who !== 'max') await admin('/roles/team/assignments', { holder: `User:${who}` })
    keys.push((await admin('/keys', { owner: `User:${who}`, name: 'k' })).key)
  }
  const [kim = '', lee = '', max = ''] = keys
  const open: Response[] = []
  const ask = async (key: string, model: string, headers: Record<string, string> = {}) => {
    const response = await gateway.call('/v1/chat/completions', chat(model, { stream: true }), { key, headers })
    open.push(response)
    return response
  }
  // A model by any of its names, whoever asks.
  const first = await ask(max, 'dear')
  expect([first.status, first.headers.get('x-ratelimit-remaining-requests')]).toEqual([200, '1'])
  expect((await ask(kim, 'dear-too')).status).toBe(200)
  const refused = await ask(max, 'dear-too')
  expect([refused.status, refused.headers.get('x-ratelimit-limit-requests')]).toEqual([429, '2'])
  // A role, whoever holds it; of `kim` one call is counted already.
  expect([(await ask(kim, 'm')).status, (await ask(lee, 'm')).status, (await ask(lee, 'm')).status]).toEqual([
    200, 200, 429,
  ])
  expect((await ask(max, 'm')).status).toBe(200)
  // A session.
  const talk = await Promise.all(Array.from({ length: 25 }, () => ask(max, 'm', { 'x-sallyport-session': 'talk' })))
  expect(talk.filter(({ status }) => status === 200)).toHaveLength(22)
  expect((await ask(max, 'm', { 'x-sallyport-session': 'other' })).status).toBe(200)
  for (const { body } of open) await body?.cancel()
})
