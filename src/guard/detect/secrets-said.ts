// Passwords and one-time codes that stand before the word for them: `use value as the password`, `value ist das neue Passwort`,
// `123456 is your verification code`, `echo value | tool login --password-stdin`. Only what looks like a password by itself
// waits for the words behind it, and no longer than they go on saying so: mostly one word.
import type { Finding } from '../../core/index.ts'
import { isAsciiLetter, isDigit, isLetter, isUpper } from './chars.ts'
import { isPasswordPlaceholder } from './secrets-value.ts'

/** `need`: what follows has not arrived. */
type Said = 'no' | 'need' | 'password' | 'code' | 'key'

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
  'как это в як це є',
  'mint lesz',
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
  'nové staré moje tvoje naše',
  'качестве мой твой ваш наш новый старый нового мій твій наш новий якості',
  'az új régi',
)
const MOST_ARTICLES = 4
const PASSWORDS = wordsOf(
  'password passwords passwd pwd pw passphrase passcode',
  'passwort kennwort zugangspasswort passe contraseña contrasena senha wachtwoord hasło haslo lösenord adgangskode passord heslo hasla hesla jelszó jelszavam jelszót jelszavat jelszónak пароль пароля паролем şifre parola',
)
/** Words for a key: of what looks more like one than a password must. */
const KEYS = wordsOf(
  'key schlüssel clé clef llave clave chiave chave sleutel klucz klucza klíč nyckel nøgle nøkkel ключ ключа ключом kulcs kulcsot kulcsnak api-key apikey',
)
/** A key of these opens something, of others it may be that of a table. */
const KEY_KINDS = wordsOf(
  'api encryption secret signing private shared access master wifi wlan psk license auth aes hmac jwt session webhook deploy',
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
  'nueva nuevo nouveau nuova nova novo',
  'для на и от в до від і',
  'pro na k a',
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
  if (next >= 0x2e80) return beforeSigns(text, start, end, end, ended)
  if (next === 32 && text.charCodeAt(end + 1) >= 0x2e80) return beforeSigns(text, start, end, end + 1, ended)
  if (next !== 32 && next !== 34 && next !== 39 && next !== 96 && next !== 42) {
    const last = text.slice(start, end).replace(/[.:?]+$/, '').length
    return last >= 6 && isWithUser(text, start, start + last)
      ? { class: 'secret/password', start, end: start + last, confidence: 75 }
      : undefined
  }
  let from = start
  while (from < end && text.charCodeAt(from) === 42) from++
  let to = end
  while (to > from && text.charCodeAt(to - 1) === 42) to--
  const code = looksLikeCode(text, from, to)
  // The words behind it are cheap to read and mostly others.
  let said: Said = code || to - from >= 6 ? saidBehind(text, end, ended, code) : 'no'
  if (said !== 'no' && !code && !looksLikePassword(text, from, to)) said = 'no'
  if (said === 'key' && !looksLikeKey(text, from, to)) said = 'no'
  if (said === 'no' && to - from >= 8) said = directlyBehind(text, from, to, end, ended)
  if (said === 'no' && to - from >= 6) said = pipedBehind(text, from, end, ended)
  if (said === 'no') said = beforeUser(text, from, end, ended)
  if (said === 'no' && to - from >= 6 && isWithUser(text, from, to)) said = 'password'
  if (said === 'no') return undefined
  if (said === 'need') return 'need'
  return { class: CLASSES[said], start: from, end: to, confidence: 75 }
}
const CLASSES = { code: 'secret/recovery-code', key: 'secret/api-key', password: 'secret/password' } as const

/** A key is longer than a password, and no name of a program: `userId2Name`. */
function looksLikeKey(text: string, from: number, to: number): boolean {
  const value = text.slice(from, to)
  return (
    value.length >= 10 && (value.match(/\d+/g)?.join('').length ?? 0) >= 2 && !/^[a-z]+(?:[A-Z][a-z]+)*\d*$/.test(value)
  )
}

const WITH = wordsOf('with using mit avec con com met z ze s se med с із з')
/** `the login for web is marta with …`, `log in as marta with …`: a word for getting in, what joins the user, and the user. */
const AS_USER =
  /(?:^|[^\p{L}])(?:log[ -]?(?:in|on)|logins?|logged[ -]in|sign[ -]?in|credentials|creds|account|user(?:name)?|anmeld\p{L}*|einlogg\p{L}*|zugang|konto|benutzer|usuari[oa]|usuári[oa]|utilisateur|identifiant|connect\p{L}*|acced\p{L}*|accesso|acceso|entr[aeo]r?|utente|inlog\p{L}*|aanmeld\p{L}*|gebruiker|zaloguj|loguj|logowani\p{L}*|přihl\p{L}*|logga|inloggning\p{L}*|användare|логин\p{L}*|заход\p{L}*|вход|войти|вхід|увійти)(?=[^\p{L}])[^\n]{0,48}?(?:\s(?:as|is|als|ist|como|es|est|è|é|comme|que|come|jako|to|je|som|är|er|как|як|-|usuario|utilisateur|utente|user)\s|[:=]\s?)\s?["'`]?[A-Za-z][\w.@-]{1,40}["'`]?,?\s+(?:and\s|und\s)?\p{L}{1,5}\s+["'`]?$/iu
const AS_USER_REACH = 128

/** Is it said to go with the name of a user? */
function isWithUser(text: string, from: number, to: number): boolean {
  let end = from
  while (end > 0 && from - end < 2 && isQuote(text.charCodeAt(end - 1))) end--
  if (text.charCodeAt(end - 1) !== 32) return false
  end--
  let begin = end
  while (begin > 0 && end - begin < 6 && isLetter(text.charCodeAt(begin - 1))) begin--
  if (!WITH.has(text.slice(begin, end).toLowerCase()) || !looksLikePassword(text, from, to)) return false
  // `the login is slow with Firefox128`
  return (
    !/^[A-Z]?[a-z]+\d{1,3}$/.test(text.slice(from, to)) &&
    AS_USER.test(text.slice(Math.max(0, from - AS_USER_REACH), from))
  )
}
const isQuote = (c: number) => c === 34 || c === 39 || c === 96

/** What scripts without blanks say behind a value: を…として, 作为…, 를 …로. */
const BEHIND_SIGNS =
  /^(?:[をが](?:新しい|今後の|管理者の?|ログインの?)?|[は为為]|就?是|设[为為]|設為|设置[为為]|[作当當做][为為作]?|[를을로]\s?)(?:新的?|我的|你的|登[录錄]|管理[员員]|새\s?|관리자\s?)?(?:(?<password>パスワード|暗証番号|合言葉|密[码碼]|口令|비밀번호|암호|비번|패스워드)|(?<key>キー|鍵|密[钥鑰]|秘钥|金鑰|키))/
const LONGEST_SIGNS = 16
const BEGINS_SIGNS: ReadonlySet<string> = new Set('をがは为為就是设設作当當做를을로')

function beforeSigns(
  text: string,
  from: number,
  end: number,
  at: number,
  ended: boolean,
): Finding | 'need' | undefined {
  if (!BEGINS_SIGNS.has(text.charAt(at)) || !looksLikePassword(text, from, end)) return undefined
  if (text.length - at < LONGEST_SIGNS && !ended) return 'need'
  const said = BEHIND_SIGNS.exec(text.slice(at, at + LONGEST_SIGNS))?.groups
  if (said === undefined || (said.key !== undefined && !looksLikeKey(text, from, end))) return undefined
  return { class: said.key === undefined ? 'secret/password' : 'secret/api-key', start: from, end, confidence: 75 }
}

/** `használd a … jelszót`, `استخدم … ككلمة مرور`, `… olarak`: the word for it stands right behind, with what joins it as its ending. */
const DIRECT = new Map<string, Said>(
  [
    ['jelszót jelszavat jelszónak jelszóként ككلمة كلمه', 'password'],
    ['kulcsot kulcsnak kulcsként كمفتاح', 'key'],
  ].flatMap(([words, said]) => words!.split(' ').map((word) => [word, said as Said] as const)),
)
/** `parola olarak … kullan`: the word for it stands before. */
const BEFORE_OLARAK = /(?:^|[^\p{L}])(?:(?<password>parola|şifre)|(?<key>anahtar))\s+olarak\s+["'`]?$/iu

function directlyBehind(text: string, from: number, to: number, end: number, ended: boolean): Said {
  if (text.charCodeAt(end) !== 32) return 'no'
  const first = text.charCodeAt(end + 1)
  let said: Said = 'no'
  // `value (password for the printer)`
  if (first === 40) {
    let i = end + 2
    while (i < text.length && i - end <= LONGEST_WORD && isLetter(text.charCodeAt(i))) i++
    if (i >= text.length && !ended && i - end <= LONGEST_WORD) return looksLikePassword(text, from, to) ? 'need' : 'no'
    return PASSWORDS.has(text.slice(end + 2, i).toLowerCase()) && looksLikePassword(text, from, to) ? 'password' : 'no'
  }
  if (first === 106 || (first | 32) === 107 || first === 0x643) {
    let i = end + 1
    while (i < text.length && i - end <= LONGEST_WORD && isLetter(text.charCodeAt(i))) i++
    if (i >= text.length && !ended && i - end <= LONGEST_WORD) {
      const begun = text.slice(end + 1, i)
      for (const word of DIRECT.keys())
        if (word.startsWith(begun)) return looksLikePassword(text, from, to) ? 'need' : 'no'
    }
    said = DIRECT.get(text.slice(end + 1, i)) ?? 'no'
  } else if (end + 1 >= text.length && !ended) return looksLikePassword(text, from, to) ? 'need' : 'no'
  if (said === 'no' && text.charCodeAt(from - 2) === 107) {
    const groups = BEFORE_OLARAK.exec(text.slice(Math.max(0, from - 24), from))?.groups
    if (groups !== undefined) said = groups.key === undefined ? 'password' : 'key'
  }
  if (said === 'no' || !looksLikePassword(text, from, to)) return 'no'
  return said === 'key' && !looksLikeKey(text, from, to) ? 'no' : said
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
  let opening = false
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
    } else if (!code && KEYS.has(word)) {
      const goes = goesOn(text, i, ended, !opening)
      return goes === 'no' || goes === 'need' ? goes : 'key'
    } else if (!code && !opening && KEY_KINDS.has(word)) opening = true
    else if (code && CODE_KINDS.has(word)) kind = true
    else if (ARTICLES.has(word) && articles < MOST_ARTICLES) articles++
    else if (articles > 0 && !free) free = true
    else return 'no'
  }
  return 'no'
}

/** Is the word for it, which ends at `end`, the last of its phrase? */
function goesOn(text: string, end: number, ended: boolean, last = false): 'no' | 'need' | 'yes' {
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
  // `as the key for the map`
  if (next !== 32 || last) return 'no'
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
