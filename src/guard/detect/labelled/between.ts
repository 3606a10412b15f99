// From a label to its value: what may stand between the two, and how it links them.
import { isAlphanumeric, isDigit, isUpper } from '../chars.ts'
import { NEED, peek } from '../scan.ts'
import { looksLikePassword } from '../secrets-said.ts'
import { isChange, saysChange } from './change.ts'
import { profile } from './handle.ts'
import { betweenAt, CHANGE_LINK, type Label, type LabelKind, LINK, SMALL_WORD, WEAK_LINK } from './labels.ts'
import { isNetrc } from './password.ts'
import type { Link } from './place.ts'
import { isBlank, KIND, LETTER, type Reader } from './reader.ts'
import { judgeLabelled } from './value.ts'

/** What stands between a label and its value, and the value, are no longer than this. */
export const GAP = 72
export const VALUE = 320

/** Reads from the end of a label to its value and judges that. Returns NEED, or anything else when it is done. */
export function behind(reader: Reader, label: Label, from: number): number {
  const { text } = reader
  let i = from
  let link: Link = 'bare'
  let words = 0
  let free = 0
  let quote = 0
  let lines = 0
  let weak = false
  /** What links them would do so only where something is changed. */
  let changing = false
  /** It is said in a clause of its own. */
  let apart = false
  let tag = false
  reader.gap = -1
  reader.hold = from
  // `密码Panda-7712`
  const joined = text.charCodeAt(from - 1) >= 0x2e80
  // `PASSWORD_RESET_TIMEOUT=3600` names another thing; `password_is value` does not.
  if (peek(reader, from) === 95 && label.kind === 'password') {
    const next = peek(reader, from + 1)
    if (next === NEED) return NEED
    if (isAlphanumeric(next)) return 0
  }
  // `CVC2`
  if (isDigit(peek(reader, i))) {
    const next = peek(reader, i + 1)
    if (next === NEED) return NEED
    if (!joined && (isDigit(next) || KIND[next] === LETTER)) return 0
    if (!joined) i++
  } else if (!joined && KIND[peek(reader, i)] === LETTER) return 0
  for (;;) {
    if (i - from > GAP) return 0
    reader.hold = i
    const c = peek(reader, i)
    if (c === NEED) return NEED
    if (c === 0) return 0
    if (
      isBlank(c) ||
      c === 13 ||
      c === 42 ||
      c === 96 ||
      c === 35 ||
      c === 0xb0 ||
      c === 0xba ||
      c === 0xaa ||
      c === 47
    ) {
      // `facebook/model`
      if (c === 47 && label.kind === 'handle' && i === from) return 0
      // `**PIN**: 1234`; a slash parts two labels.
      i++
      continue
    }
    if (c === 10) {
      // `<your-secret>` is filled in, and its line over.
      if (link !== 'assigned' || tag || ++lines > (LISTED.has(label.kind) ? 2 : 1)) return 0
      i++
      continue
    }
    if (c === 58 || c === 61 || c === 0xff1a) {
      link = 'assigned'
      i++
      // `://`
      if (peek(reader, i) === 47 && peek(reader, i + 1) === 47) return 0
      continue
    }
    if (c === 62 || c === 124) {
      // `-> value`, a cell of a table, text of an element
      link = 'assigned'
      tag = c === 62 && i === from
      i++
      continue
    }
    if (c === 45 || c === 0x2013 || c === 0x2014) {
      const next = peek(reader, i + 1)
      if (next === NEED) return NEED
      if (isDigit(next) || next === 46) {
        if (label.kind === 'degrees' && text.charCodeAt(i - 1) !== 45) break
        if (i !== from) return 0
      }
      i++
      continue
    }
    if (c === 34 || c === 39 || c === 0x201c || c === 0xab || c === 0x201e || c === 0x2018) {
      if (i === from || (link === 'bare' && i - from === 1)) {
        i++
        continue
      }
      const next = peek(reader, i + 1)
      if (next === NEED) return NEED
      quote = CLOSING.get(c) ?? c
      i++
      break
    }
    if (c === 46) {
      // `no.`
      const next = peek(reader, i + 1)
      if (next === NEED) return NEED
      if (label.kind === 'handle' && i === from) return profile(reader, i)
      if (!isBlank(next) && next !== 58 && !isDigit(next)) return 0
      i++
      continue
    }
    if (c === 40 || c === 41 || c === 91 || c === 93) {
      if (words === 0 && link === 'bare' && c === 40 && i === from) return 0
      i++
      continue
    }
    if (c === 63) {
      // `my password? it's …`: without such a link what follows is another sentence.
      if (i !== from) return 0
      words++
      i++
      continue
    }
    if (c === 44) {
      // `le mot de passe de marta, c'est …`
      const spoken = label.kind === 'password' ? linksBehindComma(reader, i) : 0
      if (spoken === NEED) return NEED
      apart ||= spoken > 0
      if (spoken === 0 && (label.kind !== 'degrees' || i !== from)) return 0
      i++
      continue
    }
    if (c >= 0x2e80) {
      if (NATIVE.has(label.kind) && (link !== 'bare' || label.kind === 'called')) break
      // Between a word and its value scripts without blanks write a few signs: は, 是, 改成.
      if (SPOKEN_SIGNS.has(c)) {
        link = 'spoken'
        weak = false
        i++
        continue
      }
      // `パスワードを…に`: something is done to it.
      if (c === 0x3092 || c === 0x3078 || c === 0x306b) {
        // `名前を表示`: a name of which something is said, and not what it is.
        if (NATIVE.has(label.kind)) return 0
        if (link === 'bare') {
          link = 'spoken'
          weak = true
        }
        i++
        continue
      }
      if (SILENT_SIGNS.has(c)) {
        i++
        continue
      }
      if (c >= 0xac00 && c < 0xd7b0) {
        // `이름은 …`: what marks the subject links it, `이름을 …` makes it an object.
        if (NATIVE.has(label.kind)) {
          if (c === 0xc744 || c === 0xb97c) return 0
          link = 'spoken'
        }
        i++
        continue
      }
      return 0
    }
    if (KIND[c] === LETTER) {
      let stop = i
      let unit = c
      while (KIND[unit] === LETTER && stop - i < 24) unit = peek(reader, ++stop)
      if (unit === NEED) return NEED
      const after = isLoose(unit) ? peek(reader, stop + 1) : 0
      if (after === NEED) return NEED
      const pure = isLoose(unit) ? after <= 32 || after === 34 || after === 39 : isBoundary(unit)
      if (!pure && (unit === 39 || unit === 0x2019) && after === 115 && stop - i === 2 && (c | 32) === 105) {
        const blank = peek(reader, stop + 2)
        if (blank === NEED) return NEED
        if (isBlank(blank)) {
          // `it's`
          link = 'spoken'
          i = stop + 2
          continue
        }
      }
      if (!pure && (unit === 39 || unit === 0x2019) && (c | 32) === 99 && stop - i === 1 && after === 101) {
        const blank = peek(reader, stop + 4)
        if (blank === NEED) return NEED
        if (isBlank(blank) && text.startsWith('est', stop + 1)) {
          // `c'est`
          link = 'spoken'
          i = stop + 4
          continue
        }
      }
      if (!pure && unit === 45 && startsAhead(reader, i, 'wi-fi') !== 0) {
        if (startsAhead(reader, i, 'wi-fi') === NEED) return NEED
        words++
        i += 5
        continue
      }
      // `l'actuel est`
      if (!pure && apart && link === 'bare' && (unit === 39 || unit === 0x2019) && stop - i < 3) {
        i = stop + 1
        continue
      }
      if (!pure) {
        if ((link !== 'bare' && !weak) || words === 0 || (weak && looksLikePassword(text, i, tokenEnd(text, i)))) break
        const beyond = tokenBeforeLink(reader, i, changing ? LINK | CHANGE_LINK : LINK)
        if (beyond === NEED) return NEED
        if (beyond === 0) break
        if (reader.gap < 0) reader.gap = i
        // `the pw on web01 is …`: the machine's name is none.
        i = beyond
        words++
        continue
      }
      const between = betweenAt(text, i, stop)
      if (
        (between & LINK) !== 0 ||
        ((between & CHANGE_LINK) !== 0 && SECRET.has(label.kind) && saysChange(text, from, i))
      ) {
        // Polish says `to` for `is`.
        const sure = (between & WEAK_LINK) === 0 || /has[lł]o$/i.test(text.slice(Math.max(0, from - 5), from))
        changing ||= (between & CHANGE_LINK) !== 0
        if (link === 'bare' || (sure && weak)) {
          link = 'spoken'
          weak = !sure
        }
        i = stop
        words++
        continue
      }
      if (isUpper(c) && isUpper(text.charCodeAt(i + 1)) && UPPER_VALUES.has(label.kind)) break
      if ((between & SMALL_WORD) !== 0 && !(link === 'assigned' && label.kind === 'seed')) {
        if (++words - free > 5) return 0
        i = stop
        continue
      }
      // `la password è stata cambiata in …`
      if (link === 'spoken' && SECRET.has(label.kind) && stop - i >= 3 && isChange(text.slice(i, stop))) {
        link = 'bare'
        weak = false
        words++
        i = stop
        continue
      }
      if (weak && !HUMPS.test(text.slice(i, stop))) link = 'bare'
      if (label.kind === 'handle' && stop - i === 1 && c === 117 && unit === 47) break
      if (label.kind === 'password' && words === 0 && isNetrc(text.slice(Math.max(0, from - 96), from))) break
      if (link === 'bare' && !BARE_WORDS.has(label.kind)) {
        words++
        if (++free > 4 || !WORDY.has(label.kind)) return 0
        // It may be the value of another label.
        if (reader.gap < 0) reader.gap = i
        i = stop
        continue
      }
      break
    }
    break
  }
  reader.hold = i
  // `to` changes something, or leads somewhere.
  if (weak && !changing && SECRET.has(label.kind) && saysChange(text, from, i)) weak = false
  return judge(reader, label.kind === 'flag' ? 'password' : label.kind, from, i, quote, link, words, weak || apart)
}

/** `, c'est …`, `, which is …`, `, ahora es …`: a link is one of the next three words. 1, 0 or NEED. */
function linksBehindComma(reader: Reader, comma: number): number {
  let i = comma + 1
  for (let count = 0; count < 3; count++) {
    const blank = peek(reader, i)
    if (blank === NEED) return NEED
    if (blank !== 32) return 0
    const start = ++i
    let c = peek(reader, i)
    // `c'est`, `it's`
    while ((KIND[c] === LETTER || c === 39) && i - start < 12) c = peek(reader, ++i)
    if (c === NEED) return NEED
    if (i === start) return 0
    const word = reader.text.slice(start, i).toLowerCase()
    if (word === "c'est" || word === "it's" || word === "that's") return 1
    const bits = betweenAt(reader.text, start, i)
    if ((bits & LINK) !== 0 && (bits & WEAK_LINK) === 0 && c === 32) return 1
  }
  return 0
}

/** Does the text go on with `wanted` from `at` on? 1, 0 or NEED. */
function startsAhead(reader: Reader, at: number, wanted: string): number {
  for (let k = 0; k < wanted.length; k++) {
    const c = peek(reader, at + k)
    if (c === NEED) return NEED
    if ((c | 32) !== (wanted.charCodeAt(k) | 32)) return 0
  }
  return 1
}

/** Where what stands at `at` is over, of what has arrived; no further than a password goes. */
function tokenEnd(text: string, at: number): number {
  let end = at
  while (end < text.length && end - at < 64 && text.charCodeAt(end) > 32 && text.charCodeAt(end) < 0x2e80) end++
  return end
}

/** End of the token at `at` if `is`, `:` or the like follows it, else 0; NEED. */
function tokenBeforeLink(reader: Reader, at: number, links: number): number {
  reader.hold = at
  let i = at
  let c = peek(reader, i)
  while (c > 32 && c !== 58 && c !== 61 && i - at < 48) c = peek(reader, ++i)
  if (c === NEED) return NEED
  if (c === 58 || c === 61) {
    const next = peek(reader, i + 1)
    if (next === NEED) return NEED
    return next === 32 ? i : 0
  }
  if (c !== 32) return 0
  const end = i
  const start = ++i
  c = peek(reader, i)
  while (KIND[c] === LETTER && i - start < 10) c = peek(reader, ++i)
  if (c === NEED) return NEED
  if (i === start) return c === 61 || c === 58 ? end : 0
  return (betweenAt(reader.text, start, i) & links) !== 0 && c === 32 ? end : 0
}

export function judge(
  reader: Reader,
  kind: LabelKind,
  from: number,
  start: number,
  quote: number,
  link: Link,
  words: number,
  weak = false,
): number {
  const { text } = reader
  const verdict = judgeLabelled(kind, {
    text,
    start,
    quote,
    link,
    weak,
    words,
    limit: start + VALUE,
    ended: reader.ended,
    left: text.slice(Math.max(0, from - 96), from),
  })
  if (verdict === 'need') return NEED
  if (verdict === undefined) return 0
  for (const found of verdict) reader.add(found.class, found.start, found.end, found.confidence)
  // Codes that look like labels would each read the rest of the list again; to the last one belongs what follows.
  if (kind === 'codes') reader.skip(verdict.at(-1)?.start ?? 0)
  return 1
}

/** `CorrectHorse` */
const HUMPS = /[a-z][A-Z]/

/** Kinds whose value may itself be capitals only, so that a word of capitals ends the search. */
const UPPER_VALUES: ReadonlySet<string> = new Set(['bic', 'plate', 'vehicle', 'id', 'device', 'vin'])
/** Kinds whose value is written in the script of the label. */
const NATIVE: ReadonlySet<string> = new Set(['name', 'called', 'postal'])
/** Kinds whose values come as a list, which stands by itself behind an empty line. */
const LISTED: ReadonlySet<string> = new Set(['codes', 'seed'])
/** Kinds whose value may follow as a plain word without any link. */
const BARE_WORDS: ReadonlySet<string> = new Set(['seed', 'called'])
/** Kinds between whose label and link any words may stand: `the pw on web is …`. */
const WORDY: ReadonlySet<string> = new Set(['password', 'pin', 'lock', 'id'])
/** Kinds that people change. */
const SECRET: ReadonlySet<string> = new Set(['password', 'loose-password', 'pin'])

const eachOf = (signs: string): ReadonlySet<number> => new Set([...signs].map((sign) => sign.charCodeAt(0)))
/** What says `is`, `becomes`, `changed to` in scripts without blanks; a quote opens there as well. */
const SPOKEN_SIGNS = eachOf('はが是为為成＝=\u3000「『')
/** What stands before those: `密码已经改成了`, `PIN码是`. */
const SILENT_SIGNS = eachOf('まだ还還仍已经經就改设設置定换換更修变變了的都码碼号號现在現被重新')

const CLOSING: ReadonlyMap<number, number> = new Map([
  [0x201c, 0x201d],
  [0xab, 0xbb],
  [0x201e, 0x201c],
  [0x2018, 0x2019],
])

/** What may follow a word that is only a word. */
const isBoundary = (c: number) =>
  c <= 32 || c === 44 || c === 59 || c === 41 || c === 40 || c === 93 || c === 62 || c === 60 || c === 124 || c === 47
/** Ends a word if a blank follows, else it stands inside a value. */
const isLoose = (c: number) =>
  c === 0x2019 || c === 46 || c === 58 || c === 63 || c === 33 || c === 61 || c === 34 || c === 39 || c === 45
