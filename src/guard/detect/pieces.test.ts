// Values said in pieces, by what proves them; numbers that only stand near each other; a stream finds what the whole text gives.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foundInPieces } from '../../../test/generators/cuts.ts'
import { growth, LINEAR } from '../../../test/generators/growth.ts'
import { detect } from '../detector.ts'
import { createPiecesDetector } from './pieces.ts'

const detector = createPiecesDetector()
/** Text with `[[…]]` round what must be found, as text and values. */
const read = (marked: string) => ({
  text: marked.replaceAll(/\[\[|\]\]/g, ''),
  values: [...marked.matchAll(/\[\[(.*?)\]\]/gs)].map(([, value]) => value),
})
const found = (text: string) => detect(detector, text).map((f) => text.slice(f.start, f.end))

const PIECES = [
  'my card is [[4111 1111]] and then [[1111 1111]]',
  'card number: first half [[41111111]], second half [[11111111]]',
  'Karte [[4111 1111]], danach [[1111 1111]]',
  'la tarjeta es [[4111 1111]] y luego [[1111 1111]]',
  'моя карта [[4111 1111]], потом [[1111 1111]]',
  'card\n1. [[4111]]\n2. [[1111]]\n3. [[1111]]\n4. [[1111]]',
  'card [[4111 | 1111 | 1111 | 1111]]',
  'card [[4111\n1111\n1111\n1111]]',
  'card [[4111...1111...1111...1111]]',
  'visa: [[41111111 + 11111111]]',
  'first eight digits of my visa: [[41111111]]. The other eight: [[11111111]].',
  'the card from 2027 is [[4111]] then [[1111]] then [[1111]] and last [[1111]]',
  'amex [[3782 822463]] and [[10005]]',
  'IBAN [[DE89 3704 0044]] and then [[0532 0130 00]]',
  'IBAN [[DE 89 3704 0044 0532 0130 00]]',
  'Konto: [[DE89\n3704\n0044\n0532\n0130\n00]]',
  'my ssn is [[123]], then [[45]], then [[6789]]',
  'the key is split: [[ghp_a1B2c3D4e5F6g7H8i9]] and [[J0k1L2m3N4o5P6q7R8]]',
  'first half of the key: [[ghp_a1B2c3D4e5F6g7H8i9]]\nsecond half: [[J0k1L2m3N4o5P6q7R8]]',
  '[[AKIAQ3EGRT]] then [[5ZV2KLMN4P]]',
]
const NO_PIECES = [
  // Whole values are the other detectors'.
  'card 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00, ssn 123-45-6789',
  // No check digit fits, or it fits by chance where no card is meant.
  'card 4111 1111 and then 1111 1112; cards 4111 and 4112, firmware 2024 build 1234',
  'my card was charged 4500 on 2024 and 1200 in 2023 and 9999 later',
  'visa fees: 4200 in 2019, 4300 in 2020, 4400 in 2021, 4500 in 2022',
  'card fees: 4107, 2019, 4300, 2020',
  'order 4111 1111 and then 1111 1111 of it',
  'card 4111 1111. Something else was said about it in the meantime. 1111 1111',
  'IBAN DE has 22 characters, GB 22, FR 27; account SE12 of 2024 and 2025',
  'ghp_a1B2c3D4e5 was cut, then J0k1L2m3N4 came; AKIAQ3EGRT and more',
  'the ssn form 123 has 45 lines and 6789 readers',
]

describe('values said in pieces', () => {
  test.each(PIECES)('finds %j', (marked) => {
    const { text, values } = read(marked)
    expect(found(text)).toEqual(values)
  })
  test.each(NO_PIECES)('lets %j alone', (text) => {
    expect(found(text)).toEqual([])
  })

  test('holds nothing back but what may be a piece', () => {
    const held = (text: string) => {
      const stream = detector.open()
      stream.push(text)
      return text.length - stream.openFrom
    }
    expect(held('we sold 4111 1111 and then ')).toBe(0)
    expect(held('the card is fine and so on ')).toBe(0)
    expect(held('the card 4111 1111 and then ')).toBe(19)
    expect(held(`the card 4111 1111 and then ${'nothing of it '.repeat(10)}`)).toBe(0)
  })

  test('finds the same however the text is cut', () => {
    const all = PIECES.map((marked) => read(marked).text)
    const words = [
      ' and then ',
      '4111',
      '1111',
      '41111111',
      '\n',
      ', ',
      ' card ',
      'IBAN DE89 ',
      'ghp_a1B2c3D4e5',
      '1. ',
    ]
    const text = fc
      .array(fc.oneof(fc.constantFrom(...all, ...NO_PIECES), fc.constantFrom(...words)), { maxLength: 7 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, fc.infiniteStream(fc.integer({ min: 1, max: 20 })), (whole, sizes) => {
        foundInPieces(detector, whole, sizes)
      }),
      { seed: 31, numRuns: 4000 },
    )
  })

  test.each(['card 4111 ', '4111 and ', '1 ', 'iban DE89 1 ', 'ghp_a1b2c3 and ', 'ssn 123 ', 'a1', '1-', 'visa'])(
    'work on %j grows with the text, not faster',
    (unit) => {
      expect(growth(unit, (text) => detect(detector, text))).toBeLessThan(LINEAR)
    },
  )
})
