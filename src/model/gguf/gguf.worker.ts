// The process that runs llama.cpp. When native code aborts, this process ends and nothing else does.
import { type Delta, Fault } from '../../core/index.ts'
import { noteOf, type Order, type Report } from '../embedded/protocol.ts'
import { createGgufRuntime, type GgufOptions, type GgufRuntime, tooLarge } from './runtime.ts'

interface Running {
  session: string | undefined
  aborted: boolean
}

function serve(runtime: GgufRuntime, report: (report: Report) => void): (order: Order) => void {
  const running = new Map<number, Running>()
  const carryOut = async (order: Order): Promise<unknown> => {
    switch (order.type) {
      case 'start':
      case 'embed': {
        const call: Running = { session: order.type === 'start' ? order.input.session : undefined, aborted: false }
        running.set(order.id, call)
        const out = (deltas: Delta[], done: boolean) => {
          if (!call.aborted) report({ type: 'deltas', id: order.id, deltas, done })
        }
        try {
          if (order.type === 'start') await runtime.answer(order.input, () => call.aborted, out)
          else await runtime.embed(order.inputs, () => call.aborted, out)
        } finally {
          running.delete(order.id)
        }
        return undefined
      }
      case 'abort': {
        const call = running.get(order.id)
        if (call) call.aborted = true
        return undefined
      }
      case 'forget':
        for (const call of running.values()) if (call.session === order.session) call.aborted = true
        return undefined
      case 'count':
        return runtime.count(order.input)
    }
  }
  return (order) => {
    carryOut(order).then(
      (value) => {
        if (order.type === 'forget' || order.type === 'count') report({ type: 'result', id: order.id, value })
      },
      (error: unknown) => report({ type: 'fault', id: order.id, fault: noteOf(Fault.from(error)) }),
    )
  }
}

const report = (message: Report) => {
  process.send?.(message)
}
/** Milliseconds between two looks at the memory in use. */
const MEMORY_MS = 250

function boundMemory({ memoryBytes }: GgufOptions): void {
  if (memoryBytes === undefined) return
  setInterval(() => {
    if (process.memoryUsage.rss() <= memoryBytes) return
    report({ type: 'broken', fault: noteOf(tooLarge(memoryBytes)) })
    process.disconnect()
  }, MEMORY_MS).unref()
}

process.once('message', (options: GgufOptions) => {
  boundMemory(options)
  createGgufRuntime(options).then(
    (runtime) => {
      process.on('message', serve(runtime, report))
      report({ type: 'ready', about: runtime.about })
    },
    (error: unknown) => {
      report({ type: 'broken', fault: noteOf(Fault.from(error)) })
      process.disconnect()
    },
  )
})
// Without its parent there is nobody to answer.
process.on('disconnect', () => process.exit(0))
