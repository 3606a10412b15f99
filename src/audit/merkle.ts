// The Merkle tree of RFC 9162 section 2.1: hashes, appending, and checking of proofs. Pure; knows no database.
// The two hash kinds differ in their first byte, so that no leaf can ever be passed off as a node.
import { hash as digest } from 'node:crypto'

export const HASH_BYTES = 32
/** Leaves per tile, as in C2SP tlog-tiles. */
export const TILE = 256

// Read back from text: a Buffer that the cipher library hands out has memory of its own, which costs more than the hash.
const sha256 = (data: string | Uint8Array): Buffer => Buffer.from(digest('sha256', data, 'binary'), 'binary')

/** Section 2.1.1: HASH(0x00 || entry). The entry's text is hashed as UTF-8. */
export const leafHash = (entry: string): Buffer => sha256(`\u0000${entry}`)

const pair = Buffer.alloc(1 + 2 * HASH_BYTES)
pair[0] = 1

/** HASH(0x01 || left || right) */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  pair.set(left, 1)
  pair.set(right, 1 + HASH_BYTES)
  return sha256(pair)
}

export const EMPTY_ROOT: Buffer = sha256('')

/** The perfect subtrees that make up a tree, largest first: all that is needed to append and to know the root. */
export interface Frontier {
  size: number
  readonly hashes: Buffer[]
}

export const emptyFrontier = (): Frontier => ({ size: 0, hashes: [] })

/** Appends one leaf; returns the root of the tile of 2^8 leaves if it completed one. */
export function push(tree: Frontier, leaf: Buffer): Buffer | undefined {
  let node = leaf
  let tileRoot: Buffer | undefined
  let level = 0
  for (let rest = tree.size; rest % 2 === 1; rest = (rest - 1) / 2) {
    node = nodeHash(tree.hashes.pop() as Buffer, node)
    level += 1
    if (level === 8) tileRoot = node
  }
  tree.hashes.push(node)
  tree.size += 1
  return tileRoot
}

export function rootOf(tree: Frontier): Buffer {
  let root = tree.hashes.at(-1)
  if (!root) return EMPTY_ROOT
  for (let i = tree.hashes.length - 2; i >= 0; i--) root = nodeHash(tree.hashes[i] as Buffer, root)
  return root
}

export function packFrontier(tree: Frontier): Uint8Array {
  const bytes = new Uint8Array(tree.hashes.length * HASH_BYTES) // its own memory: a pooled one is copied whole to the worker
  tree.hashes.forEach((hash, i) => {
    bytes.set(hash, i * HASH_BYTES)
  })
  return bytes
}

/** @throws Error if there are not as many hashes as a tree of that size has perfect subtrees */
export function unpackFrontier(size: number, bytes: Uint8Array): Frontier {
  let subtrees = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) subtrees += rest % 2
  if (bytes.length !== subtrees * HASH_BYTES) throw new Error('the frontier does not fit the size of the tree')
  const hashes: Buffer[] = []
  for (let at = 0; at < bytes.length; at += HASH_BYTES) hashes.push(Buffer.from(bytes.subarray(at, at + HASH_BYTES)))
  return { size, hashes }
}

/** The largest power of two smaller than `n`, for n > 1. */
export function splitPoint(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/** The root over some leaves, as a tree of their own. */
export function rootOver(hashes: readonly Buffer[]): Buffer {
  const tree = emptyFrontier()
  for (const hash of hashes) push(tree, hash)
  return rootOf(tree)
}

/** Section 2.1.3.2. True if `leaf` is at `index` of the tree of `size` leaves with that root. */
export function verifyInclusion(
  index: number,
  size: number,
  leaf: Buffer,
  path: readonly Buffer[],
  root: Buffer,
): boolean {
  if (index >= size) return false
  let fn = index
  let sn = size - 1
  let hash = leaf
  for (const sibling of path) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(sibling, hash)
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2)
        sn = Math.floor(sn / 2)
      }
    } else {
      hash = nodeHash(hash, sibling)
    }
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return sn === 0 && hash.equals(root)
}

/** Section 2.1.4.2. True if the tree of `size` leaves with root `root` begins with the tree of `oldSize` leaves. */
export function verifyConsistency(
  oldSize: number,
  oldRoot: Buffer,
  size: number,
  root: Buffer,
  path: readonly Buffer[],
): boolean {
  if (oldSize > size) return false
  if (oldSize === size) return path.length === 0 && oldRoot.equals(root)
  if (oldSize === 0) return path.length === 0 && oldRoot.equals(EMPTY_ROOT)
  const isPerfect = oldSize === 1 || splitPoint(oldSize) * 2 === oldSize
  const proof = isPerfect ? [oldRoot, ...path] : [...path]
  const first = proof.shift()
  if (!first) return false
  let fn = oldSize - 1
  let sn = size - 1
  while (fn % 2 === 1) {
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  let fr = first
  let sr = first
  for (const sibling of proof) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(sibling, fr)
      sr = nodeHash(sibling, sr)
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2)
        sn = Math.floor(sn / 2)
      }
    } else {
      sr = nodeHash(sr, sibling)
    }
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return sn === 0 && fr.equals(oldRoot) && sr.equals(root)
}
