import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Detector, detect } from '../detector.ts'
import { createPhraseDetector } from './phrases.ts'

const phrases = createPhraseDetector(['legal advice', 'refund', 'legal', 'big deal', '+1 (555)']) as Detector
const found = (text: string) => detect(phrases, text).map(({ start, end }) => text.slice(start, end))

describe('banned phrases', () => {
  it('are found from the start of a word, in any case and spacing', () => {
    expect(found('This is Legal ADVICE, a BIG \n deal for a REFUNDED order')).toEqual([
      'Legal',
      'BIG \n deal',
      'REFUND',
    ])
    expect(found('paralegal, prerefund; legal')).toEqual(['legal'])
    expect(found('call +1 (555) now')).toEqual(['+1 (555)'])
  })

  it('are the same however the text arrives, and nothing before a phrase is held back', () => {
    const unit = fc.constantFrom('legal', ' ', 'big', 'deal', 'refund', 'x', 're', 'fund', '\n', '.')
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 12 }), fc.array(fc.nat(6), { maxLength: 12 }), (words, cuts) => {
        const text = words.join('')
        const stream = phrases.open()
        const pieces = []
        let at = 0
        for (const cut of cuts) {
          pieces.push(text.slice(at, at + cut))
          at += cut
        }
        pieces.push(text.slice(at))
        let settled = 0
        const all = pieces.flatMap((piece) => {
          const some = stream.push(piece)
          for (const { start } of some) expect(start).toBeGreaterThanOrEqual(settled)
          settled = stream.openFrom
          return some
        })
        const last = stream.end()
        for (const { start } of last) expect(start).toBeGreaterThanOrEqual(settled)
        expect([...all, ...last]).toEqual(detect(phrases, text))
      }),
      { seed: 7, numRuns: 2000 },
    )
    const stream = phrases.open()
    stream.push('Nothing here, then leg')
    expect(stream.openFrom).toBe('Nothing here, then '.length)
  })

  it('are none where no rule bans any', () => {
    expect(createPhraseDetector([' ', ''])).toBeUndefined()
  })
})
