// Nothing passes unread and nothing is dropped: every string a caller sends is in the call that rules and guard see, and every
// string of the call is in the body an upstream gets, or the call is refused by name. FUZZ_RUNS and FUZZ_SEED as in fuzz.test.ts.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fault, type JsonObject, type ModelRequest } from '../../src/core/index.ts'
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
import { createDriver, type Driver, type HttpKind } from '../../src/model/index.ts'
import { printOllama } from '../../src/model/ollama-print.ts'
import { printOpenai } from '../../src/model/openai-print.ts'
import { json, startScripted } from './scripted.ts'

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
const KINDS_OF_SERVER: readonly HttpKind[] = ['openai', 'vllm', 'llamacpp', 'ollama']
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
    const options = {
      signal: new AbortController().signal,
      session: 's',
      principal: 'p',
      bans: [],
      forbidden: () => [],
    }
    const request = read(wire, body)
    if (kind === 'ollama') for (const message of request.messages) delete message.name // refused there, see below
    const sent = driver.send(request, options).then(async (reply) => {
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
  const options = { signal: new AbortController().signal, session: 's', principal: 'p', bans: [], forbidden: () => [] }
  await expect(driver.send(request, options)).rejects.toMatchObject({
    code: 'unsupported_parameter',
    data: { param: 'messages' },
  })
  await driver.close()
})

/** Below these, keys are the caller's own: schemas, arguments, labels. */
const FREE = new Set(['parameters', 'schema', 'input_schema', 'arguments', 'metadata'])
const isFree = (key: string | number, depth: number): boolean =>
  FREE.has(String(key)) || (key === 'input' && depth > 0) || (key === 'format' && depth === 0)
