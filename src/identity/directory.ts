// The directory of this node in memory: loaded once, then kept current by the feed. Rules, authentication and search
// read it without waiting. It answers as of the last feed entry applied; who waits for a change waits for the feed.
import { type EntityUid, type PrincipalType, type PrincipalUid, uidText } from '../core/index.ts'
import type { Db, FeedChange, FeedListener } from '../store/index.ts'
import { type HeldKey, holdKey } from './key.ts'
import { type KeyRow, selectKeys } from './key-queries.ts'
import {
  type AssignmentRow,
  type GroupRow,
  type MemberRow,
  type PrincipalRow,
  selectAssignments,
  selectGroups,
  selectMembers,
  selectPrincipals,
  selectRoles,
} from './queries.ts'

/** A fact a rule may ask: text, whole number, yes or no, list of texts. */
export type AttributeValue = string | number | boolean | readonly string[]

export interface DirectoryFacts {
  readonly attrs: Readonly<Record<string, unknown>>
  /** Attributes that are text, again: `principal.getTag("team")` needs no change of the schema. */
  readonly tags: Readonly<Record<string, string>>
  /** Uid texts of all groups and roles this entity is in, directly or not. Without itself. */
  readonly ancestors: ReadonlySet<string>
  /** Milliseconds since 1970 at which a role ends that these facts rest on. */
  readonly validUntil?: number
}

interface HeldPrincipal {
  readonly uid: PrincipalUid
  readonly state: PrincipalRow['state']
  readonly attrs: Readonly<Record<string, unknown>>
  readonly tags: Readonly<Record<string, string>>
  readonly onBehalfOf: PrincipalUid | undefined
}

interface HeldAssignment {
  readonly role: string
  readonly holder: string
  readonly endsAt: number | undefined
}

/** What the feed calls the kinds of rows this directory holds. */
export const FEED_KIND = {
  User: 'user',
  Service: 'service',
  Agent: 'agent',
  Group: 'group',
  Role: 'role',
  assignment: 'assignment',
  key: 'key',
} as const

export interface Directory {
  /**
   * Facts for rules. undefined for what does not exist and for a principal that is suspended or removed, or whose human
   * is: a rule cannot permit whom it cannot see.
   */
  get(uid: EntityUid): DirectoryFacts | undefined
  /** Facts for whom something is done to: suspended principals too. undefined for what does not exist. */
  describe(uid: EntityUid): DirectoryFacts | undefined
  /** The same with the roles of another moment, milliseconds since 1970; what has been taken away since is not remembered. */
  asOf(at: number): Pick<Directory, 'get'>
  /** Whether this principal may act at all. */
  standing(uid: PrincipalUid): 'active' | 'suspended' | 'unknown'
  key(id: string): HeldKey | undefined
  /** Active keys that name this web origin and have not expired. */
  keysFor(origin: string): Iterable<HeldKey>
  /** Every uid of a type that `get` knows. */
  enumerate(type: PrincipalType | 'Group' | 'Role'): EntityUid[]
  /** Reads everything. Call after the feed has its starting number and before the first call is served. */
  load(): Promise<void>
  readonly follow: FeedListener
}

export interface DirectoryDeps {
  db: Db
  clock: { now(): number }
  /** How the rules' engine writes a reference to an entity inside attributes. */
  reference: (uid: EntityUid) => unknown
}

export function createDirectory({ db, clock, reference }: DirectoryDeps): Directory {
  const principals = new Map<string, HeldPrincipal>()
  const groups = new Map<string, ReadonlySet<string>>() // group name → member uid texts
  const groupsOf = new Map<string, Set<string>>() // member uid text → group names
  const roles = new Set<string>()
  const assignments = new Map<string, HeldAssignment>()
  const assignmentsOf = new Map<string, Set<HeldAssignment>>() // holder uid text → assignments
  const keys = new Map<string, HeldKey>()
  const keysOf = new Map<string, Set<HeldKey>>() // web origin → active keys that name it
  const computed = new Map<string, DirectoryFacts>()
  let loading: Promise<void> = Promise.resolve()

  const holdPrincipal = (row: PrincipalRow) => {
    const uid: PrincipalUid = { type: row.type, id: row.name }
    const onBehalfOf: PrincipalUid | undefined =
      row.on_behalf_of === null ? undefined : { type: 'User', id: row.on_behalf_of }
    const attributes = JSON.parse(row.attributes) as Record<string, AttributeValue>
    const attrs: Record<string, unknown> = {
      ...attributes,
      source: row.source,
      ...(row.display_name !== null && { name: row.display_name }),
      ...(row.email !== null && { email: row.email }),
      ...(onBehalfOf && { onBehalfOf: reference(onBehalfOf) }),
    }
    // In the schema these two are people, not texts.
    for (const person of ['manager', 'owner'])
      if (typeof attrs[person] === 'string') attrs[person] = reference({ type: 'User', id: attrs[person] })
    const tags = Object.fromEntries(Object.entries(attributes).filter((entry) => typeof entry[1] === 'string'))
    principals.set(uidText(uid), { uid, state: row.state, attrs, tags: tags as Record<string, string>, onBehalfOf })
  }

  const holdGroup = (name: string, row: GroupRow | undefined, members: readonly MemberRow[]) => {
    for (const member of groups.get(name) ?? []) groupsOf.get(member)?.delete(name)
    groups.delete(name)
    if (!row || row.removed_at !== null) return
    const texts = new Set(members.map((member) => uidText({ type: member.member_type, id: member.member_name })))
    groups.set(name, texts)
    for (const text of texts) {
      const its = groupsOf.get(text)
      if (its) its.add(name)
      else groupsOf.set(text, new Set([name]))
    }
  }

  const dropAssignment = (id: string) => {
    const old = assignments.get(id)
    if (old) assignmentsOf.get(old.holder)?.delete(old)
    assignments.delete(id)
  }

  const holdAssignment = (row: AssignmentRow) => {
    dropAssignment(row.id)
    const holder = uidText({ type: row.holder_type, id: row.holder_name })
    const held: HeldAssignment = { role: row.role, holder, endsAt: row.ends_at ?? undefined }
    assignments.set(row.id, held)
    const its = assignmentsOf.get(holder)
    if (its) its.add(held)
    else assignmentsOf.set(holder, new Set([held]))
  }

  const holdKeyOf = (row: KeyRow) => {
    const old = keys.get(row.id)
    for (const origin of old?.origins ?? []) keysOf.get(origin)?.delete(old as HeldKey)
    const key = holdKey(row)
    keys.set(row.id, key)
    if (key.state !== 'active') return
    for (const origin of key.origins ?? []) {
      const its = keysOf.get(origin)
      if (its) its.add(key)
      else keysOf.set(origin, new Set([key]))
    }
  }

  const hold = (rows: Rows) => {
    for (const row of rows.principals) holdPrincipal(row)
    const membersOf = Map.groupBy(rows.members, (member) => member.group_name)
    for (const row of rows.groups) holdGroup(row.name, row, membersOf.get(row.name) ?? [])
    for (const row of rows.roles) if (row.removed_at === null) roles.add(row.name)
    for (const row of rows.assignments) holdAssignment(row)
    for (const row of rows.keys) holdKeyOf(row)
  }

  const climb = (start: string, now = clock.now()): { ancestors: Set<string>; validUntil: number | undefined } => {
    const ancestors = new Set<string>()
    const open = [start]
    let validUntil: number | undefined
    for (let text = open.pop(); text !== undefined; text = open.pop()) {
      for (const name of groupsOf.get(text) ?? []) {
        const group = uidText({ type: 'Group', id: name })
        if (groups.has(name) && group !== start && !ancestors.has(group)) {
          ancestors.add(group)
          open.push(group)
        }
      }
      for (const { role, endsAt } of assignmentsOf.get(text) ?? []) {
        if (!roles.has(role) || (endsAt !== undefined && endsAt <= now)) continue
        ancestors.add(uidText({ type: 'Role', id: role }))
        if (endsAt !== undefined) validUntil = Math.min(validUntil ?? endsAt, endsAt)
      }
    }
    return { ancestors, validUntil }
  }

  const standing = (uid: PrincipalUid): 'active' | 'suspended' | 'unknown' => {
    const held = principals.get(uidText(uid))
    if (!held || held.state === 'removed') return 'unknown'
    if (held.state === 'suspended') return 'suspended'
    return held.onBehalfOf ? standing(held.onBehalfOf) : 'active'
  }

  const exists = (uid: EntityUid): boolean => {
    if (uid.type === 'Group') return groups.has(uid.id)
    if (uid.type === 'Role') return roles.has(uid.id)
    return isPrincipal(uid) && standing(uid) === 'active'
  }

  const factsOf = (text: string, now?: number): DirectoryFacts => {
    const held = principals.get(text)
    const { ancestors, validUntil } = climb(text, now)
    return {
      attrs: held?.attrs ?? {},
      tags: held?.tags ?? {},
      ancestors,
      ...(validUntil !== undefined && { validUntil }),
    }
  }
  const describe = (uid: EntityUid): DirectoryFacts | undefined => {
    const text = uidText(uid)
    const known = computed.get(text)
    if (known && (known.validUntil === undefined || clock.now() < known.validUntil)) return known
    if (isPrincipal(uid) ? standing(uid) === 'unknown' : !exists(uid)) return undefined
    const facts = factsOf(text)
    computed.set(text, facts)
    return facts
  }
  const get = (uid: EntityUid): DirectoryFacts | undefined => (exists(uid) ? describe(uid) : undefined)

  return {
    get,
    describe,
    asOf: (at) => ({ get: (uid) => (exists(uid) ? factsOf(uidText(uid), at) : undefined) }),
    standing,
    key: (id) => keys.get(id),
    *keysFor(origin) {
      const its = keysOf.get(origin)
      for (const key of its ?? []) {
        if (clock.now() < key.endsAt) yield key
        else its?.delete(key) // so that strangers who ask do not make us go through all that ever expired
      }
    },
    enumerate(type) {
      if (type === 'Group') return [...groups.keys()].map((id) => ({ type, id }))
      if (type === 'Role') return [...roles].map((id) => ({ type, id }))
      return [...principals.values()].map(({ uid }) => uid).filter((uid) => uid.type === type && exists(uid))
    },

    load() {
      loading = (async () => {
        const rows = await readRows(db)
        for (const held of [principals, groups, groupsOf, roles, assignments, assignmentsOf, keys, keysOf, computed])
          held.clear()
        hold(rows)
      })()
      return loading
    },

    async follow(changes) {
      await loading // rows read before a change must not overwrite rows read after it
      const named = (kind: string) => namesOf(changes, kind)
      const rows = await readRows(db, named)
      // All reads are done: from here on nothing waits, so no call sees half of a batch.
      for (const name of named(FEED_KIND.Group)) holdGroup(name, undefined, [])
      for (const name of named(FEED_KIND.Role)) roles.delete(name)
      for (const id of named(FEED_KIND.assignment)) dropAssignment(id)
      hold(rows)
      computed.clear()
    },
  }
}

/** Everything, or what is named for each kind of feed entry. */
async function readRows(db: Db, named?: (kind: string) => readonly string[]) {
  const part = <Row>(kind: string, select: (names?: readonly string[]) => Promise<Row[]>): Promise<Row[]> => {
    if (!named) return select()
    const wanted = named(kind)
    return wanted.length > 0 ? select(wanted) : Promise.resolve([])
  }
  const [users, services, agents, groups, members, roles, assignments, keys] = await Promise.all([
    part(FEED_KIND.User, (ids) => selectPrincipals(db, 'User', ids)),
    part(FEED_KIND.Service, (ids) => selectPrincipals(db, 'Service', ids)),
    part(FEED_KIND.Agent, (ids) => selectPrincipals(db, 'Agent', ids)),
    part(FEED_KIND.Group, (ids) => selectGroups(db, ids)),
    part(FEED_KIND.Group, (ids) => selectMembers(db, ids)),
    part(FEED_KIND.Role, (ids) => selectRoles(db, ids)),
    part(FEED_KIND.assignment, (ids) => selectAssignments(db, ids)),
    part(FEED_KIND.key, (ids) => selectKeys(db, ids)),
  ])
  return { principals: [...users, ...services, ...agents], groups, members, roles, assignments, keys }
}
type Rows = Awaited<ReturnType<typeof readRows>>

const PRINCIPAL_TYPES: readonly string[] = ['User', 'Service', 'Agent'] satisfies PrincipalType[]
const isPrincipal = (uid: EntityUid): uid is PrincipalUid => PRINCIPAL_TYPES.includes(uid.type)

const namesOf = (changes: readonly FeedChange[], kind: string): string[] => [
  ...new Set(changes.filter((change) => change.kind === kind).map((change) => change.key)),
]
