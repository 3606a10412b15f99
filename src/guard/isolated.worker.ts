// The thread in which a detector that is not ours runs. It answers one message at a time; the guard waits for each answer,
// and ends the thread when one takes too long.
import { type MessagePort, workerData } from 'node:worker_threads'
import type { Finding } from '../core/index.ts'
import type { Detector, DetectorStream } from './detector.ts'

export interface IsolatedSetup {
  /** File URL of a module that exports `createDetector(settings)`. */
  readonly module: string
  readonly settings: unknown
  /** One 32-bit count of answers, on which the guard sleeps. */
  readonly signal: SharedArrayBuffer
  readonly port: MessagePort
}

export type IsolatedTask =
  | { readonly kind: 'open'; readonly id: number }
  | { readonly kind: 'push'; readonly id: number; readonly text: string }
  | { readonly kind: 'end'; readonly id: number }
  /** Not answered. */
  | { readonly kind: 'drop'; readonly id: number }

export type IsolatedAnswer =
  | { readonly kind: 'ready'; readonly name: string; readonly classes: readonly string[]; readonly longest: number }
  | { readonly kind: 'found'; readonly findings: readonly Finding[]; readonly openFrom: number }
  | { readonly kind: 'failed' }

const { module, settings, signal, port } = workerData as IsolatedSetup
const answers = new Int32Array(signal)

const answer = (value: IsolatedAnswer) => {
  port.postMessage(value)
  Atomics.add(answers, 0, 1)
  Atomics.notify(answers, 0)
}

try {
  const { createDetector } = (await import(module)) as { createDetector: (settings: unknown) => Detector }
  const detector = createDetector(settings)
  const streams = new Map<number, DetectorStream>()
  const declared = new Set(detector.classes)
  port.on('message', (task: IsolatedTask) => {
    if (task.kind === 'drop') {
      streams.delete(task.id)
      return
    }
    try {
      if (task.kind === 'open') streams.set(task.id, detector.open())
      const stream = streams.get(task.id) as DetectorStream
      const findings = task.kind === 'push' ? stream.push(task.text) : task.kind === 'end' ? stream.end() : []
      if (findings.some((finding) => !declared.has(finding.class))) throw new Error('a class it does not declare')
      if (task.kind === 'end') streams.delete(task.id)
      answer({ kind: 'found', findings, openFrom: stream.openFrom })
    } catch {
      // What it said may hold text of a call: only that it failed leaves the thread.
      streams.delete(task.id)
      answer({ kind: 'failed' })
    }
  })
  answer({ kind: 'ready', name: detector.name, classes: [...detector.classes], longest: detector.longest })
} catch {
  answer({ kind: 'failed' })
}
