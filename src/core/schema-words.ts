// What a schema wants of a value, for people: given to the schema library as its error map, so that all that is refused
// by a schema is refused in the same words. What a schema says of itself comes first. The value is never repeated.

/** Of the schema library's issues, what is looked at. */
interface Issue {
  readonly code?: string | undefined
  readonly input?: unknown
  readonly expected?: unknown
  readonly values?: readonly unknown[]
  readonly origin?: string
  readonly minimum?: number | bigint
  readonly maximum?: number | bigint
  readonly inclusive?: boolean
  readonly format?: string
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'a time such as 2026-11-21T14:00:00Z (RFC 3339)',
  url: 'a URL',
  email: 'an e-mail address',
}

const UNITS: Readonly<Record<string, readonly [one: string, more: string]>> = {
  string: [' character', ' characters'],
  array: [' entry', ' entries'],
}

/** Undefined leaves it to the schema library. */
export function schemaWords(issue: Issue): string | undefined {
  if (issue.code === 'too_small') return bound(issue, 'at least', 'more than', issue.minimum)
  if (issue.code === 'too_big') return bound(issue, 'at most', 'less than', issue.maximum)
  if (issue.code === 'invalid_format') return FORMATS[issue.format ?? '']
  if (issue.input === undefined) return 'missing'
  if (issue.code === 'invalid_type') return TYPES[String(issue.expected)]
  if (issue.code === 'invalid_value')
    return `${issue.values?.length === 1 ? '' : 'one of '}${issue.values?.map(String).join(', ')}`
  if (issue.code === 'invalid_union') return 'of another type than it may be'
  return undefined
}

function bound({ inclusive, origin = '' }: Issue, to: string, beyond: string, limit: number | bigint | undefined) {
  const unit = UNITS[origin]?.[limit === 1 || limit === 1n ? 0 : 1] ?? ''
  return `${inclusive === false ? beyond : to} ${limit}${unit}`
}
