// Verbs that change what a model server holds, over a real socket: what a model is made of, what stands in its place, and
// every spelling under which a server takes a name for the same model are asked of the rules.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { json, ndjson, type ScriptedUpstream, startScripted } from '../upstream/scripted.ts'
import { startGateway, type TestGateway } from './harness.ts'

const RULES = `
@id("builds") @why("Builders do everything with models but the secret one, which they may only see.")
permit (principal in Role::"builder", action in Action::"manage", resource) unless { resource == Model::"secret:latest" };
@id("copies") @why("Copiers copy.")
permit (principal in Role::"copier", action == Action::"copy", resource);
@id("sees") @why("Both see models.")
permit (principal in Role::"builder", action in Action::"read", resource);
`
const MODELS = ['secret:latest', 'tiny:latest', 'good:latest']

let folder: string
let upstream: ScriptedUpstream
let gateway: TestGateway
let builder: string
let copier: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-manage-'))
  cpSync('policies', folder, { recursive: true })
  writeFileSync(join(folder, 'own.cedar'), RULES)
  upstream = await startScripted((response, received) => {
    const list = { models: MODELS.map((name, i) => ({ name, model: name, digest: String(i).repeat(64), details: {} })) }
    if (received.method === 'GET') return json(list)(response, received)
    return ndjson({ status: 'success' })(response, received)
  })
  gateway = await startGateway({
    policies: folder,
    upstreams: [
      { name: 'up', kind: 'ollama', url: upstream.url },
      { name: 'away', kind: 'ollama', url: 'http://127.0.0.1:9' },
    ],
    models: [{ name: 'quick', upstream: 'up', upstreamName: 'tiny' }],
  })
  for (const name of ['builder', 'copier']) {
    await gateway.call('/admin/v1/roles', { name, description: name })
    await gateway.call('/admin/v1/users', { name })
    await gateway.call(`/admin/v1/roles/${name}/assignments`, { holder: `User:${name}` })
  }
  const keyOf = async (name: string) =>
    String(
      ((await (await gateway.call('/admin/v1/keys', { owner: `User:${name}`, name: 'k' })).json()) as { key: string })
        .key,
    )
  builder = await keyOf('builder')
  copier = await keyOf('copier')
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

const SPELLINGS = [
  'secret',
  'SECRET:latest',
  'library/secret',
  'registry.ollama.ai/library/secret:latest',
  'https://registry.ollama.ai/library/Secret',
]
const ask = async (path: string, body: object, key = builder) => {
  const before = upstream.calls.length
  const response = await gateway.call(path, body, { key, method: path === '/api/delete' ? 'DELETE' : 'POST' })
  const text = await response.text()
  const sent = upstream.calls.slice(before).map((call) => JSON.parse(call.body || '{}') as Record<string, unknown>)
  return { status: response.status, text, sent }
}

describe('a model that is not to be touched', () => {
  it.each(SPELLINGS)('is not, spelled %s', async (name) => {
    for (const [path, body] of [
      ['/api/delete', { model: name }],
      ['/api/pull', { model: name }],
      ['/api/push', { model: name }],
      ['/api/copy', { source: name, destination: 'mine' }],
      ['/api/copy', { source: 'tiny', destination: name }],
      ['/api/create', { model: 'mine', from: name, system: 'be open' }],
      ['/api/create', { model: name, from: 'tiny' }],
    ] as const)
      expect([path, body, await ask(path, body)]).toEqual([
        path,
        body,
        { status: 403, text: expect.any(String), sent: [] },
      ])
  })
})

describe('what is allowed', () => {
  it('is done under the names of the server', async () => {
    expect((await ask('/api/create', { model: 'mine', from: 'quick', system: 'short' })).sent).toMatchObject([
      { model: 'mine', from: 'tiny' },
    ])
    expect((await ask('/api/copy', { source: 'good', destination: 'quick' })).sent).toEqual([
      { source: 'good:latest', destination: 'tiny' },
    ])
    expect((await ask('/api/pull', { model: 'new' })).status).toBe(200)
  })

  it('tells a server nothing to keep that would be hidden from a model', async () => {
    const [mail, token] = ['dana.fox@corp-mail.example', 'ghp_16C7e42F292c6912E7710c838347Ae178B4a']
    for (const more of [
      { system: `Write to ${mail}` },
      { template: `{{ .System }} ${mail}` },
      { license: token },
      { messages: [{ role: 'user', content: `I am ${mail}` }] },
      { parameters: { stop: ['x', mail] } },
      { parameters: { [mail]: 1 } },
    ]) {
      const answer = await ask('/api/create', { model: 'mine', from: 'quick', ...more })
      expect([more, answer]).toEqual([more, { status: 422, text: expect.stringMatching(/cannot be hidden/), sent: [] }])
      expect(answer.text).not.toContain(mail)
    }
    const plain = { system: 'Be short.', template: '{{ .System }}<|im_start|>', parameters: { temperature: 0 } }
    const { status, sent } = await ask('/api/create', { model: 'mine', from: 'quick', ...plain })
    expect([status, sent]).toMatchObject([200, [plain]])
  })

  it('needs a model where one is taken away or sent on', async () => {
    for (const [path, body] of [
      ['/api/delete', { model: 'none' }],
      ['/api/push', { model: 'none' }],
      ['/api/copy', { source: 'none', destination: 'mine' }],
    ] as const)
      expect(await ask(path, body)).toMatchObject({ status: 404, sent: [] })
  })

  it('is not to make a model where only copying is', async () => {
    expect(await ask('/api/copy', { source: 'tiny', destination: 'mine' }, copier)).toMatchObject({
      status: 403,
      sent: [],
    })
  })

  it('is not for a key of some models to make another, whatever they are called', async () => {
    const issued = await gateway.call('/admin/v1/keys', {
      owner: 'User:builder',
      name: 'n',
      models: ['sallyport', 'new'],
    })
    const { key } = (await issued.json()) as { key: string }
    for (const path of ['/api/pull', '/api/create'])
      expect(await ask(path, { model: 'new' }, key)).toMatchObject({ status: 403, sent: [] })
  })

  it('ends with the right to it, and counts as a call that ran on a server', async () => {
    const issued = await gateway.call('/admin/v1/keys', { owner: 'User:builder', name: 'ending' })
    const { id, key } = (await issued.json()) as { id: string; key: string }
    const usual = upstream.script
    let stopped = false
    upstream.script = (response, received) => {
      if (received.method === 'GET') return usual(response, received)
      response.writeHead(200, { 'content-type': 'application/x-ndjson' })
      const timer = setInterval(() => response.write('{"status":"pulling"}\n'), 10)
      response.once('close', () => {
        clearInterval(timer)
        stopped = true
      })
    }
    const pulling = await gateway.call('/api/pull', { model: 'endless' }, { key })
    const text = pulling.text()
    const revoked = await gateway.call(`/admin/v1/keys/${id}/revoke`, { reason: 'x' })
    upstream.script = usual
    const { receipt } = (await revoked.json()) as { receipt: object }
    expect(receipt).toMatchObject({ calls: 1, upstreams: 1 })
    expect((await text).trim().split('\n').at(-1)).toContain('revoked')
    await expect.poll(() => stopped).toBe(true)
  })

  it('is told as failed with a status if nobody streams', async () => {
    const usual = upstream.script
    upstream.script = (response, received) =>
      received.method === 'GET' ? usual(response, received) : json({ error: 'no space' }, 500)(response, received)
    const answer = await ask('/api/pull', { model: 'new', stream: false })
    upstream.script = usual
    expect(answer.status).toBe(502)
    expect(answer.text).not.toContain('no space')
  })
})

it('what is in memory is listed under the names it has here, whatever server is away', async () => {
  const response = await gateway.call('/api/ps', undefined, { key: builder, method: 'GET' })
  const { models } = (await response.json()) as { models: { name: string; expires_at: string }[] }
  expect(models.map(({ name }) => name)).toEqual(['secret:latest', 'quick', 'good:latest'])
  // Its server tells no end.
  expect(Date.parse(models[0]?.expires_at ?? '')).toBeGreaterThan(Date.now())
})

it('what the server of a model cannot is named as the caller wrote it', async () => {
  const refused = async (path: string, body: object) =>
    JSON.stringify(await (await gateway.call(path, { model: 'quick', ...body })).json())
  expect(await refused('/v1/responses', { input: 'x', reasoning: { effort: 'minimal' } })).toContain(
    '"reasoning.effort"',
  )
  const messages = [{ role: 'user', content: 'x' }]
  const tools = [{ name: 'f', input_schema: { type: 'object' } }]
  const alone = { type: 'auto', disable_parallel_tool_use: true }
  expect(await refused('/v1/messages', { messages, max_tokens: 5, tools, tool_choice: alone })).toContain(
    'has no \\"tool_choice.disable_parallel_tool_use\\"',
  )
})
