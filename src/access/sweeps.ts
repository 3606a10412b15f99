// Looking through all credentials and roles for what lies about, by one node once a day or when somebody asks, and doing
// what sweep-findings.ts says about each. Every act is an event, and so is the sweep. What is done is done at once: a key
// that is used while the sweep goes on is not judged by what was known of it long before.

import type { Clock, NewEvent, NewId } from '../core/index.ts'
import { counted } from '../core/index.ts'
import type { MakeChange, Store } from '../store/index.ts'
import {
  DAY_MS,
  judgeKey,
  judgeRole,
  type SweepAct,
  type SweepFinding,
  type SweepSettings,
  type SweptKey,
  type SweptRole,
  sameness,
} from './sweep-findings.ts'
import { beginSweep, dropSweep, finishSweep, selectLastFinished, selectSweeps } from './sweep-queries.ts'
import { createUpkeep } from './upkeep.ts'

export interface SweepView {
  readonly id: string
  readonly day: string | undefined
  readonly node: string
  readonly startedAt: number
  readonly endedAt: number | undefined
  readonly findings: readonly SweepFinding[]
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

const LOOK_MS = 60_000
/** A sweep that has not ended for so long ended with its node. */
const ABANDONED_MS = 3_600_000

export function createSweeps(deps: SweepDeps): Sweeps {
  const { store, change, clock, settings } = deps

  async function* look(): AsyncGenerator<SweepFinding> {
    const told = await readTold()
    const mark = (finding: SweepFinding): SweepFinding => {
      const toldAt = told.get(sameness(finding) ?? '')
      return toldAt === undefined ? finding : { ...finding, toldAt }
    }
    for await (const key of deps.keys()) {
      const finding = judgeKey(key, clock.now(), settings)
      if (finding) yield mark(finding)
    }
    for await (const role of deps.roles(clock.now() - settings.overPrivilegedDays * DAY_MS)) {
      const finding = judgeRole(role, clock.now(), settings)
      if (finding) yield mark(finding)
    }
  }

  /** What the last sweep found, and when that was first told. */
  const readTold = async (): Promise<Map<string, number>> => {
    const last = await selectLastFinished(store.db)
    const told = new Map<string, number>()
    for (const finding of JSON.parse(last?.findings ?? '[]') as SweepFinding[]) {
      const same = sameness(finding)
      if (last && same !== undefined) told.set(same, finding.toldAt ?? last.started_at)
    }
    return told
  }

  const record = (event: NewEvent) => change(async () => ({ value: undefined, feed: [], events: [event] }))

  const act = async (finding: SweepFinding, by: string, scheduled: boolean): Promise<void> => {
    const { owner, reason, days, toldAt } = finding
    if (toldAt !== undefined) return
    // The key is suspended by the system, whoever asked for the sweep: that is said here.
    const why = `${scheduled ? 'sweep' : `sweep asked for by ${by}`}: ${reason}, ${counted(days, 'day')}`
    if (finding.reason === 'over-privileged') {
      const { name, through, unusedModels, unusedActions } = finding
      const data = { owner, through, unusedModels: [...unusedModels], unusedActions: [...unusedActions] }
      await record({ kind: 'role.warned', principal: by, subject: `role/${name}`, reason: why, data })
    } else if (finding.act === 'suspend') await deps.suspendKey(finding.key, why)
    else if (finding.act === 'revoke') await deps.revokeKey(finding.key, why)
    else
      await record({ kind: 'key.warned', principal: by, subject: `key/${finding.key}`, reason: why, data: { owner } })
  }

  const doAll = async (by: string, scheduled: boolean): Promise<SweepFinding[]> => {
    const done: SweepFinding[] = []
    for await (const finding of look()) {
      try {
        await act(finding, by, scheduled)
        done.push(finding)
      } catch (error) {
        deps.report(error) // somebody else changed this key meanwhile; the others must still be swept
      }
    }
    return done
  }

  const sweep = async (by: string, day: string | null): Promise<SweepView | undefined> => {
    const id = deps.newId('sweep')
    const startedAt = clock.now()
    const row = { id, day, node: deps.node, started_at: startedAt, ended_at: null, findings: '[]' }
    if (!(await store.transaction((trx) => beginSweep(trx, row, startedAt - ABANDONED_MS)))) return undefined
    try {
      const done = await doAll(by, day !== null)
      const isNew = ({ toldAt }: SweepFinding) => toldAt === undefined
      const count = (what: SweepAct) => done.filter((finding) => finding.act === what && isNew(finding)).length
      const data = {
        warned: count('warn'),
        suspended: count('suspend'),
        revoked: count('revoke'),
        unchanged: done.filter((finding) => !isNew(finding)).length,
      }
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
    } catch (error) {
      // The day is still to be swept, by whoever looks next; what was done has its events.
      await store.transaction((trx) => dropSweep(trx, id))
      throw error
    }
  }

  let swept = ''
  const daily = async (): Promise<void> => {
    const day = new Date(clock.now()).toISOString().slice(0, 10)
    if (day === swept) return
    await sweep('System::"sweep"', day)
    swept = day
  }
  const upkeep = createUpkeep(LOOK_MS, daily, deps.report, clock)

  return {
    async plan() {
      const findings: SweepFinding[] = []
      for await (const finding of look()) findings.push(finding)
      return findings
    },
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
