// Roles held for a while. States: scheduled → active → ended (expired, used up, ended early, principal gone); nothing
// leads back. Invariants: whether a grant holds is asked of the clock each time, so it ends to the millisecond whether or
// not anybody has written its end down; the last use is taken by exactly one call.
import type { Clock, LimitDuty, NewEvent, NewId, PrincipalUid } from '../core/index.ts'
import { Fault, uidText } from '../core/index.ts'
import type { Changed, MakeChange, Store, Trx } from '../store/index.ts'
import {
  addUses,
  claimReviewAlert,
  endGrant,
  type GrantFilter,
  type GrantRow,
  insertGrant,
  reviewGrant,
  selectGrants,
  selectGrantsById,
  selectOpenGrants,
  selectOverdueReviews,
  settleUse,
  takeUse,
} from './grant-queries.ts'
import type { HeldRole } from './held-role.ts'
import type { Schedules } from './schedules.ts'

export interface Grant {
  readonly id: string
  readonly request: string | undefined
  /** `User::"dana"` */
  readonly principal: string
  readonly role: string
  /** Undefined: every model that the role reaches. */
  readonly models: readonly string[] | undefined
  readonly source: GrantSource
  readonly reason: string
  readonly ticket: string | undefined
  /** Milliseconds since 1970, as all times here. */
  readonly startsAt: number
  readonly endsAt: number
  readonly usesLeft: number | undefined
  /** Tokens it is good for in all. */
  readonly tokens: number | undefined
  readonly extended: boolean
  readonly useCount: number
  readonly firstUsedAt: number | undefined
  readonly lastUsedAt: number | undefined
  readonly createdAt: number
  readonly createdBy: string
  /** When the request was made; `createdAt` for grants without one. */
  readonly askedAt: number
  readonly endedAt: number | undefined
  readonly endCause: string | undefined
  readonly reviewDueAt: number | undefined
  readonly reviewedAt: number | undefined
}

export type GrantSource = 'approval' | 'rule' | 'event' | 'break-glass'

export interface NewGrant {
  request?: string
  principal: string
  role: string
  models?: readonly string[]
  source: GrantSource
  reason: string
  ticket?: string
  startsAt: number
  endsAt: number
  uses?: number
  tokens?: number
  by: string
  askedAt: number
  reviewDueAt?: number
}

/** What a role is wanted for. */
export interface About {
  readonly model?: string
  /** Asked about this moment, milliseconds since 1970, and not about now. What has ended already is not remembered. */
  readonly at?: number
  /** Counted grants of which this call has taken a use already; others give nothing to a call. */
  readonly using?: readonly string[]
  /** Nothing is done: what could be, also with a use that is still to be taken, and without a model with any of them. */
  readonly looking?: true
}

/** Facts about entities, as the directory has them. */
export interface Facts {
  readonly ancestors: ReadonlySet<string>
  readonly validUntil?: number
}
export interface FactSource<F extends Facts> {
  get(uid: { readonly type: string; readonly id: string }): F | undefined
}

/** One use of a counted grant. */
export interface Use {
  /** Once: the use is spent, or given back if nothing was sent to a model. */
  settle(sent: boolean): Promise<void>
}

export interface Grants {
  /** Roles held now for this purpose, by grant or schedule. */
  held(principal: PrincipalUid, about?: About): HeldRole[]
  /** The directory with the roles held now added to this principal; the directory itself if there are none. */
  over<F extends Facts>(directory: FactSource<F>, principal: PrincipalUid, about?: About): FactSource<F>
  /** The directory with the roles that every principal holds, now or at that moment, whatever the model. */
  source<F extends Facts>(directory: FactSource<F>, at?: number): FactSource<F>
  /** When the roles of a principal next change by time alone. */
  nextChange(principal: PrincipalUid): number | undefined
  /** Grants good for a number of uses or tokens, now or at that moment, which a call that needs them must take from. */
  counted(principal: PrincipalUid, model: string, at?: number): Grant[]
  /** The token budget of a grant as a limit. */
  limitOf(grant: Grant): LimitDuty | undefined
  /** Takes one use, durably. @throws Fault `approval_required` if another call took the last */
  use(id: string, call: string): Promise<Use>
  /** Notes that uncounted grants served a call; written behind. */
  noteUse(ids: readonly string[]): void
  insert(trx: Trx, grant: NewGrant): Promise<Changed<Grant>>
  end(trx: Trx, id: string, by: string, cause: string): Promise<Changed<{ ended: boolean }>>
  endAllOf(trx: Trx, principal: string, by: string, cause: string): Promise<Changed<{ ended: string[] }>>
  review(trx: Trx, id: string, by: string, note: string): Promise<Changed<{ reviewed: boolean }>>
  /** Known to be open on this node. */
  get(id: string): Grant | undefined
  /** Any grant there ever was. @throws Fault `not_found` */
  show(id: string): Promise<Grant>
  list(filter: GrantFilter): Promise<Grant[]>
  /** Writes down the ends that have come, and uses; on one node that is enough. */
  tidy(): Promise<void>
  onChange(changes: readonly { kind: string; key: string }[]): Promise<void>
  load(): Promise<void>
}

export interface GrantDeps {
  store: Store
  change: MakeChange
  clock: Clock
  newId: NewId
  schedules?: Schedules
  /** Whether a principal may act, and since when its state is what it is; undefined if there is no such principal. */
  principalState: (principal: PrincipalUid) => Promise<{ active: boolean; since: number } | undefined>
  /** True if calls of this principal run on this node: whether a grant ended while in use. */
  inUse: (principal: string) => boolean
}

const PRINCIPAL_TYPES = new Set(['User', 'Service', 'Agent'])
const PRINCIPAL_KINDS = new Set(['user', 'service', 'agent'])
/** How often emergencies that wait for review are looked for. */
const OVERDUE_LOOK_MS = 60_000
/** Long enough to be one window for every grant. */
const ONE_BUDGET_SECONDS = 3_155_760_000

export function createGrants(deps: GrantDeps): Grants {
  const { store, change, clock } = deps
  const byId = new Map<string, Grant>()
  const byPrincipal = new Map<string, Map<string, Grant>>()
  /** Over here already, and not yet written down as ended. */
  const stranded = new Map<string, Grant>()
  const used = new Map<string, { uses: number; firstAt: number; lastAt: number }>()

  const drop = (id: string): void => {
    const grant = byId.get(id)
    if (!grant) return
    byId.delete(id)
    const own = byPrincipal.get(grant.principal)
    own?.delete(id)
    if (own?.size === 0) byPrincipal.delete(grant.principal)
  }
  const keep = (row: GrantRow): void => {
    if (row.ended_at !== null || stranded.has(row.id)) {
      drop(row.id)
      return
    }
    const grant = grantOf(row)
    byId.set(grant.id, grant)
    let own = byPrincipal.get(grant.principal)
    if (!own) {
      own = new Map()
      byPrincipal.set(grant.principal, own)
    }
    own.set(grant.id, grant)
  }

  const inForce = (grant: Grant, { model, using, looking }: About, now: number): boolean =>
    grant.startsAt <= now &&
    now < grant.endsAt &&
    (grant.models === undefined || (model === undefined ? looking === true : grant.models.includes(model))) &&
    (!isCounted(grant) || looking === true || (using?.includes(grant.id) ?? false))

  const held = (principal: PrincipalUid, about: About = {}): HeldRole[] => {
    const own = byPrincipal.get(uidText(principal))
    const scheduled = deps.schedules?.held(principal, about.model, about.at) ?? []
    if (!own) return scheduled
    const now = about.at ?? clock.now()
    const roles: HeldRole[] = [...scheduled]
    for (const grant of own.values())
      if (inForce(grant, about, now))
        roles.push({
          role: grant.role,
          grant: grant.id,
          endsAt: grant.endsAt,
          reason: grant.reason,
          ticket: grant.ticket,
        })
    return roles
  }

  const endOne = async (trx: Trx, grant: Grant, by: string, cause: string): Promise<Changed<boolean>> => {
    if (!(await endGrant(trx, grant.id, clock.now(), cause))) return { value: false, feed: [], events: [] }
    const event: NewEvent = {
      kind: 'grant.ended',
      principal: by,
      grant: grant.id,
      subject: `grant/${grant.id}`,
      reason: cause,
      data: {
        role: grant.role,
        holder: grant.principal,
        uses: grant.useCount + (used.get(grant.id)?.uses ?? 0),
        inUse: deps.inUse(grant.principal),
      },
    }
    return { value: true, feed: [{ kind: 'grant', key: grant.id }], events: [event] }
  }

  const find = async (id: string): Promise<Grant> => {
    const [row] = await selectGrantsById(store.db, [id])
    if (!row) throw new Fault('not_found', { detail: 'There is no such grant' })
    return grantOf(row)
  }

  /** Grants from before a suspension are over, also when the principal is active again. */
  const endStranded = async (only?: ReadonlySet<string>): Promise<void> => {
    for (const [text, own] of byPrincipal) {
      if (only && !only.has(text)) continue
      const state = await deps.principalState(parseUid(text))
      for (const grant of [...own.values()]) {
        if (state?.active && state.since <= grant.createdAt) continue
        drop(grant.id)
        stranded.set(grant.id, grant)
      }
    }
  }
  let lookAt = 0
  /** An emergency that nobody looked at within its day is told of, once. */
  const alertOverdue = async (now: number): Promise<void> => {
    if (now < lookAt) return
    lookAt = now + OVERDUE_LOOK_MS
    for (const { id, principal, role, review_due_at: dueAt } of await selectOverdueReviews(store.db, now))
      await change(async (trx) => {
        const mine = await claimReviewAlert(trx, id, now)
        const event: NewEvent = {
          kind: 'alert.raised',
          principal,
          grant: id,
          subject: `grant/${id}`,
          reason: 'review overdue',
          data: { role, dueAt },
        }
        return { value: mine, feed: [], events: mine ? [event] : [] }
      })
  }

  return {
    held,
    over(directory, principal, about) {
      const roles = held(principal, about)
      if (roles.length === 0) return directory
      const text = uidText(principal)
      return {
        get(uid) {
          const facts = directory.get(uid)
          return facts && uid.id === principal.id && uidText(uid) === text ? withRoles(directory, facts, roles) : facts
        },
      }
    },
    source: (directory, at) => ({
      get(uid) {
        const facts = directory.get(uid)
        if (!facts || !PRINCIPAL_TYPES.has(uid.type)) return facts
        const roles = held(uid as PrincipalUid, at === undefined ? {} : { at })
        return roles.length === 0 ? facts : withRoles(directory, facts, roles)
      },
    }),
    nextChange(principal) {
      let next = deps.schedules?.nextChange(principal) ?? Number.POSITIVE_INFINITY
      const own = byPrincipal.get(uidText(principal))
      if (own) {
        const now = clock.now()
        for (const { startsAt, endsAt } of own.values())
          for (const time of [startsAt, endsAt]) if (time > now && time < next) next = time
      }
      return next < Number.POSITIVE_INFINITY ? next : undefined
    },
    counted(principal, model, at = clock.now()) {
      const own = byPrincipal.get(uidText(principal))
      if (!own) return []
      return [...own.values()].filter(
        (grant) => isCounted(grant) && grant.usesLeft !== 0 && inForce(grant, { model, looking: true }, at),
      )
    },
    limitOf: ({ id, tokens }) =>
      tokens === undefined
        ? undefined
        : { amount: tokens, unit: 'tokens', windowSeconds: ONE_BUDGET_SECONDS, rule: `grant ${id}` },
    async use(id, call) {
      // What has ended here must not be taken because its end is not written yet.
      if (!byId.has(id)) throw new Fault('approval_required', { detail: 'The grant has ended' })
      const { value } = await change(async (trx) => {
        const row = await takeUse(trx, id, clock.now())
        if (!row) throw new Fault('approval_required', { detail: 'The grant has been used up' })
        const event: NewEvent = {
          kind: 'grant.used',
          principal: row.principal,
          grant: id,
          call,
          subject: `grant/${id}`,
          data: { usesLeft: row.uses_left },
        }
        return { value: row, feed: [{ kind: 'grant', key: id }], events: [event] }
      })
      let settled = false
      return {
        async settle(sent) {
          if (settled) return
          settled = true
          await change(async (trx) => {
            const row = await settleUse(trx, id, !sent)
            if (!row) return { value: false, feed: [], events: [] }
            // Used up is over only when the last call on it is: ending the grant would cut the others.
            if (row.uses_left === 0 && row.running === 0) return endOne(trx, grantOf(row), value.principal, 'used up')
            return { value: false, feed: sent ? [] : [{ kind: 'grant', key: id }], events: [] }
          })
        },
      }
    },
    noteUse(ids) {
      const now = clock.now()
      for (const id of ids) {
        const entry = used.get(id)
        if (entry) {
          entry.uses += 1
          entry.lastAt = now
        } else if (byId.get(id)?.usesLeft === undefined && byId.has(id))
          used.set(id, { uses: 1, firstAt: now, lastAt: now })
      }
    },
    async insert(trx, wanted) {
      const now = clock.now()
      const row: GrantRow = {
        id: deps.newId('grant'),
        request: wanted.request ?? null,
        principal: wanted.principal,
        role: wanted.role,
        models: wanted.models === undefined ? null : JSON.stringify(wanted.models),
        source: wanted.source,
        reason: wanted.reason,
        ticket: wanted.ticket ?? null,
        starts_at: wanted.startsAt,
        ends_at: wanted.endsAt,
        uses_left: wanted.uses ?? null,
        tokens: wanted.tokens ?? null,
        extended: 0,
        use_count: 0,
        first_used_at: null,
        last_used_at: null,
        created_at: now,
        created_by: wanted.by,
        asked_at: wanted.askedAt,
        ended_at: null,
        end_cause: null,
        review_due_at: wanted.reviewDueAt ?? null,
        reviewed_at: null,
        reviewed_by: null,
        running: 0,
        review_alerted_at: null,
      }
      await insertGrant(trx, row)
      const event: NewEvent = {
        kind: wanted.source === 'break-glass' ? 'grant.break-glass' : 'grant.started',
        principal: wanted.by,
        grant: row.id,
        subject: `grant/${row.id}`,
        reason: wanted.reason,
        data: {
          role: row.role,
          holder: row.principal,
          source: row.source,
          startsAt: row.starts_at,
          endsAt: row.ends_at,
          ...(wanted.models === undefined ? {} : { models: [...wanted.models] }),
          ...(row.uses_left === null ? {} : { uses: row.uses_left }),
          ...(row.request === null ? {} : { request: row.request }),
          ...(row.review_due_at === null ? {} : { reviewDueAt: row.review_due_at }),
        },
      }
      return { value: grantOf(row), feed: [{ kind: 'grant', key: row.id }], events: [event] }
    },
    async end(trx, id, by, cause) {
      const { value, feed, events } = await endOne(trx, await find(id), by, cause)
      return { value: { ended: value }, feed, events }
    },
    async endAllOf(trx, principal, by, cause) {
      const all: Changed<{ ended: string[] }> = { value: { ended: [] }, feed: [], events: [] }
      for (const row of await selectOpenGrants(trx, principal)) {
        const { value, feed, events } = await endOne(trx, grantOf(row), by, cause)
        if (value) all.value.ended.push(row.id)
        all.feed = [...all.feed, ...feed]
        all.events = [...all.events, ...events]
      }
      return all
    },
    async review(trx, id, by, note) {
      const grant = await find(id)
      if (grant.principal === by)
        throw new Fault('access_denied', { detail: 'Somebody else must review an emergency grant' })
      if (!(await reviewGrant(trx, id, by, clock.now()))) return { value: { reviewed: false }, feed: [], events: [] }
      return {
        value: { reviewed: true },
        feed: [],
        events: [{ kind: 'grant.reviewed', principal: by, grant: id, subject: `grant/${id}`, reason: note }],
      }
    },
    get: (id) => byId.get(id),
    show: find,
    list: async (filter) => (await selectGrants(store.db, filter)).map(grantOf),
    async tidy() {
      const now = clock.now()
      for (const [id, { uses, firstAt, lastAt }] of [...used]) {
        used.delete(id)
        await store.transaction((trx) => addUses(trx, id, uses, firstAt, lastAt))
      }
      for (const [id, grant] of [...stranded]) {
        await change((trx) => endOne(trx, grant, 'System::"node"', 'principal suspended'))
        stranded.delete(id)
      }
      for (const grant of [...byId.values()])
        if (grant.endsAt <= now) await change((trx) => endOne(trx, grant, 'System::"clock"', 'expired'))
      await alertOverdue(now)
    },
    async onChange(changes) {
      const ids = changes.filter(({ kind }) => kind === 'grant').map(({ key }) => key)
      const fresh = new Set<string>()
      if (ids.length > 0)
        for (const row of await selectGrantsById(store.db, [...new Set(ids)])) {
          if (!byId.has(row.id)) fresh.add(row.principal)
          keep(row)
        }
      if (changes.some(({ kind }) => PRINCIPAL_KINDS.has(kind))) await endStranded()
      // Whoever approved may not have heard yet that the holder was suspended; by the order of the feed we have.
      else if (fresh.size > 0) await endStranded(fresh)
    },
    async load() {
      for (const row of await selectOpenGrants(store.db)) keep(row)
      await endStranded()
    },
  }
}

/** Good for a number of uses or tokens: its role is held by the calls that have taken from it, and by nothing else. */
const isCounted = ({ usesLeft, tokens }: Grant): boolean => usesLeft !== undefined || tokens !== undefined

function withRoles<F extends Facts>(directory: FactSource<F>, facts: F, roles: readonly HeldRole[]): F {
  const ancestors = new Set(facts.ancestors)
  let validUntil = facts.validUntil ?? Number.POSITIVE_INFINITY
  for (const { role, endsAt } of roles) {
    const uid = { type: 'Role', id: role }
    const above = directory.get(uid)
    if (!above) continue // the role has been removed since
    ancestors.add(uidText(uid))
    for (const ancestor of above.ancestors) ancestors.add(ancestor)
    validUntil = Math.min(validUntil, endsAt)
  }
  return { ...facts, ancestors, validUntil }
}

/** `User::"dana"` back into its parts. */
export function parseUid(text: string): PrincipalUid {
  const split = text.indexOf('::')
  return { type: text.slice(0, split) as PrincipalUid['type'], id: JSON.parse(text.slice(split + 2)) as string }
}

export const grantOf = (row: GrantRow): Grant => ({
  id: row.id,
  request: row.request ?? undefined,
  principal: row.principal,
  role: row.role,
  models: row.models === null ? undefined : (JSON.parse(row.models) as string[]),
  source: row.source as GrantSource,
  reason: row.reason,
  ticket: row.ticket ?? undefined,
  startsAt: row.starts_at,
  endsAt: row.ends_at,
  usesLeft: row.uses_left ?? undefined,
  tokens: row.tokens ?? undefined,
  extended: row.extended === 1,
  useCount: row.use_count,
  firstUsedAt: row.first_used_at ?? undefined,
  lastUsedAt: row.last_used_at ?? undefined,
  createdAt: row.created_at,
  createdBy: row.created_by,
  askedAt: row.asked_at,
  endedAt: row.ended_at ?? undefined,
  endCause: row.end_cause ?? undefined,
  reviewDueAt: row.review_due_at ?? undefined,
  reviewedAt: row.reviewed_at ?? undefined,
})
