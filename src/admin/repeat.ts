// Creates that are sent twice: with an `idempotency-key` header the second gets the first one's answer and changes
// nothing. What is shown once is not kept, so a repeated answer lacks it.
import { createHash } from 'node:crypto'
import { type Clock, Fault } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import { forgetAnswers, keepAnswer, reserveAnswer } from './queries.ts'

export interface Repeated {
  readonly status: number
  readonly body: string
  readonly replayed: boolean
}

export interface RepeatAsk {
  readonly principal: string
  readonly key: string
  /** Method, path and body: the same key for another request is a mistake. */
  readonly request: readonly (string | Buffer)[]
  readonly serve: () => Promise<{ status: number; body: string; kept: string }>
}

const KEY = /^[\x21-\x7e]{1,128}$/
const KEPT_MS = 86_400_000
/** How many answers are kept between two looks for old ones. */
const FORGET_EVERY = 200

export function createRepeat({ store, clock }: { store: Store; clock: Pick<Clock, 'now'> }) {
  let made = 0
  return async ({ principal, key, request, serve }: RepeatAsk): Promise<Repeated> => {
    if (!KEY.test(key))
      throw new Fault('validation_failed', {
        detail: 'An idempotency key has 1 to 128 visible ASCII characters.',
        data: { param: 'idempotency-key' },
      })
    const hash = createHash('sha256')
    for (const part of request) hash.update(part).update('\0')
    const digest = hash.digest('hex')
    if (made++ % FORGET_EVERY === 0) await forgetAnswers(store, clock.now() - KEPT_MS)
    const id = { principal, idempotency_key: key }
    const taken = await reserveAnswer(store, { ...id, request: digest, created_at: clock.now() })
    if (taken) {
      if (taken.request !== digest)
        throw new Fault('not_possible', { detail: 'This idempotency key was used for another request.' })
      if (taken.status === 0)
        throw new Fault('not_possible', {
          detail:
            'The first request with this idempotency key has no answer yet, or was interrupted; look before trying again.',
        })
      return { status: taken.status, body: taken.body, replayed: true }
    }
    try {
      const { status, body, kept } = await serve()
      await keepAnswer(store, id, { status, body: kept })
      return { status, body, replayed: false }
    } catch (error) {
      await keepAnswer(store, id, undefined)
      throw error
    }
  }
}
