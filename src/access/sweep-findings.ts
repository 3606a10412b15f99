// What a sweep says about one key or one role: pure judgement over facts that others read. A key is warned about, then
// suspended, then revoked, one step at a sweep: nothing is revoked that was not suspended first, so its owner has felt it.
// A role is only warned about, with what of it lies idle and what to do: calls do not show what else it is needed for.

/** A key as the inventory has it; times are milliseconds since 1970. */
export interface SweptKey {
  readonly id: string
  readonly name: string
  /** `User:dana` */
  readonly owner: string
  readonly ownerActive: boolean
  /** For services: whether somebody answers for it. */
  readonly ownerless: boolean
  readonly state: 'active' | 'suspended'
  readonly createdAt: number
  readonly expiresAt: number
  readonly lastUsedAt: number | undefined
  /** Since when its state is what it is. */
  readonly stateAt: number
  readonly rotated: boolean
  /** Without it nobody could administer anything: a sweep warns of it, and leaves it. */
  readonly lastResort: boolean
}

/** A role that somebody holds, with what it alone lets them do with models, and what of that they did lately. */
export interface SweptRole {
  /** `User:dana` */
  readonly holder: string
  readonly role: string
  /** How it is held: `assignment`, `Group:ops`, or the id of a grant. */
  readonly through: string
  readonly heldSince: number
  readonly models: readonly string[]
  readonly actions: readonly string[]
  readonly usedModels: ReadonlySet<string>
  readonly usedActions: ReadonlySet<string>
}

export type KeyReason = 'dormant' | 'never-used' | 'ownerless' | 'expiring' | 'rotation-due'
export type SweepAct = 'warn' | 'suspend' | 'revoke'

interface Finding {
  /** Of the key or the role. */
  readonly name: string
  readonly owner: string
  readonly act: SweepAct
}
export interface KeyFinding extends Finding {
  readonly reason: KeyReason
  readonly key: string
  /** Days since it was last used, made or given back; for `expiring`, days left. */
  readonly days: number
  /** When its owner was told, if this is the same warning: it is not told again. */
  readonly toldAt?: number
}
export interface RoleFinding extends Finding {
  readonly reason: 'over-privileged'
  readonly act: 'warn'
  readonly through: string
  /** Days of calls that were looked at. */
  readonly days: number
  /** What the role alone gives and was not used in these days. */
  readonly unusedModels: readonly string[]
  readonly unusedActions: readonly string[]
  readonly advice: string
  /** When this was told, if nothing about it has changed since: it is not told again. */
  readonly toldAt?: number
}
export type SweepFinding = KeyFinding | RoleFinding

export interface SweepSettings {
  readonly warnDays: number
  readonly suspendDays: number
  readonly revokeDays: number
  readonly expiringDays: number
  /** Keys older than this are due; undefined: never. */
  readonly rotateDays?: number
  /** Days of calls that are compared with what a role gives; a role that is held for less is not judged. */
  readonly overPrivilegedDays: number
}

export const SWEEP_SETTINGS: SweepSettings = {
  warnDays: 30,
  suspendDays: 60,
  revokeDays: 90,
  expiringDays: 7,
  overPrivilegedDays: 30,
}

export const DAY_MS = 86_400_000

/** The most serious thing about one key, if any. */
export function judgeKey(key: SweptKey, now: number, settings: SweepSettings): KeyFinding | undefined {
  const found = (reason: KeyReason, days: number, act: SweepAct): KeyFinding => ({
    reason,
    key: key.id,
    name: key.name,
    owner: key.owner,
    days,
    act: key.lastResort ? 'warn' : act,
  })
  const usedAt = Math.max(key.lastUsedAt ?? key.createdAt, key.createdAt)
  // Whoever gives a suspended key back means it: its owner has as long to use it as with a new one.
  const quiet = Math.floor((now - (key.state === 'active' ? Math.max(usedAt, key.stateAt) : usedAt)) / DAY_MS)
  const dormant: KeyReason = key.lastUsedAt === undefined ? 'never-used' : 'dormant'
  if (key.state === 'suspended') {
    const suspendedDays = (now - key.stateAt) / DAY_MS
    const grace = settings.revokeDays - settings.suspendDays
    return quiet >= settings.revokeDays && suspendedDays >= grace ? found(dormant, quiet, 'revoke') : undefined
  }
  // Its owner acts no more, or nobody answers for it: an orphan is not waited for.
  if (!key.ownerActive) return found('ownerless', quiet, 'suspend')
  if (quiet >= settings.suspendDays) return found(dormant, quiet, 'suspend')
  if (key.ownerless) return found('ownerless', quiet, 'warn')
  if (quiet >= settings.warnDays) return found(dormant, quiet, 'warn')
  const left = Math.floor((key.expiresAt - now) / DAY_MS)
  if (left >= 0 && left < settings.expiringDays) return found('expiring', left, 'warn')
  const age = Math.floor((now - key.createdAt) / DAY_MS)
  if (settings.rotateDays !== undefined && age >= settings.rotateDays && !key.rotated)
    return found('rotation-due', age, 'warn')
  return undefined
}

/** What lies idle of a role, if anything; roles that alone give nothing on models cannot be judged by calls. */
export function judgeRole(
  held: SweptRole,
  now: number,
  { overPrivilegedDays }: SweepSettings,
): RoleFinding | undefined {
  const { holder, role, through, models, actions, usedModels, usedActions } = held
  if (now - held.heldSince < overPrivilegedDays * DAY_MS) return undefined
  const unusedModels = models.filter((model) => !usedModels.has(model)).sort()
  const unusedActions = actions.filter((action) => !usedActions.has(action)).sort()
  if (unusedModels.length + unusedActions.length === 0) return undefined
  return {
    reason: 'over-privileged',
    name: role,
    owner: holder,
    act: 'warn',
    through,
    days: overPrivilegedDays,
    unusedModels,
    unusedActions,
    advice: adviceOn(held, unusedModels),
  }
}

function adviceOn({ holder, role, through, models }: SweptRole, unused: readonly string[]): string {
  const [model = ''] = unused
  if (unused.length < models.length)
    return model === ''
      ? `Let the rules of ${role} permit only the actions that are used.`
      : `Let the rules of ${role} reach fewer models; what is needed now and then can be asked for:  sallyport request create ${role} --model ${model}`
  const take = through.startsWith('Group:')
    ? `sallyport group drop ${through.slice('Group:'.length)} ${holder}`
    : through === 'assignment'
      ? `sallyport role unassign ${role} ${holder}`
      : `sallyport grant end ${through}`
  return `No model it opens was used. Unless it is needed for something else:  ${take}`
}

/**
 * By what two warnings are the same; undefined for what is no warning. Of a key each reason is told once; that it ends a
 * second time, on its last day.
 */
export const sameness = (finding: SweepFinding): string | undefined => {
  if (finding.reason !== 'over-privileged') {
    const { act, key, reason, days } = finding
    return act === 'warn' ? JSON.stringify([key, reason, reason === 'expiring' && days === 0]) : undefined
  }
  const { owner, name, through, unusedModels, unusedActions } = finding
  return JSON.stringify([owner, name, through, unusedModels, unusedActions])
}
