// Looks for keys that leaked into files: by shape and checksum, so that what is found is a key.

import { createReadStream } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { counted } from '../core/index.ts'
import { KEY_LENGTH, scanForKeys } from '../identity/index.ts'
import type { Command } from './command.ts'
import { EXIT, Failure } from './failure.ts'
import { printRows, red } from './io.ts'

const SKIPPED = new Set(['node_modules', '.git'])
/** A key cut in two by the end of a block is found in the overlap. */
const BLOCK = 1 << 20
const OVERLAP = 128
const REPORTED_AT_ONCE = 100

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

async function scanFile(file: string, keys: Set<string>): Promise<Found[]> {
  const found = new Map<string, Found>()
  let rest = ''
  let line = 1
  for await (const block of createReadStream(file, { encoding: 'latin1', highWaterMark: BLOCK })) {
    const text = rest + (block as string)
    for (const key of scanForKeys(text)) {
      const at = line + key.line - 1
      keys.add(text.slice(key.offset, key.offset + KEY_LENGTH))
      found.set(`${at} ${key.id}`, { file, line: at, id: key.id, prefix: key.prefix })
    }
    const cut = Math.max(0, text.length - OVERLAP)
    for (let i = 0; i < cut; i++) if (text.charCodeAt(i) === 10) line++
    rest = text.slice(cut)
  }
  return [...found.values()]
}

export const scan: Command = async (input) => {
  const { args, flags, io } = input
  const keys = new Set<string>()
  const found: Found[] = []
  let files = 0
  for (const path of args)
    for await (const file of filesUnder(path)) {
      files++
      found.push(...(await scanFile(file, keys)))
    }
  printRows(io, found, [{ field: 'file' }, { field: 'line' }, { field: 'id', title: 'key' }], {
    json: flags.json as string,
  })
  if (found.length === 0) {
    io.say(`No keys in ${counted(files, 'file')}.`)
    return EXIT.ok
  }
  io.say(`${red(io, `${found.length} leaked`)} in ${counted(files, 'file')}.`)
  if (flags.report) {
    const client = await input.client()
    const all = [...keys]
    for (let from = 0; from < all.length; from += REPORTED_AT_ONCE) {
      const { revoked } = await client.call('keys.report', { body: { keys: all.slice(from, from + REPORTED_AT_ONCE) } })
      for (const id of revoked) io.say(`${red(io, 'revoked')}  ${id}`)
    }
  } else io.say('Revoke each:  sallyport key revoke <key> --reason leaked, or all at once with --report')
  return EXIT.failed
}
