// A line of a transaction history: a date, perhaps behind a number of the row's own, and a sum with two decimals.
import { isAlphanumeric, isDigit, isLetter } from './chars.ts'
import { isBlank, type Line, LONGER, longer, NEUTRAL, NONE } from './document-line.ts'
import { glue, MONTH } from './lexicon.ts'

/** Characters of a row's own number and what parts it from the date. */
const LONGEST_OWN = 28

/** Reads [from, end), blanks left out; `whole` as in `readLine`. */
export function row(text: string, from: number, end: number, whole: boolean): Line {
  let i = from
  if (text.charCodeAt(i) === 124) i++
  while (i < end && (isBlank(text.charCodeAt(i)) || text.charCodeAt(i) === 34 || text.charCodeAt(i) === 39)) i++
  // Lines that draw a table.
  let drawn = i
  while (
    drawn < end &&
    (text.charCodeAt(drawn) === 45 ||
      text.charCodeAt(drawn) === 58 ||
      text.charCodeAt(drawn) === 124 ||
      text.charCodeAt(drawn) === 32)
  )
    drawn++
  // No date stands further behind the row's beginning than a number of the row's own is long.
  if (drawn === end) return whole ? NEUTRAL : end - i > LONGEST_OWN ? LONGER : longer(from)
  let day = dateEnd(text, i, end) || wordedDate(text, i, end, whole)
  if (day < 0) return longer(from)
  if (day === 0) {
    // A date may follow a number of the row's own, a field later.
    const limit = Math.min(end, i + LONGEST_OWN)
    let k = i
    while (
      k < limit &&
      text.charCodeAt(k) !== 44 &&
      text.charCodeAt(k) !== 124 &&
      text.charCodeAt(k) !== 59 &&
      text.charCodeAt(k) !== 9 &&
      text.charCodeAt(k) !== 32
    )
      k++
    if (k === end && !whole && end - i < LONGEST_OWN) return longer(from)
    while (k < limit && !isDigit(text.charCodeAt(k)) && !isLetter(text.charCodeAt(k))) k++
    day = dateEnd(text, k, end) || wordedDate(text, k, end, whole)
    if (day < 0) return longer(from)
    if (day === 0) return !whole && mayBecomeDate(text, k, end) ? longer(from) : NONE
  }
  if (!whole) return longer(from)
  for (let k = day; k + 2 < end; k++) {
    const c = text.charCodeAt(k)
    if (
      (c === 46 || c === 44) &&
      isDigit(text.charCodeAt(k - 1)) &&
      isDigit(text.charCodeAt(k + 1)) &&
      isDigit(text.charCodeAt(k + 2)) &&
      !isAlphanumeric(text.charCodeAt(k + 3))
    )
      return { kind: 'row', from, to: end }
  }
  return NONE
}

/** True while nothing but digits and their joints have arrived at `i`. */
function mayBecomeDate(text: string, i: number, end: number): boolean {
  if (end - i >= 10) return false
  for (let k = i; k < end; k++) {
    const c = text.charCodeAt(k)
    if (!isDigit(c) && c !== 45 && c !== 46 && c !== 47) return false
  }
  return true
}

/** How names of months begin. */
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec mär mai okt dez'.split(' ')

/** End of `3 Jun 2024`, `3. Juni 2024`, `Jun 3, 2024` at `i`; 0 for none, -1 if too little is there to tell. */
export function wordedDate(text: string, i: number, end: number, whole: boolean): number {
  let k = i
  const short = whole ? 0 : -1
  const figures = () => {
    const start = k
    while (k < end && k - start < 5 && isDigit(text.charCodeAt(k))) k++
    return k - start
  }
  const month = () => {
    const start = k
    while (k < end && k - start < 11 && isLetter(text.charCodeAt(k))) k++
    const begun = text.slice(start, Math.min(k, start + 3)).toLowerCase()
    if (k === end) return !whole && begun !== '' && MONTHS.some((name) => name.startsWith(begun)) ? -1 : 0
    return (glue.get(text, start, k) & MONTH) !== 0 ? 1 : 0
  }
  /** Passes one sign of `optional` and then one of a blank, a dash or a slash. */
  const gap = (optional: number) => {
    if (k < end && text.charCodeAt(k) === optional) k++
    if (k >= end) return -1
    const c = text.charCodeAt(k)
    if (c !== 32 && c !== 45 && c !== 47) return 0
    k++
    return k >= end ? -1 : 1
  }
  for (const step of isDigit(text.charCodeAt(i)) ? ['day', 'month'] : ['month', 'day']) {
    if (step === 'day') {
      const size = figures()
      if (size < 1 || size > 2) return 0
    } else {
      const read = month()
      if (read <= 0) return read
    }
    const next = gap(step === 'day' && k > i + 2 ? 44 : 46)
    if (next <= 0) return next < 0 ? short : 0
  }
  const year = figures()
  if (k === end && !whole) return -1
  return (year === 4 || year === 2) && !isAlphanumeric(text.charCodeAt(k)) ? k : 0
}

/** End of `2024-03-01`, `01/03/2024`, `1.3.24`, `03/01` at `i`, or 0. */
function dateEnd(text: string, i: number, end: number): number {
  let k = i
  let parts = 0
  let joint = 0
  const sizes = [0, 0, 0]
  while (k < end && parts < 3) {
    const start = k
    while (k < end && isDigit(text.charCodeAt(k))) k++
    sizes[parts++] = k - start
    if (k === start) return 0
    const c = text.charCodeAt(k)
    if (parts < 3 && k < end && (c === 45 || c === 47 || c === 46) && (joint === 0 || joint === c)) {
      joint = c
      k++
    } else break
  }
  const [a = 0, b = 0, c = 0] = sizes
  const whole = parts === 3 && ((a === 4 && b <= 2 && c <= 2) || (a <= 2 && b <= 2 && (c === 4 || c === 2)))
  const short = parts === 2 && joint === 47 && a === 2 && b === 2
  return (whole || short) && !isLetter(text.charCodeAt(k)) ? k : text.charCodeAt(k) === 84 && whole ? k : 0
}
