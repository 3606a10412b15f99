// Values in codes: every code of the table, every value, alone and in prose; streams give what the whole text gives; what is
// not text is let go.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Finding } from '../../core/index.ts'
import { type Detector, detect } from '../detector.ts'
import { createDetectors } from '../detectors.ts'
import { normalise } from '../normalise.ts'
import { createCodedDetector } from './coded.ts'

const detectors = createDetectors()
const coded = createCodedDetector(detectors.slice(0, -1))

const bytesOf = (text: string) => [...Buffer.from(text)]
const base64 = (text: string) => Buffer.from(text).toString('base64')
const hex = (text: string) => Buffer.from(text).toString('hex')
const each = (text: string, write: (code: number) => string) =>
  [...text].map((c) => write(c.codePointAt(0) ?? 0)).join('')
const percent = (text: string) =>
  bytesOf(text)
    .map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
    .join('')

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const base32 = (text: string) => {
  const bits = bytesOf(text)
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
  return bits.replace(/.{1,5}/g, (five) => BASE32[Number.parseInt(five.padEnd(5, '0'), 2)] ?? '')
}
/** Groups of four bytes in five signs of this alphabet. */
const base85 = (text: string, alphabet: string) => {
  const bytes = bytesOf(text)
  let out = ''
  for (let i = 0; i < bytes.length; i += 4) {
    let value = 0
    for (let k = 0; k < 4; k++) value = value * 256 + (bytes[i + k] ?? 0)
    const group = [85 ** 4, 85 ** 3, 85 ** 2, 85, 1].map((unit) => alphabet[Math.floor(value / unit) % 85]).join('')
    out += group.slice(0, Math.min(4, bytes.length - i) + 1)
  }
  return out
}
const ASCII85 = Array.from({ length: 85 }, (_, k) => String.fromCharCode(33 + k)).join('')
const GIT85 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~'
const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#'
const base58 = (text: string) => {
  let value = BigInt(`0x${hex(text)}`)
  let out = ''
  for (; value > 0n; value /= 58n)
    out = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'.charAt(Number(value % 58n)) + out
  return out
}
const BASE45 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:'
const base45 = (text: string) => {
  const bytes = bytesOf(text)
  let out = ''
  for (let i = 0; i < bytes.length; i += 2) {
    const two = i + 1 < bytes.length
    let value = two ? (bytes[i] ?? 0) * 256 + (bytes[i + 1] ?? 0) : (bytes[i] ?? 0)
    for (let k = two ? 3 : 2; k > 0; k--, value = Math.floor(value / 45)) out += BASE45.charAt(value % 45)
  }
  return out
}
const uuencode = (text: string) => {
  const bytes = bytesOf(text)
  let out = ''
  for (let i = 0; i < bytes.length; i += 45) {
    const line = bytes.slice(i, i + 45)
    out += String.fromCharCode(32 + line.length)
    for (let k = 0; k < line.length; k += 3) {
      const value = ((line[k] ?? 0) << 16) | ((line[k + 1] ?? 0) << 8) | (line[k + 2] ?? 0)
      for (const shift of [18, 12, 6, 0]) out += String.fromCharCode(32 + ((value >> shift) & 63) || 96)
    }
    out += '\n'
  }
  return out.replaceAll(' ', '`')
}
const backwards = (text: string) => [...text].reverse().join('')
const bits = (text: string, size: number) =>
  bytesOf(text)
    .map((byte) => byte.toString(2).padStart(size, '0'))
    .join('')
const NATO =
  'alfa bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec romeo sierra tango ' +
  'uniform victor whiskey xray yankee zulu zero one two three four five six seven eight nine'
const said: Readonly<Record<string, string>> = {
  ...Object.fromEntries(NATO.split(' ').map((word, k) => ['abcdefghijklmnopqrstuvwxyz0123456789'.charAt(k), word])),
  ...{ '@': 'at', '.': 'dot', '-': 'dash', _: 'underscore' },
}
const spoken = (text: string) => [...text].map((sign) => said[sign.toLowerCase()]).join(' ')
const MARKS =
  '.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. ' +
  '----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----.'
const marks: Readonly<Record<string, string>> = {
  ...Object.fromEntries(MARKS.split(' ').map((mark, k) => ['abcdefghijklmnopqrstuvwxyz0123456789'.charAt(k), mark])),
  ...{ '@': '.--.-.', '.': '.-.-.-', '-': '-....-', _: '..--.-' },
}
const morse = (text: string) => [...text].map((sign) => marks[sign.toLowerCase()]).join(' ')
const utf16 = (text: string) => Buffer.from(text, 'utf16le')

const CODES: Readonly<Record<string, (text: string) => string>> = {
  base64,
  base64url: (text) => Buffer.from(text).toString('base64url'),
  'base64 twice': (text) => base64(base64(text)),
  'base64 three times': (text) => base64(base64(base64(text))),
  'base64 of hexadecimal of percent-encoding': (text) => base64(hex(percent(text))),
  'escapes of style sheets': (text) =>
    each(text, (code) => `\\${code.toString(16).padStart(code > 0xff ? 6 : 4, '0')}`),
  'longer escapes of style sheets': (text) => each(text, (code) => `\\${code.toString(16).padStart(6, '0')} `),
  'a picture between characters': (text) => [...text].join('🙂'),
  'a star between characters': (text) => [...text].join(' ★ '),
  'base64 behind a word': (text) => `id_${base64(text)}`,
  'base64 behind bytes that are no text': (text) =>
    Buffer.concat([Buffer.from([0, 255, 1, 254, 7, 129]), Buffer.from(text)]).toString('base64'),
  'base64 of UTF-16': (text) => utf16(text).toString('base64'),
  'base64 of UTF-16, the other end first, behind its mark': (text) =>
    utf16(`\ufeff${text}`).swap16().toString('base64'),
  'hex of UTF-16': (text) => utf16(text).toString('hex'),
  base32,
  'base32 in small letters behind a word': (text) => `KEY_${base32(text).toLowerCase()}`,
  'base32 of many words, the last piece': (text) => base32(`${'A letter in many words. '.repeat(90)}${text} and more`),
  'base64 in lines': (text) => base64(`${'A letter in many words. '.repeat(4)}${text} `).replace(/.{60}/g, '$&\r\n'),
  'base64 in lines that are quoted': (text) =>
    base64(`${'A letter in many words. '.repeat(4)}${text} `).replace(/.{60}/g, '$&\n> '),
  'base64 in lines that are indented': (text) =>
    base64(`${'A letter in many words. '.repeat(4)}${text} `).replace(/.{60}/g, '$&\n    '),
  Ascii85: (text) => base85(`${text} `, ASCII85),
  'Ascii85 behind its mark': (text) => `<~${base85(`It is ${text}`, ASCII85)}~>`,
  'base85 of Git': (text) => base85(`It is ${text}`, GIT85),
  Z85: (text) => base85(`It is ${text}`, Z85),
  'Ascii85 of many words, the last piece': (text) =>
    base85(`${'A letter in many words. '.repeat(115)}${text} and more`, ASCII85),
  base45: (text) => base45(`It is ${text}.`),
  'base45 of an odd number of bytes': (text) => base45(`It was ${text}.`),
  'base45 of many words, the last piece': (text) => base45(`${'A letter in many words. '.repeat(87)}${text} and more`),
  'base64 backwards': (text) => backwards(base64(text)),
  'base64 backwards without padding': (text) => backwards(base64(`It is ${text}`).replaceAll('=', '')),
  'base64 backwards of many words, the last piece': (text) =>
    backwards(base64(`${text} and more ${'A letter in many words. '.repeat(110)}`)),
  'binary digits without gaps': (text) => bits(text, 8),
  'seven binary digits each, without gaps': (text) => bits(text, 7),
  'binary digits of many words, the last piece': (text) =>
    bits(`${'A letter in words. '.repeat(22)}${text} and more`, 8),
  'base64 in lines of eight': (text) => base64(`It is ${text}`).replace(/.{8}(?!$)/g, '$&\n'),
  'base64 in lines of twenty, each quoted': (text) =>
    base64(`It is ${text}, or so they say`).replace(/.{20}(?!$)/g, '$&\n> '),
  'base64 in lines of twelve of many words, the last piece': (text) =>
    base64(`${'A letter in many words. '.repeat(103)}${text} and more`).replace(/.{12}(?!$)/g, '$&\r\n'),
  'hex in lines of ten': (text) => hex(text).replace(/.{10}(?!$)/g, '$&\n  '),
  'base32 in lines of sixteen': (text) => base32(`It is ${text}, or so`).replace(/.{16}(?!$)/g, '$&\n'),
  uuencode: (text) => `\n${uuencode(`It is ${text}, or so they say`)}`,
  'uuencode of many words, the last piece': (text) =>
    `\n${uuencode(`${'A letter in many words. '.repeat(135)}${text} and more`)}`,
  'base64 of Ascii85': (text) => base64(base85(`It is ${text}`, ASCII85)),
  base58: (text) => base58(`It is ${text}`),
  'said in words': spoken,
  'said in words, as names': (text) => spoken(text).replace(/\b[a-z]/g, (letter) => letter.toUpperCase()),
  Morse: morse,
  'Morse in lines': (text) => morse(text).replace(/((?:\S+ ){6}\S+) /g, '$1\n'),
  'numbers, each behind the name of a function': (text) =>
    bytesOf(text)
      .map((byte) => `chr(${byte})`)
      .join(' + '),
  'hexadecimal numbers, each behind the name of a function': (text) =>
    bytesOf(text)
      .map((byte) => `String.fromCharCode(0x${byte.toString(16)})`)
      .join('+'),
  'code points': (text) =>
    bytesOf(text)
      .map((byte) => `U+${byte.toString(16).padStart(4, '0')}`)
      .join(' '),
  hex,
  'words of hex': (text) => hex(text).replace(/.{4}(?!$)/g, '$& '),
  'octal escapes': (text) => each(text, (code) => `\\${code.toString(8)}`),
  'marked octal numbers': (text) =>
    bytesOf(text)
      .map((byte) => `0o${byte.toString(8)}`)
      .join(', '),
  'hex in capitals': (text) => hex(text).toUpperCase(),
  'hex of base64': (text) => hex(base64(text)),
  'pairs of hex': (text) => hex(text).replace(/..(?!$)/g, '$& '),
  'marked hex': (text) => hex(text).replace(/../g, '0x$&,'),
  'numbers of characters': (text) => bytesOf(text).join(', '),
  binary: (text) =>
    bytesOf(text)
      .map((byte) => byte.toString(2).padStart(8, '0'))
      .join(' '),
  percent,
  'percent twice': (text) => percent(text).replaceAll('%', '%25'),
  'entities by number': (text) => each(text, (code) => `&#${code};`),
  'entities by hexadecimal number': (text) => each(text, (code) => `&#x${code.toString(16)};`),
  'one entity': (text) => `${text.slice(0, 3)}&#${text.charCodeAt(3)};${text.slice(4)}`,
  'unicode escapes': (text) => each(text, (code) => `\\u${code.toString(16).padStart(4, '0')}`),
  'byte escapes': (text) => each(text, (code) => `\\x${code.toString(16)}`),
  'quoted-printable': (text) =>
    each(text, (code) => (code < 97 ? `=${code.toString(16).toUpperCase()}` : String.fromCharCode(code))),
  'a soft line end': (text) => `${text.slice(0, 5)}=\n${text.slice(5)}`,
  'marks of markdown': (text) => `${text.slice(0, 4)}**${text.slice(4, 9)}**${text.slice(9)}`,
  'marks of HTML': (text) => `${text.slice(0, 4)}<b class="x">${text.slice(4, 9)}</b>${text.slice(9)}`,
  'marks of HTML side by side': (text) => `${text.slice(0, 4)}</b><b>${text.slice(4)}`,
  'signs behind a backslash': (text) => text.replace(/[^A-Za-z\d]/g, '\\$&'),
  'escapes of old scripts': (text) => each(text, (code) => `%u${code.toString(16).padStart(4, '0')}`),
  'strings put together': (text) => `"${text.slice(0, 4)}" + "${text.slice(4)}"`,
  'a list of characters': (text) => JSON.stringify([...text]),
  'set apart': (text) => [...text].join(' '),
  'set apart by points': (text) => [...text].join('.'),
  'one character a line': (text) => [...text].join('\n'),
}
const VALUES: Readonly<Record<string, string>> = {
  'personal/email': 'jane.doe@example.com',
  'finance/card': '4111111111111111',
  'finance/iban': 'DE89370400440532013000',
  'personal/national-id/us-ssn': '123-45-6789',
  'network/host': 'db-7.prod.internal',
  'secret/github-token': 'ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8',
}

/** Characters of [from, to) that a finding covers, 0 to 1. */
function cover(text: string, from: number, to: number, list: readonly Detector[]): number {
  const covered = new Uint8Array(text.length)
  for (const detector of list)
    for (const { start, end, confidence } of detect(detector, text)) if (confidence >= 50) covered.fill(1, start, end)
  let count = 0
  for (let i = from; i < to; i++) count += covered[i] ?? 0
  return count / (to - from)
}

describe.each(Object.entries(CODES))('%s', (name, write) => {
  it.each(Object.entries(VALUES))('hides no %s', (dataClass, value) => {
    const code = write(value)
    const text = `Here it is: ${code} as you wanted.`
    // What stands round the value in the same code need not be covered: a word, bytes that are no text, quotes.
    const least = name.includes('piece') ? 0.5 : name.includes('behind') ? 0.6 : /strings|list/.test(name) ? 0.85 : 0.93
    expect(cover(text, 12, 12 + code.length, detectors)).toBeGreaterThan(least)
    if (!cover(text, 12, 12 + code.length, detectors.slice(0, -1)))
      expect(detect(coded, text).map((finding) => finding.class)).toContain(dataClass)
  })
})

it.each([
  'jane.doe (at) example (dot) com',
  'jane.doe[at]example[dot]com',
  'jane.doe(a)example.com',
  'jane.doe at example dot com',
  `four${' one'.repeat(15)}`,
  '4111 **1111** 1111 1111',
  '4111</b> 1111 1111 <b>1111',
  '4111 1111 " + "1111 1111',
  '4111 1111" + " 1111 1111',
  '41 11 11 11 11 11 11 11',
  '411 111 111 111 111 1',
  'x4111111111111111',
  '4111111111111111x',
  'DE89/3704/0044/0532/0130/00',
  '4\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e3111111111111',
  'jane.doe@example。com',
])('finds %s', (value) => {
  const text = normalise(`It is: ${value} or so.`)
  expect(cover(text, 7, text.length - 7, detectors)).toBeGreaterThan(0.9)
})

const rot13 = (text: string) =>
  text.replace(/[a-z]/gi, (letter) => {
    const code = letter.charCodeAt(0)
    return String.fromCharCode((code & 31) > 13 ? code - 13 : code + 13)
  })
it.each([
  'ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8',
  'AKIAQ3EGRT5ZV2KLMN4P',
  'sk-ant-api03-a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8',
  'DE89370400440532013000',
  'GB29NWBK60161331926819',
  'jane.doe@example.com',
])('finds %s in ROT13', (value) => {
  for (const before of ['It is: ', 'KEY=', 'k="']) {
    const text = `${before}${rot13(value)} or so.`
    expect(cover(text, before.length, before.length + value.length, detectors)).toBeGreaterThan(0.9)
  }
})

it('finds a password whose name and sign are escaped', () => {
  const text = 'q=password%20%3D%20%22hunter2hunter2%22&x=1'
  const at = text.indexOf('hunter2')
  expect(cover(text, at, at + 14, [coded])).toBe(1)
})

it.each([
  'four one one one one one one one one one one one one one one one',
  'four one one one, one one one one, one one one one, one one one one',
  'vier eins eins eins eins eins eins eins eins eins eins eins eins eins eins eins',
  'quattro uno uno uno uno uno uno uno uno uno uno uno uno uno uno uno',
  'quatro um um um um um um um um um um um um um um um',
  'vier een een een een een een een een een een een een een een een',
  'cztery jeden jeden jeden jeden jeden jeden jeden jeden jeden jeden jeden jeden jeden jeden jeden',
  'четыре один один один один один один один один один один один один один один один',
  'dört bir bir bir bir bir bir bir bir bir bir bir bir bir bir bir',
])('finds a card in words: %s', (text) => {
  expect(detect(coded, `my card: ${text}.`).map((f) => f.class)).toContain('finance/card')
})

it('finds a private key whose first line has an escape', () => {
  const body = Array.from({ length: 12 }, (_, i) => hex(`line ${i} of the key!`).slice(0, 48)).join('\n')
  const text = `-----BEGIN PRIVATE&#32;KEY-----\n${body}\n-----END PRIVATE KEY-----\n`
  const at = text.indexOf(body)
  expect(cover(text, at, at + body.length, [coded])).toBe(1)
})

it('says nothing about binary data, identifiers, digests and tables', () => {
  let seed = 7
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed >>> 24
  }
  const picture = Buffer.from(Array.from({ length: 60_000 }, random)).toString('base64')
  const texts = [
    'words\nthat\nstand\nalone\nother\nlines\nagain\n\nREAD ME FIRST 2024 A4B C5D E6F 78A\nTOTAL: 45E 12C',
    '0101010101010101010101010101010101010101010101010101010101010101 1111111111111111111111111111111111111111111111111111111111111111',
    `${'e3b0c442\n98fc1c14\n9afbf4c8\n996fb924\n'}OK\n#EXAMPLE\n&AMP; AND SO ON: 45 %DONE 99% .A4 B4C /C4D\n`,
    `![](data:image/png;base64,${picture})`,
    'const getElementsByTagNameNS = document.getElementsByTagNameNS; internationalizationConfigurationFactory()',
    'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 commit 0cf1ec2e5cf8a2d4c2c3b1b8a4dffcd1a3cf1e0b',
    '1 0 0 1 0 1 1 0\n0 1 1 0 0 1 0 1\n1 1 0 0 1 0 1 0',
    'for (i = 0; i < n; i++) a[i] = b[i] * c[i] + d; printf("%20d %s\\n", x, y); 100%25 &amp; more',
    '10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120',
    'Call DATA=xs(Abc, "Deg[i].Fgh:Ijk=Lm>no") or <A.B.Cde>Fghij#klm-nop and BE2F 3A4B 5C6D 2024 4041 4243 7777',
    'go \\1\\2 to \\4\\5\\6 and \\56x or \\777, 0o17 0o644 mode',
    'Look (1) and (2) or chr(5); see f(10) + g(20) + h(30) + i(40) + j(50) + k(60) + l(70) + m(80) + n(90)',
    '| - | - | - |\n. . . . . . . . . 12 ... and so on. - - - - - - - - - - -. --- .. -- . .... U+2010 U+2011 U+2013 U+00E9',
    'Mike, Oscar, Victor and India met at Hotel Charlie at one. Point one at two, dot three at four, minus five plus six',
    'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPV 5Kd3NBUAdUnhyzenEwVLy9pBKxSwXvE9FMPyR4UKZvpe6E3AgLr',
    'In C:\\data\\v2\\_x a call of f(a)b, /^\\d{3}\\-\\d+\\.\\d$/ and \\(x \\cdot 2\\)\\_3, 2 **3** 4 or <b>5</b> 6',
  ]
  for (const text of texts)
    expect(
      detect(coded, text).filter(({ confidence }) => confidence >= 50),
      text.slice(0, 60),
    ).toEqual([])
})

it('reports what is beyond the bound as unread', () => {
  const filler = `${base64('Nothing to see here, only words.')} `.repeat(15_000)
  const text = `${filler}${base64('jane.doe@example.com')}`
  const last = detect(coded, text).at(-1)
  expect(last).toMatchObject({ class: 'secret/unread', end: text.length })
})

it.each([
  ['escapes', 'See db-%301.prod.internal and jane%40example.com, '.repeat(4500), 25],
  ['nothing but escapes', '%41'.repeat(110_000), 250],
  ['runs', `${base64('Only words and nothing else.')} `.repeat(9000), 250],
])('reaches the bound at the same place however the text arrives: %s', (_, text, apart) => {
  const pieces = (size: number) => {
    const stream = coded.open()
    const found: Finding[] = []
    for (let at = 0; at < text.length; at += size) found.push(...stream.push(text.slice(at, at + size)))
    found.push(...stream.end())
    return found.map(({ class: name, start, end }) => `${start}-${end} ${name}`).sort()
  }
  const whole = pieces(text.length)
  const unread = whole.filter((line) => line.endsWith('secret/unread')).length
  expect(unread).toBeGreaterThan(0)
  // Neighbours are told together.
  expect(unread).toBeLessThan(text.length / apart)
  expect(pieces(7)).toEqual(whole)
})

it('holds back at most a piece of a long code', () => {
  const stream = coded.open()
  const text = base64('Only words, nothing of value in them, over and over. '.repeat(400))
  let most = 0
  for (let at = 0; at < text.length; at += 5) {
    stream.push(text.slice(at, at + 5))
    most = Math.max(most, at + 5 - stream.openFrom)
  }
  expect(most).toBeLessThan(2100)
})

it('lets a line drawn across the page go', () => {
  const stream = coded.open()
  const text = `text\n${'-'.repeat(80)}`
  stream.push(text)
  expect(text.length - stream.openFrom).toBeLessThan(10)
})

it('gives for a stream what it gives for the whole', () => {
  const words = [
    'Hello there, ',
    'a b c d ',
    '100% & more; x=1 ',
    '\\u00',
    '&am',
    '\n\n',
    'é',
    '4 1 1 1 ',
    '== ',
    '%C3%A9',
    '----------',
  ]
  const some = fc
    .array(
      fc.oneof(
        fc.constantFrom(...words),
        fc
          .tuple(fc.constantFrom(...Object.values(CODES)), fc.constantFrom(...Object.values(VALUES), 'plain words'))
          .map(([write, value]) => write(value)),
        fc.string({ maxLength: 12 }),
        fc.base64String({ maxLength: 40 }),
      ),
      { minLength: 1, maxLength: 6 },
    )
    .map((parts) => parts.join(' '))
  fc.assert(
    fc.property(some, fc.infiniteStream(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 16 }))), (text, sizes) => {
      const stream = coded.open()
      const found: Finding[] = []
      for (let at = 0; at < text.length; ) {
        const piece = text.slice(at, at + (sizes.next().value as number))
        at += piece.length
        const open = stream.openFrom
        const now = stream.push(piece)
        for (const finding of now) expect(finding.start).toBeGreaterThanOrEqual(open)
        found.push(...now)
      }
      found.push(...stream.end())
      const order = (list: typeof found) =>
        list.map(({ class: name, start, end, confidence }) => `${start}-${end} ${name} ${confidence}`).sort()
      expect(order(found)).toEqual(order(detect(coded, text)))
    }),
    { numRuns: Number(process.env.STREAM_RUNS ?? 1500) },
  )
})
