// Looking through all credentials for what lies about: dormant, never used, without an owner, about to end, due to be
// rotated. A key is warned about, then suspended, then revoked, one step at a sweep: nothing is revoked that was not
// suspended first, so its owner has felt it.
import type { Clock, NewEvent, NewId } from '../core/index.ts'
import type { MakeChange, Store } from '../store/index.ts'
import { beginSweep, finishSweep, selectSweeps } from './sweep-queries.ts'

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

export type SweepReason = 'dormant' | 'never-used' | 'ownerless' | 'expiring' | 'rotation-due'
export type SweepAct = 'warn' | 'suspend' | 'revoke'

export interface SweepFinding {
  readonly reason: SweepReason
  readonly key: string
  readonly name: string
  readonly owner: string
  /** Days since it was last used, or made; for `expiring`, days left. */
  readonly days: number
  readonly act: SweepAct
}

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
}

export const SWEEP_SETTINGS: SweepSettings = { warnDays: 30, suspendDays: 60, revokeDays: 90, expiringDays: 7 }

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
  suspendKey: (id: string, reason: string) => Promise<unknown>
  revokeKey: (id: string, reason: string) => Promise<unknown>
  report: (error: unknown) => void
}

const DAY_MS = 86_400_000
const LOOK_MS = 60_000

/** The most serious thing about one key, if any. */
export function judgeKey(key: SweptKey, now: number, settings: SweepSettings): SweepFinding | undefined {
  const found = (reason: SweepReason, days: number, act: SweepAct): SweepFinding => ({
    reason,
    key: key.id,
    name: key.name,
    owner: key.owner,
    days,
    act,
  })
  const quiet = Math.floor((now - Math.max(key.lastUsedAt ?? key.createdAt, key.createdAt)) / DAY_MS)
  const dormant: SweepReason = key.lastUsedAt === undefined ? 'never-used' : 'dormant'
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

export function createSweeps(deps: SweepDeps): Sweeps {
  const { store, change, clock, settings } = deps
  let timer: NodeJS.Timeout | undefined
  let running: Promise<unknown> = Promise.resolve()
  let busy = false

  const plan = async (): Promise<SweepFinding[]> => {
    const findings: SweepFinding[] = []
    for await (const key of deps.keys()) {
      const finding = judgeKey(key, clock.now(), settings)
      if (finding) findings.push(finding)
    }
    return findings
  }

  const act = async ({ act, key, reason, days, owner }: SweepFinding, by: string): Promise<void> => {
    const why = `sweep: ${reason}, ${days} days`
    if (act === 'suspend') await deps.suspendKey(key, why)
    else if (act === 'revoke') await deps.revokeKey(key, why)
    else {
      const event: NewEvent = { kind: 'key.warned', principal: by, subject: `key/${key}`, reason: why, data: { owner } }
      await change(async () => ({ value: undefined, feed: [], events: [event] }))
    }
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
    start() {
      let swept = ''
      timer = setInterval(() => {
        const day = new Date(clock.now()).toISOString().slice(0, 10)
        if (busy || day === swept) return
        busy = true
        running = sweep('System::"sweep"', day)
          .then(() => {
            swept = day
          })
          .catch(deps.report)
          .finally(() => {
            busy = false
          })
      }, LOOK_MS)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}
