// Finds keys that leaked into text. Shape first, then the checksum: a match is a key, not something that resembles one.
import { KEY_PATTERN, keyIdOf, prefixOf } from './secret.ts'

export interface LeakedKey {
  /** `spk_<id>_…`: enough to revoke it, useless to use it. */
  readonly prefix: string
  readonly id: string
  /** UTF-16 offset of the match. */
  readonly offset: number
  /** From 1. */
  readonly line: number
}

export function scanForKeys(text: string): LeakedKey[] {
  const found: LeakedKey[] = []
  let line = 1
  let counted = 0
  for (const match of text.matchAll(KEY_PATTERN)) {
    const id = keyIdOf(match[0])
    if (id === undefined) continue
    for (; counted < match.index; counted++) if (text.charCodeAt(counted) === 10) line++
    found.push({ prefix: prefixOf(match[0]), id, offset: match.index, line })
  }
  return found
}
