// Regions come out the same however early it is said what is settled, and an answer of findings that all hang together is
// put in order once, not with every piece.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Finding } from '../core/index.ts'
import { createRegions, type Region } from './regions.ts'

interface Out {
  readonly text: string
  readonly findings?: readonly Finding[]
}

function collect() {
  const out: Out[] = []
  const sink = {
    clear(text: string) {
      const last = out.at(-1)
      if (last !== undefined && last.findings === undefined) out[out.length - 1] = { text: last.text + text }
      else out.push({ text })
    },
    region: ({ text, findings }: Region) => void out.push({ text, findings }),
  }
  return { out, sink }
}

const TEXT = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const findings = fc.array(
  fc
    .record({ start: fc.nat(TEXT.length - 1), size: fc.integer({ min: 1, max: 12 }), class: fc.constantFrom('a', 'b') })
    .map(({ start, size, class: name }): Finding => {
      return { class: name, start, end: Math.min(TEXT.length, start + size), confidence: 50 + size }
    }),
  { maxLength: 40 },
)

test('what is settled bit by bit comes out as what is settled at once', () => {
  fc.assert(
    fc.property(
      findings,
      fc.array(fc.nat(TEXT.length), { maxLength: 20 }),
      fc.infiniteStream(fc.nat(3)),
      (all, stops, late) => {
        const whole = collect()
        const once = createRegions()
        once.take(TEXT)
        for (const finding of all) once.add(finding)
        once.release(TEXT.length, whole.sink, undefined)

        const steps = collect()
        const slow = createRegions()
        let told = 0
        let rest = [...all]
        for (const safe of [...stops.sort((a, b) => a - b), TEXT.length]) {
          slow.take(TEXT.slice(told, TEXT.length))
          told = TEXT.length
          // A finding is told before what is settled reaches it, some long before.
          const due = rest.filter(({ start }) => start < safe || late.next().value === 0)
          rest = rest.filter((finding) => !due.includes(finding))
          for (const finding of due) slow.add(finding)
          slow.release(safe, steps.sink, undefined)
        }
        expect(steps.out).toEqual(whole.out)
        expect(steps.out.map(({ text }) => text).join('')).toBe(TEXT)
        expect(slow.held()).toBe(0)
      },
    ),
    { numRuns: 2000, seed: 20261201 },
  )
})

test('findings that hang together to the end are not looked at again with every piece', () => {
  const regions = createRegions()
  const { out, sink } = collect()
  const size = 2000
  let looked = 0
  for (let i = 0; i < size; i++) {
    regions.take('xx')
    const finding = { class: 'a', end: i + 2, confidence: 80 }
    const start = i
    regions.add(
      Object.defineProperty(finding, 'start', {
        enumerable: true,
        get() {
          looked++
          return start
        },
      }) as unknown as Finding,
    )
    regions.release(i + 1, sink, undefined)
  }
  expect(out).toEqual([])
  regions.release(2 * size, sink, undefined)
  expect(out).toHaveLength(2)
  expect(looked).toBeLessThan(20 * size)
})
