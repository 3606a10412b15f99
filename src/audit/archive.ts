// The lossless export: JSON lines in which every event is its exact text, with the leaf hashes of each tile before its
// events and all checkpoints in front. Together with a public key that is all a verifier needs.
//   {"sallyport":"audit-export", …head}   {"sallyport":"tile", …}   event … event   {"sallyport":"tile", …} …   {"sallyport":"end"}
import { Fault } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import { HASH_BYTES, packFrontier, TILE, unpackFrontier } from './merkle.ts'
import { createProver } from './proof.ts'
import { type Row, readCheckpoints, readHead, readTileRows } from './queries.ts'
import { createShownCheck } from './shown.ts'
import { createVerifier, type Report, type VerifyHead, type VerifyOptions } from './verify.ts'

export interface ArchiveOptions {
  readonly origin: string
  /** First and last position wanted; rounded to tiles downwards and to the size of the tree. */
  readonly from?: number
  readonly to?: number
  /** Signs the tree as it is, and says over how many events, if it can: what comes in after that no checkpoint covers yet, and is left out. */
  readonly sign?: () => Promise<number | undefined>
}

interface ArchiveTile {
  readonly position: number
  readonly hashes: readonly Buffer[]
  /** As they lie in the database, a row for several events. */
  readonly rows: readonly Row[]
  /** Undefined where retention has deleted the bodies. */
  readonly bodies: readonly string[] | undefined
}

/** Retention that comes before every reading is more than retention. */
const ATTEMPTS = 5

/** What is to be proven, from the database: the head, then tile after tile. */
async function openArchive(store: Store, { origin, from = 0, to, sign }: ArchiveOptions) {
  const { floor, indexed } = await readHead(store.db) // first: what retention deletes after this is told below
  const signed = await sign?.()
  const { size: all } = await readHead(store.db)
  const size = Math.min(to ?? all, signed ?? all, all)
  const first = Math.min(from, size) - (Math.min(from, size) % TILE)
  const prover = createProver(store.db)
  const notes = (await readCheckpoints(store.db)).filter(
    (checkpoint) => checkpoint.size <= size && checkpoint.size >= first,
  )
  const head: VerifyHead = {
    origin,
    from: first,
    size,
    frontier: await prover.frontierAt(first),
    checkpoints: notes.map(({ note }) => note),
  }
  async function* tiles(): AsyncGenerator<ArchiveTile> {
    for (let position = first; position < size; position += TILE) {
      const hashes = await prover.tile(position / TILE, size)
      const rows = await readTileRows(store.db, position / TILE, size)
      const stored = rows.flatMap(({ body }) => body.split('\n'))
      // It may end in the middle of a row; the end of the log is the end of one.
      const bodies = size < all ? stored.slice(0, hashes.length) : stored
      // What came before has been read as if it stayed; after it, nothing can be told from what was taken out.
      if (bodies.length === 0 && position >= floor && position < (await readHead(store.db)).floor)
        throw new Fault('not_possible', {
          detail: 'Events whose time was over were deleted while they were read. Begin again.',
        })
      yield { position, hashes, rows, bodies: bodies.length === 0 && position < floor ? undefined : bodies }
    }
  }
  return { head, tiles, indexed }
}

/** The archive as lines, each with its newline. */
export async function* writeArchive(store: Store, options: ArchiveOptions): AsyncGenerator<string> {
  const { head, tiles } = await openArchive(store, options)
  const frontier = Buffer.from(packFrontier(head.frontier)).toString('base64')
  yield `${JSON.stringify({ sallyport: 'audit-export', version: 1, ...head, frontier })}\n`
  for await (const { position, hashes, bodies } of tiles()) {
    const tile = { sallyport: 'tile', position, hashes: Buffer.concat([...hashes]).toString('base64'), pruned: !bodies }
    yield `${JSON.stringify(tile)}\n`
    if (bodies) yield bodies.map((body) => `${body}\n`).join('')
  }
  yield `${JSON.stringify({ sallyport: 'end', size: head.size })}\n`
}

/**
 * Verifies the database itself: from the beginning again if retention deletes what is being read, as nothing less tells that
 * from what somebody else took out.
 * @throws Fault `not_possible` if retention does so every time
 */
export async function verifyStore(store: Store, options: ArchiveOptions, check: VerifyOptions): Promise<Report> {
  for (let attempt = 1; ; attempt++)
    try {
      const { head, tiles, indexed } = await openArchive(store, options)
      const verifier = createVerifier(head, check)
      const shown = createShownCheck(store, { from: head.from, size: head.size, indexed })
      for await (const tile of tiles()) {
        verifier.tile(tile.hashes, tile.bodies)
        await shown.tile(tile)
      }
      return verifier.finish(await shown.finish())
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof Fault) || error.code !== 'not_possible') throw error
    }
}

/** Characters of one line, more than any event has: who sends a line that does not end fills no memory. */
export const LONGEST_LINE = 4_194_304
/** Events under one tile, with as many that do not belong there: what is more is no export of ours. */
const MOST_BODIES = 2 * TILE

/**
 * Verifies an archive line by line; it may have been made by anybody. Lines come from whoever reads them no longer than
 * `LONGEST_LINE`.
 * @throws Error if it is not an archive at all
 */
export async function verifyArchive(lines: AsyncIterable<string>, check: VerifyOptions): Promise<Report> {
  let head: VerifyHead | undefined
  let verifier: ReturnType<typeof createVerifier> | undefined
  let tile: { hashes: Buffer[]; pruned: boolean } | undefined
  let bodies: string[] = []
  const flush = () => {
    if (tile) verifier?.tile(tile.hashes, tile.pruned && bodies.length === 0 ? undefined : bodies)
    tile = undefined
    bodies = []
  }
  for await (const line of lines) {
    if (line === '') continue
    if (!line.startsWith('{"sallyport":')) {
      if (bodies.push(line) > MOST_BODIES) throw new Error('not an audit export: more events than a tile holds')
      continue
    }
    const record = readRecord(line)
    if (!verifier) {
      head = readHeadLine(record)
      verifier = createVerifier(head, check)
    } else if (record.sallyport === 'audit-export') throw new Error('not an audit export: it begins twice')
    else if (record.sallyport === 'tile') {
      flush()
      tile = { hashes: splitHashes(String(record.hashes)), pruned: record.pruned === true }
    } else if (record.sallyport !== 'end')
      throw new Error('not an audit export: a line of it is neither an event nor a part of one') // no hash covers it
  }
  if (!verifier) throw new Error('not an audit export')
  flush()
  return verifier.finish()
}

function readRecord(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    throw new Error('not an audit export: a line of it is no JSON')
  }
}

function readHeadLine(record: Record<string, unknown>): VerifyHead {
  const { sallyport, version, origin, from, size, frontier, checkpoints } = record
  if (sallyport !== 'audit-export' || version !== 1) throw new Error('not an audit export of a known version')
  const isPosition = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0
  if (typeof origin !== 'string' || !isPosition(from) || !isPosition(size) || (from as number) > (size as number))
    throw new Error('not an audit export')
  return {
    origin,
    from: from as number,
    size: size as number,
    frontier: unpackFrontier(from as number, Buffer.from(String(frontier), 'base64')),
    checkpoints: Array.isArray(checkpoints) ? checkpoints.map(String) : [],
  }
}

function splitHashes(encoded: string): Buffer[] {
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.length > TILE * HASH_BYTES) throw new Error('not an audit export: a tile is larger than one')
  const hashes: Buffer[] = []
  for (let at = 0; at + HASH_BYTES <= bytes.length; at += HASH_BYTES) hashes.push(bytes.subarray(at, at + HASH_BYTES))
  return hashes
}
