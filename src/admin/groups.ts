// Groups over the admin API.
import { Fault } from '../core/index.ts'
import type { GroupRow, MemberRow, MemberUid } from '../identity/index.ts'
import { isText, readSeen } from './page.ts'
import type { AdminPorts } from './ports.ts'
import { namesOf } from './principals.ts'
import { receiptOf } from './receipt.ts'
import { type Handlers, notFound, readRef } from './route.ts'
import { iso, textField } from './time.ts'

const shown = (row: GroupRow) => ({
  name: row.name,
  ...textField('description', row.description),
  source: row.source,
  createdAt: iso(row.created_at),
  createdBy: row.created_by,
  version: row.version,
})

const member = (row: MemberRow) => ({
  member: `${row.member_type}:${row.member_name}`,
  source: row.source,
  addedAt: iso(row.added_at),
  addedBy: row.added_by,
})

const HOLDER_TYPES = ['User', 'Service', 'Agent', 'Group']

/** A member or holder as the path writes it. */
function holderOf(ref: string): MemberUid {
  const uid = readRef<MemberUid['type']>(ref)
  if (!HOLDER_TYPES.includes(uid.type) || uid.id === '')
    throw new Fault('validation_failed', {
      detail: 'Write a member as User:NAME, Service:NAME, Agent:NAME or Group:NAME.',
      data: { param: 'member' },
    })
  return uid
}

export function groupHandlers(ports: AdminPorts): Handlers<Extract<keyof Handlers, `groups.${string}`>> {
  const { identity } = ports
  const nameOf = (params: Readonly<Record<string, string>>) => params.name ?? ''
  return {
    'groups.list': {
      async handle({ query: { cursor, limit, search }, sees }) {
        const page = await readSeen(
          { cursor, limit },
          isText,
          (after, limit) =>
            identity.read.groups({
              limit,
              ...(after !== undefined && { after }),
              ...(search !== undefined && { search }),
            }),
          (row) => row.name,
          (row) => sees({ uid: { type: 'Group', id: row.name } }),
        )
        return { ...page, items: page.items.map(shown) }
      },
    },
    'groups.create': { handle: async ({ body, by }) => shown(await identity.groups.create(body, by)) },
    'groups.show': {
      async handle({ params }) {
        const name = nameOf(params)
        const row = await identity.read.group(name)
        if (!row || row.removed_at !== null) throw notFound('group', name)
        const { ancestors } = identity.entities.describe({ type: 'Group', id: name }) ?? {}
        return {
          ...shown(row),
          members: (await identity.read.members(name)).map(member),
          groups: namesOf(ancestors, 'Group'),
          roles: namesOf(ancestors, 'Role'),
        }
      },
    },
    'groups.update': {
      handle: async ({ params, body, by, version }) =>
        shown(await identity.groups.update(nameOf(params), body, by, version)),
    },
    'groups.remove': {
      handle: async ({ params, query: { reason }, by }) => ({
        receipt: await receiptOf(ports, (await identity.groups.remove(nameOf(params), by, reason)).seq),
      }),
    },
    'groups.add': {
      handle: ({ params, by }) => identity.groups.addMember(nameOf(params), holderOf(params.member ?? ''), by),
    },
    'groups.drop': {
      async handle({ params, query: { reason }, by }) {
        const { seq } = await identity.groups.removeMember(nameOf(params), holderOf(params.member ?? ''), by, reason)
        return { receipt: await receiptOf(ports, seq) }
      },
    },
  }
}
