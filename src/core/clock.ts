// Time, ids and randomness are handed in, so that a test can stop the clock and repeat a run.
import { randomBytes } from 'node:crypto'

export interface Clock {
  /** Milliseconds since 1970. May jump ahead; set back by a second or more it goes on as if it had not been. */
  now(): number
  /** Milliseconds that only grow; for durations. */
  monotonic(): number
}

/** A wall clock that loses no more than this against the monotonic one drifts; beyond it somebody has set it back. */
const SET_BACK_MS = 1000

export interface ClockParts {
  wall: () => number
  monotonic: () => number
  /** Told when it was set back, and by how much. */
  onSetBack?: (ms: number) => void
}

/**
 * The wall clock, but for one thing: who sets it back gives nobody more time. Whatever ends at a time (grants, keys, sessions,
 * sign-ins) ends after as long as it would have. Set ahead it is followed, also back to where it was; a new process begins
 * with the wall clock as it is.
 */
export function createClock({ wall, monotonic, onSetBack }: ClockParts): Clock {
  /** How far it was set back, and not ahead again. */
  let lost = 0
  let lastWall = wall()
  let last = monotonic()
  return {
    now() {
      const at = wall()
      const now = monotonic()
      const step = at - lastWall - (now - last)
      lastWall = at
      last = now
      if (step < -SET_BACK_MS) {
        lost -= step
        onSetBack?.(-step)
      } else if (step > SET_BACK_MS && lost > 0) lost = Math.max(0, lost - step)
      return Math.floor(at + lost)
    },
    monotonic,
  }
}

const machine = { wall: () => Date.now(), monotonic: () => performance.now() }
export const systemClock: Clock = createClock(machine)
/** One that tells when it was set back. */
export const createSystemClock = (onSetBack: (ms: number) => void): Clock => createClock({ ...machine, onSetBack })

/** Cryptographically strong random bytes. */
export type RandomBytes = (size: number) => Uint8Array
export const systemRandom: RandomBytes = (size) => randomBytes(size)
