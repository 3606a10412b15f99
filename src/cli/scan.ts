// Looks for keys that leaked into files: by shape and checksum, so that what is found is a key.
import { createReadStream } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { scanForKeys } from '../identity/index.ts'
import type { Command } from './command.ts'
import { EXIT, Failure } from './failure.ts'
import { printRows, red } from './io.ts'

const SKIPPED = new Set(['node_modules', '.git'])
/** A key cut in two by the end of a block is found in the overlap. */
const BLOCK = 1 << 20
const OVERLAP = 128

async function* filesUnder(path: string): AsyncGenerator<string> {
  const stat = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(`${path} cannot be read`, { why: error.code })
  })
  if (stat.isFile()) yield path
  if (!stat.isDirectory()) return // links are not followed: they may lead anywhere
  for (const entry of await readdir(path)) if (!SKIPPED.has(entry)) yield* filesUnder(join(path, entry))
}

interface Found {
  readonly [field: string]: unknown
  readonly file: string
  readonly line: number
  readonly id: string
}

async function scanFile(file: string): Promise<Found[]> {
  const found = new Map<string, Found>()
  let rest = ''
  let line = 1
  for await (const block of createReadStream(file, { encoding: 'latin1', highWaterMark: BLOCK })) {
    const text = rest + (block as string)
    for (const key of scanForKeys(text)) {
      const at = line + key.line - 1
      found.set(`${at} ${key.id}`, { file, line: at, id: key.id, prefix: key.prefix })
    }
    const cut = Math.max(0, text.length - OVERLAP)
    for (let i = 0; i < cut; i++) if (text.charCodeAt(i) === 10) line++
    rest = text.slice(cut)
  }
  return [...found.values()]
}

export const scan: Command = async ({ args, flags, io }) => {
  const found: Found[] = []
  let files = 0
  for (const path of args)
    for await (const file of filesUnder(path)) {
      files++
      found.push(...(await scanFile(file)))
    }
  printRows(io, found, [{ field: 'file' }, { field: 'line' }, { field: 'id', title: 'key' }], {
    json: flags.json as string,
  })
  if (found.length === 0) {
    io.say(`No keys in ${files} files.`)
    return EXIT.ok
  }
  io.say(
    `${red(io, `${found.length} leaked`)} in ${files} files. Revoke each:  sallyport key revoke <key> --reason leaked`,
  )
  return EXIT.failed
}
