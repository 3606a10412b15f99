// What an act that ends access would end, looked up and not done.
import type { LockKind } from '../access/index.ts'
import { type Caller, type EntityUid, Fault, type PrincipalUid, uidText } from '../core/index.ts'
import type { KeyWithUse, MemberUid } from '../identity/index.ts'
import { NOTHING, roleSubject } from './ask.ts'
import type { Output, Query } from './contract.ts'
import { endingOn, MOST } from './ending.ts'
import { GATEWAY, type Subject } from './judge.ts'
import type { AdminPorts } from './ports.ts'
import { servicesOf } from './principals.ts'
import { type Asked, type Context, type Handlers, notFound, ownedBy, readRef } from './route.ts'
import { sessionIdOf, uidOf } from './sessions.ts'
import { isoField } from './time.ts'

type Consequences = Output<'consequences.show'>

/** `ROLE User:NAME` */
function readAssignment(target: string): { role: string; holder: MemberUid } {
  const [, role, holder] = /^(.+?) ((?:User|Service|Agent|Group):.+)$/.exec(target) ?? []
  if (role === undefined || holder === undefined)
    throw new Fault('validation_failed', {
      detail: 'An assignment is written as ROLE User:NAME (or Service:NAME, Agent:NAME, Group:NAME).',
      data: { param: 'target' },
    })
  return { role, holder: readRef<MemberUid['type']>(holder) }
}

export function consequenceHandlers(ports: AdminPorts): Handlers<'consequences.show'> {
  const { identity, access, jit } = ports

  const callsOf = (holder: EntityUid) => endingOn(ports, { holder: uidText(holder) })
  const lockedBy = (kind: LockKind, target: string) => endingOn(ports, { lock: { kind, target } })

  const shownKey = (row: KeyWithUse) => ({ id: row.id, name: row.name, ...isoField('lastUsedAt', row.last_used_at) })

  const ofPrincipal = async (uid: PrincipalUid): Promise<Partial<Consequences>> => {
    const row = await identity.read.principal(uid)
    if (!row || row.state === 'removed') throw notFound(uid.type.toLowerCase(), uid.id)
    const agents =
      uid.type === 'User'
        ? (await identity.read.principals('Agent', { limit: MOST }))
            .filter(({ on_behalf_of, state }) => on_behalf_of === uid.id && state !== 'removed')
            .map(({ name }) => name)
        : []
    const all: PrincipalUid[] = [uid, ...agents.map((id) => ({ type: 'Agent' as const, id }))]
    const keys: KeyWithUse[] = []
    const grants: Consequences['grants'] = []
    const roles = new Set<string>()
    for (const one of all) {
      keys.push(...(await identity.read.keys({ owner: one, state: 'active', limit: MOST })))
      for (const { id, principal, role } of await jit.grants.list({ principal: uidText(one), open: true, limit: MOST }))
        grants.push({ id, principal, role })
      for (const { role } of await identity.read.assignments({ holder: one, limit: MOST })) roles.add(role)
    }
    const groups = await directGroups(uid)
    const services = await servicesOf(ports, uid)
    const calls = await lockedBy('principal', uidText(uid)) // who is locked out is so with all that acts for them
    return { ...calls, keys: keys.map(shownKey), grants, roles: [...roles], groups, agents, services }
  }

  const directGroups = async (uid: PrincipalUid): Promise<string[]> => {
    const found: string[] = []
    for (const name of identity.entities.describe(uid)?.ancestors ?? []) {
      if (!name.startsWith('Group::')) continue
      const group = JSON.parse(name.slice('Group::'.length)) as string
      const members = await identity.read.members(group)
      if (members.some((row) => row.member_type === uid.type && row.member_name === uid.id)) found.push(group)
    }
    return found.sort()
  }

  /** The holder may be a group, whose members then lose the role. */
  const ofAssignment = async (role: string, of: MemberUid): Promise<Partial<Consequences>> => {
    const held = await identity.read.assignments({ role, holder: of, limit: 1 })
    if (held.length === 0) throw notFound('assignment', `${role} ${of.type}:${of.id}`)
    return { ...(await callsOf(of)), roles: [role] }
  }

  /** Whoever may not see something itself does not see it by asking what would end with it; one's own is seen. */
  const find = async (
    { of, target }: Query<'consequences.show'>,
    { caller, demand, may }: Pick<Context<'consequences.show'>, 'caller' | 'demand' | 'may'>,
  ): Promise<Partial<Consequences>> => {
    const mayShow = (whose: EntityUid, subject: Subject = { uid: whose }) => {
      if (uidText(whose) !== uidText(caller.principal)) demand('show', subject)
    }
    switch (of) {
      case 'principal': {
        const uid = readRef<PrincipalUid['type']>(target)
        mayShow(uid)
        return ofPrincipal(uid)
      }
      case 'credential': {
        const row = await identity.read.key(target)
        const owner = row && { type: row.owner_type, id: row.owner_name }
        if (owner) mayShow(owner, ownedBy('Key', target, owner))
        else demand('show', { uid: { type: 'Key', id: target }, attrs: {} })
        if (!row) throw notFound('key', target)
        return { ...(await lockedBy('credential', target)), keys: row.state === 'revoked' ? [] : [shownKey(row)] }
      }
      case 'grant': {
        const { id, principal, role, endedAt, endsAt } = await jit.grants.show(target)
        if (!may('approveRole', roleSubject(role, NOTHING))) mayShow(uidOf(principal))
        if (endedAt !== undefined || endsAt <= ports.clock.now()) return {}
        return { ...(await callsOf(uidOf(principal))), grants: [{ id, principal, role }] }
      }
      case 'assignment': {
        const { role, holder } = readAssignment(target)
        mayShow({ type: 'Role', id: role })
        return ofAssignment(role, holder)
      }
      case 'session':
        return lockedBy(of, await sessionIdOf(ports, target))
      default: {
        if (of === 'role') mayShow({ type: 'Role', id: target })
        // Whose calls run is seen as in the list of them, or of whom may be seen anyhow; the others are a number.
        const { principals, ...counted } = await lockedBy(of, target)
        const seen = (whose: EntityUid) =>
          uidText(whose) === uidText(caller.principal) ||
          may('list', ownedBy('Session', '', whose)) ||
          may('show', { uid: whose })
        return { ...counted, principals: principals.filter((text) => seen(uidOf(text))) }
      }
    }
  }

  /** What the act itself would be asked about, of what somebody may hold. That it is not there is told by `handle`. */
  const endingOf = async ({ of, target }: Query<'consequences.show'>, caller: Caller): Promise<Asked | undefined> => {
    if (of === 'grant') {
      const grant = await jit.grants.show(target)
      if (grant.principal === uidText(caller.principal)) return { ...GATEWAY, action: 'list' }
      return { ...roleSubject(grant.role, NOTHING), action: 'approveRole' }
    }
    if (of === 'session') {
      const { id, principal } = await access.sessions.show(target)
      return { ...ownedBy('Session', id, uidOf(principal)), action: 'endSession' }
    }
    const key = of === 'credential' ? await identity.read.key(target) : undefined
    return key && { ...ownedBy('Key', key.id, { type: key.owner_type, id: key.owner_name }), action: 'revokeKey' }
  }

  return {
    'consequences.show': {
      /** Whoever may end a grant, a key or a session may look at what would end with it. */
      async subject({ caller, query }) {
        // That it is not there, or cannot be read now, is told by `handle`, after the rules have been asked.
        const ending = query && (await endingOf(query, caller).catch(() => undefined))
        return ending?.action !== undefined && ports.judge.allows(caller, ending.action, ending) ? ending : GATEWAY
      },
      async handle({ query, caller, demand, may }) {
        const { of, target } = query
        // A target that makes no sense is one also while nothing runs.
        if (of !== 'grant' && of !== 'assignment')
          access.locks.wouldStop(
            { kind: of, target: of === 'principal' ? uidText(readRef(target)) : target },
            { caller },
          )
        const nothing = { calls: 0, upstreams: 0, principals: [], uncounted: [], keys: [], grants: [] }
        const none = { groups: [], roles: [], agents: [], services: [] }
        return { ...nothing, ...none, ...(await find(query, { caller, demand, may })) }
      },
    },
  }
}
