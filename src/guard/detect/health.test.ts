import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foundInPieces } from '../../../test/generators/cuts.ts'
import { growth, LINEAR } from '../../../test/generators/growth.ts'
import { detect } from '../detector.ts'
import { createDetectors } from '../detectors.ts'
import { createHealthDetector } from './health.ts'

const health = createHealthDetector()
const seen = (text: string) => detect(health, text).map((f) => `${f.class.split('/')[1]}:${text.slice(f.start, f.end)}`)

describe('records of hospitals', () => {
  test.each([
    [
      'MSH|^~\\&|LAB|KH\rPID|1||4711882^^^KH^MR~99120^^^X||Roth^Ada^M^^Dr.||19740312|F|||Lerchenstieg 4^^Kassel^^34117||0561 882 119\r',
      [
        'customer-id:4711882',
        'customer-id:99120',
        'person:Roth',
        'person:Ada',
        'birth-date:19740312',
        'address:Lerchenstieg 4',
        'postcode:34117',
        'phone:0561 882 119',
      ],
    ],
    ['NK1|1|Ng^Jo|SPO\nPV1||I||||||1234^Weiss^Karl', ['person:Ng', 'person:Jo', 'person:Weiss', 'person:Karl']],
    [
      '{"resourceType": "Patient", "name": [{"family": "Roth", "given": ["Ada", "Maria"]}], "address": [{"line": ["Lerchenstieg 4"]}]}',
      ['person:Roth', 'person:Ada', 'person:Maria', 'address:Lerchenstieg 4'],
    ],
  ])('%j', (text, wanted) => {
    expect(seen(text)).toEqual(wanted)
  })

  test.each([
    '{"family": "Arial", "size": 3}',
    '{"given": "a user", "line": "12"}',
    'a PID|1||4711882^^^KH||Roth^Ada',
    'PIDS|1||4711882\nPID 1 ||4711882',
    'OBX|1|NM|8867-4^heart rate||72|/min',
  ])('leaves alone %j', (text) => {
    expect(seen(text)).toEqual([])
  })

  test('the guard looks for them', () => {
    expect(createDetectors({ names: false }).map(({ name }) => name)).toContain('health')
  })

  test('a stream finds what the whole text gives, and nothing before what it has settled', () => {
    const part = fc.constantFrom(
      ...['PID|', 'NK1|', '|', '^', '~', '\n', '\r', 'Roth', 'Ada', '4711882', '19740312', ' ', '"'],
      ...['"family":', '"given": [', '"line":["', '"use"', ', ', ']', 'Lerchenstieg 4', '"Ada"'],
    )
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 40 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        (parts, sizes) => {
          foundInPieces(health, parts.join(''), sizes)
        },
      ),
      { numRuns: 300, seed: 20261201 },
    )
  })

  test.each(['PID|', 'PID|1||a^', '"given":["A",', '"line":', '\nPID|1||1~'])(
    'work on %j grows with the text, not faster',
    (unit) => {
      expect(growth(unit, (text) => detect(health, text))).toBeLessThan(LINEAR)
    },
  )
})
