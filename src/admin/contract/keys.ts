// Keys: issued, rotated, suspended, revoked, given to another owner, reported as leaked.
// The key itself is in one answer, once.
import { z } from 'zod'
import { GATEWAY, spec } from './route.ts'
import { list, name, page, paging, principalRef, Receipt, reason, time, version } from './values.ts'

const Key = z
  .object({
    id: z.string(),
    name,
    display: z.string().meta({ description: 'What may be shown of it, for example spk_…9f2a' }),
    owner: principalRef,
    condition: z.enum(['active', 'expiring', 'rotating', 'dormant', 'suspended', 'revoked', 'expired']),
    purpose: z.string().optional(),
    createdAt: time,
    createdBy: z.string(),
    expiresAt: time,
    diesAt: time.optional().meta({ description: 'After a rotation: when this one stops.' }),
    actions: list.optional(),
    models: list.optional(),
    networks: list.optional(),
    origins: list.optional(),
    rotatedFrom: z.string().optional(),
    replacedBy: z.string().optional(),
    stateAt: time,
    stateBy: z.string(),
    stateReason: z.string().optional(),
    firstUsedAt: time.optional(),
    lastUsedAt: time.optional(),
    lastAddress: z.string().optional(),
    lastClient: z.string().optional(),
    uses: z.int(),
    version,
  })
  .meta({ id: 'Key' })
export type Key = z.infer<typeof Key>

const KeyReach = Key.extend({
  roles: list.meta({ description: 'What its owner holds now, also for a while.' }),
  mayUse: z.array(z.object({ model: z.string(), actions: list })).meta({
    description:
      'What the rules give this key now, of the models that the caller may see; nothing if it does not work.',
  }),
})

const KeyAfter = Key.extend({ receipt: Receipt })
const IssuedKey = Key.extend({
  key: z
    .string()
    .optional()
    .meta({ description: 'The key itself. Shown this once; a repeated request does not show it.' }),
})

const KEY = { type: 'Key', param: 'id' } as const
const keyStep = <const Verb extends string, const Action extends string>(verb: Verb, action: Action, summary: string) =>
  spec({
    method: 'POST',
    path: `/keys/{id}/${verb}`,
    action,
    on: KEY,
    summary,
    body: z.strictObject({ reason }),
    output: KeyAfter,
    versioned: true,
  })

export const keyRoutes = {
  'keys.list': spec({
    method: 'GET',
    path: '/keys',
    action: 'list',
    on: GATEWAY,
    summary: 'List keys, newest first',
    query: z.strictObject({
      ...paging,
      owner: principalRef.optional(),
      name: name.optional(),
      state: z.enum(['active', 'suspended', 'revoked']).optional(),
      expiresBefore: time.optional(),
      unusedSince: time.optional(),
    }),
    output: page(Key),
  }),
  'keys.create': spec({
    method: 'POST',
    path: '/keys',
    action: 'issueKey',
    on: { type: 'Key', param: '' },
    summary: 'Issue a key. The answer shows it once',
    body: z.strictObject({
      owner: principalRef,
      name,
      purpose: reason.optional(),
      expiresAt: time.optional(),
      actions: list.optional(),
      models: list.optional(),
      networks: list.optional(),
      origins: list.optional(),
    }),
    output: IssuedKey,
    status: 201,
    idempotent: true,
    secret: 'key',
  }),
  'keys.show': spec({
    method: 'GET',
    path: '/keys/{id}',
    action: 'show',
    on: KEY,
    summary: 'Show a key: whose it is, what it may do now, when and from where it was used',
    output: KeyReach,
    versioned: true,
  }),
  'keys.rotate': spec({
    method: 'POST',
    path: '/keys/{id}/rotate',
    action: 'issueKey',
    on: KEY,
    summary: 'Issue the successor of a key; both work until the old one dies',
    body: z.strictObject({ oldDiesAt: time.optional(), expiresAt: time.optional() }),
    output: IssuedKey.extend({ old: Key }),
    status: 201,
    idempotent: true,
    secret: 'key',
  }),
  'keys.suspend': keyStep(
    'suspend',
    'revokeKey',
    'Suspend a key: it stops working and its calls end, until it is resumed',
  ),
  'keys.resume': keyStep('resume', 'issueKey', 'Let a suspended key work again'),
  'keys.revoke': keyStep('revoke', 'revokeKey', 'Revoke a key for good; its running calls end'),
  'keys.report': spec({
    method: 'POST',
    path: '/keys/report',
    action: 'list',
    on: GATEWAY,
    summary: 'Report keys that leaked: those that are ours are revoked at once',
    body: z.strictObject({ keys: z.array(z.string().max(128)).min(1).max(100) }),
    output: z.object({ revoked: z.array(z.string()) }),
    keys: true,
  }),
  'keys.transfer': spec({
    method: 'POST',
    path: '/keys/{id}/transfer',
    action: 'issueKey',
    on: KEY,
    summary: 'Give a key to another owner',
    body: z.strictObject({ owner: principalRef }),
    output: KeyAfter,
    versioned: true,
  }),
} as const
