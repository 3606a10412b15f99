// Looking through all credentials and roles for what lies about: keys that are dormant, never used, without an owner, about
// to end, due to be rotated; roles that give more than is used. A key is warned about, then suspended, then revoked, one
// step at a sweep: nothing is revoked that was not suspended first, so its owner has felt it. A role is only warned about,
// with what of it lies idle and what to do: calls do not show what else it is needed for, such as approving.

import type { Clock, NewEvent, NewId } from '../core/index.ts'
import { counted } from '../core/index.ts'
import type { MakeChange, Store } from '../store/index.ts'
import { beginSweep, finishSweep, selectSweeps } from './sweep-queries.ts'
import { createUpkeep } from './upkeep.ts'

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
  /** Days since it was last used, or made; for `expiring`, days left. */
  readonly days: number
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
}
export type SweepFinding = KeyFinding | RoleFinding

export interface SweepView {
  readonly id: string
  readonly day: string | undefined
  readonly node: string
  readonly startedAt: number
  readonly endedAt: number | undefined
  readonly findings: readonly SweepFinding[]
}

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

export interface Sweeps {
  /** What a sweep would do now. */
  plan(): Promise<SweepFinding[]>
  /** Does it, and records each act and the sweep. */
  run(by: string): Promise<SweepView>
  list(limit: number): Promise<SweepView[]>
  /** Once a day, on one node. */
  start(): void
  stop(): Promise<void>
}

export interface SweepDeps {
  store: Store
  change: MakeChange
  clock: Clock
  newId: NewId
  node: string
  settings: SweepSettings
  keys: () => AsyncIterable<SweptKey>
  /** Roles held now, with their use since then, milliseconds since 1970. */
  roles: (since: number) => AsyncIterable<SweptRole>
  suspendKey: (id: string, reason: string) => Promise<unknown>
  revokeKey: (id: string, reason: string) => Promise<unknown>
  report: (error: unknown) => void
}

const DAY_MS = 86_400_000
const LOOK_MS = 60_000

/** The most serious thing about one key, if any. */
export function judgeKey(key: SweptKey, now: number, settings: SweepSettings): KeyFinding | undefined {
  const found = (reason: KeyReason, days: number, act: SweepAct): KeyFinding => ({
    reason,
    key: key.id,
    name: key.name,
    owner: key.owner,
    days,
    act,
  })
  const quiet = Math.floor((now - Math.max(key.lastUsedAt ?? key.createdAt, key.createdAt)) / DAY_MS)
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

export function createSweeps(deps: SweepDeps): Sweeps {
  const { store, change, clock, settings } = deps

  const plan = async (): Promise<SweepFinding[]> => {
    const findings: SweepFinding[] = []
    for await (const key of deps.keys()) {
      const finding = judgeKey(key, clock.now(), settings)
      if (finding) findings.push(finding)
    }
    for await (const role of deps.roles(clock.now() - settings.overPrivilegedDays * DAY_MS)) {
      const finding = judgeRole(role, clock.now(), settings)
      if (finding) findings.push(finding)
    }
    return findings
  }

  const record = (event: NewEvent) => change(async () => ({ value: undefined, feed: [], events: [event] }))

  const act = async (finding: SweepFinding, by: string): Promise<void> => {
    const { owner, reason, days } = finding
    const why = `sweep: ${reason}, ${counted(days, 'day')}`
    if (finding.reason === 'over-privileged') {
      const { name, through, unusedModels, unusedActions } = finding
      const data = { owner, through, unusedModels: [...unusedModels], unusedActions: [...unusedActions] }
      await record({ kind: 'role.warned', principal: by, subject: `role/${name}`, reason: why, data })
    } else if (finding.act === 'suspend') await deps.suspendKey(finding.key, why)
    else if (finding.act === 'revoke') await deps.revokeKey(finding.key, why)
    else
      await record({ kind: 'key.warned', principal: by, subject: `key/${finding.key}`, reason: why, data: { owner } })
  }

  const sweep = async (by: string, day: string | null): Promise<SweepView | undefined> => {
    const id = deps.newId('sweep')
    const startedAt = clock.now()
    const row = { id, day, node: deps.node, started_at: startedAt, ended_at: null, findings: '[]' }
    if (!(await store.transaction((trx) => beginSweep(trx, row)))) return undefined
    const done: SweepFinding[] = []
    for (const finding of await plan()) {
      try {
        await act(finding, by)
        done.push(finding)
      } catch (error) {
        deps.report(error) // somebody else changed this key meanwhile; the others must still be swept
      }
    }
    const count = (what: SweepAct) => done.filter((finding) => finding.act === what).length
    const data = { warned: count('warn'), suspended: count('suspend'), revoked: count('revoke') }
    const endedAt = clock.now()
    await change(async (trx) => {
      await finishSweep(trx, id, endedAt, JSON.stringify(done))
      return {
        value: undefined,
        feed: [],
        events: [{ kind: 'sweep.finished', principal: by, subject: `sweep/${id}`, data }],
      }
    })
    return { id, day: day ?? undefined, node: deps.node, startedAt, endedAt, findings: done }
  }

  let swept = ''
  const daily = async (): Promise<void> => {
    const day = new Date(clock.now()).toISOString().slice(0, 10)
    if (day === swept) return
    await sweep('System::"sweep"', day)
    swept = day
  }
  const upkeep = createUpkeep(LOOK_MS, daily, deps.report)

  return {
    plan,
    async run(by) {
      const view = await sweep(by, null)
      if (!view) throw new Error('a sweep that was asked for has no day and cannot be taken')
      return view
    },
    list: async (limit) =>
      (await selectSweeps(store.db, limit)).map((row) => ({
        id: row.id,
        day: row.day ?? undefined,
        node: row.node,
        startedAt: row.started_at,
        endedAt: row.ended_at ?? undefined,
        findings: JSON.parse(row.findings) as SweepFinding[],
      })),
    start: upkeep.start,
    stop: upkeep.stop,
  }
}
