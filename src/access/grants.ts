// How roles held for a while begin, are used and end. States: scheduled → active → ended (expired, used up, ended early,
// principal gone); nothing leads back. Invariants: a grant is over to the millisecond whether or not anybody has written its
// end down (held-grants.ts asks the clock); the last use is taken by exactly one call.
import type { Clock, NewEvent, NewId, PrincipalUid } from '../core/index.ts'
import { Fault } from '../core/index.ts'
import type { Changed, MakeChange, Store, Trx } from '../store/index.ts'
import { type Grant, grantOf, type NewGrant, parseUid } from './grant.ts'
import {
  addUses,
  claimReviewAlert,
  endGrant,
  type GrantFilter,
  type GrantRow,
  insertGrant,
  reviewGrant,
  selectGrant,
  selectGrants,
  selectGrantsById,
  selectOpenGrants,
  selectOverdueReviews,
  settleUse,
  takeUse,
} from './grant-queries.ts'
import { createHeldGrants, type HeldGrants } from './held-grants.ts'
import type { Schedules } from './schedules.ts'

/** One use of a counted grant. */
export interface Use {
  /** Once: the use is spent, or given back if nothing was sent to a model. */
  settle(sent: boolean): Promise<void>
}

export interface Grants extends HeldGrants {
  /** Takes one use, durably. @throws Fault `approval_required` if another call took the last */
  use(id: string, call: string): Promise<Use>
  /** Notes that uncounted grants served a call; written behind. */
  noteUse(ids: readonly string[]): void
  insert(trx: Trx, grant: NewGrant): Promise<Changed<Grant>>
  end(trx: Trx, id: string, by: string, cause: string): Promise<Changed<{ ended: boolean }>>
  endAllOf(trx: Trx, principal: string, by: string, cause: string): Promise<Changed<{ ended: string[] }>>
  review(trx: Trx, id: string, by: string, note: string): Promise<Changed<{ reviewed: boolean }>>
  /** Any grant there ever was. @throws Fault `not_found` */
  show(id: string): Promise<Grant>
  list(filter: GrantFilter): Promise<Grant[]>
  /** Of its tokens, what calls that have ended left; undefined if it is not good for tokens. */
  tokensLeft(grant: Grant): Promise<number | undefined>
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
  /** The human behind a principal: who acts for the holder reviews nothing of theirs either. */
  humanOf?: (principal: PrincipalUid) => string | undefined
  /** True if calls of this principal run on this node: whether a grant ended while in use. */
  inUse: (principal: string) => boolean
  /** Tokens that calls on this grant have used, of those that have ended. */
  tokensSpent: (grant: string) => Promise<number>
}

const PRINCIPAL_KINDS = new Set(['user', 'service', 'agent'])
/** Looks after a call whether the tokens of its grant are used up: its last event may not be written yet at the first. */
const SPENT_LOOKS = 3
/** How often emergencies that wait for review are looked for. */
const OVERDUE_LOOK_MS = 60_000

export function createGrants(deps: GrantDeps): Grants {
  const { store, change, clock } = deps
  const { keep: hold, drop, all, principals, of, ...holding } = createHeldGrants(deps)
  /** Over here already, and not yet written down as ended. */
  const stranded = new Map<string, Grant>()
  /** Good for tokens, and just used: how often it is still to be looked whether any are left. */
  const drawn = new Map<string, number>()
  const used = new Map<string, { uses: number; firstAt: number; lastAt: number }>()

  const keep = (row: GrantRow): void => {
    if (row.ended_at !== null || stranded.has(row.id)) drop(row.id)
    else hold(grantOf(row))
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
    for (const text of principals()) {
      if (only && !only.has(text)) continue
      const state = await deps.principalState(parseUid(text))
      for (const grant of of(text)) {
        if (state?.active && state.since <= grant.createdAt) continue
        drop(grant.id)
        stranded.set(grant.id, grant)
      }
    }
  }
  const tokensLeft = async ({ id, tokens }: Grant): Promise<number | undefined> =>
    tokens === undefined ? undefined : Math.max(0, tokens - (await deps.tokensSpent(id)))
  /** What has no tokens left is over, once no call runs on it. */
  const endSpent = async (): Promise<void> => {
    for (const [id, looks] of [...drawn]) {
      if (looks > 1) drawn.set(id, looks - 1)
      else drawn.delete(id)
      const grant = holding.get(id)
      if (!grant || (await tokensLeft(grant)) !== 0) continue
      await change(async (trx) => {
        const row = await selectGrant(trx, id)
        if (!row || row.running > 0) return { value: false, feed: [], events: [] }
        return endOne(trx, grantOf(row), row.principal, 'used up')
      })
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
    ...holding,
    async use(id, call) {
      // What has ended here must not be taken because its end is not written yet.
      if (!holding.get(id)) throw new Fault('approval_required', { detail: 'The grant has ended' })
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
            if (row && row.tokens !== null && row.running === 0) drawn.set(id, SPENT_LOOKS)
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
        } else if (holding.get(id)?.usesLeft === undefined && holding.get(id))
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
          ...(row.tokens === null ? {} : { tokens: row.tokens }),
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
      if (grant.principal === by || deps.humanOf?.(parseUid(by)) === grant.principal)
        throw new Fault('access_denied', { detail: 'Somebody else must review an emergency grant' })
      if (!(await reviewGrant(trx, id, by, clock.now()))) return { value: { reviewed: false }, feed: [], events: [] }
      return {
        value: { reviewed: true },
        feed: [],
        events: [{ kind: 'grant.reviewed', principal: by, grant: id, subject: `grant/${id}`, reason: note }],
      }
    },
    show: find,
    tokensLeft,
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
      for (const grant of all())
        if (grant.endsAt <= now) await change((trx) => endOne(trx, grant, 'System::"clock"', 'expired'))
      await alertOverdue(now)
      await endSpent()
    },
    async onChange(changes) {
      const ids = changes.filter(({ kind }) => kind === 'grant').map(({ key }) => key)
      const fresh = new Set<string>()
      if (ids.length > 0)
        for (const row of await selectGrantsById(store.db, [...new Set(ids)])) {
          if (!holding.get(row.id)) fresh.add(row.principal)
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
