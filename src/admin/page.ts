// Cursors: where the next page begins, as text that only we read. A cursor carries no right; rows are filtered anew.
import { Fault } from '../core/index.ts'
import { isWritten } from './written.ts'

export const cursorOf = (position: unknown): string => Buffer.from(JSON.stringify(position)).toString('base64url')

const refuse = (): never => {
  throw new Fault('validation_failed', { detail: 'This is not a cursor of this list.', data: { param: 'cursor' } })
}

/** @throws Fault `validation_failed` unless the cursor holds what `is` accepts */
export function readCursor<Position>(
  cursor: string | undefined,
  is: (value: unknown) => value is Position,
): Position | undefined {
  if (cursor === undefined) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return is(value) ? value : refuse()
  } catch {
    return refuse()
  }
}

export const isText = (value: unknown): value is string => typeof value === 'string' && isWritten(value)
export const isNumber = (value: unknown): value is number => Number.isSafeInteger(value)

/** One page of rows read with `limit + 1`: the rows, and where to go on. */
export function pageOf<Row>(rows: readonly Row[], limit: number, positionOf: (row: Row) => unknown) {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, ...(rows.length > limit && last !== undefined ? { next: cursorOf(positionOf(last)) } : {}) }
}

/** Where rows of a list that goes by time are: when, and which of that moment. */
export const isPosition = (value: unknown): value is [number, string] =>
  Array.isArray(value) && value.length === 2 && isNumber(value[0]) && isText(value[1])

/** One page of a list that is read from a position on: as after `cursor`, at most `limit` rows. */
export async function readPage<Row, Position>(
  { cursor, limit }: { cursor?: string | undefined; limit: number },
  is: (value: unknown) => value is Position,
  read: (after: Position | undefined, limit: number) => Promise<readonly Row[]>,
  positionOf: (row: Row) => unknown,
) {
  return pageOf(await read(readCursor(cursor, is), limit + 1), limit, positionOf)
}

/**
 * One page of those rows that the caller may see. The others leave no trace: neither in where a page ends nor in whether
 * there is a next one, from which names and numbers of what is not shown could be read.
 */
export async function readSeen<Row, Position>(
  { cursor, limit }: { cursor?: string | undefined; limit: number },
  is: (value: unknown) => value is Position,
  read: (after: Position | undefined, limit: number) => Promise<readonly Row[]>,
  positionOf: (row: Row) => unknown,
  sees: (row: Row) => boolean,
) {
  const seen: Row[] = []
  let after = readCursor(cursor, is)
  for (let wanted = limit + 1; ; wanted = Math.max(wanted, ROWS_AT_ONCE)) {
    const rows = await read(after, wanted)
    seen.push(...rows.filter(sees))
    const last = rows.at(-1)
    if (seen.length > limit || last === undefined || rows.length < wanted) return pageOf(seen, limit, positionOf)
    after = readCursor(cursorOf(positionOf(last)), is)
  }
}

const ROWS_AT_ONCE = 200

/** All rows of a list, read page by page: each page begins after the last row of the one before. */
export async function* everyRow<Row>(
  read: (after: Row | undefined, limit: number) => Promise<readonly Row[]>,
): AsyncGenerator<Row> {
  let last: Row | undefined
  for (;;) {
    const rows = await read(last, ROWS_AT_ONCE)
    yield* rows
    last = rows.at(-1)
    if (rows.length < ROWS_AT_ONCE) return
  }
}

/** One page of a short list that is in memory, in byte order of its ids. */
export function pageOfAll<Row>(
  rows: Iterable<Row>,
  idOf: (row: Row) => string,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
) {
  const after = readCursor(cursor, isText)
  const sorted = [...rows].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1)).filter((row) => !after || idOf(row) > after)
  return pageOf(sorted.slice(0, limit + 1), limit, idOf)
}
