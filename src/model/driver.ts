// What a driver is: it prints a ModelRequest in its upstream's own format and reads the answer back as deltas. Whatever the
// upstream cannot express is refused by name before a byte is sent; nothing is dropped in silence.
import {
  Fault,
  type JsonObject,
  type ModelRequest,
  type Params,
  type Part,
  type Reply,
  type UseAction,
} from '../core/index.ts'

export type DriverKind = 'openai' | 'vllm' | 'llamacpp' | 'ollama' | 'embedded' | 'gguf'

export interface Capabilities {
  readonly actions: ReadonlySet<UseAction>
  /** What each of its routes can express. */
  readonly params: Readonly<Record<UseAction, ReadonlySet<keyof Params>>>
  readonly parts: ReadonlySet<Part['type']>
  /** Whether an image may be a URL that the upstream opens itself; else only bytes within the request. */
  readonly remoteImages: boolean
  /** Whether a message may name its speaker. */
  readonly names: boolean
  readonly manage: ReadonlySet<ManageAction>
  readonly enforced: Enforced
}

/**
 * Where rules act on an answer. `sampler`: what they forbid is never chosen, the answer goes on without it. `stream`: the guard
 * masks it on its way out, or ends the call. `bias`: phrases of one token are biased against at the server, the rest is `stream`.
 */
export interface Enforced {
  /** No placeholders but the prompt's. Over a stream foreign ones are left as they are: they stand for nothing. */
  readonly placeholders: 'sampler' | 'stream'
  /** No values of classes that the caller may not receive. */
  readonly values: 'sampler' | 'stream'
  /** No phrases of `@ban`. */
  readonly phrases: 'sampler' | 'bias' | 'stream'
  /** When a call is cut: `token`, generation stops before the next one; `connection`, the server is hung up on. */
  readonly revocation: 'token' | 'connection'
  /** What keeps sessions apart in the runtime; `nothing` means that a cache of prefixes may be shared. */
  readonly sessions: 'own state' | 'cache salt' | 'no cache' | 'nothing'
}

export type ManageAction = 'pull' | 'create' | 'copy' | 'push' | 'delete' | 'load' | 'unload'

/** A manage verb as any wire reads it. `options` holds what only some verbs have, under the names of Ollama's API. */
export interface ManageRequest {
  readonly action: ManageAction
  readonly model: string
  /** copy: the new name. */
  readonly target?: string
  readonly stream: boolean
  readonly options: JsonObject
}

/** One model as an upstream lists it. */
export interface ListedModel {
  /** The upstream's own name. */
  readonly name: string
  /** `sha256:…` where the upstream tells; what a changed model under the same name is noticed by. */
  readonly digest?: string
  readonly sizeBytes?: number
  readonly modifiedAtMs?: number
  readonly family?: string
  readonly parameterSize?: string
  readonly quantization?: string
  readonly contextTokens?: number
  /** Whether it is in memory, where a server tells that in its list. */
  readonly loaded?: boolean
}

export interface ModelDetails extends ListedModel {
  readonly template?: string
  readonly license?: string
  readonly capabilities?: readonly string[]
}

export interface RunningModel extends ListedModel {
  /** Milliseconds since 1970. */
  readonly expiresAtMs?: number
  readonly vramBytes?: number
}

/** Progress of a manage verb: batches of facts. */
export type Progress = AsyncIterable<JsonObject[]>

export interface SendOptions {
  readonly signal: AbortSignal
  /** Isolates state and caches in a runtime of our own; another server never learns it. */
  readonly session: string
  /** Shares places at the model fairly; another server never learns it. */
  readonly principal: string
  /** Phrases a runtime of our own must not say. */
  readonly bans: readonly string[]
  /** Values a runtime of our own must not say; never sent to a server, to which they may be unknown. */
  readonly forbidden: () => readonly string[]
}

export interface Driver {
  readonly kind: DriverKind
  readonly capabilities: Capabilities
  /**
   * Sends one call; `request.model` is the upstream's own name. Resolves when the upstream has begun to answer.
   * @throws Fault `unsupported_parameter`, `upstream_*`, `overloaded`, `context_length_exceeded`; the signal's own Fault
   */
  send(request: ModelRequest, options: SendOptions): Promise<Reply>
  list(signal: AbortSignal): Promise<ListedModel[]>
  /** @throws Fault `not_found` if the upstream does not have it */
  show(name: string, signal: AbortSignal): Promise<ModelDetails>
  /** Models that are in memory now. */
  running(signal: AbortSignal): Promise<RunningModel[]>
  /** @throws Fault `not_possible` if this kind of upstream has no such verb */
  manage(request: ManageRequest, signal: AbortSignal): Promise<Progress>
  /** Erases what a runtime of our own keeps of a session; servers elsewhere are told nothing of sessions. */
  forget?(session: string): Promise<void>
  close(): Promise<void>
}

export const paramSets = (lists: Record<UseAction, readonly (keyof Params)[]>): Capabilities['params'] => ({
  chat: new Set(lists.chat),
  complete: new Set(lists.complete),
  embed: new Set(lists.embed),
})

/** Values that ask for nothing: they may be sent to a target that does not know the parameter. */
const NEUTRAL: { readonly [K in keyof Params]?: (value: NonNullable<Params[K]>, request: ModelRequest) => boolean } = {
  n: (value) => value === 1,
  bestOf: (value) => value === 1,
  echo: (value) => !value,
  logprobs: (value) => !value,
  parallelTools: (value) => value,
  toolChoice: (value) => value === 'auto',
  tools: (value) => value.length === 0,
  stop: (value) => value.length === 0,
  logitBias: (value) => Object.keys(value).length === 0,
  verbosity: (value) => value === 'medium',
  responseFormat: (value) => value.type === 'text',
  serviceTier: (value) => value === 'auto' || value === 'default',
  frequencyPenalty: (value) => value === 0,
  presencePenalty: (value) => value === 0,
  repeatPenalty: (value) => value === 1,
  minP: (value) => value === 0,
  // Servers without the switch cut nothing, which is what `false` asks for; `true` is what Ollama does by itself.
  truncate: () => true,
  encodingFormat: () => true, // the gateway converts vectors itself
  // An effort always stands beside it, and says the same in words.
  reasoningTokens: () => true,
  reasoningEffort: (value) => value === 'none',
  // Labels for the books of a service; a target without such books answers the same.
  user: () => true,
  metadata: () => true,
  // A target that never unloads keeps the model loaded for longer than anybody asks.
  keepAliveSeconds: (value) => value !== 0,
  // A server whose window is what it began with says so when a prompt is too long. A bound that a rule sets would not hold.
  contextTokens: (_value, { windowBound }) => windowBound !== true,
}

/** How words are chosen, and how many. */
export const SAMPLING: readonly (keyof Params)[] = [
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

/** @throws Fault `unsupported_parameter` naming the first thing the target cannot express */
export function refuseUnexpressed(request: ModelRequest, can: Capabilities): void {
  const needed: UseAction = request.messages.length > 0 ? 'chat' : request.action
  if (!can.actions.has(needed)) throw unexpressed(needed, 'model')
  for (const key in request.params) {
    const name = key as keyof Params
    const value = request.params[name]
    if (value === undefined || can.params[needed].has(name)) continue
    if (needed === 'embed' && SAMPLING.includes(name)) continue // a vector has no words
    const neutral = NEUTRAL[name] as ((value: unknown, request: ModelRequest) => boolean) | undefined
    if (!neutral?.(value, request)) throw unexpressed(writtenName(name), writtenName(name))
  }
  refuseCallOfNothing(request.params)
  for (const message of request.messages) {
    // Of a tool it is the tool's name, which goes where the format puts it.
    if (message.name !== undefined && message.role !== 'tool' && !can.names) throw unexpressed('name', 'messages')
    for (const part of message.parts) {
      if (!can.parts.has(part.type)) throw unexpressed(part.type, 'messages')
      if (part.type === 'image' && !can.remoteImages && !part.url.startsWith('data:'))
        throw new Fault('unsupported_parameter', {
          detail: 'an image must be part of the request: this model server opens no URLs for a caller',
          data: { param: 'messages' },
        })
    }
  }
}

/** Some servers pass over a choice that they cannot follow. */
function refuseCallOfNothing({ tools = [], toolChoice }: Params): void {
  const wanted = typeof toolChoice === 'object' ? toolChoice.name : undefined
  if (wanted === undefined ? toolChoice !== 'required' || tools.length > 0 : tools.some(({ name }) => name === wanted))
    return
  throw new Fault('unsupported_parameter', {
    detail: 'tool_choice asks for a call of a tool that is not among the tools',
    data: { param: 'tool_choice' },
  })
}

/** For servers that have no place for a file: a document without text is then not in the call. */
export function refuseBinaryDocuments(request: ModelRequest): void {
  for (const message of request.messages)
    for (const part of message.parts)
      if (part.type === 'document' && part.text === undefined)
        throw new Fault('unsupported_parameter', {
          detail: 'the server of this model takes documents as text only',
          data: { param: 'messages' },
        })
}

const unexpressed = (what: string, param: string) =>
  new Fault('unsupported_parameter', { detail: `the server of this model has no "${what}"`, data: { param } })

/** A parameter as its caller wrote it: these are called otherwise in the formats that have them. */
const WRITTEN: { readonly [K in keyof Params]?: string } = {
  contextTokens: 'num_ctx',
  keepAliveSeconds: 'keep_alive',
  parallelTools: 'parallel_tool_calls',
}
const writtenName = (name: keyof Params): string =>
  WRITTEN[name] ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
