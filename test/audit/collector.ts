// A real OpenTelemetry collector, in a process of its own: Rotel, of which npm has the program (docs/adr/audit-opentelemetry.md).
import { existsSync, mkdtempSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { freePort } from '../free-port.ts'
import { type Begun, begin } from './processes.ts'

const SYSTEM = `${process.platform}-${process.arch}`

/** Why there is none to start here. Where there is one, that it is not installed is no reason: the tests fail. */
export const MISSING =
  SYSTEM === 'linux-x64' ? undefined : `npm has this version of it for linux-x64 only, and this is ${SYSTEM}`

function programOf(): string {
  const require = createRequire(import.meta.url)
  const ours = createRequire(require.resolve('sallyport-test-collector/package.json'))
  const program = join(dirname(ours.resolve(`@streamfold/rotel-${SYSTEM}/package.json`)), 'bin', 'rotel-agent')
  if (!existsSync(program)) throw new Error(`${program} is not there; npm install brings it`)
  return program
}

export interface CollectorOptions {
  /** Where it passes on what it takes. */
  readonly to: string
  /** For what it writes. */
  readonly folder: string
  /** Of one that was there before, in whose place it starts. */
  readonly port?: number
}

export interface RealCollector extends Begun {
  readonly port: number
  readonly url: string
}

const IN_USE = 'Address already in use'
const MOST_TRIES = 50

/** Takes, gathers and passes on as it does by itself, but tries again sooner. Ended by SIGTERM, it passes on what it holds first. */
export async function startCollector({ to, folder, port }: CollectorOptions): Promise<RealCollector> {
  const program = programOf()
  const own = mkdtempSync(join(folder, 'collector-'))
  for (let tries = 1; ; tries++) {
    const at = port ?? (await freePort())
    const collector = begin(
      program,
      [
        'start',
        `--pid-file=${join(own, 'pid')}`,
        `--log-file=${join(own, 'log')}`,
        `--otlp-http-endpoint=127.0.0.1:${at}`,
        `--otlp-grpc-endpoint=127.0.0.1:${await freePort()}`,
        '--exporter=otlp',
        '--otlp-exporter-protocol=http',
        `--otlp-exporter-endpoint=${to}`,
        '--otlp-exporter-retry-initial-backoff=20ms',
        '--otlp-exporter-retry-max-backoff=100ms',
      ],
      {}, // every option of it may also be a variable, and none that happens to be set is meant for it
    )
    const started = await new Promise<boolean>((resolve) => {
      let said = ''
      collector.child.stdout.on('data', (piece) => {
        said += String(piece)
        if (said.includes('Starting Rotel')) resolve(true) // it says so when it has both its ports
      })
      void collector.ended.then(() => resolve(false))
    })
    if (started) return { ...collector, port: at, url: `http://127.0.0.1:${at}` }
    // A port that was free may be taken by the time it starts.
    if (tries === MOST_TRIES || !collector.said().includes(IN_USE)) throw new Error(collector.said())
  }
}
