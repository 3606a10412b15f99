// JSON from outside (test files, AuthZEN questions, tries) read by the types the schema declares. What comes out has
// exactly the declared shape: an undeclared field, a wrong type or a missing attribute is a refusal, not a guess.
import type { SchemaJson } from '@cedar-policy/cedar-wasm/nodejs'
import { Fault } from '../core/index.ts'
import { parseUid, readEntity, readExtension } from './cedar-json.ts'
import type { CedarRecord, CedarValue } from './value.ts'

interface TypeJson {
  readonly type: string
  readonly name?: string
  readonly element?: TypeJson
  readonly attributes?: Readonly<Record<string, TypeJson & { readonly required?: boolean }>>
}

export interface Conform {
  /** The context of one action. Throws Fault `validation_failed`. */
  context(action: string, json: unknown): CedarRecord
  /** The attributes of one entity type; `named` is what an error calls the entity. */
  attributes(type: string, json: unknown, named?: string): CedarRecord
  tags(type: string, json: unknown): CedarRecord
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  ipaddr: 'ip',
  decimal: 'decimal',
  datetime: 'datetime',
  duration: 'duration',
}

const SPELLED: Readonly<Record<string, string>> = {
  ip: 'an address such as 10.0.0.1, or a network such as 10.0.0.0/8',
  decimal: 'a decimal such as 0.7, with one to four digits behind the point',
  datetime: 'a moment such as 2027-01-31T10:00:00Z',
  duration: 'a span such as 1h30m',
}

export function createConform(schema: SchemaJson<string>): Conform {
  const space = schema['']
  const common = (space?.commonTypes ?? {}) as Readonly<Record<string, TypeJson>>
  const entities = space?.entityTypes ?? {}
  const fail = (path: string, problem: string): never => {
    throw new Fault('validation_failed', { detail: `${path} ${problem}.`, data: { param: path } })
  }

  const read = (json: unknown, type: TypeJson, path: string): CedarValue => {
    switch (type.type) {
      case 'EntityOrCommon':
      case 'Extension':
      case 'Entity':
        return readNamed(json, type.name ?? '', path)
      case 'Set':
        if (!Array.isArray(json)) return fail(path, 'must be a list')
        return json.map((member, index) => read(member, type.element!, `${path}[${index}]`))
      case 'Record':
        return readRecord(json, type, path)
      default:
        return readNamed(json, type.type, path)
    }
  }

  const readNamed = (json: unknown, name: string, path: string): CedarValue => {
    const type = Object.hasOwn(common, name) ? common[name] : undefined
    if (type) return read(json, type, path)
    if (name === 'Long') return Number.isSafeInteger(json) ? (json as number) : fail(path, 'must be a whole number')
    if (name === 'String') return typeof json === 'string' ? json : fail(path, 'must be a text')
    if (name === 'Bool' || name === 'Boolean')
      return typeof json === 'boolean' ? json : fail(path, 'must be true or false')
    const call = Object.hasOwn(EXTENSIONS, name) ? EXTENSIONS[name] : undefined
    if (call) return readExtensionValue(json, call, path)
    return readReference(json, name, path)
  }

  const readExtensionValue = (json: unknown, call: string, path: string): CedarValue => {
    const made = json as { __extn?: { fn?: unknown; arg?: unknown } } | undefined
    const text = typeof json === 'string' ? json : made?.__extn?.fn === call ? made.__extn.arg : undefined
    try {
      if (text !== undefined) return readExtension(call, text)
    } catch {
      // Said below, with the place and an example.
    }
    return fail(path, `must be ${SPELLED[call]}`)
  }

  const readReference = (json: unknown, name: string, path: string): CedarValue => {
    const given = json as { __entity?: object; type?: unknown; id?: unknown } | undefined
    const ref =
      typeof json === 'string' ? parseUid(json) : readEntity((given?.__entity ?? given ?? {}) as { type?: unknown })
    return ref.type === name ? ref : fail(path, `must be a ${name}`)
  }

  const readRecord = (json: unknown, type: TypeJson, path: string): CedarRecord => {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return fail(path, 'must be an object')
    const attributes = type.attributes ?? {}
    for (const name of Object.keys(json))
      if (!Object.hasOwn(attributes, name)) fail(`${path}.${name}`, 'is not in the schema')
    const fields: [string, CedarValue][] = []
    for (const [name, attribute] of Object.entries(attributes)) {
      if (Object.hasOwn(json, name))
        fields.push([name, read((json as Record<string, unknown>)[name], attribute, `${path}.${name}`)])
      else if (attribute.required !== false) fail(`${path}.${name}`, 'is missing')
    }
    return Object.fromEntries(fields)
  }

  const entityType = (type: string) =>
    Object.hasOwn(entities, type)
      ? (entities[type] as { shape?: TypeJson; tags?: TypeJson })
      : fail(type, 'is not an entity type')

  return {
    context(action, json) {
      const declared = space?.actions && Object.hasOwn(space.actions, action) ? space.actions[action] : undefined
      if (!declared?.appliesTo) return fail(action, 'is not an action that can be asked about')
      const type = declared.appliesTo.context as TypeJson | undefined
      const value = type ? read(json, type, 'context') : readRecord(json, { type: 'Record' }, 'context')
      return value as CedarRecord
    },
    attributes: (type, json, named = type) =>
      read(json, entityType(type).shape ?? { type: 'Record' }, named) as CedarRecord,
    tags(type, json) {
      const declared = entityType(type).tags
      if (typeof json !== 'object' || json === null || Array.isArray(json)) return fail(type, 'needs an object of tags')
      if (!declared && Object.keys(json).length > 0) return fail(type, 'has no tags')
      return Object.fromEntries(
        Object.entries(json).map(([name, tag]) => [name, read(tag, declared!, `${type} tag ${name}`)]),
      )
    },
  }
}
