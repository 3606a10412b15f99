// Groups and who is in them: principals and other groups, never in a circle.
import { type Clock, type EntityUid, Fault, type PrincipalUid } from '../core/index.ts'
import type { MakeChange, Store, Trx } from '../store/index.ts'
import type { Actor } from './actor.ts'
import { FEED_KIND } from './directory.ts'
import { checkName, skeleton } from './name.ts'
import { subjectOf, taken, unknown } from './principals.ts'
import {
  deleteAssignments,
  deleteMembers,
  type GroupRow,
  holdMembers,
  insertGroup,
  insertMember,
  type MemberRow,
  selectGroup,
  selectNesting,
  selectPrincipal,
  updateGroup,
} from './queries.ts'

export interface MemberUid extends EntityUid {
  readonly type: MemberRow['member_type']
}

export interface Groups {
  create(
    input: { name: string; description?: string | undefined; source?: string | undefined },
    by: Actor,
  ): Promise<GroupRow>
  update(name: string, change: { description: string }, by: Actor, version?: number): Promise<GroupRow>
  remove(name: string, by: Actor, reason?: string): Promise<{ seq: number }>
  /** Adding who is in already changes nothing. */
  addMember(group: string, member: MemberUid, by: Actor, source?: string): Promise<{ added: boolean }>
  removeMember(group: string, member: MemberUid, by: Actor, reason?: string): Promise<{ seq: number }>
}

export interface GroupsDeps {
  readonly change: MakeChange
  readonly clock: Pick<Clock, 'now'>
  readonly dialect: Store['dialect']
}

export function createGroups({ change, clock, dialect }: GroupsDeps): Groups {
  const existing = async (trx: Trx, name: string): Promise<GroupRow> => {
    const row = await selectGroup(trx, name)
    if (!row || row.removed_at !== null) throw unknown({ type: 'Group', id: name })
    return row
  }

  const checkMember = async (trx: Trx, group: string, member: MemberUid) => {
    if (member.type !== 'Group') {
      const row = await selectPrincipal(trx, member as PrincipalUid)
      if (!row || row.state === 'removed') throw unknown(member)
      return
    }
    await existing(trx, member.id)
    const parents = Map.groupBy(await selectNesting(trx), (edge) => edge.member_name)
    const above = new Set([group])
    for (const name of above) {
      if (name === member.id)
        throw new Fault('not_possible', {
          detail: `Group "${group}" is in group "${member.id}" already: that would be a circle.`,
        })
      for (const edge of parents.get(name) ?? []) above.add(edge.group_name)
    }
  }

  return {
    async create(input, by) {
      const name = checkName(input.name)
      const row: GroupRow = {
        name,
        skeleton: skeleton(name),
        description: input.description ?? null,
        source: input.source ?? 'manual',
        created_at: clock.now(),
        created_by: by.principal,
        removed_at: null,
        version: 1,
      }
      const uid = { type: 'Group', id: name }
      const { value } = await change(async (trx) => {
        await insertGroup(trx, row)
        return {
          value: row,
          feed: [{ kind: FEED_KIND.Group, key: name }],
          events: [{ ...by, kind: 'group.created', subject: subjectOf(uid), data: { source: row.source } }],
        }
      }).catch(taken(uid))
      return value
    },

    async update(name, input, by, version) {
      const { value } = await change(async (trx) => {
        const before = await existing(trx, name)
        if (!(await updateGroup(trx, name, { description: input.description }, version ?? before.version)))
          throw new Fault('precondition_failed')
        return {
          value: await existing(trx, name),
          feed: [],
          events: [{ ...by, kind: 'group.updated', subject: `group/${name}`, data: { fields: ['description'] } }],
        }
      })
      return value
    },

    async remove(name, by, reason) {
      const { seq } = await change(async (trx) => {
        await holdMembers(trx, dialect)
        await existing(trx, name)
        await updateGroup(trx, name, { removed_at: clock.now() })
        await deleteMembers(trx, { group: name })
        const parents = await deleteMembers(trx, { member: { type: 'Group', id: name } })
        const roles = await deleteAssignments(trx, { holder: { type: 'Group', id: name } })
        return {
          value: undefined,
          feed: [
            ...[name, ...parents].map((key) => ({ kind: FEED_KIND.Group, key })),
            ...roles.map((row) => ({ kind: FEED_KIND.assignment, key: row.id })),
          ],
          events: [
            {
              ...by,
              kind: 'group.removed',
              subject: `group/${name}`,
              ...(reason !== undefined && { reason }),
              data: { groups: parents, roles: roles.map((row) => row.role) },
            },
          ],
        }
      })
      return { seq }
    },

    async addMember(group, member, by, source = 'manual') {
      const { value } = await change<{ added: boolean }>(async (trx) => {
        await holdMembers(trx, dialect)
        await existing(trx, group)
        await checkMember(trx, group, member)
        const added = await insertMember(trx, {
          group_name: group,
          member_type: member.type,
          member_name: member.id,
          source,
          added_at: clock.now(),
          added_by: by.principal,
        })
        if (!added) return { value: { added }, feed: [], events: [] }
        return {
          value: { added },
          feed: [{ kind: FEED_KIND.Group, key: group }],
          events: [
            {
              ...by,
              kind: 'group.member_added',
              subject: `group/${group}`,
              data: { member: subjectOf(member), source },
            },
          ],
        }
      })
      return value
    },

    async removeMember(group, member, by, reason) {
      const { seq } = await change(async (trx) => {
        const touched = await deleteMembers(trx, { group, member })
        if (touched.length === 0)
          throw new Fault('not_found', { detail: `${member.type} "${member.id}" is not in group "${group}".` })
        return {
          value: undefined,
          feed: [{ kind: FEED_KIND.Group, key: group }],
          events: [
            {
              ...by,
              kind: 'group.member_removed',
              subject: `group/${group}`,
              ...(reason !== undefined && { reason }),
              data: { member: subjectOf(member) },
            },
          ],
        }
      })
      return { seq }
    },
  }
}
