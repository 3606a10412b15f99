// What a model would read in a text however it is dressed up: compatibility forms, look-alike letters, invisible and tag
// characters, letters set apart by blanks or signs, escapes, base64, hexadecimal, lists of character numbers, ROT13 and text
// written backwards. Only scoring reads this copy. What had to be undone is counted, because nobody does that by accident.
import { LOOKALIKES } from '../../core/index.ts'
import { withoutEscapes } from '../decode/escape.ts'
import { unitsOf } from '../units.ts'
import { SILENT, unseen } from '../unseen.ts'

export interface Canonical {
  readonly text: string
  /** Hidden text that was spelled in characters that nobody sees, or in a code, already part of `text`. */
  readonly hidden: number
  /** Invisible characters inside words. */
  readonly invisible: number
  /** Words that mix Latin letters with look-alikes of another alphabet. */
  readonly mixed: number
  readonly bidirectional: number
  /** Runs of letters set apart, joined again. */
  readonly spaced: number
}

const ASCII = /^[\t\n\r\x20-\x7e]*$/
const isAsciiLetter = (c: number) => (c >= 65 && c <= 90) || (c >= 97 && c <= 122)

const LETTER = 1
const UNSEEN = 2
/** What is known of characters beyond ASCII: a text uses few different ones. */
const kinds = new Map<number, number>()
function kindOf(code: number): number {
  const known = kinds.get(code)
  if (known !== undefined) return known
  const char = String.fromCodePoint(code)
  let kind = /\p{L}/u.test(char) ? LETTER : 0
  if (/\p{Cf}/u.test(char) || (code >= 0xfe00 && code <= 0xfe0f) || code === 0x115f || code === 0x3164) kind |= UNSEEN
  if (kinds.size < 20_000) kinds.set(code, kind)
  return kind
}
/** The code point at `i`; half a pair stands for itself. */
const codeAt = (text: string, i: number) => text.codePointAt(i)!
const widthOf = (code: number) => (code > 0xffff ? 2 : 1)

interface Bare {
  text: string
  /** What characters that nobody sees spell. */
  said: string
  invisible: number
  bidirectional: number
}

/** Leaves out what nobody sees; stretches of ASCII are taken whole. */
function withoutUnseen(source: string): Bare {
  let out = ''
  const bytes: number[] = []
  let invisible = 0
  let bidirectional = 0
  let from = 0
  /** The last character taken. Asking `out` for it would make one string of its pieces each time. */
  let before = 0
  /** The last character beyond ASCII, left out or not. */
  let last = 0
  for (let i = 0; i < source.length; ) {
    if (source.charCodeAt(i) < 128) {
      i++
      continue
    }
    const code = codeAt(source, i)
    const next = i + widthOf(code)
    const preceding = i === 0 ? 0 : source.charCodeAt(i - 1)
    const said = unseen(code, preceding < 128 ? preceding : last)
    last = code
    const turns = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)
    const gone = (kindOf(code) & UNSEEN) !== 0
    if (said !== undefined || turns || gone || (code >= 0x300 && code <= 0x36f)) {
      if (i > from) {
        out += source.slice(from, i)
        before = source.charCodeAt(i - 1)
      }
      from = next
      if (said !== undefined && said !== SILENT) bytes.push(said)
      if (turns) bidirectional++
      else if (gone && code < 0xe0000 && isAsciiLetter(before)) invisible++
    }
    i = next
  }
  const said = bytes.length === 0 ? '' : Buffer.from(bytes).toString()
  return { text: from === 0 ? source : out + source.slice(from), said, invisible, bidirectional }
}

/** Reads words that have a letter beyond ASCII as the Latin words they imitate, or without their marks. */
function readLookalikes(text: string): { text: string; mixed: number } {
  let latin = 0
  let other = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c > 127) other++
    else if (isAsciiLetter(c)) latin++
  }
  // Look-alikes are read as Latin beside Latin letters; a word made of nothing else only in a text that is mostly Latin.
  const foreign = other > latin
  let out = ''
  let mixed = 0
  let done = 0
  for (let i = 0; i < text.length; ) {
    if (text.charCodeAt(i) < 128) {
      i++
      continue
    }
    const code = codeAt(text, i)
    if ((kindOf(code) & LETTER) === 0) {
      i += widthOf(code)
      continue
    }
    let start = i
    while (start > done && isAsciiLetter(text.charCodeAt(start - 1))) start--
    let end = i
    while (end < text.length) {
      const c = codeAt(text, end)
      if (c < 128 ? !isAsciiLetter(c) : (kindOf(c) & LETTER) === 0) break
      end += widthOf(c)
    }
    const word = text.slice(start, end)
    let read = ''
    for (const char of word) read += LOOKALIKES.get(codeAt(char, 0)) ?? char
    const hasLatin = /[A-Za-z]/.test(word)
    if (!/^[A-Za-z]+$/.test(read) || (foreign && !hasLatin)) read = word.normalize('NFD').replace(/\p{M}/gu, '')
    else if (hasLatin) mixed++
    out += text.slice(done, start) + read
    done = end
    i = end
  }
  return { text: done === 0 ? text : out + text.slice(done), mixed }
}

/** Characters of base64 and base64url, without the padding. */
const BASE64 = new Uint8Array(65_536)
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_') BASE64[char.charCodeAt(0)] = 1
const SHORTEST_RUN = 24
const LONGEST_RUN = 4096
/** Characters of runs that are decoded. */
const MOST_DECODED = 200_000

/** At least two words of what prints. */
const reads = (plain: string) => /^[\t\n\r\x20-\x7e]{12,}$/.test(plain) && (plain.match(/ /g)?.length ?? 0) >= 2

/** Sentences that base64 or hexadecimal in the text spells. */
function decodeRuns(text: string): string[] {
  const decoded: string[] = []
  let spent = 0
  const units = unitsOf(text, 0)
  for (let i = 0; i + SHORTEST_RUN <= text.length; ) {
    // Whatever run holds SHORTEST_RUN characters from here on also holds the last of them.
    let k = i + SHORTEST_RUN - 1
    while (k >= i && BASE64[units[k]!] === 1) k--
    if (k >= i) {
      i = k + 1
      continue
    }
    let end = i + SHORTEST_RUN
    const limit = Math.min(text.length, i + LONGEST_RUN)
    while (end < limit && BASE64[units[end]!] === 1) end++
    const run = text.slice(i, end)
    i = end
    spent += run.length
    if (spent > MOST_DECODED) break
    const hex = /^[0-9a-fA-F]+$/.test(run)
    if (!hex && (!/[A-Z]/.test(run) || !/[a-z]/.test(run))) continue
    const plain = Buffer.from(run, hex ? 'hex' : 'base64').toString('latin1')
    if (reads(plain)) decoded.push(plain)
  }
  return decoded
}

/** Twelve or more numbers of characters in a row: `73 103 110`, `49, 67`, `0x49 0x67`. */
const NUMBERS = /(?:(?:0x)?[0-9a-fA-F]{2,3}[ ,;:]{1,2}){11,}(?:0x)?[0-9a-fA-F]{2,3}/g

/** What a list of numbers is made of, by any unit: hexadecimal digits, the signs between them, the x of `0x`. */
const DIGIT = 1
const BETWEEN = 2
const MARK = 3
const PARTS = new Uint8Array(65_536)
for (const [part, characters] of [
  [DIGIT, '0123456789abcdefABCDEF'],
  [BETWEEN, ' ,;:'],
  [MARK, 'x'],
] as const)
  for (const char of characters) PARTS[char.charCodeAt(0)] = part
/** Of twelve numbers the first and the last may be parts of longer words. */
const WHOLE_NUMBERS = 10

/** False for a text without so many short numbers in a row: most are, and the pattern takes long to say so. */
function hasNumbers(text: string): boolean {
  const units = unitsOf(text, 0)
  let row = 0
  let digits = 0
  let between = 0
  for (let i = 0; i < text.length; i++) {
    const part = PARTS[units[i]!]
    if (part === DIGIT) {
      if (between > 0) digits = 0
      if (between > 2) row = 0
      between = 0
      digits++
    } else if (part === BETWEEN) {
      if (between === 0) {
        row = digits === 2 || digits === 3 ? row + 1 : 0
        if (row === WHOLE_NUMBERS) return true
      }
      between++
    } else if (part === MARK && digits === 1 && between === 0) digits = 0
    else {
      row = 0
      digits = 0
      between = 3
    }
  }
  return false
}

/** Sentences that lists of character numbers spell, decimal or hexadecimal. */
function decodeNumbers(text: string): string[] {
  const decoded: string[] = []
  if (!hasNumbers(text)) return decoded
  for (const [list] of text.slice(0, MOST_DECODED).matchAll(NUMBERS))
    for (const base of [10, 16]) {
      const codes = list.split(/[ ,;:]+/).map((number) => Number.parseInt(number.replace(/^0x/, ''), base))
      const plain = codes.every((code) => code < 256) ? String.fromCharCode(...codes.slice(0, LONGEST_RUN)) : ''
      if (reads(plain)) decoded.push(plain)
    }
  return decoded
}

/** Words that every English text is full of, as ROT13 and backwards writes them. */
const ROT13 = /\b(?:gur|naq|lbh|lbhe|nyy|guvf|gung|jvgu)\b/gi
const BACKWARDS = /\b(?:eht|dna|uoy|ruoy|lla|siht|taht|htiw)\b/gi
const often = (text: string, words: RegExp) => {
  let count = 0
  for (const _ of text.matchAll(words)) if (++count === 2) return true
  return false
}
const rot13 = (text: string) =>
  text.replace(/[A-Za-z]/g, (c) => String.fromCharCode(c.charCodeAt(0) + ((c.charCodeAt(0) | 32) < 110 ? 13 : -13)))

/** The text as two ciphers that anybody reads would have it. */
function decipher(source: string): string[] {
  const text = source.slice(0, MOST_DECODED)
  const decoded: string[] = []
  if (often(text, ROT13)) decoded.push(rot13(text))
  if (often(text, BACKWARDS)) decoded.push([...text].reverse().join(''))
  return decoded
}

/** Fewer escapes stand in ordinary text and hide nothing. */
const LEAST_ESCAPES = 4

export function canonicalise(source: string): Canonical {
  let hidden = 0
  let invisible = 0
  let mixed = 0
  let bidirectional = 0
  const escaped = withoutEscapes(source)
  let text = escaped.count >= LEAST_ESCAPES ? escaped.text : source
  if (!ASCII.test(text)) {
    const bare = withoutUnseen(text.normalize('NFKC'))
    const read = readLookalikes(bare.text)
    text = read.text
    invisible = bare.invisible
    bidirectional = bare.bidirectional
    mixed = read.mixed
    if (bare.said !== '') {
      hidden += bare.said.length
      text += `\n${bare.said}`
    }
  }
  let spaced = 0
  // "i g n o r e", "i.g.n.o.r.e", "i-g-n-o-r-e": at least five single letters with the same one sign between them; two
  // blanks or more part the words.
  if (/(?:^|[^A-Za-z])[A-Za-z][ ._*-][A-Za-z][ ._*-][A-Za-z][ ._*-][A-Za-z][ ._*-]/.test(text))
    text = text.replace(
      /(?<![A-Za-z])(?:[A-Za-z]([ ._*-]))(?:[A-Za-z]\1){3,200}[A-Za-z](?![A-Za-z])(?:(?:\s{2,8}|\s?[|/]\s?)[A-Za-z](?:[ ._*-][A-Za-z]){1,200})*/g,
      (run) => {
        spaced++
        return run
          .split(/\s{2,8}|\s?[|/]\s?/)
          .map((word) => word.replace(/[ ._*-]/g, ''))
          .join(' ')
      },
    )
  for (const plain of [...decodeRuns(text), ...decodeNumbers(text), ...decipher(text)]) {
    hidden += plain.length
    text += `\n${plain}`
  }
  return { text, hidden, invisible, mixed, bidirectional, spaced }
}
