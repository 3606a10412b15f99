// A client of the admin API, typed by its contract. Where it is and with which key: flags, then the environment, then
// what `up` wrote into the data folder. The key is sent to that address alone; redirects are not followed.
import { existsSync } from 'node:fs'
import {
  BASE,
  type BodyInput,
  type Output,
  type QueryInput,
  ROUTES,
  type RouteId,
  type RouteSpec,
} from '../admin/contract.ts'
import { EXIT, type ExitCode, Failure, usage } from './failure.ts'

export interface Connection {
  readonly url: string
  readonly key: string | undefined
  /** The key is the one that `up` wrote on this machine. */
  readonly own?: true
}

type Ask<Id extends RouteId> = {
  readonly params?: Readonly<Record<string, string>>
  readonly idempotencyKey?: string
  readonly version?: number
  readonly signal?: AbortSignal
} & (BodyInput<Id> extends undefined ? object : { readonly body: BodyInput<Id> }) &
  (QueryInput<Id> extends undefined ? object : { readonly query?: QueryInput<Id> })

export interface Client {
  readonly connection: Connection
  call<Id extends RouteId>(id: Id, ask: Ask<Id>): Promise<Output<Id>>
  /** What the gateway needs to take calls, and whether it is there. */
  ready(): Promise<Readonly<Record<string, boolean>>>
  /** Server-sent events: the data of each. */
  follow(id: RouteId, query: Record<string, string>, signal: AbortSignal): AsyncIterable<string>
}

const DEFAULT_URL = 'http://127.0.0.1:4141'

export interface Where {
  readonly url?: string | undefined
  readonly key?: string | undefined
  /** Data folder. */
  readonly data: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The gateway's own file is opened only for what flags and environment leave open. */
export async function findConnection({ url, key, data, env }: Where): Promise<Connection> {
  const toldUrl = url ?? env.SALLYPORT_URL
  const toldKey = key ?? env.SALLYPORT_KEY
  const file =
    (toldUrl === undefined || toldKey === undefined) && existsSync(data)
      ? (await import('./admin-file.ts')).readAdminFile(data)
      : undefined
  const chosen = (toldUrl ?? file?.url ?? DEFAULT_URL).replace(/\/+$/, '')
  if (!URL.canParse(chosen) || !/^https?:$/.test(new URL(chosen).protocol))
    throw usage(`${chosen} is not an http:// or https:// address`, `--url ${DEFAULT_URL}`)
  // The key that `up` wrote belongs to the gateway it started: it is not sent to another address.
  if (toldKey !== undefined) return { url: chosen, key: toldKey }
  const own = file?.url === chosen ? file.key : undefined
  return { url: chosen, key: own, ...(own !== undefined && { own: true }) }
}

export function createClient(connection: Connection): Client {
  const send = async (route: RouteSpec, ask: Ask<RouteId> & { body?: unknown; query?: unknown }): Promise<Response> => {
    const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ask.params?.[name] ?? ''))
    const url = new URL(connection.url + BASE + path)
    for (const [name, value] of Object.entries(ask.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value))
    const headers: Record<string, string> = {
      accept: route.stream ? 'text/event-stream' : 'application/json',
      'user-agent': 'sallyport-cli',
      ...(connection.key !== undefined && { authorization: `Bearer ${connection.key}` }),
      ...(route.body && { 'content-type': 'application/json' }),
      ...(ask.idempotencyKey !== undefined && { 'idempotency-key': ask.idempotencyKey }),
      ...(ask.version !== undefined && { 'if-match': `"${ask.version}"` }),
    }
    let response: Response
    try {
      response = await fetch(url, {
        method: route.method,
        headers,
        redirect: 'error',
        ...(route.body && { body: JSON.stringify(ask.body) }),
        ...(ask.signal && { signal: ask.signal }),
      })
    } catch (error) {
      if (ask.signal?.aborted) throw error
      throw LOST.has(codeOf(error)) ? lost(connection, route.method, error) : unreachable(connection, error)
    }
    if (!response.ok) throw await refused(response, connection, path)
    if (route.stream && !response.headers.get('content-type')?.startsWith('text/event-stream'))
      throw stranger(connection, 'It gives no stream of events as one would.')
    return response
  }

  return {
    connection,
    async call(id, ask) {
      const response = await send(ROUTES[id], ask as Ask<RouteId>)
      let answer: unknown
      try {
        answer = await response.json()
      } catch (error) {
        throw error instanceof SyntaxError
          ? stranger(connection, 'It gives no JSON as one would.')
          : lost(connection, ROUTES[id].method, error)
      }
      // Its main fields alone: what a newer or older gateway says otherwise inside them is still an answer.
      const { output }: RouteSpec = ROUTES[id]
      const issues = output?.safeParse(answer).error?.issues
      const wrong = issues?.find(({ code, path }) => code === 'invalid_type' && path.length <= 1)
      if (wrong) throw stranger(connection, `It gives no ${String(wrong.path[0] ?? 'object')} as one would.`)
      return answer as Output<typeof id>
    },
    async ready() {
      const headers: Record<string, string> = connection.key ? { authorization: `Bearer ${connection.key}` } : {}
      const response = await fetch(`${connection.url}/readyz`, { headers, redirect: 'error' }).catch(
        (error: unknown) => {
          throw unreachable(connection, error)
        },
      )
      if (!response.headers.get('content-type')?.startsWith('text/plain'))
        throw response.ok
          ? stranger(connection, 'It gives no /readyz as one would.')
          : await refused(response, connection)
      const lines = (await response.text()).trim().split('\n')
      return Object.fromEntries(lines.map((line) => [line.split(' ')[0] ?? '', line.endsWith(' ok')]))
    },
    async *follow(id, query, signal) {
      const response = await send(ROUTES[id], { query, signal } as Ask<RouteId>)
      const pieces = (response.body ?? []) as AsyncIterable<Uint8Array>
      yield* eventsOf(unlessLost(pieces, (error) => (signal.aborted ? error : lost(connection, 'GET', error))))
    },
  }
}

const causeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error ? error.cause : error
const codeOf = (error: unknown): unknown => (causeOf(error) as { code?: unknown }).code
/** Of a connection that was there: something was sent. */
const LOST: ReadonlySet<unknown> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'UND_ERR_HEADERS_TIMEOUT'])

/** The gateway went away while it was asked: what it was asked to do may have been done. */
function lost({ url }: Connection, method: string, error: unknown): Failure {
  const cause = causeOf(error)
  return new Failure(`The gateway at ${url} did not finish its answer`, {
    why: cause instanceof Error ? cause.message : undefined,
    next:
      method === 'GET'
        ? 'ask again'
        : 'look whether it was done before doing it again:  sallyport audit list --limit 5',
  })
}

/** Another program listens there. What it says must not pass for something done. */
const stranger = ({ url }: Connection, why: string): Failure =>
  new Failure(`What answers at ${url} is no gateway of this kind`, {
    why,
    next: 'name the gateway with --url or SALLYPORT_URL',
  })

function unreachable({ url }: Connection, error: unknown): Failure {
  const cause = causeOf(error)
  return new Failure(`No gateway answers at ${url}`, {
    why:
      codeOf(error) === 'ECONNREFUSED' ? 'Nothing listens there.' : cause instanceof Error ? cause.message : undefined,
    next: 'sallyport up      (or name another gateway with --url or SALLYPORT_URL)',
  })
}

const EXITS: Record<string, ExitCode> = { policy_invalid: EXIT.policyInvalid }

async function refused(response: Response, { key, own }: Connection, path = ''): Promise<Failure> {
  const requestId = response.headers.get('x-request-id') ?? undefined
  const problem = (await response.json().catch(() => ({}))) as Record<string, unknown>
  const text = (field: string) => (typeof problem[field] === 'string' ? problem[field] : undefined)
  const code = text('code') ?? 'unknown'
  const exit =
    response.status === 401
      ? EXIT.signInNeeded
      : ((Object.hasOwn(EXITS, code) ? EXITS[code] : undefined) ?? EXIT.failed)
  const next =
    response.status === 401
      ? key === undefined
        ? 'give a key with --key or SALLYPORT_KEY, or the data folder of your own gateway with --data'
        : `give another key with --key or SALLYPORT_KEY${own ? '; when no administrator has one that works: sallyport up --new-admin NAME' : ''}`
      : code === 'policy_invalid'
        ? 'sallyport policy lint FOLDER, then  sallyport policy test FOLDER'
        : path.startsWith('/decisions/') && code === 'access_denied'
          ? 'ask somebody who may read the audit log: this key may not ask why'
          : code === 'precondition_failed' && path === '/policies'
            ? 'sallyport policy plan FOLDER'
            : code === 'node_stale'
              ? 'see whether that node reaches the database; its log says what happened'
              : text('next')
  return new Failure(`${text('title') ?? `The gateway answered ${response.status}`} (${code})`, {
    exit,
    code,
    why: text('detail') === text('title') ? undefined : text('detail'),
    next,
    requestId,
  })
}

async function* unlessLost<T>(pieces: AsyncIterable<T>, told: (error: unknown) => unknown): AsyncGenerator<T> {
  try {
    yield* pieces
  } catch (error) {
    throw told(error)
  }
}

/** The data of server-sent events as they come. An `error` event ends the stream as a failure. */
async function* eventsOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of pieces) {
    rest += decoder.decode(piece, { stream: true })
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const lines = rest.slice(0, end).split('\n')
      rest = rest.slice(end + 2)
      const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6))
      if (data.length === 0) continue
      if (lines.includes('event: error')) {
        const { code, detail } = JSON.parse(data.join('\n')) as { code: string; detail: string }
        throw new Failure(`The gateway ended the stream (${code})`, { why: detail })
      }
      yield data.join('\n')
    }
  }
}
