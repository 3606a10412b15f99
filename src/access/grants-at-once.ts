// Roles that nobody is asked for first: taken in an emergency, or opened by a signed event from outside. The rules are asked
// as for a request; an emergency is short and must be reviewed by somebody else.

import { type Caller, Fault, type PrincipalUid, uidText } from '../core/index.ts'
import type { Trx } from '../store/index.ts'
import type { Grant } from './grant.ts'
import { type Need, type RequestDeps, within } from './request-rules.ts'
import { checkAsk, invalid, type NewRequest, roleAsk } from './role-ask.ts'

export interface AtOnce {
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
}

const BREAK_GLASS_SECONDS = 3600
const REVIEW_MS = 24 * 3_600_000

export function createGrantsAtOnce({ change, clock, grants, isActive }: RequestDeps, need: Need): AtOnce {
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
