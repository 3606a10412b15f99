// Settings in effect, and the nodes they hold on.
// Secrets are never shown.
import { z } from 'zod'
import { GATEWAY, spec } from './route.ts'
import { page, time } from './values.ts'

const Setting = z.object({
  name: z.string(),
  value: z.unknown().meta({ description: 'Secrets read [hidden].' }),
  source: z.enum(['flag', 'environment', 'file', 'default']).optional(),
  description: z.string(),
})

const Node = z.object({
  id: z.string(),
  name: z.string(),
  appliedSeq: z.int(),
  startedAt: time,
  silentMs: z.number().meta({ description: 'Since it was last heard of.' }),
  closed: z.boolean().meta({ description: 'Silent for so long that it takes no calls and runs none any more.' }),
  calls: z.int().meta({ description: 'Calls it runs, as it said when it was last heard of.' }),
  self: z.boolean().meta({ description: 'Whether it is the one that answers.' }),
})

export const nodeRoutes = {
  'config.show': spec({
    method: 'GET',
    path: '/config',
    action: 'show',
    on: GATEWAY,
    summary: 'Settings in effect, with their source; secrets hidden',
    output: page(Setting),
  }),
  'nodes.list': spec({
    method: 'GET',
    path: '/nodes',
    action: 'show',
    on: GATEWAY,
    summary: 'Nodes, and how far each has applied the change feed',
    output: page(Node),
  }),
} as const
