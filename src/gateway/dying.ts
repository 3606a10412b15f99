// Whose key ends soon is told with every answer, in the headers that client libraries and proxies know: `sunset` (RFC 8594) says
// when it stops, `deprecation` (RFC 9745) since when there is another.
import type { Caller } from '../core/index.ts'

/** Days before the end of a key from which on its end is told. */
const SOON_MS = 7 * 86_400_000
const NONE: Readonly<Record<string, string>> = {}

export function dyingHeaders({ credential: { expiresAt, replacedAt } }: Caller, now: number): Record<string, string> {
  if (expiresAt === undefined || expiresAt - now > SOON_MS)
    return replacedAt === undefined ? NONE : deprecated(replacedAt)
  const sunset = { sunset: new Date(expiresAt).toUTCString() }
  return replacedAt === undefined ? sunset : { ...sunset, ...deprecated(replacedAt) }
}

const deprecated = (since: number) => ({ deprecation: `@${Math.floor(since / 1000)}` })
