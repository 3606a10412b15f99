import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../config/index.ts'
import { OWN_CLASSES_EXAMPLE } from './classes.ts'
import { detect } from './detector.ts'
import { createGuard } from './guard.ts'
import { openGuard } from './open.ts'
import { readOwnClasses } from './own-classes.ts'

const yaml = String.raw`
classes:
  business/contract:
    title: Contract numbers
    kind: CONTRACT
    patterns: ['\bC-\d{6}\b', '(?i)contract-[a-z]{2}\d{4}']
    examples:
      match: ['our C-123456 of May', 'CONTRACT-ab1234']
      not: ['C-12345', 'XC-123456', 'C-1234567']
  business/project:
    keywords: [Project Falcon, Nightjar]
    examples: { match: ['about project  falcon.'], not: ['projects'] }
  finance/loyalty:
    nature: personal
    patterns: ['\d{10}']
    context: [loyalty, bonus]
    checksum: luhn
    mask: last4
    examples: { match: ['loyalty no 1234567897'], not: ['1234567897', 'loyalty 1234567898'] }
  finance/salary:
    nature: personal
    fields: [customer.salary]
`
const own = readOwnClasses(yaml)

describe('own classes', () => {
  it('are as the documentation shows them', () => {
    expect(readOwnClasses(OWN_CLASSES_EXAMPLE).classes.map(({ id }) => id)).toEqual([
      'business/contract',
      'business/project',
      'finance/loyalty',
      'finance/salary',
    ])
  })
  it('tries its examples', () => {
    expect(own.examples).toBe(10)
    expect(own.classes.map(({ id, kind }) => [id, kind])).toContainEqual(['finance/salary', 'SALARY'])
  })
  it.each([
    ['an example that fails', "classes: { a/b: { patterns: ['x\\d'], examples: { match: [y1] } } }"],
    ['an unknown key', 'classes: { a/b: { pattern: x } }'],
    ['a pattern RE2 does not know', "classes: { a/b: { patterns: ['(?=x)'] } }"],
    ['an anchor', "classes: { a/b: { patterns: ['^x'] } }"],
    ['a pattern for nothing', "classes: { a/b: { patterns: ['x*'] } }"],
    ['a bad name', 'classes: { A B: {} }'],
    ['no YAML', 'classes: ['],
    [
      'an example that is read otherwise in a call',
      "classes: { a/b: { patterns: ['№\\d'], examples: { match: [№7] } } }",
    ],
    ['an example of a field that is found', 'classes: { a/b: { fields: [pay], examples: { not: [ann.pay] } } }'],
    ['context of nothing', 'classes: { a/b: { keywords: [falcon], context: [bird] } }'],
    ['a check sum of nothing', 'classes: { a/b: { fields: [pay], checksum: luhn } }'],
    ['a class that no rule is asked about', 'classes: { literal: { keywords: [falcon] } }'],
    ['another one', 'classes: { pseudonym: { keywords: [falcon] } }'],
  ])('refuses %s', (_, text) => {
    expect(() => readOwnClasses(text)).toThrow(/data-classes\.yaml/)
  })
  it('tries fields on JSON, and tells rules how sure it is of keywords', () => {
    const text = `classes: { a/b: { fields: [ann.pay], examples: { match: ['{"ann":{"pay":1}}', ann.pay], not: ['{"pay":1}'] } } }`
    expect(readOwnClasses(text).examples).toBe(3)
    const [detector] = readOwnClasses('classes: { a/b: { keywords: [falcon], confidence: 60 } }').detectors
    expect(detector && detect(detector, 'a falcon')[0]?.confidence).toBe(60)
  })
  it('reads lists from a file and from every file of a folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-lists-'))
    mkdirSync(join(folder, 'more', 'deeper'), { recursive: true })
    writeFileSync(join(folder, 'people'), '# staff\nAnn Onymous\n')
    writeFileSync(join(folder, 'more', 'a'), 'Kraken\r\n')
    writeFileSync(join(folder, 'more', 'b'), 'Nightjar\n')
    writeFileSync(join(folder, 'more', '.b.swp'), 'Falcon\n')
    const lists = ['people', 'more'].map((name) => ({ class: `business/${name}`, file: join(folder, name) }))
    const { guard, close } = openGuard({ ...loadConfig({ env: {}, flags: {} }).config.guard, names: false, lists }, '')
    rmSync(folder, { recursive: true })
    const found: string[] = []
    const vault = guard.openVault({ key: randomBytes(32), random: (n) => randomBytes(n), session: 's' })
    const screen = guard.openText({ vault, treatment: () => 'pass', onFinding: (one) => found.push(one.class) })
    screen.push('Ann Onymous met Kraken, Nightjar and Falcon.')
    screen.end()
    await close()
    expect(found).toEqual(['business/people', 'business/more', 'business/more'])
  })
  it.each([
    ['a list of a class that does not exist', 'personnal/person', /did you mean personal\/person/],
    ['one of no class at all', 'falcons', /declare it/],
    ['one of a class that no rule is asked about', 'pseudonym', /no rule/],
  ])('refuses %s', (_, dataClass, why) => {
    const lists = [{ class: dataClass, file: 'none' }]
    const { guard } = loadConfig({ env: {}, flags: {} }).config
    expect(() => openGuard({ ...guard, names: false, lists }, '')).toThrow(why)
  })
  it('lets answers show pictures from hosts that the deployment lists, and from no other', async () => {
    const config = loadConfig({ env: {}, flags: {} }).config.guard
    const { guard, close } = openGuard({ ...config, names: false, linkHosts: ['cdn.corp.example'] }, '')
    const vault = guard.openVault({ key: randomBytes(32), random: (n) => randomBytes(n), session: 's' })
    const output = guard.openOutput(
      ({ class: id }) => ({ treatment: id === 'leak/link' ? 'mask' : 'pass', rules: [] }),
      vault,
    )
    const text = '![a](https://x.cdn.corp.example/a.png) ![b](https://corp.example/b.png)'
    const said = [...output.push([{ type: 'text', choice: 0, text }]), ...output.end()]
    await close()
    expect(said.map((d) => (d.type === 'text' ? d.text : '')).join('')).toBe(
      '![a](https://x.cdn.corp.example/a.png) [link]',
    )
  })
  it('says where a mistake is', () => {
    expect(() => readOwnClasses('classes:\n  a: [\n')).toThrow(/not YAML, at line 3, column 1/)
    expect(() => readOwnClasses('clases: {}')).toThrow(/"clases"/)
  })

  it('finds a field by its path for one role and leaves it to another, in one answer', () => {
    const guard = createGuard({ detectors: own.detectors, classes: own.classes, fields: own.fields, masks: own.masks })
    const vault = guard.openVault({ key: randomBytes(32), random: (n) => randomBytes(n), session: 's' })
    const text = '{"customer":{"name":"C-123456","salary":4200,"note":"C-654321"},"salary":1}'
    const see = (clear: boolean) => {
      const output = guard.openOutput(
        ({ class: id }) => ({ treatment: id === 'finance/salary' && !clear ? 'mask' : 'pass', rules: [] }),
        vault,
      )
      return [...output.push([{ type: 'text', choice: 0, text }]), ...output.end()]
        .map((d) => (d.type === 'text' ? d.text : ''))
        .join('')
    }
    expect(see(true)).toBe(text)
    expect(JSON.parse(see(false))).toEqual({ customer: { name: 'C-123456', salary: 0, note: 'C-654321' }, salary: 1 })
  })

  it('finds the longest of what a pattern can mean, and all of a word that is longer than a match', () => {
    const yaml = String.raw`classes: { a/b: { longest: 12, patterns: ['EMP|EMPLOYEE-\d+', 'sk_[a-z\d]+', 'no: .*'] } }`
    const [detector] = readOwnClasses(yaml).detectors
    if (!detector) throw new Error('no detector')
    const found = (text: string, size = text.length) => {
      const stream = detector.open()
      const all = []
      for (let at = 0; at < text.length; at += size) all.push(...stream.push(text.slice(at, at + size)))
      all.push(...stream.end())
      return all.map(({ start, end }) => text.slice(start, end)).join('|')
    }
    expect(found('EMPLOYEE-12 EMP EMPIRE')).toBe('EMPLOYEE-12|EMP')
    const key = `sk_${'a1'.repeat(20)}`
    for (const size of [1, 7, 100]) expect(found(`a ${key}, b`, size).replaceAll('|', '')).toBe(key)
    expect(found('no: one two three')).toBe('no: one two ')
    expect(found('no: one twothree four').replaceAll('|', '')).toBe('no: one twothree')
  })

  it('finds the same however the text is cut', () => {
    const part = fc.oneof(
      fc.constantFrom(
        'C-123456',
        'contract-ab1234',
        'loyalty ',
        '1234567897',
        ' ',
        'C-',
        'Nightjar',
        'project\n',
        'falcon',
        'x'.repeat(80),
      ),
      fc.string({ maxLength: 4 }),
    )
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 10 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 30 })),
        (parts, sizes) => {
          const text = parts.join('')
          for (const detector of own.detectors) {
            const stream = detector.open()
            const streamed = []
            for (let at = 0; at < text.length; ) {
              const size = sizes.next().value
              streamed.push(...stream.push(text.slice(at, at + size)))
              at += size
            }
            streamed.push(...stream.end())
            expect(streamed).toEqual(detect(detector, text))
          }
        },
      ),
      { seed: 21, numRuns: 500 },
    )
  })
})
