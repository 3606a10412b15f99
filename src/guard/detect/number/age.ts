// How old somebody is: by the words behind the number, or before it.
import { isAlphanumeric, isLetter } from '../chars.ts'
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
    const sure = yearsOld(scan, phrase.start(g), phrase.end(g), value)
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

/** How sure the words from `at` on make the number before them, which begins at `start`, an age; 0 if they do not; NEED. */
function yearsOld(scan: Scan, start: number, at: number, value: number): number {
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
  const said = text.slice(i, word)
  if (ONLY_AGE.test(said)) return 85
  const known = (glue.get(text, i, word) & YEARS) !== 0
  if (!known && !YEARS_OF_LIFE.test(said)) return 0
  if (word - i === 2 && (text.charCodeAt(i + 1) | 32) === 111) return 85
  const next = gap === SPACE || gap === DASH ? wordEnd(scan, word + 1) : word
  if (next === NEED) return NEED
  if (next > word && OLD.test(text.slice(word + 1, next))) return 90
  return value >= LEAST_SAID && i === at + 1 && isSaid(scan, start, gap, text.slice(word + 1, next)) ? 70 : 0
}

const OLD = /^(?:old|alt(?:e[mnrs]?)?|oud|gamm[ae]l|gamla|gamle)$/i
/** Nothing else has so many of them. */
const ONLY_AGE =
  /^(?:jährig(?:e[mnrs]?)?|jarige?|éves(?:en)?|yaş[ıi]nda(?:ki|y[ıi]m|y[ıi]z|d[ıi]r)?|let(?:n[ií]|ý|á|ého|nia|niej|niego)|årig[ea]?|vuotias)$/i
const YEARS_OF_LIFE = /^(?:ans|años|anos|anni|lat|lata|let|roků|år|vuotta|godina|ετών|лет|років|года|ani)$/i
/** What says so in other languages does without a word for `old`; durations are shorter mostly. */
const LEAST_SAID = 16
/** Verbs, and words for `of`, right before the number. */
const HAS =
  /(?:^|[^\p{L}])(?:tiene|tengo|tenía|tenia|tendrá|cumple|cumplió|cumplo|cumplí|ha|ho|aveva|avevo|compie|a|ai|avait|aura|âgée? de|tem|tenho|tinha|fez|completa|ma|mam|miał|miała|skończył|skończyła|je|bylo|är|er|fyller|fylder|ist|bin|wird|wurde|is|ben|wordt|was|мне|ему|ей|im Alter von|de edad|di età|edad de|età di|wieku) $/iu
/** Behind what is nobody's: `el contrato tiene 20 años`. */
const THING =
  /(?:contrat|garant|empres|compañ|firma|firm|societ|azienda|edifici|bâtiment|maison|casa|gebäude|haus|kredit|prêt|préstam|mutuo|umow|smlouv|budov|szerződés|sözleşme|avtal|hus)\p{L}{0,8} (?:\p{L}{1,4} )?\p{L}{1,8} $/iu
/** Two words with capitals, or a title and one, and what parts them from the number: `Mme Guérin (43 ans)`, `Ada Roth, 31 Jahre,`. */
const NAMED =
  /(?:^|[^\p{L}])\p{Lu}[\p{L}'’.-]{1,20} (?:(?:van|von|de|da|di|der|den|dos) ){0,2}\p{Lu}[\p{L}'’-]{1,24}(?: \(|, )(?:(?:di|de|von|van|à|aged) )?$/u
const AND = /^(?:und|et|y|e|en|och|og|i|a|és|ve|and|que|qui|che|old)$/i

/** Is the number said to be somebody's years? `next`: the word behind them. */
function isSaid(scan: Scan, start: number, gap: number, next: string): boolean {
  if (gap === SPACE ? !AND.test(next) : isLetter(gap)) return false
  const left = scan.text.slice(Math.max(0, start - 64), start)
  return NAMED.test(left) || (HAS.test(left) && !THING.test(left))
}

const ages = ['he was', 'she was', 'he is', 'she is', 'i am', 'i was', "i'm", "he's", "she's"]

function endsSentence(scan: Scan, i: number): boolean {
  const c = peek(scan, i)
  return c === 0 || c === POINT || c === COMMA || c === 33 || c === 63 || c === 10
}
