// The part of JSON Schema that can be enforced while a model writes. A keyword that cannot be enforced is refused by name,
// never ignored: a caller who asks for a pattern must not get an answer without it.
import { Fault, isObject, type Json, type JsonObject } from '../../core/index.ts'
import { createRange, isExact, type NumberRange } from './number-range.ts'

export type Shape =
  | { kind: 'any' }
  | { kind: 'literal'; texts: readonly string[] }
  | { kind: 'string'; min: number; max: number }
  | { kind: 'number'; range: NumberRange }
  | { kind: 'array'; items: () => Shape; min: number; max: number }
  | {
      kind: 'object'
      properties: ReadonlyMap<string, () => Shape>
      required: readonly string[]
      others: (() => Shape) | undefined
    }
  | { kind: 'either'; of: readonly Shape[] }

const NOTES = [
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'strict',
]
const BOUNDS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum']
const RULES: Readonly<Record<string, readonly string[]>> = {
  string: ['minLength', 'maxLength'],
  number: BOUNDS,
  integer: BOUNDS,
  boolean: [],
  null: [],
  array: ['items', 'minItems', 'maxItems'],
  object: ['properties', 'required', 'additionalProperties', 'propertyNames'],
}
const LARGEST_SCHEMA = 64 * 1024
const DEEPEST_CHOICE = 16
/** References multiply: a short schema can stand for a huge one. */
const MOST_PARTS = 5000

const refuse = (what: string) =>
  new Fault('unsupported_parameter', {
    detail: `The JSON schema cannot be enforced: ${what}`,
    data: { param: 'response_format' },
  })

function readRange(schema: JsonObject, whole: boolean): NumberRange {
  const bounds = (key: string, open: boolean) => {
    const value = schema[key]
    if (value === undefined) return []
    if (typeof value !== 'number') throw refuse(`${key} is not a number`)
    if (!isExact(value)) throw refuse(`${key} has too many digits`)
    return [{ value, open }]
  }
  const range = createRange(
    whole,
    [...bounds('minimum', false), ...bounds('exclusiveMinimum', true)],
    [...bounds('maximum', false), ...bounds('exclusiveMaximum', true)],
  )
  if (!range) throw refuse('no number is within its bounds')
  return range
}

export function readSchema(root: JsonObject): Shape {
  if (JSON.stringify(root).length > LARGEST_SCHEMA) throw refuse('it is too large')
  let parts = 0
  /** `choices` counts references and choices that lead to each other without reading anything. */
  function read(schema: Json | undefined, choices: number): Shape {
    if (++parts > MOST_PARTS) throw refuse('it is too large')
    if (schema === undefined || schema === true) return { kind: 'any' }
    if (!isObject(schema)) throw refuse('a part of it is not an object')
    if (choices > DEEPEST_CHOICE) throw refuse('it refers to itself without end')
    const rest = Object.keys(schema).filter((key) => !NOTES.includes(key))
    if (typeof schema.$ref === 'string') {
      if (rest.length > 1) throw refuse('other keywords stand beside $ref')
      return read(resolve(schema.$ref), choices + 1)
    }
    const known = (keys: readonly string[]) => {
      const strange = rest.find((key) => !keys.includes(key))
      if (strange !== undefined) throw refuse(`the keyword ${JSON.stringify(strange)} is not supported here`)
    }
    if (schema.const !== undefined) {
      known(['const', 'type'])
      return { kind: 'literal', texts: [JSON.stringify(schema.const)] }
    }
    if (schema.enum !== undefined) {
      known(['enum', 'type'])
      if (!Array.isArray(schema.enum) || schema.enum.length === 0) throw refuse('enum is not a list of values')
      return { kind: 'literal', texts: schema.enum.map((value) => JSON.stringify(value)) }
    }
    for (const key of ['anyOf', 'oneOf']) {
      const of = schema[key]
      if (of === undefined) continue
      known([key])
      if (!Array.isArray(of) || of.length === 0) throw refuse(`${key} is not a list of schemas`)
      return { kind: 'either', of: of.map((part) => read(part, choices + 1)) }
    }
    const types = Array.isArray(schema.type) ? schema.type : [schema.type ?? (schema.properties ? 'object' : 'any')]
    if (types.length === 1 && types[0] === 'any') {
      known([])
      return { kind: 'any' }
    }
    known(['type', ...types.flatMap((type) => RULES[String(type)] ?? [])])
    const shapes = types.map((type) => typed(schema, String(type)))
    return shapes.length === 1 ? (shapes[0] as Shape) : { kind: 'either', of: shapes }
  }

  function typed(schema: JsonObject, type: string): Shape {
    const number = (key: string, fallback: number) => {
      const value = schema[key] ?? fallback
      if (typeof value !== 'number' || value < 0) throw refuse(`${key} is not a number`)
      return value
    }
    // Sub-schemas are read when they are reached, so that a schema may refer to itself; each is read once here to be checked.
    const later = (part: Json | undefined) => {
      let shape: Shape | undefined
      return () => {
        shape ??= read(part, 0)
        return shape
      }
    }
    switch (type) {
      case 'string':
        return { kind: 'string', min: number('minLength', 0), max: number('maxLength', Number.POSITIVE_INFINITY) }
      case 'number':
      case 'integer':
        return { kind: 'number', range: readRange(schema, type === 'integer') }
      case 'boolean':
        return { kind: 'literal', texts: ['true', 'false'] }
      case 'null':
        return { kind: 'literal', texts: ['null'] }
      case 'array':
        return {
          kind: 'array',
          items: later(schema.items),
          min: number('minItems', 0),
          max: number('maxItems', Number.POSITIVE_INFINITY),
        }
      case 'object': {
        const properties = isObject(schema.properties) ? schema.properties : {}
        const required = Array.isArray(schema.required) ? schema.required.map(String) : []
        const others = schema.additionalProperties
        // What a record of named things says of its names; any other demand of them is not kept.
        if (JSON.stringify(schema.propertyNames ?? { type: 'string' }) !== '{"type":"string"}')
          throw refuse('the keyword "propertyNames" is not supported here')
        const absent = required.find((name) => !Object.hasOwn(properties, name))
        if (absent !== undefined && others === false)
          throw refuse(`the required property ${JSON.stringify(absent)} is not described`)
        return {
          kind: 'object',
          properties: new Map(Object.entries(properties).map(([name, part]) => [name, later(part)])),
          required,
          // What is not described is not written, unless the schema describes nothing at all or asks for more.
          others:
            others === false || (others === undefined && schema.properties !== undefined) ? undefined : later(others),
        }
      }
      default:
        throw refuse(`the type ${JSON.stringify(type)} is not known`)
    }
  }

  function resolve(reference: string): Json | undefined {
    if (!reference.startsWith('#')) throw refuse('it refers to another document')
    let at: Json | undefined = root
    for (const part of reference.split('/').slice(1)) {
      const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
      at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined
    }
    if (at === undefined) throw refuse(`${JSON.stringify(reference)} refers to nothing`)
    return at
  }

  const shape = read(root, 0)
  check(shape, new Set())
  return shape
}

/** Reads every reachable part once, so that an unsupported keyword is refused before the answer begins. */
function check(shape: Shape, seen: Set<Shape>): void {
  if (seen.has(shape)) return
  seen.add(shape)
  if (shape.kind === 'either') for (const part of shape.of) check(part, seen)
  if (shape.kind === 'array') check(shape.items(), seen)
  if (shape.kind === 'object') {
    for (const part of shape.properties.values()) check(part(), seen)
    if (shape.others) check(shape.others(), seen)
  }
}
