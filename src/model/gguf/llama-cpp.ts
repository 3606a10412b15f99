// The part of the optional package node-llama-cpp (MIT) that is used here. It is no dependency: a plain install is several
// hundred megabytes, so it is installed on request and found at run time.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Fault } from '../../core/index.ts'

export interface LlamaCppSequence {
  controlledEvaluate(
    input: (
      | number
      | [
          token: number,
          options: { generateNext: { logits: boolean | { filter: { tokens: number[]; includeTop: number } } } },
        ]
    )[],
  ): Promise<({ next: { logits?: Map<number, number> } } | undefined)[]>
}

export interface LlamaCppModel {
  readonly trainContextSize: number
  readonly tokenizer: unknown
  readonly tokens: { readonly bos: number | null; readonly shouldPrependBosToken: boolean }
  readonly fileInfo: { readonly metadata: { readonly general?: { readonly name?: string; readonly license?: string } } }
  tokenize(text: string, specialTokens?: boolean): number[]
  detokenize(tokens: readonly number[], specialTokens?: boolean): string
  isEogToken(token: number): boolean
  isSpecialToken(token: number): boolean
  iterateAllTokens(): Generator<number>
  createContext(options: {
    contextSize: number
    sequences: number
    threads: number
    lora?: { adapters: { filePath: string; scale: number }[] }
  }): Promise<{ getSequence(): LlamaCppSequence; dispose(): Promise<void> }>
  createEmbeddingContext(options: { contextSize: number; threads: number }): Promise<{
    getEmbeddingFor(tokens: number[]): Promise<{ readonly vector: readonly number[] }>
    dispose(): Promise<void>
  }>
}

type HistoryItem =
  | { type: 'system'; text: string }
  | { type: 'user'; text: string }
  | { type: 'model'; response: string[] }

export interface LlamaCpp {
  getLlama(options: { gpu: false | 'auto'; build: 'never'; maxThreads: number; logLevel: string }): Promise<{
    loadModel(options: { modelPath: string }): Promise<LlamaCppModel>
  }>
  resolveChatWrapper(model: LlamaCppModel): {
    generateContextState(options: { chatHistory: HistoryItem[] }): {
      contextText: { tokenize(tokenizer: unknown): number[] }
    }
  }
}

export const PACKAGE = 'node-llama-cpp'
/** In the data folder of a deployment: where `model engine install` puts the package. */
export const ENGINE_FOLDER = 'engine'

/** The package from `folder`/node_modules, or from where this program is installed. */
export async function importLlamaCpp(folder: string | undefined): Promise<LlamaCpp> {
  const local = folder === undefined ? undefined : join(folder, 'node_modules', PACKAGE, 'dist', 'index.js')
  const name = local !== undefined && existsSync(local) ? pathToFileURL(local).href : PACKAGE
  try {
    return (await import(name)) as LlamaCpp
  } catch (cause) {
    throw new Fault('upstream_unavailable', {
      detail: `GGUF models other than the demo model need the package ${PACKAGE} (run: sallyport model engine install)`,
      cause,
    })
  }
}
