// The driver of the runtime inside this process: an engine's words for a ModelRequest, and its one model as a list.
import { Fault, type Message, type ModelRequest, type Params, type UseAction } from '../core/index.ts'
import {
  type Capabilities,
  type Driver,
  type ListedModel,
  type Progress,
  paramSets,
  refuseUnexpressed,
} from './driver.ts'
import type { Engine, GenerateOptions, GenerateRequest, Turn } from './embedded/index.ts'

const SAMPLING: readonly (keyof Params)[] = [
  'maxTokens',
  'temperature',
  'topP',
  'topK',
  'minP',
  'seed',
  'stop',
  'repeatPenalty',
  'frequencyPenalty',
  'presencePenalty',
]

export function createEmbeddedDriver(engine: Engine, options: { readonly name: string }): Driver {
  const capabilities = capabilitiesOf(engine)
  const { about } = engine
  const model: ListedModel = {
    name: options.name,
    digest: `sha256:${engine.digest}`,
    sizeBytes: about.fileBytes,
    parameterSize: parameterSize(about.parameters),
    contextTokens: engine.contextTokens,
  }
  return {
    kind: 'embedded',
    capabilities,
    send(request, { signal, session, principal, bans, forbidden }) {
      refuseUnexpressed(request, capabilities)
      const rules = { bans, forbidden: forbidden(), placeholdersOfPrompt: true }
      const how: GenerateOptions = { principal, session, signal, rules }
      if (request.action === 'embed') return Promise.resolve(embed(engine, request, how))
      return Promise.resolve(engine.generate(printRequest(request, engine), how))
    },
    list: () => Promise.resolve([model]),
    show(name) {
      if (name !== model.name) return Promise.reject(new Fault('not_found'))
      return Promise.resolve({ ...model, ...(about.license === undefined ? {} : { license: about.license }) })
    },
    running: () => Promise.resolve(engine.loaded ? [{ ...model, vramBytes: 0 }] : []),
    async manage({ action, model: name }) {
      if (name !== model.name) throw new Fault('not_found')
      if (action === 'load') await engine.load()
      else if (action === 'unload') await engine.unload()
      else throw new Fault('not_possible', { detail: `The built-in runtime cannot ${action} models.` })
      return once()
    },
    forget: (session) => engine.forget(session),
    close: () => engine.close(),
  }
}

async function* once(): Progress {
  yield [{ status: 'success' }]
}

function capabilitiesOf({ capabilities: can }: Engine): Capabilities {
  const format: readonly (keyof Params)[] = can.json || can.schema ? ['responseFormat'] : []
  const text = [...SAMPLING, ...format]
  const actions: UseAction[] = [
    ...(can.chat ? ['chat' as const] : []),
    ...(can.complete ? ['complete' as const] : []),
    ...(can.embed ? ['embed' as const] : []),
  ]
  return {
    actions: new Set(actions),
    params: paramSets({ chat: text, complete: text, embed: ['encodingFormat'] }),
    parts: new Set(['text', 'refusal', 'document']),
    remoteImages: false,
    names: false,
    manage: new Set(['load', 'unload']),
  }
}

function printRequest({ messages, inputs, params }: ModelRequest, engine: Engine): GenerateRequest {
  if (inputs.length > 1) throw unexpressed('prompt', 'completes one prompt at a time')
  const out: GenerateRequest = messages.length > 0 ? { messages: messages.map(printTurn) } : { prompt: inputs[0] ?? '' }
  if (params.maxTokens !== undefined) out.maxTokens = params.maxTokens
  if (params.temperature !== undefined) out.temperature = params.temperature
  if (params.topP !== undefined) out.topP = params.topP
  if (params.topK !== undefined && params.topK > 0) out.topK = params.topK
  if (params.minP !== undefined) out.minP = params.minP
  if (params.seed !== undefined) out.seed = params.seed >>> 0
  if (params.stop !== undefined) out.stop = params.stop
  if (params.repeatPenalty !== undefined) out.repeatPenalty = params.repeatPenalty
  if (params.frequencyPenalty !== undefined) out.frequencyPenalty = params.frequencyPenalty
  if (params.presencePenalty !== undefined) out.presencePenalty = params.presencePenalty
  const format = params.responseFormat
  if (format?.type === 'json') {
    if (!engine.capabilities.json) throw unexpressed('response_format', 'has no JSON mode')
    out.format = { type: 'json' }
  } else if (format?.type === 'schema') {
    if (!engine.capabilities.schema) throw unexpressed('response_format', 'follows no JSON schema')
    out.format = { type: 'schema', schema: format.schema }
  }
  return out
}

function printTurn(message: Message): Turn {
  if (message.toolCalls !== undefined && message.toolCalls.length > 0)
    throw unexpressed('messages', 'knows no tool calls')
  const texts = message.parts.map((part) => {
    if (part.type === 'text' || part.type === 'refusal') return part.text
    if (part.type !== 'document' || part.text === undefined) throw unexpressed('messages', 'reads text only')
    return part.title === undefined ? part.text : `${part.title}\n\n${part.text}`
  })
  return { role: message.role, text: (message.toolError ? ['Error:', ...texts] : texts).join('\n\n') }
}

const unexpressed = (param: string, what: string) =>
  new Fault('unsupported_parameter', { detail: `The built-in runtime ${what}.`, data: { param } })

async function* embed(engine: Engine, { inputs }: ModelRequest, how: GenerateOptions) {
  const { vectors, inputTokens } = await engine.embed(inputs, how)
  yield [
    ...vectors.map((vector, index) => ({ type: 'embedding' as const, index, vector })),
    { type: 'usage' as const, usage: { inputTokens, outputTokens: 0 } },
  ]
}

/** 3200000000 → `3.2B` */
function parameterSize(parameters: number): string {
  const [unit, scale] = parameters >= 1e9 ? ['B', 1e9] : parameters >= 1e6 ? ['M', 1e6] : ['K', 1e3]
  return `${Math.round((parameters / (scale as number)) * 10) / 10}${unit}`
}
