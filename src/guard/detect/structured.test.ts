import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foundInPieces } from '../../../test/generators/cuts.ts'
import { growth, LINEAR } from '../../../test/generators/growth.ts'
import { detect } from '../detector.ts'
import { createStructuredDetector } from './structured.ts'

const detector = createStructuredDetector({ internalSuffixes: ['corp.acme.example'] })
const found = (text: string) => detect(detector, text).map((f) => [f.class, text.slice(f.start, f.end)])

describe('values with a form', () => {
  it.each([
    ['write to Jane.Doe+x@mail.example.co.uk, please', 'personal/email', 'Jane.Doe+x@mail.example.co.uk'],
    ['ipv6 2001:db8:85a3::8a2e:370:7334 up', 'network/ip', '2001:db8:85a3::8a2e:370:7334'],
    ['open \\\\fs01\\hr, please', 'network/host', 'fs01'],
    ['path = "\\\\\\\\file-srv.corp\\\\hr"', 'network/host', 'file-srv.corp'],
    ['contract no V-2023/4711 ends', 'business/customer-id', 'V-2023/4711'],
    ['policy number PL-482913-A', 'business/customer-id', 'PL-482913-A'],
    ['Mitarbeiter-ID: MA-48291', 'business/customer-id', 'MA-48291'],
    ['Vertragsnummer: 4711-2023-88', 'business/customer-id', '4711-2023-88'],
    ['from "jane.doe"@mail.example.com to', 'personal/email', 'jane.doe"@mail.example.com'],
    ['<a href="mailto:a@b.de">', 'personal/email', 'a@b.de'],
    ['my card 4111 1111 1111 1111 exp', 'finance/card', '4111 1111 1111 1111'],
    ['amex 3782-822463-10005', 'finance/card', '3782-822463-10005'],
    ['4012888888881881', 'finance/card', '4012888888881881'],
    ['card4012888888881881', 'finance/card', '4012888888881881'],
    ['IBAN DE89 3704 0044 0532 0130 00 bitte', 'finance/iban', 'DE89 3704 0044 0532 0130 00'],
    ['gb29NWBK60161331926819', 'finance/iban', 'gb29NWBK60161331926819'],
    ['pan=4111_1111_1111_1111', 'finance/card', '4111_1111_1111_1111'],
    ['card 4111 - 1111 - 1111 - 1111', 'finance/card', '4111 - 1111 - 1111 - 1111'],
    ['| 4111  1111  1111  1111 |', 'finance/card', '4111  1111  1111  1111'],
    ['4111/1111/1111/1111', 'finance/card', '4111/1111/1111/1111'],
    ['to DE89.3704.0044.0532.0130.00', 'finance/iban', 'DE89.3704.0044.0532.0130.00'],
    ['es9812345678901234567890', 'finance/iban', 'es9812345678901234567890'],
    ['social security no 514 - 69 - 0360', 'personal/national-id/us-ssn', '514 - 69 - 0360'],
    ['node ip-172-31-9-204 NotReady', 'network/host', 'ip-172-31-9-204'],
    ['reboot DESKTOP-7Q2K9FA', 'network/host', 'DESKTOP-7Q2K9FA'],
    ['cust#482910 wrote', 'business/customer-id', '482910'],
    ['commande n° 4829103', 'business/ticket-id', '4829103'],
    ['booking JKXLZ9 is open', 'business/ticket-id', 'JKXLZ9'],
    ['SSN: 514-69-0360', 'personal/national-id/us-ssn', '514-69-0360'],
    ['social security 514690360.', 'personal/national-id/us-ssn', '514690360'],
    ['on 10.20.30.40:80', 'network/ip', '10.20.30.40'],
    ['from fe80::1ff:fe23:4567:890a to', 'network/ip', 'fe80::1ff:fe23:4567:890a'],
    ['mac 00:1A:2b:3C:4d:5E', 'network/mac', '00:1A:2b:3C:4d:5E'],
    ['mac 00-1A-2b-3C-4d-5E', 'network/mac', '00-1A-2b-3C-4d-5E'],
    ['mac is 5b-aa-f7-69-b0-b9. Then', 'network/mac', '5b-aa-f7-69-b0-b9'],
    ['Tel.: +49 (0) 561 332172-47', 'personal/phone', '+49 (0) 561 332172-47'],
    ['llama a Jimena al 605176592 o', 'personal/phone', '605176592'],
    ['telefon: 06-20/844-1762', 'personal/phone', '06-20/844-1762'],
    ['Mme Guérin (43 ans) est', 'personal/age', '43'],
    ['Patientin Ada Roth, 31 Jahre, wurde', 'personal/age', '31'],
    ['de Ettore Santoro, di 88 anni.', 'personal/age', '88'],
    ['La señora tiene 45 años.', 'personal/age', '45'],
    ['Pani Nowak ma 45 lat i', 'personal/age', '45'],
    ['egy 45 éves ember', 'personal/age', '45'],
    ['45 yaşında bir', 'personal/age', '45'],
    ['Jag är 40 år gammal', 'personal/age', '40'],
    ['Nací el 13/06/1958 en', 'personal/birth-date', '13/06/1958'],
    ['nasci em 1/10/1980', 'personal/birth-date', '1/10/1980'],
    ['Zákaznické číslo: 4622599', 'business/customer-id', '4622599'],
    ['Müşteri numaranız 3193186', 'business/customer-id', '3193186'],
    ['Ügyfélszám: C-606869', 'business/customer-id', 'C-606869'],
    ['fra1-db is down', 'network/host', 'fra1-db'],
    ['call +44 (0)20 7946 0958 now', 'personal/phone', '+44 (0)20 7946 0958'],
    ['(212) 555-0187 ext. 12', 'personal/phone', '(212) 555-0187 ext. 12'],
    ['Tel: 0393 1144137', 'personal/phone', '0393 1144137'],
    ['I was born in 1971. Then', 'personal/birth-date', '1971'],
    ['born 12-3-80', 'personal/birth-date', '12-3-80'],
    ['born March 12, 1980 in', 'personal/birth-date', 'March 12, 1980'],
    ['geboren am 12.03.1980', 'personal/birth-date', '12.03.1980'],
    ['due 2024-05-06', 'personal/date', '2024-05-06'],
    ['Termin am 18.2.10 um acht', 'personal/date', '18.2.10'],
    ['Datum: 18.02.10', 'personal/date', '18.02.10'],
    ['geboren 3.4.85', 'personal/birth-date', '3.4.85'],
    ['it was 3.12.80 then', 'personal/date', '3.12.80'],
    ['nacido el 3 de abril de 1985 en', 'personal/birth-date', '3 de abril de 1985'],
    ['née le 1er mars 1985 à', 'personal/birth-date', '1er mars 1985'],
    ['geboren am 3. April 1985', 'personal/birth-date', '3. April 1985'],
    ['geb. 3. 4. 1985', 'personal/birth-date', '3. 4. 1985'],
    ['nato il 3 aprile 1985', 'personal/birth-date', '3 aprile 1985'],
    ['nascida em 3 de março de 1985', 'personal/birth-date', '3 de março de 1985'],
    ['geboren op 3 maart 1985', 'personal/birth-date', '3 maart 1985'],
    ['ur. 3 kwietnia 1985 w', 'personal/birth-date', '3 kwietnia 1985'],
    ['född den 3 maj 1985', 'personal/birth-date', '3 maj 1985'],
    ['syntynyt 3. huhtikuuta 1985', 'personal/birth-date', '3. huhtikuuta 1985'],
    ['narozena 3. dubna 1985', 'personal/birth-date', '3. dubna 1985'],
    ['született: 1985. április 3.', 'personal/birth-date', '1985. április 3'],
    ['doğum tarihi: 3 Şubat 1985', 'personal/birth-date', '3 Şubat 1985'],
    ['родилась 3 апреля 1985 года', 'personal/birth-date', '3 апреля 1985'],
    ["o'brien@example.ie", 'personal/email', "o'brien@example.ie"],
    ['to dell’acqua.m@example.it', 'personal/email', 'dell’acqua.m@example.it'],
    ["x='bob@example.ie'", 'personal/email', 'bob@example.ie'],
    ['打我电话138-1234-5678', 'personal/phone', '138-1234-5678'],
    ['hp 0812-3456-7890', 'personal/phone', '0812-3456-7890'],
    ['出生日期：1985-04-03', 'personal/birth-date', '1985-04-03'],
    ['تاريخ الميلاد: 03/04/1985', 'personal/birth-date', '03/04/1985'],
    ['生年月日：1985年4月3日', 'personal/birth-date', '1985年4月3日'],
    ['생년월일 1985년 4월 3일', 'personal/birth-date', '1985년 4월 3일'],
    ['nascido a 1º de maio de 1970', 'personal/birth-date', '1º de maio de 1970'],
    ['nascido a 1o de maio de 1970', 'personal/birth-date', '1o de maio de 1970'],
    ['call 415 555 2671 415 555 2672', 'personal/phone', '415 555 2671'],
    ['d.o.b. 3 Apr 85, male', 'personal/birth-date', '3 Apr 85'],
    ['call 300-1500 now', 'personal/phone', '300-1500'],
    ['it is 555-1500', 'personal/phone', '555-1500'],
    ['Kto. 1234567, BLZ', 'finance/account', '1234567'],
    ['BLZ 370 400 44', 'finance/account', '370 400 44'],
    ['póliza n.º 48291034', 'business/customer-id', '48291034'],
    ['policy number 48291034', 'business/customer-id', '48291034'],
    ['Versicherungsschein VS-48291', 'business/customer-id', 'VS-48291'],
    ['licence no D12-345-678', 'personal/national-id', 'D12-345-678'],
    ['a 52-year-old man', 'personal/age', '52'],
    ['he is 52 y/o and well', 'personal/age', '52'],
    ['ein 52 Jahre alter Mann', 'personal/age', '52'],
    ['Age: 34 years', 'personal/age', '34'],
    ['it is 0 2 0 7 9 4 6 0 9 5 8 now', 'personal/phone', '0 2 0 7 9 4 6 0 9 5 8'],
    ['(212) 555-0187 x123456', 'personal/phone', '(212) 555-0187 x123456'],
    ['paid $5 million.', 'finance/amount', '$5 million'],
    ['1,2,3,4,5,6,7,8,9,10,11,12,13,4111 1111 1111 1111', 'finance/card', '4111 1111 1111 1111'],
    ['| 0 4111 1111 1111 1111 |', 'finance/card', '4111 1111 1111 1111'],
    ['0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 10.20.30.40', 'network/ip', '10.20.30.40'],
    ['pay EUR 1,250.00 today', 'finance/amount', 'EUR 1,250.00'],
    ['that is 12.50 € each', 'finance/amount', '12.50 €'],
    ['postgres://svc:hunter2@db:5432/x', 'secret/url-credentials', 'svc:hunter2'],
    ['see https://example.com/a?b=c.', 'network/url', 'https://example.com/a?b=c'],
    ['ssh build7.corp.acme.example', 'network/host', 'build7.corp.acme.example'],
    ['ping db-1.eu.internal', 'network/host', 'db-1.eu.internal'],
    ['restart prod-db-03 now', 'network/host', 'prod-db-03'],
    ['customer CUST-004213', 'business/customer-id', 'CUST-004213'],
    ['passport number X12345678', 'personal/national-id', 'X12345678'],
    ['account number 12345678', 'finance/account', '12345678'],
    ['lives at SW1A 1AA.', 'personal/postcode', 'SW1A 1AA'],
    ['id x123-45-6789 here', 'personal/national-id/us-ssn', '123-45-6789'],
    ['id 123-45-6789x here', 'personal/national-id/us-ssn', '123-45-6789'],
    ['ring q212-555-0187 soon', 'personal/phone', '212-555-0187'],
    ['ring 212-555-0187abc soon', 'personal/phone', '212-555-0187'],
    ['on ip192.168.7.20 up', 'network/ip', '192.168.7.20'],
    ['on a10.20.30.40b up', 'network/ip', '10.20.30.40'],
    ['it reads 6789-54-321 so', 'personal/national-id/us-ssn', '6789-54-321'],
    ['it reads 1111 1111 1111 1114 so', 'finance/card', '1111 1111 1111 1114'],
    ['card from behind: 1888188888882104', 'finance/card', '1888188888882104'],
    ['it reads 00031023504400407398ED so', 'finance/iban', '00031023504400407398ED'],
    ['it reads 02.7.861.291 so', 'network/ip', '02.7.861.291'],
  ])('%s', (text, dataClass, value) => {
    expect(found(text)).toContainEqual([dataClass, value])
  })

  it.each([
    'version 10.2.3.4 is out',
    'react 18.2.10 and vue 3.4.21, python 3.11.12, lodash==4.12.10, Fixed in 7.4.11, 8.0.12',
    'image app:16.3.10, build 16.03.10-alpine, ^11.12.13, since Django 04.11.12',
    '300-1500 items, 250-2500 users, 128-1024, pages 212-3456, 500-1000 mg, 212-3456 ms',
    'resize 640 480 1024 768',
    'sizes 200 300 4000, chunks 512 1024 2048 4096, p50 120 340 5600, mean 0.153 (0.112-0.199)',
    'tax 2019-2024, customer since 2019-2024, insurance 500-2000',
    'license: MIT-2.0.1, licence GPL-3.0, driver 535.104.12.01',
    'jersey 12-15-18, take 12-15-18 steps, 3 marca, 12 mart, 3. 40. 1985, 1985年の4月, 1985. day 3',
    'the contract of 48291034, a policy for 300000',
    'OID 1.3.6.1.4.1.9.5.12.1.1.2.2.1.4.1.7.1.0.4.1.1 of a branch',
    `row ${'1.'.repeat(14)}10.20.30.40`,
    'install foo@1.2.10, go1.10.12, 1.22.10, release 3.11.12 and 1.14.12',
    '0 0 0 1 0 0 0 0 0 0 0, 0 1 2 0 1 2 0 1 2 0, 9 0 1 2 3 4 5 6 7 8',
    'milliseconds since 1970. In 1980s style',
    'tag v10.20.30.40 and a1.2.3.4 and 1.2.3.4b1',
    'Mozilla/5.0 Chrome/124.0.0.0 Safari/537.36',
    'part SKU212-555-0187 in stock',
    'CAS 7732-18-5, run 2024-10-123, lot 1234-56-000',
    'it reads 1111 1111 1111 1113',
    'a WIN-WIN case for LAPTOP-sized bags',
    'ip-address-1-2 and ip-1-2-3',
    'de00370400440532013000',
    'commit 550e8400-e29b-41d4-a716-446655440000',
    'react@18.2.0 and @types/node',
    'const a = "b"@c, "jane.doe" @example.com, ""@example.com',
    'import "lodash"@4.17.2',
    'an ERC1155 contract, policy ISO27001, student CS101, guest OS',
    'the line\\\\nfoo-bar\\\\nof it, \\\\u00e9\\\\u00e8, C:\\\\dir-1\\x, \\\\alpha\\beta, \\\\d3-w\\\\',
    'git@github.com:owner/repo.git',
    'std::vector<int>::iterator',
    'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'user.name = config.local',
    'a.b.c.d.e',
    '12:30:45',
    'INTRODUCTORY public license text',
    '3.14159265358979',
  ])('nothing in %s', (text) => {
    expect(found(text)).toEqual([])
  })
})

const pieces = fc.oneof(
  fc.constantFrom(
    'jane.doe@example.com',
    '4111 1111 1111 1111',
    'DE89 3704 0044 0532 0130 00',
    '514-69-0360',
    '+44 (0)20 7946 0958',
    '(212) 555-0187 x12',
    '12 March 1980',
    'March 3rd, 1999',
    '10.1.2.3',
    'fe80::1ff:fe23:4567:890a',
    'https://u:p@h.example/a?b=4111111111111111',
    'EUR 1,250.00',
    '12 million dollars',
    '79 years old',
    'prod-db-03',
    'SW1A 1AA',
    'ssn',
    'phone',
    'born',
    'customer CUST-004213',
    '6789-54-321',
    'some/very/long/path-of/plain/words/that/goes/on/and/on/',
    'then/db.internal/or/billing-service/',
    'https:/',
    '/',
    '------',
    '"jane.doe"@example.com',
    '"@example.com',
    '\\\\fs01\\hr',
    '\\',
    'contract V-2023/4711',
    'ipv6 2001:db8::7334',
    'x123-45-6789y',
    '00031023504400407398ED',
    '02.7.861.291',
    'geb. 3. 4. 1985',
    '1985. április 3.',
    '1985年4月3日',
    '1985년 4월 3일',
    '3 de abril de 1985',
    'd.o.b. 3 Apr 85',
    '16.03.10-alpine',
    '300-1500 items',
    '12-15-18 steps',
    'BLZ 370 400 44',
    '1111 1111 1111 1114',
    'a10.20.30.40b',
    'a'.repeat(1500),
    '1 '.repeat(80),
    'a.a@'.repeat(400),
  ),
  fc.string({ maxLength: 8 }),
  fc.constantFrom(' ', ', ', '\n', '-', '.', ' (', ': ', '/', '@', '+', '$', '"'),
)
const texts = fc.array(pieces, { minLength: 1, maxLength: 14 }).map((parts) => parts.join(''))

it('a number in a long row is what it is by itself, wherever the row is read on', () => {
  for (let n = 0; n < 60; n++) {
    const row = '7, '.repeat(n) + '8 '.repeat(n)
    expect(found(`${row}4111 1111 1111 1111`).at(-1), row).toEqual(['finance/card', '4111 1111 1111 1111'])
    expect(found(`${'1.'.repeat(n + 1)}10.20.30.40`).filter(([dataClass]) => dataClass === 'network/ip')).toEqual([])
    expect(found(`${'1-'.repeat(n + 1)}514-69-0360${' 1'.repeat(14)}`).flat()).not.toContain('514-69-0360')
  }
})

it('lets nothing go of an address whose sign is still to come', () => {
  for (const text of ["mail o'", "mail o'b", 'mail dell’']) {
    const stream = detector.open()
    stream.push(text)
    expect(stream.openFrom).toBe(5)
  }
})

it('looks for nothing before what was decided', () => {
  for (const text of [
    String.raw`\\---0\jane.doe@example.com `,
    'EUR 1,250.00prod-db-03"@example.com',
    'x@example.comBLZ 370 400 44x123-45-6789y"@example.com',
  ])
    for (let size = 1; size < text.length; size++) {
      const sizes = (function* () {
        yield size
        for (;;) yield 2
      })()
      foundInPieces(detector, text, sizes)
    }
})

it('finds the same however the text is cut', () => {
  fc.assert(
    fc.property(texts, fc.infiniteStream(fc.integer({ min: 1, max: 40 })), (text, sizes) => {
      foundInPieces(detector, text, sizes)
    }),
    { seed: 41, numRuns: 2000 },
  )
})

it.each([
  'a.',
  'a@',
  '1 ',
  'a@b.',
  '1.',
  '::',
  '-1',
  'http://',
  'DE89 ',
  '(1',
  'x-1-',
  '12 march ',
  'é@',
  '1-1-',
  'a_1/',
  '$1 ',
  '1. 2. ',
  '1 de ',
  '1985年4月',
  '1985. ',
  'react 1.2.10 ',
  '300-1500 ',
])('stays linear on a megabyte of %j', (unit) => {
  expect(growth(unit, (text) => detect(detector, text))).toBeLessThan(LINEAR)
})
