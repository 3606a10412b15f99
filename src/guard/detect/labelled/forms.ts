// Values that prove what they are: addresses of wallets by their check sums, vehicle numbers by their check digit.
import { createHash } from 'node:crypto'

const BECH32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const BECH32_VALUES = new Int8Array(128).fill(-1)
for (let i = 0; i < BECH32.length; i++) {
  BECH32_VALUES[BECH32.charCodeAt(i)] = i
  BECH32_VALUES[BECH32.toUpperCase().charCodeAt(i)] = i
}
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]
const LONGEST_WALLET = 128

function polymod(sum: number, value: number): number {
  const top = sum >>> 25
  let next = ((sum & 0x1ffffff) << 5) ^ value
  for (let i = 0; i < 5; i++) if ((top >> i) & 1) next ^= GENERATORS[i]!
  return next
}

/** BIP 173 and BIP 350: `bc1…`, `ltc1…`, `addr1…`, `cosmos1…`. */
export function isBech32(text: string, from: number, to: number): boolean {
  if (to - from < 26 || to - from > LONGEST_WALLET) return false
  let one = -1
  for (let i = from; i < to && i - from < 24; i++) if (text.charCodeAt(i) === 49) one = i
  // The data have no `1`: the last one among the first characters ends the prefix.
  if (one - from < 2 || to - one < 21) return false
  let sum = 1
  for (let i = from; i < one; i++) sum = polymod(sum, (text.charCodeAt(i) | 32) >> 5)
  sum = polymod(sum, 0)
  for (let i = from; i < one; i++) sum = polymod(sum, (text.charCodeAt(i) | 32) & 31)
  for (let i = one + 1; i < to; i++) {
    const code = text.charCodeAt(i)
    const value = code < 128 ? BECH32_VALUES[code]! : -1
    if (value < 0) return false
    sum = polymod(sum, value)
  }
  return sum === 1 || sum === 0x2bc830a3
}

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const BASE58_VALUES = valuesOf(BASE58)
/** Ripple writes the same numbers in another order. */
const RIPPLE_VALUES = valuesOf('rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz')
function valuesOf(alphabet: string): Int8Array {
  const values = new Int8Array(128).fill(-1)
  for (let i = 0; i < alphabet.length; i++) values[alphabet.charCodeAt(i)] = i
  return values
}

/** Only letters and digits of base 58, small, capital and digits among them. */
export function looksBase58(text: string, from: number, to: number): boolean {
  let small = 0
  let capital = 0
  let digit = 0
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i)
    if (code > 127 || BASE58_VALUES[code]! < 0) return false
    if (code < 58) digit++
    else if (code < 91) capital++
    else small++
  }
  return digit > 1 && small > 1 && capital > 1
}

/** Base58Check with a payload of 21 bytes (Bitcoin, Litecoin, Dogecoin, Dash, Tron, Ripple) and its four bytes of SHA-256. */
export function isBase58Check(text: string, from: number, to: number): boolean {
  if (to - from < 25 || to - from > 36 || !looksBase58(text, from, to)) return false
  const first = text.charAt(from)
  if (!'13LMDAXTtrm2n9'.includes(first)) return false
  const table = first === 'r' ? RIPPLE_VALUES : BASE58_VALUES
  const bytes = new Uint8Array(25)
  for (let i = from; i < to; i++) {
    let carry = table[text.charCodeAt(i)]!
    if (carry < 0) return false
    for (let k = 24; k >= 0; k--) {
      carry += bytes[k]! * 58
      bytes[k] = carry & 255
      carry >>= 8
    }
    if (carry !== 0) return false
  }
  const once = createHash('sha256').update(bytes.subarray(0, 21)).digest()
  const twice = createHash('sha256').update(once).digest()
  for (let k = 0; k < 4; k++) if (bytes[21 + k] !== twice[k]) return false
  return true
}

const isHexUnit = (code: number) => (code >= 48 && code <= 57) || ((code | 32) >= 97 && (code | 32) <= 102)

/** `0x` and forty hexadecimal digits: an account of Ethereum and its kin. Not one digit over and over. */
export function isHexAccount(text: string, from: number, to: number): boolean {
  if (to - from !== 42 || text.charCodeAt(from) !== 48 || (text.charCodeAt(from + 1) | 32) !== 120) return false
  let kinds = 0
  for (let i = from + 2; i < to; i++) {
    const code = text.charCodeAt(i)
    if (!isHexUnit(code)) return false
    kinds |= 1 << ((code | 32) & 31)
  }
  let different = 0
  for (; kinds !== 0; kinds &= kinds - 1) different++
  return different >= 6
}

const VIN_WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
/** Letters count as in ISO 3779; I, O and Q do not occur. */
const VIN_VALUES = new Int8Array(128).fill(-1)
for (let digit = 0; digit < 10; digit++) VIN_VALUES[48 + digit] = digit
for (const [letters, from] of [
  ['ABCDEFGH', 1],
  ['JKLMN', 1],
  ['P', 7],
  ['R', 9],
  ['STUVWXYZ', 2],
] as const)
  for (let i = 0; i < letters.length; i++) {
    VIN_VALUES[letters.charCodeAt(i)] = from + i
    VIN_VALUES[letters.charCodeAt(i) + 32] = from + i
  }

/** Seventeen characters of a vehicle number. `checked`: the ninth must be their sum by eleven, and none small. */
export function isVehicleNumber(text: string, from: number, to: number, checked: boolean): boolean {
  if (to - from !== 17) return false
  let sum = 0
  let digits = 0
  let letters = 0
  for (let i = 0; i < 17; i++) {
    const code = text.charCodeAt(from + i)
    const value = code < 128 ? VIN_VALUES[code]! : -1
    if (value < 0 || (checked && code >= 97)) return false
    if (code < 58) digits++
    else letters++
    sum += value * VIN_WEIGHTS[i]!
  }
  if (digits < 3 || letters < 2) return false
  // The last four are always digits, and the check digit is one or X.
  for (let i = 14; i < 17; i++) if (text.charCodeAt(from + i) > 57) return false
  const rest = sum % 11
  return !checked || text.charCodeAt(from + 8) === (rest === 10 ? 88 : 48 + rest)
}

/** Bank (letters), country (letters), place, and a branch or none: ISO 9362. */
export function isBic(value: string): boolean {
  if (value.length !== 8 && value.length !== 11) return false
  return /^[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$/.test(value) && COUNTRIES.has(value.slice(4, 6))
}
const COUNTRIES: ReadonlySet<string> = new Set(
  (
    'AD AE AF AG AI AL AM AO AR AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FO FR GA GB GD GE GH GI GL GM ' +
    'GN GQ GR GT GW GY HK HN HR HT HU ID IE IL IN IQ IR IS IT JM JO JP KE KG KH KM KN KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MK ML MM MN MO MR MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NZ OM PA PE PG PH ' +
    'PK PL PS PT PY QA RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT TW TZ UA UG US UY UZ VA VC VE VG VN VU WS XK YE ZA ZM ZW'
  ).split(' '),
)
