import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTextOut } from './text-out.ts'

const encoder = new TextEncoder()

/** Cuts bytes at the given places and pushes the pieces. */
function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? bytes.length))
}

describe('text on its way out', () => {
  test('is whole characters only, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.nat()), (text, cuts) => {
        fc.pre(text.isWellFormed())
        const out = createTextOut([])
        const parts = pieces(encoder.encode(text), cuts).map((part) => out.push(part))
        expect(parts.every((part) => part.isWellFormed())).toBe(true)
        expect(parts.join('') + out.flush()).toBe(text)
      }),
      { seed: 21 },
    )
  })

  test('ends before the first stop sequence, and shows nothing of it', () => {
    const unit = fc.constantFrom('a', 'b', 'ä')
    fc.assert(
      fc.property(
        fc.string({ unit }),
        fc.array(fc.string({ unit, minLength: 1, maxLength: 4 })),
        fc.array(fc.nat()),
        (text, stops, cuts) => {
          const out = createTextOut(stops)
          let shown = ''
          for (const part of pieces(encoder.encode(text), cuts)) shown += out.push(part)
          shown += out.flush()
          expect(text.startsWith(shown)).toBe(true)
          expect(stops.some((stop) => shown.includes(stop))).toBe(false)
          if (out.stopped === undefined) expect(shown).toBe(text)
          else expect(text.startsWith(shown + out.stopped)).toBe(true)
        },
      ),
      { seed: 22, numRuns: 500 },
    )
  })

  test('an unfinished character at the end becomes U+FFFD', () => {
    const out = createTextOut([])
    expect(out.push(Uint8Array.of(0x41, 0xe2, 0x82)) + out.flush()).toBe('A\uFFFD')
  })
})
