// E-mail addresses around an `@`: local part, quoted or not, and a domain by name or by number. Every loop is capped by the
// lengths of RFC 5321, which are 64 units before the sign and 253 after it.
import { isAlphanumeric, isHex, isLetter } from './chars.ts'
import { NEED, peek, type Scan } from './scan.ts'

const DASH = 45
const UNDERSCORE = 95

const inLocal = (c: number) => isAlphanumeric(c) || c === 46 || c === UNDERSCORE || c === 37 || c === 43 || c === DASH

/** The address around the `@` at `at`, inside the run [from, to). Returns its end, or 0 if there is none. */
export function email(scan: Scan, from: number, at: number, to: number): number {
  const { text } = scan
  let start = at
  const floor = Math.max(from, at - 64)
  while (start > floor && inLocal(text.charCodeAt(start - 1))) start--
  while (start < at && !isAlphanumeric(text.charCodeAt(start)) && text.charCodeAt(start) !== UNDERSCORE) start++
  // `"jane.doe"@example.com`: RFC 5321 lets the local part stand in quotes.
  if (start === at && from === at) start = quotedLocal(text, at, scan.before)
  if (start === at) return 0
  if (start === from) start = elided(text, start)
  if (at + 1 === to && text.charCodeAt(to) === 91) return literalDomain(scan, start, at)
  const ceiling = Math.min(to, at + 254)
  let end = at + 1
  let lastDot = -1
  for (; end < ceiling; end++) {
    const c = text.charCodeAt(end)
    if (c === 46) {
      if (end === at + 1 || text.charCodeAt(end - 1) === 46) break
      lastDot = end
    } else if (!isAlphanumeric(c) && c !== DASH) break
  }
  while (end > at + 1 && !isAlphanumeric(text.charCodeAt(end - 1))) end--
  if (lastDot >= end) for (lastDot = end - 1; lastDot > at && text.charCodeAt(lastDot) !== 46; ) lastDot--
  if (lastDot <= at || end - lastDot - 1 < 2) return 0
  for (let i = lastDot + 1; i < end; i++) if (!isLetter(text.charCodeAt(i)) && !isPunycode(text, lastDot + 1)) return 0
  // `git@host:path` names a repository, not a person.
  if (at - start === 3 && text.startsWith('git', start) && text.charCodeAt(end) === 58) return 0
  scan.emit('personal/email', start, end, 98)
  return end
}

/** Where the last word of the local part in quotes begins, at `before` or later, that ends before the sign at `at`; `at` if there is none. */
export function quotedLocal(text: string, at: number, before: number): number {
  if (text.charCodeAt(at - 1) !== 34) return at
  const floor = Math.max(before, at - 65)
  let start = at - 1
  while (start > floor && inLocal(text.charCodeAt(start - 1))) start--
  while (start < at - 1 && !isAlphanumeric(text.charCodeAt(start)) && text.charCodeAt(start) !== UNDERSCORE) start++
  return start < at - 1 ? start : at
}

const MOST_ELIDED = 4

/** `o'brien@`, `dell'acqua@`: where the particle before the apostrophe before `at` begins; `at` if there is none. */
export function elided(text: string, at: number): number {
  const sign = text.charCodeAt(at - 1)
  if (sign !== 39 && sign !== 0x2019) return at
  let start = at - 1
  while (start > 0 && at - 1 - start <= MOST_ELIDED && isLetter(text.charCodeAt(start - 1))) start--
  const size = at - 1 - start
  return size > 0 && size <= MOST_ELIDED && !inLocal(text.charCodeAt(start - 1)) ? start : at
}

/** `user@[192.0.2.1]`, `user@[IPv6:2001:db8::1]`: RFC 5321, 4.1.3. */
function literalDomain(scan: Scan, start: number, at: number): number {
  let end = at + 2
  let c = peek(scan, end)
  while (
    (isHex(c) || c === 46 || c === 58 || (c | 32) === 105 || (c | 32) === 112 || (c | 32) === 118) &&
    end < at + 48
  )
    c = peek(scan, ++end)
  if (c === NEED) return NEED
  if (c !== 93 || end - at < 5) return 0
  scan.emit('personal/email', start, end + 1, 95)
  return end + 1
}

const isPunycode = (text: string, at: number) => text.startsWith('xn--', at)
