import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Constraint } from './constraint.ts'
import { fold } from './fold.ts'
import { banPhrases, forbidValues, placeholdersOf } from './token-rules.ts'

/** Plays a model that wants to write `text`: every piece the rule refuses is skipped. */
function written(rule: Constraint, pieces: readonly string[]): string {
  let result = ''
  for (const piece of pieces)
    if (rule.accepts(piece, false)) {
      rule.advance(piece)
      result += piece
    }
  return result
}

describe('forbidden values', () => {
  test.each([
    'Zarbo Kline',
    'zarbokline',
    'Z-a-r-b-o K.l.i.n.e',
    'ZÄRBO\nKLINE',
    'Ｚａｒｂｏ Ｋｌｉｎｅ',
    'bo Kline is second, Zarbo K first',
    'enilk obraz',
  ])('cannot be written as %s', (text) => {
    const out = written(forbidValues(['Zarbo Kline']), [...text])
    expect(fold(out)).not.toContain(fold('Zarbo Kline'))
    expect([...fold(out)].reverse().join('')).not.toContain(fold('Zarbo Kline'))
    expect(out.length).toBeLessThan(text.length)
  })

  test('however the pieces are cut, no more than half of a value comes out in one run', () => {
    const unit = fc.constantFrom('a', 'b', 'c', ' ', '-')
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit, minLength: 1, maxLength: 10 }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.string({ unit, minLength: 1, maxLength: 4 })),
        (values, pieces) => {
          const rule = forbidValues(values)
          const out = written(rule, pieces)
          const words = out.split(/[^a-z]+/)
          for (const value of values.map(fold).filter((value) => value !== '')) {
            const run = Math.min(value.length, Math.max(4, Math.floor(value.length / 2) + 1))
            if (value.length > 2)
              for (let i = 0; i + run <= value.length; i++) expect(fold(out)).not.toContain(value.slice(i, i + run))
            // The last word counts only if the answer may end with it.
            if (value.length <= 2) expect(rule.mayEnd() ? words : words.slice(0, -1)).not.toContain(value)
          }
        },
      ),
      { seed: 41, numRuns: 500 },
    )
  })

  test('of up to two letters are words of their own', () => {
    const rule = forbidValues(['Al', '42'])
    expect(written(rule, ['Al', ' says ', 'so', '. Call ', 'also ', '142', ' or ', '42', '!', '0'])).toBe(
      'Also. Call also 142 or 420',
    )
    expect(rule.mayEnd()).toBe(true)
    rule.advance(' Al')
    expect(rule.mayEnd()).toBe(false)
  })

  test('of a hundred thousand characters cost neither the memory nor the time of all their halves', () => {
    const long = Array.from({ length: 100_000 }, (_, i) => ((i * 7919) % 36).toString(36)).join('')
    const rule = forbidValues([long])
    expect(rule.accepts(long.slice(500, 523), false)).toBe(true)
    expect(rule.accepts(long.slice(500, 524), false)).toBe(false)
  })

  test('leave other text alone', () => {
    const text = 'Restart the VPN client and sign in again.'
    expect(written(forbidValues(['481516', 'Zarbo Kline', '***']), [...text])).toBe(text)
    expect(written(forbidValues(['***']), ['a', '*', '*', '*', 'b'])).toBe('a**b')
  })
})

describe('banned phrases', () => {
  test('cannot be completed, in any case and spacing', () => {
    expect(written(banPhrases(['legal advice']), ['This is Legal', '  ADV', 'ice', ' for you'])).toBe(
      'This is Legal  ADV for you',
    )
    expect(written(banPhrases(['refund']), ['a ', 'REFUND', ' or prerefund'])).toBe('a  or prerefund')
  })
})

describe('placeholders', () => {
  const rule = () => placeholdersOf('I am <NAME_1> at <EMAIL_12>, not <B>.')
  test('of the prompt may be written, others not, whole or spelt', () => {
    expect(rule().accepts('<NAME_1> and <EMAIL_12>', false)).toBe(true)
    expect(rule().accepts('<NAME_2>', false)).toBe(false)
    expect(rule().accepts('<EMAIL_1>', false)).toBe(false)
    expect(rule().accepts('<CARD_1', false)).toBe(false)
    expect(written(rule(), [...'<NAME_2> <EMAIL_19>'])).not.toMatch(/<NAME_2>|<EMAIL_19>/)
  })
  test('in the form of words are held to the prompt as well', () => {
    const words = placeholdersOf('PERSON_7QK2M wrote to EMAIL_AB2C9, MAX_SIZE is 3')
    expect(words.accepts('PERSON_7QK2M and EMAIL_AB2C9', false)).toBe(true)
    expect(words.accepts('PERSON_7QK2N', false)).toBe(false)
    expect(words.accepts('PERSON_7QK2MX', false)).toBe(false)
    expect(words.accepts('MAX_SIZE, MAX_VALUE, IDLE_STATE', false)).toBe(true)
  })
  test('do not forbid other uses of angle brackets', () => {
    expect(rule().accepts('a < b, <B>bold</B>, <html>, x <- y', false)).toBe(true)
  })
})
