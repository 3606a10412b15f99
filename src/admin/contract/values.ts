// Words that shapes of the admin API are made of: times, names, references, pages, receipts.
// Bounds are on what comes in; what goes out is as it was kept.
import { z } from 'zod'

export const time = z.iso.datetime({ offset: true }).meta({ description: 'RFC 3339, for example 2026-11-21T14:00:00Z' })
export const name = z.string().min(1).max(64)
export const reason = z.string().min(1).max(500)
export const version = z.int()
export const attributes = z.record(z.string(), z.union([z.string(), z.int(), z.boolean(), z.array(z.string())]))
export const list = z.array(z.string().min(1).max(256)).max(200)
/** `User:dana`, `Service:etl`, `Agent:bot`, `Group:dev`. */
export const principalRef = z.string().regex(/^(User|Service|Agent):.+$/, 'User:NAME, Service:NAME or Agent:NAME')
export const holderRef = z
  .string()
  .regex(/^(User|Service|Agent|Group):.+$/, 'User:NAME, Service:NAME, Agent:NAME or Group:NAME')

export const email = z
  .string()
  .max(320)
  .regex(/^[^\s@\p{C}]+@[^\s@\p{C}]+$/u, 'an address such as dana@example.com')

export const paging = {
  cursor: z.string().max(512).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
}

export const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().optional().meta({ description: 'Give it as cursor to go on.' }) })

/** Of what runs on all nodes. */
export const running = <Item extends z.ZodType>(item: Item) =>
  page(item).extend({
    unanswered: z
      .array(z.string())
      .optional()
      .meta({ description: 'Nodes that did not answer in time; what they run is missing.' }),
  })

export const Receipt = z
  .object({
    at: time,
    seq: z.int().meta({ description: 'Number in the change feed; every node that has applied it acts on it.' }),
    event: z.string().optional().meta({ description: 'The event that the log has of it.' }),
    calls: z.int().meta({ description: 'Running calls ended, on all nodes that have answered.' }),
    upstreams: z.int().meta({ description: 'Of these, how many were aborted at a model server.' }),
    nodes: z.array(
      z.object({
        name: z.string(),
        applied: z.boolean(),
        milliseconds: z.int().optional(),
        cut: z.int(),
        closesInMs: z.int().optional().meta({ description: 'A silent node runs no call any more after this time.' }),
      }),
    ),
  })
  .meta({ id: 'Receipt' })
