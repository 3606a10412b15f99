// Hands rule texts to the check worker. Whatever the text does to the parser, the caller gets problems, never a crash,
// and the next check gets a fresh worker.
import { Worker } from 'node:worker_threads'
import { Fault } from '../core/index.ts'
import type { BundleFile, BundleSources, Problem } from './bundle.ts'
import type { CheckTask } from './check.worker.ts'
import type { formatText, Inspection } from './inspect.ts'
import { compileBundle } from './program.ts'

export interface Checker {
  /** Parses, validates and compiles. Problems of level `error` come without a bundle. */
  check(sources: BundleSources): Promise<Inspection>
  format(file: BundleFile): Promise<ReturnType<typeof formatText>>
  close(): Promise<void>
}

/** How long one check may take before its worker is killed, in milliseconds. */
const CHECK_TIMEOUT_MS = 20_000

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
  readonly timer: NodeJS.Timeout
}

export function createChecker(): Checker {
  let worker: Worker | undefined
  let next = 0
  const waiting = new Map<number, Waiting>()

  const discard = (cause: unknown) => {
    const broken = worker
    worker = undefined
    for (const task of waiting.values()) {
      clearTimeout(task.timer)
      task.reject(cause)
    }
    waiting.clear()
    void broken?.terminate()
  }

  const start = () => {
    const file = import.meta.url.endsWith('.ts') ? './check.worker.ts' : './check.worker.js'
    const fresh = new Worker(new URL(file, import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: 512 } })
    fresh.unref()
    fresh.on('message', ({ id, result }: { id: number; result: unknown }) => {
      const task = waiting.get(id)
      waiting.delete(id)
      if (!task) return
      clearTimeout(task.timer)
      task.resolve(result)
      if (waiting.size === 0) fresh.unref()
    })
    const lost = (cause: unknown) => {
      if (worker === fresh) discard(cause)
    }
    fresh.on('error', lost)
    fresh.on('exit', () => lost(new Error('the check worker ended')))
    return fresh
  }

  const ask = (task: { kind: 'check'; sources: BundleSources } | { kind: 'format'; file: BundleFile }) =>
    new Promise<unknown>((resolve, reject) => {
      worker ??= start()
      worker.ref()
      const id = next++
      const timer = setTimeout(() => discard(new Error('the check took too long')), CHECK_TIMEOUT_MS)
      waiting.set(id, { resolve, reject, timer })
      worker.postMessage({ ...task, id } satisfies CheckTask)
    })

  return {
    async check(sources) {
      let result: Inspection
      try {
        result = (await ask({ kind: 'check', sources })) as Inspection
      } catch {
        return { problems: [UNREADABLE] }
      }
      if (!('bundle' in result)) return result
      try {
        compileBundle(result.bundle)
      } catch (cause) {
        return { problems: [{ level: 'error', message: Fault.from(cause).publicMessage }] }
      }
      return result
    },
    async format(file) {
      try {
        return (await ask({ kind: 'format', file })) as ReturnType<typeof formatText>
      } catch {
        return { problems: [{ ...UNREADABLE, file: file.path }] }
      }
    },
    async close() {
      const last = worker
      worker = undefined
      await last?.terminate()
    },
  }
}

const UNREADABLE: Problem = {
  level: 'error',
  message: 'the rules could not be read: an expression is too long or too deeply nested for the parser',
}
