// The grants that are open, in memory, and which roles somebody holds by them at a moment for a purpose. Asked on every call:
// whether a grant holds is asked of the clock each time, so it ends to the millisecond.
import type { Clock, LimitDuty, PrincipalUid } from '../core/index.ts'
import { uidText } from '../core/index.ts'
import { type Grant, isCounted } from './grant.ts'
import type { HeldRole } from './held-role.ts'
import type { Schedules } from './schedules.ts'

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

export interface HeldGrants {
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
  /** Known to be open on this node. */
  get(id: string): Grant | undefined
}

/** The same for whoever keeps them current. */
export interface OpenGrants extends HeldGrants {
  all(): Grant[]
  /** Who has any. */
  principals(): Iterable<string>
  of(principal: string): Grant[]
  keep(grant: Grant): void
  drop(id: string): void
}

const PRINCIPAL_TYPES = new Set(['User', 'Service', 'Agent'])
/** Long enough to be one window for every grant. */
const ONE_BUDGET_SECONDS = 3_155_760_000

export function createHeldGrants({ clock, schedules }: { clock: Clock; schedules?: Schedules }): OpenGrants {
  const byId = new Map<string, Grant>()
  const byPrincipal = new Map<string, Map<string, Grant>>()

  const drop = (id: string): void => {
    const grant = byId.get(id)
    if (!grant) return
    byId.delete(id)
    const own = byPrincipal.get(grant.principal)
    own?.delete(id)
    if (own?.size === 0) byPrincipal.delete(grant.principal)
  }
  const keep = (grant: Grant): void => {
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
    const scheduled = schedules?.held(principal, about.model, about.at) ?? []
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
      let next = schedules?.nextChange(principal) ?? Number.POSITIVE_INFINITY
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
    get: (id) => byId.get(id),
    all: () => [...byId.values()],
    principals: () => byPrincipal.keys(),
    of: (principal) => [...(byPrincipal.get(principal)?.values() ?? [])],
    keep,
    drop,
  }
}

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
