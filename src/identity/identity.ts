// The identity room put together: one directory in memory, the changes that keep it true, and who is calling.
import {
  type Caller,
  type Clock,
  type EntityUid,
  Fault,
  type NewId,
  type PrincipalType,
  type PrincipalUid,
  type RandomBytes,
  uidText,
} from '../core/index.ts'
import type { Feed, MakeChange, Store } from '../store/index.ts'
import { type Authenticate, createAuthenticate, keyFault, type Origins } from './authenticate.ts'
import { createDirectory, type Directory } from './directory.ts'
import { createGroups, type Groups } from './groups.ts'
import { type KeyFilter, type KeyUseRow, type KeyWithUse, pageKeys, selectKeyWithUse } from './key-queries.ts'
import { createKeys, type Keys } from './keys.ts'
import { createLastUse } from './last-use.ts'
import type { KeySettings } from './new-key.ts'
import { createPrincipals, type Principals } from './principals.ts'
import {
  type AssignmentRow,
  type GroupRow,
  type MemberRow,
  type NamePage,
  type PrincipalRow,
  pageAssignments,
  pageGroups,
  pagePrincipals,
  pageRoles,
  type RoleRow,
  selectGroup,
  selectMembers,
  selectPrincipal,
  selectRole,
} from './queries.ts'
import { createRoles, type Roles } from './roles.ts'
import { createKeyHasher, type Peppers } from './secret.ts'

export interface IdentityDeps {
  store: Store
  feed: Pick<Feed, 'subscribe'>
  change: MakeChange
  clock: Clock
  random: RandomBytes
  newId: NewId
  /** From outside the database. */
  peppers: Peppers
  settings: KeySettings
  /** How the rules' engine writes a reference to an entity inside attributes. */
  reference: (uid: EntityUid) => unknown
  /** Milliseconds between two writes of last-use times. */
  lastUseIntervalMs: number
  report: (error: unknown) => void
}

/** Lists and single rows for people: read from the store, so right also a moment before the feed is applied. */
export interface Reader {
  principal(uid: PrincipalUid): Promise<PrincipalRow | undefined>
  principals(type: PrincipalType, page: NamePage & { state?: PrincipalRow['state'] }): Promise<PrincipalRow[]>
  group(name: string): Promise<GroupRow | undefined>
  groups(page: NamePage): Promise<GroupRow[]>
  members(group: string): Promise<MemberRow[]>
  role(name: string): Promise<RoleRow | undefined>
  roles(page: NamePage): Promise<RoleRow[]>
  assignments(page: { after?: string; limit: number; role?: string; holder?: EntityUid }): Promise<AssignmentRow[]>
  key(id: string): Promise<KeyWithUse | undefined>
  keys(page: KeyFilter & { after?: { createdAt: number; id: string }; limit: number }): Promise<KeyWithUse[]>
}

export interface Identity {
  readonly authenticate: Authenticate
  readonly origins: Origins
  /**
   * Whether what this caller proved still holds: the fault if not. For leases, asked again on every change; a credential
   * this room did not issue is answered for by its principal alone.
   */
  standing(caller: Pick<Caller, 'principal' | 'credential'>): Fault | undefined
  readonly entities: Pick<Directory, 'get' | 'describe' | 'asOf' | 'enumerate'>
  readonly principals: Principals
  readonly groups: Groups
  readonly roles: Roles
  readonly keys: Keys
  readonly read: Reader
  /** Writes last-use times now. */
  flush(): Promise<void>
  /** Call after the feed has started and before the first call is served. */
  start(): Promise<void>
  stop(): Promise<void>
}

export function createIdentity(deps: IdentityDeps): Identity {
  const { store, change, clock, random, newId } = deps
  const { db } = store
  const hasher = createKeyHasher(deps.peppers)
  const directory = createDirectory({ db, clock, reference: deps.reference })
  const lastUse = createLastUse({ store, change, clock, intervalMs: deps.lastUseIntervalMs, report: deps.report })
  deps.feed.subscribe(directory.follow)

  /** A row with what this node knows and has not written yet. */
  const fresh = <Row extends KeyWithUse>(row: Row): Row => {
    const pending: KeyUseRow | undefined = lastUse.pending(row.id)
    if (!pending) return row
    return {
      ...row,
      first_used_at: row.first_used_at ?? pending.first_used_at,
      last_used_at: pending.last_used_at,
      last_address: pending.last_address,
      last_client: pending.last_client,
      uses: (row.uses ?? 0) + pending.uses,
    }
  }

  return {
    ...createAuthenticate({ directory, hasher, lastUse, clock }),

    standing({ principal, credential }) {
      if (credential.kind === 'key') {
        const key = directory.key(credential.id)
        // A key that changed hands is not what this caller proved.
        if (!key || key.ownerText !== uidText(principal)) return new Fault('key_revoked')
        return keyFault(key, directory, clock)
      }
      if (credential.expiresAt !== undefined && clock.now() >= credential.expiresAt) return new Fault('key_expired')
      return directory.standing(principal) === 'active' ? undefined : new Fault('key_suspended')
    },

    entities: directory,
    principals: createPrincipals({ change, clock }),
    groups: createGroups({ change, clock, dialect: store.dialect }),
    roles: createRoles({ change, clock, newId }),
    keys: createKeys({ change, clock, random, hasher, settings: deps.settings }),
    read: {
      principal: (uid) => selectPrincipal(db, uid),
      principals: (type, page) => pagePrincipals(db, type, page),
      group: (name) => selectGroup(db, name),
      groups: (page) => pageGroups(db, page),
      members: (group) => selectMembers(db, [group]),
      role: (name) => selectRole(db, name),
      roles: (page) => pageRoles(db, page),
      assignments: (page) => pageAssignments(db, page),
      key: async (id) => {
        const row = await selectKeyWithUse(db, id)
        return row && fresh(row)
      },
      keys: async (page) => (await pageKeys(db, page)).map(fresh),
    },
    flush: () => lastUse.flush(),
    async start() {
      await directory.load()
      lastUse.start()
    },
    stop: () => lastUse.stop(),
  }
}
