import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../core/index.ts'
import { fromHalf, readGguf } from './gguf.ts'
import { createRuntime } from './runtime.ts'

const model = readFileSync(new URL('../../../models/demo-q8.gguf', import.meta.url))
const HEAD = 60_000

function u64(value: bigint): number[] {
  return Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n))
}
const MAGIC = [0x47, 0x47, 0x55, 0x46]
const head = (tensors: bigint, metadata: bigint, version = 3) => [
  ...MAGIC,
  version,
  0,
  0,
  0,
  ...u64(tensors),
  ...u64(metadata),
]

describe('a GGUF file', () => {
  test('is read with its metadata and tensors', () => {
    const file = readGguf(model)
    expect(file.metadata.get('general.architecture')).toBe('llama')
    expect(file.values('output_norm.weight').every(Number.isFinite)).toBe(true)
  })

  test.each([
    ['nothing', []],
    ['no magic', [1, 2, 3, 4, 3, 0, 0, 0]],
    ['an old version', head(0n, 0n, 2)],
    ['absurdly many tensors', head(2n ** 63n, 0n)],
    ['absurdly many entries', head(0n, 2n ** 40n)],
    ['a key longer than the file', [...head(0n, 1n), ...u64(2n ** 62n), 65]],
    ['an array of 2^60 strings', [...head(0n, 1n), ...u64(1n), 65, 9, 0, 0, 0, 8, 0, 0, 0, ...u64(2n ** 60n)]],
    ['an array of arrays', [...head(0n, 1n), ...u64(1n), 65, 9, 0, 0, 0, 9, 0, 0, 0, ...u64(1n)]],
    ['an unknown value type', [...head(0n, 1n), ...u64(1n), 65, 77, 0, 0, 0]],
    [
      'a tensor of 2^32 × 2^32',
      [...head(1n, 0n), ...u64(1n), 65, 2, 0, 0, 0, ...u64(2n ** 32n), ...u64(2n ** 32n), 0, 0, 0, 0, ...u64(0n)],
    ],
    ['a tensor outside the file', [...head(1n, 0n), ...u64(1n), 65, 1, 0, 0, 0, ...u64(40n), 0, 0, 0, 0, ...u64(32n)]],
    ['a tensor with no dimension', [...head(1n, 0n), ...u64(1n), 65, 0, 0, 0, 0, 0, 0, 0, 0, ...u64(0n)]],
  ])('with %s is refused', (_, bytes) => {
    expect(() => readGguf(Uint8Array.from(bytes))).toThrow(Fault)
  })

  test('cut anywhere is refused, never half used', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: model.length - 1 }), (length) => {
        expect(() => readGguf(model.subarray(0, length))).toThrow(Fault)
      }),
      { seed: 11, numRuns: 150 },
    )
  })

  test('with changed bytes is a working model or a Fault, never anything else', () => {
    const change = fc.tuple(fc.integer({ min: 0, max: HEAD }), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (changes) => {
        const bytes = Uint8Array.from(model)
        for (const [at, value] of changes) bytes[at] = value
        try {
          createRuntime(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(Fault)
        }
      }),
      { seed: 12, numRuns: 60 },
    )
  })
})

test('half precision is read as IEEE 754 says', () => {
  expect([0x3c00, 0xc000, 0x0001, 0x7bff, 0x0000].map(fromHalf)).toEqual([1, -2, 2 ** -24, 65504, 0])
  expect(fromHalf(0x7c00)).toBe(Number.POSITIVE_INFINITY)
  expect(fromHalf(0x7e01)).toBeNaN()
})
