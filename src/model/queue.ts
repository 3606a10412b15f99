// Places at the model: a limited number of calls work at once, a limited number waits, and the next free place goes to the
// principal that has the fewest, so that one caller's flood is that caller's problem. Nobody takes the last free places:
// whoever has one already leaves a third as many free as they have, so that who comes next need not wait for a call to end.
import { Fault } from '../core/index.ts'

export interface QueueLimits {
  /** Calls at work at once. */
  active: number
  /** Calls that may wait, in all and for one principal. */
  waiting: number
  waitingPerPrincipal: number
}

export interface FairQueue {
  /** Resolves with the function that frees the place. Throws `overloaded`, or the signal's reason. */
  enter(principal: string, signal?: AbortSignal): Promise<() => void>
  /** Refuses everybody who waits. */
  empty(fault: Fault): void
  readonly active: number
  readonly waiting: number
}

/** How many times as many places as are free one principal may have: of 64 it takes 48, two of them 27 each. */
const SHARE = 3

interface Waiter {
  principal: string
  admit: () => void
  refuse: (error: unknown) => void
}

export function createFairQueue(limits: QueueLimits): FairQueue {
  const atWork = new Map<string, number>()
  let waiters: Waiter[] = []
  let active = 0

  const has = (principal: string): number => atWork.get(principal) ?? 0
  /** Where this is false for whoever has the fewest, it is false for everybody. */
  const mayTake = (principal: string): boolean => has(principal) < SHARE * (limits.active - active)

  function take(principal: string): () => void {
    active++
    atWork.set(principal, has(principal) + 1)
    let freed = false
    return () => {
      if (freed) return
      freed = true
      active--
      const left = has(principal) - 1
      if (left > 0) atWork.set(principal, left)
      else atWork.delete(principal)
      admitNext()
    }
  }
  function admitNext(): void {
    while (waiters.length > 0) {
      let best = waiters[0] as Waiter
      for (const waiter of waiters) if (has(waiter.principal) < has(best.principal)) best = waiter
      if (!mayTake(best.principal)) return
      waiters = waiters.filter((waiter) => waiter !== best)
      best.admit()
    }
  }

  return {
    async enter(principal, signal) {
      signal?.throwIfAborted()
      if (mayTake(principal)) return take(principal) // of those who wait nobody may, or they would not wait
      const own = waiters.filter((waiter) => waiter.principal === principal).length
      if (waiters.length >= limits.waiting || own >= limits.waitingPerPrincipal)
        throw new Fault('overloaded', {
          detail: 'Too many calls are waiting for this model',
          data: { waiting: waiters.length, retryAfterSeconds: 1 },
        })
      return new Promise((resolve, reject) => {
        const leave = () => waiter.refuse(signal?.reason)
        const waiter: Waiter = {
          principal,
          admit() {
            signal?.removeEventListener('abort', leave)
            resolve(take(principal))
          },
          refuse(error) {
            signal?.removeEventListener('abort', leave)
            waiters = waiters.filter((other) => other !== waiter)
            reject(error)
          },
        }
        waiters.push(waiter)
        signal?.addEventListener('abort', leave, { once: true })
      })
    },
    empty(fault) {
      for (const waiter of [...waiters]) waiter.refuse(fault)
    },
    get active() {
      return active
    },
    get waiting() {
      return waiters.length
    },
  }
}
