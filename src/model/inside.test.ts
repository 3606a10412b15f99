import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { schema } from '../config/index.ts'
import type { Delta, ModelRequest } from '../core/index.ts'
import type { Driver } from './driver.ts'
import { createEmbeddedEngine, EMBEDDED, type Engine } from './embedded/index.ts'
import { createInsideDriver } from './inside.ts'
import { openUpstreams } from './open-upstreams.ts'

const file = fileURLToPath(new URL('../../models/demo-q8.gguf', import.meta.url))
let engine: Engine
let driver: Driver
beforeAll(async () => {
  engine = await createEmbeddedEngine({ file })
  driver = createInsideDriver({
    kind: 'embedded',
    name: 'demo',
    files: [file],
    capabilities: EMBEDDED,
    open: () => Promise.resolve(engine),
  })
})
afterAll(() => driver.close())

const request = (over: Partial<ModelRequest> = {}): ModelRequest => ({
  action: 'chat',
  model: 'demo',
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }],
  inputs: [],
  params: { maxTokens: 8, temperature: 0 },
  stream: false,
  ...over,
})
const send = async (over: Partial<ModelRequest> = {}) => {
  const deltas: Delta[] = []
  const options = { signal: new AbortController().signal, session: 's', principal: 'p', bans: [], forbidden: () => [] }
  for await (const batch of await driver.send(request(over), options)) deltas.push(...batch)
  return deltas
}

test('the model behind the driver speaks, ends and counts', async () => {
  const deltas = await send()
  expect(deltas.some((delta) => delta.type === 'text' && delta.text !== '')).toBe(true)
  expect(deltas.filter((delta) => delta.type === 'finish')).toHaveLength(1)
  expect(deltas.at(-1)).toMatchObject({ type: 'usage', usage: { outputTokens: expect.any(Number) } })
  const [model] = await driver.list(new AbortController().signal)
  expect(model).toMatchObject({ name: 'demo', digest: `sha256:${engine.digest}`, contextTokens: engine.contextTokens })
})

test('vectors come one for each input', async () => {
  const deltas = await send({ action: 'embed', messages: [], inputs: ['a', 'b'], params: {} })
  expect(deltas.map((delta) => delta.type)).toEqual(['embedding', 'embedding', 'usage'])
})

test.each<[Partial<ModelRequest>, string]>([
  [{ params: { n: 2 } }, 'n'],
  [{ params: { tools: [{ name: 'f' }] } }, 'tools'],
  [{ params: { logprobs: true } }, 'logprobs'],
  [{ messages: [{ role: 'user', parts: [{ type: 'image', url: 'data:image/png;base64,AA==' }] }] }, 'messages'],
  [{ action: 'complete', messages: [], inputs: ['a', 'b'] }, 'prompt'],
])('%j is refused by name', async (over, param) => {
  await expect(send(over)).rejects.toMatchObject({ code: 'unsupported_parameter', data: { param } })
})

describe('a model file that is exchanged', () => {
  const never = new AbortController().signal
  const options = { signal: never, session: 's', principal: 'p', bans: [], forbidden: () => [] }

  test('is another version: listed as such at once, not served before, and loaded when it is asked for again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-inside-'))
    const own = join(folder, 'model.gguf')
    const original = readFileSync(file)
    writeFileSync(own, original)
    let opened = 0
    const one = createInsideDriver({
      kind: 'embedded',
      name: 'own',
      files: [own],
      capabilities: EMBEDDED,
      open() {
        opened++
        return createEmbeddedEngine({ file: own })
      },
    })
    const say = async () => {
      let text = ''
      for await (const batch of await one.send(request({ model: 'own' }), options))
        for (const delta of batch) if (delta.type === 'text') text += delta.text
      return text
    }
    const digest = async () => (await one.list(never))[0]?.digest
    const first = await digest()
    expect(await say()).not.toBe('')
    // The name inside the file is all that differs.
    const at = original.indexOf('general.name') + 'general.name'.length + 12
    const other = Buffer.from(original)
    other[at] = (other[at] ?? 0) ^ 1
    writeFileSync(own, other)
    await expect(say()).rejects.toMatchObject({ code: 'upstream_unavailable' })
    expect(await digest()).not.toBe(first)
    expect(await say()).not.toBe('')
    expect(opened).toBe(2)
    writeFileSync(own, original)
    expect(await digest()).toBe(first)
    rmSync(own)
    await expect(digest()).rejects.toMatchObject({ code: 'upstream_unavailable' })
    await one.close()
    rmSync(folder, { recursive: true })
  })

  test('that is no model is a problem of its upstream, not of the gateway', async () => {
    const bad = createInsideDriver({
      kind: 'gguf',
      name: 'bad',
      files: [fileURLToPath(import.meta.url)],
      capabilities: EMBEDDED,
      open: () => createEmbeddedEngine({ file: fileURLToPath(import.meta.url) }),
    })
    await expect(bad.send(request({ model: 'bad' }), options)).rejects.toMatchObject({ code: 'upstream_invalid' })
    await expect(bad.list(never)).rejects.toMatchObject({ code: 'upstream_invalid' })
    await bad.close()
  })
})

test('where its data goes is what the settings say', async () => {
  const declared = schema.shape.upstreams.parse([{ name: 'e', kind: 'embedded', file, hosting: 'external' }])
  const [opened] = await openUpstreams(declared, { demo: { name: 'demo', file }, engineFolder: '', report: () => {} })
  await opened?.driver.close()
  expect(opened?.hosting).toBe('external')
})

test('a file that cannot be used refuses to start, and is named', async () => {
  const junk = fileURLToPath(import.meta.url)
  const declared = schema.shape.upstreams.parse([{ name: 'mine', kind: 'embedded', file: junk }])
  const opening = openUpstreams(declared, { demo: { name: 'demo', file }, engineFolder: '', report: () => {} })
  await expect(opening).rejects.toMatchObject({
    code: 'upstream_invalid',
    detail: expect.stringContaining(`"mine", ${junk}`),
  })
})
