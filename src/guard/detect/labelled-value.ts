// Is what stands behind a label its value? Every kind of label has a form of its own; how close the two are, and what links
// them, decides how much of the form has to be seen. Reads no further than `limit`.
import { isDigit } from './chars.ts'
import { isBech32, isBic, isVehicleNumber, looksBase58 } from './forms.ts'
import type { LabelKind } from './labels.ts'
import { isOpaque, isPasswordPlaceholder } from './secrets-value.ts'

/** `bare`: nothing but blanks or small words between; `spoken`: `is` and its like; `assigned`: a colon, a sign of equality. */
export type Link = 'bare' | 'spoken' | 'assigned'

export interface Place {
  readonly text: string
  /** Where the value begins, behind its quote if it has one. */
  readonly start: number
  /** The sign that closes it; 0 if it is not quoted. */
  readonly quote: number
  readonly link: Link
  /** Words between label and value. */
  readonly words: number
  readonly limit: number
  /** The end of `text` is the end of everything. */
  readonly ended: boolean
  /** What stands before the label. */
  readonly left: string
}

export interface Verdict {
  readonly class: string
  readonly start: number
  readonly end: number
  readonly confidence: number
}

export const LABELLED_CLASSES: readonly string[] = [
  'secret/password',
  'secret/pin',
  'secret/recovery-code',
  'secret/seed-phrase',
  'secret/api-key',
  'finance/card-code',
  'finance/bic',
  'finance/wallet',
  'personal/vehicle',
  'personal/location',
  'personal/device',
  'personal/handle',
  'personal/national-id',
  'personal/phone',
  'business/customer-id',
]

type Answer = Verdict[] | undefined | 'need'

const one = (place: Place, dataClass: string, end: number, confidence: number): Verdict[] => [
  { class: dataClass, start: place.start, end, confidence },
]

/** Ends a value that is not quoted. */
const ENDS = new Uint8Array(128)
for (let code = 0; code <= 32; code++) ENDS[code] = 1
for (const char of '<>(){}[],;|\\"\'`') ENDS[char.charCodeAt(0)] = 1
const isEnd = (code: number) =>
  code < 128 ? ENDS[code] === 1 : code >= 0x2e80 || code === 0xa0 || code === 0x201d || code === 0xbb

/** End of the value: its quote, or what ends a word; 'need' if that has not arrived, -1 if it is too far. */
function endOf(place: Place, most: number): number | 'need' {
  const { text, start, quote } = place
  const limit = Math.min(start + most, place.limit)
  for (let i = start; i < limit; i++) {
    if (i >= text.length) return place.ended ? (quote === 0 ? i : -1) : 'need'
    const code = text.charCodeAt(i)
    if (quote !== 0 ? code === quote : isEnd(code)) return i
    if (code === 10) return -1
  }
  return -1
}

/** The word at `start` without the marks of a sentence behind it. */
function word(place: Place, most = 128): { value: string; end: number } | undefined | 'need' {
  const end = endOf(place, most)
  if (end === 'need') return 'need'
  if (end < 0) return undefined
  const value = place.text.slice(place.start, end)
  if (place.quote !== 0) return { value, end }
  const bare = value.replace(/[.:?]{1,3}$/, '')
  return { value: bare, end: place.start + bare.length }
}

export function judgeLabelled(kind: LabelKind, place: Place): Answer {
  switch (kind) {
    case 'password':
    case 'loose-password':
    case 'flag':
      return password(kind, place)
    case 'pin':
      return pin(place)
    case 'codes':
      return codes(place)
    case 'seed':
      return seed(place)
    case 'token':
      return token(place)
    case 'card-code':
      return cardCode(place)
    case 'expiry':
      return expiry(place)
    case 'bic': {
      const found = word(place, 16)
      if (found === undefined || found === 'need') return found
      return isBic(found.value) ? one(place, 'finance/bic', found.end, 85) : undefined
    }
    case 'wallet': {
      const found = word(place, 132)
      if (found === undefined || found === 'need') return found
      const { value, end } = found
      const fits =
        (value.length >= 32 && value.length <= 110 && looksBase58(value, 0, value.length)) ||
        isBech32(value, 0, value.length)
      return fits ? one(place, 'finance/wallet', end, 85) : undefined
    }
    case 'vin': {
      const found = word(place, 24)
      if (found === undefined || found === 'need') return found
      return isVehicleNumber(found.value, 0, found.value.length, false)
        ? one(place, 'personal/vehicle', found.end, 90)
        : undefined
    }
    case 'plate':
      return plate(place)
    case 'degrees':
      return degrees(place)
    case 'device':
      return device(place)
    case 'handle':
      return handle(place)
    case 'id':
    case 'record':
      return identity(kind, place)
    case 'phone':
      return telephone(place)
    default:
      return undefined
  }
}

/** Names of methods and formats, which stand behind a word for passwords as often as one does. */
const TECHNICAL =
  /^(?:sha-?\d+|md\d|bcrypt|argon2\w*|pbkdf2|base\d+|utf-?\d+|oauth2?|http\/?\d?|tls\d?\S*|ipv\d|windows\d+|win\d+|x\d+|v\d+\S*|int\d+|uint\d+|varchar\S*|char\d+|\d+[a-z]{1,3}|\d+-?(?:characters?|chars?|digits?|bits?|bytes?|days?|hours?|minutes?|zeichen|caracteres|caractères|letters?)|p\d|h\d|md5|s3|ec2|k8s|n\/a)$/i

function password(kind: LabelKind, place: Place): Answer {
  const { link, quote, words, text } = place
  const found = word(place)
  if (found === undefined || found === 'need') return found
  const { value, end } = found
  const isLoose = kind === 'loose-password'
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
  const colon = value.indexOf(':')
  if (isLoose && colon > 0 && quote === 0) {
    const second = value.slice(colon + 1)
    return link !== 'bare' && second.length >= 5 && isPassword(second, 'spoken', false, 0)
      ? one(place, 'secret/password', end, 75)
      : undefined
  }
  if (isLoose && link !== 'assigned' && !/(?:user|login|admin|root|name)\b[^\n]{0,32}$/i.test(place.left))
    return undefined
  if (isLoose && (value.length < (link === 'assigned' ? 5 : 6) || !/\d/.test(value) || !/[A-Za-z]/.test(value)))
    return undefined
  if (kind === 'flag') {
    if (/^[$<{%-]/.test(value) || isPasswordPlaceholder(value) || /^\d{2,5}$/.test(value)) return undefined
    return /[^a-z]/.test(value) ? one(place, 'secret/password', end, 80) : undefined
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
  if (!isPassword(value, link, quote !== 0, words)) return undefined
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

function isPassword(value: string, link: Link, quoted: boolean, words: number): boolean {
  if (value.length < 4 || value.length > 100 || /^[$<{[(*&@]|:\/\/|[()]/.test(value)) return false
  if (TECHNICAL.test(value) || isPasswordPlaceholder(value)) return false
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
  if (/^(?:\.{0,2}\/|[a-z]:\\)/i.test(value) || /@[\w-]+\.[a-z]{2,}$/i.test(value)) return false
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

function pin(place: Place): Answer {
  const found = word(place, 40)
  if (found === undefined || found === 'need') return found
  const { link, words, text } = place
  // Locks are closed with a sign: `3391#`.
  const value = /^\d+[#*]$/.test(found.value) ? found.value.slice(0, -1) : found.value
  const end = found.end - (found.value.length - value.length)
  if (link === 'bare' && words > 0) return undefined
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

/** The character behind `end`, or 'need'. */
function following(place: Place, end: number): number | 'need' {
  if (end + 3 < place.text.length || place.ended) return place.text.charCodeAt(end)
  return 'need'
}

const CODE = /^(?:\d{4,10}|[A-Za-z\d]{3,10}(?:-[A-Za-z\d]{3,10}){1,5}|[A-Za-z\d]{6,16})$/

/** One code or a list of them, each by itself or in groups. */
function codes(place: Place): Answer {
  const { text, limit } = place
  const verdicts: Verdict[] = []
  let i = place.start
  for (let count = 0; count < 24; count++) {
    let end = i
    while (end < text.length && end < limit && !isEnd(text.charCodeAt(end))) end++
    if (end >= text.length && !place.ended && end < limit) return 'need'
    const raw = text.slice(i, end).replace(/[.:?!]{1,2}$/, '')
    const isCode =
      CODE.test(raw) &&
      /\d/.test(raw) &&
      (/^\d+$/.test(raw) || raw.includes('-') || raw.length >= 6) &&
      !/^(?:19|20)\d\d-\d\d/.test(raw)
    let stop = i + raw.length
    if (!isCode) {
      // `338 194`: two halves of the same length.
      const halves = /^(\d{3,4}) (\d{3,4})(?!\d)/.exec(text.slice(i, i + 10))
      if (text.length < i + 10 && !place.ended && /^\d{3,4}(?: \d*)?$/.test(text.slice(i))) return 'need'
      if (halves === null || halves[1]!.length !== halves[2]!.length) break
      stop = i + halves[0].length
    } else if (/^\d{3,4}$/.test(raw)) {
      if (text.length < stop + 6 && !place.ended) return 'need'
      const half = /^ (\d{3,4})(?![\d-])/.exec(text.slice(stop, stop + 6))
      if (half !== null && half[1]!.length === raw.length) stop += half[0].length
    }
    if (place.link === 'bare' && place.words > 1 && verdicts.length === 0) break
    verdicts.push({ class: 'secret/recovery-code', start: i, end: stop, confidence: place.link === 'bare' ? 65 : 80 })
    // A list goes on behind commas, blanks, dashes and new lines.
    let next = stop
    while (next < text.length && next - stop < 6 && /[\s,;|"'`*•.)\]-]/.test(text.charAt(next))) next++
    if (next >= text.length && !place.ended && next - stop < 6) return 'need'
    if (next === stop || next >= limit) break
    // `1.` before a code
    const item = /^\d{1,2}[.)] /.exec(text.slice(next, next + 4))
    if (item !== null) next += item[0].length
    if (!/[A-Za-z\d]/.test(text.charAt(next))) break
    i = next
  }
  return verdicts.length === 0 ? undefined : verdicts
}

/** Common words of prose that stand in no list of seed words. */
const PROSE = new Set(
  'the and for are not has was must should never been were they them from into which their there these those your would could have stored written kept lost made used given shown only also more most than then words phrase phrases seed backup wallet contains consists called known generated'.split(
    ' ',
  ),
)

/** Twelve to twenty-four words of three to eight small letters. */
function seed(place: Place): Answer {
  const { text, start, limit } = place
  let count = 0
  let end = start
  let i = start
  while (count < 25) {
    // `1. abandon 2. ability`
    const item = /^\d{1,2}[.):]? ?/.exec(text.slice(i, i + 5))
    let from = i + (item?.[0].length ?? 0)
    let stop = from
    while (stop < text.length && stop - from < 9) {
      const code = text.charCodeAt(stop)
      if (code < 97 || code > 122) break
      stop++
    }
    if (stop >= text.length && !place.ended) return 'need'
    if (stop - from < 3 || stop - from > 8 || PROSE.has(text.slice(from, stop))) break
    count++
    end = stop
    let next = stop
    while (next < text.length && next - stop < 3 && /[\s,|-]/.test(text.charAt(next))) next++
    if (next >= text.length && !place.ended) return 'need'
    if (next === stop) break
    i = next
    if (i > limit) break
    from = i
  }
  return count >= 12 ? one(place, 'secret/seed-phrase', end, 90) : undefined
}

function token(place: Place): Answer {
  const found = word(place, 140)
  if (found === undefined || found === 'need') return found
  const { value, end } = found
  if (place.words > 1) return undefined
  const hex = /^[0-9a-f]{32,64}$/.test(value) || /^[0-9A-F]{32,64}$/.test(value)
  // `the secret key is …`: behind a sign of equality the detector of secrets sees it.
  if (place.link === 'spoken' && /^[\w-]{10,}$/.test(value) && /\d.*\d/.test(value) && isOpaque(value))
    return one(place, 'secret/api-key', end, 70)
  return hex && /\d/.test(value) && /[a-f]/i.test(value) && new Set(value).size >= 8
    ? one(place, 'secret/api-key', end, 75)
    : undefined
}

const NEAR_CARD =
  /card|visa|master|amex|maestro|karte|carte|tarjeta|carta|cartão|kaart|kort|cvv|cvc|expir|\d{4}[ -]?\d{4}/i

function cardCode(place: Place): Answer {
  const found = word(place, 16)
  if (found === undefined || found === 'need') return found
  if (place.link === 'bare' && place.words > 0) return undefined
  return /^\d{3,4}$/.test(found.value) ? one(place, 'finance/card-code', found.end, 80) : undefined
}

function expiry(place: Place): Answer {
  const found = word(place, 16)
  if (found === undefined || found === 'need') return found
  const fits = /^(?:0[1-9]|1[0-2])\s?[/-]\s?(?:\d{2}|20\d{2})$/.test(found.value)
  return fits && NEAR_CARD.test(place.left) ? one(place, 'finance/card-code', found.end, 75) : undefined
}

/** One to three groups of letters and digits, both among them, letters large: `AB12 CDE`, `B-MW 1234`. */
function plate(place: Place): Answer {
  const { text, start, quote } = place
  let i = start
  let groups = 0
  let digits = 0
  let letters = 0
  let end = start
  while (groups < 4) {
    const from = i
    while (i < text.length && i - from < 8 && /[A-Z\dÄÖÜА-Я]/.test(text.charAt(i))) i++
    if (i >= text.length && !place.ended) return 'need'
    if (i === from || i - from > 7) break
    const after = text.charAt(i)
    // A capital that begins a word is none of it.
    if (/[\p{L}\d]/u.test(after)) break
    groups++
    end = i
    for (let k = from; k < i; k++) {
      if (isDigit(text.charCodeAt(k))) digits++
      else letters++
    }
    if (after !== ' ' && after !== '-' && after !== '·') break
    // No plate goes on behind both kinds and enough of them with a single letter: `… I`.
    i++
  }
  const size = digits + letters
  if (size < 4 || size > 9 || digits === 0 || letters === 0) return undefined
  if (place.link === 'bare' && place.words > 1) return undefined
  return one(place, 'personal/vehicle', end, quote !== 0 || place.link !== 'bare' ? 80 : 70)
}

function degrees(place: Place): Answer {
  const end = endOf(place, 32)
  if (end === 'need') return 'need'
  if (end < 0) return undefined
  const value = place.text.slice(place.start, end).replace(/[.:?°]+$/, '')
  if (!/^[-+]?\d{1,3}\.\d{2,17}$/.test(value) || Math.abs(Number(value)) > 180) return undefined
  if (place.link === 'bare' && (place.words > 0 || !/\.\d{4}/.test(value))) return undefined
  return one(place, 'personal/location', place.start + value.length, 85)
}

function device(place: Place): Answer {
  const found = word(place, 48)
  if (found === undefined || found === 'need') return found
  const { value, end } = found
  if (place.words > 1 && place.link === 'bare') return undefined
  if (!/^[A-Za-z\d]+(?:[-.:/][A-Za-z\d]+)*$/.test(value) || value.length < 6 || value.length > 40) return undefined
  let figures = 0
  for (const char of value) if (char >= '0' && char <= '9') figures++
  const small = /[a-z]{3}/.test(value) && !/^[\da-f-]+$/i.test(value)
  if (figures < 2 || small || /^\d{1,4}(?:[-.:/]\d{1,4}){1,2}$/.test(value)) return undefined
  return one(place, 'personal/device', end, place.link === 'bare' ? 65 : 80)
}

function handle(place: Place): Answer {
  const found = word(place, 48)
  if (found === undefined || found === 'need') return found
  const { value, end } = found
  const { link, words } = place
  if (/^@[A-Za-z][\w.]{2,32}$/.test(value) && words <= 3) return one(place, 'personal/handle', end, 85)
  if (/^u\/[\w-]{3,24}$/.test(value)) return one(place, 'personal/handle', end, 80)
  const name = value.replace(/^live:/, '')
  if (!/^[A-Za-z][\w.-]{2,32}(?:#\d{4})?$/.test(name) || /\.(?:com|org|net|io|me|js|ts|py|app)$/i.test(name))
    return undefined
  const odd = /[\d_#]|[a-z][.-][a-z]/i.test(name)
  if (link === 'assigned' ? !odd && value === name : !(odd && /\d|_|#/.test(name) && words <= 2)) return undefined
  if (link === 'assigned' && words > 1) return undefined
  return one(place, 'personal/handle', end, link === 'bare' ? 60 : 70)
}

/** Digits, and letters around or among them, in groups; never a date, a version, a sum. */
function identity(kind: 'id' | 'record', place: Place): Answer {
  const { text, start, limit, link, words } = place
  let i = start
  let end = start
  let digits = 0
  let letters = 0
  let groups = 0
  while (groups < 7) {
    const from = i
    let figures = 0
    let small = 0
    while (i < text.length && i < limit && i - from < 24) {
      const code = text.charCodeAt(i)
      if (isDigit(code)) figures++
      else if (code >= 97 && code <= 122) small++
      else if (code < 65 || code > 90) break
      i++
    }
    if (i >= text.length && !place.ended) return 'need'
    const size = i - from
    if (size === 0 || size > 20) break
    const spaced = groups > 0 && text.charCodeAt(from - 1) === 32
    const after = text.charCodeAt(i)
    if (after > 191 && after < 0x2e80) break
    // Behind a blank goes on what is digits, or one letter that closes the number: `QQ 12 34 56 C`.
    if (spaced && figures === 0 && !(size === 1 && small === 0 && after !== 46 && after !== 39)) break
    if (spaced && small > 0) break
    if (spaced && digits >= 8 && figures > 0 && size > 4 && letters === 0 && groups > 1 && size > 6) break
    if (groups === 0 && figures === 0 && size > 5) break
    if (groups > 0 && small > 2 && figures === 0) break
    digits += figures
    letters += size - figures
    groups++
    end = i
    if (text.charAt(i) === '(' && /^\([\dA]\)/.test(text.slice(i, i + 3))) {
      end = i + 3
      break
    }
    if (i + 1 >= text.length && !place.ended) return 'need'
    const next = text.charCodeAt(i + 1)
    const joint = after === 32 || after === 45 || after === 46 || after === 47 || after === 43
    if (!joint || !(isDigit(next) || (next >= 65 && next <= 90) || (after === 45 && next >= 97 && next <= 122))) break
    i++
  }
  const total = digits + letters
  if (
    digits < (total >= 8 && !/[a-z]/.test(text.slice(start, end)) ? 3 : 4) ||
    total < 5 ||
    total > 22 ||
    letters > digits + 6 ||
    (digits === 3 && letters > 9)
  )
    return undefined
  if (link === 'bare' && words > 2) return undefined
  const value = text.slice(start, end)
  if (/^(?:(?:19|20)\d\d[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:19|20)?\d\d)$/.test(value)) return undefined
  // Four or five digits are a year, a code, an amount.
  if (letters === 0 && digits < 6) return undefined
  if (/^\d{1,3}(?:\.\d{1,2})$/.test(value)) return undefined
  return one(place, kind === 'record' ? 'business/customer-id' : 'personal/national-id', end, link === 'bare' ? 65 : 78)
}

function telephone(place: Place): Answer {
  const { text, start } = place
  let i = start
  let digits = 0
  let end = start
  while (i < text.length && i - start < 24) {
    const code = text.charCodeAt(i)
    if (isDigit(code)) {
      digits++
      end = i + 1
    } else if (
      !(code === 32 || code === 45 || code === 40 || code === 41 || code === 46 || (code === 43 && i === start))
    )
      break
    i++
  }
  if (i >= text.length && !place.ended) return 'need'
  return digits >= 7 && digits <= 15 ? one(place, 'personal/phone', end, 80) : undefined
}
