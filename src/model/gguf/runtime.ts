// One GGUF model run by llama.cpp, in a process of its own. Every answer has its own context, which is disposed of with the
// answer: nothing of one call is left for another. Tokens are chosen by the same code, under the same rules, as in the
// embedded engine; llama.cpp only computes the scores.
import { type Delta, Fault } from '../../core/index.ts'
import { allOf } from '../embedded/constraint.ts'
import { createDecoding } from '../embedded/decoding.ts'
import type { GenerateRequest, Turn } from '../embedded/engine-contract.ts'
import type { About, StartInput } from '../embedded/protocol.ts'
import { constraintsOf } from '../embedded/request-rules.ts'
import { watchFiles } from '../model-files.ts'
import { importLlamaCpp, type LlamaCpp, type LlamaCppModel } from './llama-cpp.ts'
import { createTextVoice } from './text-voice.ts'

export interface GgufOptions {
  file: string
  /** A LoRA adapter; it counts as part of the model's version. */
  adapter?: string
  /** Prompt and answer together; at most what the model was trained for. */
  contextTokens: number
  threads: number
  /** Where node-llama-cpp was installed, if not beside this program. */
  packageFolder?: string
  /** Most bytes the process may hold; beyond it it ends, and its calls with it. Default: no bound. */
  memoryBytes?: number
}

export interface GgufRuntime {
  readonly about: About
  /** Resolves when the answer has ended; deltas go to `out`. */
  answer(input: StartInput, aborted: () => boolean, out: (deltas: Delta[], done: boolean) => void): Promise<void>
  count(input: string | readonly Turn[]): number
  /** One `embedding` delta per input, then `usage`. */
  embed(inputs: readonly string[], aborted: () => boolean, out: (deltas: Delta[], done: boolean) => void): Promise<void>
}

/** Prompt tokens evaluated between two looks at the abort. */
const PIECE = 256
/** Scores fetched where no rule can refuse a token; the rest of a vocabulary is practically never drawn. */
const TOP_SCORES = 512

export async function createGgufRuntime(options: GgufOptions): Promise<GgufRuntime> {
  const files = options.adapter === undefined ? [options.file] : [options.file, options.adapter]
  const identify = watchFiles(files)
  const { digest, bytes } = await identify()
  if (options.memoryBytes !== undefined && bytes > options.memoryBytes) throw tooLarge(options.memoryBytes)
  const library = await importLlamaCpp(options.packageFolder)
  const model = await loadModel(library, options)
  // What was hashed is what was loaded: a file that was exchanged in between is not taken for the one it replaced.
  if ((await identify()).digest !== digest)
    throw new Fault('upstream_unavailable', { detail: 'The model file changed while it was read' })
  const contextTokens = Math.min(options.contextTokens, model.trainContextSize)
  let vocabulary = 0
  for (const token of model.iterateAllTokens()) vocabulary = Math.max(vocabulary, token + 1)
  const general = model.fileInfo.metadata.general ?? {}

  function encode({ messages, prompt }: Pick<GenerateRequest, 'messages' | 'prompt'>): number[] {
    // Text is never read as special tokens: a message cannot end its own turn.
    const { bos, shouldPrependBosToken } = model.tokens
    if (!messages) {
      const tokens = model.tokenize(prompt ?? '', false)
      return shouldPrependBosToken && bos !== null ? [bos, ...tokens] : tokens
    }
    const history = messages.map(({ role, text }) =>
      role === 'assistant'
        ? { type: 'model' as const, response: [text] }
        : { type: role === 'system' ? ('system' as const) : ('user' as const), text },
    )
    const state = library
      .resolveChatWrapper(model)
      .generateContextState({ chatHistory: [...history, { type: 'model', response: [] }] })
    const tokens = state.contextText.tokenize(model.tokenizer)
    // The wrapper always writes the token for "beginning of text"; the model file says whether it wants one.
    return tokens[0] === bos && !shouldPrependBosToken ? tokens.slice(1) : tokens
  }
  function fitting(tokens: readonly number[]): number {
    const room = contextTokens - tokens.length
    if (tokens.length === 0) throw new Fault('malformed_request', { detail: 'The prompt is empty' })
    if (room < 1)
      throw new Fault('context_length_exceeded', {
        detail: `The prompt has ${tokens.length} tokens; this model takes ${contextTokens} for prompt and answer together`,
        data: { promptTokens: tokens.length, contextTokens },
      })
    return room
  }

  return {
    about: {
      digest,
      contextTokens,
      name: general.name ?? 'unnamed',
      ...(general.license !== undefined && { license: general.license }),
      parameters: 0,
      fileBytes: bytes,
    },

    async answer({ request, rules, seed }, aborted, out) {
      if ((request.messages === undefined) === (request.prompt === undefined))
        throw new Fault('malformed_request', { detail: 'Either messages or a prompt is needed' })
      const prompt = encode(request)
      const room = fitting(prompt)
      const constraints = constraintsOf(request, rules)
      const decoding = createDecoding({
        voice: createTextVoice((tokens) => model.detokenize(tokens, false)),
        isEnd: (token) => model.isEogToken(token),
        isFrame: (token) => model.isSpecialToken(token),
        maxTokens: Math.min(request.maxTokens ?? room, room),
        sampling: {
          temperature: request.temperature ?? 0,
          topK: request.topK ?? 0,
          topP: request.topP ?? 1,
          minP: request.minP ?? 0,
        },
        penalties: {
          repeat: request.repeatPenalty ?? 1,
          frequency: request.frequencyPenalty ?? 0,
          presence: request.presencePenalty ?? 0,
        },
        seed: request.seed ?? seed,
        stop: request.stop ?? [],
        ...(constraints.length > 0 && { constraint: allOf(constraints) }),
      })
      const context = await model.createContext({
        contextSize: contextTokens,
        sequences: 1,
        threads: options.threads,
        ...(options.adapter !== undefined && { lora: { adapters: [{ filePath: options.adapter, scale: 1 }] } }),
      })
      const wanted = constraints.length > 0 ? true : { filter: { tokens: [], includeTop: TOP_SCORES } }
      const scores = new Float32Array(vocabulary)
      try {
        const sequence = context.getSequence()
        const scoresAfter = async (tokens: readonly number[]) => {
          const last = tokens[tokens.length - 1] as number
          const results = await sequence.controlledEvaluate([
            ...tokens.slice(0, -1),
            [last, { generateNext: { logits: wanted } }],
          ])
          scores.fill(Number.NEGATIVE_INFINITY)
          for (const [token, score] of results[results.length - 1]?.next.logits ?? []) scores[token] = score
          return scores
        }
        const end = (deltas: Delta[]) =>
          out([...deltas, { type: 'usage', usage: { inputTokens: prompt.length, outputTokens: decoding.count } }], true)
        let from = 0
        for (; prompt.length - from > PIECE; from += PIECE) {
          await sequence.controlledEvaluate(prompt.slice(from, from + PIECE))
          if (aborted()) return
        }
        let feed: readonly number[] = prompt.slice(from)
        for (let used = prompt.length; ; used++) {
          const current = await scoresAfter(feed)
          if (aborted()) return
          const next = decoding.next(current)
          if (!next) return end(decoding.end('content_filter'))
          if (next.token === undefined) return end(next.deltas)
          if (used + 1 >= contextTokens) return end([...next.deltas, ...decoding.end('length')])
          if (next.deltas.length > 0) out(next.deltas, false)
          feed = [next.token]
        }
      } finally {
        await context.dispose()
      }
    },

    count: (input) => encode(typeof input === 'string' ? { prompt: input } : { messages: input }).length,

    async embed(inputs, aborted, out) {
      const lists = inputs.map((input) => model.tokenize(input, false))
      for (const tokens of lists) fitting(tokens)
      const context = await model.createEmbeddingContext({ contextSize: contextTokens, threads: options.threads })
      try {
        for (const [index, tokens] of lists.entries()) {
          const { vector } = await context.getEmbeddingFor(tokens)
          if (aborted()) return
          const length = Math.hypot(...vector) || 1
          out([{ type: 'embedding', index, vector: vector.map((value) => value / length) }], false)
        }
        const inputTokens = lists.reduce((sum, tokens) => sum + tokens.length, 0)
        out([{ type: 'usage', usage: { inputTokens, outputTokens: 0 } }], true)
      } finally {
        await context.dispose()
      }
    },
  }
}

export const tooLarge = (memoryBytes: number): Fault =>
  new Fault('overloaded', { detail: `The model needs more than the ${memoryBytes} bytes of memory it may have` })

async function loadModel(library: LlamaCpp, { file, threads }: GgufOptions): Promise<LlamaCppModel> {
  try {
    const llama = await library.getLlama({ gpu: false, build: 'never', maxThreads: threads, logLevel: 'error' })
    return await llama.loadModel({ modelPath: file })
  } catch (cause) {
    throw new Fault('upstream_invalid', { detail: 'llama.cpp cannot load the model file', cause })
  }
}
