// The tree against the published test vectors of RFC 6962/9162 logs, and every proof for every small size against the
// recursive definitions of the RFC, written here a second time without any of the code under test.
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import {
  emptyFrontier,
  leafHash,
  packFrontier,
  push,
  rootOf,
  rootOver,
  unpackFrontier,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'

// certificate-transparency, merkletree/merkle_tree_test: leaves and the root after each of them.
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]
const leaves = LEAVES.map((hex) => leafHash(Buffer.from(hex, 'hex').toString('latin1')))

const sha = (...parts: Uint8Array[]) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
const split = (n: number) => 2 ** Math.floor(Math.log2(n - 1))
const mth = (d: Buffer[]): Buffer =>
  d.length === 0
    ? sha()
    : d.length === 1
      ? (d[0] as Buffer)
      : sha(Buffer.from([1]), mth(d.slice(0, split(d.length))), mth(d.slice(split(d.length))))
const path = (m: number, d: Buffer[]): Buffer[] => {
  if (d.length === 1) return []
  const k = split(d.length)
  return m < k ? [...path(m, d.slice(0, k)), mth(d.slice(k))] : [...path(m - k, d.slice(k)), mth(d.slice(0, k))]
}
const subproof = (m: number, d: Buffer[], whole: boolean): Buffer[] => {
  if (m === d.length) return whole ? [] : [mth(d)]
  const k = split(d.length)
  return m <= k
    ? [...subproof(m, d.slice(0, k), whole), mth(d.slice(k))]
    : [...subproof(m - k, d.slice(k), false), mth(d.slice(0, k))]
}
const made = (n: number) => Array.from({ length: n }, (_, i) => leafHash(`entry ${i}`))

it('has the published roots', () => {
  const tree = emptyFrontier()
  expect(rootOf(tree).toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  leaves.forEach((leaf, i) => {
    push(tree, leaf)
    expect(rootOf(tree).toString('hex')).toBe(ROOTS[i])
    expect(rootOf(unpackFrontier(tree.size, packFrontier(tree))).toString('hex')).toBe(ROOTS[i])
  })
})

it('accepts the published inclusion and consistency proofs', () => {
  const hex = (...list: string[]) => list.map((text) => Buffer.from(text, 'hex'))
  const root = (n: number) => Buffer.from(ROOTS[n - 1] as string, 'hex')
  const proof = hex(
    '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
  )
  expect(verifyInclusion(0, 8, leaves[0] as Buffer, proof, root(8))).toBe(true)
  const consistency = hex(
    '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
  )
  expect(verifyConsistency(1, root(1), 8, root(8), consistency)).toBe(true)
})

it('accepts every true proof up to 70 leaves and none that was changed', () => {
  const all = made(70)
  for (let size = 1; size <= 70; size++) {
    const d = all.slice(0, size)
    const root = mth(d)
    expect(rootOver(d).equals(root)).toBe(true)
    for (let m = 0; m < size; m++) {
      const proof = path(m, d)
      const leaf = d[m] as Buffer
      expect(verifyInclusion(m, size, leaf, proof, root)).toBe(true)
      expect(verifyInclusion(m, size, all[(m + 1) % 70] as Buffer, proof, root)).toBe(false)
      expect(verifyInclusion(m, size, leaf, [...proof, root], root)).toBe(false)
      if (proof.length > 0) expect(verifyInclusion(m, size, leaf, proof.slice(1), root)).toBe(false)
      if (size > 1) expect(verifyInclusion((m + 1) % size, size, leaf, proof, root)).toBe(false)
      const older = mth(all.slice(0, m + 1))
      const consistency = subproof(m + 1, d, true)
      expect(verifyConsistency(m + 1, older, size, root, consistency)).toBe(true)
      expect(verifyConsistency(m + 1, all[m] as Buffer, size, root, consistency)).toBe(
        m === 0 && size === 1 ? true : m === 0,
      )
      if (m + 1 < size) {
        expect(verifyConsistency(m + 1, older, size, older, consistency)).toBe(false)
        expect(verifyConsistency(m + 1, older, size, root, [...consistency, root])).toBe(false)
      }
    }
  }
})

it('refuses a frontier that does not fit its size', () => {
  expect(() => unpackFrontier(3, new Uint8Array(32))).toThrow()
})
