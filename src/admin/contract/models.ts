// Models and the servers that answer for them. Which there are is said by the settings and the servers;
// here they are shown, and one that changed is accepted.
import { z } from 'zod'
import { GATEWAY, spec } from './route.ts'
import { list, page, paging, reason } from './values.ts'

const Model = z
  .object({
    name: z.string(),
    upstream: z.string(),
    upstreamName: z.string(),
    aliasOf: z.string().optional(),
    groups: list,
    hosting: z.enum(['embedded', 'local', 'external']),
    digest: z.string().optional(),
    quarantined: z.boolean(),
    accepted: z
      .object({ upstream: z.string(), upstreamName: z.string(), digest: z.string().optional() })
      .optional()
      .meta({ description: 'Of a quarantined model: what was accepted under this name before it changed.' }),
    enforced: z
      .object({
        placeholders: z.enum(['sampler', 'stream']),
        values: z.enum(['sampler', 'stream']),
        phrases: z.enum(['sampler', 'bias', 'stream']),
        revocation: z.enum(['token', 'connection']),
        sessions: z.enum(['own state', 'cache salt', 'no cache', 'nothing']),
      })
      .meta({
        description:
          'Where rules act on an answer: `sampler`, what they forbid is never chosen; `bias`, phrases of one token are biased against at the server, the rest on the stream; `stream`, the guard masks it on its way out.',
      }),
  })
  .meta({ id: 'Model' })

const Upstream = z
  .object({
    name: z.string(),
    kind: z.string(),
    hosting: z.enum(['embedded', 'local', 'external']),
    state: z.enum(['up', 'down']),
    models: z.int(),
    problem: z.string().optional(),
  })
  .meta({ id: 'Upstream' })

export const modelRoutes = {
  'models.list': spec({
    method: 'GET',
    path: '/models',
    action: 'list',
    on: GATEWAY,
    summary: 'List models',
    query: z.strictObject(paging),
    output: page(Model),
  }),
  'models.show': spec({
    method: 'GET',
    path: '/models/{name}',
    action: 'show',
    on: { type: 'Model', param: 'name' },
    summary: 'Show a model',
    output: Model,
  }),
  'models.accept': spec({
    method: 'POST',
    path: '/models/{name}/accept',
    action: 'manageModels',
    on: { type: 'Model', param: 'name' },
    summary: 'Accept what a quarantined model name stands for now, if that is still this digest',
    body: z.strictObject({ digest: z.string().max(128).optional(), reason }),
    output: Model,
  }),
  'upstreams.list': spec({
    method: 'GET',
    path: '/upstreams',
    action: 'show',
    on: GATEWAY,
    summary: 'List the servers that answer for models, without their credentials',
    output: page(Upstream),
  }),
} as const
