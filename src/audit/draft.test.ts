// A draft writes what the general writer does, however its facts come in, and an event keeps what was known when it was made.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type AuditEvent, type Json, type NewEvent, parseText } from '../core/index.ts'
import { canonical, inKeyOrder } from './canonical.ts'
import { createDraft, type DraftFields } from './draft.ts'

const stamp = (event: NewEvent): AuditEvent => inKeyOrder(event, 'evt_1', 1_790_000_000_000, 'n"é', 'boot_1')

it('writes what the general writer does', () => {
  const word = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\ud800', '\udc00', '10', '9', 'length', '__proto__', '\\'),
  )
  const fields = fc.record(
    {
      action: word,
      address: word,
      call: word,
      credential: word,
      decision: fc.constantFrom('allow', 'deny'),
      grant: word,
      model: word,
      policy: word,
      principal: word,
      rules: fc.array(word),
      session: word,
      subject: word,
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<DraftFields>
  const data = fc.dictionary(word, fc.oneof(fc.jsonValue({ stringUnit: 'binary' }), fc.constant(undefined)))
  const plain = fc.dictionary(fc.constantFrom('ms', 'by', 'flow', 'client', 'a', 'Z', 'é'), fc.jsonValue())
  const step = fc.record({
    fields,
    data: fc.oneof(plain, data) as fc.Arbitrary<{ [key: string]: Json }>,
    kind: word,
    reason: fc.option(word, { nil: undefined }),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), (steps) => {
      const draft = createDraft()
      const made: [AuditEvent, string][] = []
      for (const { fields, data, kind, reason } of steps) {
        draft.set(fields)
        draft.add(data)
        const event = stamp(draft.event(kind, reason))
        made.push([event, draft.write(event)])
      }
      for (const [event, text] of made) {
        expect(text).toBe(canonical(event as unknown as Json))
        expect(canonical(parseText(text))).toBe(text)
      }
    }),
    { numRuns: 300, seed: 13 },
  )
})

it('has no text for what JSON cannot express, and goes on without it', () => {
  const draft = createDraft()
  expect(() => draft.add({ a: 1, b: Number.NaN })).toThrow(RangeError)
  const event = stamp(draft.event('test.made'))
  expect(event.data).toEqual({ a: 1 })
  expect(draft.write(event)).toBe(canonical(event as unknown as Json))
})
