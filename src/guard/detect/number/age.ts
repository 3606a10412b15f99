// How old somebody is: by the words behind the number, or before it.
import { isAlphanumeric, isLetter } from '../chars.ts'
import { glue, NEAR_AGE, YEARS } from '../lexicon.ts'
import { NEED, peek, type Scan } from '../scan.ts'
import { COMMA, DASH, type Phrase, POINT, SPACE } from './phrase.ts'
import { endsWithWord, wordEnd } from './words.ts'

/** `79 years old`, `aged 61`, `turns 23`, `34yo`, `52-year-old`. */
export function age(scan: Scan, phrase: Phrase, g: number): number {
  const { text, context } = scan
  if (phrase.size(g) > 3 || (g > 0 && phrase.joint(g) !== SPACE)) return 0
  const value = phrase.amount(g)
  if (value < 1 || value > 120) return 0
  if (g === phrase.count - 1) {
    let i = phrase.end(g)
    let c = peek(scan, i)
    if (c === NEED) return NEED
    if (c === SPACE || c === DASH) {
      c = peek(scan, ++i)
      if (c === NEED) return NEED
    }
    if (isLetter(c)) {
      const word = wordEnd(scan, i)
      if (word === NEED) return NEED
      if (glue.get(text, i, word) & YEARS) {
        if (word - i === 2 && text.startsWith('yo', i)) {
          scan.emit('personal/age', phrase.start(g), phrase.end(g), 85)
          return 1
        }
        const gap = peek(scan, word)
        if (gap === NEED) return NEED
        if (gap === SPACE || gap === DASH) {
          const next = wordEnd(scan, word + 1)
          if (next === NEED) return NEED
          if (next - word === 4 && text.startsWith('old', word + 1)) {
            scan.emit('personal/age', phrase.start(g), phrase.end(g), 90)
            return 1
          }
        }
        return 0
      }
    }
    if (isAlphanumeric(text.charCodeAt(phrase.end(g)))) return 0
    if (c === 37) return 0
  } else if (phrase.joint(g + 1) !== SPACE) return 0
  if (
    g === 0 &&
    value >= 10 &&
    ages.some((words) => endsWithWord(text, phrase.start(g) - 1, words)) &&
    endsSentence(scan, phrase.end(g))
  ) {
    scan.emit('personal/age', phrase.start(g), phrase.end(g), 60)
    return 1
  }
  if (value >= 3 && context.distance(NEAR_AGE, phrase.start(g)) <= 8 && g === 0) {
    scan.emit('personal/age', phrase.start(g), phrase.end(g), 78)
    return 1
  }
  return 0
}

const ages = ['he was', 'she was', 'he is', 'she is', 'i am', 'i was', "i'm", "he's", "she's"]

function endsSentence(scan: Scan, i: number): boolean {
  const c = peek(scan, i)
  return c === 0 || c === POINT || c === COMMA || c === 33 || c === 63 || c === 10
}
