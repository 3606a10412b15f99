// A bundle of rules as files: schema, rules, data classes, tests. The digest names exactly this content, on every node
// and in every audit event; it does not depend on file order or line ends.
import { createHash } from 'node:crypto'
import { open, readdir, stat } from 'node:fs/promises'
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

/** What somebody meant to be rules, classes or tests, and what would not be read as such. */
const isMeant = (path: string) =>
  /\.cedar\s*$/i.test(path) || path === 'data-classes.yml' || /^tests?\/.*\.json\s*$/i.test(path)

export const rulesOf = (sources: BundleSources) => sources.filter((file) => file.path.endsWith('.cedar'))
export const testsOf = (sources: BundleSources) => sources.filter((file) => file.path.startsWith('tests/'))
export const classesOf = (sources: BundleSources) => sources.find((file) => file.path === CLASSES_FILE)?.text

/** Reads a bundle's files in path order. Hidden entries are skipped, so that a mounted volume's bookkeeping is no rule. */
export async function loadBundle(folder: string): Promise<BundleSources> {
  const entries = await walk(folder, folder)
  const paths = entries.filter(isBundlePath).sort()
  const unread = entries.find((path) => isMeant(path) && !isBundlePath(path))
  if (unread !== undefined)
    throw new Fault('policy_invalid', {
      detail: `${shown(unread)} would not be read: rules lie in *.cedar in the folder or one folder down, classes in ${CLASSES_FILE}, tests in tests/*.json.`,
    })
  if (paths.length > MAX_FILES) throw tooMuch(`more than ${MAX_FILES} files`)
  const files: BundleFile[] = []
  let total = 0
  for (const path of paths) {
    const bytes = await readBounded(join(folder, path)).catch((cause) => {
      throw unreadable(path, cause)
    })
    total += bytes.length
    if (bytes.length > MAX_FILE_BYTES) throw tooMuch(`${path} is larger than ${MAX_FILE_BYTES} bytes`)
    if (total > MAX_BUNDLE_BYTES) throw tooMuch(`larger than ${MAX_BUNDLE_BYTES} bytes`)
    files.push({ path, text: decode(bytes, path) })
  }
  return files
}

/** A name as a sentence can hold it. */
const shown = (path: string) => (/^[\p{L}\p{N}\p{M}_./ -]*$/u.test(path) ? path : JSON.stringify(path))

const unreadable = (path: string, cause: unknown) =>
  new Fault('policy_invalid', {
    detail: `${shown(path)} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}).`,
    cause,
  })

/** At most one byte more than a file may have, whatever lies there. */
async function readBounded(path: string): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const room = new Uint8Array(MAX_FILE_BYTES + 1)
    let length = 0
    while (length < room.length) {
      const { bytesRead } = await file.read(room, length, room.length - length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return room.subarray(0, length)
  } finally {
    await file.close()
  }
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
/** Entries looked at, also those that are no part of it: a link may lead to the whole machine. */
const MAX_ENTRIES = 10_000

async function walk(root: string, folder: string, depth = 1, seen = { entries: 0 }): Promise<string[]> {
  const found: string[] = []
  const pathOf = (place: string) => relative(root, place).split(sep).join('/')
  const names = await readdir(folder).catch((cause) => {
    if (folder !== root) throw unreadable(pathOf(folder), cause)
    throw new Fault('policy_invalid', { detail: `The folder of rules cannot be read: ${folder}`, cause })
  })
  for (const name of names) {
    if (name.startsWith('.')) continue
    if (++seen.entries > MAX_ENTRIES) throw tooMuch(`more than ${MAX_ENTRIES} files and folders lie in it`)
    const place = join(folder, name)
    const path = pathOf(place)
    // stat, not the entry's own type: mounted configuration reaches its files through links.
    const info = await stat(place).catch((cause) => {
      throw unreadable(path, cause)
    })
    if (info.isDirectory()) {
      if (depth < DEPTH) found.push(...(await walk(root, place, depth + 1, seen)))
    } else if (info.isFile()) found.push(path)
    else if (isMeant(path) || isBundlePath(path))
      // A pipe or a device would be waited for, or never end.
      throw new Fault('policy_invalid', { detail: `${shown(path)} is not an ordinary file.` })
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
