// Sessions apart: what keeps them so is told to the runtime, and where a runtime keeps nothing apart a rule can refuse the
// call. Pieces of a stream can be padded so that their sizes do not tell tokens.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chatChunks, json, type ScriptedUpstream, sse, startScripted } from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-isolation-'))
const policies = join(folder, 'policies')
mkdirSync(policies)
copyFileSync('policies/schema.cedarschema', join(policies, 'schema.cedarschema'))
writeFileSync(
  join(policies, 'rules.cedar'),
  `@id("everything") @why("This test is about caches.")
permit (principal, action, resource);
@id("apart") @why("Sessions share no cache.")
forbid (principal, action in Action::"use", resource is Model)
unless { resource has isolated && resource.isolated };
`,
)

let upstream: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  upstream = await startScripted(json({ object: 'list', data: [] }))
  gateway = await startGateway({
    policies,
    upstreams: ['openai', 'vllm', 'llamacpp', 'ollama'].map((kind) => ({ name: kind, kind, url: upstream.url })),
    models: ['openai', 'vllm', 'llamacpp', 'ollama'].map((kind) => ({ name: kind, upstream: kind })),
    guard: { names: false, padding: true },
  })
  upstream.script = sse(...chatChunks(['I', ' am', ' a', ' model', ' of', ' many', ' words', '.']))
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

const ask = async (model: string, content = 'hello') => {
  const before = upstream.calls.length
  const response = await gateway.call('/v1/chat/completions', {
    ...chat(model, { messages: [{ role: 'user', content }] }),
    stream: true,
  })
  const text = await response.text()
  const sent = upstream.calls.slice(before).find(({ path }) => path.includes('completions'))
  return { status: response.status, text, sent: JSON.parse(sent?.body ?? '{}') as Record<string, unknown> }
}

it('refuses a runtime that keeps sessions together, before a byte is sent', async () => {
  for (const model of ['openai', 'ollama']) {
    const { status, sent } = await ask(model)
    expect(status, model).toBe(403)
    expect(sent).toEqual({})
  }
})

it('tells the others to keep them apart', async () => {
  const vllm = await ask('vllm')
  expect(vllm.status).toBe(200)
  expect(vllm.sent.cache_salt).toMatch(/^[\w-]{43}$/)
  // The same beginning is the same conversation, another one is not.
  expect((await ask('vllm')).sent.cache_salt).toBe(vllm.sent.cache_salt)
  expect((await ask('vllm', 'good day')).sent.cache_salt).not.toBe(vllm.sent.cache_salt)
  expect((await ask('llamacpp')).sent.cache_prompt).toBe(false)
})

it('pads the pieces of a stream', async () => {
  const { text } = await ask('vllm')
  const pieces = text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)) as { choices: { delta: { content?: string } }[] })
    .map(({ choices }) => choices[0]?.delta.content ?? '')
    .filter((piece) => piece !== '')
  expect(pieces.join('')).toBe('I am a model of many words.')
  expect(pieces.slice(0, -1).every((piece) => piece.length === 16)).toBe(true)
})

it('a session of somebody else is refused, and the log says which one was tried', async () => {
  const admin = async (path: string, body: unknown) => (await gateway.call(`/admin/v1${path}`, body)).json()
  await admin('/users', { name: 'mallory' })
  const { key } = (await admin('/keys', { owner: 'User:mallory', name: 'k' })) as { key: string }
  const theirs = (await gateway.call('/v1/chat/completions', chat('vllm', { stream: true }))).headers.get(
    'x-sallyport-session',
  )
  const send = (session: string) =>
    gateway.call('/v1/chat/completions', chat('vllm'), { key, headers: { 'x-sallyport-session': session } })
  expect((await send(theirs ?? '')).status).toBe(403)
  const { items } = (await (
    await gateway.call(`/admin/v1/audit?principal=${encodeURIComponent('User::"mallory"')}`, {}, { method: 'GET' })
  ).json()) as { items: { reason: string; data: object }[] }
  expect(items[0]).toMatchObject({ reason: 'session_mismatch', data: { triedSession: theirs } })
})
