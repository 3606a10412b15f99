// The data plane as a table: what is not in it answers 404.
import type { UseAction } from '../core/index.ts'
import type { Serve } from './pipeline.ts'
import type { Incoming, Outgoing, Wire } from './ports.ts'
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

/** Method and path of every route, for tests that go through all of them. */
export const DATA_ROUTES: readonly Pick<DataRoute, 'method' | 'path'>[] = CALLS.map(([path]) => ({
  method: 'POST',
  path,
}))

export const createDataRoutes = (serve: Serve): DataRoute[] =>
  CALLS.map(([path, action, wire]) => ({ method: 'POST', path, handle: (incoming) => serve(incoming, action, wire) }))
