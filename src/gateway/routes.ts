// The data plane as a table: what is not in it answers 404.
import { Fault, type UseAction } from '../core/index.ts'
import type { Catalogue } from './catalogue.ts'
import type { Manage } from './manage.ts'
import { refuse, type Serve } from './pipeline.ts'
import type { Incoming, Outgoing, Wire } from './ports.ts'
import type { Stored } from './stored.ts'
import {
  anthropicMessages,
  ollamaChat,
  ollamaEmbed,
  ollamaEmbeddings,
  ollamaGenerate,
  openaiChat,
  openaiCompletions,
  openaiEmbeddings,
  openaiResponses,
} from './wire/index.ts'

export interface DataRoute {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  handle(incoming: Incoming): Promise<Outgoing>
}

interface Looks extends Catalogue, Stored {
  readonly manage: Manage
}

const CALLS: readonly [path: string, action: UseAction, wire: Wire][] = [
  ['/v1/chat/completions', 'chat', openaiChat],
  ['/v1/completions', 'complete', openaiCompletions],
  ['/v1/embeddings', 'embed', openaiEmbeddings],
  ['/v1/responses', 'chat', openaiResponses],
  ['/v1/messages', 'chat', anthropicMessages],
  ['/api/chat', 'chat', ollamaChat],
  ['/api/generate', 'complete', ollamaGenerate],
  ['/api/embed', 'embed', ollamaEmbed],
  ['/api/embeddings', 'embed', ollamaEmbeddings],
]

/** Routes that are no call to a model, and what answers them. */
const LOOKS: readonly [method: DataRoute['method'], path: string, (all: Looks) => DataRoute['handle']][] = [
  ['GET', '/v1/models', ({ models }) => models],
  ['GET', '/v1/models/*', ({ model }) => model],
  ['GET', '/v1/responses/*', ({ showAnswer }) => showAnswer],
  ['DELETE', '/v1/responses/*', ({ deleteAnswer }) => deleteAnswer],
  ['POST', '/v1/messages/count_tokens', ({ count }) => count],
  ['GET', '/api/tags', ({ tags }) => tags],
  ['POST', '/api/show', ({ show }) => show],
  ['GET', '/api/ps', ({ running }) => running],
  ['GET', '/api/version', ({ version }) => version],
  ['POST', '/api/pull', ({ manage }) => manage('pull')],
  ['POST', '/api/push', ({ manage }) => manage('push')],
  ['POST', '/api/create', ({ manage }) => manage('create')],
  ['POST', '/api/copy', ({ manage }) => manage('copy')],
  ['DELETE', '/api/delete', ({ manage }) => manage('delete')],
]

/** Method and path of every route, for tests that go through all of them. */
export const DATA_ROUTES: readonly Pick<DataRoute, 'method' | 'path'>[] = [
  ...CALLS.map(([path]) => ({ method: 'POST' as const, path })),
  ...LOOKS.map(([method, path]) => ({ method, path })),
]

export const createDataRoutes = (serve: Serve, looks: Looks): DataRoute[] => [
  ...CALLS.map(([path, action, wire]) => ({
    method: 'POST' as const,
    path,
    handle: (incoming: Incoming) => serve(incoming, action, wire),
  })),
  ...LOOKS.map(([method, path, of]) => ({ method, path, handle: of(looks) })),
]

/** What no route takes is refused in the words of the format whose paths or headers it has. */
export function refuseRoute(fault: Fault, path: string, requestId: string, incoming?: Incoming): Outgoing {
  const forAnthropic = path.startsWith('/v1/messages') || incoming?.header('anthropic-version') !== undefined
  const wire = path.startsWith('/api/') ? ollamaChat : forAnthropic ? anthropicMessages : openaiChat
  const noRoute = fault.code === 'not_found' && fault.detail === undefined
  return refuse(wire, noRoute ? new Fault('not_found', { detail: whereInstead(path) }) : fault, { requestId })
}

/**
 * Base addresses with `/v1` too many or too few are what people get wrong first: the route that the path ends like is named.
 * Nothing of the path is repeated.
 */
function whereInstead(path: string): string {
  const asked = path.replace(/\/+/g, '/').replace(/\/$/, '')
  const near = NAMED.filter(({ tail }) => asked.endsWith(tail)).sort(
    (one, other) =>
      other.tail.length - one.tail.length || Number(asked.endsWith(other.path)) - Number(asked.endsWith(one.path)),
  )[0]
  return near ? `Not found. Did you mean ${near.method} ${near.path}?` : NOTHING_ELSE
}

/** What callers of models ask for, with the part that stands behind `/v1` or `/api`. */
const NAMED = DATA_ROUTES.filter(({ method, path }) => !path.includes('*') && !isManaging(method, path)).map(
  (route) => ({
    ...route,
    tail: route.path.replace(/^\/(v1|api)/, ''),
  }),
)

function isManaging(method: string, path: string): boolean {
  return method === 'DELETE' || /^\/api\/(pull|push|create|copy)$/.test(path)
}

const NOTHING_ELSE =
  'Not found. Served here are chat completions, completions, embeddings, responses, messages and models, in the formats of OpenAI, Anthropic and Ollama.'
