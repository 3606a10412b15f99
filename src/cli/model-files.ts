// Models from files: fetching one, registering one in the settings, and the engine that runs them. These work on the machine
// of the gateway, with its settings and its data folder; they need no running gateway.
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { isSeq, parseDocument, YAMLSeq } from 'yaml'
import { Fault } from '../core/index.ts'
import {
  download,
  ENGINE_FOLDER,
  glibcVersion,
  hasEngine,
  identifyFiles,
  installEngine,
  PINNED_MODELS,
  packagesFor,
} from '../model/index.ts'
import type { Command, Input } from './command.ts'
import { loadSettings } from './config.ts'
import { EXIT, Failure, usage } from './failure.ts'
import { arg, flagText } from './input.ts'
import { dim, green, type Io, printOne, printRows } from './io.ts'

const SETTINGS_FILE = 'sallyport.yaml'

/** What a Fault of the model room says, as a command says it. */
const failing = async <T>(
  what: string,
  next: ((fault: Fault) => string | undefined) | undefined,
  work: () => Promise<T>,
): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const cause = error.code === 'internal' && error.detail === undefined ? String(error.cause) : undefined
    throw new Failure(what, { why: error.detail ?? cause ?? error.title, next: next?.(error) })
  }
}

const settingsOf = (input: Input) => {
  const data = flagText(input, 'data')
  return loadSettings(input, data === undefined ? {} : { flags: { data } })
}

function nameOf(input: Input): string {
  const name = arg(input, 0)
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._:@+-]{0,127}$/u.test(name))
    throw usage(`"${name}" is no name for a model: letters, digits and . _ : @ + -`)
  return name
}

/** @throws Failure unless it is a GGUF file */
function checkGguf(file: string): void {
  const head = Buffer.alloc(4)
  let handle: number
  try {
    handle = openSync(file, 'r')
  } catch {
    throw new Failure(`${file} cannot be read`, { exit: EXIT.usage })
  }
  try {
    readSync(handle, head, 0, 4, 0)
  } catch {
    throw new Failure(`${file} cannot be read`, { exit: EXIT.usage }) // a folder
  } finally {
    closeSync(handle)
  }
  if (head.toString('latin1') !== 'GGUF') throw new Failure(`${file} is not a GGUF file`, { exit: EXIT.usage })
}

/** @throws Failure if the settings have the name already */
function refuseTaken(name: string, { config, file = SETTINGS_FILE }: ReturnType<typeof settingsOf>): void {
  const next = `another name, or edit ${file}`
  if (config.models.some((model) => model.name === name || model.aliases.includes(name)))
    throw new Failure(`There is a model ${name} already`, { next })
  if (config.upstreams.some((upstream) => upstream.name === name))
    throw new Failure(`There is an upstream ${name} already`, { next })
}

/**
 * The new settings in place of the old, whole or not at all. They may hold secrets: the draft is nobody else's to read, and what
 * takes their place is whose they were and as open as they were.
 */
function replaceSettings(path: string, text: string, check: (draft: string) => void): void {
  const draft = `${path}.new`
  rmSync(draft, { force: true })
  writeFileSync(draft, text, { mode: 0o600 })
  try {
    check(draft)
    if (existsSync(path)) {
      const { mode, uid, gid } = statSync(path)
      if (uid !== statSync(draft).uid) chownSync(draft, uid, gid)
      chmodSync(draft, mode & 0o777)
    }
    renameSync(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
}

interface NewModel {
  readonly name: string
  readonly file: string
  readonly adapter?: string | undefined
}

/** Writes the model into the settings, pinned to the digest its files have now. Nothing is written that would not start. */
async function register(input: Input, { name, file, adapter }: NewModel): Promise<void> {
  const { io } = input
  const files = [file, ...(adapter === undefined ? [] : [adapter])]
  for (const one of files) checkGguf(one)
  const loaded = settingsOf(input)
  const { config } = loaded
  refuseTaken(name, loaded)
  const { digest, bytes } = await failing(`${file} cannot be registered`, undefined, () => identifyFiles(files))

  const named = resolve(loaded.file ?? flagText(input, 'config') ?? SETTINGS_FILE)
  const path = existsSync(named) ? realpathSync(named) : named
  const document = parseDocument(existsSync(path) ? readFileSync(path, 'utf8') : '')
  const add = (key: string, value: unknown) => {
    let list = document.get(key)
    if (!isSeq(list)) {
      list = new YAMLSeq()
      document.set(key, list)
    }
    const items = list as YAMLSeq
    items.flow = false
    items.add(document.createNode(value))
  }
  // Without any upstream the demo model answers; it goes on doing so beside the new one.
  if (config.upstreams.length === 0) add('upstreams', { name: 'embedded', kind: 'embedded' })
  add('upstreams', {
    name,
    kind: 'gguf',
    file: resolve(file),
    ...(adapter === undefined ? {} : { adapter: resolve(adapter) }),
  })
  add('models', { name, upstream: name, digest: `sha256:${digest}` })
  replaceSettings(path, String(document), (draft) =>
    loadSettings({ ...input, flags: { ...input.flags, config: draft } }),
  )

  const added = { name, digest: `sha256:${digest}`, bytes, files: files.map((one) => resolve(one)), settings: path }
  if (input.flags.json) printOne(io, added, { json: input.flags.json as string })
  io.say(`${green(io, 'added')}  ${name}  ${dim(io, added.digest)}`)
  io.say(`It is in ${path} and answers after the next start. Another file under its name answers nobody.`)
  if (!hasEngine(join(config.data, ENGINE_FOLDER))) io.say('Its engine is missing:  sallyport model engine install')
}

export const add: Command = async (input) => {
  const file = flagText(input, 'file')
  if (file === undefined) throw usage('Say which file', 'sallyport model add <name> --file model.gguf')
  await register(input, { name: nameOf(input), file, adapter: flagText(input, 'adapter') })
  return 0
}

export const get: Command = async (input) => {
  const { io } = input
  const url = flagText(input, 'url')
  if (arg(input, 0) === '' && url !== undefined)
    throw usage('Say under which name', 'sallyport model get <name> --url URL --sha256 HEX')
  if (arg(input, 0) === '') {
    printRows(
      io,
      PINNED_MODELS.map((one) => ({ ...one })),
      [{ field: 'name' }, { field: 'bytes' }, { field: 'license' }, { field: 'about' }],
      {
        json: input.flags.json as string,
      },
    )
    io.say('Fetch one:  sallyport model get <name>   Any other:  --url <https://…gguf> --sha256 <hex>')
    return 0
  }
  const name = nameOf(input)
  const sha256 = flagText(input, 'sha256')
  const known = PINNED_MODELS.find((one) => one.name === name)
  if (url === undefined && known === undefined)
    throw usage(`No model ${name} is known here`, 'sallyport model get   (lists them), or --url and --sha256')
  if (url !== undefined && !/^(sha256:)?[0-9a-f]{64}$/i.test(sha256 ?? ''))
    throw usage('--url needs --sha256: 64 hexadecimal digits, from somebody you trust other than that server')
  if (url !== undefined && !URL.canParse(url)) throw usage(`--url ${url} is no address`)
  const source =
    url === undefined
      ? (known as (typeof PINNED_MODELS)[number])
      : { url, sha256: (sha256 ?? '').replace(/^sha256:/i, ''), bytes: undefined, license: flagText(input, 'license') }
  const settings = settingsOf(input)
  refuseTaken(name, settings)
  const folder = join(settings.config.data, 'models')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, `${name.replace(/[^\p{L}\p{N}._+-]/gu, '_')}.gguf`)
  io.say(`From     ${new URL(source.url).host}${source.bytes === undefined ? '' : `, ${size(source.bytes)}`}`)
  io.say(`Licence  ${source.license ?? 'not stated: ask whoever made it'}`)
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  process.once('SIGINT', onSignal)
  const bar = createBar(io)
  try {
    const again = ({ code }: Fault) =>
      code === 'upstream_unavailable' || code === 'internal'
        ? 'the same command again; it goes on from where it was'
        : undefined
    await failing(`${name} could not be fetched`, again, () =>
      download({
        url: source.url,
        sha256: source.sha256,
        file,
        ...(source.bytes === undefined ? {} : { mostBytes: source.bytes }),
        progress: bar.show,
        signal: stop.signal,
      }),
    )
  } finally {
    process.off('SIGINT', onSignal)
    bar.end()
  }
  await register(input, { name, file })
  return 0
}

export const engine: Command = async (input) => {
  const { io } = input
  const what = arg(input, 0)
  const folder = resolve(settingsOf(input).config.data, ENGINE_FOLDER)
  if (what !== '' && what !== 'install') throw usage(`model engine ${what}: there is only install`)
  if (what === '') {
    const there = hasEngine(folder)
    if (input.flags.json) printOne(io, { folder, installed: there }, { json: input.flags.json as string })
    else io.say(there ? `Installed in ${folder}` : 'Not installed:  sallyport model engine install')
    return there ? EXIT.ok : EXIT.failed
  }
  await failing('The engine was not installed', undefined, async () => {
    const packages = packagesFor(process.platform, process.arch, glibcVersion())
    io.say(`Installing ${packages.join(' and ')} (MIT) from the npm registry into ${folder}`)
    await installEngine({ folder, packages, say: (line) => io.say(dim(io, line)), env: input.env })
  })
  if (input.flags.json) printOne(io, { folder, installed: true }, { json: input.flags.json as string })
  io.say(`${green(io, 'ready')}  Models of kind gguf run after the next start.`)
  return 0
}

const size = (bytes: number): string =>
  bytes >= 1e9
    ? `${(bytes / 1e9).toFixed(1)} GB`
    : bytes >= 1e6
      ? `${(bytes / 1e6).toFixed(0)} MB`
      : `${(bytes / 1e3).toFixed(0)} kB`

/** A line that is written over for a person; a line for each tenth for a log. */
function createBar(io: Io): { show(bytes: number, total: number | undefined): void; end(): void } {
  const live = process.stderr.isTTY
  let shown = -1
  let open = false
  return {
    show(bytes, total) {
      const share = total === undefined || total === 0 ? 0 : bytes / total
      const step = total === undefined ? Math.floor(bytes / 1e8) : Math.floor(share * (live ? 1000 : 10))
      if (step === shown) return
      shown = step
      const text = `${size(bytes)}${total === undefined ? '' : ` of ${size(total)}, ${Math.floor(share * 100)} %`}`
      if (!live) return io.say(text)
      const width = 30
      const full = Math.round(share * width)
      process.stderr.write(`\r  ${'█'.repeat(full)}${'░'.repeat(width - full)}  ${text}  `)
      open = true
    },
    end() {
      if (open) process.stderr.write('\n')
      open = false
    },
  }
}
