// Roles and who holds them, over the admin API.
import type { AssignmentRow, MemberUid, RoleRow } from '../identity/index.ts'
import { keepOne } from './last-admin.ts'
import { isText, readPage, readSeen } from './page.ts'
import type { AdminPorts } from './ports.ts'
import { receiptOf } from './receipt.ts'
import { type Handlers, notFound, readRef } from './route.ts'
import { iso, isoField, msOf, textField } from './time.ts'

const shown = (row: RoleRow) => ({
  name: row.name,
  description: row.description,
  source: row.source,
  createdAt: iso(row.created_at),
  createdBy: row.created_by,
  version: row.version,
})

const assignment = (row: AssignmentRow) => ({
  id: row.id,
  role: row.role,
  holder: `${row.holder_type}:${row.holder_name}`,
  source: row.source,
  ...textField('reason', row.reason),
  createdAt: iso(row.created_at),
  createdBy: row.created_by,
  ...isoField('endsAt', row.ends_at),
})

export function roleHandlers(ports: AdminPorts): Handlers<Extract<keyof Handlers, `roles.${string}`>> {
  const { identity } = ports
  const nameOf = (params: Readonly<Record<string, string>>) => params.name ?? ''
  return {
    'roles.list': {
      async handle({ query: { cursor, limit }, sees }) {
        const page = await readSeen(
          { cursor, limit },
          isText,
          (after, limit) => identity.read.roles({ limit, ...(after !== undefined && { after }) }),
          (row) => row.name,
          (row) => sees({ uid: { type: 'Role', id: row.name } }),
        )
        return { ...page, items: page.items.map(shown) }
      },
    },
    'roles.create': { handle: async ({ body, by }) => shown(await identity.roles.create(body, by)) },
    'roles.show': {
      async handle({ params }) {
        const row = await identity.read.role(nameOf(params))
        if (!row || row.removed_at !== null) throw notFound('role', nameOf(params))
        return shown(row)
      },
    },
    'roles.update': {
      handle: async ({ params, body, by, version }) =>
        shown(await identity.roles.update(nameOf(params), body, by, version)),
    },
    'roles.remove': {
      handle: async ({ params, query: { reason }, by }) => ({
        receipt: await receiptOf(ports, (await identity.roles.remove(nameOf(params), by, reason)).seq),
      }),
    },
    'roles.holders': {
      async handle({ params, query: { cursor, limit } }) {
        const role = nameOf(params)
        const page = await readPage(
          { cursor, limit },
          isText,
          (after, limit) => identity.read.assignments({ role, limit, ...(after !== undefined && { after }) }),
          (row) => row.id,
        )
        return { ...page, items: page.items.map(assignment) }
      },
    },
    'roles.assign': {
      async handle({ params, body: { holder, endsAt, reason }, by }) {
        const row = await identity.roles.assign(
          {
            role: nameOf(params),
            holder: readRef<MemberUid['type']>(holder),
            reason,
            ...(endsAt !== undefined && { endsAt: msOf(endsAt) }),
          },
          by,
        )
        return assignment(row)
      },
    },
    'roles.unassign': {
      // The rules were asked about the role in the path; an assignment of another role is not taken away through it.
      async handle({ params, query: { reason }, by, caller }) {
        await keepOne(identity, caller, { assignment: params.id ?? '' })
        const of = { role: nameOf(params), ...(reason !== undefined && { reason }) }
        const { seq } = await identity.roles.unassign(params.id ?? '', by, of)
        return { receipt: await receiptOf(ports, seq) }
      },
    },
  }
}
