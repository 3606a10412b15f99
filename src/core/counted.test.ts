import { expect, it } from 'vitest'
import { counted } from './counted.ts'

it('says a number with its noun', () => {
  expect([0, 1, 2].map((count) => counted(count, 'key'))).toEqual(['0 keys', '1 key', '2 keys'])
  expect([1, 2].map((count) => counted(count, 'class', 'classes'))).toEqual(['1 class', '2 classes'])
})
