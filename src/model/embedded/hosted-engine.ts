// The engine's side of the door: calls wait in a fair queue, become orders to whatever hosts the model (a thread, a
// process), and end exactly once: by their last delta, a Fault, or the signal's reason. A host that dies takes its calls
// with it and is started again by the next one.
import { type Delta, Fault, type RandomBytes } from '../../core/index.ts'
import { createFairQueue, type QueueLimits } from '../queue.ts'
import type { Engine, EngineCapabilities, GenerateOptions, GenerateRequest, Turn } from './engine-contract.ts'
import { type About, faultOf, type Order, type Report } from './protocol.ts'

/** A running thread or process. */
export interface Host {
  send(order: Order): void
  stop(): Promise<void>
}

export interface HostedEngineInput {
  /** Starts a host. `report` takes what it says; `gone` is called once when it ends without having been stopped. */
  start(report: (report: Report) => void, gone: (cause?: unknown) => void): Host
  capabilities: EngineCapabilities
  limits: QueueLimits
  /** Refuses a model file with another SHA-256 (hex). */
  digest?: string | undefined
  random: RandomBytes
}

interface Call {
  deltas(deltas: Delta[], done: boolean): void
  result(value: unknown): void
  fail(error: unknown): void
}

interface Ready extends Host {
  about: About
}

export async function createHostedEngine(input: HostedEngineInput): Promise<Engine> {
  const { random } = input
  const queue = createFairQueue(input.limits)
  const calls = new Map<number, Call>()
  const sessions = new Map<number, string>()
  let lastId = 0
  let closed = false
  let thread: Promise<Ready> | undefined
  let known: About | undefined

  function failAll(error: unknown): void {
    const open = [...calls.values()]
    calls.clear()
    for (const call of open) call.fail(error)
  }

  function launch(): Promise<Ready> {
    return new Promise((resolve, reject) => {
      let host: Host | undefined
      let ended = false
      const end = (fault: Fault) => {
        if (ended) return
        ended = true
        thread = undefined
        reject(fault)
        failAll(fault)
        void host?.stop()
      }
      const take = (report: Report) => {
        switch (report.type) {
          case 'ready': {
            const wanted = known?.digest ?? input.digest
            const { digest } = report.about
            if (wanted !== undefined && wanted !== digest) {
              end(
                new Fault('upstream_invalid', {
                  detail: 'The model file is not the one that was registered',
                  data: { digest },
                }),
              )
              return
            }
            const running = host as Host
            resolve({
              about: report.about,
              send: (order) => running.send(order),
              async stop() {
                ended = true
                await running.stop()
              },
            })
            return
          }
          case 'broken':
            end(faultOf(report.fault))
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
      }
      host = input.start(take, (cause) =>
        end(new Fault('upstream_unavailable', { detail: 'The model has stopped', cause })),
      )
    })
  }

  async function running(): Promise<Ready> {
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

  /** One call from its place in the queue to its last delta. */
  async function* run(
    make: (id: number, principal: string) => Order,
    { principal = '', session, signal }: GenerateOptions,
  ): AsyncGenerator<Delta[], void, undefined> {
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
    let send: Host['send'] | undefined
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
      send(make(id, principal))
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
    capabilities: input.capabilities,
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
    generate(request: GenerateRequest, options: GenerateOptions = {}) {
      const { session, rules = {} } = options
      const seed = new DataView(random(4).slice().buffer).getUint32(0)
      return run(
        (id, principal) => ({
          type: 'start',
          id,
          input: { principal, request, rules, seed, ...(session !== undefined && { session }) },
        }),
        options,
      )
    },
    async embed(inputs, options = {}) {
      const vectors: number[][] = []
      let inputTokens = 0
      for await (const deltas of run((id, principal) => ({ type: 'embed', id, principal, inputs }), options))
        for (const delta of deltas)
          if (delta.type === 'embedding') vectors[delta.index] = delta.vector
          else if (delta.type === 'usage') inputTokens = delta.usage.inputTokens
      return { vectors, inputTokens }
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
