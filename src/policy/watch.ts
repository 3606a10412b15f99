// Development only: rules take effect as their files are saved. What does not check is reported, and the last good rules
// keep serving.
import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
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
  const soon = () => {
    clearTimeout(timer)
    timer = setTimeout(run, QUIET_MS)
  }
  let inside: FSWatcher | undefined
  /** What is watched is the folder that had the name then: one that took its place, as a checkout makes it, is watched anew. */
  const follow = () => {
    inside?.close()
    inside = undefined
    try {
      inside = watch(folder, { recursive: true }, soon)
      inside.on('error', report)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') report(error) // that it is gone is told by whoever reads it
    }
  }
  const path = resolve(folder)
  const beside = watch(dirname(path), (_, name) => {
    if (name !== basename(path)) return
    follow()
    soon()
  })
  beside.on('error', report)
  follow()
  // What was changed while nobody watched counts as well.
  run()
  return {
    close() {
      clearTimeout(timer)
      inside?.close()
      beside.close()
    },
  }
}
