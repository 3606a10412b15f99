// The admin API, declared once: every route with its method, path, action, and the shapes that go in and come out. The
// router, the OpenAPI document, the default-deny test, the CLI and the console all read this table; nothing is routed
// that is not in it. It imports nothing but the schema library, so that a browser can have it too.
// To add a resource: its shapes and routes in contract/, its handlers in one file beside this one, its commands in one in cli/.
import type { z } from 'zod'
import { auditRoutes } from './contract/audit.ts'
import { explainRoutes } from './contract/explain.ts'
import { groupRoutes } from './contract/groups.ts'
import { keyRoutes } from './contract/keys.ts'
import { modelRoutes } from './contract/models.ts'
import { nodeRoutes } from './contract/nodes.ts'
import { policyRoutes } from './contract/policies.ts'
import { principalRoutes } from './contract/principals.ts'
import { requestRoutes } from './contract/requests.ts'
import { reviewRoutes } from './contract/reviews.ts'
import { runningRoutes } from './contract/running.ts'
import { selfRoutes } from './contract/self.ts'

export type { Event } from './contract/audit.ts'
export type { Explanation } from './contract/explain.ts'
export type { Key } from './contract/keys.ts'
export type { PolicyPlan } from './contract/policies.ts'
export type { Principal } from './contract/principals.ts'
export type { Grant, Request } from './contract/requests.ts'
export type { CampaignItem } from './contract/reviews.ts'
export type { RouteSpec } from './contract/route.ts'

export const BASE = '/admin/v1'

export const ROUTES = {
  ...selfRoutes,
  ...principalRoutes,
  ...groupRoutes,
  ...keyRoutes,
  ...modelRoutes,
  ...runningRoutes,
  ...requestRoutes,
  ...reviewRoutes,
  ...policyRoutes,
  ...auditRoutes,
  ...explainRoutes,
  ...nodeRoutes,
} as const

export type RouteId = keyof typeof ROUTES
type Shape<Id extends RouteId, Part extends 'query' | 'body' | 'output'> = (typeof ROUTES)[Id] extends {
  readonly [P in Part]: infer Type extends z.ZodType
}
  ? Type
  : undefined
export type Query<Id extends RouteId> = Shape<Id, 'query'> extends z.ZodType ? z.output<Shape<Id, 'query'>> : undefined
export type Body<Id extends RouteId> = Shape<Id, 'body'> extends z.ZodType ? z.output<Shape<Id, 'body'>> : undefined
export type BodyInput<Id extends RouteId> = Shape<Id, 'body'> extends z.ZodType ? z.input<Shape<Id, 'body'>> : undefined
export type QueryInput<Id extends RouteId> =
  Shape<Id, 'query'> extends z.ZodType ? z.input<Shape<Id, 'query'>> : undefined
export type Output<Id extends RouteId> =
  Shape<Id, 'output'> extends z.ZodType ? z.output<Shape<Id, 'output'>> : undefined
