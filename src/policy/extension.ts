// Cedar's extension types: ip, decimal, datetime, duration. Same texts accepted, same overflows refused as the reference.
import {
  add,
  type CedarValue,
  DateTime,
  Decimal,
  Duration,
  EXTENSION_ERROR,
  Ip,
  isLong,
  type Long,
  multiply,
  OVERFLOW_ERROR,
  subtract,
  TYPE_ERROR,
  toLong,
} from './value.ts'

const DAY = 86_400_000

export function parseDecimal(text: string): Decimal {
  const match = /^(-?)(\d+)\.(\d{1,4})$/.exec(text)
  if (!match) throw EXTENSION_ERROR
  const digits = BigInt(match[2]! + match[3]!.padEnd(4, '0'))
  return new Decimal(within(() => toLong(match[1] ? -digits : digits)))
}

export function parseIp(text: string): Ip {
  const slash = text.indexOf('/')
  const address = slash < 0 ? text : text.slice(0, slash)
  const v6 = address.includes(':')
  const bits = v6 ? parseV6(address) : parseV4(address)
  const width = v6 ? 128 : 32
  if (slash < 0) return new Ip(v6, bits, width)
  const prefix = text.slice(slash + 1)
  if (!/^(0|[1-9]\d{0,2})$/.test(prefix) || Number(prefix) > width) throw EXTENSION_ERROR
  return new Ip(v6, bits, Number(prefix))
}

function parseV4(text: string): bigint {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (!match) throw EXTENSION_ERROR
  let bits = 0n
  for (const part of match.slice(1)) {
    // A leading zero reads as octal elsewhere: refused, as the reference does.
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) throw EXTENSION_ERROR
    bits = (bits << 8n) | BigInt(part)
  }
  return bits
}

function parseV6(text: string): bigint {
  // Dotted tails are refused, as the reference does: one address, one spelling per family.
  if (text.length > 39 || !/^[0-9a-fA-F:]+$/.test(text)) throw EXTENSION_ERROR
  const halves = text.split('::')
  if (halves.length > 2) throw EXTENSION_ERROR
  const words = halves.map((half) => (half === '' ? [] : half.split(':')))
  const given = words.flat()
  if (given.some((word) => !/^[0-9a-fA-F]{1,4}$/.test(word))) throw EXTENSION_ERROR
  if (halves.length === 1 ? given.length !== 8 : given.length > 7) throw EXTENSION_ERROR
  const [head = [], tail = []] = words
  const full = halves.length === 1 ? head : [...head, ...Array<string>(8 - given.length).fill('0'), ...tail]
  return full.reduce((bits, word) => (bits << 16n) | BigInt(`0x${word}`), 0n)
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

export function parseDateTime(text: string): DateTime {
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d{3}))?(?:Z|([+-])(\d\d)(\d\d)))?$/.exec(text)
  if (!match) throw EXTENSION_ERROR
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const [hour, minute, second, milli] = [4, 5, 6, 7].map((index) => Number(match[index] ?? 0)) as Four
  const [zoneHour, zoneMinute] = [Number(match[9] ?? 0), Number(match[10] ?? 0)]
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  if (day < 1 || day > (MONTH_DAYS[month - 1] ?? 0) + (leap ? 1 : 0)) throw EXTENSION_ERROR
  if (hour > 23 || minute > 59 || second > 59 || zoneHour > 23 || zoneMinute > 59) throw EXTENSION_ERROR
  const date = new Date(0)
  // setUTCFullYear, because Date.UTC reads the years 0 to 99 as 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day)
  const local = date.getTime() + hour * 3_600_000 + minute * 60_000 + second * 1000 + milli
  const zone = (zoneHour * 60 + zoneMinute) * 60_000
  return new DateTime(match[8] === '-' ? local + zone : local - zone)
}
type Four = [number, number, number, number]

const UNIT_MS = { d: DAY, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const

export function parseDuration(text: string): Duration {
  const match = /^(-?)(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text)
  if (!match) throw EXTENSION_ERROR
  let total = 0n
  for (const [index, unit] of Object.values(UNIT_MS).entries()) {
    const amount = match[index + 2]
    if (amount !== undefined) total += BigInt(amount) * BigInt(unit)
  }
  return new Duration(within(() => toLong(match[1] ? -total : total)))
}

/** An overflow inside an extension function is an error of that function. */
function within<T>(compute: () => T): T {
  try {
    return compute()
  } catch (error) {
    throw error === OVERFLOW_ERROR ? EXTENSION_ERROR : error
  }
}

const text = (parse: (text: string) => CedarValue) => (value: CedarValue) => {
  if (typeof value !== 'string') throw TYPE_ERROR
  return parse(value)
}
const decimals = (compare: (left: Long, right: Long) => boolean) => (left: CedarValue, right: CedarValue) => {
  if (!(left instanceof Decimal) || !(right instanceof Decimal)) throw TYPE_ERROR
  return compare(left.scaled, right.scaled)
}
const address = (test: (ip: Ip) => boolean) => (value: CedarValue) => {
  if (!(value instanceof Ip)) throw TYPE_ERROR
  return test(value)
}
const span = (unit: number) => (value: CedarValue) => {
  if (!(value instanceof Duration)) throw TYPE_ERROR
  return typeof value.ms === 'number' ? Math.trunc(value.ms / unit) + 0 : toLong(value.ms / BigInt(unit))
}
/** The whole network lies inside `bits/prefix`. */
const inside = (ip: Ip, bits: bigint, prefix: number) => {
  const shift = BigInt((ip.v6 ? 128 : 32) - prefix)
  return ip.prefix >= prefix && ip.bits >> shift === bits >> shift
}
const dayStart = (ms: Long): Long => {
  if (typeof ms === 'number') {
    const start = Math.floor(ms / DAY) * DAY
    if (Number.isSafeInteger(start)) return start
  }
  const exact = BigInt(ms)
  const rest = exact % BigInt(DAY)
  return within(() => toLong(exact - (rest < 0n ? rest + BigInt(DAY) : rest)))
}

/** Extension functions of one argument. */
export const UNARY: Readonly<Record<string, (value: CedarValue) => CedarValue>> = {
  ip: text(parseIp),
  decimal: text(parseDecimal),
  datetime: text(parseDateTime),
  duration: text(parseDuration),
  isIpv4: address((ip) => !ip.v6),
  isIpv6: address((ip) => ip.v6),
  isLoopback: address((ip) => (ip.v6 ? inside(ip, 1n, 128) : inside(ip, 0x7f000000n, 8))),
  isMulticast: address((ip) => (ip.v6 ? inside(ip, 0xffn << 120n, 8) : inside(ip, 0xe0000000n, 4))),
  toDate: (value) => {
    if (!(value instanceof DateTime)) throw TYPE_ERROR
    return new DateTime(dayStart(value.ms))
  },
  toTime: (value) => {
    if (!(value instanceof DateTime)) throw TYPE_ERROR
    // Computed without dayStart: the time of day exists even where the day's start would overflow.
    const rest = BigInt(value.ms) % BigInt(DAY)
    return new Duration(Number(rest < 0n ? rest + BigInt(DAY) : rest))
  },
  toMilliseconds: span(1),
  toSeconds: span(UNIT_MS.s),
  toMinutes: span(UNIT_MS.m),
  toHours: span(UNIT_MS.h),
  toDays: span(UNIT_MS.d),
}

/** Extension functions of two arguments. */
export const BINARY: Readonly<Record<string, (left: CedarValue, right: CedarValue) => CedarValue>> = {
  lessThan: decimals((left, right) => left < right),
  lessThanOrEqual: decimals((left, right) => left <= right),
  greaterThan: decimals((left, right) => left > right),
  greaterThanOrEqual: decimals((left, right) => left >= right),
  isInRange: (left, right) => {
    if (!(left instanceof Ip) || !(right instanceof Ip)) throw TYPE_ERROR
    return left.v6 === right.v6 && inside(left, right.bits, right.prefix)
  },
  offset: (left, right) => {
    if (!(left instanceof DateTime) || !(right instanceof Duration)) throw TYPE_ERROR
    return new DateTime(within(() => add(left.ms, right.ms)))
  },
  durationSince: (left, right) => {
    if (!(left instanceof DateTime) || !(right instanceof DateTime)) throw TYPE_ERROR
    return new Duration(within(() => subtract(left.ms, right.ms)))
  },
}

export function negate(value: CedarValue): CedarValue {
  if (!isLong(value)) throw TYPE_ERROR
  return multiply(value, -1)
}

/** Builds values for context and attributes. Each throws EvaluationError on a text that Cedar would refuse. */
export const ip = (address: string): Ip => parseIp(address)
export const decimal = (text: string): Decimal => parseDecimal(text)
export const datetime = (ms: number): DateTime => new DateTime(Math.trunc(ms))
export const duration = (ms: number): Duration => new Duration(Math.trunc(ms))
