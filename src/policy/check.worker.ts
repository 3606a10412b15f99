// The process in which untrusted rule texts are parsed. It holds nothing, and is thrown away when it misbehaves.
import type { BundleFile, BundleSources } from './bundle.ts'
import { formatText, inspectBundle } from './inspect.ts'

export type CheckTask =
  | { readonly id: number; readonly kind: 'check'; readonly sources: BundleSources }
  | { readonly id: number; readonly kind: 'format'; readonly file: BundleFile }

process.on('message', (task: CheckTask) => {
  const result = task.kind === 'check' ? inspectBundle(task.sources) : formatText(task.file)
  process.send?.({ id: task.id, result })
})
// Nobody is left to ask.
process.on('disconnect', () => process.exit(0))
