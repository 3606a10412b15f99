// A detector that is not ours, in a thread of its own: it may throw, hang or eat its memory, and all that happens is that
// calls are refused. The guard is synchronous, so it sleeps until the thread has answered, at most `deadlineMs`; then the
// thread is ended, and calls are refused without waiting until another one is ready. After every further failure that
// takes longer, so that a detector that always hangs costs the other calls next to nothing.
import { extname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { Fault } from '../core/index.ts'
import type { Detector } from './detector.ts'
import type { IsolatedAnswer, IsolatedSetup, IsolatedTask } from './isolated.worker.ts'

export interface IsolatedOptions {
  /** Path of a module that exports `createDetector(settings)`, which returns a Detector. */
  readonly file: string
  /** Handed to it; must survive a structured clone. */
  readonly settings?: unknown
  /** Longest time for one piece of text, in milliseconds; the whole process waits for so long at most. Default 250. */
  readonly deadlineMs?: number
  /** Milliseconds since some start; for tests. */
  readonly now?: () => number
}

export interface IsolatedDetector extends Detector {
  close(): Promise<void>
}

const DEADLINE_MS = 250
const START_MS = 10_000
/** Rest after a failure, doubled with every further one up to the longest. */
const FIRST_REST_MS = 500
const LONGEST_REST_MS = 60_000
/** Characters handed over at once, so that the deadline is one for a bounded amount of work. */
const PIECE = 16_384
const MEMORY_MB = 512

interface Thread {
  readonly worker: Worker
  readonly port: MessagePort
  readonly answers: Int32Array
  ready: boolean
}

/**
 * Starts the thread and waits for it.
 * @throws Fault guard_unavailable if the module is missing, fails, or takes more than ten seconds to be ready
 */
export function createIsolatedDetector(options: IsolatedOptions): IsolatedDetector {
  const { file, deadlineMs = DEADLINE_MS, now = () => performance.now() } = options
  let thread: Thread | undefined = start(options)
  let failures = 0
  let restUntil = 0
  let lastId = 0
  let closed = false

  /** What callers are told names the detector, never its file. */
  let name = file
  const down = (what: string) =>
    new Fault('guard_unavailable', { detail: `The detector ${name} ${what}`, data: { detector: name } })

  const first = receive(thread, START_MS)
  if (first?.kind !== 'ready') {
    void thread.worker.terminate()
    throw down(first === undefined ? 'is not ready in time' : 'does not load')
  }
  thread.ready = true
  name = first.name

  const fail = (what: string): Fault => {
    void thread?.worker.terminate()
    thread = undefined
    restUntil = now() + Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** Math.min(10, failures++))
    return down(what)
  }

  /** The thread to ask, or a refusal: never waits for one to start. */
  const current = (): Thread => {
    if (closed) throw down('is closed')
    if (thread === undefined) {
      if (now() < restUntil) throw down('rests after a failure')
      thread = start(options)
    }
    if (!thread.ready) {
      const answer = receive(thread, 0)
      if (answer === undefined) throw down('is starting')
      if (answer.kind !== 'ready') throw fail('does not load')
      thread.ready = true
    }
    return thread
  }

  const ask = (on: Thread, task: IsolatedTask) => {
    on.port.postMessage(task)
    const answer = receive(on, deadlineMs)
    if (answer === undefined) throw fail(`did not answer within ${deadlineMs} ms`)
    // It has lost its place in the text, but the thread answers: the next call may go well.
    if (answer.kind !== 'found') throw down('failed')
    failures = 0
    return answer
  }

  /** Streams that nobody ended, because their call was cut. */
  const left = new FinalizationRegistry<{ on: Thread; id: number }>(({ on, id }) => {
    on.port.postMessage({ kind: 'drop', id } satisfies IsolatedTask)
  })

  return {
    name: first.name,
    classes: first.classes,
    longest: first.longest,
    open() {
      const on = current()
      const id = ++lastId
      const use = (task: IsolatedTask) => {
        // After a failure this stream's place in the text is lost with its thread.
        if (thread !== on) throw down('was started anew')
        const answer = ask(on, task)
        stream.openFrom = answer.openFrom
        return answer.findings
      }
      const stream = {
        openFrom: ask(on, { kind: 'open', id }).openFrom,
        push(text: string) {
          if (text.length <= PIECE) return [...use({ kind: 'push', id, text })]
          const found = []
          for (let at = 0; at < text.length; at += PIECE)
            found.push(...use({ kind: 'push', id, text: text.slice(at, at + PIECE) }))
          return found
        },
        end() {
          left.unregister(stream)
          return [...use({ kind: 'end', id })]
        },
      }
      left.register(stream, { on, id }, stream)
      return stream
    },
    async close() {
      closed = true
      await thread?.worker.terminate()
    },
  }
}

function start({ file, settings }: IsolatedOptions): Thread {
  const { port1: port, port2: theirs } = new MessageChannel()
  const signal = new SharedArrayBuffer(4)
  const here = fileURLToPath(import.meta.url)
  const setup: IsolatedSetup = { module: pathToFileURL(file).href, settings, signal, port: theirs }
  const worker = new Worker(new URL(`./isolated.worker${extname(here)}`, import.meta.url), {
    workerData: setup,
    transferList: [theirs],
    // Nothing of the process is handed on: no arguments, no environment with credentials in it.
    env: {},
    argv: [],
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  })
  // A thread that died says nothing: the question after it runs into its deadline, and that is the refusal.
  worker.on('error', () => {})
  worker.unref()
  return { worker, port, answers: new Int32Array(signal), ready: false }
}

/** The next answer; undefined if it does not come in time. */
function receive({ port, answers }: Thread, withinMs: number): IsolatedAnswer | undefined {
  let answer = receiveMessageOnPort(port)
  for (const until = performance.now() + withinMs; answer === undefined; ) {
    const left = until - performance.now()
    if (left <= 0) return undefined
    const before = Atomics.load(answers, 0)
    answer = receiveMessageOnPort(port)
    if (answer !== undefined) break
    Atomics.wait(answers, 0, before, left)
    answer = receiveMessageOnPort(port)
  }
  return answer.message as IsolatedAnswer
}
