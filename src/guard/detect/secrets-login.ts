// A user and a password written as one: in web addresses, beside a machine, behind the option of a command, in the files that
// tools keep their logins in; and what stands for a password there, its hash. Every look is at one run and a bounded stretch of
// text before it.
import type { Finding } from '../../core/index.ts'
import { behindKnownUser, behindUserOption, takesGlued } from './secrets-call.ts'
import { isRandom } from './secrets-marked.ts'
import { isAlnum } from './secrets-pattern.ts'
import { looksLikePassword } from './secrets-said.ts'
import { isOpaque, isPasswordPlaceholder } from './secrets-value.ts'

/** A credential in a run, and whether the rest of the run is explained by it. */
export interface Login extends Finding {
  /** False if more may be found in the same run. */
  readonly whole: boolean
}

const password = (start: number, end: number, confidence: number): Login => ({
  class: 'secret/password',
  start,
  end,
  confidence,
  whole: true,
})

/** `indexOf` that stops at `end`: a search to the end of the text for every run would be quadratic. */
export function within(text: string, wanted: string, from: number, end: number): number {
  const first = wanted.charCodeAt(0)
  for (let i = from; i + wanted.length <= end; i++)
    if (text.charCodeAt(i) === first && text.startsWith(wanted, i)) return i
  return -1
}

/** What stands for a password in a description: a variable, a template, the word itself. */
const STANDS_FOR =
  /^(?:[$%<{[*]|(?:x+|password|passwd|passwort|pass|pwd|pw|secret|token|your.*|my-?pass(?:word)?|some.*|\*+|\.+|_+)\d?$)/i

/** `mysql -uroot -pS3cret`: the password is glued to its flag. */
export function gluedToFlag(text: string, start: number, end: number): Login | undefined {
  if (STANDS_FOR.test(text.slice(start + 2, Math.min(end, start + 40))) || /^\d{1,5}$/.test(text.slice(start + 2, end)))
    return undefined
  return takesGlued(text, start) ? password(start + 2, end, 80) : undefined
}
/** `tool -u user:password`, `admin/password`: any tool, if it looks like a password. */
export function besideUser(text: string, start: number, end: number): Login | undefined {
  const option = behindUserOption(text, start, end)
  const at = option || behindKnownUser(text, start, end)
  if (at === 0 || !looksLikePassword(text, at, end)) return undefined
  // A path or a group looks like one, but has no sign in it.
  return option > 0 || /[!@#$^*~+]/.test(text.slice(at, end)) ? password(at, end, 75) : undefined
}

const OF_CURL = /(?:^|\s)(?:-u|--user)[ \t=]{0,6}["']?$/

/** Is what stands at `at` the user and password of `curl -u`? */
export function isCurlUser(text: string, at: number): boolean {
  // Most words are told apart by the few characters before them.
  let i = at - 1
  let c = text.charCodeAt(i)
  if (c === 34 || c === 39) c = text.charCodeAt(--i)
  const nearest = i
  while ((c === 32 || c === 9 || c === 61) && nearest - i < 7) c = text.charCodeAt(--i)
  if (i === nearest) return false
  const further = text.charCodeAt(i - 1)
  if (!(c === 117 && further === 45) && !(c === 114 && further === 101)) return false
  return OF_CURL.test(text.slice(Math.max(0, at - 16), at)) && /curl|wget/.test(text.slice(Math.max(0, at - 400), at))
}

/** `scheme://user:password@host` and `curl -u user:password`. */
export function userInfo(text: string, start: number, end: number): Login | undefined {
  const scheme = within(text, '://', start, end)
  let from = start
  let stop = end
  if (scheme >= start && scheme + 3 < end) {
    from = scheme + 3
    stop = from
    while (stop < end && text.charCodeAt(stop) !== 64 && text.charCodeAt(stop) !== 47 && stop - from < 512) stop++
    if (text.charCodeAt(stop) !== 64 || stop >= end) return undefined
    // A password may hold `@` itself: the host begins behind the last one before the path.
    for (let i = stop + 1; i < end && text.charCodeAt(i) !== 47; i++) if (text.charCodeAt(i) === 64) stop = i
  } else if (!isCurlUser(text, start)) return undefined
  const colon = within(text, ':', from, stop)
  if (colon < 0 && scheme >= start && stop - from >= 20 && isRandom(text.slice(from, stop)))
    return { class: 'secret/url-credentials', start: from, end: stop, confidence: 85, whole: false }
  if (colon < 0 || colon + 3 >= stop) return undefined
  if (STANDS_FOR.test(text.slice(colon + 1, stop))) return undefined
  return {
    class: scheme >= start ? 'secret/connection-string' : 'secret/password',
    start: from,
    end: stop,
    confidence: 90,
    whole: scheme < start,
  }
}

/** Longest user, password and host together that are looked at. */
const LONGEST_LOGIN = 160
/** What has the form of a user and is none: schemes of addresses, registries. */
const SCHEMES = /^(?:mailto|acct|sips?|xmpp|im|tel|pkg|npm|docker|oci|git|github|sha\d+|https?|ftp|urn|cid|mid)$/i
/** Words that people write before an address of mail. */
const BEFORE_MAIL =
  /^(?:mail|e-?mail|to|from|cc|bcc|reply-to|contact|kontakt|author|user|username|login|key|id|uid|ref|image)$/i
const KNOWN_USER =
  /^(?:root|admin|administrator|sysadmin|superuser|postgres|mysql|mongo|redis|oracle|sa|guest|operator|pi|ubuntu|ec2-user|centos|debian|vagrant|deploy|deployer|backup|ftp|sftp|git|jenkins|ansible|nagios|tomcat|www|www-data|oracle|elastic|rabbit|svc[\w-]*|app|dbadmin|dba|support|service)$/i
/** A command that goes to a machine, before the login on the same line. */
const GOES_TO_HOST =
  /\b(?:ssh|sftp|scp|ftp|lftp|rsync|telnet|sshfs|psql|mysql|mysqldump|redis-cli|mongosh?|mosh|rdp|vnc|smbclient|ldap|pg_dump|dsn)\b[^\n|;&]{0,60}\s["']?$/i
const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}$/
const HOST = /^[A-Za-z\d](?:[A-Za-z\d-]{0,62}\.)*[A-Za-z\d-]{0,62}[A-Za-z\d]$/

/** `admin:password@10.0.0.4`, `root:password@db.internal:5432`. */
export function atHost(text: string, start: number, end: number): Login | undefined {
  if (end - start > LONGEST_LOGIN) return undefined
  let colon = start
  while (colon < end && colon - start < 40) {
    const c = text.charCodeAt(colon)
    if (!isAlnum(c) && c !== 45 && c !== 46 && c !== 95) break
    colon++
  }
  if (text.charCodeAt(colon) !== 58 || colon - start < 2) return undefined
  // The last sign: a password may hold one itself.
  let at = end - 1
  while (at > colon && text.charCodeAt(at) !== 64) at--
  if (at - colon < 5) return undefined
  const user = text.slice(start, colon)
  const value = text.slice(colon + 1, at)
  if (!/^[A-Za-z]/.test(user) || SCHEMES.test(user) || STANDS_FOR.test(value) || /[:/@]{2}|^\//.test(value))
    return undefined
  const behind = /^([\w.-]{1,80})(?::(\d{2,5}|(?=[/~])))?(?:[/:~].*)?[.:!?]*$/.exec(text.slice(at + 1, end))
  const host = behind?.[1]?.replace(/\.+$/, '') ?? ''
  if (!HOST.test(host) || SCHEMES.test(host) || (BEFORE_MAIL.test(user) && !IPV4.test(host))) return undefined
  // Addresses of mail may hold the others.
  const signs = /[!#$%^&*?~]/.test(value)
  const mixed = /\d/.test(value) && /[A-Za-z]/.test(value)
  const led = () => GOES_TO_HOST.test(text.slice(Math.max(0, start - 90), start))
  const sure =
    IPV4.test(host) || host === 'localhost' || behind?.[2] !== undefined || KNOWN_USER.test(user)
      ? mixed || signs || led()
      : (signs && looksLikePassword(text, colon + 1, at)) || led()
  // A single word behind the sign is a machine only to a command, or with a port.
  if (!sure || (!host.includes('.') && host !== 'localhost' && behind?.[2] === undefined && !signs && !led()))
    return undefined
  // Versions: `app:1.2.3@sha256`
  if (/^v?\d+(?:\.[\dx*]+)*(?:-[a-z\d.]+)?$/i.test(value)) return undefined
  return { ...password(colon + 1, at, 80), whole: false }
}

const PGPASS =
  /^(?:\*|[\w.-]{1,80}):(?:\*|\d{4,5}):(?:\*|[A-Za-z_][\w-]{0,62}):(?:\*|[A-Za-z_][\w.-]{0,62}):([^:]{4,})$/

/** A line of `.pgpass`: `host:5432:database:user:password`. */
export function pgpass(text: string, start: number, end: number): Login | undefined {
  if (
    end - start > LONGEST_LOGIN ||
    (start > 0 && text.charCodeAt(start - 1) !== 10 && text.charCodeAt(start - 1) > 32)
  )
    return undefined
  const colon = within(text, ':', start, end)
  const port = text.charCodeAt(colon + 1)
  if (colon < 0 || !((port >= 48 && port <= 57) || port === 42) || within(text, ':', colon + 2, end) < 0)
    return undefined
  const line = PGPASS.exec(text.slice(start, end))
  const value = line?.[1]
  if (value === undefined || STANDS_FOR.test(value)) return undefined
  const known = /^[^:]+:(?:54\d\d|6432|\*):/.test(text.slice(start, Math.min(end, start + 100)))
  if (!known && !looksLikePassword(text, end - value.length, end)) return undefined
  return password(end - value.length, end, known ? 85 : 75)
}

const HASH =
  /\$(?:1|2[abxy]?|[5-7]|y|gy|sha1|md5|apr1|scrypt|bcrypt-sha256|pbkdf2[\w-]{0,12}|argon2(?:id|i|d))\$[\w./+=$-]{16,}|SCRAM-SHA-(?:1|256|512)\$\d{4,6}:[\w+/=]{12,}\$[\w+/=]{20,}:[\w+/=]{20,}/
/** As dumps of Windows have it: the hash of old and the hash of now. */
const WINDOWS = /(?:^|:)([\da-f]{32}:[\da-f]{32})(?=:|$)/i
const SCHEME = /\{(?:S?SHA\d{0,3}|S?MD5|CRYPT|PBKDF2[\w-]{0,12}|BCRYPT|ARGON2)\}$/i

const hash = (start: number, end: number, confidence: number): Login => ({
  ...password(start, end, confidence),
  class: 'secret/password-hash',
})

/** The hash of a password as systems keep it: `$6$salt$…`, `{SSHA}…`. */
export function hashOf(text: string, start: number, end: number): Login | undefined {
  if (
    text.charCodeAt(start - 1) === 125 &&
    end - start >= 20 &&
    SCHEME.test(text.slice(Math.max(0, start - 16), start))
  )
    return /^[\w+/=.$-]+$/.test(text.slice(start, Math.min(end, start + 300))) ? hash(start, end, 85) : undefined
  const windows = WINDOWS.exec(text.slice(start, Math.min(end, start + 160)))
  if (windows !== null) {
    const at = start + windows.index + windows[0].indexOf(windows[1] ?? '')
    return hash(at, at + 65, 85)
  }
  const dollar = within(text, '$', start, Math.min(end, start + 120))
  if (dollar < 0 || end - dollar < 20) return undefined
  const value = text.slice(start, Math.min(end, start + 400))
  // `$argon2id$v=19$m=65536,t=3,p=4$salt$hash`: commas part it.
  const rest = /^p=\d{1,3}\$([\w+/=]{8,}\$[\w+/=]{16,})/.exec(value)
  if (rest !== null && /argon2/.test(text.slice(Math.max(0, start - 60), start)))
    return hash(start + rest[0].length - (rest[1]?.length ?? 0), start + rest[0].length, 90)
  const found = HASH.exec(value)
  if (found === null || !/\d/.test(found[0]) || !/[A-Z]/.test(found[0])) return undefined
  return hash(start + found.index, start + found.index + found[0].length, 90)
}

const ORACLE = /\b(?:sqlplus|sqlldr|sqlcl|impdp|expdp|imp|exp|rman\s+target)\s+(?:-\w+\s+){0,3}["']?$/i

/** Oracle's tools: `sqlplus user/password@service`, `jdbc:oracle:thin:user/password@…`. */
export function oracle(text: string, start: number, end: number): Login | undefined {
  let i = start
  while (i < end && i - start < 31 && (isAlnum(text.charCodeAt(i)) || text.charCodeAt(i) === 95)) i++
  const sign = text.charCodeAt(i)
  if (sign !== 47 && !(sign === 58 && text.startsWith('jdbc:oracle', start))) return undefined
  const value = text.slice(start, Math.min(end, start + LONGEST_LOGIN))
  const login = /^(?:(jdbc:oracle:(?:thin|oci8?):)|)[A-Za-z][\w$#]{0,30}\/([^/@]{4,40})(?:@|$)/.exec(value)
  if (login?.[2] === undefined || STANDS_FOR.test(login[2])) return undefined
  if (login[1] === undefined && !ORACLE.test(text.slice(Math.max(0, start - 48), start))) return undefined
  const at = start + login[0].length - login[2].length - (login[0].endsWith('@') ? 1 : 0)
  return { ...password(at, at + login[2].length, 85), whole: false }
}

/** `Authorization: Basic dXNlcjpwYXNz`: whatever stands there is a credential. */
export function inHeader(text: string, at: number, end: number): Login | undefined {
  const key = (): Login => ({ class: 'secret/api-key', start: at, end, confidence: 80, whole: true })
  if (text.charCodeAt(at - 1) > 32)
    return text.startsWith('response=', text.charCodeAt(at - 1) === 34 ? at - 10 : at - 9) &&
      end - at >= 32 &&
      /^[\da-f]{32,64}$/i.test(text.slice(at, Math.min(end, at + 65))) &&
      /\bdigest\s+\w+=/i.test(text.slice(Math.max(0, at - 400), at))
      ? key()
      : undefined
  const before = text.slice(Math.max(0, at - 40), at)
  const scheme = /authorization["']?\s*[:=]\s*["']?([\w-]{2,20})\s+$/i.exec(before)?.[1]
  if (scheme === undefined) return undefined
  const value = text.slice(at, Math.min(end, at + 512))
  if (value.length < 8 || !/\d|[A-Z]/.test(value)) return undefined
  // Of a scheme that is not known the value has to look like a key, and not like its fields.
  if (!/^(?:basic|bearer|(?:api-)?token)$/i.test(scheme) && (/[=,]./.test(value) || !isOpaque(value))) return undefined
  return /^[$%<{]|token|your|xxxx/i.test(value) ? undefined : key()
}

const CONNECTION =
  /(?:^|[\s"'`;])(?:host(?:addr)?|port|user|dbname|sslmode|server|uid|database)=[^\s"'`;]{1,64}[\s;](?:\s?[a-z_ ]{2,24}=[^\s"'`;]{0,64}[\s;]){0,4}\s?$/i

/** `host=db user=app password=value`: whatever it is, a word as well. */
export function inConnection(text: string, from: number, to: number): Login | undefined {
  if ((text.charCodeAt(from) | 32) !== 112) return undefined
  const at = from + (/^(?:password|passwd|pwd)=/i.exec(text.slice(from, from + 9))?.[0].length ?? 0)
  if (at === from || to - at < 4 || !CONNECTION.test(text.slice(Math.max(0, from - 160), from))) return undefined
  const value = text.slice(at, to)
  return /^[$%{<(&*]/.test(value) || isPasswordPlaceholder(value) ? undefined : password(at, to, 75)
}
