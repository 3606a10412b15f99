// Hands rule texts to a process of their own. Whatever the text does to the parser, the caller gets problems, never a crash,
// and the next check gets a fresh process. Not a thread: what the parser takes, a hundred megabytes, goes back with it.
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Fault } from '../core/index.ts'
import type { BundleFile, BundleSources, CheckedBundle, Problem } from './bundle.ts'
import type { CheckTask } from './check.worker.ts'
import type { formatText, Inspection } from './inspect.ts'
import { compileBundle } from './program.ts'

export interface Checker {
  /** Parses, validates and compiles. Problems of level `error` come without a bundle. */
  check(sources: BundleSources): Promise<Inspection>
  format(file: BundleFile): Promise<ReturnType<typeof formatText>>
  close(): Promise<void>
}

/** How long one check may take before its process is killed, in milliseconds. */
const CHECK_TIMEOUT_MS = 20_000
const LATE = new Error('the check took too long')
/** An idle process is ended after this; the next check starts one anew. */
const IDLE_MS = 3000

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
  readonly timer: NodeJS.Timeout
}

/** `timeoutMs`: how long one check may take. */
export function createChecker(timeoutMs = CHECK_TIMEOUT_MS): Checker {
  let worker: ChildProcess | undefined
  let next = 0
  let idle: NodeJS.Timeout | undefined
  const waiting = new Map<number, Waiting>()

  const discard = (cause: unknown) => {
    const broken = worker
    worker = undefined
    for (const task of waiting.values()) {
      clearTimeout(task.timer)
      task.reject(cause)
    }
    waiting.clear()
    broken?.kill('SIGKILL')
  }

  const start = () => {
    const file = import.meta.url.endsWith('.ts') ? './check.worker.ts' : './check.worker.js'
    const fresh = fork(fileURLToPath(new URL(file, import.meta.url)), {
      serialization: 'advanced',
      execArgv: ['--max-old-space-size=512'],
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    release(fresh)
    fresh.on('message', (message) => {
      const { id, result } = message as { id: number; result: unknown }
      const task = waiting.get(id)
      waiting.delete(id)
      if (!task) return
      clearTimeout(task.timer)
      task.resolve(result)
      if (waiting.size > 0) return
      release(fresh)
      idle = setTimeout(() => discard(undefined), IDLE_MS).unref()
    })
    const lost = (cause: unknown) => {
      if (worker === fresh) discard(cause)
    }
    fresh.on('error', lost)
    fresh.on('exit', () => lost(new Error('the check process ended')))
    return fresh
  }

  const ask = (task: { kind: 'check'; sources: BundleSources } | { kind: 'format'; file: BundleFile }) =>
    new Promise<unknown>((resolve, reject) => {
      clearTimeout(idle)
      worker ??= start()
      hold(worker)
      const id = next++
      const timer = setTimeout(() => discard(LATE), timeoutMs)
      waiting.set(id, { resolve, reject, timer })
      worker.send({ ...task, id } satisfies CheckTask)
    })

  return {
    async check(sources) {
      let result: Inspection
      try {
        result = (await ask({ kind: 'check', sources })) as Inspection
      } catch (cause) {
        return { problems: [unread(cause, timeoutMs)] }
      }
      if (!('bundle' in result)) return result
      try {
        compileBundle(result.bundle)
      } catch (cause) {
        return { problems: [{ level: 'error', message: Fault.from(cause).publicMessage, ...culprit(result.bundle) }] }
      }
      return result
    },
    async format(file) {
      try {
        return (await ask({ kind: 'format', file })) as ReturnType<typeof formatText>
      } catch (cause) {
        return { problems: [{ ...unread(cause, timeoutMs), file: file.path }] }
      }
    },
    async close() {
      clearTimeout(idle)
      discard(new Error('the checker is closed'))
    },
  }
}

/** Where the first rule stands that does not compile by itself. */
function culprit(bundle: CheckedBundle): Partial<Problem> {
  const found = bundle.rules.find((rule) => {
    try {
      compileBundle({ ...bundle, rules: [rule] })
      return false
    } catch {
      return true
    }
  })
  return found ? { file: found.file, line: found.line, rule: found.id } : {}
}

/** An idle check process must not keep the program alive; a running one must. */
function hold(child: ChildProcess): void {
  child.ref()
  child.channel?.ref()
}
function release(child: ChildProcess): void {
  child.unref()
  child.channel?.unref()
}

/** Time says nothing of the rules: on a busy machine it runs out for short ones too. */
const unread = (cause: unknown, timeoutMs: number): Problem => ({
  level: 'error',
  message:
    cause === LATE
      ? `the rules could not be read in ${timeoutMs / 1000} s: the machine is busy, or there are too many of them`
      : 'the rules could not be read: an expression is too long or too deeply nested for the parser',
})
