// Payment cards (ISO/IEC 7812) and IBANs (ISO 13616): grammar and check digits.
import { countrySpecs, isValidIBAN } from 'ibantools'
import { isAlphanumeric, isDigit, isUpper } from './chars.ts'
import { NEED, peek, type Scan } from './scan.ts'

/** Luhn check over digit values in `digits[from, to)`. */
export function luhn(digits: Uint8Array, from: number, to: number): boolean {
  let sum = 0
  let double = false
  for (let i = to - 1; i >= from; i--) {
    let d = digits[i] ?? 0
    if (double) d = d > 4 ? d * 2 - 9 : d * 2
    sum += d
    double = !double
  }
  return sum % 10 === 0
}

/** True if a network issues numbers of this length with this beginning. */
export function cardPrefix(digits: Uint8Array, from: number, length: number): boolean {
  const d = (i: number) => digits[from + i] ?? 0
  const two = d(0) * 10 + d(1)
  const four = two * 100 + d(2) * 10 + d(3)
  if (d(0) === 4) return length === 13 || length === 16 || length === 19
  if (two >= 51 && two <= 55) return length === 16
  if (four >= 2221 && four <= 2720) return length === 16
  if (two === 34 || two === 37) return length === 15
  if (four === 6011 || two === 65 || (four >= 6440 && four <= 6499) || four === 6221) return length >= 16
  if (two === 36 || two === 38 || two === 39 || (four >= 3000 && four <= 3059)) return length >= 14
  if (four >= 3528 && four <= 3589) return length >= 16
  if (four === 2131 || four === 1800) return length === 15
  if (two === 62 || two === 81) return length >= 16
  if (two === 50 || (two >= 56 && two <= 58) || two === 63 || two === 67 || two === 60) return length >= 12
  return false
}

const IBAN_LENGTH: ReadonlyMap<number, number> = new Map(
  Object.entries(countrySpecs).flatMap(([country, spec]) =>
    typeof spec.chars !== 'number' ? [] : [[country.charCodeAt(0) * 256 + country.charCodeAt(1), spec.chars] as const],
  ),
)

/** Blank, tab, dash, point, slash, underscore, colon. */
const isJoint = (c: number) => c === 32 || c === 9 || c === 45 || c === 46 || c === 47 || c === 95 || c === 58

const upper = (c: number) => (c >= 97 && c <= 122 ? c - 32 : c)

/** An IBAN that starts at `start`, with or without the same sign between groups. Returns its end, 0 or NEED. */
export function iban(scan: Scan, start: number): number {
  const { text } = scan
  const first = upper(text.charCodeAt(start))
  const second = upper(text.charCodeAt(start + 1))
  if (!isUpper(first) || !isUpper(second)) return 0
  const length = IBAN_LENGTH.get(first * 256 + second)
  if (length === undefined) return 0
  let code = ''
  let i = start
  let joint = 0
  while (code.length < length) {
    const c = peek(scan, i)
    if (c === NEED) return NEED
    if (c < 128 && isAlphanumeric(c)) {
      if ((code.length === 2 || code.length === 3) && !isDigit(c)) return 0
      code += String.fromCharCode(upper(c))
      i++
    } else if (
      isJoint(c) &&
      code.length >= 4 &&
      (joint === 0 || joint === c) &&
      (isAlphanumeric(text.charCodeAt(i - 1)) || (c === 32 && isAlphanumeric(text.charCodeAt(i - 2))))
    ) {
      joint = c
      i++
    } else return 0
  }
  const after = peek(scan, i)
  if (after === NEED) return NEED
  if (isAlphanumeric(after)) return 0
  if (isValidIBAN(code)) scan.emit('finance/iban', start, i, 99)
  // National check digits inside may be wrong, or made up; the international ones are not right by chance.
  else if (checkDigitsFit(code)) scan.emit('finance/iban', start, i, 92)
  // A mistyped IBAN is still somebody's account; upper case and digits only, so that prose is not taken for one.
  else if (looksTyped(text, start, i)) scan.emit('finance/iban', start, i, 70)
  else return 0
  return i
}

/** An IBAN written from its last character to its first, unbroken, at the end of the run [from, to). */
export function reversedIban(scan: Scan, from: number, to: number): boolean {
  const { text } = scan
  let end = to
  while (end > from && !isAlphanumeric(text.charCodeAt(end - 1))) end--
  const first = upper(text.charCodeAt(end - 1))
  const second = upper(text.charCodeAt(end - 2))
  if (!isUpper(first) || !isUpper(second) || !isDigit(text.charCodeAt(end - 3)) || !isDigit(text.charCodeAt(end - 4)))
    return false
  const length = IBAN_LENGTH.get(first * 256 + second)
  const start = end - (length ?? 0)
  if (length === undefined || start < from || (start > from && isAlphanumeric(text.charCodeAt(start - 1)))) return false
  let code = ''
  for (let i = end - 1; i >= start; i--) {
    const c = text.charCodeAt(i)
    if (c > 127 || !isAlphanumeric(c)) return false
    code += String.fromCharCode(upper(c))
  }
  if (!checkDigitsFit(code)) return false
  scan.emit('finance/iban', start, end, 85)
  return true
}

const rotate = (c: number) => (isDigit(c) ? c : ((c - 65 + 13) % 26) + 65)

/** An IBAN whose letters are thirteen further on, unbroken, at the start of the run [from, to). */
export function rotatedIban(scan: Scan, from: number, to: number): boolean {
  const { text } = scan
  if (!isDigit(text.charCodeAt(from + 2)) || !isDigit(text.charCodeAt(from + 3))) return false
  const first = upper(text.charCodeAt(from))
  const second = upper(text.charCodeAt(from + 1))
  if (!isUpper(first) || !isUpper(second)) return false
  const length = IBAN_LENGTH.get(rotate(first) * 256 + rotate(second))
  const end = from + (length ?? 0)
  if (length === undefined || end > to || isAlphanumeric(text.charCodeAt(end))) return false
  let code = ''
  for (let i = from; i < end; i++) {
    const c = upper(text.charCodeAt(i))
    if (!isDigit(c) && !isUpper(c)) return false
    code += String.fromCharCode(rotate(c))
  }
  if (!checkDigitsFit(code)) return false
  scan.emit('finance/iban', from, end, 80)
  return true
}

/** How long an IBAN is that begins with these two capitals; undefined if none does. */
export const ibanLength = (text: string, at: number): number | undefined =>
  IBAN_LENGTH.get(text.charCodeAt(at) * 256 + text.charCodeAt(at + 1))

/** ISO 7064, MOD 97-10: letters count from 10, the first four characters last. */
export function checkDigitsFit(code: string): boolean {
  let rest = 0
  for (let k = 0; k < code.length; k++) {
    const c = code.charCodeAt((k + 4) % code.length)
    rest = isDigit(c) ? (rest * 10 + c - 48) % 97 : (rest * 100 + c - 55) % 97
  }
  return rest === 1
}

function looksTyped(text: string, from: number, to: number): boolean {
  let digits = 0
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i)
    if (c >= 97 && c <= 122) return false
    if (isDigit(c)) digits++
  }
  return digits >= (to - from) / 2
}
