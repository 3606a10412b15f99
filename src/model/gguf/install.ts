// The engine of GGUF files: two npm packages of pinned versions in a folder of the deployment. No install scripts run, nothing
// is compiled, and of the prebuilt binaries only the one for this machine's CPU comes along.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../../core/index.ts'
import { PACKAGE } from './llama-cpp.ts'

/** What the tests ran with. */
const VERSION = '3.22.1'

const BUILDS: Readonly<Record<string, string>> = {
  'linux x64': 'linux-x64',
  'linux arm64': 'linux-arm64',
  'linux arm': 'linux-armv7l',
  'linux riscv64': 'linux-riscv64',
  'darwin arm64': 'mac-arm64-metal',
  'darwin x64': 'mac-x64',
  'win32 x64': 'win-x64',
  'win32 arm64': 'win-arm64',
}

/** Whether the engine is in this folder. */
export const hasEngine = (folder: string): boolean => existsSync(join(folder, 'node_modules', PACKAGE, 'package.json'))

/** @throws Fault `not_possible` where there is no prebuilt engine */
export function packagesFor(platform: string, arch: string, glibc: string | undefined): string[] {
  const build = BUILDS[`${platform} ${arch}`]
  if (build === undefined)
    throw new Fault('not_possible', { detail: `There is no prebuilt engine for ${platform} on ${arch}.` })
  if (platform === 'linux' && !newEnough(glibc))
    throw new Fault('not_possible', {
      detail: `The engine needs glibc 2.34 or newer (Debian 12, Ubuntu 22.04); here is ${glibc ?? 'none, as on Alpine'}.`,
    })
  return [`${PACKAGE}@${VERSION}`, `@${PACKAGE}/${build}@${VERSION}`]
}

function newEnough(glibc: string | undefined): boolean {
  const [major = 0, minor = 0] = (glibc ?? '').split('.').map(Number)
  return major > 2 || (major === 2 && minor >= 34)
}

/** The C library of this machine; undefined where it is not glibc. */
export function glibcVersion(): string | undefined {
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return header?.glibcVersionRuntime
}

export interface InstallInput {
  readonly folder: string
  readonly packages: readonly string[]
  /** Lines of what npm says. */
  readonly say: (line: string) => void
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Installs and tries the engine. @throws Fault `not_possible`, `upstream_unavailable` */
export async function installEngine({ folder, packages, say, env }: InstallInput): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const manifest = join(folder, 'package.json')
  if (!existsSync(manifest)) writeFileSync(manifest, `${JSON.stringify({ private: true })}\n`)
  const args = [
    'install',
    '--omit=optional',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--save-exact',
    ...packages,
  ]
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const done = await run(npm, args, folder, env, say).catch((cause: unknown) => {
    throw new Fault('not_possible', {
      detail: 'npm is not on the PATH; the engine comes from the npm registry.',
      cause,
    })
  })
  if (done !== 0)
    throw new Fault('upstream_unavailable', { detail: `npm could not install the engine (exit code ${done}).` })
  // A binary that does not run here is better noticed now than by the first call.
  // From a file: the engine tries its binaries in processes that inherit the options of this one.
  const trial = join(folder, 'trial.mjs')
  writeFileSync(
    trial,
    `import { getLlama } from '${PACKAGE}'\nawait getLlama({ gpu: false, build: 'never' })\nprocess.exit(0)\n`,
  )
  const works = await run(process.execPath, [trial], folder, env, say)
  if (works !== 0)
    throw new Fault('not_possible', {
      detail: `The engine is installed in ${folder} but does not run on this machine.`,
    })
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: InstallInput['env'],
  say: InstallInput['say'],
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let rest = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) if (line.trim() !== '') say(line)
      })
    child.once('error', reject)
    child.once('close', (code) => {
      if (rest.trim() !== '') say(rest)
      resolve(code ?? 1)
    })
  })
}
