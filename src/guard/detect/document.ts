// Documents told by their lines: configuration files (five or more lines of names and values, one of them saying where a
// machine is or how to get in) and transaction histories (three or more lines with a date and a sum). Of a configuration
// the values are reported, not the names; of a history every row. A line that cannot belong to either is let go at its first
// words, so prose is not held back.
import type { Finding } from '../../core/index.ts'
import type { Detector, DetectorStream } from '../detector.ts'
import { createWordTable, isAlphanumeric, isAsciiLetter, isDigit, isLetter, type WordTable } from './chars.ts'
import { glue, MONTH } from './lexicon.ts'

export const DOCUMENT_CLASSES = ['document/config', 'finance/transaction'] as const

const LEAST_SETTINGS = 5
const LEAST_ROWS = 3
/** A longer line is no line of such a document. */
const LONGEST_LINE = 1024
/** Lines held at most while a document has not shown itself. */
const MOST_WAITING = 24
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

export function createDocumentDetector(): Detector {
  return {
    name: 'document',
    classes: DOCUMENT_CLASSES,
    longest: LONGEST_LINE * MOST_WAITING,
    open: () => new DocumentStream(),
  }
}

/** What a line is; `longer` while too little of it is there: a finding in it starts at `from` or later. */
type Line =
  | { kind: 'none' | 'blank' | 'neutral' }
  | { kind: 'longer'; from: number }
  | { kind: 'setting'; from: number; to: number; telling: boolean; argument: Argument }
  | { kind: 'row'; from: number; to: number }

/** Whether the line is an argument of a call, `name=value,`, and one by which something is connected to. */
type Argument = 'no' | 'any' | 'connecting'

const NONE: Line = { kind: 'none' }
const BLANK: Line = { kind: 'blank' }
const NEUTRAL: Line = { kind: 'neutral' }
/** Undecided, and nothing that is there so far would be reported: only what follows. */
const LONGER: Line = { kind: 'longer', from: Number.POSITIVE_INFINITY }
const longer = (from: number): Line => ({ kind: 'longer', from })

class DocumentStream implements DetectorStream {
  openFrom = 0
  #text = ''
  #base = 0
  /** Local start of the line being read, and whether it has been let go. */
  #line = 0
  #skip = false
  /** Values and rows of lines that may yet turn out to be a document, in whole offsets. */
  #waiting: Finding[] = NO_FINDINGS
  #lines = 0
  #shown = false
  /** One of the lines says that something is connected to: arguments from here on may be settings. */
  #connects = false
  #blanks = 0
  #kind: 'setting' | 'row' | undefined

  push(piece: string): Finding[] {
    if (this.#skip && !piece.includes('\n')) {
      // The rest of a line that was let go need not be kept.
      this.#base += this.#text.length + piece.length
      this.#text = ''
      this.#line = 0
      this.openFrom = this.#base
      return []
    }
    this.#text += piece
    const found = this.#work(false)
    if (this.#line > 2048) {
      this.#text = this.#text.slice(this.#line)
      this.#base += this.#line
      this.#line = 0
    }
    return found
  }

  end(): Finding[] {
    return this.#work(true)
  }

  #drop(): void {
    this.#waiting = NO_FINDINGS
    this.#lines = 0
    this.#shown = false
    this.#connects = false
    this.#blanks = 0
    this.#kind = undefined
  }

  #take(read: Line, found: Finding[]): void {
    if (read.kind === 'neutral') return
    if (read.kind === 'blank') {
      if (this.#kind !== undefined && ++this.#blanks > 1) this.#drop()
      return
    }
    if (read.kind !== 'setting' && read.kind !== 'row') {
      this.#drop()
      return
    }
    if (this.#kind !== read.kind) this.#drop()
    this.#kind = read.kind
    this.#blanks = 0
    this.#lines++
    if (read.kind === 'row') this.#shown = true
    else if (read.telling) this.#shown = true
    if (read.kind === 'setting') this.#connects ||= read.argument === 'connecting' || read.telling
    // Who connects names the machine, the user or the base first: an argument before those is one of any call.
    const reported = read.kind === 'row' || this.#connects || read.argument === 'no'
    if (reported && read.to > read.from) {
      const dataClass = read.kind === 'row' ? 'finance/transaction' : 'document/config'
      if (this.#waiting === NO_FINDINGS) this.#waiting = []
      this.#waiting.push({
        class: dataClass,
        start: this.#base + read.from,
        end: this.#base + read.to,
        confidence: 85,
      })
    }
    if (this.#shown && this.#lines >= (read.kind === 'row' ? LEAST_ROWS : LEAST_SETTINGS)) {
      for (const finding of this.#waiting) found.push(finding)
      this.#waiting = NO_FINDINGS
    } else if (this.#lines > MOST_WAITING) this.#drop()
  }

  #work(ended: boolean): Finding[] {
    const found: Finding[] = []
    const text = this.#text
    /** Where a finding in the line that is arriving may start. */
    let candidate = Number.POSITIVE_INFINITY
    while (this.#line < text.length || ended) {
      const line = this.#line
      const end = text.indexOf('\n', line)
      if (end < 0 && !ended) {
        if (!this.#skip) {
          // Can it still be anything? If not, nothing before the next line matters.
          const read = text.length - line > LONGEST_LINE ? NONE : readLine(text, line, text.length, false)
          if (read.kind === 'longer') candidate = read.from
          else if (read.kind === 'none') {
            this.#take(NONE, found)
            this.#skip = true
          }
        }
        break
      }
      const stop = end < 0 ? text.length : end
      if (!this.#skip) this.#take(stop - line > LONGEST_LINE ? NONE : readLine(text, line, stop, true), found)
      this.#skip = false
      this.#line = stop + 1
      if (end < 0) {
        this.#line = text.length
        break
      }
    }
    // Names of settings are never reported, so only values and rows are waited for.
    this.openFrom = this.#base + Math.min(text.length, ended ? text.length : candidate)
    if (!ended) this.openFrom = Math.min(this.openFrom, this.#waiting[0]?.start ?? this.openFrom)
    return found
  }
}

const NO_FINDINGS: Finding[] = []

const isBlank = (c: number) => c === 32 || c === 9 || c === 13

/** Reads the line [from, to). With `whole` false only its beginning may be there: `longer` means wait. */
function readLine(text: string, from: number, to: number, whole: boolean): Line {
  let i = from
  while (i < to && isBlank(text.charCodeAt(i))) i++
  if (i === to) return whole ? BLANK : LONGER
  let end = to
  while (end > i && isBlank(text.charCodeAt(end - 1))) end--
  const c = text.charCodeAt(i)
  if (isDigit(c) || c === 124 || ((c === 34 || c === 39) && isDigit(text.charCodeAt(i + 1))))
    return row(text, i, end, whole)
  // Rows of a list: `- 2024-03-01: …`.
  if ((c === 45 || c === 42) && isBlank(text.charCodeAt(i + 1)) && i + 2 < end && isDigit(text.charCodeAt(i + 2)))
    return row(text, i + 2, end, whole)
  if (c === 42 && i + 1 === end && !whole) return LONGER
  const read = setting(text, i, end, whole)
  if (!isAsciiLetter(c)) return read
  const dated = wordedDate(text, i, end, whole) !== 0
  if (dated && read.kind === 'none') return row(text, i, end, whole)
  if (dated && read.kind === 'longer') return longer(i)
  // `T-1001, 2024-03-01, …`: a row may begin with a number of its own that has letters.
  if (read.kind === 'none') return numbered(text, i, end) ? row(text, i, end, whole) : read
  return read.kind === 'longer' && (numbered(text, i, end) || oneWord(text, i, end)) ? longer(i) : read
}

/** True while the first word is still arriving. */
function oneWord(text: string, from: number, end: number): boolean {
  if (end - from > 24) return false
  for (let i = from; i < end; i++)
    if (!isAlphanumeric(text.charCodeAt(i)) && !isKeyJoint(text.charCodeAt(i))) return false
  return true
}

/** True if the first word has a digit. */
function numbered(text: string, from: number, end: number): boolean {
  for (let i = from; i < end && i < from + 24; i++) {
    const c = text.charCodeAt(i)
    if (isDigit(c)) return true
    if (!isAlphanumeric(c) && !isKeyJoint(c)) return false
  }
  return false
}

/** `name = value`, `name: value`, `"name": "value",`, `export NAME=value`, `- name: value`. */
function setting(text: string, from: number, end: number, whole: boolean): Line {
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

const isKeyJoint = (c: number) => c === 95 || c === 45 || c === 46

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

/** Characters of a row's own number and what parts it from the date. */
const LONGEST_OWN = 28

/** A row: starts with a date, perhaps after a number of its own, and has a sum with two decimals. */
function row(text: string, from: number, end: number, whole: boolean): Line {
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
function wordedDate(text: string, i: number, end: number, whole: boolean): number {
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
