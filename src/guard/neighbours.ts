// Values that any session of this process has hidden, as keyed hashes: a model that says one of them to a session that never
// had it has carried it over from another. Only values that are one person's alone: a town or a date proves nothing.
import { createHmac, createSecretKey } from 'node:crypto'
import type { RandomBytes } from '../core/index.ts'

export interface Neighbours {
  /** A session hid this value. */
  note(dataClass: string, value: string): void
  /** True if some session hid it. */
  has(dataClass: string, value: string): boolean
}

const TELLING = [
  'personal/email',
  'personal/phone',
  'personal/national-id',
  'finance/card',
  'finance/iban',
  'finance/account',
  'business/customer-id',
  'secret',
]

/** The oldest are forgotten beyond this. */
const MOST = 200_000

export function createNeighbours(random: RandomBytes): Neighbours {
  const key = createSecretKey(random(32))
  const seen = new Set<string>()
  const telling = (dataClass: string) => TELLING.some((one) => dataClass === one || dataClass.startsWith(`${one}/`))
  const hash = (value: string) => createHmac('sha256', key).update(value).digest('base64url').slice(0, 16)
  return {
    note(dataClass, value) {
      if (!telling(dataClass)) return
      seen.add(hash(value))
      if (seen.size > MOST)
        for (const oldest of seen) {
          seen.delete(oldest)
          break
        }
    },
    has: (dataClass, value) => seen.size > 0 && telling(dataClass) && seen.has(hash(value)),
  }
}
