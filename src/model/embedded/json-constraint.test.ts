import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../core/index.ts'
import { JSON_OBJECT, jsonOf } from './json-constraint.ts'
import { readSchema } from './json-schema.ts'

const TICKET: JsonObject = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 12 },
    priority: { enum: ['low', 'normal', 'high'] },
    people: { type: 'integer' },
    tags: { type: 'array', items: { type: 'string' }, maxItems: 2 },
    contact: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/contact' }] },
  },
  required: ['name', 'priority'],
  additionalProperties: false,
  $defs: {
    contact: {
      type: 'object',
      properties: { phone: { type: 'string' } },
      required: ['phone'],
      additionalProperties: false,
    },
  },
}
/** Whether the whole text may be written, and the answer may end there. */
function admits(schema: JsonObject | undefined, text: string): boolean {
  const rule = jsonOf(schema ? readSchema(schema) : JSON_OBJECT)
  for (const char of text) {
    if (!rule.accepts(char, false)) return false
    rule.advance(char)
  }
  return rule.mayEnd()
}

describe('JSON of a schema', () => {
  test.each([
    '{"name":"Zarbo","priority":"low"}',
    '{ "priority": "high",\n  "people": 12, "name": "" }',
    '{"name":"é","priority":"normal","tags":["a","b"],"contact":null}',
    '{"name":"a","priority":"normal","contact":{"phone":"1"},"tags":[]}',
  ])('may be %s', (text) => expect(admits(TICKET, text)).toBe(true))

  test.each([
    '{"name":"Zarbo"}',
    '{"name":"Zarbo","priority":"urgent"}',
    '{"name":"much too long a name","priority":"low"}',
    '{"name":"a","name":"b","priority":"low"}',
    '{"name":"a","priority":"low","people":1.5}',
    '{"name":"a","priority":"low","tags":["a","b","c"]}',
    '{"name":"a","priority":"low","contact":{}}',
    '{"name":"a","priority":"low","extra":1}',
    '{"name":"a","priority":"low",}',
    '{"name":"a","priority":"low"} and more',
    '[]',
  ])('may not be %s', (text) => expect(admits(TICKET, text)).toBe(false))

  test('a number may end where the answer ends', () => {
    expect(admits({ type: 'number' }, '-12.5e3')).toBe(true)
    expect(admits({ type: 'number' }, '-')).toBe(false)
    expect(admits({ type: 'number' }, '012')).toBe(false)
  })

  test.each([
    [{ type: 'string', pattern: '^a' }, 'pattern'],
    [{ type: 'object', properties: { a: { type: 'number', multipleOf: 3 } } }, 'multipleOf'],
    [{ type: 'object', properties: { a: { type: 'number', minimum: 3, maximum: 2 } } }, 'within its bounds'],
    [{ type: 'integer', exclusiveMinimum: 3, exclusiveMaximum: 4 }, 'within its bounds'],
    [{ type: 'number', minimum: 1e-9 }, 'too many digits'],
    [{ type: 'number', minimum: '3' }, 'minimum'],
    [{ type: 'object', propertyNames: { pattern: '^a' } }, 'propertyNames'],
    [{ allOf: [{}] }, 'allOf'],
    [{ $ref: '#/$defs/none' }, 'refers to nothing'],
    [{ $ref: '#' }, 'without end'],
    [{ $ref: 'https://example.com/x' }, 'another document'],
  ])('%j is refused by name', (schema, word) => {
    expect(() => readSchema(schema as JsonObject)).toThrow(word)
  })
})

describe('numbers between bounds', () => {
  const bound = fc.oneof(
    fc.constantFrom(0, 1, -1, 0.5, 100, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    fc.integer({ min: -1000, max: 1000 }),
    fc.integer({ min: -100_000, max: 100_000 }).map((value) => value / 1000),
  )
  const bounds = fc.record(
    { minimum: bound, maximum: bound, exclusiveMinimum: bound, exclusiveMaximum: bound },
    { requiredKeys: [] },
  )
  const schemas = fc
    .tuple(fc.constantFrom('integer', 'number'), bounds)
    .map(([type, given]) => ({ type, ...given }) as JsonObject)
    .filter((schema) => Object.keys(schema).length > 1)
  const within = (value: number, { type, ...given }: JsonObject) =>
    (type === 'number' || Number.isInteger(value)) &&
    value >= ((given.minimum as number) ?? -Infinity) &&
    value <= ((given.maximum as number) ?? Infinity) &&
    value > ((given.exclusiveMinimum as number) ?? -Infinity) &&
    value < ((given.exclusiveMaximum as number) ?? Infinity)
  const ruleOf = (schema: JsonObject) => {
    try {
      return jsonOf(readSchema(schema))
    } catch {
      return undefined
    }
  }

  test('whatever is chosen leads to a number that fits', () => {
    fc.assert(
      fc.property(schemas, fc.infiniteStream(fc.nat(1000)), (schema, choices) => {
        const rule = ruleOf(schema)
        fc.pre(rule !== undefined)
        let text = ''
        for (const choice of choices) {
          const open = [...'-0123456789.eE'].filter((char) => rule.accepts(char, false))
          if (rule.mayEnd() && (open.length === 0 || choice % 9 === 0)) break
          expect(open, `nothing goes on from ${text} for ${JSON.stringify(schema)}`).not.toEqual([])
          const char = open[choice % open.length] as string
          rule.advance(char)
          text += char
          if (text.length > 30) break
        }
        expect(within(Number(text), schema), `${text} for ${JSON.stringify(schema)}`).toBe(true)
      }),
      { seed: 53, numRuns: 3000 },
    )
  })

  test('every number that fits may be written, and no other', () => {
    fc.assert(
      fc.property(schemas, bound, (schema, value) => {
        const rule = ruleOf(schema)
        const fitting = within(value, schema)
        expect(rule === undefined ? false : admits(schema, String(value))).toBe(fitting)
        if (fitting) expect(rule).toBeDefined()
      }),
      { seed: 54, numRuns: 3000 },
    )
  })
})

test('a schema that multiplies its choices is refused, not followed', () => {
  const many = (schema: JsonObject) => Array.from({ length: 600 }, () => schema)
  expect(() => jsonOf(readSchema({ anyOf: many({ type: 'string' }) })).accepts('"a', false)).toThrow('too many choices')
  const $defs = {
    a: { anyOf: many({ $ref: '#/$defs/b' }) },
    b: { anyOf: many({ $ref: '#/$defs/c' }) },
    c: { type: 'string' },
  }
  expect(() => readSchema({ $ref: '#/$defs/a', $defs } as JsonObject)).toThrow('too large')
})

describe('JSON mode', () => {
  test('admits every object and nothing that is not JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), fc.nat(3), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        // Escapes by code point are not written: the character itself says the same and rules can read it.
        fc.pre(!/\\u/.test(text) && !/\d{20}|e[+-]\d/.test(text))
        expect(admits(undefined, text)).toBe(true)
      }),
      { seed: 51, numRuns: 300 },
    )
  })

  test('whatever is chosen among what is allowed, an answer that may end parses', () => {
    const unit = fc.constantFrom(...'{}[]",:\\ ab1-.e0\ntruefalsn')
    fc.assert(
      fc.property(fc.array(unit, { minLength: 20, maxLength: 120 }), (chars) => {
        const rule = jsonOf(JSON_OBJECT)
        let text = ''
        for (const char of chars)
          if (rule.accepts(char, false) && !rule.finished()) {
            rule.advance(char)
            text += char
          }
        if (rule.mayEnd()) expect(JSON.parse(text)).toBeTypeOf('object')
      }),
      { seed: 52, numRuns: 500 },
    )
  })

  test('half a character is only admitted inside a string', () => {
    const rule = jsonOf(JSON_OBJECT)
    expect(rule.accepts('{', true)).toBe(false)
    expect(rule.accepts('{"', true)).toBe(true)
    expect(rule.accepts('{"a\\', true)).toBe(false)
    const short = jsonOf(readSchema({ type: 'string', maxLength: 2 }))
    expect(short.accepts('"é', true)).toBe(true)
    expect(short.accepts('"éa', true)).toBe(false)
  })

  test('white space is for reading, not to fill an answer with', () => {
    for (const text of ['{ "a": [ 1, 2 ] }', '{\n\n\t"a": [\n        1,\n        2\n    ]\n}'])
      expect(admits(undefined, text)).toBe(true)
    for (const blank of ['  ', ' \n', '\n\n\n', '\n \n', `\n${' '.repeat(25)}`])
      for (const text of [`{${blank}"a":1}`, `{"a":${blank}1}`, `{"a":[1,${blank}2]}`, `{"a":1${blank}}`])
        expect(admits(undefined, text), JSON.stringify(text)).toBe(false)
  })
})
