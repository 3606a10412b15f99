// One character written as an escape: percent-encoding, HTML entities, `\u`, `\x` and octal escapes, signs behind a backslash,
// quoted-printable, `(at)` and `[dot]`, and what a value may be broken up with: marks of markdown and HTML, strings put together.
import { AT, CLASS, DIGIT, DOT, isAlphanumeric, isDigit, isHex, LETTER } from '../detect/chars.ts'
import { NEED } from '../detect/scan.ts'
import { unitsOf } from '../units.ts'

/** `&CounterClockwiseContourIntegral;` is nothing that values are written with. */
const LONGEST_ENTITY = 12

const NAMED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    apos: "'",
    nbsp: ' ',
    commat: '@',
    period: '.',
    comma: ',',
    colon: ':',
    semi: ';',
    sol: '/',
    bsol: '\\',
    num: '#',
    dollar: '$',
    percnt: '%',
    lowbar: '_',
    UnderBar: '_',
    hyphen: '-',
    dash: '-',
    ndash: '-',
    mdash: '-',
    plus: '+',
    equals: '=',
    lpar: '(',
    rpar: ')',
    excl: '!',
    ast: '*',
    Tab: '\t',
    NewLine: '\n',
    zwnj: '',
    zwj: '',
    shy: '',
    ZeroWidthSpace: '',
  }),
)

/** An escape at some place: how long it is and what it stands for. Filled anew by every look. */
export const seen = { width: 0, text: '' }
const yes = (width: number, text: string): number => {
  seen.width = width
  seen.text = text
  return width
}

/** What a hexadecimal digit counts. */
const hexOf = (c: number) => (isDigit(c) ? c - 48 : (c | 32) - 87)

/** Percent-encoded bytes that belong to one character. */
const BYTES = new Uint8Array(4)
const DECODER = new TextDecoder()

/** Width of the escape at `i`, with `seen` filled; 0 for none; NEED. */
export function escapeAt(text: string, i: number, ended: boolean): number {
  const at = (k: number) => (k < text.length ? text.charCodeAt(k) : ended ? 0 : NEED)
  switch (text.charCodeAt(i)) {
    case 37:
      return at(i + 1) === 117 ? unit(text, i, at) : bytePairs(text, i, 37, ended)
    case 61: {
      const next = at(i + 1)
      if (next === NEED) return NEED
      // A soft line end of quoted-printable.
      if (next === 10) return yes(2, '')
      if (next === 13) return at(i + 2) === NEED ? NEED : at(i + 2) === 10 ? yes(3, '') : 0
      const width = bytePairs(text, i, 61, ended)
      if (width !== 3) return width
      const behind = at(i + 3)
      if (behind === NEED) return NEED
      return isParameter(text, i, behind) ? 0 : width
    }
    case 38:
      return entity(text, i, at)
    case 92:
      return backslash(text, i, at)
    case 32:
    case 40:
    case 91:
    case 123:
      return atOrDot(text, i, at)
    default:
      return brokenUp(text, i, at)
  }
}

/** `limit=50&`, `page=20"`: two figures are given to a name, and `behind` them stands what goes behind a value. */
function isParameter(text: string, i: number, behind: number): boolean {
  if (behind > 32 && !ENDS_PARAMETER.has(behind)) return false
  if (!isDigit(text.charCodeAt(i + 1)) || !isDigit(text.charCodeAt(i + 2))) return false
  let from = i
  while (from > 0 && i - from < LONGEST_PARAMETER && inParameter(text.charCodeAt(from - 1))) from--
  const before = from > 0 ? text.charCodeAt(from - 1) : 32
  return (
    i - from >= 2 && (before <= 32 || before === 38 || before === 63 || before === 34 || before === 39 || before === 59)
  )
}
const LONGEST_PARAMETER = 32
const inParameter = (c: number) => ((c | 32) >= 97 && (c | 32) <= 122) || c === 95
const ENDS_PARAMETER: ReadonlySet<number> = new Set([...'&"\'`),;#'].map((sign) => sign.charCodeAt(0)))

/** `%C3%A9`: one character in one to four bytes, each after the same mark. */
function bytePairs(text: string, i: number, mark: number, ended: boolean): number {
  const bytes = BYTES
  let count = 0
  let wanted = 1
  for (let k = i; count < wanted; k += 3) {
    for (let n = 0; n < 3; n++) {
      if (k + n >= text.length) {
        if (ended) return 0
        return NEED
      }
      const c = text.charCodeAt(k + n)
      if (n === 0 ? c !== mark : !isHex(c) || (mark === 61 && c >= 97)) return 0
    }
    const byte = (hexOf(text.charCodeAt(k + 1)) << 4) | hexOf(text.charCodeAt(k + 2))
    if (count === 0) {
      if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13) return 0
      if (byte === 127) return 0
      if (byte >= 0x80) {
        wanted = byte >= 0xf0 && byte < 0xf5 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 0
        if (wanted === 0) return 0
      }
    } else if (byte < 0x80 || byte > 0xbf) return 0
    bytes[count++] = byte
  }
  return yes(3 * count, count === 1 ? String.fromCharCode(bytes[0] ?? 0) : DECODER.decode(bytes.subarray(0, count)))
}

/** `%u0040`, as old scripts write it. */
function unit(text: string, i: number, at: (k: number) => number): number {
  for (let k = i + 2; k < i + 6; k++) {
    const c = at(k)
    if (c === NEED) return NEED
    if (!isHex(c)) return 0
  }
  const character = printable(Number.parseInt(text.slice(i + 2, i + 6), 16))
  return character === undefined ? 0 : yes(6, character)
}

const printable = (code: number): string | undefined =>
  (code < 32 && code !== 9 && code !== 10 && code !== 13) ||
  (code >= 127 && code < 160) ||
  code > 0x10ffff ||
  (code >= 0xd800 && code <= 0xdfff)
    ? undefined
    : String.fromCodePoint(code)

/** `&#64;`, `&#x40;`, `&commat;`; the semicolon of a number may be missing. */
function entity(text: string, i: number, at: (k: number) => number): number {
  let k = i + 1
  let c = at(k)
  if (c === NEED) return NEED
  if (c === 35) {
    c = at(++k)
    if (c === NEED) return NEED
    const hex = c === 120 || c === 88
    if (hex) k++
    const from = k
    for (c = at(k); k - from < 10 && (hex ? isHex(c) : isDigit(c)); ) c = at(++k)
    if (c === NEED) return NEED
    if (k === from) return 0
    const character = printable(Number.parseInt(text.slice(from, k), hex ? 16 : 10))
    return character === undefined ? 0 : yes((c === 59 ? k + 1 : k) - i, character)
  }
  const from = k
  while (k - from < LONGEST_ENTITY + 2 && (c | 32) >= 97 && (c | 32) <= 122) c = at(++k)
  if (c === NEED) return k - from >= LONGEST_ENTITY + 2 ? 0 : NEED
  if (c !== 59) return 0
  const character = NAMED.get(text.slice(from, k))
  return character === undefined ? 0 : yes(k + 1 - i, character)
}

/** `\006a`, `\00006a `, as style sheets write it: four to six figures, and between two of them a blank that is none. */
function padded(text: string, i: number, at: (k: number) => number): number {
  let k = i + 1
  let c = at(k)
  while (k - i <= 6 && isHex(c)) c = at(++k)
  if (c === NEED) return NEED
  if (k - i < 5) return 0
  const character = printable(Number.parseInt(text.slice(i + 1, k), 16))
  if (character === undefined) return 0
  const next = c === 32 ? at(k + 1) : 0
  if (next === NEED) return NEED
  return yes((next === 92 ? k + 1 : k) - i, character)
}

/** `\@`, `\u0040`, `\u{40}`, `\x40`, `\U00000040`, `\100`. A pair of surrogates is two escapes. */
function backslash(text: string, i: number, at: (k: number) => number): number {
  const kind = at(i + 1)
  if (kind === NEED) return NEED
  let from = i + 2
  let most = 0
  let base = 16
  if (kind === 117) most = 4
  else if (kind === 120) most = 2
  else if (kind === 85) most = 8
  else if (kind >= 48 && kind <= 55) {
    from = i + 1
    most = 3
    base = 8
  } else {
    // `jane\.doe\@example\.com`, `4111\-1111`: markdown and patterns mean the sign itself.
    if (kind >= 128 || !SIGNS.has(kind)) return 0
    const next = at(i + 2)
    if (next === NEED) return NEED
    return inValue(text.charCodeAt(i - 1)) || inValue(next) ? yes(2, String.fromCharCode(kind)) : 0
  }
  const braced = at(from) === 123 && base === 16
  if (at(from) === NEED) return NEED
  if (braced) {
    from++
    most = 6
  }
  let k = from
  for (; k - from < most; k++) {
    const c = at(k)
    if (c === NEED) return NEED
    if (base === 16 ? !isHex(c) : c < 48 || c > 55) break
  }
  // `\56\143`: two figures are enough between others.
  const short =
    base === 8 && k - from === 2 && (at(k) === 92 || text.charCodeAt(i - 3) === 92 || text.charCodeAt(i - 4) === 92)
  if (k === from || (!braced && k - from < most && !short)) return 0
  // Three figures from 400 on are no byte.
  if (base === 8 && kind > 51 && !short) return 0
  if (braced) {
    const c = at(k)
    if (c === NEED) return NEED
    if (c !== 125) return 0
  }
  if (kind === 48 && base === 8) {
    // `\0152\0141`, as a shell writes it.
    const fourth = at(k)
    const behind = at(k + 1)
    if (fourth === NEED || behind === NEED) return NEED
    const value = fourth >= 48 && fourth <= 55 ? Number.parseInt(text.slice(from, k + 1), 8) : 0
    // Style sheets write `\\0061` for a letter: only letters in octal begin so, and what goes on behind one.
    const octal = text.charCodeAt(i + 2) === 49 || text.startsWith('\\01', i - 5)
    if (octal && behind === 92 && value >= 32 && value < 127) return yes(k + 1 - i, String.fromCharCode(value))
  }
  const code = Number.parseInt(text.slice(from, k), base)
  const width = (braced ? k + 1 : k) - i
  // Half a pair: the other half follows.
  if (code >= 0xd800 && code <= 0xdfff) return yes(width, String.fromCharCode(code))
  const character = printable(code)
  if (character === undefined) return base === 8 && code < 8 ? padded(text, i, at) : 0
  return yes(width, character)
}

/** Signs that stand in values and are written behind a backslash where they mean something by themselves. */
const SIGNS = new Set([...'@.-_+():#&~'].map((sign) => sign.charCodeAt(0)))
const inWord = (c: number) => ((CLASS[c] ?? 0) & (LETTER | DIGIT | AT | DOT)) !== 0
const inValue = (c: number) => inWord(c) || c === 45 || c === 95
const BRACKETS = '([{'
const CLOSING = ')]}'
const MOST_BLANKS = 2

/** `jane (at) example [dot] com`, `jane(a)example.com`, `jane at example dot com`: 0 if it is none of them, NEED. */
function atOrDot(text: string, i: number, at: (k: number) => number): number {
  // The end of a sentence is none of a name.
  if (!isAlphanumeric(text.charCodeAt(i - 1))) return 0
  let k = i
  let c = at(k)
  while (c === 32 && k - i < MOST_BLANKS) c = at(++k)
  if (c === NEED) return NEED
  const bracket = c < 128 ? BRACKETS.indexOf(String.fromCharCode(c)) : -1
  if (bracket < 0 && k - i !== 1) return 0
  if (bracket >= 0) {
    c = at(++k)
    while (c === 32 && k - i < 2 * MOST_BLANKS) c = at(++k)
  }
  // The word, at most four letters of it.
  let word = ''
  while (word.length < 4 && c > 32 && (c === 64 || c === 46 || ((c | 32) >= 97 && (c | 32) <= 122))) {
    word += String.fromCharCode(c | 32)
    c = at(++k)
    if (c === NEED) return WORD_BEGINS.has(word) ? NEED : 0
  }
  if (c === NEED) return NEED
  const sign =
    word === 'at' || word === '`' || (word === 'a' && bracket >= 0 && c === 41)
      ? '@'
      : word === 'dot' || word === '.'
        ? '.'
        : ''
  if (sign === '') return 0
  const blanks = k
  while (c === 32 && k - blanks < MOST_BLANKS) c = at(++k)
  if (c === NEED) return NEED
  if (bracket >= 0) {
    if (c !== CLOSING.charCodeAt(bracket)) return 0
    c = at(++k)
    const behind = k
    while (c === 32 && k - behind < MOST_BLANKS) c = at(++k)
    if (c === NEED) return NEED
    return inWord(c) ? yes(k - i, sign) : 0
  }
  if (k === blanks || !inWord(c)) return 0
  if (sign === '.') return yes(k - i, sign)
  // Plain `at` only before a name that goes on with `dot`.
  let end = k
  while (end - k < 40 && c !== 32) {
    if (!inWord(c) && c !== 45) return c === NEED ? NEED : 0
    c = at(++end)
  }
  for (const letter of ' dot ') {
    if (c === NEED) return NEED
    if ((c === 32 ? c : c | 32) !== letter.charCodeAt(0)) return 0
    c = at(++end)
  }
  return yes(k - i, sign)
}

/** Beginnings of the words above, as they are compared. */
const WORD_BEGINS: ReadonlySet<string> = new Set(['a', 'at', 'd', 'do', 'dot', '`', '.'])

/** Elements that do not part words. */
const INLINE =
  /^<(?:!--[^<>]*--|\/?(?:a|b|i|s|u|em|strong|span|font|small|sup|sub|mark|code|kbd|tt|wbr)(?:\s[^<>]*)?\/?)>$/i
const LONGEST_TAG = 64
const MOST_TAGS = 4

/** `4111**1111**`, `jane<b>doe</b>`, `'jane' + 'doe'`: nothing, in the middle of a word. */
function brokenUp(text: string, i: number, at: (k: number) => number): number {
  const before = text.charCodeAt(i - 1)
  // Groups of digits: `4111 **1111**`.
  if (!inValue(before) && !(before === 32 && isDigit(text.charCodeAt(i - 2)))) return 0
  /** Does what is broken up go on with `c`, which is at `k`? */
  const goesOn = (): number => {
    if (before === 32) return isDigit(c) ? 1 : 0
    if (c !== 32 || !isDigit(before)) return inValue(c) ? 1 : 0
    const digit = at(k + 1)
    return digit === NEED ? NEED : isDigit(digit) ? 1 : 0
  }
  const mark = text.charCodeAt(i)
  let k = i + 1
  let c = at(k)
  if (mark === 42 || mark === 126 || mark === 96) {
    while (c === mark && k - i < 4) c = at(++k)
    if (c === NEED) return NEED
    const on = mark === 96 || k - i > 1 ? goesOn() : 0
    return on === 1 ? yes(k - i, '') : on
  }
  if (mark === 60) {
    if (c !== NEED && c !== 33 && c !== 47 && !((c | 32) >= 97 && (c | 32) <= 122)) return 0
    // One tag ends and another begins: `<b>4</b><b>1</b>`.
    let from = i
    for (let tags = 1; ; tags++) {
      while (c !== 62) {
        if (c === NEED) return NEED
        if (c === 0 || c === 60 || k - from > LONGEST_TAG) return 0
        c = at(++k)
      }
      c = at(++k)
      if (c === NEED) return NEED
      if (!INLINE.test(text.slice(from, k))) return 0
      if (c !== 60 || tags === MOST_TAGS) break
      from = k
      c = at(++k)
    }
    const on = goesOn()
    return on === 1 ? yes(k - i, '') : on
  }
  // A quote: blanks, a sign that puts strings together, blanks, a quote.
  while (c === 32 && k - i < 3) c = at(++k)
  let joins = 0
  while ((c === 43 || c === 46 || c === 38 || c === 126 || c === 124) && joins < 2) {
    joins++
    c = at(++k)
  }
  if (joins === 0 && k > i + 1) return c === NEED ? NEED : 0
  const behind = k
  while (c === 32 && k - behind < 3) c = at(++k)
  if (c === NEED) return NEED
  if (c !== 34 && c !== 39) return 0
  c = at(++k)
  if (c === NEED) return NEED
  const on = goesOn()
  return on === 1 ? yes(k - i, '') : on
}

/** What begins an escape, by any unit: 1 does, 2 does if what follows it may be one. */
const INTRODUCES = new Uint8Array(65_536)
for (const c of '%&=\\([{*~`<"\'') INTRODUCES[c.charCodeAt(0)] = 1
INTRODUCES[32] = 2
/** Behind a blank: a bracket or another blank, or the first letter of ` at ` and ` dot `, by which the second is known. */
const FOLLOWS = new Uint8Array(65_536)
for (const c of ' ([{') FOLLOWS[c.charCodeAt(0)] = 1
for (const word of ['at', 'At', 'do', 'Do']) FOLLOWS[word.charCodeAt(0)] = word.charCodeAt(1)

/** Where the next escape may begin. */
export function nextIntroducer(text: string, from: number): number {
  const units = unitsOf(text, from)
  const size = text.length
  let i = from
  for (; i < size; i++) {
    const kind = INTRODUCES[units[i]!]
    if (kind === 0) continue
    if (kind === 1 || i + 1 === size) break
    const wanted = FOLLOWS[units[i + 1]!]!
    if (wanted !== 0 && (wanted === 1 || i + 2 === size || (units[i + 2]! | 32) === wanted)) break
  }
  return i
}

/** A text with its escapes undone, and how many there were. */
export function withoutEscapes(text: string): { text: string; count: number } {
  let out = ''
  let from = 0
  let count = 0
  for (let i = nextIntroducer(text, 0); i < text.length; i = nextIntroducer(text, i)) {
    const width = escapeAt(text, i, true)
    if (width <= 0) i++
    else {
      out += text.slice(from, i) + seen.text
      i += width
      from = i
      count++
    }
  }
  return { text: count === 0 ? text : out + text.slice(from), count }
}
