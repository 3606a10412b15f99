// Where a command speaks: data on stdout, talk on stderr. Tables for people, tab-separated lines for pipes, JSON when
// asked. What another party wrote is shown without its control characters: a name must not move a terminal's cursor.

export interface Io {
  /** A person looks at stdout. */
  readonly tty: boolean
  readonly color: boolean
  /** Writes to stdout as it is. */
  out(text: string): void
  /** One line to stderr. */
  say(line: string): void
  /** Aborted when what is written to stdout arrives nowhere any more: its reader has gone, or the disk is full. */
  readonly unread?: AbortSignal
}

export type Row = Readonly<Record<string, unknown>>

export interface Column {
  readonly field: string
  readonly title?: string
  readonly show?: (value: unknown, row: Row) => string
}

export interface Wanted {
  /** `true`, or the names of the fields wanted. */
  readonly json?: string | boolean | undefined
}

/** What moves a cursor, gives a terminal orders, or shows text in another order or not at all. */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu
/** The colours of `paint`. */
const OURS = new Set(['1', '2', '22', '31', '32', '33', '39'])

/** Text from elsewhere, safe for a terminal and for one line. */
export const plain = (text: string): string => text.replace(UNSAFE, '�')

/** The same for what is said as a whole: lines and our own colours stay. */
export const guarded = (text: string): string =>
  text
    .split(/(\n|\t|\u001b\[\d\d?m)/)
    .map((part, i) => (i % 2 === 1 && (part.length === 1 || OURS.has(part.slice(2, -1))) ? part : plain(part)))
    .join('')

/** JSON in which nothing acts on a terminal: the same value, with escapes. */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, undefined, indent).replace(UNSAFE, (sign) => (sign === '\n' ? sign : escaped(sign)))
/** As JSON writes it: code unit by code unit. */
const escaped = (sign: string): string =>
  Array.from({ length: sign.length }, (_, i) => `\\u${sign.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')

export const cell = (value: unknown): string => {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.map(cell).join(',')
  return plain(typeof value === 'object' ? JSON.stringify(value) : String(value))
}

const pick = (row: Row, fields: readonly string[] | undefined): Row =>
  fields ? Object.fromEntries(fields.map((field) => [field, row[field] ?? null])) : row

/** The fields that were asked for; undefined for all. */
export const jsonFields = (json: string | boolean | undefined): readonly string[] | undefined =>
  typeof json === 'string' ? json.split(',').map((field) => field.trim()) : undefined

/** Says which wanted fields nothing has: `null` alone would pass for a value. What was done stays done, so it is no failure. */
function nameMissing(io: Io, rows: readonly Row[], fields: readonly string[] | undefined): void {
  const there = new Set(rows.flatMap((row) => Object.keys(row)))
  const missing = fields?.filter((field) => !there.has(field)) ?? []
  if (rows.length > 0 && missing.length > 0)
    io.say(
      `No field ${missing.map((field) => `"${field}"`).join(', ')} here; there are ${[...there].sort().join(', ')}.`,
    )
}

/** A list: JSON array, table or tab-separated lines. */
export function printRows(io: Io, rows: readonly Row[], columns: readonly Column[], wanted: Wanted): void {
  if (wanted.json) {
    const fields = jsonFields(wanted.json)
    const picked = rows.map((row) => pick(row, fields))
    io.out(`${jsonText(picked, io.tty ? 2 : undefined)}\n`)
    nameMissing(io, rows, fields)
    return
  }
  const cells = rows.map((row) =>
    columns.map(({ field, show }) => (show ? plain(show(row[field], row)) : cell(row[field]))),
  )
  if (!io.tty) {
    for (const line of cells) io.out(`${line.join('\t')}\n`)
    return
  }
  const titles = columns.map(({ field, title }) => title ?? field)
  const widths = titles.map((title, i) => Math.max(width(title), ...cells.map((line) => width(line[i] ?? ''))))
  const print = (line: readonly string[]) =>
    line
      .map((text, i) => (i === line.length - 1 ? text : text + ' '.repeat((widths[i] ?? 0) - width(text) + 2)))
      .join('')
      .trimEnd()
  if (rows.length > 0) io.out(`${dim(io, print(titles.map((title) => title.toUpperCase())))}\n`)
  for (const line of cells) io.out(`${print(line)}\n`)
}

/** One thing: JSON object, or its fields one a line. */
export function printOne(io: Io, row: Row, wanted: Wanted): void {
  if (wanted.json) {
    const fields = jsonFields(wanted.json)
    io.out(`${jsonText(pick(row, fields), io.tty ? 2 : undefined)}\n`)
    nameMissing(io, [row], fields)
    return
  }
  const shown = Object.entries(row).filter(([, value]) => value !== undefined && !isEmpty(value))
  const longest = Math.max(0, ...shown.map(([field]) => field.length))
  for (const [field, value] of shown)
    io.out(io.tty ? `${dim(io, field.padEnd(longest))}  ${cell(value)}\n` : `${field}\t${cell(value)}\n`)
}

/** The same for each of several. When one fails, JSON holds those before it: they are done. */
export async function forEachOf(
  io: Io,
  wanted: Wanted,
  targets: readonly string[],
  work: (target: string) => Promise<Row>,
): Promise<readonly Row[]> {
  const done: Row[] = []
  try {
    for (const target of targets) done.push(await work(target))
  } finally {
    if (wanted.json) printRows(io, done, [], wanted)
  }
  return done
}

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0

/** Columns a text takes; wide East Asian characters take two. */
const width = (text: string): number => {
  let columns = 0
  for (const letter of text)
    columns += /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uff00-\uff60]/u.test(letter) ? 2 : 1
  return columns
}

const paint = (code: string, end: string) => (io: Io, text: string) =>
  io.color ? `\u001b[${code}m${text}\u001b[${end}m` : text
export const dim = paint('2', '22')
export const bold = paint('1', '22')
export const red = paint('31', '39')
export const green = paint('32', '39')
export const yellow = paint('33', '39')
