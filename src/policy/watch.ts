// Development only: rules take effect as their files are saved. What does not check is reported, and the last good rules
// keep serving.
import { watch } from 'node:fs'
import { type BundleSources, loadBundle } from './bundle.ts'

/** Editors write a file in several steps: this many milliseconds of quiet mean that it is whole. */
const QUIET_MS = 150

export function watchFolder(
  folder: string,
  apply: (sources: BundleSources) => Promise<unknown>,
  report: (error: unknown) => void,
): { close(): void } {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const run = () => {
    // One after another: of two quick changes the later one must win.
    running = running
      .then(async () => {
        await apply(await loadBundle(folder))
      })
      .catch(report)
  }
  // What was changed while nobody watched counts as well.
  run()
  const watcher = watch(folder, { recursive: true }, () => {
    clearTimeout(timer)
    timer = setTimeout(run, QUIET_MS)
  })
  watcher.on('error', report)
  return {
    close() {
      clearTimeout(timer)
      watcher.close()
    },
  }
}
