// llama.cpp's own server behind the gateway: what it answers, refuses and stops, and how it dies. Needs the program, which npm
// does not have: SALLYPORT_TEST_LLAMA_SERVER names it (Debian: package llama.cpp-tools).
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEmbeddedEngine } from '../../src/model/embedded/index.ts'
import { type Begun, begin, kill, until } from '../audit/processes.ts'
import { startGateway, type TestGateway } from '../e2e/harness.ts'
import { freePort } from '../free-port.ts'

const PROGRAM = process.env.SALLYPORT_TEST_LLAMA_SERVER
const demo = fileURLToPath(new URL('../../models/demo-q8.gguf', import.meta.url))
const DEMO = 'sallyport-demo'
/** Longer than the model was trained for: an answer that goes on until it is stopped. */
const LONG = ['--override-kv', 'llama.context_length=int:65536', '-c', '65536', '--slots']
const ENDLESS = { max_tokens: 15_000, temperature: 1, logit_bias: { 0: -100, 1: -100, 2: -100, 3: -100 } }

interface Server {
  readonly url: string
  process: Begun
  ask(path: string, body?: unknown): Promise<unknown>
}

async function startServer(port: number, args: readonly string[]): Promise<Server> {
  const url = `http://127.0.0.1:${port}`
  const server: Server = {
    url,
    process: begin(PROGRAM ?? '', ['--host', '127.0.0.1', '--port', String(port), ...args]),
    ask: async (path, body) =>
      (await fetch(url + path, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) })).json(),
  }
  server.process.child.stdout.resume()
  await until(async () => expect((await fetch(`${url}/health`)).status, server.process.said()).toBe(200))
  return server
}

const hello = (model: string, extra: object = {}) => ({
  model,
  messages: [{ role: 'user', content: 'hello' }],
  max_tokens: 12,
  temperature: 0,
  ...extra,
})

describe.skipIf(PROGRAM === undefined)("llama.cpp's server (SALLYPORT_TEST_LLAMA_SERVER)", { timeout: 60_000 }, () => {
  let gateway: TestGateway
  let one: Server
  let several: Server
  let port: number
  let folder: string
  const single = ['-m', demo, '--alias', 'one', ...LONG]

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-llama-'))
    for (const name of ['first', 'second']) copyFileSync(demo, join(folder, `${name}.gguf`))
    port = await freePort()
    one = await startServer(port, single)
    several = await startServer(await freePort(), ['--models-dir', folder])
    gateway = await startGateway({
      upstreams: [
        { name: 'one', kind: 'llamacpp', url: one.url },
        { name: 'several', kind: 'llamacpp', url: several.url },
        { name: 'built-in', kind: 'embedded' },
      ],
    })
  }, 60_000)
  afterAll(async () => {
    await gateway?.close()
    for (const server of [one, several]) if (server) await kill(server.process)
    rmSync(folder, { recursive: true, force: true })
  })

  const told = async (path: string, body: unknown) => {
    const response = await gateway.call(path, body)
    return { status: response.status, said: (await response.json()) as Record<string, unknown> }
  }
  const text = async (path: string, body: unknown) => (await gateway.call(path, body)).text()
  const busy = async () =>
    ((await one.ask('/slots')) as { is_processing: boolean }[]).filter((slot) => slot.is_processing)

  test('cuts text into the same tokens as the engine inside, and says the same', async () => {
    const engine = await createEmbeddedEngine({ file: demo })
    const unit = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
      fc.constantFrom('hello', " the printer's", '\n\n', '<EMAIL_1>', '<|im_end|>', '12345', '\u00a0', '\u200b', 'क्षि'),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(unit, { maxLength: 8 }), async (parts) => {
        const content = parts.join('')
        const { tokens } = (await one.ask('/tokenize', { content, parse_special: false })) as { tokens: number[] }
        expect(await engine.countTokens(content)).toBe(tokens.length)
      }),
      { seed: 17, numRuns: 300 },
    )
    await engine.close()
    for (const content of ['hello', 'My printer is jammed', 'who are you?', '你好', 'list three fruits']) {
      const ask = (model: string) => hello(model, { messages: [{ role: 'user', content }], max_tokens: 40 })
      const [theirs, ours] = [
        await told('/v1/chat/completions', ask('one')),
        await told('/v1/chat/completions', ask(DEMO)),
      ]
      expect(theirs.said.choices).toEqual(ours.said.choices)
    }
  })

  test('answers in every format, whole and streamed', async () => {
    const answer = 'Hello! How can I help you today?'
    const messages = [{ role: 'user', content: 'hello' }]
    const options = { temperature: 0, num_predict: 12 }
    for (const [path, body, end] of [
      ['/v1/chat/completions', hello('one'), '[DONE]'],
      ['/v1/responses', { model: 'one', input: 'hello', temperature: 0, max_output_tokens: 16 }, 'response.completed'],
      ['/v1/messages', hello('one'), 'message_stop'],
      ['/api/chat', { model: 'one', messages, options }, '"done":true'],
      ['/api/generate', { model: 'one', prompt: 'hello', options }, '"done":true'],
    ] as const) {
      expect(await text(path, { ...body, stream: false }), path).toContain(answer)
      const streamed = await text(path, { ...body, stream: true })
      expect(streamed, path).toContain(end)
      expect(streamed.match(/help/g)?.length, path).toBeGreaterThan(0)
    }
    const schema = {
      type: 'object',
      properties: { a: { type: 'boolean' } },
      required: ['a'],
      additionalProperties: false,
    }
    const format = { type: 'json_schema', json_schema: { name: 'a', schema } }
    const { said } = await told('/v1/chat/completions', hello('one', { response_format: format, max_tokens: 100 }))
    expect(JSON.parse((said.choices as { message: { content: string } }[])[0]?.message.content ?? '')).toEqual({
      a: expect.any(Boolean),
    })
  })

  test('several prompts and answers, streamed and whole; it counts the first of them, which is not believed', async () => {
    const { said } = await told('/v1/chat/completions', hello('one', { n: 3 }))
    expect(said.choices).toHaveLength(3)
    const { items } = (await (
      await gateway.call('/admin/v1/audit?limit=1&kind=call.finished', undefined, { method: 'GET' })
    ).json()) as {
      items: { data: { outputTokens: number; charged: number } }[]
    }
    expect(items[0]?.data.outputTokens).toBeLessThanOrEqual(12)
    expect(items[0]?.data.charged).toBeGreaterThan(24)
    const prompts = { model: 'one', prompt: ['hello there', 'the printer'], max_tokens: 6, stream: true }
    const streamed = await text('/v1/completions', prompts)
    expect(streamed).toContain('"index":1')
    expect(streamed.trimEnd()).toMatch(/\[DONE\]$/)
  })

  test('what it cannot do is the callers to know', async () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }
    const user = (content: unknown) => ({ messages: [{ role: 'user', content }] })
    for (const [body, code, words] of [
      [user([image]), 'request_rejected', /takes no images/],
      [user('hello there '.repeat(40_000)), 'context_length_exceeded', /./],
      [
        { messages: [1, 2].map(() => ({ role: 'assistant', content: 'I' })) },
        'request_rejected',
        /how the conversation ends/,
      ],
    ] as const) {
      const { status, said } = await told('/v1/chat/completions', hello('one', body))
      expect(status).toBe(400)
      expect(said.error).toMatchObject({ code, message: expect.stringMatching(words) })
    }
    const { status, said } = await told('/v1/embeddings', { model: 'one', input: 'hello' })
    expect([status, said.error]).toMatchObject([400, { message: expect.stringContaining('no embeddings') }])
  })

  test('a beginning that was sent before is not found in its memory', async () => {
    const ask = hello('one', {
      messages: [{ role: 'user', content: 'tell me about the printer on floor three '.repeat(9) }],
    })
    for (let turn = 0; turn < 2; turn++) {
      const { said } = await told('/v1/chat/completions', ask)
      expect(said.usage).toMatchObject({ prompt_tokens_details: { cached_tokens: 0 } })
    }
  })

  test('a call that is cut, and one whose caller leaves, stop there as well', async () => {
    const leaving = new AbortController()
    const { body } = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      signal: leaving.signal,
      headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(hello('one', { ...ENDLESS, stream: true })),
    })
    await body?.getReader().read()
    expect(await busy()).toHaveLength(1)
    leaving.abort()
    await until(async () => expect(await busy()).toHaveLength(0))

    const streaming = text('/v1/chat/completions', hello('one', { ...ENDLESS, stream: true }))
    await until(async () => expect(await busy()).toHaveLength(1))
    expect((await gateway.call('/admin/v1/leases/cut', { model: 'one', reason: 'test' })).status).toBe(200)
    const cut = await streaming
    expect(cut).toContain('"code":"access_denied"')
    expect(cut).not.toContain('[DONE]')
    await until(async () => expect(await busy()).toHaveLength(0))
  })

  test('one that starts a process for each model: the same models before and after they are loaded', async () => {
    const listed = async () => {
      const { items } = (await (await gateway.call('/admin/v1/models', undefined, { method: 'GET' })).json()) as {
        items: { name: string; digest?: string; quarantined?: boolean }[]
      }
      return items.filter(({ name }) => name === 'first' || name === 'second')
    }
    const running = async () =>
      (
        (await (await gateway.call('/api/ps', undefined, { method: 'GET' })).json()) as { models: { name: string }[] }
      ).models
        .map(({ name }) => name)
        .filter((name) => name === 'first' || name === 'second')
    const before = await listed()
    expect(before).toHaveLength(2)
    expect(await running()).toEqual([])
    expect((await told('/v1/chat/completions', hello('first'))).status).toBe(200)
    await until(async () => expect(await running()).toEqual(['first']))
    // Asked for anew by now: what is in memory is no other model.
    expect((await told('/v1/chat/completions', hello('first'))).status).toBe(200)
    expect(await listed()).toEqual(before)
  })

  test('killed in the middle, gone, starting, and back', async () => {
    const streaming = text('/v1/chat/completions', hello('one', { ...ENDLESS, stream: true }))
    await until(async () => expect(await busy()).toHaveLength(1))
    await kill(one.process)
    const broken = await streaming
    expect(broken).toContain('"code":"upstream_invalid"')
    expect(broken).not.toContain('[DONE]')
    expect((await told('/v1/chat/completions', hello('one'))).status).toBe(502)
    one = await startServer(port, single)
    await until(async () => expect((await told('/v1/chat/completions', hello('one'))).status).toBe(200))
  })
})
