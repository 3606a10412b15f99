// The thread of the embedded engine: reads the model file, then works on answers in turn. Between two tokens it looks at
// its orders, so an abort takes effect before the next token.
import { readFileSync, statSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { Fault } from '../../core/index.ts'
import { noteOf, type Order, type Report } from './protocol.ts'
import { createRuntime, type Runtime } from './runtime.ts'

interface Given {
  file: string
  maxFileBytes: number
}

function load({ file, maxFileBytes }: Given): Runtime {
  let size: number
  try {
    size = statSync(file).size
  } catch (cause) {
    throw new Fault('upstream_unavailable', { detail: 'The model file cannot be read', cause })
  }
  if (size > maxFileBytes)
    throw new Fault('upstream_invalid', {
      detail: `The model file has ${size} bytes; the embedded engine takes at most ${maxFileBytes}`,
    })
  return createRuntime(readFileSync(file))
}

function serve(runtime: Runtime, report: (report: Report) => void, orders: NonNullable<typeof parentPort>): void {
  let working = false
  const work = () => {
    const progress = runtime.turn()
    if (progress && 'fault' in progress) report({ type: 'fault', id: progress.id, fault: noteOf(progress.fault) })
    else if (progress && progress.deltas.length > 0) report({ type: 'deltas', ...progress })
    working = runtime.busy
    // Back to the event loop after every token: orders that arrived meanwhile are carried out first.
    if (working) setImmediate(work)
  }
  const begin = () => {
    if (!working) setImmediate(work)
    working = true
  }
  const carryOut = (order: Order): unknown => {
    switch (order.type) {
      case 'start':
        runtime.start(order.id, order.input)
        return begin()
      case 'embed':
        runtime.embed(order.id, order.principal, order.inputs)
        return begin()
      case 'abort':
        runtime.abort(order.id)
        return undefined
      case 'forget':
        return runtime.forget(order.session)
      case 'count':
        return runtime.count(order.input)
    }
  }
  orders.on('message', (order: Order) => {
    try {
      const value = carryOut(order)
      if (order.type === 'forget' || order.type === 'count') report({ type: 'result', id: order.id, value })
    } catch (error) {
      report({ type: 'fault', id: order.id, fault: noteOf(Fault.from(error)) })
    }
  })
}

if (parentPort) {
  const port = parentPort
  const report = (message: Report) => port.postMessage(message)
  try {
    const runtime = load(workerData as Given)
    serve(runtime, report, port)
    report({ type: 'ready', about: runtime.about })
  } catch (error) {
    report({ type: 'broken', fault: noteOf(Fault.from(error)) })
    port.close()
  }
}
