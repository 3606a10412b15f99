// GGUF files of the user's own, run by llama.cpp (optional package node-llama-cpp) in a child process: a crash of native code
// ends the calls in flight with a clear error, and the next call starts the process again.
import { fork } from 'node:child_process'
import { type RandomBytes, systemRandom } from '../../core/index.ts'
import type { Engine, EngineCapabilities } from '../embedded/engine-contract.ts'
import { createHostedEngine } from '../embedded/hosted-engine.ts'
import type { Report } from '../embedded/protocol.ts'
import type { QueueLimits } from '../queue.ts'
import type { GgufOptions } from './runtime.ts'

export interface GgufEngineInput extends Partial<Omit<GgufOptions, 'file'>> {
  file: string
  /** Refuses a file with another SHA-256 (hex); with an adapter, of both digests. */
  digest?: string
  limits?: Partial<QueueLimits>
  random?: RandomBytes
  /** Told the id of each process that is started. */
  started?: (pid: number) => void
}

export const GGUF: EngineCapabilities = {
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
  adapters: true,
}
/** Every answer has a context of its own, some tens of megabytes and more for large models. */
const LIMITS: QueueLimits = { active: 2, waiting: 64, waitingPerPrincipal: 16 }
const CONTEXT_TOKENS = 4096
/** More threads than idle cores make tiny models slower by a factor of five. */
const THREADS = 1

const workerFile = new URL(`./gguf.worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

/** Loads the model; throws `upstream_unavailable` with a hint when the package is missing, `upstream_invalid` for bad files. */
export function createGgufEngine(input: GgufEngineInput): Promise<Engine> {
  const { file, adapter, packageFolder, memoryBytes, contextTokens = CONTEXT_TOKENS, threads = THREADS } = input
  const options: GgufOptions = {
    file,
    contextTokens,
    threads,
    ...(adapter !== undefined && { adapter }),
    ...(packageFolder !== undefined && { packageFolder }),
    ...(memoryBytes !== undefined && { memoryBytes }),
  }
  return createHostedEngine({
    capabilities: GGUF,
    limits: { ...LIMITS, ...input.limits },
    digest: input.digest,
    random: input.random ?? systemRandom,
    start(report, gone) {
      const child = fork(workerFile, {
        serialization: 'advanced',
        // What llama.cpp prints may quote prompts; nothing of it is kept.
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        env: {},
        execArgv: [],
      })
      if (child.pid !== undefined) input.started?.(child.pid)
      child.on('message', (message) => report(message as Report))
      child.on('error', gone)
      child.on('exit', () => gone())
      child.send(options, () => {})
      return {
        // An order to a process that has just died is answered by its exit.
        send: (order) => {
          if (child.connected) child.send(order, () => {})
        },
        stop: () =>
          new Promise((resolve) => {
            if (child.exitCode !== null || child.signalCode !== null) return resolve()
            child.once('exit', () => resolve())
            child.kill('SIGKILL')
          }),
      }
    },
  })
}
