// Groups with their members, and roles with those who hold them.
// What a role may do is said by rules, not here.
import { z } from 'zod'
import { GATEWAY, spec } from './route.ts'
import { holderRef, name, page, paging, Receipt, reason, time, version } from './values.ts'

export const Group = z
  .object({
    name,
    description: z.string().optional(),
    source: z.string(),
    createdAt: time,
    createdBy: z.string(),
    version,
  })
  .meta({ id: 'Group' })

const Member = z.object({ member: holderRef, source: z.string(), addedAt: time, addedBy: z.string() })
const Role = z
  .object({ name, description: z.string(), source: z.string(), createdAt: time, createdBy: z.string(), version })
  .meta({ id: 'Role' })

const Assignment = z
  .object({
    id: z.string(),
    role: name,
    holder: holderRef,
    source: z.string(),
    reason: z.string().optional(),
    createdAt: time,
    createdBy: z.string(),
    endsAt: time.optional(),
  })
  .meta({ id: 'Assignment' })

export const groupRoutes = {
  'groups.list': spec({
    method: 'GET',
    path: '/groups',
    action: 'list',
    on: GATEWAY,
    summary: 'List groups',
    query: z.strictObject({ ...paging, search: z.string().max(64).optional() }),
    output: page(Group),
  }),
  'groups.create': spec({
    method: 'POST',
    path: '/groups',
    action: 'manageDirectory',
    on: GATEWAY,
    summary: 'Create a group',
    body: z.strictObject({ name, description: z.string().max(500).optional() }),
    output: Group,
    status: 201,
    idempotent: true,
  }),
  'groups.show': spec({
    method: 'GET',
    path: '/groups/{name}',
    action: 'show',
    on: { type: 'Group', param: 'name' },
    summary: 'Show a group with its members and roles',
    output: Group.extend({ members: z.array(Member), groups: z.array(z.string()), roles: z.array(z.string()) }),
    versioned: true,
  }),
  'groups.update': spec({
    method: 'PATCH',
    path: '/groups/{name}',
    action: 'manageDirectory',
    on: { type: 'Group', param: 'name' },
    summary: 'Describe a group anew',
    body: z.strictObject({ description: z.string().max(500) }),
    output: Group,
    versioned: true,
  }),
  'groups.remove': spec({
    method: 'DELETE',
    path: '/groups/{name}',
    action: 'manageDirectory',
    on: { type: 'Group', param: 'name' },
    summary: 'Remove a group, its memberships and its roles; the name is not given again',
    query: z.strictObject({ reason: reason.optional() }),
    output: z.object({ receipt: Receipt }),
  }),
  'groups.add': spec({
    method: 'PUT',
    path: '/groups/{name}/members/{member}',
    action: 'manageDirectory',
    on: { type: 'Group', param: 'name' },
    summary: 'Put a user, service, agent or group (User:dana, Group:dev) into a group',
    output: z.object({ added: z.boolean() }),
  }),
  'groups.drop': spec({
    method: 'DELETE',
    path: '/groups/{name}/members/{member}',
    action: 'manageDirectory',
    on: { type: 'Group', param: 'name' },
    summary: 'Take a member out of a group',
    query: z.strictObject({ reason: reason.optional() }),
    output: z.object({ receipt: Receipt }),
  }),
  'roles.list': spec({
    method: 'GET',
    path: '/roles',
    action: 'list',
    on: GATEWAY,
    summary: 'List roles',
    query: z.strictObject(paging),
    output: page(Role),
  }),
  'roles.create': spec({
    method: 'POST',
    path: '/roles',
    action: 'manageDirectory',
    on: GATEWAY,
    summary: 'Create a role; what it may do is said by rules',
    body: z.strictObject({ name, description: z.string().min(1).max(500) }),
    output: Role,
    status: 201,
    idempotent: true,
  }),
  'roles.show': spec({
    method: 'GET',
    path: '/roles/{name}',
    action: 'show',
    on: { type: 'Role', param: 'name' },
    summary: 'Show a role',
    output: Role,
    versioned: true,
  }),
  'roles.update': spec({
    method: 'PATCH',
    path: '/roles/{name}',
    action: 'manageDirectory',
    on: { type: 'Role', param: 'name' },
    summary: 'Describe a role anew',
    body: z.strictObject({ description: z.string().min(1).max(500) }),
    output: Role,
    versioned: true,
  }),
  'roles.remove': spec({
    method: 'DELETE',
    path: '/roles/{name}',
    action: 'manageDirectory',
    on: { type: 'Role', param: 'name' },
    summary: 'Remove a role and take it from everybody; the name is not given again',
    query: z.strictObject({ reason: reason.optional() }),
    output: z.object({ receipt: Receipt }),
  }),
  'roles.holders': spec({
    method: 'GET',
    path: '/roles/{name}/assignments',
    action: 'show',
    on: { type: 'Role', param: 'name' },
    summary: 'Who holds a role',
    query: z.strictObject(paging),
    output: page(Assignment),
  }),
  'roles.assign': spec({
    method: 'POST',
    path: '/roles/{name}/assignments',
    action: 'manageDirectory',
    on: { type: 'Role', param: 'name' },
    summary: 'Give a role to a user, service, agent or group, with an end if wanted',
    body: z.strictObject({ holder: holderRef, endsAt: time.optional(), reason: reason.optional() }),
    output: Assignment,
    status: 201,
    idempotent: true,
  }),
  'roles.unassign': spec({
    method: 'DELETE',
    path: '/roles/{name}/assignments/{id}',
    action: 'manageDirectory',
    on: { type: 'Role', param: 'name' },
    summary: 'Take a role away',
    query: z.strictObject({ reason: reason.optional() }),
    output: z.object({ receipt: Receipt }),
  }),
} as const
