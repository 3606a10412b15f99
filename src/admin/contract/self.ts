// Who asks, and this API itself. Whoever has a credential may ask these about himself,
// if a rule lets it list.
import { z } from 'zod'
import { GATEWAY, spec } from './route.ts'
import { list, time } from './values.ts'

const Self = z.object({
  principal: z.string(),
  groups: z.array(z.string()),
  roles: z.array(z.string()),
  credential: z.object({
    kind: z.string(),
    id: z.string(),
    expiresAt: time.optional(),
    actions: list.optional(),
    models: list.optional(),
  }),
  address: z.string(),
  product: z.string(),
  policy: z.string(),
  models: z.array(z.string()).meta({ description: 'Models this caller may chat with, complete with or embed with.' }),
})

export const selfRoutes = {
  'self.show': spec({
    method: 'GET',
    path: '/whoami',
    action: 'list',
    on: GATEWAY,
    summary: 'Who the caller is, and which models it may use',
    output: Self,
  }),
  'openapi.show': spec({
    method: 'GET',
    path: '/openapi.json',
    action: 'list',
    on: GATEWAY,
    summary: 'This API as OpenAPI 3.1',
    output: z.record(z.string(), z.unknown()),
  }),
} as const
