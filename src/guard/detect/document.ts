// Documents told by their lines: configuration files (five or more lines of names and values, one of them saying where a
// machine is or how to get in) and transaction histories (three or more lines with a date and a sum). Of a configuration
// the values are reported, not the names; of a history every row. A line that cannot belong to either is let go at its first
// words, so prose is not held back.
import type { Finding } from '../../core/index.ts'
import type { Detector, DetectorStream } from '../detector.ts'
import { isAlphanumeric, isAsciiLetter, isDigit } from './chars.ts'
import { BLANK, isBlank, isKeyJoint, type Line, LONGER, longer, NONE } from './document-line.ts'
import { row, wordedDate } from './document-row.ts'
import { setting } from './document-setting.ts'

export const DOCUMENT_CLASSES = ['document/config', 'finance/transaction'] as const

const LEAST_SETTINGS = 5
const LEAST_ROWS = 3
/** A longer line is no line of such a document. */
const LONGEST_LINE = 1024
/** Lines held at most while a document has not shown itself. */
const MOST_WAITING = 24

export function createDocumentDetector(): Detector {
  return {
    name: 'document',
    classes: DOCUMENT_CLASSES,
    longest: LONGEST_LINE * MOST_WAITING,
    open: () => new DocumentStream(),
  }
}

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

/** Reads the line [from, to). With `whole` false only its beginning may be there: `longer` means wait. */
function readLine(text: string, from: number, to: number, whole: boolean): Line {
  let i = from
  while (i < to && isBlank(text.charCodeAt(i))) i++
  if (i === to) return whole ? BLANK : LONGER
  let end = to
  while (end > i && isBlank(text.charCodeAt(end - 1))) end--
  const c = text.charCodeAt(i)
  const quote = c === 34 || c === 39
  if (quote && i + 1 === end && !whole) return longer(i)
  if (isDigit(c) || c === 124 || (quote && isDigit(text.charCodeAt(i + 1)))) return row(text, i, end, whole)
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
