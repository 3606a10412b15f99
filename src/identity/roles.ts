// Roles and who holds them. What a role may do is in the rules; here is only that it exists, what it is for, and to whom
// it is assigned, from which source, until when.
import { type Clock, Fault, type NewId, type PrincipalUid } from '../core/index.ts'
import { isUniqueViolation, type MakeChange, type Trx } from '../store/index.ts'
import type { Actor } from './actor.ts'
import { FEED_KIND } from './directory.ts'
import type { MemberUid } from './groups.ts'
import { checkName, skeleton } from './name.ts'
import { checkReason, subjectOf, taken, unknown } from './principals.ts'
import {
  type AssignmentRow,
  deleteAssignments,
  insertAssignment,
  insertRole,
  type RoleRow,
  selectGroup,
  selectPrincipal,
  selectRole,
  updateRole,
} from './queries.ts'

export interface NewAssignment {
  readonly role: string
  readonly holder: MemberUid
  readonly source?: string | undefined
  readonly reason?: string | undefined
  /** Milliseconds since 1970. */
  readonly endsAt?: number | undefined
}

export interface Roles {
  create(input: { name: string; description: string; source?: string | undefined }, by: Actor): Promise<RoleRow>
  update(name: string, change: { description: string }, by: Actor, version?: number): Promise<RoleRow>
  /** Makes the roles that do not exist yet, with their sentence; the others stay as they are. */
  declare(roles: readonly { name: string; description: string }[], source: string, by: Actor): Promise<void>
  remove(name: string, by: Actor, reason?: string): Promise<{ seq: number }>
  assign(input: NewAssignment, by: Actor): Promise<AssignmentRow>
  /** `role`, if given, is the role it must be an assignment of. */
  unassign(id: string, by: Actor, of?: { role?: string; reason?: string }): Promise<{ row: AssignmentRow; seq: number }>
}

export interface RolesDeps {
  change: MakeChange
  clock: Pick<Clock, 'now'>
  newId: NewId
}

/** The source of the roles that the shipped rules and a start rest on. */
const SHIPPED = 'shipped'

const role = (name: string) => ({ type: 'Role', id: name })

export function createRoles({ change, clock, newId }: RolesDeps): Roles {
  const existing = async (trx: Trx, name: string): Promise<RoleRow> => {
    const row = await selectRole(trx, name)
    if (!row || row.removed_at !== null) throw unknown(role(name))
    return row
  }

  const checkHolder = async (trx: Trx, holder: MemberUid) => {
    if (holder.type === 'Group') {
      const row = await selectGroup(trx, holder.id)
      if (!row || row.removed_at !== null) throw unknown(holder)
    } else {
      const row = await selectPrincipal(trx, holder as PrincipalUid)
      if (!row || row.state === 'removed') throw unknown(holder)
    }
  }

  const newRow = (input: { name: string; description: string; source?: string | undefined }, by: Actor): RoleRow => ({
    name: checkName(input.name),
    skeleton: skeleton(input.name),
    description: input.description,
    source: input.source ?? 'manual',
    created_at: clock.now(),
    created_by: by.principal,
    removed_at: null,
    version: 1,
  })
  const created = (row: RoleRow, by: Actor) => ({
    feed: [{ kind: FEED_KIND.Role, key: row.name }],
    events: [{ ...by, kind: 'role.created', subject: `role/${row.name}`, data: { source: row.source } }],
  })

  return {
    async create(input, by) {
      const row = newRow(input, by)
      const { value } = await change(async (trx) => {
        await insertRole(trx, row)
        return { value: row, ...created(row, by) }
      }).catch(taken(role(row.name)))
      return value
    },

    async update(name, input, by, version) {
      const { value } = await change(async (trx) => {
        const before = await existing(trx, name)
        if (!(await updateRole(trx, name, { description: input.description }, version ?? before.version)))
          throw new Fault('precondition_failed')
        return {
          value: await existing(trx, name),
          feed: [],
          events: [{ ...by, kind: 'role.updated', subject: `role/${name}`, data: { fields: ['description'] } }],
        }
      })
      return value
    },

    async declare(roles, source, by) {
      await change(async (trx) => {
        const made: RoleRow[] = []
        for (const input of roles) {
          if (await selectRole(trx, input.name)) continue
          const row = newRow({ ...input, source }, by)
          await insertRole(trx, row)
          made.push(row)
        }
        const parts = made.map((row) => created(row, by))
        return {
          value: undefined,
          feed: parts.flatMap((part) => part.feed),
          events: parts.flatMap((part) => part.events),
        }
      })
    },

    async remove(name, by, reason) {
      const { seq } = await change(async (trx) => {
        const { source } = await existing(trx, name)
        // Its name is never given again, and without `admin` nobody could administer, nor be made to by a start.
        if (source === SHIPPED)
          throw new Fault('not_possible', {
            detail: `Role "${name}" is one of the shipped ones, which stay; it can be taken from who holds it.`,
          })
        await updateRole(trx, name, { removed_at: clock.now() })
        const ended = await deleteAssignments(trx, { role: name })
        return {
          value: undefined,
          feed: [
            { kind: FEED_KIND.Role, key: name },
            ...ended.map((row) => ({ kind: FEED_KIND.assignment, key: row.id })),
          ],
          events: [
            {
              ...by,
              kind: 'role.removed',
              subject: `role/${name}`,
              ...(reason !== undefined && { reason }),
              data: { assignments: ended.length },
            },
          ],
        }
      })
      return { seq }
    },

    async assign(input, by) {
      const now = clock.now()
      if (input.endsAt !== undefined && (!Number.isSafeInteger(input.endsAt) || input.endsAt <= now))
        throw new Fault('validation_failed', { detail: 'The end lies in the past.', data: { param: 'endsAt' } })
      const row: AssignmentRow = {
        id: newId('assignment'),
        role: input.role,
        holder_type: input.holder.type,
        holder_name: input.holder.id,
        source: input.source ?? 'manual',
        reason: input.reason === undefined ? null : checkReason(input.reason),
        created_at: now,
        created_by: by.principal,
        ends_at: input.endsAt ?? null,
      }
      const { value } = await change(async (trx) => {
        await existing(trx, input.role)
        await checkHolder(trx, input.holder)
        await insertAssignment(trx, row)
        return {
          value: row,
          feed: [{ kind: FEED_KIND.assignment, key: row.id }],
          events: [
            {
              ...by,
              kind: 'role.assigned',
              subject: `role/${row.role}`,
              ...(row.reason !== null && { reason: row.reason }),
              data: { holder: subjectOf(input.holder), source: row.source, endsAt: row.ends_at },
            },
          ],
        }
      }).catch((error: unknown) => alreadyHeld(error, input))
      return value
    },

    async unassign(id, by, { role, reason } = {}) {
      const { value, seq } = await change(async (trx) => {
        const [row] = await deleteAssignments(trx, { id })
        if (!row || (role !== undefined && row.role !== role))
          throw new Fault('not_found', { detail: `There is no such assignment "${id}".` })
        return {
          value: row,
          feed: [{ kind: FEED_KIND.assignment, key: id }],
          events: [
            {
              ...by,
              kind: 'role.unassigned',
              subject: `role/${row.role}`,
              ...(reason === undefined ? {} : { reason }),
              data: { holder: subjectOf({ type: row.holder_type, id: row.holder_name }) },
            },
          ],
        }
      })
      return { row: value, seq }
    },
  }
}

function alreadyHeld(error: unknown, { role: name, holder }: NewAssignment): never {
  if (!isUniqueViolation(error)) throw error
  throw new Fault('already_exists', {
    detail: `${holder.type} "${holder.id}" holds role "${name}" already; take it away first to give it another end.`,
    cause: error,
  })
}
