import fc from 'fast-check'
import { expect, it } from 'vitest'
import { unitsOf } from './units.ts'

it('gives the units of any text from any place on, whatever was asked for before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ unit: 'binary', maxLength: 120 }), fc.nat(120)), { minLength: 1, maxLength: 8 }),
      (asked) => {
        for (const [text, at] of asked) {
          const units = unitsOf(text, Math.min(at, text.length))
          for (let i = Math.min(at, text.length); i < text.length; i++) expect(units[i]).toBe(text.charCodeAt(i))
        }
      },
    ),
  )
})

it('reads a text longer than its room, and lone halves of pairs', () => {
  const text = `${'a\ud83d'.repeat(40_000)}\udc00`
  const units = unitsOf(text, 0)
  expect(units[79_999]).toBe(0xd83d)
  expect(units[80_000]).toBe(0xdc00)
})

it('keeps nothing beyond the turn', async () => {
  const units = unitsOf(`a secret of ${'many '.repeat(20)}words`, 0)
  expect(units[2]).toBe('s'.charCodeAt(0))
  await Promise.resolve()
  expect(units.subarray(0, 120).every((unit) => unit === 0)).toBe(true)
})
