import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { json, ndjson, type Script, SENDING, startScripted } from '../../test/upstream/scripted.ts'
import type { Delta, JsonObject, ModelRequest } from '../core/index.ts'
import type { Driver, ManageRequest } from './driver.ts'
import { createNdjsonReader } from './ndjson.ts'
import { createOllamaDriver } from './ollama.ts'
import { createOllamaStreamReader } from './ollama-read.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})
async function start(script: Script) {
  const upstream = await startScripted(script)
  const driver = createOllamaDriver({ url: `${upstream.url}/api` })
  closers.push(
    () => upstream.close(),
    () => driver.close(),
  )
  return { upstream, driver }
}
const never = new AbortController().signal
async function all(driver: Driver, request: ModelRequest): Promise<Delta[]> {
  const deltas: Delta[] = []
  for await (const batch of await driver.send(request, SENDING)) deltas.push(...batch)
  return deltas
}
const chat = (over: Partial<ModelRequest> = {}): ModelRequest => ({
  action: 'chat',
  model: 'llama3.2:latest',
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
  inputs: [],
  params: {},
  stream: false,
  ...over,
})
const line = (message: object, more: object = {}) => ({
  model: 'llama3.2:latest',
  created_at: '2026-01-01T00:00:00Z',
  message: { role: 'assistant', content: '', ...message },
  done: false,
  ...more,
})
const last = line({}, { done: true, done_reason: 'stop', prompt_eval_count: 3, eval_count: 5 })

test('lines are the same for every cut', () => {
  const texts = fc.array(fc.stringMatching(/^[^\r\n]{1,20}$/), { maxLength: 8 })
  fc.assert(
    fc.property(texts, fc.array(fc.nat(), { maxLength: 20 }), fc.boolean(), (lines, places, terminated) => {
      const text = lines.join('\n') + (terminated ? '\n' : '')
      const at = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b)
      const seen: string[] = []
      const reader = createNdjsonReader((one) => seen.push(one))
      for (const [index, end] of [...at, text.length].entries()) reader.push(text.slice(at[index - 1] ?? 0, end))
      reader.end()
      expect(seen).toEqual(lines)
    }),
    { seed: 31, numRuns: 1000 },
  )
  const bounded = createNdjsonReader(() => {}, 100)
  expect(() => bounded.push('x'.repeat(101))).toThrow(/too long/)
})

test('garbage never passes for an answer', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (garbage) => {
      fc.pre(!garbage.includes('done'))
      const reader = createOllamaStreamReader(() => 'call_made')
      expect(() => [reader.push(garbage), reader.end()]).toThrow()
    }),
    { seed: 32, numRuns: 500 },
  )
})

test('what has no place in the format is refused by name: a file, another effort', async () => {
  const { upstream, driver } = await start(json(last))
  const file = { type: 'document' as const, data: 'JVBERi0xLjQK', mime: 'application/pdf', title: 'T' }
  await expect(all(driver, chat({ messages: [{ role: 'user', parts: [file] }] }))).rejects.toMatchObject({
    code: 'unsupported_parameter',
    data: { param: 'messages' },
  })
  for (const reasoningEffort of ['minimal', 'xhigh', 'max'])
    await expect(all(driver, chat({ params: { reasoningEffort } }))).rejects.toMatchObject({
      code: 'unsupported_parameter',
      data: { param: 'reasoning_effort' },
    })
  expect(upstream.calls).toEqual([])
})

test('a chat stream with reasoning and tools; the body is in its own format', async () => {
  const { upstream, driver } = await start(
    ndjson(
      line({ thinking: 'hm' }),
      line({ content: 'Grü' }),
      line({ content: 'ße' }),
      line({ tool_calls: [{ function: { name: 'f', arguments: { a: 1 } } }] }),
      last,
    ),
  )
  const deltas = await all(
    driver,
    chat({
      stream: true,
      messages: [
        {
          role: 'user',
          parts: [
            { type: 'text', text: 'look' },
            { type: 'image', url: 'data:image/png;base64,AAA=' },
          ],
        },
        {
          role: 'assistant',
          parts: [{ type: 'reasoning', text: 'so' }],
          toolCalls: [{ id: 'c1', name: 'f', arguments: '{"a":1}' }],
        },
        { role: 'tool', toolCallId: 'c1', parts: [{ type: 'text', text: '42' }] },
      ],
      params: {
        maxTokens: 9,
        contextTokens: 2048,
        keepAliveSeconds: -1,
        reasoningEffort: 'on',
        responseFormat: { type: 'schema', name: 's', schema: { type: 'object' } },
        tools: [{ name: 'f', parameters: { type: 'object' } }],
      },
    }),
  )
  expect(deltas).toEqual([
    { type: 'reasoning', choice: 0, text: 'hm' },
    { type: 'text', choice: 0, text: 'Grü' },
    { type: 'text', choice: 0, text: 'ße' },
    { type: 'tool', choice: 0, index: 0, id: expect.stringMatching(/^call_/), name: 'f', arguments: '{"a":1}' },
    { type: 'finish', choice: 0, reason: 'tool_calls' },
    { type: 'usage', usage: { inputTokens: 3, outputTokens: 5 } },
  ])
  expect(upstream.received[0]?.path).toBe('/api/chat')
  expect(JSON.parse(upstream.received[0]?.body ?? '')).toEqual({
    model: 'llama3.2:latest',
    keep_alive: -1,
    options: { num_predict: 9, num_ctx: 2048 },
    stream: true,
    format: { type: 'object' },
    think: true,
    messages: [
      { role: 'user', content: 'look', images: ['AAA='] },
      {
        role: 'assistant',
        content: '',
        thinking: 'so',
        tool_calls: [{ id: 'c1', function: { name: 'f', arguments: { a: 1 } } }],
      },
      { role: 'tool', content: '42', tool_call_id: 'c1', tool_name: 'f' },
    ],
    tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
  })
})

test('a raw completion and embeddings', async () => {
  const { upstream, driver } = await start(json({ response: 'world', done: true, done_reason: 'length' }))
  expect(await all(driver, chat({ action: 'complete', messages: [], inputs: ['hello '] }))).toEqual([
    { type: 'text', choice: 0, text: 'world' },
    { type: 'finish', choice: 0, reason: 'length' },
  ])
  expect(JSON.parse(upstream.received[0]?.body ?? '')).toEqual({
    model: 'llama3.2:latest',
    prompt: 'hello ',
    raw: true,
    stream: false,
  })
  upstream.script = json({ embeddings: [[1, 2]], prompt_eval_count: 2 })
  expect(await all(driver, chat({ action: 'embed', messages: [], inputs: ['a'] }))).toEqual([
    { type: 'embedding', index: 0, vector: [1, 2] },
    { type: 'usage', usage: { inputTokens: 2, outputTokens: 0 } },
  ])
})

test.each<[string, Script, string]>([
  ['a stream without its last line', ndjson(line({ content: 'x' })), 'upstream_invalid'],
  ['an error line', ndjson(line({ content: 'x' }), { error: 'sk-secret' }), 'upstream_refused'],
  ['a list', ndjson([1]), 'upstream_invalid'],
])('%s is a clear fault', async (_name, script, code) => {
  const { driver } = await start(script)
  await expect(all(driver, chat({ stream: true }))).rejects.toMatchObject({ code })
})

test.each<[Partial<ModelRequest>, string]>([
  [{ params: { n: 2 } }, 'n'],
  [{ params: { logitBias: { 1: 1 } } }, 'logit_bias'],
  [{ params: { toolChoice: 'required' } }, 'tool_choice'],
  [{ params: { parallelTools: false } }, 'parallel_tool_calls'],
  [{ messages: [{ role: 'user', parts: [{ type: 'audio', data: '', format: 'wav' }] }] }, 'messages'],
  [
    { messages: [{ role: 'assistant', parts: [], toolCalls: [{ id: 'c', name: 'f', arguments: 'not json' }] }] },
    'messages',
  ],
  [{ action: 'complete', messages: [], inputs: ['a'], params: { tools: [{ name: 'f' }] } }, 'tools'],
  [{ action: 'complete', messages: [], inputs: [''] }, 'prompt'],
  [{ action: 'complete', messages: [], inputs: ['a', 'b'] }, 'prompt'],
  [{ params: { reasoningEffort: 'xhigh' } }, 'reasoning_effort'],
])('%j is refused by name and not sent', async (over, param) => {
  const { upstream, driver } = await start(json({}))
  await expect(all(driver, chat(over))).rejects.toMatchObject({ code: 'unsupported_parameter', data: { param } })
  expect(upstream.received).toHaveLength(0)
})

test('lists with digests, details, and what is loaded', async () => {
  const entry = {
    name: 'llama3.2:latest',
    model: 'llama3.2:latest',
    modified_at: '2026-01-01T00:00:00Z',
    size: 9,
    digest: 'ab'.repeat(32),
    details: { family: 'llama', parameter_size: '3.2B', quantization_level: 'Q4_K_M' },
  }
  const { upstream, driver } = await start(json({ models: [entry] }))
  const listed = {
    name: 'llama3.2:latest',
    digest: `sha256:${'ab'.repeat(32)}`,
    sizeBytes: 9,
    modifiedAtMs: Date.parse('2026-01-01T00:00:00Z'),
    family: 'llama',
    parameterSize: '3.2B',
    quantization: 'Q4_K_M',
  }
  expect(await driver.list(never)).toEqual([listed])
  // What stands for every model stands for none.
  upstream.script = json({ models: [{ ...entry, digest: `sha256:${'0'.repeat(64)}` }] })
  expect((await driver.list(never))[0]).not.toHaveProperty('digest')
  upstream.script = json({ models: [{ ...entry, expires_at: '2026-01-01T00:05:00Z', size_vram: 7 }] })
  expect(await driver.running(never)).toEqual([
    { ...listed, expiresAtMs: Date.parse('2026-01-01T00:05:00Z'), vramBytes: 7 },
  ])
  upstream.script = json({
    details: entry.details,
    template: 'T',
    model_info: { 'general.architecture': 'llama', 'llama.context_length': 4096 },
    capabilities: ['completion', 'tools'],
  })
  expect(await driver.show('llama3.2:latest', never)).toMatchObject({
    contextTokens: 4096,
    template: 'T',
    capabilities: ['completion', 'tools'],
  })
  upstream.script = json({ error: 'not found' }, 404)
  await expect(driver.show('x', never)).rejects.toMatchObject({ code: 'upstream_refused' })
})

test('what a server says of itself in words of its own is short, and has no control characters', async () => {
  const long = 'x'.repeat(129)
  const { upstream, driver } = await start(
    ndjson({ status: 'pulling 8eeb52dfb3bb…' }, { status: '\u001b[2Jsent', digest: long, total: 1 }, { status: long }),
  )
  const facts: JsonObject[] = []
  const request = { action: 'pull', model: 'm', stream: true, options: {} } as const
  for await (const batch of await driver.manage(request, never)) facts.push(...batch)
  expect(facts).toEqual([{ status: 'pulling 8eeb52dfb3bb…' }, { total: 1 }, {}])
  const details = { family: 'a\nb', parameter_size: long, quantization_level: 'Q4_K_M' }
  upstream.script = json({ models: [{ name: 'm', details }] })
  expect(await driver.list(never)).toEqual([{ name: 'm', quantization: 'Q4_K_M' }])
  const license = 'Apache License\n\tVersion 2.0\r\n\fx'
  upstream.script = json({ license, capabilities: ['tools', '\u0007', long, 7] })
  expect(await driver.show('m', never)).toEqual({ name: 'm', license, capabilities: ['tools'] })
  for (const other of [`${license}\u001b[2J`, 'x'.repeat(200_001)]) {
    upstream.script = json({ license: other })
    expect(await driver.show('m', never)).toEqual({ name: 'm' })
  }
  for (const models of [
    [{ name: 'm', digest: long }],
    Array.from({ length: 10_001 }, (_, at) => ({ name: `m${at}` })),
  ]) {
    upstream.script = json({ models })
    await expect(driver.list(never)).rejects.toMatchObject({ code: 'upstream_invalid' })
  }
})

test('manage verbs', async () => {
  const { upstream, driver } = await start(
    ndjson({ status: 'pulling', total: 9, completed: 1, url: 'hidden' }, { status: 'success' }),
  )
  const run = async (request: Partial<ManageRequest>) => {
    const facts: JsonObject[] = []
    const progress = await driver.manage({ action: 'pull', model: 'm', stream: true, options: {}, ...request }, never)
    for await (const batch of progress) facts.push(...batch)
    return facts
  }
  expect(await run({})).toEqual([{ status: 'pulling', total: 9, completed: 1 }, { status: 'success' }])
  upstream.script = (response) => void response.writeHead(200).end()
  expect(await run({ action: 'copy', target: 'n' })).toEqual([{ status: 'success' }])
  expect(await run({ action: 'delete' })).toEqual([{ status: 'success' }])
  upstream.script = json({ done: true })
  expect(await run({ action: 'unload' })).toEqual([{ status: 'success' }])
  expect(upstream.received.map((one) => [one.method, one.path, JSON.parse(one.body)])).toEqual([
    ['POST', '/api/pull', { model: 'm', stream: true }],
    ['POST', '/api/copy', { source: 'm', destination: 'n' }],
    ['DELETE', '/api/delete', { model: 'm' }],
    ['POST', '/api/generate', { model: 'm', keep_alive: 0, stream: false }],
  ])
})

test('arguments that are nested too deeply to be printed are refused, not a failure of ours', async () => {
  const { upstream, driver } = await start(json({}))
  for (const levels of [65, 200_000]) {
    const call = { id: 'a', name: 'f', arguments: `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}` }
    const messages: ModelRequest['messages'] = [{ role: 'assistant', parts: [], toolCalls: [call] }]
    await expect(all(driver, chat({ messages }))).rejects.toMatchObject({
      code: 'unsupported_parameter',
      data: { param: 'messages' },
    })
  }
  expect(upstream.received).toHaveLength(0)
})
