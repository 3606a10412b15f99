// The embedded engine: a GGUF model in a worker thread of this process. Needs no network, no server, no native code.
import { Worker } from 'node:worker_threads'
import { type RandomBytes, systemRandom } from '../../core/index.ts'
import type { QueueLimits } from '../queue.ts'
import type { Engine, EngineCapabilities } from './engine-contract.ts'
import { createHostedEngine } from './hosted-engine.ts'
import type { Report } from './protocol.ts'

export interface EmbeddedEngineInput {
  /** Path of a GGUF v3 file: Llama shape, byte-level BPE, ChatML, F32, F16 or Q8_0. */
  file: string
  /** Refuses a file with another SHA-256 (hex). */
  digest?: string
  limits?: Partial<QueueLimits>
  /** Default 512 MiB; weights are held in single precision, about four times a Q8_0 file. */
  maxFileBytes?: number
  random?: RandomBytes
}

export const EMBEDDED: EngineCapabilities = {
  chat: true,
  complete: true,
  embed: true,
  tools: false,
  images: false,
  json: true,
  schema: true,
  seed: true,
  logprobs: false,
  logitBias: false,
  tokenRules: true,
  adapters: false,
}
const LIMITS: QueueLimits = { active: 16, waiting: 128, waitingPerPrincipal: 32 }
const MAX_FILE_BYTES = 512 * 1024 * 1024

/** Beside this file there is a .ts worker in development and a .js worker in the published package. */
const workerFile = new URL(`./engine.worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

/** Loads the model; throws `upstream_unavailable` or `upstream_invalid` when the file cannot be used. */
export function createEmbeddedEngine(input: EmbeddedEngineInput): Promise<Engine> {
  const { file, maxFileBytes = MAX_FILE_BYTES } = input
  return createHostedEngine({
    capabilities: EMBEDDED,
    limits: { ...LIMITS, ...input.limits },
    digest: input.digest,
    random: input.random ?? systemRandom,
    start(report, gone) {
      const worker = new Worker(workerFile, {
        name: 'model',
        workerData: { file, maxFileBytes },
        env: {},
        // Flags of the parent (a loader, --input-type) are not meant for this thread.
        execArgv: [],
      })
      worker.on('message', (message: Report) => report(message))
      worker.on('error', gone)
      worker.on('exit', () => gone())
      return {
        send: (order) => worker.postMessage(order),
        async stop() {
          await worker.terminate()
        },
      }
    },
  })
}
