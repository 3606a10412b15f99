// Embeddings in their three shapes: OpenAI's /v1/embeddings, Ollama's /api/embed and its older /api/embeddings.
import { type Json, type ModelRequest, type Params, parseJson } from '../../core/index.ts'
import type { Wire, WireWriter, WriterContext } from '../ports.ts'
import { collect } from './answer.ts'
import { boolean, integer, malformed, name, oneOf, onlyFields, optional, prompts, root, text } from './field.ts'
import { cutOllama, refuseOllama } from './ollama-fault.ts'
import { readKeepAlive, readOptions } from './ollama-params.ts'
import { openaiError, refuseOpenai } from './openai-fault.ts'
import { JSON_HEADERS } from './refusal-headers.ts'

/** Who sends tokens without having been told to is LangChain. */
const SEND_TEXT = ' (LangChain for Python sends text with OpenAIEmbeddings(check_embedding_ctx_length=False))'

/** Most inputs of one call: OpenAI's own bound. */
const MOST_INPUTS = 2048

export const openaiEmbeddings: Wire = {
  name: 'openai-embeddings',
  read: readOpenai,
  writer: (context) => ({
    ...createWriter(context),
    needsUsage: true,
    whole(deltas) {
      const { embeddings, usage } = collect(deltas)
      const format = context.request.params.encodingFormat ?? 'float'
      return JSON.stringify({
        object: 'list',
        data: embeddings.map((vector, index) => ({ object: 'embedding', index, embedding: encode(vector, format) })),
        model: context.model,
        usage: { prompt_tokens: usage?.inputTokens ?? 0, total_tokens: usage?.inputTokens ?? 0 },
      })
    },
    cut: (fault, shown) => JSON.stringify({ error: openaiError(fault, shown.decisionId) }),
  }),
  refuse: refuseOpenai,
}

export const ollamaEmbed: Wire = {
  name: 'ollama-embed',
  read: readEmbed,
  writer: (context) => ({
    ...createWriter(context),
    whole(deltas) {
      const { embeddings, usage } = collect(deltas)
      const took = context.durations?.()
      // Always there, as from Ollama itself: of a server that tells none, the time that it took here, and none to load.
      return JSON.stringify({
        model: context.model,
        embeddings,
        total_duration: took?.total ?? Math.round((context.elapsed?.() ?? 0) * 1e6),
        load_duration: took?.load ?? 0,
        prompt_eval_count: usage?.inputTokens,
      })
    },
  }),
  refuse: refuseOllama,
}

/** The route that `/api/embed` replaced: one prompt, one vector. */
export const ollamaEmbeddings: Wire = {
  name: 'ollama-embeddings',
  read: readEmbeddings,
  writer: (context) => ({
    ...createWriter(context),
    whole: (deltas) => JSON.stringify({ embedding: collect(deltas).embeddings[0] ?? [] }),
  }),
  refuse: refuseOllama,
}

/** Embeddings never stream. */
const createWriter = (_context: WriterContext): WireWriter => ({
  streamHeaders: JSON_HEADERS,
  wholeHeaders: JSON_HEADERS,
  batch: () => '',
  end: () => '',
  whole: () => '',
  cut: cutOllama,
})

const OPENAI_READERS = {
  dimensions: ['dimensions', (value, where) => integer(value, where, 1, 1_000_000)],
  encodingFormat: ['encoding_format', (value, where) => oneOf(value, where, ['float', 'base64'])],
  user: ['user', text],
} as const satisfies Record<string, readonly [string, (value: Json, where: string) => unknown]>
export const OPENAI_FIELDS = new Set(['model', 'input', ...Object.values(OPENAI_READERS).map(([theirs]) => theirs)])

function readOpenai(bytes: Uint8Array): ModelRequest {
  const body = root(parseJson(bytes))
  onlyFields(body, OPENAI_FIELDS)
  const inputs = prompts(body.input, 'input', MOST_INPUTS, SEND_TEXT)
  return request(body.model, inputs, 'input', optional(body, OPENAI_READERS))
}

const EMBED_READERS = {
  truncate: ['truncate', boolean],
  dimensions: OPENAI_READERS.dimensions,
  keepAliveSeconds: ['keep_alive', readKeepAlive],
} as const satisfies Record<string, readonly [string, (value: Json, where: string) => unknown]>
export const EMBED_FIELDS = new Set([
  'model',
  'input',
  'options',
  ...Object.values(EMBED_READERS).map(([theirs]) => theirs),
])

function readEmbed(bytes: Uint8Array): ModelRequest {
  const body = root(parseJson(bytes))
  onlyFields(body, EMBED_FIELDS)
  const params = { ...readOptions(body), ...optional(body, EMBED_READERS) }
  return request(body.model, prompts(body.input, 'input', MOST_INPUTS), 'input', params)
}

export const EMBEDDINGS_FIELDS = new Set(['model', 'prompt', 'options', 'keep_alive'])

function readEmbeddings(bytes: Uint8Array): ModelRequest {
  const body = root(parseJson(bytes))
  onlyFields(body, EMBEDDINGS_FIELDS)
  const { keepAliveSeconds } = EMBED_READERS
  const params = { ...readOptions(body), ...optional(body, { keepAliveSeconds }) }
  return request(body.model, [text(body.prompt, 'prompt')], 'prompt', params)
}

function request(model: Json | undefined, inputs: string[], where: string, params: Params): ModelRequest {
  if (inputs.length === 0) throw malformed(where, 'must not be empty')
  return { action: 'embed', model: name(model, 'model'), messages: [], inputs, params, stream: false }
}

/** Little-endian 32-bit floats in base64, as OpenAI's clients ask for by default. */
function encode(vector: number[], format: 'float' | 'base64'): number[] | string {
  if (format === 'float') return vector
  const bytes = Buffer.alloc(vector.length * 4)
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4)
  return bytes.toString('base64')
}
