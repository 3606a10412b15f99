// Numbers of persons that prove themselves: published examples of their offices, with and without separators, and the same
// with one digit changed; telephone numbers of many countries, written as their people write them.
import { expect, it } from 'vitest'
import { detect } from '../detector.ts'
import { createStructuredDetector } from './structured.ts'

const detector = createStructuredDetector()
const found = (text: string) =>
  detect(detector, text)
    .filter((f) => f.confidence >= 50)
    .map((f) => `${f.class} ${text.slice(f.start, f.end)}`)

it.each([
  '2 95 10 99 126 111 93',
  '295109912611193',
  '756.9217.0769.85',
  '7569217076985',
  '10000000146',
  '131052-308T',
  '211062-5629',
  '15108695088',
  '151086 95088',
  '880320-0016',
  '19880320-0016',
  '85.07.30-033.28',
  '85073003328',
  '2341 2341 2346',
  '390.533.447-05',
  '16.727.230/0001-97',
  'BOXW310820HNERXN09',
  'GODE561231GR8',
  '360426199101010071',
  '11010519491231002X',
  '971013-1234562',
  '7503305044089',
  'S1234567D',
  '44051401359',
  '710319/2745',
  '37605030299',
  '112-233-445 95',
  '20-05536168-2',
  '1-2345-45678-78-1',
  '770305-02-1234',
  '6433435F',
  'ABCPE1234F',
  'A123456789',
  'A800000014',
  'ATU13585627',
  'BE0428759497',
  'CZ25123891',
  'DE136695976',
  'DK13585628',
  'EL094259216',
  'FI20774740',
  'FR40303265045',
  'HU12892312',
  'IT00743110157',
  'LU15027442',
  'NL123456789B13',
  'PL8567346215',
  'PT501964843',
  'RO18547290',
  'SE123456789701',
  'SK2022749619',
])('%s without a word beside it', (value) => {
  expect(found(`it says ${value} there`)).toEqual([`personal/national-id ${value}`])
})

it('a word with a figure is no group of the number behind it', () => {
  expect(found('in A1 2341 2341 2346 there')).toEqual(['personal/national-id 2341 2341 2346'])
})

it.each([
  '2 95 10 99 126 111 94',
  '756.9217.0769.86',
  '10000000147',
  '131052-308U',
  '390.533.447-06',
  '16.727.230/0001-98',
  '11010519491231003X',
  'S1234567E',
  'DE136695977',
  'BE0428759498',
  'FR41303265045',
  'IT00743110158',
  'PL8567346216',
  'DE000000000',
  'XX136695976',
  '12345678901',
  '11111111111',
  '1701234567890',
  '20240105-1234',
  '4242 4242 9831 0949',
])('nothing in %s', (value) => {
  expect(found(`it says ${value} there`).filter((f) => f.startsWith('personal/national-id'))).toEqual([])
})

it.each([
  '+55 11 91234-5678',
  '+54 9 11 1234-5678',
  '8 (912) 345-67-89',
  '0151-23456789',
  '+33 (0)1 42 68 53 00',
  '+43 1 588 58-0',
  '+46 70-123 45 67',
  '+7 (495) 123-45-67',
  '+81 90-1234-5678',
  '+52 1 55 1234 5678',
  '+254 712 345678',
  '212-555-0147 extension 45',
  '212-555-0147, ext. 9',
])('the telephone number %s', (value) => {
  expect(found(`write ${value}; then wait`)).toEqual([`personal/phone ${value}`])
})

it.each(['admin@[10.0.0.5]', 'root@[IPv6:2001:db8::1]'])('the address %s', (value) => {
  expect(found(`to ${value} please`)).toContain(`personal/email ${value}`)
})
