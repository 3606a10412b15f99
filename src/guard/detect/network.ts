// E-mail addresses, web addresses, IP and MAC addresses, and names of internal hosts and services. Every function looks at
// one run of characters; every inner loop is capped by the length limits of the standards it follows.
import { isIPv6 } from 'node:net'
import {
  AT,
  CLASS,
  COLON,
  createWordTable,
  DIGIT,
  DOT,
  isAlphanumeric,
  isAsciiLetter,
  isDigit,
  isHex,
  isLetter,
  isUpper,
  LETTER,
} from './chars.ts'
import { NEED, peek, type Scan } from './scan.ts'

const DASH = 45
const UNDERSCORE = 95
const SLASH = 47
const BACKSLASH = 92

/** RFC 5321: at most 64 units before the sign, 253 after it. */
export const LONGEST_URL = 1024

const inLocal = (c: number) => isAlphanumeric(c) || c === 46 || c === UNDERSCORE || c === 37 || c === 43 || c === DASH

/** The address around the `@` at `at`, inside the run [from, to). Returns its end, or 0 if there is none. */
export function email(scan: Scan, from: number, at: number, to: number): number {
  const { text } = scan
  let start = at
  const floor = Math.max(from, at - 64)
  while (start > floor && inLocal(text.charCodeAt(start - 1))) start--
  while (start < at && !isAlphanumeric(text.charCodeAt(start)) && text.charCodeAt(start) !== UNDERSCORE) start++
  // `"jane.doe"@example.com`: RFC 5321 lets the local part stand in quotes.
  if (start === at && from === at) start = quotedLocal(text, at)
  if (start === at) return 0
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

/** Where the last word of the local part in quotes begins that ends before the sign at `at`; `at` if there is none. */
export function quotedLocal(text: string, at: number): number {
  if (text.charCodeAt(at - 1) !== 34) return at
  const floor = Math.max(0, at - 65)
  let start = at - 1
  while (start > floor && inLocal(text.charCodeAt(start - 1))) start--
  while (start < at - 1 && !isAlphanumeric(text.charCodeAt(start)) && text.charCodeAt(start) !== UNDERSCORE) start++
  return start < at - 1 ? start : at
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
  if (host > authority && password > 0 && password < sign) scan.emit('secret/url-credentials', authority, host - 1, 95)
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

const isTrailing = (c: number) => c === 46 || c === 44 || c === 59 || c === 58 || c === 33 || c === 63 || c === 95

function sameWord(text: string, at: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) if ((text.charCodeAt(at + i) | 32) !== word.charCodeAt(i)) return false
  return true
}

function hostPart(scan: Scan, from: number, to: number, hosts: HostRules): void {
  const { text } = scan
  let end = from
  while (end < to && end < from + 253 && (isAlphanumeric(text.charCodeAt(end)) || isHostJoint(text.charCodeAt(end))))
    end++
  if (dottedNumber(scan, from, end) === 0) host(scan, from, end, hosts)
}

const isHostJoint = (c: number) => c === 46 || c === DASH || c === UNDERSCORE

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

/** Which names are internal besides what their shape says. */
export interface HostRules {
  /** Lower-case suffixes with the leading dot: `.corp.example.com`. */
  readonly suffixes: readonly string[]
}

/** Suffixes that never name a public host: RFC 6762, RFC 8375, RFC 6761, RFC 9476 and long-standing practice. */
const INTERNAL = [
  'internal',
  'local',
  'localdomain',
  'lan',
  'corp',
  'intra',
  'intranet',
  'private',
  'home',
  'arpa',
  'consul',
  'cluster',
  'svc',
  'priv',
  'ad',
  'prod',
  'staging',
  'dmz',
  'vpc',
]
const internalLabels = createWordTable(new Map(INTERNAL.map((word) => [word, 1])))

/** In front of `.local` and the like these are files and properties. */
const notMachines = createWordTable(
  new Map(
    'config settings env this self user hosts package module bundle git app window request response data var let'
      .split(' ')
      .map((word) => [word, 1]),
  ),
)

/** First or inner words of a machine's name. */
const ROLE = 1
const STAGE = 2
const SERVICE = 4
/** Words that make `x-api` or `x-service` ordinary language. */
const COMMON = 8
const labels = createWordTable(
  (() => {
    const map = new Map<string, number>()
    const add = (bits: number, words: string) => {
      for (const word of words.split(' ')) map.set(word, (map.get(word) ?? 0) | bits)
    }
    add(
      ROLE,
      'db sql mysql pg postgres pgsql mongo redis kafka rabbit rabbitmq elastic es solr cache app apps web www srv server host node master worker etcd k8s kube vm esx esxi hv nas san bkp backup mail smtp mx dns ns ldap dc ad vpn fw gw lb proxy nginx haproxy jenkins gitlab ci build runner mon monitor prometheus grafana log logs syslog vault bastion jump file ftp sftp api auth sso queue mq spark hadoop hdfs gpu sap erp crm ora oracle mssql cassandra consul nomad rke edge core sw rtr ap printer prn pos nfs memcached zk zookeeper broker store data dwh etl batch cron',
    )
    add(STAGE, 'prod prd production stg stage staging dev test tst qa uat preprod sandbox sbx int dr live')
    add(SERVICE, 'service svc services gateway api worker backend frontend consumer scheduler daemon')
    add(ROLE, 'fileserver webserver mailserver dbserver appserver printserver fileshare')
    add(
      COMMON,
      'rest web micro self full third customer public web-based open soap end as a an the of in and or cloud food room in-app software platform infrastructure api multi single high low after civil secret public-facing mail postal quality per cross user shared same pre post',
    )
    return map
  })(),
)

/** An internal host or service name filling [from, to); returns its end or 0. Public names are not reported. */
export function host(scan: Scan, from: number, to: number, rules: HostRules): number {
  const { text } = scan
  let end = to
  while (end > from && !isAlphanumeric(text.charCodeAt(end - 1))) end--
  if (end - from < 4 || end - from > 253 || !isAlphanumeric(text.charCodeAt(from))) return 0
  let firstDot = -1
  let lastDot = -1
  let flags = 0
  let joints = 0
  let early = false
  for (let i = from; i < end; i++) {
    const c = text.charCodeAt(i)
    const kind = CLASS[c] ?? 0
    flags |= kind
    if (c === 46) {
      if (lastDot === i - 1) return 0
      if (firstDot < 0) firstDot = i
      lastDot = i
    } else if (c === DASH) {
      joints++
      if (firstDot < 0) early = true
    } else if (c === UNDERSCORE) joints++
    else if (kind & (AT | COLON) || c === SLASH || c === 37 || c === 43) return 0
  }
  if ((flags & LETTER) === 0) return 0
  if (firstDot > 0 && rules.suffixes.length > 0) {
    const name = text.slice(from, end).toLowerCase()
    if (rules.suffixes.some((suffix) => name.endsWith(suffix) && name.length > suffix.length)) {
      scan.emit('network/host', from, end, 97)
      return end
    }
  }
  if (flags & DOT) {
    if (
      internalLabels.get(text, lastDot + 1, end) !== 0 &&
      looksLikeHost(text, from, firstDot, lastDot, end, flags, early)
    ) {
      scan.emit('network/host', from, end, 88)
      return end
    }
    return 0
  }
  const named = assignedName(text, from, end, flags) ? ROLE : machineName(text, from, end, flags, joints)
  if (named === 0) return 0
  scan.emit(named === ROLE ? 'network/host' : 'network/service', from, end, named === ROLE ? 75 : 60)
  return end
}

/**
 * The machine of a share, `\\fs01\hr`, or with every backslash doubled: a name with a figure, a dash or a point. Returns its end, 0
 * for none, or NEED.
 */
export function shareHost(scan: Scan, from: number, to: number): number {
  const { text } = scan
  if (to - from < 3 || to - from > 64 || !isAlphanumeric(text.charCodeAt(to - 1))) return 0
  let signs = 1
  while (signs < 5 && text.charCodeAt(from - 1 - signs) === BACKSLASH) signs++
  if (signs !== 2 && signs !== 4) return 0
  // `C:\\dir`, `word\\word`
  const before = from > signs ? text.charCodeAt(from - 1 - signs) : 32
  if (isAlphanumeric(before) || before === 58 || before === 46 || before === 41 || before === 93) return 0
  let told = false
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i)
    if (isDigit(c) || c === 46 || c === DASH) told = true
    else if (!isAsciiLetter(c)) return 0
  }
  if (!told) return 0
  for (let k = 0; k <= signs / 2; k++) {
    const c = peek(scan, to + k)
    if (c === NEED) return NEED
    if (k < signs / 2 ? c !== BACKSLASH : !isAlphanumeric(c)) return 0
  }
  scan.emit('network/host', from, to, 85)
  return to
}

/** `user.home` in code is a property; `nas.home` or `db-1.corp.local` is a machine. */
function looksLikeHost(
  text: string,
  from: number,
  firstDot: number,
  lastDot: number,
  end: number,
  flags: number,
  dashed: boolean,
): boolean {
  const last = end - lastDot - 1
  const sure =
    sameSpan(text, lastDot + 1, end, 'internal') ||
    sameSpan(text, lastDot + 1, end, 'localdomain') ||
    sameSpan(text, lastDot + 1, end, 'local') ||
    sameSpan(text, lastDot + 1, end, 'corp') ||
    sameSpan(text, lastDot + 1, end, 'lan') ||
    sameSpan(text, lastDot + 1, end, 'intranet') ||
    sameSpan(text, lastDot + 1, end, 'intra') ||
    sameSpan(text, lastDot + 1, end, 'consul')
  for (let i = from; i < end; i++) if (text.charCodeAt(i) === UNDERSCORE) return false
  if (sure && firstDot === lastDot && notMachines.get(text, from, firstDot) !== 0) return false
  if (sure) return !(firstDot === lastDot && (flags & DIGIT) === 0 && last <= 5 && firstDot - from < 3)
  // A weaker suffix needs another sign of a machine: a dash in its first label, or a digit and three labels.
  return dashed || ((flags & DIGIT) !== 0 && firstDot !== lastDot)
}

const sameSpan = (text: string, from: number, to: number, word: string) =>
  to - from === word.length && sameWord(text, from, word)

/** `db01`, `fileserver02`: a role and a padded number, no other letters. */
function numberedRole(text: string, from: number, end: number): number {
  let letters = from
  while (letters < end && isLetter(text.charCodeAt(letters))) letters++
  const digits = end - letters
  if (digits < 2 || digits > 3 || text.charCodeAt(letters) !== 48 || letters - from < 2) return 0
  for (let i = letters; i < end; i++) if (!isDigit(text.charCodeAt(i))) return 0
  return labels.get(text, from, letters) & ROLE ? ROLE : 0
}

/** Names that a system gives by itself: `ip-10-0-3-17` (EC2), `DESKTOP-7Q2K9FA`, `LAPTOP-…`, `WIN-…` (Windows). */
function assignedName(text: string, from: number, end: number, flags: number): boolean {
  if ((flags & DIGIT) !== 0 && sameSpan(text, from, from + 2, 'ip') && text.charCodeAt(from + 2) === DASH) {
    let parts = 0
    for (let i = from + 2; i < end; parts++) {
      if (text.charCodeAt(i) !== DASH) return false
      const start = ++i
      while (i < end && isDigit(text.charCodeAt(i))) i++
      if (i === start || i - start > 3) return false
    }
    return parts === 4
  }
  const windows = text.startsWith('WIN-', from)
  const dash = windows ? from + 3 : text.startsWith('DESKTOP-', from) ? from + 7 : from + 6
  if (!windows && dash === from + 6 && !text.startsWith('LAPTOP-', from)) return false
  for (let i = dash + 1; i < end; i++) if (!isDigit(text.charCodeAt(i)) && !isUpper(text.charCodeAt(i))) return false
  const size = end - dash - 1
  return size >= 7 && size <= 11 && ((flags & DIGIT) !== 0 || (!windows && size <= 8))
}

/** `prod-db-01`, `srv-web12`, `k8s-node-3` by words and a number; `billing-service` by its last word. */
function machineName(text: string, from: number, end: number, flags: number, joints: number): number {
  if (end - from > 63) return 0
  if (joints === 0) return numberedRole(text, from, end)
  let roles = 0
  let stages = 0
  let numbered = false
  let words = 0
  let lastBits = 0
  let firstBits = 0
  for (let i = from; i < end; ) {
    let stop = i
    while (stop < end && text.charCodeAt(stop) !== DASH && text.charCodeAt(stop) !== UNDERSCORE) stop++
    if (stop === i) return 0
    let letters = i
    while (letters < stop && isLetter(text.charCodeAt(letters))) letters++
    let digits = letters
    while (digits < stop && isDigit(text.charCodeAt(digits))) digits++
    let bits = labels.get(text, i, stop)
    if (bits === 0 && digits === stop && letters > i && digits > letters) {
      bits = labels.get(text, i, letters)
      if (digits - letters <= 4) numbered = true
    } else if (letters === i && digits === stop && digits - i <= 4) numbered = true
    if (bits & ROLE) roles++
    if (bits & STAGE) stages++
    if (words === 0) firstBits = bits
    lastBits = bits
    words++
    if (words > 8) return 0
    i = stop + 1
  }
  if (
    (flags & DIGIT) !== 0 &&
    numbered &&
    (roles > 0 ? stages > 0 || words >= 3 || roles > 1 || words === 2 : false) &&
    words >= 2
  )
    return ROLE
  if (roles > 0 && stages > 0 && words >= 2) return ROLE
  if (words >= 2 && words <= 4 && lastBits & SERVICE && !(firstBits & COMMON && words === 2)) return SERVICE
  return 0
}
