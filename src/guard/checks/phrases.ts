// Phrases that a rule bans from answers, found in what a model says: from the start of a word on, in any case, with any white
// space between their words, as the sampler of a runtime of our own keeps to them.
import type { Finding } from '../../core/index.ts'
import type { Detector, DetectorStream } from '../detector.ts'

/** Blanks between two words that still count as one gap. */
const WIDEST_GAP = 8
const LETTER = /[\p{L}\p{N}]/u

/** Finds any of the phrases; undefined if there are none. */
export function createPhraseDetector(phrases: readonly string[]): Detector | undefined {
  const all = [...new Set(phrases.map((phrase) => phrase.normalize('NFKC').trim().toLowerCase().replace(/\s+/g, ' ')))]
  // What begins with another phrase is found by it.
  const wanted = all.filter(
    (phrase) => phrase !== '' && !all.some((one) => one !== '' && one !== phrase && phrase.startsWith(one)),
  )
  if (wanted.length === 0) return undefined
  const escaped = wanted.map((phrase) =>
    phrase.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replaceAll(' ', `\\s{1,${WIDEST_GAP}}`),
  )
  const pattern = new RegExp(escaped.join('|'), 'giu')
  const longest = Math.max(...wanted.map((phrase) => phrase.length + (phrase.split(' ').length - 1) * WIDEST_GAP))
  return { name: 'phrases', classes: ['leak/phrase'], longest, open: () => open(wanted, pattern, longest) }
}

function open(wanted: readonly string[], pattern: RegExp, longest: number): DetectorStream {
  let text = ''
  let base = 0
  /** Where in `text` the next phrase may begin. */
  let done = 0

  /** A phrase that begins with a letter begins a word. */
  const atStart = (at: number): boolean =>
    at === 0 || !LETTER.test(text.charAt(at)) || !LETTER.test(text.charAt(at - 1))
  /** Whether the text from here to its end could still become a phrase. */
  const mayGrow = (at: number): boolean => {
    const rest = text.slice(at).toLowerCase().replace(/\s+/g, ' ')
    return wanted.some((phrase) => phrase.startsWith(rest))
  }

  const work = (ended: boolean): Finding[] => {
    const found: Finding[] = []
    pattern.lastIndex = done
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      const end = match.index + match[0].length
      if (!atStart(match.index)) {
        pattern.lastIndex = match.index + 1
        continue
      }
      found.push({ class: 'leak/phrase', start: base + match.index, end: base + end, confidence: 100 })
      done = end
    }
    let hold = Math.max(done, text.length - longest)
    if (ended) hold = text.length
    else while (hold < text.length && !(atStart(hold) && mayGrow(hold))) hold++
    done = Math.max(done, hold)
    stream.openFrom = Math.max(stream.openFrom, base + done)
    return found
  }

  const stream = {
    openFrom: 0,
    push(piece: string) {
      // One character more, to see whether a word begins.
      if (done > 1) {
        text = text.slice(done - 1)
        base += done - 1
        done = 1
      }
      text += piece
      return work(false)
    },
    end: () => work(true),
  }
  return stream
}
