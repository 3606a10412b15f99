// What a route of the admin API says about itself: where it is, what the rules are asked, what goes in and comes out.
// Only what is said here is done by the router; nothing is a default that opens.
import type { z } from 'zod'

export interface RouteSpec {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** What the rules are asked, of the entity that `on` names. */
  readonly action: string
  /** Type of the entity asked about, and the path parameter that names it; without one, the gateway. */
  readonly on: { readonly type: 'Gateway' } | { readonly type: string; readonly param: string }
  readonly summary: string
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  readonly output?: z.ZodType
  /** Status of success; 200. */
  readonly status?: number
  /** Takes an `idempotency-key` header. */
  readonly idempotent?: true
  /** Field of the answer that is shown once and never stored. */
  readonly secret?: string
  /** Two people could edit: answers carry an ETag, changes may send `If-Match`. */
  readonly versioned?: true
  /** Answers with server-sent events. */
  readonly stream?: true
  /** Its body is whole keys, which are nowhere else taken for anything but what the id says. */
  readonly keys?: true
  /** Takes a body as large as any call may have; others take what people write. */
  readonly large?: true
}

export const GATEWAY = { type: 'Gateway' } as const
export const spec = <const Spec extends RouteSpec>(route: Spec): Spec => route
