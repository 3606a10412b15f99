// A value planted in every string of every request and every answer, in every wire format, streamed and whole, under every
// treatment: it never arrives raw where it may not. The places are walked, not listed: every string of an example, every
// key, and a field nobody knows in every object. The examples must use every field the readers in src/gateway/wire name,
// and the table of deltas every field of the type, so a new field fails here until it is covered.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Delta, Fault, isObject, type Treatment } from '../src/core/index.ts'
import type { Wire } from '../src/gateway/ports.ts'
import {
  anthropicMessages,
  ollamaChat,
  ollamaEmbed,
  ollamaEmbeddings,
  ollamaGenerate,
  openaiChat,
  openaiCompletions,
  openaiEmbeddings,
  openaiResponses,
} from '../src/gateway/wire/index.ts'
import { type Ask, createGuard, createStructuredDetector, type Vault } from '../src/guard/index.ts'
import { printOllama } from '../src/model/ollama-print.ts'
import { createOllamaStreamReader, createOllamaWholeReader } from '../src/model/ollama-read.ts'
import { printOpenai } from '../src/model/openai-print.ts'
import type { OpenaiReading } from '../src/model/openai-read.ts'
import { createOpenaiStreamReader, createOpenaiWholeReader } from '../src/model/openai-stream.ts'
import { WIRES } from './upstream/wires.ts'

const CANARY = 'zoe.canary@example.com'
const TREATMENTS: readonly Treatment[] = ['pass', 'pseudonym', 'mask', 'block']
const guard = createGuard({ detectors: [createStructuredDetector()] })
const ask =
  (treatment: Treatment): Ask =>
  ({ class: name }) => ({ treatment: name === 'personal/email' ? treatment : 'pass', rules: [] })
const openVault = (): Vault =>
  guard.openVault({ key: new Uint8Array(32).fill(1), random: (size) => new Uint8Array(size).fill(2), session: 's' })

type Json = string | number | boolean | null | undefined | Json[] | { [key: string]: Json }

/** Copies of `value` with the canary in one place each: every string, every key, an unknown field in every object. */
function* planted(value: Json, path = ''): Generator<[where: string, copy: Json]> {
  if (typeof value === 'string') {
    yield [path, value.startsWith('{') ? `{"note":"${CANARY}"}` : CANARY]
    if (value.startsWith('{')) yield [`${path} (broken)`, `{"note": ${CANARY}`]
    if (value.startsWith('data:') || value.startsWith('https:'))
      yield [`${path} (url)`, `https://example.com/?q=${CANARY}`]
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      for (const [where, copy] of planted(item, `${path}[${index}]`)) yield [where, value.with(index, copy)]
    // Numbers can spell a word too.
    if (value.length > 0 && value.every((item) => typeof item === 'number'))
      yield [`${path} (bytes)`, [...Buffer.from(CANARY)]]
  } else if (typeof value === 'object' && value !== null) {
    yield [`${path}.x_unknown`, { ...value, x_unknown: CANARY }]
    yield [`${path}.{key}`, { ...value, [CANARY]: 1 }]
    for (const [key, item] of Object.entries(value))
      for (const [where, copy] of planted(item, `${path}.${key}`)) yield [where, { ...value, [key]: copy }]
  }
}

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

const PNG = `data:image/png;base64,${Buffer.from('picture').toString('base64')}`
const FILE = Buffer.from('a plain file').toString('base64')
const tool = {
  type: 'function',
  function: {
    name: 'find',
    description: 'd',
    parameters: { type: 'object', properties: { q: { description: 'd' } } },
    strict: false,
  },
}
const openaiShared = {
  temperature: 1,
  top_p: 1,
  top_k: 1,
  min_p: 0,
  n: 1,
  stop: ['s', 't'],
  seed: 1,
  logit_bias: { 5: 1 },
  frequency_penalty: 0,
  presence_penalty: 0,
  user: 'u',
  metadata: { team: 't' },
  repeat_penalty: 1,
  repetition_penalty: 1,
}
const ollamaShared = {
  options: {
    temperature: 1,
    top_p: 1,
    top_k: 1,
    min_p: 0,
    seed: 1,
    stop: ['s'],
    frequency_penalty: 0,
    presence_penalty: 0,
    repeat_penalty: 1,
    num_ctx: 1,
    num_predict: 1,
  },
  format: { type: 'object', properties: { a: { description: 'd' } } },
  think: 'low',
  keep_alive: '5m',
  logprobs: true,
  top_logprobs: 1,
}

/** For each wire format an example that uses all it reads, and the files whose readers it must cover. */
/** The answer that an example continues. */
const CONTINUED = 'resp_1'

const REQUESTS: readonly { wire: Wire; files: readonly string[]; body: Json }[] = [
  {
    wire: openaiChat,
    files: ['openai-chat', 'openai-params'],
    body: {
      model: 'm',
      messages: [{ role: 'user', content: 'hello' }],
      tools: [tool],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'find' } }] },
      },
    },
  },
  {
    wire: openaiChat,
    files: ['openai-chat', 'openai-params'],
    body: {
      model: 'm',
      stream: false,
      messages: [
        { role: 'system', content: 'be kind', name: 'boss' },
        { role: 'developer', content: [{ type: 'text', text: 't' }] },
        {
          role: 'user',
          name: 'ann',
          content: [
            { type: 'text', text: 'hello', prompt_cache_breakpoint: { mode: 'explicit' } },
            { type: 'image_url', image_url: { url: PNG, detail: 'low' } },
            { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
            { type: 'input_audio', input_audio: { data: FILE, format: 'wav' } },
            { type: 'file', file: { file_data: FILE, filename: 'f.txt' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'a' },
            { type: 'refusal', refusal: 'no' },
          ],
          refusal: 'no',
          reasoning_content: 'hm',
          tool_calls: [{ id: 'c1', type: 'function', index: 0, function: { name: 'find', arguments: '{"q":"x"}' } }],
          annotations: [{ type: 'url_citation', url_citation: { title: 't', url: 'https://example.com' } }],
        },
        { role: 'assistant', content: 'b', reasoning: 'hm' },
        {
          role: 'assistant',
          content: '{"a":"x"}',
          parsed: { a: 'x' },
          tool_calls: [
            {
              id: 'c2',
              type: 'function',
              function: { name: 'find', arguments: '{"q":"y"}', parsed_arguments: { q: 'y' } },
            },
          ],
        },
        { role: 'tool', content: 'found', tool_call_id: 'c1', name: 'find' },
      ],
      stream_options: { include_usage: true, include_obfuscation: false },
      max_tokens: 5,
      max_completion_tokens: 5,
      modalities: ['text'],
      safety_identifier: 'u',
      logprobs: true,
      top_logprobs: 1,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'n', schema: { type: 'object', title: 't' }, strict: true, description: 'd' },
      },
      tools: [tool],
      tool_choice: { type: 'function', function: { name: 'find' } },
      parallel_tool_calls: true,
      reasoning_effort: 'low',
      service_tier: 'auto',
      verbosity: 'low',
      prompt_cache_key: 'k',
      prompt_cache_retention: 'r',
      ...openaiShared,
    },
  },
  {
    wire: openaiCompletions,
    files: ['openai-completions', 'openai-params'],
    body: {
      model: 'm',
      stream: false,
      prompt: ['one', 'two'],
      stream_options: { include_usage: true, include_obfuscation: false },
      max_tokens: 5,
      suffix: 's',
      echo: false,
      best_of: 1,
      logprobs: 1,
      ...openaiShared,
    },
  },
  {
    wire: openaiResponses,
    files: ['openai-responses'],
    body: {
      model: 'm',
      stream: false,
      instructions: 'be kind',
      input: [
        {
          role: 'user',
          type: 'message',
          id: 'i',
          status: 'completed',
          phase: 'p',
          content: [
            { type: 'input_text', text: 'hello' },
            { type: 'input_image', image_url: PNG, detail: 'low' },
            { type: 'input_file', file_data: FILE, filename: 'f.txt' },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'output_text', text: 'a', annotations: [{ title: 't' }], logprobs: [{ token: 't' }] },
            { type: 'output_text', text: '{"a":"x"}', parsed: { a: 'x' } },
            { type: 'refusal', refusal: 'no' },
          ],
        },
        {
          type: 'reasoning',
          id: 'r',
          summary: [{ type: 'summary_text', text: 's' }],
          content: [{ type: 'reasoning_text', text: 'r' }],
          status: 's',
        },
        { type: 'function_call', call_id: 'c1', name: 'find', arguments: '{"q":"x"}', id: 'i', status: 's' },
        { type: 'function_call', call_id: 'c2', name: 'find', arguments: '{"q":"y"}', parsed_arguments: { q: 'y' } },
        { type: 'function_call_output', call_id: 'c1', output: 'found', id: 'i', status: 's' },
      ],
      include: ['message.output_text.logprobs'],
      reasoning: { effort: 'low', summary: 'auto', generate_summary: 'auto' },
      text: {
        format: { type: 'json_schema', name: 'n', schema: { title: 't' }, strict: true, description: 'd' },
        verbosity: 'low',
      },
      safety_identifier: 'u',
      max_output_tokens: 5,
      temperature: 1,
      top_p: 1,
      top_logprobs: 1,
      tools: [{ type: 'function', name: 'find', description: 'd', parameters: { title: 't' }, strict: false }],
      tool_choice: { type: 'function', name: 'find' },
      parallel_tool_calls: true,
      metadata: { team: 't' },
      service_tier: 'auto',
      user: 'u',
      prompt_cache_key: 'k',
      prompt_cache_options: { a: 'k' },
      prompt_cache_retention: 'r',
      stream_options: { include_obfuscation: false },
      store: true,
      previous_response_id: CONTINUED,
    },
  },
  {
    wire: anthropicMessages,
    files: ['anthropic'],
    body: {
      model: 'm',
      stream: false,
      max_tokens: 5,
      system: [{ type: 'text', text: 'be kind', cache_control: { type: 'ephemeral' }, citations: null }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'hello' },
            {
              type: 'image',
              source: { type: 'base64', media_type: 'image/png', data: FILE },
              cache_control: { type: 'e' },
            },
            { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
            {
              type: 'document',
              title: 't',
              source: { type: 'text', media_type: 'text/plain', data: 'words' },
              context: '',
              citations: { enabled: false },
              cache_control: { type: 'e' },
            },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 's' },
            {
              type: 'tool_use',
              id: 'c1',
              name: 'find',
              input: { q: 'x' },
              cache_control: { type: 'e' },
              caller: { type: 'direct' },
            },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'c1',
              content: [{ type: 'text', text: 'found' }],
              is_error: false,
              cache_control: { type: 'e' },
            },
          ],
        },
      ],
      metadata: { user_id: 'u' },
      thinking: { type: 'enabled', budget_tokens: 5, display: 'summarized' },
      output_config: { effort: 'low', format: { type: 'json_schema', schema: { title: 't' } } },
      tools: [
        {
          type: 'custom',
          name: 'find',
          description: 'd',
          input_schema: { title: 't' },
          strict: false,
          cache_control: { type: 'e' },
          eager_input_streaming: true,
        },
      ],
      tool_choice: { type: 'tool', name: 'find', disable_parallel_tool_use: true },
      temperature: 1,
      top_p: 1,
      top_k: 1,
      stop_sequences: ['s'],
      service_tier: 'auto',
      cache_control: { type: 'e' },
    },
  },
  {
    wire: ollamaChat,
    files: ['ollama-chat', 'ollama-params'],
    body: {
      model: 'm',
      stream: false,
      messages: [
        { role: 'system', content: 'be kind' },
        { role: 'user', content: 'hello', images: ['iVBORw0KGgoAAAA'] },
        {
          role: 'assistant',
          content: 'a',
          thinking: 'hm',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'find', arguments: { q: 'x' }, index: 0 } }],
        },
        { role: 'tool', content: 'found', tool_name: 'find', tool_call_id: 'c1' },
      ],
      tools: [{ type: 'function', function: { name: 'find', description: 'd', parameters: { title: 't' } } }],
      truncate: true,
      shift: true,
      ...ollamaShared,
    },
  },
  {
    wire: ollamaGenerate,
    files: ['ollama-chat', 'ollama-params'],
    body: {
      model: 'm',
      stream: false,
      prompt: 'hello',
      system: 'be kind',
      images: ['iVBORw0KGgoAAAA'],
      raw: false,
      context: [],
      template: '',
      truncate: true,
      shift: true,
      ...ollamaShared,
    },
  },
  {
    wire: ollamaGenerate,
    files: [],
    body: { model: 'm', stream: false, prompt: 'hello', suffix: 's', raw: true, ...ollamaShared },
  },
  {
    wire: openaiEmbeddings,
    files: ['embeddings'],
    body: { model: 'm', input: ['one', 'two'], dimensions: 5, encoding_format: 'float', user: 'u' },
  },
  {
    wire: ollamaEmbed,
    files: ['embeddings'],
    body: {
      model: 'm',
      input: 'one',
      truncate: true,
      dimensions: 5,
      keep_alive: '5m',
      options: { seed: 1 },
    },
  },
  {
    wire: ollamaEmbeddings,
    files: ['embeddings'],
    body: { model: 'm', prompt: 'one', keep_alive: '5m', options: { seed: 1 } },
  },
]

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
    for (const [where, copy] of planted(body)) {
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
const reading: OpenaiReading = { choices: 1, newToolCallId: () => 'made' }
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
        for (const [where, copy] of planted(example))
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
  embedding: { type: 'embedding', index: 0, vector: 'AACAPwAAgD8=' },
}

it('a value planted in any field of any delta never leaves the guard', () => {
  let places = 0
  for (const delta of Object.values(DELTAS) as Delta[])
    for (const [where, copy] of planted(delta as unknown as Json)) {
      if (!isObject(copy) || copy.type !== delta.type) continue
      // Closed words are the readers' own.
      if (where === '.reason') continue
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
