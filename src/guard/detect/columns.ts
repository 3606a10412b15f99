// Values that the heading of their column gives away: `geburtsdatum` in the first line of a CSV file or of a table in Markdown, and
// the columns that an INSERT names. A cell is judged by its own form alone, as soon as it ends; nothing else is held back.
import type { Finding } from '../../core/index.ts'
import type { Detector } from '../detector.ts'
import { NO_FINDINGS, TextStream } from '../text-stream.ts'
import { HEADINGS, type Heading, headingOf } from './columns-headings.ts'

/** A longer line is no heading, and what an INSERT names stands no further before its values. */
const LONGEST_HEADING = 480
const LONGEST_CELL = 120
const MOST_COLUMNS = 64
const VALUES = 6
const BEHIND = LONGEST_HEADING + 64
const MOST_RAGGED = 3
const MOST_UNREAD = 4 * BEHIND

interface Table {
  readonly columns: readonly (Heading | undefined)[]
  readonly sign: number
  /** Rows stand in brackets, strings in single quotes. */
  readonly tuples: boolean
}

const SIGNS = [9, 59, 124, 44]
const isBlank = (c: number) => c === 32 || c === 9 || c === 13 || c === 10

/** What the cells of a first line say of their columns; undefined where it is none of a table of persons. */
function columnsOf(cells: readonly string[]): Table['columns'] | undefined {
  if (cells.length < 2 || cells.length > MOST_COLUMNS) return undefined
  const columns = cells.map(headingOf)
  if (!columns.some((heading) => heading?.sure === true)) return undefined
  return columns
}

/** A line whose cells are all headings: no figures alone, no sentence. */
function tableOf(line: string): Table | undefined {
  for (const sign of SIGNS) {
    const glue = String.fromCharCode(sign)
    if (!line.includes(glue)) continue
    const cells = line.split(glue)
    if (cells.some((cell) => cell.length > 40 || !/^[\s"'*`]*(?:\p{L}[^.!?:=(){}<>]*)?$/u.test(cell))) return undefined
    const columns = columnsOf(cells)
    return columns === undefined ? undefined : { columns, sign, tuples: false }
  }
  return undefined
}

class ColumnStream extends TextStream {
  #at = 0
  /** Where the line at hand begins; negative if it is longer than any heading. */
  #line = 0
  #table: Table | undefined
  #column = 0
  /** Where the cell at hand begins; -1 between rows in brackets. */
  #cell = 0
  #quote = 0
  /** Rows in a row that have another number of cells than the first line. */
  #ragged = 0

  /** The last characters that came: a keyword may begin in them. */
  #tail = ''

  constructor() {
    super(BEHIND)
  }

  /** Outside a table only a line's end and a keyword matter: until one comes the text is put by unread. */
  override push(piece: string): readonly Finding[] {
    const seam = this.#tail + piece
    this.#tail = seam.slice(1 - VALUES)
    if (this.#table !== undefined || seam.includes('\n') || seam.includes('VALUES') || seam.includes('values'))
      return super.push(piece)
    this.text += piece
    const size = this.text.length
    this.#at = Math.max(this.#at, size - VALUES + 1)
    this.openFrom = this.base + size
    if (size > MOST_UNREAD) {
      this.text = this.text.slice(size - BEHIND)
      this.base += size - BEHIND
      this.moved(size - BEHIND)
    }
    return NO_FINDINGS
  }

  protected read(ended: boolean): number {
    const size = this.text.length
    while (this.#at < size) if (!(this.#table === undefined ? this.#search() : this.#row(this.#table, ended))) break
    const table = this.#table
    if (table === undefined || this.#cell < 0) return size
    if (ended) {
      if (!table.tuples) this.#close(table, size)
      return size
    }
    return table.columns[this.#column] !== undefined && size - this.#cell <= LONGEST_CELL
      ? Math.min(this.#cell, size)
      : size
  }

  protected override needed(open: number): number {
    return Math.min(open, this.#at)
  }

  protected moved(count: number): void {
    this.#at -= count
    this.#line -= count
    if (this.#cell >= 0) this.#cell = Math.max(0, this.#cell - count)
  }

  /** Looks for a first line, or for what an INSERT names. False while more text is needed. */
  #search(): boolean {
    const { text } = this
    const end = text.indexOf('\n', this.#at)
    const stop = end < 0 ? text.length : end
    for (const word of ['VALUES', 'values']) {
      const found = text.indexOf(word, this.#at)
      if (found < 0 || found >= stop || !this.#insert(found)) continue
      return true
    }
    if (end < 0) {
      // The word may have begun.
      this.#at = Math.max(this.#at, text.length - VALUES + 1)
      return false
    }
    const start = this.#line
    this.#next(end + 1)
    if (start >= 0 && end - start <= LONGEST_HEADING) this.#table = tableOf(text.slice(start, end))
    return true
  }

  /** `(name, born) VALUES` at `found`. */
  #insert(found: number): boolean {
    const before = this.text.slice(Math.max(0, found - LONGEST_HEADING), found).trimEnd()
    if (!before.endsWith(')')) return false
    const open = before.lastIndexOf('(')
    if (open < 0) return false
    const columns = columnsOf(before.slice(open + 1, -1).split(','))
    if (columns === undefined) return false
    this.#table = { columns, sign: 44, tuples: true }
    this.#at = found + VALUES
    this.#cell = -1
    return true
  }

  #next(at: number): void {
    this.#at = at
    this.#line = at
    this.#cell = at
    this.#column = 0
    this.#quote = 0
  }

  /** Reads cells. False while more text is needed. */
  #row(table: Table, ended: boolean): boolean {
    const { text } = this
    const size = text.length
    for (let i = this.#at; i < size; i++) {
      const c = text.charCodeAt(i)
      if (this.#cell < 0) {
        if (c === 40) {
          this.#next(i + 1)
          this.#line = -1
        } else if (c !== 44 && !isBlank(c)) return this.#over(i)
        continue
      }
      if (this.#quote !== 0) {
        if (c !== this.#quote) {
          // Nobody closes it.
          if (i - this.#cell > LONGEST_CELL) this.#quote = 0
          continue
        }
        // A quote written twice is one of the value.
        if (i + 1 >= size && !ended) {
          this.#at = i
          return false
        }
        if (text.charCodeAt(i + 1) === c) i++
        else this.#quote = 0
        continue
      }
      if (c === 34 || (c === 39 && table.tuples)) {
        if (text.slice(this.#cell, i).trim() === '') this.#quote = c
      } else if (c === table.sign) {
        this.#close(table, i)
        this.#column++
        this.#cell = i + 1
      } else if (table.tuples ? c === 41 : c === 10) {
        this.#close(table, i)
        const count = this.#column + 1
        const start = this.#line
        this.#next(i + 1)
        if (table.tuples) this.#cell = -1
        // `|---|---|` has as many; one cell more or less may be a sign that nobody quoted.
        else if (count !== table.columns.length) {
          const other = start >= 0 && i - start <= LONGEST_HEADING ? tableOf(text.slice(start, i)) : undefined
          this.#ragged++
          if (
            other === undefined &&
            count > 1 &&
            Math.abs(count - table.columns.length) === 1 &&
            this.#ragged <= MOST_RAGGED
          )
            continue
          this.#table = other
          this.#ragged = 0
          return true
        } else this.#ragged = 0
      }
    }
    this.#at = size
    return false
  }

  #over(at: number): true {
    this.#table = undefined
    this.#at = at
    this.#line = -1
    this.#cell = 0
    return true
  }

  /** The cell ends at `end`. */
  #close(table: Table, end: number): void {
    const heading = table.columns[this.#column]
    if (heading === undefined || this.#cell < 0 || end - this.#cell > LONGEST_CELL) return
    let from = this.#cell
    let to = end
    const marks = /^[\s"'*`]$/
    while (from < to && marks.test(this.text.charAt(from))) from++
    while (to > from && marks.test(this.text.charAt(to - 1))) to--
    if (to > from && heading.fits.test(this.text.slice(from, to)))
      this.add(heading.class, from, to, heading.sure ? 80 : 70)
  }
}

export function createColumnDetector(): Detector {
  return {
    name: 'columns',
    classes: [...new Set(HEADINGS.map((heading) => heading.class))],
    longest: LONGEST_CELL,
    open: () => new ColumnStream(),
  }
}
