// Time, ids and randomness are handed in, so that a test can stop the clock and repeat a run.
import { randomBytes } from 'node:crypto'

export interface Clock {
  /** Wall clock, milliseconds since 1970. May jump. */
  now(): number
  /** Milliseconds that only grow; for durations and deadlines. */
  monotonic(): number
}

export const systemClock: Clock = { now: Date.now, monotonic: () => performance.now() }

/** Cryptographically strong random bytes. */
export type RandomBytes = (size: number) => Uint8Array
export const systemRandom: RandomBytes = (size) => randomBytes(size)
