// A bundle of rules as files: schema, rules, data classes, tests. The digest names exactly this content, on every node
// and in every audit event; it does not depend on file order or line ends.
import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import type { PolicyJson, SchemaJson } from '@cedar-policy/cedar-wasm/nodejs'
import { Fault } from '../core/index.ts'

/** One file of a bundle; `path` is relative to the bundle with forward slashes. */
export interface BundleFile {
  readonly path: string
  readonly text: string
}
export type BundleSources = readonly BundleFile[]

export interface CheckedRule {
  readonly id: string
  readonly file: string
  /** 1-based. */
  readonly line: number
  readonly text: string
  readonly json: PolicyJson
}

/** A bundle that parsed, validated and passed every check. Plain data: it crosses threads and is kept in the store. */
export interface CheckedBundle {
  readonly digest: string
  readonly sources: BundleSources
  readonly schemaText: string
  readonly schemaJson: SchemaJson<string>
  readonly rules: readonly CheckedRule[]
  readonly warnings: readonly Problem[]
}

export interface Problem {
  readonly level: 'error' | 'warning'
  readonly message: string
  readonly help?: string
  readonly file?: string
  /** 1-based. */
  readonly line?: number
  readonly column?: number
  readonly rule?: string
}

export const SCHEMA_FILE = 'schema.cedarschema'
export const CLASSES_FILE = 'data-classes.yaml'

/** Bytes of one file, bytes of a whole bundle, number of files. A bundle beyond these is refused unread. */
export const MAX_FILE_BYTES = 262_144
export const MAX_BUNDLE_BYTES = 4_194_304
export const MAX_FILES = 1000

/** One folder deep at most, and nothing that leads elsewhere: `policy pull` writes these names. */
const PLACE = /^(?:[\p{L}\p{N}_][\p{L}\p{N}\p{M}_. -]*\/)?[\p{L}\p{N}_][\p{L}\p{N}\p{M}_. -]*$/u

/** Whether a file of this name is part of a bundle. */
export const isBundlePath = (path: string) =>
  PLACE.test(path) &&
  (path === SCHEMA_FILE || path === CLASSES_FILE || path.endsWith('.cedar') || /^tests\/[^/]+\.json$/.test(path))

/** What somebody meant to be rules or classes, and what would not be read as such. */
const isMeant = (path: string) => /\.cedar$/i.test(path) || path === 'data-classes.yml'

export const rulesOf = (sources: BundleSources) => sources.filter((file) => file.path.endsWith('.cedar'))
export const testsOf = (sources: BundleSources) => sources.filter((file) => file.path.startsWith('tests/'))
export const classesOf = (sources: BundleSources) => sources.find((file) => file.path === CLASSES_FILE)?.text

/** Reads a bundle's files in path order. Hidden entries are skipped, so that a mounted volume's bookkeeping is no rule. */
export async function loadBundle(folder: string): Promise<BundleSources> {
  let entries: string[]
  try {
    entries = await walk(folder, folder)
  } catch (cause) {
    throw new Fault('policy_invalid', { detail: `The folder of rules cannot be read: ${folder}`, cause })
  }
  const paths = entries.filter(isBundlePath).sort()
  const unread = entries.find((path) => isMeant(path) && !isBundlePath(path))
  if (unread !== undefined)
    throw new Fault('policy_invalid', {
      detail: `${unread} would not be read: rules lie in *.cedar in the folder or one folder down, classes in ${CLASSES_FILE}.`,
    })
  if (paths.length > MAX_FILES) throw tooMuch(`more than ${MAX_FILES} files`)
  const files: BundleFile[] = []
  let total = 0
  for (const path of paths) {
    const bytes = await readFile(join(folder, path))
    total += bytes.length
    if (bytes.length > MAX_FILE_BYTES) throw tooMuch(`${path} is larger than ${MAX_FILE_BYTES} bytes`)
    if (total > MAX_BUNDLE_BYTES) throw tooMuch(`larger than ${MAX_BUNDLE_BYTES} bytes`)
    files.push({ path, text: decode(bytes, path) })
  }
  return files
}

const tooMuch = (what: string) => new Fault('policy_invalid', { detail: `The bundle is too large: ${what}.` })

/** Text in UTF-8 without a byte order mark and with \n: what is hashed, parsed and shown is one and the same. */
function decode(bytes: Uint8Array, path: string): string {
  try {
    return canonical(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new Fault('policy_invalid', { detail: `${path} is not UTF-8 text.`, cause })
  }
}
const canonical = (text: string) => text.replaceAll('\r\n', '\n')

/** Deeper than files are taken from, so that rules which somebody put there are missed by nobody. */
const DEPTH = 4

async function walk(root: string, folder: string, depth = 1): Promise<string[]> {
  const found: string[] = []
  for (const name of await readdir(folder)) {
    if (name.startsWith('.')) continue
    const path = join(folder, name)
    // stat, not the entry's own type: mounted configuration reaches its files through links.
    const info = await stat(path)
    if (info.isFile()) found.push(relative(root, path).split(sep).join('/'))
    else if (info.isDirectory() && depth < DEPTH) found.push(...(await walk(root, path, depth + 1)))
  }
  return found
}

/** `sha256:` + hex over every file's path, length and text, in path order. */
export function bundleDigest(sources: BundleSources): string {
  const hash = createHash('sha256').update('sallyport bundle 1\n')
  for (const { path, text } of [...sources].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const bytes = Buffer.from(canonical(text))
    hash.update(`${Buffer.byteLength(path)} ${path}\n${bytes.length}\n`).update(bytes)
  }
  return `sha256:${hash.digest('hex')}`
}
