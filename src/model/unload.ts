// Models that nobody may use now do not stay in memory (`unloadIdle`), and are there again when somebody may: after every
// change of rights, and now and then because rights also begin and end with time. It saves memory and closes nothing: whether
// a call is allowed is decided with the call.
import { Fault } from '../core/index.ts'
import type { Driver } from './driver.ts'
import { type Model, nameAtServer } from './registry.ts'

export interface UnloadDeps {
  readonly models: () => readonly Model[]
  /** Whether anybody may use a model by this name now. */
  readonly mayAnybody: (name: string) => Promise<boolean>
  /** Milliseconds after a change until rights are looked at, and between two looks without one. */
  readonly afterMs: number
  readonly everyMs: number
  readonly report: (error: unknown) => void
}

export interface Unloading {
  /** Rights may have changed. */
  changed(): void
  stop(): Promise<void>
}

/** Milliseconds a server may take to say what is in memory. */
const ASK_MS = 5000
/** Milliseconds a server may take to load a model. */
const LOAD_MS = 600_000

export function startUnloading({ models, mayAnybody, afterMs, everyMs, report }: UnloadDeps): Unloading {
  /** What was unloaded here, by driver and the name its server lists: only that is loaded again unasked. */
  const unloaded = new Map<Driver, Set<string>>()
  const stopping = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined
  let again = false

  const look = async () => {
    const groups = new Map<Driver, Map<string, Model[]>>()
    for (const model of models()) {
      if (!model.driver.capabilities.manage.has('unload')) continue
      const byName = groups.get(model.driver) ?? new Map<string, Model[]>()
      groups.set(model.driver, byName)
      const name = nameAtServer(model)
      byName.set(name, [...(byName.get(name) ?? []), model])
    }
    // One server that is away or hangs, one model that cannot be loaded, keeps no other waiting for good.
    await Promise.all([...groups].map(([driver, byName]) => lookAt(driver, byName).catch(passOver)))
  }

  const lookAt = async (driver: Driver, byName: ReadonlyMap<string, readonly Model[]>) => {
    const soon = AbortSignal.any([stopping.signal, AbortSignal.timeout(ASK_MS)])
    const running = new Set((await driver.running(soon)).map(({ name }) => name))
    const ours = unloaded.get(driver) ?? new Set<string>()
    unloaded.set(driver, ours)
    for (const [name, group] of byName) {
      if (stopping.signal.aborted) return
      // An alias is a model of its own for rules; the weights are needed if any of the names is.
      const wanted = await anyOf(group)
      if (wanted === running.has(name)) {
        if (wanted) ours.delete(name)
        continue
      }
      if (wanted && !ours.has(name)) continue // never loaded so far: its first call does
      const done = await act(driver, wanted ? 'load' : 'unload', name).then(() => true, passOver)
      if (!done) continue
      if (wanted) ours.delete(name)
      else ours.add(name)
    }
  }
  const anyOf = async (group: readonly Model[]): Promise<boolean> => {
    for (const { name, quarantined } of group) if (!quarantined && (await mayAnybody(name))) return true
    return false
  }
  const act = async (driver: Driver, action: 'load' | 'unload', model: string) => {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(LOAD_MS)])
    for await (const _ of await driver.manage({ action, model, stream: false, options: {} }, signal));
  }

  /** A model that answers a call just now, or a server that is away: the next look tries again. */
  const passOver = (error: unknown): undefined => {
    if (!stopping.signal.aborted && (!(error instanceof Fault) || error.code === 'internal')) report(error)
  }

  const next = (ms: number) => {
    clearTimeout(timer)
    timer = setTimeout(turn, ms)
    timer.unref()
  }
  const turn = () => {
    again = false
    looking = look()
      .catch(passOver)
      .finally(() => {
        looking = undefined
        if (!stopping.signal.aborted) next(again ? afterMs : everyMs)
      })
  }
  next(afterMs)

  return {
    changed() {
      again = true
      if (!looking && !stopping.signal.aborted) next(afterMs)
    },
    async stop() {
      stopping.abort(new Fault('shutting_down'))
      clearTimeout(timer)
      await looking
    },
  }
}
