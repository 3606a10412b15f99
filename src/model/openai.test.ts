import { createServer as createHttps } from 'node:https'
import { createServer as createTcp } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { selfSigned } from '../../test/upstream/certificate.ts'
import {
  breaksAfter,
  chatChunks,
  json,
  pieces,
  type Received,
  type Script,
  silent,
  sse,
  startScripted,
  turn,
} from '../../test/upstream/scripted.ts'
import { type Delta, Fault, type ModelRequest, type Params } from '../core/index.ts'
import type { Driver } from './driver.ts'
import { createOpenaiDriver, type OpenaiOptions } from './openai.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(script: Script, options: Partial<OpenaiOptions> = {}) {
  const upstream = await startScripted(script)
  const driver = createOpenaiDriver('openai', { url: upstream.url, ...options })
  closers.push(
    () => upstream.close(),
    () => driver.close(),
  )
  return { upstream, driver }
}

const chat = (over: Partial<ModelRequest> = {}): ModelRequest => ({
  action: 'chat',
  model: 'upstream-name',
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
  inputs: [],
  params: {},
  stream: false,
  ...over,
})
const never = new AbortController().signal
const send = (driver: Driver, request: ModelRequest, signal = never) =>
  driver.send(request, { signal, session: 's', principal: 'p', bans: [], forbidden: () => [] })
async function all(driver: Driver, request: ModelRequest, signal = never): Promise<Delta[]> {
  const deltas: Delta[] = []
  for await (const batch of await send(driver, request, signal)) deltas.push(...batch)
  return deltas
}
const completion = (content: string) => ({
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 2 },
})
const fault = (code: string) => expect.objectContaining({ code })

test('a whole answer; the body is what the request says and nothing else', async () => {
  const { upstream, driver } = await start(json(completion('hello')), { key: 'sk-upstream' })
  const deltas = await all(driver, chat({ params: { temperature: 0.5, maxTokens: 9, stop: ['x'] } }))
  expect(deltas).toEqual([
    { type: 'text', choice: 0, text: 'hello' },
    { type: 'finish', choice: 0, reason: 'stop' },
    { type: 'usage', usage: { inputTokens: 1, outputTokens: 2 } },
  ])
  const [received] = upstream.received
  expect(received?.path).toBe('/v1/chat/completions')
  expect(received?.headers.authorization).toBe('Bearer sk-upstream')
  expect(JSON.parse(received?.body ?? '')).toEqual({
    model: 'upstream-name',
    messages: [{ role: 'user', content: 'hi' }],
    temperature: 0.5,
    stop: ['x'],
    max_tokens: 9,
  })
})

test('a stream, with usage asked for, also when bytes of one character come apart', async () => {
  const bytes = Buffer.from(
    chatChunks(['Grüße ', '😀'])
      .map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\r\n\r\n`)
      .join(''),
  )
  const single = Array.from(bytes, (_byte, index) => bytes.subarray(index, index + 1))
  const { upstream, driver } = await start(pieces('text/event-stream; charset=utf-8', single))
  const deltas = await all(driver, chat({ stream: true }))
  expect(deltas.map((delta) => (delta.type === 'text' ? delta.text : '')).join('')).toBe('Grüße 😀')
  expect(JSON.parse(upstream.received[0]?.body ?? '')).toMatchObject({
    stream: true,
    stream_options: { include_usage: true },
  })
})

test('sessions share no prefix cache', async () => {
  const { upstream, driver: plain } = await start(json(completion('x')))
  const vllm = createOpenaiDriver('vllm', { url: upstream.url })
  const llamacpp = createOpenaiDriver('llamacpp', { url: upstream.url })
  closers.push(
    () => vllm.close(),
    () => llamacpp.close(),
  )
  const sent = async (driver: Driver, session: string): Promise<Record<string, unknown>> => {
    const options = { signal: never, session, principal: 'p', bans: [], forbidden: () => [] }
    for await (const batch of await driver.send(chat(), options)) void batch
    return JSON.parse(upstream.received.at(-1)?.body ?? '{}')
  }
  const [first, again, other] = [await sent(vllm, 'ses_one'), await sent(vllm, 'ses_one'), await sent(vllm, 'ses_two')]
  expect(first.cache_salt).toMatch(/^[\w-]{43}$/)
  expect(again.cache_salt).toBe(first.cache_salt)
  expect(other.cache_salt).not.toBe(first.cache_salt)
  expect(JSON.stringify(first)).not.toContain('ses_one')
  expect((await sent(llamacpp, 'ses_one')).cache_prompt).toBe(false)
  expect(await sent(plain, 'ses_one')).not.toHaveProperty('cache_salt')
})

const AWAY = {
  'a failure': json({}, 500),
  'not ready yet': json({}, 503),
  'half of it': breaksAfter('application/json', ['{"chat_te']),
  'no such route': json({}, 404),
}

const pathOf = ({ path }: Received) => path.split('?')[0] as string

test('a server without digests is known by what it tells: another adapter, template or file is another model', async () => {
  const told = {
    '/v1/models': { data: [{ id: 'm', created: 1, meta: { n_params: 7, size: 9 } }] } as unknown,
    '/props': { chat_template: 'a', model_path: '/m.gguf', total_slots: 4 } as unknown,
    '/lora-adapters': [{ id: 0, path: '/l.gguf', scale: 1 }] as unknown,
  }
  const { upstream, driver: plain } = await start((response, received) =>
    json(told[received.path as keyof typeof told])(response, received),
  )
  const llamacpp = createOpenaiDriver('llamacpp', { url: upstream.url })
  const vllm = createOpenaiDriver('vllm', { url: upstream.url })
  closers.push(
    () => llamacpp.close(),
    () => vllm.close(),
  )
  const digest = async (driver: Driver) => (await driver.list(never))[0]?.digest
  const first = await digest(llamacpp)
  expect(first).toMatch(/^told:[0-9a-f]{64}$/)
  told['/v1/models'] = { data: [{ id: 'm', created: 2, meta: { size: 9, n_params: 7 } }] }
  told['/props'] = { chat_template: 'a', model_path: '/m.gguf', total_slots: 8 }
  expect(await digest(llamacpp)).toBe(first)
  for (const [path, other] of [
    ['/props', { chat_template: 'b', model_path: '/m.gguf' }],
    ['/lora-adapters', [{ id: 0, path: '/l.gguf', scale: 0.5 }]],
    ['/v1/models', { data: [{ id: 'm', meta: { n_params: 8, size: 9 } }] }],
  ] as const) {
    const before = told[path]
    told[path] = other
    expect(await digest(llamacpp)).not.toBe(first)
    told[path] = before
  }
  // A server that is starting, or fails, tells nothing: that is no other model.
  for (const [path, script] of Object.entries(AWAY)) {
    upstream.script = (response, received) =>
      (received.path === '/props' ? script : json(told[received.path as keyof typeof told]))(response, received)
    if (path === 'no such route') expect(await digest(llamacpp)).not.toBe(first)
    else
      await expect(digest(llamacpp), path).rejects.toMatchObject({
        code: expect.stringMatching(/^(upstream_|overloaded)/),
      })
  }
  upstream.script = (response, received) => json(told[received.path as keyof typeof told])(response, received)
  told['/v1/models'] = { data: [{ id: 'm', root: 'org/a', parent: null, created: 1 }] }
  const root = await digest(vllm)
  told['/v1/models'] = { data: [{ id: 'm', root: 'org/b', parent: null, created: 1 }] }
  expect(await digest(vllm)).not.toBe(root)
  expect(await digest(plain)).toBeUndefined()
})

test('a server that starts a process for each model: known by what it starts them with, loaded or not', async () => {
  const entry = (id: string, value: string, preset = `[${id}]\nmodel = ${id}.gguf\n`) => ({
    id,
    status: { value, args: ['--port', String(Math.random())], preset },
    context_length: 1024,
    ...(value === 'loaded' ? { meta: { n_ctx: 512, n_ctx_train: 1024, size: 9 } } : {}),
  })
  let data = [entry('a', 'unloaded')]
  const { upstream } = await start((response, received) => json({ data })(response, received))
  const driver = createOpenaiDriver('llamacpp', { url: upstream.url })
  closers.push(() => driver.close())
  const [alone] = await driver.list(never)
  expect(alone).toMatchObject({ digest: expect.stringMatching(/^told:/), contextTokens: 1024 })
  data = [entry('a', 'loaded'), entry('b', 'unloaded')]
  const listed = await driver.list(never)
  expect(listed.map(({ digest }) => digest === alone?.digest)).toEqual([true, false])
  expect(listed[0]?.contextTokens).toBe(512)
  expect((await driver.running(never)).map(({ name }) => name)).toEqual(['a'])
  data = [entry('a', 'loaded', '[a]\nmodel = other.gguf\n')]
  expect((await driver.list(never))[0]?.digest).not.toBe(alone?.digest)
})

test('what a model can do is named where its server says it, and never guessed', async () => {
  const template = { supports_tools: true, supports_tool_calls: true, supports_system_role: true }
  const models = [{ name: 'm', capabilities: ['completion', 'multimodal'] }]
  const told: Record<string, unknown> = {}
  const { upstream, driver: plain } = await start((response, received) =>
    json(told[pathOf(received)] ?? { error: 'no' }, told[pathOf(received)] ? 200 : 404)(response, received),
  )
  const llamacpp = createOpenaiDriver('llamacpp', { url: upstream.url })
  const vllm = createOpenaiDriver('vllm', { url: upstream.url })
  closers.push(
    () => llamacpp.close(),
    () => vllm.close(),
  )
  const shown = async (props: unknown, list: object = { models, data: [{ id: 'm' }] }) => {
    told['/v1/models'] = list
    told['/props'] = props
    return (await llamacpp.show('m', never)).capabilities
  }
  const all = { chat_template_caps: template, modalities: { vision: true, audio: true } }
  expect(await shown(all)).toEqual(['completion', 'tools', 'vision', 'audio'])
  expect(await shown({ ...all, chat_template_caps: { ...template, supports_tool_calls: false } })).not.toContain(
    'tools',
  )
  expect(await shown({ chat_template_caps: { supports_tools: 'yes', supports_tool_calls: 1 } })).toEqual(['completion'])
  expect(await shown({ chat_template: '{{ tools }}', modalities: { vision: false } })).toEqual(['completion'])
  expect(await shown(undefined)).toEqual(['completion'])
  expect(await shown(undefined, { data: [{ id: 'm' }] })).toEqual([])
  const architecture = { input_modalities: ['text', 'image'], output_modalities: ['text'] }
  const several = { data: [{ id: 'n' }, { id: 'm', architecture }] }
  expect(await shown(undefined, several)).toEqual(['completion', 'vision'])
  expect(upstream.received.at(-1)?.path).toBe('/props?model=m&autoload=false')
  for (const other of [vllm, plain]) expect((await other.show('m', never)).capabilities).toBeUndefined()
})

test('banned phrases become a bias where the server says how it cuts text, and only against phrases of one token', async () => {
  const vocabulary: Record<string, number[]> = {
    printer: [7],
    ' printer': [8],
    ' Printer': [9],
    'legal advice': [1, 2],
  }
  const { upstream, driver: plain } = await start((response, received) => {
    const asked = JSON.parse(received.body || '{}') as { content?: string; prompt?: string }
    const tokens = vocabulary[asked.content ?? asked.prompt ?? ''] ?? [3, 4]
    return json(received.path === '/tokenize' ? { tokens } : completion('x'))(response, received)
  })
  const sent = async (driver: Driver, params: ModelRequest['params'] = {}) => {
    const bans = ['printer', 'legal advice']
    const options = { signal: never, session: 's', principal: 'p', bans, forbidden: () => ['a secret'] }
    for await (const batch of await driver.send(chat({ params }), options)) void batch
    return JSON.parse(upstream.received.at(-1)?.body ?? '{}') as Record<string, unknown>
  }
  for (const kind of ['llamacpp', 'vllm'] as const) {
    const driver = createOpenaiDriver(kind, { url: upstream.url })
    closers.push(() => driver.close())
    // A caller's own bias cannot lift ours.
    expect((await sent(driver, { logitBias: { 8: 100, 5: 1 } })).logit_bias).toEqual({
      5: 1,
      7: -100,
      8: -100,
      9: -100,
    })
    const asked = upstream.received.length
    await sent(driver)
    expect(upstream.received.length).toBe(asked + 1)
  }
  expect(await sent(plain)).not.toHaveProperty('logit_bias')
  upstream.script = (response, received) =>
    json(
      received.path === '/tokenize' ? { error: 'no such route' } : completion('x'),
      received.path === '/tokenize' ? 404 : 200,
    )(response, received)
  const older = createOpenaiDriver('llamacpp', { url: upstream.url })
  closers.push(() => older.close())
  expect(await sent(older)).not.toHaveProperty('logit_bias')
  // What a server may not know is never sent to it.
  expect(upstream.received.map(({ body }) => body).join('')).not.toContain('a secret')
})

test('embeddings and completions', async () => {
  const { upstream, driver } = await start(
    json({
      data: [
        { index: 1, embedding: [3, 4] },
        { index: 0, embedding: [1, 2] },
      ],
      usage: { prompt_tokens: 4 },
    }),
  )
  expect(await all(driver, chat({ action: 'embed', messages: [], inputs: ['a', 'b'] }))).toEqual([
    { type: 'embedding', index: 1, vector: [3, 4] },
    { type: 'embedding', index: 0, vector: [1, 2] },
    { type: 'usage', usage: { inputTokens: 4, outputTokens: 0 } },
  ])
  upstream.script = json({ choices: [{ index: 0, text: 'world', finish_reason: 'length' }] })
  expect(await all(driver, chat({ action: 'complete', messages: [], inputs: ['hello '] }))).toEqual([
    { type: 'text', choice: 0, text: 'world' },
    { type: 'finish', choice: 0, reason: 'length' },
  ])
  expect(upstream.received.map((one) => one.path)).toEqual(['/v1/embeddings', '/v1/completions'])
})

test('a server that passes over how long a vector was asked for has not answered', async () => {
  const { driver } = await start(json({ data: [{ index: 0, embedding: [1, 2] }] }))
  const embed = (dimensions: number) =>
    all(driver, chat({ action: 'embed', messages: [], inputs: ['a'], params: { dimensions } }))
  await expect(embed(3)).rejects.toMatchObject({ code: 'upstream_invalid' })
  expect(await embed(2)).toHaveLength(1)
})

test.each(['openai', 'vllm', 'llamacpp'] as const)(
  '%s: a call of a tool that is not there is not asked for',
  async (kind) => {
    const { upstream } = await start(json(completion('x')))
    const driver = createOpenaiDriver(kind, { url: upstream.url })
    closers.push(() => driver.close())
    for (const params of [
      { toolChoice: { name: 'g' }, tools: [{ name: 'f' }] },
      { toolChoice: { name: 'g' } },
      { toolChoice: 'required', tools: [] },
    ] satisfies Params[])
      await expect(all(driver, chat({ params }))).rejects.toMatchObject({
        code: 'unsupported_parameter',
        data: { param: 'tool_choice' },
      })
    expect(upstream.calls).toHaveLength(0)
    for (const toolChoice of ['required', { name: 'f' }] as const)
      await all(driver, chat({ params: { toolChoice, tools: [{ name: 'f' }] } }))
    await all(driver, chat({ params: { toolChoice: 'none' } }))
    upstream.script = json({ data: Array.from({ length: 10_001 }, (_, id) => ({ id: `m${id}` })) })
    await expect(driver.list(AbortSignal.timeout(5000))).rejects.toMatchObject({ code: 'upstream_invalid' })
  },
)

test("llama.cpp's server: one tool that must be called, and log probabilities in its own shape", async () => {
  const said = { token: 'hi', logprob: -0.5, top_logprobs: [{ token: 'hi', logprob: -0.5 }] }
  const { upstream } = await start(
    json({ choices: [{ index: 0, text: 'hi', finish_reason: 'stop', logprobs: { content: [said] } }] }),
  )
  const driver = createOpenaiDriver('llamacpp', { url: upstream.url })
  closers.push(() => driver.close())
  const params = { logprobs: true, topLogprobs: 0 }
  const complete = chat({ action: 'complete', messages: [], inputs: ['a'], params })
  expect((await all(driver, complete))[0]).toMatchObject({ text: 'hi', logprobs: [{ token: 'hi', logprob: -0.5 }] })
  const message = { role: 'assistant', content: 'hi' }
  upstream.script = json({ choices: [{ index: 0, message, finish_reason: 'stop', logprobs: { content: [said] } }] })
  const tools = [{ name: 'f' }, { name: 'g' }]
  await all(driver, chat({ params: { ...params, tools, toolChoice: { name: 'g' } } }))
  const [first, second] = upstream.calls.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
  // None would be none at all there, and a choice of one tool would be read as no choice.
  expect(first).toMatchObject({ logprobs: 1 })
  expect(second).toMatchObject({ tool_choice: 'required', logprobs: true, top_logprobs: 1 })
  expect(second?.tools).toEqual([{ type: 'function', function: { name: 'g' } }])
})

test('what the target cannot express is refused by name, before anything is sent', async () => {
  const { upstream, driver } = await start(json(completion('')))
  const refused = (over: Partial<ModelRequest>) => send(driver, chat(over))
  await expect(refused({ params: { topK: 5 } })).rejects.toMatchObject({
    code: 'unsupported_parameter',
    data: { param: 'top_k' },
  })
  await expect(refused({ params: { contextTokens: 512 }, windowBound: true })).rejects.toMatchObject({
    data: { param: 'num_ctx' },
  })
  const image = { type: 'image', url: 'https://intranet.example/x.png' } as const
  await expect(refused({ messages: [{ role: 'user', parts: [image] }] })).rejects.toThrow(/opens no URLs/)
  expect(upstream.received).toHaveLength(0)
})

test.each<[string, Script, string]>([
  ['a page instead of JSON', pieces('text/html', ['<html>']), 'upstream_invalid'],
  ['no content type', (response) => void response.writeHead(200).end('{}'), 'upstream_invalid'],
  [
    'compressed',
    (response) =>
      void response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end('x'),
    'upstream_invalid',
  ],
  ['garbage as JSON', pieces('application/json', ['{{{']), 'upstream_invalid'],
  ['half an answer', breaksAfter('application/json', ['{"choices":[']), 'upstream_invalid'],
  ['no choices', json({}), 'upstream_invalid'],
  ['an error object with 200', json({ error: { message: 'sk-secret' } }), 'upstream_refused'],
  [
    'a redirect',
    (response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    'upstream_invalid',
  ],
  ['500', json({ error: { message: 'sk-secret' } }, 500), 'upstream_refused'],
  ['401', json({ error: { message: 'Incorrect API key sk-secret' } }, 401), 'upstream_refused'],
  ['429', json({}, 429), 'overloaded'],
  ['what it takes for invalid', json({ error: { message: 'sk-secret is no number' } }, 400), 'request_rejected'],
  ['the same in another word', json({ detail: [{ msg: 'sk-secret' }] }, 422), 'request_rejected'],
  [
    'a prompt that is too long',
    json({ error: { code: 'context_length_exceeded', message: 'sk-secret' } }, 400),
    'context_length_exceeded',
  ],
  ['a closed connection', (response) => void response.destroy(), 'upstream_unavailable'],
])('%s is a clear fault that repeats nothing of it', async (_name, script, code) => {
  const { driver } = await start(script)
  const error = await all(driver, chat()).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code })
  expect(JSON.stringify([(error as Fault).message, (error as Fault).data])).not.toContain('sk-secret')
})

test("what llama.cpp's server cannot do is the caller's to know, not an outage; its own words stay here", async () => {
  const { upstream } = await start(silent)
  const driver = createOpenaiDriver('llamacpp', { url: upstream.url })
  closers.push(() => driver.close())
  // Its words of version 0.7.0, each with a text that must not go further.
  for (const [status, error, code, detail] of [
    [
      500,
      { message: 'image input is not supported - hint: sk-secret', type: 'server_error' },
      'request_rejected',
      'The model takes no images, sound or video.',
    ],
    [
      501,
      { message: 'This server does not support embeddings. sk-secret', type: 'not_supported_error' },
      'request_rejected',
      'The model makes no embeddings, at least not as its server was started.',
    ],
    [
      503,
      { message: 'Loading model sk-secret', type: 'unavailable_error' },
      'overloaded',
      'The model server is loading the model.',
    ],
    [
      400,
      {
        message: 'request (3609 tokens) exceeds the available context size sk-secret',
        type: 'exceed_context_size_error',
      },
      'context_length_exceeded',
      undefined,
    ],
    // The same through a server that speaks like Ollama.
    [500, { message: 'exceeds the available context size: sk-secret' }, 'context_length_exceeded', undefined],
    [
      500,
      { message: 'sk-secret', type: 'server_error' },
      'upstream_refused',
      'The model server answered with status 500.',
    ],
  ] as const) {
    upstream.script = json({ error: { ...error, code: status } }, status)
    const failed = await all(driver, chat()).catch((caught: unknown) => caught)
    expect(failed).toMatchObject({ code })
    if (detail !== undefined) expect(failed).toMatchObject({ detail })
    expect(JSON.stringify([(failed as Fault).message, (failed as Fault).detail])).not.toContain('sk-secret')
  }
})

test('hints that come before an answer are no answer', async () => {
  const { driver } = await start(async (response, received) => {
    response.writeEarlyHints({ link: '</a>; rel=preload' })
    await sse(...chatChunks(['a']))(response, received)
  })
  expect(await all(driver, chat({ stream: true }))).toContainEqual({ type: 'text', choice: 0, text: 'a' })
})

test('a stream that breaks off, and one that is answered with a page', async () => {
  const start1 = `data: ${JSON.stringify(chatChunks(['a'])[1])}\n\n`
  const { upstream, driver } = await start(breaksAfter('text/event-stream', [start1]))
  await expect(all(driver, chat({ stream: true }))).rejects.toEqual(fault('upstream_invalid'))
  upstream.script = pieces('text/html', ['<html>'])
  await expect(all(driver, chat({ stream: true }))).rejects.toEqual(fault('upstream_invalid'))
})

test('an answer ends where it says so, also if the connection stays open, which is then closed or used again', async () => {
  const { upstream, driver } = await start(silent, { connections: 1 })
  const answer = chatChunks(['a']).map((one) => `data: ${typeof one === 'string' ? one : JSON.stringify(one)}\n\n`)
  const ports = new Set<unknown>()
  const answers =
    (andThen: (response: Parameters<Script>[0]) => void): Script =>
    (response) => {
      ports.add(response.socket?.remotePort)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(answer.join(''))
      andThen(response)
    }
  upstream.script = answers(() => {})
  const asked = upstream.next()
  const said = await all(driver, chat({ stream: true }))
  expect(said.map(({ type }) => type)).toEqual(['text', 'finish', 'usage'])
  await (await asked).closed
  // What comes afterwards is no part of it, neither words nor an end that is none; the only place is free again.
  upstream.script = answers((response) => void setImmediate(() => response.write(`${answer[1]}data: {"error":{}}\n\n`)))
  expect(await all(driver, chat({ stream: true }))).toEqual(said)
  upstream.script = answers((response) => void setImmediate(() => response.destroy()))
  expect(await all(driver, chat({ stream: true }))).toEqual(said)
  ports.clear()
  upstream.script = answers((response) => void setImmediate(() => response.end()))
  for (let i = 0; i < 3; i++) expect(await all(driver, chat({ stream: true }))).toEqual(said)
  expect(ports.size).toBe(1)
})

test('never answering, and pausing for ever, are timeouts that close the connection', async () => {
  const { upstream, driver } = await start(silent, { firstByteTimeoutMs: 200, idleTimeoutMs: 200 })
  const asked = upstream.next()
  await expect(all(driver, chat())).rejects.toEqual(fault('upstream_timeout'))
  await (await asked).closed
  upstream.script = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`data: ${JSON.stringify(chatChunks(['a'])[1])}\n\n`)
  }
  await expect(all(driver, chat({ stream: true }))).rejects.toEqual(fault('upstream_timeout'))
})

test('an abort closes the upstream connection: before the first byte, and in mid-stream', async () => {
  const { upstream, driver } = await start(silent)
  const first = new AbortController()
  const asked = upstream.next()
  const sending = send(driver, chat(), first.signal)
  const received = await asked
  first.abort(new Fault('locked'))
  await expect(sending).rejects.toEqual(fault('locked'))
  await received.closed

  upstream.script = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`data: ${JSON.stringify(chatChunks(['a'])[1])}\n\n`)
  }
  const second = new AbortController()
  const again = upstream.next()
  const reply = (await send(driver, chat({ stream: true }), second.signal))[Symbol.asyncIterator]()
  expect((await reply.next()).value).toEqual([{ type: 'text', choice: 0, text: 'a' }])
  second.abort(new Fault('key_revoked'))
  await expect(reply.next()).rejects.toEqual(fault('key_revoked'))
  await (await again).closed

  // Leaving the answer, even before its first read, closes it as well.
  const last = upstream.next()
  const left = (await send(driver, chat({ stream: true })))[Symbol.asyncIterator]()
  await left.return?.()
  await (await last).closed
})

test('a server that is busy with calls is asked all the same what it has', async () => {
  const { upstream, driver } = await start(silent, { connections: 1 })
  const stop = new AbortController()
  const running = upstream.next()
  const calls = [send(driver, chat(), stop.signal), send(driver, chat(), stop.signal)]
  await running
  upstream.script = json({ data: [{ id: 'm' }] })
  expect(await driver.list(AbortSignal.timeout(2000))).toEqual([{ name: 'm' }])
  expect(upstream.calls).toHaveLength(1)
  stop.abort(new Fault('client_closed'))
  for (const call of calls) await expect(call).rejects.toEqual(fault('client_closed'))
})

test('a call that ends while it waits for a connection is never sent', async () => {
  const { upstream, driver } = await start(silent, { connections: 1, waiting: 1 })
  const running = new AbortController()
  const asked = upstream.next()
  const first = send(driver, chat(), running.signal).catch(() => {})
  await asked
  const waiting = new AbortController()
  const second = send(driver, chat(), waiting.signal)
  await expect(send(driver, chat())).rejects.toEqual(fault('overloaded'))
  waiting.abort(new Fault('locked'))
  await expect(second).rejects.toEqual(fault('locked'))
  upstream.script = json(completion('ok'))
  running.abort()
  await first
  expect(await all(driver, chat())).toHaveLength(3)
  expect(upstream.received).toHaveLength(2)
})

test('a dead idle connection is tried once more; a server that hangs up on a fresh one is not', async () => {
  let answers = 0
  const sockets: string[] = []
  const server = createTcp((socket) => {
    sockets.push('open')
    let requests = 0
    socket.on('error', () => {}) // reset by us or by the driver, both are meant
    socket.on('data', () => {
      requests++
      if (requests > 1) return void socket.end() // the second request on a socket meets a closing server
      answers++
      const body = JSON.stringify(completion('ok'))
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: keep-alive\r\n\r\n${body}`,
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const driver = createOpenaiDriver('openai', { url: `http://127.0.0.1:${port}`, connections: 1 })
  closers.push(
    () => new Promise((resolve) => server.close(() => resolve())),
    () => driver.close(),
  )
  await all(driver, chat())
  await turn()
  await all(driver, chat())
  expect({ answers, sockets: sockets.length }).toEqual({ answers: 2, sockets: 2 })
})

test('a reader that does not read stops the upstream from sending', async () => {
  let written = 0
  const chunk = Buffer.from(`data: ${JSON.stringify(chatChunks(['x'.repeat(60_000)])[1])}\n\n`)
  const { driver } = await start(async (response) => {
    response.setMaxListeners(0)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (let i = 0; i < 2000 && !response.destroyed; i++) {
      written += chunk.length
      if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
    }
  })
  const reply = (await send(driver, chat({ stream: true })))[Symbol.asyncIterator]()
  await reply.next()
  let before = -1
  while (before !== written) {
    before = written
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  expect(written).toBeLessThan(30_000_000)
  await reply.return?.()
})

test('a certificate that nobody vouches for is not spoken to; one of a named authority is', async () => {
  const { key, cert } = selfSigned()
  const server = createHttps({ key, cert }, (request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(completion('ok')))
  })
  let asked = 0
  server.on('request', () => asked++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  const strict = createOpenaiDriver('openai', { url, key: 'sk-upstream' })
  const trusting = createOpenaiDriver('openai', { url, ca: cert })
  closers.push(
    () => new Promise((resolve) => server.close(() => resolve())),
    () => strict.close(),
    () => trusting.close(),
  )
  await expect(all(strict, chat())).rejects.toThrow(/certificate could not be verified/)
  expect(asked).toBe(0)
  expect(await all(trusting, chat())).toHaveLength(3)
})

test('the list of models', async () => {
  const { upstream, driver } = await start(
    json({
      data: [
        { id: 'a', meta: { size: 12, n_ctx_train: 2048 } },
        { id: 'b', max_model_len: 4096 },
      ],
    }),
  )
  expect(await driver.list(never)).toEqual([
    { name: 'a', sizeBytes: 12, contextTokens: 2048 },
    { name: 'b', contextTokens: 4096 },
  ])
  upstream.script = json({ models: [] })
  await expect(driver.list(never)).rejects.toEqual(fault('upstream_invalid'))
})
