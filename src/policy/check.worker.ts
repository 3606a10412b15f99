// The process in which untrusted rule texts are parsed, compiled and tested. It holds nothing, and is thrown away when it
// misbehaves. What leaves it as a bundle compiles: nothing in it is nested deeper than who asked can walk.
import { Fault } from '../core/index.ts'
import type { BundleFile, BundleSources, CheckedBundle, Problem } from './bundle.ts'
import { formatText, inspectBundle } from './inspect.ts'
import { compileBundle } from './program.ts'
import { runTests, type TestReport } from './rule-test.ts'

export type CheckTask =
  | { readonly id: number; readonly kind: 'check'; readonly sources: BundleSources }
  | { readonly id: number; readonly kind: 'format'; readonly file: BundleFile }

export function checkBundle(
  sources: BundleSources,
): { readonly bundle: CheckedBundle; readonly tests: TestReport } | { readonly problems: readonly Problem[] } {
  const found = inspectBundle(sources)
  if (!('bundle' in found)) return found
  try {
    return { ...found, tests: runTests(compileBundle(found.bundle), sources) }
  } catch (cause) {
    return { problems: [{ level: 'error', message: Fault.from(cause).publicMessage, ...culprit(found.bundle) }] }
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

process.on('message', (task: CheckTask) => {
  const result = task.kind === 'check' ? checkBundle(task.sources) : formatText(task.file)
  process.send?.({ id: task.id, result })
})
// Nobody is left to ask.
process.on('disconnect', () => process.exit(0))
