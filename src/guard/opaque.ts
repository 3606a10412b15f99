// What a request carries beside its words: files, pictures, sounds.
import { Fault, type Finding } from '../core/index.ts'

/** What stands in the book for one that nobody can read. */
export const unread = (kind: string): Finding => ({ class: `opaque/${kind}`, start: 0, end: 1, confidence: 100 })

/**
 * What can be read of a file, a picture or a sound: a file that is text, whatever it is called. `print` makes the same out of
 * another text. Undefined if nobody can read it.
 * @throws Fault guard_unavailable if others may read other bytes in it
 */
export function readable(data: string): { text: string; print(text: string): string } | undefined {
  const comma = data.startsWith('data:') ? data.indexOf(',') : -1
  const base64 = data.slice(comma + 1)
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.toString('base64').replace(/=+$/, '') !== base64.replace(/=+$/, ''))
    throw new Fault('guard_unavailable', { detail: 'Base64 that is not written the one way everybody reads alike' })
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    if (/[\x00-\x08\x0e-\x1a]/.test(text)) return undefined
    return { text, print: (next) => data.slice(0, comma + 1) + Buffer.from(next).toString('base64') }
  } catch {
    return undefined
  }
}
