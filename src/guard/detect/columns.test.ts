import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foundInPieces } from '../../../test/generators/cuts.ts'
import { detect } from '../detector.ts'
import { createDetectors } from '../detectors.ts'
import { createColumnDetector } from './columns.ts'

const columns = createColumnDetector()
const seen = (text: string) =>
  detect(columns, text).map((f) => `${f.class.split('/')[1]}:${text.slice(f.start, f.end)}`)

describe('values by the heading of their column', () => {
  test.each([
    [
      'id;nachname;geburtsdatum;telefon;plz\n1;Hinrichsen;1977-03-09;04651 889120;25980\n',
      ['person:Hinrichsen', 'birth-date:1977-03-09', 'phone:04651 889120', 'postcode:25980'],
    ],
    [
      'patient_id,fullName,dob,ssn\nP10021,"Whitcombe, Earl",05/17/1948,411832210',
      ['customer-id:P10021', 'birth-date:05/17/1948', 'national-id:411832210'],
    ],
    [
      '| Name | Date of birth | Mobile |\n|---|---|---|\n| Jo Ng | 2 May 1980 | 0912345678 |\n\n| a | b | c |\n',
      ['person:Jo Ng', 'birth-date:2 May 1980', 'phone:0912345678'],
    ],
    [
      "INSERT INTO p (id, `birth_date`, phone) VALUES (1, '1962-07-30', '89123456789'),\n (2,'1961-01-02', NULL); SELECT 1",
      ['birth-date:1962-07-30', 'phone:89123456789', 'birth-date:1961-01-02'],
    ],
    // A sign that nobody quoted.
    [
      'name,dob,city\nA B,3/4/1990,Kassel, Hesse\nC D,4/5/1991,Hull\n',
      ['person:A B', 'birth-date:3/4/1990', 'person:C D', 'birth-date:4/5/1991'],
    ],
    ['name\temail\nFolke\tf@x.de\nMechthild\tm@x.de\n', ['person:Folke', 'person:Mechthild']],
  ])('%j', (text, wanted) => {
    expect(seen(text)).toEqual(wanted)
  })

  test.each([
    'name,price,quantity\nBlue Widget,1999,300\n',
    'date,open,high\n2024-03-01,101.25,103.40\n',
    'Please send name, phone and email.\nThen call 4477, 1234567 now, thanks.\n',
    'CREATE TABLE p (dob DATE, phone TEXT);\nSELECT 1, 1962, 3;\n',
    'dob,phone\n\n1962-07-30,1234567\n',
    'dob,phone,city,x\na, b\n1962-07-30,1234567,c,d\n',
    'phone,version\nnone,1.2.3\n',
  ])('leaves alone %j', (text) => {
    expect(seen(text)).toEqual([])
  })

  test('the guard looks for them', () => {
    expect(createDetectors({ names: false }).map(({ name }) => name)).toContain('columns')
  })

  test('a stream finds what the whole text gives, and nothing before what it has settled', () => {
    const part = fc.constantFrom(
      'dob,phone\n',
      'name;email;dob\n',
      '| Phone | DOB |\n',
      'INSERT INTO t (dob, phone) VALUES (',
      "'",
      '"',
      ',',
      ';',
      '|',
      ')',
      '(',
      '\n',
      '1990-01-02',
      '5551234567',
      'Jo Ng',
      ' ',
      'x'.repeat(130),
      'y'.repeat(500),
    )
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 30 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        (parts, sizes) => {
          const text = parts.join('')
          foundInPieces(columns, text, sizes)
        },
      ),
      { seed: 5, numRuns: 400 },
    )
  })

  test.each(['VALUES ', 'dob,phone\n', 'name;dob\n1;', '(dob)values('])(
    'a quarter of a megabyte of %j does not stall',
    (unit) => {
      const started = process.cpuUsage()
      detect(columns, unit.repeat(Math.ceil(250_000 / unit.length)))
      expect(process.cpuUsage(started).user / 1e6).toBeLessThan(2)
    },
  )
})
