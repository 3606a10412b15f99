import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTextOut } from './text-out.ts'

/** Cuts a text at the given places. */
function pieces(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b)
  return [0, ...places].map((from, i) => text.slice(from, places[i] ?? text.length))
}

describe('text on its way out', () => {
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
          for (const part of pieces(text, cuts)) shown += out.push(part)
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
})
