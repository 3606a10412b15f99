// Nothing passes unread and nothing is dropped: every string a caller sends is in the call that rules and guard see, and every
// string of the call is in the body an upstream gets, or the call is refused by name. FUZZ_RUNS and FUZZ_SEED as in fuzz.test.ts.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Fault, isObject, type Json, type JsonObject, type ModelRequest } from '../../src/core/index.ts'
import type { Wire } from '../../src/gateway/index.ts'
import {
  anthropicMessages,
  ollamaChat,
  ollamaEmbed,
  ollamaGenerate,
  openaiChat,
  openaiCompletions,
  openaiEmbeddings,
  openaiResponses,
} from '../../src/gateway/wire/index.ts'
import { refuseUnexpressed } from '../../src/model/driver.ts'
import { EMBEDDED, type Engine } from '../../src/model/embedded/index.ts'
import { GGUF } from '../../src/model/gguf/engine.ts'
import { createDriver, type Driver, type HttpKind } from '../../src/model/index.ts'
import { createInsideDriver } from '../../src/model/inside.ts'
import { printOllama } from '../../src/model/ollama-print.ts'
import { printOpenai } from '../../src/model/openai-print.ts'
import { TOLD } from './fields.ts'
import { json, KINDS_OF_SERVER, type ScriptedUpstream, SENDING, startScripted } from './scripted.ts'

const schema = { type: 'object', properties: { canarySchema: { type: 'string', description: 'canary-schema' } } }

/** Everything a format can say, with a canary in every free text. */
const FULL: Record<string, { wire: Wire; body: JsonObject }> = {
  'openai chat': {
    wire: openaiChat,
    body: {
      model: 'm',
      messages: [
        { role: 'system', content: 'canary-system', name: 'canary-name' },
        { role: 'user', content: [{ type: 'text', text: 'canary-user' }] },
        {
          role: 'assistant',
          content: 'canary-assistant',
          reasoning_content: 'canary-reasoning',
          refusal: 'canary-refusal',
          tool_calls: [
            { id: 'canary-id', type: 'function', function: { name: 'canary-f', arguments: '{"a":"canary-args"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'canary-id', content: 'canary-result' },
        { role: 'user', content: 'canary-last' },
      ],
      stop: ['canary-stop'],
      tools: [
        { type: 'function', function: { name: 'canary-f', description: 'canary-description', parameters: schema } },
      ],
      response_format: { type: 'json_schema', json_schema: { name: 'canary-format', schema } },
      user: 'canary-end-user',
      metadata: { key: 'canary-metadata' },
    },
  },
  'openai responses': {
    wire: openaiResponses,
    body: {
      model: 'm',
      instructions: 'canary-instructions',
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'canary-user' }] },
        { type: 'reasoning', id: 'rs', summary: [{ type: 'summary_text', text: 'canary-reasoning' }] },
        { type: 'function_call', call_id: 'canary-id', name: 'canary-f', arguments: '{"a":"canary-args"}' },
        { type: 'function_call_output', call_id: 'canary-id', output: 'canary-result' },
      ],
      tools: [{ type: 'function', name: 'canary-f', description: 'canary-description', parameters: schema }],
      text: { format: { type: 'json_schema', name: 'canary-format', schema } },
    },
  },
  'anthropic messages': {
    wire: anthropicMessages,
    body: {
      model: 'm',
      max_tokens: 5,
      system: [{ type: 'text', text: 'canary-system' }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'canary-user' },
            {
              type: 'document',
              source: { type: 'text', media_type: 'text/plain', data: 'canary-document' },
              title: 'canary-title',
            },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'canary-reasoning', signature: '' },
            { type: 'tool_use', id: 'canary-id', name: 'canary-f', input: { a: 'canary-args' } },
          ],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'canary-id', content: 'canary-result', is_error: true }],
        },
      ],
      stop_sequences: ['canary-stop'],
      tools: [{ name: 'canary-f', description: 'canary-description', input_schema: schema }],
    },
  },
  'ollama chat': {
    wire: ollamaChat,
    body: {
      model: 'm',
      messages: [
        { role: 'system', content: 'canary-system' },
        { role: 'user', content: 'canary-user' },
        {
          role: 'assistant',
          content: 'canary-assistant',
          thinking: 'canary-reasoning',
          tool_calls: [{ function: { name: 'canary-f', arguments: { a: 'canary-args' } } }],
        },
        { role: 'tool', content: 'canary-result', tool_name: 'canary-f' },
      ],
      tools: [
        { type: 'function', function: { name: 'canary-f', description: 'canary-description', parameters: schema } },
      ],
      format: schema,
      options: { stop: ['canary-stop'] },
    },
  },
  'ollama generate': { wire: ollamaGenerate, body: { model: 'm', prompt: 'canary-prompt', system: 'canary-system' } },
  'openai completions': { wire: openaiCompletions, body: { model: 'm', prompt: 'canary-prompt', stop: 'canary-stop' } },
  'openai embeddings': { wire: openaiEmbeddings, body: { model: 'm', input: ['canary-a', 'canary-b'] } },
  'ollama embed': { wire: ollamaEmbed, body: { model: 'm', input: 'canary-a' } },
}

const canaries = (text: string): string[] => [...new Set(text.match(/canary-[a-z]+(?:-[a-z]+)?/g) ?? [])].sort()
const read = (wire: Wire, body: unknown): ModelRequest => wire.read(Buffer.from(JSON.stringify(body)), {})

/** Labels for the books of a service, which no server here keeps: judged, and not sent on. */
const LABELS = ['canary-end-user', 'canary-metadata']
/** Ollama's `format` is a schema without a name. */
const NAMELESS = ['canary-format']

const printing = KINDS_OF_SERVER.map((kind) => createDriver(kind, { url: 'http://127.0.0.1:9' }))

/** The body that a server would get, without a server. */
function printedBy({ kind, capabilities }: Driver, request: ModelRequest): string {
  refuseUnexpressed(request, capabilities)
  if (kind === 'ollama') return printOllama(request).body
  return printOpenai(request, { maxTokens: 'max_tokens', repeatPenalty: 'repeat_penalty' }).body
}

describe.each(Object.entries(FULL))('%s', (_name, { wire, body }) => {
  test('every string is in the call that is judged', () => {
    expect(canaries(JSON.stringify(read(wire, body)))).toEqual(canaries(JSON.stringify(body)))
  })

  test.each(KINDS_OF_SERVER)('every string of it reaches %s', async (kind) => {
    const upstream = await startScripted(json({}))
    const driver = createDriver(kind, { url: upstream.url })
    const request = read(wire, body)
    if (kind === 'ollama') for (const message of request.messages) delete message.name // refused there, see below
    const sent = driver.send(request, SENDING).then(async (reply) => {
      for await (const batch of reply) void batch
    })
    await expect(sent).rejects.toBeInstanceOf(Fault) // the server says nothing sensible; what counts is what it was told
    const wanted = canaries(JSON.stringify(body)).filter(
      (one) => !LABELS.includes(one) && !(kind === 'ollama' && [...NAMELESS, 'canary-name'].includes(one)),
    )
    const got = canaries(upstream.received[0]?.body ?? '')
    expect(got.filter((one) => wanted.includes(one))).toEqual(wanted)
    await driver.close()
    await upstream.close()
  })

  test('a field nobody knows is refused by name, wherever it stands', () => {
    const places: ((tree: JsonObject) => void)[] = []
    const walk = (value: unknown, path: (string | number)[]) => {
      if (typeof value !== 'object' || value === null) return
      if (!Array.isArray(value) && !path.some(isFree))
        places.push((tree) => {
          const at = path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], tree)
          ;(at as JsonObject).frobnicate = 1
        })
      for (const [key, child] of Object.entries(value)) walk(child, [...path, Array.isArray(value) ? Number(key) : key])
    }
    walk(body, [])
    expect(places.length).toBeGreaterThan(0)
    for (const place of places) {
      const tree = structuredClone(body)
      place(tree)
      expect(() => read(wire, tree)).toThrow(
        expect.objectContaining({ data: { param: expect.stringMatching(/frobnicate$/) } }),
      )
    }
  })

  test('whatever is put in whatever place, it is read or refused with a Fault, and printed for every server or refused by name', () => {
    const paths: (string | number)[][] = []
    const walk = (value: unknown, path: (string | number)[]) => {
      if (path.length > 0) paths.push(path)
      if (typeof value !== 'object' || value === null) return
      for (const [key, child] of Object.entries(value)) walk(child, [...path, Array.isArray(value) ? Number(key) : key])
    }
    walk(body, [])
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 3 }), (path, value) => {
        const tree = structuredClone(body)
        const last = path.at(-1) as string
        const at = path.slice(0, -1).reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], tree)
        ;(at as Record<string, unknown>)[last] = value
        let request: ModelRequest
        try {
          request = read(wire, tree)
        } catch (error) {
          expect(['malformed_request', 'unsupported_parameter']).toContain((error as Fault).code)
          return
        }
        for (const driver of printing)
          try {
            JSON.parse(printedBy(driver, request))
          } catch (error) {
            expect(error).toMatchObject({ code: 'unsupported_parameter', data: { param: expect.stringMatching(/./) } })
          }
      }),
      { seed: Number(process.env.FUZZ_SEED ?? 51), numRuns: Number(process.env.FUZZ_RUNS ?? 500) },
    )
  })
})

test('names of speakers are refused where there is no place for them', async () => {
  const driver = createDriver('ollama', { url: 'http://127.0.0.1:9' })
  const request = read(openaiChat, { model: 'm', messages: [{ role: 'user', name: 'dana', content: 'x' }] })
  await expect(driver.send(request, SENDING)).rejects.toMatchObject({
    code: 'unsupported_parameter',
    data: { param: 'messages' },
  })
  await driver.close()
})

/** Below these, keys are the caller's own: schemas, arguments, labels. */
const FREE = new Set(['parameters', 'schema', 'input_schema', 'arguments', 'metadata'])
const isFree = (key: string | number, depth: number): boolean =>
  FREE.has(String(key)) ||
  (key === 'input' && depth > 0) ||
  (key === 'format' && depth === 0) ||
  (key === 'value' && depth === 1)

// ---- every field of every format, to every kind of server ----

/** Below these, nothing is a field: beside keys of the caller's own, what no reader here looks into. */
const WHOLE = new Set([
  ...['annotations', 'cache_control', 'citations', 'logit_bias', 'logprobs', 'parsed', 'parsed_arguments'],
  ...['client_metadata', 'prompt_cache_breakpoint', 'prompt_cache_options'],
])
const isWhole = (key: string | number, depth: number): boolean => isFree(key, depth) || WHOLE.has(String(key))

const SERVERS = [...KINDS_OF_SERVER, 'embedded', 'gguf'] as const
type Server = (typeof SERVERS)[number]

const ROUTES: Record<string, string> = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
  'openai-completions': '/v1/completions',
  'openai-embeddings': '/v1/embeddings',
  'ollama-chat': '/api/chat',
  'ollama-generate': '/api/generate',
  'ollama-embed': '/api/embed',
  'ollama-embeddings': '/api/embeddings',
}

/** What docs/formats.md says is ignored: `/route field` and the servers that do. */
function toldOf(page: string): Record<string, string[]> {
  const out: Record<string, string[]> = {}
  let route = ''
  for (const line of page.split('\n')) {
    if (line.startsWith('## ')) route = line.slice(3)
    const [, fields = '', servers = ''] = line.split('|')
    const spans = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, span]) => span ?? '')
    for (const field of spans(fields))
      out[`${route} ${field}`] = servers.trim() === 'all' ? [...SERVERS] : spans(servers)
  }
  return out
}

describe('every field of every format, at every kind of server, is passed on, used, refused by name, or told of in docs/formats.md', () => {
  const WIRES = fileURLToPath(new URL('../../src/gateway/wire/', import.meta.url))
  const words = new Set(
    readdirSync(WIRES)
      .filter((file) => !file.endsWith('.test.ts'))
      .flatMap((file) =>
        [...readFileSync(join(WIRES, file), 'utf8').matchAll(/'([a-z][a-z_.]*)'|^ {2}([a-z_]+): \[/gm)].map(
          ([, quoted, key]) => quoted ?? key ?? '',
        ),
      ),
  )
  let upstream: ScriptedUpstream
  const drivers = new Map<Server, Driver>()
  let generated: unknown
  beforeAll(async () => {
    upstream = await startScripted(json({}))
    for (const kind of KINDS_OF_SERVER) drivers.set(kind, createDriver(kind, { url: upstream.url }))
    for (const [kind, capabilities] of [
      ['embedded', EMBEDDED],
      ['gguf', GGUF],
    ] as const) {
      const engine = { digest: '', capabilities, about: {}, loaded: false, close: async () => {} } as unknown as Engine
      const driver = createInsideDriver({
        kind,
        name: 'm',
        files: [import.meta.filename],
        capabilities,
        open: async () => engine,
      })
      const [listed] = await driver.list(AbortSignal.timeout(60_000))
      Object.assign(engine, {
        digest: listed?.digest?.slice('sha256:'.length),
        async *generate(request: unknown) {
          generated = request
          yield []
        },
        async embed(inputs: unknown) {
          generated = inputs
          return { vectors: [], inputTokens: 0 }
        },
      })
      drivers.set(kind, driver)
    }
  })
  afterAll(async () => {
    for (const driver of drivers.values()) await driver.close()
    await upstream.close()
  })

  const outcomes = new Map<string, string>()
  /** What a server is told, or by what name it is refused; with what the gateway itself does otherwise. */
  async function outcome(server: Server, request: ModelRequest): Promise<string> {
    const { messages: _, inputs: __, params, ...own } = request
    const key = JSON.stringify([server, request])
    let told = outcomes.get(key)
    if (told === undefined) {
      told = await send(server, request)
      outcomes.set(key, told)
    }
    return told.startsWith('refused ') ? told : `${JSON.stringify([own, params.encodingFormat])} ${told}`
  }
  async function send(server: Server, request: ModelRequest): Promise<string> {
    generated = undefined
    const sent = upstream.received.length
    const options = { ...SENDING, signal: AbortSignal.timeout(60_000) }
    try {
      for await (const _ of await (drivers.get(server) as Driver).send(request, options));
    } catch (error) {
      const { code, data } = error as Fault
      if (code === 'unsupported_parameter') {
        expect(data.param).toMatch(/./)
        return `refused ${data.param}`
      }
    }
    return KINDS_OF_SERVER.includes(server as HttpKind)
      ? (upstream.received[sent]?.body ?? 'nothing')
      : JSON.stringify(generated)
  }

  /** Where a field stands, as its format calls it: `messages[user].content[text].text`. */
  const nameOf = (body: JsonObject, path: readonly (string | number)[]): string => {
    let at: Json = body
    let out = ''
    for (const key of path) {
      at = (at as Record<string, Json>)[key] as Json
      if (typeof key === 'string') out += `${out === '' ? '' : '.'}${key}`
      else {
        const kind = isObject(at) ? (at.role ?? at.type) : at
        out += `[${typeof kind === 'string' ? kind : ''}]`
      }
    }
    return out
  }
  const pathsOf = (value: Json, path: (string | number)[] = []): (string | number)[][] => [
    ...(path.length > 0 ? [path] : []),
    ...(typeof value !== 'object' || value === null || path.some(isWhole)
      ? []
      : Object.entries(value).flatMap(([key, child]) =>
          pathsOf(child as Json, [...path, Array.isArray(value) ? Number(key) : key]),
        )),
  ]
  const put = (body: JsonObject, path: readonly (string | number)[], value: Json | undefined): JsonObject => {
    const tree = structuredClone(body)
    const at = path
      .slice(0, -1)
      .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], tree) as JsonObject
    const last = path.at(-1) as string
    if (value !== undefined) at[last] = value
    else if (Array.isArray(at)) at.splice(Number(last), 1)
    else delete at[last]
    return tree
  }
  const tryRead = (wire: Wire, body: JsonObject): ModelRequest | undefined => {
    try {
      return read(wire, body)
    } catch {
      return undefined
    }
  }
  /** The request with another value at this place, if the format takes one. */
  function otherRead(wire: Wire, body: JsonObject, path: readonly (string | number)[], value: Json) {
    for (const other of others(value, path.some(isWhole))) {
      const changed = other === value ? undefined : tryRead(wire, put(body, path, other))
      if (changed) return changed
    }
    return undefined
  }
  const others = (value: Json, whole: boolean): readonly Json[] => {
    if (typeof value === 'boolean') return [!value]
    if (typeof value === 'number') return [value + 1, value - 1, value + 0.1]
    if (typeof value === 'string') return [`${value}x`, ...words]
    if (Array.isArray(value)) return value.length === 0 ? [[1], ['x']] : [[]]
    return whole ? [{ ...(value as JsonObject), description: 'other' }] : []
  }

  const found = new Map<string, Set<Server>>()
  test.each(TOLD.map((told) => [told.wire.name, told] as const))(
    '%s',
    { timeout: 120_000 },
    async (_, { wire, base, beside }) => {
      const bodies = [base, ...beside.map((more) => ({ ...base, ...more }))]
      const unshown = new Set<string>()
      const idle: [Server, string][] = []
      const mattering = new Set<string>()
      const known = new Set(bodies.flatMap((body) => pathsOf(body).map((path) => nameOf(body, path))))
      for (const body of bodies) {
        const request = read(wire, body)
        const whole = new Map<Server, string>()
        for (const server of SERVERS) whole.set(server, await outcome(server, request))
        for (const path of pathsOf(body)) {
          const value = path.reduce<Json>((node, key) => (node as Record<string, Json>)[key] as Json, body)
          const name = nameOf(body, path)
          const without = tryRead(wire, put(body, path, undefined))
          const other = otherRead(wire, body, path, value)
          // No other value is read, and none at all asks for the same: it says nothing.
          if (!other && (!without || JSON.stringify(without) === JSON.stringify(request))) continue
          for (const server of SERVERS) {
            const said = whole.get(server) as string
            const seen = (variant: ModelRequest | undefined) =>
              variant === undefined ? said : outcome(server, variant)
            if ((await seen(without)) !== said || (await seen(other)) !== said) mattering.add(`${server} ${name}`)
            else if (!said.startsWith('refused ')) idle.push([server, name])
          }
        }
        // Whatever else is read at any place of this request is in another one here.
        for (const path of [[], ...pathsOf(body)]) {
          const at = path.reduce<Json>((node, key) => (node as Record<string, Json>)[key] as Json, body)
          if (!isObject(at) || path.some(isWhole)) continue
          for (const word of words) {
            if (word in at) continue
            const name = `${nameOf(body, path)}${path.length === 0 ? '' : '.'}${word}`
            if (known.has(name)) continue
            try {
              read(wire, put(body, [...path, word], 1))
            } catch (error) {
              const { code, data, detail } = error as Fault
              const where = String(data.param)
              if (code === 'unsupported_parameter' || !where.endsWith(word) || detail?.includes('belongs to')) continue
            }
            unshown.add(name)
          }
        }
      }
      for (const [server, name] of idle)
        if (!mattering.has(`${server} ${name}`)) {
          const field = `${ROUTES[wire.name]} ${name.replaceAll(/\[[^\]]*\]/g, '')}`
          found.set(field, (found.get(field) ?? new Set()).add(server))
        }
      expect([...unshown], 'read, and no example of it in fields.ts').toEqual([])
    },
  )

  test('what is ignored is told of, and nothing else is', () => {
    const page = readFileSync(new URL('../../docs/formats.md', import.meta.url), 'utf8')
    const ignored = [...found].map(([field, servers]) => [field, SERVERS.filter((server) => servers.has(server))])
    expect(Object.fromEntries(ignored)).toEqual(toldOf(page))
  })
})
