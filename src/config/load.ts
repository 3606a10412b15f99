// From flags, environment, file and defaults to one checked Config, each value with its source. The only reader of the
// process environment. Anything unknown or unsafe refuses, with a sentence that says what to do.
import { existsSync, readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import type { z } from 'zod'
import { nearest, schemaWords } from '../core/index.ts'
import { refusals } from './safety.ts'
import { type Config, schema } from './schema.ts'
import { SETTINGS, type Setting } from './settings.ts'

export type Source = 'flag' | 'environment' | 'file' | 'default'

export interface LoadedConfig {
  config: Config
  /** Path of a setting → where its value came from. */
  sources: ReadonlyMap<string, Source>
  /** The file that was read, if any. */
  file: string | undefined
}

/** All problems at once, one sentence each. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

export interface LoadOptions {
  /** Flag values by setting path (`listen`, `keys.defaultDays`). */
  flags?: Record<string, string | boolean | undefined>
  /** Further upstreams, after those of the file: what `up` was told on its command line. */
  upstreams?: readonly Record<string, unknown>[]
  /** Default: the environment of the process. */
  env?: Record<string, string | undefined>
  /** Default: `SALLYPORT_CONFIG`, else `sallyport.yaml` in the working directory if it exists. */
  file?: string
}

const FILE_NAME = 'sallyport.yaml'
const ENV_FILE = 'SALLYPORT_CONFIG'
/** Environment names that are not settings of the gateway: where the file is, and the client's own. */
const OTHER_ENV = new Set([ENV_FILE, 'SALLYPORT_URL', 'SALLYPORT_KEY'])

type Tree = Record<string, unknown>

/** @throws ConfigError naming every problem found */
export function loadConfig(options: LoadOptions = {}): LoadedConfig {
  const env = options.env ?? process.env
  const problems: string[] = []
  const file = options.file ?? env[ENV_FILE] ?? (existsSync(FILE_NAME) ? FILE_NAME : undefined)
  const tree = file === undefined ? {} : readFile(file, problems)
  const sources = new Map<string, Source>()
  for (const setting of SETTINGS) if (dig(tree, setting.path) !== undefined) sources.set(setting.path, 'file')

  const give = (setting: Setting, text: string, source: Source, name: string): void => {
    const value = parse(setting, text)
    if (value === undefined)
      problems.push(`${name} must be ${setting.type === 'boolean' ? 'true or false' : 'a number'}`)
    else put(tree, setting.path, value)
    sources.set(setting.path, source)
  }
  for (const name of Object.keys(env)) {
    if (!name.startsWith('SALLYPORT_') || OTHER_ENV.has(name)) continue
    const setting = SETTINGS.find((one) => one.env === name)
    if (setting) give(setting, env[name] ?? '', 'environment', name)
    else
      problems.push(
        `${name} is not a setting${suggest(
          name,
          SETTINGS.flatMap((one) => one.env ?? []),
        )}`,
      )
  }
  for (const [path, value] of Object.entries(options.flags ?? {})) {
    const setting = SETTINGS.find((one) => one.path === path)
    if (!setting?.flag) throw new Error(`no setting ${path} can be given as a flag`)
    if (value !== undefined) give(setting, String(value), 'flag', setting.flag)
  }

  if (options.upstreams && options.upstreams.length > 0) {
    tree.upstreams = [...(Array.isArray(tree.upstreams) ? tree.upstreams : []), ...options.upstreams]
    sources.set('upstreams', 'flag')
  }

  const parsed = schema.safeParse(tree, { error: schemaWords })
  if (parsed.success) problems.push(...refusals(parsed.data))
  else problems.push(...parsed.error.issues.flatMap(explain))
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems)
  for (const setting of SETTINGS) if (!sources.has(setting.path)) sources.set(setting.path, 'default')
  return { config: parsed.data, sources, file }
}

function readFile(file: string, problems: string[]): Tree {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError([`${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`])
  }
  const document = parseDocument(text, { uniqueKeys: true })
  problems.push(...document.errors.map((error) => `${file}: ${error.message.split('\n')[0]?.replace(/:$/, '')}`))
  const value: unknown = document.errors.length > 0 ? {} : (document.toJS({ maxAliasCount: 20 }) ?? {})
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Tree
  problems.push(`${file} must hold settings as "name: value" lines`)
  return {}
}

const dig = (tree: Tree, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? (at as Tree)[key] : undefined), tree)

function put(tree: Tree, path: string, value: unknown): void {
  const keys = path.split('.')
  const last = keys.pop() ?? ''
  let at = tree
  for (const key of keys) {
    const next = at[key]
    if (typeof next !== 'object' || next === null) at[key] = {}
    at = at[key] as Tree
  }
  at[last] = value
}

function parse(setting: Setting, text: string): unknown {
  if (setting.type === 'number') return text.trim() === '' || Number.isNaN(Number(text)) ? undefined : Number(text)
  if (setting.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined
  return text
}

/** One sentence per problem. The value itself is not repeated: it may be a secret in the wrong place. */
function explain(issue: z.core.$ZodIssue): string[] {
  const path = issue.path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '')
  if (issue.code !== 'unrecognized_keys') return [`${path}: ${issue.message}`]
  const parent = path.replace(/\[\d+\]/g, '[]')
  const siblings = SETTINGS.flatMap((one) => {
    if (parent === '') return one.path.split(/[.[]/, 1)
    return one.path.startsWith(`${parent}.`) ? one.path.slice(parent.length + 1).split(/[.[]/, 1) : []
  })
  return issue.keys.map((key) => `${path === '' ? '' : `${path}.`}${key} is not a setting${suggest(key, siblings)}`)
}

const suggest = (wrong: string, right: readonly string[]): string => {
  const best = nearest(wrong, right)
  return best === undefined ? '; `sallyport config` lists all settings' : `; did you mean ${best}?`
}
