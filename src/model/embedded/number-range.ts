// Numbers between bounds, digit by digit: whether the beginning of a number can still become one that fits. Decimals are
// compared exactly, and without an exponent, so that a beginning that leads nowhere is never admitted.
export interface NumberRange {
  readonly whole: boolean
  /** The bounds themselves are within it; in units of 10⁻²⁴. */
  readonly least: bigint | undefined
  readonly most: bigint | undefined
}
export interface Bound {
  readonly value: number
  /** The bound itself is left out. */
  readonly open: boolean
}

/** Digits and the rest of a number; longer ones are not numbers to any reader. */
export const LONGEST_NUMBER = 24
const ONE = 10n ** 24n
/** A number that lies between two bounds of this length can be written. */
const LONGEST_BOUND = 20

export const ANY_NUMBER: NumberRange = { whole: false, least: undefined, most: undefined }

/** Whether a bound can be kept to the last digit. */
export const isExact = (bound: number): boolean =>
  /^-?[\d.]+$/.test(String(bound)) && String(bound).length <= LONGEST_BOUND

/** Undefined if no number is within all of these bounds. */
export function createRange(whole: boolean, from: readonly Bound[], to: readonly Bound[]): NumberRange | undefined {
  const lows = from.map(({ value, open }) => units(String(value)) + (open ? 1n : 0n))
  const highs = to.map(({ value, open }) => units(String(value)) - (open ? 1n : 0n))
  const low = lows.reduce<bigint | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined)
  const high = highs.reduce<bigint | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined)
  const least = low === undefined || !whole ? low : low + remainder(-low)
  const most = high === undefined || !whole ? high : high - remainder(high)
  return least !== undefined && most !== undefined && least > most ? undefined : { whole, least, most }
}

const remainder = (value: bigint): bigint => ((value % ONE) + ONE) % ONE

function units(text: string): bigint {
  const negative = text.startsWith('-')
  const [digits = '', fraction = ''] = (negative ? text.slice(1) : text).split('.')
  const value = BigInt(digits + fraction.padEnd(24, '0'))
  return negative ? -value : value
}

export const isBounded = ({ least, most }: NumberRange): boolean => least !== undefined || most !== undefined

/** `text` is a number without an exponent. */
export const fits = (text: string, range: NumberRange): boolean => overlaps(units(text), units(text), range)

/** `text` begins a number without an exponent: a sign, digits, a point, digits. */
export function canFit(text: string, range: NumberRange): boolean {
  const negative = text.startsWith('-')
  // Of what begins with a sign only a zero would not be below zero.
  if (negative && range.least !== undefined && range.least >= 0n) return false
  const digits = negative ? text.slice(1) : text
  const room = LONGEST_NUMBER - text.length
  const reaches = (low: string, high: string) =>
    negative ? overlaps(-units(high), -units(low), range) : overlaps(units(low), units(high), range)
  if (digits.includes('.')) return reaches(digits, digits + nines(room)) && !(room === 0 && digits.endsWith('.'))
  // A fraction is a point and a digit.
  const fraction = (left: number) => (range.whole || left < 2 ? '' : `.${nines(left - 1)}`)
  if (digits === '') return reaches('0', nines(room))
  if (digits === '0') return reaches('0', `0${fraction(room)}`)
  for (let more = 0; more <= room; more++)
    if (reaches(digits + '0'.repeat(more), digits + nines(more) + fraction(room - more))) return true
  return false
}

const nines = (count: number): string => '9'.repeat(count)

const overlaps = (low: bigint, high: bigint, { least, most }: NumberRange): boolean =>
  (least === undefined || high >= least) && (most === undefined || low <= most)
