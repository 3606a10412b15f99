// Texts that cannot be kept as they are: a NUL, which PostgreSQL takes in no text, and half of a character, which it would
// replace. They are refused at the door, so that both databases and the log say the same.

export const isWritten = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

/** Whether every text in a value is one that can be kept, names of fields included. */
export function isAllWritten(value: unknown): boolean {
  if (typeof value === 'string') return isWritten(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, inner]) => isWritten(name) && isAllWritten(inner))
}
