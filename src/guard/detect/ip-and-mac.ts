// IP and MAC addresses in one run of characters, in the forms in which programs and routers print them.
import { isIPv6 } from 'node:net'
import { isAlphanumeric, isDigit, isHex } from './chars.ts'
import type { Scan } from './scan.ts'

/** IPv4 in dotted form filling [from, …); returns its end or 0. */
export function dottedNumber(scan: Scan, from: number, to: number): number {
  const { text } = scan
  let i = from
  for (let part = 0; part < 4; part++) {
    let value = 0
    const start = i
    while (i < to && i < start + 3 && isDigit(text.charCodeAt(i))) value = value * 10 + text.charCodeAt(i++) - 48
    if (i === start || value > 255 || (i - start > 1 && text.charCodeAt(start) === 48)) return 0
    if (part < 3) {
      if (i >= to || text.charCodeAt(i) !== 46) return 0
      i++
    }
  }
  const next = i < to ? text.charCodeAt(i) : 0
  if (isAlphanumeric(next)) return 0
  if (next === 46 && i + 1 < to && isAlphanumeric(text.charCodeAt(i + 1))) return 0
  scan.emit('network/ip', from, i, 92)
  return i
}

/** IPv6 and MAC addresses in a run that has colons, MAC with dashes too. Returns the end of what was found, or 0. */
export function hexGroups(scan: Scan, from: number, to: number): number {
  const { text } = scan
  let i = from
  while (i < to) {
    const c = text.charCodeAt(i)
    const boundary = i === from || !isAlphanumeric(text.charCodeAt(i - 1))
    if (!boundary || !(isHex(c) || c === 58)) {
      i++
      continue
    }
    let end = i
    let colons = 0
    while (
      end < to &&
      end < i + 45 &&
      (isHex(text.charCodeAt(end)) || text.charCodeAt(end) === 58 || text.charCodeAt(end) === 46)
    ) {
      if (text.charCodeAt(end) === 58) colons++
      end++
    }
    while (end > i && text.charCodeAt(end - 1) === 46) end--
    const clean = end >= to || !isAlphanumeric(text.charCodeAt(end))
    if (clean && colons === 5 && isMac(text, i, end, 58)) {
      scan.emit('network/mac', i, end, 95)
      return end
    }
    if (clean && colons >= 2) {
      let stop = end
      if (text.charCodeAt(stop - 1) === 58 && text.charCodeAt(stop - 2) !== 58) stop--
      if (stop - i >= 3 && hasHexDigit(text, i, stop) && isIPv6(text.slice(i, stop))) {
        scan.emit('network/ip', i, stop, 92)
        return stop
      }
    }
    i = Math.max(end, i + 1)
  }
  return 0
}

function hasHexDigit(text: string, from: number, to: number): boolean {
  let hex = 0
  for (let i = from; i < to; i++) if (isHex(text.charCodeAt(i))) hex++
  return hex >= 2 || text.startsWith('::1', from)
}

/** Six pairs joined by `joint` filling [from, to). */
export function isMac(text: string, from: number, to: number, joint: number): boolean {
  if (to - from !== 17) return false
  for (let i = 0; i < 17; i++) {
    const c = text.charCodeAt(from + i)
    if (i % 3 === 2 ? c !== joint : !isHex(c)) return false
  }
  return true
}

/** Three groups of four, as routers print them: `001b.4411.3ab7`. */
export function isDottedMac(text: string, from: number): boolean {
  for (let i = 0; i < 14; i++) {
    const c = text.charCodeAt(from + i)
    if (i % 5 === 4 ? c !== 46 : !isHex(c)) return false
  }
  return true
}
