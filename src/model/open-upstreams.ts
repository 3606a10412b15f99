// Upstreams from their settings: a driver each, over HTTP, in a thread of this process or in a child process. Their own keys
// are read here and go nowhere else.
import { readFileSync } from 'node:fs'
import { hostingOf, type UpstreamConfig } from '../config/index.ts'
import { Fault } from '../core/index.ts'
import { createDriver, type HttpKind } from './create-driver.ts'
import type { Driver } from './driver.ts'
import { createEmbeddedEngine, EMBEDDED } from './embedded/index.ts'
import { createGgufEngine, GGUF } from './gguf/engine.ts'
import { createInsideDriver } from './inside.ts'
import type { RegisteredUpstream } from './registry.ts'

/** The model that travels with the product. */
export interface DemoModel {
  readonly name: string
  readonly file: string
}

export interface OpenDeps {
  readonly demo: DemoModel
  /** Where `model engine install` puts the engine of GGUF files. */
  readonly engineFolder: string
  readonly report: (error: unknown) => void
}

/** Declared upstreams, or the shipped demo model where there are none. */
export async function openUpstreams(
  declared: readonly UpstreamConfig[],
  deps: OpenDeps,
): Promise<RegisteredUpstream[]> {
  if (declared.length === 0) return [await embedded('embedded', deps.demo.name, deps.demo.file)]
  return Promise.all(declared.map((upstream) => open(upstream, upstream.kind, deps)))
}

async function open(
  upstream: UpstreamConfig,
  kind: UpstreamConfig['kind'],
  deps: OpenDeps,
): Promise<RegisteredUpstream> {
  const { name, file } = upstream
  if (kind === 'embedded')
    return file === undefined
      ? embedded(name, deps.demo.name, deps.demo.file, upstream)
      : embedded(name, name, file, upstream)
  if (kind === 'gguf') return { name, hosting: hostingOf(upstream), driver: gguf(upstream, deps) }
  return overHttp(upstream, kind)
}

type Bounds = Partial<Pick<UpstreamConfig, 'parallel' | 'waiting' | 'waitingPerPrincipal'>>

const limitsOf = ({ parallel, waiting, waitingPerPrincipal }: Bounds) => ({
  ...(parallel === undefined ? {} : { active: parallel }),
  ...(waiting === undefined ? {} : { waiting }),
  ...(waitingPerPrincipal === undefined ? {} : { waitingPerPrincipal }),
})

async function embedded(
  name: string,
  model: string,
  file: string,
  { hosting = 'embedded', ...bounds }: Bounds & Pick<UpstreamConfig, 'hosting'> = {},
): Promise<RegisteredUpstream> {
  const driver = createInsideDriver({
    kind: 'embedded',
    name: model,
    files: [file],
    capabilities: EMBEDDED,
    open: () => createEmbeddedEngine({ file, limits: limitsOf(bounds) }),
  })
  // The model that is meant to answer without anything else refuses to start if it cannot.
  await load(driver, model).catch((error: unknown) => {
    if (!(error instanceof Fault)) throw error
    // Whoever starts it is told which of the files it is.
    throw new Fault(error.code, {
      detail: `${error.detail ?? error.title} (upstream "${name}", ${file})`,
      cause: error,
    })
  })
  return { name, hosting, driver }
}

function gguf(upstream: UpstreamConfig, { engineFolder, report }: OpenDeps): Driver {
  const { name, file = '', adapter, contextTokens, threads, memoryMegabytes } = upstream
  const driver = createInsideDriver({
    kind: 'gguf',
    name,
    files: adapter === undefined ? [file] : [file, adapter],
    capabilities: GGUF,
    open: () =>
      createGgufEngine({
        file,
        ...(adapter === undefined ? {} : { adapter }),
        packageFolder: engineFolder,
        ...(contextTokens === undefined ? {} : { contextTokens }),
        ...(threads === undefined ? {} : { threads }),
        ...(memoryMegabytes === undefined ? {} : { memoryBytes: memoryMegabytes * 1024 * 1024 }),
        limits: limitsOf(upstream),
      }),
  })
  // Large files take their time; until then, and if it fails, the other models answer.
  load(driver, name).catch(report)
  return driver
}

const load = (driver: Driver, model: string) =>
  driver.manage({ action: 'load', model, stream: false, options: {} }, new AbortController().signal)

function overHttp(upstream: UpstreamConfig, kind: HttpKind): RegisteredUpstream {
  const key = upstream.apiKeyFile === undefined ? upstream.apiKey : readFileSync(upstream.apiKeyFile, 'utf8').trim()
  const driver = createDriver(kind, {
    url: upstream.url ?? '',
    ...(key === undefined ? {} : { key }),
    connections: upstream.connections,
    ...(upstream.waiting === undefined ? {} : { waiting: upstream.waiting }),
    ...(upstream.waitingPerPrincipal === undefined ? {} : { waitingPerPrincipal: upstream.waitingPerPrincipal }),
    connectTimeoutMs: upstream.connectTimeoutSeconds * 1000,
    firstByteTimeoutMs: upstream.firstByteTimeoutSeconds * 1000,
    idleTimeoutMs: upstream.idleTimeoutSeconds * 1000,
  })
  return { name: upstream.name, hosting: hostingOf(upstream), driver }
}
