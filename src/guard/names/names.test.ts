import { existsSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foundInPieces } from '../../../test/generators/cuts.ts'
import { type Detector, detect } from '../detector.ts'
import { normalise } from '../normalise.ts'
import { createKernel, FEATURES, ROW_BYTES, slotOf } from './kernel.ts'
import { createListDetector, readList } from './list.ts'
import { createNameDetector, NAME_CLASSES } from './tagger.ts'
import { unpackWeights } from './weights.ts'

const names = createNameDetector()
const seen = (detector: Detector, text: string) =>
  detect(detector, text).map((f) => `${f.class.split('/')[1]}:${text.slice(f.start, f.end)}`)

const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 24 }))

describe('the tagger', () => {
  test.runIf(existsSync(new URL('../../../models/names.bin', import.meta.url)))('ships with its weights', () => {
    expect(seen(names, 'My name is Chiara Esposito and I live in Bologna.')).toEqual([
      'person:Chiara Esposito',
      'place:Bologna',
    ])
  })

  test.each([
    ['Please send it to Mr. Okonkwo today.', 'person:Okonkwo'],
    ['Our colleague Włodzimierz Brzęczyszczykiewicz is ill.', 'person:Włodzimierz Brzęczyszczykiewicz'],
    ['Ship the parcel to 4711 Willow Creek Road, Apt. 12, Springfield.', 'address'],
    ['hey its maria again, my card is blocked', 'person:maria'],
  ])('finds what a list would miss: %s', (text, wanted) => {
    expect(seen(names, text).join(' ')).toContain(wanted)
  })

  test('leaves ordinary sentences alone', () => {
    for (const text of [
      'How do I change the PIN of my card?',
      'The function returns an empty list when the input is not valid.',
      'Write a Python script that sorts numbers.',
    ])
      expect(
        detect(names, text).filter((f) => f.class === NAME_CLASSES.person),
        text,
      ).toEqual([])
  })

  test('what is only counted is no name; postcodes, districts and names with a number are found as before', () => {
    for (const label of ['w', 'v', 'e', 'n', 'se', 'ex'])
      for (const [a, z] of [
        'please compare |',
        'compare | and tell me',
        'please see | now',
        'i live in |',
        '| are done',
      ].map((one) => one.split('|')))
        for (const some of [[18], [18, 19], [18, 19, 20], [1, 2, 3, 4]])
          for (const glue of [' ', ', ', '/']) {
            const text = `${a}${some.map((n) => `${label}${n}`).join(glue)}${z}`
            expect(seen(names, text), text).toEqual([])
          }
    for (const [text, wanted] of [
      ['write to us at 12 oak lane, london n1 9gu', 'n1 9gu'],
      ['Our new address: 4 Mill Street, London SE10 8EW', 'SE10 8EW'],
      ['he lives at 221b baker street, london nw1 6xe', 'baker street'],
      ['please call maria1985 back', 'maria1985'],
    ] as const)
      expect(seen(names, text).join(' '), text).toContain(wanted)
  })

  test('what is measured, priced and numbered is no address, and what a program names no person', () => {
    for (const text of [
      'Grundpreis 12,90 EUR, Arbeitspreis 31,4 ct/kWh',
      'Tested to EN 61000-6-2, DIN 5008 and IEEE 754.',
      '00000010: 8950 4e47 0d0a 1a0a 0000 000d 4948 4452',
      'glibc 2.39, Chrome 124.0.6367.91',
      'mov rax, 0x7fffffffe4a0',
      'private static final Logger LOGGER = LoggerFactory.getLogger(OrderService.class);',
      '    elif isinstance(value, Decimal):\n        return Decimal(value)\n    elif hasattr(self, name): pass',
      'Erkläre den Unterschied zwischen Dativ und Akkusativ an fünf Beispielen.',
      'Vertaal de volgende zinnen naar het Engels.',
      'Changez le mot de passe. cambia la contraseña en la página. La password deve contenere almeno otto caratteri.',
      'Wijzig het wachtwoord op de startpagina. Zmień hasło na stronie głównej. Wybierz plik i kliknij.',
      'смени пароль на сервере. Смените пароль на главной странице. Αλλάξτε τον κωδικό στην αρχική σελίδα.',
      '请按姓名排序，并统计人数。 표의 열은 문자열입니다. أدخل الاسم والعنوان في النموذج.',
    ])
      expect(
        detect(names, text).filter((f) => f.class === NAME_CLASSES.person || f.class === NAME_CLASSES.address),
        text,
      ).toEqual([])
    expect(seen(names, 'Wijzig het adres van Marta Kowalska, aub')).toContain('person:Marta Kowalska')
    for (const text of ['wohnhaft Lerchenstieg 4, 22767 Hamburg', 'adres: ul. Polna 12/34, 00-590 Warszawa'])
      expect(seen(names, text).join(' '), text).toContain('address:')
  })

  test('manuals, prompts of agents, lists of changes and program text hold no person', () => {
    for (const text of [
      'You are Claude Code, an agent. Claude Code runs in the terminal.',
      '# Tone\n\nBe brief.\n\n## Breaking Changes\n\n- Prefer Grep over Bash.',
      'Set HALFCALL to 3. KEINE HAFTUNG. SIEHE AUCH',
      'hello doc',
      'Samba Server, Munin and Debian Bullseye',
      'Das Verzeichnis der Platten steht im Handbuch. Siehe Befehle und Optionen.',
      'VOIR AUSSI\n\nLETTRE MAJUSCULE LATINE',
      'los archivos de configuración nueva',
      'Debian の設定とXen のパッチ。安装 Debian 软件包。',
      'npx playwright install webm; oldVNode = excessDomChildren; x: Signalish<number | undefined>',
      'B. Kurzer Förderkurs',
      '3.2 Hierarchy',
    ])
      expect(
        detect(names, text).filter((f) => f.class === NAME_CLASSES.person),
        text,
      ).toEqual([])
    for (const [text, wanted] of [
      ['Ask Claude Martin about it.', 'person:Claude Martin'],
      ['AUTHOR\n    Written by Jarrod Oyelaran and Mei-Ling Tsai.', 'person:Jarrod Oyelaran'],
      ['- fix the parser (Tobias Kettering)', 'person:Tobias Kettering'],
      ['// TODO(Priya Raghunathan): remove', 'person:Priya Raghunathan'],
      ['Übersetzt von Jörg Niederhauser.', 'person:Jörg Niederhauser'],
      ['該当者は Lucía Belmonte さんです。', 'person:Lucía Belmonte'],
      ['the fix by maria lopez is in', 'person:maria lopez'],
      ['Please write to Jane Doe at once.', 'person:Jane Doe'],
      ['ask jane doe about it', 'person:jane doe'],
    ] as const)
      expect(seen(names, text).join(' '), text).toContain(wanted)
  })

  test('a stream finds what the whole text gives, however it is cut', () => {
    const part = fc.constantFrom(
      '1910',
      '.',
      '4.812,33',
      'Maria',
      'maria',
      ' ',
      ' ',
      'Lopez',
      'Dr. ',
      "O'",
      'Brien',
      'lives in ',
      'Bonn',
      '\n',
      ', ',
      '12 Oak Street',
      'oldName',
      'の',
      'Debian',
      'the ',
      'bank of ',
      "'",
      'X',
      '1999',
      ' Müller',
      '😀',
      'Ltd.',
      'Name: ',
      'é'.repeat(90),
    ) // dense on purpose
    fc.assert(
      fc.property(fc.array(part, { maxLength: 24 }), cuts, (parts, sizes) => {
        const text = parts.join('')
        foundInPieces(names, text, sizes)
      }),
      { seed: 3, numRuns: 400 },
    )
  })

  test('plain prose is settled as it comes', () => {
    const stream = names.open()
    const text = 'this is a list of the things that we want to do in the next week and we will do them all'
    let held = 0
    for (let i = 0; i < text.length; i++) {
      stream.push(text[i]!)
      held += i + 1 - stream.openFrom
    }
    expect(held / text.length).toBeLessThan(5)
  })

  test('a name is never longer than declared', () => {
    const text = 'Maria '.repeat(400)
    for (const f of detect(names, text)) expect(f.end - f.start).toBeLessThanOrEqual(names.longest)
  })

  test('weights of another version are refused', () => {
    expect(() => unpackWeights(new Uint8Array(64))).toThrow(/names tagger/)
  })
})

describe('lists', () => {
  const list = createListDetector({
    name: 'customers',
    class: 'business/customer',
    entries: ['ACME Rocket Works', 'ACME', 'db-07.corp', 'Ünlü & Sons', 'Kraken'],
  })

  test('finds entries as whole words in any case, the longest first', () => {
    expect(seen(list, 'acme  rocket works and Acme; krakens, KRAKEN! DB-07.corp ünlü & SONS xacme')).toEqual([
      'customer:acme  rocket works',
      'customer:Acme',
      'customer:KRAKEN',
      'customer:DB-07.corp',
      'customer:ünlü & SONS',
    ])
  })

  test('finds entries as texts are read: marks apart, letters of other alphabets that look alike, other forms', () => {
    const people = createListDetector({
      name: 'people',
      class: 'personal/person',
      entries: ['José Núñez', 'Wolfga\u0308ng Özil', 'p\u0430yroll', '\u03a9mega', '№7 club', 'Иван Грозный'],
    })
    const read = (text: string) => detect(people, normalise(text)).length
    for (const text of [
      ...[
        'José Núñez',
        'JOSÉ NÚÑEZ',
        'José Núñez'.normalize('NFD'),
        'Jose Nunez',
        'Wolfgäng Özil',
        'wolfgäng özil'.normalize('NFD'),
      ],
      ...['payroll', 'p\u0430yroll', 'Ωmega', 'ωmega', '№7 club', 'No7 Club', 'иван грозный'],
    ])
      expect(read(`to ${text}, please`), text).toBe(1)
    expect(read('to Jos Nunez, pyroll, mega')).toBe(0)
  })

  test('a stream finds what the whole text gives, however it is cut', () => {
    const part = fc.constantFrom(
      'acme',
      ' ',
      '  ',
      'rocket',
      'works',
      'ACME ',
      'db',
      '-',
      '07',
      '.corp',
      '&',
      'Ünlü',
      'sons',
      'kraken',
      ',',
      '\n',
      ' '.repeat(12),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), cuts, (parts, sizes) => {
        const text = parts.join('')
        foundInPieces(list, text, sizes)
      }),
      { seed: 5, numRuns: 400 },
    )
  })

  test('reads a file of lines and refuses entries that are nothing', () => {
    expect(readList('# people\nAda Lovelace\r\n\n Grace Hopper \n')).toEqual(['Ada Lovelace', 'Grace Hopper'])
    expect(() => createListDetector({ name: 'x', class: 'a/b', entries: ['...'] })).toThrow(/entry/)
  })
})

test('the instructions of the kernel give the sums a plain loop gives', () => {
  const BITS = 6
  const kernel = createKernel(BITS)
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -127, max: 127 }), {
        minLength: ROW_BYTES << BITS,
        maxLength: ROW_BYTES << BITS,
      }),
      fc.array(fc.integer(), { minLength: FEATURES, maxLength: FEATURES }),
      (rows, values) => {
        kernel.rows.set(rows)
        kernel.values.set(values)
        kernel.scores.fill(0)
        kernel.add(0, 7)
        kernel.add(7, FEATURES)
        const wanted = Array.from({ length: ROW_BYTES }, (_, label) =>
          values.reduce((sum, value, f) => sum + rows[(slotOf(f, value) & ((1 << BITS) - 1)) * ROW_BYTES + label]!, 0),
        )
        expect([...kernel.scores]).toEqual(wanted)
      },
    ),
    { numRuns: 50 },
  )
})
