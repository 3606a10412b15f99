// Every parameter of every wire format, from the formats' own field lists: rules see it, a rule can clamp it if it is a
// single value, or it is refused by name. A field without an example here fails, so that a new one is thought about.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Json, type JsonObject, type ModelRequest, NO_DUTIES } from '../../core/index.ts'
import { readNotes, requestContext } from '../../policy/index.ts'
import { applyDuties } from '../duties.ts'
import type { Wire } from '../ports.ts'
import { FIELDS as ANTHROPIC, HINTS as ANTHROPIC_HINTS, anthropicMessages } from './anthropic.ts'
import {
  EMBED_FIELDS,
  EMBEDDINGS_FIELDS,
  OPENAI_FIELDS,
  ollamaEmbed,
  ollamaEmbeddings,
  openaiEmbeddings,
} from './embeddings.ts'
import { CHAT_FIELDS, GENERATE_FIELDS, ollamaChat, ollamaGenerate } from './ollama-chat.ts'
import { OPTION_FIELDS } from './ollama-params.ts'
import { FIELDS as CHAT, HINTS as CHAT_HINTS, openaiChat } from './openai-chat.ts'
import { FIELDS as COMPLETIONS, openaiCompletions } from './openai-completions.ts'
import { openaiResponses, FIELDS as RESPONSES, HINTS as RESPONSES_HINTS } from './openai-responses.ts'

const tool = (name: string) => ({ type: 'function', function: { name, parameters: {} } })
const flat = (name: string) => ({ type: 'function', name, parameters: {} })
const schema = { type: 'json_schema', json_schema: { name: 'x', schema: {} } }
/** A 1 × 1 picture is told by its first bytes. */
const PNG = 'iVBORw0KGgo='

/** Two values each. `null` as the second: rules see that it is there (or how much of it), not what it says. */
const EXAMPLES: Record<string, [Json, Json]> = {
  temperature: [0.1, 0.9],
  top_p: [0.1, 0.9],
  top_k: [5, 6],
  min_p: [0.1, 0.2],
  n: [2, 3],
  stop: ['a', ['a', 'b']],
  stop_sequences: [['a'], ['a', 'b']],
  seed: [1, 2],
  logit_bias: [{ 1: 1 }, { 1: 1, 2: 2 }],
  frequency_penalty: [0.5, 1],
  presence_penalty: [0.5, 1],
  repeat_penalty: [1.1, 1.2],
  repetition_penalty: [1.1, 1.2],
  max_tokens: [5, 6],
  max_completion_tokens: [5, 6],
  max_output_tokens: [5, 6],
  logprobs: [true, false],
  top_logprobs: [1, 2],
  response_format: [{ type: 'json_object' }, schema],
  tools: [[tool('a')], [tool('b')]],
  tool_choice: ['required', { type: 'function', function: { name: 'a' } }],
  parallel_tool_calls: [true, false],
  reasoning_effort: ['low', 'high'],
  service_tier: ['auto', 'default'],
  verbosity: ['low', 'high'],
  user: ['u', null],
  safety_identifier: ['u', null],
  metadata: [{ a: 'x' }, { b: 'x' }],
  suffix: ['s', null],
  echo: [true, false],
  best_of: [2, 3],
  dimensions: [5, 6],
  encoding_format: ['float', 'base64'],
  truncate: [true, false],
  keep_alive: [5, '10m'],
  format: ['json', { type: 'object' }],
  think: [true, 'low'],
  thinking: [
    { type: 'enabled', budget_tokens: 5 },
    { type: 'enabled', budget_tokens: 6 },
  ],
  output_config: [{ effort: 'low' }, { effort: 'high' }],
  output_format: [{ type: 'json_schema', schema: { type: 'object' } }, null],
  reasoning: [{ effort: 'low' }, { effort: 'high' }],
  text: [{ verbosity: 'low' }, { format: { type: 'json_object' } }],
  include: [['message.output_text.logprobs'], null],
  system: ['s', null],
  instructions: ['s', null],
  images: [[PNG], [PNG, PNG]],
  store: [true, null],
  previous_response_id: ['resp_1', null],
  options: [{ num_ctx: 5 }, { num_ctx: 6 }],
  raw: [true, null],
  // Refused whatever they say.
  audio: [{ voice: 'x', format: 'mp3' }, null],
  function_call: ['auto', null],
  functions: [[{ name: 'f' }], null],
  prediction: [{ type: 'content', content: 'x' }, null],
  web_search_options: [{}, null],
  modalities: [['audio'], null],
  access_programs: [['x'], null],
  background: [true, null],
  context_management: [{}, null],
  conversation: ['c', null],
  image: [{}, null],
  max_tool_calls: [1, null],
  moderation: [{}, null],
  truncation: ['auto', null],
  container: ['c', null],
  diagnostics: [{}, null],
  inference_geo: ['eu', null],
  mcp_servers: [[{}], null],
  speed: ['fast', null],
  thread: [{ type: 'create' }, null],
  shift: [false, null],
  context: [[1, 2], null],
  template: ['t', null],
  // Advice that changes no answer and is sent to nobody.
  prompt_cache_key: ['k', null],
  prompt_cache_options: [{}, null],
  prompt_cache_retention: ['24h', null],
  cache_control: [{ type: 'ephemeral' }, null],
  stream_options: [{ include_usage: true }, null],
  client_metadata: [{ session_id: 's' }, null],
}
const OPTION_EXAMPLES: Record<string, [Json, Json]> = { num_predict: [5, 6], num_ctx: [5, 6] }

interface Format {
  readonly wire: Wire
  readonly fields: ReadonlySet<string>
  readonly base: JsonObject
  readonly hints: readonly string[]
  readonly own?: Record<string, [Json, Json]>
  /** What a field needs beside it. */
  readonly needs?: Record<string, JsonObject>
}
const said = [{ role: 'user', content: 'hello' }]
const FORMATS: Format[] = [
  {
    wire: openaiChat,
    fields: CHAT,
    base: { model: 'm', messages: said },
    hints: [...CHAT_HINTS, 'stream_options'],
    needs: { top_logprobs: { logprobs: true } },
  },
  {
    wire: openaiCompletions,
    fields: COMPLETIONS,
    base: { model: 'm', prompt: 'hello' },
    hints: ['stream_options'],
    own: { logprobs: [1, 2] },
  },
  {
    wire: openaiResponses,
    fields: RESPONSES,
    base: { model: 'm', input: 'hello' },
    hints: RESPONSES_HINTS,
    own: {
      tools: [[flat('a')], [flat('b')]],
      tool_choice: ['required', { type: 'function', name: 'a' }],
      prompt: [{ id: 'p' }, null],
    },
  },
  {
    wire: anthropicMessages,
    fields: ANTHROPIC,
    base: { model: 'm', messages: said, max_tokens: 9 },
    hints: ANTHROPIC_HINTS,
    own: {
      tools: [[{ name: 'a', input_schema: {} }], [{ name: 'b', input_schema: {} }]],
      tool_choice: [{ type: 'any' }, { type: 'tool', name: 'a' }],
      metadata: [{ user_id: 'u' }, null],
      // What clears thoughts changes only the words that rules are told of.
      context_management: [{ edits: [{ type: 'clear_tool_uses_20250919' }] }, null],
      service_tier: ['auto', 'standard_only'],
    },
  },
  { wire: openaiEmbeddings, fields: OPENAI_FIELDS, base: { model: 'm', input: 'hello' }, hints: [] },
  { wire: ollamaEmbed, fields: EMBED_FIELDS, base: { model: 'm', input: 'hello' }, hints: [] },
  { wire: ollamaEmbeddings, fields: EMBEDDINGS_FIELDS, base: { model: 'm', prompt: 'hello' }, hints: [] },
  {
    wire: ollamaChat,
    fields: CHAT_FIELDS,
    base: { model: 'm', messages: said },
    hints: [],
    needs: { top_logprobs: { logprobs: true } },
    own: { truncate: [false, null] },
  },
  {
    wire: ollamaGenerate,
    fields: GENERATE_FIELDS,
    base: { model: 'm', prompt: 'hello' },
    hints: [],
    needs: { top_logprobs: { logprobs: true } },
    own: { truncate: [false, null] },
  },
]
/** The words themselves, and who they are for. Rules know of them by class, by count, or as the resource. */
const CONTENT = new Set(['model', 'messages', 'input', 'prompt'])

const read = ({ wire }: Format, body: JsonObject): ModelRequest | 'refused' => {
  try {
    return wire.read(Buffer.from(JSON.stringify(body)), {})
  } catch (error) {
    expect((error as { code?: string }).code).toBe('unsupported_parameter')
    return 'refused'
  }
}
const seen = (request: ModelRequest): string =>
  JSON.stringify(requestContext(request, 1), (_, value) =>
    typeof value === 'bigint' ? String(value) : (value as Json),
  )

describe.each(FORMATS.map((format) => [format.wire.name, format] as const))('%s', (_, format) => {
  const examples = { ...EXAMPLES, ...format.own }
  const fields = [...format.fields].filter((field) => !CONTENT.has(field) || format.own?.[field])

  test.each(fields.filter((field) => field !== 'stream'))('%s is seen by rules, or refused', (field) => {
    const example = examples[field]
    expect(example, `${field} has no example here`).toBeDefined()
    const [one, other] = example as [Json, Json]
    const beside = { ...format.base, ...format.needs?.[field] }
    const [absent, given] = [read(format, beside), read(format, { ...beside, [field]: one })]
    if (absent === 'refused' || given === 'refused') return
    if (format.hints.includes(field)) {
      const { streamUsage: __, ...sent } = given
      expect(sent).toEqual(absent)
      return
    }
    expect(seen(given), `${field} is not seen`).not.toBe(seen(absent))
    if (other === null) return
    const changed = read(format, { ...beside, [field]: other })
    if (changed !== 'refused') expect(seen(changed), `the value of ${field} is not seen`).not.toBe(seen(given))
  })

  test('streaming is seen', () => {
    if (!format.fields.has('stream')) return
    const [on, off] = [true, false].map((stream) => read(format, { ...format.base, stream }) as ModelRequest)
    expect(seen(on!)).not.toBe(seen(off!))
  })

  test('single values can be clamped', () => {
    for (const field of fields) {
      const example = examples[field]
      const request = example && read(format, { ...format.base, ...format.needs?.[field], [field]: example[0] })
      if (!request || request === 'refused') continue
      for (const [name, value] of Object.entries(request.params)) {
        // Names of people are no parameter of the answer, and text is treated as data.
        if (typeof value === 'object' || name === 'user' || name === 'suffix') continue
        const bound = typeof value === 'number' ? 3 : typeof value === 'boolean' ? !value : 'other'
        const { notes, problems } = readNotes({ id: 'x', why: 'x', clamp: `${name} == ${bound}` }, 'permit', [
          new Set(['use']),
        ])
        expect(problems, `${field} (${name}) cannot be clamped`).toEqual([])
        const duties = { ...NO_DUTIES, clamps: notes?.duties.clamps ?? [] }
        expect(applyDuties(request, duties, 'm', String).params).toMatchObject({ [name]: bound })
      }
    }
  })

  test('a field nobody knows is refused by its name', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 20 }).filter((name) => !format.fields.has(name) && name !== '__proto__'),
        // A key that names the prototype is refused as malformed, wherever it stands.
        fc.jsonValue().filter((value) => value !== null && !JSON.stringify(value).includes('__proto__')),
        (name, value) => {
          const body = Buffer.from(JSON.stringify({ ...format.base, [name]: value }))
          expect(() => format.wire.read(body, {})).toThrow(
            expect.objectContaining({ code: 'unsupported_parameter', data: { param: name } }),
          )
        },
      ),
      { numRuns: 100 },
    )
  })
})

test.each([...OPTION_FIELDS])('Ollama’s option %s is seen by rules', (field) => {
  const [one, other] = OPTION_EXAMPLES[field] ?? EXAMPLES[field] ?? []
  expect(one, `${field} has no example here`).toBeDefined()
  for (const [wire, extra] of [
    [ollamaChat, { messages: said }],
    [ollamaGenerate, { prompt: 'hello' }],
    [ollamaEmbed, { input: 'hello' }],
  ] as const) {
    const contexts = [{}, { [field]: one }, { [field]: other }].map((options) =>
      seen(wire.read(Buffer.from(JSON.stringify({ model: 'm', ...extra, options })), {})),
    )
    expect(new Set(contexts).size).toBe(3)
  }
})

test('a parameter that no rule can see is refused, however it got there', () => {
  const request = { ...(read(FORMATS[0]!, FORMATS[0]!.base) as ModelRequest), params: { mirostat: 2 } } as ModelRequest
  expect(() => requestContext(request, 1)).toThrow(expect.objectContaining({ code: 'unsupported_parameter' }))
})

test('a tool cannot pass for a choice of none', () => {
  const body = {
    ...FORMATS[0]!.base,
    tools: [tool('none')],
    tool_choice: { type: 'function', function: { name: 'none' } },
  }
  expect(requestContext(read(FORMATS[0]!, body) as ModelRequest, 1).toolChoice).toBe('tool:none')
})

describe('pictures, sound and files arrive in the one form of base64 that everybody reads alike', () => {
  /** A picture to all who skip what is no base64; to who does not, text. */
  const user = (content: unknown) => ({ messages: [{ role: 'user', content }], max_tokens: 5 })
  const places: [string, Wire, (data: string) => object][] = [
    [
      'chat image',
      openaiChat,
      (data) => user([{ type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } }]),
    ],
    ['chat audio', openaiChat, (data) => user([{ type: 'input_audio', input_audio: { data, format: 'wav' } }])],
    ['chat file', openaiChat, (data) => user([{ type: 'file', file: { file_data: data } }])],
    ['chat file URL', openaiChat, (data) => user([{ type: 'file', file: { file_data: `data:a/b;base64,${data}` } }])],
    [
      'responses image',
      openaiResponses,
      (data) => ({
        input: [{ role: 'user', content: [{ type: 'input_image', image_url: `data:image/png;base64,${data}` }] }],
      }),
    ],
    [
      'responses file',
      openaiResponses,
      (data) => ({ input: [{ role: 'user', content: [{ type: 'input_file', file_data: data }] }] }),
    ],
    [
      'anthropic image',
      anthropicMessages,
      (data) => user([{ type: 'image', source: { type: 'base64', media_type: 'image/png', data } }]),
    ],
    [
      'anthropic document',
      anthropicMessages,
      (data) => user([{ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data } }]),
    ],
    ['ollama image', ollamaChat, (data) => ({ messages: [{ role: 'user', content: 'x', images: [data] }] })],
    ['ollama prompt', ollamaGenerate, (data) => ({ prompt: 'x', images: [data] })],
  ]
  const readIn = (wire: Wire, body: object) => wire.read(Buffer.from(JSON.stringify({ model: 'm', ...body })), {})

  test.each(places)('%s', (_name, wire, body) => {
    const expected = JSON.stringify(readIn(wire, body(`${PNG.slice(0, -1)}/A==`)))
    for (const written of ['iVBO Rw0K\nGgo/A==', 'iVBORw0KGgo_A', '\tiVBORw0KGgo/A'])
      expect(JSON.stringify(readIn(wire, body(written))), written).toBe(expected)
    for (const other of ['iVBORw0K!Ggo=', 'iVBORw0KGgo=,', 'iVBORw0KGgo=data', 'data:x,iVBORw0KGgo='])
      expect(() => readIn(wire, body(other)), other).toThrow(expect.objectContaining({ code: 'malformed_request' }))
  })
})
