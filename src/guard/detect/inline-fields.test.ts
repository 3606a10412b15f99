// Declared fields in objects that are no JSON text of their own: whatever surrounds them, however they are written, however
// the text is cut.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { detect } from '../detector.ts'
import { createOwnFieldRule } from '../fields.ts'
import { createInlineFieldsDetector } from './inline-fields.ts'

const rule = createOwnFieldRule(new Map([['customer.salary', 'finance/salary']]))
const detector = createInlineFieldsDetector(rule, ['finance/salary'])
const found = (text: string) => detect(detector, text).map(({ start, end }) => text.slice(start, end))

describe('a declared field is found', () => {
  it.each([
    ['behind a sentence', 'Here it is: {"customer":{"name":"Ann","salary":51234}}', ['51234']],
    ['in a block of code', '```json\n{\n  "customer": {\n    "salary": 51234\n  }\n}\n```', ['51234']],
    ['as text', 'so {"customer":{"salary":"about, say, \\"7000\\""}} then', ['about, say, \\"7000\\"']],
    ['in single quotes', "row = {'customer': {'salary': '51,234', 'since': 2019}}", ['51,234']],
    ['under bare keys', 'customer = {customer: {salary: 51 234 EUR }}', ['51 234 EUR']],
    ['in a list', '{"customer": [{"salary": 1}, {"salary": 2}], "salary": 3}', ['1', '2']],
    ['of a list', '{"customer": {"salary": [1000, 2000]}}', ['1000', '2000']],
    ['deeper inside', 'x {"data":{"customer":{"salary":51234}}}', ['51234']],
    ['with an escaped key', String.raw`{"customer":{"sal\u0061ry":51234}}`, ['51234']],
    ['twice', '{"customer":{"salary":1}} and {"customer":{"salary":2}}', ['1', '2']],
    ['behind a brace that opens nothing', 'use { in C: {"customer":{"salary":51234}}', ['51234']],
    ['in an object that never ends', '{"customer":{"salary":51234', ['51234']],
    ['in any case', '{"Customer":{"SALARY":51234}}', ['51234']],
  ])('%s', (_, text, values) => {
    expect(found(text)).toEqual(values)
  })

  it('in pieces, if it is long', () => {
    const value = 'x'.repeat(1000)
    expect(found(`{"customer":{"salary":"${value}"}}`).join('')).toBe(value)
  })
})

it.each([
  'salary: 51234',
  '{"salary":51234}',
  '{"customer":{"salary":null, "since":2019}}',
  '{"customer":{"name":"Ann"},"salary":51234}',
  'customer {"name": "salary"} 51234',
])('nothing else is: %s', (text) => {
  expect(found(text)).toEqual([])
})

it('gives the same however the text is cut, and holds back no more than the value at hand', () => {
  const piece = fc.constantFrom(
    ...'{}[],:"\'\\\n ',
    'customer',
    'salary',
    '51234',
    '"customer":{',
    '"salary":',
    'x'.repeat(300),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.array(fc.nat(), { maxLength: 20 }), (pieces, cuts) => {
      const text = pieces.join('')
      const stream = detector.open()
      const findings = []
      let from = 0
      for (const to of [...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length]) {
        const before = stream.openFrom
        const now = stream.push(text.slice(from, to))
        for (const { start } of now) expect(start).toBeGreaterThanOrEqual(before)
        expect(stream.openFrom).toBeGreaterThanOrEqual(before)
        expect(to - stream.openFrom).toBeLessThanOrEqual(detector.longest)
        findings.push(...now)
        from = to
      }
      findings.push(...stream.end())
      expect(findings).toEqual(detect(detector, text))
    }),
    { seed: 7, numRuns: 2000 },
  )
})
