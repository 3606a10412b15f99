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
  ending(): Ending | undefined
}

export function createExit(report: (error: unknown) => void): Exit {
  const closers: Closer[] = []
  let ending: Ending | undefined
  let running: Promise<void> | undefined
  /** Runs a closer; what it throws or rejects with is reported. A promise only where the closer gave one. */
  const close = (closer: Closer, how: Ending): Promise<void> | undefined => {
    try {
      const pending = closer(how)
      return pending instanceof Promise ? pending.catch(report) : undefined
    } catch (error) {
      report(error)
      return undefined
    }
  }
  // Most closers only put things back in memory: waiting a turn for each would be half a dozen turns on every call.
  const drain = (how: Ending): Promise<void> => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) {
      const pending = close(closer, how)
      if (pending) return pending.then(() => drain(how))
    }
    return DONE
  }
  return {
    add(closer) {
      if (ending) void close(closer, ending)
      else closers.push(closer)
    },
    run(how) {
      if (ending) return running ?? DONE // asked for by a closer that runs now
      ending = how
      running = drain(how)
      return running
    },
    ending() {
      return ending
    },
  }
}

const DONE = Promise.resolve()
