// Campaigns: from time to time somebody says of each right that is held whether it stays. States: open → closed. Invariants:
// what nobody spoke for in time is revoked when the campaign closes; nobody keeps a right of their own, nor of what acts for
// them; a revocation that was said is final, and carried out by the next look if the node died. What a group holds may be
// kept by its members: that they are in it is a right of each, which somebody else keeps.
import type { Clock, NewEvent, NewId, PrincipalUid } from '../core/index.ts'
import { Fault, uidText } from '../core/index.ts'
import type { MakeChange, Store, Trx } from '../store/index.ts'
import {
  type CampaignRow,
  closeCampaign,
  countItems,
  decideItem,
  finishItem,
  type ItemRow,
  insertCampaign,
  insertItems,
  selectCampaign,
  selectCampaignNamed,
  selectCampaigns,
  selectDueCampaigns,
  selectItem,
  selectItems,
  selectStuck,
  selectUnfinished,
} from './campaign-queries.ts'
import { parseUid } from './grant.ts'
import { holdRequester } from './grant-queries.ts'
import { createUpkeep } from './upkeep.ts'

export type RightKind = 'assignment' | 'member' | 'key'

/** A right as it is held now. Times are milliseconds since 1970. */
export interface HeldRight {
  readonly kind: RightKind
  /** Id of the assignment or key; name of the group. */
  readonly target: string
  /** `User:dana` */
  readonly holder: string
  /** In words: `role operator`. */
  readonly what: string
  readonly since: number
  /** Undefined: never, as far as is known. */
  readonly lastUsedAt: number | undefined
}

export interface CampaignItem extends HeldRight {
  readonly id: string
  readonly decision: 'keep' | 'revoke' | undefined
  readonly decidedAt: number | undefined
  readonly decidedBy: string | undefined
  readonly note: string | undefined
  /** `kept`, `revoked`, `gone`, or why it could not be revoked; undefined while that is open. */
  readonly outcome: string | undefined
}

export interface CampaignView {
  readonly id: string
  readonly name: string
  readonly startedAt: number
  readonly startedBy: string
  readonly dueAt: number
  readonly closedAt: number | undefined
  readonly closedBy: string | undefined
  readonly items: number
  readonly undecided: number
  readonly kept: number
  readonly revoked: number
}

export interface Campaigns {
  start(ask: { name: string; dueAt: number; kinds: readonly RightKind[] }, by: string): Promise<CampaignView>
  list(page: { before?: { startedAt: number; id: string }; limit: number }): Promise<CampaignView[]>
  /** By id or name, as all that follows: of several of a name the one that goes on, else the newest. @throws Fault `not_found` */
  show(id: string): Promise<CampaignView>
  /** In order of their ids: the longest unused first. */
  items(id: string, page: { undecided?: boolean; after?: string; limit: number }): Promise<CampaignItem[]>
  /** `keep` may be changed until the campaign closes; `revoke` is carried out at once. */
  decide(
    id: string,
    item: string,
    said: { decision: 'keep' | 'revoke'; note?: string },
    by: string,
  ): Promise<CampaignItem>
  /** Revokes what nobody spoke for, and closes. Idempotent. */
  close(id: string, by: string): Promise<CampaignView>
  /** Closes those whose time has come, and carries out what was left undone. */
  watch(): void
  stop(): Promise<void>
}

export interface CampaignDeps {
  store: Store
  change: MakeChange
  clock: Clock
  newId: NewId
  /** Every right of these kinds that is held now. */
  rights: (kinds: readonly RightKind[]) => AsyncIterable<HeldRight>
  /** Takes it away; says `revoked`, `gone` if it was not held any more, or why not. */
  revoke: (right: HeldRight, reason: string) => Promise<string>
  /** The human behind a principal, who speaks for it. */
  humanOf: (principal: PrincipalUid) => string | undefined
  /** Milliseconds between two looks. */
  lookMs?: number
  report: (error: unknown) => void
}

const LOOK_MS = 60_000
const SYSTEM = 'System::"clock"'
const MOST_ITEMS = 100_000
const MAX_DAYS_MS = 366 * 86_400_000
const BATCH = 100

export function createCampaigns(deps: CampaignDeps): Campaigns {
  const { store, change, clock } = deps

  const find = async (idOrName: string): Promise<CampaignRow> => {
    const row = (await selectCampaign(store.db, idOrName)) ?? (await selectCampaignNamed(store.db, idOrName))
    if (!row) throw new Fault('not_found', { detail: `There is no campaign "${idOrName}".` })
    return row
  }
  const view = async (row: CampaignRow): Promise<CampaignView> => {
    const sum = { items: 0, undecided: 0, kept: 0, revoked: 0 }
    for (const { decision, outcome, count } of await countItems(store.db, row.id)) {
      const some = Number(count)
      sum.items += some
      if (decision === null) sum.undecided += some
      else if (decision === 'keep' || outcome?.startsWith('kept')) sum.kept += some
      else sum.revoked += some
    }
    return {
      id: row.id,
      name: row.name,
      startedAt: row.started_at,
      startedBy: row.started_by,
      dueAt: row.due_at,
      closedAt: row.closed_at ?? undefined,
      closedBy: row.closed_by ?? undefined,
      ...sum,
    }
  }

  /** Whether the same human stands behind both. */
  const isOwn = (holder: string, by: string): boolean => {
    const owner = ownOf(holder)
    const humanOf = (text: string) => deps.humanOf(parseUid(text)) ?? text
    return owner === by || humanOf(owner) === humanOf(by)
  }
  const record = (event: NewEvent, work: (trx: Trx) => Promise<void>) =>
    change(async (trx) => ({ value: await work(trx), feed: [], events: [event] }))

  /** Takes a right away and writes down what came of it. */
  const carryOut = async (row: ItemRow, by: string, reason: string): Promise<void> => {
    const outcome = await deps.revoke(itemOf(row), reason)
    const event: NewEvent = {
      kind: 'campaign.revoked',
      principal: by,
      subject: `campaign/${row.campaign}`,
      reason: outcome,
      data: { item: row.id, kind: row.kind, target: row.target, holder: row.holder },
    }
    // Two nodes may have carried it out: what the first wrote stands.
    await change(async (trx) => {
      const first = await finishItem(trx, row.id, outcome)
      return { value: first, feed: [], events: first ? [event] : [] }
    })
  }

  const close = async (idOrName: string, by: string): Promise<CampaignView> => {
    const before = await find(idOrName)
    const { id } = before
    if (before.closed_at !== null) return view(before)
    for (;;) {
      const rows = await selectUnfinished(store.db, id, BATCH)
      if (rows.length === 0) break
      for (const row of rows) {
        // Whoever says `keep` in this moment is heard.
        const said = { decision: 'revoke', decided_at: clock.now(), decided_by: by, note: 'nobody spoke for it' }
        const mine =
          row.decision === 'revoke' || (await store.transaction((trx) => decideItem(trx, id, row.id, said, true)))
        if (mine) await carryOut(row, by, `campaign ${before.name}: ${row.note ?? 'nobody spoke for it'}`)
      }
    }
    await change(async (trx) => {
      const done = await closeCampaign(trx, id, clock.now(), by)
      const event: NewEvent = { kind: 'campaign.closed', principal: by, subject: `campaign/${id}` }
      return { value: done, feed: [], events: done ? [event] : [] }
    })
    return view(await find(id))
  }

  const look = async (): Promise<void> => {
    for (const row of await selectStuck(store.db, clock.now() - LOOK_MS, BATCH))
      await carryOut(row, row.decided_by ?? SYSTEM, `campaign: ${row.note ?? 'revoked'}`).catch(deps.report)
    for (const { id } of await selectDueCampaigns(store.db, clock.now())) await close(id, SYSTEM)
  }
  const upkeep = createUpkeep(deps.lookMs ?? LOOK_MS, look, deps.report, clock)

  return {
    async start({ name, dueAt, kinds }, by) {
      const now = clock.now()
      if (dueAt <= now || dueAt > now + MAX_DAYS_MS)
        throw new Fault('validation_failed', {
          detail: 'A campaign ends in the future and within a year.',
          data: { param: 'dueAt' },
        })
      const rights: HeldRight[] = []
      for await (const right of deps.rights(kinds)) {
        rights.push(right)
        if (rights.length > MOST_ITEMS)
          throw new Fault('not_possible', { detail: `More than ${MOST_ITEMS} rights: choose fewer kinds.` })
      }
      rights.sort((a, b) => (a.lastUsedAt ?? 0) - (b.lastUsedAt ?? 0))
      const row: CampaignRow = {
        id: deps.newId('campaign'),
        name,
        started_at: now,
        started_by: by,
        due_at: dueAt,
        closed_at: null,
        closed_by: null,
      }
      const items = rights.map(
        (right, i): ItemRow => ({
          id: `${row.id}.${String(i + 1).padStart(6, '0')}`,
          campaign: row.id,
          kind: right.kind,
          target: right.target,
          holder: right.holder,
          what: right.what,
          since: right.since,
          last_used_at: right.lastUsedAt ?? null,
          decision: null,
          decided_at: null,
          decided_by: null,
          note: null,
          outcome: null,
        }),
      )
      const event: NewEvent = {
        kind: 'campaign.started',
        principal: by,
        subject: `campaign/${row.id}`,
        data: { name, dueAt, items: items.length },
      }
      await record(event, async (trx) => {
        // A name that is asked for must say which one: of those that go on there is one.
        await holdRequester(trx, store.dialect, `campaign ${name}`)
        if ((await selectCampaignNamed(trx, name))?.closed_at === null)
          throw new Fault('already_exists', { detail: `A campaign "${name}" goes on already.` })
        await insertCampaign(trx, row)
        await insertItems(trx, items)
      })
      return view(row)
    },
    list: async (page) => Promise.all((await selectCampaigns(store.db, page)).map(view)),
    show: async (id) => view(await find(id)),
    async items(idOrName, page) {
      const { id } = await find(idOrName)
      return (await selectItems(store.db, { campaign: id, ...page })).map(itemOf)
    },
    async decide(idOrName, item, { decision, note }, by) {
      const campaign = await find(idOrName)
      const { id } = campaign
      const row = await selectItem(store.db, id, item)
      if (!row) throw new Fault('not_found', { detail: `There is no item "${item}" in this campaign.` })
      if (decision === 'keep' && isOwn(row.holder, by))
        throw new Fault('access_denied', { detail: 'Nobody keeps a right of their own; ask somebody else.' })
      if (decision === 'keep' && campaign.due_at <= clock.now())
        throw new Fault('not_possible', { detail: 'The campaign is over; what nobody spoke for is being revoked.' })
      const said = { decision, decided_at: clock.now(), decided_by: by, note: note ?? null }
      const event: NewEvent = {
        kind: 'campaign.decided',
        principal: by,
        subject: `campaign/${id}`,
        ...(note === undefined ? {} : { reason: note }),
        data: { item, decision, kind: row.kind, target: row.target, holder: row.holder },
      }
      await record(event, async (trx) => {
        if (!(await decideItem(trx, id, item, said)))
          throw new Fault('not_possible', { detail: 'The campaign is closed, or the right has been revoked already.' })
      })
      if (decision === 'revoke')
        await carryOut(row, by, `campaign ${campaign.name}${note === undefined ? '' : `: ${note}`}`)
      return itemOf((await selectItem(store.db, id, item)) ?? row)
    },
    close,
    watch: upkeep.start,
    stop: upkeep.stop,
  }
}

/** `User:dana` as the text of a principal who acts. */
const ownOf = (holder: string): string => {
  const at = holder.indexOf(':')
  return uidText({ type: holder.slice(0, at), id: holder.slice(at + 1) })
}

const itemOf = (row: ItemRow): CampaignItem => ({
  id: row.id,
  kind: row.kind as RightKind,
  target: row.target,
  holder: row.holder,
  what: row.what,
  since: row.since,
  lastUsedAt: row.last_used_at ?? undefined,
  decision: (row.decision as CampaignItem['decision']) ?? undefined,
  decidedAt: row.decided_at ?? undefined,
  decidedBy: row.decided_by ?? undefined,
  note: row.note ?? undefined,
  outcome: row.outcome ?? (row.decision === 'keep' ? 'kept' : undefined),
})
