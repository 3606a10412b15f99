// One call to a model, free of any wire format: what every inbound format is read into, what rules and guard look at, and
// what every upstream driver prints. Nothing reaches an upstream that is not a field here, so nothing passes unseen.
import type { JsonObject } from './json.ts'

export type UseAction = 'chat' | 'complete' | 'embed'

export type Part =
  | { type: 'text'; text: string }
  /** `url` is a data: or https: URL exactly as given. */
  | { type: 'image'; url: string; detail?: string; name?: string }
  | { type: 'audio'; data: string; format: string }
  | { type: 'document'; text?: string; data?: string; mime?: string; name?: string; title?: string }
  | { type: 'reasoning'; text: string; signature?: string }
  | { type: 'refusal'; text: string }

export interface ToolCall {
  id: string
  name: string
  /** JSON text as the model wrote it; not necessarily valid. */
  arguments: string
}

export interface Message {
  role: 'system' | 'user' | 'assistant' | 'tool'
  parts: Part[]
  name?: string
  /** Assistant only. */
  toolCalls?: ToolCall[]
  /** Tool only: which call this answers, and what tool it was. */
  toolCallId?: string
  toolName?: string
  toolError?: boolean
}

export interface Tool {
  name: string
  /** Responses API: the group it was offered in, with which `name` begins. */
  namespace?: string
  description?: string
  parameters?: JsonObject
  strict?: boolean
}

export type ToolChoice = 'auto' | 'none' | 'required' | { name: string }

export type ResponseFormat =
  | { type: 'text' }
  | { type: 'json' }
  | { type: 'schema'; name: string; schema: JsonObject; strict?: boolean; description?: string }

/** Every model parameter of every wire format, under one name. A parameter that is not listed here is refused by name. */
export interface Params {
  maxTokens?: number
  temperature?: number
  topP?: number
  topK?: number
  minP?: number
  n?: number
  stop?: string[]
  seed?: number
  logitBias?: Record<string, number>
  frequencyPenalty?: number
  presencePenalty?: number
  repeatPenalty?: number
  logprobs?: boolean
  topLogprobs?: number
  responseFormat?: ResponseFormat
  tools?: Tool[]
  toolChoice?: ToolChoice
  parallelTools?: boolean
  /** `none | minimal | low | medium | high | xhigh`, `on` without a level, or an engine's own word. */
  reasoningEffort?: string
  reasoningTokens?: number
  /** Free text naming the end user, as the client says; never an identity. */
  user?: string
  metadata?: Record<string, string>
  /** Seconds to keep the model loaded after the call; -1 for ever. */
  keepAliveSeconds?: number
  /** Context length to allocate. */
  contextTokens?: number
  dimensions?: number
  encodingFormat?: 'float' | 'base64'
  truncate?: boolean
  /** Complete only: text after the insertion point. */
  suffix?: string
  /** Complete only: repeat the prompt in front of the answer. */
  echo?: boolean
  bestOf?: number
  serviceTier?: string
  verbosity?: string
}

/** Values that ask for no bound at all: to keep a model loaded for ever, to choose among all tokens. No number is larger. */
export const isBoundless = (name: keyof Params, value: number): boolean =>
  name === 'keepAliveSeconds' ? value < 0 : name === 'topK' && value <= 0

export interface ModelRequest {
  action: UseAction
  /** The name as the client wrote it, until the resolver replaces it by the upstream's own. */
  model: string
  /** chat; or, with `complete`, one prompt to be put into the model's chat template (Ollama's generate) */
  messages: Message[]
  /** complete: one or several prompts; embed: the inputs. */
  inputs: string[]
  params: Params
  stream: boolean
  /** The stream's last frame should carry token counts. */
  streamUsage?: boolean
  /** A rule bounds the window (`contextTokens`): a server that has no such bound is not asked. */
  windowBound?: boolean
  /** Responses API: continue this stored answer. */
  previousResponseId?: string
  /** Responses API: keep the answer for later calls. */
  store?: boolean
  /** Responses API: the first message is `instructions`, which belong to this call and not to the conversation. */
  ownInstructions?: boolean
}

export interface Usage {
  inputTokens: number
  outputTokens: number
  reasoningTokens?: number
  cachedTokens?: number
}

/** Nanoseconds, where the model server tells how long it took. */
export interface Durations {
  total?: number
  load?: number
  promptEval?: number
  eval?: number
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'interrupted'

export interface TokenLogprob {
  token: string
  /** Of the first token of an echoed prompt there is none: NaN, which JSON writes as null. */
  logprob: number
  bytes?: number[]
  top?: { token: string; logprob: number; bytes?: number[] }[]
}

/** What a model says, piece by piece. A non-streamed answer is the same pieces in one batch. */
export type Delta =
  | { type: 'text'; choice: number; text: string; logprobs?: TokenLogprob[] }
  | { type: 'reasoning'; choice: number; text: string; signature?: string }
  | { type: 'refusal'; choice: number; text: string }
  /** First delta of a tool call carries id and name; all carry a piece of the arguments. `index` counts calls of a choice. */
  | { type: 'tool'; choice: number; index: number; id?: string; name?: string; arguments: string }
  | { type: 'finish'; choice: number; reason: FinishReason; stopSequence?: string }
  | { type: 'usage'; usage: Usage; durations?: Durations }
  | { type: 'embedding'; index: number; vector: number[] }

/** An answer in flight: batches of deltas, one batch per read. Ends by return, or throws a Fault. `return()` aborts it. */
export type Reply = AsyncIterable<Delta[]>
