import { expect, it } from 'vitest'
import { createRecent } from './recent.ts'

const long = (word: string) => `${word} `.repeat(20)

it('remembers by text and kind, and forgets what was unused longest', () => {
  const recent = createRecent<number>(2)
  recent.set('a', long('one'), 1)
  recent.set('a', long('two'), 2)
  expect(recent.get('a', long('one'))).toBe(1)
  expect(recent.get('b', long('one'))).toBeUndefined()
  recent.set('a', long('three'), 3)
  expect(recent.get('a', long('two'))).toBeUndefined()
  expect(recent.get('a', long('one'))).toBe(1)
})

it('does not bother with short texts', () => {
  const recent = createRecent<number>(2)
  recent.set('a', 'short', 1)
  expect(recent.get('a', 'short')).toBeUndefined()
})
