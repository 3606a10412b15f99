// Characters that nobody sees, over all detectors: they hide nothing that is seen, and what they say themselves is read.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDetectors } from './detectors.ts'
import type { Region } from './regions.ts'
import { createScreen } from './screen.ts'
import { unseenText } from './unseen.ts'

const screen = createScreen({ detectors: createDetectors({ names: false }) })

const tags = (text: string) => [...text].map((c) => String.fromCodePoint(0xe0000 + c.charCodeAt(0))).join('')
const selectors = (text: string) =>
  [...Buffer.from(text)].map((b) => String.fromCodePoint(b < 16 ? 0xfe00 + b : 0xe0100 + b - 16)).join('')

/** Every finding with the text it is about; of characters that only are unseen, how many. */
function found(text: string, pieces: readonly string[] = [text]): { said: string[]; unseen: number; held: number } {
  const said: string[] = []
  let unseen = 0
  let held = 0
  const sink = {
    clear() {},
    region(region: Region) {
      for (const { class: name, start, end } of region.findings)
        if (name === 'leak/invisible') unseen++
        else said.push(`${name} ${region.text.slice(start - region.start, end - region.start)}`)
    },
  }
  const stream = screen.open('plain')
  for (const piece of pieces) {
    stream.push(piece, sink)
    held = Math.max(held, stream.held())
  }
  stream.end(sink)
  return { said, unseen, held }
}

const CARD = '4539 5787 6362 1486'
const MAIL = 'ann.lee@corpmail.example.com'
const UNSEEN: readonly (readonly [string, string])[] = [
  ['tags', tags('a')],
  ['selectors of ideographs', selectors('a')],
  ['selectors of signs', '\ufe07'],
  ['blanks of no width', '\u200b'],
  ['joiners', '\u200d'],
  ['two joiners', '\u200d\u200c'],
  ['marks of order', '\ufeff'],
  ['turns of direction', '\u202e'],
  ['soft hyphens', '\u00ad'],
]

describe('what is seen', () => {
  it.each(UNSEEN)('is found with %s between its characters', (_, between) => {
    const card = found(`My card is ${[...CARD].join(between)}, thanks.`)
    expect(card.said).toEqual([`finance/card ${[...CARD].join(between)}`])
    const mail = found(`Write to ${[...MAIL].join(between)} at once.`)
    expect(mail.said).toEqual([`personal/email ${[...MAIL].join(between)}`])
  })
})

describe('what nobody sees', () => {
  it.each([
    ['tags', tags],
    ['selectors', selectors],
  ])('is found in %s, in a row and behind the characters of other text', (_, hide) => {
    for (const value of [CARD, MAIL]) {
      const row = found(`Thank you \u{1f60a}${hide(`it is ${value}`)}, and good night.`)
      expect(row.said).toEqual([expect.stringMatching(/^(?:finance\/card|personal\/email) /)])
      expect(row.said[0]).toContain(hide(value))
      expect(row.unseen).toBe(value.length + 'it is '.length)
      const spread = [...`it is ${value}`].map((c) => `x${hide(c)}`).join('')
      expect(found(spread).said).toContain(
        `${value === CARD ? 'finance/card' : 'personal/email'} ${[...value].map((c) => hide(c)).join('x')}`,
      )
      expect(unseenText(spread)).toBe(`it is ${value}`)
    }
  })
  it('is opened like any other text: base64 in it too', () => {
    expect(found(`ok \u{1f60a}${selectors(Buffer.from(`my card is ${CARD}`).toString('base64'))}`).said).toEqual([
      expect.stringContaining('finance/card'),
    ])
  })
  it('is a text of its own wherever much that is seen lies between', () => {
    const far = 'and so on, and so on, and so on, and so on, and so on, and so on, and on. '
    expect(found(`x${tags(CARD.slice(0, 9))}${far}x${tags(CARD.slice(9))}`).said).toEqual([])
  })
  it('holds nothing back for long: a flag is over when other text goes on', () => {
    const text = `Scotland \u{1f3f4}${tags('gbsct')}\u{e007f} plays at home today. ${'It is a fine day for it. '.repeat(40)}`
    const { said, held } = found(text, [...text])
    expect(said).toEqual([])
    expect(held).toBeLessThan(100)
  })
})

it.each([
  ['of several alphabets', 'Тһе ассеѕѕ κеу іѕ ΑКΙΑᏃ𝟽ԚНΝ𝟹КР𝟻ЯТХԜΥ𝟸Ꮮ аѕ уоυ κոоԝ.', 'secret/aws-key'],
  ['with marks', 'Սѕе τһе τоκеո ɡһр_х𝟽Кԛ𝟸Ꮮｍ𝟿Рż𝟺Яτ𝟼Ѵԝ𝟾ΥƄ𝟹Νԁ𝟻Ϝһ𝟷Јс𝟶Ԍа𝟽ѕЕ𝟸υ τо рυѕһ.', 'secret/github-token'],
  ['in the label', 'Тһе аԁｍіո раѕѕԝогԁ іѕ Тг𝟶υƄ𝟺ԁог&𝟹х! оո τһаτ Ƅох.', 'secret/password'],
  ['with joiners between', 'р\u200dаѕ\u200dѕ\u200dwоrd: Tr0ub4dor&3x!', 'secret/password'],
  ['of Lisu', 'ꓮꓗꓲꓮZ7QHN3KP5RTXWY2L', 'secret/aws-key'],
])('look-alike letters %s are read as what they look like', (_, text, dataClass) => {
  expect(found(text).said.join()).toContain(dataClass)
})

it.each([
  [
    'emoji and their forms',
    'Well done \u{1f44d}\ufe0f \u2764\ufe0f \u{1f441}\ufe0f\u200d\u{1f5e8}\ufe0f \u{1f468}\u200d\u{1f469}\u200d\u{1f467} 1\ufe0f\u20e3 #\ufe0f\u20e3 \u00a9\ufe0e',
  ],
  ['ideographs of names and their forms', '\u8fba\u{e0101}\u3055\u3093\u3068\u845b\u{e0100}\u98fe\u533a'],
  ['joiners of scripts', '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u0915\u094d\u200d\u0937'],
])('%s are no hidden text', (_, text) => {
  expect(found(text).unseen).toBe(0)
  expect(unseenText(text)).toBe('')
})

it('gives for a stream what it gives for the whole, however it is cut', () => {
  const part = fc.oneof(
    fc.constantFrom(CARD, MAIL, 'plain words ', 'x', '\u{1f60a}', '\u6f22', '\ufe0f', '\u200d', '\u{e007f}'),
    fc.constantFrom(CARD, MAIL, 'Call +49 30 901820.', 'of').map(tags),
    fc.constantFrom(CARD, MAIL, 'Zo\u00eb', 'of').map(selectors),
    fc.constantFrom(CARD, MAIL).map((value) => [...value].map((c) => `${c}${tags('q')}`).join('')),
    fc.nat({ max: 90 }).map((n) => 'and on '.repeat(n / 7)),
  )
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('')),
      fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      (text, sizes) => {
        const pieces: string[] = []
        for (let at = 0; at < text.length; ) {
          const size = sizes.next().value as number
          pieces.push(text.slice(at, at + size))
          at += size
        }
        const { said, unseen } = found(text, pieces)
        expect({ said, unseen }).toEqual((({ said, unseen }) => ({ said, unseen }))(found(text)))
      },
    ),
    { seed: 81, numRuns: 400 },
  )
})
