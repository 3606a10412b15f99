// The composition root: every part is built here, once, by hand, from the configuration. The only room that sees them all.
// It is read top to bottom: ground, rooms, the order in which a change takes hold, sockets.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { firstStart, newAdmin } from '../admin/index.ts'
import { type Config, createLog, type Log, type Source } from '../config/index.ts'
import { Fault, type PrincipalUid } from '../core/index.ts'
import { createUsable } from '../gateway/index.ts'
import { SYSTEM } from '../identity/index.ts'
import { startUnloading } from '../model/index.ts'
import { type BundleSources, loadBundle, watchFolder } from '../policy/index.ts'
import type { Closers } from './closers.ts'
import { openGround } from './ground.ts'
import { unknownNames } from './named.ts'
import { openRooms } from './rooms.ts'
import { SHIPPED } from './shipped.ts'
import { openSockets } from './sockets.ts'

/** Milliseconds after a change until models that nobody may use any more are looked for, and between looks without one. */
const UNLOAD_AFTER_MS = 500
const UNLOAD_EVERY_MS = 30_000

export interface App {
  readonly url: string
  readonly adminUrl: string
  /** A model that a first call can be made to. */
  readonly model: string | undefined
  /** Model servers that list nothing yet, and why. */
  readonly down: readonly { readonly name: string; readonly why: string }[]
  /** Of the administrator made by this start: on the very first one, or when asked for. It is nowhere else ever. */
  readonly adminKey: string | undefined
  close(): Promise<void>
}

export interface StartOptions {
  /** Makes a new user of this name who administers: for an installation to which nobody has a key any more. */
  readonly newAdmin?: string
}

const unexpected = (log: Log) => (error: unknown) => log.error('unexpected', error)

/** Starts the gateway. Resolves when it answers; rejects, with nothing left running, when it may not or cannot. */
export async function start(
  config: Config,
  sources?: ReadonlyMap<string, Source>,
  options: StartOptions = {},
): Promise<App> {
  const closers: Closers = []
  const log = createLog(config.log.level)
  const report = unexpected(log)
  const close = async () => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer().catch(report)
  }
  try {
    return { ...(await open(config, sources, options, log, closers)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function open(
  config: Config,
  sources: ReadonlyMap<string, Source> | undefined,
  options: StartOptions,
  log: Log,
  closers: Closers,
): Promise<Omit<App, 'close'>> {
  const report = unexpected(log)
  const ground = await openGround({
    config,
    report,
    log,
    closers,
    modelOf: (name) => rooms.registry.resolve(name),
    openCalls: () => rooms.access.leases.size,
  })
  const rooms = await openRooms(config, ground, report, closers)
  const { clock, feed } = ground
  const { identity, clockContext, rulebook, world, registry, nodes, jit, facts, access, limits } = rooms
  const { policy, versions } = rulebook
  // The order in which a change takes hold on this node: facts first, what rests on them last.
  feed.subscribe(jit.onChange)
  feed.subscribe(versions.follow)
  feed.subscribe(async (changes) => {
    if (changes.some(({ kind }) => kind === 'model')) await registry.reload()
  })
  feed.enforce(access.onChange)
  await feed.start()
  ground.standsInList()
  nodes.start()
  closers.push(() => nodes.stop())
  await identity.start()
  closers.push(() => identity.stop())
  await jit.start()
  closers.push(() => jit.stop())
  await versions.start(() => loadBundle(config.policies), SYSTEM)
  if (config.watchPolicies) {
    const apply = async (sources: BundleSources) => {
      const { version, seq } = await versions.apply(sources, { reason: 'the folder changed', by: SYSTEM })
      if (seq > 0) log.info('rules of the folder are in force', { version })
    }
    // In development alone: what is wrong with a rule, and where, is what its author waits for.
    const refused = (error: unknown) => {
      const fault = Fault.from(error)
      if (fault.code !== 'policy_invalid') return report(error)
      log.warn('rules of the folder are refused, the last good ones serve', { detail: fault.publicMessage })
    }
    const folder = watchFolder(config.policies, apply, refused)
    closers.push(async () => folder.close())
  }
  await registry.start()
  closers.push(() => registry.stop())
  if (config.unloadIdle) {
    const unloading = startUnloading({
      models: () => registry.all(),
      mayAnybody: createUsable({
        facts,
        grants: jit.grants,
        policy,
        clockContext,
        now: clock.now,
        principals: () => world().principals as PrincipalUid[],
      }),
      afterMs: UNLOAD_AFTER_MS,
      everyMs: UNLOAD_EVERY_MS,
      report,
    })
    feed.subscribe(async () => unloading.changed())
    closers.push(() => unloading.stop())
  }
  await access.start()
  closers.push(() => access.stop())
  await limits.start()
  closers.push(() => limits.stop())
  const urls = await openSockets({ config, sources, ground, rooms, report, closers })
  // Last: a key that was made by a start which then failed, at a busy port for instance, would never have been shown.
  const roles = parse(readFileSync(join(SHIPPED, 'policies/roles.yaml'), 'utf8')) as Record<string, string>
  const name = options.newAdmin
  const firstKey = await firstStart(identity, roles, name)
  const adminKey = firstKey ?? (name === undefined ? undefined : await newAdmin(identity, name))
  const unknown = await unknownNames(config, identity.read).catch((error: unknown) => {
    report(error) // the key that was just made must be shown all the same
    return []
  })
  for (const { setting, name } of unknown)
    log.warn('a setting names what the directory does not know: it has no effect until that is there', {
      setting,
      name,
    })
  const down = registry
    .upstreams()
    .filter(({ reachable }) => !reachable)
    .map(({ name, why = '' }) => ({ name, why }))
  return { ...urls, model: registry.all().find(({ quarantined }) => !quarantined)?.name, down, adminKey }
}
