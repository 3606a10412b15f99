import { deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foundInPieces } from '../../../test/generators/cuts.ts'
import { growth, LINEAR } from '../../../test/generators/growth.ts'
import { createStructuredDetector } from '../detect/structured.ts'
import { detect } from '../detector.ts'
import { createCodedDetector } from './coded.ts'

const coded = createCodedDetector([createStructuredDetector({})])
const VALUE = 'mail jane.roth@nordkanal.org'
const packed = gzipSync(VALUE).toString('base64')
const wrapped = gzipSync(`${VALUE} ${Array.from({ length: 90 }, (_, i) => i * 7919).join(' ')}`)
  .toString('base64')
  .replace(/.{64}(?=.)/g, '$&\n  ')
const seen = (text: string) => detect(coded, text).map((f) => [f.class, text.slice(f.start, f.end)] as const)

describe('what was compressed before it was coded', () => {
  test.each([
    packed,
    deflateSync(VALUE).toString('base64'),
    deflateSync(VALUE, { level: 1 }).toString('base64'),
    gzipSync(VALUE).toString('hex'),
    wrapped,
    Buffer.from(packed).toString('base64'),
    gzipSync(Buffer.from(VALUE).toString('base64')).toString('base64'),
    // The end is missing.
    packed.slice(0, -8),
  ])('%s', (code) => {
    // The first letters of the next line may be taken for more of it.
    const found = seen(`blob: ${code}\nthanks`).filter(([name]) => name === 'personal/email')
    expect(found.map(([, said]) => said.slice(0, code.replace(/=+$/, '').length))).toContain(code.replace(/=+$/, ''))
  })

  test('what holds nothing is left alone', () => {
    expect(seen(`blob: ${gzipSync('nothing to see here').toString('base64')}`)).toEqual([])
    expect(seen('eJwAAAAAAAAAAAAAAAAAAAAAAAAAAAAA H4sIAAAAAAAAAAAAAAAAAAAAAAAA')).toEqual([])
  })

  test('what unpacks to more than is read does not pass', () => {
    const bomb = gzipSync('a'.repeat(3_000_000)).toString('base64')
    expect(seen(`blob: ${bomb}`).map(([name]) => name)).toContain('secret/unread')
  })

  test('a stream finds what the whole text gives', () => {
    const part = fc.constantFrom(packed, wrapped, 'H4sI', 'eJw', '1f8b08', 'A', ' ', '\n', '=', packed.slice(0, 20))
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 8 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        (parts, sizes) => {
          foundInPieces(coded, parts.join(''), sizes)
        },
      ),
      { numRuns: 100, seed: 20261201 },
    )
  })

  test.each(['H4sI', `${packed} `, 'eJwA', '789c ', `${deflateSync('b').toString('base64')}A `])(
    'work on %j grows with the text, not faster',
    (unit) => {
      expect(growth(unit, (text) => detect(coded, text))).toBeLessThan(LINEAR)
    },
  )
})
