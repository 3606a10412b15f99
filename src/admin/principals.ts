// Users, services and agents over the admin API.
import { type PrincipalType, type PrincipalUid, uidText } from '../core/index.ts'
import type { Left, PrincipalRow } from '../identity/index.ts'
import type { Output } from './contract.ts'
import { keepOne } from './last-admin.ts'
import { isText, readSeen } from './page.ts'
import type { AdminPorts } from './ports.ts'
import { receiptOf } from './receipt.ts'
import { type Handlers, notFound } from './route.ts'
import { iso, textField } from './time.ts'

type Verb = 'list' | 'create' | 'show' | 'update' | 'suspend' | 'offboard' | 'restore' | 'remove'
type Shown = Output<'users.create'>

const shown = (row: PrincipalRow): Shown => ({
  type: row.type,
  name: row.name,
  state: row.state === 'suspended' ? 'suspended' : 'active',
  ...textField('displayName', row.display_name),
  ...textField('email', row.email),
  attributes: JSON.parse(row.attributes) as Shown['attributes'],
  ...textField('onBehalfOf', row.on_behalf_of),
  source: row.source,
  createdAt: iso(row.created_at),
  createdBy: row.created_by,
  stateAt: iso(row.state_at),
  stateBy: row.state_by,
  ...textField('stateReason', row.state_reason),
  version: row.version,
})

/** The three kinds differ in their type alone; the contract gives them one shape. */
function handlersOf(type: PrincipalType, ports: AdminPorts): { readonly [V in Verb]: Handlers[`users.${V}`] } {
  const { identity } = ports
  const uid = (params: Readonly<Record<string, string>>): PrincipalUid => ({ type, id: params.name ?? '' })
  const existing = async (which: PrincipalUid): Promise<PrincipalRow> => {
    const row = await identity.read.principal(which)
    if (!row || row.state === 'removed') throw notFound(type.toLowerCase(), which.id)
    return row
  }
  return {
    list: {
      async handle({ query: { cursor, limit, ...filter }, sees }) {
        const { search, state } = filter
        const page = await readSeen(
          { cursor, limit },
          isText,
          (after, limit) =>
            identity.read.principals(type, {
              limit,
              ...(after !== undefined && { after }),
              ...(search !== undefined && { search }),
              ...(state !== undefined && { state }),
            }),
          (row) => row.name,
          (row) => sees({ uid: { type, id: row.name } }),
        )
        return { ...page, items: page.items.map(shown) }
      },
    },
    create: {
      handle: async ({ body, by }) => shown(await identity.principals.create({ ...body, type }, by)),
    },
    show: {
      async handle({ params }) {
        const row = await existing(uid(params))
        const ancestors = identity.entities.describe(uid(params))?.ancestors
        return { ...shown(row), groups: namesOf(ancestors, 'Group'), roles: rolesNow(ports, uid(params), ancestors) }
      },
    },
    update: {
      handle: async ({ params, body, by, version }) =>
        shown(await identity.principals.update(uid(params), body, by, version)),
    },
    suspend: {
      async handle({ params, body, by, caller }) {
        await keepOne(identity, caller, { principal: uid(params) })
        const { row, ended, seq } = await identity.principals.suspend(uid(params), body.reason, by)
        return {
          principal: shown(row),
          ended: { keys: [...ended.keys], agents: [...ended.agents], receipt: await receiptOf(ports, seq) },
        }
      },
    },
    offboard: {
      async handle({ params, body, by, caller }) {
        await keepOne(identity, caller, { principal: uid(params) })
        const grants: string[] = []
        const services = await servicesOf(ports, uid(params))
        const { row, ended, seq } = await identity.principals.offboard(
          uid(params),
          body.reason,
          by,
          async (trx, who) => {
            const done = await ports.jit.grants.endAllOf(trx, uidText(who), by.principal, 'offboarded')
            grants.push(...done.value.ended)
            return done
          },
        )
        return {
          principal: shown(row),
          ended: { ...lists(ended), grants, services, receipt: await receiptOf(ports, seq) },
        }
      },
    },
    restore: {
      handle: async ({ params, body, by }) => shown(await identity.principals.restore(uid(params), body.reason, by)),
    },
    remove: {
      async handle({ params, query, by, caller }) {
        await keepOne(identity, caller, { principal: uid(params) })
        const { ended, seq } = await identity.principals.remove(uid(params), query.reason, by)
        return { keys: [...ended.keys], agents: [...ended.agents], receipt: await receiptOf(ports, seq) }
      },
    },
  }
}

const lists = ({ keys, agents, groups, roles }: Left) => ({
  keys: [...keys],
  agents: [...agents],
  groups: [...new Set(groups)],
  roles: [...new Set(roles)],
})

const PAGE = 200

/** Services whose owner this user is. */
export async function servicesOf({ identity }: Pick<AdminPorts, 'identity'>, of: PrincipalUid): Promise<string[]> {
  if (of.type !== 'User') return []
  const found: string[] = []
  for (let after: string | undefined; ; ) {
    const rows = await identity.read.principals('Service', { limit: PAGE, ...(after !== undefined && { after }) })
    for (const { name, state, attributes } of rows)
      if (state !== 'removed' && (JSON.parse(attributes) as Shown['attributes']).owner === of.id) found.push(name)
    after = rows.at(-1)?.name
    if (rows.length < PAGE) return found
  }
}

/** Ids of one type out of uid texts, in byte order. */
export function namesOf(texts: ReadonlySet<string> | undefined, type: string): string[] {
  const start = `${type}::`
  return [...(texts ?? [])]
    .filter((text) => text.startsWith(start))
    .map((text) => JSON.parse(text.slice(start.length)) as string)
    .sort()
}

/** Roles in force now: those of the directory, and those held for a while. */
export const rolesNow = (
  ports: AdminPorts,
  principal: PrincipalUid,
  ancestors: ReadonlySet<string> | undefined,
): string[] => {
  const held = ports.jit.grants.held(principal).map(({ role }) => role)
  return [...new Set([...namesOf(ancestors, 'Role'), ...held])].sort()
}

type PrincipalRoutes = `${'users' | 'services' | 'agents'}.${Verb}`

export function principalHandlers(ports: AdminPorts): Handlers<PrincipalRoutes> {
  const named = (noun: string, type: PrincipalType) =>
    Object.entries(handlersOf(type, ports)).map(([verb, handler]) => [`${noun}.${verb}`, handler])
  return Object.fromEntries([
    ...named('users', 'User'),
    ...named('services', 'Service'),
    ...named('agents', 'Agent'),
  ]) as Handlers<PrincipalRoutes>
}
