// A value planted in every string of every request and every answer, in every wire format, streamed and whole, under every
// treatment: it never arrives raw where it may not. The places are walked, not listed: every string of an example, every
// key, and a field nobody knows in every object. The examples must use every field the readers in src/gateway/wire name,
// and the table of deltas every field of the type, so a new field fails here until it is covered.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Delta, Fault, isObject, type Treatment } from '../src/core/index.ts'
import type { Wire } from '../src/gateway/ports.ts'
import { type Ask, createGuard, createStructuredDetector, type Vault } from '../src/guard/index.ts'
import { printOllama } from '../src/model/ollama-print.ts'
import { createOllamaStreamReader, createOllamaWholeReader } from '../src/model/ollama-read.ts'
import { printOpenai } from '../src/model/openai-print.ts'
import type { Asked } from '../src/model/openai-read.ts'
import { createOpenaiStreamReader, createOpenaiWholeReader } from '../src/model/openai-stream.ts'
import { CONTINUED, FILE, type Json, planted, REQUESTS } from './generators/requests.ts'
import { WIRES } from './upstream/wires.ts'

const CANARY = 'zoe.canary@example.com'
const TREATMENTS: readonly Treatment[] = ['pass', 'pseudonym', 'mask', 'block']
const guard = createGuard({ detectors: [createStructuredDetector()] })
const ask =
  (treatment: Treatment): Ask =>
  ({ class: name }) => ({ treatment: name === 'personal/email' ? treatment : 'pass', rules: [] })
const openVault = (): Vault =>
  guard.openVault({ key: new Uint8Array(32).fill(1), random: (size) => new Uint8Array(size).fill(2), session: 's' })

/** Everything that can be read in bytes on a wire: escapes, base64 and lists of bytes opened. */
function readable(text: string): string {
  const escapes = text.replace(/\\+u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  const base64 = (text.match(/[A-Za-z0-9+/]{16,}/g) ?? []).map((run) => Buffer.from(run, 'base64').toString('latin1'))
  const bytes = (text.match(/\[\d{1,3}(?:,\s*\d{1,3})+\]/g) ?? []).map((list) =>
    Buffer.from(JSON.parse(list) as number[]).toString('latin1'),
  )
  return [text, escapes, ...base64, ...bytes].join('\n')
}
const raw = (text: string) => /zoe|canary@/i.test(readable(text))

// ---- requests ----

/** Names of fields that a reader takes: members of its `…FIELDS` sets and of its tables of readers. */
function fieldsOf(file: string): string[] {
  const source = readFileSync(`src/gateway/wire/${file}.ts`, 'utf8')
  const sets = [
    ...source.matchAll(/const \w*(?:FIELDS|PARTS)(?:: [^=]*)? = (?:new Set\(\[|\{)([\s\S]*?)(?:\]\)|\} as const)\n/g),
  ].map(([, body]) => body ?? '')
  const hints = [...source.matchAll(/HINTS = \[([\s\S]*?)\]/g)].map(([, body]) => body ?? '')
  const named = [...sets, ...hints].flatMap((body) =>
    [...body.matchAll(/'([a-z_]+)'/g)].map(([, name]) => name as string),
  )
  const readers = [...source.matchAll(/: \['([a-z_]+)', /g)].map(([, name]) => name as string)
  return [...new Set([...named, ...readers])]
}
/** Fields that are read only to be refused by name, whatever they hold. */
const REFUSED = new Set(['audio', 'function_call', 'file_id', 'file_url', 'encrypted_content'])

function keysOf(value: Json, into = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const item of value) keysOf(item, into)
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) {
      into.add(key)
      keysOf(item, into)
    }
  return into
}

const dialect = { images: true } as unknown as Parameters<typeof printOpenai>[1]
const print = (request: Parameters<typeof printOllama>[0]): string => {
  const bodies: string[] = []
  for (const one of [() => printOpenai(request, dialect).body, () => printOllama(request).body])
    try {
      bodies.push(one())
    } catch (error) {
      if (!(error instanceof Fault)) throw error
    }
  // What no driver prints is looked at as well.
  return `${bodies.join('\n')}\n${JSON.stringify({ ...request, model: '' })}`
}

describe('a value planted in every string of a request', () => {
  it('the examples use every field that the readers know', () => {
    const used = keysOf(REQUESTS.map(({ body }) => body))
    const files = [...new Set(REQUESTS.flatMap((request) => request.files))]
    const types = new Set([
      'text',
      'refusal',
      'image_url',
      'input_audio',
      'file',
      'image',
      'document',
      'thinking',
      'input_text',
      'output_text',
      'input_image',
      'input_file',
    ])
    for (const file of files) {
      const fields = fieldsOf(file)
      expect(fields.length, file).toBeGreaterThan(3)
      for (const field of fields)
        if (!REFUSED.has(field) && !types.has(field))
          expect(used.has(field), `${file}: ${field} is in no example`).toBe(true)
    }
  })

  it.each(REQUESTS.map((one, index) => [`${one.wire.name} ${index}`, one] as const))('%s', (_, { wire, body }) => {
    // The example itself is understood, so that what follows is not all refused for another reason.
    const understood = wire.read(Buffer.from(JSON.stringify(body)), {})
    expect(understood.model).toBe('m')
    let arrived = 0
    let places = 0
    for (const [where, copy] of planted(body, CANARY)) {
      places++
      for (const treatment of TREATMENTS) {
        const at = `${wire.name}${where} ${treatment}`
        let sent = ''
        try {
          const request = wire.read(Buffer.from(JSON.stringify(copy)), {})
          // The model's name is resolved by the gateway; what names nothing ends there.
          if (request.model !== 'm') continue
          // So is the answer that is continued: it is put in place of its id before anything is screened.
          if ((request.previousResponseId ?? CONTINUED) !== CONTINUED) continue
          sent = print(guard.screenInput(request, ask(treatment), openVault()).request)
        } catch (error) {
          expect(error, at).toBeInstanceOf(Fault)
          if ((error as Fault).code === 'content_blocked')
            expect(JSON.stringify([(error as Fault).message, (error as Fault).data]), at).not.toMatch(/zoe/)
          continue
        }
        if (treatment === 'pass') arrived += raw(sent) ? 1 : 0
        else expect(raw(sent), at).toBe(false)
      }
    }
    expect(places).toBeGreaterThan(5)
    expect(arrived).toBeGreaterThan(0)
  })
})

// ---- answers ----

const logprobs = {
  content: [
    {
      token: 'hello',
      logprob: -1,
      bytes: [104, 101, 108, 108, 111],
      top_logprobs: [{ token: 'hi', logprob: -2, bytes: [104, 105] }],
    },
  ],
  refusal: null,
}
const usage = {
  prompt_tokens: 1,
  completion_tokens: 2,
  total_tokens: 3,
  prompt_tokens_details: { cached_tokens: 1 },
  completion_tokens_details: { reasoning_tokens: 1 },
}
const said = {
  role: 'assistant',
  content: 'hello',
  refusal: 'no',
  reasoning_content: 'hm',
  tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'find', arguments: '{"q":"x"}' } }],
  annotations: [{ type: 'url_citation', url_citation: { title: 't', url: 'https://example.com' } }],
  audio: { id: 'a', data: FILE, transcript: 't' },
  function_call: { name: 'f', arguments: '{}' },
}
const frame = {
  id: 'c',
  created: 1,
  model: 'm',
  system_fingerprint: 'f',
  service_tier: 'default',
  provider: 'p',
  usage,
}
const choice = { index: 0, logprobs, finish_reason: 'stop', stop_reason: 's', token_ids: [1, 2] }
const { reasoning_content: thought, ...unthought } = said
const ollamaLine = {
  model: 'm',
  created_at: 't',
  message: {
    role: 'assistant',
    content: 'hello',
    thinking: 'hm',
    images: [FILE],
    tool_name: 'find',
    tool_calls: [{ id: 'c1', function: { name: 'find', arguments: { q: 'x' } } }],
  },
  logprobs: logprobs.content,
  done: true,
  done_reason: 'stop',
  context: [1, 2],
  prompt_eval_count: 1,
  eval_count: 2,
}
const reading: Asked = { choices: 1, newToolCallId: () => 'made' }
const sse = (value: Json) => `data: ${JSON.stringify(value)}\n\ndata: [DONE]\n\n`
interface Reader {
  push(text: string): Delta[]
  end(): Delta[]
}

/** Every shape a model server answers in, and what reads it. */
const ANSWERS: readonly { name: string; stream: boolean; example: Json; body(value: Json): string; open(): Reader }[] =
  [
    {
      name: 'openai chat',
      stream: false,
      example: { ...frame, object: 'chat.completion', choices: [{ ...choice, message: said }] },
      body: (value) => JSON.stringify(value),
      open: () => createOpenaiWholeReader(reading),
    },
    {
      name: 'openai chat, other names',
      stream: false,
      example: {
        ...frame,
        object: 'chat.completion',
        choices: [{ ...choice, message: { ...unthought, reasoning: thought } }],
      },
      body: (value) => JSON.stringify(value),
      open: () => createOpenaiWholeReader(reading),
    },
    {
      name: 'openai chunk',
      stream: true,
      example: { ...frame, object: 'chat.completion.chunk', choices: [{ ...choice, delta: said }] },
      body: sse,
      open: () => createOpenaiStreamReader(reading),
    },
    {
      name: 'openai completion',
      stream: false,
      example: {
        ...frame,
        object: 'text_completion',
        choices: [
          {
            ...choice,
            text: 'hello',
            logprobs: { tokens: ['hello'], token_logprobs: [-1], top_logprobs: [{ hi: -2 }], text_offset: [0] },
          },
        ],
      },
      body: (value) => JSON.stringify(value),
      open: () => createOpenaiWholeReader(reading),
    },
    {
      name: 'openai completion chunk',
      stream: true,
      example: {
        ...frame,
        object: 'text_completion',
        choices: [
          {
            ...choice,
            text: 'hello',
            logprobs: { tokens: ['hello'], token_logprobs: [-1], top_logprobs: [{ hi: -2 }], text_offset: [0] },
          },
        ],
      },
      body: sse,
      open: () => createOpenaiStreamReader(reading),
    },
    {
      name: 'ollama',
      stream: false,
      example: ollamaLine,
      body: (value) => JSON.stringify(value),
      open: () => createOllamaWholeReader(() => 'made'),
    },
    {
      name: 'ollama line',
      stream: true,
      example: ollamaLine,
      body: (value) => `${JSON.stringify(value)}\n`,
      open: () => createOllamaStreamReader(() => 'made'),
    },
    {
      name: 'ollama generate',
      stream: true,
      example: { ...ollamaLine, message: undefined, response: 'hello', thinking: 'hm' },
      body: (value) => `${JSON.stringify(value)}\n`,
      open: () => createOllamaStreamReader(() => 'made'),
    },
  ]

/** What a client of this format is sent for these deltas. Throws what ends the call. */
function written(wire: Wire, stream: boolean, batches: () => Delta[][], treatment: Treatment): string {
  const request = {
    ...wire.read(Buffer.from(JSON.stringify(REQUESTS.find((one) => one.wire === wire)?.body)), {}),
    stream,
    streamUsage: true,
  }
  const writer = wire.writer({ request, model: 'm', callId: 'c', created: 1 })
  const output = guard.openOutput(ask(treatment), openVault())
  let sent = ''
  try {
    const deltas: Delta[] = []
    for (const batch of batches()) {
      const leaving = output.push(batch)
      if (stream) sent += writer.batch(leaving)
      deltas.push(...leaving)
    }
    const rest = output.end()
    const report = output.report()
    expect(report.bytesScanned >= report.bytesForwarded || treatment !== 'pass').toBe(true)
    if (treatment === 'pass') expect(report.bytesForwarded).toBe(report.bytesScanned)
    return stream ? sent + writer.batch(rest) + writer.end() : writer.whole([...deltas, ...rest])
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const shown = { requestId: 'r', decisionId: 'd' }
    return stream ? sent + writer.cut(error, shown) : wire.refuse(error, shown).body
  }
}

describe('a value planted in every string of an answer', () => {
  it.each(WIRES.map((wire) => [wire.name, wire] as const))(
    '%s',
    (_, wire) => {
      let arrived = 0
      for (const { name, example, body, open } of ANSWERS)
        for (const [where, copy] of planted(example, CANARY))
          for (const stream of [true, false]) {
            const sent = (treatment: Treatment) =>
              written(
                wire,
                stream,
                () => {
                  const reader = open()
                  // In small pieces where it streams, so that no place is whole when it is first seen.
                  const parts = stream ? (body(copy).match(/[\s\S]{1,5}/g) ?? []) : [body(copy)]
                  return [...parts.map((part) => reader.push(part)), reader.end()]
                },
                treatment,
              )
            const passes = raw(sent('pass'))
            if (passes) arrived++
            // What is dropped even where everything may pass is never read; CANARY_ALL tries it all the same.
            else if (process.env.CANARY_ALL === undefined) continue
            for (const treatment of TREATMENTS.slice(1))
              expect(
                raw(sent(treatment)),
                `${name}${where} to ${wire.name}, ${stream ? 'streamed' : 'whole'}, ${treatment}`,
              ).toBe(false)
          }
      expect(arrived).toBeGreaterThan(3)
    },
    60_000,
  )
})

/** Every field of every delta; a field that is missing here does not compile. */
const DELTAS: { readonly [K in Delta['type']]: Required<Extract<Delta, { type: K }>> } = {
  text: {
    type: 'text',
    choice: 0,
    text: 'hello',
    logprobs: [
      {
        token: 'hello',
        logprob: -1,
        bytes: [104, 101, 108, 108, 111],
        top: [{ token: 'hi', logprob: -2, bytes: [104, 105] }],
      },
    ],
  },
  reasoning: { type: 'reasoning', choice: 0, text: 'hm', signature: 's' },
  refusal: { type: 'refusal', choice: 0, text: 'no' },
  tool: { type: 'tool', choice: 0, index: 0, id: 'c1', name: 'find', arguments: '{"q":"x"}' },
  finish: { type: 'finish', choice: 0, reason: 'stop', stopSequence: 's' },
  usage: {
    type: 'usage',
    usage: { inputTokens: 1, outputTokens: 2, reasoningTokens: 1, cachedTokens: 1 },
    durations: { total: 4, load: 1, promptEval: 1, eval: 2 },
  },
  embedding: { type: 'embedding', index: 0, vector: [1, 0.5] },
}

it('a value planted in any field of any delta never leaves the guard', () => {
  let places = 0
  for (const delta of Object.values(DELTAS) as Delta[])
    for (const [where, copy] of planted(delta as unknown as Json, CANARY)) {
      if (!isObject(copy) || copy.type !== delta.type) continue
      // Closed words are the readers' own; a vector is numbers, and any numbers may be one.
      if (where === '.reason' || where === '.vector (bytes)') continue
      for (const treatment of ['pseudonym', 'mask', 'block'] as const) {
        places++
        let left = ''
        try {
          const output = guard.openOutput(ask(treatment), openVault())
          left = JSON.stringify([...output.push([copy as unknown as Delta]), ...output.end()])
        } catch (error) {
          expect(error).toBeInstanceOf(Fault)
        }
        expect(raw(left), `${delta.type}${where} ${treatment}`).toBe(false)
      }
    }
  expect(places).toBeGreaterThan(60)
})
