// Web addresses around a `://`: credentials in them, the host, and the address itself. What was read for an address around
// this one is not read again, so that addresses in addresses cost what their text costs.
import { isAlphanumeric, isAsciiLetter, isDigit } from './chars.ts'
import { type HostRules, host, sameWord } from './host.ts'
import { dottedNumber } from './ip-and-mac.ts'
import { NEED, peek, type Scan } from './scan.ts'

const DASH = 45
const UNDERSCORE = 95
const SLASH = 47

export const LONGEST_URL = 1024

/** Ends a web address wherever it stands in prose, markup or code. */
const URL_END: Uint8Array = (() => {
  const table = new Uint8Array(128)
  for (let c = 0; c <= 32; c++) table[c] = 1
  for (const c of '"<>`\\^{}|\'()[]*') table[c.charCodeAt(0)] = 1
  return table
})()

/**
 * A web address whose `://` starts at `colon`. Reports credentials inside it and the address itself; returns where the path
 * starts, so that its parts are looked at too, NEED, or 0 if it is none.
 */
export function url(scan: Scan, from: number, colon: number, hosts: HostRules): number {
  const { text } = scan
  let start = colon
  while (start > from && start > colon - 24) {
    const c = text.charCodeAt(start - 1)
    if (!isAsciiLetter(c) && !isDigit(c) && c !== 43 && c !== DASH && c !== 46) break
    start--
  }
  while (start < colon && !isAsciiLetter(text.charCodeAt(start))) start++
  if (start === colon) return 0
  const authority = colon + 3
  const ceiling = authority + LONGEST_URL
  let end = authority
  let path = 0
  let sign = 0
  let password = 0
  for (; end < ceiling; end++) {
    const c = peek(scan, end)
    if (c === NEED) return NEED
    if (c === 0 || (c < 128 && URL_END[c] === 1) || c === 0x3000) break
    if (path === 0 && (c === SLASH || c === 63 || c === 35)) {
      path = end
      // Behind the host only the end matters, and what was read for an address around this one need not be read again.
      if (end >= scan.linkFrom && scan.linkTo > end) end = Math.min(scan.linkTo, ceiling) - 1
    } else if (path === 0 && c === 64) sign = end
    else if (path === 0 && c === 58 && password === 0) password = end
  }
  scan.linkFrom = authority
  scan.linkTo = end
  while (end > authority && isTrailing(text.charCodeAt(end - 1))) end--
  if (end === authority) return 0
  if (path === 0 || path > end) path = end
  const host = sign > 0 && sign < end ? sign + 1 : authority
  if (
    host > authority &&
    password > 0 &&
    password < sign &&
    !EXAMPLE.test(text.slice(password + 1, Math.min(sign, password + 40)))
  )
    scan.emit('secret/url-credentials', authority, host - 1, 95)
  hostPart(scan, host, path, hosts)
  const scheme = colon - start
  const web =
    (scheme === 4 && sameWord(text, start, 'http')) ||
    (scheme === 5 && sameWord(text, start, 'https')) ||
    (scheme === 3 && sameWord(text, start, 'ftp')) ||
    (scheme === 3 && sameWord(text, start, 'wss'))
  if (web) scan.emit('network/url', start, end, 70)
  return path
}

/** What stands for a password in a description. */
const EXAMPLE = /^(?:pass|password|passwd|pwd|pw|secret|x{3,}|\*{3,}|\.{3})$/i

const isTrailing = (c: number) => c === 46 || c === 44 || c === 59 || c === 58 || c === 33 || c === 63 || c === 95

function hostPart(scan: Scan, from: number, to: number, hosts: HostRules): void {
  const { text } = scan
  let end = from
  while (end < to && end < from + 253 && (isAlphanumeric(text.charCodeAt(end)) || isHostJoint(text.charCodeAt(end))))
    end++
  if (dottedNumber(scan, from, end) === 0) host(scan, from, end, hosts)
}

const isHostJoint = (c: number) => c === 46 || c === DASH || c === UNDERSCORE
