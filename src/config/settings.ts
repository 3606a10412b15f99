// The schema as a flat list: one setting per leaf, with the names under which it can be given.
import { z } from 'zod'
import { schema } from './schema.ts'

export interface Setting {
  /** `keys.defaultDays`; `upstreams[].url` for a field of a list's entries. */
  path: string
  /** `--keys-default-days`; lists are set in the file only. */
  flag: string | undefined
  /** `SALLYPORT_KEYS_DEFAULT_DAYS` */
  env: string | undefined
  type: 'text' | 'number' | 'boolean' | 'list'
  /** Values of an enumeration. */
  values?: string[]
  default: unknown
  description: string
  secret: boolean
}

const words = (path: string): string =>
  path
    .replaceAll('.', '-')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()

/** Strips defaults and optionality. */
function unwrap(type: z.ZodType): z.ZodType {
  let inner = type
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault)
    inner = inner.unwrap() as z.ZodType
  return inner
}

function typeOf(inner: z.ZodType): Setting['type'] {
  if (inner instanceof z.ZodNumber) return 'number'
  if (inner instanceof z.ZodBoolean) return 'boolean'
  if (inner instanceof z.ZodArray) return 'list'
  return 'text'
}

function leaves(shape: Record<string, z.ZodType>, prefix: string): Setting[] {
  return Object.entries(shape).flatMap(([key, type]) => {
    const path = prefix + key
    const inner = unwrap(type)
    if (inner instanceof z.ZodObject) return leaves(inner.shape as Record<string, z.ZodType>, `${path}.`)
    const kind = typeOf(inner)
    const settable = kind !== 'list' && !path.includes('[]')
    const meta = z.globalRegistry.get(type)
    const own: Setting = {
      path,
      flag: settable ? `--${words(path)}` : undefined,
      env: settable ? `SALLYPORT_${words(path).replaceAll('-', '_').toUpperCase()}` : undefined,
      type: kind,
      default: type instanceof z.ZodDefault ? type.parse(undefined) : undefined,
      description: meta?.description ?? '',
      secret: meta?.secret === true,
      ...(inner instanceof z.ZodEnum ? { values: inner.options.map(String) } : {}),
    }
    const element = inner instanceof z.ZodArray ? inner.element : undefined
    if (!(element instanceof z.ZodObject)) return [own]
    return [own, ...leaves(element.shape as Record<string, z.ZodType>, `${path}[].`)]
  })
}

/** Every setting, in the order of the schema. */
export const SETTINGS: readonly Setting[] = leaves(schema.shape, '')
