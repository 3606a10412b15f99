// Users, services and agents: one set of routes each, all alike.
// Leaving takes everything along; a name is never given again.
import { z } from 'zod'
import { GATEWAY, spec } from './route.ts'
import { attributes, email, name, page, paging, Receipt, reason, time, version } from './values.ts'

const Principal = z
  .object({
    type: z.enum(['User', 'Service', 'Agent']),
    name,
    state: z.enum(['active', 'suspended']),
    displayName: z.string().optional(),
    email: z.string().optional(),
    attributes,
    onBehalfOf: name.optional(),
    source: z.string(),
    createdAt: time,
    createdBy: z.string(),
    stateAt: time,
    stateBy: z.string(),
    stateReason: z.string().optional(),
    version,
  })
  .meta({ id: 'Principal' })
export type Principal = z.infer<typeof Principal>

const PrincipalDetail = Principal.extend({
  groups: z.array(z.string()).meta({ description: 'All groups, also those through other groups.' }),
  roles: z.array(z.string()).meta({ description: 'All roles in force now.' }),
}).meta({ id: 'PrincipalDetail' })

const Ended = z.object({
  keys: z.array(z.string()),
  agents: z.array(z.string()),
  receipt: Receipt,
})

const Left = Ended.extend({
  groups: z.array(z.string()),
  roles: z.array(z.string()),
  grants: z.array(z.string()).meta({ description: 'Roles held for a while that ended.' }),
  services: z.array(z.string()).meta({ description: 'Services this user is the owner of: they need another one.' }),
})

const principals = <const Noun extends 'users' | 'services' | 'agents', const Type extends string>(
  noun: Noun,
  type: Type,
) => {
  const one = { type, param: 'name' } as const
  const what = noun.slice(0, -1)
  const article = what === 'agent' ? 'an' : 'a'
  return {
    list: spec({
      method: 'GET',
      path: `/${noun}`,
      action: 'list',
      on: GATEWAY,
      summary: `List ${noun}`,
      query: z.strictObject({
        ...paging,
        search: z.string().max(64).optional(),
        state: z.enum(['active', 'suspended']).optional(),
      }),
      output: page(Principal),
    }),
    create: spec({
      method: 'POST',
      path: `/${noun}`,
      action: 'manageDirectory',
      on: GATEWAY,
      summary: `Create ${article} ${what}`,
      body: z.strictObject({
        name,
        displayName: z.string().max(200).optional(),
        email: email.optional(),
        attributes: attributes.optional(),
        onBehalfOf: name.optional().meta({ description: 'Agents only, and needed there.' }),
      }),
      output: Principal,
      status: 201,
      idempotent: true,
    }),
    show: spec({
      method: 'GET',
      path: `/${noun}/{name}`,
      action: 'show',
      on: one,
      summary: `Show ${article} ${what} with its groups and roles`,
      output: PrincipalDetail,
      versioned: true,
    }),
    update: spec({
      method: 'PATCH',
      path: `/${noun}/{name}`,
      action: 'manageDirectory',
      on: one,
      summary: `Describe ${article} ${what} anew`,
      body: z.strictObject({
        displayName: z.string().max(200).optional(),
        email: email.optional(),
        attributes: attributes.optional(),
      }),
      output: Principal,
      versioned: true,
    }),
    suspend: spec({
      method: 'POST',
      path: `/${noun}/{name}/suspend`,
      action: 'manageDirectory',
      on: one,
      summary: `Suspend ${article} ${what}: its keys are suspended and its running calls end`,
      body: z.strictObject({ reason }),
      output: z.object({ principal: Principal, ended: Ended }),
    }),
    offboard: spec({
      method: 'POST',
      path: `/${noun}/{name}/offboard`,
      action: 'manageDirectory',
      on: one,
      summary: `Take everything from ${article} ${what} that has left: suspended, keys revoked, grants, roles and groups gone, running calls ended`,
      body: z.strictObject({ reason }),
      output: z.object({ principal: Principal, ended: Left }),
    }),
    restore: spec({
      method: 'POST',
      path: `/${noun}/{name}/restore`,
      action: 'manageDirectory',
      on: one,
      summary: `Let a suspended ${what} act again; its keys stay suspended`,
      body: z.strictObject({ reason }),
      output: Principal,
    }),
    remove: spec({
      method: 'DELETE',
      path: `/${noun}/{name}`,
      action: 'manageDirectory',
      on: one,
      summary: `Remove ${article} ${what} for good; the name is not given again`,
      query: z.strictObject({ reason }),
      output: Ended,
    }),
  }
}

const users = principals('users', 'User')
const services = principals('services', 'Service')
const agents = principals('agents', 'Agent')

export const principalRoutes = {
  'users.list': users.list,
  'users.create': users.create,
  'users.show': users.show,
  'users.update': users.update,
  'users.suspend': users.suspend,
  'users.offboard': users.offboard,
  'users.restore': users.restore,
  'users.remove': users.remove,
  'services.list': services.list,
  'services.create': services.create,
  'services.show': services.show,
  'services.update': services.update,
  'services.suspend': services.suspend,
  'services.offboard': services.offboard,
  'services.restore': services.restore,
  'services.remove': services.remove,
  'agents.list': agents.list,
  'agents.create': agents.create,
  'agents.show': agents.show,
  'agents.update': agents.update,
  'agents.suspend': agents.suspend,
  'agents.offboard': agents.offboard,
  'agents.restore': agents.restore,
  'agents.remove': agents.remove,
} as const
