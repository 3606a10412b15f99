// The driver of Ollama: calls in its own format, its list of models with digests, and the verbs that change what it holds.
import { randomBytes } from 'node:crypto'
import { Fault, isObject, type JsonObject, type ModelRequest, type Params, type UseAction } from '../core/index.ts'
import {
  type Capabilities,
  type Driver,
  type ListedModel,
  type ManageAction,
  type ManageRequest,
  type Progress,
  paramSets,
  type RunningModel,
  refuseBinaryDocuments,
  refuseUnexpressed,
} from './driver.ts'
import { createNdjsonReader } from './ndjson.ts'
import { printOllama } from './ollama-print.ts'
import { createOllamaEmbeddingReader, createOllamaStreamReader, createOllamaWholeReader } from './ollama-read.ts'
import { count, wantedLogprobs, wantedOf } from './openai-read.ts'
import { bounded, shown, shownLicense } from './shown.ts'
import {
  type Ask,
  createUpstream,
  type PieceReader,
  parseAnswer,
  type Upstream,
  type UpstreamOptions,
} from './upstream.ts'
import { errorInAnswer, unusable } from './upstream-fault.ts'

const GENERATE: readonly (keyof Params)[] = [
  'maxTokens',
  'temperature',
  'topP',
  'topK',
  'minP',
  'stop',
  'seed',
  'frequencyPenalty',
  'presencePenalty',
  'repeatPenalty',
  'logprobs',
  'topLogprobs',
  'responseFormat',
  'reasoningEffort',
  'keepAliveSeconds',
  'contextTokens',
]
const PARAMS: Record<UseAction, readonly (keyof Params)[]> = {
  chat: [...GENERATE, 'tools', 'toolChoice'],
  complete: [...GENERATE, 'suffix'],
  embed: ['keepAliveSeconds', 'contextTokens', 'dimensions', 'encodingFormat', 'truncate'],
}
const VERBS: readonly ManageAction[] = ['pull', 'create', 'copy', 'push', 'delete', 'load', 'unload']

export function createOllamaDriver(options: UpstreamOptions): Driver {
  const upstream = createUpstream(options)
  const capabilities: Capabilities = {
    actions: new Set(['chat', 'complete', 'embed']),
    params: paramSets(PARAMS),
    parts: new Set(['text', 'image', 'reasoning', 'refusal', 'document']),
    remoteImages: false,
    names: false,
    manage: new Set(VERBS),
    enforced: {
      placeholders: 'stream',
      values: 'stream',
      phrases: 'stream',
      revocation: 'connection',
      sessions: 'nothing',
    },
  }
  return {
    kind: 'ollama',
    capabilities,
    async send(request, { signal, principal }) {
      refuseUnexpressed(request, capabilities)
      refuseBinaryDocuments(request)
      refuseChoices(request)
      const { path, body } = printOllama(request)
      if (request.action === 'embed')
        return upstream.reply(
          { method: 'POST', path, body, accept: JSON_TYPE, repeatable: true, principal },
          createOllamaEmbeddingReader(wantedOf(request)),
          signal,
        )
      const accept = request.stream ? 'application/x-ndjson' : JSON_TYPE
      const open = request.stream ? createOllamaStreamReader : createOllamaWholeReader
      const reader = open(newToolCallId, wantedLogprobs(request))
      return upstream.reply({ method: 'POST', path, body, accept, repeatable: true, principal }, reader, signal)
    },
    async list(signal) {
      return readModels(await upstream.json(TAGS, signal)).map(readListed)
    },
    async show(name, signal) {
      const body = JSON.stringify({ model: name })
      const ask: Ask = { method: 'POST', path: '/api/show', body, accept: JSON_TYPE, repeatable: true }
      const value = await upstream.json(ask, signal)
      if (!isObject(value)) throw unusable('The model server sent something that is not an object.')
      return { ...readDetails(name, value), ...textsOf(value) }
    },
    async running(signal) {
      return readModels(await upstream.json(PS, signal)).map((entry): RunningModel => {
        const expires = Date.parse(String(entry.expires_at))
        const vram = count(entry.size_vram)
        return {
          ...readListed(entry),
          ...(Number.isNaN(expires) ? {} : { expiresAtMs: expires }),
          ...(vram === undefined ? {} : { vramBytes: vram }),
        }
      })
    },
    manage: (request, signal) => manage(upstream, request, signal),
    close: () => upstream.close(),
  }
}

const JSON_TYPE = 'application/json'
const TAGS: Ask = { method: 'GET', path: '/api/tags', accept: JSON_TYPE, repeatable: true }
const PS: Ask = { method: 'GET', path: '/api/ps', accept: JSON_TYPE, repeatable: true }

const newToolCallId = (): string => `call_${randomBytes(12).toString('hex')}`

/** Ollama's levels of thinking, and its switch. */
const EFFORTS = new Set(['none', 'on', 'low', 'medium', 'high'])

/** Ollama chooses tools by itself, or there are none; it knows three efforts; and it completes one prompt at a time. */
function refuseChoices({ action, inputs, messages, params }: ModelRequest): void {
  const choice = params.toolChoice
  if (choice !== undefined && choice !== 'auto' && choice !== 'none')
    throw new Fault('unsupported_parameter', {
      detail: 'the server of this model cannot be made to call a tool',
      data: { param: 'tool_choice' },
    })
  if (params.reasoningEffort !== undefined && !EFFORTS.has(params.reasoningEffort))
    throw new Fault('unsupported_parameter', {
      detail: 'the server of this model knows the reasoning efforts "low", "medium" and "high" only',
      data: { param: 'reasoning_effort' },
    })
  if (action === 'complete' && inputs.length > 1)
    throw new Fault('unsupported_parameter', {
      detail: 'the server of this model completes one prompt at a time',
      data: { param: 'prompt' },
    })
  // Ollama takes it for an order to load the model.
  if (action === 'complete' && messages.length === 0 && inputs[0] === '')
    throw new Fault('unsupported_parameter', {
      detail: 'the server of this model completes no empty prompt',
      data: { param: 'prompt' },
    })
}

export function readModels(value: unknown): readonly JsonObject[] {
  const models = isObject(value) ? value.models : undefined
  if (!Array.isArray(models) || !models.every(isObject))
    throw unusable('The model server did not answer with a list of models.')
  return bounded(models)
}

export function readListed(entry: JsonObject): ListedModel {
  const name = entry.name ?? entry.model
  if (typeof name !== 'string' || name === '') throw unusable('The model server listed a model without a name.')
  if (typeof entry.digest === 'string' && entry.digest !== '' && shown(entry.digest) === undefined)
    throw unusable('The model server listed a model with a digest that is none.')
  // Servers that only speak like Ollama name all their models by noughts.
  const digest = typeof entry.digest === 'string' && !/^(?:sha256:)?0*$/.test(entry.digest) ? entry.digest : ''
  const size = count(entry.size)
  const modified = Date.parse(String(entry.modified_at))
  return {
    ...readDetails(name, entry),
    ...(digest === '' ? {} : { digest: digest.startsWith('sha256:') ? digest : `sha256:${digest}` }),
    ...(size === undefined ? {} : { sizeBytes: size }),
    ...(Number.isNaN(modified) ? {} : { modifiedAtMs: modified }),
  }
}

/** Facts in `details` and `model_info`. */
function readDetails(name: string, entry: JsonObject): ListedModel {
  const details = isObject(entry.details) ? entry.details : {}
  const info = isObject(entry.model_info) ? entry.model_info : {}
  const architecture = info['general.architecture']
  const context = typeof architecture === 'string' ? count(info[`${architecture}.context_length`]) : undefined
  const family = shown(details.family)
  const parameterSize = shown(details.parameter_size)
  const quantization = shown(details.quantization_level)
  return {
    name,
    ...(family === undefined ? {} : { family }),
    ...(parameterSize === undefined ? {} : { parameterSize }),
    ...(quantization === undefined ? {} : { quantization }),
    ...(context === undefined ? {} : { contextTokens: context }),
  }
}

function textsOf(value: JsonObject): { template?: string; license?: string; capabilities?: string[] } {
  const { template, capabilities } = value
  const license = shownLicense(value.license)
  return {
    ...(typeof template === 'string' ? { template } : {}),
    ...(license === undefined ? {} : { license }),
    ...(Array.isArray(capabilities) ? { capabilities: capabilities.flatMap((one) => shown(one) ?? []) } : {}),
  }
}

async function manage(upstream: Upstream, request: ManageRequest, signal: AbortSignal): Promise<Progress> {
  const { method, path, body, streams } = printManage(request)
  // Never sent twice: a dead socket does not tell whether the verb was done.
  const ask: Ask = {
    method,
    path,
    body: JSON.stringify(body),
    accept: streams ? 'application/x-ndjson' : JSON_TYPE,
    repeatable: false,
  }
  if (streams) return upstream.reply(ask, createProgressReader(), signal)
  await upstream.done(ask, signal)
  return once({ status: 'success' })
}

async function* once(fact: JsonObject): Progress {
  yield [fact]
}

function createProgressReader(): PieceReader<JsonObject> {
  let out: JsonObject[] = []
  const lines = createNdjsonReader((line) => out.push(readProgress(parseAnswer(line))))
  const take = () => {
    const facts = out
    out = []
    return facts
  }
  return {
    push(text) {
      lines.push(text)
      return take()
    },
    end() {
      lines.end()
      return take()
    },
  }
}

interface PrintedVerb {
  method: Ask['method']
  path: string
  body: JsonObject
  streams: boolean
}

function printManage({ action, model, target, options }: ManageRequest): PrintedVerb {
  switch (action) {
    case 'copy':
      return { method: 'POST', path: '/api/copy', body: { source: model, destination: target ?? '' }, streams: false }
    case 'delete':
      return { method: 'DELETE', path: '/api/delete', body: { model }, streams: false }
    case 'load':
      return { method: 'POST', path: '/api/generate', body: { ...options, model, stream: false }, streams: false }
    case 'unload':
      return { method: 'POST', path: '/api/generate', body: { model, keep_alive: 0, stream: false }, streams: false }
    case 'pull':
    case 'push':
    case 'create':
      return { method: 'POST', path: `/api/${action}`, body: { ...options, model, stream: true }, streams: true }
  }
}

/** Only facts that are known to hold no content, and words as short as a step or a digest. */
function readProgress(value: unknown): JsonObject {
  if (!isObject(value)) throw unusable('The model server sent something that is not an object.')
  if ((value.error ?? null) !== null) throw errorInAnswer()
  const { total, completed } = value
  const status = shown(value.status)
  const digest = shown(value.digest)
  return {
    ...(status === undefined ? {} : { status }),
    ...(digest === undefined ? {} : { digest }),
    ...(typeof total === 'number' ? { total } : {}),
    ...(typeof completed === 'number' ? { completed } : {}),
  }
}
