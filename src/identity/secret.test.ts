import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemRandom } from '../core/index.ts'
import { scanForKeys } from './scan.ts'
import { createKeyHasher, KEY_LENGTH, keyIdOf, newKeyText, randomText } from './secret.ts'

describe('key text', () => {
  it('has the stated shape and carries its id', () => {
    const { id, text } = newKeyText('spk', systemRandom)
    expect(text).toMatch(/^spk_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/)
    expect(text).toHaveLength(KEY_LENGTH)
    expect(keyIdOf(text)).toBe(id)
  })
  it('rejects every single-character typo before a look-up', () => {
    const { text } = newKeyText('spk', systemRandom)
    fc.assert(
      fc.property(fc.nat(KEY_LENGTH - 1), fc.constantFrom(...'0aZ_x9 é'), (at, letter) => {
        const typo = text.slice(0, at) + letter + text.slice(at + 1)
        return typo === text || keyIdOf(typo) === undefined
      }),
      { seed: 11, numRuns: 500 },
    )
  })
  it('draws every character equally often', () => {
    const counts = new Map<string, number>()
    for (const letter of randomText(systemRandom, 62_000)) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    expect(counts.size).toBe(62)
    // 1000 expected each; six standard deviations.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(190)
  })
  it('hashes under the pepper of a version, and refuses a short or missing pepper', () => {
    const values = new Map([
      [1, randomBytes(32)],
      [2, randomBytes(32)],
    ])
    const hasher = createKeyHasher({ current: 2, values })
    expect(hasher.hash('x', 1)).not.toEqual(hasher.hash('x', 2))
    expect(hasher.hash('x', 3)).toBeUndefined()
    expect(() => createKeyHasher({ current: 3, values })).toThrow()
    expect(() => createKeyHasher({ current: 1, values: new Map([[1, randomBytes(16)]]) })).toThrow()
  })
})

describe('leak scan', () => {
  it('finds keys with their line and ignores lookalikes', () => {
    const first = newKeyText('spk', systemRandom)
    const second = newKeyText('sps', systemRandom)
    const fake = `spk_${'a'.repeat(12)}_${'b'.repeat(49)}`
    const text = `# config\nkey=${first.text}\n${fake}\n\n"${second.text}",`
    expect(scanForKeys(text)).toEqual([
      { prefix: 'spk', id: first.id, offset: 13, line: 2 },
      { prefix: 'sps', id: second.id, offset: text.indexOf(second.text), line: 5 },
    ])
  })
})
