// How old somebody is: by the words behind the number, or before it.
import { isAlphanumeric } from '../chars.ts'
import { glue, NEAR_AGE, YEARS } from '../lexicon.ts'
import { NEED, peek, type Scan } from '../scan.ts'
import { COMMA, DASH, type Phrase, POINT, SLASH, SPACE } from './phrase.ts'
import { endsWithWord, wordEnd } from './words.ts'

/** `79 years old`, `aged 61`, `turns 23`, `34yo`, `34 y/o`, `52-year-old`. */
export function age(scan: Scan, phrase: Phrase, g: number): number {
  const { text, context } = scan
  if (phrase.size(g) > 3 || (phrase.joint(g) !== 0 && phrase.joint(g) !== SPACE)) return 0
  const value = phrase.amount(g)
  if (value < 1 || value > 120) return 0
  if (g === phrase.count - 1) {
    const sure = yearsOld(scan, phrase.end(g))
    if (sure === NEED) return NEED
    if (sure > 0) {
      scan.emit('personal/age', phrase.start(g), phrase.end(g), sure)
      return 1
    }
    const next = peek(scan, phrase.end(g))
    if (isAlphanumeric(next) || next === 37 || (next === SPACE && peek(scan, phrase.end(g) + 1) === 37)) return 0
  } else if (phrase.joint(g + 1) !== SPACE) return 0
  if (g > 0) return 0
  const said = ages.some((words) => endsWithWord(text, phrase.start(g) - 1, words))
  if (value >= 10 && said && endsSentence(scan, phrase.end(g))) {
    scan.emit('personal/age', phrase.start(g), phrase.end(g), 60)
    return 1
  }
  // `alter_table(7)`
  if (text.charCodeAt(phrase.start(g) - 1) === 40 && isAlphanumeric(text.charCodeAt(phrase.start(g) - 2))) return 0
  if (value >= 3 && context.distance(NEAR_AGE, phrase.start(g)) <= 8) {
    scan.emit('personal/age', phrase.start(g), phrase.end(g), 78)
    return 1
  }
  return 0
}

/** How sure the words from `at` on make the number before them an age; 0 if they do not; NEED. */
function yearsOld(scan: Scan, at: number): number {
  const { text } = scan
  let i = at
  let c = peek(scan, i)
  if (c === SPACE || c === DASH) c = peek(scan, ++i)
  if (c === NEED) return NEED
  const word = wordEnd(scan, i)
  if (word === NEED) return NEED
  const gap = peek(scan, word)
  if (gap === NEED) return NEED
  // `y/o`, `y.o.`
  if (word - i === 1 && (c | 32) === 121 && (gap === SLASH || gap === POINT)) {
    const end = wordEnd(scan, word + 1)
    if (end === NEED) return NEED
    return end - word === 2 && (text.charCodeAt(word + 1) | 32) === 111 ? 85 : 0
  }
  if ((glue.get(text, i, word) & YEARS) === 0) return 0
  if (word - i === 2 && (text.charCodeAt(i + 1) | 32) === 111) return 85
  if (gap !== SPACE && gap !== DASH) return 0
  const next = wordEnd(scan, word + 1)
  if (next === NEED) return NEED
  return OLD.test(text.slice(word + 1, next)) ? 90 : 0
}

const OLD = /^(?:old|alt(?:e[mnrs]?)?|oud)$/i
const ages = ['he was', 'she was', 'he is', 'she is', 'i am', 'i was', "i'm", "he's", "she's"]

function endsSentence(scan: Scan, i: number): boolean {
  const c = peek(scan, i)
  return c === 0 || c === POINT || c === COMMA || c === 33 || c === 63 || c === 10
}
