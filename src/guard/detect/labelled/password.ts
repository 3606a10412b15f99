// Passwords and PINs behind their label: what is one, and what only stands where one might.
import { isDigit } from '../chars.ts'
import { looksLikePassword } from '../secrets-said.ts'
import { isPasswordPlaceholder } from '../secrets-value.ts'
import type { LabelKind } from './labels.ts'
import { isChosenWord, passphraseEnd } from './passphrase.ts'
import { type Answer, following, type Link, one, type Place, word } from './place.ts'

/** Names of methods and formats, which stand behind a word for passwords as often as one does. */
const TECHNICAL =
  /^(?:sha-?\d+|md\d|bcrypt|argon2\w*|pbkdf2|base\d+|utf-?\d+|oauth2?|http\/?\d?|tls\d?\S*|ipv\d|windows\d+|win\d+|x\d+|v\d+\S*|u?int\d+(?:array)?|float\d+(?:array)?|varchar\S*|char\d+|\d+[a-z]{1,3}|\d+-?(?:characters?|chars?|digits?|bits?|bytes?|days?|hours?|minutes?|zeichen|caracteres|caractères|letters?)|p\d|h\d|md5|s3|ec2|k8s|n\/a)$/i
/** Machines and programs with their number, which stand behind `on`, `for` and `to`. */
const NUMBERED =
  /^(?:server|serveur|servidor|srv|host|node|web|db|vault|build|user|usuario|utente|client|machine|pc|vm|site|page|seite|port|box|rack|switch|router|step|sprint|ticket|issue|room|raum|ubuntu|debian|centos|fedora|android|ios|macos|chrome|firefox|safari|edge|office|exchange|oracle|mysql|postgres|python|java|php)[-_]?\d{1,4}$/i

/** `machine host login user password value` */
const NETRC = /\b(?:machine\s+\S{1,64}|default)\s+login\s+\S{1,64}\s+password$/i
/** Is this the end of what stands before a password in `.netrc`? */
export const isNetrc = (left: string): boolean => NETRC.test(left)
const SQL = /\bidentified\s+by$/i
const WORD_FOR_IT = /^(?:passwor[dt]|passwd|passphrase|pwd|pass|secret|field|[$%<{].*)$/i

export function password(kind: LabelKind, place: Place): Answer {
  const { link, quote, words, text } = place
  const named = /(?:phrase|satz)$/i.test(place.left)
  if (kind === 'password' && quote === 0 && link !== 'bare' && isRightBehind(place)) {
    const end = passphraseEnd(place, named, PLAIN.test(place.left))
    if (end === 'need') return 'need'
    if (end > 0) return one(place, 'secret/password', end, 65)
  }
  const found = word(place)
  if (found === undefined || found === 'need') return found
  const { value, end } = found
  const isLoose = kind === 'loose-password'
  // The name of a secret that is kept elsewhere.
  if (isLoose && /(?:existing|pull|tls|ingress|issuer)[-_ ]?secret$/i.test(place.left)) return undefined
  // `credentials: admin / value`, `creds are user:value`, `-U 'user%value'`
  if (isLoose && quote === 0 && /^[A-Za-z][\w.-]*$/.test(value)) {
    const tail = text.slice(end, end + 96)
    const pair = /^ \/ ([^\s<>(){}[\],;|\\"'`]{5,64})(?=[\s,;]|$)/.exec(tail)
    if (tail.length < 80 && !place.ended && /^(?: ?| \/| \/ \S*)$/.test(tail)) return 'need'
    if (pair !== null) {
      const second = pair[1]!.replace(/[.:?]$/, '')
      if (isPassword(second, 'spoken', false, 0) && /\d/.test(second) && /[A-Za-z]/.test(second))
        return [{ class: 'secret/password', start: end + 3, end: end + 3 + second.length, confidence: 75 }]
    }
  }
  if (value.length < 4) return undefined
  if (/^\d{4,5}$/.test(value) && link !== 'assigned' && OF_A_LOCK.test(place.left))
    return one(place, 'secret/pin', end, 75)
  if (place.weak && !looksLikePassword(value, 0, value.length)) return undefined
  // Two places have nothing but a password, however it looks: a line of `.netrc`, and SQL.
  if (
    kind === 'password' &&
    ((link === 'bare' && isNetrc(place.left)) || (SQL.test(place.left) && /["']/.test(text.charAt(place.start - 1))))
  )
    return isPasswordPlaceholder(value) || WORD_FOR_IT.test(value) ? undefined : one(place, 'secret/password', end, 80)
  const colon = value.indexOf(':')
  if (isLoose && colon > 0 && quote === 0) {
    const second = value.slice(colon + 1)
    return link !== 'bare' && second.length >= 5 && isPassword(second, 'spoken', false, 0)
      ? one(place, 'secret/password', end, 75)
      : undefined
  }
  // `the secret is …`: what looks like a password by itself, signs among its letters.
  const strong = link === 'spoken' && /[!@#$%^&*~]/.test(value) && looksLikePassword(value, 0, value.length)
  if (isLoose && link !== 'assigned' && !strong && !/(?:user|login|admin|root|name)\b[^\n]{0,32}$/i.test(place.left))
    return undefined
  if (isLoose && (value.length < (link === 'assigned' ? 5 : 6) || !/\d/.test(value) || !/[A-Za-z]/.test(value)))
    return undefined
  if (kind === 'flag') {
    if (/^[$<{%-]/.test(value) || isPasswordPlaceholder(value) || /^\d{2,5}$/.test(value)) return undefined
    const sure = /\bsshpass\s+$/i.test(place.left) && !WORD_FOR_IT.test(value)
    return sure || /[^a-z]/.test(value) ? one(place, 'secret/password', end, 80) : undefined
  }
  // A phrase of several words is one only in quotes.
  if (quote !== 0 && /\s/.test(value)) {
    const parts = value.trim().split(/\s+/)
    const phrase =
      link !== 'bare' &&
      parts.length >= 3 &&
      parts.length <= 12 &&
      parts.every((part) => /^[\p{L}\d'-]{2,16}$/u.test(part))
    if (
      !phrase ||
      /^(?:the|your|my|please|enter|a|an|this|must|invalid|wrong|password|passphrase|incorrect)\b/i.test(value)
    )
      return undefined
    const named = /(?:phrase|satz)\s*$/i.test(
      text.slice(Math.max(0, place.start - 40), place.start).replace(/[^A-Za-z]+(?:is|ist|was|are)?[^A-Za-z]*$/i, ''),
    )
    return named && !/[.!?]$/.test(value) ? one(place, 'secret/password', end, 75) : undefined
  }
  if (kind === 'password' && link !== 'bare' && isChosenWord(value, link, named))
    return one(place, 'secret/password', end, 65)
  // `la clave primaria es id_usuario2`
  if (link !== 'assigned' && PLAIN.test(place.left) && /^[a-z]+(?:_[a-z]+)+\d{0,3}$/.test(value)) return undefined
  if (!isPassword(value, link, quote !== 0, words) && !endsPhrase(place, value)) return undefined
  const next = text.charCodeAt(end)
  if (quote === 0 && (next === 40 || next === 91)) return undefined
  const verdicts = one(place, 'secret/password', end, link === 'bare' ? 65 : 75)
  // `from one to another`, `one or another`
  const tail = text.slice(end, end + 96)
  const another = /^ (?:to|zu|auf|or|oder|and|und|ou|o|y|e|et|a|à) ([^\s<>(){}[\],;|\\"'`]{6,64})(?=[\s,;.]|$)/.exec(
    tail,
  )
  if (
    tail.length < 80 &&
    !place.ended &&
    /^(?: ?| [a-zà]{0,4}| (?:to|zu|auf|or|oder|and|und|ou|o|y|e|et|a|à) \S*)$/.test(tail)
  )
    return 'need'
  if (another !== null) {
    const second = another[1]!.replace(/[.:?]$/, '')
    const start = end + another[0].length - another[1]!.length
    if (/\d/.test(second) && isPassword(second, 'spoken', false, 0))
      verdicts.push({ class: 'secret/password', start, end: start + second.length, confidence: 65 })
  }
  return verdicts
}

/** Languages that say no `is`, and write Cyrillic or have the owner behind the word. */
const WITHOUT_IS = /(?:[\u0400-\u04ff\u0600-\u06ff]|şifre\p{L}*|parola\p{L}+|jelsz\p{L}+|salasana\p{L}*)$/iu
/** `новый пароль от сервера Zima2031x`: what looks like a password stands behind the words that say of what. */
const endsPhrase = (place: Place, value: string): boolean =>
  place.link === 'bare' &&
  place.words > 0 &&
  place.words < 6 &&
  WITHOUT_IS.test(place.left) &&
  !NUMBERED.test(value) &&
  looksLikePassword(value, 0, value.length) &&
  /\d\D*\d|[!@#$%^&*]/.test(value)

/** `门锁密码`, `현관 비밀번호`: what is locked stands before the word for it, and a few figures open it. */
const OF_A_LOCK =
  /(?:[门門锁鎖柜櫃卡]|保险箱|保險箱|手机|手機|报警器?|警报|현관문?|도어락|금고|카드|휴대폰|玄関|金庫|ロック|カード|携帯|ドア)[的の]? ?(?:密[码碼]|口令|비밀번호|비번|パスワード)$/

/** Words for a key, for any word, for a pass. */
const PLAIN = /(?:clave|parola|parole|sandi)$/i

/** Nothing but the link stands between label and value: `password is the name …` is a sentence. */
const isRightBehind = (place: Place): boolean =>
  /(?:[:=>]|\s(?:is|was|are|reads|ist|war|lautet|es|est|era|é|è|är|er|to|jest))\s*$/i.test(
    place.text.slice(Math.max(0, place.start - 12), place.start),
  )

function isPassword(value: string, link: Link, quoted: boolean, words: number): boolean {
  if (value.length < 4 || value.length > 100 || /^[$<{[(*&@]|:\/\/|[()]/.test(value)) return false
  if (TECHNICAL.test(value) || isPasswordPlaceholder(value)) return false
  if (words > 1 && !quoted && NUMBERED.test(value)) return false
  let digits = 0
  let letters = 0
  let capitals = 0
  let signs = 0
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (isDigit(code)) digits++
    else if ((code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code > 191) {
      letters++
      if (code <= 90) capitals++
    } else signs++
  }
  if (letters === 0) return digits === value.length && digits >= 6 && digits <= 12 && link !== 'bare'
  // Paths, addresses of mail, chains of properties, names of variables.
  if (
    /^(?:\.{0,2}\/|[a-z]:\\)/i.test(value) ||
    /^[a-z\d_-]+(?:\/[\w-]+)+\.[a-z]{1,4}$/i.test(value) ||
    /@[\w-]+\.[a-z]{2,}$/i.test(value)
  )
    return false
  if (/^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+$/.test(value) && !/\d{2}/.test(value)) return false
  if (
    /(?:passw|passwd|pwd|secret|token|user|input|field|value|param|hash)/i.test(value) &&
    !/\d\D?\d|[!#%^&*~+]/.test(value)
  )
    return false
  if (digits === 0) {
    if (link === 'bare') return false
    // `CorrectHorseBatteryStaple`
    if (signs === 0) return value.length >= 12 && capitals >= 3 && /^(?:[A-Z][a-z]{2,}){3,}$/.test(value)
    return /[!@#$%^&*+=~?][A-Za-z]|[A-Za-z][@#$%^*+=~]$/.test(value) && value.length >= 6 && !/[=]/.test(value)
  }
  if (/^v?\d+(?:[.,:/-]\d+)*[a-z]{0,2}$/i.test(value)) return false
  if (link !== 'bare')
    return (
      value.length >= (quoted ? 4 : 5) && !(/^[a-z_]+\d$/.test(value) && !quoted && signs === 0 && value.length < 7)
    )
  // Nothing but words between the two: the value must not be a word with a number.
  if (words > 0) return false
  return value.length >= 6 && letters >= 3 && (digits >= 2 || signs > 0 || capitals > 1) && !/^[A-Z]+-?\d+$/.test(value)
}

const PIN_WITHOUT_IS = /(?:[\u0400-\u04ff]|kodu|kódja|kódom)$/i

export function pin(place: Place): Answer {
  const found = word(place, 40)
  if (found === undefined || found === 'need') return found
  const { link, words, text } = place
  // `Pin-Priority: 1001`
  if (/priority\W*$/i.test(text.slice(Math.max(0, place.start - 12), place.start))) return undefined
  // Locks are closed with a sign: `3391#`.
  const value = /^\d+[#*]$/.test(found.value) ? found.value.slice(0, -1) : found.value
  const end = found.end - (found.value.length - value.length)
  // `пин-код карты 4821`
  if (link === 'bare' && words > 0 && !(words < 3 && /^\d{4,6}$/.test(value) && PIN_WITHOUT_IS.test(place.left)))
    return undefined
  if (/^\d+$/.test(value)) {
    const more = following(place, end)
    if (more === 'need') return 'need'
    if (value.length > 12 || value.length < 3) return undefined
    if (value.length === 3 && link === 'bare') return undefined
    // `pin 8080 of the chip`, a year
    if (link === 'bare' && /^(?:of|on|to|and|is|at)\b/.test(text.slice(end + 1, end + 4))) return undefined
    return one(place, 'secret/pin', end, link === 'bare' ? 60 : 80)
  }
  if (/^\d{1,3}(?:[-.]\d{1,3}){1,4}$/.test(value) && !/^\d\.\d/.test(value)) return one(place, 'secret/pin', end, 65)
  return isPassword(value, link, place.quote !== 0, words) && value.length >= 5 && link !== 'bare'
    ? one(place, 'secret/pin', end, 65)
    : undefined
}

/** The code of something that is locked: figures, behind a link or right behind its name. */
export function lockCode(place: Place): Answer {
  if (place.link === 'bare' && place.words > 0) return undefined
  const found = word(place, 24)
  if (found === undefined || found === 'need') return found
  const value = found.value.replace(/[#*]$/, '')
  const end = place.start + value.length
  if (!/^[A-Z]?\d{4,8}[A-Z]?$/.test(value)) return undefined
  // `8 800 555`, `12:30`: a longer number.
  const next = following(place, end)
  if (next === 'need') return 'need'
  if (next === 32 && isDigit(place.text.charCodeAt(end + 1))) return undefined
  return one(place, 'secret/pin', end, place.link === 'bare' ? 60 : 75)
}

const OF_A_SECRET =
  /(?:passw|passphrase|pwd|kennwort|mot de passe|contrase|clave|senha|wachtwoord|hasl|hasł|hesl|lösen|adgangskode|şifre|parola|jelsz|парол|كلمة|パスワード|密[码碼]|비밀번호|\bpin\b|\bkey\b|token|secret|schlüssel|\bcode\b|\bclé\b|chiave|chave)/i

/** The second half of what was said to be one before. */
export function secondHalf(place: Place): Answer {
  if (!OF_A_SECRET.test(place.left)) return undefined
  const found = word(place, 64)
  if (found === undefined || found === 'need') return found
  const { value, end } = found
  if (value.length < 3 || isPasswordPlaceholder(value) || TECHNICAL.test(value) || NUMBERED.test(value))
    return undefined
  const looks = /\d/.test(value) && (/[A-Za-z]/.test(value) || (/^\d{3,8}$/.test(value) && place.link !== 'bare'))
  return looks || (place.link !== 'bare' && /[!@#$%^&*]/.test(value))
    ? one(place, 'secret/password', end, 65)
    : undefined
}
