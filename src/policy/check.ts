// Hands rule texts to a process of their own. Whatever the text does to the parser, the compiler or its own tests, the caller
// gets problems, never a crash or a wait, and the next check gets a fresh process. Not a thread: what the parser takes, a
// hundred megabytes, goes back with it.
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { BundleFile, BundleSources, Problem } from './bundle.ts'
import type { CheckTask, checkBundle } from './check.worker.ts'
import type { formatText } from './inspect.ts'

export interface Checker {
  /** Parses, validates, compiles and tests. Problems of level `error` come without a bundle; tests that fail are in `tests`. */
  check(sources: BundleSources): Promise<ReturnType<typeof checkBundle>>
  format(file: BundleFile): Promise<ReturnType<typeof formatText>>
  close(): Promise<void>
}

/** How long one check may take before its process is killed, in milliseconds. */
const CHECK_TIMEOUT_MS = 20_000
/** An idle process is ended after this; the next check starts one anew. */
const IDLE_MS = 3000
/** What the parser may take, in pages of 64 KiB; beside it the heap of its process. */
const PARSER_PAGES = 8192
const HEAP_MIB = 512

type Work =
  | { readonly kind: 'check'; readonly sources: BundleSources }
  | { readonly kind: 'format'; readonly file: BundleFile }
interface Job {
  readonly work: Work
  readonly resolve: (result: unknown) => void
  readonly reject: (problem: Problem) => void
}

/** `timeoutMs`: how long one check may take. */
export function createChecker(timeoutMs = CHECK_TIMEOUT_MS): Checker {
  let worker: ChildProcess | undefined
  let next = 0
  let idle: NodeJS.Timeout | undefined
  /** The first one is being worked at. One after another: what one text does to the process is no other's doing. */
  const jobs: Job[] = []
  let running: { readonly id: number; readonly timer: NodeJS.Timeout } | undefined

  /** Ends the process and the job it was at; the others go on in a fresh one. */
  const discard = (problem: Problem) => {
    const broken = worker
    worker = undefined
    broken?.kill('SIGKILL')
    if (running === undefined) return
    finish()?.reject(problem)
    work()
  }

  const finish = (): Job | undefined => {
    clearTimeout(running?.timer)
    running = undefined
    return jobs.shift()
  }

  const start = () => {
    const file = import.meta.url.endsWith('.ts') ? './check.worker.ts' : './check.worker.js'
    // Answers come as JSON: unlike the other form, reading it needs no stack, however deep a text makes its rules.
    const fresh = fork(fileURLToPath(new URL(file, import.meta.url)), {
      execArgv: [`--max-old-space-size=${HEAP_MIB}`, `--wasm-max-mem-pages=${PARSER_PAGES}`],
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    release(fresh)
    fresh.on('message', (message) => {
      const { id, result } = message as { id: number; result: unknown }
      if (worker !== fresh || running?.id !== id) return
      finish()?.resolve(result)
      work()
    })
    fresh.on('error', () => worker === fresh && discard(UNSTARTED))
    fresh.on('exit', () => worker === fresh && discard(UNREADABLE))
    return fresh
  }

  const work = () => {
    if (running) return
    const [job] = jobs
    if (!job) {
      if (worker) release(worker)
      idle = setTimeout(() => discard(CLOSED), IDLE_MS).unref()
      return
    }
    clearTimeout(idle)
    worker ??= start()
    hold(worker)
    const id = next++
    running = { id, timer: setTimeout(() => discard(late(timeoutMs)), timeoutMs) }
    worker.send({ ...job.work, id } satisfies CheckTask)
  }

  const ask = (asked: Work) =>
    new Promise<unknown>((resolve, reject) => {
      jobs.push({ work: asked, resolve, reject })
      work()
    })

  return {
    check: (sources) =>
      ask({ kind: 'check', sources }).catch((problem: Problem) => ({ problems: [problem] })) as ReturnType<
        Checker['check']
      >,
    format: (file) =>
      ask({ kind: 'format', file }).catch((problem: Problem) => ({
        problems: [{ ...problem, file: file.path }],
      })) as ReturnType<Checker['format']>,
    async close() {
      clearTimeout(idle)
      for (const { reject } of jobs.splice(1)) reject(CLOSED)
      discard(CLOSED)
      clearTimeout(idle)
    },
  }
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

const problem = (message: string): Problem => ({ level: 'error', message })
const UNREADABLE = problem(
  'the rules could not be read: an expression is too long or too deeply nested for the parser, or there is too much of them',
)
/** Time says nothing of the rules: on a busy machine it runs out for short ones too. */
const late = (timeoutMs: number) =>
  problem(
    `the rules could not be read in ${timeoutMs / 1000} s: the machine is busy, or there is too much of them or of their tests`,
  )
const UNSTARTED = problem('the rules could not be checked: the process for it did not start; try again')
const CLOSED = problem('the rules were not checked: the program ends')
