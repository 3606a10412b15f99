// Pages and browser extensions that call from a web origin which keys name (`key create --origin`). A browser asks first,
// without a key: it is answered only where a key that works names its origin, and hears no such route else. An answer may be
// read there only if the key it was asked with names that origin. No origin is a wildcard, cookies never count, and the admin
// API has none of this.

import type { Incoming, Outgoing } from './ports.ts'
import type { DataRoute } from './routes.ts'

export interface PreflightRoute {
  readonly method: 'OPTIONS'
  readonly path: string
  handle(incoming: Incoming): Promise<Outgoing | undefined>
}

interface Origins {
  isNamed(origin: string): boolean
  readableAt(request: { readonly headers: readonly string[] }): string | undefined
}

/** What a page may read beside the body. */
const EXPOSED = [
  'x-request-id',
  ...['decision', 'session', 'masked'].map((name) => `x-sallyport-${name}`),
  ...['limit', 'remaining', 'reset'].flatMap((part) => [`x-ratelimit-${part}-requests`, `x-ratelimit-${part}-tokens`]),
  ...['retry-after', 'retry-after-ms', 'x-should-retry', 'www-authenticate', 'sunset', 'deprecation'],
].join(', ')

/** Seconds a browser need not ask again. No right hangs on it: each call is decided on. */
const MAX_AGE = '600'
/** Names of headers, few enough to be said back. */
const HEADER_NAMES = /^[a-z0-9-]{1,64}(, ?[a-z0-9-]{1,64}){0,63}$/i

/** The routes, and for each path the one that browsers ask before. */
export function forBrowsers(routes: readonly DataRoute[], origins: Origins): (DataRoute | PreflightRoute)[] {
  const methods = Map.groupBy(routes, ({ path }) => path)
  return [
    ...routes.map((route) => ({ ...route, handle: (incoming: Incoming) => readable(route, incoming, origins) })),
    ...[...methods].map(([path, those]) => ({
      method: 'OPTIONS' as const,
      path,
      handle: async (incoming: Incoming) =>
        preflight(
          incoming,
          those.map(({ method }) => method),
          origins,
        ),
    })),
  ]
}

async function readable(route: DataRoute, incoming: Incoming, origins: Origins): Promise<Outgoing> {
  if (incoming.header('origin') === undefined) return route.handle(incoming)
  const origin = origins.readableAt({ headers: incoming.rawHeaders })
  const outgoing = await route.handle(incoming)
  const read = origin !== undefined && {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': EXPOSED,
  }
  return { ...outgoing, headers: { ...outgoing.headers, vary: 'origin', ...read } }
}

function preflight(incoming: Incoming, methods: readonly string[], origins: Origins): Outgoing | undefined {
  const origin = incoming.header('origin')
  const method = incoming.header('access-control-request-method')
  const names = incoming.header('access-control-request-headers')
  if (origin === undefined || method === undefined || !methods.includes(method)) return undefined
  if ((names !== undefined && !HEADER_NAMES.test(names)) || !origins.isNamed(origin)) return undefined
  return {
    status: 200,
    headers: {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': method,
      ...(names !== undefined && { 'access-control-allow-headers': names }),
      'access-control-max-age': MAX_AGE,
      vary: 'origin, access-control-request-method, access-control-request-headers',
    },
    body: '',
  }
}
