// Roles that nobody is asked for first: taken in an emergency, or opened by a signed event from outside. The rules are asked
// as for a request; an emergency is short and must be reviewed by somebody else.

import { type Caller, Fault, type PrincipalUid, uidText } from '../core/index.ts'
import type { Trx } from '../store/index.ts'
import { type Grant, grantOf } from './grant.ts'
import { holdRequester, selectOpenGrants } from './grant-queries.ts'
import { type Need, type RequestDeps, within } from './request-rules.ts'
import { checkAsk, invalid, type NewRequest, roleAsk } from './role-ask.ts'

export interface AtOnce {
  /**
   * Takes a role at once, for an hour at most; raises an alarm and must be reviewed by somebody else within a day.
   * @throws Fault `not_possible` while an earlier emergency of theirs gives the same already
   */
  breakGlass(by: Caller, ask: NewRequest): Promise<{ grant: Grant; seq: number }>
  /** A signed event from outside opens a grant, if a rule approves such a role by itself. */
  trigger(
    principal: PrincipalUid,
    from: { source: string; address: string },
    ask: NewRequest,
    /** Runs in the transaction that opens the grant. */
    also?: (trx: Trx) => Promise<void>,
  ): Promise<{ grant: Grant; seq: number }>
}

const BREAK_GLASS_SECONDS = 3600
const REVIEW_MS = 24 * 3_600_000

export function createGrantsAtOnce({ store, change, clock, grants, isActive }: RequestDeps, need: Need): AtOnce {
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

  /** One emergency is one grant, one alarm and one review: what is held already by one is not taken again. */
  const onlyOnce =
    (holder: string, { role, models }: NewRequest) =>
    async (trx: Trx): Promise<void> => {
      await holdRequester(trx, store.dialect, holder)
      const now = clock.now()
      const held = (await selectOpenGrants(trx, holder))
        .map(grantOf)
        .find(
          (one) =>
            one.source === 'break-glass' &&
            one.role === role &&
            one.endsAt > now &&
            one.usesLeft !== 0 &&
            (one.models === undefined || (models?.every((model) => one.models?.includes(model)) ?? false)),
        )
      if (!held) return
      const until = new Date(held.endsAt).toISOString()
      throw new Fault('not_possible', {
        detail: `You hold ${role} by ${held.id} until ${until}; end that first to take it anew`,
      })
    }

  return {
    async breakGlass(by, ask) {
      if (by.principal.type !== 'User') throw new Fault('access_denied', { detail: 'Only people break the glass' })
      if (ask.beneficiary && uidText(ask.beneficiary) !== uidText(by.principal))
        throw invalid('beneficiary', 'The glass is broken for oneself')
      const holder = uidText(by.principal)
      if (ask.seconds > BREAK_GLASS_SECONDS) throw invalid('seconds', `At most ${BREAK_GLASS_SECONDS} s`)
      const { value, seq } = await atOnce('breakGlass', by, ask, 'break-glass', holder, onlyOnce(holder, ask))
      return { grant: value, seq }
    },
    async trigger(principal, { source, address }, ask, also) {
      // Nobody has signed in: rules see a credential that proves nothing about a person.
      const by: Caller = { principal, credential: { kind: 'link', id: source, bound: false }, address }
      if (!isActive(principal)) throw new Fault('not_possible', { detail: 'Whoever is to hold it is not active' })
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
  }
}
