// Campaigns over the admin API, and the rights that one looks at.
import type { CampaignItem, CampaignView, HeldRight, RightKind } from '../access/index.ts'
import { Fault, type PrincipalUid } from '../core/index.ts'
import { type AssignmentRow, type GroupRow, type Identity, type MemberRow, SYSTEM } from '../identity/index.ts'
import { lastAdministrator } from './last-admin.ts'
import { everyRow, isPosition, isText, readPage } from './page.ts'
import type { AdminPorts } from './ports.ts'
import { type Handlers, orMissing, readRef } from './route.ts'
import { everyKey } from './swept-keys.ts'
import { iso, isoField, msOf, textField } from './time.ts'

type Ids = Extract<keyof Handlers, `campaigns.${string}`>

const shown = ({ startedAt, dueAt, closedAt, closedBy, ...view }: CampaignView) => ({
  ...view,
  startedAt: iso(startedAt),
  dueAt: iso(dueAt),
  ...isoField('closedAt', closedAt),
  ...textField('closedBy', closedBy),
})

const shownItem = (item: CampaignItem) => ({
  id: item.id,
  kind: item.kind,
  target: item.target,
  holder: item.holder,
  what: item.what,
  since: iso(item.since),
  ...isoField('lastUsedAt', item.lastUsedAt),
  ...(item.decision && { decision: item.decision }),
  ...isoField('decidedAt', item.decidedAt),
  ...textField('decidedBy', item.decidedBy),
  ...textField('note', item.note),
  ...textField('outcome', item.outcome),
})

export function campaignHandlers({ campaigns }: AdminPorts): Handlers<Ids> {
  return {
    'campaigns.list': {
      async handle({ query: { cursor, limit } }) {
        const page = await readPage(
          { cursor, limit },
          isPosition,
          (after, limit) => campaigns.list({ limit, ...(after && { before: { startedAt: after[0], id: after[1] } }) }),
          (row) => [row.startedAt, row.id],
        )
        return { ...page, items: page.items.map(shown) }
      },
    },
    'campaigns.start': {
      handle: async ({ body: { name, dueAt, kinds }, by }) =>
        shown(await campaigns.start({ name, dueAt: msOf(dueAt), kinds }, by.principal)),
    },
    'campaigns.show': { handle: async ({ params }) => shown(await campaigns.show(params.id ?? '')) },
    'campaigns.items': {
      async handle({ params, query: { cursor, limit, undecided } }) {
        const page = await readPage(
          { cursor, limit },
          isText,
          (after, limit) =>
            campaigns.items(params.id ?? '', {
              limit,
              ...(undecided && { undecided: true }),
              ...(after !== undefined && { after }),
            }),
          ({ id }) => id,
        )
        return { ...page, items: page.items.map(shownItem) }
      },
    },
    'campaigns.decide': {
      handle: async ({ params, body: { decision, note }, by }) =>
        shownItem(
          await campaigns.decide(
            params.id ?? '',
            params.item ?? '',
            { decision, ...(note !== undefined && { note }) },
            by.principal,
          ),
        ),
    },
    'campaigns.close': {
      handle: async ({ params, by }) => shown(await campaigns.close(params.id ?? '', by.principal)),
    },
  }
}

/** Every right that is held now, with when its holder last showed a credential. */
export async function* heldRights(identity: Identity, kinds: readonly RightKind[]): AsyncGenerator<HeldRight> {
  const lastUse = new Map<string, number>()
  const keys: HeldRight[] = []
  for await (const key of everyKey(identity)) {
    if (key.state === 'revoked') continue
    const owner = `${key.owner_type}:${key.owner_name}`
    const lastUsedAt = key.last_used_at ?? undefined
    if (lastUsedAt !== undefined) lastUse.set(owner, Math.max(lastUse.get(owner) ?? 0, lastUsedAt))
    keys.push({
      kind: 'key',
      target: key.id,
      holder: owner,
      what: `key ${key.name}`,
      since: key.created_at,
      lastUsedAt,
    })
  }
  if (kinds.includes('key')) yield* keys
  if (kinds.includes('assignment'))
    for await (const row of everyAssignment(identity)) {
      const holder = `${row.holder_type}:${row.holder_name}`
      yield {
        kind: 'assignment',
        target: row.id,
        holder,
        what: `role ${row.role}`,
        since: row.created_at,
        lastUsedAt: lastUse.get(holder),
      }
    }
  if (kinds.includes('member'))
    for await (const { group_name: group, ...member } of everyMember(identity)) {
      const holder = `${member.member_type}:${member.member_name}`
      yield {
        kind: 'member',
        target: group,
        holder,
        what: `member of ${group}`,
        since: member.added_at,
        lastUsedAt: lastUse.get(holder),
      }
    }
}

export const everyAssignment = ({ read }: Identity): AsyncGenerator<AssignmentRow> =>
  everyRow((last, limit) => read.assignments({ limit, ...(last && { after: last.id }) }))

export async function* everyMember({ read }: Identity): AsyncGenerator<MemberRow> {
  for await (const { name } of everyRow<GroupRow>((last, limit) =>
    read.groups({ limit, ...(last && { after: last.name }) }),
  ))
    yield* await read.members(name)
}

/** Takes one away, but never from the last administrator: nobody could give anything back. */
export async function revokeRight(identity: Identity, right: HeldRight, reason: string): Promise<string> {
  const { kind, target, holder } = right
  const only = await lastAdministrator(identity)
  if (only) {
    const last = `${only.holder_type}:${only.holder_name}`
    if (only.id === target || (kind === 'key' && last === holder) || (kind === 'member' && last === `Group:${target}`))
      return 'kept: the last administrator'
  }
  const act = async (): Promise<unknown> => {
    if (kind === 'key') return identity.keys.revoke(target, reason.slice(0, 500), SYSTEM)
    if (kind === 'assignment') return identity.roles.unassign(target, SYSTEM, { reason: reason.slice(0, 500) })
    return identity.groups.removeMember(target, readRef<PrincipalUid['type']>(holder), SYSTEM)
  }
  try {
    return (await orMissing(act())) === undefined ? 'gone' : 'revoked'
  } catch (error) {
    if (error instanceof Fault && error.code === 'not_possible') return kind === 'key' ? 'gone' : error.publicMessage
    throw error
  }
}
