// What a call has acquired, released newest first and exactly once, however the call ends.
import type { Fault } from './fault.ts'

/** Why a call ended: normally, or by the fault that ended it. */
export interface Ending {
  fault?: Fault
}

export type Closer = (ending: Ending) => void | Promise<void>

export interface Exit {
  /** Registers what to release. After the exit has run, the closer runs at once: nothing is acquired too late. */
  add(closer: Closer): void
  /** Runs every closer, newest first, once. Never rejects: a closer that throws is reported and the rest still run. */
  run(ending: Ending): Promise<void>
  /** How it ended; undefined while it runs. */
  readonly ending: Ending | undefined
}

export function createExit(report: (error: unknown) => void): Exit {
  const closers: Closer[] = []
  let ending: Ending | undefined
  let running: Promise<void> | undefined
  const close = async (closer: Closer, how: Ending) => {
    try {
      await closer(how)
    } catch (error) {
      report(error)
    }
  }
  return {
    add(closer) {
      if (ending) void close(closer, ending)
      else closers.push(closer)
    },
    run(how) {
      running ??= (async () => {
        ending = how
        for (let closer = closers.pop(); closer; closer = closers.pop()) await close(closer, how)
      })()
      return running
    },
    get ending() {
      return ending
    },
  }
}
