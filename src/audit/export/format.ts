// One event as one line of a format that other systems read. Each line carries the event's position, so that an export can
// go on after its last line without losing or repeating anything.
import type { Found } from '../search.ts'
import { toOcsf } from './ocsf.ts'
import { toSyslog } from './syslog.ts'

export const LINE_FORMATS = ['jsonl', 'ocsf', 'syslog'] as const
export type LineFormat = (typeof LINE_FORMATS)[number]

const WRITERS: Record<LineFormat, (event: Found) => string> = {
  jsonl: (event) => JSON.stringify(event),
  ocsf: (event) => JSON.stringify(toOcsf(event)),
  syslog: toSyslog,
}

export const lineOf = (format: LineFormat, event: Found): string => `${WRITERS[format](event)}\n`

const POSITIONS: Record<LineFormat, RegExp> = {
  jsonl: /^\{"position":(\d+),/,
  ocsf: /"sequence":(\d+)/,
  syslog: / position="(\d+)"/,
}

/** The position that a line carries; undefined if it is not a line of that format. */
export function positionOf(format: LineFormat, line: string): number | undefined {
  const match = POSITIONS[format].exec(line)
  return match ? Number(match[1]) : undefined
}

const BEGINNINGS: Record<LineFormat, string> = { jsonl: '{"position":', ocsf: '{"activity_id":', syslog: '<1' }

/** Whether this may be the beginning of a line of that format, however little there is of it. */
export const beginsAs = (format: LineFormat, text: string): boolean =>
  text.startsWith(BEGINNINGS[format]) || BEGINNINGS[format].startsWith(text)
