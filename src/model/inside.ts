// The driver of a model that runs here, in a thread or a child process: an engine's words for a ModelRequest, and its one
// model as a list. The engine is opened when it is first needed, and anew when its files have changed and were accepted.
import { Fault, type Message, type ModelRequest, type Params, type UseAction } from '../core/index.ts'
import {
  type Capabilities,
  type Driver,
  type ListedModel,
  type Progress,
  paramSets,
  refuseUnexpressed,
  SAMPLING,
} from './driver.ts'
import type { Engine, EngineCapabilities, GenerateOptions, GenerateRequest, Turn } from './embedded/index.ts'
import { watchFiles } from './model-files.ts'

/** Milliseconds after which a model that could not be opened is tried again without being asked for. */
const RETRY_MS = 60_000

export interface InsideOptions {
  readonly kind: 'embedded' | 'gguf'
  /** The model's name in the list of this upstream. */
  readonly name: string
  /** Weights, then an adapter: together they are the version. */
  readonly files: readonly string[]
  readonly capabilities: EngineCapabilities
  /** @throws Fault `upstream_unavailable`, `upstream_invalid` */
  open(): Promise<Engine>
}

export function createInsideDriver({ kind, name, files, capabilities: can, open }: InsideOptions): Driver {
  const capabilities = capabilitiesOf(can)
  const identify = watchFiles(files)
  let opening: Promise<Engine> | undefined
  let engine: Engine | undefined
  let closed = false
  /** Why it could not be opened, and when: what a list says until it is tried again. */
  let failed: { readonly error: unknown; readonly at: number } | undefined
  /** The digest that was listed: what rules and people know of this model. */
  let listed: string | undefined

  const opened = (): Promise<Engine> => {
    if (closed) throw new Fault('shutting_down')
    if (!opening) {
      const now = open()
      opening = now
      now.then(
        (ready) => {
          if (opening === now) engine = ready
          failed = undefined
        },
        (error: unknown) => {
          if (opening === now) opening = undefined
          failed = { error, at: performance.now() }
        },
      )
    }
    return opening
  }
  const drop = async () => {
    const old = opening
    opening = undefined
    engine = undefined
    await (await old?.catch(() => undefined))?.close()
  }

  /** The engine of exactly the model that was listed. */
  const current = async (): Promise<Engine> => {
    const { digest } = await identify()
    // The registry looks again before the next call, and holds the name back until somebody accepts.
    if (listed !== undefined && digest !== listed) throw changed()
    let ready = await opened()
    if (ready.digest !== digest) {
      await drop()
      ready = await opened()
    }
    if (ready.digest !== digest) throw changed()
    return ready
  }

  const describe = async (): Promise<ListedModel> => {
    const { digest, bytes } = await identify()
    const about = engine?.digest === digest ? engine.about : undefined
    const size = about && about.parameters > 0 ? { parameterSize: parameterSize(about.parameters) } : {}
    const context = engine && about ? { contextTokens: engine.contextTokens } : {}
    return { name, digest: `sha256:${digest}`, sizeBytes: bytes, ...size, ...context }
  }
  const mine = (asked: string) => {
    if (asked !== name) throw new Fault('not_found')
  }

  return {
    kind,
    capabilities,
    async send(request, { signal, session, principal, bans, forbidden }) {
      refuseUnexpressed(request, capabilities)
      const rules = { bans, forbidden: forbidden(), placeholdersOfPrompt: true }
      const how: GenerateOptions = { principal, session, signal, rules }
      const printed = request.action === 'embed' ? undefined : printRequest(request, can)
      const ready = await current()
      signal.throwIfAborted()
      return printed === undefined ? embed(ready, request, how) : ready.generate(printed, how)
    },
    async list() {
      const model = await describe()
      listed = model.digest?.slice('sha256:'.length)
      // A model that cannot be opened is not there, whatever its file says.
      if (failed && performance.now() - failed.at < RETRY_MS) throw failed.error
      if (failed) await opened()
      return [model]
    },
    async show(asked) {
      mine(asked)
      const license = engine?.about.license
      return { ...(await describe()), ...(license === undefined ? {} : { license }), capabilities: namesOf(can) }
    },
    async running() {
      return engine?.loaded ? [{ ...(await describe()), vramBytes: 0 }] : []
    },
    async manage({ action, model }) {
      mine(model)
      if (action === 'load') await (await current()).load()
      else if (action === 'unload') await engine?.unload()
      else
        throw new Fault('not_possible', {
          detail: `A model that runs inside the gateway cannot be changed: ${action}.`,
        })
      return once()
    },
    async forget(session) {
      await engine?.forget(session)
    },
    async close() {
      closed = true
      await drop()
    },
  }
}

/** In Ollama's words. There, "embedding" is a model that does nothing else. */
function namesOf(can: EngineCapabilities): string[] {
  const says = can.chat || can.complete
  return [
    ...(says ? ['completion'] : can.embed ? ['embedding'] : []),
    ...(can.tools ? ['tools'] : []),
    ...(can.images ? ['vision'] : []),
  ]
}

const changed = () =>
  new Fault('upstream_unavailable', { detail: 'The model file is not the one that was registered.' })

async function* once(): Progress {
  yield [{ status: 'success' }]
}

function capabilitiesOf(can: EngineCapabilities): Capabilities {
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
    enforced: can.tokenRules
      ? { placeholders: 'sampler', values: 'sampler', phrases: 'sampler', revocation: 'token', sessions: 'own state' }
      : { placeholders: 'stream', values: 'stream', phrases: 'stream', revocation: 'token', sessions: 'own state' },
  }
}

function printRequest({ messages, inputs, params }: ModelRequest, can: EngineCapabilities): GenerateRequest {
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
    if (!can.json) throw unexpressed('response_format', 'has no JSON mode')
    out.format = { type: 'json' }
  } else if (format?.type === 'schema') {
    if (!can.schema) throw unexpressed('response_format', 'follows no JSON schema')
    out.format = { type: 'schema', schema: format.schema }
  }
  return out
}

function printTurn(message: Message): Turn {
  if (message.role === 'tool' || (message.toolCalls !== undefined && message.toolCalls.length > 0))
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
