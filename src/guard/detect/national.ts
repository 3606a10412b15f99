// Numbers of persons that prove themselves: a date of birth, check digits, the grouping their office writes. Each is asked
// with the digits of a phrase and their grouping; what one number in ten would pass is left to the words beside it.
import { luhn } from './bank.ts'

export interface Digits {
  /** Values of the digits; those of the number are [from, from + length). */
  readonly digits: Uint8Array
  readonly from: number
  readonly length: number
  /** Sizes of its groups and the separators between them: `3.3.3-2`. */
  readonly shape: string
}

let digits: Uint8Array
let from = 0
const d = (i: number): number => digits[from + i] ?? 0
const two = (i: number): number => d(i) * 10 + d(i + 1)

/** Sum of digits with weights. */
function weighed(weights: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < weights.length; i++) sum += d(i) * (weights[i] ?? 0)
  return sum
}

/** The first `length` digits as a number, modulo `by`. */
function modulo(length: number, by: number): number {
  let rest = 0
  for (let i = 0; i < length; i++) rest = (rest * 10 + d(i)) % by
  return rest
}

const isDay = (day: number) => day >= 1 && day <= 31
const isMonth = (month: number) => month >= 1 && month <= 12
const isDate = (day: number, month: number) => isDay(day) && isMonth(month)

/** All alike, or one up with every digit: nobody has it. */
function isTrivial(length: number): boolean {
  const step = (d(1) - d(0) + 10) % 10
  for (let i = 2; i < length; i++) if ((d(i) - d(i - 1) + 10) % 10 !== step) return false
  return step === 0 || step === 1
}

const MULTIPLY = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
  [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
  [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
  [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
  [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
  [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
  [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
  [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
  [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
]
const PERMUTE = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
  [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
  [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
  [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
  [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
  [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
  [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
]
function verhoeff(length: number): boolean {
  let check = 0
  for (let i = 0; i < length; i++) check = MULTIPLY[check]![PERMUTE[i % 8]![d(length - 1 - i)]!]!
  return check === 0
}

/** CPF: two check digits by eleven. */
function cpf(): boolean {
  let first = 0
  let second = 0
  for (let i = 0; i < 9; i++) {
    first += d(i) * (10 - i)
    second += d(i) * (11 - i)
  }
  const a = ((first * 10) % 11) % 10
  second += a * 2
  return d(9) === a && d(10) === ((second * 10) % 11) % 10
}

function cnpj(): boolean {
  const first = weighed([5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) % 11
  const second = weighed([6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) % 11
  return d(12) === (first < 2 ? 0 : 11 - first) && d(13) === (second < 2 ? 0 : 11 - second)
}

/** Norway: date, individual number, two check digits. */
function norwegian(): boolean {
  const day = two(0) > 40 ? two(0) - 40 : two(0)
  if (!isDate(day, two(2))) return false
  const first = (11 - (weighed([3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11)) % 11
  const second = (11 - (weighed([5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11
  return d(9) === first && d(10) === second
}

function belgian(): boolean {
  const month = two(2) % 20
  if (!(month === 0 || isMonth(month)) || !(two(4) === 0 || isDay(two(4)))) return false
  const body = modulo(9, 97)
  // Those born since 2000 have a 2 in front of the number.
  const later = (body + (2_000_000_000 % 97)) % 97
  const check = two(9)
  return check === 97 - body || check === 97 - later
}

function turkish(): boolean {
  if (d(0) === 0) return false
  const odd = d(0) + d(2) + d(4) + d(6) + d(8)
  const even = d(1) + d(3) + d(5) + d(7)
  const tenth = (((odd * 7 - even) % 10) + 10) % 10
  return d(9) === tenth && d(10) === (odd + even + d(9)) % 10
}

function pesel(): boolean {
  if (!isMonth(two(2) % 20) || !isDay(two(4))) return false
  return (weighed([1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) + d(10)) % 10 === 0
}

/** Estonia and Lithuania: century, date, serial number, check digit in two stages. */
function baltic(): boolean {
  if (d(0) < 1 || d(0) > 6 || !isDate(two(5), two(3))) return false
  let check = weighed([1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11
  if (check === 10) check = (weighed([3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11) % 10
  return d(10) === check
}

/** China: region, date of birth, serial number; the check character is given if it is not the last digit. */
export function chinese(values: Uint8Array, at: number, last: number): boolean {
  digits = values
  from = at
  const year = two(6) * 100 + two(8)
  if (two(0) < 11 || two(0) > 82 || year < 1900 || year > 2099 || !isDate(two(12), two(10))) return false
  const sum = weighed([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
  return last === [1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2][sum % 11]
}

/** France: sex, year, month, department, commune, order, and a key by 97. */
function french(): boolean {
  if (d(0) !== 1 && d(0) !== 2) return false
  const month = two(3)
  if (!(isMonth(month) || (month >= 20 && month <= 42) || month >= 50)) return false
  return two(13) === 97 - modulo(13, 97)
}

function swiss(): boolean {
  if (d(0) !== 7 || d(1) !== 5 || d(2) !== 6) return false
  let sum = 0
  for (let i = 0; i < 12; i++) sum += d(i) * (i % 2 === 0 ? 1 : 3)
  return d(12) === (10 - (sum % 10)) % 10
}

/** Former Yugoslavia: date with three digits of the year, region, serial number, check digit. */
function yugoslav(): boolean {
  if (!isDate(two(0), two(2)) || (d(4) !== 9 && d(4) !== 0)) return false
  const rest = weighed([7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11
  return d(12) === (rest === 0 ? 0 : 11 - rest)
}

/** Romania: sex and century, date, county, serial number, check digit. */
function romanian(): boolean {
  if (d(0) < 1 || !isDate(two(5), two(3)) || two(7) > 52) return false
  const rest = weighed([2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11
  return d(12) === (rest === 10 ? 1 : rest)
}

function southAfrican(): boolean {
  return isDate(two(4), two(2)) && d(10) < 2 && luhn(digits, from, from + 13)
}

function thai(): boolean {
  if (d(0) === 0 || d(0) === 9) return false
  const rest = weighed([13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11
  return d(12) === (11 - rest) % 10
}

function korean(): boolean {
  return isDate(two(4), two(2)) && d(6) >= 1 && d(6) <= 8
}

/** Denmark, Sweden, Latvia, Finland and others write six digits of a date and four of a number. */
const isSwedish = (at: number): boolean => {
  const day = two(at + 4) > 60 ? two(at + 4) - 60 : two(at + 4)
  return isDate(day, two(at + 2)) && luhn(digits, from + at, from + at + 10)
}

function czech(length: number): boolean {
  const month = two(2) % 50
  if (!(isMonth(month) || isMonth(month - 20)) || !isDay(two(4))) return false
  return length === 9 || modulo(10, 11) === 0 || (modulo(9, 11) === 10 && d(9) === 0)
}

function snils(): boolean {
  const sum = weighed([9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101
  return two(9) === (sum === 100 ? 0 : sum)
}

function cuit(): boolean {
  const kind = two(0)
  if (![20, 23, 24, 25, 26, 27, 30, 33, 34].includes(kind)) return false
  const check = (11 - (weighed([5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11
  return d(10) === check
}

/** How sure it is that these digits are somebody's number, without any word beside them; 0 if nothing says so. */
export function provesPerson({ digits: values, from: at, length, shape }: Digits): number {
  digits = values
  from = at
  if (length < 9 || length > 18 || isTrivial(length)) return 0
  switch (length) {
    case 9:
      return shape === '6/3' && czech(9) && two(0) < 54 ? 60 : 0
    case 10:
      if (shape === '6-4') {
        if (isSwedish(0)) return 80
        // Danish numbers have had no check digit since 2007.
        return isDate(two(0), two(2)) ? 62 : 0
      }
      if (shape === '6/4') return czech(10) ? 85 : 0
      if (shape === '4 6') return isDate(two(4), two(6)) ? 60 : 0
      return 0
    case 11:
      if (shape === '3.3.3-2' || shape === '3 3 3 2' || shape === '3.3.3.2') return cpf() ? 92 : snils() ? 80 : 0
      if (shape === '3-3-3 2') return snils() ? 88 : 0
      if (shape === '2-8-1') return cuit() ? 85 : 0
      if (/^2[. ]2[. ]2[- .]3[-. ]2$/.test(shape)) return belgian() ? 92 : 0
      if (shape === '6 5') return norwegian() || pesel() ? 85 : 0
      if (shape !== '11') return 0
      if (norwegian() || belgian() || pesel() || baltic()) return d(0) === 1 && d(1) > 1 ? 52 : 65
      // Telephone numbers of North America and Russia have eleven digits too.
      if ((d(0) === 1 && d(1) > 1) || (d(0) === 7 && d(1) === 9) || (d(0) === 8 && d(1) === 9) || d(0) === 0) return 0
      return turkish() || cpf() ? 60 : 0
    case 12:
      if (shape === '4 4 4' || shape === '4-4-4') return d(0) > 1 && verhoeff(12) ? 80 : 0
      if (shape === '8-4') return isSwedish(2) && (two(0) === 19 || two(0) === 20) ? 85 : 0
      if (shape === '6-2-4') return isDate(two(4), two(2)) ? 70 : 0
      return 0
    case 13:
      if (shape === '6-7') return korean() ? 80 : 0
      if (shape === '3.4.4.2' || shape === '3 4 4 2') return swiss() ? 95 : 0
      if (shape === '1-4-5-2-1' || shape === '1 4 5 2 1') return thai() ? 90 : 0
      if (shape === '6 4 3') return southAfrican() ? 85 : 0
      if (shape !== '13') return 0
      if (swiss()) return 85
      // Milliseconds since 1970 have thirteen digits and begin with 1.
      if (d(0) === 1 && two(0) >= 15) return 0
      return southAfrican() || yugoslav() || romanian() ? 60 : 0
    case 14:
      return (shape === '2.3.3/4-2' || shape === '14') && cnpj() ? (shape === '14' ? 55 : 92) : 0
    case 15:
      // Emirates: country, year of birth, number, check digit.
      if (shape === '3-4-7-1') return d(0) === 7 && d(1) === 8 && d(2) === 4 ? 92 : 0
      if (!french()) return 0
      return shape === '15' ? 75 : /^1[ .-]2[ .-]2[ .-]2[ .-]3[ .-]3[ .-]2$|^13 2$/.test(shape) ? 95 : 0
    case 18:
      return chinese(values, at, d(17)) ? 85 : 0
    default:
      return 0
  }
}

const CHECK_11 = [2, 7, 6, 5, 4, 3, 2]

/** Singapore: `S1234567D`. */
function singapore(value: string): boolean {
  let sum = 0
  for (let i = 1; i < 8; i++) sum += (value.charCodeAt(i) - 48) * (CHECK_11[i - 1] ?? 0)
  const first = value[0] ?? ''
  if (first === 'T' || first === 'G') sum += 4
  return ('ST'.includes(first) ? 'JZIHGFEDCBA' : 'XWUTRQPNMLK')[sum % 11] === value[8]
}

/** Ireland: seven digits and a letter by 23, another letter of two kinds behind it or none. */
function irish(value: string): boolean {
  let sum = 0
  for (let i = 0; i < 7; i++) sum += (value.charCodeAt(i) - 48) * (8 - i)
  const second = value.charCodeAt(8)
  if (second >= 65 && second <= 73) sum += (second - 64) * 9
  return 'WABCDEFGHIJKLMNOPQRSTUV'[sum % 23] === value[7]
}

/** Taiwan: a letter for the place, sex (8 and 9 for foreigners), serial number, check digit. */
function taiwanese(value: string): boolean {
  const place = 'ABCDEFGHJKLMNPQRSTUVXYWZIO'.indexOf(value[0] ?? '') + 10
  let sum = Math.floor(place / 10) + (place % 10) * 9
  for (let i = 1; i < 9; i++) sum += (value.charCodeAt(i) - 48) * (9 - i)
  return (sum + value.charCodeAt(9) - 48) % 10 === 0
}

/** Finland: date, century, serial number and a sign by 31. */
function finnish(value: string): boolean {
  const rest = Number(value.slice(0, 6) + value.slice(7, 10)) % 31
  return (
    isDate(Number(value.slice(0, 2)), Number(value.slice(2, 4))) &&
    '0123456789ABCDEFHJKLMNPRSTUVWXY'[rest] === value[10]?.toUpperCase()
  )
}

const scratch = new Uint8Array(17)

/** The same for numbers with letters in them: 8 to 18 letters, digits and at most one sign. */
export function provesPersonLettered(value: string): number {
  switch (value.length) {
    case 8:
      return /^\d{7}[A-W]$/.test(value) && irish(value) ? 58 : 0
    case 9:
      if (/^[STFG]\d{7}[A-Z]$/.test(value) && singapore(value)) return 85
      return /^\d{7}[A-W][A-IW]$/.test(value) && irish(value) ? 70 : 0
    case 10:
      // India's tax number: the fourth letter says whose it is, P for a person.
      if (/^[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]$/.test(value)) return 72
      return /^[A-Z][1289]\d{8}$/.test(value) && taiwanese(value) ? 65 : 0
    case 11:
      return /^\d{6}[-+A-FU-Y]\d{3}[\dA-Ya-y]$/.test(value) && finnish(value) ? 90 : 0
    case 12:
      // Germany's pension insurance: area, date of birth, letter of the name.
      return /^\d{8}[A-Z]\d{3}$/.test(value) && isDate(Number(value.slice(2, 4)), Number(value.slice(4, 6))) ? 70 : 0
    case 13:
      return /^[A-ZÑ&]{4}\d{6}[A-Z\d]{3}$/.test(value) && isDate(Number(value.slice(8, 10)), Number(value.slice(6, 8)))
        ? 78
        : 0
    case 16:
      return /^[A-Z]{2,5}9{0,3}\d{6}[A-Z9]{2}[A-Z\d]{3}$/.test(value) && isMonth(Number(value.slice(6, 8)) % 50)
        ? 72
        : 0
    case 18:
      if (/^[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z\d]\d$/.test(value)) return 92
      if (/^\d{17}[Xx]$/.test(value)) {
        for (let i = 0; i < 17; i++) scratch[i] = value.charCodeAt(i) - 48
        return chinese(scratch, 0, 10) ? 95 : 0
      }
      return 0
    default:
      return 0
  }
}
