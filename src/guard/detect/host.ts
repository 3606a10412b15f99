// Names of machines and services that are not public: by a suffix that names no public host, by the words and numbers that
// people put together for machines, or as systems name themselves. Public names are none.
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
  isLetter,
  isUpper,
  LETTER,
} from './chars.ts'
import { software } from './lexicon.ts'
import { NEED, peek, type Scan } from './scan.ts'

const DASH = 45
const UNDERSCORE = 95
const SLASH = 47
const BACKSLASH = 92

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
    'config settings env this self user hosts package module bundle git app window request response data var let parent iface node item symbol scope ctx context options opts state props event specifier'
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
/** Words of what a machine keeps: a setting, a credential. */
const KEPT = 16
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
    add(
      KEPT,
      'password passwd pass pwd secret secrets token tokens key keys apikey creds credentials cert certs config settings env param params header cookie',
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
    if (isZone(text, from, end)) return 0
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

/** `in-addr.arpa`, `ip6.arpa`: every address has its place there. */
const isZone = (text: string, from: number, end: number): boolean =>
  sameSpan(text, from, end, 'in-addr.arpa') || sameSpan(text, from, end, 'ip6.arpa')

/**
 * The machine of a share, `\\fs01\hr`, or with every backslash doubled: a name with a figure, a dash or a point. Returns its end, 0
 * for none, or NEED.
 */
export function shareHost(scan: Scan, from: number, to: number): number {
  const { text } = scan
  if (to - from < 3 || to - from > 64) return 0
  if (!isAlphanumeric(text.charCodeAt(from)) || !isAlphanumeric(text.charCodeAt(to - 1))) return 0
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
  // `Status.INTERNAL`, `PathType.Internal`: one of a list of a program.
  if (sure && firstDot === lastDot && (flags & DIGIT) === 0 && !dashed && isUpper(text.charCodeAt(lastDot + 1)))
    return false
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
  /** Most figures that number it. */
  let figures = 0
  let drawn = false
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
    if (stop < end && text.charCodeAt(stop) === UNDERSCORE) drawn = true
    let bits = labels.get(text, i, stop)
    if (bits === 0 && digits === stop && letters > i && digits > letters) {
      bits = labels.get(text, i, letters)
      // `redis-auth-v3`
      if (!(letters === i + 1 && (text.charCodeAt(i) | 32) === 118))
        figures = Math.max(figures, numbering(text, letters, digits))
    } else if (letters === i && digits === stop) figures = Math.max(figures, numbering(text, i, digits))
    if (bits & KEPT) return 0
    if (bits & ROLE) roles++
    if (bits & STAGE) stages++
    if (words === 0) firstBits = bits
    lastBits = bits
    words++
    if (words > 8) return 0
    i = stop + 1
  }
  if (words === 2 && stages === 0 && isVersioned(text, from, end)) return 0
  if (
    (flags & DIGIT) !== 0 &&
    // `log_1`, `es2015_symbol` are names of programs: machines with such a sign have two figures.
    figures > (drawn ? 1 : 0) &&
    (roles > 0 ? stages > 0 || words >= 3 || roles > 1 || words === 2 : false) &&
    words >= 2
  )
    return ROLE
  if (roles > 0 && stages > 0 && words >= 2) return ROLE
  if (words >= 2 && words <= 4 && lastBits & SERVICE && !(firstBits & COMMON && words === 2)) return SERVICE
  return 0
}

/** Besides programs: what has a version in its name. */
const numberedThings = createWordTable(
  new Map(
    'x h s i bind http mp ipv oauth utf web log j es md sha ext sys pkg lib gtk qt vim emacs'
      .split(' ')
      .map((word) => [word, 1]),
  ),
)

/** `X11-Server`, `bind9-host`, `log4j-api`: a program with its version, and what it is. */
function isVersioned(text: string, from: number, end: number): boolean {
  let i = from
  while (i < end && isAsciiLetter(text.charCodeAt(i))) i++
  const word = i
  while (i < end && isDigit(text.charCodeAt(i))) i++
  if (i === word || word === from || text.charCodeAt(word) === 48) return false
  if (i < end && isAsciiLetter(text.charCodeAt(i))) i++
  if (text.charCodeAt(i) !== DASH) return false
  while (++i < end) if (!isAsciiLetter(text.charCodeAt(i))) return false
  return numberedThings.get(text, from, word) !== 0 || software.get(text, from, word) !== 0
}

/** How many figures number a machine: one to four, and no year; else 0. */
function numbering(text: string, from: number, to: number): number {
  const size = to - from
  if (size > 4 || (size === 4 && (text.startsWith('19', from) || text.startsWith('20', from)))) return 0
  return size
}

export function sameWord(text: string, at: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) if ((text.charCodeAt(at + i) | 32) !== word.charCodeAt(i)) return false
  return true
}
