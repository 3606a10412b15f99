// What every in-house engine offers, whichever runs behind it. The rest of the house reads `capabilities` and never asks
// which engine it is. Text goes in and out as strings; tokens stay inside.
import type { Delta, JsonObject } from '../../core/index.ts'

export interface Turn {
  role: 'system' | 'user' | 'assistant' | 'tool'
  text: string
}

export interface GenerateRequest {
  /** A conversation, put into the model's own template; or raw text. Exactly one of the two. */
  messages?: readonly Turn[]
  prompt?: string
  /** At most this many tokens; default and upper bound is what is left of the context. */
  maxTokens?: number
  /** 0 (default) always takes the likeliest token. */
  temperature?: number
  topP?: number
  topK?: number
  minP?: number
  /** 32 bits; the same seed, prompt and model give the same answer. Default: random. */
  seed?: number
  stop?: readonly string[]
  repeatPenalty?: number
  frequencyPenalty?: number
  presencePenalty?: number
  /** Forces well-formed JSON, or JSON of a schema. */
  format?: { type: 'json' } | { type: 'schema'; schema: JsonObject }
}

/** Rules of the permission layer that act while tokens are chosen. */
export interface TokenRules {
  /** Placeholders such as `<EMAIL_1>` are produced only if the prompt contains them. */
  placeholdersOfPrompt?: boolean
  /** Values that must not be produced, also not spelt out with separators or in other case; no run of more than half of one. */
  forbidden?: readonly string[]
  /** Phrases that must not be produced, compared without case. */
  bans?: readonly string[]
}

export interface GenerateOptions {
  /** Who calls: places in the queue and turns are shared fairly between principals. */
  principal?: string
  /** Keeps the state of this conversation for its next call, and for nobody else, until `forget`. */
  session?: string
  /** Ends the answer before the next token. */
  signal?: AbortSignal
  rules?: TokenRules
}

export interface EngineCapabilities {
  readonly chat: boolean
  readonly complete: boolean
  readonly embed: boolean
  readonly tools: boolean
  readonly images: boolean
  /** JSON mode, and schemas. */
  readonly json: boolean
  readonly schema: boolean
  readonly seed: boolean
  readonly logprobs: boolean
  readonly logitBias: boolean
  /** Token rules act inside the sampler: a forbidden value is not produced, instead of being masked afterwards. */
  readonly tokenRules: boolean
  readonly adapters: boolean
}

export interface Engine {
  readonly capabilities: EngineCapabilities
  /** SHA-256 of the model file, hex. */
  readonly digest: string
  /** Prompt and answer together. */
  readonly contextTokens: number
  /** Name, size and licence as the file states them. */
  readonly about: {
    readonly name: string
    readonly parameters: number
    readonly license?: string
    readonly fileBytes: number
  }
  readonly loaded: boolean
  /**
   * Batches of deltas: text, then `finish`, then `usage` with exact token counts. Throws `context_length_exceeded`,
   * `overloaded`, `upstream_unavailable`, or the signal's reason.
   */
  generate(request: GenerateRequest, options?: GenerateOptions): AsyncIterable<Delta[]>
  /** One unit vector per input. */
  embed(inputs: readonly string[], options?: GenerateOptions): Promise<{ vectors: number[][]; inputTokens: number }>
  /** Tokens of a text, or of a conversation in the model's template. */
  countTokens(input: string | readonly Turn[]): Promise<number>
  load(): Promise<void>
  /** Frees the model's memory; the next call loads it again. `not_possible` while calls run. */
  unload(): Promise<void>
  /** Erases the state kept for a session; a call of it in flight ends. */
  forget(session: string): Promise<void>
  /** Ends all calls and the thread. */
  close(): Promise<void>
}
