// One answer, two roles: a field that one may see is masked for the other, streamed and whole, and what is left is JSON of
// the same types. The record counts as scanned exactly what left.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chatChunks, json, type ScriptedUpstream, sse, startScripted } from '../upstream/scripted.ts'
import { chat, startGateway, type TestGateway } from './harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-fields-'))
const policies = join(folder, 'policies')
mkdirSync(policies)
copyFileSync('policies/schema.cedarschema', join(policies, 'schema.cedarschema'))
writeFileSync(
  join(policies, 'rules.cedar'),
  `@id("everything") @why("This test is about data.")
permit (principal, action, resource) unless { resource is DataClass };

@id("data-passes") @why("Data passes.") @treat("pass")
permit (principal, action in Action::"data", resource);

@id("salaries") @why("Salaries are for the payroll office.") @treat("mask")
permit (principal, action == Action::"receive", resource in DataClass::"salary")
unless { principal in Role::"payroll" };
`,
)
writeFileSync(
  join(policies, 'data-classes.yaml'),
  'classes:\n  salary:\n    title: What somebody earns\n    fields: [customer.salary, customer.bonus]\n',
)

const ROW = { customer: { name: 'Ann', salary: 51234, bonus: 'about 7000', since: 2019 }, note: 'salary: see above' }

let upstream: ScriptedUpstream
let gateway: TestGateway
const keys: Record<string, string> = {}

beforeAll(async () => {
  upstream = await startScripted(json({ object: 'list', data: [] }))
  gateway = await startGateway({
    policies,
    upstreams: [{ name: 'up', url: upstream.url }],
    models: [{ name: 'm', upstream: 'up' }],
    guard: { names: false },
  })
  const admin = async (path: string, body: unknown) => {
    const response = await gateway.call(`/admin/v1${path}`, body)
    expect(response.status, path).toBeLessThan(300)
    return (await response.json()) as { key: string }
  }
  for (const name of ['pia', 'sam']) {
    await admin('/users', { name })
    keys[name] = (await admin('/keys', { owner: `User:${name}`, name: 'k' })).key
  }
  await admin('/roles', { name: 'payroll', description: 'Sees what people earn.' })
  await admin('/roles/payroll/assignments', { holder: 'User:pia' })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

const answer = async (key: string | undefined, stream: boolean, said = JSON.stringify(ROW)): Promise<string> => {
  upstream.script = stream
    ? sse(...chatChunks(said.match(/[\s\S]{1,3}/g) ?? []))
    : json({
        id: 'x',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices: [{ index: 0, message: { role: 'assistant', content: said }, finish_reason: 'stop' }],
      })
  const response = await gateway.call(
    '/v1/chat/completions',
    { ...chat('m'), stream },
    key === undefined ? {} : { key },
  )
  const text = await response.text()
  if (!stream)
    return (JSON.parse(text) as { choices: { message: { content: string } }[] }).choices[0]?.message.content ?? ''
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)) as { choices: { delta: { content?: string } }[] })
    .map(({ choices }) => choices[0]?.delta.content ?? '')
    .join('')
}

it.each([true, false])('shows a field to one role and masks it for another (streamed: %s)', async (stream) => {
  expect(JSON.parse(await answer(keys.pia, stream))).toEqual(ROW)
  expect(JSON.parse(await answer(keys.sam, stream))).toEqual({
    ...ROW,
    customer: { ...ROW.customer, salary: 0, bonus: '[salary]' },
  })
})

it.each([true, false])(
  'hides it also where the row stands in a text or a block of code (streamed: %s)',
  async (stream) => {
    const text = `Here is the row you asked for:\n\n\`\`\`json\n${JSON.stringify(ROW, undefined, 2)}\n\`\`\`\nAnything else?`
    expect(await answer(keys.pia, stream, text)).toBe(text)
    const seen = await answer(keys.sam, stream, text)
    expect(seen).toBe(text.replace('51234', '[salary]').replace('about 7000', '[salary]'))
  },
)

it('hides it where a format joins what a model says and what it refuses with', async () => {
  const [said, refused] = ['{"customer":{"sal', 'ary":51234}}']
  for (const stream of [false, true]) {
    const choice = (delta: object, finish: string | null) => ({
      choices: [{ index: 0, [stream ? 'delta' : 'message']: delta, finish_reason: finish }],
    })
    upstream.script = stream
      ? sse(choice({ content: said }, null), choice({ refusal: refused }, null), choice({}, 'stop'), '[DONE]')
      : json(choice({ content: said, refusal: refused }, 'stop'))
    for (const [path, body] of [
      ['/v1/messages', { max_tokens: 5 }],
      ['/api/chat', {}],
      ['/api/generate', { prompt: 'hello' }],
      ['/v1/completions', { prompt: 'hello' }],
    ] as const) {
      const { messages, ...plain } = { ...chat('m'), ...body, stream }
      const ask = 'prompt' in body ? plain : { ...plain, messages }
      const response = await gateway.call(path, ask, { key: keys.sam as string })
      const text = await response.text()
      expect(text, path).toMatch(/ary|:0/)
      expect(text, path).not.toContain('51234')
    }
  }
})

it('records who got what, and as many bytes scanned as left', async () => {
  await answer(keys.pia, true)
  await answer(keys.sam, true)
  const response = await gateway.call('/admin/v1/audit?limit=10&kind=call.finished', undefined, { method: 'GET' })
  const { items } = (await response.json()) as {
    items: { data: { output: { bytesScanned: number; bytesForwarded: number }; flow: object[] } }[]
  }
  const [sam, pia] = items
  const size = Buffer.byteLength(JSON.stringify(ROW))
  expect(pia?.data.output).toMatchObject({ bytesScanned: size, bytesForwarded: size })
  expect(pia?.data.flow).toContainEqual({ class: 'salary', count: 1, treatment: 'pass', to: 'caller' })
  expect(sam?.data.output.bytesScanned).toBe(size)
  expect(sam?.data.flow).toContainEqual({ class: 'salary', count: 1, treatment: 'mask', to: 'caller' })
  expect(JSON.stringify(items)).not.toContain('51234')
})

it('in other classes than the guard was started with, says so', async () => {
  const active = await gateway.call('/admin/v1/policies/active/files', undefined, { method: 'GET' })
  const { files } = (await active.json()) as { files: { path: string; text: string }[] }
  const send = async (path: string, body: object) =>
    (await (await gateway.call(`/admin/v1/policies${path}`, body)).json()) as { otherClasses?: boolean }
  const others = files.filter((file) => file.path !== 'data-classes.yaml')
  expect(await send('/plan', { files })).not.toHaveProperty('otherClasses')
  expect(await send('/plan', { files: others })).toMatchObject({ otherClasses: true })
  expect(await send('', { files: others, reason: 'x' })).toMatchObject({ otherClasses: true })
  // The guard still finds what these rules know nothing of.
  expect(await answer(keys.sam, false)).not.toContain('51234')
  expect(await send('/1/rollback', { reason: 'x' })).not.toHaveProperty('otherClasses')
})

it('in classes that do not hold, refuses the rules that bring them', async () => {
  const active = await gateway.call('/admin/v1/policies/active/files', undefined, { method: 'GET' })
  const { files } = (await active.json()) as { files: { path: string; text: string }[] }
  const broken = files.map((file) =>
    file.path === 'data-classes.yaml' ? { ...file, text: 'classes:\n  salary:\n    patterns: ["("]\n' } : file,
  )
  const answer = await gateway.call('/admin/v1/policies', { files: broken, reason: 'x' })
  expect(answer.status).toBe(422)
  expect(await answer.text()).toContain('data-classes.yaml')
})
