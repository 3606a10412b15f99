// A usual context for a question nobody has asked yet: for `can`, `try`, impact and explanations. Every required part of
// the declared type is there, with an ordinary value; single parts can be set by name.
import type { SchemaJson } from '@cedar-policy/cedar-wasm/nodejs'
import { Fault, isObject, type Json, type JsonObject } from '../core/index.ts'
import { createConform } from './conform.ts'
import type { ClockContext } from './context.ts'
import type { CedarRecord, EntityRef } from './value.ts'

export interface UsualOptions {
  readonly clock: ClockContext
  /** Stands in where the context names an entity, by type. */
  readonly examples?: Readonly<Record<string, EntityRef>>
  /** Parts to set, by dotted name: `{'auth.ip': '10.0.0.1', 'clock.hour': 3}`. Values as in JSON, or their text. */
  readonly set?: Readonly<Record<string, Json>>
  /** What is asked about: of a class of data the context has the name as well. */
  readonly resource?: EntityRef
  /** What is known of the caller, in the same form; parts that the schema does not declare are left out. */
  readonly known?: Readonly<Record<string, Json>>
}

interface TypeJson {
  readonly type: string
  readonly name?: string
  readonly element?: TypeJson
  readonly attributes?: Readonly<Record<string, TypeJson & { readonly required?: boolean }>>
}

/** Who calls, where nothing is said of it: `can`, `policy try` and a plan mean the same caller. For `known`. */
export const USUAL_CALLER = { 'auth.kind': 'key' } as const

/** What is ordinary where the type alone does not say it. */
const ORDINARY: Readonly<Record<string, Json>> = {
  'auth.kind': 'oidc',
  'auth.age': 60,
  'auth.ip': '127.0.0.1',
  'request.n': 1,
  'request.format': 'text',
  'request.toolChoice': 'auto',
  'request.messages': 1,
  'request.estimatedTokens': 100,
  'session.turns': 1,
  'data.count': 1,
  'data.confidence': 90,
  'data.origin': 'caller',
  'ask.seconds': 3600,
  'ask.reason': 'to try',
}

const askable = (schema: SchemaJson<string>): string[] =>
  Object.entries(schema['']?.actions ?? {}).flatMap(([name, { appliesTo }]) => (appliesTo ? [name] : []))

/** What a name without a type is taken for: what an action is about, a model where it can be one. */
export function usualResource(schema: SchemaJson<string> | undefined, action: string): string {
  const types = schema?.['']?.actions[action]?.appliesTo?.resourceTypes ?? []
  return types.includes('Model') ? 'Model' : (types[0] ?? 'Model')
}

/** Throws Fault `validation_failed` for a part that the schema does not declare, or a value of the wrong type. */
export function usualContext(schema: SchemaJson<string>, action: string, options: UsualOptions): CedarRecord {
  const space = schema['']
  const common = (space?.commonTypes ?? {}) as Readonly<Record<string, TypeJson>>
  const declared = space?.actions && Object.hasOwn(space.actions, action) ? space.actions[action] : undefined
  const type = declared?.appliesTo?.context as TypeJson | undefined
  if (!declared?.appliesTo)
    throw new Fault('validation_failed', {
      detail: `${action} is not an action that can be asked about; these are: ${askable(schema).join(', ')}.`,
    })

  const resolve = (one: TypeJson): TypeJson => {
    const name = one.type === 'EntityOrCommon' ? (one.name ?? '') : one.type
    return Object.hasOwn(common, name) ? resolve(common[name]!) : one
  }
  const make = (given: TypeJson, path: string): Json => {
    const one = resolve(given)
    if (Object.hasOwn(ORDINARY, path)) return ORDINARY[path]!
    if (one.type === 'Record') return record(one, path)
    if (one.type === 'Set') return []
    switch (one.name ?? one.type) {
      case 'Long':
        return 0
      case 'String':
        return ''
      case 'Bool':
      case 'Boolean':
        return false
      case 'ipaddr':
        return '127.0.0.1'
      case 'decimal':
        return '0.0'
      case 'datetime':
        return new Date(Number(options.clock.now.ms)).toISOString()
      case 'duration':
        return '0ms'
      default: {
        const name = one.name ?? one.type
        const example = options.examples?.[name]
        return { type: name, id: example?.type === name ? example.id : '' }
      }
    }
  }
  const record = (one: TypeJson, path: string): JsonObject => {
    const fields: JsonObject = {}
    for (const [name, attribute] of Object.entries(one.attributes ?? {}))
      if (attribute.required !== false) fields[name] = make(attribute, path === '' ? name : `${path}.${name}`)
    return fields
  }

  const shape = type && resolve(type)
  const json = shape ? record(shape, '') : {}
  const { hour, minute, weekday } = options.clock
  const clock = { 'clock.hour': hour, 'clock.minute': minute, 'clock.weekday': weekday }
  const named = options.resource?.type === 'DataClass' ? { 'data.class': options.resource.id } : {}
  /** A record is set part by part: what is not given stays as usual. */
  const set = (path: string, value: Json, mayBeUnknown: boolean): void => {
    const names = path.split('.')
    const declaredAs = typeAt(shape, names, resolve)
    // Nothing is placed under a name that the schema does not have: `__proto__.x` would change every object there is.
    if (declaredAs?.type === 'Record' && isObject(value))
      for (const [name, part] of Object.entries(value)) set(`${path}.${name}`, part, mayBeUnknown)
    else if (declaredAs) place(json, names, typed(declaredAs, value))
    else if (!mayBeUnknown)
      throw new Fault('validation_failed', { detail: `context.${path} is not in the schema.`, data: { param: path } })
  }
  for (const [path, value] of Object.entries({ ...clock, ...options.known, ...named })) set(path, value, true)
  for (const [path, value] of Object.entries(options.set ?? {})) set(path, value, false)
  return createConform(schema).context(action, json)
}

function place(json: JsonObject, [name = '', ...rest]: readonly string[], value: Json): void {
  if (rest.length === 0) {
    json[name] = value
    return
  }
  const inner = Object.hasOwn(json, name) ? json[name] : undefined
  if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) place(inner, rest, value)
  else {
    const made: JsonObject = {}
    json[name] = made
    place(made, rest, value)
  }
}

/** A text from a command line, as the type it is meant to be. */
function typed(type: TypeJson, value: Json): Json {
  if (typeof value !== 'string') return value
  const name = type.name ?? type.type
  if (name === 'Long' && /^-?\d+$/.test(value)) return Number(value)
  if ((name === 'Bool' || name === 'Boolean') && (value === 'true' || value === 'false')) return value === 'true'
  if (name === 'Set') return value === '' ? [] : value.split(',').map((part) => part.trim())
  return value
}

function typeAt(
  shape: TypeJson | undefined,
  path: readonly string[],
  resolve: (type: TypeJson) => TypeJson,
): TypeJson | undefined {
  let at = shape
  for (const name of path) {
    const attributes: TypeJson['attributes'] = at && resolve(at).attributes
    at = attributes && Object.hasOwn(attributes, name) ? attributes[name] : undefined
  }
  return at && resolve(at)
}
