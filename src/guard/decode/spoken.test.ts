import { expect, test } from 'vitest'
import { createStructuredDetector } from '../detect/structured.ts'
import { detect } from '../detector.ts'
import { normalise } from '../normalise.ts'
import { createCodedDetector } from './coded.ts'

const coded = createCodedDetector([createStructuredDetector({})])

test.each([
  'négy egy egy egy egy egy egy egy egy egy egy egy egy egy egy egy',
  'fire en en en en en en en en en en en en en en en',
  'cinci cinci cinci cinci cinci cinci cinci cinci cinci cinci cinci cinci patru patru patru patru',
  'neljä yksi yksi yksi yksi yksi yksi yksi yksi yksi yksi yksi yksi yksi yksi yksi',
  'τέσσερα ένα ένα ένα ένα ένα ένα ένα ένα ένα ένα ένα ένα ένα ένα ένα',
  'four triple one double one double one double one double one double one double one',
  'forty one eleven eleven eleven eleven eleven eleven eleven',
])('a card said as: %s', (said) => {
  const text = normalise(`it is ${said}, thanks`)
  expect(detect(coded, text).map((f) => [f.class, text.slice(f.start, f.end)])).toContainEqual([
    'finance/card',
    normalise(said),
  ])
})

test('counting is no number of anybody', () => {
  expect(detect(coded, 'one two three four five six seven eight nine ten eleven twelve')).toEqual([])
})
