// RFC 8785: the examples of the RFC, and that the fast writer for events writes what the general one does.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { AuditEvent, Json } from '../core/index.ts'
import { canonical, eventText } from './canonical.ts'

it('writes the example of section 3.2.2', () => {
  const value = {
    numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
    literals: [null, true, false],
  }
  expect(canonical(value)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
})

it('sorts keys by UTF-16 code units, as in section 3.2.3', () => {
  const value = {
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '\ud83d\ude00': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    '\u00f6': 'Latin Small Letter O With Diaeresis',
  }
  const order = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']
  const places = order.map((key) => canonical(value).indexOf(`${JSON.stringify(key)}:`))
  expect(places.every((place) => place >= 0)).toBe(true)
  expect(places).toEqual([...places].sort((a, b) => a - b))
})

it.each([
  [0, '0'],
  [-0, '0'],
  [5e-324, '5e-324'],
  [1.7976931348623157e308, '1.7976931348623157e+308'],
  [9007199254740992, '9007199254740992'],
  [295147905179352830000, '295147905179352830000'],
  [9.999999999999997e22, '9.999999999999997e+22'],
  [0.000001, '0.000001'],
  [1e-7, '1e-7'],
])('writes the number %s of appendix B', (number, text) => {
  expect(canonical(number)).toBe(text)
})

it('has no text for what JSON cannot express, and replaces lone surrogates', () => {
  expect(() => canonical(Number.NaN)).toThrow(RangeError)
  expect(canonical('a\ud800b')).toBe('"a\ufffdb"')
})

it('writes every event as the general writer does', () => {
  const word = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\ud800', '10', '9', '__proto__', '\\ud800'),
  )
  const data = fc.dictionary(word, fc.jsonValue({ stringUnit: 'binary' })) as fc.Arbitrary<{ [key: string]: Json }>
  const optional = fc.option(word, { nil: undefined })
  const event = fc
    .record({
      kind: word,
      principal: optional,
      reason: optional,
      model: optional,
      subject: optional,
      data: fc.option(data, { nil: undefined }),
    })
    .map((fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)))
  fc.assert(
    fc.property(event, fc.array(word), (fields, rules) => {
      const full = { ...fields, rules, id: 'evt_1', time: 1, node: 'n', boot: 'boot_1' } as unknown as AuditEvent
      const text = eventText(full)
      expect(text).toBe(canonical(full as unknown as Json))
      expect(canonical(JSON.parse(text))).toBe(text)
    }),
    { numRuns: 800, seed: 11 },
  )
})
