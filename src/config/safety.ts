// Combinations of settings that are valid one by one and unsafe or senseless together. Each refuses to start with a
// sentence that says what to do; where a refusal can be overruled, the setting that does it has an honest name.
import { isIPv4, isIPv6 } from 'node:net'
import { readDatabaseUrl } from '../core/index.ts'
import { type Config, schema, type UpstreamConfig } from './schema.ts'

/** True for addresses that cannot leave this machine. Names other than `localhost` do not count: DNS may say anything. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (bare === 'localhost') return true
  if (isIPv4(bare)) return bare.startsWith('127.')
  return isIPv6(bare) && (bare === '::1' || bare.startsWith('::ffff:127.'))
}

/** Splits `HOST:PORT`; IPv6 comes in brackets. */
export function splitHostPort(text: string): { host: string; port: number } {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) }
}

/** Where an upstream's data goes, unless the configuration says otherwise. */
export function hostingOf(upstream: UpstreamConfig): 'embedded' | 'local' | 'external' {
  if (upstream.hosting) return upstream.hosting
  if (runsHere(upstream)) return 'embedded'
  return upstream.url !== undefined && isLoopback(new URL(upstream.url).hostname) ? 'local' : 'external'
}

type Field = keyof UpstreamConfig
const OF_GGUF: readonly Field[] = ['adapter', 'contextTokens', 'threads', 'memoryMegabytes']
const OF_FILES: readonly Field[] = ['file', 'parallel', ...OF_GGUF]
const OF_SERVERS: readonly Field[] = [
  'apiKey',
  'apiKeyFile',
  'allowClearText',
  'connections',
  'connectTimeoutSeconds',
  'firstByteTimeoutSeconds',
  'idleTimeoutSeconds',
]
/** Settings that a kind has no use for. An adapter that is not loaded must not look as if it were. */
const MEANINGLESS: Readonly<Record<UpstreamConfig['kind'], readonly Field[]>> = {
  openai: OF_FILES,
  ollama: OF_FILES,
  vllm: OF_FILES,
  llamacpp: OF_FILES,
  embedded: [...OF_SERVERS, ...OF_GGUF],
  gguf: OF_SERVERS,
}

function meaningless(upstream: UpstreamConfig): string[] {
  const { kind, name } = upstream
  const [plain] = schema.shape.upstreams.parse([{ name }])
  return MEANINGLESS[kind]
    .filter((field) => upstream[field] !== plain?.[field])
    .map((field) => `upstream ${name} has ${field}, which means nothing for kind ${kind}; remove it or change the kind`)
}

/** Whether the model runs in a thread or child process of the gateway, and there is no server to reach. */
const runsHere = ({ kind }: UpstreamConfig): boolean => kind === 'embedded' || kind === 'gguf'

export function refusals(config: Config): string[] {
  return [listeners, database, upstreams, models, others].flatMap((check) => check(config))
}

function listeners(config: Config): string[] {
  const problems: string[] = []
  const hasTls = config.tls.certFile !== undefined && config.tls.keyFile !== undefined
  if ((config.tls.certFile === undefined) !== (config.tls.keyFile === undefined))
    problems.push('tls.certFile and tls.keyFile belong together; set both or neither')
  if (config.tls.clientCaFile !== undefined && !hasTls)
    problems.push('tls.clientCaFile needs tls.certFile and tls.keyFile: client certificates exist only over TLS')
  for (const setting of ['listen', 'adminListen', 'probeListen'] as const) {
    const value = config[setting]
    if (value === undefined) continue
    const { host, port } = splitHostPort(value)
    if (port > 65_535) problems.push(`${setting}: there is no port ${port}`)
    for (const other of ['listen', 'adminListen'] as const)
      if (other !== setting && config[other] === value && port !== 0)
        problems.push(`${setting} is the address of ${other}: leave it out, or give it a port of its own`)
    // Nothing that is worth reading crosses the network to probes.
    if (setting === 'probeListen') continue
    if (!isLoopback(host) && !hasTls && !config.allowClearTextListen)
      problems.push(
        `${setting} is ${value}, which other machines can reach, without TLS: keys and prompts would cross the network readable. ` +
          'Set tls.certFile and tls.keyFile, or listen on 127.0.0.1; to accept the risk, set allowClearTextListen: true',
      )
  }
  return problems
}

function database(config: Config): string[] {
  if (config.database === undefined) return []
  const read = readDatabaseUrl(config.database)
  if (typeof read === 'string') return [read]
  const { host, tls } = read
  const here = isLoopback(host) || host.startsWith('/') // the path of a socket
  if (here || tls === 'name' || tls === 'authority' || config.allowClearTextDatabase) return []
  const how = tls === 'off' ? 'without TLS' : 'over TLS with whoever answers'
  return [
    `database is on ${host} ${how}: set sslmode=verify-full in the URL; to accept the risk, set allowClearTextDatabase: true`,
  ]
}

function upstreams(config: Config): string[] {
  const names = config.upstreams.map((upstream) => upstream.name)
  const twice = names.filter((name, i) => names.indexOf(name) !== i)
  return [
    ...twice.map((name) => `upstream ${name} is declared twice; names must differ`),
    ...config.upstreams.flatMap(oneUpstream),
  ]
}

function oneUpstream(upstream: UpstreamConfig): string[] {
  const problems = meaningless(upstream)
  const label = `upstream ${upstream.name}`
  if (upstream.apiKey !== undefined && upstream.apiKeyFile !== undefined)
    problems.push(`${label} has apiKey and apiKeyFile; keep one`)
  if (runsHere(upstream)) {
    if (upstream.url !== undefined)
      problems.push(`${label} is of kind ${upstream.kind} and has a url; remove the url or change its kind`)
    if (upstream.kind === 'gguf' && upstream.file === undefined)
      problems.push(`${label} needs a file: the GGUF file of the model`)
    return problems
  }
  if (upstream.url === undefined) return [...problems, `${label} needs a url`]
  const url = new URL(upstream.url)
  if (url.username !== '' || url.password !== '')
    problems.push(`${label} has a password in its url, where logs would show it; use apiKeyFile`)
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && !upstream.allowClearText)
    problems.push(
      `${label} is reached over http:// on ${url.hostname}: prompts would cross the network readable. ` +
        'Use https://; to accept the risk, set allowClearText: true on this upstream',
    )
  return problems
}

function models(config: Config): string[] {
  const problems: string[] = []
  const upstreamNames = new Set(config.upstreams.map((upstream) => upstream.name))
  const names = new Set<string>()
  for (const model of config.models) {
    if (!upstreamNames.has(model.upstream))
      problems.push(`model ${model.name} names upstream ${model.upstream}, which is not declared under upstreams`)
    for (const name of [model.name, ...model.aliases]) {
      if (names.has(name)) problems.push(`the model name ${name} is used twice; callers could not tell which is meant`)
      names.add(name)
    }
  }
  return problems
}

function others(config: Config): string[] {
  const problems: string[] = []
  const { warnDays, suspendDays, revokeDays } = config.sweeps
  if (!(warnDays <= suspendDays && suspendDays <= revokeDays))
    problems.push(
      `sweeps.warnDays (${warnDays}), suspendDays (${suspendDays}) and revokeDays (${revokeDays}) must follow one another: ` +
        'nothing is revoked that was not suspended before',
    )
  for (const [list, what] of [
    [config.schedules, 'schedule'],
    [config.hooks, 'hook'],
    [config.quotas, 'quota'],
    [config.tools, 'tool'],
  ] as const) {
    const names = list.map(({ name }) => name)
    for (const name of new Set(names.filter((name, i) => names.indexOf(name) !== i)))
      problems.push(`${what} ${name} is declared twice; names must differ`)
  }
  for (const { name, from, to } of config.schedules)
    if (from === to) problems.push(`schedule ${name} begins and ends at ${from}: it would hold never, or always`)
  for (const { name, per, only } of config.quotas) {
    if (only !== undefined && per !== 'role' && per !== 'model')
      problems.push(`quota ${name} counts per ${per} and names ${only} alone; only goes with per role or model`)
    const base = config.models.find(({ aliases }) => only !== undefined && aliases.includes(only))
    if (per === 'model' && base)
      problems.push(`quota ${name} names ${only}, an alias of ${base.name}, whose calls are counted as that one's`)
  }
  if (config.keys.defaultDays > config.keys.maxDays)
    problems.push(`keys.defaultDays (${config.keys.defaultDays}) is longer than keys.maxDays (${config.keys.maxDays})`)
  try {
    new Intl.DateTimeFormat('en', { timeZone: config.timeZone })
  } catch {
    problems.push(`timeZone ${config.timeZone} is not an IANA zone such as Europe/Berlin`)
  }
  return problems
}
