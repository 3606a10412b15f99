// The roles that a sweep looks at: who holds which and since when, what each alone gives on models by the rules as they
// answer now, and what of that its holder did.
import type { Grant, Grants, SweptRole } from '../access/index.ts'
import { type PrincipalUid, uidText } from '../core/index.ts'
import type { AssignmentRow, PrincipalRow } from '../identity/index.ts'
import { everyAssignment, everyMember } from './campaigns.ts'
import { everyRow } from './page.ts'
import type { AdminPorts } from './ports.ts'

interface Ports extends Pick<AdminPorts, 'identity' | 'audit' | 'jit' | 'actionsHolding' | 'clock'> {
  models(): readonly { readonly name: string }[]
}

/** How a role came to somebody. */
interface Way {
  readonly role: string
  readonly through: string
  readonly heldSince: number
  /** Undefined: every model that the role reaches. */
  readonly only?: readonly string[] | undefined
}

const TYPES = ['User', 'Service', 'Agent'] as const

/** Models and actions of the calls that a principal was allowed since then, and how many calls these were. */
export async function usedSince(audit: AdminPorts['audit'], principal: PrincipalUid, since: number) {
  const filter = { principal: uidText(principal), kind: 'call.finished', decision: 'allow', since }
  const [models, actions] = await Promise.all([
    audit.count(filter, { by: 'model' }),
    audit.count(filter, { by: 'action' }),
  ])
  return {
    models: new Set(models.map(({ value = '' }) => value)),
    actions: new Set(actions.map(({ value = '' }) => value)),
    calls: models.reduce((sum, { events }) => sum + events, 0),
  }
}

export async function* sweptRoles(ports: Ports, since: number): AsyncGenerator<SweptRole> {
  const { identity } = ports
  const waysOf = await readWays(ports)
  const names = ports.models().map(({ name }) => name)
  for (const type of TYPES) {
    const principals = everyRow<PrincipalRow>((last, limit) =>
      identity.read.principals(type, { state: 'active', limit, ...(last && { after: last.name }) }),
    )
    for await (const { name } of principals) {
      const principal: PrincipalUid = { type, id: name }
      const ways = await waysOf(principal)
      if (ways.length === 0) continue
      const facts = identity.entities.get(principal)
      if (!facts) continue
      const used = await usedSince(ports.audit, principal, since)
      for (const { role, through, heldSince, only } of ways) {
        const text = uidText({ type: 'Role', id: role })
        const [withIt, without] = [new Set(facts.ancestors).add(text), new Set(facts.ancestors)]
        // A grant of a role that is held for good as well gives nothing more.
        if (through.startsWith('grt_') ? without.has(text) : !without.delete(text)) continue
        const models: string[] = []
        const actions = new Set<string>()
        for (const model of only ?? names) {
          const may = ports.actionsHolding(principal, model, withIt)
          if (may.length === 0) continue
          const otherwise = ports.actionsHolding(principal, model, without)
          const alone = may.filter((action) => !otherwise.includes(action))
          if (alone.length > 0) models.push(model)
          for (const action of alone) actions.add(action)
        }
        yield {
          holder: `${type}:${name}`,
          role,
          through,
          heldSince,
          models,
          actions: [...actions],
          usedModels: used.models,
          usedActions: used.actions,
        }
      }
    }
  }
}

export const everyGrant = (grants: Grants, filter: Omit<Parameters<Grants['list']>[0], 'before' | 'limit'>) =>
  everyRow<Grant>((before, limit) => grants.list({ ...filter, limit, ...(before && { before }) }))

/** Every way in which a principal holds roles now; the oldest, where one comes in several. */
async function readWays({ identity, jit, clock }: Ports): Promise<(principal: PrincipalUid) => Promise<Way[]>> {
  const assignments = new Map<string, AssignmentRow[]>()
  const groups = new Map<string, { group: string; at: number }[]>()
  const add = <Row>(to: Map<string, Row[]>, key: string, row: Row) => {
    const rows = to.get(key)
    if (rows) rows.push(row)
    else to.set(key, [row])
  }
  for await (const row of everyAssignment(identity))
    add(assignments, uidText({ type: row.holder_type, id: row.holder_name }), row)
  for await (const { group_name: group, member_type, member_name, added_at: at } of everyMember(identity))
    add(groups, uidText({ type: member_type, id: member_name }), { group, at })

  return async (principal) => {
    const now = clock.now()
    const found = new Map<string, Way>()
    const climb = (holder: string, since: number, through: string, above: ReadonlySet<string>): void => {
      for (const { role, created_at, ends_at } of assignments.get(holder) ?? []) {
        const heldSince = Math.max(since, created_at)
        const known = found.get(role)
        if (ends_at !== null && ends_at <= now) continue
        if (!known || heldSince < known.heldSince) found.set(role, { role, through, heldSince })
      }
      for (const { group, at } of groups.get(holder) ?? []) {
        const text = uidText({ type: 'Group', id: group })
        if (above.has(text)) continue
        const first = through === 'assignment' ? `Group:${group}` : through
        climb(text, Math.max(since, at), first, new Set(above).add(text))
      }
    }
    const own = uidText(principal)
    climb(own, 0, 'assignment', new Set([own]))
    const lent: Way[] = []
    for await (const { id, role, startsAt, endsAt, models } of everyGrant(jit.grants, { principal: own, open: true }))
      if (startsAt <= now && now < endsAt) lent.push({ role, through: id, heldSince: startsAt, only: models })
    return [...found.values(), ...lent]
  }
}
