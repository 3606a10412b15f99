// From method and raw path to a route of the contract. Segments are split before they are decoded, each once, so that
// an encoded slash never becomes a path step; what does not decode is no route.
import { withoutSecrets } from '../identity/index.ts'
import { BASE, type RouteId, type RouteSpec } from './contract.ts'
import { isWritten } from './written.ts'

export interface Match {
  readonly id: RouteId
  readonly params: Readonly<Record<string, string>>
}

interface Row {
  readonly id: RouteId
  readonly method: string
  readonly segments: readonly string[]
}

/** Characters of the longest name there can be, with room. A longer one is no route, so that no answer and no event repeats it. */
const LONGEST_PARAM = 512

const isParam = (segment: string): boolean => segment.startsWith('{')

export function createTable(
  routes: Readonly<Record<RouteId, RouteSpec>>,
): (method: string, path: string) => Match | undefined {
  const rows: Row[] = Object.entries(routes).map(([id, spec]) => ({
    id: id as RouteId,
    method: spec.method,
    segments: (BASE + spec.path).split('/'),
  }))
  // A word before a parameter: /policies/active is not the policy called "active".
  rows.sort((a, b) => a.segments.filter(isParam).length - b.segments.filter(isParam).length)
  return (method, path) => {
    const given = path.split('/')
    for (const { id, method: wanted, segments } of rows) {
      if (wanted !== method || segments.length !== given.length) continue
      const params = bind(segments, given)
      if (params) return { id, params }
    }
    return undefined
  }
}

function bind(segments: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {}
  for (const [index, segment] of segments.entries()) {
    const text = given[index] ?? ''
    if (!isParam(segment)) {
      if (text !== segment) return undefined
      continue
    }
    const value = decode(text)
    if (value === undefined || value === '') return undefined
    params[segment.slice(1, -1)] = value
  }
  return params
}

function decode(text: string): string | undefined {
  try {
    const value = decodeURIComponent(text)
    return value.length <= LONGEST_PARAM && isWritten(value) ? withoutSecrets(value) : undefined
  } catch {
    return undefined
  }
}
