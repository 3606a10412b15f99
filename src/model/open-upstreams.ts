// Upstreams from their settings: a driver each, over HTTP or inside this process. Their own keys are read here and go nowhere else.
import { readFileSync } from 'node:fs'
import { hostingOf, type UpstreamConfig } from '../config/index.ts'
import { createDriver } from './create-driver.ts'
import { createEmbeddedEngine } from './embedded/index.ts'
import { createEmbeddedDriver } from './embedded.ts'
import type { RegisteredUpstream } from './registry.ts'

/** The model that travels with the product. */
export interface DemoModel {
  readonly name: string
  readonly file: string
}

/** Declared upstreams, or the shipped demo model where there are none. */
export async function openUpstreams(
  declared: readonly UpstreamConfig[],
  demo: DemoModel,
): Promise<RegisteredUpstream[]> {
  if (declared.length === 0) return [await embedded('embedded', demo.name, demo.file)]
  return Promise.all(
    declared.map((upstream) =>
      upstream.kind === 'embedded' ? openEmbedded(upstream, demo) : overHttp(upstream, upstream.kind),
    ),
  )
}

const openEmbedded = ({ name, file }: UpstreamConfig, demo: DemoModel): Promise<RegisteredUpstream> =>
  file === undefined ? embedded(name, demo.name, demo.file) : embedded(name, name, file)

async function embedded(name: string, model: string, file: string): Promise<RegisteredUpstream> {
  const engine = await createEmbeddedEngine({ file })
  return { name, hosting: 'embedded', driver: createEmbeddedDriver(engine, { name: model }) }
}

function overHttp(upstream: UpstreamConfig, kind: Exclude<UpstreamConfig['kind'], 'embedded'>): RegisteredUpstream {
  const key = upstream.apiKeyFile === undefined ? upstream.apiKey : readFileSync(upstream.apiKeyFile, 'utf8').trim()
  const driver = createDriver(kind, {
    url: upstream.url ?? '',
    ...(key === undefined ? {} : { key }),
    connections: upstream.connections,
    connectTimeoutMs: upstream.connectTimeoutSeconds * 1000,
    firstByteTimeoutMs: upstream.firstByteTimeoutSeconds * 1000,
    idleTimeoutMs: upstream.idleTimeoutSeconds * 1000,
  })
  return { name: upstream.name, hosting: hostingOf(upstream), driver }
}
