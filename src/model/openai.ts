// The drivers of servers that speak OpenAI's format: OpenAI and its likes, vLLM, llama.cpp's server.
import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { Fault, isObject, type JsonObject, type Params, type Part, type UseAction } from '../core/index.ts'
import { createBannedTokens } from './banned-tokens.ts'
import {
  type Capabilities,
  type Driver,
  type ListedModel,
  type ManageAction,
  paramSets,
  refuseBinaryDocuments,
  refuseUnexpressed,
} from './driver.ts'
import { type OpenaiDialect, printOpenai } from './openai-print.ts'
import { count, readingOf, wantedOf } from './openai-read.ts'
import { createOpenaiEmbeddingReader, createOpenaiStreamReader, createOpenaiWholeReader } from './openai-stream.ts'
import { bounded } from './shown.ts'
import { capabilitiesToldByLlamacpp, toldByLlamacpp, toldByStarter, toldByVllm, toldDigest } from './told-identity.ts'
import { type Ask, createUpstream, type UpstreamOptions } from './upstream.ts'
import { unusable } from './upstream-fault.ts'

export type OpenaiKind = 'openai' | 'vllm' | 'llamacpp'

export interface OpenaiOptions extends UpstreamOptions {
  /** Let the upstream open https: image URLs that callers name. Off: a caller could have it look into its own network. */
  readonly remoteImages?: boolean
}

const SAMPLING: readonly (keyof Params)[] = [
  'maxTokens',
  'temperature',
  'topP',
  'n',
  'stop',
  'seed',
  'logitBias',
  'frequencyPenalty',
  'presencePenalty',
  'logprobs',
  'topLogprobs',
]
const CHAT: readonly (keyof Params)[] = [
  ...SAMPLING,
  'responseFormat',
  'tools',
  'toolChoice',
  'parallelTools',
  'reasoningEffort',
]
const LOCAL_SAMPLING: readonly (keyof Params)[] = ['topK', 'minP', 'repeatPenalty']
const EMBED: readonly (keyof Params)[] = ['dimensions', 'encodingFormat']

const PARAMS: Record<OpenaiKind, Record<UseAction, readonly (keyof Params)[]>> = {
  openai: {
    chat: [...CHAT, 'serviceTier', 'verbosity'],
    complete: [...SAMPLING, 'suffix', 'echo', 'bestOf'],
    embed: EMBED,
  },
  vllm: {
    chat: [...CHAT, ...LOCAL_SAMPLING],
    complete: [...SAMPLING, ...LOCAL_SAMPLING, 'suffix', 'echo', 'bestOf'],
    embed: EMBED,
  },
  llamacpp: {
    chat: [...CHAT, ...LOCAL_SAMPLING],
    complete: [...SAMPLING, ...LOCAL_SAMPLING],
    embed: ['encodingFormat'],
  },
}
const PARTS: readonly Part['type'][] = ['text', 'image', 'audio', 'document', 'reasoning', 'refusal']

const ALL_ACTIONS: readonly UseAction[] = ['chat', 'complete', 'embed']
const NO_VERBS: ReadonlySet<ManageAction> = new Set()

export function createOpenaiDriver(kind: OpenaiKind, options: OpenaiOptions): Driver {
  const upstream = createUpstream(options)
  const capabilities: Capabilities = {
    actions: new Set(ALL_ACTIONS),
    params: paramSets(PARAMS[kind]),
    parts: new Set(PARTS),
    remoteImages: options.remoteImages ?? false,
    names: true,
    manage: NO_VERBS,
    enforced: {
      placeholders: 'stream',
      values: 'stream',
      phrases: kind === 'openai' ? 'stream' : 'bias',
      revocation: 'connection',
      sessions: ({ openai: 'nothing', vllm: 'cache salt', llamacpp: 'no cache' } as const)[kind],
    },
  }
  const dialect: OpenaiDialect = {
    // OpenAI's own newer models refuse the older name; few other servers know the newer one.
    maxTokens: new URL(options.url).hostname === 'api.openai.com' ? 'max_completion_tokens' : 'max_tokens',
    repeatPenalty: kind === 'vllm' ? 'repetition_penalty' : 'repeat_penalty',
    llamacpp: kind === 'llamacpp',
  }

  // How soon an answer begins tells whether somebody sent the same beginning before. Sessions therefore share no prefix cache:
  // vLLM keeps one for each salt; llama.cpp's server can only be told not to reuse what lies in a slot.
  const saltKey = createSecretKey(randomBytes(32))
  const isolation = (session: string): JsonObject => {
    if (kind === 'vllm') return { cache_salt: createHmac('sha256', saltKey).update(session).digest('base64url') }
    return kind === 'llamacpp' ? { cache_prompt: false } : {}
  }

  // vLLM and llama.cpp's server say how they cut a text; others have no such route, and cut it as nobody here knows.
  const bannedTokens = createBannedTokens((model, text, signal) => {
    const asked =
      kind === 'vllm'
        ? { model, prompt: text, add_special_tokens: false }
        : { model, content: text, add_special: false }
    const body = JSON.stringify(asked)
    return upstream.json({ method: 'POST', path: '/tokenize', body, accept: JSON_TYPE, repeatable: true }, signal)
  })

  const told = (path: string, signal: AbortSignal) => upstream.jsonIfKnown({ ...MODELS, path }, signal)

  const list = async (signal: AbortSignal): Promise<ListedModel[]> => {
    const value = await upstream.json(MODELS, signal)
    const models = readModelList(value)
    const entries = (value as { data: JsonObject[] }).data
    const withDigest = (told: (entry: JsonObject) => Parameters<typeof toldDigest>[0]) =>
      models.map((model, i) => {
        const digest = toldDigest(told(entries[i] as JsonObject))
        return digest === undefined ? model : { ...model, digest }
      })
    if (kind === 'vllm') return withDigest(toldByVllm)
    if (kind !== 'llamacpp') return models
    if (models.length !== 1 || isObject(entries[0]?.status)) return withDigest(toldByStarter)
    const [props, adapters] = await Promise.all(['/props', '/lora-adapters'].map((path) => told(path, signal)))
    return withDigest((entry) => toldByLlamacpp(entry, props, adapters))
  }

  return {
    kind,
    capabilities,
    async send(request, { signal, session, principal, bans }) {
      refuseUnexpressed(request, capabilities)
      if (kind !== 'openai') refuseBinaryDocuments(request)
      const own = isolation(session)
      if (bans.length > 0 && kind !== 'openai' && request.action !== 'embed') {
        const banned = await bannedTokens(request.model, bans, signal)
        if (Object.keys(banned).length > 0) own.logit_bias = { ...request.params.logitBias, ...banned }
      }
      const { path, body } = printOpenai(request, dialect, own)
      const reading = readingOf(request, newToolCallId)
      if (request.action === 'embed') {
        const ask: Ask = { method: 'POST', path, body, accept: JSON_TYPE, repeatable: true, principal }
        return upstream.reply(ask, createOpenaiEmbeddingReader(wantedOf(request)), signal)
      }
      const accept = request.stream ? 'text/event-stream' : JSON_TYPE
      const reader = request.stream ? createOpenaiStreamReader(reading) : createOpenaiWholeReader(reading)
      return upstream.reply({ method: 'POST', path, body, accept, repeatable: true, principal }, reader, signal)
    },
    list,
    async show(name, signal) {
      const models = await list(signal)
      const found = models.find((model) => model.name === name)
      if (!found) throw new Fault('not_found', { detail: 'The model server does not list this model.' })
      // vLLM and OpenAI's likes say nothing of what a model can do.
      if (kind !== 'llamacpp') return found
      // Asking does not put a model into memory.
      const props = `/props?model=${encodeURIComponent(name)}&autoload=false`
      const [all, its] = await Promise.all(['/v1/models', props].map((path) => told(path, signal)))
      return { ...found, capabilities: capabilitiesToldByLlamacpp(name, all, its) }
    },
    async running(signal) {
      return (await list(signal)).filter((model) => model.loaded !== false)
    },
    manage: (request) =>
      Promise.reject(
        new Fault('not_possible', { detail: `The server of this model cannot ${request.action} models over its API.` }),
      ),
    close: () => upstream.close(),
  }
}

const JSON_TYPE = 'application/json'
const MODELS: Ask = { method: 'GET', path: '/v1/models', accept: JSON_TYPE, repeatable: true }

const newToolCallId = (): string => `call_${randomBytes(12).toString('hex')}`

/** `{"data":[{"id"}]}` with what vLLM and llama.cpp add. */
export function readModelList(value: unknown): ListedModel[] {
  const data = isObject(value) ? value.data : undefined
  if (!Array.isArray(data)) throw unusable('The model server did not answer with a list of models.')
  return bounded(data).map((entry) => {
    if (!isObject(entry) || typeof entry.id !== 'string' || entry.id === '')
      throw unusable('The model server listed a model without a name.')
    const meta = isObject(entry.meta) ? entry.meta : {}
    const size = count(meta.size)
    // What a server was started with, before what its model could take.
    const context = count(entry.max_model_len ?? meta.n_ctx ?? entry.context_length ?? meta.n_ctx_train)
    return {
      name: entry.id,
      ...(size === undefined ? {} : { sizeBytes: size }),
      ...(context === undefined ? {} : { contextTokens: context }),
      ...(isObject(entry.status) && entry.status.value === 'unloaded' ? { loaded: false } : {}),
    }
  })
}
