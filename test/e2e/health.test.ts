// /metrics, /healthz and /readyz on the real gateway: who may look, what they say, and that readiness goes and comes back
// with the database, the log and the process.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../contract/databases.ts'
import { proxyTo } from '../contract/proxy.ts'
import { freePort } from '../free-port.ts'
import { parseExposition } from '../generators/exposition.ts'
import { json, type Script, type ScriptedUpstream, startScripted } from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'

const SECRET = 'planted-7Qm2-secret'
const PATHS = ['/metrics', '/healthz', '/readyz'] as const

const chatAnswer = (content: string) => ({
  id: 'x',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 5, completion_tokens: 6, total_tokens: 11 },
})

const answers: Script = (response, received) =>
  received.method === 'GET'
    ? json({ object: 'list', data: [] })(response, received)
    : json(chatAnswer(`a few words and ${SECRET}`))(response, received)

let upstream: ScriptedUpstream
beforeAll(async () => {
  upstream = await startScripted(answers)
})
afterAll(() => upstream.close())

const settings = () => ({
  upstreams: [{ name: 'up', url: upstream.url }],
  models: [{ name: 'm', upstream: 'up', groups: ['prod'] }],
})
const get = (url: string, key?: string) =>
  fetch(url, { headers: key === undefined ? {} : { authorization: `Bearer ${key}` } })
const statuses = (url: string, key?: string) =>
  Promise.all(PATHS.map(async (path) => (await get(url + path, key)).status))

describe('one node', () => {
  let gateway: TestGateway
  const admin = async (path: string, body: unknown) =>
    (await gateway.call(`/admin/v1${path}`, body)).json() as Promise<Record<string, string>>
  const keyFor = async (role: string | undefined, more: Record<string, unknown> = {}) => {
    const name = `s${Math.random().toString(36).slice(2, 8)}`
    await admin('/services', { name })
    if (role !== undefined) await admin(`/roles/${role}/assignments`, { holder: `Service:${name}` })
    return (await admin('/keys', { owner: `Service:${name}`, name: 'scrape', ...more })).key ?? ''
  }
  const metricsText = async () => (await get(`${gateway.url}/metrics`, gateway.key)).text()
  const labelsOf = (text: string) =>
    Object.fromEntries(parseExposition(text).samples.map(({ name, labels }) => [name, Object.keys(labels).sort()]))
  const seriesOf = (text: string) =>
    parseExposition(text).samples.map(({ name, labels }) => `${name} ${JSON.stringify(labels).replaceAll('":"', '="')}`)
  beforeAll(async () => {
    gateway = await startGateway({ ...settings(), probeListen: '127.0.0.1:0' })
  })
  afterAll(() => gateway.close())

  it('tells a stranger, and whom no rule names, nothing', async () => {
    expect(await statuses(gateway.url)).toEqual([401, 401, 401])
    expect(await statuses(gateway.url, 'spk_nonsense')).toEqual([401, 401, 401])
    expect(await statuses(gateway.url, await keyFor(undefined))).toEqual([403, 403, 403])
    // Who may use models may not look at the gateway; a key narrowed to calls may not either.
    expect(await statuses(gateway.url, await keyFor('user'))).toEqual([403, 403, 403])
    expect(await statuses(gateway.url, await keyFor('operator', { actions: ['chat'] }))).toEqual([403, 403, 403])
    for (const path of PATHS) {
      expect((await gateway.call(path, {})).status, `POST ${path}`).toBe(404)
      expect((await get(`${gateway.url}${path}/`, gateway.key)).status, `${path}/`).toBe(404)
    }
  })

  it('answers whom a rule names, also with a key that is good for nothing else', async () => {
    const key = await keyFor('operator', { actions: ['show'] })
    expect(await statuses(gateway.url, key)).toEqual([200, 200, 200])
    expect(await (await get(`${gateway.url}/readyz`, key)).text()).toBe('store ok\naudit ok\nrules ok\nrunning ok\n')
    expect([403, 404]).toContain((await gateway.call('/v1/chat/completions', chat('m'), { key })).status)
  })

  it('counts calls as Prometheus reads it, without a word of content, a name or a secret', async () => {
    const key = await keyFor('user')
    for (let i = 0; i < 3; i++)
      expect((await gateway.call('/v1/chat/completions', { ...chat('m'), user: SECRET }, { key })).status).toBeLessThan(
        500,
      )
    const words = [{ role: 'user', content: `keep ${SECRET}` }]
    expect((await gateway.call('/v1/chat/completions', { model: 'm', messages: words }, { key })).status).toBe(200)
    expect((await gateway.call('/v1/chat/completions', chat(SECRET), { key })).status).toBe(404)
    expect((await gateway.call('/v1/chat/completions', chat('m'), { key: SECRET })).status).toBe(401)
    expect((await gateway.call('/api/pull', { model: SECRET, stream: false })).status).toBeGreaterThan(399)
    const text = await expect
      .poll(async () => (await get(`${gateway.url}/metrics`, gateway.key)).text())
      .toMatch(/sallyport_calls_total\{action="pull"/)
      .then(async () => (await get(`${gateway.url}/metrics`, gateway.key)).text())
    const { samples } = parseExposition(text)
    const value = (name: string, labels: Record<string, string>) =>
      samples.find(
        (one) => one.name === name && Object.entries(labels).every(([label, wanted]) => one.labels[label] === wanted),
      )?.value
    expect(value('sallyport_calls_total', { action: 'chat', model: 'm', outcome: 'served' })).toBeGreaterThan(0)
    expect(value('sallyport_call_faults_total', { code: 'model_not_found' })).toBeGreaterThan(0)
    expect(value('sallyport_call_faults_total', { code: 'invalid_api_key' })).toBe(1)
    expect(value('sallyport_calls_total', { action: 'pull', model: 'other' })).toBe(1)
    expect(value('sallyport_send_seconds_count', { action: 'chat' })).toBeGreaterThan(0)
    expect(value('sallyport_first_output_seconds_count', { model: 'm' })).toBeGreaterThan(0)
    expect(value('sallyport_ready', { check: 'store' })).toBe(1)
    expect(value('sallyport_upstream_up', { upstream: 'up' })).toBe(1)
    expect(value('sallyport_audit_commit_seconds_count', {})).toBeGreaterThan(0)
    expect(value('sallyport_streams', {})).toBe(0)
    for (const never of [SECRET, key, gateway.key, 'User::', 'Service::', '127.0.0.1'])
      expect(text, never).not.toContain(never)
  })

  it('has the numbers of the contract under their names, with these labels and no others', async () => {
    await gateway.call('/v1/chat/completions', {
      model: 'm',
      messages: [{ role: 'user', content: 'write to ada.lovelace@example.org' }],
    })
    await expect
      .poll(async () => labelsOf(await metricsText()))
      .toMatchObject({
        sallyport_decisions_total: ['decision', 'model_tag', 'reason'],
        sallyport_decision_seconds_count: [],
        sallyport_first_byte_overhead_seconds_count: [],
        sallyport_streams: [],
        sallyport_masked_total: ['kind'],
        sallyport_audit_lag_entries: [],
        sallyport_policy_version_info: ['digest', 'version'],
      })
    const { samples, types } = parseExposition(await metricsText())
    expect(samples.some(({ labels }) => labels.model_tag === 'prod' && labels.decision === 'allow')).toBe(true)
    expect([types.get('sallyport_stream_cuts_total'), types.get('sallyport_revocation_propagation_seconds')]).toEqual([
      'counter',
      'histogram',
    ])
  })

  it('takes no label from callers, wherever they write a name of their own', async () => {
    const evil = () => `evil${Math.random().toString(36).slice(2)}`
    const before = new Set(seriesOf(await metricsText()))
    const key = await keyFor('user')
    const headers = () => ({
      'x-sallyport-session': evil(),
      'x-request-id': evil(),
      'user-agent': evil(),
      origin: evil(),
    })
    const tools = () => [{ type: 'function', function: { name: evil(), parameters: { type: 'object' } } }]
    const bodies: [string, () => unknown][] = [
      ['/v1/chat/completions', () => chat(evil())],
      ['/v1/chat/completions', () => chat(`m:${evil()}`)],
      ['/v1/chat/completions', () => chat('m', { tools: tools(), user: evil(), metadata: { [evil()]: evil() } })],
      ['/v1/chat/completions', () => ({ model: 'm', messages: [{ role: evil(), content: 'x' }] })],
      ['/v1/embeddings', () => ({ model: evil(), input: 'x' })],
      ['/api/pull', () => ({ model: evil(), stream: false })],
      ['/api/copy', () => ({ source: evil(), destination: evil() })],
      ['/api/show', () => ({ model: evil() })],
      ['/admin/v1/requests', () => ({ role: evil(), reason: evil(), seconds: 60 })],
      ['/admin/v1/grants/break-glass', () => ({ role: evil(), reason: evil(), seconds: 60 })],
      ['/admin/v1/explain', () => ({ principal: `User:${evil()}`, action: evil(), resource: `Model:${evil()}` })],
      [`/${evil()}`, () => ({})],
      [`/admin/v1/${evil()}`, () => ({})],
    ]
    for (const as of [key, gateway.key, evil()])
      for (let round = 0; round < 3; round++)
        for (const [path, body] of bodies) await gateway.call(path, body(), { key: as, headers: headers() })
    // What came last is counted when its call has ended in the log.
    await expect.poll(metricsText).toMatch(/sallyport_calls_total\{action="copy"/)
    const added = seriesOf(await metricsText()).filter((one) => !before.has(one))
    expect(added.filter((one) => one.includes('evil'))).toEqual([])
    expect(added.some((one) => one.includes('model="other"') || one.includes('model_tag="other"'))).toBe(true)
  })

  it('is refused in the log, and looked at without filling it', async () => {
    const events = async () =>
      (
        (await (await gateway.call('/admin/v1/audit?limit=200', undefined, { method: 'GET' })).json()) as {
          items: { kind: string; subject?: string }[]
        }
      ).items.filter(({ subject }) => subject === 'route/metrics')
    const before = (await events()).length
    for (let i = 0; i < 5; i++) await get(`${gateway.url}/metrics`, gateway.key)
    expect((await events()).length).toBe(before)
    await get(`${gateway.url}/metrics`)
    expect((await events()).length).toBe(before + 1)
  })
})

describe('an address for probes', () => {
  it('says yes or no and nothing else, to anybody, until the end', async () => {
    const port = await freePort()
    const probe = `http://127.0.0.1:${port}`
    const gateway = await startGateway({ ...settings(), probeListen: `127.0.0.1:${port}` })
    try {
      expect(await statuses(probe)).toEqual([404, 200, 200])
      expect(await (await get(`${probe}/readyz`)).text()).toBe('ready\n')
      expect((await get(`${probe}/v1/models`, gateway.key)).status).toBe(404)
      expect((await get(`${probe}/admin/v1/nodes`, gateway.key)).status).toBe(404)
    } finally {
      upstream.script = (response, received) => {
        if (received.method === 'GET') return json({ object: 'list', data: [] })(response, received)
        setTimeout(() => void json(chatAnswer('late'))(response, received), 700)
      }
      // While a call still runs the node stops: not ready, and alive.
      const running = gateway.call('/v1/chat/completions', chat('m'))
      await new Promise((resolve) => setTimeout(resolve, 100))
      const closed = gateway.close()
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(await statuses(probe)).toEqual([404, 200, 503])
      expect((await running).status).toBe(200)
      await closed
      upstream.script = answers
      await expect(get(`${probe}/healthz`)).rejects.toThrow()
    }
  })
})

describe('a node on PostgreSQL', () => {
  const database = postgres()
  beforeAll(() => database.start())
  afterAll(() => database.stop())

  it('is not ready while the database is gone, is alive all the same, and comes back by itself', {
    timeout: 60_000,
  }, async () => {
    await (await database.open()).close()
    const proxy = await proxyTo(database.url() ?? '')
    const gateway = await startGateway({ ...settings(), database: proxy.url, node: { staleAfterSeconds: 1 } })
    const all = () => statuses(gateway.url, gateway.key)
    try {
      expect(await all()).toEqual([200, 200, 200])
      for (const state of ['cut', 'hole'] as const) {
        proxy.set(state)
        // Metrics need rights that are known to be true; that the node is alive does not.
        await expect.poll(all, { timeout: 10_000 }).toEqual([503, 200, 503])
        expect(await (await get(`${gateway.url}/readyz`, gateway.key)).text()).toContain('store FAIL')
        proxy.set('open')
        await expect.poll(all, { timeout: 20_000 }).toEqual([200, 200, 200])
      }
      const { samples } = parseExposition(await (await get(`${gateway.url}/metrics`, gateway.key)).text())
      expect(samples.find(({ name }) => name === 'sallyport_feed_age_seconds')?.value).toBeLessThan(1)
    } finally {
      proxy.set('open')
      await gateway.close()
      await proxy.close()
    }
  })
})
