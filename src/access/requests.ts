// Asking for a role. States: pending → approved | denied | cancelled | expired; nothing leads back. Invariants: the rules
// are asked at each step; an approval is one human's, is for exactly what was asked (digest), and is never the
// requester's, the beneficiary's or the human's behind either; the grant begins in the transaction of the last approval.
import { createHash } from 'node:crypto'
import type { Caller, Clock, Decision, Duties, NewEvent, NewId, PrincipalUid } from '../core/index.ts'
import { counted, credentialText, Fault, uidText } from '../core/index.ts'
import { type Changed, isUniqueViolation, type MakeChange, type Store, type Trx } from '../store/index.ts'
import {
  closeRequest,
  countPending,
  extendGrant,
  holdPending,
  insertApproval,
  insertRequest,
  type RequestFilter,
  type RequestRow,
  selectApprovals,
  selectApproversOf,
  selectGrant,
  selectOverdueRequests,
  selectRequest,
  selectRequests,
} from './grant-queries.ts'
import { type Grant, type Grants, grantOf, parseUid } from './grants.ts'
import { parseQuorum, quorumMet } from './quorum.ts'
import { stepUpFault } from './step-up.ts'

export type JitAction = 'requestRole' | 'approveRole' | 'autoApproveRole' | 'breakGlass'

/** What rules may ask about a request. */
export interface RoleAsk {
  readonly seconds: number
  readonly uses?: number
  readonly reason: string
  readonly ticket?: string
  readonly models: readonly string[]
  readonly requester?: PrincipalUid
  /** How many have approved so far. */
  readonly approvals: number
}

export interface NewRequest {
  role: string
  /** Who is to hold it; the requester if missing. */
  beneficiary?: PrincipalUid
  models?: readonly string[]
  seconds: number
  uses?: number
  tokens?: number
  reason: string
  ticket?: string
  /** Milliseconds since 1970; at once if missing. */
  startsAt?: number
}

/** Less than was asked, as an approver may allow. */
export interface Narrowing {
  seconds?: number
  uses?: number
  models?: readonly string[]
}

export interface RequestView extends Omit<NewRequest, 'beneficiary'> {
  readonly id: string
  readonly requester: string
  readonly beneficiary: string
  readonly state: 'pending' | 'approved' | 'denied' | 'cancelled' | 'expired'
  readonly digest: string
  readonly approvals: number
  readonly quorum?: string
  readonly extends?: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly closedAt?: number
  readonly closedBy?: string
  readonly closeReason?: string
}

export interface ApprovalView {
  readonly approver: string
  readonly answer: string
  readonly narrowed: Narrowing
  readonly reason: string | undefined
  readonly at: number
}

export interface Answered {
  readonly request: RequestView
  /** The grant, once there are enough approvals. */
  readonly grant: Grant | undefined
  readonly seq: number
}

export interface Answer {
  by: Caller
  /** Digest of the ask as the approver saw it. */
  digest: string
  reason?: string
  narrow?: Narrowing
}

export interface Requests {
  /** @throws Fault access_denied, step_up_required, validation_failed */
  create(by: Caller, ask: NewRequest): Promise<Answered>
  /** More time for a running grant; once, and approved like the first time. */
  extend(by: Caller, grant: string, seconds: number, reason: string): Promise<Answered>
  approve(id: string, answer: Answer): Promise<Answered>
  deny(id: string, answer: Answer): Promise<Answered>
  cancel(id: string, by: Caller): Promise<Answered>
  /** Takes a role at once, for an hour at most; raises an alarm and must be reviewed by somebody else within a day. */
  breakGlass(by: Caller, ask: NewRequest): Promise<{ grant: Grant; seq: number }>
  /** A signed event from outside opens a grant, if a rule approves such a role by itself. */
  trigger(
    principal: PrincipalUid,
    from: { source: string; address: string },
    ask: NewRequest,
    /** Runs in the transaction that opens the grant. */
    also?: (trx: Trx) => Promise<void>,
  ): Promise<{ grant: Grant; seq: number }>
  show(id: string): Promise<{ request: RequestView; approvals: ApprovalView[] }>
  list(filter: RequestFilter): Promise<RequestView[]>
  /** Of these requests, the groups that a rule demanded approvals of; where it named none, those of whoever approved. */
  approverGroups(ids: readonly string[]): Promise<Map<string, string[]>>
  /** Closes requests nobody answered in time. */
  tidy(): Promise<void>
}

export interface RequestDeps {
  store: Store
  change: MakeChange
  clock: Clock
  newId: NewId
  grants: Grants
  decide: (action: JitAction, caller: Caller, role: string, ask: RoleAsk) => Decision
  /** The human behind a principal: itself for a user, for whom it acts for an agent, its owner for a service. */
  humanOf: (principal: PrincipalUid) => string | undefined
  groupsOf: (principal: PrincipalUid) => Iterable<string>
  isActive: (principal: PrincipalUid) => boolean
  /** Milliseconds a request waits for answers. */
  waitMs: number
}

const MAX_PENDING = 20
const MAX_SECONDS = 90 * 86_400
const BREAK_GLASS_SECONDS = 3600
const REVIEW_MS = 24 * 3_600_000
const MAX_AHEAD_MS = 30 * 86_400_000

/** A statement has a limit of parameters. */
const IDS_AT_ONCE = 200

export function createRequests(deps: RequestDeps): Requests {
  const { store, change, clock, grants } = deps

  const need = (action: JitAction, caller: Caller, role: string, ask: RoleAsk): Duties => {
    const decision = deps.decide(action, caller, role, ask)
    if (!decision.allow)
      throw new Fault('access_denied', {
        detail: decision.why ?? 'No rule allows this',
        data: { decision: decision.id },
      })
    const challenge = stepUpFault(decision.duties.stepUp, caller.credential, clock.now())
    if (challenge) throw challenge
    return decision.duties
  }

  /** The ask within what the rule allows; a number of uses that was not asked for is set to the most there may be. */
  const within = <Ask extends NewRequest>({ longestSeconds, uses }: Duties, ask: Ask): Ask => {
    if (longestSeconds !== undefined && ask.seconds > longestSeconds)
      throw invalid('seconds', `This role may be held for ${longestSeconds} s at most`)
    if (uses === undefined) return ask
    if (ask.uses !== undefined && ask.uses > uses)
      throw invalid('uses', `This role may be held for ${counted(uses, 'use')} at most`)
    return { ...ask, uses: ask.uses ?? uses }
  }

  const begin = (trx: Trx, row: RequestRow, narrowed: readonly Narrowing[], by: string): Promise<Changed<Grant>> => {
    const ask = narrow(viewOf(row), narrowed)
    const startsAt = Math.max(row.starts_at ?? 0, clock.now())
    return grants.insert(trx, {
      request: row.id,
      principal: row.beneficiary,
      role: row.role,
      ...(ask.models === undefined ? {} : { models: ask.models }),
      source: by === row.requester ? 'rule' : 'approval',
      reason: row.reason,
      ...(row.ticket === null ? {} : { ticket: row.ticket }),
      startsAt,
      endsAt: startsAt + ask.seconds * 1000,
      ...(ask.uses === undefined ? {} : { uses: ask.uses }),
      ...(row.tokens === null ? {} : { tokens: row.tokens }),
      by,
      askedAt: row.created_at,
    })
  }

  const lengthen = async (trx: Trx, row: RequestRow, narrowed: readonly Narrowing[], by: string) => {
    const ask = narrow(viewOf(row), narrowed)
    const grant = await extendGrant(trx, row.extends ?? '', ask.seconds, clock.now())
    if (!grant) throw new Fault('not_possible', { detail: 'The grant has ended, or was extended already' })
    const event: NewEvent = {
      kind: 'grant.extended',
      principal: by,
      grant: grant.id,
      subject: `grant/${grant.id}`,
      data: { request: row.id, endsAt: grant.ends_at },
    }
    return { value: grantOf(grant), feed: [{ kind: 'grant', key: grant.id }], events: [event] }
  }

  const approveNow = async (
    trx: Trx,
    row: RequestRow,
    narrowed: readonly Narrowing[],
    by: string,
    reason: string | null,
  ): Promise<Changed<Grant>> => {
    if (!(await closeRequest(trx, row.id, { state: 'approved', at: clock.now(), by, reason }))) throw tooLate()
    if (!deps.isActive(parseUid(row.beneficiary)))
      throw new Fault('not_possible', { detail: 'Whoever was to hold this role is not active any more' })
    return row.extends === null ? begin(trx, row, narrowed, by) : lengthen(trx, row, narrowed, by)
  }

  const submit = async (by: Caller, wanted: NewRequest, extended?: Grant): Promise<Answered> => {
    checkAsk(wanted, clock.now())
    const requester = uidText(by.principal)
    const beneficiary = wanted.beneficiary ?? by.principal
    const asked: RoleAsk = roleAsk(wanted, by.principal, 0)
    const duties = need('requestRole', by, wanted.role, asked)
    let ask = within(duties, wanted)
    const proxy: Caller = { ...by, principal: beneficiary }
    if (uidText(beneficiary) !== requester) {
      // Asking for somebody must not reach further than that somebody could.
      ask = within(need('requestRole', proxy, ask.role, asked), ask)
      if (!deps.isActive(beneficiary))
        throw new Fault('not_possible', { detail: 'Whoever is to hold it is not active' })
    }
    const automatic = deps.decide('autoApproveRole', proxy, ask.role, asked)
    const atOnce = automatic.allow && !stepUpFault(automatic.duties.stepUp, by.credential, clock.now())
    if (atOnce) ask = within(automatic.duties, ask)
    const now = clock.now()
    const row: RequestRow = {
      id: deps.newId('request'),
      requester,
      beneficiary: uidText(beneficiary),
      role: ask.role,
      models: ask.models === undefined ? null : JSON.stringify([...ask.models].sort()),
      seconds: ask.seconds,
      uses: ask.uses ?? null,
      tokens: ask.tokens ?? null,
      reason: ask.reason.trim(),
      ticket: ask.ticket ?? null,
      starts_at: ask.startsAt ?? null,
      extends: extended?.id ?? null,
      state: 'pending',
      digest: '',
      approvals: duties.approvals ?? 1,
      quorum: duties.quorum ?? null,
      created_at: now,
      expires_at: now + deps.waitMs,
      closed_at: null,
      closed_by: null,
      close_reason: null,
      version: 1,
    }
    row.digest = digestOf(row)
    const { value, seq } = await change(async (trx) => {
      if ((await countPending(trx, requester, now)) >= MAX_PENDING)
        throw new Fault('not_possible', { detail: `${MAX_PENDING} of your requests wait for an answer already` })
      await insertRequest(trx, row)
      const event: NewEvent = {
        kind: 'request.created',
        principal: requester,
        credential: credentialText(by.credential),
        address: by.address,
        subject: `request/${row.id}`,
        reason: row.reason,
        data: {
          role: row.role,
          beneficiary: row.beneficiary,
          seconds: row.seconds,
          ...(row.ticket === null ? {} : { ticket: row.ticket }),
          ...(ask.models === undefined ? {} : { models: [...ask.models] }),
          ...(row.uses === null ? {} : { uses: row.uses }),
          digest: row.digest,
          ...approversOf(row),
        },
      }
      const feed = [{ kind: 'request', key: row.id }]
      if (!atOnce) return { value: undefined, feed, events: [event] }
      const done = await approveNow(trx, row, [], requester, `approved by rule: ${automatic.rules.join(', ')}`)
      return { value: done.value, feed: [...feed, ...done.feed], events: [event, ...done.events] }
    })
    return { request: await view(row.id), grant: value, seq }
  }

  const view = async (id: string): Promise<RequestView> => {
    const row = await selectRequest(store.db, id)
    if (!row) throw new Fault('not_found', { detail: 'There is no such request' })
    return viewOf(row)
  }

  const answer = async (id: string, kind: 'approve' | 'deny', { by, digest, reason, narrow: less }: Answer) => {
    const open = await selectRequest(store.db, id)
    if (!open) throw new Fault('not_found', { detail: 'There is no such request' })
    if (by.principal.type !== 'User') throw new Fault('access_denied', { detail: 'Only people answer requests' })
    const approver = uidText(by.principal)
    for (const party of [open.requester, open.beneficiary])
      if (party === approver || deps.humanOf(parseUid(party)) === approver)
        throw new Fault('access_denied', { detail: 'Nobody answers a request of their own' })
    if (digest !== open.digest)
      throw new Fault('precondition_failed', { detail: 'This answer is for another request than the one that stands' })
    const request = viewOf(open)
    const given = await selectApprovals(store.db, id)
    const asked = roleAsk({ ...request, role: open.role }, parseUid(open.requester), given.length)
    need('approveRole', by, open.role, asked)
    const narrowed = checkNarrowing(request, less ?? {})
    const now = clock.now()

    const { value, seq } = await change<Grant | undefined>(async (trx) => {
      const row = await holdPending(trx, id, now)
      if (!row) throw await closedFault(id)
      await insertApproval(trx, {
        request: id,
        approver,
        id: deps.newId('approval'),
        answer: kind,
        groups: JSON.stringify([...deps.groupsOf(by.principal)]),
        narrowed: JSON.stringify(narrowed),
        reason: reason ?? null,
        at: now,
      })
      const event = (state: RequestView['state']): NewEvent => ({
        kind: kind === 'approve' ? 'request.approved' : 'request.denied',
        principal: approver,
        credential: credentialText(by.credential),
        address: by.address,
        subject: `request/${id}`,
        ...(reason === undefined ? {} : { reason }),
        data: { digest, ...narrowingData(narrowed), ...closing(row, state, now) },
      })
      const feed = [{ kind: 'request', key: id }]
      if (kind === 'deny') {
        if (!(await closeRequest(trx, id, { state: 'denied', at: now, by: approver, reason: reason ?? null })))
          throw tooLate()
        return { value: undefined, feed, events: [event('denied')] }
      }
      const yes = (await selectApprovals(trx, id)).filter((one) => one.answer === 'approve')
      // Somebody who has left since does not count any more.
      const standing = yes.filter((one) => deps.isActive(parseUid(one.approver)))
      const approvers = standing.map((one) => ({ groups: JSON.parse(one.groups) as string[] }))
      if (!quorumMet(approvers, row.approvals, row.quorum ?? undefined))
        return { value: undefined, feed, events: [event('pending')] }
      const all = standing.map((one) => JSON.parse(one.narrowed) as Narrowing)
      const done = await approveNow(trx, row, all, approver, reason ?? null)
      return { value: done.value, feed: [...feed, ...done.feed], events: [event('approved'), ...done.events] }
    }).catch((error: unknown) => {
      if (isUniqueViolation(error)) throw new Fault('not_possible', { detail: 'You have answered this already' })
      throw error
    })
    return { request: await view(id), grant: value, seq }
  }

  const closedFault = async (id: string): Promise<Fault> => {
    const row = await selectRequest(store.db, id)
    if (!row) return new Fault('not_found', { detail: 'There is no such request' })
    if (row.state === 'pending') return new Fault('not_possible', { detail: 'The request has expired' })
    return new Fault('not_possible', {
      detail: `The request is ${row.state} already, by ${row.closed_by ?? 'the clock'}`,
    })
  }

  const atOnce = async (
    action: 'breakGlass' | 'autoApproveRole',
    by: Caller,
    wanted: NewRequest,
    source: 'break-glass' | 'event',
    actor: string,
    also?: (trx: Trx) => Promise<void>,
  ) => {
    checkAsk(wanted, clock.now())
    const ask = within(need(action, by, wanted.role, roleAsk(wanted, by.principal, 0)), wanted)
    const now = clock.now()
    const startsAt = Math.max(ask.startsAt ?? 0, now)
    return change(async (trx) => {
      await also?.(trx)
      return grants.insert(trx, {
        principal: uidText(by.principal),
        role: ask.role,
        ...(ask.models === undefined ? {} : { models: ask.models }),
        source,
        reason: ask.reason.trim(),
        ...(ask.ticket === undefined ? {} : { ticket: ask.ticket }),
        startsAt,
        endsAt: startsAt + ask.seconds * 1000,
        ...(ask.uses === undefined ? {} : { uses: ask.uses }),
        ...(ask.tokens === undefined ? {} : { tokens: ask.tokens }),
        by: actor,
        askedAt: now,
        ...(source === 'break-glass' ? { reviewDueAt: now + REVIEW_MS } : {}),
      })
    })
  }

  return {
    create: (by, ask) => submit(by, ask),
    async extend(by, id, seconds, reason) {
      const row = await selectGrant(store.db, id)
      if (!row) throw new Fault('not_found', { detail: 'There is no such grant' })
      const grant = grantOf(row)
      if (grant.principal !== uidText(by.principal))
        throw new Fault('access_denied', { detail: 'Only its holder asks to extend a grant' })
      if (grant.endedAt !== undefined || grant.endsAt <= clock.now() || grant.extended)
        throw new Fault('not_possible', { detail: 'The grant has ended, or was extended already' })
      return submit(
        by,
        {
          role: grant.role,
          seconds,
          reason,
          ...(grant.models === undefined ? {} : { models: grant.models }),
          ...(grant.usesLeft === undefined ? {} : { uses: Math.max(1, grant.usesLeft) }),
          ...(grant.ticket === undefined ? {} : { ticket: grant.ticket }),
        },
        grant,
      )
    },
    approve: (id, given) => answer(id, 'approve', given),
    deny: (id, given) => answer(id, 'deny', given),
    async cancel(id, by) {
      const who = uidText(by.principal)
      const row = await selectRequest(store.db, id)
      if (!row || row.requester !== who) throw new Fault('not_found', { detail: 'You have no such request' })
      const { seq } = await change(async (trx) => {
        const now = clock.now()
        const close = { state: 'cancelled', at: now, by: who, reason: null }
        if (!(await closeRequest(trx, id, close))) throw await closedFault(id)
        const data = closing(row, 'cancelled', now)
        return {
          value: undefined,
          feed: [{ kind: 'request', key: id }],
          events: [{ kind: 'request.cancelled', principal: who, subject: `request/${id}`, data }],
        }
      })
      return { request: await view(id), grant: undefined, seq }
    },
    async breakGlass(by, ask) {
      if (by.principal.type !== 'User') throw new Fault('access_denied', { detail: 'Only people break the glass' })
      if (ask.beneficiary && uidText(ask.beneficiary) !== uidText(by.principal))
        throw invalid('beneficiary', 'The glass is broken for oneself')
      if (ask.seconds > BREAK_GLASS_SECONDS) throw invalid('seconds', `At most ${BREAK_GLASS_SECONDS} s`)
      const { value, seq } = await atOnce('breakGlass', by, ask, 'break-glass', uidText(by.principal))
      return { grant: value, seq }
    },
    async trigger(principal, { source, address }, ask, also) {
      // Nobody has signed in: rules see a credential that proves nothing about a person.
      const by: Caller = { principal, credential: { kind: 'link', id: source, bound: false }, address }
      if (!deps.isActive(principal)) throw new Fault('not_possible', { detail: 'Whoever is to hold it is not active' })
      const { value, seq } = await atOnce(
        'autoApproveRole',
        by,
        ask,
        'event',
        `System::${JSON.stringify(source)}`,
        also,
      )
      return { grant: value, seq }
    },
    async approverGroups(ids) {
      const found = new Map<string, string[]>()
      for (let i = 0; i < ids.length; i += IDS_AT_ONCE)
        for (const { request, groups, quorum } of await selectApproversOf(store.db, ids.slice(i, i + IDS_AT_ONCE))) {
          const named =
            quorum === null ? (JSON.parse(groups) as string[]) : parseQuorum(quorum).map(({ group }) => group)
          found.set(request, [...new Set([...(found.get(request) ?? []), ...named])])
        }
      return found
    },
    async show(id) {
      const approvals = await selectApprovals(store.db, id)
      return {
        request: await view(id),
        approvals: approvals.map(({ approver, answer, narrowed, reason, at }) => ({
          approver,
          answer,
          narrowed: JSON.parse(narrowed) as Narrowing,
          reason: reason ?? undefined,
          at,
        })),
      }
    },
    list: async (filter) => (await selectRequests(store.db, filter)).map(viewOf),
    async tidy() {
      for (const row of await selectOverdueRequests(store.db, clock.now()))
        await change(async (trx) => {
          const now = clock.now()
          const by = 'System::"clock"'
          if (!(await closeRequest(trx, row.id, { state: 'expired', at: now, by, reason: null })))
            return { value: undefined, feed: [], events: [] }
          const data = closing(row, 'expired', now)
          return {
            value: undefined,
            feed: [{ kind: 'request', key: row.id }],
            events: [{ kind: 'request.expired', principal: by, subject: `request/${row.id}`, data }],
          }
        })
    },
  }
}

const invalid = (param: string, detail: string): Fault => new Fault('validation_failed', { detail, data: { param } })
const tooLate = (): Fault => new Fault('not_possible', { detail: 'The request has been answered already' })

function checkAsk(ask: NewRequest, now: number): void {
  const positive = (value: number | undefined, param: string, most: number) => {
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0 && value <= most))
      throw invalid(param, `${param} must be a whole number from 1 to ${most}`)
  }
  positive(ask.seconds, 'seconds', MAX_SECONDS)
  positive(ask.uses, 'uses', 1_000_000)
  positive(ask.tokens, 'tokens', Number.MAX_SAFE_INTEGER)
  if (ask.reason.trim() === '') throw invalid('reason', 'Say why')
  if (ask.models && (ask.models.length === 0 || ask.models.length > 200))
    throw invalid('models', 'Name 1 to 200 models')
  if (ask.startsAt !== undefined && ask.startsAt > now + MAX_AHEAD_MS)
    throw invalid('startsAt', 'At most 30 days ahead')
}

const roleAsk = (
  ask: NewRequest | Omit<NewRequest, 'beneficiary'>,
  requester: PrincipalUid,
  approvals: number,
): RoleAsk => ({
  seconds: ask.seconds,
  ...(ask.uses === undefined ? {} : { uses: ask.uses }),
  reason: ask.reason.trim(),
  ...(ask.ticket === undefined ? {} : { ticket: ask.ticket }),
  models: ask.models ?? [],
  requester,
  approvals,
})

/** Fields in a fixed order, so that equal asks have equal digests. */
const digestOf = (row: RequestRow): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        row.id,
        row.requester,
        row.beneficiary,
        row.role,
        row.models,
        row.seconds,
        row.uses,
        row.tokens,
        row.reason,
        row.ticket,
        row.starts_at,
        row.extends,
      ]),
    )
    .digest('hex')

function checkNarrowing(request: RequestView, less: Narrowing): Narrowing {
  const within = (value: number | undefined, most: number | undefined, param: string) => {
    if (value === undefined) return
    if (!Number.isSafeInteger(value) || value <= 0 || value > (most ?? Number.POSITIVE_INFINITY))
      throw invalid(param, 'An approval may allow less than was asked, not more')
  }
  within(less.seconds, request.seconds, 'seconds')
  within(less.uses, request.uses, 'uses')
  const { models } = less
  if (models && (models.length === 0 || (request.models && models.some((model) => !request.models?.includes(model)))))
    throw invalid('models', 'An approval may allow fewer models than were asked for, not others')
  return less
}

/** What all approvals allow together. */
function narrow(request: RequestView, all: readonly Narrowing[]): Narrowing & { seconds: number } {
  let { seconds, uses, models } = request
  for (const less of all) {
    seconds = Math.min(seconds, less.seconds ?? seconds)
    if (less.uses !== undefined) uses = Math.min(uses ?? less.uses, less.uses)
    const { models: fewer } = less
    if (fewer) models = models ? models.filter((model) => fewer.includes(model)) : fewer
  }
  if (models?.length === 0) throw new Fault('not_possible', { detail: 'The approvals have no model in common' })
  return { seconds, ...(uses === undefined ? {} : { uses }), ...(models === undefined ? {} : { models }) }
}

/** The groups that a rule names for the approval; left out if it names none. */
const approversOf = ({ quorum }: RequestRow) =>
  quorum === null ? {} : { approvers: parseQuorum(quorum).map(({ group }) => group) }

/** What an answer says of the request: where it stands now, and how long it waited. */
const closing = (row: RequestRow, state: RequestView['state'], now: number) => ({
  role: row.role,
  state,
  waitedMs: now - row.created_at,
  ...approversOf(row),
})

const narrowingData = ({ seconds, uses, models }: Narrowing) => ({
  ...(seconds === undefined ? {} : { seconds }),
  ...(uses === undefined ? {} : { uses }),
  ...(models === undefined ? {} : { models: [...models] }),
})

const viewOf = (row: RequestRow): RequestView => ({
  id: row.id,
  requester: row.requester,
  beneficiary: row.beneficiary,
  role: row.role,
  ...(row.models === null ? {} : { models: JSON.parse(row.models) as string[] }),
  seconds: row.seconds,
  ...(row.uses === null ? {} : { uses: row.uses }),
  ...(row.tokens === null ? {} : { tokens: row.tokens }),
  reason: row.reason,
  ...(row.ticket === null ? {} : { ticket: row.ticket }),
  ...(row.starts_at === null ? {} : { startsAt: row.starts_at }),
  state: row.state as RequestView['state'],
  digest: row.digest,
  approvals: row.approvals,
  ...(row.quorum === null ? {} : { quorum: row.quorum }),
  ...(row.extends === null ? {} : { extends: row.extends }),
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  ...(row.closed_at === null ? {} : { closedAt: row.closed_at }),
  ...(row.closed_by === null ? {} : { closedBy: row.closed_by }),
  ...(row.close_reason === null ? {} : { closeReason: row.close_reason }),
})
