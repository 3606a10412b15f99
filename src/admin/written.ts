// Texts that cannot be kept as they are: a NUL, which PostgreSQL takes in no text, and half of a character, which it would
// replace. They are refused at the door, so that both databases and the log say the same. And whole keys, which people paste where
// an id or a reason belongs, in an emergency above all: of these the secret goes no further.
import { withoutSecrets } from '../identity/index.ts'

export const isWritten = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

/** Whether every text in a value is one that can be kept, names of fields included. */
export function isAllWritten(value: unknown): boolean {
  if (typeof value === 'string') return isWritten(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, inner]) => isWritten(name) && isAllWritten(inner))
}

/** The value with every text in it as it may be written down; what a whole key alone stands for is the key with this id. */
export function toWrite(value: unknown): unknown {
  if (typeof value === 'string') return withoutSecrets(value)
  if (Array.isArray(value)) return value.map(toWrite)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [withoutSecrets(name), toWrite(inner)]))
}
