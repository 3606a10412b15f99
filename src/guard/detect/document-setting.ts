// A line of a configuration file: `name = value`, `name: value`, `"name": "value",`, `export NAME=value`, `- name: value`. What
// programs and prose put behind the same signs is none: calls, expressions, statements, sentences.
import { createWordTable, isAlphanumeric, isAsciiLetter, isLetter, type WordTable } from './chars.ts'
import { isBlank, isKeyJoint, type Line, LONGER, longer, NEUTRAL, NONE } from './document-line.ts'

const LONGEST_KEY = 64

/** Words in a setting's name that say it leads to a machine or opens a door. */
const telling = createWordTable(
  new Map(
    'host hostname hosts port server servers url uri dsn endpoint database db password passwd pwd secret token key apikey addr ip broker brokers bucket listen bind socket cert certificate ca redis mysql postgres smtp ldap kafka mongo proxy upstream gateway registry datasource jdbc connection credential credentials'
      .split(' ')
      .map((word) => [word, 1]),
  ),
)

/** What else the arguments of a call that connects to something begin with. */
const connecting = createWordTable(
  new Map('user username login account dbname db schema protocol scheme driver'.split(' ').map((word) => [word, 1])),
)

/** Reads [from, end), blanks left out; `whole` as in `readLine`. */
export function setting(text: string, from: number, end: number, whole: boolean): Line {
  let i = from
  const first = text.charCodeAt(i)
  // Comments, section heads and brackets stand between settings.
  if (first === 35 || first === 59) return NEUTRAL
  if (first === 123 || first === 125 || first === 91 || first === 93)
    return whole ? (end - i <= 40 ? NEUTRAL : NONE) : end - i <= 40 ? LONGER : NONE
  if (first === 45) {
    if (i + 1 >= end) return whole ? NONE : LONGER
    if (isBlank(text.charCodeAt(i + 1))) i += 2
  }
  if (end - i <= 7 && !whole && 'export '.startsWith(text.slice(i, end))) return LONGER
  if (i + 7 <= end && text.startsWith('export ', i)) i += 7
  const quoted = text.charCodeAt(i) === 34 || text.charCodeAt(i) === 39
  if (quoted) i++
  const key = i
  while (i < end && i - key <= LONGEST_KEY && (isAlphanumeric(text.charCodeAt(i)) || isKeyJoint(text.charCodeAt(i))))
    i++
  if (i - key > LONGEST_KEY) return NONE
  if (i === end) return whole || i === key ? (i === key && !whole && quoted ? LONGER : NONE) : LONGER
  if (i === key || !(isAsciiLetter(text.charCodeAt(key)) || text.charCodeAt(key) === 95)) return NONE
  const keyEnd = i
  if (quoted) {
    if (text.charCodeAt(i) !== text.charCodeAt(key - 1)) return NONE
    i++
  }
  while (i < end && isBlank(text.charCodeAt(i))) i++
  if (i === end) return whole ? NONE : LONGER
  const joint = text.charCodeAt(i)
  if (joint !== 61 && joint !== 58) return NONE
  if (joint === 58 && i > keyEnd + (quoted ? 1 : 0)) return NONE
  i++
  // `==`, `::`, `:=`, `http://`, `12:30` are not settings.
  const next = text.charCodeAt(i)
  if (i < end && (next === 61 || next === 58 || (joint === 58 && !isBlank(next)))) return NONE
  while (i < end && isBlank(text.charCodeAt(i))) i++
  let value = i
  let stop = end
  if (value < stop && text.charCodeAt(stop - 1) === 44) stop--
  const empty: Line = { kind: 'setting', from: value, to: value, telling: false, argument: 'no' }
  if (value === stop) return whole ? empty : LONGER
  const mark = text.charCodeAt(value)
  if (whole && isBracket(text, value, stop)) return empty
  if ((mark === 34 || mark === 39) && isProgramText(text, value, stop)) return NONE
  // A closing quote that has arrived may turn out to stand inside: `"a": "b"` behind a sign. Then the value begins before it.
  const begin = value
  const inQuotes = (mark === 34 || mark === 39) && stop > value + 1 && text.charCodeAt(stop - 1) === mark
  if (inQuotes) {
    value++
    stop--
  }
  // Prose and program code after the sign: words, calls, statements. A quote that is still open may yet close.
  const mostWords = inQuotes || (!whole && (mark === 34 || mark === 39)) ? 12 : 4
  let words = 1
  for (let k = value; k < stop; k++) {
    const c = text.charCodeAt(k)
    if (c === 32 && ++words > mostWords) return NONE
    if (
      !inQuotes &&
      mark !== 34 &&
      mark !== 39 &&
      (c === 40 || c === 41 || c === 59 || (c === 123 && k > value && text.charCodeAt(k - 1) !== 36))
    )
      return NONE
  }
  if (joint === 61 && !inQuotes && isExpression(text, from, value, stop, end, whole)) return NONE
  if (!whole) return longer(begin)
  // `value: order.shippingAddress,` in an object of a program.
  if (joint === 58 && !quoted && stop < end && isCamelCase(text, value, stop)) return NONE
  const call = joint === 61 && !quoted && stop < end
  return {
    kind: 'setting',
    from: value,
    to: stop,
    telling: stop - value >= 2 && tells(text, key, keyEnd, telling),
    argument: !call ? 'no' : tells(text, key, keyEnd, connecting) ? 'connecting' : 'any',
  }
}

/** `[`, `{}` and their like open or close something: there is no value in them. */
function isBracket(text: string, from: number, to: number): boolean {
  if (to - from > 2) return false
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i)
    if (c !== 91 && c !== 93 && c !== 123 && c !== 125) return false
  }
  return true
}

/** In quotes at `at`: markup with attributes, `"<h1 style=…`, or text that is worked on at once, `", ".join(…`. */
function isProgramText(text: string, at: number, end: number): boolean {
  let i = at + 1
  if (text.charCodeAt(i) === 60 && isAsciiLetter(text.charCodeAt(i + 1))) {
    i++
    while (i < end && isAlphanumeric(text.charCodeAt(i))) i++
    return i + 1 < end && isBlank(text.charCodeAt(i)) && isAsciiLetter(text.charCodeAt(i + 1))
  }
  const mark = text.charCodeAt(at)
  while (i < end && text.charCodeAt(i) !== mark) i++
  if (text.charCodeAt(i + 1) !== 46) return false
  i += 2
  const name = i
  while (i < end && (isAsciiLetter(text.charCodeAt(i)) || text.charCodeAt(i) === 95)) i++
  return i > name && i < end && text.charCodeAt(i) === 40
}

/** Small letters, points and capitals behind small ones, and nothing else. */
function isCamelCase(text: string, from: number, to: number): boolean {
  let humps = 0
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i)
    if (c >= 65 && c <= 90) {
      if (i === from || !isLetter(text.charCodeAt(i - 1))) return false
      humps++
    } else if (c !== 46 && !(c >= 97 && c <= 122)) return false
  }
  return humps > 0
}

/** Blanks before a bare name, of which no configuration has so many; programs nest as deep. */
const DEEP = 8
/** So many before one with joints, `tree.node`, `next_one`. */
const NESTED = 4
/** Bare words that are values everywhere. */
const CONSTANTS = createWordTable(
  new Map('true false yes no on off null none nil auto default'.split(' ').map((word) => [word, 1])),
)

/**
 * What a program gives to a name: `row["name"]`, `parts[0]`, in a list of arguments and deep inside of it the bare name of
 * something else. `from` is where the line's first word stands, `stop` where the value ends, a comma before `end` left out.
 */
function isExpression(text: string, from: number, value: number, stop: number, end: number, whole: boolean): boolean {
  let i = value
  while (i < stop && (isAsciiLetter(text.charCodeAt(i)) || text.charCodeAt(i) === 95 || text.charCodeAt(i) === 46)) i++
  if (i === value) return false
  const next = text.charCodeAt(i)
  if (i < stop && next === 91) {
    const inside = text.charCodeAt(i + 1)
    return i + 1 < stop && (inside === 34 || inside === 39 || inside === 45 || isAlphanumeric(inside))
  }
  if (!whole || i < stop) return false
  if (stop < end) return true
  if (CONSTANTS.get(text, value, stop) !== 0) return false
  let blanks = 0
  while (blanks < DEEP && text.charCodeAt(from - 1 - blanks) === 32) blanks++
  if (blanks < NESTED || blanks >= DEEP) return blanks >= DEEP
  for (let k = value; k + 1 < stop; k++) if (text.charCodeAt(k) === 95 || text.charCodeAt(k) === 46) return true
  return false
}

/** True if a word of the name, cut at joints and capitals, is among `words`. */
function tells(text: string, from: number, to: number, words: WordTable): boolean {
  for (let i = from; i < to; ) {
    while (i < to && !isLetter(text.charCodeAt(i))) i++
    const start = i
    const small = (k: number) => text.charCodeAt(k) >= 97
    if (i < to) i++
    while (i < to && isLetter(text.charCodeAt(i)) && !(small(i - 1) && !small(i))) i++
    if (i > start && words.get(text, start, i) !== 0) return true
  }
  return false
}
