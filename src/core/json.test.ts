import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isShallow, parseJson, parseText } from './index.ts'

const parse = (text: string) => parseJson(Buffer.from(text))

test('reads whatever JSON.stringify prints, exactly', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 2), (value, indent) => {
      fc.pre(!JSON.stringify(value).includes('"__proto__"'))
      expect(parse(JSON.stringify(value, null, indent))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
    { seed: 7, numRuns: 500 },
  )
})

test('a key that looks like one read before, as it is written, is not taken for that', () => {
  expect(Object.keys(parse('{"a":1,"\\\\u007":1}') as object)).toEqual(['a', '\\u007'])
  expect(parse('{"a":1,"\\u0074ools":1}')).toEqual({ a: 1, tools: 1 })
  expect(() => parse('{"a":1,"\\u0074ools":1,"tools":2}')).toThrow(/same key twice/)
  expect(() => parse('{"a":{"\\u005f_proto__":1}}')).toThrow('__proto__')
  const signs = fc.string({ unit: fc.constantFrom('\\', '"', 'u', '0', '7', '2', 'n', 'a', '\n', '/'), maxLength: 7 })
  const escapes = (text: string, some: readonly boolean[]) =>
    `"${[...text].map((c, i) => (some[i] ? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}` : JSON.stringify(c).slice(1, -1))).join('')}"`
  fc.assert(
    fc.property(fc.array(signs, { maxLength: 4 }), fc.array(fc.boolean()), fc.boolean(), (names, some, nested) => {
      const keys = [...new Set(names)]
      const one = `{"x":0,${keys.map((key) => `${escapes(key, some)}:${escapes(key, some)},`).join('')}"y":0}`
      const read = parseText(nested ? `[{"in":${one}}]` : one) as { [key: string]: string }
      const value = (nested ? (read as unknown as { in: typeof read }[])[0]?.in : read) ?? {}
      expect(Object.entries(value).filter(([, text]) => typeof text === 'string' && text !== '')).toEqual(
        expect.arrayContaining(keys.filter((key) => key !== '').map((key) => [key, key])),
      )
      expect(Object.keys(value).length).toBe(keys.length + 2)
    }),
    { seed: 24, numRuns: 20_000 },
  )
})

test('a key twice in one object is refused at any depth and in any spelling', () => {
  fc.assert(
    fc.property(fc.string(), fc.jsonValue({ maxDepth: 2 }), fc.integer({ min: 0, max: 5 }), (key, value, depth) => {
      const twice = `{${JSON.stringify(key)}:1, ${JSON.stringify(key)} : ${JSON.stringify(value)}}`
      expect(() => parse('['.repeat(depth) + twice + ']'.repeat(depth))).toThrow()
    }),
    { seed: 7 },
  )
  expect(() => parse('{"model":"a","mod\\u0065l":"b"}')).toThrow(/same key twice/)
  expect(parse('{"a":{"x":1},"b":{"x":1}}')).toEqual({ a: { x: 1 }, b: { x: 1 } })
  expect(parse('["a\\\\","b: \\" :",":"]')).toEqual(['a\\', 'b: " :', ':'])
})

test.each([
  ['invalid UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ['a byte order mark', Buffer.from('\ufeff{}')],
  ['nothing', Buffer.alloc(0)],
  ['two values', Buffer.from('{} {}')],
  ['NaN', Buffer.from('{"a":NaN}')],
  ['a number out of range', Buffer.from('{"a":1e999}')],
  ['__proto__', Buffer.from('{"a":{"__proto__":{}}}')],
  ['half a character', Buffer.from('{"a":["x\\ud83d"]}')],
  ['its other half, in a key', Buffer.from('{"a":{"\\uDE00":1}}')],
  ['65 levels', Buffer.from('['.repeat(65) + ']'.repeat(65))],
  ['a million levels', Buffer.from('['.repeat(1_000_000))],
])('refuses %s without quoting it', (_name, bytes) => {
  expect(() => parseJson(bytes)).toThrow(expect.objectContaining({ code: 'malformed_request' }))
})

test('a character that is escaped in two halves is whole, and a backslash before "ud83d" is text', () => {
  expect(parse('"\\ud83d\\uDE00"')).toBe('😀')
  expect(parse('"\\\\ud83d"')).toBe('\\ud83d')
})

test('64 levels are read', () => {
  expect(() => parse('['.repeat(64) + ']'.repeat(64))).not.toThrow()
})

test('20,000 fields and items are read, wherever they lie, and not one more', () => {
  const message = { role: 'user', content: 'x' } // an item with two fields
  const messages = (count: number, rest: number) =>
    JSON.stringify({ messages: Array(count).fill(message), rest: Array(rest).fill(0) })
  expect(() => parse(messages(6000, 1998))).not.toThrow()
  for (const text of [
    messages(6000, 1999),
    JSON.stringify(Object.fromEntries(Array.from({ length: 20_001 }, (_, i) => [`f${i}`, 0]))),
    JSON.stringify(Array(20_001).fill(0)),
  ])
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'body_too_large' }))
})

test('what is nested deeper than a text from outside may be is told, at any depth and without running out of stack', () => {
  const nested = (levels: number, open: string, shut: string): unknown =>
    JSON.parse(`${open.repeat(levels)}1${shut.repeat(levels)}`)
  for (const [open, shut] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    expect(isShallow(nested(64, open, shut))).toBe(true)
    for (const levels of [65, 200_000]) expect(isShallow(nested(levels, open, shut))).toBe(false)
  }
  for (const value of [null, 1, 'x', [], {}]) expect(isShallow(value)).toBe(true)
})
