// Passwords that only their place gives away: the option of a command, one half of `user:password`, the column of a table.
// Every look goes left from a value, over a bounded stretch of text. Arguments of calls are in `secrets-argument.ts`.
import { isAlnum } from './secrets-pattern.ts'

/** What stands before a value on its line. */
const lineBefore = (text: string, at: number, most: number) => {
  const line = text.slice(Math.max(0, at - most), at)
  return line.slice(line.lastIndexOf('\n') + 1)
}

const LOGIN = /\blogin\b[^|;&]{0,100}\s-p[ =]{0,3}["']?$/
/** A user behind its option, and the option for a password: `-u bob -p value`. Of `mysql` that would be a database. */
const USER_AND_PASSWORD =
  /^(?!.*\b(?:mysql|mariadb)).*\s(?:-[ulU]|--user(?:name)?)[ =]?["']?[\w.@\\-]{1,48}["']?\s{1,3}-[pPw][ =]{0,3}["']?$/
const REMOTE_DESKTOP = /\b[xw]?l?freerdp\d?\b.*\s\/p:["']?$/i
const NET_USER = /\bnet\s+user\s+(?:\/\S+\s+)?$/i
const HTPASSWD = /\bhtpasswd\s+-\w*b\w*\s+(?:-\w+\s+)*\S+\s+\S+\s+["']?$/i
const NET_USE = /\bnet\s+use\b[^|;&]{0,80}\s$/i
const SECURE_STRING = /\bconvertto-securestring\s+(?:-string\s+)?["']?$/i
/** `WIFI:T:WPA;S:name;P:value;;`, as phones read it from a picture. */
const WIFI_CODE = /\bWIFI:(?:[A-Z]:[^;]{0,64};){0,4}P:$/
const WIFI_KEY =
  /\b(?:wi-?fi|wlan|wpa\d?|hotspot|ssid)\b[^\n]{0,40}\b(?:key|code|psk|schl(?:ü|ue)ssel|clave|chiave|cl[eé]|sleutel)["']?(?:\s*[:=]|\s+is|\s+ist)?\s*["']?$/i

/** Words of configurations and of machines in networks, with nothing but a blank before the value. */
const KEYWORD =
  /(?:^\s{0,8}enable (?:secret|password)(?: \d)?|(?:^|\s)(?:requirepass|masterauth|pre-shared-key|server-key|snmp-server community|(?:isakmp|ikev[12])\s[^\n]{0,20}\bkey|(?:tacacs|radius)-server key(?: \d)?|(?:password|key|secret|auth) 7|wpa_passphrase \S{1,32}))\s{1,4}["']?$/i

const TAKES_GLUED = /\b(?:mysql\w*|mariadb[\w-]*|sshpass)\s[^\n]{0,60}$/

/** Is the option that begins at `at` one that a password is glued to: `mysql -pvalue`? */
export const takesGlued = (text: string, at: number): boolean => TAKES_GLUED.test(text.slice(Math.max(0, at - 80), at))

/** Does the quote at `quote` open a password behind such an option? */
export const opensGlued = (text: string, quote: number): boolean =>
  text.charCodeAt(quote - 1) === 112 && text.charCodeAt(quote - 2) === 45 && takesGlued(text, quote - 2)

/** `net use … /user:name value`, `net user name value`: the blank before the value is at `blank`. */
function behindUser(text: string, blank: number): boolean {
  let from = blank
  while (from > 0 && blank - from < 64 && text.charCodeAt(from - 1) > 32) from--
  if (text.charCodeAt(from) === 47)
    return /^\/user:./i.test(text.slice(from, blank)) && NET_USE.test(lineBefore(text, from, 100))
  return (text.charCodeAt(from - 2) | 32) === 114 && NET_USER.test(lineBefore(text, from, 40))
}

/** Does the value at `at` stand where a command, or a sheet beside a router, has a password? `strong`: it looks like one. */
export function isPasswordPlace(text: string, at: number, strong: () => boolean): boolean {
  let i = at - 1
  let c = text.charCodeAt(i)
  if (c === 34 || c === 39) c = text.charCodeAt(--i)
  if (c === 58) {
    const letter = text.charCodeAt(i - 1)
    if (letter === 112 && text.charCodeAt(i - 2) === 47) return REMOTE_DESKTOP.test(lineBefore(text, at, 160))
    return letter === 80 && WIFI_CODE.test(lineBefore(text, at, 200))
  }
  // `-p'value'`
  if (c === 112) return opensGlued(text, i + 1)
  if (c !== 32 && c !== 61) return false
  // The last letter of what stands before says whether to look at all.
  const last = text.charCodeAt(i - 1)
  if (text.charCodeAt(i - 2) === 45 && ((last | 32) === 112 || last === 119)) {
    const line = lineBefore(text, at, 160)
    return LOGIN.test(line) || (strong() && USER_AND_PASSWORD.test(line))
  }
  if ((last | 32) === 103 && SECURE_STRING.test(lineBefore(text, at, 48))) return true
  if (behindUser(text, i)) return true
  // Keys of routers are often figures and nothing else.
  if (!strong()) return /^\d{8,20}(?!\w)/.test(text.slice(at, at + 21)) && WIFI_KEY.test(lineBefore(text, at, 160))
  const line = lineBefore(text, at, 160)
  return HTPASSWD.test(line) || WIFI_KEY.test(line) || KEYWORD.test(line)
}

/** A user and a slash or colon before the value on a line about logging in: `login jsmith / value`. */
const PAIR =
  /\b(?:log-?ins?|log in|sign-?in|creds?|credentials?|accounts?|zugang(?:sdaten)?|anmeldung|identifiants?|accesos?|accesso|credenciales|credenziali)\b[^\n/]{0,24}[\s:(]["']?(?!(?:page|screen|form|view|button|url|link)\b)[\w.@-]{2,40}["']?\s?\/\s?["']?$/i

/** `router: admin / value` */
const KNOWN_PAIR = /(?:^|[\s:("'])(?:root|admin|administrator)["']?\s?\/\s["']?$/i

export const isPairedWithLogin = (text: string, at: number): boolean => {
  const before = text.charCodeAt(at - 1)
  if (before !== 32 && before !== 47 && before !== 34 && before !== 39) return false
  if (before !== 47 && text.charCodeAt(at - 2) !== 47 && text.charCodeAt(at - 3) !== 47) return false
  const line = lineBefore(text, at, 96)
  return PAIR.test(line) || (KNOWN_PAIR.test(line) && /\d\D{0,4}\d|[!#$%^&*~]/.test(text.slice(at, at + 32)))
}

/** Users that every system has: `admin/value`, `root:value`. Returns where the value begins, 0 if there is none. */
export function behindKnownUser(text: string, from: number, to: number): number {
  const user =
    /^(?:root|admin|administrator|sysadmin|superuser|postgres|oracle|sa|guest|operator|pi|ubuntu|vagrant)[/:](?=[^/:]{6,64}$)/i.exec(
      text.slice(from, Math.min(to, from + 84)),
    )
  return user === null ? 0 : from + user[0].length
}

const USER_OPTION =
  /(?:^|\s)(?:-[uaAU]|--(?:user|auth|userpwd|proxy-user|creds?|credentials|basic-auth|http-user))[ \t=]{0,6}["']?$/

/** `-u user:password` of any command. Returns where the password begins in [from, to), 0 if there is none. */
export function behindUserOption(text: string, from: number, to: number): number {
  if (!USER_OPTION.test(text.slice(Math.max(0, from - 24), from))) return 0
  let i = from
  while (i < to && i - from < 64 && text.charCodeAt(i) !== 58 && text.charCodeAt(i) !== 37) i++
  const c = text.charCodeAt(i)
  if (i === from || i >= to || (c !== 58 && c !== 37) || !isAlnum(text.charCodeAt(i - 1))) return 0
  // Numbers of a user and a group, and characters in percent-encoding.
  if (/^(?:\d+:|[^%]*%[2-7][\dA-F])/.test(text.slice(from, Math.min(to, i + 3)))) return 0
  return i + 1
}

const HEADING =
  /^["'\s*_]*(?:[\p{L}\d]{1,16}[ _.-])?(?:password|passwd|pwd|pass|pw|passphrase|passwort|kennwort|contraseña|contrasena|senha|mot de passe|wachtwoord|hasło|lösenord|secret)["'\s*_]*$/iu

/** Where a value stands in a table: the start of its row, its column and what parts the columns. */
export interface Cell {
  /** Offset of the row's line. */
  row: number
  column: number
  sign: number
}

const startOfCell = (text: string, at: number, floor: number) => {
  let i = at - 1
  while (
    i > floor &&
    at - i < 24 &&
    (text.charCodeAt(i) === 32 || text.charCodeAt(i) === 34 || text.charCodeAt(i) === 39)
  )
    i--
  return i
}
const partsCells = (sign: number) => sign === 124 || sign === 44 || sign === 59 || sign === 9

/** May the value at `at` stand in a table? */
export const mayBeCell = (text: string, at: number): boolean => partsCells(text.charCodeAt(startOfCell(text, at, 0)))

/**
 * The cell of the value at `at` if its column is headed as one of passwords, no further up than `floor`. `above`: a cell that is known to
 * be one; a cell below it is one too.
 */
export function passwordCell(text: string, at: number, floor: number, above: Cell | undefined): Cell | undefined {
  let i = startOfCell(text, at, floor)
  const sign = text.charCodeAt(i)
  if (!partsCells(sign)) return undefined
  let column = 0
  for (; i >= floor && text.charCodeAt(i) !== 10; i--) if (text.charCodeAt(i) === sign) column++
  if (i < floor) return undefined
  const cell = { row: i + 1, column, sign }
  // The lines above, as long as they have as many columns.
  while (i > floor) {
    const end = i
    const start = text.lastIndexOf('\n', end - 1) + 1
    if (start < floor) return undefined
    let count = 0
    let from = start
    let to = end
    for (let k = start; k < end; k++)
      if (text.charCodeAt(k) === sign) {
        if (++count === column) from = k + 1
        else if (count === column + 1) to = k
      }
    if (count < column) return undefined
    if (above !== undefined && above.row === start && above.column === column && above.sign === sign) return cell
    if (to - from <= 40 && HEADING.test(text.slice(from, to))) return cell
    i = start - 1
  }
  return undefined
}

/** How far before a value the columns of its statement are looked for. */
const STATEMENT = 480

/** `INSERT INTO users (name, password) VALUES ('a', 'value')`: does the value whose quote stands at `quote` go into such a column? */
export function isInserted(text: string, quote: number): boolean {
  const before = text.slice(Math.max(0, quote - STATEMENT), quote)
  const values = before.toLowerCase().lastIndexOf('values')
  const to = before.lastIndexOf(')', values)
  const from = before.lastIndexOf('(', to)
  if (values < 0 || to < 0 || from < 0 || before.slice(to + 1, values).trim() !== '') return false
  // Commas in strings and in calls part no columns.
  let column = 0
  let depth = 0
  let string = false
  for (let i = values; i < before.length; i++) {
    const c = before.charCodeAt(i)
    if (c === 39) string = !string
    else if (string) continue
    else if (c === 40 && depth++ === 0) column = 0
    else if (c === 41) depth--
    else if (c === 44 && depth === 1) column++
    else if (c === 59) return false
  }
  return (
    depth === 1 &&
    HEADING.test(
      before
        .slice(from + 1, to)
        .split(',')
        [column]?.replace(/[`[\]]/g, '') ?? '',
    )
  )
}
