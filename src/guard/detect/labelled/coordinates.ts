// Places on the earth: pairs of decimal degrees, and degrees with minutes.
import { isDigit } from '../chars.ts'
import { NEED, peek } from '../scan.ts'
import { isBlank, KIND, LETTER, type Reader } from './reader.ts'

/** `37.7749, -122.4194`, without the sign of the first: two numbers with at least four decimals, within the degrees that there are. */
export function pair(reader: Reader, from: number): number {
  reader.hold = from
  const first = number(reader, from, from)
  if (first === NEED) return NEED
  if (first === 0) return 0
  const latitude = value
  let i = first
  let blanks = 0
  let comma = false
  for (; blanks < 4; i++, blanks++) {
    const c = peek(reader, i)
    if (c === NEED) return NEED
    if (c === 44 || c === 59 || c === 47) {
      if (comma) return 0
      comma = true
    } else if (!isBlank(c)) break
  }
  if (i === first) return 0
  const sign = peek(reader, i)
  if (sign === NEED) return NEED
  if (sign === 45 || sign === 43) i++
  const second = number(reader, i, i)
  if (second === NEED) return NEED
  if (second === 0 || Math.abs(value) > 180 || Math.abs(latitude) > 180) return 0
  if (Math.abs(latitude) > 90 && Math.abs(value) > 90) return 0
  const next = peek(reader, second)
  if (next === NEED) return NEED
  const start = from
  const named =
    /(?:lat|l[oa]ng?|gps|coord|geo|location|position|point|map|place|here|q=|ll=|@)\W{0,3}[^\d]{0,24}$/i.test(
      reader.text.slice(Math.max(0, start - 48), start),
    )
  if (!named) {
    // Two of a longer row are figures of anything; so are two small ones.
    if (next === 44) {
      const after = peek(reader, second + 1)
      if (after === NEED) return NEED
      const further = isBlank(after) ? peek(reader, second + 2) : after
      if (further === NEED) return NEED
      if (isDigit(further) || further === 45) return 0
    }
    if (!comma) return 0
    const left = reader.text.slice(Math.max(0, start - 4), start)
    if (/\d\s*[,;]\s*[-+]?$/.test(left)) return 0
    if (latitude < 2 && value < 2) return 0
    const least = /[[(]\s*$/.test(left) ? 5 : 4
    if (decimals < least || first - from - String(Math.trunc(latitude)).length - 1 < least) return 0
  }
  reader.add('personal/location', start, second, named ? 85 : 70)
  return second
}

let value = 0
let decimals = 0

/** A decimal number of degrees with at least two decimals; its end, 0 or NEED. */
function number(reader: Reader, from: number, start: number): number {
  let i = from
  let c = peek(reader, i)
  while (isDigit(c) && i - start < 4) c = peek(reader, ++i)
  if (c === NEED) return NEED
  if (i === from || i - from > 3 || c !== 46) return 0
  const point = i
  c = peek(reader, ++i)
  while (isDigit(c) && i - point < 20) c = peek(reader, ++i)
  if (c === NEED) return NEED
  decimals = i - point - 1
  if (decimals < 3 || decimals > 17) return 0
  value = Number(reader.text.slice(from, i))
  let end = i
  if (c === 0xb0) c = peek(reader, ++end)
  if (c === NEED) return NEED
  if (isBlank(c) && end > i) {
    const far = peek(reader, end + 1)
    if (far === NEED) return NEED
    if (isCompass(far)) {
      const beyond = peek(reader, end + 2)
      if (beyond === NEED) return NEED
      if (KIND[beyond] !== LETTER) return end + 2
    }
  } else if (isCompass(c)) {
    const beyond = peek(reader, end + 1)
    if (beyond === NEED) return NEED
    return KIND[beyond] === LETTER || isDigit(beyond) ? 0 : end + 1
  }
  if (c === 46 && isDigit(peek(reader, end + 1))) return 0
  return KIND[c] === LETTER || c === 95 ? 0 : end
}

/** `40°26'46"N 79°58'56"W`, with blanks or without; one of them is enough. */
export function degreesAt(reader: Reader, from: number): number {
  reader.hold = from
  let end = dms(reader, from)
  if (end === NEED) return NEED
  if (end === 0) return 0
  let i = end
  let c = peek(reader, i)
  while ((isBlank(c) || c === 44 || c === 47) && i - end < 3) c = peek(reader, ++i)
  if (c === NEED) return NEED
  if (isDigit(c)) {
    const second = dms(reader, i)
    if (second === NEED) return NEED
    if (second > 0) end = second
  }
  reader.add('personal/location', from, end, 90)
  return end
}

function dms(reader: Reader, from: number): number {
  let i = from
  let c = peek(reader, i)
  const skip = () => {
    if (isBlank(c)) c = peek(reader, ++i)
  }
  const number = (most: number) => {
    const start = i
    while ((isDigit(c) || (c === 46 && i > start)) && i - start < most) c = peek(reader, ++i)
    return i - start
  }
  if (number(3) === 0) return c === NEED ? NEED : 0
  if (c === NEED) return NEED
  if (c !== 0xb0) return 0
  c = peek(reader, ++i)
  skip()
  let minutes = false
  for (let k = 0; k < 2 && isDigit(c); k++) {
    if (number(8) === 0) break
    skip()
    if (c === NEED) return NEED
    let marks = 0
    while (isMinute(c) && marks < 2) {
      c = peek(reader, ++i)
      marks++
    }
    if (c === NEED) return NEED
    if (marks === 0) return 0
    minutes = true
    skip()
  }
  if (c === NEED) return NEED
  if (!minutes || !isCompass(c)) return 0
  const after = peek(reader, i + 1)
  if (after === NEED) return NEED
  return KIND[after] === LETTER ? 0 : i + 1
}

const isCompass = (c: number) => c === 78 || c === 83 || c === 69 || c === 87 || c === 79
const isMinute = (c: number) =>
  c === 39 || c === 34 || c === 0x2032 || c === 0x2033 || c === 0x2019 || c === 0x201d || c === 0xb4 || c === 0x60
