// The text is read by another reader than the one that wrote it, after the rules of the exposition format; labels come
// from the worst names there are.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseExposition } from '../../test/generators/exposition.ts'
import { createRegistry, MOST_SERIES, MOST_VALUES } from './registry.ts'

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', '"', '\\', '\n', '\\n', '"} 1\nevil_total 1', '\ud800', '__proto__', 'a\0b', '#', '# HELP x y'),
)

describe('the text of metrics', () => {
  it('is valid and gives back every label and number, whatever the labels say', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(hostile, hostile, fc.double({ min: 0.001, max: 1e9, noNaN: true })), { maxLength: 30 }),
        (added) => {
          const registry = createRegistry()
          const counter = registry.counter('things_total', 'Things "with"\nbreaks and \\.', ['a', 'b'])
          const wanted = new Map<string, number>()
          for (const [a, b, by] of added) {
            counter.add([a, b], by)
            const key = JSON.stringify([a.toWellFormed(), b.toWellFormed()])
            wanted.set(key, (wanted.get(key) ?? 0) + by)
          }
          const { samples, types } = parseExposition(registry.text())
          expect(types.get('things_total')).toBe('counter')
          const got = new Map<string, number>()
          for (const { labels, value } of samples) {
            const key = JSON.stringify([labels.a, labels.b])
            got.set(key, (got.get(key) ?? 0) + value)
          }
          expect([...got.keys()].sort()).toEqual([...wanted.keys()].sort())
          for (const [key, value] of got) expect(value).toBeCloseTo(wanted.get(key) ?? 0, 3)
        },
      ),
      { seed: 41, numRuns: 300 },
    )
  })

  it('has buckets that add up, each with its bound', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { maxLength: 50 }), (values) => {
        const registry = createRegistry()
        const histogram = registry.histogram('time_seconds', 'Time.', [0.5, 1, 10], ['kind'])
        for (const value of values) histogram.observe(['x'], value)
        const { samples } = parseExposition(registry.text())
        for (const bound of [0.5, 1, 10, Number.POSITIVE_INFINITY]) {
          const le = bound === Number.POSITIVE_INFINITY ? '+Inf' : String(bound)
          const bucket = samples.find(({ name, labels }) => name === 'time_seconds_bucket' && labels.le === le)
          if (values.length > 0) expect(bucket?.value).toBe(values.filter((value) => value <= bound).length)
        }
      }),
      { seed: 42, numRuns: 200 },
    )
  })

  it('leaves out what is no number', () => {
    const registry = createRegistry()
    const histogram = registry.histogram('time_seconds', 'Time.', [1], [])
    histogram.observe([], Number.NaN)
    histogram.observe([], Number.POSITIVE_INFINITY)
    expect(parseExposition(registry.text()).samples).toEqual([])
  })

  it('is bounded: beyond a number of values and of series everything is `other`', () => {
    const registry = createRegistry()
    const one = registry.counter('one_total', 'One label.', ['model'])
    const two = registry.counter('two_total', 'Two labels.', ['a', 'b'])
    for (let i = 0; i < 5000; i++) {
      one.add([`model-${i}`])
      two.add([`a${i % 150}`, `b${i % 149}`])
    }
    const { samples } = parseExposition(registry.text())
    const of = (name: string) => samples.filter((sample) => sample.name === name)
    expect(of('one_total')).toHaveLength(MOST_VALUES + 1)
    expect(of('one_total').find(({ labels }) => labels.model === 'other')?.value).toBe(5000 - MOST_VALUES)
    expect(of('two_total').length).toBeLessThanOrEqual(MOST_SERIES + 1)
    expect(of('two_total').reduce((sum, { value }) => sum + value, 0)).toBe(5000)
  })

  it('refuses names that Prometheus would not read, and the same name twice', () => {
    const registry = createRegistry()
    expect(() => registry.counter('with-dash', 'No.')).toThrow('not a name')
    expect(() => registry.counter('good_total', 'No.', ['Bad label'])).toThrow('not a name')
    registry.counter('good_total', 'Yes.')
    expect(() => registry.counter('good_total', 'Again.')).toThrow('twice')
  })
})
