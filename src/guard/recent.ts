// What was found out about a text, remembered by its digest: chat clients send the whole conversation with every turn, and
// the same words under the same detectors have the same result. The texts themselves are not kept.
import { hash } from 'node:crypto'

export interface Recent<Value> {
  get(kind: string, text: string): Value | undefined
  set(kind: string, text: string, value: Value): void
}

/** Shorter texts are found out anew in less time than they are looked up. */
const WORTH_CHARACTERS = 16

/**
 * Digests of the texts being looked at: several memories ask about the same ones, before and after. Emptied with the turn in
 * which they were made, so that no text outlives its call here.
 */
const digests = new Map<string, string>()

function digestOf(text: string): string {
  let digest = digests.get(text)
  if (digest === undefined) {
    digest = hash('sha256', text, 'base64')
    if (digests.size === 0) queueMicrotask(() => digests.clear())
    digests.set(text, digest)
  }
  return digest
}

/** Keeps `capacity` results; the one unused longest goes first. `kind` is whatever else the result depends on. */
export function createRecent<Value>(capacity: number): Recent<Value> {
  const results = new Map<string, Value>()
  const keyOf = (kind: string, text: string) => kind + digestOf(text)
  return {
    get(kind, text) {
      if (text.length < WORTH_CHARACTERS) return undefined
      const key = keyOf(kind, text)
      const value = results.get(key)
      if (value !== undefined) {
        results.delete(key)
        results.set(key, value)
      }
      return value
    },
    set(kind, text, value) {
      if (text.length < WORTH_CHARACTERS) return
      results.set(keyOf(kind, text), value)
      if (results.size <= capacity) return
      for (const oldest of results.keys()) {
        results.delete(oldest)
        break
      }
    },
  }
}
