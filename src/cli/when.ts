// Times and spans as people write them: `30d`, `4h`, `90m`, a date, or RFC 3339.
import { usage } from './failure.ts'

const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** Milliseconds, of texts like `90s`, `15m`, `4h`, `30d`, `2w`; undefined for others. */
export function readSpan(text: string): number | undefined {
  const match = /^(\d{1,6})([smhdw])$/.exec(text)
  return match ? Number(match[1]) * (UNITS[match[2] ?? ''] ?? 0) : undefined
}

/** A moment: a span from now (`+1`) or ago (`-1`), a date, or RFC 3339. */
export function readMoment(text: string, direction: 1 | -1, flag: string): string {
  if (text === 'now') return new Date().toISOString()
  const span = readSpan(text)
  const ms = span === undefined ? Date.parse(text) : Date.now() + direction * span
  if (!/^\d{4}-\d\d-\d\d/.test(text) && span === undefined)
    throw usage(`${flag} takes a span such as 30d or 4h, or a date such as 2027-01-31`)
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)/.exec(text) ?? []
  // 31 February is a date to `Date`: some day in March.
  const isDay =
    day === undefined || new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day)
  if (Number.isNaN(ms) || !isDay) throw usage(`${flag}: ${text} is not a date`)
  return new Date(ms).toISOString()
}

/** `3 min ago`, `in 29 d`. */
export function relative(value: unknown): string {
  if (typeof value !== 'string') return ''
  const ms = Date.parse(value) - Date.now()
  const size = Math.abs(ms)
  const [unit, name] =
    size < 90_000
      ? [1000, 's']
      : size < 5_400_000
        ? [60_000, 'min']
        : size < 172_800_000
          ? [3_600_000, 'h']
          : [86_400_000, 'd']
  const count = Math.round(size / unit)
  return ms < 0 ? `${count} ${name} ago` : `in ${count} ${name}`
}
