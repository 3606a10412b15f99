// Work that a part of the room does by itself from time to time: one round after another, never two at once, and whoever
// stops it waits for the round that runs.
import type { Clock } from '../core/index.ts'

export interface Upkeep {
  start(): void
  stop(): Promise<void>
}

/** `clock` for what ends or deletes something for good: while it is in doubt there is no round. */
export function createUpkeep(
  everyMs: number,
  round: () => Promise<unknown>,
  report: (error: unknown) => void,
  clock?: Pick<Clock, 'doubtful'>,
): Upkeep {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  const next = (): void => {
    if (clock?.doubtful?.()) return
    running ??= round()
      .then(() => {}, report)
      .finally(() => {
        running = undefined
      })
  }
  return {
    start() {
      timer = setInterval(next, everyMs).unref()
    },
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}
