// Users, services and agents: made, described, suspended, brought back, removed. Suspending ends what a principal can
// do in the same transaction; coming back revives none of it. Removing leaves the name taken for ever.
import {
  type Clock,
  type EntityUid,
  Fault,
  isObject,
  type NewEvent,
  type PrincipalType,
  type PrincipalUid,
} from '../core/index.ts'
import { type Changed, type FeedEntry, isUniqueViolation, type MakeChange, type Trx } from '../store/index.ts'
import type { Actor } from './actor.ts'
import { type AttributeValue, FEED_KIND } from './directory.ts'
import { revokeKeysOf, suspendKeysOf } from './key-queries.ts'
import { checkName, skeleton } from './name.ts'
import {
  agentsOf,
  deleteAssignments,
  deleteMembers,
  holdActive,
  holdPrincipal,
  insertPrincipal,
  type PrincipalRow,
  selectPrincipal,
  updatePrincipal,
} from './queries.ts'

export interface NewPrincipal {
  readonly type: PrincipalType
  readonly name: string
  readonly displayName?: string | undefined
  readonly email?: string | undefined
  readonly attributes?: Readonly<Record<string, AttributeValue>> | undefined
  /** Agents only, and needed there: the user it acts for. */
  readonly onBehalfOf?: string | undefined
  /** `manual`, `file`, `oidc:<issuer>`, `scim:<name>`. */
  readonly source?: string | undefined
}

/** What ended with a suspension or removal. */
export interface Ended {
  readonly keys: readonly string[]
  readonly agents: readonly string[]
}

/** What somebody who has left had. */
export interface Left extends Ended {
  /** Names of groups and roles that were given directly. */
  readonly groups: readonly string[]
  readonly roles: readonly string[]
}

export interface Principals {
  create(input: NewPrincipal, by: Actor): Promise<PrincipalRow>
  update(
    uid: PrincipalUid,
    change: Pick<NewPrincipal, 'displayName' | 'email' | 'attributes'>,
    by: Actor,
    version?: number,
  ): Promise<PrincipalRow>
  /** Keys are suspended with their owner; so are the user's agents and theirs. */
  suspend(uid: PrincipalUid, reason: string, by: Actor): Promise<{ row: PrincipalRow; ended: Ended; seq: number }>
  /** The principal may act again. Keys and agents stay suspended until each is resumed. */
  restore(uid: PrincipalUid, reason: string, by: Actor): Promise<PrincipalRow>
  /**
   * Somebody has left: suspended, keys revoked, memberships and roles gone, the user's agents with them. Restoring brings
   * back the person and nothing of this. `also` runs for each of them in the same transaction. Safe to repeat.
   */
  offboard(
    uid: PrincipalUid,
    reason: string,
    by: Actor,
    also: (trx: Trx, who: PrincipalUid) => Promise<Pick<Changed<unknown>, 'feed' | 'events'>>,
  ): Promise<{ row: PrincipalRow; ended: Left; seq: number }>
  /** For good: keys revoked, memberships and roles gone, the name never given again. */
  remove(uid: PrincipalUid, reason: string, by: Actor): Promise<{ ended: Left; seq: number }>
}

const ATTRIBUTE_NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/
/** Told by the row itself; and one that is no name in JavaScript. */
const RESERVED = ['name', 'email', 'source', 'onBehalfOf', '__proto__']
const MAX_TEXT = 1024

/** @throws Fault `validation_failed` for what rules could not read exactly */
export function checkAttributes(attributes: unknown): Readonly<Record<string, AttributeValue>> {
  const refuse = (detail: string): never => {
    throw new Fault('validation_failed', { detail, data: { param: 'attributes' } })
  }
  const text = (value: unknown) => typeof value === 'string' && value.length <= MAX_TEXT && value.isWellFormed()
  if (!isObject(attributes)) return refuse('Attributes are an object of names and values.')
  for (const [name, value] of Object.entries(attributes)) {
    if (!ATTRIBUTE_NAME.test(name) || RESERVED.includes(name))
      refuse(`"${name.slice(0, 64)}" cannot be the name of an attribute.`)
    const known =
      typeof value === 'boolean' ||
      text(value) ||
      Number.isSafeInteger(value) ||
      (Array.isArray(value) && value.length <= 200 && value.every(text))
    if ((name === 'manager' || name === 'owner') && typeof value !== 'string')
      refuse(`Attribute ${name} is the name of a user.`)
    if (!known) refuse(`Attribute ${name} is not a text, a whole number, true or false, or a list of texts.`)
  }
  return attributes as Record<string, AttributeValue>
}

const MAX_REASON = 500
/** A reason as it goes into the audit log. */
export const checkReason = (reason: string): string => {
  if (reason.length > MAX_REASON || !reason.isWellFormed())
    throw new Fault('validation_failed', {
      detail: `A reason has at most ${MAX_REASON} characters.`,
      data: { param: 'reason' },
    })
  return reason
}

export const subjectOf = (uid: EntityUid): string => `${uid.type.toLowerCase()}/${uid.id}`
export const feedOf = (uid: PrincipalUid): FeedEntry => ({ kind: FEED_KIND[uid.type], key: uid.id })
export const unknown = (uid: EntityUid): Fault =>
  new Fault('not_found', { detail: `There is no ${uid.type.toLowerCase()} "${uid.id}".` })

export function createPrincipals({ change, clock }: { change: MakeChange; clock: Pick<Clock, 'now'> }): Principals {
  const reload = async (trx: Trx, uid: PrincipalUid): Promise<PrincipalRow> => {
    const row = await selectPrincipal(trx, uid)
    if (!row || row.state === 'removed') throw unknown(uid)
    return row
  }
  /** Of two acts on one principal the second sees what the first did: nothing brings back what was removed. */
  const hold = async (trx: Trx, uid: PrincipalUid): Promise<PrincipalRow> => {
    const row = await holdPrincipal(trx, uid)
    if (!row || row.state === 'removed') throw unknown(uid)
    return row
  }

  /** Suspends one principal and its keys; what happened, as feed entries and events. */
  const suspendOne = async (trx: Trx, uid: PrincipalUid, reason: string, by: Actor) => {
    const state = { state_at: clock.now(), state_by: by.principal, state_reason: reason }
    await updatePrincipal(trx, uid, { ...state, state: 'suspended' })
    const keys = await suspendKeysOf(trx, uid, state)
    const events: NewEvent[] = [
      {
        ...by,
        kind: `${uid.type.toLowerCase()}.suspended`,
        subject: subjectOf(uid),
        reason,
        data: { keys: keys.length },
      },
      ...keys.map((id) => ({ ...by, kind: 'key.suspended', subject: `key/${id}`, reason })),
    ]
    const feed = [feedOf(uid), ...keys.map((key) => ({ kind: FEED_KIND.key, key }))]
    return { keys, feed, events }
  }

  /** Takes everything away from one principal. */
  const leaveOne = async (trx: Trx, uid: PrincipalUid, reason: string, by: Actor, how: 'offboarded' | 'removed') => {
    const state = { state_at: clock.now(), state_by: by.principal, state_reason: reason }
    const blank = { display_name: null, email: null, attributes: '{}' }
    await updatePrincipal(
      trx,
      uid,
      how === 'removed' ? { ...state, ...blank, state: 'removed' } : { ...state, state: 'suspended' },
    )
    const keys = await revokeKeysOf(trx, uid, state)
    const groups = await deleteMembers(trx, { member: uid })
    const assignments = await deleteAssignments(trx, { holder: uid })
    const roles = assignments.map((row) => row.role)
    const feed = [
      feedOf(uid),
      ...keys.map((key) => ({ kind: FEED_KIND.key, key })),
      ...groups.map((key) => ({ kind: FEED_KIND.Group, key })),
      ...assignments.map((row) => ({ kind: FEED_KIND.assignment, key: row.id })),
    ]
    const events: NewEvent[] = [
      {
        ...by,
        kind: `${uid.type.toLowerCase()}.${how}`,
        subject: subjectOf(uid),
        reason,
        data: { keys: keys.length, groups, roles },
      },
      ...keys.map((id) => ({ ...by, kind: 'key.revoked', subject: `key/${id}`, reason })),
    ]
    return { keys, groups, roles, feed, events }
  }

  /** The same for a user's agents: nobody acts for somebody who has left. */
  const leave = async (
    uid: PrincipalUid,
    reason: string,
    by: Actor,
    how: 'offboarded' | 'removed',
    also?: Parameters<Principals['offboard']>[3],
  ) => {
    checkReason(reason)
    const { value, seq } = await change(async (trx) => {
      const before = await hold(trx, uid)
      const feed: FeedEntry[] = []
      const events: NewEvent[] = []
      const ended = { keys: [] as string[], agents: [] as string[], groups: [] as string[], roles: [] as string[] }
      const all = [uid]
      for (let one = all.shift(); one; one = all.shift()) {
        const done = await leaveOne(trx, one, reason, by, how)
        const more = await also?.(trx, one)
        feed.push(...done.feed, ...(more?.feed ?? []))
        events.push(...done.events, ...(more?.events ?? []))
        for (const what of ['keys', 'groups', 'roles'] as const) ended[what].push(...done[what])
        if (one.type !== 'User') continue
        for (const agent of await agentsOf(trx, one.id)) {
          const acting = { type: 'Agent', id: agent.name } as const
          if ((await holdPrincipal(trx, acting))?.state === 'removed') continue
          ended.agents.push(agent.name)
          all.push(acting)
        }
      }
      const row = how === 'removed' ? before : await reload(trx, uid)
      return { value: { row, ended }, feed, events }
    })
    return { ...value, seq }
  }

  return {
    async create(input, by) {
      const name = checkName(input.name)
      const uid: PrincipalUid = { type: input.type, id: name }
      const attributes = checkAttributes(input.attributes ?? {})
      if ((input.type === 'Agent') !== (input.onBehalfOf !== undefined))
        throw new Fault('validation_failed', {
          detail: 'An agent, and only an agent, acts on behalf of a user.',
          data: { param: 'onBehalfOf' },
        })
      const now = clock.now()
      const row: PrincipalRow = {
        type: input.type,
        name,
        skeleton: skeleton(name),
        state: 'active',
        display_name: input.displayName ?? null,
        email: input.email ?? null,
        attributes: JSON.stringify(attributes),
        on_behalf_of: input.onBehalfOf ?? null,
        source: input.source ?? 'manual',
        created_at: now,
        created_by: by.principal,
        state_at: now,
        state_by: by.principal,
        state_reason: null,
        version: 1,
      }
      const { value } = await change(async (trx) => {
        if (input.onBehalfOf !== undefined) {
          const human: PrincipalUid = { type: 'User', id: input.onBehalfOf }
          if (!(await holdActive(trx, human)))
            throw new Fault('not_possible', { detail: `There is no active user "${input.onBehalfOf}".` })
        }
        await insertPrincipal(trx, row)
        return {
          value: row,
          feed: [feedOf(uid)],
          events: [
            {
              ...by,
              kind: `${input.type.toLowerCase()}.created`,
              subject: subjectOf(uid),
              data: { source: row.source, ...(row.on_behalf_of !== null && { onBehalfOf: row.on_behalf_of }) },
            },
          ],
        }
      }).catch(taken(uid))
      return value
    },

    async update(uid, input, by, version) {
      const set: Partial<PrincipalRow> = {
        ...(input.displayName !== undefined && { display_name: input.displayName }),
        ...(input.email !== undefined && { email: input.email }),
        ...(input.attributes !== undefined && { attributes: JSON.stringify(checkAttributes(input.attributes)) }),
      }
      const { value } = await change(async (trx) => {
        const before = await reload(trx, uid)
        if (!(await updatePrincipal(trx, uid, set, version ?? before.version))) throw new Fault('precondition_failed')
        return {
          value: await reload(trx, uid),
          feed: [feedOf(uid)],
          events: [
            {
              ...by,
              kind: `${uid.type.toLowerCase()}.updated`,
              subject: subjectOf(uid),
              data: { fields: Object.keys(set) },
            },
          ],
        }
      })
      return value
    },

    async suspend(uid, reason, by) {
      checkReason(reason)
      const { value, seq } = await change(async (trx) => {
        const before = await hold(trx, uid)
        if (before.state === 'suspended')
          return { value: { row: before, ended: { keys: [], agents: [] } }, feed: [], events: [] }
        const feed: FeedEntry[] = []
        const events: NewEvent[] = []
        const keys: string[] = []
        const agents: string[] = []
        const all = [uid]
        // The human first: its row is then held, so no agent can be made beside this.
        for (let one = all.shift(); one; one = all.shift()) {
          const done = await suspendOne(trx, one, reason, by)
          feed.push(...done.feed)
          events.push(...done.events)
          keys.push(...done.keys)
          if (one.type !== 'User') continue
          for (const agent of await agentsOf(trx, one.id)) {
            const acting = { type: 'Agent', id: agent.name } as const
            if ((await holdPrincipal(trx, acting))?.state !== 'active') continue
            agents.push(agent.name)
            all.push(acting)
          }
        }
        return { value: { row: await reload(trx, uid), ended: { keys, agents } }, feed, events }
      })
      return { ...value, seq }
    },

    async restore(uid, reason, by) {
      checkReason(reason)
      const { value } = await change(async (trx) => {
        const before = await hold(trx, uid)
        if (before.state !== 'suspended')
          throw new Fault('not_possible', { detail: `${uid.type} "${uid.id}" is not suspended.` })
        await updatePrincipal(trx, uid, {
          state: 'active',
          state_at: clock.now(),
          state_by: by.principal,
          state_reason: reason,
        })
        return {
          value: await reload(trx, uid),
          feed: [feedOf(uid)],
          events: [{ ...by, kind: `${uid.type.toLowerCase()}.restored`, subject: subjectOf(uid), reason }],
        }
      })
      return value
    },

    offboard: (uid, reason, by, also) => leave(uid, reason, by, 'offboarded', also),
    remove: (uid, reason, by) => leave(uid, reason, by, 'removed'),
  }
}

/** For `.catch()` of a change that inserts: a name that is taken, or looks like one that is, says so. */
export const taken =
  (uid: EntityUid) =>
  (error: unknown): never => {
    if (isUniqueViolation(error))
      throw new Fault('already_exists', {
        detail: `"${uid.id}" or a ${uid.type.toLowerCase()} whose name looks like it exists, or existed: names are not given twice.`,
        data: { param: 'name' },
        cause: error,
      })
    throw error
  }
