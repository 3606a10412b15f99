// The embedded engine: a GGUF model in a worker thread of this process. Needs no network, no server, no native code.
// Calls wait in a fair queue; every call ends once, by its last delta, a Fault, or the signal's reason.
import { Worker } from 'node:worker_threads'
import { type Delta, Fault, type RandomBytes, systemRandom } from '../../core/index.ts'
import type { Engine, EngineCapabilities, GenerateOptions, GenerateRequest, Turn } from './engine-contract.ts'
import { faultOf, type Order, type Report } from './protocol.ts'
import { createFairQueue, type QueueLimits } from './queue.ts'
import type { About } from './runtime.ts'

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

const CAPABILITIES: EngineCapabilities = {
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

interface Call {
  deltas(deltas: Delta[], done: boolean): void
  result(value: unknown): void
  fail(error: unknown): void
}

interface Thread {
  about: About
  send(order: Order): void
  stop(): Promise<void>
}

/** Loads the model; throws `upstream_unavailable` or `upstream_invalid` when the file cannot be used. */
export async function createEmbeddedEngine(input: EmbeddedEngineInput): Promise<Engine> {
  const { file, random = systemRandom } = input
  const queue = createFairQueue({ ...LIMITS, ...input.limits })
  const calls = new Map<number, Call>()
  const sessions = new Map<number, string>()
  let lastId = 0
  let closed = false
  let thread: Promise<Thread> | undefined
  let known: About | undefined

  function failAll(error: unknown): void {
    const open = [...calls.values()]
    calls.clear()
    for (const call of open) call.fail(error)
  }

  function launch(): Promise<Thread> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(workerFile, {
        name: 'model',
        workerData: { file, maxFileBytes: input.maxFileBytes ?? MAX_FILE_BYTES },
        env: {},
        // Flags of the parent (a loader, --input-type) are not meant for this thread.
        execArgv: [],
      })
      let stopping = false
      const gone = (fault: Fault) => {
        thread = undefined
        reject(fault)
        failAll(fault)
      }
      worker.on('message', (report: Report) => {
        switch (report.type) {
          case 'ready': {
            const wanted = known?.digest ?? input.digest
            if (wanted !== undefined && wanted !== report.about.digest) {
              stopping = true
              void worker.terminate()
              gone(
                new Fault('upstream_invalid', {
                  detail: 'The model file is not the one that was registered',
                  data: { digest: report.about.digest },
                }),
              )
              return
            }
            resolve({
              about: report.about,
              send: (order) => worker.postMessage(order),
              async stop() {
                stopping = true
                await worker.terminate()
              },
            })
            return
          }
          case 'broken':
            stopping = true
            gone(faultOf(report.fault))
            return
          case 'deltas':
            calls.get(report.id)?.deltas(report.deltas, report.done)
            return
          case 'result':
            calls.get(report.id)?.result(report.value)
            return
          case 'fault':
            calls.get(report.id)?.fail(faultOf(report.fault))
        }
      })
      worker.on('error', (cause) =>
        gone(new Fault('upstream_unavailable', { detail: 'The embedded model has crashed', cause })),
      )
      worker.on('exit', () => {
        if (!stopping) gone(new Fault('upstream_unavailable', { detail: 'The embedded model has stopped' }))
      })
    })
  }

  async function running(): Promise<Thread> {
    if (closed) throw new Fault('shutting_down')
    thread ??= launch()
    const ready = await thread
    known ??= ready.about
    return ready
  }

  /** One order with one answer. */
  async function ask(make: (id: number) => Order): Promise<unknown> {
    const { send } = await running()
    const id = ++lastId
    return new Promise((resolve, reject) => {
      const end = () => calls.delete(id)
      calls.set(id, {
        deltas() {},
        result(value) {
          end()
          resolve(value)
        },
        fail(error) {
          end()
          reject(error as Error)
        },
      })
      send(make(id))
    })
  }

  async function* generate(
    request: GenerateRequest,
    options: GenerateOptions = {},
  ): AsyncGenerator<Delta[], void, undefined> {
    const { principal = '', session, signal, rules = {} } = options
    const free = await queue.enter(principal, signal)
    let arrived: Delta[] = []
    let state: 'open' | 'done' | { error: unknown } = 'open'
    let wake: (() => void) | undefined
    const id = ++lastId
    const settle = (next: 'done' | { error: unknown }) => {
      if (state !== 'open') return
      state = next
      wake?.()
    }
    const onAbort = () => settle({ error: signal?.reason })
    let send: Thread['send'] | undefined
    try {
      ;({ send } = await running())
      signal?.throwIfAborted()
      calls.set(id, {
        deltas(deltas, done) {
          for (const delta of deltas) arrived.push(delta)
          if (done) settle('done')
          else wake?.()
        },
        result() {},
        fail: (error) => settle({ error }),
      })
      if (session !== undefined) sessions.set(id, session)
      signal?.addEventListener('abort', onAbort, { once: true })
      const seed = new DataView(random(4).slice().buffer).getUint32(0)
      send({ type: 'start', id, input: { principal, request, rules, seed, ...(session !== undefined && { session }) } })
      for (;;) {
        // Read through a function: the callbacks above change it while this loop waits.
        const now = current()
        // After an abort nothing that arrived meanwhile goes out.
        if (typeof now === 'object') throw now.error
        if (arrived.length > 0) {
          const batch = arrived
          arrived = []
          yield batch
          continue
        }
        if (now === 'done') return
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        wake = undefined
      }
    } finally {
      signal?.removeEventListener('abort', onAbort)
      calls.delete(id)
      sessions.delete(id)
      if (current() !== 'done') send?.({ type: 'abort', id })
      free()
    }
    function current(): 'open' | 'done' | { error: unknown } {
      return state
    }
  }

  const first = await running()

  return {
    capabilities: CAPABILITIES,
    digest: first.about.digest,
    contextTokens: first.about.contextTokens,
    about: {
      name: first.about.name,
      parameters: first.about.parameters,
      fileBytes: first.about.fileBytes,
      ...(first.about.license !== undefined && { license: first.about.license }),
    },
    get loaded() {
      return thread !== undefined
    },
    generate,
    async embed(inputs, options = {}) {
      const free = await queue.enter(options.principal ?? '', options.signal)
      try {
        const value = await ask((id) => ({ type: 'embed', id, inputs }))
        options.signal?.throwIfAborted()
        return value as { vectors: number[][]; inputTokens: number }
      } finally {
        free()
      }
    },
    async countTokens(text: string | readonly Turn[]) {
      return (await ask((id) => ({ type: 'count', id, input: text }))) as number
    },
    async load() {
      await running()
    },
    async unload() {
      if (queue.active > 0 || queue.waiting > 0)
        throw new Fault('not_possible', { detail: 'The model is answering calls', data: { active: queue.active } })
      const old = thread
      thread = undefined
      await (await old)?.stop()
    },
    async forget(session) {
      for (const [id, other] of sessions)
        if (other === session)
          calls.get(id)?.fail(new Fault('not_possible', { detail: 'The session has been forgotten' }))
      if (thread) await ask((id) => ({ type: 'forget', id, session }))
    },
    async close() {
      closed = true
      const fault = new Fault('shutting_down')
      queue.empty(fault)
      failAll(fault)
      const old = thread
      thread = undefined
      await (await old?.catch(() => undefined))?.stop()
    },
  }
}
