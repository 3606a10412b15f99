// Time, ids and randomness are handed in, so that a test can stop the clock and repeat a run.
import { randomBytes } from 'node:crypto'

export interface Clock {
  /** Milliseconds since 1970. May jump ahead; set back by a second or more it goes on as if it had not been. */
  now(): number
  /** Milliseconds that only grow; for durations. */
  monotonic(): number
  /** While true, `now` may be wrong by more than a day: what ends or deletes something for good waits. Left out, it never is. */
  doubtful?(): boolean
}

/** A wall clock that loses no more than this against the monotonic one drifts; beyond it somebody has set it back. */
const SET_BACK_MS = 1000
/** Set ahead by more, it may be an error, and whoever made it has a while to set it right. */
const FAR_MS = 86_400_000
const DOUBT_MS = 3_600_000

export interface ClockParts {
  wall: () => number
  monotonic: () => number
  /** Told when it was set back, and by how much. */
  onSetBack?: (ms: number) => void
  /** Told when it was set ahead by more than a day. */
  onSetAhead?: (ms: number) => void
}

/**
 * The wall clock, but for one thing: who sets it back gives nobody more time. Whatever ends at a time (grants, keys, sessions,
 * sign-ins) ends after as long as it would have. Set ahead it is followed, also back to where it was; a new process begins
 * with the wall clock as it is. It is in doubt for an hour after it was set ahead by more than a day, and as long as it goes on
 * by more than a day beyond the wall clock. A machine that has slept for so long is one that was set ahead.
 */
export function createClock({ wall, monotonic, onSetBack, onSetAhead }: ClockParts): Clock {
  /** How far it was set back, and not ahead again. */
  let lost = 0
  let lastWall = wall()
  let last = monotonic()
  /** By the monotonic clock. */
  let doubtedUntil = Number.NEGATIVE_INFINITY
  const now = (): number => {
    const at = wall()
    const passed = monotonic()
    const step = at - lastWall - (passed - last)
    lastWall = at
    last = passed
    if (step < -SET_BACK_MS) {
      lost -= step
      onSetBack?.(-step)
    } else if (step > SET_BACK_MS) {
      const ahead = Math.max(0, step - lost)
      lost = Math.max(0, lost - step)
      if (ahead > FAR_MS) {
        doubtedUntil = passed + DOUBT_MS
        onSetAhead?.(ahead)
      }
    }
    return Math.floor(at + lost)
  }
  return {
    now,
    monotonic,
    doubtful() {
      now()
      return lost > FAR_MS || last < doubtedUntil
    },
  }
}

const machine = { wall: () => Date.now(), monotonic: () => performance.now() }
export const systemClock: Clock = createClock(machine)
/** One that tells when it was set. */
export const createSystemClock = (told: Pick<ClockParts, 'onSetBack' | 'onSetAhead'>): Clock =>
  createClock({ ...machine, ...told })

/** Cryptographically strong random bytes. */
export type RandomBytes = (size: number) => Uint8Array
export const systemRandom: RandomBytes = (size) => randomBytes(size)
