// Numbers that count something: ranges, rows of sizes, what a unit or a counted thing follows. They have the forms of local
// telephones and short dates, and are none.
import { isLetter } from '../chars.ts'
import { COUNTED, glue } from '../lexicon.ts'
import { NEED, peek, type Scan } from '../scan.ts'
import { DASH, type Phrase, SPACE } from './phrase.ts'
import { endsWithWord, wordEnd } from './words.ts'

/** What people count in: hundreds and fifties, or doubling. */
const isRound = (value: number) => value > 0 && (value % 50 === 0 || (value & (value - 1)) === 0)
const isYear = (value: number) => value >= 1900 && value <= 2100

/** `300-1500`, `128-1024`, `2019-2024`: from one number to a larger one. */
export function isRange(phrase: Phrase, g: number): boolean {
  if (g + 1 >= phrase.count || phrase.joint(g + 1) !== DASH || (g + 2 < phrase.count && phrase.joint(g + 2) === DASH))
    return false
  const low = phrase.amount(g)
  const high = phrase.amount(g + 1)
  if (low >= high || phrase.size(g) > 5 || phrase.size(g + 1) > 5 || phrase.digits[phrase.first(g + 1)] === 0)
    return false
  return (isRound(low) && isRound(high)) || (isYear(low) && isYear(high))
}

/** `200 300 4000`, `512 1024 2048`: groups [g, h] are sizes with blanks between. */
export function isSizes(phrase: Phrase, g: number, h: number): boolean {
  for (let k = g; k <= h; k++) if ((k > g && phrase.joint(k) !== SPACE) || !isRound(phrase.amount(k))) return false
  return true
}

const COUNTING = [
  'pages',
  'page',
  'rows',
  'row',
  'lines',
  'line',
  'ports',
  'port',
  'range',
  'between',
  'score',
  'scores',
  'score of',
  'scores of',
  'rooms',
  'seats',
  'values',
  'sizes',
  'size',
  'size of',
  'sizes of',
  'about',
  'approximately',
  'roughly',
  'pp',
  'seiten',
  'zeilen',
  'páginas',
  'ratio',
  'jersey',
]

/** Does the word before `at` count? */
export function isCounted(text: string, at: number): boolean {
  return text.charCodeAt(at - 1) === SPACE && COUNTING.some((word) => endsWithWord(text, at - 1, word))
}

/** Does a unit or a counted thing stand behind the number that ends at `end`: `items`, `mg`, `%`? 1, 0 or NEED. */
export function unitBehind(scan: Scan, end: number): number {
  let c = peek(scan, end)
  if (c === NEED) return NEED
  if (c === 37) return 1
  if (c !== SPACE) return 0
  c = peek(scan, end + 1)
  if (c === NEED) return NEED
  if (c === 37) return 1
  if (!isLetter(c)) return 0
  const word = wordEnd(scan, end + 1)
  if (word === NEED) return NEED
  return (glue.get(scan.text, end + 1, word) & COUNTED) !== 0 ? 1 : 0
}
