// Starts the gateway and shows what to do with it. Finds model servers on this machine, but uses one only when told.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Config, type LoadedConfig, SETTINGS } from '../config/index.ts'
import { counted, Fault } from '../core/index.ts'
import { DatabaseError } from '../store/index.ts'
import { ADMIN_FILE, readAdminFile, writeAdminFile } from './admin-file.ts'
import type { Command, Flag, Input } from './command.ts'
import { loadSettings } from './config.ts'
import { linesFor, quoted } from './connect.ts'
import { cannotListen, EXIT, Failure } from './failure.ts'
import { SHIPPED } from './init.ts'
import { flagList, flagText, prompt } from './input.ts'
import { bold, dim, green, type Io, yellow } from './io.ts'
import { type FoundServer, findServers, lookAt } from './servers.ts'
import { stopped } from './stopped.ts'
import { productVersion, programName } from './version.ts'

/** One flag per setting that can be given on a command line. */
export const settingFlags = async (): Promise<readonly Flag[]> =>
  SETTINGS.flatMap(({ flag, type, description }) =>
    flag === undefined ? [] : [{ flag: type === 'boolean' ? `${flag} [yes]` : `${flag} <value>`, about: description }],
  )

/** Commander's name of a flag: `--keys-default-days` → `keysDefaultDays`. */
const camel = (flag: string): string =>
  flag.slice(2).replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** Flags of settings by the path of the setting. */
function settingValues({ flags }: Input): Record<string, string | boolean> {
  const values: Record<string, string | boolean> = {}
  for (const { path, flag } of SETTINGS) {
    const value = flag === undefined ? undefined : flags[camel(flag)]
    if (typeof value === 'string' || typeof value === 'boolean') values[path] = value
  }
  return values
}

interface Upstream {
  readonly [field: string]: unknown
  readonly name: string
  readonly kind: FoundServer['kind']
  readonly url: string
}

const named = (server: FoundServer, taken: Set<string>): Upstream => {
  let name: string = server.kind
  for (let i = 2; taken.has(name); i++) name = `${server.kind}-${i}`
  taken.add(name)
  return { name, kind: server.kind, url: server.url }
}

/** How long a server that was named may take to say what it is. */
const NAMED_TIMEOUT_MS = 3000

/** A base URL is the same with and without what is added to it. */
const sameServer = (url: string): string =>
  (URL.canParse(url) ? new URL(url).href : url).replace(/\/+$/, '').replace(/\/(v1|api)$/, '')

/** The upstreams of this start beside those in the file. */
async function upstreamsOf(input: Input, config: Config): Promise<Upstream[]> {
  const { io, flags } = input
  const taken = new Set(config.upstreams.map((upstream) => upstream.name))
  const told = flagList(input, 'upstream') ?? []
  const named_: Upstream[] = []
  const known = new Set(config.upstreams.map(({ url = '' }) => sameServer(url)))
  for (const url of told) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new Failure(`--upstream ${url} is not an http:// or https:// address`, { exit: EXIT.usage })
    if (known.has(sameServer(url))) {
      io.say(`${yellow(io, 'warn')}  --upstream ${url} is named already; it is taken once`)
      continue
    }
    known.add(sameServer(url))
    const server = await lookAt(url, NAMED_TIMEOUT_MS)
    if (!server) io.say(`${yellow(io, 'warn')}  ${url} does not list models now; taken as an OpenAI-compatible server`)
    named_.push(
      named(
        server ?? { kind: 'openai', product: '', url: url.replace(/\/+$/, '').replace(/\/v1$/, ''), models: [] },
        taken,
      ),
    )
  }
  if (told.length > 0 || config.upstreams.length > 0) {
    if (flags.auto) io.say(`${yellow(io, 'warn')}  --auto is left aside: the model servers are named already`)
    return named_
  }
  const found = await findServers(`http://${config.listen}`)
  for (const server of found)
    io.say(`found  ${server.product} at ${server.url} with ${counted(server.models.length, 'model')}`)
  if (flags.auto && found.length === 0)
    io.say(`${yellow(io, 'warn')}  --auto found no model server on this machine; the shipped demo model answers`)
  if (flags.auto) return found.map((server) => named(server, taken))
  if (found.length > 0 && !flags.json && process.stdin.isTTY && process.stderr.isTTY) {
    const answer = await prompt(`Put the gateway in front of ${found.length === 1 ? 'it' : 'them'}? [y/N] `)
    if (answer.trim().toLowerCase() === 'y') return found.map((server) => named(server, taken))
  } else if (found.length > 0) io.say('Not used. To use what was found: --auto, or --upstream <url>')
  return []
}

export const up: Command = async (input) => {
  const { io, flags } = input
  const values = settingValues(input)
  const first = loadSettings(input, { flags: values })
  const upstreams = await upstreamsOf(input, first.config)
  const loaded = upstreams.length > 0 ? loadSettings(input, { flags: values, upstreams }) : first
  const { config } = loaded
  // Without rules of one's own, the shipped ones.
  if (loaded.sources.get('policies') === 'default' && !existsSync(config.policies))
    config.policies = join(SHIPPED, 'policies')

  const newAdmin = flagText(input, 'newAdmin')
  const options = newAdmin === undefined ? {} : { newAdmin }
  const app = await input.start(config, loaded.sources, options).catch((error: unknown) => {
    throw explainStart(error, config)
  })
  try {
    writeAdminFile(config.data, { url: app.adminUrl, key: app.adminKey })
  } catch (error) {
    // It runs, and a key that was just made is shown here or never.
    const { code } = error as NodeJS.ErrnoException
    io.say(
      `${yellow(io, 'warn')}  ${join(config.data, ADMIN_FILE)} cannot be written (${code}): the CLI needs SALLYPORT_URL and SALLYPORT_KEY`,
    )
  }
  for (const { name, why } of app.down)
    io.say(`${yellow(io, 'warn')}  The model server ${name} cannot be used now: ${why}`)
  const keyIsKept = readAdminFile(config.data)?.key !== undefined
  if (flags.json)
    io.out(
      `${JSON.stringify({ url: app.url, admin_url: app.adminUrl, key: app.adminKey, model: app.model, pid: process.pid })}\n`,
    )
  else startPage(io, app, config, { keyIsKept, atFolder: folderFlag(loaded) })
  const signal = await stopped()
  if (!flags.json) io.say(`${signal === 'SIGINT' ? '\n' : ''}Stopping; running calls get a moment to end.`)
  await app.close()
  return EXIT.ok
}

function explainStart(error: unknown, config: Config): unknown {
  const { syscall, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  if (syscall === 'listen') {
    const where = port === undefined ? config.listen : `${address?.includes(':') ? `[${address}]` : address}:${port}`
    return cannotListen(
      error as NodeJS.ErrnoException,
      where,
      'sallyport status, or sallyport up --listen 127.0.0.1:4142',
    )
  }
  const database = error instanceof Fault && error.code === 'store_unavailable' ? error.cause : error
  if (database instanceof DatabaseError) return explainDatabase(database, config)
  if (error instanceof Fault && error.code !== 'internal')
    return new Failure(error.title, {
      why: error.detail,
      exit: error.code === 'policy_invalid' ? EXIT.policyInvalid : EXIT.failed,
      ...(error.code === 'already_exists' && { next: 'sallyport up --new-admin with a name that nobody has or had' }),
      ...(error.code === 'audit_unavailable' && { next: 'docs/operating.md, "Backup and restore"' }),
    })
  if (error instanceof Error && error.name === 'ConfigError')
    return new Failure('The settings refuse to start', { why: error.message })
  return error
}

/** What PostgreSQL must be, or must allow, by the code of what was found; codes of the server by their class as well. */
const UNFIT: Readonly<Record<string, readonly [title: string, next: string]>> = {
  STANDBY: ['The database may only be read', '`database` must lead to the primary: docs/operating.md, "PostgreSQL"'],
  READ_ONLY: ['The database may only be read', 'set default_transaction_read_only to off for the user of `database`'],
  25006: ['The database may only be read', '`database` must lead to the primary: docs/operating.md, "PostgreSQL"'],
  NOT_UTF8: ['The database cannot keep every text', "make it anew with ENCODING 'UTF8' (TEMPLATE template0)"],
  NO_SCHEMA: [
    'The database has no place for the tables',
    'create a schema that the user of `database` may create tables in',
  ],
  POOLED: [
    'A pooler stands before the database',
    '`database` must lead to PostgreSQL itself, or to a pool of PgBouncer with pool_mode = session',
  ],
  28: ['The database does not let Sallyport in', 'see user and password in `database`, and pg_hba.conf of the server'],
  '3D': ['There is no such database', 'create it, or name another one in `database`'],
  42501: ['The user of the database lacks a right', 'docs/operating.md, "PostgreSQL", lists what it needs'],
  53100: ['The disk of the database is full', 'make room there: docs/operating.md, "PostgreSQL"'],
  57014: ['The database cut a statement short', 'reset statement_timeout for the user of `database`'],
  TLS_FILE: ['A file for the TLS of the database cannot be used', 'see sslrootcert, sslcert and sslkey in `database`'],
  TLS_UNTRUSTED: [
    'The database is not trusted',
    'name the authority that has signed its certificate: sslrootcert=FILE in `database`',
  ],
  TLS_EXPIRED: [
    'The certificate of the database is not valid now',
    'renew it at the server, or set the clock of this machine right',
  ],
  TLS_NAME: [
    'The certificate of the database is for another host',
    'name the host as the certificate does; where your own authority signs for nothing else, sslmode=verify-ca is enough',
  ],
  TLS_NONE: ['The database speaks no TLS', 'set ssl = on at the server'],
  TLS_REFUSED: [
    'The database and Sallyport agree on no TLS',
    'see sslcert and sslkey in `database`, and ssl_ca_file and ssl_min_protocol_version of the server',
  ],
  NO_CHANNEL_BINDING: [
    'The database does not prove that it ends the TLS itself',
    'its user needs scram-sha-256 in pg_hba.conf and no proxy before it that ends the TLS; or leave channel_binding out',
  ],
  53300: [
    'The database takes no more connections',
    'max_connections of the server, or CONNECTION LIMIT of the user: each node needs eleven',
  ],
}

/** The code of the server or of ours, wherever in the chain of causes it stands. */
function codeOf(error: unknown): string {
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    const { code } = one as { code?: unknown }
    if (typeof code === 'string' && !(one instanceof Fault)) return code
  }
  return ''
}

/** What to do when the database is not there, is somebody else's, or is not what this version knows. */
function explainDatabase(error: DatabaseError, { data, database }: Config): Failure {
  const { kind, message } = error
  const code = codeOf(error)
  const unfit = database === undefined ? undefined : (UNFIT[code] ?? UNFIT[code.slice(0, 2)])
  if (unfit) return new Failure(unfit[0], { why: message, next: unfit[1] })
  if (kind === 'held' && database !== undefined)
    return new Failure('The name of this node is taken', {
      why: `${message}: each would take the running calls of the other for those of a node that died.`,
      next: 'a name of its own for each: node.name in sallyport.yaml, or --node-name NAME; default is the name of the host',
    })
  if (kind === 'held')
    return new Failure(`${data} is in use`, {
      why: 'Another Sallyport works on it; the embedded database serves one at a time.',
      next: 'sallyport status, or another folder: --data; several nodes share one PostgreSQL',
    })
  if (kind === 'foreign')
    return new Failure(`${join(data, 'sallyport.db')} cannot be read`, {
      why: 'It was not written with the master.key beside it, or is no database of Sallyport.',
      next: 'put back the files that belong together, or begin anew in another folder: --data',
    })
  if (kind === 'damaged')
    return new Failure(`${join(data, 'sallyport.db')} is damaged`, {
      why: `${message}: it, or the sallyport.db-wal beside it, was cut or changed by something else, or its disk has failed.`,
      next: 'put the whole folder back from a backup, beside it what is left of this one: `checkpoint` in it tells how far its log went',
    })
  if (kind === 'layout')
    return new Failure('The database could not be brought to the layout of this version', {
      why: message,
      next: 'a database that a newer Sallyport has written needs that version, or its copy from before',
    })
  return new Failure('The database does not answer', {
    why: message,
    next:
      database === undefined
        ? `see whether this user may write in ${data}, and whether its disk is full`
        : 'see whether PostgreSQL runs, and `database` in the settings',
  })
}

interface Running {
  readonly url: string
  readonly model: string | undefined
  readonly adminKey: string | undefined
}

/** The CLI finds the gateway through the data folder, and knows the default one and that of the environment by itself. */
const folderFlag = ({ config, sources }: LoadedConfig): string =>
  ['default', 'environment'].includes(sources.get('data') ?? 'default') ? '' : ` --data ${quoted(config.data)}`

interface StartPage {
  /** Whether the CLI finds a key in the data folder. */
  readonly keyIsKept: boolean
  /** What commands need to find that folder. */
  readonly atFolder: string
}

function startPage(
  io: Io,
  { url, model, adminKey }: Running,
  config: Config,
  { keyIsKept, atFolder }: StartPage,
): void {
  const demo = config.upstreams.length === 0
  const program = programName()
  const line = (name: string, text: string) => io.out(`  ${dim(io, name.padEnd(8))}${text}\n`)
  io.out(`\n  ${bold(io, `Sallyport ${productVersion()}`)}   ${green(io, url)}\n\n`)
  line(
    'Model',
    model === undefined
      ? 'none yet: no server lists one'
      : demo
        ? `${model} (the shipped demo model: to try things out, not to rely on)`
        : model,
  )
  line('Data', config.data)
  if (adminKey !== undefined) {
    line('Key', adminKey)
    line('', `of the administrator, shown this once; the CLI finds it in ${join(config.data, ADMIN_FILE)}`)
  }
  if (!keyIsKept) line('Key', `none is kept here for the CLI; when all are lost:  ${program} up --new-admin NAME`)
  if (model !== undefined && keyIsKept) {
    io.out(`\n  Try it:\n\n`)
    // The key is known to this process only when it was made by this start; later `connect` finds it where the CLI keeps it.
    const lines =
      adminKey === undefined
        ? [`${program} connect curl${atFolder} | sh`]
        : linesFor('curl', { url, key: adminKey, model })
    for (const text of lines) io.out(`  ${text}\n`)
  }
  io.out('\n')
  line('Next', `${program} user create dana --role user${atFolder}`)
  for (const next of ['key create laptop --owner dana', 'connect openai', 'tail'])
    line('', `${program} ${next}${atFolder}`)
  io.out('\n')
}
