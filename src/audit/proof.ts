// Proofs out of the database (RFC 9162 sections 2.1.3.1 and 2.1.4.1): from the hashes of tiles, without reading more events
// than those of one unfinished tile. Bodies that retention has deleted are not needed.
import type { Db } from '../store/index.ts'
import { type Frontier, leafHash, rootOver, splitPoint, TILE } from './merkle.ts'
import { readEvents, readTileHashes, readTileRoots } from './queries.ts'

export interface Prover {
  /** The root of the tree when it had `size` leaves. */
  rootAt(size: number): Promise<Buffer>
  leafAt(position: number, size: number): Promise<Buffer>
  inclusion(position: number, size: number): Promise<Buffer[]>
  consistency(oldSize: number, size: number): Promise<Buffer[]>
  /** Roots of the perfect subtrees of the tree of that size, largest first. */
  frontierAt(size: number): Promise<Frontier>
  /** Leaf hashes of the tile, as far as the tree of that size reaches into it. */
  tile(tile: number, size: number): Promise<Buffer[]>
}

/** Leaf hashes of a tile: as stored when it is full, else from its events. */
async function leavesOf(db: Db, tile: number): Promise<Buffer[]> {
  const stored = await readTileHashes(db, tile)
  if (stored.length > 0) return stored
  return (await readEvents(db, tile * TILE, (tile + 1) * TILE)).map(({ body }) => leafHash(body))
}

export function createProver(db: Db): Prover {
  /** The root over the leaves from `from` to `to`, where `from` begins a perfect subtree at least as large. */
  const rootOf = async (from: number, to: number): Promise<Buffer> => {
    const first = Math.floor(from / TILE)
    if (to <= (first + 1) * TILE)
      return rootOver((await leavesOf(db, first)).slice(from - first * TILE, to - first * TILE))
    const roots = await readTileRoots(db, first, Math.floor(to / TILE))
    if (to % TILE !== 0) roots.push(rootOver((await leavesOf(db, Math.floor(to / TILE))).slice(0, to % TILE)))
    return rootOver(roots) // 256 is a power of two: the tree over tiles is the top of the tree over leaves
  }

  const path = async (position: number, from: number, to: number): Promise<Buffer[]> => {
    if (to - from === 1) return []
    const middle = from + splitPoint(to - from)
    return position < middle
      ? [...(await path(position, from, middle)), await rootOf(middle, to)]
      : [...(await path(position, middle, to)), await rootOf(from, middle)]
  }

  /** SUBPROOF(old, D[from:to], whole) */
  const subproof = async (old: number, from: number, to: number, whole: boolean): Promise<Buffer[]> => {
    if (old === to) return whole ? [] : [await rootOf(from, to)]
    const middle = from + splitPoint(to - from)
    return old <= middle
      ? [...(await subproof(old, from, middle, whole)), await rootOf(middle, to)]
      : [...(await subproof(old, middle, to, false)), await rootOf(from, middle)]
  }

  return {
    rootAt: (size) => rootOf(0, size),
    async leafAt(position, size) {
      if (position < 0 || position >= size) throw new RangeError('no such leaf')
      return (await leavesOf(db, Math.floor(position / TILE)))[position % TILE] as Buffer
    },
    async inclusion(position, size) {
      if (position < 0 || position >= size) throw new RangeError('no such leaf')
      return path(position, 0, size)
    },
    async consistency(oldSize, size) {
      if (oldSize < 0 || oldSize > size) throw new RangeError('the old tree is larger than the new one')
      return oldSize === 0 ? [] : subproof(oldSize, 0, size, true)
    },
    async frontierAt(size) {
      const hashes: Buffer[] = []
      let from = 0
      for (let width = 2 ** 53; width >= 1; width /= 2) {
        if (size - from < width) continue
        hashes.push(await rootOf(from, from + width))
        from += width
      }
      return { size, hashes }
    },
    tile: async (tile, size) => (await leavesOf(db, tile)).slice(0, size - tile * TILE),
  }
}

/** c2sp.org/tlog-proof: an inclusion proof that carries its checkpoint, checkable without the log. */
export const printProof = (position: number, path: readonly Buffer[], checkpoint: string): string =>
  `c2sp.org/tlog-proof@v1\nindex ${position}\n${path.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${checkpoint}`

export interface InclusionProof {
  readonly position: number
  readonly path: readonly Buffer[]
  readonly checkpoint: string
}

/** @throws Error if it is not such a proof */
export function parseProof(text: string): InclusionProof {
  const match =
    /^c2sp\.org\/tlog-proof@v1\n(?:extra [^\n]*\n)?index (0|[1-9][0-9]{0,15})\n((?:[A-Za-z0-9+/]{43}=\n)*)\n([\s\S]+)$/.exec(
      text,
    )
  if (!match) throw new Error('not a tlog-proof')
  const path = (match[2] as string).split('\n').slice(0, -1)
  return {
    position: Number(match[1]),
    path: path.map((line) => Buffer.from(line, 'base64')),
    checkpoint: match[3] as string,
  }
}
