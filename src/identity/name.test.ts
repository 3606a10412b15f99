import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fault } from '../core/index.ts'
import { checkName, skeleton } from './name.ts'

describe('names', () => {
  it.each(['dana', 'dana@acme.example', 'ci-embed 2', 'Дана', '张伟', 'José', 'a:b+c_d.e'])('takes %s', (name) => {
    expect(checkName(name)).toBe(name)
  })
  it.each([
    ['', 'empty'],
    ['x'.repeat(65), 'too long'],
    ['..', 'a path step'],
    ['a/b', 'a path'],
    ['a\u0000b', 'control'],
    ['a\u200bb', 'zero width'],
    ['a\u202eb', 'bidi'],
    ['dana ', 'space at the end'],
    ['Jose\u0301', 'not NFC'],
    ['d\u0430na', 'Latin with Cyrillic'],
    ['\ua4eedmin', 'Latin with Lisu'],
    ['\u2c81dmin', 'Latin with Coptic'],
    ['\ud800', 'half a character'],
  ])('refuses %j (%s)', (name) => {
    expect(() => checkName(name)).toThrow(Fault)
  })
  it('sees lookalikes as one', () => {
    expect(skeleton('сосо')).toBe(skeleton('coco')) // Cyrillic, Latin
    expect(skeleton('\u0251dmin')).toBe(skeleton('admin')) // Latin alpha
    expect(skeleton('\u1d00\u1d05\u1d0d\u026a\u0274')).toBe(skeleton('admin')) // small capitals
    expect(skeleton('Dana')).toBe(skeleton('dana'))
    expect(skeleton('ｄａｎａ')).toBe(skeleton('dana'))
    expect(skeleton('jose')).not.toBe(skeleton('josé'))
  })
  it('never throws anything but a Fault, and accepts only what is its own NFC', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          return checkName(text) === text.normalize('NFC')
        } catch (error) {
          return error instanceof Fault
        }
      }),
      { seed: 7, numRuns: 300 },
    )
  })
})
