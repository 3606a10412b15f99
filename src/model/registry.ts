// Models as the gateway knows them: one resolver for every way a name can come in, the facts that rules read, and the watch
// over digests. A name that suddenly stands for something else is quarantined until somebody accepts it.
import {
  type Clock,
  type EntityUid,
  Fault,
  type ModelRequest,
  type NewEvent,
  type Reply,
  uidText,
} from '../core/index.ts'
import type { MakeChange, Store } from '../store/index.ts'
import {
  buildCatalogue,
  type CatalogueEntry,
  type DeclaredModel,
  type Hosting,
  normalDigest,
  withTag,
} from './catalogue.ts'
import type { Driver, ListedModel, SendOptions } from './driver.ts'
import { acceptPin, type Identity, insertPin, notePin, type Pin, readPins } from './queries.ts'

export interface RegisteredUpstream {
  readonly name: string
  readonly hosting: Hosting
  readonly driver: Driver
}

export interface Model extends Omit<CatalogueEntry, 'kind'> {
  readonly uid: EntityUid
  readonly driver: Driver
  readonly digest: string | undefined
  readonly quarantined: boolean
  /** What was accepted under this name, where something else stands there now. */
  readonly accepted: Identity | undefined
  /** Attributes and groups as rules read them. */
  readonly facts: ModelFacts
  /**
   * Sends a call under the upstream's own name. After an outage the upstream is looked at first: it may have come back
   * with something else.
   */
  send(request: ModelRequest, options: SendOptions): Promise<Reply>
}

/** As its server lists it: Ollama adds the tag that a setting may leave out. */
export const nameAtServer = ({ listed, upstreamName }: Pick<Model, 'listed' | 'upstreamName'>): string =>
  listed?.name ?? upstreamName

export interface ModelFacts {
  readonly attrs: Readonly<Record<string, string | number | boolean | readonly string[]>>
  /** `ModelGroup::"…"` */
  readonly ancestors: ReadonlySet<string>
  /** Of an alias. */
  readonly standsFor?: EntityUid
}

export interface UpstreamState {
  readonly name: string
  readonly kind: Driver['kind']
  readonly hosting: Hosting
  readonly reachable: boolean
  /** Models it lists; undefined until it has answered once. */
  readonly models: number | undefined
  /** Code of the last failure to list its models, and what there is to say of it. */
  readonly fault: string | undefined
  readonly why: string | undefined
}

export interface Registry {
  resolve(name: string): Model | undefined
  /** By name. */
  all(): readonly Model[]
  upstreams(): readonly UpstreamState[]
  upstream(name: string): RegisteredUpstream | undefined
  /** Asks every upstream (or one) what it has now, pins new names and quarantines changed ones. */
  refresh(upstream?: string): Promise<void>
  /**
   * Accepts what a quarantined name stands for now, if that is still `digest`.
   * @throws Fault `model_not_found`, `not_possible`
   */
  accept(name: string, digest: string | undefined, by: { principal: string; reason: string }): Promise<void>
  /** Reads the pins again; called for every change of kind `model` in the feed. */
  reload(): Promise<void>
  /** Looks at every upstream now and then: a model that was changed at its server is noticed within `watchIntervalMs`. */
  start(): Promise<void>
  stop(): Promise<void>
}

export interface RegistryDeps {
  readonly store: Store
  readonly change: MakeChange
  readonly clock: Clock
  /** In order of preference. */
  readonly upstreams: readonly RegisteredUpstream[]
  readonly declared: readonly DeclaredModel[]
  /** Milliseconds an upstream may take to list its models. */
  readonly listTimeoutMs: number
  readonly watchIntervalMs: number
  readonly report: (error: unknown) => void
}

interface Watched extends RegisteredUpstream {
  models: readonly ListedModel[] | undefined
  verified: boolean
  fault: Fault | undefined
  /** A look that is under way; whoever else wants one waits for it. */
  looking: Promise<void> | undefined
}

export async function createRegistry(deps: RegistryDeps): Promise<Registry> {
  const watched = new Map<string, Watched>(
    deps.upstreams.map((one) => [
      one.name,
      { ...one, models: undefined, verified: false, fault: undefined, looking: undefined },
    ]),
  )
  let pins = new Map<string, Pin>()
  let models = new Map<string, Model>()

  const build = () => {
    const listings = [...watched.values()].map((one) => ({ ...one, kind: one.driver.kind }))
    const built = new Map<string, Model>()
    for (const entry of buildCatalogue(listings, deps.declared).values()) {
      const upstream = watched.get(entry.upstream)
      if (upstream) built.set(entry.name, toModel(entry, upstream, pins.get(entry.aliasOf ?? entry.name), send))
    }
    models = built
  }

  const reload = async () => {
    pins = new Map((await readPins(deps.store.db)).map((pin) => [pin.name, pin]))
    build()
  }

  const send = async (name: string, request: ModelRequest, options: SendOptions): Promise<Reply> => {
    const before = models.get(name)
    const upstream = before && watched.get(before.upstream)
    if (!upstream) throw new Fault('model_not_found')
    if (!upstream.verified) await look(upstream)
    const model = models.get(name)
    if (!model || model.quarantined || model.upstream !== before.upstream)
      throw new Fault('access_denied', { detail: 'The model has changed under its name and has not been accepted.' })
    try {
      return await upstream.driver.send({ ...request, model: model.upstreamName }, options)
    } catch (error) {
      if (error instanceof Fault && error.code === 'upstream_unavailable') upstream.verified = false
      throw error
    }
  }

  /** @throws Fault of the upstream */
  const look = (upstream: Watched): Promise<void> => {
    upstream.looking ??= lookNow(upstream).finally(() => {
      upstream.looking = undefined
    })
    return upstream.looking
  }

  const lookNow = async (upstream: Watched): Promise<void> => {
    const late = AbortSignal.timeout(deps.listTimeoutMs)
    try {
      upstream.models = await upstream.driver.list(late)
      upstream.fault = undefined
    } catch (error) {
      const fault = late.aborted ? new Fault('upstream_timeout') : Fault.from(error)
      upstream.verified = false
      upstream.fault = fault
      throw fault
    }
    build()
    await watch(upstream.name)
    upstream.verified = true
  }

  /** Compares what an upstream has now with what was accepted, and writes down every difference. */
  const watch = async (upstream: string): Promise<void> => {
    const now = [...models.values()].filter((model) => model.aliasOf === undefined && model.upstream === upstream)
    const news = now.filter((model) => model.listed && differs(pins.get(model.name), identityOf(model)))
    if (news.length === 0) return
    await deps.change(async (trx) => {
      const fresh = new Map((await readPins(trx)).map((pin) => [pin.name, pin]))
      const events: NewEvent[] = []
      for (const model of news) {
        const event = await compare(trx, model, fresh.get(model.name), deps.clock.now())
        if (event) events.push(event)
        if (event?.kind === 'model.changed') events.push(alertOf(event))
      }
      const feed = events.length > 0 ? news.map((model) => ({ kind: 'model', key: model.name })) : []
      return { value: undefined, feed, events }
    })
    await reload()
  }

  // An upstream that is away keeps its last list: its models answer 502, and are looked at again before their next use.
  const refresh = async (chosen: readonly Watched[]): Promise<void> => {
    await Promise.all(chosen.map((upstream) => look(upstream).catch(onlyFaults)))
  }

  let timer: NodeJS.Timeout | undefined
  let turn: Promise<void> = Promise.resolve()
  const next = () => {
    timer = setTimeout(() => {
      turn = refresh([...watched.values()])
        .catch(deps.report)
        .finally(() => {
          if (timer) next()
        })
    }, deps.watchIntervalMs)
    timer.unref()
  }

  await reload()
  return {
    async start() {
      await refresh([...watched.values()])
      next()
    },
    async stop() {
      clearTimeout(timer)
      timer = undefined
      await turn
    },
    resolve: (name) => models.get(name) ?? taggedOllama(models.get(withTag(name))),
    all: () => [...models.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    upstreams: () =>
      [...watched.values()].map(({ name, driver, hosting, verified, models: listed, fault }) => ({
        name,
        kind: driver.kind,
        hosting,
        reachable: verified,
        models: listed?.length,
        fault: fault?.code,
        why: fault?.detail ?? fault?.title,
      })),
    upstream: (name) => watched.get(name),
    async refresh(only) {
      await refresh([...watched.values()].filter((one) => only === undefined || one.name === only))
    },
    async accept(name, digest, by) {
      const model = models.get(name)
      if (!model) throw new Fault('model_not_found')
      if (model.aliasOf !== undefined)
        throw new Fault('not_possible', { detail: `"${name}" is an alias; accept "${model.aliasOf}".` })
      const pinned = deps.declared.find((one) => one.name === name)?.digest
      if (pinned !== undefined)
        throw new Fault('not_possible', { detail: `The settings pin "${name}" to ${pinned}; change it there.` })
      const seen = pins.get(name)?.seen
      if (!seen) throw new Fault('not_possible', { detail: `"${name}" is not quarantined.` })
      if (seen.digest !== (digest === undefined ? undefined : normalDigest(digest)))
        throw new Fault('not_possible', { detail: 'That is not what stands under this name now.' })
      await deps.change(async (trx) => {
        if (!(await acceptPin(trx, name, seen, deps.clock.now(), by.principal)))
          throw new Fault('not_possible', { detail: 'It has changed again; look at it first.' })
        const data = { upstream: seen.upstream, upstreamName: seen.upstreamName, digest: seen.digest ?? null }
        return {
          value: undefined,
          feed: [{ kind: 'model', key: name }],
          events: [
            { kind: 'model.accepted', subject: `model/${name}`, principal: by.principal, reason: by.reason, data },
          ],
        }
      })
      await reload()
    },
    reload,
  }
}

const taggedOllama = (model: Model | undefined): Model | undefined =>
  model?.driver.kind === 'ollama' ? model : undefined

const onlyFaults = (error: unknown): void => {
  if (!(error instanceof Fault) || error.code === 'internal') throw error
}

const identityOf = (model: Model): Identity => ({
  upstream: model.upstream,
  upstreamName: model.upstreamName,
  digest: model.digest,
})

const same = (a: Identity, b: Identity): boolean =>
  a.upstream === b.upstream && a.upstreamName === b.upstreamName && a.digest === b.digest

/** Whether the pin says something else than what is there. */
const differs = (pin: Pin | undefined, now: Identity): boolean => !pin || !same(pin.seen ?? pin.accepted, now)

async function compare(
  trx: Parameters<typeof insertPin>[0],
  model: Model,
  pin: Pin | undefined,
  at: number,
): Promise<NewEvent | undefined> {
  const now = identityOf(model)
  const subject = `model/${model.name}`
  const shown = { upstream: now.upstream, upstreamName: now.upstreamName, digest: now.digest ?? null }
  // Of a name that is new here the settings may say what it stands for; else it is what is there.
  const accepted = pin?.accepted ?? (model.pinnedDigest === undefined ? now : { ...now, digest: model.pinnedDigest })
  if (pin && !differs(pin, now)) return undefined
  if (!pin && !(await insertPin(trx, model.name, accepted, at))) return undefined
  const back = same(accepted, now)
  if (!pin && back) return { kind: 'model.pinned', subject, data: shown }
  await notePin(trx, model.name, back ? undefined : now, at)
  return {
    kind: back ? 'model.restored' : 'model.changed',
    subject,
    data: { ...shown, accepted: { ...accepted, digest: accepted.digest ?? null } },
  }
}

/** A changed model answers nobody until somebody looks at it, so somebody must be told. */
const alertOf = ({ subject, data }: NewEvent): NewEvent => ({
  kind: 'alert.raised',
  principal: 'System::"models"',
  ...(subject === undefined ? {} : { subject }),
  reason: 'model changed',
  ...(data === undefined ? {} : { data }),
})

function toModel(
  entry: CatalogueEntry,
  upstream: RegisteredUpstream,
  pin: Pin | undefined,
  send: (name: string, request: ModelRequest, options: SendOptions) => Promise<Reply>,
): Model {
  const { kind: _kind, ...shown } = entry
  const { pinnedDigest } = entry
  const digest = entry.listed?.digest === undefined ? undefined : normalDigest(entry.listed.digest)
  const now: Identity = { upstream: entry.upstream, upstreamName: entry.upstreamName, digest }
  const quarantined =
    pinnedDigest !== undefined
      ? digest !== pinnedDigest
      : pin !== undefined && (pin.seen !== undefined || (entry.listed !== undefined && !same(pin.accepted, now)))
  return {
    ...shown,
    uid: { type: 'Model', id: entry.name },
    driver: upstream.driver,
    digest,
    quarantined,
    accepted: quarantined ? pin?.accepted : undefined,
    facts: factsOf(entry, digest, quarantined, upstream.driver),
    send: (request, options) => send(entry.name, request, options),
  }
}

function factsOf(entry: CatalogueEntry, digest: string | undefined, quarantined: boolean, driver: Driver): ModelFacts {
  const parameters = parameterCount(entry.listed?.parameterSize)
  return {
    attrs: {
      upstream: entry.upstream,
      hosting: entry.hosting,
      quarantined,
      isolated: driver.capabilities.enforced.sessions !== 'nothing',
      ...(digest === undefined ? {} : { digest }),
      ...(entry.listed?.family === undefined ? {} : { family: entry.listed.family }),
      ...(parameters === undefined ? {} : { parameters }),
      ...(entry.listed?.contextTokens === undefined ? {} : { contextTokens: entry.listed.contextTokens }),
    },
    ancestors: new Set(entry.groups.map((group) => uidText({ type: 'ModelGroup', id: group }))),
    ...(entry.aliasOf === undefined ? {} : { standsFor: { type: 'Model', id: entry.aliasOf } }),
  }
}

const SCALE: Record<string, number> = { K: 1e3, M: 1e6, B: 1e9, T: 1e12 }

/** `3.2B` → 3200000000 */
function parameterCount(size: string | undefined): number | undefined {
  const match = /^([0-9]{1,6}(?:\.[0-9]{1,4})?)([KMBT])$/.exec(size?.toUpperCase() ?? '')
  return match ? Math.round(Number(match[1]) * (SCALE[match[2] as string] as number)) : undefined
}
