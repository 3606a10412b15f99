// Passwords and one-time codes that stand before the word for them: `use value as the password`, `value ist das neue Passwort`,
// `123456 is your verification code`, `echo value | tool login --password-stdin`. Only what looks like a password by itself
// waits for the words behind it, and no longer than they go on saying so: mostly one word.
import type { Finding } from '../../core/index.ts'
import { isAsciiLetter, isDigit, isLetter, isUpper } from './chars.ts'
import { isPasswordPlaceholder } from './secrets-value.ts'

/** `need`: what follows has not arrived. */
type Said = 'no' | 'need' | 'password' | 'code'

const wordsOf = (...lists: readonly string[]): ReadonlySet<string> => new Set(lists.flatMap((list) => list.split(' ')))

/** What joins the value to the word for it, in the languages of the labels. */
const JOINS = wordsOf(
  'as is was being becomes',
  'als ist war wird lautet',
  'comme est était sera',
  'como es era será',
  'come è sarà',
  'é foi',
  'jako jest to',
  'som är er var blir',
)
const LONGEST_JOIN = 7
/** Between the two: articles, whose it is, and how new. */
const ARTICLES = wordsOf(
  'the my your our his her their its this a new old current former default temporary temp initial admin root login user wifi wlan master now still also be',
  'das der die dein deine mein meine unser unsere ihr ihre sein neues neue alte altes aktuelle temporäre nun jetzt',
  'le la les ton ta mon ma votre notre nouveau nouvel ancien mot de',
  'el tu mi su nuestra nuestro nueva nuevo antigua clave',
  'il lo tua mia sua nostra nuova vecchia',
  'o a sua minha nossa nova antiga',
  'het mijn je jouw uw ons onze nieuwe oude',
  'twoje moje nowe stare nasze',
  'det ditt mitt nya gamla vårt',
)
const MOST_ARTICLES = 4
const PASSWORDS = wordsOf(
  'password passwords passwd pwd pw passphrase passcode',
  'passwort kennwort zugangspasswort passe contraseña contrasena senha wachtwoord hasło haslo lösenord adgangskode passord heslo',
)
/** Of numbers: words for them that need no other, and what `code` has before it. */
const CODES = wordsOf('pin otp tan passcode pincode')
const CODE_KINDS = wordsOf(
  'verification security access login confirmation authentication authorization activation one-time onetime unlock door alarm reset 2fa mfa sms',
)
/** What may follow the word for it without making another thing of it: `the password manager`. */
const FOLLOWS = wordsOf(
  'for on to in of at and or but so now please then from until till when if because instead again here there today only is was it i you we they with',
  'für auf zum zur im in bei und oder aber bis bitte ab wenn von am mit',
  'pour sur et ou du des dans de à',
  'para en y o del por',
  'per su e nel del',
  'em no na e ou do da',
  'voor op en of bij',
  'do dla i na',
  'för på och',
)
const LONGEST_WORD = 16
/** Nothing is read further behind a value. */
const REACH = 96

/** Methods and formats that look like passwords. */
const METHOD =
  /^(?:sha|md|aes|argon|bcrypt|scrypt|pbkdf|base|utf|rsa|tls|ssl|oauth|ldap|ntlm|win|windows|ipv|http|version|v)[-_/]?\d/i
const NOT_ALONE = /:\/\/|^[./~$%<{[(&*\\@]|@[\w-]+\.|[()]|^\d+(?:[.,:/-]\d+)*[a-z]{0,3}$/i

/**
 * Would it pass for a password without any word beside it? Letters and digits with a sign among them, with capitals and small
 * ones, or taking turns: not `server1`, `utf-8` or `user_id_2`.
 */
export function looksLikePassword(text: string, from: number, to: number): boolean {
  if (to - from < 6 || to - from > 64) return false
  let digits = 0
  let capitals = 0
  let small = 0
  let signs = 0
  let turns = 0
  let before = 0
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i)
    const kind = isDigit(code) ? 1 : isAsciiLetter(code) ? 2 : 3
    if (kind === 1) digits++
    else if (kind === 3) {
      if (code !== 45 && code !== 46 && code !== 95 && code !== 47 && code !== 58) signs++
    } else if (isUpper(code)) capitals++
    else small++
    if (kind !== before && before !== 0) turns++
    before = kind
  }
  if (digits === 0 || capitals + small < 2) return false
  if (signs === 0 && !(capitals > 0 && small > 0 && turns > 0) && turns < 3) return false
  const value = text.slice(from, to)
  if (METHOD.test(value) || NOT_ALONE.test(value) || isPasswordPlaceholder(value)) return false
  // Names of a program: `user_id_2`, `step-1-of-3`.
  return signs > 0 || !/^[a-z]+(?:[-_.][a-z\d]+)+$/.test(value)
}

/** Four to eight digits, perhaps behind a letter and a dash: `G-123456`. */
function looksLikeCode(text: string, start: number, to: number): boolean {
  const from = text.charCodeAt(start + 1) === 45 && isUpper(text.charCodeAt(start)) ? start + 2 : start
  if (to - from < 4 || to - from > 8) return false
  for (let i = from; i < to; i++) if (!isDigit(text.charCodeAt(i))) return false
  return true
}

/** A password or code in the run [start, end) before the word for it. `need`: the words behind it have not arrived. */
export function saidIn(text: string, start: number, end: number, ended: boolean): Finding | 'need' | undefined {
  const next = text.charCodeAt(end)
  if (next !== 32 && next !== 34 && next !== 39 && next !== 96 && next !== 42) return undefined
  let from = start
  while (from < end && text.charCodeAt(from) === 42) from++
  let to = end
  while (to > from && text.charCodeAt(to - 1) === 42) to--
  const code = looksLikeCode(text, from, to)
  // The words behind it are cheap to read and mostly others.
  let said: Said = code || to - from >= 6 ? saidBehind(text, end, ended, code) : 'no'
  if (said !== 'no' && !code && !looksLikePassword(text, from, to)) said = 'no'
  if (said === 'no' && to - from >= 6) said = pipedBehind(text, from, end, ended)
  if (said === 'no') said = beforeUser(text, from, end, ended)
  if (said === 'no') return undefined
  if (said === 'need') return 'need'
  return { class: said === 'code' ? 'secret/recovery-code' : 'secret/password', start: from, end: to, confidence: 75 }
}

/** What the words behind the value that ends at `end` make of it. `code`: it is a number. */
function saidBehind(text: string, end: number, ended: boolean, code: boolean): Said {
  const at = (i: number) => (i < text.length ? text.charCodeAt(i) : ended ? 0 : -1)
  let i = end
  const quote = at(i)
  if (quote === 34 || quote === 39 || quote === 96) i++
  let articles = -1
  let free = false
  let kind = false
  while (i - end < REACH) {
    const blank = at(i)
    if (blank < 0) return 'need'
    if (blank !== 32) return 'no'
    const start = ++i
    let c = at(i)
    while (i - start <= LONGEST_WORD && (isLetter(c) || (c === 45 && i > start))) c = at(++i)
    if (i === start && c >= 0) return 'no'
    if (articles < 0 && i - start > LONGEST_JOIN) return 'no'
    if (i - start > LONGEST_WORD) return 'no'
    if (c < 0) return 'need'
    const word = text.slice(start, i).toLowerCase()
    if (articles < 0) {
      if (!JOINS.has(word)) return 'no'
      articles = 0
    } else if (
      code ? CODES.has(word) || (kind && word === 'code') : PASSWORDS.has(word.slice(word.lastIndexOf('-') + 1))
    ) {
      const goes = goesOn(text, i, ended)
      return goes === 'no' || goes === 'need' ? goes : code ? 'code' : 'password'
    } else if (code && CODE_KINDS.has(word)) kind = true
    else if (ARTICLES.has(word) && articles < MOST_ARTICLES) articles++
    else if (articles > 0 && !free) free = true
    else return 'no'
  }
  return 'no'
}

/** Is the word for it, which ends at `end`, the last of its phrase? */
function goesOn(text: string, end: number, ended: boolean): 'no' | 'need' | 'yes' {
  const at = (i: number) => (i < text.length ? text.charCodeAt(i) : ended ? 0 : -1)
  const next = at(end)
  if (next < 0) return 'need'
  if (
    next === 0 ||
    next === 10 ||
    next === 13 ||
    next === 34 ||
    next === 39 ||
    next === 41 ||
    next === 44 ||
    next === 46
  )
    return 'yes'
  if (next === 33 || next === 63 || next === 59 || next === 96) return 'yes'
  if (next !== 32) return 'no'
  let i = end + 1
  let c = at(i)
  while (i - end <= LONGEST_WORD && isLetter(c)) c = at(++i)
  if (c < 0) return i - end > LONGEST_WORD ? 'no' : 'need'
  // `password — please`, `password (the new one)`
  if (i === end + 1) return c === 45 || c === 40 || c === 0x2013 || c === 0x2014 ? 'yes' : 'no'
  return FOLLOWS.has(text.slice(end + 1, i).toLowerCase()) ? 'yes' : 'no'
}

const ECHO = /(?:^|[\s;&|(`$])(?:echo|printf)(?:\s+-\w)?\s+["']?$/
const TAKES_PASSWORD =
  /--(?:password|token|pass)-?stdin|--with-token|\bsudo\s[^\n|]{0,40}-S\b|\bpasswd(?![\w-])|\bcryptsetup\b/
/** So much of the command behind a bar is read. */
const COMMAND = 120

const NET_USE = /\bnet\s+use\s[^\n]{0,60}\s["']?$/i
const USER = ' /user:'

/** `net use \\\\server\\share value /user:name` */
function beforeUser(text: string, start: number, end: number, ended: boolean): Said {
  const from = end + (text.charCodeAt(end) === 32 ? 0 : 1)
  if (from + 1 < text.length && text.charCodeAt(from + 1) !== 47) return 'no'
  const behind = text.slice(from, from + USER.length).toLowerCase()
  if (!USER.startsWith(behind) || (behind.length < USER.length && ended)) return 'no'
  if (text.charCodeAt(start) === 47 || !NET_USE.test(text.slice(Math.max(0, start - 80), start))) return 'no'
  return behind.length < USER.length ? 'need' : 'password'
}

/** `echo value | docker login --password-stdin`: a command behind the bar reads a password. */
function pipedBehind(text: string, start: number, end: number, ended: boolean): Said {
  const first = text.charCodeAt(start)
  // A variable, an option, a template: `$TOKEN`.
  if (first === 36 || first === 45 || first === 37 || first === 60) return 'no'
  if (!ECHO.test(text.slice(Math.max(0, start - 16), start))) return 'no'
  const tail = text.slice(end, end + COMMAND)
  const line = tail.search(/[\n;&]/)
  const command = line < 0 ? tail : tail.slice(0, line)
  if (!/^["']?(?:\s(?:\|.*)?)?$/.test(command)) return 'no'
  const open = line < 0 && tail.length < COMMAND && !ended
  const takes = TAKES_PASSWORD.exec(command)
  // The last word may go on: `passwd`, `passwd-strength`.
  if (takes !== null && !(open && takes.index + takes[0].length === command.length)) return 'password'
  return open ? 'need' : 'no'
}
