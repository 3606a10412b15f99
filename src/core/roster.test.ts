// A roster against a Set: whatever is added and removed in whatever order, also while it is gone through.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createRoster, NOWHERE } from './roster.ts'

const STEP = fc.record({ act: fc.constantFrom('add', 'delete'), item: fc.nat({ max: 12 }) })

it('holds what a Set holds', () => {
  fc.assert(
    fc.property(fc.array(STEP, { maxLength: 200 }), (steps) => {
      const items = Array.from({ length: 13 }, (_, name) => ({ name, slot: NOWHERE }))
      const roster = createRoster<(typeof items)[number]>()
      const set = new Set<(typeof items)[number]>()
      for (const { act, item: at } of steps) {
        const item = items[at] as (typeof items)[number]
        if (act === 'delete') {
          roster.delete(item)
          set.delete(item)
        } else if (!set.has(item)) {
          roster.add(item)
          set.add(item)
        }
        expect(roster.size).toBe(set.size)
        expect(items.filter((one) => roster.has(one))).toEqual(items.filter((one) => set.has(one)))
        expect(new Set(roster)).toEqual(set)
      }
    }),
  )
})

it('does not visit what was removed meanwhile, and every other one once', () => {
  const items = Array.from({ length: 10 }, (_, name) => ({ name, slot: NOWHERE }))
  const roster = createRoster<(typeof items)[number]>()
  for (const item of items) roster.add(item)
  const seen: number[] = []
  for (const item of roster) {
    seen.push(item.name)
    roster.delete(item)
    const after = items[item.name + 1]
    if (after && item.name % 3 === 0) roster.delete(after)
  }
  expect(seen).toEqual([0, 2, 3, 5, 6, 8, 9])
  expect(roster.size).toBe(0)
})

it('is two lists for two rosters: an item of one is not in the other', () => {
  const [one, other] = [createRoster<{ slot: number }>(), createRoster<{ slot: number }>()]
  const item = { slot: NOWHERE }
  one.add(item)
  other.delete(item)
  expect([one.has(item), other.has(item)]).toEqual([true, false])
})
